//! Pages that set products up, and those about the server itself.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::{Engine, Setup, TestApp, third_party};
use vestibule_web::{Configured, Source};

use super::{Browser, app, form};

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
fn a_product_is_set_up_and_its_first_calls_are_explained_as_they_come() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let choice = browser.get("/console/set-up");
    for product in ["okta_custom", "entra_federation", "sailpoint", "other"] {
        assert!(choice.text.contains(&format!("set-up?product={product}")));
    }
    let begun = browser.post(
        "/console/set-up",
        &[
            ("product", "okta_custom"),
            ("name", "Okta"),
            ("user_type", "third_party"),
        ],
    );
    assert_eq!(begun.status, 200, "{}", begun.text);
    for shown in [
        format!("{}/iso/scim/v2", app.url()),
        "HTTP Header".to_owned(),
        "Test Connector Configuration".to_owned(),
        "data-stream=".to_owned(),
    ] {
        assert!(begun.text.contains(&shown), "{shown}");
    }
    // The secret would be gone if the page came anew by itself.
    assert!(!begun.text.contains("http-equiv=\"refresh\""));
    let token = secret_in(&begun.text, "vat_");
    let id = provider_in(&begun.text);
    let page = format!("/console/providers/{id}/set-up?product=okta_custom");

    let call = |path: &str, token: &str| app.send("GET", path, Some(token), None);
    assert_eq!(call("/scim/v2/Users", &token).status, 403);
    assert_eq!(call("/scim/Users", &token).status, 404);
    let last = if token.ends_with('x') { "y" } else { "x" };
    let mistyped = format!("{}{last}", &token[..token.len() - 1]);
    assert_eq!(call("/scim/v2/Users", &mistyped).status, 401);
    // What goes wrong elsewhere pushes none of it away.
    let other = app.register(third_party("Elsewhere"));
    for _ in 0..25 {
        assert_eq!(call("/scim/v2/Nothing", &other.token).status, 404);
    }
    app.service.flush_telemetry().unwrap();
    let waiting = browser.get(&page);
    for text in [
        "Its address may not call yet.",
        "Allow 127.0.0.1",
        "The path is wrong.",
        "mistyped or cut off",
        "http-equiv=\"refresh\"",
        "Not yet",
    ] {
        assert!(waiting.text.contains(text), "{text}: {}", waiting.text);
    }
    assert!(!waiting.text.contains("vat_"), "shown once");

    let allow = format!("/console/providers/{id}/allow");
    let back = browser.post(&allow, &[("address", "127.0.0.1"), ("back", &page)]);
    assert_eq!(
        back.header("location"),
        Some(format!("{page}&done=allowed").as_str())
    );
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada", "shoeSize": 7,
    });
    let made = app.send("POST", "/scim/v2/Users", Some(&token), Some(&user));
    assert_eq!(made.status, 201, "{}", made.text);
    app.service.flush_telemetry().unwrap();
    let live = browser.get(&page);
    for text in [
        "User created",
        "127.0.0.1",
        "that is not mapped to anything here",
    ] {
        assert!(live.text.contains(text), "{text}: {}", live.text);
    }
}

#[test]
fn the_lane_says_at_once_that_there_is_something_new() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let address = app.url().replace("http://", "");
    let hear = |last: &str, until: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let request = format!(
            "GET /console/providers/{}/stream HTTP/1.1\r\nHost: {address}\r\nCookie: {}\r\nLast-Event-ID: {last}\r\n\r\n",
            okta.id, browser.cookie
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut heard = String::new();
        let mut part = [0; 1_024];
        while !heard.contains(until) {
            let read = stream.read(&mut part).unwrap();
            assert!(read > 0, "{heard}");
            heard.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        heard
    };
    let heard = hear("", "event: changed");
    assert!(heard.contains("text/event-stream"), "{heard}");
    let id = heard
        .split("\nid: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let silent = hear(id, ":\n\n");
    assert!(!silent.contains("event: changed"), "{silent}");
    let other = Browser::new(&app, "operator", Role::Operator);
    let stream = format!("/console/providers/{}/stream", okta.id);
    assert_eq!(other.get(&stream).status, 403);
}

#[test]
fn entra_is_federated_without_a_secret() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let typed = [
        ("product", "entra_federation"),
        ("name", "Entra"),
        ("user_type", "internal"),
        ("addresses", "*"),
        ("tenant", "not an id"),
        ("subject", ""),
    ];
    let wrong = browser.post("/console/set-up", &typed);
    assert_eq!(wrong.status, 422);
    for field in ["tenant", "subject"] {
        assert!(
            wrong
                .text
                .contains(&format!("id=\"setup-{field}-mistake\""))
        );
    }
    assert!(wrong.text.contains("value=\"not an id\""));
    let (tenant, subject) = (
        "11111111-2222-3333-4444-555555555555",
        "66666666-7777-8888-9999-000000000000",
    );
    let mut right = typed;
    right[4].1 = tenant;
    right[5].1 = subject;
    let made = browser.post("/console/set-up", &right);
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(!made.text.contains("vss_"), "there is no secret to paste");
    let id = provider_in(&made.text);
    let edit = browser.get(&format!("/console/providers/{id}/edit"));
    for text in [
        format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        subject.to_owned(),
        "api://AzureADTokenExchange".to_owned(),
    ] {
        assert!(edit.text.contains(&text), "{text}");
    }
}

#[test]
fn methods_are_changed_with_every_mistake_at_its_field() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let page = format!("/console/providers/{}/edit", okta.id);
    let change = |more: &[(&str, &str)]| {
        let mut fields = vec![("name", "Okta"), ("addresses", "*"), ("scopes", "scim")];
        fields.extend(more);
        browser.post(&page, &fields)
    };
    let keys = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "one"}]}"#;
    for (fields, field) in [
        (vec![], "client_secret_basic"),
        (vec![("jwks", "{")], "jwks"),
        (vec![("jwks", r#"{"keys": []}"#)], "jwks"),
        (vec![("jwks_uri", "keys.json")], "jwks_uri"),
        (
            vec![("jwks", keys), ("jwks_uri", "https://iga.example/keys")],
            "jwks_uri",
        ),
        (vec![("issuer", "https://login.example")], "issuer_keys"),
        (
            vec![
                ("issuer", "https://login.example"),
                ("issuer_keys", "https://login.example/keys"),
            ],
            "subjects",
        ),
        (
            vec![
                ("client_secret_basic", "yes"),
                ("life", "soon"),
                ("issuer", "i"),
            ],
            "life",
        ),
    ] {
        let wrong = change(&fields);
        assert_eq!(wrong.status, 422, "{fields:?}");
        let mistake = format!("id=\"provider-{field}-mistake\"");
        assert!(wrong.text.contains(&mistake), "{mistake}: {}", wrong.text);
    }
    let right = change(&[("jwks", keys), ("client_secret_post", "yes")]);
    assert_eq!(right.status, 303, "{}", right.text);
    let admin = app.admin();
    let methods = || {
        let found = app.service.find_provider(&admin, okta.id).unwrap();
        found.provider.settings.authentication
    };
    assert!(!methods().client_secret_basic && methods().client_secret_post);
    assert!(methods().private_key_jwt.unwrap().jwks.is_some());
    for (name, field) in [
        (
            vec![("certificate_name", "iga.example")],
            "certificate_kind",
        ),
        (vec![("certificate_kind", "colour")], "certificate_kind"),
        (vec![("certificate_kind", "san_dns")], "certificate_name"),
        (
            vec![("certificate_kind", "san_ip"), ("certificate_name", "iga")],
            "certificate_name",
        ),
    ] {
        let wrong = change(&name);
        assert_eq!(wrong.status, 422, "{name:?}");
        let mistake = format!("id=\"provider-{field}-mistake\"");
        assert!(wrong.text.contains(&mistake), "{mistake}: {}", wrong.text);
    }
    let named = [
        ("certificate_kind", "subject_dn"),
        ("certificate_name", "CN=iga, O=<Acme>"),
    ];
    let certificate = change(&named);
    assert_eq!(certificate.status, 303, "{}", certificate.text);
    let name = "CN=iga, O=<Acme>".to_owned();
    assert_eq!(
        methods().tls_client_auth,
        Some(vestibule_oauth::CertificateName::SubjectDn(name))
    );
    let form = browser.get(&page);
    assert!(form.text.contains("value=\"CN=iga, O=&#60;Acme&#62;\""));
    let back = change(&[
        ("client_secret_basic", "yes"),
        ("client_secret_post", "yes"),
    ]);
    assert_eq!(back.status, 303, "{}", back.text);
    assert_eq!(methods(), vestibule_oauth::Methods::default());
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
    let early = post("remove", &[("urn", urn)]);
    assert_eq!(early.status, 422);
    assert!(
        early
            .text
            .contains("The resource type User has this schema")
    );
    for (what, fields) in [
        ("remove-attribute", vec![("urn", urn), ("name", "colour")]),
        ("remove-extension", vec![("type", "User"), ("urn", urn)]),
        ("remove", vec![("urn", urn)]),
    ] {
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
