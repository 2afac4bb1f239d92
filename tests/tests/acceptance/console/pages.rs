//! Pages that set products up, and those about the server itself.

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
    let read = "/scim/v2/Users?startIndex=1&count=1";
    assert_eq!(call(read, &token).status, 200);
    assert_eq!(call("/scim/v2/ServiceProviderConfig", &token).status, 200);
    app.service.flush_telemetry().unwrap();
    let live = browser.get(&page);
    assert!(!live.text.contains("Allow 127.0.0.1"), "{}", live.text);
    assert!(!live.text.contains("may not call yet"), "{}", live.text);
    assert!(!live.text.contains("Rotate"), "{}", live.text);
    for text in [
        "User created",
        "127.0.0.1",
        "GET /scim/v2/Users?startIndex=1&#38;count=1",
        "GET /scim/v2/ServiceProviderConfig",
        "It worked.",
        "it may call now",
        "that is not mapped to anything here",
    ] {
        assert!(live.text.contains(text), "{text}: {}", live.text);
    }
}

#[test]
fn calls_of_strangers_push_no_call_of_the_product_away() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let quiet = app.register(third_party("Quiet"));
    let okta = app.register(third_party("Okta"));
    let wrong = app.send("GET", "/scim/v2/User", Some(&okta.token), None);
    assert_eq!(wrong.status, 404, "{}", wrong.text);
    let member = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme", "members": [{"value": "nobody"}],
    });
    let refused = app.send("POST", "/scim/v2/Groups", Some(&okta.token), Some(&member));
    assert_eq!(refused.status, 400, "{}", refused.text);
    for number in 0..25 {
        let path = format!("/scim/v2/Users?startIndex={}", number + 1);
        assert_eq!(app.send("GET", &path, None, None).status, 401);
    }
    let ask = |fields: &[(&str, &str)]| {
        let mut all = vec![
            ("grant_type", "client_credentials"),
            ("client_id", okta.client_id.as_str()),
        ];
        all.extend(fields);
        let reply = app.send_raw("POST", "/iso/oauth2/token", &[FORM], &form(&all));
        assert_eq!(reply.status, 401, "{}", reply.text);
    };
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    ask(&[("client_assertion_type", kind), ("client_assertion", "abc")]);
    app.service.flush_telemetry().unwrap();
    let lane = |id: &str| {
        let page = format!("/console/providers/{id}/set-up?product=other");
        let text = browser.get(&page).text;
        let (_, calls) = text.split_once("id=\"live-calls\"").unwrap();
        match calls.split_once("nothing that says whose they are") {
            Some((own, strangers)) => (own.to_owned(), strangers.to_owned()),
            None => panic!("{calls}"),
        }
    };
    let (own, strangers) = lane(&okta.id.to_string());
    for text in [
        "The path is wrong.",
        &format!("The SCIM base URL is {}/iso/scim/v2,", app.url()),
        "It names a member that is not here.",
        "The signed token by which it proves itself does not hold.",
    ] {
        assert!(own.contains(text), "{text}: {own}");
    }
    for text in ["mapped wrongly", "secret does not work", "no credential"] {
        assert!(!own.contains(text), "{text}: {own}");
    }
    assert!(strangers.contains("It sent no credential."), "{strangers}");
    assert!(strangers.contains(">25</span>"), "{strangers}");
    let (own, _) = lane(&quiet.id.to_string());
    assert!(own.contains("Nothing yet."), "{own}");
}

#[test]
fn an_attribute_that_is_mapped_to_nothing_is_named() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let okta = app.register(third_party("Okta"));
        let send = |method: &str, path: &str, body: &serde_json::Value| {
            let reply = app.send(method, path, Some(&okta.token), Some(body));
            assert!(reply.status < 300, "{}", reply.text);
            reply
        };
        let long = "x".repeat(500);
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada",
            "shoeSize": 44, "<b>hat": 1, "name": {"nick": "a"}, long: 1, "urn:example:Badge": {},
        });
        let made = send("POST", "/scim/v2/Users", &user).json();
        let id = made["id"].as_str().unwrap();
        let patch = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "add", "path": "phones[value eq \"secret\"].hatSize", "value": 7}],
        });
        app.service.flush_telemetry().unwrap();
        send("PATCH", &format!("/scim/v2/Users/{id}"), &patch);
        app.service.flush_telemetry().unwrap();
        let token = app.admin_token("root", Role::Auditor);
        let list = format!("/api/v1/providers/{}/tolerances", okta.id);
        let told = app.send("GET", &list, Some(&token), None);
        let items = told.json()["items"].as_array().unwrap().clone();
        let names = |name: &str| {
            let one = items.iter().find(|one| one["name"] == name).unwrap();
            let names = one["names"].as_array().unwrap().iter();
            names
                .map(|name| name.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let ignored = names("unknown_attribute");
        assert_eq!(ignored.len(), 5, "{ignored:?}");
        assert_eq!(ignored[0], "phones.hatSize");
        for name in ["shoeSize", "<b>hat", "name.nick"] {
            assert!(ignored.iter().any(|one| one == name), "{name}: {ignored:?}");
        }
        assert!(ignored.iter().all(|name| name.chars().count() <= 100));
        assert_eq!(names("unknown_schema"), ["urn:example:Badge"]);
        for page in [
            format!("/console/providers/{}/set-up?product=other", okta.id),
            format!("/console/providers/{}", okta.id),
            "/console/tolerances".to_owned(),
        ] {
            let text = browser.get(&page).text;
            for name in ["shoeSize", "phones.hatSize", "&#60;b&#62;hat"] {
                assert!(text.contains(name), "{page} {name}: {text}");
            }
            assert!(!text.contains("value eq"), "{page}");
            assert!(!text.contains("<b>hat"), "{page}");
        }
        let csv = browser.get("/console/tolerances?format=csv").text;
        assert!(
            csv.contains("shoeSize") && csv.contains("\"unknown_attribute\""),
            "{csv}"
        );
    });
}

#[test]
fn a_stale_form_comes_back_as_it_was_typed_and_saves_over_what_was_changed() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let edit = format!("/console/providers/{}/edit", okta.id);
    let version = |page: &str| -> String {
        let (_, rest) = page.split_once("name=\"version\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let first = version(&browser.get(&edit).text);
    let save = |name: &str, version: &str| {
        let typed = [
            ("name", name),
            ("addresses", "*"),
            ("scopes", "scim"),
            ("dialect", "tolerant"),
            ("client_secret_basic", "yes"),
            ("client_secret_post", "yes"),
            ("version", version),
        ];
        browser.post(&edit, &typed)
    };
    assert_eq!(save("Okta one", &first).status, 303);
    let stale = save("Okta two", &first);
    assert_eq!(stale.status, 409, "{}", stale.text);
    for kept in [
        "value=\"Okta two\"",
        "Somebody else has changed this",
        "See what it is now",
    ] {
        assert!(stale.text.contains(kept), "{kept}: {}", stale.text);
    }
    assert_eq!(save("Okta two", &version(&stale.text)).status, 303);

    let group = [
        ("name", "Windows"),
        ("approvals_required", "0"),
        ("disapprovals_to_cancel", "1"),
        ("approval_levels", "1"),
    ];
    let made = browser.post("/console/access-groups/new", &group);
    let page = made
        .header("location")
        .unwrap()
        .split('?')
        .next()
        .unwrap()
        .to_owned();
    let seen = version(&browser.get(&page).text);
    let save = |name: &str, version: &str| {
        let mut typed = group.to_vec();
        typed[0] = ("name", name);
        typed.push(("version", version));
        browser.post(&page, &typed)
    };
    assert_eq!(save("Linux", &seen).status, 303);
    let stale = save("Both", &seen);
    assert_eq!(stale.status, 409, "{}", stale.text);
    assert!(stale.text.contains("value=\"Both\""), "{}", stale.text);
    assert_eq!(save("Both", &version(&stale.text)).status, 303);
}

/// The page that answers to a form, with a mistake at each of these fields.
fn mistaken(
    browser: &Browser<'_>,
    page: &str,
    typed: &[(&str, &str)],
    form: &str,
    fields: &[&str],
) -> String {
    let reply = browser.post(page, typed);
    assert_eq!(reply.status, 422, "{}", reply.text);
    for field in fields {
        let mistake = format!("id=\"{form}-{field}-mistake\"");
        assert!(reply.text.contains(&mistake), "{field}: {}", reply.text);
    }
    reply.text
}

#[test]
fn a_form_says_all_that_it_sees_at_once() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let typed = [
        ("name", ""),
        ("approvals_required", "many"),
        ("disapprovals_to_cancel", ""),
        ("approval_levels", "1"),
    ];
    let fields = ["name", "approvals_required", "disapprovals_to_cancel"];
    wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &fields,
    );
    let typed = [
        ("name", "x"),
        ("approvals_required", "999999999999"),
        ("disapprovals_to_cancel", "1"),
        ("approval_levels", "1"),
    ];
    let told = wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &["approvals_required"],
    );
    assert!(told.contains("Must be between 0 and"), "{told}");
    let long = "x".repeat(129);
    let typed = [
        ("product", "okta_custom"),
        ("name", long.as_str()),
        ("user_type", "third_party"),
        ("addresses", "10.0.0.0/33\nfoo"),
    ];
    let told = wrong("/console/set-up", &typed, "setup", &["name", "addresses"]);
    assert!(
        told.contains("10.0.0.0/33 is no") && told.contains("foo is no"),
        "{told}"
    );
    let empty = wrong(
        "/console/schemas/add",
        &[("definition", "")],
        "add",
        &["definition"],
    );
    assert!(!empty.contains("column 0"), "{empty}");
}

#[test]
fn what_is_refused_only_later_is_told_with_the_rest() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let long = "x".repeat(5_000);
    let typed = [
        ("name", ""),
        ("description", long.as_str()),
        ("approvals_required", "99999999999"),
        ("disapprovals_to_cancel", "abc"),
        ("approval_levels", "-1"),
        ("approvers", "nope"),
    ];
    wrong(
        "/console/access-groups/new",
        &typed,
        "access-group",
        &typed.map(|(field, _)| field),
    );
    let tags = (0..80).map(|number| format!("t{number}"));
    let tags = tags.collect::<Vec<_>>().join(",");
    let typed = [
        ("name", long.as_str()),
        ("tags", tags.as_str()),
        ("addresses", "foo"),
        ("user_type", "third_party"),
    ];
    let fields = ["name", "tags", "addresses"];
    wrong("/console/providers/new", &typed, "provider", &fields);
    app.register(third_party("Okta"));
    let typed = [("name", "okta"), ("tags", tags.as_str())];
    let fields = ["name", "tags", "user_type"];
    wrong("/console/providers/new", &typed, "provider", &fields);
    let typed = [("name", "ADMINISTRATOR"), ("password", "short")];
    let fields = ["name", "password"];
    wrong(
        "/console/administrators/new",
        &typed,
        "administrator",
        &fields,
    );
    let typed = [
        ("current", "wrong"),
        ("password", "short"),
        ("repeated", "shor2"),
    ];
    let fields = typed.map(|(field, _)| field);
    wrong("/console/account/password", &typed, "password", &fields);
}

#[test]
fn what_is_wrong_about_people_and_vendors_is_told_together() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let wrong = |page: &str, typed: &[(&str, &str)], form: &str, fields: &[&str]| {
        mistaken(&browser, page, typed, form, fields)
    };
    let long = "x".repeat(500);
    let okta = app.register(third_party("Okta"));
    let create = |path: &str, body: &serde_json::Value| {
        let made = app.send("POST", path, Some(&okta.token), Some(body));
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada",
    });
    let ada = create("/scim/v2/Users", &user);
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme", "members": [{"value": ada}],
    });
    create("/scim/v2/Groups", &group);
    let block = format!("/console/people/{ada}/block");
    let typed = [("reason", ""), ("until", "2020-01-01T00:00")];
    wrong(&block, &typed, "block", &["reason", "until"]);
    let vendors = browser.get("/console/vendors").text;
    let (_, rest) = vendors.split_once("href=\"/console/vendors/").unwrap();
    let vendor = format!("/console/vendors/{}", &rest[..36]);
    let typed = [
        ("status", "enabled"),
        ("start", "2026-02-01T00:00"),
        ("end", "2026-01-01T00:00"),
        ("contract_number", long.as_str()),
        ("document_id", long.as_str()),
    ];
    let fields = ["status", "end", "contract_number", "document_id"];
    wrong(&format!("{vendor}/edit"), &typed, "vendor", &fields);
    let typed = [("reason", ""), ("confirm", "Other")];
    let fields = ["reason", "confirm"];
    wrong(&format!("{vendor}/panic"), &typed, "panic", &fields);
}

#[test]
fn an_example_is_shown_and_not_sent() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let page = browser.get("/console/schemas").text;
    assert!(
        page.contains("urn:example:params:scim:schemas:Badge"),
        "{page}"
    );
    let forms = page.split("<textarea").skip(1);
    let typed = forms.map(|form| form.split_once('>').unwrap().1);
    for typed in typed {
        let typed = typed.split_once("</textarea>").unwrap().0;
        assert_eq!(typed.trim(), "");
    }
}

#[test]
fn a_form_sent_too_late_leads_back_to_its_page() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let page = format!("/console/providers/{}", okta.id);
    let again = Browser::again(&app, "administrator");
    assert_eq!(browser.post("/console/sign-out", &[]).status, 303);
    let late = browser.post(&format!("{page}/state"), &[("state", "paused")]);
    let to = late.header("location").unwrap().to_owned();
    let next = page.replace('/', "%2F");
    assert_eq!(to, format!("/flow/auth/signin?notice=ended&next={next}"));
    let asked = app.send_raw("GET", &to, &[], "").text;
    assert!(
        asked.contains(&format!("name=\"next\" value=\"{page}\"")),
        "{asked}"
    );
    assert_eq!(again.get(&page).status, 200);
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
fn what_a_product_does_wrong_is_said_as_it_is_and_once() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let okta = app.register(third_party("Okta"));
    let page = format!("/console/providers/{}/set-up?product=other", okta.id);
    let json = ("content-type", "application/scim+json");
    let token = format!("Bearer {}", okta.token);
    let headers = [("authorization", token.as_str()), json];
    let cut = app.send_raw("POST", "/scim/v2/Users", &headers, "{\"userName\": ");
    assert_eq!(cut.status, 400, "{}", cut.text);
    assert_eq!(app.send("GET", "/scim/v2/Users", None, None).status, 401);
    let ask = |fields: &[(&str, &str)]| {
        let mut all = vec![
            ("client_id", okta.client_id.as_str()),
            ("client_secret", okta.client_secret.as_str()),
        ];
        all.extend(fields);
        app.send_raw("POST", "/iso/oauth2/token", &[FORM], &form(&all))
            .status
    };
    let grant = ("grant_type", "client_credentials");
    assert_eq!(ask(&[grant, ("scope", "foo")]), 400);
    assert_eq!(ask(&[("grant_type", "password")]), 400);
    app.service.flush_telemetry().unwrap();
    let lane = browser.get(&page).text;
    for text in [
        "What it sends cannot be read.",
        "It asks for a scope that it may not have.",
        "in a way that is not offered here",
        "It sent no credential.",
        // Whoever asks only now sees that something went well before.
        "Calls that worked: 1",
    ] {
        assert!(lane.contains(text), "{text}: {lane}");
    }
    assert!(!lane.contains("no credential was sent"), "{lane}");
    assert!(!lane.contains("mapped"), "{lane}");
    let federated = browser.get(&page.replace("other", "entra_federation"));
    assert_eq!(federated.status, 200);
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
