use serde_json::{Map, json};

use super::*;
use crate::resource::validate;
use crate::schema::{ENTERPRISE_USER, USER};
use crate::{Dialect, Resource, ResourceType, ScimType, Tolerance};

mod meant;
mod removed;
mod selected;
mod work;

fn babs() -> Resource {
    let user = json!({
        "userName": "bjensen",
        "externalId": "e1",
        "name": {"givenName": "Barbara", "familyName": "Jensen", "middleName": "Jane"},
        "title": "Guide",
        "active": true,
        "emails": [
            {"value": "babs@work.example", "type": "work", "primary": true},
            {"value": "babs@home.example", "type": "home"}
        ],
        ENTERPRISE_USER: {"department": "Tours"}
    });
    let Value::Object(user) = user else {
        panic!("an object")
    };
    validate(
        &ResourceType::user(),
        user,
        &Limits::default(),
        &mut Tolerances::default(),
    )
    .unwrap()
}

fn patched(operations: &Value, dialect: Dialect) -> (Result<Resource, Error>, Vec<Tolerance>) {
    let mut tolerances = Tolerances::new(dialect);
    let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
    let outcome = Patch::parse(message, &Limits::default(), &mut tolerances).and_then(|patch| {
        apply(
            &patch,
            &ResourceType::user(),
            &babs(),
            &Limits::default(),
            &mut tolerances,
        )
    });
    (
        outcome,
        tolerances.used().map(|(tolerance, _)| tolerance).collect(),
    )
}

fn strict(operation: &Value) -> Map<String, Value> {
    patched(&json!([operation]), Dialect::Strict).0.unwrap().0
}

/// What the tolerant dialect makes of it, having used exactly this tolerance; strict refuses it.
fn tolerated(operation: &Value, tolerance: Tolerance, refusal: ScimType) -> Map<String, Value> {
    let operations = json!([operation]);
    let error = patched(&operations, Dialect::Strict).0.unwrap_err();
    assert_eq!(error.scim_type, Some(refusal), "{operation}: {error}");
    let (outcome, used) = patched(&operations, Dialect::Tolerant);
    assert_eq!(used, [tolerance], "{operation}");
    outcome.unwrap().0
}

fn refusal(operations: &Value, dialect: Dialect) -> ScimType {
    patched(operations, dialect)
        .0
        .unwrap_err()
        .scim_type
        .unwrap()
}

// proves: 7644-3.5.2.1-value 7644-3.5.2.3-add 7644-3.5.2.3-complex
#[test]
fn simple_and_complex_attributes() {
    let user = strict(&json!({"op": "replace", "path": "TITLE", "value": "Chief"}));
    assert_eq!(user["title"], "Chief");
    let user = strict(&json!({"op": "add", "path": "Name.GivenName", "value": "Babs"}));
    assert_eq!(
        user["name"],
        json!({"givenName": "Babs", "familyName": "Jensen", "middleName": "Jane"})
    );
    let user = strict(
        &json!({"op": "replace", "path": "name", "value": {"givenName": "B", "middleName": null}}),
    );
    assert_eq!(
        user["name"],
        json!({"givenName": "B", "familyName": "Jensen"})
    );
    let user = strict(
        &json!({"op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName"}),
    );
    assert_eq!(user["name"].as_object().unwrap().len(), 2);
    let user = strict(&json!({"op": "replace", "path": "title", "value": null}));
    assert!(!user.contains_key("title"));
    let user =
        strict(&json!({"op": "add", "value": {"nickName": "Babs", "name": {"familyName": "J"}}}));
    assert_eq!(
        (&user["nickName"], &user["name"]["familyName"]),
        (&json!("Babs"), &json!("J"))
    );
    assert_eq!(user["name"]["givenName"], "Barbara");
}

#[test]
fn extensions_by_path_and_by_key() {
    let path = format!("{ENTERPRISE_USER}:costCenter");
    let user = strict(&json!({"op": "add", "path": path, "value": "9"}));
    assert_eq!(
        user[ENTERPRISE_USER],
        json!({"department": "Tours", "costCenter": "9"})
    );
    let user = strict(&json!({"op": "add", "path": ENTERPRISE_USER, "value": {"costcenter": "9"}}));
    assert_eq!(user[ENTERPRISE_USER]["costCenter"], "9");
    let user = strict(&json!({"op": "replace", "value": {ENTERPRISE_USER: {"division": "D"}}}));
    assert_eq!(
        user[ENTERPRISE_USER],
        json!({"department": "Tours", "division": "D"})
    );
    for path in [
        ENTERPRISE_USER.to_owned(),
        format!("{ENTERPRISE_USER}:department"),
    ] {
        let user = strict(&json!({"op": "remove", "path": path}));
        assert!(!user.contains_key(ENTERPRISE_USER));
        assert_eq!(user["schemas"], json!([USER]));
    }
    let path = format!("schemas[value eq \"{ENTERPRISE_USER}\"]");
    assert!(!strict(&json!({"op": "remove", "path": path})).contains_key(ENTERPRISE_USER));
}

// proves: 7644-3.5.2.1-same
#[test]
fn adding_what_is_there_changes_nothing() {
    for operation in [
        json!({"op": "add", "path": "title", "value": "Guide"}),
        json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "babs@home.example", "primary": false}]}),
        json!({"op": "add", "path": "emails", "value": {"TYPE": "home", "value": "babs@home.example"}}),
        json!({"op": "replace", "path": "emails[type eq \"HOME\"].value", "value": "babs@home.example"}),
        json!({"op": "remove", "path": "phoneNumbers"}),
        json!({"op": "remove", "path": "emails[type eq \"other\"]"}),
        json!({"op": "remove", "path": "nickName"}),
        json!({"op": "replace", "value": {"id": "x", "meta": {"version": "1"}, "groups": [], "schemas": [USER]}}),
        json!({"op": "add", "path": "password", "value": "secret"}),
    ] {
        assert_eq!(strict(&operation), babs().0, "{operation}");
    }
}

// proves: 7643-2.4-primary 7644-3.5.2-primary
#[test]
fn at_most_one_value_is_primary() {
    let new = json!({"value": "new@x.example", "type": "other", "primary": true});
    let user = strict(&json!({"op": "add", "path": "emails", "value": [new]}));
    assert_eq!(user["emails"][0]["primary"], false);
    assert_eq!(user["emails"][2]["primary"], true);
    let user = strict(
        &json!({"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}),
    );
    assert_eq!(
        (&user["emails"][0]["primary"], &user["emails"][1]["primary"]),
        (&json!(false), &json!(true))
    );
    let two = json!([{"op": "add", "path": "emails", "value": [new, {"value": "b@x.example", "primary": true}]}]);
    assert_eq!(refusal(&two, Dialect::Tolerant), ScimType::InvalidValue);
    let all = json!([{"op": "replace", "path": "emails[value pr].primary", "value": true}]);
    assert_eq!(refusal(&all, Dialect::Tolerant), ScimType::InvalidValue);
}

#[test]
fn path_less_values_with_paths_for_keys() {
    let urn = format!("{ENTERPRISE_USER}:employeeNumber");
    let user = tolerated(
        &json!({"op": "replace", "value": {
            "displayName": "Kora", "name.givenName": "Kora", urn: "4401", "meta.version": "7",
            "emails[type eq \"home\"].value": "k@x.example"
        }}),
        Tolerance::DottedKey,
        ScimType::InvalidPath,
    );
    assert_eq!(
        (&user["displayName"], &user["name"]["givenName"]),
        (&json!("Kora"), &json!("Kora"))
    );
    assert_eq!(
        user[ENTERPRISE_USER],
        json!({"department": "Tours", "employeeNumber": "4401"})
    );
    assert_eq!(user["emails"][1]["value"], "k@x.example");
    let spaced = format!(" {ENTERPRISE_USER} ");
    let user = tolerated(
        &json!({"op": "add", "value": {spaced: {"costCenter": "1"}}}),
        Tolerance::SpacedUrn,
        ScimType::InvalidPath,
    );
    assert_eq!(user[ENTERPRISE_USER]["costCenter"], "1");
}

#[test]
fn other_things_products_send() {
    let user = tolerated(
        &json!({"op": "remove", "path": "emails", "value": [{"value": "BABS@home.example"}]}),
        Tolerance::RemoveWithValue,
        ScimType::InvalidSyntax,
    );
    assert_eq!(user["emails"].as_array().unwrap().len(), 1);
    // What is listed and not there stays as it is, also where there can be one value only.
    for (value, stays) in [
        (json!("Manager"), true),
        (json!("GUIDE"), false),
        (json!(["Guide"]), false),
        (json!(""), false),
        (json!([]), false),
    ] {
        let operations = json!([{"op": "remove", "path": "title", "value": value}]);
        let user = patched(&operations, Dialect::Tolerant).0.unwrap();
        assert_eq!(user.0.contains_key("title"), stays, "{value}");
    }
    let path = format!("{ENTERPRISE_USER}:manager");
    let user = tolerated(
        &json!({"op": "add", "path": path, "value": "m1"}),
        Tolerance::ManagerAsText,
        ScimType::InvalidValue,
    );
    assert_eq!(user[ENTERPRISE_USER]["manager"], json!({"value": "m1"}));
    let user = tolerated(
        &json!({"op": "replace", "path": "active", "value": "False"}),
        Tolerance::BooleanText,
        ScimType::InvalidValue,
    );
    assert_eq!(user["active"], false);
    let user = tolerated(
        &json!({"op": "add", "path": "favouriteColour", "value": "blue"}),
        Tolerance::UnknownAttribute,
        ScimType::InvalidPath,
    );
    assert_eq!(user, babs().0);
    let role = json!({"value": "{\"id\":\"1\",\"value\":\"Operator\",\"displayName\":\"Op\"}"});
    let user = tolerated(
        &json!({"op": "add", "path": "roles", "value": [role]}),
        Tolerance::RoleAsJsonText,
        ScimType::InvalidValue,
    );
    assert_eq!(
        user["roles"],
        json!([{"value": "Operator", "display": "Op"}])
    );
}

// proves: 7643-1.2-simple
#[test]
fn a_simple_attribute_has_nothing_below_it() {
    for path in [
        "userName.foo".to_owned(),
        "externalId.value".to_owned(),
        format!("{USER}:ACTIVE.foo"),
        format!("{ENTERPRISE_USER}:department.foo"),
        "title[value eq \"x\"].foo".to_owned(),
    ] {
        for op in ["add", "replace", "remove"] {
            let mut operation = json!({"op": op, "path": path});
            if op != "remove" {
                operation["value"] = json!("x");
            }
            let operations = json!([operation]);
            for dialect in [Dialect::Tolerant, Dialect::Strict] {
                assert_eq!(
                    refusal(&operations, dialect),
                    ScimType::InvalidPath,
                    "{operation}"
                );
            }
        }
    }
    for path in ["shoe.size", "name.shoe", "emails[type eq \"work\"].shoe"] {
        let user = tolerated(
            &json!({"op": "replace", "path": path, "value": "x"}),
            Tolerance::UnknownAttribute,
            ScimType::InvalidPath,
        );
        assert_eq!(user, babs().0, "{path}");
    }
}

// proves: 7644-3.5.2-schemas
#[test]
fn schemas_the_type_does_not_have() {
    for operation in [
        json!({"op": "add", "path": "schemas", "value": ["urn:x:y"]}),
        json!({"op": "add", "path": "Schemas", "value": "urn:x:y"}),
        json!({"op": "replace", "path": "schemas", "value": [USER, ENTERPRISE_USER, "urn:x:y"]}),
        json!({"op": "add", "path": "schemas", "value": [7]}),
        json!({"op": "add", "value": {"schemas": ["urn:x:y"]}}),
    ] {
        let user = tolerated(&operation, Tolerance::UnknownSchema, ScimType::InvalidValue);
        assert_eq!(user, babs().0, "{operation}");
    }
    // To leave out what there is data of would remove nothing.
    for value in [json!([USER]), json!([]), json!([ENTERPRISE_USER])] {
        let user = tolerated(
            &json!({"op": "replace", "path": "schemas", "value": value}),
            Tolerance::MissingSchemas,
            ScimType::InvalidValue,
        );
        assert_eq!(user, babs().0, "{value}");
    }
    let all = json!({"op": "replace", "path": "schemas", "value": [ENTERPRISE_USER, USER]});
    assert_eq!(strict(&all), babs().0);
    let known = json!({"op": "add", "path": "schemas", "value": [USER, ENTERPRISE_USER]});
    assert_eq!(strict(&known), babs().0);
}

#[test]
fn nobody_is_activated_by_taking_active_away() {
    let blocked = json!({"op": "replace", "path": "active", "value": false});
    let remove = json!({"op": "remove", "path": "active"});
    let mut refused = vec![
        json!([blocked, remove]),
        json!([blocked, {"op": "remove", "path": format!("{USER}:Active")}]),
    ];
    for op in ["add", "replace"] {
        for value in [json!(null), json!([]), json!([null])] {
            refused.push(json!([{"op": op, "path": "active", "value": value}]));
            refused.push(json!([{"op": op, "value": {"active": value}}]));
            refused.push(json!([{"op": op, "path": USER, "value": {"active": value}}]));
        }
    }
    for operations in refused {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let error = patched(&operations, dialect).0.unwrap_err();
            assert_eq!(
                error.scim_type,
                Some(ScimType::InvalidValue),
                "{operations}"
            );
            let detail = "]: active: true or false is expected";
            assert!(error.detail.ends_with(detail), "{operations}: {error}");
        }
    }
    // Who is active stays so.
    assert!(!strict(&remove).contains_key("active"));
    assert_eq!(strict(&blocked)["active"], false);
}

// proves: 7644-3.5.2-compatible 7644-3.5.2.2-required 7644-3.5.2.3-value
#[test]
fn what_must_not_change_does_not() {
    for (operation, scim_type) in [
        (
            json!({"op": "remove", "path": "userName"}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "replace", "path": "userName", "value": null}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "replace", "path": "id", "value": "x"}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "replace", "path": "meta.created", "value": "2020-01-01T00:00:00Z"}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "add", "path": "groups", "value": [{"value": "g"}]}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "remove", "path": "schemas"}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "replace", "path": "userName", "value": ""}),
            ScimType::InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "name", "value": "x"}),
            ScimType::InvalidValue,
        ),
        (
            json!({"op": "replace", "value": "x"}),
            ScimType::InvalidValue,
        ),
        (
            json!({"op": "add", "path": USER, "value": "x"}),
            ScimType::InvalidPath,
        ),
        (
            json!({"op": "replace", "path": "title[value eq \"x\"]", "value": "y"}),
            ScimType::InvalidPath,
        ),
        (
            json!({"op": "remove", "path": "emails[shoeSize eq 4]"}),
            ScimType::InvalidFilter,
        ),
    ] {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let operations = json!([{"op": "replace", "path": "title", "value": "New"}, operation]);
            let (outcome, _) = patched(&operations, dialect);
            let error = outcome.unwrap_err();
            assert_eq!(error.scim_type, Some(scim_type), "{operation}: {error}");
            assert!(
                error.detail.contains("Operations[1]") || scim_type == ScimType::InvalidValue,
                "{error}"
            );
        }
    }
}

// proves: 7644-3.5.2-atomic
#[test]
fn later_operations_see_earlier_ones() {
    let operations = json!([
        {"op": "add", "path": "phoneNumbers", "value": [{"Value": "1", "type": "work", "primary": "True"}]},
        {"op": "replace", "path": "phoneNumbers[primary eq true].value", "value": "2"},
        {"op": "remove", "path": "title"},
        {"op": "add", "path": "title", "value": "Chief"}
    ]);
    let user = patched(&operations, Dialect::Tolerant).0.unwrap().0;
    assert_eq!(
        user["phoneNumbers"],
        json!([{"value": "2", "type": "work", "primary": true}])
    );
    assert_eq!(user["title"], "Chief");
}
