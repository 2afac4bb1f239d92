//! Many at once: exactly one winner, nobody told that the server failed.

mod access;
mod busy;
mod credentials;
mod signing_in;
mod ways;

use std::collections::BTreeMap;
use std::sync::Barrier;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, internal, third_party};

const THREADS: usize = 32;

/// Sends `THREADS` requests at the same moment and counts their statuses.
fn at_once(request: impl Fn(usize) -> Reply + Sync) -> BTreeMap<u16, usize> {
    let barrier = Barrier::new(THREADS);
    let mut statuses = BTreeMap::new();
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..THREADS)
            .map(|number| {
                let (barrier, request) = (&barrier, &request);
                scope.spawn(move || {
                    barrier.wait();
                    request(number).status
                })
            })
            .collect();
        for sender in senders {
            *statuses.entry(sender.join().unwrap()).or_default() += 1;
        }
    });
    statuses
}

fn create(app: &TestApp, token: &str, user_name: &str) -> Reply {
    let user =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": user_name});
    app.send("POST", "/scim/v2/Users", Some(token), Some(&user))
}

fn patch(operations: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
}

// proves: 7643-4.1.1-username 7643-7-unique 7644-3.3-conflict
#[test]
fn of_many_who_create_one_name_one_wins() {
    both_engines(|app| {
        let provider = app.register(third_party("Product"));
        for round in 0..5 {
            let statuses = at_once(|_| create(app, &provider.token, &format!("Racer{round}")));
            assert_eq!(statuses, BTreeMap::from([(201, 1), (409, THREADS - 1)]));
        }
    });
}

// proves: 7644-3.14-match
#[test]
fn of_many_who_hold_one_version_one_wins() {
    both_engines(|app| {
        let provider = app.register(third_party("Product"));
        let created = create(app, &provider.token, "ada").json();
        let path = format!("/scim/v2/Users/{}", created["id"].as_str().unwrap());
        let bearer = format!("Bearer {}", provider.token);
        let statuses = at_once(|number| {
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/scim+json"),
                ("If-Match", r#"W/"1""#),
            ];
            let body =
                patch(&json!([{"op": "replace", "path": "title", "value": format!("t{number}")}]));
            app.send_raw("PATCH", &path, &headers, &body.to_string())
        });
        assert_eq!(statuses, BTreeMap::from([(200, 1), (412, THREADS - 1)]));
    });
}

#[test]
fn of_many_who_hold_one_version_of_an_internal_group_one_wins() {
    both_engines(|app| {
        let provider = app.register(internal("Product"));
        let token = Some(provider.token.as_str());
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let group = json!({"schemas": [schema], "displayName": "Staff"});
        let pushed = app.send("POST", "/scim/v2/Groups", token, Some(&group));
        let group = pushed.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/groups/{group}");
        let olga = app.admin_token("olga", Role::Operator);
        let bearer = format!("Bearer {olga}");
        let change = |tag: &str, body: &Value| {
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
                ("If-Match", tag),
            ];
            app.send_raw("PATCH", &path, &headers, &body.to_string())
        };
        let read = || {
            let reply = app.send("GET", &path, Some(&olga), None);
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.header("etag").unwrap().to_owned()
        };
        let first = read();
        assert_eq!(read(), first);
        let statuses = at_once(|_| change(&first, &json!({"enabled": false})));
        assert_eq!(statuses, BTreeMap::from([(200, 1), (412, THREADS - 1)]));
        let second = read();
        assert_ne!(second, first);
        assert_eq!(change(r#"W/"nonsense""#, &json!({})).status, 412);
        let changed = change(&second, &json!({"link_delivery": "no"}));
        assert_eq!(changed.header("etag"), Some(read().as_str()));
        assert_eq!(change("*", &json!({"enabled": true})).status, 200);

        // Members make no other version of what administrators decide; a name does.
        let third = read();
        let user = create(app, &provider.token, "ada").json()["id"].clone();
        let path = format!("/scim/v2/Groups/{group}");
        let push = |operation: Value| {
            let body = patch(&json!([operation]));
            assert_eq!(app.send("PATCH", &path, token, Some(&body)).status, 204);
        };
        push(json!({"op": "add", "path": "members", "value": [{"value": user}]}));
        assert_eq!(read(), third);
        push(json!({"op": "replace", "path": "displayName", "value": "Guests"}));
        assert_ne!(read(), third);
    });
}

#[test]
fn many_who_join_one_group_all_get_in_and_nobody_twice() {
    both_engines(|app| {
        let provider = app.register(third_party("Product"));
        let token = Some(provider.token.as_str());
        let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Acme"});
        let group = app
            .send("POST", "/scim/v2/Groups", token, Some(&group))
            .json();
        let path = format!("/scim/v2/Groups/{}", group["id"].as_str().unwrap());
        let people: Vec<String> = (0..THREADS)
            .map(|number| {
                let created = create(app, &provider.token, &format!("person{number}"));
                created.json()["id"].as_str().unwrap().to_owned()
            })
            .collect();
        for _ in 0..2 {
            let statuses = at_once(|number| {
                let body = patch(
                    &json!([{"op": "add", "path": "members", "value": [{"value": people[number]}]}]),
                );
                app.send("PATCH", &path, token, Some(&body))
            });
            assert_eq!(statuses, BTreeMap::from([(204, THREADS)]));
        }
        let read = app.send("GET", &path, token, None).json();
        let members: std::collections::BTreeSet<&str> = read["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|member| member["value"].as_str().unwrap())
            .collect();
        assert_eq!(members.len(), THREADS);
        assert_eq!(read["members"].as_array().unwrap().len(), THREADS);
        assert_eq!(read["meta"]["version"], format!("W/\"{}\"", THREADS + 1));
        let verification = app
            .service
            .seal_events()
            .and_then(|_| app.service.verify_chain(&app.admin()))
            .unwrap();
        assert_eq!((verification.broken, verification.unsealed), (None, 0));
    });
}
