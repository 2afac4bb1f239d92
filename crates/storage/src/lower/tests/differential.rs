//! The database answers what the matcher answers, for random resources and random filters.

use std::cell::RefCell;
use std::cmp::Ordering;

use proptest::test_runner::{Config, TestRunner};
use proptest::{collection, prop_assert_eq};
use serde_json::{Map, Number, Value, json};
use vestibule_domain::mail;
use vestibule_scim::filter::{CompareOp, Condition, Operand, matches, number_key};
use vestibule_scim::schema::AttributeType;
use vestibule_scim::target::Target;

use super::super::Table;
use super::asked::{found, places, sorted, walked};
use super::database::Database;
use super::random::{Question, question, target, world};
use super::world::{World, condition};

// proves: 7644-3.4.2.2-caseexact 7644-3.4.2.2-matching
#[test]
fn sqlite_agrees_with_the_matcher() {
    agrees(Database::sqlite(), 64);
}

// proves: 7644-3.4.2.2-caseexact 7644-3.4.2.2-matching
#[test]
fn postgresql_agrees_with_the_matcher() {
    if let Some(database) = Database::postgres("differential") {
        agrees(database, 24);
    }
}

#[test]
fn sqlite_compares_numbers_as_the_matcher() {
    compares_numbers(Database::sqlite());
}

#[test]
fn postgresql_compares_numbers_as_the_matcher() {
    if let Some(database) = Database::postgres("numbers") {
        compares_numbers(database);
    }
}

fn agrees(database: Database, cases: u32) {
    let database = RefCell::new(database);
    let questions = |table| collection::vec(question(table), 16);
    let strategy = (
        world(),
        questions(Table::Users),
        questions(Table::Groups),
        questions(Table::Resources),
    );
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    let result = runner.run(&strategy, |(world, of_users, of_groups, of_devices)| {
        database.borrow_mut().undone(|connection| {
            world.insert(connection);
            for (table, questions) in [
                (Table::Users, of_users),
                (Table::Groups, of_groups),
                (Table::Resources, of_devices),
            ] {
                let documents = world.documents(table);
                for Question {
                    filter,
                    sort_by,
                    descending,
                } in questions
                {
                    let condition = condition(table, &filter);
                    let expected: Vec<_> = ids(documents
                        .iter()
                        .filter(|(_, document)| matches(&condition, document)));
                    prop_assert_eq!(found(connection, table, &condition), expected, "{}", filter);
                    let order = sorted(connection, table, &sort_by, descending);
                    prop_assert_eq!(
                        order,
                        sorted_here(&documents, &sort_by, descending),
                        "{:?}",
                        sort_by
                    );
                }
            }
            Ok(())
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn ids<'a>(documents: impl Iterator<Item = &'a (String, Map<String, Value>)>) -> Vec<String> {
    documents.map(|(id, _)| id.clone()).collect()
}

/// No schema has a number yet.
fn compares_numbers(mut database: Database) {
    let numbers = [
        json!(5),
        json!(5.0),
        json!(-1),
        json!(0.1),
        json!(1e3),
        json!(i64::MAX),
        json!(9_007_199_254_740_993_i64),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(u64::MAX - 1),
        json!(1e-300),
        json!(9.018_604_691_811_38e-92),
        json!(1.741_965_492_575_686_3e168),
        json!(-6.261_859_241_978_15e-117),
        json!("5"),
        json!(null),
    ];
    let users = numbers.iter().enumerate().map(|(index, number)| {
        let Value::Object(user) =
            json!({ "userName": index.to_string(), "active": true, "title": number })
        else {
            unreachable!()
        };
        user
    });
    let world = World {
        users: users.collect(),
        ..World::default()
    };
    let target = Target {
        kind: AttributeType::Decimal,
        ..target(Table::Users, "title")
    };
    database.undone(|connection| {
        world.insert(connection);
        let documents = world.documents(Table::Users);
        let ops = [
            CompareOp::Eq,
            CompareOp::Gt,
            CompareOp::Ge,
            CompareOp::Lt,
            CompareOp::Le,
        ];
        for (operand, op) in numbers.iter().flat_map(|number| ops.map(|op| (number, op))) {
            let Value::Number(operand) = operand.clone() else {
                continue;
            };
            let compare = Condition::Compare {
                target: target.clone(),
                op,
                operand: Operand::Number(operand),
            };
            for condition in [compare.clone(), Condition::Not(Box::new(compare))] {
                let mut expected: Vec<_> = ids(documents
                    .iter()
                    .filter(|(_, document)| matches(&condition, document)));
                // `u10` comes before `u2`.
                expected.sort();
                assert_eq!(
                    found(connection, Table::Users, &condition),
                    expected,
                    "{condition:?}"
                );
            }
        }
        let order = [
            "u2", "u13", "u10", "u11", "u3", "u0", "u1", "u4", "u7", "u6", "u5", "u9", "u8", "u12",
            "u14", "u15",
        ];
        assert_eq!(sorted(connection, Table::Users, &target, false), order);
        assert_eq!(walked(connection, Table::Users, &target), order);
    });
}

#[test]
fn sqlite_compares_addresses_as_the_matcher() {
    compares_addresses(Database::sqlite());
}

#[test]
fn postgresql_compares_addresses_as_the_matcher() {
    if let Some(database) = Database::postgres("addresses") {
        compares_addresses(database);
    }
}

/// Their column is coarser than a filter.
fn compares_addresses(mut database: Database) {
    let addresses = [
        "a@exämple",
        "a@xn--exmple-cua",
        "A@EXÄMPLE.",
        "\"a\"@exämple",
        " a@exämple",
        "b@x",
        " ",
        "",
    ];
    let users = addresses.iter().enumerate().map(|(index, address)| {
        let user = json!({
            "userName": index.to_string(), "active": false,
            "emails": [{"value": address, "primary": true}],
        });
        match user {
            Value::Object(user) => user,
            _ => unreachable!(),
        }
    });
    let world = World {
        users: users.collect(),
        ..World::default()
    };
    database.undone(|connection| {
        world.insert(connection);
        let documents = world.documents(Table::Users);
        let check = |connection: &mut _, filter: &str| {
            let condition = condition(Table::Users, filter);
            let expected: Vec<_> = ids(documents
                .iter()
                .filter(|(_, document)| matches(&condition, document)));
            assert_eq!(
                found(connection, Table::Users, &condition),
                expected,
                "{filter}"
            );
        };
        for address in addresses {
            for op in ["eq", "ne", "co", "sw", "ew", "gt", "le"] {
                let operand = Value::from(address);
                check(connection, &format!("email {op} {operand}"));
                check(connection, &format!("not (email {op} {operand})"));
            }
        }
        check(connection, "email pr");
    });
}

#[test]
fn a_place_is_short_however_long_the_text_on_sqlite() {
    has_short_places(Database::sqlite());
}

#[test]
fn a_place_is_short_however_long_the_text_on_postgresql() {
    if let Some(database) = Database::postgres("places") {
        has_short_places(database);
    }
}

fn has_short_places(mut database: Database) {
    let long = "\u{1F600}".repeat(4_095);
    let users = ["b", "a", ""].iter().enumerate().map(|(index, end)| {
        let title = format!("{long}{end}");
        let user = json!({ "userName": index.to_string(), "active": true, "title": title });
        match user {
            Value::Object(user) => user,
            _ => unreachable!(),
        }
    });
    let world = World {
        users: users.collect(),
        ..World::default()
    };
    let target = target(Table::Users, "title");
    database.undone(|connection| {
        world.insert(connection);
        // What begins alike for so long is in order of id.
        assert_eq!(
            walked(connection, Table::Users, &target),
            ["u0", "u1", "u2"]
        );
        for place in places(connection, Table::Users, &target) {
            assert_eq!(place.map(|key| key.len()), Some(2_000));
        }
    });
}

#[derive(Debug)]
enum Key {
    Text(String),
    Number(Number),
}

impl Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => number_key(a).cmp(&number_key(b)),
            _ => panic!("keys of one attribute are of one kind"),
        }
    }
}

/// RFC 7644, section 3.4.2.3, by the book.
fn sorted_here(
    documents: &[(String, Map<String, Value>)],
    target: &Target,
    descending: bool,
) -> Vec<String> {
    let key = |document: &Map<String, Value>| -> Option<Key> {
        let attribute = match &target.schema {
            Some(schema) => document.get(schema)?.get(&target.attribute)?,
            None => document.get(&target.attribute)?,
        };
        let sub = target
            .sub_attribute
            .as_deref()
            .or((target.kind == AttributeType::Complex).then_some("value"));
        let leaf =
            |value: &Value| match (sub.map_or(Some(value), |sub| value.get(sub))?, target.kind) {
                (Value::Bool(value), AttributeType::Boolean) => Some(Key::Text(value.to_string())),
                (Value::Number(number), AttributeType::Integer | AttributeType::Decimal) => {
                    Some(Key::Number(number.clone()))
                }
                (_, AttributeType::Boolean | AttributeType::Integer | AttributeType::Decimal) => {
                    None
                }
                // Addresses stand in the order in which mail tells them apart.
                (Value::String(address), _) if target.is_primary_email() => {
                    Some(mail::key(address))
                        .filter(|key| !key.is_empty())
                        .map(Key::Text)
                }
                (Value::String(text), _) if !text.is_empty() => Some(Key::Text(text.clone())),
                _ => None,
            };
        let Value::Array(values) = attribute else {
            return leaf(attribute);
        };
        if ["groups", "members"].contains(&target.attribute.as_str()) {
            return values.iter().filter_map(leaf).min_by(Key::cmp);
        }
        let primary = values
            .iter()
            .find(|value| value.get("primary") == Some(&Value::Bool(true)));
        primary.or(values.first()).and_then(leaf)
    };
    let mut rows: Vec<_> = documents
        .iter()
        .map(|(id, document)| (key(document), id.clone()))
        .collect();
    rows.sort_by(|(a, id_a), (b, id_b)| {
        let order = (a.is_none().cmp(&b.is_none()))
            .then_with(|| match (a, b) {
                (Some(a), Some(b)) => a.cmp(b),
                _ => Ordering::Equal,
            })
            .then_with(|| id_a.cmp(id_b));
        if descending { order.reverse() } else { order }
    });
    rows.into_iter().map(|(_, id)| id).collect()
}
