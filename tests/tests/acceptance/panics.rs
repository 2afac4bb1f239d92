//! After the panic button no link comes to its people by itself, whatever happens to them, until an
//! administrator has made them one.

mod asking;
mod known;
mod waiting;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_service::links::codes::Visitor;
use vestibule_testkit::{TestApp, TestProvider, internal, third_party};

use crate::mail::on_both;

/// Bob of a provider, and an administrator.
struct Hall<'a> {
    app: &'a TestApp,
    provider: TestProvider,
    root: String,
    bob: String,
}

impl<'a> Hall<'a> {
    fn new(app: &'a TestApp, provider: TestProvider) -> Self {
        let root = app.admin_token("root", Role::Administrator);
        let mut hall = Self {
            app,
            provider,
            root,
            bob: String::new(),
        };
        hall.bob = hall.push("bob");
        hall
    }

    fn push(&self, name: &str) -> String {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
            "emails": [{"value": format!("{name}@acme.example"), "primary": true}],
        });
        self.scim("POST", "/Users", &user)
    }

    /// The id of what comes back, if something does.
    fn scim(&self, method: &str, path: &str, body: &Value) -> String {
        let path = format!("/scim/v2{path}");
        let reply = self
            .app
            .send(method, &path, Some(&self.provider.token), Some(body));
        assert!(reply.status < 300, "{}", reply.text);
        let id = if reply.text.is_empty() {
            Value::Null
        } else {
            reply.json()["id"].clone()
        };
        id.as_str().unwrap_or_default().to_owned()
    }

    fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let group = json!({"schemas": [schema], "displayName": name, "members": members});
        self.scim("POST", "/Groups", &group)
    }

    fn patch_member(&self, group: &str, op: &str) {
        let operation = if op == "add" {
            json!({"op": "add", "path": "members", "value": [{"value": self.bob}]})
        } else {
            json!({"op": "remove", "path": format!("members[value eq \"{}\"]", self.bob)})
        };
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]});
        self.scim("PATCH", &format!("/Groups/{group}"), &body);
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/v1{path}");
        let reply = self.app.send(method, &path, Some(&self.root), Some(body));
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply.json()
    }

    /// Ties an internal group to a new access group.
    fn tie(&self, group: &str, name: &str) {
        let tied = self.admin("POST", "/access-groups", &json!({ "name": name }));
        self.admin(
            "PATCH",
            &format!("/groups/{group}"),
            &json!({"access_group": tied["id"]}),
        );
    }

    /// Opens the vendor of that name.
    fn open(&self, name: &str) -> String {
        let tied = self.admin("POST", "/access-groups", &json!({ "name": name }));
        let path = format!("/api/v1/vendors?name={name}");
        let found = self.app.send("GET", &path, Some(&self.root), None).json();
        let id = found["items"][0]["id"].as_str().unwrap().to_owned();
        let opened = json!({
            "access_group": tied["id"], "start": "2026-01-01", "status": "enabled", "link_delivery": "yes",
        });
        self.admin("PATCH", &format!("/vendors/{id}"), &opened);
        id
    }

    /// How each of Bob's links came about that works now, when all are given that come by themselves.
    fn live(&self) -> Vec<String> {
        while self.app.service.give_links().unwrap() > 0 {}
        let visitor = Visitor {
            address: None,
            request_id: "ask".to_owned(),
        };
        let asked = self.app.service.ask_for_link("bob@acme.example", &visitor);
        asked.unwrap();
        let links = self
            .app
            .send("GET", "/api/v1/links?state=live", Some(&self.root), None);
        let links = links.json()["items"].as_array().unwrap().clone();
        links
            .iter()
            .map(|link| link["origin"].as_str().unwrap().to_owned())
            .collect()
    }

    fn panic(&self, path: &str) {
        self.app.clock.advance(chrono::Duration::seconds(1));
        self.admin(
            "POST",
            &format!("{path}/panic"),
            &json!({"reason": "drill"}),
        );
        self.app.clock.advance(chrono::Duration::seconds(1));
    }

    fn set_active(&self, active: bool) {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let operation = json!({"op": "replace", "path": "active", "value": active});
        let body = json!({"schemas": [schema], "Operations": [operation]});
        self.scim("PATCH", &format!("/Users/{}", self.bob), &body);
    }

    fn by_hand(&self) -> Value {
        self.by_hand_for(&self.bob)
    }

    fn by_hand_for(&self, user: &str) -> Value {
        self.app.clock.advance(chrono::Duration::seconds(1));
        self.admin("POST", &format!("/users/{user}/links"), &json!({}))
    }
}

#[test]
fn an_internal_group_that_lets_in_no_more_still_keeps_links_from_its_people() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(internal("Entra")));
        let (first, second) = (
            hall.group("First", &[&hall.bob]),
            hall.group("Second", &[&hall.bob]),
        );
        hall.tie(&first, "Windows");
        hall.tie(&second, "Linux");
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), ["automatic"]);
        hall.panic(&format!("/groups/{first}"));
        assert_eq!(hall.live(), [""; 0]);
        hall.admin(
            "PATCH",
            &format!("/groups/{first}"),
            &json!({"enabled": false}),
        );
        assert_eq!(
            hall.live(),
            [""; 0],
            "the other group lets in, but no link comes"
        );
        hall.patch_member(&first, "remove");
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), [""; 0], "nor to who has left the group");
        hall.by_hand();
        assert_eq!(hall.live(), ["manual"]);
    });
}

#[test]
fn a_group_that_is_tied_to_nothing_has_a_panic_button_that_holds() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(internal("Entra")));
        let within = hall.group("Within", &[&hall.bob]);
        let around = hall.group("Around", &[&within]);
        hall.tie(&within, "Windows");
        hall.panic(&format!("/groups/{around}"));
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), [""; 0]);
        // Whoever comes later is below it as well.
        let eve = hall.push("eve");
        let operation = json!({"op": "add", "path": "members", "value": [{"value": eve}]});
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]});
        hall.scim("PATCH", &format!("/Groups/{within}"), &body);
        assert_eq!(hall.live(), [""; 0]);
    });
}

#[test]
fn no_provider_undoes_the_panic_button_of_a_vendor() {
    on_both(false, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        let other = hall.group("Initech", &[]);
        let vendor = hall.open("Acme");
        hall.open("Initech");
        assert_eq!(hall.live(), ["automatic"]);
        hall.panic(&format!("/vendors/{vendor}"));
        assert_eq!(hall.live(), [""; 0]);
        hall.patch_member(&other, "add");
        assert_eq!(hall.live(), [""; 0], "in the other vendor");
        hall.patch_member(&other, "remove");
        assert_eq!(hall.live(), [""; 0], "and back");
        // Pushed again it is another person to the database, under another name the same.
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let renamed = json!({"op": "replace", "path": "userName", "value": "robert"});
        let body = json!({"schemas": [schema], "Operations": [renamed]});
        hall.scim("PATCH", &format!("/Users/{}", hall.bob), &body);
        hall.patch_member(&other, "add");
        assert_eq!(hall.live(), [""; 0], "under another name");
        hall.by_hand();
        assert_eq!(hall.live(), ["manual"]);
    });
}

/// A person with everything that they can be known by.
fn known_by(name: &str, mail: &str, external: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "externalId": external,
        "emails": [{"value": format!("{mail}@acme.example"), "primary": true}],
    })
}

#[test]
fn whoever_is_pushed_again_is_held_under_whatever_they_were_known_by() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        let people = ["mail", "renamed", "external", "elsewhere", "taken"]
            .map(|name| hall.scim("POST", "/Users", &known_by(name, name, name)));
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let mut two = known_by("two", "two", "two");
        let further = json!({"value": "further@acme.example", "type": "home"});
        two["emails"].as_array_mut().unwrap().push(further);
        let two = hall.scim("POST", "/Users", &two);
        hall.group("Acme", &[members, vec![&two]].concat());
        let other = hall.group("Initech", &[]);
        let vendor = hall.open("Acme");
        hall.open("Initech");
        hall.panic(&format!("/vendors/{vendor}"));

        let path = |id: &str| format!("/Users/{id}");
        let join = |id: &str| {
            let operation = json!({"op": "add", "path": "members", "value": [{"value": id}]});
            let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
            let body = json!({"schemas": [schema], "Operations": [operation]});
            hall.scim("PATCH", &format!("/Groups/{other}"), &body);
        };
        let again = |id: &str, user: &Value| {
            hall.scim("DELETE", &path(id), &Value::Null);
            let new = hall.scim("POST", "/Users", user);
            join(&new);
            new
        };
        let another = again(&people[0], &known_by("another", "mail", "1"));
        again(&another, &known_by("another", "nothing-of-before", "1b"));
        let new = known_by("renewed", "renewed", "2");
        hall.scim("PUT", &path(&people[1]), &new);
        again(&people[1], &new);
        again(&people[2], &known_by("third", "third", "external"));
        again(&two, &known_by("further@acme.example", "third-of-two", "6"));
        assert_eq!(hall.live(), [""; 0], "under another id");

        hall.scim("DELETE", &path(&people[3]), &Value::Null);
        let elsewhere = Hall {
            provider: app.register(third_party("Entra")),
            root: hall.root.clone(),
            bob: String::new(),
            app,
        };
        let new = elsewhere.scim("POST", "/Users", &known_by("fourth", "elsewhere", "4"));
        elsewhere.group("Umbrella", &[&new]);
        elsewhere.open("Umbrella");
        assert_eq!(hall.live(), [""; 0], "at another provider");

        // A name that somebody else had to whom a link was made by hand lifts nothing.
        let free = hall.push("free");
        join(&free);
        hall.by_hand_for(&free);
        hall.scim("DELETE", &path(&free), &Value::Null);
        hall.scim("PUT", &path(&people[4]), &known_by("free", "free", "5"));
        join(&people[4]);
        assert_eq!(hall.live(), [""; 0], "under the name of who was given one");

        // Nor does one that was made for whoever takes the name of somebody who is held.
        let other_one = hall.push("taker");
        join(&other_one);
        let made = hall.by_hand_for(&other_one);
        let link = format!("/api/v1/links/{}", made["link"]["id"].as_str().unwrap());
        let revoked = app.send("DELETE", &link, Some(&hall.root), None);
        assert!(revoked.status < 300, "{}", revoked.text);
        hall.scim("PUT", &path(&other_one), &known_by("mail", "taken", "9"));
        assert_eq!(
            hall.live(),
            [""; 0],
            "whoever takes a name takes what holds it"
        );
    });
}

#[test]
fn a_second_press_forgets_nobody_of_the_first() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        let (second, third) = (hall.group("Initech", &[]), hall.group("Umbrella", &[]));
        let (acme, initech) = (hall.open("Acme"), hall.open("Initech"));
        hall.open("Umbrella");
        hall.panic(&format!("/vendors/{acme}"));
        let renamed = known_by("robert", "robert", "9");
        hall.scim("PUT", &format!("/Users/{}", hall.bob), &renamed);
        hall.patch_member(&third, "add");
        let successor = hall.push("bob");
        let operation = json!({"op": "add", "path": "members", "value": [{"value": successor}]});
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]});
        hall.scim("PATCH", &format!("/Groups/{second}"), &body);
        hall.panic(&format!("/vendors/{initech}"));
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), [""; 0]);
    });
}

#[test]
fn the_button_withdraws_what_was_asked_for_in_another_vendor() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        let other = hall.group("Initech", &[]);
        let (acme, initech) = (hall.open("Acme"), hall.open("Initech"));
        let strict = json!({"name": "Strict", "approvals_required": 1});
        let strict = hall.admin("POST", "/access-groups", &strict);
        let tied = json!({"access_group": strict["id"]});
        hall.admin("PATCH", &format!("/vendors/{initech}"), &tied);
        hall.patch_member(&other, "add");
        let wanted = json!({"user": hall.bob, "justification": "db-4"});
        let asked = hall.admin("POST", "/access-requests", &wanted);
        hall.patch_member(&other, "remove");
        hall.panic(&format!("/vendors/{acme}"));
        let path = format!(
            "/api/v1/access-requests/{}",
            asked["request"]["id"].as_str().unwrap()
        );
        let request = app.send("GET", &path, Some(&hall.root), None).json();
        assert_eq!(request["request"]["state"], "withdrawn", "{request}");
    });
}
