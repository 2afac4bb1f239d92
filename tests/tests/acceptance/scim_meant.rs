//! Names of which it is clear what they mean, though they are not written as they should be: wherever a
//! request names attributes, the tolerant dialect understands and counts them, and the strict one does not.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vestibule_scim::Dialect;
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines};

use crate::client::Client;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// Three people; the ids in order of their departments, which is not that of their names.
fn staff(client: &Client<'_>) -> Vec<String> {
    let people = [("ann", "C", "m1"), ("bob", "A", "m3"), ("eve", "B", "m2")];
    let mut made: Vec<(String, String)> = people
        .iter()
        .map(|(name, department, manager)| {
            let user = json!({"schemas": [USER, ENTERPRISE], "userName": name,
                ENTERPRISE: {"department": department, "manager": {"value": manager}}});
            let reply = client.send("POST", "/Users", Some(&user));
            assert_eq!(reply.status, 201, "{}", reply.text);
            let id = reply.json()["id"].as_str().unwrap().to_owned();
            ((*department).to_owned(), id)
        })
        .collect();
    made.sort();
    made.into_iter().map(|(_, id)| id).collect()
}

fn ids(list: &Value) -> Vec<String> {
    let found = list["Resources"].as_array().unwrap().iter();
    found
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What was tolerated of the only provider, by name.
fn tolerated(app: &TestApp) -> BTreeMap<String, i64> {
    app.service.flush_telemetry().unwrap();
    let token = app.admin_token("ada", Role::Auditor);
    let reply = app.send("GET", "/api/v1/tolerances", Some(&token), None);
    assert_eq!(reply.status, 200, "{}", reply.text);
    let items = reply.json()["items"].as_array().unwrap().clone();
    let counted = items.iter();
    counted
        .map(|one| {
            let name = one["name"].as_str().unwrap().to_owned();
            (name, one["uses"].as_i64().unwrap())
        })
        .collect()
}

fn search(client: &Client<'_>, path: &str, more: &Value) -> (u16, Value) {
    let mut body = json!({"schemas": [SEARCH]});
    let more = more.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(more);
    let reply = client.send("POST", &format!("{path}/.search"), Some(&body));
    (reply.status, reply.json())
}

fn get(client: &Client<'_>, path: &str) -> (u16, Value) {
    let reply = client.send("GET", path, None);
    (reply.status, reply.json())
}

#[test]
fn attributes_of_an_extension_are_understood_wherever_they_are_named() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let staff = staff(&client);
        // Two requests that sort by it, and two pages by cursor; one of all types.
        for name in ["department".to_owned(), format!("{ENTERPRISE}.department")] {
            let (status, list) = get(
                &client,
                &format!("/Users?sortBy={name}&sortOrder=descending"),
            );
            assert_eq!(status, 200, "{list}");
            assert_eq!(ids(&list), [&*staff[2], &*staff[1], &*staff[0]]);
            let (_, list) = search(&client, "/Users", &json!({"sortBy": name}));
            assert_eq!(ids(&list), staff);
            let (_, list) = search(&client, "", &json!({"sortBy": name}));
            assert_eq!(ids(&list), staff);
            let query = format!("/Users?count=2&sortBy={name}&attributes=id&cursor=");
            let (_, first) = get(&client, &query);
            let next = first["nextCursor"].as_str().unwrap();
            let (_, second) = get(&client, &format!("{query}{next}"));
            assert_eq!([ids(&first), ids(&second)].concat(), staff);
        }
        for name in ["manager".to_owned(), format!("{ENTERPRISE}.manager.value")] {
            let (_, list) = get(&client, &format!("/Users?filter={name}%20eq%20%22m2%22"));
            assert_eq!(ids(&list), staff[1..2]);
            // What is shown and what is left out: of a list, a search, one who is read, and one who changes.
            let one = format!("/Users/{}", staff[0]);
            let shown = json!({"manager": {"value": "m3"}});
            let list = format!("/Users?sortBy=userName&startIndex=2&count=1&attributes={name}");
            assert_eq!(get(&client, &list).1["Resources"][0][ENTERPRISE], shown);
            let asked = json!({"attributes": ["id", name], "filter": "userName eq \"bob\""});
            let (_, found) = search(&client, "", &asked);
            assert_eq!(found["Resources"][0][ENTERPRISE], shown, "{found}");
            let (_, read) = get(&client, &format!("{one}?attributes={name}"));
            assert_eq!((&read[ENTERPRISE], read.get("userName")), (&shown, None));
            let patch = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "x"}]});
            let without = format!("{one}?excludedAttributes={name}");
            let patched = client.send("PATCH", &without, Some(&patch)).json();
            assert_eq!(patched[ENTERPRISE], json!({"department": "A"}));
        }
        let deep = format!("{ENTERPRISE}.manager.value");
        let by_path = json!({"op": "replace", "path": deep, "value": "m9"});
        let by_key = json!({"op": "replace", "value": {deep: "m8"}});
        for (operation, manager) in [(by_path, "m9"), (by_key, "m8")] {
            let patch = json!({"schemas": [PATCH], "Operations": [operation]});
            let reply = client.send("PATCH", &format!("/Users/{}", staff[0]), Some(&patch));
            assert_eq!(
                reply.json()[ENTERPRISE]["manager"]["value"],
                manager,
                "{}",
                reply.text
            );
        }
        let counted = tolerated(app);
        assert_eq!(counted["unqualified_attribute"], 5 + 5, "{counted:?}");
        assert_eq!(counted["dotted_urn"], 5 + 5 + 2, "{counted:?}");
        assert_eq!(counted.len(), 2);
    });
}

#[test]
fn the_strict_dialect_takes_names_as_they_are_written() {
    both_engines(|app| {
        let client = Client::speaking(app, "Product", Dialect::Strict);
        let staff = staff(&client);
        for name in [
            "manager".to_owned(),
            format!("{ENTERPRISE}.manager"),
            format!("{ENTERPRISE}.manager.value"),
        ] {
            let refused = |(status, error): (u16, Value), scim_type: &str| {
                assert_eq!(
                    (status, &error["scimType"]),
                    (400, &json!(scim_type)),
                    "{error}"
                );
            };
            refused(
                get(&client, &format!("/Users?sortBy={name}")),
                "invalidPath",
            );
            refused(search(&client, "", &json!({"sortBy": name})), "invalidPath");
            refused(
                get(&client, &format!("/Users?filter={name}%20pr")),
                "invalidFilter",
            );
            let patch = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": name, "value": "x"}]});
            let one = format!("/Users/{}", staff[0]);
            let reply = client.send("PATCH", &one, Some(&patch));
            refused((reply.status, reply.json()), "invalidPath");
            // A name that stands for nothing is passed over, here as in every list of names.
            let only = format!("attributes={name}");
            let without = format!("excludedAttributes={name}");
            for path in ["/Users?count=1&", &format!("{one}?")] {
                let (_, shown) = get(&client, &format!("{path}{only}"));
                let shown = shown.pointer("/Resources/0").unwrap_or(&shown);
                assert_eq!(shown.get(ENTERPRISE), None, "{shown}");
                let (_, shown) = get(&client, &format!("{path}{without}"));
                let shown = shown.pointer("/Resources/0").unwrap_or(&shown);
                assert!(shown[ENTERPRISE].get("manager").is_some(), "{shown}");
            }
            let patch = json!({"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": name}]});
            let reply = client.send("PATCH", &format!("{one}?{only}"), Some(&patch));
            assert_eq!((reply.status, reply.json().get(ENTERPRISE)), (200, None));
        }
        assert!(tolerated(app).is_empty());
    });
}

/// Names nobody would choose, as they stand in a query: each is understood or refused, and none of them
/// fails. Those that name nothing leave lists of names as empty as before.
#[test]
fn hostile_names_are_refused_or_mean_nothing() {
    let long = "a".repeat(4_000);
    let names = [
        format!("{ENTERPRISE}."),
        format!("{ENTERPRISE}..manager"),
        format!("{ENTERPRISE}.manager."),
        format!("{ENTERPRISE}.manager.value.value"),
        format!("{ENTERPRISE}.{long}"),
        format!("{long}:{long}.a.b"),
        format!("{ENTERPRISE}:User.manager.value"),
        format!("{USER}.{USER}.userName"),
        format!("{ENTERPRISE}%2Emanager%2Evalue%2Evalue"),
        format!("{ENTERPRISE}%EF%BC%8Emanager"),
        format!("{ENTERPRISE}.mana%C4%9Fer"),
        "manager.".to_owned(),
        "manager.value.value".to_owned(),
        "%E2%80%8Bmanager".to_owned(),
        "manager%00".to_owned(),
        "departmen%C5%A3".to_owned(),
        "department%0A".to_owned() + "x",
        "'%20or%201=1--".to_owned(),
        "%22%5D%5B".to_owned(),
    ];
    both_engines(|app| {
        for dialect in [Dialect::Tolerant, Dialect::Strict] {
            let client = Client::speaking(app, &format!("{dialect:?}"), dialect);
            staff(&client);
            for name in &names {
                let (status, error) = get(&client, &format!("/Users?sortBy={name}"));
                assert_eq!(
                    (status, &error["scimType"]),
                    (400, &json!("invalidPath")),
                    "{name}"
                );
                let (status, error) = get(&client, &format!("/Users?filter={name}%20pr"));
                assert_eq!(
                    (status, &error["scimType"]),
                    (400, &json!("invalidFilter")),
                    "{name}"
                );
                let (status, list) = get(&client, &format!("?attributes={name}"));
                assert_eq!(
                    (status, &list["totalResults"]),
                    (200, &json!(3)),
                    "{name}: {list}"
                );
                assert_eq!(list["Resources"][0].get(ENTERPRISE), None, "{name}");
            }
            let many = vec!["department"; 1_001].join(",");
            for more in [
                json!({"attributes": [many]}),
                json!({"excludedAttributes": [many]}),
            ] {
                let (status, error) = search(&client, "", &more);
                assert_eq!((status, &error["scimType"]), (400, &json!("invalidSyntax")));
            }
        }
    });
}
