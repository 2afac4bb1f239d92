//! Values that stay as they are once they are set.

use super::*;
use crate::looks::counted;

/// RFC 7644 3.5.1: a PUT may repeat an immutable value or leave it out, but not change it.
// proves: 7643-7-immutable 7644-3.5.1-immutable
#[test]
fn immutable_values_stay_when_a_resource_is_replaced() {
    let current = read(whole()).unwrap();
    let replace = |body: Value| read(body).unwrap().replacing(&device(), &current);
    assert_eq!(replace(whole()).unwrap(), current);
    // Left out, they stay: the owner, the slot.
    let kept = replace(with(&format!("/{RACK}"), json!({"row": "B"}))).unwrap();
    assert_eq!(kept.0[RACK], json!({"row": "B", "slot": 4}));
    let kept = replace(with("/owner", Value::Null)).unwrap();
    assert_eq!(kept.0["owner"], json!({"value": "u1"}));
    // The values of a multi-valued attribute come and go whole.
    let parts = json!([{"value": "p3"}]);
    assert_eq!(
        replace(with("/parts", parts.clone())).unwrap().0["parts"],
        parts
    );
    for (pointer, value, name) in [
        ("/serial", json!("s-1"), "serial"),
        ("/owner", json!({"value": "u2"}), "owner.value"),
        (
            &format!("/{RACK}"),
            json!({"row": "A", "slot": 5}),
            &format!("{RACK}:slot"),
        ),
    ] {
        let error = replace(with(pointer, value)).unwrap_err();
        assert_eq!(
            (error.status, error.scim_type),
            (400, Some(ScimType::Mutability))
        );
        assert!(error.detail.starts_with(name), "{}", error.detail);
    }
    // What has no value yet may get one.
    let bare = read(with("/owner", Value::Null)).unwrap();
    assert!(read(whole()).unwrap().replacing(&device(), &bare).is_ok());
}

/// A type whose immutable attributes are of every kind that `eq` compares in its own way.
fn fixed() -> Arc<ResourceType> {
    let definitions = json!({
        "schemas": [
            {"id": DEVICE, "attributes": [
                {"name": "text", "mutability": "immutable"},
                {"name": "exact", "caseExact": true, "mutability": "immutable"},
                {"name": "many", "multiValued": true, "mutability": "immutable"},
                {"name": "number", "type": "decimal", "mutability": "immutable"},
                {"name": "at", "type": "dateTime", "mutability": "immutable"},
                {"name": "free"},
                {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
                    {"name": "value"}, {"name": "slot", "type": "decimal", "mutability": "immutable"},
                    {"name": "note"}]}]},
            {"id": RACK, "attributes": [
                {"name": "row", "required": true},
                {"name": "slot", "mutability": "immutable"}]}],
        "resourceTypes": [{"name": "Device", "endpoint": "/Devices", "schema": DEVICE,
            "schemaExtensions": [{"schema": RACK, "required": false}]}]
    });
    let registry = Registry::new(&Definitions::parse(&definitions).unwrap()).unwrap();
    registry.by_name("Device").unwrap().clone()
}

fn fixed_device() -> Value {
    json!({"schemas": [DEVICE], "text": "I", "exact": "I", "many": ["a", "b"], "number": 1,
        "at": "2026-01-01T00:00:00Z",
        "ports": [{"value": "p1", "slot": 1, "note": "n"}, {"value": "p2", "slot": 2}]})
}

/// What a PUT makes of the device when one attribute is other, and what a PATCH does.
fn fixed_changed(name: &str, value: &Value) -> [Result<Resource, Error>; 2] {
    let limits = Limits::default();
    let mut strict = Tolerances::new(Dialect::Strict);
    let mut read = |body| Resource::parse(&fixed(), body, &limits, &mut strict);
    let current = read(fixed_device()).unwrap();
    let mut body = fixed_device();
    body[name] = value.clone();
    let put = read(body).and_then(|sent| sent.replacing(&fixed(), &current));
    let body = json!({"schemas": [Patch::SCHEMA], "Operations": [
        {"op": "replace", "path": name, "value": value}]});
    let message = Patch::parse(body, &limits, &mut strict).unwrap();
    let patch = patch::apply(&message, &fixed(), &current, &limits, &mut strict);
    [put, patch]
}

/// RFC 7643 7, `immutable`: what a filter's `eq` finds equal is no other value, and what is stored stays.
// proves: 7643-7-immutable
#[test]
fn immutable_values_are_compared_as_by_a_filter() {
    for (name, value) in [
        ("text", json!("i")),
        ("many", json!(["B", "a"])),
        ("number", json!(1.0)),
        ("at", json!("2026-01-01T01:00:00+01:00")),
        (
            "ports",
            json!([{"value": "P2", "slot": 2.0}, {"value": "p1", "slot": 1, "note": "n"}]),
        ),
    ] {
        for outcome in fixed_changed(name, &value) {
            let mut expected = fixed_device();
            if name == "ports" {
                expected[name] =
                    json!([{"value": "P2", "slot": 2}, {"value": "p1", "slot": 1, "note": "n"}]);
            }
            let outcome = Value::Object(outcome.unwrap().0);
            assert_eq!(outcome, expected, "{name} {value}");
        }
    }
    for (name, value) in [
        ("text", json!("J")),
        ("exact", json!("i")),
        ("many", json!(["a"])),
        ("many", json!(["a", "c"])),
        ("number", json!(1.5)),
        ("at", json!("2026-01-01T00:00:01Z")),
        ("ports", json!([{"value": "p1", "slot": 3}])),
        (
            "ports",
            json!([{"value": "p1", "slot": 2}, {"value": "p2", "slot": 1}]),
        ),
    ] {
        for outcome in fixed_changed(name, &value) {
            let error = outcome.unwrap_err();
            assert_eq!(
                error.scim_type,
                Some(ScimType::Mutability),
                "{name} {value}"
            );
        }
    }
    // Values come and go, a further one of the same name too.
    for value in [
        json!([{"value": "p3", "slot": 1}]),
        json!([{"value": "p1", "slot": 1}, {"value": "p1", "slot": 9}]),
    ] {
        for outcome in fixed_changed("ports", &value) {
            assert_eq!(outcome.unwrap().0["ports"], value);
        }
    }
    let further = json!([{"value": "p1"}, {"value": "p1", "slot": 1}]);
    for outcome in fixed_changed("ports", &further) {
        assert_eq!(outcome.unwrap().0["ports"], further);
    }
    let [put, patch] = fixed_changed("ports", &json!([{"value": "p1"}]));
    assert_eq!(put.unwrap().0["ports"], json!([{"value": "p1", "slot": 1}]));
    assert_eq!(patch.unwrap_err().scim_type, Some(ScimType::Mutability));
}

/// What stays for its immutable value still needs what is required beside it.
#[test]
fn an_extension_that_stays_keeps_what_is_required() {
    let limits = Limits::default();
    let mut strict = Tolerances::new(Dialect::Strict);
    let mut body = fixed_device();
    body["schemas"] = json!([DEVICE, RACK]);
    body[RACK] = json!({"row": "A", "slot": "1"});
    let mut read = |body: &Value| Resource::parse(&fixed(), body.clone(), &limits, &mut strict);
    let current = read(&body).unwrap();
    let error = read(&fixed_device())
        .unwrap()
        .replacing(&fixed(), &current)
        .unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
    assert_eq!(error.detail, format!("{RACK}:row: a value is required"));
    body[RACK] = json!({"row": "B"});
    let next = read(&body).unwrap().replacing(&fixed(), &current).unwrap();
    assert_eq!(next.0[RACK], json!({"row": "B", "slot": "1"}));
    let next = read(&Value::Object(next.0.clone()))
        .unwrap()
        .replacing(&fixed(), &next);
    assert!(next.is_ok());
}

#[test]
fn adding_to_what_is_immutable_is_not_quadratic() {
    let list =
        |word: &str| -> Value { (0..1_000).map(|n| json!(format!("{word}é{n}"))).collect() };
    let badge = json!({"id": BADGE, "name": "Badge", "attributes": [
        {"name": "codes", "multiValued": true, "mutability": "immutable"}]});
    let definitions =
        json!({"schemas": [badge], "extensions": [{"resourceType": "User", "schema": BADGE}]});
    let registry = Registry::new(&Definitions::parse(&definitions).unwrap()).unwrap();
    let users = registry.by_name("user").unwrap();
    let limits = Limits::default();
    let mut strict = Tolerances::new(Dialect::Strict);
    let body = json!({"schemas": [USER, BADGE], "userName": "u", BADGE: {"codes": list("c")}});
    let current = Resource::parse(users, body, &limits, &mut strict).unwrap();
    let add = json!({"op": "add", "path": format!("{BADGE}:codes"), "value": list("C")});
    let message = json!({"schemas": [Patch::SCHEMA], "Operations": vec![add; 50]});
    let patch = Patch::parse(message, &limits, &mut strict).unwrap();
    let (outcome, looks) = counted(|| patch::apply(&patch, users, &current, &limits, &mut strict));
    assert_eq!(outcome.unwrap(), current);
    // One for each that is added and each that is there. Each compared with each, it takes hundreds of times
    // as many.
    assert!((100_000..150_000).contains(&looks), "{looks}");
}
