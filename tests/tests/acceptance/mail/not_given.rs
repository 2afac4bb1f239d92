//! Links that no mail can take to their people, on both engines.

use serde_json::{Value, json};
use vestibule_delivery::Tls;
use vestibule_domain::provider::LinkDelivery;
use vestibule_service::Role;
use vestibule_testkit::{Manner, SmtpSink, TestApp, TestProvider, internal, third_party};

use super::{get, mailer, on_both, send_all, with_mail};

/// People of vendors that give links by themselves.
struct Desk<'a> {
    app: &'a TestApp,
    okta: TestProvider,
    admin: String,
}

impl<'a> Desk<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            okta: app.register(third_party("Okta")),
            admin: app.admin_token("olga", Role::Operator),
        }
    }

    fn push(&self, path: &str, kind: &str, mut body: Value) -> String {
        body["schemas"] = json!([format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")]);
        let made = self
            .app
            .send("POST", path, Some(&self.okta.token), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    fn user(&self, name: &str, email: Option<&str>) -> String {
        let emails: Vec<Value> = email
            .map(|email| json!({"value": email, "primary": true}))
            .into_iter()
            .collect();
        self.push(
            "/scim/v2/Users",
            "User",
            json!({"userName": name, "emails": emails}),
        )
    }

    /// A vendor that is open to these people, under an access group that asks for approvals or not.
    fn vendor(&self, name: &str, approvals: u32, people: &[&String]) -> String {
        let members: Vec<Value> = people.iter().map(|id| json!({ "value": id })).collect();
        self.push(
            "/scim/v2/Groups",
            "Group",
            json!({"displayName": name, "members": members}),
        );
        let tied = json!({"name": format!("{name} servers"), "approvals_required": approvals});
        let tied = self.app.send(
            "POST",
            "/api/v1/access-groups",
            Some(&self.admin),
            Some(&tied),
        );
        let vendors = get(self.app, &self.admin, &format!("/vendors?name={name}"));
        let path = format!(
            "/api/v1/vendors/{}",
            vendors["items"][0]["id"].as_str().unwrap()
        );
        let settings = json!({
            "access_group": tied.json()["id"], "start": self.app.clock.now(), "status": "enabled",
        });
        let done = self
            .app
            .send("PATCH", &path, Some(&self.admin), Some(&settings));
        assert_eq!(done.status, 200, "{}", done.text);
        path
    }

    fn set_email(&self, user: &str, email: &str) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "emails", "value": [{"value": email, "primary": true}]}],
        });
        let path = format!("/scim/v2/Users/{user}");
        let done = self
            .app
            .send("PATCH", &path, Some(&self.okta.token), Some(&body));
        assert_eq!(done.status, 200, "{}", done.text);
    }

    fn look(&self) {
        while self.app.service.give_links().unwrap() > 0 {}
    }

    /// What is warned of about a person: that no mail takes their link to them.
    fn warned(&self, user: &str) -> Option<String> {
        let warnings = get(
            self.app,
            &self.admin,
            &format!("/providers/{}/warnings", self.okta.id),
        );
        let found = warnings["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|warning| {
                warning["kind"] == "link_not_mailed" && warning["subject"] == json!(user)
            })?;
        Some(found["detail"].as_str().unwrap().to_owned())
    }

    fn told(&self, user: &str) -> Vec<String> {
        let path = format!("/events?action=link.not_given&subject={user}&sort=at");
        let events = get(self.app, &self.admin, &path);
        let events = events["items"].as_array().unwrap().iter();
        events
            .map(|event| {
                assert_eq!(event["actor"]["kind"], "system");
                assert!(event["cause"].is_string(), "{event}");
                event["payload"]["why"].as_str().unwrap().to_owned()
            })
            .collect()
    }

    fn links(&self, user: &str) -> usize {
        let links = get(
            self.app,
            &self.admin,
            &format!("/links?user={user}&state=live"),
        );
        links["items"].as_array().unwrap().len()
    }
}

#[test]
fn who_was_to_have_a_link_by_mail_and_has_none_is_told_of_once() {
    on_both(true, |app| {
        let desk = Desk::new(app);
        let silent = desk.user("silent", None);
        let odd = desk.user("odd", Some("odd@acme.example, x@evil.example"));
        let ada = desk.user("ada", Some("ada@acme.example"));
        let bound = desk.user("bound", Some("bound@acme.example"));
        let early = desk.user("early", None);
        desk.push(
            "/scim/v2/Groups",
            "Group",
            json!({"displayName": "Pending", "members": [{"value": early}]}),
        );
        let acme = desk.vendor("Acme", 0, &[&silent, &odd, &ada]);
        desk.vendor("Strict", 1, &[&bound]);
        desk.look();

        assert_eq!((desk.links(&ada), desk.warned(&ada)), (1, None));
        for (user, words) in [
            (
                &silent,
                [
                    "silent",
                    "has no e-mail address",
                    "make a link that is shown",
                ],
            ),
            (&odd, ["odd", "name@host", "make a link that is shown"]),
            (&bound, ["bound", "1 approvals", "make an access request"]),
        ] {
            assert_eq!(desk.links(user), 0);
            let warned = desk.warned(user).unwrap();
            for word in words {
                assert!(warned.contains(word), "{word}: {warned}");
            }
            assert_eq!(desk.told(user), [warned]);
        }
        // Who may not get in is not told of: what lets them in looks at them again.
        assert_eq!(desk.warned(&early), None);

        // Once, whatever else is changed and however often the job looks.
        for number in 0..3 {
            let note = json!({"contract_number": number.to_string()});
            let done = app.send("PATCH", &acme, Some(&desk.admin), Some(&note));
            assert_eq!(done.status, 200, "{}", done.text);
            desk.look();
        }
        assert_eq!(desk.told(&silent).len(), 1);

        // Another reason is told of, and what is mended no longer warned of.
        desk.set_email(&silent, "nowhere");
        desk.look();
        let told = desk.told(&silent);
        assert_eq!(told.len(), 2);
        assert!(told[1].contains("name@host"), "{told:?}");
        desk.set_email(&silent, "silent@acme.example");
        desk.look();
        assert_eq!((desk.links(&silent), desk.warned(&silent)), (1, None));
        // A link that is made by hand mends it, too.
        let path = format!("/api/v1/users/{odd}/links");
        let made = app.send("POST", &path, Some(&desk.admin), Some(&json!({})));
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(desk.warned(&odd), None);
    });
}

#[test]
fn a_letter_with_a_link_that_is_never_taken_is_warned_of() {
    on_both(true, |app| {
        let desk = Desk::new(app);
        let ada = desk.user("ada", Some("ada@acme.example"));
        desk.vendor("Acme", 0, &[&ada]);
        desk.look();
        let sink = SmtpSink::start();
        sink.set(Manner::Refuses);
        let mailer = mailer(&sink, Tls::None, None);
        send_all(app, &mailer);
        let warned = desk.warned(&ada).unwrap();
        for word in [
            "ada@acme.example",
            "refused",
            "no such person",
            "make another link",
        ] {
            assert!(warned.contains(word), "{word}: {warned}");
        }
        sink.set(Manner::Takes);
        let path = format!("/api/v1/users/{ada}/links");
        let body = json!({"forwarding": "mailed"});
        app.send("POST", &path, Some(&desk.admin), Some(&body));
        send_all(app, &mailer);
        assert_eq!((sink.mails().len(), desk.warned(&ada)), (1, None));
    });
}

#[test]
fn without_a_mail_server_who_was_to_have_a_link_is_told_of_once() {
    with_mail(false, true, |app| {
        let desk = Desk::new(app);
        let ada = desk.user("ada", None);
        let bound = desk.user("bound", Some("bound@acme.example"));
        let acme = desk.vendor("Acme", 0, &[&ada]);
        desk.vendor("Strict", 1, &[&bound]);
        desk.look();
        assert_eq!(desk.links(&ada), 0);
        let warned = desk.warned(&ada).unwrap();
        for word in [
            "ada was to be mailed",
            "no mail server is configured",
            "set smtp_host and mail_from",
            "make a link that is shown",
        ] {
            assert!(warned.contains(word), "{word}: {warned}");
        }
        assert_eq!(desk.told(&ada), [warned]);
        // Where others have to approve, no mail server would help.
        let warned = desk.warned(&bound).unwrap();
        assert!(warned.contains("make an access request"), "{warned}");
        for number in 0..3 {
            let note = json!({"contract_number": number.to_string()});
            let done = app.send("PATCH", &acme, Some(&desk.admin), Some(&note));
            assert_eq!(done.status, 200, "{}", done.text);
            desk.look();
        }
        assert_eq!(desk.told(&ada).len(), 1);
        let path = format!("/api/v1/users/{ada}/links");
        let made = app.send("POST", &path, Some(&desk.admin), Some(&json!({})));
        assert_eq!(made.status, 201, "{}", made.text);
        assert_eq!(desk.warned(&ada), None);
    });
}

#[test]
fn without_a_mail_server_only_those_are_told_of_whom_a_setting_gives_a_link() {
    with_mail(false, false, |app| {
        let desk = Desk::new(app);
        let (ada, grace) = (desk.user("ada", None), desk.user("grace", None));
        let acme = desk.vendor("Acme", 0, &[&ada]);
        desk.vendor("Initech", 0, &[&grace]);
        desk.look();
        assert_eq!((desk.warned(&ada), desk.warned(&grace)), (None, None));
        let yes = json!({"link_delivery": "yes"});
        let done = app.send("PATCH", &acme, Some(&desk.admin), Some(&yes));
        assert_eq!(done.status, 200, "{}", done.text);
        // Who comes later is looked at by the way they come.
        let late = desk.user("late", None);
        let group = done.json()["group"].clone();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "members", "value": [{"value": late}]}],
        });
        let path = format!("/scim/v2/Groups/{}", group.as_str().unwrap());
        let added = app.send("PATCH", &path, Some(&desk.okta.token), Some(&body));
        assert_eq!(added.status / 100, 2, "{}", added.text);
        desk.look();
        for (user, told) in [(&ada, true), (&late, true), (&grace, false)] {
            assert_eq!(desk.warned(user).is_some(), told, "{user}");
        }
    });
}

#[test]
fn staff_are_told_of_by_the_setting_of_a_group_above_them_or_of_their_provider() {
    for nearest in ["group", "provider", "nobody"] {
        with_mail(false, false, |app| {
            let admin = app.admin_token("olga", Role::Operator);
            let mut settings = internal("Entra");
            if nearest == "provider" {
                settings.link_delivery = LinkDelivery::Yes;
            }
            let entra = app.register(settings);
            let push = |path: &str, kind: &str, mut body: Value| {
                body["schemas"] = json!([format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")]);
                let made = app.send("POST", path, Some(&entra.token), Some(&body));
                assert_eq!(made.status, 201, "{}", made.text);
                made.json()["id"].as_str().unwrap().to_owned()
            };
            let users = |name: &str| push("/scim/v2/Users", "User", json!({"userName": name}));
            let groups = |name: &str, member: &str| {
                let body = json!({"displayName": name, "members": [{"value": member}]});
                push("/scim/v2/Groups", "Group", body)
            };
            let ada = users("ada");
            let team = groups("Team", &ada);
            let all = groups("All", &team);
            let open = json!({"name": "Open"});
            let open = app.send("POST", "/api/v1/access-groups", Some(&admin), Some(&open));
            let mut tie = json!({"access_group": open.json()["id"]});
            if nearest == "group" {
                tie["link_delivery"] = json!("yes");
            }
            let path = format!("/api/v1/groups/{all}");
            let tied = app.send("PATCH", &path, Some(&admin), Some(&tie));
            assert_eq!(tied.status, 200, "{}", tied.text);
            while app.service.give_links().unwrap() > 0 {}
            let warnings = get(app, &admin, &format!("/providers/{}/warnings", entra.id));
            let told = nearest != "nobody";
            let warned = warnings["items"].as_array().unwrap();
            assert_eq!(warned.len(), usize::from(told), "{nearest}: {warnings}");
            assert!(warned.iter().all(|warned| warned["subject"] == json!(ada)));
        });
    }
}
