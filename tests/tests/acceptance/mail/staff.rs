//! Links of staff come by themselves also when what lets them in changes, on both engines.

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{TestApp, TestProvider, internal};

use super::on_both;
use crate::held::during_push;

struct Office<'a> {
    app: &'a TestApp,
    entra: TestProvider,
    root: String,
}

impl<'a> Office<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            entra: app.register(internal("Entra")),
            root: app.admin_token("root", Role::Administrator),
        }
    }

    fn push(&self, kind: &str, mut body: Value) -> String {
        body["schemas"] = json!([format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")]);
        let path = format!("/scim/v2/{kind}s");
        let token = Some(self.entra.token.as_str());
        let made = self.app.send("POST", &path, token, Some(&body));
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    fn user(&self, name: &str) -> String {
        let email = json!({"value": format!("{name}@corp.example"), "primary": true});
        self.push("User", json!({"userName": name, "emails": [email]}))
    }

    /// A group of one.
    fn group(&self, name: &str, member: &str) -> String {
        let members = json!([{ "value": member }]);
        self.push("Group", json!({"displayName": name, "members": members}))
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/v1{path}");
        let reply = self.app.send(method, &path, Some(&self.root), Some(body));
        assert!(reply.status < 300, "{path}: {}", reply.text);
        if reply.text.is_empty() {
            Value::Null
        } else {
            reply.json()
        }
    }

    fn access_group(&self, settings: &Value) -> String {
        let made = self.admin("POST", "/access-groups", settings);
        made["id"].as_str().unwrap().to_owned()
    }

    /// How many live links come by themselves to somebody.
    fn links(&self, user: &str) -> usize {
        while self.app.service.give_links().unwrap() > 0 {}
        let path = format!("/api/v1/links?user={user}&state=live");
        let links = self.app.send("GET", &path, Some(&self.root), None).json();
        links["items"].as_array().unwrap().len()
    }

    fn told(&self, user: &str) -> usize {
        let path = format!("/api/v1/events?action=link.not_given&subject={user}");
        let events = self.app.send("GET", &path, Some(&self.root), None).json();
        events["items"].as_array().unwrap().len()
    }
}

#[test]
fn a_change_of_the_access_group_gives_staff_their_links() {
    on_both(false, |app| {
        let office = Office::new(app);
        let off = office.access_group(&json!({"name": "Off", "enabled": false}));
        let strict = office.access_group(&json!({"name": "Strict", "approvals_required": 1}));
        let (ada, ben, eve) = (office.user("ada"), office.user("ben"), office.user("eve"));
        for (name, member, tied) in [("A", &ada, &off), ("B", &ben, &strict)] {
            let inner = office.group(&format!("{name} within"), member);
            let group = office.group(name, &inner);
            let settings = json!({"access_group": tied, "link_delivery": "yes"});
            office.admin("PATCH", &format!("/groups/{group}"), &settings);
        }
        assert_eq!((office.links(&ada), office.told(&ben)), (0, 1));
        office.admin(
            "PATCH",
            &format!("/access-groups/{off}"),
            &json!({"enabled": true}),
        );
        assert_eq!((office.links(&ada), office.links(&ben)), (1, 0));
        office.admin(
            "PATCH",
            &format!("/access-groups/{strict}"),
            &json!({"approvals_required": 0}),
        );
        assert_eq!((office.links(&ada), office.links(&ben)), (1, 1));
        assert_eq!(office.links(&eve), 0, "in no group");

        // Whose link was ended by hand gets none because of others.
        let links = office.admin(
            "GET",
            &format!("/links?user={ada}&state=live"),
            &Value::Null,
        );
        let path = format!("/links/{}", links["items"][0]["id"].as_str().unwrap());
        office.admin("DELETE", &path, &Value::Null);
        for approvals in [1, 0] {
            let body = json!({ "approvals_required": approvals });
            office.admin("PATCH", &format!("/access-groups/{strict}"), &body);
        }
        assert_eq!(office.links(&ada), 0);
    });
}

#[test]
fn a_change_of_the_provider_gives_its_staff_their_links() {
    on_both(false, |app| {
        let office = Office::new(app);
        let off = office.access_group(&json!({"name": "Off", "enabled": false}));
        let path = format!("/providers/{}", office.entra.id);
        let ada = office.user("ada");
        let ben = office.user("ben");
        office.admin("PATCH", &path, &json!({"default_access_group": off}));
        office.admin("PATCH", &path, &json!({"link_delivery": "yes"}));
        assert_eq!(office.links(&ada), 0);
        let enabled = json!({"enabled": true});
        office.admin("PATCH", &format!("/access-groups/{off}"), &enabled);
        assert_eq!((office.links(&ada), office.links(&ben)), (1, 1));

        let none = json!({"default_access_group": null});
        office.admin("PATCH", &path, &none);
        assert_eq!((office.links(&ada), office.links(&ben)), (0, 0));
        office.admin("PATCH", &path, &json!({"default_access_group": off}));
        assert_eq!((office.links(&ada), office.links(&ben)), (1, 1));

        office.admin("PATCH", &path, &none);
        office.admin("PATCH", &path, &json!({"link_delivery": "no"}));
        office.admin("PATCH", &path, &json!({"default_access_group": off}));
        assert_eq!(office.links(&ada), 0);
        office.admin("PATCH", &path, &json!({"link_delivery": "yes"}));
        assert_eq!((office.links(&ada), office.links(&ben)), (1, 1));
    });
}

#[test]
fn a_group_that_gives_links_from_now_on_gives_them() {
    on_both(false, |app| {
        let office = Office::new(app);
        let tied = office.access_group(&json!({"name": "Windows"}));
        let ada = office.user("ada");
        let group = format!("/groups/{}", office.group("A", &ada));
        office.admin("PATCH", &group, &json!({"access_group": tied}));
        assert_eq!(office.links(&ada), 0);
        office.admin("PATCH", &group, &json!({"link_delivery": "yes"}));
        assert_eq!(office.links(&ada), 1);
    });
}

#[test]
fn who_is_blocked_no_more_gets_a_link() {
    on_both(true, |app| {
        let office = Office::new(app);
        let tied = office.access_group(&json!({"name": "Windows"}));
        let ada = office.user("ada");
        let group = office.group("A", &ada);
        let body = json!({"access_group": tied});
        office.admin("PATCH", &format!("/groups/{group}"), &body);
        assert_eq!(office.links(&ada), 1);
        let blocks = format!("/users/{ada}/blocks");
        let block = office.admin("POST", &blocks, &json!({"reason": "audit"}));
        assert_eq!(office.links(&ada), 0);
        let path = format!("/blocks/{}", block["id"].as_str().unwrap());
        office.admin("DELETE", &path, &Value::Null);
        assert_eq!(office.links(&ada), 1);

        app.service.tell_time().unwrap();
        let until = app.clock.now() + chrono::Duration::hours(1);
        let body = json!({"reason": "audit", "until": until});
        office.admin("POST", &blocks, &body);
        app.clock.advance(chrono::Duration::hours(2));
        assert_eq!(office.links(&ada), 0);
        app.service.tell_time().unwrap();
        assert_eq!(office.links(&ada), 1);
    });
}

#[test]
fn a_provider_that_a_push_is_at_keeps_no_other_staff_from_their_links() {
    on_both(false, |app| {
        // The one writer of SQLite is taken by the push.
        if app.database().waiting().is_none() {
            return;
        }
        let office = Office::new(app);
        let other = app.register(internal("Okta"));
        let open = office.access_group(&json!({"name": "Open"}));
        let settings = json!({"default_access_group": open, "link_delivery": "yes"});
        for provider in [office.entra.id, other.id] {
            office.admin("PATCH", &format!("/providers/{provider}"), &settings);
        }
        let ada = office.user("ada");
        app.clock.advance(chrono::Duration::seconds(1));
        let ben = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ben",
            "emails": [{"value": "ben@corp.example", "primary": true}],
        });
        let made = app.send("POST", "/scim/v2/Users", Some(&other.token), Some(&ben));
        let ben = made.json()["id"].as_str().unwrap().to_owned();
        during_push(app, office.entra.id, |_done| {
            assert_eq!((office.links(&ben), office.links(&ada)), (1, 0));
        });
        assert_eq!(office.links(&ada), 1);

        // Where a provider is never free, its people get theirs all the same.
        let eve = office.user("eve");
        app.clock.advance(chrono::Duration::minutes(2));
        std::thread::scope(|scope| {
            let given = during_push(app, office.entra.id, |_done| {
                let given = scope.spawn(|| office.links(&eve));
                while app.database().waiting() == Some(0) {
                    assert!(!given.is_finished(), "it waits for its turn");
                    std::thread::yield_now();
                }
                given
            });
            assert_eq!(given.join().unwrap(), 1);
        });
    });
}
