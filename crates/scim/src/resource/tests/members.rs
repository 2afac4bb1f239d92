use serde_json::json;

use super::*;
use crate::resource::members;

fn group(members: &Value) -> Resource {
    let body = json!({"displayName": "g", "members": members});
    read(&ResourceType::group(), body, Dialect::Tolerant)
        .unwrap()
        .0
}

#[test]
fn members_are_taken_out_folded() {
    let mut resource = group(&json!([
        {"value": "1", "display": "one"}, {"value": "2", "type": "group"}, {"value": "1"},
        {"$ref": "https://h.example/v2/Users/3/"}, {"value": "4", "$ref": "../Users/4", "type": "User"}]));
    let member = |value: &str, kind, display: Option<&str>| Member {
        value: value.to_owned(),
        kind,
        display: display.map(str::to_owned),
    };
    let expected = [
        member("1", None, Some("one")),
        member("2", Some(MemberKind::Group), None),
        member("3", Some(MemberKind::User), None),
        member("4", Some(MemberKind::User), None),
    ];
    assert_eq!(resource.members(), expected);
    assert_eq!(
        resource
            .take_members(&[], &mut Tolerances::default())
            .unwrap()
            .unwrap(),
        expected
    );
    assert_eq!(
        resource
            .take_members(&[], &mut Tolerances::default())
            .unwrap(),
        None
    );
    assert_eq!(
        resource.to_text(),
        r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"g"}"#
    );
}

#[test]
fn no_members_differs_from_nothing_said() {
    assert_eq!(
        group(&json!([]))
            .take_members(&[], &mut Tolerances::default())
            .unwrap(),
        Some(Vec::new())
    );
    assert_eq!(
        group(&json!(null))
            .take_members(&[], &mut Tolerances::default())
            .unwrap(),
        Some(Vec::new())
    );
    let body = json!({"displayName": "g"});
    let mut silent = read(&ResourceType::group(), body, Dialect::Tolerant)
        .unwrap()
        .0;
    assert_eq!(
        silent
            .take_members(&[], &mut Tolerances::default())
            .unwrap(),
        None
    );
}

#[test]
fn a_wrong_member_is_named_by_its_index() {
    let cases = [
        (
            json!({"display": "x"}),
            "members[1].value: a value is required",
        ),
        (
            json!({"value": " "}),
            "members[1].value: a value is required",
        ),
        (
            json!({"value": "1", "type": "Device"}),
            "members[1].type: expected \"User\" or \"Group\"",
        ),
    ];
    for (member, detail) in cases {
        let error = group(&json!([{"value": "0"}, member]))
            .take_members(&[], &mut Tolerances::default())
            .unwrap_err();
        assert_eq!(
            (error.scim_type, error.detail.as_str()),
            (Some(ScimType::InvalidValue), detail)
        );
    }
}

#[test]
fn an_empty_member_is_not_nobody() {
    for dialect in [Dialect::Tolerant, Dialect::Strict] {
        for members in [json!([{}]), json!([null]), json!([{"value": null}])] {
            let body = json!({
                "schemas": [crate::schema::GROUP], "displayName": "g", "members": members});
            let error = read(&ResourceType::group(), body, dialect).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{members}");
            assert_eq!(error.detail, "members[0].value: a value is required");
        }
    }
}

#[test]
fn members_of_a_patch() {
    let mut tolerances = Tolerances::default();
    let one = members(
        json!({"VALUE": "1"}),
        &[],
        &Limits::default(),
        &mut tolerances,
    )
    .unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(
        members(json!(null), &[], &Limits::default(), &mut tolerances),
        Ok(Vec::new())
    );
    let bare = members(json!(["1"]), &[], &Limits::default(), &mut tolerances).unwrap();
    assert_eq!(bare, one);
    assert!(
        tolerances
            .used()
            .any(|used| used == (Tolerance::MemberAsText, 1))
    );
    let mut strict = Tolerances::new(Dialect::Strict);
    let error = members(json!(["1"]), &[], &Limits::default(), &mut strict).unwrap_err();
    assert_eq!(error.detail, "members[0]: expected an object, got a string");
    for nobody in [json!([""]), json!([1])] {
        let refused = members(nobody, &[], &Limits::default(), &mut tolerances);
        assert_eq!(refused.unwrap_err().status, 400);
    }
}

/// RFC 7643 2.4: what `value` and `$ref` of a member name is one resource.
#[test]
fn a_reference_names_the_member() {
    let mounts = ["https://h.example/scim/v2".to_owned()];
    let taken = |member: Value, dialect: Dialect| {
        let body = json!({
            "schemas": [crate::schema::GROUP], "displayName": "g", "members": [member]});
        let mut tolerances = Tolerances::new(dialect);
        let parsed = Resource::parse(
            &ResourceType::group(),
            body,
            &Limits::default(),
            &mut tolerances,
        );
        let of_post = parsed.and_then(|mut group| group.take_members(&mounts, &mut tolerances));
        let mut tolerances = Tolerances::new(dialect);
        let of_patch = members(
            json!([member]),
            &mounts,
            &Limits::default(),
            &mut tolerances,
        );
        let of_post = of_post.map(Option::unwrap_or_default);
        assert_eq!(of_post, of_patch, "{member}");
        of_post
    };
    for reference in [
        "https://h.example/scim/v2/Users/u1",
        "HTTPS://H.example/scim/v2/Users/u1",
        "https://h.example/scim/Users/u1",
        "https://h.example/scim/v1/Users/u1",
        "../Users/u1",
        "/scim/v2/Users/u1",
        "Users/u1",
    ] {
        for member in [
            json!({"value": "u1", "$ref": reference}),
            json!({"value": "u1", "$ref": reference, "type": "User"}),
            json!({"$ref": reference}),
        ] {
            let members = taken(member, Dialect::Strict).unwrap();
            assert_eq!(
                (&*members[0].value, members[0].kind),
                ("u1", Some(MemberKind::User))
            );
        }
    }
    // Another resource than is named beside it, in either dialect.
    for member in [
        json!({"value": "u1", "$ref": "https://h.example/scim/v2/Users/u2"}),
        json!({"value": "u1", "$ref": "../Groups/u1", "type": "User"}),
        json!({"value": "g1", "$ref": "../Users/g1", "type": "Group"}),
    ] {
        for dialect in [Dialect::Strict, Dialect::Tolerant] {
            let error = taken(member.clone(), dialect).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
            assert!(
                error.detail.starts_with("members[0].$ref: names a"),
                "{error}"
            );
        }
    }
    // What another server calls somebody.
    let named_there = json!({"value": "u1", "$ref": "https://other.example/Users/ada@x.example"});
    let members = taken(named_there.clone(), Dialect::Tolerant).unwrap();
    assert_eq!((&*members[0].value, members[0].kind), ("u1", None));
    taken(named_there, Dialect::Strict).unwrap_err();
    // Of somewhere else, or of nothing.
    for member in [
        json!({"value": "u1", "$ref": "https://other.example/scim/v2/Users/u1"}),
        json!({"$ref": "https://h.example/other/Users/u1"}),
        json!({"value": "u1", "$ref": "//other.example/Users/u1"}),
        json!({"value": "u1", "$ref": "u1"}),
    ] {
        let error = taken(member.clone(), Dialect::Strict).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue), "{member}");
        assert!(
            error.detail.starts_with("members[0].$ref: expected"),
            "{error}"
        );
        assert_eq!(taken(member, Dialect::Tolerant).unwrap()[0].value, "u1");
    }
}
