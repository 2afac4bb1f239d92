//! A product that is set up, and the lane that listens to its first calls.

use super::*;

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
