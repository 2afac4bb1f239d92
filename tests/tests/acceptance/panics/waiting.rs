//! Who waits for the locks that a link is made under decides by what stands once they have them.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::link::{Link, LinkOrigin};
use vestibule_domain::{EventId, LinkId, PanicId, ProviderId, UserId, VendorId};
use vestibule_service::storage::panics::Target;
use vestibule_service::storage::{Error, Write, link_candidates, links, memberships, panics};

use super::*;
use crate::held::{meanwhile, meanwhile_seen};

/// Bob of Acme, who may get in, and what another node knows of them.
struct Scene<'a> {
    hall: Hall<'a>,
    vendor: String,
    provider: ProviderId,
    bob: UserId,
}

impl<'a> Scene<'a> {
    fn new(app: &'a TestApp) -> Self {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        let vendor = hall.open("Acme");
        Self {
            vendor,
            provider: hall.provider.id,
            bob: hall.bob.parse().unwrap(),
            hall,
        }
    }

    /// What another node holds that makes Bob a link.
    fn held(&self) -> impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + use<> {
        let (provider, bob) = (self.provider, self.bob);
        move |tx| links::lock_grounds(tx, provider, bob)
    }

    /// Makes Bob a link half a second ago.
    fn made(
        &self,
        origin: LinkOrigin,
    ) -> impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + use<> {
        let (provider, user, vendor) = (self.provider, self.bob, self.vendor());
        let clock = self.hall.app.clock.clone();
        move |tx| {
            let now = clock.now() - Duration::milliseconds(500);
            let link = Link {
                id: LinkId::from_uuid(uuid::Uuid::from_u128(7)),
                user,
                provider,
                user_name: "bob".to_owned(),
                vendor: Some(vendor),
                access_group: None,
                origin,
                start: now,
                end: now + Duration::hours(8),
                created: now,
                ended: None,
            };
            links::insert(tx, &link)
        }
    }

    fn vendor(&self) -> VendorId {
        self.vendor.parse().unwrap()
    }

    fn press(&self) {
        let path = format!("/vendors/{}/panic", self.vendor);
        let reason = json!({"reason": "drill"});
        self.hall.admin("POST", &path, &reason);
    }

    fn none_by_itself(&self) {
        let path = format!("/vendors/{}", self.vendor);
        let no = json!({"link_delivery": "no"});
        self.hall.admin("PATCH", &path, &no);
    }

    fn links(&self) -> Vec<Value> {
        let reply = self
            .hall
            .app
            .send("GET", "/api/v1/links", Some(&self.hall.root), None);
        reply.json()["items"].as_array().unwrap().clone()
    }

    fn states(&self) -> Vec<String> {
        let told = |link: &Value, field: &str| link[field].as_str().unwrap_or_default().to_owned();
        let links = self.links();
        let states = links.iter().map(|link| {
            format!(
                "{} {}{}",
                told(link, "origin"),
                told(link, "state"),
                told(link, "end_reason")
            )
        });
        states.collect()
    }
}

#[test]
fn whoever_asks_has_the_link_that_another_got_them_meanwhile() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        scene.none_by_itself();
        let visitor = Visitor {
            address: None,
            request_id: "ask".to_owned(),
        };
        meanwhile(app, scene.held(), scene.made(LinkOrigin::Asked), || {
            app.service
                .ask_for_link("bob@acme.example", &visitor)
                .unwrap();
        });
        assert_eq!(scene.states(), ["asked live"]);
    });
}

#[test]
fn a_link_made_while_the_button_waits_is_ended_by_it_and_lifts_nothing() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        let provider = scene.provider;
        let hold = move |tx: &mut Write<'_>| memberships::lock(tx, provider);
        meanwhile(app, hold, scene.made(LinkOrigin::Manual), || scene.press());
        assert_eq!(scene.states(), ["manual endedpanic"]);
        scene.hall.set_active(false);
        scene.hall.set_active(true);
        assert_eq!(scene.hall.live(), [""; 0]);
    });
}

#[test]
fn nobody_is_given_a_link_who_got_one_meanwhile() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        // From then on the job waits for a provider that is never free.
        app.clock.advance(Duration::minutes(2));
        meanwhile(app, scene.held(), scene.made(LinkOrigin::Manual), || {
            while app.service.give_links().unwrap() > 0 {}
        });
        assert_eq!(scene.states(), ["manual live"]);
        let path = format!(
            "/api/v1/links/{}/letters",
            scene.links()[0]["id"].as_str().unwrap()
        );
        let letters = app.send("GET", &path, Some(&scene.hall.root), None).json();
        assert_eq!(letters["items"], json!([]));
    });
}

#[test]
fn a_link_made_by_hand_behind_a_press_lifts_it() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        scene.none_by_itself();
        let (vendor, clock) = (scene.vendor(), app.clock.clone());
        let pressed = move |tx: &mut Write<'_>| {
            let at = clock.now() - Duration::milliseconds(500);
            let id = PanicId::from_uuid(uuid::Uuid::from_u128(8));
            panics::insert(tx, id, Target::Vendor(vendor), at)?;
            panics::hold(tx, Target::Vendor(vendor), &[], at)
        };
        let path = format!("/users/{}/links", scene.hall.bob);
        let made = meanwhile(app, scene.held(), pressed, || {
            scene.hall.admin("POST", &path, &json!({}))
        });
        let path = format!("/api/v1/links/{}", made["link"]["id"].as_str().unwrap());
        app.send("DELETE", &path, Some(&scene.hall.root), None);
        assert_eq!(scene.hall.live(), ["asked"]);
    });
}

#[test]
fn whoever_takes_over_what_is_held_is_held_whatever_they_were_made_meanwhile() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        let hall = &scene.hall;
        let eve = hall.push("eve");
        hall.group("Beta", &[&eve]);
        let beta = hall.open("Beta");
        hall.panic(&format!("/vendors/{beta}"));
        let token = Some(hall.provider.token.as_str());
        app.send("DELETE", &format!("/scim/v2/Users/{eve}"), token, None);
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let emails = json!([{"value": "eve@acme.example", "primary": true}]);
        let operation = json!({"op": "replace", "path": "emails", "value": emails});
        let body = json!({"schemas": [schema], "Operations": [operation]});
        meanwhile(app, scene.held(), scene.made(LinkOrigin::Manual), || {
            hall.scim("PATCH", &format!("/Users/{}", hall.bob), &body);
        });
        assert_eq!(scene.states(), ["manual endedpanic"]);
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), [""; 0]);
    });
}

#[test]
fn no_link_ends_before_it_was_made() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        let path = format!("/users/{}/blocks", scene.hall.bob);
        meanwhile(app, scene.held(), scene.made(LinkOrigin::Manual), || {
            scene.hall.admin("POST", &path, &json!({"reason": "fraud"}));
        });
        let link = &scene.links()[0];
        assert_eq!(link["end_reason"], "blocked", "{link}");
        let at = |field: &str| {
            link[field]
                .as_str()
                .unwrap()
                .parse::<DateTime<Utc>>()
                .unwrap()
        };
        assert!(at("ended") >= at("created"), "{link}");
    });
}

#[test]
fn a_request_made_behind_a_press_is_younger_than_it() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        let groups = app.send("GET", "/api/v1/access-groups", Some(&scene.hall.root), None);
        let group = groups.json()["items"][0]["id"].as_str().unwrap().to_owned();
        let strict = json!({"approvals_required": 1});
        scene
            .hall
            .admin("PATCH", &format!("/access-groups/{group}"), &strict);
        let body = json!({"user": scene.hall.bob, "justification": "replace a disk"});
        let before = app.clock.now();
        let made = meanwhile(
            app,
            scene.held(),
            |_| Ok(()),
            || scene.hall.admin("POST", "/access-requests", &body),
        );
        let created = made["request"]["created"].as_str().unwrap();
        assert!(created.parse::<DateTime<Utc>>().unwrap() > before);
    });
}

#[test]
fn whoever_changes_somebody_who_is_to_be_given_a_link_waits_for_nobody() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        // Bob is to be looked at; their product changes them, and notes them once more.
        let bob = scene.bob;
        let cause = EventId::from_uuid(uuid::Uuid::from_u128(9));
        let clock = app.clock.clone();
        let noted = format!(
            "SET lock_timeout = '1s'; INSERT INTO link_candidates (user_id, queued, event_id) \
             VALUES ('{bob}', 1, '{cause}') ON CONFLICT DO NOTHING"
        );
        let look = || {
            if app.database().waiting().is_some() {
                app.database().lay(&noted);
            }
        };
        let hold = move |tx: &mut Write<'_>| memberships::lock_users(tx, &[bob.to_string()]);
        let change = move |tx: &mut Write<'_>| link_candidates::add(tx, &[bob], cause, clock.now());
        meanwhile_seen(app, hold, look, change, || {
            while app.service.give_links().unwrap() > 0 {}
        });
        assert_eq!(scene.states(), ["automatic live"]);
    });
}

#[test]
fn nobody_who_was_noted_again_while_their_link_ends_is_forgotten() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        assert_eq!(scene.hall.live(), ["automatic"]);
        let path = format!("/vendors/{}", scene.vendor);
        // Everybody of the vendor is noted, Bob among them.
        scene
            .hall
            .admin("PATCH", &path, &json!({"document_id": "1"}));
        let (bob, clock) = (scene.bob, app.clock.clone());
        let cause = EventId::from_uuid(uuid::Uuid::from_u128(9));
        let link: LinkId = scene.links()[0]["id"].as_str().unwrap().parse().unwrap();
        let ended = move |tx: &mut Write<'_>| {
            let now = clock.now();
            links::end(tx, link, now, vestibule_domain::link::LinkEnd::Refused)?;
            link_candidates::add(tx, &[bob], cause, now)
        };
        let hold = move |tx: &mut Write<'_>| memberships::lock_users(tx, &[bob.to_string()]);
        meanwhile(app, hold, ended, || {
            while app.service.give_links().unwrap() > 0 {}
        });
        assert_eq!(scene.hall.live(), ["automatic"]);
    });
}

#[test]
fn a_vendor_is_attached_again_in_the_order_in_which_members_are_changed() {
    on_both(false, |app| {
        let scene = Scene::new(app);
        let hall = &scene.hall;
        let groups = app.send("GET", "/scim/v2/Groups", Some(&hall.provider.token), None);
        let group = groups.json()["Resources"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let token = Some(hall.provider.token.as_str());
        app.send("DELETE", &format!("/scim/v2/Groups/{group}"), token, None);
        let group = hall.group("Acme", &[&hall.bob]);
        let free = format!("SELECT 1 FROM groups WHERE id = '{group}' FOR UPDATE NOWAIT");
        let look = || {
            if app.database().waiting().is_some() {
                app.database().lay(&free);
            }
        };
        let provider = scene.provider;
        let hold = move |tx: &mut Write<'_>| memberships::lock(tx, provider);
        let path = format!("/vendors/{}/reattach", scene.vendor);
        meanwhile_seen(
            app,
            hold,
            look,
            |_| Ok(()),
            || {
                hall.admin("POST", &path, &json!({ "group": group }));
            },
        );
    });
}
