//! Reading the PATCH message and its paths.

use serde_json::Value;

use super::{Op, Operation, Patch, PatchPath};
use crate::error::quoted;
use crate::filter::{FilterError, Problem, parse_value_path};
use crate::message::{check_schemas, syntax, take};
use crate::path::{AttributePath, PathError};
use crate::{Error, Limits, ScimType, Tolerance, Tolerances};

/// Reads a whole message.
pub(super) fn patch(
    body: Value,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Patch, Error> {
    let Value::Object(mut message) = body else {
        return Err(syntax("a PATCH message is a JSON object"));
    };
    check_schemas(&message, Patch::SCHEMA, tolerances)?;
    // RFC 7644, section 3.5.2: "Operations", "an array of one or more PATCH operations".
    let sent = match take(&mut message, "Operations") {
        Some(Value::Array(sent)) if !sent.is_empty() => sent,
        Some(single @ Value::Object(_)) if tolerances.accept(Tolerance::SingleForMany) => {
            vec![single]
        }
        _ => {
            return Err(syntax(
                "Operations: expected an array of one or more operations",
            ));
        }
    };
    if sent.len() > limits.patch_operations {
        return Err(Error::new(
            413,
            None,
            format!("Operations: more than {}", limits.patch_operations),
        ));
    }
    let operations = sent
        .into_iter()
        .enumerate()
        .map(|(index, sent)| {
            operation(index, sent, limits, tolerances).map_err(|error| at(index, error))
        })
        .collect::<Result<_, _>>()?;
    Ok(Patch { operations })
}

/// Says which operation an error is about.
pub(super) fn at(index: usize, mut error: Error) -> Error {
    error
        .detail
        .insert_str(0, &format!("Operations[{index}]: "));
    error
}

impl PatchPath {
    /// Reads one path that is the whole of `text`.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, PathError> {
        if !text.contains('[') {
            let path = AttributePath::parse(text, limits)?;
            return Ok(Self {
                path,
                filter: None,
                sub_attribute: None,
            });
        }
        let (path, filter, sub_attribute) =
            parse_value_path(text, limits).map_err(PathError::from)?;
        Ok(Self {
            path,
            filter: Some(filter),
            sub_attribute,
        })
    }
}

impl From<FilterError> for PathError {
    fn from(error: FilterError) -> Self {
        match error.problem {
            Problem::Expected(expected) => Self::new(error.column, expected),
            Problem::Limit(what, limit) => {
                Self::new(error.column, format!("at most {limit} {what}"))
            }
            Problem::UnknownAttribute(_) | Problem::Unsupported(_) | Problem::Sensitive(_) => {
                Self::new(error.column, "an attribute that can be filtered by")
            }
        }
    }
}

fn operation(
    index: usize,
    sent: Value,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Operation, Error> {
    let Value::Object(mut sent) = sent else {
        return Err(syntax("expected an object"));
    };
    let op = op(take(&mut sent, "op"), tolerances)?;
    let path = match take(&mut sent, "path") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(PatchPath::parse(&text, limits)?),
        Some(_) => {
            return Err(Error::bad_request(
                ScimType::InvalidPath,
                "path: expected a string",
            ));
        }
    };
    let value = take(&mut sent, "value");
    match op {
        // RFC 7644, section 3.5.2.2: "If "path" is unspecified, the operation fails with HTTP
        // status code 400 and a "scimType" error code of "noTarget"."
        Op::Remove if path.is_none() => {
            return Err(Error::bad_request(
                ScimType::NoTarget,
                "remove: a path is required",
            ));
        }
        Op::Add | Op::Replace if value.is_none() => {
            return Err(Error::bad_request(
                ScimType::InvalidValue,
                "add and replace: a value is required",
            ));
        }
        _ => {}
    }
    Ok(Operation {
        op,
        path,
        value,
        index,
    })
}

fn op(sent: Option<Value>, tolerances: &mut Tolerances) -> Result<Op, Error> {
    let Some(Value::String(word)) = sent else {
        return Err(syntax("op: expected \"add\", \"remove\" or \"replace\""));
    };
    let known = [
        ("add", Op::Add),
        ("remove", Op::Remove),
        ("replace", Op::Replace),
    ];
    match known
        .into_iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name))
    {
        Some((name, op)) if name == word || tolerances.accept(Tolerance::CapitalisedOperation) => {
            Ok(op)
        }
        _ => Err(syntax(&format!(
            "op: expected \"add\", \"remove\" or \"replace\", got {}",
            quoted(&word)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Dialect;

    fn parse(operations: &Value, dialect: Dialect) -> Result<Patch, Error> {
        let body = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
        patch(body, &Limits::default(), &mut Tolerances::new(dialect))
    }

    fn refusal(operations: &Value, dialect: Dialect) -> (ScimType, String) {
        let error = parse(operations, dialect).unwrap_err();
        (error.scim_type.unwrap(), error.detail)
    }

    // proves: 7644-3.5.2-op 7644-3.5.2-path
    #[test]
    fn each_mistake_has_its_error_and_place() {
        let good = json!({"op": "add", "path": "title", "value": "x"});
        for (bad, scim_type, detail) in [
            (
                json!({"op": "upsert", "path": "title", "value": 1}),
                ScimType::InvalidSyntax,
                "upsert",
            ),
            (
                json!({"path": "title", "value": 1}),
                ScimType::InvalidSyntax,
                "op",
            ),
            (json!({"op": "remove"}), ScimType::NoTarget, "path"),
            (
                json!({"op": "add", "path": "title"}),
                ScimType::InvalidValue,
                "value",
            ),
            (
                json!({"op": "add", "path": "a b", "value": 1}),
                ScimType::InvalidPath,
                "column 2",
            ),
            (
                json!({"op": "add", "path": "emails[type eq \"work\".value", "value": 1}),
                ScimType::InvalidPath,
                "column 22",
            ),
            (
                json!({"op": "add", "path": 7, "value": 1}),
                ScimType::InvalidPath,
                "string",
            ),
            (json!("add"), ScimType::InvalidSyntax, "object"),
        ] {
            for dialect in [Dialect::Tolerant, Dialect::Strict] {
                let (given, text) = refusal(&json!([good, bad]), dialect);
                assert_eq!(given, scim_type, "{bad}");
                assert!(
                    text.starts_with("Operations[1]: ") && text.contains(detail),
                    "{text}"
                );
            }
        }
    }

    // proves: 7644-3.5.2-message
    #[test]
    fn an_empty_or_missing_list_of_operations_is_refused() {
        assert_eq!(
            refusal(&json!([]), Dialect::Tolerant).0,
            ScimType::InvalidSyntax
        );
        assert_eq!(
            refusal(&json!(null), Dialect::Tolerant).0,
            ScimType::InvalidSyntax
        );
    }

    #[test]
    fn capitals_are_counted_or_refused() {
        let operations = json!([{"op": "Replace", "path": "title", "value": "x"}]);
        assert_eq!(
            refusal(&operations, Dialect::Strict).0,
            ScimType::InvalidSyntax
        );
        let mut tolerances = Tolerances::new(Dialect::Tolerant);
        let body = json!({"Schemas": [Patch::SCHEMA], "operations": operations});
        let message = patch(body, &Limits::default(), &mut tolerances).unwrap();
        assert_eq!(message.operations[0].op, Op::Replace);
        assert_eq!(
            tolerances.used().collect::<Vec<_>>(),
            [(Tolerance::CapitalisedOperation, 1)]
        );
    }

    // proves: 7644-3.1-messages 7644-3.5.2-message
    #[test]
    fn the_message_schema_may_be_missing_but_not_another() {
        let operations = json!([{"op": "add", "path": "title", "value": "x"}]);
        let parse = |body, dialect| patch(body, &Limits::default(), &mut Tolerances::new(dialect));
        let without = json!({"Operations": operations});
        assert!(parse(without.clone(), Dialect::Tolerant).is_ok());
        assert!(parse(without, Dialect::Strict).is_err());
        let other = json!({"schemas": ["urn:x:y"], "Operations": operations});
        assert!(parse(other, Dialect::Tolerant).is_err());
        for schemas in [json!(null), json!([]), json!(["urn:x:y"]), json!([null])] {
            let body = json!({"schemas": schemas, "Operations": operations});
            let error = parse(body, Dialect::Strict).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax), "{schemas}");
        }
    }

    #[test]
    fn more_operations_than_the_limit_are_refused() {
        let limits = Limits {
            patch_operations: 1,
            ..Limits::default()
        };
        let operation = json!({"op": "add", "path": "title", "value": "x"});
        let body = json!({"schemas": [Patch::SCHEMA], "Operations": [operation, operation]});
        let error = patch(body, &limits, &mut Tolerances::default()).unwrap_err();
        assert_eq!(error.status, 413);
    }

    #[test]
    fn a_path_is_printed_as_it_was_written() {
        for text in [
            "title",
            "urn:x:User:name.givenName",
            "emails[type eq \"work\" and primary eq true].value",
        ] {
            assert_eq!(
                PatchPath::parse(text, &Limits::default())
                    .unwrap()
                    .to_string(),
                text
            );
        }
    }
}
