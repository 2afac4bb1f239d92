//! Two ways in of one person taken away at once: whichever goes last ends their link.

use std::thread::yield_now;

use vestibule_domain::{LinkId, ProviderId};
use vestibule_service::storage::{Write, links, memberships};

use super::*;
use crate::held::meanwhile_seen;

/// Somebody of the staff in two groups, each tied to an access group of its own, with a link.
struct Staff<'a> {
    app: &'a TestApp,
    provider: ProviderId,
    token: String,
    root: String,
    user: String,
    /// Of the way by which the link was made, then of the other.
    access_groups: [String; 2],
    groups: [String; 2],
    link: String,
}

impl<'a> Staff<'a> {
    fn new(app: &'a TestApp) -> Self {
        let product = app.register(internal("Product"));
        let (provider, token) = (product.id, product.token);
        let root = app.admin_token("root", Role::Administrator);
        let send = |method: &str, path: &str, token: &str, body: &Value| {
            let reply = app.send(method, path, Some(token), Some(body));
            assert!(reply.status < 300, "{path}: {}", reply.text);
            reply.json()
        };
        let made = |path: &str, token: &str, body: &Value| {
            let id = send("POST", path, token, body)["id"].clone();
            id.as_str().unwrap().to_owned()
        };
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
        let user = made("/scim/v2/Users", &token, &user);
        let [first, second] = ["A", "B"].map(|name| {
            let tied = made("/api/v1/access-groups", &root, &json!({"name": name}));
            let group = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": name,
                "members": [{"value": user}],
            });
            let group = made("/scim/v2/Groups", &token, &group);
            let settings = json!({"access_group": tied, "enabled": true});
            let path = format!("/api/v1/groups/{group}");
            send("PATCH", &path, &root, &settings);
            (tied, group)
        });
        let path = format!("/api/v1/users/{user}/links");
        let link = send("POST", &path, &root, &json!({}))["link"].clone();
        let [own, other] = if link["access_group"] == json!(first.0) {
            [first, second]
        } else {
            [second, first]
        };
        Self {
            app,
            provider,
            token,
            root,
            user,
            access_groups: [own.0, other.0],
            groups: [own.1, other.1],
            link: link["id"].as_str().unwrap().to_owned(),
        }
    }

    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/api/v1{path}");
        let reply = self.app.send(method, &path, Some(&self.root), body);
        assert!(reply.status < 300, "{path}: {}", reply.text);
        reply
    }

    fn switch(&self, access_group: &str, enabled: bool) {
        let path = format!("/access-groups/{access_group}");
        self.admin("PATCH", &path, Some(&json!({"enabled": enabled})));
    }

    fn leave(&self, group: &str) {
        let path = format!("/scim/v2/Groups/{group}");
        let gone = format!("members[value eq \"{}\"]", self.user);
        let body = patch(&json!([{"op": "remove", "path": gone}]));
        let reply = self
            .app
            .send("PATCH", &path, Some(&self.token), Some(&body));
        assert!(reply.status < 300, "{}", reply.text);
    }

    /// Does the one, which waits for the link, and the other as soon as it does.
    fn at_once(&self, one: impl FnOnce() + Send, other: impl FnOnce() + Send) {
        let link: LinkId = self.link.parse().unwrap();
        let hold = move |tx: &mut Write<'_>| links::lock(tx, link);
        std::thread::scope(|scope| {
            let second = || {
                let begun = scope.spawn(other);
                while self.app.database().waiting() == Some(1) && !begun.is_finished() {
                    yield_now();
                }
            };
            meanwhile_seen(self.app, hold, second, |_| Ok(()), one);
        });
    }

    fn ended(&self) -> bool {
        let path = format!("/links/{}", self.link);
        let link = self.admin("GET", &path, None).json();
        link["state"] == "ended"
    }

    /// What became of the link, oldest first.
    fn told(&self) -> Vec<String> {
        let path = format!("/events?subject={}&sort=at", self.link);
        let events = self.admin("GET", &path, None).json();
        let events = events["items"].as_array().unwrap().iter();
        events
            .map(|event| event["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn two_access_groups_disabled_at_once_end_the_link_of_who_had_both() {
    both_engines(|app| {
        let staff = Staff::new(app);
        let [own, other] = &staff.access_groups;
        staff.at_once(|| staff.switch(own, false), || staff.switch(other, false));
        assert!(staff.ended(), "{:?}", staff.told());
        staff.switch(own, true);
        staff.switch(other, true);
        assert!(staff.ended(), "for good");
    });
}

#[test]
fn an_access_group_disabled_while_a_push_takes_the_other_way_ends_the_link() {
    both_engines(|app| {
        let staff = Staff::new(app);
        staff.at_once(
            || staff.switch(&staff.access_groups[0], false),
            || staff.leave(&staff.groups[1]),
        );
        assert!(staff.ended(), "{:?}", staff.told());
    });
    both_engines(|app| {
        let staff = Staff::new(app);
        staff.at_once(
            || staff.leave(&staff.groups[0]),
            || staff.switch(&staff.access_groups[1], false),
        );
        assert!(staff.ended(), "{:?}", staff.told());
    });
}

#[test]
fn an_access_group_disabled_while_a_group_is_tied_to_it_ends_the_link() {
    both_engines(|app| {
        let staff = Staff::new(app);
        staff.leave(&staff.groups[1]);
        let other = &staff.access_groups[1];
        let path = format!("/groups/{}", staff.groups[0]);
        let tie = json!({"access_group": other});
        staff.at_once(
            || drop(staff.admin("PATCH", &path, Some(&tie))),
            || staff.switch(other, false),
        );
        assert!(staff.ended(), "{:?}", staff.told());
    });
}

#[test]
fn an_access_group_disabled_while_it_becomes_the_default_ends_the_link() {
    both_engines(|app| {
        let staff = Staff::new(app);
        let [own, other] = &staff.access_groups;
        let path = format!("/providers/{}", staff.provider);
        let default = |access_group: &str| {
            let settings = json!({"default_access_group": access_group});
            staff.admin("PATCH", &path, Some(&settings));
        };
        default(own);
        staff.groups.iter().for_each(|group| staff.leave(group));
        staff.at_once(|| default(other), || staff.switch(other, false));
        assert!(staff.ended(), "{:?}", staff.told());
    });
}

#[test]
fn one_way_taken_twice_at_once_lets_the_link_go_on_once() {
    both_engines(|app| {
        let staff = Staff::new(app);
        staff.at_once(
            || staff.switch(&staff.access_groups[0], false),
            || staff.leave(&staff.groups[0]),
        );
        assert!(!staff.ended());
        assert_eq!(staff.told(), ["link.created", "link.carried"]);
    });
}

#[test]
fn a_link_revoked_while_its_access_group_is_disabled_stays_as_it_ended() {
    both_engines(|app| {
        let staff = Staff::new(app);
        let path = format!("/links/{}", staff.link);
        staff.at_once(
            || drop(staff.admin("DELETE", &path, None)),
            || staff.switch(&staff.access_groups[0], false),
        );
        assert!(staff.ended());
        if staff.app.database().waiting().is_some() {
            assert_eq!(staff.told(), ["link.created", "link.ended"]);
        }
    });
}

#[test]
fn a_bulk_that_waits_for_its_turn_holds_nobody_yet() {
    both_engines(|app| {
        let staff = Staff::new(app);
        let deactivated = patch(&json!([{"op": "replace", "value": {"active": false}}]));
        let gone = format!("members[value eq \"{}\"]", staff.user);
        let left = patch(&json!([{"op": "remove", "path": gone}]));
        let bulk = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                {"method": "PATCH", "path": format!("/Users/{}", staff.user), "data": deactivated},
                {"method": "PATCH", "path": format!("/Groups/{}", staff.groups[0]), "data": left},
            ],
        });
        let provider = staff.provider;
        let store = app.database().open();
        let users = [staff.user.clone()];
        let reply = meanwhile_seen(
            app,
            move |tx: &mut Write<'_>| memberships::lock(tx, provider),
            || {
                // The one writer of SQLite is taken.
                if app.database().waiting().is_some() {
                    let third =
                        store.write("a third", move |tx| memberships::lock_users(tx, &users));
                    third.unwrap();
                }
            },
            |_| Ok(()),
            || app.send("POST", "/scim/v2/Bulk", Some(&staff.token), Some(&bulk)),
        );
        assert_eq!(reply.status, 200, "{}", reply.text);
        let answers = reply.json()["Operations"].clone();
        let done = |answer: &Value| answer["status"].as_str().unwrap().starts_with('2');
        assert!(answers.as_array().unwrap().iter().all(done), "{answers}");
        assert!(staff.ended());
    });
}
