//! Members by conditions, not by their ids alone.

use super::*;
use crate::filter::{match_document, matches};

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

/// Nor is anybody added to those that it selects: that is counted, and strict refuses it.
#[test]
fn an_add_with_a_filter_removes_nobody() {
    for filter in ["type eq \"User\"", "value eq \"u1\"", "value pr"] {
        let target = format!("members[{filter}]");
        let operations = json!([{"op": "add", "path": target, "value": {"value": "u2"}}]);
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
        let limits = Limits::default();
        let mut tolerances = Tolerances::new(Dialect::Tolerant);
        let patch = Patch::parse(message, &limits, &mut tolerances).unwrap();
        let (changes, rest) = patch.split_members(&[], &limits, &mut tolerances).unwrap();
        assert_eq!(changes, [MemberChange::Add(vec![member("u2")])], "{target}");
        assert_eq!(rest, None);
        let used: Vec<_> = tolerances.used().collect();
        assert_eq!(used, [(Tolerance::ValuePathCreated, 1)], "{target}");
        let error = split_as(&operations, Dialect::Strict).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::NoTarget), "{target}");
    }
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
