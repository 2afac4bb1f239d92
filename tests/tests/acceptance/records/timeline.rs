//! What time alone changes is foreseen, and recorded once at its instant, however many nodes there are.

use std::collections::BTreeMap;
use std::sync::Barrier;

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_domain::provider::ProviderState;
use vestibule_service::events::EventQuery;
use vestibule_service::pages::PageQuery;
use vestibule_service::{AdminCall, Entropy, Role, Service, Settings};
use vestibule_testkit::{Database, Engine, TestApp, TestClock, both_engines, third_party};

/// How often the server itself recorded what.
fn told(service: &Service) -> BTreeMap<String, usize> {
    let query = EventQuery {
        page: PageQuery::first(1_000),
        ..EventQuery::default()
    };
    let mut words = BTreeMap::new();
    let events = service
        .list_events(&AdminCall::command_line(), &query)
        .unwrap();
    for event in events
        .items
        .iter()
        .filter(|event| event.actor_kind == "system")
    {
        *words.entry(event.action.clone()).or_default() += 1;
    }
    words
}

/// A vendor that starts in an hour and ends in two. Its id.
fn vendor(app: &TestApp, admin: &str, token: &str, members: &[&str]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme",
        "members": members,
    });
    let made = app.send("POST", "/scim/v2/Groups", Some(token), Some(&group));
    assert_eq!(made.status, 201, "{}", made.text);
    let tied = json!({"name": "Windows"});
    let tied = app.send("POST", "/api/v1/access-groups", Some(admin), Some(&tied));
    let list = app.send("GET", "/api/v1/vendors?name=Acme", Some(admin), None);
    let id = list.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let now = app.clock.now();
    let settings = json!({
        "access_group": tied.json()["id"],
        "start": now + Duration::hours(1),
        "end": now + Duration::hours(2),
        "status": "enabled",
    });
    let path = format!("/api/v1/vendors/{id}");
    let changed = app.send("PATCH", &path, Some(admin), Some(&settings));
    assert_eq!(changed.status, 200, "{}", changed.text);
    id
}

#[test]
fn what_is_to_come_is_listed_and_recorded_once_when_it_comes() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Operator);
        app.service.tell_time().unwrap();
        let now = app.clock.now();
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace"});
        let user = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
        let user = user.json()["id"].as_str().unwrap().to_owned();
        let vendor = vendor(app, &admin, &okta.token, &[&user]);
        let link = json!({"start": now + Duration::minutes(65), "duration_minutes": 10});
        let path = format!("/api/v1/users/{user}/links");
        let made = app.send("POST", &path, Some(&admin), Some(&link));
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/api/v1/users/{user}/blocks");
        let other = json!({"reason": "leave", "until": now + Duration::minutes(90)});

        let list = |query: &str| -> Vec<Value> {
            let reply = app.send(
                "GET",
                &format!("/api/v1/timeline{query}"),
                Some(&admin),
                None,
            );
            assert_eq!(reply.status, 200, "{}", reply.text);
            let items = reply.json()["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["kind"].clone()).collect()
        };
        let coming = [
            "vendor.started",
            "link.started",
            "link.expired",
            "vendor.ended",
        ];
        // The provider's activation token is good for a year.
        assert_eq!(list("?limit=4"), coming);
        assert_eq!(list("").last().unwrap(), "activation_token.expired");
        assert_eq!(list("?kind=vendor.ended"), coming[3..]);
        assert_eq!(list(&format!("?vendor={vendor}")), coming);
        let minute = |minutes| (now + Duration::minutes(minutes)).format("%Y-%m-%dT%H:%M:%SZ");
        assert_eq!(
            list(&format!("?from={}&to={}", minute(65), minute(75))),
            coming[1..2]
        );
        let back = format!("/api/v1/timeline?from={}&to={}", minute(75), minute(65));
        let back = app.send("GET", &back, Some(&admin), None);
        assert_eq!((back.status, &back.json()["field"]), (400, &json!("to")));
        let csv = app.send("GET", "/api/v1/timeline?format=csv", Some(&admin), None);
        assert!(
            csv.text.starts_with(r#""at","kind","subject","#),
            "{}",
            csv.text
        );

        assert_eq!(app.service.tell_time().unwrap(), 0);
        app.clock.advance(Duration::hours(1));
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(app.service.tell_time().unwrap(), 0);
        assert_eq!(list("?limit=3"), coming[1..]);
        // The clock is set back, and goes on: nothing is told twice.
        app.clock.advance(Duration::minutes(-30));
        assert_eq!(app.service.tell_time().unwrap(), 0);
        app.clock.advance(Duration::minutes(31));
        assert_eq!(app.service.tell_time().unwrap(), 0);
        // A link that a block ended neither starts nor runs out.
        assert_eq!(
            app.send("POST", &path, Some(&admin), Some(&other)).status,
            201
        );
        assert_eq!(list("?limit=2"), ["block.ended", "vendor.ended"]);
        app.clock.advance(Duration::hours(2));
        assert_eq!(app.service.tell_time().unwrap(), 2);
        assert_eq!(app.service.tell_time().unwrap(), 0);
        let once: BTreeMap<String, usize> = ["vendor.started", "block.ended", "vendor.ended"]
            .map(|kind| (kind.to_owned(), 1))
            .into();
        assert_eq!(told(&app.service), once);
        // What runs out while nobody looks is not purged before it is recorded.
        app.clock.advance(Duration::days(400));
        app.service.purge_tokens().unwrap();
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(told(&app.service)["activation_token.expired"], 1);
        app.clock.advance(Duration::minutes(6));
        app.service.tell_time().unwrap();
        assert_eq!(app.service.purge_tokens().unwrap(), 1);
    });
}

#[test]
fn a_date_of_just_now_that_was_written_late_is_recorded_still() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Operator);
        app.service.tell_time().unwrap();
        let vendor = vendor(app, &admin, &okta.token, &[]);
        app.clock.advance(Duration::minutes(90));
        assert_eq!(app.service.tell_time().unwrap(), 1);
        let path = format!("/api/v1/vendors/{vendor}");
        let end = json!({"end": app.clock.now() - Duration::seconds(1)});
        assert_eq!(
            app.send("PATCH", &path, Some(&admin), Some(&end)).status,
            200
        );
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(app.service.tell_time().unwrap(), 0);
        // Moved to another instant it is told of that one too.
        let end = json!({"end": app.clock.now() + Duration::minutes(1)});
        assert_eq!(
            app.send("PATCH", &path, Some(&admin), Some(&end)).status,
            200
        );
        app.clock.advance(Duration::minutes(1));
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(told(&app.service)["vendor.ended"], 2);
    });
}

#[test]
fn two_nodes_over_one_database_tell_each_change_once() {
    let Some(database) = Database::new(Engine::Postgres) else {
        return;
    };
    let clock = TestClock::default();
    let nodes: Vec<Service> = [1, 2]
        .map(|seed| {
            let entropy = Entropy::seeded(seed);
            Service::new(database.open(), clock.clock(), entropy, Settings::default())
        })
        .to_vec();
    let admin = AdminCall::command_line();
    nodes[0].tell_time().unwrap();
    let okta = nodes[0]
        .register_provider(&admin, third_party("Okta"), ProviderState::Active)
        .unwrap();
    // More than one step takes, and many at one instant.
    for number in 0..700 {
        let name = format!("token {number}");
        nodes[number % 2]
            .issue_activation_token(&admin, okta.provider.provider.id, &name, Some(60), None)
            .unwrap();
    }
    clock.advance(Duration::hours(2));
    let barrier = Barrier::new(nodes.len());
    let sum: usize = std::thread::scope(|scope| {
        let tellers: Vec<_> = nodes
            .iter()
            .map(|node| {
                scope.spawn(|| {
                    barrier.wait();
                    (0..20).map(|_| node.tell_time().unwrap()).sum::<usize>()
                })
            })
            .collect();
        tellers
            .into_iter()
            .map(|teller| teller.join().unwrap())
            .sum()
    });
    assert_eq!(sum, 700);
    let expected = BTreeMap::from([("activation_token.expired".to_owned(), 700)]);
    assert_eq!(told(&nodes[1]), expected);
}

#[test]
fn what_has_come_is_told_also_when_its_date_is_changed_before_anybody_looks() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Operator);
        app.service.tell_time().unwrap();
        let vendor = vendor(app, &admin, &okta.token, &[]);
        app.clock.advance(Duration::minutes(125));
        let path = format!("/api/v1/vendors/{vendor}");
        let longer = app.send("PATCH", &path, Some(&admin), Some(&json!({"end": null})));
        assert_eq!(longer.status, 200, "{}", longer.text);
        while app.service.tell_time().unwrap() > 0 {}
        let told = told(&app.service);
        assert_eq!((told["vendor.started"], told["vendor.ended"]), (1, 1));
    });
}

#[test]
fn what_has_come_is_told_before_the_push_that_hides_it() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Operator);
        app.service.tell_time().unwrap();
        let vendor = vendor(app, &admin, &okta.token, &[]);
        let groups = app.send("GET", "/scim/v2/Groups", Some(&okta.token), None);
        let group = groups.json()["Resources"][0]["id"].clone();
        let path = format!("/scim/v2/Groups/{}", group.as_str().unwrap());
        // Started, and nobody looked; then renamed.
        app.clock.advance(Duration::minutes(65));
        let renamed = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "displayName", "value": "Acme Ltd"}],
        });
        let renamed = app.send("PATCH", &path, Some(&okta.token), Some(&renamed));
        assert_eq!(renamed.status, 204, "{}", renamed.text);
        // Ended, and nobody looked; then closed.
        app.clock.advance(Duration::minutes(60));
        let deleted = app.send("DELETE", &path, Some(&okta.token), None);
        assert_eq!(deleted.status, 204, "{}", deleted.text);
        while app.service.tell_time().unwrap() > 0 {}
        let events = app.send(
            "GET",
            "/api/v1/events?sort=at&limit=1000",
            Some(&admin),
            None,
        );
        let events = events.json()["items"].as_array().unwrap().clone();
        let word = |event: &Value| event["action"].as_str().unwrap().to_owned();
        let at = events
            .iter()
            .position(|event| word(event) == "vendor.started");
        let after: Vec<String> = events[at.unwrap()..].iter().map(word).collect();
        assert_eq!(
            after,
            [
                "vendor.started",
                "group.changed",
                "vendor.changed",
                "vendor.ended",
                "group.deleted",
                "vendor.closed",
            ]
        );
        let of = |word: &str| events.iter().find(|event| event["action"] == word).unwrap();
        assert_eq!(of("vendor.started")["payload"]["after"]["name"], "Acme");
        assert_eq!(of("vendor.ended")["payload"]["after"]["name"], "Acme Ltd");
        assert_eq!(of("vendor.ended")["subject"]["id"], json!(vendor));
        let mut ids: Vec<&str> = events
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        let order = ids.clone();
        ids.sort_unstable();
        assert_eq!(ids, order);
    });
}

#[test]
fn a_block_that_followed_its_person_ends_once() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Operator);
        app.service.tell_time().unwrap();
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace"});
        let user = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
        let user = user.json()["id"].as_str().unwrap().to_owned();
        let leave = json!({"reason": "leave", "until": app.clock.now() + Duration::minutes(90)});
        let path = format!("/api/v1/users/{user}/blocks");
        let set = app.send("POST", &path, Some(&admin), Some(&leave));
        assert_eq!(set.status, 201, "{}", set.text);
        for name in ["hopper", "admiral"] {
            let renamed = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "userName", "value": name}],
            });
            let path = format!("/scim/v2/Users/{user}");
            let renamed = app.send("PATCH", &path, Some(&okta.token), Some(&renamed));
            assert_eq!(renamed.status, 200, "{}", renamed.text);
        }
        let coming = app.send(
            "GET",
            "/api/v1/timeline?kind=block.ended",
            Some(&admin),
            None,
        );
        assert_eq!(coming.json()["items"].as_array().unwrap().len(), 1);
        app.clock.advance(Duration::minutes(91));
        // Lifted, under its last name, before anybody has looked.
        let blocks = app.send("GET", "/api/v1/blocks", Some(&admin), None).json();
        let blocks = blocks["items"].as_array().unwrap().clone();
        assert_eq!(blocks.len(), 3);
        let path = format!("/api/v1/blocks/{}", blocks[2]["id"].as_str().unwrap());
        let lifted = app.send("DELETE", &path, Some(&admin), None);
        assert_eq!(lifted.status, 204, "{}", lifted.text);
        while app.service.tell_time().unwrap() > 0 {}
        assert_eq!(told(&app.service)["block.ended"], 1);
    });
}
