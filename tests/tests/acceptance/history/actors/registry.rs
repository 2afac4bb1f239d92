//! Providers and credentials: registered, changed, switched, issued, rotated, revoked, deleted; and who
//! administers them.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_service::Role;

use super::Actors;

impl Actors<'_> {
    pub(super) fn registry(&mut self) {
        let all = self.ids("providers");
        let any = self.dice.one(&all).unwrap().clone();
        let passing = self.dice.one(&all[self.providers.len()..]).cloned();
        match (self.dice.roll(12), passing) {
            (0..=2, _) => self.register(),
            (3..=4, _) => self.change_provider(&any),
            (5, _) => self.switch(&any),
            (6..=7, _) => self.secrets(&any),
            (8..=9, _) => self.tokens(&any),
            (10, Some(id)) => drop(self.ask("DELETE", &format!("/providers/{id}"), &Value::Null)),
            _ => {
                let rotated = self.app.service.rotate_signing_key(&self.app.admin());
                rotated.unwrap();
            }
        }
    }

    /// Another provider, and what it pushes.
    fn register(&mut self) {
        let soon = self.app.clock.now() + Duration::hours(3);
        let new = json!({
            "name": format!("Passing{}", self.dice.roll(6)),
            "user_type": self.dice.one(&["internal", "third_party"]),
            "tags": ["passing"],
            "valid_until": self.dice.yes().then_some(soon),
        });
        let (user, members) = (self.user(), self.dice.yes());
        let made = self.ask("POST", "/providers", &new);
        let Some(id) = made["id"].as_str() else {
            return;
        };
        self.push(id, &user, members);
    }

    /// Lets a provider push a person, and a group with or without them.
    fn push(&self, provider: &str, user: &Value, member: bool) {
        let path = format!("/providers/{provider}/tokens");
        let issued = self.ask("POST", &path, &json!({"name": "first"}));
        let token = issued["access_token"].as_str().unwrap();
        let pushed = self.send("POST", "/scim/v2/Users", token, user);
        let members = pushed["id"].as_str().filter(|_| member);
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Passing",
            "members": members,
        });
        drop(self.send("POST", "/scim/v2/Groups", token, &group));
    }

    fn change_provider(&mut self, id: &str) {
        let tied = self.ids("access-groups");
        let number = self.dice.roll(9) + 1;
        let some = self.dice.yes();
        let changes = match self.dice.roll(7) {
            0 => json!({"description": some.then(|| format!("Number {number}"))}),
            1 => json!({"tags": [format!("tag{number}")], "put_keeps_members": some}),
            2 if some => json!({ "authentication": keys() }),
            2 => json!({"authentication": {}}),
            3 => json!({"default_access_group": self.dice.one(&tied).filter(|_| some)}),
            4 => json!({"link_delivery": self.dice.one(&["yes", "no"])}),
            5 => {
                let limit = json!({"per_second": 1_000 * number, "burst": 1_000});
                json!({"rate_limit": some.then_some(limit)})
            }
            _ => json!({"name": format!("Renamed{number}")}),
        };
        drop(self.ask("PATCH", &format!("/providers/{id}"), &changes));
    }

    fn stays(&self, provider: &str) -> bool {
        self.providers
            .iter()
            .any(|one| one.id.to_string() == provider)
    }

    fn switch(&mut self, id: &str) {
        let path = format!("/providers/{id}/state");
        let shut = json!({"state": self.dice.one(&["paused", "disabled"])});
        drop(self.ask("POST", &path, &shut));
        if self.stays(id) || self.dice.yes() {
            drop(self.ask("POST", &path, &json!({"state": "active"})));
        }
    }

    fn secrets(&mut self, provider: &str) {
        let path = format!("/providers/{provider}");
        if self.dice.roll(3) > 0 {
            let rotation = json!({"overlap_minutes": self.dice.one(&[Some(0), Some(30), None])});
            drop(self.ask("POST", &format!("{path}/secrets"), &rotation));
            return;
        }
        let details = self.ask("GET", &path, &Value::Null);
        let there = details["secrets"].as_array().unwrap();
        if let Some(secret) = self.dice.one(there) {
            let secret = secret["id"].as_str().unwrap();
            drop(self.ask("DELETE", &format!("{path}/secrets/{secret}"), &Value::Null));
        }
    }

    fn tokens(&mut self, provider: &str) {
        let stays = self.stays(provider);
        let path = format!("/providers/{provider}/tokens");
        let now = self.app.clock.now();
        let long_ago = now - Duration::days(if stays { 100 } else { 0 });
        match self.dice.roll(8) {
            0 if !stays => drop(self.ask("DELETE", &path, &Value::Null)),
            1 => {
                let path = format!("/providers/{provider}/token-epoch");
                drop(self.ask("POST", &path, &json!({ "issued_before": long_ago })));
            }
            2..=3 => {
                let there = self.ask("GET", &path, &Value::Null)["items"].take();
                // The one that those who stay push with stays, too.
                let mut there = there.as_array().unwrap().clone();
                there.retain(|token| token["name"] != "test");
                if let Some(token) = self.dice.one(&there) {
                    let token = token["id"].as_str().unwrap();
                    drop(self.ask("DELETE", &format!("{path}/{token}"), &Value::Null));
                }
            }
            _ => {
                let new = json!({
                    "name": format!("token{}", self.dice.roll(5)),
                    "ttl_minutes": self.dice.one(&[Some(5), Some(60), None]),
                    "scope": self.dice.yes().then_some("scim:read"),
                });
                drop(self.ask("POST", &path, &new));
            }
        }
    }

    /// A provider that goes with all it has, one that stays, with every change of a credential, and
    /// administrators.
    pub(super) fn finish_registry(&self) {
        let (app, admin) = (self.app, self.app.admin());
        let register = |name: &str| {
            let new = json!({"name": name, "user_type": "third_party"});
            let made = self.ask("POST", "/providers", &new);
            format!("/providers/{}", made["id"].as_str().unwrap())
        };
        let leaving = register("Leaving");
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "leaving",
        });
        self.push(leaving.trim_start_matches("/providers/"), &user, true);
        drop(self.ask("DELETE", &leaving, &Value::Null));

        let staying = register("Staying");
        let changed = self.ask("PATCH", &staying, &json!({ "authentication": keys() }));
        let its_keys = &changed["authentication"]["private_key_jwt"]["jwks"]["keys"];
        assert_eq!(its_keys[0]["kid"], "one", "{changed}");
        for state in ["paused", "active", "disabled", "active"] {
            drop(self.ask(
                "POST",
                &format!("{staying}/state"),
                &json!({ "state": state }),
            ));
        }
        let rotate = |minutes: i64| {
            let rotation = json!({ "overlap_minutes": minutes });
            self.ask("POST", &format!("{staying}/secrets"), &rotation)["id"].take()
        };
        let issue = |name: &str, minutes: i64| {
            let new = json!({"name": name, "ttl_minutes": minutes});
            self.ask("POST", &format!("{staying}/tokens"), &new)["id"].take()
        };
        let revoke = |what: &str, id: &Value| {
            let path = format!("{staying}/{what}/{}", id.as_str().unwrap());
            drop(self.ask("DELETE", &path, &Value::Null));
        };
        rotate(5);
        let second = rotate(1);
        issue("short", 1);
        // Time ends two secrets and a token, which are forgotten some time after.
        for _ in 0..2 {
            app.clock.advance(Duration::minutes(6));
            app.service.tell_time().unwrap();
            app.service.purge_tokens().unwrap();
        }
        revoke("secrets", &rotate(60));
        revoke("secrets", &second);
        rotate(60);
        revoke("tokens", &issue("one", 60));
        issue("two", 60);
        drop(self.ask("DELETE", &format!("{staying}/tokens"), &Value::Null));
        issue("three", 60);
        app.clock.advance(Duration::seconds(1));
        let epoch = json!({"issued_before": app.clock.now()});
        drop(self.ask("POST", &format!("{staying}/token-epoch"), &epoch));
        issue("four", 60);
        app.service.rotate_signing_key(&admin).unwrap();

        drop(app.admin_token("dan", Role::Auditor));
        drop(app.admin_token("eve", Role::Operator));
        let service = &app.service;
        let role = Role::Operator;
        service
            .change_administrator(&admin, "dan", role, false)
            .unwrap();
        let issued = service.issue_admin_token(&admin, "dan", "other", Some(60));
        let ended = issued.unwrap().token.id;
        service.revoke_admin_token(&admin, ended).unwrap();
        service.delete_administrator(&admin, "eve").unwrap();
    }
}

/// A provider that signs with a key of its own, or sends its secret in HTTP Basic.
fn keys() -> Value {
    let key = json!({
        "kty": "OKP", "crv": "Ed25519", "kid": "one", "use": "sig",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    });
    json!({"client_secret_post": false, "private_key_jwt": {"jwks": {"keys": [key]}}})
}
