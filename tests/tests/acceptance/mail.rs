//! Mail over a mail server that asks for TLS and a password, and links that no mail can take to their
//! people, on both engines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::Duration;
use serde_json::{Value, json};
use vestibule_delivery::{MailSettings, Mailer, Tls};
use vestibule_domain::mail::Posted;
use vestibule_service::{LinkSettings, Role, Settings};
use vestibule_testkit::{
    Engine, Identity, Manner, Security, Setup, SmtpSink, TestApp, TestProvider, third_party,
};

use crate::links::hall;

const USER: &str = "vestibule";
const PASSWORD: &str = "letters";

fn on_both(automatic: bool, body: impl Fn(&TestApp)) {
    let settings = Settings::default();
    let settings = Settings {
        links: LinkSettings {
            mail: true,
            automatic,
            ..settings.links
        },
        ..settings
    };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let setup = Setup {
            settings: settings.clone(),
            ..Setup::default()
        };
        if let Some(app) = TestApp::start_with(engine, setup) {
            body(&app);
        }
    }
}

/// The response to AUTH PLAIN (RFC 4616).
fn login(password: &str) -> String {
    BASE64.encode(format!("\0{USER}\0{password}"))
}

fn mailer(sink: &SmtpSink, tls: Tls, ca: Option<&Identity>) -> Mailer {
    Mailer::new(MailSettings {
        host: "127.0.0.1".to_owned(),
        port: sink.address().port(),
        tls,
        credentials: Some((USER.to_owned(), PASSWORD.to_owned())),
        from: "Vestibule <noreply@vestibule.example>".to_owned(),
        ca: ca.map(|identity| identity.authority.clone().into_bytes()),
        templates: None,
        public_url: "https://vestibule.example".to_owned(),
    })
    .unwrap()
}

fn send_all(app: &TestApp, mailer: &Mailer) {
    while app
        .service
        .send_letter(|envelope, letter| mailer.post(envelope, letter))
        .unwrap()
    {}
}

fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.send("GET", &format!("/api/v1{path}"), Some(token), None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

/// A mailed link for Ada: the path of its letters.
fn mailed(app: &TestApp, root: &str, ada: &str) -> String {
    let path = format!("/api/v1/users/{ada}/links");
    let made = app.send(
        "POST",
        &path,
        Some(root),
        Some(&json!({"forwarding": "mailed"})),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    format!(
        "/links/{}/letters",
        made.json()["link"]["id"].as_str().unwrap()
    )
}

#[test]
fn mail_goes_over_tls_and_starttls_with_a_password() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let identity = Identity::new(None);
        for (security, tls) in [
            (Security::Implicit(identity.clone()), Tls::Implicit),
            (Security::StartTls(identity.clone()), Tls::StartTls),
        ] {
            let sink = SmtpSink::secured(security, Some(login(PASSWORD)));
            let letters = mailed(app, &root, &ada);
            send_all(app, &mailer(&sink, tls, Some(&identity)));
            let mails = sink.mails();
            assert_eq!(mails.len(), 1, "{tls:?}");
            assert_eq!(mails[0].to, "ada@acme.example");
            assert_eq!(mails[0].login, Some(login(PASSWORD)));
            let letter = get(app, &root, &letters)["items"][0].clone();
            assert_eq!(letter["state"], "sent", "{letter}");
            assert_eq!(letter["last_error"], Value::Null);
            let id = letter["id"].as_str().unwrap();
            assert!(mails[0].header("Message-ID").unwrap().contains(id));
        }
    });
}

#[test]
fn a_link_that_stands_is_mailed_again_over_the_api() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let sink = SmtpSink::start();
        let mailer = mailer(&sink, Tls::None, None);
        let letters = mailed(app, &root, &ada);
        send_all(app, &mailer);
        let again = format!("/api/v1{}", letters.replace("/letters", "/again"));
        let body = json!({"forwarding": "mailed"});
        let given = app.send("POST", &again, Some(&root), Some(&body));
        assert_eq!(given.status, 200, "{}", given.text);
        assert_eq!(given.json()["url"], Value::Null);
        send_all(app, &mailer);
        assert_eq!(sink.mails().len(), 2);
        let letters = get(app, &root, &letters)["items"].clone();
        let states: Vec<_> = letters.as_array().unwrap().iter().collect();
        assert!(states.iter().all(|letter| letter["state"] == "sent"));
        assert_eq!(states.len(), 2, "{letters}");
        // Nobody was shown it.
        let events = get(app, &root, "/events?action=link.shown");
        assert_eq!(events["items"], json!([]));
    });
}

#[test]
fn a_wrong_password_leaves_the_mail_waiting_and_is_told() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let identity = Identity::new(None);
        for (security, tls) in [
            (Security::Implicit(identity.clone()), Tls::Implicit),
            (Security::StartTls(identity.clone()), Tls::StartTls),
        ] {
            let sink = SmtpSink::secured(security, Some(login("changed")));
            let mailer = mailer(&sink, tls, Some(&identity));
            let letters = mailed(app, &root, &ada);
            for _ in 0..3 {
                send_all(app, &mailer);
                app.clock.advance(Duration::hours(1));
            }
            assert!(sink.mails().is_empty());
            let letter = get(app, &root, &letters)["items"][0].clone();
            assert_eq!(
                (&letter["state"], &letter["attempts"]),
                (&json!("queued"), &json!(3))
            );
            let told = letter["last_error"].as_str().unwrap();
            assert!(told.contains("wrong user or password"), "{told}");
            let health = get(app, &root, "/health");
            assert_eq!(health["letters_waiting"], 1);
            assert_eq!(health["letter_error"], letter["last_error"]);
            // Nothing is said of the password itself.
            assert!(!letter.to_string().contains(PASSWORD), "{letter}");

            sink.set_login(login(PASSWORD));
            send_all(app, &mailer);
            assert_eq!(sink.mails().len(), 1);
            let health = get(app, &root, "/health");
            assert_eq!(
                (&health["letters_waiting"], &health["letter_error"]),
                (&json!(0), &Value::Null)
            );
        }
    });
}

#[test]
fn a_mail_server_that_cannot_prove_who_it_is_gets_nothing() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let (identity, other) = (Identity::new(None), Identity::new(None));
        let elsewhere = Identity::new(Some("mail.elsewhere.example"));
        let letters = mailed(app, &root, &ada);
        let mut attempts = 0;
        let mut refuses =
            |security: Security, tls: Tls, trusted: Option<&Identity>, words: &str| {
                let sink = SmtpSink::secured(security, None);
                send_all(app, &mailer(&sink, tls, trusted));
                app.clock.advance(Duration::hours(1));
                attempts += 1;
                assert!(
                    sink.mails().is_empty() && sink.logins().is_empty(),
                    "{words}"
                );
                let letter = get(app, &root, &letters)["items"][0].clone();
                assert_eq!(
                    (&letter["state"], &letter["attempts"]),
                    (&json!("queued"), &json!(attempts))
                );
                let told = letter["last_error"].as_str().unwrap();
                assert!(told.contains(words), "{words}: {told}");
            };
        for (security, tls) in [
            (
                Security::Implicit as fn(Identity) -> Security,
                Tls::Implicit,
            ),
            (Security::StartTls, Tls::StartTls),
        ] {
            refuses(security(identity.clone()), tls, None, "certificate");
            refuses(security(identity.clone()), tls, Some(&other), "certificate");
            refuses(
                security(elsewhere.clone()),
                tls,
                Some(&elsewhere),
                "certificate",
            );
        }
        // Nor does one that would talk in the clear.
        refuses(
            Security::None,
            Tls::StartTls,
            Some(&identity),
            "does not offer STARTTLS",
        );

        let sink = SmtpSink::secured(Security::StartTls(identity.clone()), None);
        send_all(app, &mailer(&sink, Tls::StartTls, Some(&identity)));
        assert_eq!(sink.mails().len(), 1, "it was not lost");
    });
}

#[test]
fn the_test_mail_tells_what_stands_in_the_way_of_tls() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let identity = Identity::new(None);
    let sink = SmtpSink::secured(Security::StartTls(identity.clone()), Some(login(PASSWORD)));
    let test = |mailer: &Mailer| mailer.test("ada@acme.example", app.clock.now(), "test-1");
    let untrusted = test(&mailer(&sink, Tls::StartTls, None));
    assert!(
        matches!(&untrusted, Posted::Postponed(why) if why.contains("certificate")),
        "{untrusted:?}"
    );
    assert_eq!(
        test(&mailer(&sink, Tls::StartTls, Some(&identity))),
        Posted::Sent
    );
    sink.set_login(login("changed"));
    let wrong = test(&mailer(&sink, Tls::StartTls, Some(&identity)));
    assert!(
        matches!(&wrong, Posted::Postponed(why) if why.contains("wrong user or password")),
        "{wrong:?}"
    );
}

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
