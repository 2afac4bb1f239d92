use serde_json::json;

use super::*;
use crate::{Dialect, Filter, MemberKind, ResourceType};

mod filtered;

type Split = (Vec<MemberChange>, Option<Patch>);

fn split_as(operations: &Value, dialect: Dialect) -> Result<Split, Error> {
    let mut tolerances = Tolerances::new(dialect);
    let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
    Patch::parse(message, &Limits::default(), &mut tolerances)?.split_members(
        &[],
        &Limits::default(),
        &mut tolerances,
    )
}

fn changes(operations: &Value) -> Vec<MemberChange> {
    let (changes, rest) = split_as(operations, Dialect::Tolerant).unwrap();
    assert_eq!(rest, None, "{operations}");
    changes
}

fn member(value: &str) -> Member {
    Member {
        value: value.to_owned(),
        kind: None,
        display: None,
    }
}

fn values(ids: &[&str]) -> MemberChange {
    MemberChange::Remove(MemberSelector::Values(
        ids.iter().map(|id| (*id).to_owned()).collect(),
    ))
}

#[test]
fn membership_in_every_form() {
    let urn = format!("{GROUP}:members");
    let add = [MemberChange::Add(vec![member("u1")])];
    for operation in [
        json!({"op": "add", "path": "members", "value": [{"value": "u1"}]}),
        json!({"op": "Add", "path": "Members", "value": [{"$ref": null, "value": "u1"}]}),
        json!({"op": "add", "path": "members", "value": {"value": "u1"}}),
        json!({"op": "add", "path": urn, "value": [{"value": "u1"}, {"value": "u1"}]}),
        json!({"op": "add", "value": {"members": [{"value": "u1"}]}}),
        json!({"op": "add", "value": {urn.as_str(): [{"value": "u1"}]}}),
        json!({"op": "add", "value": {GROUP: {"members": [{"value": "u1"}]}}}),
        json!({"op": "add", "path": GROUP, "value": {"members": [{"value": "u1"}]}}),
        json!({"op": "add", "path": format!("{GROUP}.members"), "value": [{"value": "u1"}]}),
        json!({"op": "add", "value": {format!("{GROUP}.members"): [{"value": "u1"}]}}),
        json!({"op": "add", "path": "members", "value": ["u1"]}),
        json!({"op": "add", "path": "members", "value": "u1"}),
    ] {
        assert_eq!(changes(&json!([operation])), add, "{operation}");
    }
    for (operation, change) in [
        (
            json!({"op": "remove", "path": "members"}),
            MemberChange::Remove(MemberSelector::All),
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"u1\"]"}),
            values(&["u1"]),
        ),
        (
            json!({"op": "remove", "path": "members[(value eq \"u1\" or VALUE eq \"u2\")]"}),
            values(&["u1", "u2"]),
        ),
        (
            json!({"op": "remove", "path": "members[$ref eq \"https://x/Users/u1\"]"}),
            MemberChange::Remove(MemberSelector::References(vec![(
                MemberKind::User,
                "u1".to_owned(),
            )])),
        ),
        (
            json!({"op": "Remove", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]}),
            values(&["u1", "u2"]),
        ),
        (
            json!({"op": "remove", "path": "members", "value": {"value": "u1", "display": "x"}}),
            values(&["u1"]),
        ),
        (
            json!({"op": "remove", "path": "members[value eq \"u1\"]", "value": ""}),
            values(&["u1"]),
        ),
        (
            json!({"op": "replace", "path": "members", "value": []}),
            MemberChange::Replace(vec![]),
        ),
        (
            json!({"op": "replace", "path": "members", "value": null}),
            MemberChange::Replace(vec![]),
        ),
        (
            json!({"op": "replace", "value": {"members": [{"value": "u1"}]}}),
            MemberChange::Replace(vec![member("u1")]),
        ),
    ] {
        assert_eq!(changes(&json!([operation])), [change], "{operation}");
    }
    // Nothing listed, nothing goes.
    assert_eq!(
        changes(&json!([{"op": "remove", "path": "members", "value": []}])),
        []
    );
    let by_reference =
        json!([{"op": "add", "path": "members", "value": [{"$ref": "https://x/v2/Groups/g1"}]}]);
    let group = Member {
        kind: Some(MemberKind::Group),
        ..member("g1")
    };
    assert_eq!(changes(&by_reference), [MemberChange::Add(vec![group])]);
}

#[test]
fn what_is_not_membership_is_left() {
    let operations = json!([
        {"op": "replace", "value": {"id": "g", "displayName": "Pushed", "members": [{"value": "u1"}]}},
        {"op": "add", "path": "members", "value": [{"value": "u2"}]},
        {"op": "replace", "path": "externalId", "value": "e"}
    ]);
    let (changes, rest) = split_as(&operations, Dialect::Strict).unwrap();
    assert_eq!(
        changes,
        [
            MemberChange::Replace(vec![member("u1")]),
            MemberChange::Add(vec![member("u2")])
        ]
    );
    let rest = rest.unwrap().operations;
    assert_eq!(
        rest.iter()
            .map(|operation| operation.index)
            .collect::<Vec<_>>(),
        [0, 2]
    );
    assert_eq!(
        rest[0].value,
        Some(json!({"id": "g", "displayName": "Pushed"}))
    );
}

#[test]
fn a_replaced_member_who_stays_is_not_removed() {
    let operations = json!([
        {"op": "replace", "path": "members[value eq \"u1\" or value eq \"u2\"]", "value": [{"value": "u2"}]}
    ]);
    assert_eq!(
        changes(&operations),
        [values(&["u1"]), MemberChange::Add(vec![member("u2")])]
    );
    let error = split_as(&operations, Dialect::Strict).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
    assert_eq!(
        error.detail,
        "Operations[0]: members are added and removed, not replaced one by one"
    );
}

#[test]
fn an_empty_member_is_not_nobody() {
    for (value, op) in [
        (json!([{}]), "replace"),
        (json!([null]), "replace"),
        (json!([{"value": "u1"}, {}]), "replace"),
        (json!({}), "replace"),
        (json!({}), "add"),
    ] {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            for operation in [
                json!({"op": op, "path": "members", "value": value}),
                json!({"op": op, "value": {"members": value}}),
            ] {
                let error = split_as(&json!([operation]), dialect).unwrap_err();
                assert_eq!(
                    error.scim_type,
                    Some(ScimType::InvalidValue),
                    "{operation}: {error}"
                );
                // To replace by one value without an array is refused for that when strict.
                let unlisted = dialect == Dialect::Strict && op == "replace" && value.is_object();
                assert_eq!(
                    error.detail.ends_with("].value: a value is required"),
                    !unlisted,
                    "{operation}: {error}"
                );
            }
        }
    }
}

#[test]
fn membership_mistakes_are_refused() {
    for (operation, scim_type) in [
        (
            json!({"op": "add", "path": "members", "value": [{"display": "x"}]}),
            ScimType::InvalidValue,
        ),
        (
            json!({"op": "add", "path": "members", "value": 7}),
            ScimType::InvalidValue,
        ),
        (
            json!({"op": "replace", "path": "members[value eq \"u\"].value", "value": "v"}),
            ScimType::Mutability,
        ),
        (
            json!({"op": "remove", "path": "members[shoeSize eq \"u\"]"}),
            ScimType::InvalidFilter,
        ),
    ] {
        let error = split_as(&json!([operation]), Dialect::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(scim_type), "{operation}");
        assert!(error.detail.starts_with("Operations[0]: "), "{error}");
    }
    let bare = json!([{"op": "add", "path": "members", "value": "u1"}]);
    assert_eq!(
        split_as(&bare, Dialect::Strict).unwrap_err().scim_type,
        Some(ScimType::InvalidValue)
    );
    let listed = json!([{"op": "remove", "path": "members", "value": [{"value": "u1"}]}]);
    assert_eq!(
        split_as(&listed, Dialect::Strict).unwrap_err().scim_type,
        Some(ScimType::InvalidSyntax)
    );
}

#[test]
fn members_of_a_whole_message_are_counted() {
    let limits = Limits {
        members: 2,
        ..Limits::default()
    };
    let message = json!({"Operations": [
        {"op": "add", "path": "members", "value": [{"value": "u1"}, {"value": "u2"}]},
        {"op": "remove", "path": "members[value eq \"u3\"]"}
    ]});
    let mut tolerances = Tolerances::default();
    let patch = Patch::parse(message, &limits, &mut tolerances).unwrap();
    assert!(patch.split_members(&[], &limits, &mut tolerances).is_err());
}

#[test]
fn what_cannot_be_told_without_an_address_is_refused() {
    for filter in [
        "$ref co \"x\"",
        "not ($ref ew \"u1\")",
        "value pr and $ref gt \"a\"",
    ] {
        let operations = json!([{"op": "remove", "path": format!("members[{filter}]")}]);
        let error = split_as(&operations, Dialect::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidFilter), "{filter}");
        assert!(error.detail.contains("no address is known"), "{error}");
    }
}

/// Of whom a filter selects only those listed go, and a type that is listed tells members apart.
#[test]
fn only_listed_members_go() {
    let removal = |operation: Value| {
        let operations = json!([operation]);
        let error = split_as(&operations, Dialect::Strict).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax), "{error}");
        changes(&operations).pop()
    };
    let listed = json!([{"value": "u1"}, {"value": "g1", "type": "Group"}]);
    let g1 = Member {
        kind: Some(MemberKind::Group),
        ..member("g1")
    };
    let change = removal(json!({"op": "remove", "path": "members", "value": listed}));
    let Some(MemberChange::Remove(MemberSelector::Listed { members, among })) = change else {
        panic!("{change:?}")
    };
    assert_eq!((members, among), (vec![member("u1"), g1], None));
    let path = "members[type eq \"User\" and value ne \"u2\"]";
    let change = removal(json!({"op": "remove", "path": path, "value": {"value": "u1"}}));
    let Some(MemberChange::Remove(MemberSelector::Listed { members, among })) = change else {
        panic!("{change:?}")
    };
    assert_eq!(members, [member("u1")]);
    let user = |id: &str| Member {
        kind: Some(MemberKind::User),
        ..member(id)
    };
    let among = among.unwrap();
    assert!(among.selects(&user("u1")) && !among.selects(&user("u2")));
    assert_eq!(
        removal(json!({"op": "remove", "path": path, "value": []})),
        None
    );
}
