//! Where the access group requires approvals, a link comes from an access request alone.

mod approvers;
mod changed;
mod panic_button;

use std::sync::Barrier;

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, internal, third_party};

/// Ada of Acme, who may get in once others have approved.
struct Hall<'a> {
    app: &'a TestApp,
    ada: String,
    /// Operators: olga asks, the others decide.
    olga: String,
    others: Vec<String>,
}

impl<'a> Hall<'a> {
    fn new(app: &'a TestApp, policy: Value) -> Self {
        let okta = app.register(third_party("Okta"));
        let olga = app.admin_token("olga", Role::Operator);
        let others = ["Bob", "cid", "dan", "eve"]
            .map(|name| app.admin_token(name, Role::Operator))
            .to_vec();
        let post = |path: &str, token: &str, body: &Value| {
            let made = app.send("POST", path, Some(token), Some(body));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
        let ada = post("/scim/v2/Users", &okta.token, &user);
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Acme",
            "members": [{"value": ada}],
        });
        post("/scim/v2/Groups", &okta.token, &group);
        let mut settings = policy;
        settings["name"] = json!("Windows");
        let tied = post("/api/v1/access-groups", &olga, &settings);
        let vendors = app.send("GET", "/api/v1/vendors", Some(&olga), None).json();
        let path = format!(
            "/api/v1/vendors/{}",
            vendors["items"][0]["id"].as_str().unwrap()
        );
        let now = app.clock.now();
        let settings = json!({
            "access_group": tied, "start": now, "end": now + Duration::days(30), "status": "enabled",
        });
        let changed = app.send("PATCH", &path, Some(&olga), Some(&settings));
        assert_eq!(changed.status, 200, "{}", changed.text);
        Self {
            app,
            ada,
            olga,
            others,
        }
    }

    fn ask(&self, more: &Value) -> Reply {
        let mut body = json!({"user": self.ada, "justification": "replace the disk of db-4"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.app.send(
            "POST",
            "/api/v1/access-requests",
            Some(&self.olga),
            Some(&body),
        )
    }

    /// A new request's path.
    fn asked(&self, more: &Value) -> String {
        let made = self.ask(more);
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["request"]["id"].as_str().unwrap().to_owned();
        assert!(made.header("location").unwrap().ends_with(&id));
        format!("/api/v1/access-requests/{id}")
    }

    fn say(&self, path: &str, word: &str, token: &str) -> Reply {
        let body = json!({"comment": "looked at"});
        self.app
            .send("POST", &format!("{path}/{word}"), Some(token), Some(&body))
    }

    fn get(&self, path: &str) -> Value {
        let reply = self.app.send("GET", path, Some(&self.olga), None);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// The words of what happened to requests, oldest first.
    fn told(&self) -> Vec<String> {
        let events = self.get("/api/v1/events?sort=at&limit=1000");
        let words = events["items"].as_array().unwrap().iter();
        words
            .map(|event| event["action"].as_str().unwrap())
            .filter_map(|action| action.strip_prefix("access_request."))
            .map(str::to_owned)
            .collect()
    }
}

fn refused(reply: &Reply, status: u16, words: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert!(reply.text.contains(words), "{}", reply.text);
}

#[test]
fn what_is_wrong_with_a_request_is_told_with_its_field() {
    both_engines(|app| {
        let hall = Hall::new(
            app,
            json!({"approvals_required": 1, "governance_id_required": true}),
        );
        for (field, wrong) in [
            ("governance_id", json!({})),
            (
                "justification",
                json!({"governance_id": "1", "justification": " "}),
            ),
            (
                "reason",
                json!({"governance_id": "1", "reason": "two\nlines"}),
            ),
            (
                "duration_minutes",
                json!({"governance_id": "1", "duration_minutes": 0}),
            ),
            (
                "duration_minutes",
                json!({"governance_id": "1", "duration_minutes": 1_i64 << 40}),
            ),
            (
                "start",
                json!({"governance_id": "1", "start": "2020-01-01T00:00:00Z"}),
            ),
            (
                "start",
                json!({"governance_id": "1", "start": "2099-01-01T00:00:00Z"}),
            ),
        ] {
            let reply = hall.ask(&wrong);
            assert_eq!(
                (reply.status, &reply.json()["field"]),
                (400, &json!(field)),
                "{}",
                reply.text
            );
        }
    });
}

#[test]
fn every_level_is_approved_by_others_and_then_there_is_a_link() {
    both_engines(|app| {
        let hall = Hall::new(
            app,
            json!({
                "approvals_required": 2, "approval_levels": 2, "governance_id_required": true,
                "approvers": ["BOB", "cid", "dan", "eve", "olga"],
            }),
        );
        let link = format!("/api/v1/users/{}/links", hall.ada);
        let direct = app.send("POST", &link, Some(&hall.olga), Some(&json!({})));
        refused(&direct, 409, "needs 2 approvals in each of 2 levels");
        refused(&direct, 409, "/api/v1/access-requests");

        let id = json!({"governance_id": "CHG0042"});
        let path = hall.asked(&id);
        refused(&hall.ask(&id), 409, "requested already");

        refused(
            &hall.say(&path, "approvals", &hall.olga),
            409,
            "whoever made",
        );
        let zoe = app.admin_token("zoe", Role::Operator);
        refused(
            &hall.say(&path, "approvals", &zoe),
            409,
            "only the approvers",
        );
        let auditor = app.admin_token("max", Role::Auditor);
        assert_eq!(hall.say(&path, "approvals", &auditor).status, 403);
        for (number, approver) in hall.others.iter().enumerate() {
            let reply = hall.say(&path, "approvals", approver);
            assert_eq!(reply.status, 200, "{}", reply.text);
            let json = reply.json();
            assert_eq!(json["request"]["approvals"], json!(number + 1));
            assert_eq!(json["request"]["approvals_needed"], json!(4));
            assert_eq!(
                json["request"]["votes"][number]["level"],
                json!(number / 2 + 1)
            );
            assert_eq!(json["made"].is_null(), number < 3);
            if number < 3 {
                refused(&hall.say(&path, "approvals", approver), 409, "already");
            } else {
                assert_eq!(json["request"]["request"]["state"], "approved");
                let made = &json["made"];
                assert!(made["url"].as_str().unwrap().contains("/enter/"));
                assert_eq!(made["link"]["origin"], "request");
                assert_eq!(made["link"]["id"], json["request"]["request"]["link"]);
                assert_eq!(made["link"]["state"], "live");
            }
        }
        refused(
            &hall.say(&path, "disapprovals", &hall.others[0]),
            409,
            "approved already",
        );
        assert_eq!(hall.get(&path)["votes"].as_array().unwrap().len(), 4);
        let told = [
            "made", "approved", "approved", "approved", "approved", "granted",
        ];
        assert_eq!(hall.told(), told);
        let csv = app.send(
            "GET",
            "/api/v1/access-requests?format=csv",
            Some(&hall.olga),
            None,
        );
        assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
    });
}

#[test]
fn approvers_are_administrators() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1, "approvers": ["BOB"]}));
        let list = hall.get("/api/v1/access-groups");
        let path = format!(
            "/api/v1/access-groups/{}",
            list["items"][0]["id"].as_str().unwrap()
        );
        let change = |body: &Value| app.send("PATCH", &path, Some(&hall.olga), Some(body));
        let wrong = change(&json!({"approvers": ["BOB", "nobody", "cid", "no one"]}));
        assert_eq!(wrong.json()["field"], "approvers");
        refused(&wrong, 400, "nobody");
        refused(&wrong, 400, "no one");
        assert!(!wrong.text.contains("cid"), "{}", wrong.text);
        let made = json!({"name": "Linux", "approvers": ["nobody"]});
        let made = app.send(
            "POST",
            "/api/v1/access-groups",
            Some(&hall.olga),
            Some(&made),
        );
        refused(&made, 400, "nobody");
        // One who was named and has gone stands in the way of nothing else.
        app.admin_token("root", Role::Administrator);
        app.service
            .delete_administrator(&app.admin(), "bob")
            .unwrap();
        assert_eq!(change(&json!({"approval_levels": 2})).status, 200);
        assert_eq!(change(&json!({"approvers": ["BOB", "cid"]})).status, 200);
        assert_eq!(change(&json!({"approvers": []})).status, 200);
        refused(&change(&json!({"approvers": ["BOB"]})), 400, "BOB");
    });
}

#[test]
fn a_request_is_disapproved_withdrawn_or_runs_out() {
    both_engines(|app| {
        let hall = Hall::new(
            app,
            json!({"approvals_required": 1, "disapprovals_to_cancel": 2}),
        );
        app.service.tell_time().unwrap();
        assert_eq!(app.service.tell_time().unwrap(), 1, "the vendor starts");
        let path = hall.asked(&json!({}));
        for (token, state) in [
            (&hall.others[0], "pending"),
            (&hall.others[1], "disapproved"),
        ] {
            let reply = hall.say(&path, "disapprovals", token).json();
            assert_eq!(reply["request"]["request"]["state"], state);
        }
        refused(
            &hall.say(&path, "approvals", &hall.others[2]),
            409,
            "disapproved already",
        );

        let path = hall.asked(&json!({}));
        let withdraw = |token: &str| app.send("DELETE", &path, Some(token), None);
        assert_eq!(withdraw(&hall.others[0]).status, 403);
        let withdrawn = withdraw(&hall.olga);
        assert_eq!(withdrawn.json()["request"]["state"], "withdrawn");
        refused(&withdraw(&hall.olga), 409, "withdrawn already");

        // One whose window passes, and one for which nobody found the time.
        let start = app.clock.now() + Duration::hours(1);
        let path = hall.asked(&json!({"start": start, "duration_minutes": 60}));
        let coming = hall.get("/api/v1/timeline?kind=access_request.expired");
        assert_eq!(coming["items"].as_array().unwrap().len(), 1);
        app.clock.advance(Duration::hours(2));
        refused(
            &hall.say(&path, "approvals", &hall.others[0]),
            409,
            "expired already",
        );
        assert_eq!(
            hall.get("/api/v1/access-requests?state=expired")["items"][0]["state"],
            "expired"
        );
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(app.service.tell_time().unwrap(), 0);
        let path = hall.asked(&json!({}));
        app.clock.advance(Duration::days(7));
        assert_eq!(app.service.tell_time().unwrap(), 1);
        assert_eq!(hall.get(&path)["request"]["state"], "expired");

        // Approved after its start has come, the link works for the rest.
        let start = app.clock.now() + Duration::hours(1);
        let path = hall.asked(&json!({"start": start, "duration_minutes": 60}));
        app.clock.advance(Duration::minutes(90));
        let made = hall.say(&path, "approvals", &hall.others[0]).json()["made"].clone();
        let end = (start + Duration::minutes(60)).timestamp();
        let told: chrono::DateTime<chrono::Utc> =
            made["link"]["end"].as_str().unwrap().parse().unwrap();
        assert_eq!(told.timestamp(), end);
        let told = [
            "made",
            "disapproved",
            "disapproved",
            "cancelled",
            "made",
            "withdrawn",
            "made",
            "expired",
            "made",
            "expired",
            "made",
            "approved",
            "granted",
        ];
        assert_eq!(hall.told(), told);
    });
}

#[test]
fn what_stands_in_the_way_of_the_link_is_told_and_the_vote_has_not_counted() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let path = hall.asked(&json!({}));
        let blocks = format!("/api/v1/users/{}/blocks", hall.ada);
        let block = json!({"reason": "lost laptop"});
        let block = app
            .send("POST", &blocks, Some(&hall.olga), Some(&block))
            .json();
        refused(
            &hall.say(&path, "approvals", &hall.others[0]),
            409,
            "lift the block first",
        );
        assert_eq!(hall.get(&path)["approvals"], json!(0));
        let lift = format!("/api/v1/blocks/{}", block["id"].as_str().unwrap());
        app.send("DELETE", &lift, Some(&hall.olga), None);
        // Two who approve at once make one link.
        let barrier = Barrier::new(2);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let voters: Vec<_> = hall.others[..2]
                .iter()
                .map(|token| {
                    scope.spawn(|| {
                        barrier.wait();
                        hall.say(&path, "approvals", token).status
                    })
                })
                .collect();
            voters
                .into_iter()
                .map(|voter| voter.join().unwrap())
                .collect()
        });
        assert_eq!(
            statuses.iter().filter(|status| **status == 200).count(),
            1,
            "{statuses:?}"
        );
        assert_eq!(
            statuses.iter().filter(|status| **status == 409).count(),
            1,
            "{statuses:?}"
        );
        let links = hall.get("/api/v1/links?state=live");
        assert_eq!(links["items"].as_array().unwrap().len(), 1);
    });
}
