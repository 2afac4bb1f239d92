//! What the messages of a client have in common (RFC 7644, section 8.2): the `schemas` that name
//! them and keys in any case.

use serde_json::{Map, Value};

use crate::{Error, ScimType, Tolerance, Tolerances};

/// Holds a message to the URN it has to name.
pub(crate) fn check_schemas(
    message: &Map<String, Value>,
    urn: &str,
    tolerances: &mut Tolerances,
) -> Result<(), Error> {
    let sent = message
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("schemas"))
        .map(|(_, value)| value);
    let is_named = |sent: &Value| {
        sent.as_str()
            .is_some_and(|sent| sent.eq_ignore_ascii_case(urn))
    };
    match sent {
        Some(Value::Array(sent)) if sent.iter().any(is_named) => Ok(()),
        // The address and the method leave no doubt about what a message without "schemas" is.
        None | Some(Value::Null) if tolerances.accept(Tolerance::MissingSchemas) => Ok(()),
        _ => Err(syntax(&format!("schemas: expected \"{urn}\""))),
    }
}

/// Takes a key out of a message, in any ASCII case.
pub(crate) fn take(message: &mut Map<String, Value>, name: &str) -> Option<Value> {
    if let Some(value) = message.shift_remove(name) {
        return Some(value);
    }
    let key = message
        .keys()
        .find(|key| key.eq_ignore_ascii_case(name))?
        .clone();
    message.shift_remove(&key)
}

/// Takes a text out of a message; null is as good as absent (RFC 7643, section 2.5).
pub(crate) fn take_text(
    message: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<String>, Error> {
    match take(message, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(syntax(&format!("{name}: expected a string"))),
    }
}

/// 400 `invalidSyntax`: "the request body message structure was invalid" (RFC 7644, table 9).
pub(crate) fn syntax(detail: &str) -> Error {
    Error::bad_request(ScimType::InvalidSyntax, detail)
}
