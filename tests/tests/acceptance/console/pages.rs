//! Pages that set products up, and those about the server itself.

mod forms;
mod lane;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::{Engine, Setup, TestApp, both_engines, third_party};
use vestibule_web::{Configured, Source};

use super::{Browser, FORM, app, form};

/// An id in an address of the page's forms and links.
fn provider_in(text: &str) -> String {
    let start = text.find("/console/providers/").unwrap() + "/console/providers/".len();
    let ids = text[start..].split(['/', '"']);
    ids.map(str::to_owned).find(|id| id.len() == 36).unwrap()
}

/// What follows a word in the text, up to something that is no part of a secret.
fn secret_in(text: &str, prefix: &str) -> String {
    let start = text.find(prefix).unwrap();
    let secret = text[start..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
    secret.into_iter().next().unwrap().to_owned()
}

#[test]
fn what_ends_at_one_press_is_asked_about_first() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let home = format!("/console/providers/{}", okta.id);
    let admin = app.admin();
    let state = || {
        app.service
            .find_provider(&admin, okta.id)
            .unwrap()
            .provider
            .state
    };
    let path = format!("{home}/state");
    for (word, ends) in [
        ("paused", "asked to come again later"),
        ("disabled", "is refused"),
    ] {
        let asked = browser.post(&path, &[("state", word), ("about", "<Okta>")]);
        assert_eq!(asked.status, 200, "{}", asked.text);
        for text in [
            ends,
            "&#60;Okta&#62;",
            &format!("href=\"{home}\""),
            "name=\"sure\"",
        ] {
            assert!(asked.text.contains(text), "{text}: {}", asked.text);
        }
        assert_ne!(state().name(), word);
        let done = browser.post(&path, &[("state", word), ("sure", "yes")]);
        assert_eq!(done.status, 303);
        assert_eq!(state().name(), word);
    }
    // What ends nothing is done at once.
    assert_eq!(browser.post(&path, &[("state", "active")]).status, 303);
    let nowhere = "01930000-0000-7000-8000-000000000000";
    for path in [
        format!("{home}/revoke-tokens"),
        format!("{home}/secrets/{nowhere}/revoke"),
        format!("{home}/tokens/{nowhere}/revoke"),
        format!("/console/administrators/administrator/tokens/{nowhere}/revoke"),
        "/console/schemas/remove".to_owned(),
        "/console/schemas/remove-attribute".to_owned(),
        "/console/schemas/remove-type".to_owned(),
        "/console/schemas/remove-extension".to_owned(),
    ] {
        let asked = browser.post(&path, &[("urn", "urn:x")]).text;
        assert!(
            asked.contains("name=\"sure\" value=\"yes\""),
            "{path}: {asked}"
        );
    }
}

#[test]
fn schemas_are_added_and_removed() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let urn = "urn:example:params:scim:schemas:Badge";
    let post = |what: &str, fields: &[(&str, &str)]| {
        browser.post(&format!("/console/schemas/{what}"), fields)
    };
    for (what, definition) in [
        ("add", "{"),
        ("add", r#"{"id": "no urn"}"#),
        ("attribute", r#"{"name": "a", "type": "colour"}"#),
        ("type", "[]"),
    ] {
        let wrong = post(what, &[("urn", urn), ("definition", definition)]);
        assert_eq!(wrong.status, 422, "{what} {definition}");
        assert!(
            wrong
                .text
                .contains(&format!("id=\"{what}-definition-mistake\""))
        );
    }
    let definition =
        format!(r#"{{"id": "{urn}", "name": "Badge", "attributes": [{{"name": "number"}}]}}"#);
    let added = post("add", &[("definition", &definition)]);
    assert_eq!(added.status, 303, "{}", added.text);
    let extended = post("extension", &[("type", "User"), ("urn", urn)]);
    assert_eq!(extended.status, 303, "{}", extended.text);
    let attribute = r#"{"name": "colour", "type": "string"}"#;
    let more = post("attribute", &[("urn", urn), ("definition", attribute)]);
    assert_eq!(more.status, 303, "{}", more.text);
    let page = browser.get("/console/schemas");
    for text in [
        "number, colour",
        "User",
        "remove-extension",
        "remove-attribute",
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    let early = post("remove", &[("urn", urn), ("sure", "yes")]);
    assert_eq!(early.status, 422);
    assert!(
        early
            .text
            .contains("The resource type User has this schema")
    );
    for (what, mut fields) in [
        ("remove-attribute", vec![("urn", urn), ("name", "colour")]),
        ("remove-extension", vec![("type", "User"), ("urn", urn)]),
        ("remove", vec![("urn", urn)]),
    ] {
        fields.push(("sure", "yes"));
        assert_eq!(post(what, &fields).status, 303, "{what}");
    }
    assert!(
        !browser
            .get("/console/schemas")
            .text
            .contains("number, colour")
    );
}

#[test]
fn the_form_of_a_provider_has_two_tabs_and_opens_where_something_is_wrong() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let empty = browser.get("/console/providers/new").text;
    assert_eq!(empty.matches("data-tab=").count(), 2, "{empty}");
    assert!(
        empty.contains("<details><summary>Keys, federation"),
        "{empty}"
    );
    let fields = [
        ("name", "Okta"),
        ("user_type", "third_party"),
        ("scopes", "scim"),
        ("client_secret_basic", "yes"),
        ("client_secret_post", "yes"),
    ];
    let wrong = [&fields[..], &[("thumbprints", "x")]].concat();
    let again = browser.post("/console/providers/new", &wrong);
    assert_eq!(again.status, 422);
    let tab = "data-tab=\"Authentication\" data-wrong";
    assert!(again.text.contains(tab), "{}", again.text);
    assert!(
        again.text.contains("<details open><summary>Keys"),
        "{}",
        again.text
    );
    let secrets = [&fields[..4], &[("addresses", "*")]].concat();
    let made = browser.post("/console/providers/new", &secrets);
    assert_eq!(made.status, 200, "{}", made.text);
    let mut parts = made.text.split("/console/providers/");
    let is_id = |id: &&str| id.matches('-').count() == 4;
    let id = parts.find_map(|part| part.get(..36).filter(is_id)).unwrap();
    let edit = browser.get(&format!("/console/providers/{id}/edit")).text;
    assert!(edit.contains("<details open><summary>Keys"), "{edit}");
}

#[test]
fn each_setting_says_what_it_is_where_it_came_from_and_how_it_is_changed() {
    let configured = |key, variable, option, value: Option<&str>, source| Configured {
        key,
        variable,
        option,
        value: value.map(str::to_owned),
        source,
    };
    let setup = Setup {
        configured: vec![
            configured(
                "workers",
                "VESTIBULE_WORKERS",
                "workers",
                Some("0"),
                Source::Default,
            ),
            configured(
                "live_tokens",
                "VESTIBULE_LIVE_TOKENS",
                "live-tokens",
                Some("7"),
                Source::File("vestibule.toml:2:15".to_owned()),
            ),
            configured(
                "smtp_password",
                "VESTIBULE_SMTP_PASSWORD",
                "smtp-password",
                None,
                Source::Environment,
            ),
            configured(
                "automatic_links",
                "VESTIBULE_AUTOMATIC_LINKS",
                "automatic-links",
                Some("true"),
                Source::CommandLine,
            ),
        ],
        ..Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let browser = Browser::new(&app, "auditor", Role::Auditor);
    let rows = |query: &str| {
        let csv = browser.get(&format!("/console/settings?format=csv{query}"));
        assert_eq!(csv.status, 200, "{}", csv.text);
        csv.text.replace("\r\n", "\n")
    };
    assert_eq!(
        rows("&sort=key&q=_"),
        "\"Setting\",\"Value\",\"Comes from\",\"Key in the file\",\"Variable\"\n\
         \"Links are mailed by themselves to whoever may get in\",\"yes\",\"the command line, --automatic-links\",\
         \"automatic_links\",\"VESTIBULE_AUTOMATIC_LINKS\"\n\
         \"Access tokens of one provider that work at once\",\"7\",\"the file, at vestibule.toml:2:15\",\
         \"live_tokens\",\"VESTIBULE_LIVE_TOKENS\"\n\
         \"Password at the mail server\",\"set, not shown\",\"the environment, VESTIBULE_SMTP_PASSWORD\",\
         \"smtp_password\",\"VESTIBULE_SMTP_PASSWORD\"\n\
         \"Threads that answer requests; 0: one for each processor\",\"0\",\"not set: the usual value\",\
         \"workers\",\"VESTIBULE_WORKERS\"\n"
    );
    assert_eq!(rows("&source=file").lines().count(), 2);
    assert_eq!(rows("&q=threads").lines().count(), 2);
    let all = browser.get("/console/settings").text;
    assert!(all.contains("A session ends unused after"), "{all}");
    let headers = [
        ("cookie", browser.cookie.as_str()),
        ("accept-language", "pt-BR"),
    ];
    let page = app.send_raw("GET", "/console/settings", &headers, "").text;
    for text in [
        "Senha no servidor de e-mail",
        "definido, não mostrado",
        "do arquivo, em vestibule.toml:2:15",
        "não definido: o valor usual",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
}

#[test]
fn health_and_the_first_page_say_that_nobody_can_be_handed_over() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for (gateway, told) in [(Some("https://gateway.example/enter"), true), (None, false)] {
            // Without a key_secret.
            let setup = Setup {
                gateway_url: gateway.map(str::to_owned),
                ..Setup::default()
            };
            let Some(app) = TestApp::start_with(engine, setup) else {
                continue;
            };
            app.service.prepare_signing_key().unwrap();
            let token = app.admin_token("max", Role::Auditor);
            let health = app.send("GET", "/api/v1/health", Some(&token), None);
            let why =
                "nothing can be signed: on PostgreSQL, set key_secret to 32 random bytes in base64";
            let expected = told.then_some(why);
            assert_eq!(health.json()["signing_error"], json!(expected));

            let browser = Browser::new(&app, "auditor", Role::Auditor);
            let page = |path: &str, language: &str| {
                let headers = [
                    ("cookie", browser.cookie.as_str()),
                    ("accept-language", language),
                ];
                app.send_raw("GET", path, &headers, "").text
            };
            for (language, head, why) in [
                (
                    "en",
                    "Nobody can be handed over to the gateway.",
                    "Nothing can be signed: on PostgreSQL, set key_secret",
                ),
                (
                    "pt-BR",
                    "Ninguém pode ser levado ao gateway.",
                    "Nada pode ser assinado: no PostgreSQL, defina key_secret",
                ),
            ] {
                let health = page("/console/health", language);
                assert_eq!(health.contains(head), told, "{health}");
                assert_eq!(health.contains(why), told, "{health}");
                let home = page("/console", language);
                assert_eq!(home.contains(head), told, "{home}");
            }
        }
    }
}

#[test]
fn settings_health_and_credentials_say_what_holds() {
    let app = app();
    let browser = Browser::new(&app, "auditor", Role::Auditor);
    let okta = app.register(third_party("Okta"));
    let settings = browser.get("/console/settings");
    let none = "No mail server is configured";
    assert!(settings.text.contains(none), "{}", settings.text);
    let health = browser.get("/console/health");
    for text in ["SQLite", "events to be sealed", "Last migration"] {
        assert!(health.text.contains(text), "{text}");
    }
    let mine = format!(
        "/console/credentials?provider={}&kind=activation_token",
        okta.id
    );
    let credentials = browser.get(&mine);
    assert!(credentials.text.contains("Activation token"));
    assert!(credentials.text.contains("Okta"));
    let csv = browser.get("/console/credentials?format=csv");
    assert!(csv.text.contains("\"Client secret\""), "{}", csv.text);
    let home = browser.get("/console");
    for text in ["Provisioning activity", "People by state", "What failed"] {
        assert!(home.text.contains(text), "{text}");
    }
    let query = form(&[("state", "soon")]);
    let none = browser.get(&format!("/console/credentials?{query}"));
    assert!(none.text.contains("Nothing matches"));
}
