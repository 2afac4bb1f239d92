use serde_json::{Value, json};

use super::*;
use crate::filter::{match_document, matches};
use crate::{
    Dialect, Error, Filter, Limits, ListRequest, Patch, Projection, Resource, ScimType, Target,
    Tolerances, patch,
};

mod immutable;
mod mistakes;
mod patched;

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
        Projection::parse(&device, attributes, None)
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
