use serde_json::json;

use super::*;
use crate::filter::{match_document, matches};
use crate::{Dialect, Filter, MemberKind, ResourceType};

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
fn members_by_any_other_condition() {
    let operations =
        json!([{"op": "remove", "path": "members[type eq \"group\" and not (value eq \"g1\")]"}]);
    let [MemberChange::Remove(MemberSelector::Matching(condition))] = &changes(&operations)[..]
    else {
        panic!("a condition")
    };
    let selects = |id: &str, kind| {
        condition.selects(&Member {
            kind: Some(kind),
            ..member(id)
        })
    };
    assert!(selects("g2", MemberKind::Group));
    assert!(!selects("g1", MemberKind::Group));
    assert!(!selects("G1", MemberKind::Group));
    assert!(!selects("u1", MemberKind::User));
}

#[test]
fn filters_that_follow_one_another_are_one_and_what_they_take_is_known() {
    let remove = |filter: &str| json!({"op": "remove", "path": format!("members[{filter}]")});
    let operations = json!([
        remove("type eq \"Group\""),
        remove("display sw \"a\" or display sw \"b\""),
        remove("not (value sw \"u\")"),
        {"op": "add", "path": "members", "value": [{"value": "u9"}]},
        remove("type eq \"Group\"")
    ]);
    let changes = changes(&operations);
    let [
        MemberChange::Remove(MemberSelector::Matching(first)),
        MemberChange::Add(_),
        MemberChange::Remove(MemberSelector::Matching(second)),
    ] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    let shown = |id: &str, display: &str| Member {
        kind: Some(MemberKind::User),
        display: Some(display.to_owned()),
        ..member(id)
    };
    for (member, selected) in [
        (shown("u1", "Ada"), true),
        (shown("u1", "bob"), true),
        (shown("u1", "Cy"), false),
        (shown("x1", "Cy"), true),
    ] {
        assert_eq!(first.selects(&member), selected, "{member:?}");
    }
    assert_eq!(second.work(0), 0);
    assert_eq!(first.work(1) - second.work(1), 3);
    assert_eq!(second.work(1_000), 1_000 * second.work(1));
}

#[test]
fn whoever_is_given_stays_whatever_a_filter_says() {
    let operations = json!([
        {"op": "replace", "path": "members[type eq \"User\"]", "value": [{"value": "U1"}, {"value": "u2"}]}
    ]);
    let changes = changes(&operations);
    let [
        MemberChange::Remove(MemberSelector::Matching(condition)),
        MemberChange::Add(_),
    ] = &changes[..]
    else {
        panic!("{changes:?}")
    };
    let user = |id: &str| Member {
        kind: Some(MemberKind::User),
        ..member(id)
    };
    assert!(!condition.selects(&user("u1")) && !condition.selects(&user("u2")));
    assert!(condition.selects(&user("u3")));
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
fn an_add_with_a_filter_removes_nobody() {
    for filter in ["type eq \"User\"", "value eq \"u1\"", "value pr"] {
        let path = format!("members[{filter}]");
        let operations = json!([{"op": "add", "path": path, "value": {"value": "u2"}}]);
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let (changes, rest) = split_as(&operations, dialect).unwrap();
            assert_eq!(changes, [MemberChange::Add(vec![member("u2")])], "{path}");
            assert_eq!(rest, None);
        }
    }
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

/// RFC 7644 3.5.2.2: what the filter matches is removed, and it matches by the whole `$ref`.
#[test]
fn a_reference_in_a_value_path_is_the_resource_it_names() {
    let mounts = ["https://h.example/scim/v2".to_owned()];
    let removed = |filter: &str| {
        let operations = json!([{"op": "remove", "path": format!("members[{filter}]")}]);
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
        let mut strict = Tolerances::new(Dialect::Strict);
        let patch = Patch::parse(message, &Limits::default(), &mut strict).unwrap();
        let split = patch.split_members(&mounts, &Limits::default(), &mut strict);
        match split.unwrap().0.pop() {
            Some(MemberChange::Remove(selector)) => selector,
            other => panic!("{other:?}"),
        }
    };
    let user = |id: &str| (MemberKind::User, id.to_owned());
    let named = removed(
        "$ref eq \"https://h.example/scim/v2/Users/u1\" or $ref eq \"https://h.example/scim/Users/u2\"",
    );
    let expected = MemberSelector::References(vec![user("u1"), user("u2")]);
    assert_eq!(named, expected);
    for elsewhere in [
        "https://evil.example/Users/u1",
        "u1",
        "https://h.example/scim/v2/Users/",
    ] {
        let nobody = removed(&format!("$ref eq \"{elsewhere}\""));
        assert_eq!(
            nobody,
            MemberSelector::References(Vec::new()),
            "{elsewhere}"
        );
    }
    let selects = |filter: &str| match removed(filter) {
        MemberSelector::Matching(condition) => condition.selects(&Member {
            kind: Some(MemberKind::User),
            ..member("u1")
        }),
        other => panic!("{other:?}"),
    };
    let here = "$ref eq \"https://h.example/scim/v2/Users/u1\"";
    assert!(selects(&format!("{here} and type eq \"User\"")));
    assert!(!selects(&format!("{here} and type eq \"Group\"")));
    assert!(!selects("$ref eq \"../Groups/u1\" and value pr"));
    assert!(!selects("$ref ne \"../Users/u1\" and value pr"));
    assert!(selects("$ref ne \"../Users/u2\" and $ref pr"));
    assert!(selects(
        "$ref ne \"https://evil.example/Users/u1\" and value pr"
    ));
}

/// RFC 7644, section 3.5.2.2: a value filter in a PATCH selects what it selects in a list.
#[test]
fn a_value_path_selects_whom_a_list_selects() {
    const BASE: &str = "https://h.example/scim/v2";
    let group = ResourceType::group();
    let mut filters = Vec::new();
    let uris = [
        format!("{BASE}/Users/Ab1"),
        format!("{BASE}/Groups/ab2"),
        "https://h.example/scim/Users/Ab1".to_owned(),
        format!("{BASE}/Users/"),
        "/Users/".to_owned(),
        "Groups/ab".to_owned(),
        "b1".to_owned(),
        "B1".to_owned(),
        "https://H.example".to_owned(),
        "https://evil.example/Users/Ab1".to_owned(),
        String::new(),
    ];
    for op in ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] {
        for uri in &uris {
            filters.push(format!("$ref {op} \"{uri}\""));
        }
        filters.push(format!("value {op} \"AB1\""));
        filters.push(format!("display {op} \"a\""));
    }
    filters.extend(["$ref pr", "$ref eq null", "$ref ne null", "display pr"].map(str::to_owned));
    let single = filters.clone();
    for (at, filter) in single.iter().enumerate() {
        filters.push(format!("not ({filter})"));
        let other = &single[(at * 7 + 3) % single.len()];
        filters.push(format!("type eq \"user\" and not ({filter})"));
        filters.push(format!("{filter} or {other}"));
        filters.push(format!("{filter} and ({other} or type eq \"Group\")"));
    }
    let present = [
        ("Ab1", MemberKind::User, Some("Ada")),
        ("ab1", MemberKind::User, None),
        ("ab2", MemberKind::Group, Some("")),
        ("c", MemberKind::Group, Some("A")),
    ];
    for filter in filters {
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": [
            {"op": "remove", "path": format!("members[{filter}]")}
        ]});
        let mut strict = Tolerances::new(Dialect::Strict);
        let patch = Patch::parse(message, &Limits::default(), &mut strict).unwrap();
        let mounts = [BASE.to_owned(), "https://h.example/iso".to_owned()];
        let (changes, _) = patch
            .split_members(&mounts, &Limits::default(), &mut strict)
            .unwrap();
        let [MemberChange::Remove(selector)] = &changes[..] else {
            panic!("{filter}: {changes:?}");
        };
        let listed = Filter::parse(&format!("members[{filter}]"), &Limits::default())
            .unwrap()
            .resolve(&group, &mut strict)
            .unwrap();
        for (id, kind, display) in present {
            let member = Member {
                value: id.to_owned(),
                kind: Some(kind),
                display: display.map(str::to_owned),
            };
            let removed = match selector {
                MemberSelector::Values(ids) => ids.iter().any(|known| fold(known) == fold(id)),
                MemberSelector::References(named) => named.contains(&(kind, id.to_owned())),
                MemberSelector::Matching(condition) => condition.selects(&member),
                MemberSelector::All | MemberSelector::Listed { .. } => panic!("{selector:?}"),
            };
            let mut value = json!({"value": id, "type": kind.name(),
                "$ref": format!("{BASE}/{}/{id}", kind.collection())});
            if let Some(display) = display {
                value["display"] = display.into();
            }
            let resource = json!({"members": [value]});
            let document = match_document(&group, resource.as_object().unwrap());
            assert_eq!(removed, matches(&listed, &document), "{filter} {id}");
        }
    }
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
