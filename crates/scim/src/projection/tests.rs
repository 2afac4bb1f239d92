use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::{Dialect, Tolerance};

/// As a tolerant client is read.
fn parse(
    resource_type: &ResourceType,
    attributes: Option<&str>,
    excluded: Option<&str>,
) -> Result<Projection, Error> {
    let mut tolerances = Tolerances::default();
    let limits = Limits::default();
    Projection::parse(
        resource_type,
        attributes,
        excluded,
        &limits,
        &mut tolerances,
    )
}

fn whole_user() -> Value {
    json!({
        "schemas": [crate::schema::USER, crate::schema::ENTERPRISE_USER], "id": "1", "externalId": "e",
        "userName": "u", "name": {"familyName": "L", "givenName": "A"},
        "emails": [{"value": "a", "type": "work"}, {"type": "home"}],
        "groups": [{"value": "g"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":
            {"department": "d", "manager": {"value": "m", "displayName": "Boss"}},
        "meta": {"resourceType": "User", "location": "https://h.example/Users/1"}})
}

/// What goes out besides `schemas` and `id`.
fn projected(attributes: Option<&str>, excluded: Option<&str>) -> Value {
    let users = ResourceType::user();
    let Value::Object(user) = whole_user() else {
        unreachable!()
    };
    let mut kept = parse(&users, attributes, excluded)
        .unwrap()
        .apply(&users, user);
    assert_eq!(kept.shift_remove("id"), Some(json!("1")));
    assert!(kept.shift_remove("schemas").is_some());
    Value::Object(kept)
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

// proves: 7644-3.4.2.5-both 7644-3.9-attributes
#[test]
fn only_what_is_asked_for() {
    let cases = [
        ("userName", json!({"userName": "u"})),
        (
            " USERNAME , meta.location ",
            json!({"userName": "u", "meta": {"location": "https://h.example/Users/1"}}),
        ),
        ("name.familyName", json!({"name": {"familyName": "L"}})),
        (
            "name.familyName,name",
            json!({"name": {"familyName": "L", "givenName": "A"}}),
        ),
        ("emails.value", json!({"emails": [{"value": "a"}]})),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            json!({"userName": "u"}),
        ),
        (
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user:department",
            json!({ENTERPRISE: {"department": "d"}}),
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            json!({ENTERPRISE: {"manager": {"value": "m"}}}),
        ),
        (
            ENTERPRISE,
            json!({ENTERPRISE: {"department": "d", "manager": {"value": "m", "displayName": "Boss"}}}),
        ),
        ("nickName", json!({})),
        ("nonsense,costCentre,name.x,,urn:x:y,é", json!({})),
        ("id", json!({})),
    ];
    for (attributes, expected) in cases {
        assert_eq!(projected(Some(attributes), None), expected, "{attributes}");
    }
}

// proves: 7643-7-always 7644-3.4.2.5-always 7644-3.9-excluded
#[test]
fn all_but_what_is_excluded() {
    let without = |pointers: &[&str]| {
        let mut user = whole_user();
        for pointer in pointers.iter().chain(&["/id", "/schemas"]) {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            user.pointer_mut(parent)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .shift_remove(key);
        }
        user
    };
    let cases = [
        ("emails,id,schemas", without(&["/emails"])),
        ("name.familyName", without(&["/name/familyName"])),
        ("name.familyName,name.givenName", without(&["/name"])),
        (
            ENTERPRISE,
            without(&["/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]),
        ),
        ("groups,meta,nonsense", without(&["/groups", "/meta"])),
    ];
    for (excluded, expected) in cases {
        assert_eq!(projected(None, Some(excluded)), expected, "{excluded}");
    }
    assert_eq!(
        projected(None, Some("emails.type"))["emails"],
        json!([{"value": "a"}])
    );
}

#[test]
fn nothing_asked_is_everything() {
    for nothing in [None, Some(""), Some("  ")] {
        let projection = parse(&ResourceType::user(), nothing, nothing).unwrap();
        assert!(projection.is_default());
        assert!(projection.wants("groups"));
    }
}

#[test]
fn both_parameters_exclude_each_other() {
    let error = parse(&ResourceType::user(), Some("id"), Some("name")).unwrap_err();
    assert_eq!(
        (error.status, error.scim_type),
        (400, Some(ScimType::InvalidValue))
    );
}

#[test]
fn says_what_need_not_be_computed() {
    let groups = ResourceType::group();
    let wants = |attributes, excluded| {
        parse(&groups, attributes, excluded)
            .unwrap()
            .wants("members")
    };
    assert!(wants(None, None));
    assert!(!wants(None, Some("MEMBERS")));
    assert!(wants(None, Some("members.display")));
    assert!(!wants(Some("displayName"), None));
    assert!(wants(Some("displayName,members.value"), None));
    assert!(wants(
        Some("urn:ietf:params:scim:schemas:core:2.0:Group:members"),
        None
    ));
}

// proves: 7643-7-never 7643-7-request
#[test]
fn what_is_returned_on_request_or_never() {
    let mut groups = ResourceType::group();
    let schema = Arc::make_mut(&mut groups.schema);
    schema.attributes[2].returned = Returned::Request;
    schema.attributes[3].returned = Returned::Never;
    let apply = |attributes, excluded| {
        let Value::Object(group) =
            json!({"id": "1", "displayName": "g", "thirdPartyVendor": true, "accessGroup": "a"})
        else {
            unreachable!()
        };
        let projection = parse(&groups, attributes, excluded).unwrap();
        assert!(!projection.is_default());
        Value::Object(projection.apply(&groups, group))
    };
    assert_eq!(apply(None, None), json!({"id": "1", "displayName": "g"}));
    assert_eq!(apply(None, Some("displayName")), json!({"id": "1"}));
    assert_eq!(
        apply(Some("thirdPartyVendor,accessGroup"), None),
        json!({"id": "1", "thirdPartyVendor": true})
    );
}

/// RFC 7643, section 7: what is always returned is so whatever is asked for, and what is never is never.
// proves: 7643-7-always 7643-7-never
#[test]
fn a_complex_attribute_that_is_always_returned_is_so_with_its_parts() {
    let mut users = ResourceType::user();
    let schema = Arc::make_mut(&mut users.schema);
    for attribute in &mut schema.attributes {
        if ["name", "emails"].contains(&attribute.name.as_str()) {
            attribute.returned = Returned::Always;
            for sub in &mut attribute.sub_attributes {
                sub.returned = match sub.name.as_str() {
                    "givenName" | "type" => Returned::Request,
                    "middleName" | "display" => Returned::Never,
                    _ => Returned::Default,
                };
            }
        }
    }
    let Value::Object(user) = json!({"id": "1", "userName": "u",
        "name": {"familyName": "L", "givenName": "A", "middleName": "M"},
        "emails": [{"type": "work", "display": "d"}]})
    else {
        unreachable!()
    };
    let always = json!({"id": "1", "name": {"familyName": "L", "givenName": "A"},
        "emails": [{"type": "work"}]});
    for (attributes, excluded) in [
        (Some("title"), None),
        (Some("name.middleName,emails.display"), None),
        (None, Some("name,emails,userName")),
        (None, Some("name.familyName,emails.type,userName")),
    ] {
        let projection = parse(&users, attributes, excluded).unwrap();
        let kept = projection.apply(&users, user.clone());
        assert_eq!(Value::Object(kept), always, "{attributes:?} {excluded:?}");
    }
}

#[test]
fn what_a_name_means_is_understood_and_counted_or_stands_for_nothing() {
    let users = ResourceType::user();
    let (limits, core) = (Limits::default(), crate::schema::USER);
    let unqualified = Tolerance::UnqualifiedAttribute;
    for (text, expected, tolerance) in [
        (
            "department".to_owned(),
            json!({ENTERPRISE: {"department": "d"}}),
            unqualified,
        ),
        (
            "MANAGER.displayname".to_owned(),
            json!({ENTERPRISE: {"manager": {"displayName": "Boss"}}}),
            unqualified,
        ),
        (
            format!("{ENTERPRISE}.Department"),
            json!({ENTERPRISE: {"department": "d"}}),
            Tolerance::DottedUrn,
        ),
        (
            format!("{ENTERPRISE}.manager.value"),
            json!({ENTERPRISE: {"manager": {"value": "m"}}}),
            Tolerance::DottedUrn,
        ),
        (
            format!("{core}.name.givenName"),
            json!({"name": {"givenName": "A"}}),
            Tolerance::DottedUrn,
        ),
    ] {
        let Value::Object(user) = whole_user() else {
            unreachable!()
        };
        let mut tolerances = Tolerances::default();
        let projection =
            Projection::parse(&users, Some(&text), None, &limits, &mut tolerances).unwrap();
        let mut kept = projection.apply(&users, user.clone());
        kept.retain(|key, _| !["id", "schemas"].contains(&key.as_str()));
        assert_eq!(Value::Object(kept), expected, "{text}");
        let counted: Vec<_> = tolerances.used().collect();
        assert_eq!(counted, [(tolerance, 1)], "{text}");
        let mut strict = Tolerances::new(Dialect::Strict);
        let all = Projection::parse(&users, None, Some(&text), &limits, &mut strict).unwrap();
        assert_eq!(all.apply(&users, user.clone()), user, "{text}");
    }
    let unknown =
        format!("shoeSize,{ENTERPRISE}.shoeSize,{ENTERPRISE}.manager.value.x,{core}.name");
    let mut tolerances = Tolerances::default();
    let names = Projection::parse(&users, Some(&unknown), None, &limits, &mut tolerances);
    assert!(!names.unwrap().wants("groups"));
    let counted: Vec<_> = tolerances.used().collect();
    assert_eq!(counted, [(Tolerance::DottedUrn, 1)]);
}

#[test]
fn more_names_than_there_may_be_are_refused() {
    let names = |count: usize| vec!["a"; count].join(", ,");
    let users = ResourceType::user();
    let most = Limits::default().values;
    assert!(parse(&users, Some(&names(most)), None).is_ok());
    for (attributes, excluded) in [(Some(names(most + 1)), None), (None, Some(names(most + 1)))] {
        let error = parse(&users, attributes.as_deref(), excluded.as_deref()).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax));
    }
}
