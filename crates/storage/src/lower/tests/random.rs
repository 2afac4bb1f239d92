//! Random resources and random filters over everything the schemas have.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vestibule_domain::mail;
use vestibule_scim::filter::match_document;
use vestibule_scim::path::AttributePath;
use vestibule_scim::schema::{AttributeType, Returned, common};
use vestibule_scim::target::Target;
use vestibule_scim::{Attribute, Limits};

use super::super::Table;
use super::world::{World, resource_type};

#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) filter: String,
    pub(super) sort_by: Target,
    pub(super) descending: bool,
}

pub(super) fn question(table: Table) -> impl Strategy<Value = Question> {
    let paths: Vec<Path> = paths(table);
    let sorts: Vec<Target> = paths.iter().map(|path| target(table, &path.text)).collect();
    (
        filter(table, paths),
        prop::sample::select(sorts),
        any::<bool>(),
    )
        .prop_map(|(filter, sort_by, descending)| Question {
            filter,
            sort_by,
            descending,
        })
}

/// An attribute that can be tested.
#[derive(Debug, Clone)]
struct Path {
    text: String,
    kind: AttributeType,
}

pub(super) fn target(table: Table, path: &str) -> Target {
    let parsed = AttributePath::parse(path, &Limits::default()).unwrap();
    Target::resolve(&resource_type(table), &parsed).unwrap_or_else(|| {
        assert_eq!(path, Target::PRIMARY_EMAIL);
        Target::primary_email()
    })
}

/// Attributes with what stands before their names, in all places where the resource type has any.
fn attributes(table: Table) -> Vec<(String, Attribute)> {
    let kind = resource_type(table);
    let core = kind
        .schema
        .attributes
        .iter()
        .chain(common())
        .map(|found| (String::new(), found.clone()));
    let others = kind.schemas().skip(1).flat_map(|schema| {
        schema
            .attributes
            .iter()
            .map(|found| (format!("{}:", schema.id), found.clone()))
            .collect::<Vec<_>>()
    });
    core.chain(others)
        .filter(|(_, found)| found.returned != Returned::Never)
        .collect()
}

fn paths(table: Table) -> Vec<Path> {
    let mut paths = Vec::new();
    for (prefix, attribute) in attributes(table) {
        let whole = format!("{prefix}{}", attribute.name);
        for sub in &attribute.sub_attributes {
            paths.push(Path {
                text: format!("{whole}.{}", sub.name),
                kind: sub.kind,
            });
        }
        // A complex attribute compares by its "value".
        let kind = attribute
            .sub_attribute("value")
            .map_or(attribute.kind, |value| value.kind);
        paths.push(Path { text: whole, kind });
    }
    if table == Table::Users {
        paths.push(Path {
            text: Target::PRIMARY_EMAIL.to_owned(),
            kind: AttributeType::String,
        });
    }
    paths
}

fn filter(table: Table, paths: Vec<Path>) -> impl Strategy<Value = String> {
    let value_paths: Vec<BoxedStrategy<String>> = attributes(table)
        .into_iter()
        .filter(|(_, attribute)| attribute.multi_valued || attribute.kind == AttributeType::Complex)
        .map(|(prefix, attribute)| {
            let parts: Vec<Path> = match attribute.sub_attributes.as_slice() {
                [] => vec![Path {
                    text: "value".to_owned(),
                    kind: attribute.kind,
                }],
                subs => subs
                    .iter()
                    .map(|sub| Path {
                        text: sub.name.clone(),
                        kind: sub.kind,
                    })
                    .collect(),
            };
            let path = format!("{prefix}{}", attribute.name);
            combined(
                prop::sample::select(parts)
                    .prop_flat_map(|path| comparison(&path))
                    .boxed(),
            )
            .prop_map(move |inner| format!("{path}[{inner}]"))
            .boxed()
        })
        .collect();
    let tests = prop::sample::select(paths)
        .prop_flat_map(|path| comparison(&path))
        .boxed();
    combined(prop_oneof![2 => tests, 1 => proptest::strategy::Union::new(value_paths)].boxed())
}

fn combined(test: BoxedStrategy<String>) -> BoxedStrategy<String> {
    test.prop_recursive(3, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
    .boxed()
}

fn comparison(path: &Path) -> BoxedStrategy<String> {
    let with = |ops: &'static [&'static str], operand: BoxedStrategy<String>| {
        let text = path.text.clone();
        (prop::sample::select(ops), operand)
            .prop_map(move |(op, operand)| format!("{text} {op} {operand}"))
            .boxed()
    };
    let whole = path.text.clone();
    let absent = prop::sample::select(vec!["pr", "eq null", "ne null"])
        .prop_map(move |test| format!("{whole} {test}"));
    if path.kind == AttributeType::Complex {
        return absent.boxed();
    }
    let quoted = text()
        .prop_map(|text| Value::from(text).to_string())
        .boxed();
    let compared = match path.kind {
        AttributeType::Boolean => with(
            &["eq", "ne"],
            any::<bool>().prop_map(|value| value.to_string()).boxed(),
        ),
        AttributeType::Binary => with(&["eq", "ne"], quoted),
        AttributeType::DateTime => with(
            &["eq", "ne", "gt", "ge", "lt", "le"],
            instant().prop_map(str::to_owned).boxed(),
        ),
        AttributeType::Integer | AttributeType::Decimal => with(
            &["eq", "ne", "gt", "ge", "lt", "le"],
            number().prop_map(str::to_owned).boxed(),
        ),
        _ => with(
            &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
            quoted,
        ),
    };
    prop_oneof![5 => compared, 1 => absent].boxed()
}

fn instant() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\"2023-11-14T22:13:20.123456Z\"",
        "\"2023-11-14T23:13:21.123457+01:00\"",
        "\"2023-11-14T22:13:22.1234569\"",
        "\"2023-11-14T24:00:00Z\"",
        "\"2023-11-15T00:00:00Z\"",
        "\"0000-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59Z\"",
    ])
}

fn number() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "0",
        "1",
        "1.0",
        "-1",
        "0.1",
        "0.30000000000000004",
        "1e3",
        "9007199254740992.0",
        "9007199254740993",
        "18446744073709551615",
        "1e-300",
        "9.01860469181138e-92",
        "1.7419654925756863e168",
        "-6.26185924197815e-117",
    ])
}

/// Few enough texts that some are equal, begin or end alike.
fn text() -> BoxedStrategy<String> {
    let letters = [
        "a",
        "A",
        "b",
        "%",
        "_",
        "\\",
        "\"",
        " ",
        "ß",
        "İ",
        "é",
        "e\u{301}",
        "\u{FFFD}",
        "\u{1F600}",
    ];
    let words = [
        "work",
        "direct",
        "indirect",
        "User",
        "group",
        "u0",
        "u1",
        "g0",
        "G1",
        "W/\"1\"",
        "W/\"10\"",
        "a@b",
        "\"A\"@b.",
        "a@exämple",
        "a@xn--exmple-cua",
        "https://host/scim/v2/Users/u1",
        "https://host/scim/v2/Groups/g1",
    ];
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(letters.to_vec()), 0..3).prop_map(|parts| parts.concat()),
        1 => prop::sample::select(words.to_vec()).prop_map(str::to_owned),
    ]
    .boxed()
}

pub(super) fn world() -> impl Strategy<Value = World> {
    let display = prop::option::of(prop::sample::select(vec!["Ann", "a_", "", "A%\\", "b"]));
    let member = (0..4_usize, 0..5_usize, any::<bool>(), display);
    (
        prop::collection::vec(resource(Table::Users), 5),
        prop::collection::vec(resource(Table::Groups), 4),
        prop::collection::vec(member, 0..10),
        prop::collection::vec(resource(Table::Resources), 4),
    )
        .prop_map(|(users, groups, members, devices)| {
            let mut world = World {
                users,
                groups,
                members: Vec::new(),
                devices,
            };
            let mut addresses = HashSet::new();
            for (index, user) in world.users.iter_mut().enumerate() {
                let name = user
                    .get("userName")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                user.insert("userName".to_owned(), json!(format!("{name}{index}")));
                let email = match_document(&resource_type(Table::Users), user);
                let taken = email
                    .get(Target::PRIMARY_EMAIL)
                    .and_then(Value::as_str)
                    .is_some_and(|email| !addresses.insert(mail::key(email)));
                user.insert("active".to_owned(), json!(!taken));
            }
            for (index, group) in world.groups.iter_mut().enumerate() {
                let name = group
                    .get("displayName")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                group.insert("displayName".to_owned(), json!(format!("{name}{index}")));
            }
            for (group, member, is_group, display) in members {
                // Groups form no cycles.
                let known = world
                    .members
                    .iter()
                    .any(|(g, m, kind, _)| (*g, *m, *kind) == (group, member, is_group));
                if !known && (!is_group || (group < member && member < 4)) {
                    world
                        .members
                        .push((group, member, is_group, display.map(str::to_owned)));
                }
            }
            world
        })
}

fn resource(table: Table) -> BoxedStrategy<Map<String, Value>> {
    let written = |attribute: &Attribute| {
        !["id", "meta", "groups", "members", "active"].contains(&&*attribute.name)
    };
    let parts: Vec<BoxedStrategy<Option<(String, String, Value)>>> = attributes(table)
        .into_iter()
        .filter(|(_, attribute)| written(attribute))
        .map(|(prefix, attribute)| {
            let of_column =
                ["userName", "displayName", "externalId", "emails"].contains(&&*attribute.name);
            let value = if of_column {
                typed(&attribute)
            } else {
                prop_oneof![9 => typed(&attribute), 1 => odd()].boxed()
            };
            prop::option::of(value)
                .prop_map(move |value| {
                    let schema = prefix.trim_end_matches(':').to_owned();
                    value.map(|value| (schema, attribute.name.clone(), value))
                })
                .boxed()
        })
        .collect();
    parts
        .prop_map(|values| {
            let mut resource = Map::new();
            for (schema, name, value) in values.into_iter().flatten() {
                if schema.is_empty() {
                    resource.insert(name, value);
                } else if let Value::Object(extension) =
                    resource.entry(schema).or_insert_with(|| json!({}))
                {
                    extension.insert(name, value);
                }
            }
            resource
        })
        .boxed()
}

fn typed(attribute: &Attribute) -> BoxedStrategy<Value> {
    let one = match attribute.kind {
        AttributeType::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        AttributeType::Integer | AttributeType::Decimal => number()
            .prop_map(|number| serde_json::from_str(number).unwrap())
            .boxed(),
        AttributeType::DateTime => instant()
            .prop_map(|instant| serde_json::from_str(instant).unwrap())
            .boxed(),
        AttributeType::Complex => {
            let subs: Vec<BoxedStrategy<Option<(String, Value)>>> = attribute
                .sub_attributes
                .iter()
                .map(|sub| {
                    let name = sub.name.clone();
                    prop::option::of(typed(sub))
                        .prop_map(move |value| Some((name.clone(), value?)))
                        .boxed()
                })
                .collect();
            subs.prop_map(|subs| Value::Object(subs.into_iter().flatten().collect()))
                .boxed()
        }
        _ => text().prop_map(Value::from).boxed(),
    };
    if attribute.multi_valued {
        prop::collection::vec(one, 0..3)
            .prop_map(Value::from)
            .boxed()
    } else {
        one
    }
}

/// What a schema would not allow (arrays in arrays apart) must not be answered differently, or with an error.
fn odd() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(5),
        json!(true),
        json!("{}"),
        json!({}),
        json!([]),
        json!([null, "a", {}, { "value": ["a"] }]),
        json!({ "value": { "a": "b" }, "type": null, "formatted": [""] }),
        json!([{ "value": 5, "primary": "true" }, { "value": "a", "type": "" }]),
    ])
}
