//! Many decisions at once, and where people are placed: explained, asked about other rules, watched.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

fn push(app: &TestApp, token: &str, endpoint: &str, mut body: Value) -> String {
    let schema = match endpoint {
        "Users" => "urn:ietf:params:scim:schemas:core:2.0:User",
        _ => "urn:ietf:params:scim:schemas:core:2.0:Group",
    };
    body["schemas"] = json!([schema]);
    let made = app.send(
        "POST",
        &format!("/scim/v2/{endpoint}"),
        Some(token),
        Some(&body),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

fn user(app: &TestApp, token: &str, name: &str) -> String {
    push(app, token, "Users", json!({ "userName": name }))
}

fn group(app: &TestApp, token: &str, name: &str, members: &[&String]) -> String {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({"displayName": name, "members": members});
    push(app, token, "Groups", body)
}

fn member(app: &TestApp, token: &str, group: &str, op: &str, user: &str) {
    let operation = match op {
        "add" => json!({"op": "add", "path": "members", "value": [{"value": user}]}),
        _ => json!({"op": "remove", "path": format!("members[value eq \"{user}\"]")}),
    };
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    });
    let path = format!("/scim/v2/Groups/{group}");
    let done = app.send("PATCH", &path, Some(token), Some(&body));
    assert_eq!(done.status, 204, "{}", done.text);
}

fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.send("GET", &format!("/api/v1{path}"), Some(token), None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

#[test]
fn a_thousand_decisions_are_those_of_a_thousand_questions() {
    both_engines(|app| {
        let (okta, entra) = (
            app.register(third_party("Okta")),
            app.register(internal("Entra")),
        );
        let admin = app.admin_token("ada", Role::Operator);
        let tied = json!({"name": "Windows"});
        let tied = app.send("POST", "/api/v1/access-groups", Some(&admin), Some(&tied));
        let tied = tied.json()["id"].as_str().unwrap().to_owned();

        let outside = ["v1", "v2", "v3"].map(|name| user(app, &okta.token, name));
        group(app, &okta.token, "Acme", &[&outside[0], &outside[1]]);
        let vendor = get(app, &admin, "/vendors")["items"][0]["id"].clone();
        let enable = json!({"access_group": tied, "start": app.clock.now(), "status": "enabled"});
        let path = format!("/api/v1/vendors/{}", vendor.as_str().unwrap());
        assert_eq!(
            app.send("PATCH", &path, Some(&admin), Some(&enable)).status,
            200
        );
        let block = json!({"reason": "lost laptop"});
        let path = format!("/api/v1/users/{}/blocks", outside[1]);
        assert_eq!(
            app.send("POST", &path, Some(&admin), Some(&block)).status,
            201
        );

        let inside = ["s1", "s2", "s3"].map(|name| user(app, &entra.token, name));
        let inner = group(app, &entra.token, "Inner", &[&inside[0]]);
        let outer = group(app, &entra.token, "Outer", &[&inner, &inside[1]]);
        let path = format!("/api/v1/groups/{outer}");
        let tie = json!({ "access_group": tied });
        assert_eq!(
            app.send("PATCH", &path, Some(&admin), Some(&tie)).status,
            200
        );

        let nobody = (0..994).map(uuid).collect::<Vec<_>>();
        let users: Vec<&String> = outside.iter().chain(&inside).chain(&nobody).collect();
        let asked = |users: &[&String]| {
            let body = json!({ "users": users });
            app.send(
                "POST",
                "/api/v1/access/decisions",
                Some(&admin),
                Some(&body),
            )
        };
        let answer = asked(&users);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let decisions = answer.json()["decisions"].as_array().unwrap().clone();
        assert_eq!(decisions.len(), 1_000);
        for (user, decision) in users.iter().zip(&decisions) {
            assert_eq!(decision["user"], json!(user));
        }
        for (user, decision) in users.iter().zip(&decisions[..6]) {
            assert_eq!(
                decision["access"],
                get(app, &admin, &format!("/users/{user}/access"))
            );
        }
        let verdicts: Vec<&Value> = decisions[..7]
            .iter()
            .map(|decision| &decision["access"]["verdict"])
            .collect();
        let expected = [
            json!("allowed"),
            json!("refused"),
            json!("refused"),
            json!("allowed"),
            json!("allowed"),
            json!("refused"),
            Value::Null,
        ];
        assert_eq!(verdicts, expected.iter().collect::<Vec<_>>());
        assert!(
            decisions[6..]
                .iter()
                .all(|decision| decision["access"].is_null())
        );

        let too_many: Vec<&String> = users.iter().copied().chain([&outside[0]]).collect();
        for wrong in [&too_many[..], &[]] {
            let refused = asked(wrong);
            assert_eq!(
                (refused.status, &refused.json()["field"]),
                (400, &json!("users"))
            );
        }
    });
}

fn uuid(number: u32) -> String {
    format!("01930000-0000-7000-8000-{number:012}")
}

#[test]
fn a_placement_is_explained_and_asked_about_other_rules() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Auditor);
        let grace = user(app, &okta.token, "grace");
        for name in ["Acme", "Beta", "Gamma"] {
            group(app, &okta.token, name, &[&grace]);
        }
        let vendors: Vec<String> = get(app, &admin, "/vendors?sort=name")["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|vendor| vendor["id"].as_str().unwrap().to_owned())
            .collect();
        let path = format!(
            "/users/{grace}/placement?priority={},{}",
            vendors[1], vendors[0]
        );
        let explained = get(app, &admin, &path);
        assert_eq!(explained["placement"]["vendor"], json!(vendors[2]));
        assert_eq!(
            explained["placement"]["candidates"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        let chosen: Vec<(&Value, &Value)> = explained["what_if"]
            .as_array()
            .unwrap()
            .iter()
            .map(|what_if| (&what_if["rule"], &what_if["chosen"]["vendor"]))
            .collect();
        let expected = [
            (&json!("last_group_wins"), &json!(vendors[2])),
            (&json!("first_group_wins"), &json!(vendors[0])),
            (&json!("named_priority"), &json!(vendors[1])),
        ];
        assert_eq!(chosen, expected);
        let unknown = uuid(1);
        let unknown = format!("{},{unknown}", vendors[1]);
        for wrong in ["Acme", &unknown] {
            let path = format!("/api/v1/users/{grace}/placement?priority={wrong}");
            let refused = app.send("GET", &path, Some(&admin), None);
            assert_eq!(
                (refused.status, &refused.json()["field"]),
                (400, &json!("priority"))
            );
            assert!(wrong == "Acme" || refused.text.contains(&uuid(1)));
        }
    });
}

#[test]
fn a_placement_that_flaps_is_told_once_a_window() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Auditor);
        let grace = user(app, &okta.token, "grace");
        let ida = user(app, &okta.token, "ida");
        group(app, &okta.token, "Acme", &[&grace, &ida]);
        let beta = group(app, &okta.token, "Beta", &[]);
        let alarms = || {
            let path = format!("/events?action=placement.flapping&subject={grace}");
            get(app, &admin, &path)["items"].as_array().unwrap().len()
        };
        let flap = |times: usize| {
            for time in 0..times {
                let op = if time % 2 == 0 { "add" } else { "remove" };
                member(app, &okta.token, &beta, op, &grace);
            }
        };
        flap(4);
        assert_eq!(alarms(), 0);
        flap(4);
        assert_eq!(alarms(), 1);
        let warnings = get(app, &admin, &format!("/providers/{}", okta.id));
        assert!(
            warnings.to_string().contains("placement_flapping"),
            "{warnings}"
        );
        app.clock.advance(Duration::minutes(10));
        flap(4);
        assert_eq!(alarms(), 1);
        flap(2);
        assert_eq!(alarms(), 2);
        // Not of those who stay where they are.
        let all = get(app, &admin, "/events?action=placement.flapping");
        assert_eq!(all["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn staff_in_no_internal_group_are_told_what_took_them_out() {
    both_engines(|app| {
        let mut settings = internal("Entra");
        settings.put_keeps_members = false;
        let entra = app.register(settings);
        let admin = app.admin_token("ada", Role::Administrator);
        let scim = |method: &str, group: &str, body: Option<Value>| {
            let path = format!("/scim/v2/Groups/{group}");
            let done = app.send(method, &path, Some(&entra.token), body.as_ref());
            assert!(done.status < 300, "{}", done.text);
        };
        let why = |user: &str| {
            let chain = get(app, &admin, &format!("/users/{user}/access"))["chain"].clone();
            let step = chain.as_array().unwrap().last().unwrap().clone();
            assert_eq!(step["check"], "internal_group_member");
            assert_eq!(step["holds"], false);
            if step["event"].is_null() {
                return String::new();
            }
            let event = step["event"].as_str().unwrap();
            let events = get(app, &admin, "/events?limit=100")["items"].clone();
            let mut events = events.as_array().unwrap().iter();
            let event = events.find(|one| one["id"] == event).unwrap();
            format!(
                "{} {}",
                event["action"].as_str().unwrap(),
                event["subject"]["id"].as_str().unwrap()
            )
        };
        let people = ["direct", "put", "nested", "deleted", "two", "never", "deep"]
            .map(|name| user(app, &entra.token, name));
        let [direct, put, nested, deleted, two, never, deep] = &people;
        let names = ["One", "Two", "Three", "Four", "Five"];
        let members: [&[&String]; 5] =
            [&[direct, two], &[put], &[nested], &[deleted], &[two, deep]];
        let mut groups = names.iter().zip(members);
        let made: Vec<String> = groups
            .by_ref()
            .map(|(name, members)| group(app, &entra.token, name, members))
            .collect();
        group(app, &entra.token, "Outer", &[&made[2], &made[4]]);

        member(app, &entra.token, &made[0], "remove", direct);
        assert_eq!(why(direct), format!("members.changed {}", made[0]));
        let bare = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Two",
        });
        scim("PUT", &made[1], Some(bare));
        assert_eq!(why(put), format!("members.changed {}", made[1]));
        let emptied = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "remove", "path": "members"}],
        });
        scim("PATCH", &made[2], Some(emptied));
        assert_eq!(why(nested), format!("members.changed {}", made[2]));
        scim("DELETE", &made[3], None);
        assert_eq!(why(deleted), format!("group.deleted {}", made[3]));
        // Of several groups the last that went, also one that was in another.
        scim("DELETE", &made[4], None);
        assert_eq!(why(deep), format!("group.deleted {}", made[4]));
        member(app, &entra.token, &made[0], "remove", two);
        assert_eq!(why(two), format!("members.changed {}", made[0]));
        assert_eq!(why(never), "");

        // The default of their provider is a way as well: what unset it took it from everybody.
        let tied = json!({"name": "Windows"});
        let tied = app.send("POST", "/api/v1/access-groups", Some(&admin), Some(&tied));
        let tied = tied.json()["id"].clone();
        for default in [tied, Value::Null] {
            let path = format!("/api/v1/providers/{}", entra.id);
            let change = json!({ "default_access_group": default });
            let done = app.send("PATCH", &path, Some(&admin), Some(&change));
            assert_eq!(done.status, 200, "{}", done.text);
        }
        for user in [never, two] {
            assert_eq!(why(user), format!("provider.changed {}", entra.id));
        }
        let late = user(app, &entra.token, "late");
        assert_eq!(why(&late), "", "it was unset before they came");
        member(app, &entra.token, &made[0], "add", two);
        member(app, &entra.token, &made[0], "remove", two);
        assert_eq!(why(two), format!("members.changed {}", made[0]));
    });
}
