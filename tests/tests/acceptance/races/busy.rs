//! A push that takes long at one provider, on PostgreSQL: what waits for it keeps nobody else waiting.

use std::thread::yield_now;

use vestibule_domain::ProviderId;
use vestibule_service::storage::{Engine, memberships};

use super::*;
use crate::held::during_push;

/// Two internal providers, each with somebody who gets in by the one access group of both, and has a link.
struct Firm<'a> {
    app: &'a TestApp,
    root: String,
    access_group: String,
    /// In the order of their providers' ids.
    staff: [Staff; 2],
}

struct Staff {
    provider: ProviderId,
    token: String,
    group: String,
    link: String,
}

impl<'a> Firm<'a> {
    fn new(app: &'a TestApp) -> Self {
        let root = app.admin_token("root", Role::Administrator);
        let send = |method: &str, path: &str, token: &str, body: &Value| {
            let reply = app.send(method, path, Some(token), Some(body));
            assert!(reply.status < 300, "{path}: {}", reply.text);
            reply.json()
        };
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        let tied = json!({"name": "Consoles"});
        let tied = id(&send("POST", "/api/v1/access-groups", &root, &tied));
        let mut staff = ["North", "South"].map(|name| {
            let product = app.register(internal(name));
            let made = create(app, &product.token, "ada");
            let group = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": name,
                "members": [{"value": made.json()["id"]}],
            });
            let group = id(&send("POST", "/scim/v2/Groups", &product.token, &group));
            let settings = json!({"access_group": tied, "enabled": true});
            let path = format!("/api/v1/groups/{group}");
            send("PATCH", &path, &root, &settings);
            let path = format!("/api/v1/users/{}/links", id(&made.json()));
            let link = id(&send("POST", &path, &root, &json!({}))["link"]);
            Staff {
                provider: product.id,
                token: product.token,
                group,
                link,
            }
        });
        staff.sort_by_key(|staff| staff.provider);
        Self {
            app,
            root,
            access_group: tied,
            staff,
        }
    }

    fn admin(&self, method: &str, path: &str, body: &Value) -> Reply {
        let path = format!("/api/v1{path}");
        self.app.send(method, &path, Some(&self.root), Some(body))
    }

    fn disable(&self) -> Reply {
        let path = format!("/access-groups/{}", self.access_group);
        self.admin("PATCH", &path, &json!({"enabled": false}))
    }

    fn press(&self, staff: &Staff) {
        let path = format!("/groups/{}/panic", staff.group);
        let reply = self.admin("POST", &path, &json!({"reason": "drill"}));
        assert!(reply.status < 300, "{}", reply.text);
    }

    /// Why a link ended, if it did.
    fn ended(&self, staff: &Staff) -> Value {
        let path = format!("/links/{}", staff.link);
        let link = self.admin("GET", &path, &Value::Null).json();
        link["end_reason"].clone()
    }

    /// How often a link was told to have ended.
    fn told(&self, staff: &Staff) -> usize {
        let path = format!("/events?subject={}", staff.link);
        let events = self.admin("GET", &path, &Value::Null).json();
        let events = events["items"].as_array().unwrap().iter();
        events
            .filter(|event| event["action"] == "link.ended")
            .count()
    }

    /// Until something waits for a lock that it does not get.
    fn waits(&self) {
        while self.app.database().waiting() == Some(0) {
            yield_now();
        }
    }

    /// Whether nobody is at a provider.
    fn free(&self, provider: ProviderId) -> bool {
        let store = self.app.database().open();
        let held = store.write("a look", move |tx| memberships::try_lock(tx, provider));
        held.unwrap()
    }
}

fn on_postgres(body: impl Fn(&TestApp)) {
    if let Some(app) = TestApp::start(Engine::Postgres) {
        body(&app);
    }
}

#[test]
fn no_provider_waits_for_a_push_that_an_access_group_waits_for() {
    for busy in 0..2 {
        on_postgres(|app| {
            let firm = Firm::new(app);
            let (slow, other) = (&firm.staff[busy], &firm.staff[1 - busy]);
            let changed = std::thread::scope(|scope| {
                during_push(app, slow.provider, |done| {
                    let change = scope.spawn(|| firm.disable());
                    firm.waits();
                    firm.press(other);
                    let push = patch(&json!([{"op": "replace", "path": "members", "value": []}]));
                    let path = format!("/scim/v2/Groups/{}", other.group);
                    let pushed = app.send("PATCH", &path, Some(&other.token), Some(&push));
                    assert_eq!(pushed.status, 204, "{}", pushed.text);
                    assert!(!change.is_finished(), "it waits for what the push changes");
                    drop(done);
                    change
                })
                .join()
                .unwrap()
            });
            assert_eq!(changed.status, 200, "{}", changed.text);
            assert_eq!(firm.ended(slow), "refused");
            assert_eq!(firm.ended(other), "panic");
            assert_eq!((firm.told(slow), firm.told(other)), (1, 1));
        });
    }
}

#[test]
fn an_access_group_that_waits_for_one_push_after_another_holds_neither_provider() {
    on_postgres(|app| {
        let firm = Firm::new(app);
        let [first, second] = &firm.staff;
        let changed = std::thread::scope(|scope| {
            let change = during_push(app, second.provider, |second_done| {
                let change = during_push(app, first.provider, |done| {
                    let change = scope.spawn(|| firm.disable());
                    firm.waits();
                    drop(done);
                    change
                });
                while !firm.free(first.provider) || app.database().waiting() == Some(0) {
                    assert!(!change.is_finished(), "it waits for the second");
                    yield_now();
                }
                drop(second_done);
                change
            });
            change.join().unwrap()
        });
        assert_eq!(changed.status, 200, "{}", changed.text);
        for staff in &firm.staff {
            assert_eq!(firm.ended(staff), "refused");
            assert_eq!(firm.told(staff), 1);
        }
    });
}

#[test]
fn an_access_group_waits_for_no_provider_that_it_is_not_tied_to() {
    on_postgres(|app| {
        let firm = Firm::new(app);
        let [tied, other] = &firm.staff;
        let own = firm.admin("POST", "/access-groups", &json!({"name": "Others"}));
        let path = format!("/groups/{}", other.group);
        let settings = json!({"access_group": own.json()["id"]});
        assert_eq!(firm.admin("PATCH", &path, &settings).status, 200);
        during_push(app, other.provider, |_done| {
            let changed = firm.disable();
            assert_eq!(changed.status, 200, "{}", changed.text);
        });
        assert_eq!(firm.ended(tied), "refused");
        assert_eq!(firm.ended(other), Value::Null);
    });
}
