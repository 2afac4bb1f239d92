//! The panic button of a vendor and of an internal group, on its page and in the API.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::link::Wanted;
use vestibule_service::Role;
use vestibule_service::links::Forwarding;
use vestibule_testkit::{Reply, TestApp, both_engines, internal};

use super::Browser;
use crate::links::hall;

/// So many are looked at before the button is pressed.
const PREVIEWED: usize = 5_000;

/// Whoever comes with a group's first member, by a number.
const MANY: &str = "WITH RECURSIVE many (number) AS \
                    (SELECT 1 UNION ALL SELECT number + 1 FROM many WHERE number < ";
const ID: &str = "'01930000-0000-7000-8000-' || CAST(100000000000 + number AS TEXT)";

/// Gives `count` more people a link as `like` has one.
fn lay_links(app: &TestApp, like: &str, count: usize) {
    app.database().lay(&format!(
        "{MANY}{count}) INSERT INTO access_links (id, user_id, provider_id, user_name, user_name_key, vendor_id, \
         origin, start_at, end_at, created) SELECT {ID}, {ID}, provider_id, user_name, user_name_key, vendor_id, \
         origin, start_at, end_at, created FROM many, access_links WHERE user_id = '{like}'"
    ));
}

/// Puts the same people into the groups that `like` is in.
fn lay_members(app: &TestApp, like: &str, count: usize) {
    app.database().lay(&format!(
        "{MANY}{count}) INSERT INTO memberships (group_id, member_id, member_is_group, event_id) \
         SELECT group_id, {ID}, member_is_group, event_id FROM many, memberships WHERE member_id = '{like}'"
    ));
}

/// Asks for access for `count` more people of the vendor that `like` has a link of.
fn lay_requests(app: &TestApp, like: &str, count: usize) {
    app.database().lay(&format!(
        "{MANY}{count}) INSERT INTO access_requests (id, user_id, provider_id, user_name, vendor_id, access_group_id, \
         requester_name, asked, state, created, expires, version) SELECT {ID}, {ID}, provider_id, 'many', vendor_id, \
         'Windows', 'olga', '{{}}', 'pending', created, created + 1000000, 1 FROM many, access_links \
         WHERE user_id = '{like}'"
    ));
}

fn link(app: &TestApp, person: &str) {
    let person = person.parse().unwrap();
    app.service
        .create_link(&app.admin(), person, Wanted::default(), Forwarding::Shown)
        .unwrap();
}

/// Staff who get in by a group nested in another: Ada's id, that of her group, that of the one above.
fn staff(app: &TestApp) -> [String; 3] {
    let mut settings = internal("Entra");
    let gate = AccessGroupSettings {
        name: "Gate".to_owned(),
        ..AccessGroupSettings::default()
    };
    let gate = app.service.create_access_group(&app.admin(), gate).unwrap();
    settings.default_access_group = Some(gate.id);
    let entra = app.register(settings);
    let push = |path: &str, body: Value| {
        let made = app.send("POST", path, Some(&entra.token), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let ada = push(
        "/scim/v2/Users",
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}),
    );
    let group = |name: &str, member: &str| {
        push(
            "/scim/v2/Groups",
            json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": name,
                "members": [{"value": member}],
            }),
        )
    };
    let team = group("Team <1>", &ada);
    let all = group("All", &team);
    [ada, team, all]
}

struct Button<'a> {
    browser: &'a Browser<'a>,
    token: &'a str,
    /// In the API and in the console.
    paths: [String; 2],
}

impl Button<'_> {
    fn preview(&self) -> Value {
        let path = format!("/api/v1{}", self.paths[0]);
        let reply = self.browser.app.send("GET", &path, Some(self.token), None);
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    fn page(&self) -> String {
        let reply = self.browser.get(&format!("/console{}", self.paths[1]));
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.text
    }

    fn press(&self, name: &str, reason: &str) -> Reply {
        self.browser.post(
            &format!("/console{}", self.paths[1]),
            &[("confirm", name), ("reason", reason)],
        )
    }

    /// What the latest press ended, as its event tells.
    fn pressed(&self) -> Value {
        let path = "/api/v1/events?action=panic.pressed";
        let reply = self.browser.app.send("GET", path, Some(self.token), None);
        reply.json()["items"][0]["payload"]["after"].clone()
    }
}

fn standing(app: &TestApp) -> usize {
    app.database()
        .rows("access_links", &["id", "ended"], "id")
        .iter()
        .filter(|link| link["ended"].is_null())
        .count()
}

#[test]
fn the_panic_button_of_a_vendor_counts_so_far_and_ends_every_link() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        link(app, &ada);
        let browser = Browser::new(app, "operator", Role::Operator);
        let path = format!("/vendors/{vendor}/panic");
        let button = Button {
            browser: &browser,
            token: &root,
            paths: [path.clone(), path],
        };
        let shown = browser.get(&format!("/console/vendors/{vendor}")).text;
        assert!(shown.contains(&format!("/console{}\"", button.paths[1])));

        lay_links(app, &ada, PREVIEWED - 1);
        let toll = json!({"links": PREVIEWED, "people": PREVIEWED, "requests": 0, "more": false});
        assert_eq!(button.preview(), toll);
        let page = button.page();
        assert!(page.contains(">5,000<"), "{page}");
        assert!(!page.contains("more than"), "{page}");

        link(app, &ada);
        let toll = json!({"links": PREVIEWED, "people": PREVIEWED, "requests": 0, "more": true});
        assert_eq!(button.preview(), toll);
        let page = button.page();
        for text in [
            "more than 5,000",
            "at least 5,000",
            "The first 5,000 links were counted.",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }

        let pressed = button.press("Acme", "stolen laptop");
        assert_eq!(pressed.status, 303, "{}", pressed.text);
        let ended = json!({"links": PREVIEWED + 1, "people": PREVIEWED, "requests": 0});
        assert_eq!(button.pressed(), ended, "exactly");
        assert_eq!(standing(app), 0);
        let toll = json!({"links": 0, "people": 0, "requests": 0, "more": false});
        assert_eq!(button.preview(), toll);
    });
}

#[test]
fn the_panic_button_of_a_vendor_tells_so_far_what_it_withdraws() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        link(app, &ada);
        let browser = Browser::new(app, "operator", Role::Operator);
        let path = format!("/vendors/{vendor}/panic");
        let button = Button {
            browser: &browser,
            token: &root,
            paths: [path.clone(), path],
        };
        let none = button.page();
        assert!(none.contains("Access requests that are withdrawn"));
        lay_requests(app, &ada, PREVIEWED + 1);
        let toll = json!({"links": 1, "people": 1, "requests": PREVIEWED, "more": true});
        assert_eq!(button.preview(), toll);
        let page = button.page();
        assert!(page.contains("more than 5,000"), "{page}");
        // The links were counted to their end.
        assert!(!page.contains("at least"), "{page}");
        assert!(!page.contains("links were counted"), "{page}");
        app.clock.advance(Duration::seconds(1));
        assert_eq!(button.preview()["requests"], 0, "they have run out");
    });
}

#[test]
fn an_internal_group_has_a_panic_button_in_the_console() {
    both_engines(|app| {
        let [ada, team, all] = staff(app);
        link(app, &ada);
        let root = app.admin_token("root", Role::Administrator);
        let browser = Browser::new(app, "operator", Role::Operator);
        let auditor = Browser::new(app, "auditor", Role::Auditor);
        let of = |group: &str| Button {
            browser: &browser,
            token: &root,
            paths: [
                format!("/groups/{group}/panic"),
                format!("/internal-groups/{group}/panic"),
            ],
        };
        let (button, above) = (of(&team), of(&all));
        let group = format!("/console/internal-groups/{team}");
        let leads = format!("{group}/panic\"");
        assert!(browser.get(&group).text.contains(&leads));
        assert!(!auditor.get(&group).text.contains(&leads));
        assert_eq!(auditor.get(&format!("{group}/panic")).status, 403);

        for button in [&button, &above] {
            let toll = json!({"links": 1, "people": 1, "requests": 0, "more": false});
            assert_eq!(button.preview(), toll);
        }
        let page = button.page();
        for text in [
            "Team &#60;1&#62;",
            "of this group&#39;s people ends at once",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        for (name, reason, field) in [
            ("Team", "drill", "confirm"),
            ("", "drill", "confirm"),
            ("Team <1>", " ", "reason"),
        ] {
            let refused = button.press(name, reason);
            assert_eq!(refused.status, 422, "{}", refused.text);
            let mark = format!("id=\"panic-{field}-mistake\"");
            assert!(refused.text.contains(&mark), "{mark}: {}", refused.text);
            assert!(
                refused
                    .text
                    .contains(&format!("value=\"{}\"", reason.trim()))
            );
        }
        assert_eq!(standing(app), 1, "nothing ended");
        let pressed = button.press("Team <1>", "drill");
        assert_eq!(
            pressed.header("location"),
            Some(format!("{group}?done=panic").as_str()),
            "{}",
            pressed.text
        );
        assert_eq!(standing(app), 0);
        assert!(
            browser
                .get(&format!("{group}?done=panic"))
                .text
                .contains("has ended")
        );
    });
}

#[test]
fn the_panic_button_of_an_internal_group_looks_at_so_many_people_and_ends_every_link() {
    both_engines(|app| {
        let [ada, team, all] = staff(app);
        link(app, &ada);
        let root = app.admin_token("root", Role::Administrator);
        let browser = Browser::new(app, "operator", Role::Operator);
        let button = Button {
            browser: &browser,
            token: &root,
            paths: [
                format!("/groups/{team}/panic"),
                format!("/internal-groups/{team}/panic"),
            ],
        };
        lay_links(app, &ada, PREVIEWED);
        lay_members(app, &ada, PREVIEWED - 1);
        let toll = json!({"links": PREVIEWED, "people": PREVIEWED, "requests": 0, "more": false});
        assert_eq!(button.preview(), toll);

        // One member more, whose link it was too.
        let last = format!(
            "01930000-0000-7000-8000-{}",
            100_000_000_000_usize + PREVIEWED
        );
        app.database().lay(&format!(
            "INSERT INTO memberships (group_id, member_id, member_is_group, event_id) \
             SELECT group_id, '{last}', member_is_group, event_id FROM memberships WHERE member_id = '{ada}'"
        ));
        let toll = json!({"links": PREVIEWED, "people": PREVIEWED, "requests": 0, "more": true});
        assert_eq!(button.preview(), toll);
        let page = button.page();
        for text in ["at least 5,000", "The first 5,000 members were looked at."] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let path = format!("/api/v1/groups/{all}/panic");
        let pressed = app.send(
            "POST",
            &path,
            Some(&root),
            Some(&json!({"reason": "drill"})),
        );
        let ended =
            json!({"links": PREVIEWED + 1, "people": PREVIEWED + 1, "requests": 0, "more": false});
        assert_eq!(pressed.json(), ended, "exactly, also by nesting");
        assert_eq!(standing(app), 0);
    });
}
