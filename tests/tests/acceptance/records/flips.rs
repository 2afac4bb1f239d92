//! What would flip a refusal, done over the API one after another: each can be done when its turn
//! comes, and then the verdict is the promised one.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

/// People who may not get in, and what it takes to change that.
struct Office<'a> {
    app: &'a TestApp,
    admin: String,
    /// Enabled.
    open: String,
    now: DateTime<Utc>,
}

impl<'a> Office<'a> {
    fn new(app: &'a TestApp) -> Self {
        let admin = app.admin_token("ada", Role::Operator);
        let mut office = Self {
            app,
            admin,
            open: String::new(),
            now: app.clock.now(),
        };
        office.open = office.access_group("Open", true);
        office
    }

    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/api/v1{path}");
        let reply = self.app.send(method, &path, Some(&self.admin), body);
        assert!(
            reply.status < 300,
            "{method} {path} {body:?}: {}",
            reply.text
        );
        if reply.text.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    fn scim(&self, token: &str, method: &str, path: &str, body: &Value) -> String {
        let path = format!("/scim/v2{path}");
        let reply = self.app.send(method, &path, Some(token), Some(body));
        assert!(reply.status < 300, "{method} {path}: {}", reply.text);
        if reply.text.is_empty() {
            String::new()
        } else {
            reply.json()["id"].as_str().unwrap().to_owned()
        }
    }

    fn access_group(&self, name: &str, enabled: bool) -> String {
        let made = json!({"name": name, "enabled": enabled});
        let made = self.admin("POST", "/access-groups", Some(&made));
        made["id"].as_str().unwrap().to_owned()
    }

    fn user(&self, token: &str, name: &str, active: bool) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name, "active": active,
        });
        self.scim(token, "POST", "/Users", &body)
    }

    fn group(&self, token: &str, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name, "members": members,
        });
        self.scim(token, "POST", "/Groups", &body)
    }

    /// The vendor that came with a group last.
    fn newest_vendor(&self) -> String {
        let newest = self.admin("GET", "/vendors?sort=-created&limit=1", None);
        newest["items"][0]["id"].as_str().unwrap().to_owned()
    }

    fn block(&self, user: &str, until: Option<DateTime<Utc>>) {
        let body = json!({"reason": "audit", "until": until});
        self.admin("POST", &format!("/users/{user}/blocks"), Some(&body));
    }

    fn access(&self, user: &str, at: DateTime<Utc>) -> Value {
        let at = at.to_rfc3339().replace("+00:00", "Z");
        self.admin("GET", &format!("/users/{user}/access?at={at}"), None)
    }

    /// Does all that the refusal names, in its order. Answers how much that was.
    fn flip(&self, token: &str, user: &str, home: &str) -> usize {
        let refused = self.access(user, self.now);
        let flip = refused["flip"].as_array().unwrap().clone();
        assert_eq!(refused["verdict"] == "allowed", flip.is_empty());
        if let [only] = flip.as_slice()
            && let Some(until) = only["wait_until"].as_str()
        {
            let waited = self.access(user, until.parse().unwrap());
            assert_eq!(waited["verdict"], "allowed", "{only}");
        }
        for change in &flip {
            self.change(token, user, change, home);
        }
        let then = self.access(user, self.now);
        assert_eq!(then["verdict"], "allowed", "{refused} {then}");
        flip.len()
    }

    /// `home`: a group that lets its people in.
    fn change(&self, token: &str, user: &str, change: &Value, home: &str) {
        let id = |name: &str| change[name].as_str().unwrap();
        let instant = |name: &str| id(name).parse::<DateTime<Utc>>().unwrap();
        let vendor = |settings: &Value| {
            self.admin(
                "PATCH",
                &format!("/vendors/{}", id("vendor")),
                Some(settings),
            );
        };
        let group = |settings: &Value| {
            self.admin("PATCH", &format!("/groups/{}", id("group")), Some(settings));
        };
        let over_scim = |path: &str, operation: Value| {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [operation],
            });
            self.scim(token, "PATCH", path, &body);
        };
        match id("change") {
            "lift_block" => {
                self.admin("DELETE", &format!("/blocks/{}", id("block")), None);
            }
            "activate_person" => over_scim(
                &format!("/Users/{}", id("user")),
                json!({"op": "replace", "path": "active", "value": true}),
            ),
            "add_to_group" => over_scim(
                &format!("/Groups/{home}"),
                json!({"op": "add", "path": "members", "value": [{"value": id("user")}]}),
            ),
            "enable_vendor" => vendor(&json!({"status": "enabled"})),
            "reattach_vendor" => {
                // The product pushes the company anew, which makes a pending vendor.
                let group = self.group(token, &format!("Anew {}", id("vendor")), &[user]);
                let path = format!("/vendors/{}/reattach", id("vendor"));
                let attached = self.admin("POST", &path, Some(&json!({ "group": group })));
                assert_eq!(attached["status"], "disabled", "{attached}");
            }
            "set_start" => vendor(&json!({"start": instant("latest")})),
            "extend_end" => vendor(&json!({"end": instant("beyond") + Duration::seconds(1)})),
            "set_access_group" => vendor(&json!({"access_group": self.open})),
            "enable_access_group" => {
                let path = format!("/access-groups/{}", id("access_group"));
                self.admin("PATCH", &path, Some(&json!({"enabled": true})));
            }
            "enable_internal_group" => group(&json!({"enabled": true})),
            "tie_group_to_access_group" => group(&json!({"access_group": self.open})),
            other => panic!("nobody said how to {other}"),
        }
    }
}

#[test]
fn every_refusal_of_a_vendors_person_can_be_flipped_step_by_step() {
    both_engines(|app| {
        let office = Office::new(app);
        let okta = app.register(third_party("Okta"));
        let token = okta.token.as_str();
        let now = office.now;
        let home = office.group(token, "Home", &[]);
        let settings = json!({"access_group": office.open, "start": now, "status": "enabled"});
        let path = format!("/vendors/{}", office.newest_vendor());
        office.admin("PATCH", &path, Some(&settings));

        let hours = |hours: i64| Some(now + Duration::hours(hours));
        let mut steps = Vec::new();
        let mut number = 0;
        for status in ["pending", "disabled", "enabled"] {
            for start in [None, hours(-2), hours(2)] {
                for end in [None, hours(-1), hours(3)] {
                    for tied in [None, Some(false), Some(true)] {
                        let upside_down = start.zip(end).is_some_and(|(start, end)| end <= start);
                        let bare = start.is_none() || tied.is_none();
                        if upside_down || (status == "enabled" && bare) {
                            continue;
                        }
                        number += 1;
                        let user = office.user(token, &format!("user-{number}"), number % 4 != 0);
                        office.group(token, &format!("Vendor {number}"), &[&user]);
                        let name = format!("Group {number}");
                        let tied = tied.map(|enabled| (office.access_group(&name, true), enabled));
                        let vendor = office.newest_vendor();
                        let mut settings = json!({"start": start, "end": end});
                        if status != "pending" {
                            settings["status"] = json!(status);
                        }
                        if let Some((tied, _)) = &tied {
                            settings["access_group"] = json!(tied);
                        }
                        office.admin("PATCH", &format!("/vendors/{vendor}"), Some(&settings));
                        if let Some((tied, false)) = &tied {
                            let path = format!("/access-groups/{tied}");
                            office.admin("PATCH", &path, Some(&json!({"enabled": false})));
                        }
                        match number % 5 {
                            1 => office.block(&user, None),
                            2 => office.block(&user, hours(1)),
                            _ => {}
                        }
                        steps.push(office.flip(token, &user, &home));
                    }
                }
            }
        }
        assert!(number > 40, "{number}");
        assert!(steps.iter().any(|steps| *steps >= 5), "{steps:?}");
        let alone = office.user(token, "alone", true);
        assert_eq!(office.flip(token, &alone, &home), 1);
    });
}

#[test]
fn every_refusal_of_staff_can_be_flipped_step_by_step() {
    both_engines(|app| {
        let office = Office::new(app);
        let entra = app.register(internal("Entra"));
        let token = entra.token.as_str();
        let home = office.group(token, "Home", &[]);
        let tie = json!({ "access_group": office.open });
        office.admin("PATCH", &format!("/groups/{home}"), Some(&tie));
        let mut number = 0;
        for enabled in [false, true] {
            for tied in [None, Some(false), Some(true)] {
                number += 1;
                let user = office.user(token, &format!("user-{number}"), true);
                let group = office.group(token, &format!("Team {number}"), &[&user]);
                let tied =
                    tied.map(|enabled| office.access_group(&format!("Group {number}"), enabled));
                let settings = json!({"enabled": enabled, "access_group": tied});
                office.admin("PATCH", &format!("/groups/{group}"), Some(&settings));
                office.flip(token, &user, &home);
            }
        }
        let alone = office.user(token, "alone", false);
        assert_eq!(office.flip(token, &alone, &home), 2);
    });
}

#[test]
fn every_refusal_of_a_closed_vendors_person_can_be_flipped_step_by_step() {
    both_engines(|app| {
        let office = Office::new(app);
        let okta = app.register(third_party("Okta"));
        let token = okta.token.as_str();
        let home = office.group(token, "Home", &[]);
        let hours = |hours: i64| Some(office.now + Duration::hours(hours));
        let mut steps = Vec::new();
        for start in [None, hours(-2), hours(2)] {
            for end in [None, hours(-1), hours(3)] {
                for tied in [None, Some(false), Some(true)] {
                    if start.zip(end).is_some_and(|(start, end)| end <= start) {
                        continue;
                    }
                    let number = steps.len();
                    let user = office.user(token, &format!("user-{number}"), true);
                    office.group(token, &format!("Vendor {number}"), &[&user]);
                    let vendor = office.newest_vendor();
                    let name = format!("Group {number}");
                    let tied = tied.map(|enabled| office.access_group(&name, enabled));
                    let settings = json!({"start": start, "end": end, "access_group": tied});
                    office.admin("PATCH", &format!("/vendors/{vendor}"), Some(&settings));
                    // Closing a vendor places its people elsewhere. Who is still in one, as after rows
                    // were put back from a copy, is told how to get out of it.
                    app.database().lay(&format!(
                        "UPDATE vendors SET status = 'closed', group_id = NULL WHERE id = '{vendor}'"
                    ));
                    let refused = office.access(&user, office.now);
                    let first = &refused["flip"][0];
                    assert_eq!(first["change"], "reattach_vendor", "{refused}");
                    assert_eq!(first["vendor"], json!(vendor), "{refused}");
                    steps.push(office.flip(token, &user, &home));
                }
            }
        }
        assert_eq!(
            (steps.len(), steps.iter().max()),
            (24, Some(&5)),
            "{steps:?}"
        );
    });
}

#[test]
fn who_lost_their_address_is_activated_with_another() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("olga", Role::Operator);
        let push = |name: &str, active: bool| {
            let user = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": active,
                "emails": [{"value": "ada@acme.example", "primary": true}],
            });
            let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let advice = |id: &str| {
            let path = format!("/api/v1/users/{id}/access");
            let access = app.send("GET", &path, Some(&admin), None).json();
            assert_eq!(access["flip"][0]["change"], "activate_person", "{access}");
            access["flip"][0]["explanation"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let idle = push("idle", false);
        assert!(
            !advice(&idle).contains("another primary e-mail"),
            "nobody has it"
        );
        push("ada", true);
        assert!(advice(&idle).contains("another primary e-mail"));
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let patched = |operations: Value| {
            let body = json!({"schemas": [schema], "Operations": operations});
            let path = format!("/scim/v2/Users/{idle}");
            app.send("PATCH", &path, Some(&okta.token), Some(&body))
                .status
        };
        let activate = json!({"op": "replace", "path": "active", "value": true});
        let address = json!({"op": "replace", "path": "emails[primary eq true].value", "value": "other@acme.example"});
        assert_eq!(patched(json!([activate])), 409);
        assert_eq!(patched(json!([address, activate])), 200);
    });
}
