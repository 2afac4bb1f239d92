use serde_json::{Value, json};

use super::*;
use crate::filter::{match_document, matches};
use crate::{
    Dialect, Error, Filter, Limits, ListRequest, Patch, Projection, Resource, ScimType, Target,
    Tolerances, patch,
};

mod mistakes;

const DEVICE: &str = "urn:example:params:scim:schemas:Device";
const RACK: &str = "urn:example:params:scim:schemas:extension:Rack";
const BADGE: &str = "urn:example:params:scim:schemas:Badge";

/// A resource type with an extension, an extension of User and an attribute more for Group.
fn definitions() -> Value {
    json!({
        "schemas": [
            {"id": DEVICE, "name": "Device", "attributes": [
                {"name": "serial", "required": true, "caseExact": true, "uniqueness": "server", "mutability": "immutable"},
                {"name": "label", "uniqueness": "global"},
                {"name": "ports", "type": "integer", "multiValued": true},
                {"name": "weight", "type": "decimal"},
                {"name": "bought", "type": "dateTime"},
                {"name": "pin", "mutability": "writeOnly", "required": true},
                {"name": "key", "returned": "never"},
                {"name": "note", "returned": "request"},
                {"name": "seen", "type": "dateTime", "mutability": "readOnly"},
                {"name": "active", "type": "boolean"},
                {"name": "size", "canonicalValues": ["small", "large"]},
                {"name": "owner", "type": "complex", "subAttributes": [
                    {"name": "value", "mutability": "immutable"},
                    {"name": "$ref", "type": "reference", "referenceTypes": ["User", "Device"]},
                    {"name": "since", "type": "dateTime"}]},
                {"name": "place", "type": "complex", "subAttributes": [
                    {"name": "room", "required": true},
                    {"name": "doors", "multiValued": true, "required": true},
                    {"name": "note"}]},
                {"name": "parts", "type": "complex", "multiValued": true, "subAttributes": [
                    {"name": "value", "mutability": "immutable"},
                    {"name": "code", "uniqueness": "server"},
                    {"name": "type"},
                    {"name": "primary", "type": "boolean"}]}
            ]},
            {"id": RACK, "name": "Rack", "attributes": [
                {"name": "row", "required": true},
                {"name": "slot", "type": "integer", "mutability": "immutable"}]},
            {"id": BADGE, "name": "Badge", "attributes": [{"name": "number", "type": "integer"}]}
        ],
        "attributes": [
            {"schema": GROUP, "attribute": {"name": "floor", "type": "integer"}}
        ],
        "resourceTypes": [
            {"name": "Device", "endpoint": "/Devices", "schema": DEVICE,
                "schemaExtensions": [{"schema": RACK, "required": true}]}
        ],
        "extensions": [{"resourceType": "User", "schema": BADGE}]
    })
}

fn registry() -> Registry {
    Registry::new(&Definitions::parse(&definitions()).unwrap()).unwrap()
}

fn device() -> Arc<ResourceType> {
    registry().by_name("device").unwrap().clone()
}

fn whole() -> Value {
    json!({"schemas": [DEVICE, RACK], "serial": "S-1", "label": "Möbius", "ports": [80, 443], "weight": 1.5,
        "bought": "2026-01-01T00:00:00Z", "pin": "1234", "key": "k", "note": "n", "active": true, "size": "medium",
        "seen": "2026-01-01T00:00:00Z",
        "owner": {"value": "u1", "$ref": "../Users/u1", "since": "2026-01-01T00:00:00Z"},
        "parts": [{"value": "p1", "code": "C1", "type": "cpu", "primary": true}, {"value": "p2"}],
        RACK: {"row": "A", "slot": 4}})
}

fn read(body: Value) -> Result<Resource, Error> {
    Resource::parse(
        &device(),
        body,
        &Limits::default(),
        &mut Tolerances::new(Dialect::Strict),
    )
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = whole();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.shift_remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    body
}

fn refused(body: Value) -> (Option<ScimType>, String) {
    let error = read(body).unwrap_err();
    (error.scim_type, error.detail)
}

#[test]
fn definitions_are_data() {
    let parsed = Definitions::parse(&definitions()).unwrap();
    let written = serde_json::to_value(&parsed).unwrap();
    assert_eq!(Definitions::parse(&written).unwrap(), parsed);
}

// proves: 7643-6-schema 7643-6-type
#[test]
fn what_is_defined_stands_beside_what_is_built_in() {
    let registry = registry();
    let names: Vec<&str> = registry
        .resource_types()
        .map(|known| known.name.as_str())
        .collect();
    assert_eq!(names, ["User", "Group", "Device"]);
    assert_eq!(registry.by_endpoint("/Devices").unwrap().name, "Device");
    assert!(registry.by_endpoint("/devices").is_none());
    let user = registry.by_name("User").unwrap();
    assert!(user.extension(BADGE).is_some());
    let group = registry.by_name("Group").unwrap();
    assert!(group.schema.attribute("floor").is_some());
    assert_eq!(
        Registry::default().by_name("User").unwrap().as_ref(),
        &ResourceType::user()
    );
    let types: Vec<&ResourceType> = registry.resource_types().map(AsRef::as_ref).collect();
    let published = crate::discovery::schemas(&types, "https://h.example/v2");
    let published: Vec<&str> = published
        .iter()
        .map(|schema| schema["id"].as_str().unwrap())
        .collect();
    for urn in [DEVICE, RACK, BADGE] {
        assert!(published.contains(&urn), "{urn}");
    }
    let types = crate::discovery::resource_types(&types, "https://h.example/v2");
    assert_eq!(
        types[2]["schemaExtensions"],
        json!([{"schema": RACK, "required": true}])
    );
}

/// RFC 7643 2.2: each characteristic of an attribute is held when a resource is written.
// proves: 7643-2.3.4-integer 7643-2.3.5-datetime 7643-2.3.7-uri 7643-2.4-primary 7643-6-required
// proves: 7643-7-readonly 7644-3.3-readonly 7644-3.5.1-required
#[test]
fn characteristics_are_held_when_a_resource_is_written() {
    let resource = read(whole()).unwrap();
    // readOnly is ignored, writeOnly is taken and not kept.
    assert!(resource.0.get("seen").is_none() && resource.0.get("pin").is_none());
    // Canonical values are suggestions (RFC 7643, section 7).
    assert_eq!(resource.0["size"], "medium");
    for (pointer, value, place) in [
        ("/serial", Value::Null, "serial"),
        ("/serial", json!(" "), "serial"),
        ("/pin", Value::Null, "pin"),
        ("/ports", json!(["80"]), "ports[0]"),
        ("/ports", json!(80), "ports"),
        ("/ports", json!([1.5]), "ports[0]"),
        ("/weight", json!("1.5"), "weight"),
        ("/bought", json!("yesterday"), "bought"),
        ("/active", json!("true"), "active"),
        ("/owner", json!({"$ref": "../Groups/g1"}), "owner.$ref"),
        ("/owner", json!({"$ref": "no uri"}), "owner.$ref"),
        (
            "/parts",
            json!([{"primary": true}, {"primary": true}]),
            "parts[1].primary",
        ),
        (&format!("/{RACK}"), Value::Null, RACK),
        (
            &format!("/{RACK}"),
            json!({"slot": 1}),
            &format!("{RACK}:row"),
        ),
    ] {
        let (scim_type, detail) = refused(with(pointer, value));
        assert_eq!(scim_type, Some(ScimType::InvalidValue), "{pointer}");
        assert!(
            detail.starts_with(&format!("{place}: ")),
            "{pointer}: {detail}"
        );
    }
    assert!(
        read(with(
            "/owner",
            json!({"$ref": "https://h.example/v2/Devices/d1"})
        ))
        .is_ok()
    );
    let (scim_type, detail) = refused(with("/colour", json!("red")));
    assert_eq!(scim_type, Some(ScimType::InvalidSyntax));
    assert!(detail.contains("colour"));
}

/// RFC 7643 7, `uniqueness`: values are told apart as filters do.
// proves: 7643-7-unique
#[test]
fn unique_numbers_are_one_however_they_are_written() {
    let definitions = json!({
        "schemas": [{"id": BADGE, "attributes": [
            {"name": "factor", "type": "decimal", "multiValued": true, "uniqueness": "server"}]}],
        "resourceTypes": [{"name": "Badge", "endpoint": "/Badges", "schema": BADGE}]
    });
    let registry = Registry::new(&Definitions::parse(&definitions).unwrap()).unwrap();
    let badges = registry.by_name("Badge").unwrap();
    let unique = |number: &str| {
        let body = format!(r#"{{"schemas":["{BADGE}"],"factor":[{number}]}}"#);
        let body = serde_json::from_str(&body).unwrap();
        let mut strict = Tolerances::new(Dialect::Strict);
        Resource::parse(badges, body, &Limits::default(), &mut strict)
            .unwrap()
            .unique_values(badges)
    };
    for (a, b, one) in [
        ("1", "1.0", true),
        ("0", "-0.0", true),
        ("0", "-0", true),
        ("100", "1e2", true),
        ("-3", "-3.0", true),
        ("9007199254740992", "9007199254740992.0", true),
        ("9007199254740993", "9007199254740992.0", false),
        ("18446744073709551615", "18446744073709551616.0", false),
        ("0.1", "0.10", true),
        ("1e300", "1.0e300", true),
        ("1", "1.5", false),
    ] {
        assert_eq!(unique(a) == unique(b), one, "{a} {b}");
        let text = |number| unique(number)[0].value.to_string();
        let (a, b) = (text(a), text(b));
        assert_eq!(a == b, one, "{a} {b}");
    }
}

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
    let begun = std::time::Instant::now();
    let outcome = patch::apply(&patch, users, &current, &limits, &mut strict).unwrap();
    assert_eq!(outcome, current);
    // Each compared with each, it takes a hundred times as long.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
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

// proves: 7643-7-case 7643-7-never 7643-7-request
#[test]
fn what_is_defined_is_filtered_sorted_and_projected() {
    let device = device();
    let resource = read(whole()).unwrap();
    let document = match_document(&device, &resource.0);
    let limits = Limits::default();
    let matching = |text: &str| {
        Filter::parse(text, &limits)?
            .resolve(&device, &mut Tolerances::new(Dialect::Strict))
            .map(|condition| matches(&condition, &document))
    };
    for (text, expected) in [
        ("serial eq \"S-1\"", true),
        ("serial eq \"s-1\"", false),
        ("label eq \"MÖBIUS\"", true),
        ("ports gt 100 and weight lt 2", true),
        ("bought lt \"2026-01-01T00:00:00+01:00\"", false),
        ("parts[type eq \"CPU\" and primary eq true]", true),
        (
            "urn:example:params:scim:schemas:extension:Rack:slot ge 4",
            true,
        ),
        (
            "urn:example:params:scim:schemas:Device:owner.value eq \"u1\"",
            true,
        ),
    ] {
        assert_eq!(matching(text), Ok(expected), "{text}");
    }
    assert!(matching("key eq \"k\"").is_err() && matching("slot eq 4").is_err());
    let sorted = ListRequest {
        sort_by: Some(format!("{RACK}:slot")),
        ..ListRequest::default()
    };
    let query = crate::ListQuery::parse(
        &device,
        &sorted,
        &limits,
        crate::PageLimits::default(),
        &mut Tolerances::default(),
    );
    assert_eq!(query.unwrap().sort.unwrap().target.attribute, "slot");
    let seen = |attributes| {
        Projection::parse(
            &device,
            attributes,
            None,
            &limits,
            &mut Tolerances::default(),
        )
        .unwrap()
        .apply(&device, resource.0.clone())
    };
    let default = seen(None);
    assert!(default.get("key").is_none() && default.get("note").is_none());
    assert!(default.get("label").is_some());
    let asked = seen(Some("note,key"));
    assert_eq!(asked.get("note"), Some(&json!("n")));
    assert!(asked.get("key").is_none());
}

#[test]
fn unique_values_are_reported_in_the_form_they_compare_in() {
    let values = read(whole()).unwrap().unique_values(&device());
    let values: Vec<_> = values
        .iter()
        .map(|unique| {
            let Target {
                attribute,
                sub_attribute,
                ..
            } = &unique.target;
            (
                attribute.as_str(),
                sub_attribute.as_deref(),
                unique.value.clone(),
            )
        })
        .collect();
    assert_eq!(
        values,
        [
            ("serial", None, json!("S-1")),
            ("label", None, json!("möbius")),
            ("parts", Some("code"), json!("c1")),
        ]
    );
}
