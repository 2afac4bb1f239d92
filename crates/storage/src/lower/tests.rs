mod asked;
pub(crate) mod database;
mod differential;
mod plans;
mod random;
mod world;

use serde_json::{Map, Value, json};

use super::Table;
use asked::found;
use database::Database;
use world::{World, condition};

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        panic!("{value} is no object")
    };
    object
}

fn small_world() -> World {
    World {
        users: vec![
            object(json!({
                "userName": "Ann", "displayName": "Ann 100%", "externalId": "X1", "active": true,
                "name": { "familyName": "Straße" }, "customCodes": ["A_1", "B"],
                "emails": [{ "value": "Ann@Example.com", "type": "work" }, { "value": "ann@home.example", "type": "home" }],
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "IT" },
            })),
            object(json!({
                "userName": "bob", "active": false, "title": "", "name": { "givenName": "Bob" },
                "emails": [{ "value": "bob@example.com", "type": "home", "primary": true }],
            })),
            object(json!({
                "userName": "cy_d", "displayName": "100\\%", "active": true,
                "emails": [{ "value": "\"cy\"@XN--exmple-cua.example", "type": "work" }],
            })),
        ],
        groups: vec![
            object(json!({ "displayName": "Outer" })),
            object(json!({ "displayName": "Inner" })),
        ],
        members: vec![
            (0, 1, true, None),
            (0, 0, false, Some("Ann".to_owned())),
            (1, 2, false, Some("Éva".to_owned())),
        ],
        devices: Vec::new(),
    }
}

const USERS: &[(&str, &[&str])] = &[
    ("userName eq \"ANN\"", &["u0"]),
    ("userName ne \"ANN\"", &["u1", "u2"]),
    ("userName sw \"\"", &["u0", "u1", "u2"]),
    ("userName sw \"CY_\"", &["u2"]),
    ("userName co \"_\"", &["u2"]),
    ("userName co \"%\"", &[]),
    ("displayName pr", &["u0", "u2"]),
    ("displayName co \"%\"", &["u0", "u2"]),
    ("displayName ew \"\\\\%\"", &["u2"]),
    ("displayName lt \"b\"", &["u0", "u2"]),
    ("not (displayName co \"a\")", &["u1", "u2"]),
    ("externalId eq \"x1\"", &[]),
    ("externalId eq \"X1\"", &["u0"]),
    ("externalId ne \"X1\"", &["u1", "u2"]),
    ("active eq true and id pr", &["u0", "u2"]),
    ("title pr", &[]),
    ("title eq \"\"", &["u1"]),
    ("name.familyName eq \"STRASSE\"", &["u0"]),
    ("name pr", &["u0", "u1"]),
    ("name[givenName eq \"bob\"]", &["u1"]),
    ("customCodes eq \"a_1\"", &["u0"]),
    ("customCodes[value sw \"b\"]", &["u0"]),
    ("email eq \"\\\"Cy\\\"@xn--exmple-cua.example\"", &["u2"]),
    ("email eq \"cy@exämple.example\"", &[]),
    (
        "email ne \"\\\"cy\\\"@xn--exmple-cua.example\"",
        &["u0", "u1"],
    ),
    ("email sw \"\\\"cy\"", &["u2"]),
    ("email pr", &["u0", "u1", "u2"]),
    ("emails.value eq \"ann@example.com\"", &["u0"]),
    ("emails co \"example.com\"", &["u0", "u1"]),
    (
        "emails[type eq \"home\" and value eq \"ann@example.com\"]",
        &[],
    ),
    (
        "emails[type eq \"work\" and value eq \"ann@example.com\"]",
        &["u0"],
    ),
    ("emails[not (type eq \"work\")]", &["u0", "u1"]),
    ("emails.primary eq true", &["u1"]),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"it\"",
        &["u0"],
    ),
    ("groups.value eq \"g0\"", &["u0", "u2"]),
    ("groups[value eq \"g0\" and type eq \"indirect\"]", &["u2"]),
    ("groups.display eq \"inner\"", &["u2"]),
    ("groups.$ref ew \"/Groups/g1\"", &["u2"]),
    ("not (groups pr)", &["u1"]),
    (
        "meta.created gt \"2023-11-14T22:13:20.123456Z\"",
        &["u1", "u2"],
    ),
    ("meta.version eq \"W/\\\"10\\\"\"", &["u2"]),
    (
        "meta.location eq \"https://host/scim/v2/Users/u1\"",
        &["u1"],
    ),
    (
        "meta[resourceType eq \"User\" and lastModified pr]",
        &["u0", "u1", "u2"],
    ),
];

const GROUPS: &[(&str, &[&str])] = &[
    ("displayName eq \"OUTER\"", &["g0"]),
    ("members.value eq \"u0\"", &["g0"]),
    ("members eq \"u2\"", &["g1"]),
    ("members[type eq \"Group\"]", &["g0"]),
    ("members[value eq \"u0\" and type eq \"group\"]", &[]),
    ("members.display co \"NN\"", &["g0"]),
    ("members.display eq \"ÉVA\"", &["g1"]),
    (
        "members.$ref eq \"https://host/scim/v2/Groups/g1\"",
        &["g0"],
    ),
    ("not (members.display pr)", &[]),
    ("meta.resourceType eq \"User\"", &[]),
];

fn answers(mut database: Database) {
    database.undone(|connection| {
        small_world().insert(connection);
        for (table, cases) in [(Table::Users, USERS), (Table::Groups, GROUPS)] {
            for (filter, expected) in cases {
                assert_eq!(
                    found(connection, table, &condition(table, filter)),
                    *expected,
                    "{filter}"
                );
            }
        }
    });
}

#[test]
fn sqlite_answers_filters() {
    answers(Database::sqlite());
}

#[test]
fn postgresql_answers_filters() {
    if let Some(database) = Database::postgres("filters") {
        answers(database);
    }
}
