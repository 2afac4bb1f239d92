//! RFC 7644, sections 3.3, 3.5 and 3.6: creating, replacing, modifying and deleting.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_scim::Dialect;
use vestibule_testkit::{Reply, both_engines};

use super::{Client, ENTERPRISE, GROUP, USER, define, path_of, user};

fn group(name: &str) -> Value {
    json!({"schemas": [GROUP], "displayName": name})
}

// proves: 7644-3.1-state 7644-3.3-body 7644-3.3-created 7644-3.3-location
#[test]
fn a_created_resource_is_answered_with_its_address_and_as_it_was_understood() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        let group = json!({"schemas": [GROUP], "DISPLAYNAME": "Team", "nobodyKnowsThis": 1,
            "members": [{"value": ann["id"]}]});
        let person = json!({"schemas": [USER], "USERNAME": "bob", "id": "mine", "active": "False",
            "password": "t1meMa$heen", "groups": [{"value": "x"}], "nobodyKnowsThis": 1,
            "nickName": null, "Emails": {"VALUE": "bob@x.example"}});
        for (endpoint, sent) in [("/Groups", group), ("/Users", person)] {
            let created = client.send("POST", endpoint, Some(&sent));
            assert_eq!(created.status, 201, "{}", created.text);
            let told = created.json();
            for ignored in ["nobodyKnowsThis", "password", "groups", "nickName"] {
                assert!(told.get(ignored).is_none(), "{told}");
            }
            let location = &told["meta"]["location"];
            assert_eq!(created.header("location"), location.as_str());
            let read = client.follow(location);
            assert_eq!((read.status, &read.json()), (200, &told));
            // So with every other change.
            let path = path_of(endpoint, &told);
            let replaced = client.send("PUT", &path, Some(&sent));
            assert_eq!(replaced.status, 200, "{}", replaced.text);
            assert_eq!(replaced.json(), client.get(&path));
            let operations =
                json!([{"op": "add", "value": {"EXTERNALID": "7", "nobodyKnowsThis": 1}}]);
            let patched = client.patch(&format!("{path}?excludedAttributes=x"), &operations);
            assert_eq!(patched.json(), client.get(&path), "{}", patched.text);
            assert_eq!(patched.json()["externalId"], "7");
        }
        let bob = client.get("/Users?filter=userName%20eq%20%22bob%22")["Resources"][0].clone();
        assert_eq!(bob["active"], false);
        assert_eq!(bob["emails"], json!([{"value": "bob@x.example"}]));
    });
}

// proves: 7644-3.5-put 7644-3.5.1-create 7644-3.5.1-replace
#[test]
fn a_put_replaces_all_that_was_there_and_creates_nothing() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let full = json!({"schemas": [USER, ENTERPRISE], "userName": "ann", "externalId": "1", "title": "Boss",
            "active": false, "name": {"givenName": "Ann", "familyName": "Lima"}, "customCodes": ["a", "b"],
            "emails": [{"value": "a@x.example", "type": "work"}, {"value": "b@x.example", "type": "home"}],
            ENTERPRISE: {"department": "IT", "manager": {"value": "7"}}});
        let ann = client.create("/Users", &full);
        let path = path_of("/Users", &ann);
        let next = json!({"schemas": [USER], "userName": "anna", "name": {"givenName": "Anna"},
            "emails": [{"value": "c@x.example"}], "customCodes": ["c"], "active": true});
        let replaced = client.send("PUT", &path, Some(&next));
        assert_eq!(replaced.status, 200, "{}", replaced.text);
        let read = client.get(&path);
        let mut expected = next.clone();
        for assigned in ["id", "meta"] {
            expected[assigned] = read[assigned].clone();
        }
        assert_eq!(read, expected, "nothing is left of what was there");

        let team = json!({"schemas": [GROUP], "displayName": "Team", "externalId": "1", "members": [{"value": ann["id"]}]});
        let team = client.create("/Groups", &team);
        let team_path = path_of("/Groups", &team);
        let replaced = client.send("PUT", &team_path, Some(&group("Crew")));
        assert_eq!(replaced.status, 200, "{}", replaced.text);
        let read = client.get(&team_path);
        assert_eq!(read["displayName"], "Crew");
        assert!(
            read.get("externalId").is_none() && read["members"] == json!([]),
            "{read}"
        );

        for (endpoint, sent) in [("/Users", user("eve")), ("/Groups", group("Other"))] {
            let total = client.get(endpoint)["totalResults"].clone();
            for id in ["00000000-0000-7000-8000-000000000000", "eve"] {
                let refused = client.send("PUT", &format!("{endpoint}/{id}"), Some(&sent));
                assert_eq!(refused.status, 404, "{}", refused.text);
            }
            assert_eq!(client.send("PUT", endpoint, Some(&sent)).status, 405);
            assert_eq!(client.get(endpoint)["totalResults"], total);
        }
    });
}

// proves: 7644-3.5-patch 7644-3.5.2-answer
#[test]
fn a_patch_is_answered_with_the_resource_or_with_nothing() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        let team = client.create("/Groups", &group("Team"));
        for (endpoint, resource, attribute) in [
            ("/Users", &ann, "userName"),
            ("/Groups", &team, "displayName"),
        ] {
            let path = path_of(endpoint, resource);
            let named = |value: &str| json!([{"op": "replace", "path": attribute, "value": value}]);
            let plain = client.patch(&path, &named("first"));
            match plain.status {
                200 => assert_eq!(plain.json(), client.get(&path)),
                204 => assert_eq!(plain.text, ""),
                other => panic!("{other}: {}", plain.text),
            }
            assert_eq!(client.get(&path)[attribute], "first");
            let asked = client.patch(&format!("{path}?attributes={attribute}"), &named("second"));
            assert_eq!(asked.status, 200, "{}", asked.text);
            let told = asked.json();
            assert_eq!(
                (&told[attribute], &told["id"]),
                (&json!("second"), &resource["id"])
            );
            assert!(told.get("meta").is_none(), "{told}");
            let asked = client.patch(
                &format!("{path}?excludedAttributes={attribute}"),
                &named("third"),
            );
            assert_eq!(asked.status, 200, "{}", asked.text);
            assert!(asked.json().get(attribute).is_none() && asked.json()["meta"].is_object());
        }
    });
}

// proves: 7644-3.5.2.1-modified
#[test]
fn an_add_that_changes_nothing_does_not_move_the_last_modification() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create(
            "/Users",
            &json!({"schemas": [USER, ENTERPRISE], "userName": "ann", "title": "Boss", "customCodes": ["a"],
                "emails": [{"value": "a@x.example", "type": "work", "primary": true}], ENTERPRISE: {"department": "IT"}}),
        );
        let team =
            json!({"schemas": [GROUP], "displayName": "Team", "members": [{"value": ann["id"]}]});
        let team = client.create("/Groups", &team);
        let (person, members) = (path_of("/Users", &ann), path_of("/Groups", &team));
        let before = [client.get(&person), client.get(&members)];
        app.clock.advance(Duration::hours(1));
        for (path, operation) in [
            (
                &person,
                json!({"op": "add", "path": "title", "value": "Boss"}),
            ),
            (
                &person,
                json!({"op": "add", "value": {"title": "Boss", "customCodes": ["a"]}}),
            ),
            (
                &person,
                json!({"op": "add", "path": "customCodes", "value": ["a"]}),
            ),
            (
                &person,
                json!({"op": "add", "path": "emails", "value":
                [{"value": "a@x.example", "type": "work", "primary": true}]}),
            ),
            (
                &person,
                json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "IT"}),
            ),
            (
                &members,
                json!({"op": "add", "path": "members", "value": [{"value": ann["id"]}]}),
            ),
            (
                &members,
                json!({"op": "add", "value": {"displayName": "Team", "members": [{"value": ann["id"]}]}}),
            ),
        ] {
            let reply = client.patch(path, &json!([operation]));
            assert!([200, 204].contains(&reply.status), "{}", reply.text);
            let after = [client.get(&person), client.get(&members)];
            assert_eq!(after, before, "{operation}");
        }
        let change = json!([{"op": "add", "path": "title", "value": "Chief"}]);
        let changed = client.patch(&person, &change).json();
        assert_ne!(
            changed["meta"]["lastModified"],
            before[0]["meta"]["lastModified"]
        );
    });
}

// proves: 7644-3.6-answer
#[test]
fn a_deletion_is_answered_with_nothing() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for (endpoint, sent) in [("/Users", user("ann")), ("/Groups", group("Team"))] {
            let path = path_of(endpoint, &client.create(endpoint, &sent));
            let deleted = client.send("DELETE", &path, None);
            assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
            assert_eq!(client.send("DELETE", &path, None).status, 404);
        }
    });
}

// proves: 7644-2-appropriate 7644-2-policy 7644-2-subject 7644-2.1-scopes 7644-7.7-model
#[test]
fn a_client_reads_and_changes_what_it_may_and_nothing_else() {
    both_engines(|app| {
        let (owner, stranger) = (Client::new(app, "Owner"), Client::new(app, "Stranger"));
        let ann = owner.create_user("ann");
        let team = owner.create("/Groups", &group("Team"));
        let title = json!([{"op": "replace", "path": "externalId", "value": "theirs"}]);
        for (endpoint, resource, sent) in [
            ("/Users", &ann, user("ann")),
            ("/Groups", &team, group("Team")),
        ] {
            let path = path_of(endpoint, resource);
            let before = owner.get(&path);
            for reply in [
                stranger.send("GET", &path, None),
                stranger.send("PUT", &path, Some(&sent)),
                stranger.patch(&path, &title),
                stranger.send("DELETE", &path, None),
            ] {
                assert_eq!(reply.status, 404, "{}", reply.text);
            }
            assert_eq!(stranger.get(endpoint)["totalResults"], 0);
            assert_eq!(owner.get(&path), before);
        }
        let member =
            json!({"schemas": [GROUP], "displayName": "Crew", "members": [{"value": ann["id"]}]});
        assert_eq!(stranger.send("POST", "/Groups", Some(&member)).status, 400);

        let scoped = |name: &str, scopes: vestibule_oauth::Scopes| {
            let mut settings = vestibule_testkit::internal(name);
            settings.scopes = scopes;
            let token = app.register(settings).token;
            Client { app, token }
        };
        let reader = scoped("Reader", vestibule_oauth::Scopes::READ);
        let writer = scoped("Writer", vestibule_oauth::Scopes::WRITE);
        assert_eq!(reader.get("/Users")["totalResults"], 0);
        let bob = writer.create_user("bob");
        let is_refused = |reply: Reply| {
            assert_eq!(reply.status, 403, "{}", reply.text);
            let challenge = reply.header("www-authenticate").unwrap();
            assert!(challenge.contains("insufficient_scope"), "{challenge}");
        };
        is_refused(reader.send("POST", "/Users", Some(&user("eve"))));
        is_refused(writer.send("GET", &path_of("/Users", &bob), None));
    });
}

// proves: 7643-7-immutable 7644-3.5.1-immutable
#[test]
fn a_put_changes_and_removes_nothing_immutable() {
    both_engines(|app| {
        define(
            app,
            "Device",
            &json!([{"name": "serial", "mutability": "immutable"}, {"name": "note"}]),
        );
        let client = Client::new(app, "Product");
        let device = |more: Value| {
            let mut device = json!({"schemas": ["urn:example:params:scim:schemas:Device"]});
            device
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            device
        };
        let made = client.create("/Devices", &device(json!({"serial": "one"})));
        let path = path_of("/Devices", &made);
        let refused = client.send("PUT", &path, Some(&device(json!({"serial": "two"}))));
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert_eq!(refused.json()["scimType"], "mutability");
        let kept = client.send("PUT", &path, Some(&device(json!({"note": "n"}))));
        assert_eq!(kept.status, 200, "{}", kept.text);
        let now = client.get(&path);
        assert_eq!((&now["serial"], &now["note"]), (&json!("one"), &json!("n")));
    });
}

#[test]
fn a_put_that_does_not_say_so_lets_nobody_in_again() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let mut sent = user("ann");
        sent["active"] = json!(false);
        let ann = client.create("/Users", &sent);
        let path = path_of("/Users", &ann);
        let replaced = client.send("PUT", &path, Some(&user("ann")));
        assert_eq!(replaced.json()["active"], false, "{}", replaced.text);
        sent["active"] = json!(true);
        let replaced = client.send("PUT", &path, Some(&sent));
        assert_eq!(replaced.json()["active"], true, "{}", replaced.text);
        let replaced = client.send("PUT", &path, Some(&user("ann")));
        assert_eq!(replaced.json()["active"], true, "{}", replaced.text);
    });
}

/// What the tolerant dialect reads it counts, and the strict one refuses it over HTTP too.
// proves: 7643-3-schemas
#[test]
fn a_strict_provider_is_told_what_else_leaves_doubt() {
    both_engines(|app| {
        let strict = Client::speaking(app, "Strict", Dialect::Strict);
        let tolerant = Client::new(app, "Tolerant");
        for client in [&strict, &tolerant] {
            client.create_user("ann");
            client.create(
                "/Groups",
                &json!({"schemas": [GROUP], "displayName": "Team"}),
            );
        }
        let [ann, team] = ["/Users", "/Groups"].map(|endpoint| {
            [&strict, &tolerant]
                .map(|client| path_of(endpoint, &client.get(endpoint)["Resources"][0]))
        });
        let title = json!([{"op": "replace", "path": "title", "value": "Boss"}]);
        let exchange =
            json!([{"op": "replace", "path": "members[value eq \"nobody\"]", "value": []}]);
        let message = |schemas: Option<&str>, operations: &Value| {
            let mut message = json!({"Operations": operations});
            if let Some(urn) = schemas {
                message["schemas"] = json!([urn]);
            }
            message
        };
        let patch = Some("urn:ietf:params:scim:api:messages:2.0:PatchOp");
        for (index, (client, is_strict)) in [(&strict, true), (&tolerant, false)]
            .into_iter()
            .enumerate()
        {
            for (method, path, body) in [
                ("POST", "/Users".to_owned(), json!({"userName": "bob"})),
                (
                    "POST",
                    "/Users".to_owned(),
                    json!({"schemas": [], "userName": "cyd"}),
                ),
                (
                    "POST",
                    "/Users".to_owned(),
                    json!({"schemas": [ENTERPRISE], "userName": "dan"}),
                ),
                ("PATCH", ann[index].clone(), message(None, &title)),
                ("PATCH", team[index].clone(), message(patch, &exchange)),
                ("POST", "/Users/.search".to_owned(), json!({"count": 1})),
            ] {
                let reply = client.send(method, &path, Some(&body));
                assert_eq!(
                    reply.status == 400,
                    is_strict,
                    "{path} {body}: {}",
                    reply.text
                );
            }
        }
    });
}
