//! Whoever acts in a random history, and what they do: pushing people and groups, and administering
//! vendors, access groups, blocks and links.

mod registry;
mod requests;

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_testkit::{TestApp, TestProvider};

/// Chance, the same every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.roll(of.len())])
    }

    pub(crate) fn yes(&mut self) -> bool {
        self.roll(2) == 0
    }
}

/// Whoever acts, and what there is to act on.
pub(super) struct Actors<'a> {
    pub(super) app: &'a TestApp,
    /// These stay throughout; others come and go.
    pub(super) providers: [TestProvider; 2],
    pub(super) admin: String,
    /// Who may ask for access and decide on it besides.
    pub(super) others: [String; 2],
    pub(super) dice: Dice,
}

impl Actors<'_> {
    /// What was answered, which may be a refusal, but no fault.
    fn send(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let reply = self
            .app
            .send(method, path, Some(token), (!body.is_null()).then_some(body));
        assert!(reply.status < 500, "{method} {path}: {}", reply.text);
        reply.json()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.send(method, &format!("/api/v1{path}"), &self.admin, body)
    }

    /// The ids of a list of the admin API, those of one provider first if one is given.
    fn ids(&self, list: &str) -> Vec<String> {
        let reply = self
            .app
            .send("GET", &format!("/api/v1/{list}"), Some(&self.admin), None);
        let items = reply.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn scim(&self, provider: usize, method: &str, path: &str, body: &Value) -> Value {
        let token = &self.providers[provider].token;
        self.send(method, &format!("/scim/v2/{path}"), token, body)
    }

    /// The ids that a provider sees.
    fn seen(&self, provider: usize, endpoint: &str) -> Vec<String> {
        let token = &self.providers[provider].token;
        let path = format!("/scim/v2/{endpoint}?attributes=id");
        let reply = self.app.send("GET", &path, Some(token), None);
        let found = reply.json()["Resources"].as_array().cloned();
        found
            .unwrap_or_default()
            .iter()
            .map(|resource| resource["id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn user(&mut self) -> Value {
        let number = self.dice.roll(12);
        let email = self.dice.roll(12);
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("User{number}"),
            "displayName": format!("Person {email}"),
            "active": self.dice.roll(4) > 0,
            "emails": [{"value": format!("mail{email}@Acme.example"), "type": "work"}],
        })
    }

    fn members(&mut self, provider: usize) -> Vec<Value> {
        let mut there = self.seen(provider, "Users");
        there.extend(self.seen(provider, "Groups"));
        (0..self.dice.roll(4))
            .filter_map(|_| {
                let id = self.dice.one(&there)?.clone();
                let shown = json!({"value": id, "display": format!("as {id:.4}")});
                Some(if self.dice.yes() {
                    shown
                } else {
                    json!({ "value": id })
                })
            })
            .collect()
    }

    fn group(&mut self, provider: usize) -> Value {
        let mut group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": format!("Group{}", self.dice.roll(6)),
            "members": self.members(provider),
        });
        if self.dice.roll(3) == 0 {
            group["accessGroup"] = json!(format!("Access{}", self.dice.roll(4)));
        }
        group
    }

    pub(super) fn step(&mut self) {
        let provider = self.dice.roll(2);
        match self.dice.roll(30) {
            0..=3 => {
                let user = self.user();
                drop(self.scim(provider, "POST", "Users", &user));
            }
            4..=5 => self.change_user(provider),
            6 => self.remove(provider, "Users"),
            7..=8 => {
                let group = self.group(provider);
                drop(self.scim(provider, "POST", "Groups", &group));
            }
            9..=12 => self.change_group(provider),
            13 => self.remove(provider, "Groups"),
            14 => self.access_groups(),
            15..=17 => self.vendors(),
            18 => self.blocks(),
            19 => self.internal_groups(),
            20..=21 => self.links(),
            22 => {
                self.app.service.tell_time().unwrap();
                self.app.service.purge_tokens().unwrap();
                let minutes = i64::try_from(self.dice.roll(120)).unwrap();
                self.app.clock.advance(Duration::minutes(minutes));
            }
            23..=25 => self.requests(),
            26..=28 => self.registry(),
            // The clock is set back now and then.
            _ => self.app.clock.advance(Duration::seconds(-90)),
        }
    }

    fn remove(&mut self, provider: usize, endpoint: &str) {
        let there = self.seen(provider, endpoint);
        if let Some(id) = self.dice.one(&there) {
            drop(self.scim(
                provider,
                "DELETE",
                &format!("{endpoint}/{id}"),
                &Value::Null,
            ));
        }
    }

    fn change_user(&mut self, provider: usize) {
        let there = self.seen(provider, "Users");
        let Some(id) = self.dice.one(&there) else {
            return;
        };
        let path = format!("Users/{id}");
        let mut next = self.user();
        if self.dice.yes() {
            drop(self.scim(provider, "PUT", &path, &next));
            return;
        }
        let field = ["active", "userName", "displayName", "emails"][self.dice.roll(4)];
        let operation = match self.dice.roll(5) {
            0 if field == "displayName" => json!({"op": "remove", "path": field}),
            _ => json!({"op": "replace", "path": field, "value": next[field].take()}),
        };
        drop(self.scim(provider, "PATCH", &path, &patch(&[operation])));
    }

    fn change_group(&mut self, provider: usize) {
        let there = self.seen(provider, "Groups");
        let Some(id) = self.dice.one(&there) else {
            return;
        };
        let path = format!("Groups/{id}");
        let mut next = self.group(provider);
        if self.dice.roll(4) == 0 {
            drop(self.scim(provider, "PUT", &path, &next));
            return;
        }
        let mut operations = Vec::new();
        for _ in 0..=self.dice.roll(3) {
            let members = json!(self.members(provider));
            let some = json!(self.members(provider).first());
            operations.push(match self.dice.roll(6) {
                0..=1 => json!({"op": "add", "path": "members", "value": members}),
                2 => json!({"op": "replace", "path": "members", "value": members}),
                3..=4 => {
                    let who = some["value"].as_str().unwrap_or("nobody").to_owned();
                    let path = format!("members[value eq \"{who}\"]");
                    // Often whoever was added just before.
                    let last = operations.last().map(|last: &Value| last["value"][0]["value"].clone());
                    match last {
                        Some(Value::String(id)) => {
                            json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})
                        }
                        _ => json!({"op": "remove", "path": path}),
                    }
                }
                _ => json!({"op": "replace", "path": "displayName", "value": next["displayName"].take()}),
            });
        }
        drop(self.scim(provider, "PATCH", &path, &patch(&operations)));
    }

    fn access_groups(&mut self) {
        let there = self.ids("access-groups");
        let name = format!("Access{}", self.dice.roll(4));
        let settings = json!({
            "name": name, "enabled": self.dice.roll(4) > 0, "linkable_by_provisioning": self.dice.yes(),
            "approvals_required": self.dice.one(&[0, 0, 1, 2]),
            "disapprovals_to_cancel": self.dice.roll(2) + 1,
        });
        match (self.dice.roll(5), self.dice.one(&there)) {
            (0..=1, Some(id)) => self.ask("PATCH", &format!("/access-groups/{id}"), &settings),
            (2, Some(id)) => self.ask("DELETE", &format!("/access-groups/{id}"), &Value::Null),
            _ => self.ask("POST", "/access-groups", &settings),
        };
    }

    fn vendors(&mut self) {
        let now = self.app.clock.now();
        let tied = self.ids("access-groups");
        if self.dice.roll(6) == 0 {
            let closed = self.ids("vendors?status=closed");
            let groups = self.seen(0, "Groups");
            if let (Some(closed), Some(group)) =
                (self.dice.one(&closed).cloned(), self.dice.one(&groups))
            {
                let path = format!("/vendors/{closed}/reattach");
                drop(self.ask("POST", &path, &json!({ "group": group })));
            }
            return;
        }
        // Half of them of vendors whose people may have links, so that some are cut short.
        let list = ["vendors", "vendors?status=enabled"][self.dice.roll(2)];
        let there = self.ids(list);
        let Some(id) = self.dice.one(&there).cloned() else {
            return;
        };
        let hours = i64::try_from(self.dice.roll(72)).unwrap();
        let settings = match self.dice.roll(6) {
            0..=2 => json!({
                "access_group": self.dice.one(&tied),
                "start": now - Duration::hours(1),
                "end": now + Duration::hours(hours + 1),
                "status": "enabled",
            }),
            3 => {
                json!({"status": "disabled", "end": null, "contract_number": format!("C-{hours}")})
            }
            4 => json!({"end": now + Duration::hours(hours), "link_delivery": "no"}),
            _ => json!({"end": now + Duration::minutes(hours + 1)}),
        };
        drop(self.ask("PATCH", &format!("/vendors/{id}"), &settings));
    }

    fn blocks(&mut self) {
        let set = self.ids("blocks");
        let people = self.ids("users");
        match (self.dice.roll(3), self.dice.one(&set), people) {
            (0, Some(id), _) => drop(self.ask("DELETE", &format!("/blocks/{id}"), &Value::Null)),
            (chance, _, people) => {
                if let Some(id) = self.dice.one(&people) {
                    let until = self.app.clock.now() + Duration::hours(5);
                    let block = json!({"reason": "why", "until": (chance == 1).then_some(until)});
                    drop(self.ask("POST", &format!("/users/{id}/blocks"), &block));
                }
            }
        }
    }

    fn internal_groups(&mut self) {
        let groups = self.seen(1, "Groups");
        let tied = self.ids("access-groups");
        if let Some(id) = self.dice.one(&groups).cloned() {
            let settings = json!({
                "enabled": self.dice.roll(4) > 0,
                "access_group": self.dice.one(&tied),
                "link_delivery": "yes",
            });
            drop(self.ask("PATCH", &format!("/groups/{id}"), &settings));
        }
    }

    fn links(&mut self) {
        match self.dice.roll(8) {
            0 => {
                let live = self.ids("links?state=live");
                if let Some(id) = self.dice.one(&live) {
                    drop(self.ask("DELETE", &format!("/links/{id}"), &Value::Null));
                }
            }
            1 => {
                let vendors = self.ids("vendors?status=enabled");
                if let Some(id) = self.dice.one(&vendors) {
                    let why = json!({"reason": "breach"});
                    drop(self.ask("POST", &format!("/vendors/{id}/panic"), &why));
                }
                let groups = self.seen(1, "Groups");
                if let Some(id) = self.dice.one(&groups) {
                    let why = json!({"reason": "strike"});
                    drop(self.ask("POST", &format!("/groups/{id}/panic"), &why));
                }
            }
            _ => {
                // To everybody, so that somebody may get in.
                for id in self.ids("users") {
                    drop(self.ask("POST", &format!("/users/{id}/links"), &json!({})));
                }
            }
        }
    }

    /// What chance may have left out.
    pub(super) fn finish(&self) {
        let (user, access_group) = self.finish_vendors();
        self.finish_requests(&user, &access_group);
        self.finish_registry();
    }

    /// An access group that goes, and a link that is cut short. Answers whose, and by which access group.
    fn finish_vendors(&self) -> (String, String) {
        let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
        let passing = id(&self.ask("POST", "/access-groups", &json!({"name": "Passing"})));
        drop(self.ask("DELETE", &format!("/access-groups/{passing}"), &Value::Null));
        let last = id(&self.ask("POST", "/access-groups", &json!({"name": "Last"})));
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "last",
        });
        let user = id(&self.scim(0, "POST", "Users", &user));
        let group = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Last",
            "members": [{ "value": user }],
        });
        drop(self.scim(0, "POST", "Groups", &group));
        let vendor = format!("/vendors/{}", self.ids("vendors?name=Last")[0]);
        let now = self.app.clock.now();
        let open = json!({
            "access_group": last, "start": now, "end": now + Duration::hours(5), "status": "enabled",
        });
        drop(self.ask("PATCH", &vendor, &open));
        drop(self.ask("POST", &format!("/users/{user}/links"), &json!({})));
        let sooner = json!({"end": now + Duration::hours(1)});
        drop(self.ask("PATCH", &vendor, &sooner));
        (user, last)
    }
}

fn patch(operations: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    })
}
