//! Two changes of one person's access at once: neither is lost to the other.

use super::*;

const PEOPLE: usize = 24;
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A provider with people in it, and an administrator.
struct Place<'a> {
    app: &'a TestApp,
    token: String,
    root: String,
    people: Vec<String>,
}

impl<'a> Place<'a> {
    fn new(app: &'a TestApp) -> Self {
        let token = app.register(internal("Product")).token;
        let person = |number: usize| {
            let user = person(number, "before");
            let made = app.send("POST", "/scim/v2/Users", Some(&token), Some(&user));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        Self {
            people: (0..PEOPLE).map(person).collect(),
            root: app.admin_token("root", Role::Administrator),
            token,
            app,
        }
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> Reply {
        let path = format!("/api/v1{path}");
        self.app.send(method, &path, Some(&self.root), Some(body))
    }

    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let reply = self.admin(method, path, body);
        assert!(reply.status < 300, "{path}: {}", reply.text);
        if reply.text.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    fn rename(&self, number: usize) {
        let mut value = person(number, "after");
        value.as_object_mut().unwrap().remove("schemas");
        let operation = json!({"op": "replace", "value": value});
        let body = json!({"schemas": [PATCH], "Operations": [operation]});
        let path = format!("/scim/v2/Users/{}", self.people[number]);
        let reply = self
            .app
            .send("PATCH", &path, Some(&self.token), Some(&body));
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    /// How many of the people have a block that stands.
    fn blocked(&self) -> usize {
        let path = "/api/v1/users?blocked=true";
        let found = self.app.send("GET", path, Some(&self.root), None).json();
        found["items"].as_array().unwrap().len()
    }
}

fn person(number: usize, name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}{number}"),
        "emails": [{"value": format!("{name}{number}@acme.example"), "primary": true}],
    })
}

/// Both at the same moment.
fn both(one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            one();
        });
        barrier.wait();
        other();
    });
}

#[test]
fn a_block_set_while_its_person_is_renamed_holds() {
    both_engines(|app| {
        let place = Place::new(app);
        for (number, id) in place.people.iter().enumerate() {
            let path = format!("/users/{id}/blocks");
            both(
                || place.rename(number),
                || drop(place.done("POST", &path, &json!({"reason": "fraud"}))),
            );
        }
        assert_eq!(place.blocked(), PEOPLE);
    });
}

#[test]
fn a_block_lifted_while_its_person_is_renamed_is_lifted() {
    both_engines(|app| {
        let place = Place::new(app);
        for (number, id) in place.people.iter().enumerate() {
            let reason = json!({"reason": "fraud"});
            let block = place.done("POST", &format!("/users/{id}/blocks"), &reason);
            let path = format!("/blocks/{}", block["id"].as_str().unwrap());
            both(
                || place.rename(number),
                || drop(place.done("DELETE", &path, &Value::Null)),
            );
        }
        assert_eq!(place.blocked(), 0);
    });
}

#[test]
fn no_link_made_free_stands_while_the_group_is_tied_to_what_takes_approvals() {
    both_engines(|app| {
        let place = Place::new(app);
        let free = place.done("POST", "/access-groups", &json!({"name": "Free"}));
        let strict = json!({"name": "Strict", "approvals_required": 1});
        let strict = place.done("POST", "/access-groups", &strict);
        let providers = app.send("GET", "/api/v1/providers", Some(&place.root), None);
        let provider = providers.json()["items"][0]["id"].clone();
        let path = format!("/providers/{}", provider.as_str().unwrap());
        let free = json!({"default_access_group": free["id"]});
        place.done("PATCH", &path, &free);
        let tie = json!({"access_group": strict["id"]});
        for (number, id) in place.people.iter().enumerate() {
            let group = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": format!("Group {number}"), "members": [{"value": id}],
            });
            let token = Some(place.token.as_str());
            let group = app.send("POST", "/scim/v2/Groups", token, Some(&group));
            let group = format!("/groups/{}", group.json()["id"].as_str().unwrap());
            let links = format!("/users/{id}/links");
            both(
                || drop(place.done("PATCH", &group, &tie)),
                || drop(place.admin("POST", &links, &json!({}))),
            );
        }
        let path = "/api/v1/links?state=live";
        let live = app.send("GET", path, Some(&place.root), None).json();
        assert_eq!(live["items"], json!([]));
    });
}
