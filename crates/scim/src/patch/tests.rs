use serde_json::{Map, json};

use super::*;
use crate::resource::validate;
use crate::schema::{ENTERPRISE_USER, USER};
use crate::{Dialect, Resource, ResourceType, ScimType, Tolerance};

mod meant;
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

// proves: 7644-3.5.2.2-unassigned 7644-3.5.2.3-selected
#[test]
fn value_paths_change_what_they_select() {
    let user = strict(
        &json!({"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "w@x.example"}}),
    );
    assert_eq!(user["emails"][0], json!({"value": "w@x.example"}));
    let user = strict(
        &json!({"op": "add", "path": "emails[type eq \"work\"]", "value": {"display": "W"}}),
    );
    assert_eq!(user["emails"][0].as_object().unwrap().len(), 4);
    let user = strict(
        &json!({"op": "remove", "path": "emails[type eq \"work\" and value ew \"EXAMPLE\"]"}),
    );
    assert_eq!(user["emails"].as_array().unwrap().len(), 1);
    let user = strict(&json!({"op": "remove", "path": "emails[value pr]"}));
    assert!(!user.contains_key("emails"));
    let user = strict(&json!({"op": "remove", "path": "emails[type eq \"work\"].type"}));
    assert!(user["emails"][0].get("type").is_none());
}

// proves: 7644-3.5.2.3-notarget
#[test]
fn a_value_path_that_selects_nothing_creates_or_is_refused() {
    let user = tolerated(
        &json!({"op": "replace", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+55"}),
        Tolerance::ValuePathCreated,
        ScimType::NoTarget,
    );
    assert_eq!(
        user["phoneNumbers"],
        json!([{"type": "mobile", "value": "+55"}])
    );
    let user = tolerated(
        &json!({"op": "add", "path": "emails[type eq \"other\" and primary eq true].value", "value": "o@x.example"}),
        Tolerance::ValuePathCreated,
        ScimType::NoTarget,
    );
    assert_eq!(
        user["emails"][2],
        json!({"type": "other", "primary": true, "value": "o@x.example"})
    );
    assert_eq!(user["emails"][0]["primary"], false);
    // Entra's target path compares a boolean with text.
    let operations =
        json!([{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Operator"}]);
    let (user, _) = patched(&operations, Dialect::Tolerant);
    assert_eq!(
        user.unwrap().0["roles"],
        json!([{"primary": true, "value": "Operator"}])
    );
    // What the filter leaves open cannot be made.
    for filter in [
        "type eq \"a\" or type eq \"b\"",
        "type ne \"work\" and type ne \"home\"",
        "display pr",
    ] {
        let operations =
            json!([{"op": "replace", "path": format!("emails[{filter}].value"), "value": "x"}]);
        assert_eq!(
            refusal(&operations, Dialect::Tolerant),
            ScimType::NoTarget,
            "{filter}"
        );
    }
}

/// The one value of an attribute is there and was not selected.
// proves: 7644-3.5.2.3-notarget
#[test]
fn a_value_path_does_not_overwrite_the_one_value_it_does_not_select() {
    let manager = format!("{ENTERPRISE_USER}:manager");
    let of = |filter: &str, below: &str| format!("{manager}[value eq \"{filter}\"]{below}");
    let set = json!({"op": "add", "path": manager, "value": {"value": "m1"}});
    for operation in [
        json!({"op": "replace", "path": "name[givenName eq \"Nobody\"].familyName", "value": "Z"}),
        json!({"op": "add", "path": of("m2", ".value"), "value": "m3"}),
        json!({"op": "replace", "path": of("m2", ""), "value": {"$ref": "../Users/m2"}}),
    ] {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let operations = json!([set, operation]);
            assert_eq!(
                refusal(&operations, dialect),
                ScimType::NoTarget,
                "{operation}"
            );
        }
    }
    // Where there is none yet, it comes to be.
    let user = tolerated(
        &json!({"op": "add", "path": of("m2", ""), "value": {"$ref": "../Users/m2"}}),
        Tolerance::ValuePathCreated,
        ScimType::NoTarget,
    );
    let expected = json!({"value": "m2", "$ref": "../Users/m2"});
    assert_eq!(user[ENTERPRISE_USER]["manager"], expected);
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
