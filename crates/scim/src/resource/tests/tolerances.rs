use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER, USER};

/// What was sent, where in the resource to look, what lies there, and what strict says.
type Case = (Value, &'static str, Value, ScimType);

fn check<const N: usize>(tolerance: Tolerance, cases: [Case; N]) {
    for (more, pointer, expected, strict) in cases {
        let (resource, used) = tolerated(&more);
        assert_eq!(used, [(tolerance, 1)], "{more}");
        let found = resource.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(found, &expected, "{more}");
        assert_eq!(refused(&more, Dialect::Strict).0, strict, "{more}");
    }
}

const MANAGER: &str = "/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User/manager";
#[test]
fn boolean_text() {
    let case = |text, expected| {
        let more = json!({ "active": text });
        (
            more,
            "/active",
            Value::Bool(expected),
            ScimType::InvalidValue,
        )
    };
    check(
        Tolerance::BooleanText,
        [
            case("False", false),
            case("TRUE", true),
            case("1", true),
            case("0", false),
        ],
    );
}

#[test]
fn unknown_attributes_and_schemas() {
    check(
        Tolerance::UnknownAttribute,
        [
            (
                json!({"colour": 1}),
                "/colour",
                json!(null),
                ScimType::InvalidSyntax,
            ),
            (
                json!({"name": {"shoe": 1}}),
                "/name",
                json!(null),
                ScimType::InvalidSyntax,
            ),
        ],
    );
    let listed = json!({"schemas": [USER, "urn:x:y"]});
    check(
        Tolerance::UnknownSchema,
        [
            (
                json!({"urn:x:y": {"a": 1}}),
                "/urn:x:y",
                json!(null),
                ScimType::InvalidSyntax,
            ),
            (listed, "/schemas", json!([USER]), ScimType::InvalidSyntax),
        ],
    );
}

#[test]
fn manager_as_text() {
    let sent = |manager| json!({ENTERPRISE_USER: {"manager": manager}});
    check(
        Tolerance::ManagerAsText,
        [
            (
                sent("42"),
                MANAGER,
                json!({"value": "42"}),
                ScimType::InvalidValue,
            ),
            (sent(""), "/schemas", json!([USER]), ScimType::InvalidValue),
            (
                json!({ENTERPRISE_USER: {"manager": {"value": ""}}}),
                "/schemas",
                json!([USER]),
                ScimType::InvalidValue,
            ),
        ],
    );
}

#[test]
fn null_reference() {
    let sent = json!({ENTERPRISE_USER: {"manager": {"value": "1", "$ref": null}}});
    let expected = json!({"value": "1"});
    check(
        Tolerance::NullReference,
        [(sent, MANAGER, expected, ScimType::InvalidValue)],
    );
}

#[test]
fn spaced_urn() {
    let sent = json!({format!(" {ENTERPRISE_USER} "): {"manager": {"value": "1"}}});
    let expected = json!({"value": "1"});
    check(
        Tolerance::SpacedUrn,
        [(sent, MANAGER, expected, ScimType::InvalidSyntax)],
    );
}

#[test]
fn core_schema_key() {
    let sent = json!({"urn:ietf:params:scim:schemas:core:2.0:user": {"nickName": "Babs"}});
    check(
        Tolerance::CoreSchemaKey,
        [(sent, "/nickName", json!("Babs"), ScimType::InvalidSyntax)],
    );
}

#[test]
fn single_for_many_and_the_reverse() {
    check(
        Tolerance::SingleForMany,
        [
            (
                json!({"emails": {"value": "a"}}),
                "/emails",
                json!([{"value": "a"}]),
                ScimType::InvalidValue,
            ),
            (
                json!({"customCodes": "a"}),
                "/customCodes",
                json!(["a"]),
                ScimType::InvalidValue,
            ),
            (
                json!({"title": ["a"]}),
                "/title",
                json!("a"),
                ScimType::InvalidValue,
            ),
            (
                json!({"schemas": USER}),
                "/schemas",
                json!([USER]),
                ScimType::InvalidValue,
            ),
        ],
    );
}

#[test]
fn role_as_json_text() {
    let text = r#"{"id":"7","value":"Op","displayName":"Operator"}"#;
    let sent = json!({"roles": [{"value": text, "type": "x"}]});
    let expected = json!([{"value": "Op", "type": "x", "display": "Operator"}]);
    check(
        Tolerance::RoleAsJsonText,
        [(sent, "/roles", expected, ScimType::InvalidValue)],
    );
}
