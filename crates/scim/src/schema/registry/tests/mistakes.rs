//! Definitions that do not fit together.

use super::*;

fn mistake(change: impl FnOnce(&mut Value)) -> String {
    let mut definitions = definitions();
    change(&mut definitions);
    Definitions::parse(&definitions)
        .and_then(|definitions| Registry::new(&definitions))
        .unwrap_err()
        .to_string()
}

/// What is said when one more is in a list of the definitions.
fn pushed(list: &str, value: Value) -> String {
    mistake(|all| all[list].as_array_mut().unwrap().push(value))
}

fn schema(id: &str) -> Value {
    json!({"id": id, "attributes": [{"name": "a"}]})
}

#[test]
fn schemas() {
    for (id, expected) in [
        (BADGE.to_uppercase(), "there is a schema of that URN"),
        (USER.to_owned(), "there is a schema of that URN"),
        (
            SERVICE_PROVIDER_CONFIG.to_owned(),
            "there is a schema of that URN",
        ),
        (format!("{BADGE}:number"), "reads as an attribute"),
    ] {
        let given = pushed("schemas", schema(&id));
        assert!(given.contains(expected), "{given}");
    }
    let read_only = json!({"id": "urn:example:Seen", "attributes": [
        {"name": "seen", "mutability": "readOnly", "required": true}]});
    let given = pushed("schemas", read_only);
    assert!(
        given.starts_with("urn:example:Seen:seen.required"),
        "{given}"
    );
    let many: Vec<Value> = (0..=MOST_DEFINITIONS)
        .map(|n| schema(&format!("urn:example:{n}")))
        .collect();
    assert!(mistake(|all| all["schemas"] = json!(many)).contains("more than 128"));
    assert!(mistake(|all| all["types"] = json!([])).contains("\"types\""));
}

#[test]
fn resource_types() {
    for (name, endpoint, schema, expected) in [
        ("device", "/X", BADGE, "device.name: there is"),
        ("Badge", "/devices", BADGE, "Badge.endpoint: there is"),
        ("Badge", "/Me", BADGE, "Badge.endpoint: it is"),
        ("Bulk", "/X", BADGE, "Bulk.name: it is"),
        ("Badge", "Badges", BADGE, "Badge.endpoint: expected"),
        ("Badge", "/a/b", BADGE, "Badge.endpoint: expected"),
        ("B b", "/X", BADGE, "B b.name: expected"),
        ("Badge", "/X", "urn:x:y", "Badge.schema: there is no schema"),
        ("Badge", "/X", DEVICE, "Badge.schema: it is the schema"),
        ("Badge", "/X", USER, "Badge.schema: it is the schema"),
    ] {
        let definition = json!({"name": name, "endpoint": endpoint, "schema": schema});
        let given = pushed("resourceTypes", definition);
        assert!(given.contains(expected), "{given}");
    }
}

#[test]
fn extensions() {
    for (resource_type, schema, expected) in [
        ("Nobody", BADGE, "Nobody: there is no"),
        ("User", BADGE, "is a schema of it already"),
        ("User", GROUP, "is a schema of it already"),
        ("Device", USER, "is the schema of another"),
        ("User", "urn:x:y", "there is no schema"),
    ] {
        let given = pushed(
            "extensions",
            json!({"resourceType": resource_type, "schema": schema}),
        );
        assert!(given.contains(expected), "{given}");
    }
}

// proves: 7643-3.1-precedence
#[test]
fn attributes() {
    for (schema, attribute, expected) in [
        ("urn:x:y", json!({"name": "a"}), "there is no schema"),
        (BADGE, json!({"name": "NUMBER"}), "there are two"),
        (
            USER,
            json!({"name": "a", "required": true}),
            "User:a.required",
        ),
        (USER, json!({"name": "externalID"}), "User:externalID"),
        (USER, json!({"name": "email"}), "User:email"),
        (
            BADGE,
            json!({"name": "a", "type": "reference", "referenceTypes": ["Door"]}),
            "a.referenceTypes",
        ),
    ] {
        let given = pushed(
            "attributes",
            json!({"schema": schema, "attribute": attribute}),
        );
        assert!(given.contains(expected), "{given}");
    }
}
