//! What happens to the values of one attribute. All values here are canonical.

use serde_json::{Map, Value};

/// Adds values that are not there yet. When one of them is primary, no older one stays so.
pub(super) fn append(values: &mut Vec<Value>, added: Vec<Value>) {
    // RFC 7644, section 3.5.2.1: "If the target location already contains the value specified, no
    // changes SHOULD be made to the resource".
    let added: Vec<Value> = added
        .into_iter()
        .filter(|value| !values.iter().any(|existing| same(existing, value)))
        .collect();
    let first = values.len();
    values.extend(added);
    let primary: Vec<usize> = (first..values.len())
        .filter(|index| values.get(*index).is_some_and(is_primary))
        .collect();
    demote_others(values, &primary);
}

/// RFC 7644, section 3.5.2: "if a new value is added with "primary" set to "true", the server SHALL
/// set the value of the existing attribute's "primary" to "false"". `promoted` are the new ones.
pub(super) fn demote_others(values: &mut [Value], promoted: &[usize]) {
    if promoted.is_empty() {
        return;
    }
    for (index, value) in values.iter_mut().enumerate() {
        if is_primary(value) && !promoted.contains(&index) {
            value["primary"] = Value::Bool(false);
        }
    }
}

pub(super) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

/// Whether two values are one. `"primary": false` says no more than its absence.
fn same(a: &Value, b: &Value) -> bool {
    let (Value::Object(a), Value::Object(b)) = (a, b) else {
        return a == b;
    };
    let within = |a: &Map<String, Value>, b: &Map<String, Value>| {
        a.iter()
            .filter(|(name, value)| *name != "primary" || **value != Value::Bool(false))
            .all(|(name, value)| b.get(name) == Some(value))
    };
    within(a, b) && within(b, a)
}

/// Whether `existing` is what `listed` in a `remove` means: every part that is listed is the same.
/// What a value is displayed as does not tell it apart. Both in the form of a match document.
pub(super) fn is_listed(existing: &Value, listed: &Value) -> bool {
    match (existing, listed) {
        (Value::Object(existing), Value::Object(listed)) => {
            let mut parts = listed
                .iter()
                .filter(|(name, _)| *name != "display" && *name != "$ref")
                .peekable();
            parts.peek().is_some() && parts.all(|(name, value)| existing.get(name) == Some(value))
        }
        _ => existing == listed,
    }
}

/// Writes the given sub-attributes over those of an existing value; the others stay.
pub(super) fn merge(existing: &mut Value, given: Value) {
    match (existing, given) {
        (Value::Object(existing), Value::Object(given)) => existing.extend(given),
        (existing, given) => *existing = given,
    }
}
