//! From the mailed link to the gateway, over real HTTP and real SMTP, on both engines.

use chrono::Duration;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use vestibule_delivery::{MailSettings, Mailer, Tls};
use vestibule_domain::mail::Posted;
use vestibule_service::keys::SealingKey;
use vestibule_service::{LinkSettings, Settings};
use vestibule_testkit::{Engine, Manner, Reply, Setup, SmtpSink, TestApp};

use crate::links::hall;

const GATEWAY: &str = "https://gateway.example/enter";

fn settings(mail: bool) -> Settings {
    let settings = Settings::default();
    Settings {
        links: LinkSettings {
            mail,
            sealing_key: SealingKey::parse(&SealingKey::generate()),
            ..settings.links
        },
        ..settings
    }
}

fn on_both(mail: bool, body: impl Fn(&TestApp)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let setup = Setup {
            settings: settings(mail),
            gateway_url: Some(GATEWAY.to_owned()),
            ..Setup::default()
        };
        if let Some(app) = TestApp::start_with(engine, setup) {
            app.service.prepare_signing_key().unwrap();
            body(&app);
        }
    }
}

fn mailer(sink: &SmtpSink, app: &TestApp) -> Mailer {
    Mailer::new(MailSettings {
        host: "127.0.0.1".to_owned(),
        port: sink.address().port(),
        tls: Tls::None,
        credentials: Some(("vestibule".to_owned(), "letters".to_owned())),
        from: "Vestibule <noreply@vestibule.example>".to_owned(),
        ca: None,
        templates: None,
        public_url: app.url(),
    })
    .unwrap()
}

/// Sends every letter that is due.
fn send_all(app: &TestApp, mailer: &Mailer) {
    while app
        .service
        .send_letter(|envelope, letter| mailer.post(envelope, letter))
        .unwrap()
    {}
}

fn make_link(app: &TestApp, root: &str, ada: &str, forwarding: &str) -> Value {
    let body = json!({ "forwarding": forwarding });
    let made = app.send(
        "POST",
        &format!("/api/v1/users/{ada}/links"),
        Some(root),
        Some(&body),
    );
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

fn post(app: &TestApp, path: &str, form: &str) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    app.send_raw("POST", path, &headers, form)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

#[test]
fn from_the_mail_to_the_gateway() {
    on_both(true, |app| {
        let (ada, vendor, root) = hall(app);
        let (sink, entrance) = (SmtpSink::start(), "/enter/val_");
        let mailer = mailer(&sink, app);
        let made = make_link(app, &root, &ada, "mailed");
        assert_eq!(made["url"], Value::Null);
        send_all(app, &mailer);
        let mails = sink.mails();
        assert_eq!(mails.len(), 1);
        let mail = &mails[0];
        assert_eq!(
            (mail.from.as_str(), mail.to.as_str()),
            ("noreply@vestibule.example", "ada@acme.example")
        );
        assert!(mail.login.is_some());
        assert!(
            mail.header("Message-ID")
                .unwrap()
                .ends_with("@vestibule.example>")
        );
        let text = mail.unfolded();
        assert!(
            text.contains("text/plain") && text.contains("text/html"),
            "{text}"
        );
        let url = between(&text, &app.url(), "\r\n");
        assert!(url.starts_with(entrance), "{url}");

        // Looked at as often as a scanner likes, it works; and says nothing to others.
        for _ in 0..3 {
            let page = app.send_raw("GET", url, &[("Accept-Language", "pt-BR")], "");
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(page.text.contains("lang=\"pt-BR\"") && page.text.contains("ada"));
            assert!(!page.text.contains("<script"));
            assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(
                page.header("content-security-policy")
                    .unwrap()
                    .contains("form-action 'self'")
            );
        }
        let asked = post(app, &format!("{url}/code"), "");
        assert_eq!(asked.status, 200, "{}", asked.text);
        send_all(app, &mailer);
        let text = sink.mails()[1].unfolded();
        let code = between(&text, "your entry code is\r\n\r\n", "\r\n").to_owned();
        assert_eq!(code.len(), 8, "{text}");

        let entered = post(app, url, &format!("code={code}"));
        assert_eq!(entered.status, 200, "{}", entered.text);
        assert!(
            entered
                .header("content-security-policy")
                .unwrap()
                .contains("form-action https://gateway.example;")
        );
        assert!(entered.text.contains(&format!("action=\"{GATEWAY}\"")));
        let assertion = between(&entered.text, "name=\"assertion\" value=\"", "\"").to_owned();
        let again = post(app, url, &format!("code={code}"));
        assert_eq!(again.status, 403, "{}", again.text);

        let keys = app.send("GET", "/iso/oauth2/jwks", None, None);
        assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
        let key = keys.json()["keys"][0].clone();
        let header = jsonwebtoken::decode_header(&assertion).unwrap();
        assert_eq!(header.kid.as_deref(), key["kid"].as_str());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[GATEWAY]);
        validation.set_issuer(&[format!("{}/iso/oauth2", app.url())]);
        // The test's clock stands in another year than the machine's.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let check = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
        let claims = jsonwebtoken::decode::<Value>(&assertion, &check, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["sub"], ada.as_str());
        assert_eq!(claims["vendor"]["id"], vendor.as_str());
        assert_eq!(claims["access_group"]["name"], "Windows");
        assert_eq!(
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
            60
        );
        assert_eq!(claims["iat"], app.clock.now().timestamp());
    });
}

#[test]
fn what_does_not_work_looks_alike_and_is_slowed_down() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let made = make_link(app, &root, &ada, "shown");
        let url = made["url"]
            .as_str()
            .unwrap()
            .strip_prefix(&app.url())
            .unwrap()
            .to_owned();
        let page = app.send_raw("GET", &url, &[], "");
        assert!(page.text.contains("Ask your contact"), "{}", page.text);
        let wrong = post(app, &url, "code=12345678");
        let none = post(app, &url, "");
        assert_eq!((wrong.status, &wrong.text), (403, &none.text));

        let id = made["link"]["id"].as_str().unwrap();
        app.send("DELETE", &format!("/api/v1/links/{id}"), Some(&root), None);
        let ended = app.send_raw("GET", &url, &[], "");
        let expired = {
            let other = make_link(app, &root, &ada, "shown");
            let url = other["url"]
                .as_str()
                .unwrap()
                .strip_prefix(&app.url())
                .unwrap()
                .to_owned();
            app.clock.advance(Duration::days(8));
            app.send_raw("GET", &url, &[], "")
        };
        let never = app.send_raw(
            "GET",
            "/enter/val_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_AAAAAA",
            &[],
            "",
        );
        let nonsense = app.send_raw("GET", "/enter/x%0d%0aSet-Cookie:y", &[], "");
        for other in [&expired, &never, &nonsense] {
            assert_eq!((other.status, &other.text), (404, &ended.text));
        }
        let statuses: Vec<u16> = (0..40)
            .map(|_| app.send_raw("GET", "/enter/x", &[], "").status)
            .collect();
        assert_eq!((statuses[0], statuses[39]), (404, 429));
        app.clock.advance(Duration::minutes(5));
        assert_eq!(app.send_raw("GET", "/enter/x", &[], "").status, 404);
    });
}

#[test]
fn a_mail_server_may_be_down_for_a_day() {
    on_both(true, |app| {
        let (ada, _, root) = hall(app);
        let sink = SmtpSink::start();
        let mailer = mailer(&sink, app);
        for manner in [Manner::HangsUp, Manner::Postpones] {
            sink.set(manner);
            make_link(app, &root, &ada, "mailed");
            for _ in 0..24 {
                send_all(app, &mailer);
                app.clock.advance(Duration::minutes(30));
            }
        }
        assert!(sink.mails().is_empty());
        sink.set(Manner::Takes);
        for _ in 0..3 {
            send_all(app, &mailer);
            app.clock.advance(Duration::hours(1));
        }
        assert_eq!(sink.mails().len(), 2);
        let ids: Vec<_> = sink
            .mails()
            .iter()
            .map(|mail| mail.header("Message-ID").map(str::to_owned))
            .collect();
        assert_ne!(ids[0], ids[1]);

        sink.set(Manner::LosesAnswer);
        make_link(app, &root, &ada, "mailed");
        send_all(app, &mailer);
        sink.set(Manner::Takes);
        app.clock.advance(Duration::hours(1));
        send_all(app, &mailer);
        let mails = sink.mails();
        assert_eq!(mails.len(), 4, "sent again, for nobody knows");
        assert_eq!(mails[2].header("Message-ID"), mails[3].header("Message-ID"));

        sink.set(Manner::Refuses);
        make_link(app, &root, &ada, "mailed");
        send_all(app, &mailer);
        app.clock.advance(Duration::hours(1));
        sink.set(Manner::Takes);
        send_all(app, &mailer);
        assert_eq!(sink.mails().len(), 4, "refused is refused");
    });
}

#[test]
fn a_rotated_key_is_published_before_it_signs_and_a_day_after() {
    on_both(false, |app| {
        let kids = || -> Vec<String> {
            let keys = app.send("GET", "/iso/oauth2/jwks", None, None).json();
            let keys = keys["keys"].as_array().unwrap().clone();
            keys.iter()
                .map(|key| key["kid"].as_str().unwrap().to_owned())
                .collect()
        };
        let (ada, _, root) = hall(app);
        let signed_by = || {
            let made = make_link(app, &root, &ada, "shown");
            let id = made["link"]["id"].as_str().unwrap();
            let code = app
                .send(
                    "POST",
                    &format!("/api/v1/links/{id}/codes"),
                    Some(&root),
                    None,
                )
                .json();
            let url = made["url"]
                .as_str()
                .unwrap()
                .strip_prefix(&app.url())
                .unwrap()
                .to_owned();
            let entered = post(
                app,
                &url,
                &format!("code={}", code["code"].as_str().unwrap()),
            );
            let assertion = between(&entered.text, "name=\"assertion\" value=\"", "\"").to_owned();
            jsonwebtoken::decode_header(&assertion)
                .unwrap()
                .kid
                .unwrap()
        };
        let first = kids();
        assert_eq!(first.len(), 1);
        let second = app
            .service
            .rotate_signing_key(&app.admin())
            .unwrap()
            .id
            .to_string();
        assert_eq!(kids(), [first[0].clone(), second.clone()]);
        assert_eq!(signed_by(), first[0]);
        app.clock.advance(Duration::minutes(10));
        assert_eq!(signed_by(), second);
        assert_eq!(kids().len(), 2);
        app.clock.advance(Duration::days(1));
        assert_eq!(kids(), [second]);
    });
}

#[test]
fn the_test_mail_tells_what_the_server_says() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let sink = SmtpSink::start();
    let mailer = mailer(&sink, &app);
    let test = |to: &str| mailer.test(to, app.clock.now(), "test-1");
    assert_eq!(test("ada@acme.example"), Posted::Sent);
    assert!(matches!(
        test("ada@acme.example\r\nBcc: eve@evil.example"),
        Posted::Refused(_)
    ));
    sink.set(Manner::Refuses);
    assert!(
        matches!(test("nobody@acme.example"), Posted::Refused(why) if why.contains(", naming the recipient: ") && (why.contains("550") || why.contains("no such person")))
    );
    sink.set(Manner::Postpones);
    assert!(matches!(test("ada@acme.example"), Posted::Postponed(_)));
    assert_eq!(sink.mails().len(), 1);
}
