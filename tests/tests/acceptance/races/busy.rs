//! A push that takes long at one provider, on PostgreSQL: what waits for it keeps nobody else waiting.

use std::thread::yield_now;

use vestibule_domain::{EventId, ProviderId, UserId};
use vestibule_service::storage::{Engine, Error, Write, memberships, users};

use super::*;
use crate::held::{during_push, meanwhile_seen};

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

#[test]
fn bulks_that_create_the_same_people_in_opposite_orders_take_turns() {
    both_engines(|app| {
        let product = app.register(internal("Product"));
        let (provider, token) = (product.id, product.token.as_str());
        let mid = create(app, token, "mid").json()["id"].clone();
        let mid: UserId = mid.as_str().unwrap().parse().unwrap();
        let bulk = |names: [&str; 3]| {
            let operations = names.map(|name| {
                json!({"method": "POST", "path": "/Users", "bulkId": name, "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name,
                }})
            });
            let schema = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
            let body = json!({"schemas": [schema], "Operations": operations});
            let reply = app.send("POST", "/scim/v2/Bulk", Some(token), Some(&body));
            assert_eq!(reply.status, 200, "{}", reply.text);
            let answers = reply.json()["Operations"].clone();
            let answers = answers.as_array().unwrap().iter();
            let statuses = answers.map(|answer| answer["status"].as_str().unwrap().to_owned());
            statuses.collect::<Vec<_>>()
        };
        // Whoever creates them again waits for what becomes of this.
        let now = app.clock.now();
        let removed = move |tx: &mut Write<'_>| {
            let Some(user) = users::find(tx, provider, mid)? else {
                return Err(Error::Stale);
            };
            users::delete(tx, &user, now, EventId::from_uuid(uuid::Uuid::from_u128(9)))
        };
        let other = std::sync::OnceLock::new();
        let one = std::thread::scope(|scope| {
            let second = || {
                let begun = scope.spawn(|| other.set(bulk(["zoe", "Mid", "ada"])).unwrap());
                while app.database().waiting() == Some(1) && !begun.is_finished() {
                    yield_now();
                }
                if app.database().waiting().is_some() {
                    // It waits before it holds a name that the first one may want.
                    app.database().lay(
                        "SELECT 1 / count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database \
                         WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted",
                    );
                }
            };
            let first = || bulk(["ada", "mid", "zoe"]);
            meanwhile_seen(app, removed, second, |_| Ok(()), first)
        });
        let mut statuses = [one, other.into_inner().unwrap()];
        statuses.sort();
        // On SQLite the second may come first.
        assert_eq!(statuses, [["201"; 3], ["409"; 3]]);
    });
}

#[test]
fn what_takes_and_gives_ways_in_at_two_providers_at_once_fails_nobody() {
    const TIMES: usize = 12;
    both_engines(|app| {
        let firm = Firm::new(app);
        let path = format!("/access-groups/{}", firm.access_group);
        let fine = |reply: Reply| assert!(reply.status < 500, "{}", reply.text);
        let switch = |number: usize| {
            fine(firm.admin("PATCH", &path, &json!({"enabled": number % 2 == 1})));
        };
        let approve = |number: usize| {
            let body = json!({"approvals_required": number % 2});
            fine(firm.admin("PATCH", &path, &body));
        };
        let default = |staff: &Staff, number: usize| {
            let path = format!("/providers/{}", staff.provider);
            let tied = number.is_multiple_of(2).then_some(&firm.access_group);
            fine(firm.admin("PATCH", &path, &json!({"default_access_group": tied})));
        };
        let tie = |staff: &Staff, number: usize| {
            let path = format!("/groups/{}", staff.group);
            let tied = (number % 2 == 1).then_some(&firm.access_group);
            fine(firm.admin("PATCH", &path, &json!({"access_group": tied})));
        };
        let people = firm.staff.each_ref().map(|staff| {
            let path = format!("/links/{}", staff.link);
            let link = firm.admin("GET", &path, &Value::Null).json();
            link["user"].as_str().unwrap().to_owned()
        });
        let push = |of: usize, number: usize| {
            let staff = &firm.staff[of];
            let members = json!([{"value": people[of]}]);
            let members = if number % 2 == 1 { members } else { json!([]) };
            let body = patch(&json!([{"op": "replace", "path": "members", "value": members}]));
            let path = format!("/scim/v2/Groups/{}", staff.group);
            fine(app.send("PATCH", &path, Some(&staff.token), Some(&body)));
        };
        let link = |of: usize| {
            let path = format!("/users/{}/links", people[of]);
            fine(firm.admin("POST", &path, &json!({})));
        };
        let press = |staff: &Staff| {
            let path = format!("/groups/{}/panic", staff.group);
            fine(firm.admin("POST", &path, &json!({"reason": "drill"})));
        };
        let [first, second] = &firm.staff;
        let doings: [&(dyn Fn(usize) + Sync); 10] = [
            &switch,
            &approve,
            &|number| default(first, number),
            &|number| tie(second, number),
            &|number| push(0, number),
            &|number| push(1, number),
            &|_| link(0),
            &|_| link(1),
            &|_| press(second),
            &|_| assert!(app.service.give_links().is_ok()),
        ];
        std::thread::scope(|scope| {
            for doing in doings {
                scope.spawn(move || (0..TIMES).for_each(doing));
            }
        });
        switch(0);
        let live = firm.admin("GET", "/links?state=live", &Value::Null);
        assert_eq!(live.json()["items"], json!([]));
        let every = firm.admin("GET", "/links?limit=1000", &Value::Null).json();
        for link in every["items"].as_array().unwrap() {
            let path = format!(
                "/events?action=link.ended&subject={}",
                link["id"].as_str().unwrap()
            );
            let events = firm.admin("GET", &path, &Value::Null).json();
            assert_eq!(events["items"].as_array().unwrap().len(), 1, "{link}");
        }
    });
}
