//! RFC 7643, sections 2 and 3: what every resource has, and what its values are.

use std::collections::BTreeSet;

use chrono::Duration;
use serde_json::{Value, json};
use uuid::Uuid;
use vestibule_scim::Dialect;
use vestibule_testkit::both_engines;

use super::{Client, ENTERPRISE, GROUP, USER, all_of, define, path_of, user};

const DEVICE: &str = "urn:example:params:scim:schemas:Device";

/// A resource of each type, with its endpoint and its name; the client tries to say more than it may.
fn one_of_each() -> [(&'static str, &'static str, Value); 4] {
    let with = |schemas: Value, more: Value| {
        let mut resource = json!({"schemas": schemas, "id": "mine", "externalId": "ext",
            "meta": {"resourceType": "Mine", "version": "W/\"mine\"", "location": "https://mine.example",
                "created": "2001-01-01T00:00:00Z", "lastModified": "2001-01-01T00:00:00Z"}});
        let more = more.as_object().unwrap().clone();
        resource.as_object_mut().unwrap().extend(more);
        resource
    };
    [
        (
            "/Users",
            "User",
            with(json!([USER]), json!({"userName": "ann"})),
        ),
        (
            "/Users",
            "User",
            with(
                json!([USER, ENTERPRISE]),
                json!({"userName": "bob", ENTERPRISE: {"department": "IT"}}),
            ),
        ),
        (
            "/Groups",
            "Group",
            with(json!([GROUP]), json!({"displayName": "Team"})),
        ),
        (
            "/Devices",
            "Device",
            with(json!([DEVICE]), json!({"serial": "1"})),
        ),
    ]
}

// proves: 7643-3.1-assigned 7643-3.1-bulkid 7643-3.1-common 7643-3.1-created 7643-3.1-id 7644-3.3.1-type
#[test]
fn every_resource_gets_an_id_of_its_own_for_ever() {
    both_engines(|app| {
        define(app, "Device", &json!([{"name": "serial"}]));
        let client = Client::new(app, "Product");
        let mut ids = BTreeSet::new();
        let mut met = |resource: &Value| {
            // The text of a UUID is hexadecimal: it cannot contain the word `bulkId`.
            let id = resource["id"].as_str().unwrap().to_owned();
            assert_eq!(Uuid::try_parse(&id).unwrap().to_string(), id);
            assert!(ids.insert(id), "given before: {resource}");
        };
        for (endpoint, name, sent) in one_of_each() {
            let created = client.create(endpoint, &sent);
            met(&created);
            let path = path_of(endpoint, &created);
            let location = format!("{}/scim/v2{path}", app.url());
            let now = "2026-01-01T00:00:00.000000Z";
            assert_eq!(
                created["meta"],
                json!({"resourceType": name, "created": now, "lastModified": now,
                    "location": location, "version": "W/\"1\""})
            );
            assert_eq!(created["externalId"], "ext");
            let found = client.found(endpoint, "externalId eq \"ext\" and meta.created pr");
            assert!(found.contains(&created["id"]), "{found:?}");

            // Whatever becomes of the resource, its id stays.
            let mut changed = sent.clone();
            changed["externalId"] = json!("other");
            let replaced = client.send("PUT", &path, Some(&changed)).json();
            assert_eq!(replaced["id"], created["id"], "{replaced}");
            let title = json!([{"op": "replace", "path": "externalId", "value": "third"}]);
            assert!([200, 204].contains(&client.patch(&path, &title).status));
            let read = client.get(&path);
            assert_eq!(read["id"], created["id"]);
            assert_eq!(read["meta"]["resourceType"], name);

            // And goes to nobody else, not even to who takes its place.
            assert_eq!(client.send("DELETE", &path, None).status, 204);
            met(&client.create(endpoint, &sent));
            assert_eq!(client.send("GET", &path, None).status, 404);
        }
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations":
            [{"method": "POST", "path": "/Users", "bulkId": "bulkId", "data": user("cyd")}]});
        assert_eq!(client.send("POST", "/Bulk", Some(&bulk)).status, 200);
        let id = client.found("/Users", "userName eq \"cyd\"").remove(0);
        met(&json!({ "id": id }));
    });
}

// proves: 7643-3.1-externalid
#[test]
fn an_external_id_is_the_clients_within_its_own_domain() {
    both_engines(|app| {
        let (one, other) = (Client::new(app, "One"), Client::new(app, "Other"));
        let mut sent = user("ann");
        let path = path_of("/Users", &one.create("/Users", &sent));
        let title = json!([{"op": "add", "path": "title", "value": "x"}]);
        for resource in [one.get(&path), one.patch(&path, &title).json()] {
            assert!(resource.get("externalId").is_none(), "{resource}");
        }
        sent["externalId"] = json!("701984");
        let replaced = one.send("PUT", &path, Some(&sent));
        assert_eq!(replaced.json()["externalId"], "701984", "{}", replaced.text);
        let theirs = other.create("/Users", &sent);
        let same = "externalId eq \"701984\"";
        assert_eq!(one.found("/Users", same), [replaced.json()["id"].clone()]);
        assert_eq!(other.found("/Users", same), [theirs["id"].clone()]);
        one.send("PUT", &path, Some(&user("ann")));
        assert!(one.get(&path).get("externalId").is_none());
        assert_eq!(
            other.get(&path_of("/Users", &theirs))["externalId"],
            "701984"
        );
    });
}

// proves: 7643-2.3.8-order 7643-3-duplicates 7643-3-order 7643-3.3-base
#[test]
fn no_order_of_attributes_or_schemas_matters_and_no_schema_is_named_twice() {
    both_engines(|app| {
        for dialect in [Dialect::Strict, Dialect::Tolerant] {
            let client = Client::speaking(app, &format!("{dialect:?}"), dialect);
            let extension = json!({"manager": {"value": "7"}, "department": "IT"});
            let name = json!({"givenName": "Ann", "familyName": "Lima"});
            let mut seen = Vec::new();
            for (number, schemas) in [
                json!([USER, ENTERPRISE]),
                json!([ENTERPRISE, USER]),
                json!([USER, ENTERPRISE, USER, ENTERPRISE]),
            ]
            .into_iter()
            .enumerate()
            {
                let mut members = [
                    ("schemas", schemas),
                    ("userName", json!(format!("u{number}"))),
                    ("name", name.clone()),
                    (ENTERPRISE, extension.clone()),
                    ("active", json!(false)),
                ];
                members.rotate_left(number * 2);
                let text: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", json!(name)))
                    .collect();
                let bearer = format!("Bearer {}", client.token);
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("Content-Type", "application/scim+json"),
                ];
                let body = format!("{{{}}}", text.join(","));
                let reply = app.send_raw("POST", "/scim/v2/Users", &headers, &body);
                assert_eq!(reply.status, 201, "{body}: {}", reply.text);
                let created = reply.json();
                let named: Vec<&str> = created["schemas"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|urn| urn.as_str().unwrap())
                    .collect();
                let different: BTreeSet<&str> = named.iter().copied().collect();
                assert_eq!(different, BTreeSet::from([USER, ENTERPRISE]));
                assert_eq!(named.len(), 2, "{created}");
                seen.push((
                    created["name"].clone(),
                    created[ENTERPRISE].clone(),
                    created["active"].clone(),
                ));
                // A message has no order either.
                let message = r#"{"Operations":[{"value":"Boss","path":"title","op":"replace"}],
                    "schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}"#;
                let path = format!("/scim/v2{}", path_of("/Users", &created));
                let patched = app.send_raw("PATCH", &path, &headers, message);
                assert_eq!(patched.json()["title"], "Boss", "{}", patched.text);
            }
            assert_eq!(seen[0], (name, extension, json!(false)));
            assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
        }
    });
}

// proves: 7643-2.4-objects
#[test]
fn objects_among_many_values_are_complex_values_and_nothing_else_is() {
    both_engines(|app| {
        for dialect in [Dialect::Strict, Dialect::Tolerant] {
            let client = Client::speaking(app, &format!("{dialect:?}"), dialect);
            for (attribute, values, fits) in [
                (
                    "emails",
                    json!([{"value": "a@x.example", "type": "work"}]),
                    true,
                ),
                ("customCodes", json!(["a", "b"]), true),
                ("emails", json!(["a@x.example"]), false),
                (
                    "emails",
                    json!([{"value": {"value": "a@x.example"}}]),
                    false,
                ),
                ("customCodes", json!([{"value": "a"}]), false),
                ("customCodes", json!(["a", {"value": "b"}]), false),
            ] {
                let mut sent = user("ann");
                sent[attribute] = values.clone();
                let reply = client.send("POST", "/Users", Some(&sent));
                if fits {
                    assert_eq!(reply.status, 201, "{values}: {}", reply.text);
                    assert_eq!(reply.json()[attribute], values);
                    let path = path_of("/Users", &reply.json());
                    assert_eq!(client.send("DELETE", &path, None).status, 204);
                } else {
                    assert_eq!(reply.status, 400, "{values}: {}", reply.text);
                    assert_eq!(reply.json()["scimType"], "invalidValue");
                }
            }
        }
    });
}

// proves: 7643-2.4-primary-default
#[test]
fn a_value_that_does_not_say_so_is_not_primary() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let with = |name: &str, emails: Value| {
            let mut sent = user(name);
            sent["emails"] = emails;
            client.create("/Users", &sent)["id"].clone()
        };
        let unsaid = with("a", json!([{"value": "a@x.example", "type": "work"}]));
        let denied = with(
            "b",
            json!([{"value": "b@x.example", "type": "work", "primary": false}]),
        );
        let primary = with(
            "c",
            json!([{"value": "c@x.example", "type": "work", "primary": true}]),
        );
        let both = with(
            "d",
            json!([{"value": "d@x.example", "type": "work", "primary": true},
                {"value": "d@home.example", "type": "home"}]),
        );
        with("nobody", json!([]));
        for (filter, expected) in [
            ("emails[primary eq false]", vec![&unsaid, &denied, &both]),
            ("emails.primary eq false", vec![&unsaid, &denied, &both]),
            (
                "emails[type eq \"work\" and primary eq false]",
                vec![&unsaid, &denied],
            ),
            ("emails[primary ne false]", vec![&primary, &both]),
            ("emails[not (primary eq false)]", vec![&primary, &both]),
            ("emails[primary eq true]", vec![&primary, &both]),
            ("emails.primary eq true", vec![&primary, &both]),
            (
                "not (emails.primary eq false) and emails pr",
                vec![&primary],
            ),
        ] {
            let found: BTreeSet<String> = client
                .found("/Users", filter)
                .iter()
                .map(Value::to_string)
                .collect();
            let expected: BTreeSet<String> = expected.into_iter().map(Value::to_string).collect();
            assert_eq!(found, expected, "{filter}");
        }
        let path = format!("/Users/{}", both.as_str().unwrap());
        let operations = json!([{"op": "replace", "path": "emails[primary eq false].value", "value": "e@x.example"}]);
        let changed = client.patch(&path, &operations).json();
        assert_eq!(
            changed["emails"],
            json!([{"value": "d@x.example", "type": "work", "primary": true},
                {"value": "e@x.example", "type": "home"}])
        );
    });
}

// proves: 7643-3.1-location 7643-3.1-modified 7643-3.1-weak 7644-3.14-etag 7644-3.14-version
#[test]
fn meta_says_where_a_resource_is_when_it_changed_and_in_which_version() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for (endpoint, mut sent) in [
            ("/Users", user("ann")),
            (
                "/Groups",
                json!({"schemas": [GROUP], "displayName": "Team"}),
            ),
        ] {
            let created = client.send("POST", endpoint, Some(&sent));
            let path = path_of(endpoint, &created.json());
            app.clock.advance(Duration::minutes(5));
            let read = client.send("GET", &path, None);
            let brief = client.send("GET", &format!("{path}?attributes=id,meta"), None);
            sent["externalId"] = json!("1");
            let replaced = client.send("PUT", &path, Some(&sent));
            let operations = json!([{"op": "replace", "path": "externalId", "value": "2"}]);
            let patched = client.patch(&format!("{path}?attributes=meta"), &operations);

            let mut versions = BTreeSet::new();
            for reply in [&created, &read, &brief, &replaced, &patched] {
                let meta = &reply.json()["meta"];
                assert_eq!(reply.header("content-location"), meta["location"].as_str());
                let version = meta["version"].as_str().unwrap();
                assert_eq!(reply.header("etag"), Some(version), "{}", reply.text);
                // One version has several representations, so it is no strong validator.
                assert!(
                    version.starts_with("W/\"") && version.ends_with('"'),
                    "{version}"
                );
                versions.insert(version.to_owned());
            }
            assert_eq!(versions.len(), 3, "{versions:?}");
            assert_ne!(brief.text, read.text);
            assert_eq!(brief.header("etag"), read.header("etag"));
            let times = |reply: &vestibule_testkit::Reply| {
                let meta = reply.json()["meta"].clone();
                (meta["created"].clone(), meta["lastModified"].clone())
            };
            for unchanged in [&created, &read] {
                let (created, modified) = times(unchanged);
                assert_eq!(created, modified, "{}", unchanged.text);
            }
            let (begun, modified) = times(&replaced);
            assert_eq!(begun, times(&created).0);
            assert_ne!(modified, begun);
        }
    });
}

// proves: 7643-3.3-container
#[test]
fn attributes_of_an_extension_lie_under_its_urn_and_those_of_the_core_do_not() {
    both_engines(|app| {
        let strict = Client::speaking(app, "Strict", Dialect::Strict);
        let tolerant = Client::new(app, "Tolerant");
        let sent = json!({"schemas": [USER, ENTERPRISE], "userName": "ann", "title": "Boss",
            ENTERPRISE: {"employeeNumber": "7"}});
        for client in [&strict, &tolerant] {
            let mut created = client.create("/Users", &sent);
            assert_eq!(created[ENTERPRISE], json!({"employeeNumber": "7"}));
            let core = created.as_object_mut().unwrap();
            core.remove(ENTERPRISE);
            assert!(core.get("employeeNumber").is_none() && core.get(USER).is_none());
            assert_eq!(core["title"], "Boss");
        }
        for misplaced in [
            json!({"schemas": [USER, ENTERPRISE], "userName": "bob", "employeeNumber": "7"}),
            json!({"schemas": [USER, ENTERPRISE], "userName": "bob", ENTERPRISE: {"title": "Boss"}}),
        ] {
            let refused = strict.send("POST", "/Users", Some(&misplaced));
            assert_eq!(refused.status, 400, "{misplaced}: {}", refused.text);
            let created = tolerant.create("/Users", &misplaced);
            for name in ["employeeNumber", "title", USER, ENTERPRISE] {
                assert!(created.get(name).is_none(), "{created}");
            }
            tolerant.send("DELETE", &path_of("/Users", &created), None);
        }
        let under_core = json!({"schemas": [USER], "userName": "bob", USER: {"title": "Boss"}});
        let refused = strict.send("POST", "/Users", Some(&under_core));
        assert_eq!(refused.status, 400, "{}", refused.text);
        let created = tolerant.create("/Users", &under_core);
        assert_eq!(created["title"], "Boss");
        assert!(created.get(USER).is_none(), "{created}");
    });
}

// proves: 7643-4.1.1-hashed 7643-9.2-cleartext
#[test]
fn a_password_is_nowhere_in_the_database() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let mut sent = user("ann-who-is-kept");
        sent["password"] = json!("t1meMa$heen");
        let created = client.create("/Users", &sent);
        let path = path_of("/Users", &created);
        sent["title"] = json!("x");
        assert_eq!(client.send("PUT", &path, Some(&sent)).status, 200);
        let operations = json!([{"op": "replace", "path": "password", "value": "t1meMa$heen"},
            {"op": "replace", "value": {"password": "t1meMa$heen", "title": "y"}}]);
        assert_eq!(client.patch(&path, &operations).json()["title"], "y");
        sent["active"] = json!("t1meMa$heen");
        assert_eq!(client.send("PUT", &path, Some(&sent)).status, 400);

        let users = app
            .database()
            .rows("users", &["document", "match_document"], "id");
        let mut kept = json!(users).to_string();
        if let Some(file) = app.database().file() {
            for file in [file.to_owned(), format!("{file}-wal")] {
                let bytes = std::fs::read(file).unwrap_or_default();
                kept.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        assert!(kept.contains("ann-who-is-kept"));
        assert!(!kept.contains("t1meMa$heen"));
        assert!(all_of(&client.get("/Users?attributes=password"), "password")[0].is_null());
    });
}
