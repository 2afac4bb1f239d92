//! `remove` with a value: what is listed goes.

use super::*;

/// The path and the value of a `remove`, and where what goes was.
fn listings() -> Vec<(String, Value, Vec<&'static str>)> {
    let enterprise = |rest: &str| format!("{ENTERPRISE_USER}{rest}");
    let work = "emails[type eq \"work\"]";
    vec![
        // A filter: of what it selects.
        (
            work.to_owned(),
            json!([{"value": "babs@home.example"}]),
            vec![],
        ),
        (work.to_owned(), json!([]), vec![]),
        (
            work.to_owned(),
            json!({"value": "BABS@work.example"}),
            vec!["/emails/0"],
        ),
        (work.to_owned(), json!(""), vec!["/emails/0"]),
        (
            "emails[value pr]".to_owned(),
            json!([{"type": "home"}]),
            vec!["/emails/1"],
        ),
        (format!("{work}.value"), json!("zz"), vec![]),
        (
            format!("{work}.value"),
            json!(["zz", "babs@WORK.example"]),
            vec!["/emails/0/value"],
        ),
        (format!("{work}.value"), json!(""), vec!["/emails/0/value"]),
        (
            "name[familyName pr]".to_owned(),
            json!({"givenName": "x"}),
            vec![],
        ),
        (
            "name[familyName pr]".to_owned(),
            json!({"givenName": "barbara"}),
            vec!["/name/givenName"],
        ),
        // A sub-attribute: where it is that.
        (
            "emails.type".to_owned(),
            json!("work"),
            vec!["/emails/0/type"],
        ),
        ("name.givenName".to_owned(), json!("zz"), vec![]),
        (
            "name.givenName".to_owned(),
            json!(["zz", "BARBARA"]),
            vec!["/name/givenName"],
        ),
        (
            "name.givenName".to_owned(),
            json!(null),
            vec!["/name/givenName"],
        ),
        // A complex attribute of one value: its listed parts.
        (
            "name".to_owned(),
            json!({"givenName": "Barbara", "familyName": "Smith"}),
            vec!["/name/givenName"],
        ),
        ("name".to_owned(), json!({"honorificPrefix": "Dr"}), vec![]),
        (
            "name".to_owned(),
            json!({"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"}),
            vec!["/name"],
        ),
        ("name".to_owned(), json!({}), vec!["/name"]),
        // A simple one: when it is that, or one of those.
        ("title".to_owned(), json!(["x", "Guide"]), vec!["/title"]),
        ("title".to_owned(), json!(["x", "y"]), vec![]),
        // An extension: its listed attributes.
        (enterprise(""), json!({"department": "nope"}), vec![]),
        (
            enterprise(""),
            json!({"department": "TOURS", "costCenter": "x"}),
            vec!["/X"],
        ),
        (enterprise(":department"), json!("nope"), vec![]),
        (enterprise(":manager"), json!("m1"), vec![]),
    ]
}

/// `remove_with_value`: what is listed goes, and nothing else, wherever the path leads.
#[test]
fn only_what_is_listed_is_removed() {
    for (path, value, gone) in listings() {
        let operations = json!([{"op": "remove", "path": path, "value": value}]);
        if !value.is_null() {
            let error = patched(&operations, Dialect::Strict).0.unwrap_err();
            assert_eq!(
                error.scim_type,
                Some(ScimType::InvalidSyntax),
                "{path} {value}"
            );
        }
        let mut expected = Value::Object(babs().0);
        for pointer in &gone {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let key = if key == "X" { ENTERPRISE_USER } else { key };
            match expected.pointer_mut(parent).unwrap() {
                Value::Array(values) => _ = values.remove(key.parse().unwrap()),
                parent => _ = parent.as_object_mut().unwrap().shift_remove(key),
            }
        }
        if gone == ["/X"] {
            expected["schemas"] = json!([USER]);
        }
        let outcome = patched(&operations, Dialect::Tolerant).0;
        assert_eq!(
            Value::Object(outcome.unwrap().0),
            expected,
            "{path} {value}"
        );
    }
}

#[test]
fn what_cannot_be_removed_or_listed_is_refused() {
    for (path, value, scim_type) in [
        ("userName", json!("bjensen"), ScimType::Mutability),
        ("emails", json!("babs@work.example"), ScimType::InvalidValue),
        ("title", json!({"a": 1}), ScimType::InvalidValue),
        (ENTERPRISE_USER, json!("x"), ScimType::InvalidValue),
    ] {
        let operations = json!([{"op": "remove", "path": path, "value": value}]);
        let error = patched(&operations, Dialect::Tolerant).0.unwrap_err();
        assert_eq!(error.scim_type, Some(scim_type), "{path} {value}");
    }
}
