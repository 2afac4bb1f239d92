mod members;
mod tolerances;

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Dialect, Tolerance};

fn read(
    resource_type: &ResourceType,
    body: Value,
    dialect: Dialect,
) -> Result<(Resource, Vec<(Tolerance, u32)>), Error> {
    let mut tolerances = Tolerances::new(dialect);
    let resource = Resource::parse(resource_type, body, &Limits::default(), &mut tolerances)?;
    Ok((resource, tolerances.used().collect()))
}

fn user(body: Value) -> Resource {
    read(&ResourceType::user(), body, Dialect::Tolerant)
        .unwrap()
        .0
}

/// The user with `more` beside what every user has.
fn with(more: &Value) -> Value {
    let mut body =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "u"});
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn tolerated(more: &Value) -> (Value, Vec<(Tolerance, u32)>) {
    let (resource, used) = read(&ResourceType::user(), with(more), Dialect::Tolerant).unwrap();
    (Value::Object(resource.0), used)
}

fn refused(more: &Value, dialect: Dialect) -> (ScimType, String) {
    let error = read(&ResourceType::user(), with(more), dialect).unwrap_err();
    assert_eq!(error.status, 400);
    (error.scim_type.unwrap(), error.detail)
}

#[test]
fn a_plain_user_stays_as_sent_in_both_dialects() {
    let body = with(&json!({
        "externalId": "E-1", "name": {"familyName": "Lima", "givenName": "Ana"}, "active": true,
        "emails": [{"value": "a@x.example", "type": "work", "primary": true}],
        "customCodes": ["A", "A"], "NameFormatted": "Ana Lima",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"department": "R", "manager": {"value": "26118915"}}}));
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        let (resource, used) = read(&ResourceType::user(), body.clone(), dialect).unwrap();
        let mut expected = body.clone();
        expected["schemas"] = json!([crate::schema::USER, crate::schema::ENTERPRISE_USER]);
        assert_eq!(resource.to_text(), expected.to_string());
        assert_eq!(used, []);
    }
}

// proves: 7643-2.1-name 7643-3.1-id-client 7643-3.1-meta 7644-3.3-readonly 7644-3.5.1-readonly
#[test]
fn names_are_rewritten_and_what_the_client_does_not_own_is_dropped() {
    let resource = user(json!({
        "SCHEMAS": ["URN:ietf:params:scim:schemas:core:2.0:user"], "USERNAME": "u",
        "Name": {"FamilyName": "L"}, "id": "x", "meta": "{{meta}}", "password": "secret",
        "groups": [{"value": "g"}], "title": null, "roles": [], "phoneNumbers": [{}, null],
        "name2": 1,
        "URN:IETF:params:scim:schemas:extension:enterprise:2.0:User":
            {"DEPARTMENT": "R", "manager": {"displayName": "Boss"}}}));
    assert_eq!(
        resource.to_text(),
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"userName":"u","name":{"familyName":"L"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R"}}"#
    );
}

// proves: 7643-2.4-objects
#[test]
fn wrong_types_name_the_path_and_both_types() {
    let cases = [
        (
            json!({"userName": 5}),
            "userName: expected a string, got a number",
        ),
        (
            json!({"name": {"givenName": 5}}),
            "name.givenName: expected a string, got a number",
        ),
        (
            json!({"name": "Ana"}),
            "name: expected an object, got a string",
        ),
        (
            json!({"emails": [{"value": "a"}, {"value": {}}]}),
            "emails[1].value: expected a string, got an object",
        ),
        (
            json!({"emails": ["a@x.example"]}),
            "emails[0]: expected an object, got a string",
        ),
        (
            json!({"active": "yes"}),
            "active: expected a boolean, got a string",
        ),
        (
            json!({"active": 1}),
            "active: expected a boolean, got a number",
        ),
        (
            json!({"title": ["a", "b"]}),
            "title: expected a string, got an array",
        ),
        (
            json!({"title": [["a"]]}),
            "title: expected a string, got an array",
        ),
        (
            json!({"password": 5}),
            "password: expected a string, got a number",
        ),
        (
            json!({"x509Certificates": [{"value": "%"}]}),
            "x509Certificates[0].value: expected base64",
        ),
        (
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": 1}}}),
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value: expected a string, got a number",
        ),
        (
            json!({"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": []}),
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: expected an object, got an array",
        ),
        (
            json!({"emails": [{"primary": true}, {"primary": "True"}]}),
            "emails[1].primary: another value is primary already; only one can be",
        ),
        (
            json!({"schemas": [1]}),
            "schemas[0]: expected a URI as a string, got a number",
        ),
    ];
    for (more, detail) in cases {
        assert_eq!(
            refused(&more, Dialect::Tolerant),
            (ScimType::InvalidValue, detail.to_owned())
        );
    }
    for body in [json!([]), json!("x"), Value::Null] {
        let error = read(&ResourceType::user(), body, Dialect::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax));
    }
}

// proves: 7643-2.4-twice
#[test]
fn values_of_one_type_and_value_are_one() {
    let resource = user(with(&json!({
        "emails": [
            {"value": "A@x.example", "type": "work"},
            {"value": "b@x.example", "type": "work", "primary": true},
            {"value": "a@X.example", "type": "Work", "display": "Ana"},
            {"value": "a@x.example"},
            {"value": "a@x.example", "type": "home"},
            {"value": "a@x.example"}],
        "addresses": [{"type": "work", "locality": "Recife"}, {"type": "work", "locality": "Natal"}]})));
    assert_eq!(
        resource.0["emails"],
        json!([
            {"value": "a@X.example", "type": "Work", "display": "Ana"},
            {"value": "b@x.example", "type": "work", "primary": true},
            {"value": "a@x.example"},
            {"value": "a@x.example", "type": "home"}])
    );
    assert_eq!(resource.0["addresses"].as_array().unwrap().len(), 2);
    let primary = json!({"value": "1", "type": "work", "primary": true});
    let resource = user(with(&json!({"phoneNumbers": [primary, primary]})));
    assert_eq!(resource.0["phoneNumbers"], json!([primary]));
}

// proves: 7643-4.1.1-username 7643-4.2-displayname 7644-3.5.1-required
#[test]
fn required_values_are_present_and_not_empty() {
    for user_name in [json!(null), json!(""), json!("  ")] {
        assert_eq!(
            refused(&json!({ "userName": user_name }), Dialect::Tolerant),
            (
                ScimType::InvalidValue,
                "userName: a value is required".to_owned()
            )
        );
    }
    let group = json!({"schemas": [crate::schema::GROUP], "members": []});
    let error = read(&ResourceType::group(), group, Dialect::Tolerant).unwrap_err();
    assert_eq!(error.detail, "displayName: a value is required");
}

// proves: 7643-2.1-schemas 7643-3-schemas 7643-3.3-base
#[test]
fn schemas_may_be_missing_only_in_the_tolerant_dialect() {
    for schemas in [
        json!(null),
        json!([]),
        json!([crate::schema::ENTERPRISE_USER]),
    ] {
        let more = json!({ "schemas": schemas });
        assert_eq!(tolerated(&more).1, [(Tolerance::MissingSchemas, 1)]);
        assert_eq!(refused(&more, Dialect::Strict).0, ScimType::InvalidSyntax);
    }
    let without = json!({"userName": "u"});
    assert!(read(&ResourceType::user(), without.clone(), Dialect::Tolerant).is_ok());
    let error = read(&ResourceType::user(), without, Dialect::Strict).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax));
}

#[test]
fn oktas_group_data_in_a_user_is_a_boolean_of_its_own() {
    let (resource, used) = tolerated(&json!({
        "urn:ietf:params:scim:schemas:core:2.0:Group": {"thirdPartyVendor": "1", "displayName": "x"}}));
    assert_eq!(
        resource[crate::schema::GROUP],
        json!({"thirdPartyVendor": true})
    );
    assert_eq!(
        resource["schemas"],
        json!([crate::schema::USER, crate::schema::GROUP])
    );
    assert_eq!(
        used,
        [
            (Tolerance::BooleanText, 1),
            (Tolerance::UnknownAttribute, 1)
        ]
    );
}

#[test]
fn text_that_is_no_role_stays_text() {
    for text in [
        "{",
        "{}",
        "{\"value\":1}",
        "[1]",
        "{\"value\":\"{\\\"value\\\":\\\"x\\\"}\"}",
    ] {
        let (resource, used) = tolerated(&json!({"roles": [{"value": text}]}));
        assert_eq!(resource["roles"], json!([{"value": text}]));
        assert_eq!(used, []);
    }
}

#[test]
fn limits_hold_at_their_edges() {
    let limits = Limits {
        string_length: 4,
        user_name_length: 3,
        binary_length: 8,
        values: 2,
        members: 3,
        ..Limits::default()
    };
    let check = |resource_type: &ResourceType, body: Value| {
        Resource::parse(resource_type, body, &limits, &mut Tolerances::default())
            .map_err(|error| error.detail)
    };
    let users = ResourceType::user();
    assert!(check(&users, json!({"userName": "äöü", "title": "äöüß"})).is_ok());
    assert_eq!(
        check(&users, json!({"userName": "abcd"})).unwrap_err(),
        "userName: longer than 3 characters"
    );
    assert_eq!(
        check(&users, json!({"userName": "a", "title": "abcde"})).unwrap_err(),
        "title: longer than 4 characters"
    );
    assert!(check(&users, json!({"userName": "a", "profileUrl": "12345678"})).is_ok());
    assert_eq!(
        check(&users, json!({"userName": "a", "profileUrl": "123456789"})).unwrap_err(),
        "profileUrl: longer than 8 bytes"
    );
    assert_eq!(
        check(
            &users,
            json!({"userName": "a", "customCodes": ["1", "2", "3"]})
        )
        .unwrap_err(),
        "customCodes: more than 2 values"
    );
    let groups = ResourceType::group();
    let members =
        |count| json!({"displayName": "g", "members": vec![json!({"value": "m"}); count]});
    assert!(check(&groups, members(3)).is_ok());
    assert_eq!(
        check(&groups, members(4)).unwrap_err(),
        "members: more than 3 values"
    );
}

#[test]
fn hostile_keys_are_plain_data() {
    let (resource, used) =
        tolerated(&json!({"__proto__": 1, "": 2, "constructor": {"a": 1}, "userName.foo": 1}));
    assert_eq!(resource, with(&json!({})));
    assert_eq!(used, [(Tolerance::UnknownAttribute, 4)]);
    let long = "x".repeat(10_000);
    assert!(refused(&json!({long: 1}), Dialect::Strict).1.len() < 200);
}

#[test]
fn one_attribute_under_two_spellings_is_refused() {
    let more = json!({
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "a"},
        " urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"division": "b"}});
    assert_eq!(refused(&more, Dialect::Tolerant).0, ScimType::InvalidSyntax);
}

#[test]
fn names_of_a_user() {
    let resource = user(with(
        &json!({"NameFormatted": "Nina Prado", "active": false}),
    ));
    assert!(!resource.active());
    let resource = user(with(
        &json!({"NameFormatted": "N", "name": {"formatted": "Nina"}, "externalId": "e"}),
    ));
    assert_eq!(resource.external_id(), Some("e"));
    assert!(resource.active());
    assert_eq!(user(with(&json!({}))).user_name(), Some("u"));
}

/// The documents the RFCs print, where they are at hand.
#[test]
fn the_rfcs_own_examples_are_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/vectors/rfc_documents.json");
    let Ok(text) = std::fs::read(&path) else {
        println!("skipped: no {}", path.display());
        return;
    };
    let documents: Value = serde_json::from_slice(&text).unwrap();
    let (users, groups) = (ResourceType::user(), ResourceType::group());
    let mut read_documents = 0;
    for document in documents["documents"].as_array().unwrap() {
        let json = &document["json"];
        let resource_type = match json["schemas"][0].as_str() {
            Some(crate::schema::USER) if json["userName"].is_string() => &users,
            Some(crate::schema::GROUP) => &groups,
            _ => continue,
        };
        let (_, used) = read(resource_type, json.clone(), Dialect::Tolerant)
            .unwrap_or_else(|error| panic!("{}: {error}", document["id"]));
        assert_eq!(used, [], "{}", document["id"]);
        read_documents += 1;
    }
    assert!(read_documents >= 8, "{read_documents}");
}

/// JSON that resembles a user, with wrong types among right ones.
fn something_like_a_user() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop::sample::select(vec!["True", "0", "x", "", "{\"value\":\"r\"}", "work"])
            .prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
    ];
    let names = vec![
        "userName",
        "active",
        "emails",
        "roles",
        "value",
        "primary",
        "type",
        "$ref",
        "manager",
        "name",
        "formatted",
        "customCodes",
        "title",
        "TITLE",
        "other",
        "members",
        "thirdPartyVendor",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
    ];
    let any_json = leaf.prop_recursive(3, 24, 4, move |inner| {
        let object =
            prop::collection::vec((prop::sample::select(names.clone()), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Value::Array),
            object.prop_map(|entries| {
                Value::Object(
                    entries
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    });
    any_json.prop_map(|value| match value {
        Value::Object(map) => with(&Value::Object(map)),
        other => with(&json!({"emails": other})),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn canonical_resources_are_left_alone(body in something_like_a_user()) {
        if let Ok((resource, _)) = read(&ResourceType::user(), body, Dialect::Tolerant) {
            let mut strict = Tolerances::new(Dialect::Strict);
            let again = validate(&ResourceType::user(), resource.0.clone(), &Limits::default(), &mut strict);
            prop_assert_eq!(again.map(|again| again.to_text()), Ok(resource.to_text()));
        }
    }
}
