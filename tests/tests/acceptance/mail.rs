//! Mail over a mail server that asks for TLS and a password, on both engines.

mod not_given;
mod staff;

use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::Duration;
use serde_json::{Value, json};
use vestibule_delivery::{MailSettings, Mailer, Tls};
use vestibule_domain::mail::Posted;
use vestibule_service::{LinkSettings, Settings};
use vestibule_testkit::{Engine, Identity, Security, Setup, SmtpSink, TestApp};

use crate::links::hall;

const USER: &str = "vestibule";
const PASSWORD: &str = "letters";

pub(super) fn on_both(automatic: bool, body: impl Fn(&TestApp)) {
    with_mail(true, automatic, body);
}

fn with_mail(mail: bool, automatic: bool, body: impl Fn(&TestApp)) {
    let settings = Settings::default();
    let settings = Settings {
        links: LinkSettings {
            mail,
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

pub(super) fn mailer(sink: &SmtpSink, tls: Tls, ca: Option<&Identity>) -> Mailer {
    mailer_at(sink.address().port(), tls, ca)
}

fn mailer_at(port: u16, tls: Tls, ca: Option<&Identity>) -> Mailer {
    Mailer::new(MailSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls,
        credentials: Some((USER.to_owned(), PASSWORD.to_owned())),
        from: "Vestibule <noreply@vestibule.example>".to_owned(),
        ca: ca.map(|identity| identity.authority.clone().into_bytes()),
        templates: None,
        public_url: "https://vestibule.example".to_owned(),
    })
    .unwrap()
}

pub(super) fn send_all(app: &TestApp, mailer: &Mailer) {
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
pub(super) fn mailed(app: &TestApp, root: &str, ada: &str) -> String {
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
        // In pages, in either order, and as a table.
        let page = |query: &str| get(app, &root, &format!("{letters}?{query}"));
        let first = page("limit=1");
        let next = first["next"].as_str().unwrap();
        let second = page(&format!("limit=1&after={next}"));
        assert_eq!(second["next"], json!(null));
        let newest = page("limit=1&sort=-created");
        assert_eq!(newest["items"], second["items"]);
        assert_ne!(newest["items"], first["items"]);
        let path = format!("/api/v1{letters}?format=csv");
        let csv = app.send("GET", &path, Some(&root), None).text;
        assert_eq!(csv.lines().count(), 3, "{csv}");
        let head = "\"id\",\"kind\",\"to\",\"state\",\"attempts\",\"due\",\"last_error\",\"created\",\"finished\"";
        assert!(csv.starts_with(head), "{csv}");
        let id = first["items"][0]["id"].as_str().unwrap();
        assert!(csv.contains(&format!("\"{id}\",\"link\",")), "{csv}");
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
    let at = |step: &str| format!("{}, {step}: ", sink.address());
    assert!(
        matches!(&untrusted, Posted::Postponed(why) if why.starts_with(&at("beginning TLS"))
            && why.contains("certificate") && why.contains("smtp_ca")),
        "{untrusted:?}"
    );
    assert_eq!(
        test(&mailer(&sink, Tls::StartTls, Some(&identity))),
        Posted::Sent
    );
    sink.set_login(login("changed"));
    let wrong = test(&mailer(&sink, Tls::StartTls, Some(&identity)));
    assert!(
        matches!(&wrong, Posted::Postponed(why) if why.starts_with(&at("signing in"))
            && why.contains("wrong user or password") && why.ends_with("smtp_user and smtp_password are right")),
        "{wrong:?}"
    );
    // Nobody listens there any more.
    let left = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let left = left.unwrap();
    let away = test(&mailer_at(left.port(), Tls::StartTls, None));
    assert!(
        matches!(&away, Posted::Postponed(why) if why.starts_with(&format!("{left}, connecting: "))
            && why.contains("refused") && why.contains("smtp_port")),
        "{away:?}"
    );
}

#[test]
fn a_letter_goes_to_the_address_that_its_person_has_by_then() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let provider = get(app, &root, "/providers")["items"][0]["id"].clone();
        let id = provider.as_str().unwrap().parse().unwrap();
        let issued = app
            .service
            .issue_activation_token(&app.admin(), id, "pasted", None, None);
        let token = issued.unwrap().access_token.expose().to_owned();
        let sink = SmtpSink::start();
        let letters = mailed(app, &root, &ada);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "emails[primary eq true].value", "value": "lovelace@acme.example"}],
        });
        let moved = app.send(
            "PATCH",
            &format!("/scim/v2/Users/{ada}"),
            Some(&token),
            Some(&body),
        );
        assert_eq!(moved.status, 200, "{}", moved.text);
        send_all(app, &mailer(&sink, Tls::None, None));
        let mails = sink.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "lovelace@acme.example");
        let letter = get(app, &root, &letters)["items"][0].clone();
        assert_eq!(letter["to"], "lovelace@acme.example", "{letter}");
    });
}
