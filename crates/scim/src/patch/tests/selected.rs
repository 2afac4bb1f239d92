//! Value paths: operations on the values that a filter selects.

use super::*;

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
