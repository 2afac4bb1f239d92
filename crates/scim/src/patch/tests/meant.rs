//! Paths and values of which it is clear what they mean, though they are not written as they should be.

use super::*;

#[test]
fn an_attribute_of_an_extension_is_found_without_its_urn() {
    let after = tolerated(
        &json!({"op": "replace", "path": "department", "value": "Sales"}),
        Tolerance::UnqualifiedAttribute,
        ScimType::InvalidPath,
    );
    assert_eq!(after[ENTERPRISE_USER]["department"], "Sales");
    // A key may be anything of a record that was sent whole.
    let (outcome, counted) = patched(
        &json!([{"op": "add", "value": {"department": {"name": "Sales"}}}]),
        Dialect::Tolerant,
    );
    assert_eq!(outcome.unwrap(), babs());
    assert_eq!(counted, [Tolerance::UnknownAttribute]);
    let after = tolerated(
        &json!({"op": "remove", "path": "department"}),
        Tolerance::UnqualifiedAttribute,
        ScimType::InvalidPath,
    );
    assert!(!after.contains_key(ENTERPRISE_USER));
    // As Microsoft's documentation has it.
    let manager = json!({"op": "add", "path": "manager",
        "value": [{"$ref": "http://scim.example/scim/Users/m1", "value": "m1"}]});
    let (outcome, counted) = patched(&json!([manager]), Dialect::Tolerant);
    assert_eq!(
        outcome.unwrap().0[ENTERPRISE_USER]["manager"]["value"],
        "m1"
    );
    assert!(counted.contains(&Tolerance::UnqualifiedAttribute));
}

#[test]
fn a_dot_behind_a_urn_is_a_colon() {
    for (operation, department) in [
        (
            json!({"op": "replace", "path": format!("{ENTERPRISE_USER}.department"), "value": "Sales"}),
            json!({"department": "Sales"}),
        ),
        (
            json!({"op": "add", "value": {format!("{ENTERPRISE_USER}.costCenter"): "cc1"}}),
            json!({"department": "Tours", "costCenter": "cc1"}),
        ),
    ] {
        let after = tolerated(&operation, Tolerance::DottedUrn, ScimType::InvalidPath);
        assert_eq!(after[ENTERPRISE_USER], department, "{operation}");
    }
    let operation = json!({"op": "remove", "path": format!("{ENTERPRISE_USER}.department")});
    let after = tolerated(&operation, Tolerance::DottedUrn, ScimType::InvalidPath);
    assert!(!after.contains_key(ENTERPRISE_USER));
    let operation = json!({"op": "replace", "path": format!("{USER}.emails[type eq \"work\"].value"), "value": "b@x.example"});
    let after = tolerated(&operation, Tolerance::DottedUrn, ScimType::InvalidPath);
    assert_eq!(after["emails"][0]["value"], "b@x.example");
}

#[test]
fn a_sub_attribute_stands_behind_a_dot_behind_a_urn() {
    let manager = format!("{ENTERPRISE_USER}.manager.value");
    for operation in [
        json!({"op": "add", "path": manager, "value": "m1"}),
        json!({"op": "replace", "value": {manager.clone(): "m1"}}),
    ] {
        let after = tolerated(&operation, Tolerance::DottedUrn, ScimType::InvalidPath);
        assert_eq!(after[ENTERPRISE_USER]["manager"], json!({"value": "m1"}));
    }
    let operation =
        json!({"op": "replace", "path": format!("{USER}.name.givenName"), "value": "B"});
    let after = tolerated(&operation, Tolerance::DottedUrn, ScimType::InvalidPath);
    assert_eq!(after["name"]["givenName"], "B");
    // Nothing is so deep, whatever stands before it.
    for path in [
        format!("{USER}:name.givenName.x"),
        format!("{USER}:title.x.y"),
        format!("{ENTERPRISE_USER}:manager.value.x"),
        format!("{ENTERPRISE_USER}.manager.value.x"),
        "name.givenName.x".to_owned(),
    ] {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let operation = json!([{"op": "add", "path": path, "value": "x"}]);
            let error = patched(&operation, dialect).0.unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidPath), "{path}");
        }
    }
}

#[test]
fn what_nobody_defines_is_still_unknown() {
    for path in [
        "hatSize".to_owned(),
        format!("{ENTERPRISE_USER}.hatSize"),
        format!("{ENTERPRISE_USER}.manager.hatSize"),
        "urn:ietf:params:scim:schemas:core:2.0:Hat.size".to_owned(),
        "urn:ietf:params:scim:schemas:core:2.0:Hat.size.value".to_owned(),
    ] {
        let operation = json!([{"op": "replace", "path": path, "value": "x"}]);
        let (outcome, counted) = patched(&operation, Dialect::Tolerant);
        assert_eq!(outcome.unwrap(), babs());
        assert!(matches!(
            counted.as_slice(),
            [Tolerance::UnknownAttribute | Tolerance::UnknownSchema]
        ));
    }
}

#[test]
fn a_manager_with_an_empty_value_goes() {
    let path = format!("{ENTERPRISE_USER}:manager");
    // One of whom nothing is known is not nobody.
    let wrapped =
        json!([{"op": "replace", "path": "name", "value": [{"$ref": null, "value": "x"}]}]);
    assert_eq!(patched(&wrapped, Dialect::Tolerant).0.unwrap(), babs());
    let empty = json!([{"op": "replace", "path": path, "value": {"value": ""}}]);
    let refused = patched(&empty, Dialect::Strict).0.unwrap_err();
    assert_eq!(refused.scim_type, Some(ScimType::InvalidValue));
    for value in [json!({"value": ""}), json!([{"value": ""}]), json!("")] {
        let operations = json!([
            {"op": "add", "path": path, "value": {"value": "m1", "displayName": "M"}},
            {"op": "replace", "path": path, "value": value}
        ]);
        let (outcome, counted) = patched(&operations, Dialect::Tolerant);
        assert_eq!(outcome.unwrap(), babs(), "{value}");
        assert!(counted.contains(&Tolerance::ManagerAsText));
    }
}

#[test]
fn a_simple_value_may_be_wrapped() {
    let wrapped = json!([{"$ref": null, "value": "Chief"}]);
    let (outcome, counted) = patched(
        &json!([{"op": "replace", "path": "title", "value": wrapped}]),
        Dialect::Tolerant,
    );
    assert_eq!(outcome.unwrap().0["title"], "Chief");
    assert_eq!(counted, [Tolerance::WrappedValue]);
    let operation = json!({"op": "replace", "path": "active", "value": {"value": false}});
    let after = tolerated(&operation, Tolerance::WrappedValue, ScimType::InvalidValue);
    assert_eq!(after["active"], false);
    let operation = json!({"op": "replace", "path": "emails[type eq \"work\"].value",
        "value": [{"$ref": null, "value": "b@x.example"}]});
    let after = tolerated(&operation, Tolerance::WrappedValue, ScimType::InvalidValue);
    assert_eq!(after["emails"][0]["value"], "b@x.example");
    for value in [
        json!({"value": null}),
        json!({"value": {"value": "x"}}),
        json!({"value": "x", "more": 1}),
        json!({"more": 1}),
        json!({}),
    ] {
        let operation = json!([{"op": "replace", "path": "title", "value": value}]);
        let error = patched(&operation, Dialect::Tolerant).0.unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{value}");
    }
}
