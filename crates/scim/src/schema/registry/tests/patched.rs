//! What is defined, where a PATCH changes it.

use super::*;

fn patched(operation: &Value) -> Result<Resource, Error> {
    let body = json!({"schemas": [Patch::SCHEMA], "Operations": [operation]});
    let limits = Limits::default();
    let mut tolerances = Tolerances::new(Dialect::Strict);
    let message = Patch::parse(body, &limits, &mut tolerances)?;
    let current = read(whole()).unwrap();
    patch::apply(&message, &device(), &current, &limits, &mut tolerances)
}

/// An extension that a PATCH begins has what is required of it, also what is never kept.
#[test]
fn an_extension_begins_with_what_is_required_and_not_kept() {
    let definitions = json!({
        "schemas": [{"id": BADGE, "name": "Badge", "attributes": [
            {"name": "number"}, {"name": "pin", "mutability": "writeOnly", "required": true}]}],
        "extensions": [{"resourceType": "User", "schema": BADGE}]
    });
    let registry = Registry::new(&Definitions::parse(&definitions).unwrap()).unwrap();
    let users = registry.by_name("User").unwrap();
    let limits = Limits::default();
    let begun = |given: Value| {
        let mut strict = Tolerances::new(Dialect::Strict);
        let current = json!({"schemas": [USER], "userName": "u"});
        let current = Resource::parse(users, current, &limits, &mut strict).unwrap();
        let body = json!({"schemas": [Patch::SCHEMA], "Operations": [{"op": "add", "value": {BADGE: given}}]});
        let message = Patch::parse(body, &limits, &mut strict).unwrap();
        patch::apply(&message, users, &current, &limits, &mut strict)
    };
    let error = begun(json!({"number": "7"})).unwrap_err();
    assert_eq!(error.detail, format!("{BADGE}:pin: a value is required"));
    let outcome = begun(json!({"number": "7", "pin": "1"})).unwrap();
    assert_eq!(outcome.0[BADGE], json!({"number": "7"}));
}

/// What is given goes over what is there: of that nothing has to be given again, but all of it has to be there in
/// the end.
// proves: 7644-3.5.2.1-value 7644-3.5.2.3-complex
#[test]
fn a_part_of_a_value_is_given_without_what_is_required_of_the_whole() {
    let limits = Limits::default();
    let place = json!({"room": "R", "doors": ["d1"], "note": "old"});
    let current = read(with("/place", place)).unwrap();
    let patched = |operation: Value| {
        let mut tolerances = Tolerances::new(Dialect::Strict);
        let body = json!({"schemas": [Patch::SCHEMA], "Operations": [operation]});
        let message = Patch::parse(body, &limits, &mut tolerances)?;
        patch::apply(&message, &device(), &current, &limits, &mut tolerances)
    };
    for op in ["add", "replace"] {
        for operation in [
            json!({"op": op, "path": "place", "value": {"note": "new"}}),
            json!({"op": op, "value": {"place": {"note": "new"}}}),
        ] {
            let place = &patched(operation).unwrap().0["place"];
            assert_eq!(*place, json!({"room": "R", "doors": ["d1"], "note": "new"}));
        }
    }
    let error = patched(json!({"op": "replace", "path": "place", "value": {"room": null}}));
    let error = error.unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
    assert!(error.detail.contains("place.room"), "{error}");
}

/// Where nothing is, the whole is given.
#[test]
fn a_value_begins_with_what_is_required_of_it() {
    let error =
        patched(&json!({"op": "add", "path": "place", "value": {"note": "n"}})).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
    assert!(error.detail.contains("place.room"), "{error}");
}

/// RFC 7644 3.5.2: what is immutable or read-only is not patched.
// proves: 7643-7-immutable 7643-7-readonly 7644-3.5.2-compatible 7644-3.5.2.2-required
#[test]
fn characteristics_are_held_when_a_resource_is_patched() {
    for operation in [
        json!({"op": "replace", "path": "serial", "value": "S-2"}),
        json!({"op": "remove", "path": "serial"}),
        json!({"op": "replace", "value": {"serial": "S-2"}}),
        json!({"op": "replace", "path": "owner.value", "value": "u2"}),
        json!({"op": "replace", "path": "owner", "value": {"value": "u2"}}),
        json!({"op": "remove", "path": "owner"}),
        json!({"op": "replace", "path": "parts[value eq \"p1\"].value", "value": "p9"}),
        json!({"op": "replace", "path": "parts[value eq \"p1\"]", "value": {"value": "p9"}}),
        json!({"op": "replace", "path": "parts.value", "value": "p9"}),
        json!({"op": "replace", "path": format!("{RACK}:slot"), "value": 5}),
        json!({"op": "replace", "path": "seen", "value": "2026-01-01T00:00:00Z"}),
        json!({"op": "remove", "path": format!("{RACK}:row")}),
        json!({"op": "remove", "path": "pin"}),
        json!({"op": "replace", "path": "pin", "value": null}),
    ] {
        let error = patched(&operation).unwrap_err();
        assert_eq!(
            error.scim_type,
            Some(ScimType::Mutability),
            "{operation} {error}"
        );
    }
    // What is writeOnly is not kept, but held to its definition as in POST and PUT.
    for value in [
        json!(5),
        json!({"a": 1}),
        json!(["1", "2"]),
        json!("1".repeat(5_000)),
    ] {
        for operation in [
            json!({"op": "replace", "path": "pin", "value": value}),
            json!({"op": "add", "value": {"pin": value}}),
        ] {
            let error = patched(&operation).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{error}");
        }
    }
    let rewritten = patched(&json!({"op": "replace", "path": "pin", "value": "4321"}));
    assert_eq!(rewritten.unwrap(), read(whole()).unwrap());
    for (operation, pointer, expected) in [
        (
            json!({"op": "add", "path": "serial", "value": "S-1"}),
            "/serial",
            json!("S-1"),
        ),
        (
            json!({"op": "add", "path": "ports", "value": [22]}),
            "/ports/2",
            json!(22),
        ),
        (
            json!({"op": "replace", "path": "parts[value eq \"P1\"].type", "value": "gpu"}),
            "/parts/0/type",
            json!("gpu"),
        ),
        (
            json!({"op": "remove", "path": "parts[value eq \"p1\"]"}),
            "/parts/0/value",
            json!("p2"),
        ),
        (
            json!({"op": "remove", "path": "active"}),
            "/active",
            Value::Null,
        ),
        (
            json!({"op": "replace", "path": format!("{RACK}:row"), "value": "B"}),
            &format!("/{RACK}/row"),
            json!("B"),
        ),
    ] {
        let outcome = Value::Object(patched(&operation).unwrap().0);
        let found = outcome.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{operation}");
    }
}

#[test]
fn an_attribute_is_not_another_one_of_the_same_name() {
    let badge = json!({"id": BADGE, "name": "Badge", "attributes": [
        {"name": "schemas", "multiValued": true}, {"name": "userName"},
        {"name": "manager", "type": "complex", "subAttributes": [{"name": "value"}]},
        {"name": "roles", "type": "complex", "multiValued": true, "subAttributes": [{"name": "value"}]}]});
    let definitions =
        json!({"schemas": [badge], "extensions": [{"resourceType": "User", "schema": BADGE}]});
    let registry = Registry::new(&Definitions::parse(&definitions).unwrap()).unwrap();
    let users = registry.by_name("user").unwrap();
    let limits = Limits::default();
    let mut tolerances = Tolerances::default();
    let body = |badge: Value| json!({"schemas": [USER, BADGE], "userName": "u", BADGE: badge});
    let long = "n".repeat(limits.user_name_length + 1);
    let packed = r#"{"value":"Operator"}"#;
    let sent = json!({"schemas": ["a"], "userName": long, "roles": [{"value": packed}]});
    let read = Resource::parse(users, body(sent.clone()), &limits, &mut tolerances).unwrap();
    assert_eq!(read.0[BADGE], sent);
    let manager = body(json!({"manager": "m"}));
    assert!(Resource::parse(users, manager, &limits, &mut tolerances).is_err());
    let attribute = format!("{BADGE}:schemas");
    for (operation, schemas) in [
        (
            json!({"op": "add", "path": attribute, "value": "b"}),
            json!(["a", "b"]),
        ),
        (
            json!({"op": "replace", "path": attribute, "value": ["b"]}),
            json!(["b"]),
        ),
        (
            json!({"op": "replace", "value": {BADGE: {"schemas": ["b"]}}}),
            json!(["b"]),
        ),
        (json!({"op": "remove", "path": attribute}), Value::Null),
    ] {
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": [operation]});
        let mut strict = Tolerances::new(Dialect::Strict);
        let patch = Patch::parse(message, &limits, &mut strict).unwrap();
        let outcome = patch::apply(&patch, users, &read, &limits, &mut strict).unwrap();
        assert_eq!(
            outcome.0[BADGE].get("schemas").cloned().unwrap_or_default(),
            schemas,
            "{operation}"
        );
    }
}

#[test]
fn a_required_part_that_goes_is_refused_whatever_goes_beside_it() {
    let place = json!({"room": "r", "doors": ["a", "b"], "note": "n"});
    let current = read(with("/place", place)).unwrap();
    let limits = Limits::default();
    let mut tolerances = Tolerances::default();
    let mut left = |value: Value| {
        let message = json!({"schemas": [Patch::SCHEMA],
            "Operations": [{"op": "remove", "path": "place", "value": value}]});
        let patch = Patch::parse(message, &limits, &mut tolerances)?;
        let outcome = patch::apply(&patch, &device(), &current, &limits, &mut tolerances)?;
        Ok::<_, Error>(outcome.0["place"].clone())
    };
    for value in [
        json!({"room": "r"}),
        json!({"room": "r", "doors": ["a"]}),
        json!({"doors": ["a"], "room": "r"}),
    ] {
        let error = left(value.clone()).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::Mutability), "{value}");
        assert!(error.detail.ends_with("room is required"), "{error}");
    }
    let part = left(json!({"doors": ["a"]})).unwrap();
    assert_eq!(part["doors"], json!(["b"]));
}
