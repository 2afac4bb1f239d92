//! Access requests: asked for, decided on, taken back and left until they run out.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_domain::access_request::Asked;

use super::Actors;

impl Actors<'_> {
    pub(super) fn requests(&mut self) {
        let pending = self.ids("access-requests?state=pending");
        match self.dice.roll(6) {
            0 => {
                if let Some(id) = self.dice.one(&pending) {
                    drop(self.ask("DELETE", &format!("/access-requests/{id}"), &Value::Null));
                }
            }
            1..=3 => {
                for id in pending {
                    self.vote(&id);
                }
            }
            _ => {
                // For everybody, so that somebody is in need of it.
                for user in self.ids("users") {
                    self.request(&user);
                }
            }
        }
    }

    /// The token of somebody who has a say; none for the command line.
    fn voice(&mut self) -> Option<String> {
        let [one, other] = self.others.clone();
        [Some(self.admin.clone()), Some(one), Some(other), None][self.dice.roll(4)].take()
    }

    fn request(&mut self, user: &str) {
        let number = i64::try_from(self.dice.roll(60)).unwrap();
        let Some(token) = self.voice() else {
            let asked = Asked {
                justification: format!("call {number}"),
                ..Asked::default()
            };
            let user = user.parse().unwrap();
            drop(
                self.app
                    .service
                    .request_access(&self.app.admin(), user, asked),
            );
            return;
        };
        let start = self.app.clock.now() + Duration::minutes(10);
        let ahead = self.dice.yes();
        let body = json!({
            "user": user,
            "justification": format!("change {number}"),
            "reason": self.dice.yes().then_some("repair"),
            "governance_id": self.dice.yes().then(|| format!("CHG{number}")),
            "start": ahead.then_some(start),
            "duration_minutes": ahead.then_some(number + 5),
            "forwarding": self.dice.one(&["shown", "shown", "mailed"]),
        });
        drop(self.send("POST", "/api/v1/access-requests", &token, &body));
    }

    fn vote(&mut self, id: &str) {
        let approves = self.dice.roll(4) > 0;
        let comment = self.dice.yes().then(|| "looked at".to_owned());
        if let Some(token) = self.voice() {
            let word = ["disapprovals", "approvals"][usize::from(approves)];
            let path = format!("/api/v1/access-requests/{id}/{word}");
            drop(self.send("POST", &path, &token, &json!({ "comment": comment })));
        } else {
            let (admin, id) = (self.app.admin(), id.parse().unwrap());
            let voted = self
                .app
                .service
                .vote_on_access(&admin, id, approves, comment);
            drop(voted);
        }
    }

    /// Every way in which a request for somebody can end, and one that is half decided.
    pub(super) fn finish_requests(&self, user: &str, access_group: &str) {
        let policy = format!("/access-groups/{access_group}");
        drop(self.ask("PATCH", &policy, &json!({"approvals_required": 1})));
        let made = |more: Value| {
            let mut body = json!({"user": user, "justification": "the last ones"});
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let made = self.ask("POST", "/access-requests", &body);
            let id = made["request"]["id"].as_str();
            let id = id.unwrap_or_else(|| panic!("{made}"));
            format!("/access-requests/{id}")
        };
        let vote = |path: &str, word: &str| {
            let [other, _] = &self.others;
            let path = format!("/api/v1{path}/{word}");
            let voted = self.send("POST", &path, other, &json!({"comment": "in the end"}));
            assert!(voted["request"].is_object(), "{voted}");
        };
        vote(&made(json!({"reason": "repair"})), "approvals");
        vote(&made(json!({"governance_id": "CHG0042"})), "disapprovals");
        drop(self.ask("DELETE", &made(json!({})), &Value::Null));
        let start = self.app.clock.now() + Duration::minutes(1);
        made(json!({"start": start, "duration_minutes": 1}));
        self.app.clock.advance(Duration::minutes(3));
        self.app.service.tell_time().unwrap();
        drop(self.ask("PATCH", &policy, &json!({"approvals_required": 2})));
        vote(&made(json!({})), "approvals");
        let staff = self.staff(access_group);
        made(json!({ "user": staff }));
    }

    /// Somebody of staff who gets in by an access group.
    fn staff(&self, access_group: &str) -> String {
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "last of staff",
        });
        let user = id(&self.scim(1, "POST", "Users", &user));
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Last of staff",
            "members": [{ "value": user }],
        });
        let group = id(&self.scim(1, "POST", "Groups", &group));
        let tie = json!({ "access_group": access_group });
        drop(self.ask("PATCH", &format!("/groups/{group}"), &tie));
        user
    }
}
