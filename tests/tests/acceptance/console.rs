//! The console over real HTTP: what every route of its table answers to whom.

mod access_requests;
mod asking;
mod clock;
mod event;
mod letters;
mod lists;
mod missing;
mod openid;
mod pages;
mod panic;
mod portuguese;
mod proof;
mod unsent;
mod whole;

use vestibule_domain::network::AllowedAddresses;
use vestibule_service::Role;
use vestibule_service::sessions::{Password, SignIn, SignedIn};
use vestibule_testkit::{Engine, Reply, TestApp, third_party};
use vestibule_web::console::{MOUNT, ROUTES, Route, SIGN_IN, Verb};

const PASSWORD: &str = "correct horse battery";

/// Somebody signed in.
struct Browser<'a> {
    app: &'a TestApp,
    cookie: String,
    csrf: String,
}

impl<'a> Browser<'a> {
    fn new(app: &'a TestApp, name: &str, role: Role) -> Self {
        let admin = app.admin();
        app.service
            .create_administrator(&admin, name, role, PASSWORD)
            .unwrap();
        Self::again(app, name)
    }

    fn again(app: &'a TestApp, name: &str) -> Self {
        let body = form(&[("name", name), ("password", PASSWORD)]);
        let reply = app.send_raw("POST", SIGN_IN, &[FORM], &body);
        assert_eq!(reply.status, 303, "{}", reply.text);
        let set = reply.header("set-cookie").unwrap();
        assert!(set.contains("HttpOnly; SameSite=Strict"), "{set}");
        let cookie = set.split(';').next().unwrap().to_owned();
        let mut browser = Self {
            app,
            cookie,
            csrf: String::new(),
        };
        let page = browser.get(MOUNT);
        assert_eq!(page.status, 200, "{}", page.text);
        let marker = "name=\"csrf\" value=\"";
        let start = page.text.find(marker).unwrap() + marker.len();
        page.text[start..start + 64].clone_into(&mut browser.csrf);
        browser
    }

    fn get(&self, path: &str) -> Reply {
        let headers = [("cookie", self.cookie.as_str())];
        self.app.send_raw("GET", path, &headers, "")
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend(fields);
        self.post_as(path, &all, &[])
    }

    fn post_as(&self, path: &str, fields: &[(&str, &str)], extra: &[(&str, &str)]) -> Reply {
        let mut headers = vec![("cookie", self.cookie.as_str()), FORM];
        headers.extend(extra);
        self.app.send_raw("POST", path, &headers, &form(fields))
    }

    fn send(&self, route: &Route) -> u16 {
        let path = concrete(route);
        match route.method {
            Verb::Get => self.get(&path).status,
            Verb::Post => self.post(&path, &[]).status,
        }
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// The route's address with something that exists nowhere for each blank.
fn concrete(route: &Route) -> String {
    let nowhere = "01930000-0000-7000-8000-000000000000";
    let path: Vec<&str> = route
        .path
        .split('/')
        .map(|part| match part {
            "{name}" => "nobody",
            part if part.starts_with('{') => nowhere,
            part => part,
        })
        .collect();
    format!("{MOUNT}{}", path.join("/"))
}

fn app() -> TestApp {
    TestApp::start(Engine::Sqlite).expect("SQLite is always at hand")
}

#[test]
fn r_web_6_every_route_asks_for_its_role() {
    let app = app();
    let browsers = [
        (Role::Auditor, Browser::new(&app, "auditor", Role::Auditor)),
        (
            Role::Operator,
            Browser::new(&app, "operator", Role::Operator),
        ),
        (
            Role::Administrator,
            Browser::new(&app, "administrator", Role::Administrator),
        ),
    ];
    for route in ROUTES.iter().filter(|route| route.path != "/sign-out") {
        for (role, browser) in &browsers {
            let status = browser.send(route);
            let refused = status == 403;
            assert_eq!(
                refused,
                *role < route.role,
                "{:?} {} as {role}: {status}",
                route.method,
                route.path
            );
            assert!(status < 500, "{:?} {}: {status}", route.method, route.path);
        }
    }
}

#[test]
fn nobody_gets_past_without_a_session() {
    let app = app();
    let token = app.admin_token("root", Role::Administrator);
    let bearer = format!("Bearer {token}");
    let forged = "vestibule=vse_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_000000";
    for route in ROUTES {
        let path = concrete(route);
        let method = match route.method {
            Verb::Get => "GET",
            Verb::Post => "POST",
        };
        // No cookie, a forged one, and a token of the API, which is none of the console's.
        for headers in [
            vec![],
            vec![("cookie", forged)],
            vec![("authorization", bearer.as_str())],
        ] {
            let reply = app.send_raw(method, &path, &headers, "");
            assert_eq!(reply.status, 303, "{method} {path}");
            assert!(reply.header("location").unwrap().starts_with(SIGN_IN));
        }
    }
    for path in [
        "/console/nowhere",
        "/console//providers",
        "/console/%70roviders",
    ] {
        let status = app.send_raw("GET", path, &[], "").status;
        assert_eq!(status, 303, "{path}");
    }
}

#[test]
fn r_web_8_a_page_says_by_which_methods_it_is_asked() {
    let app = app();
    for (method, path, status, allowed) in [
        ("DELETE", "/console/events", 405, "GET, HEAD, OPTIONS"),
        ("TRACE", "/console/events", 405, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/console/events", 204, "GET, HEAD, OPTIONS"),
        ("POST", "/console/events", 405, "GET, HEAD, OPTIONS"),
        ("PUT", "/console/sign-out", 405, "POST, OPTIONS"),
    ] {
        let reply = app.send_raw(method, path, &[], "");
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
    }
    // What was typed before signing in asks for its page, whether or not that takes forms.
    let own = [("sec-fetch-site", "same-origin")];
    let again = app.send_raw("POST", "/console/events?again=yes", &own, "");
    assert_eq!(again.status, 303, "{}", again.text);
}

#[test]
fn r_web_2_a_change_is_believed_only_from_the_sessions_own_page() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let other = Browser::new(&app, "other", Role::Administrator);
    let posts = ROUTES.iter().filter(|route| route.method == Verb::Post);
    for route in posts {
        let path = concrete(route);
        let token = ("csrf", browser.csrf.as_str());
        for (fields, headers) in [
            (vec![], vec![]),
            (vec![("csrf", "")], vec![]),
            (vec![("csrf", other.csrf.as_str())], vec![]),
            (vec![token], vec![("sec-fetch-site", "cross-site")]),
            (vec![token], vec![("sec-fetch-site", "same-site")]),
            (vec![token], vec![("origin", "https://evil.example")]),
            (vec![token], vec![("origin", "null")]),
        ] {
            let reply = browser.post_as(&path, &fields, &headers);
            assert_eq!(reply.status, 403, "{path} {fields:?} {headers:?}");
        }
    }
    // The session is still there: not even the way out was taken.
    assert_eq!(browser.get(MOUNT).status, 200);
}

#[test]
fn r_web_4_every_answer_keeps_browsers_from_misuse() {
    let app = app();
    let browser = Browser::new(&app, "auditor", Role::Auditor);
    let gets = ROUTES.iter().filter(|route| route.method == Verb::Get);
    let mut paths: Vec<String> = gets.map(concrete).collect();
    paths.extend([SIGN_IN.to_owned(), "/console/nowhere".to_owned()]);
    for path in paths {
        let reply = browser.get(&path);
        let policy = reply.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "strict-transport-security",
                "max-age=31536000; includeSubDomains",
            ),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        for inline in [" style=", " onclick=", "<style", "javascript:"] {
            assert!(!reply.text.contains(inline), "{path} holds {inline}");
        }
    }
}

#[test]
fn a_session_is_another_one_after_signing_in_and_ends_on_the_server() {
    let app = app();
    let first = Browser::new(&app, "auditor", Role::Auditor);
    let second = Browser::again(&app, "auditor");
    assert_ne!(first.cookie, second.cookie);
    assert_ne!(first.csrf, second.csrf);
    let out = second.post("/console/sign-out", &[]);
    assert_eq!(out.status, 303);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(second.get(MOUNT).status, 303);
    assert_eq!(first.get(MOUNT).status, 200);
    let change = [
        ("current", PASSWORD),
        ("password", "another long password"),
        ("repeated", "another long password"),
    ];
    assert_eq!(first.post("/console/account/password", &change).status, 303);
    assert_eq!(first.get(MOUNT).status, 303);
}

#[test]
fn signing_in_leads_on_but_never_out() {
    let app = app();
    drop(Browser::new(&app, "auditor", Role::Auditor));
    for (next, leads) in [
        ("/console/people?provider=x", "/console/people?provider=x"),
        ("https://evil.example", "/console"),
        ("//evil.example", "/console"),
        ("/consolex", "/console"),
        ("/console/\\evil", "/console"),
        ("", "/console"),
    ] {
        let body = form(&[("name", "auditor"), ("password", PASSWORD), ("next", next)]);
        let reply = app.send_raw("POST", SIGN_IN, &[FORM], &body);
        assert_eq!(reply.header("location"), Some(leads), "{next}");
    }
    let root = app.send_raw("GET", "/", &[], "");
    assert_eq!(root.header("location"), Some(SIGN_IN));
}

#[test]
fn a_form_with_a_mistake_keeps_what_was_typed() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let typed = [
        ("name", "Okta of <Acme>"),
        ("user_type", "third_party"),
        ("enabled", "yes"),
        ("addresses", "10.0.0.0/8\n10.0.0.300"),
        ("referrers", "https://iga.example/path"),
        ("valid_until", "some day"),
        ("tags", "one, two"),
    ];
    let reply = browser.post("/console/providers/new", &typed);
    assert_eq!(reply.status, 422);
    for kept in [
        "Okta of &#60;Acme&#62;",
        "10.0.0.300",
        "some day",
        "one, two",
    ] {
        assert!(reply.text.contains(kept), "{kept}");
    }
    for field in ["addresses", "referrers", "valid_until"] {
        let mistake = format!("id=\"provider-{field}-mistake\"");
        assert!(reply.text.contains(&mistake), "{mistake}");
    }
    assert!(!reply.text.contains("id=\"provider-name-mistake\""));
    let right = [
        ("name", "Okta of <Acme>"),
        ("user_type", "third_party"),
        ("enabled", "yes"),
        ("addresses", "*"),
        ("scopes", "scim"),
        ("client_secret_post", "yes"),
    ];
    let made = browser.post("/console/providers/new", &right);
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("vss_"));
    let again = browser.post("/console/providers/new", &right);
    assert_eq!(again.status, 422);
    assert!(again.text.contains("id=\"provider-name-mistake\""));
}

#[test]
fn what_is_pasted_leads_to_the_person() {
    let app = app();
    let browser = Browser::new(&app, "auditor", Role::Auditor);
    let okta = app.register(third_party("Okta"));
    let user = serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada", "displayName": "<script>alert(1)</script>\u{202e}",
        "emails": [{"value": "ada@acme.example", "primary": true}],
    });
    let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    for text in ["ada@acme.example", "ada", &id, &format!("error at {id}!")] {
        let reply = browser.get(&format!("/console/search?{}", form(&[("q", text)])));
        let person = format!("/console/people/{id}");
        assert_eq!(reply.header("location"), Some(person.as_str()), "{text}");
    }
    let page = browser.get(&format!("/console/people/{id}"));
    assert!(!page.text.contains("<script>alert"));
    assert!(!page.text.contains('\u{202e}'));
    assert!(page.text.contains("Does not get in"));
    // The trace id that an error body carried leads to what the request did.
    let trace = made.header("x-request-id").unwrap();
    let reply = browser.get(&format!("/console/search?q={trace}"));
    assert!(
        reply
            .header("location")
            .is_some_and(|to| to.contains("/console/events?id="))
            || reply.text.contains("/console/events?id="),
        "{}",
        reply.text
    );
}

#[test]
fn wrong_passwords_are_answered_alike_and_slowed() {
    let app = app();
    drop(Browser::new(&app, "auditor", Role::Auditor));
    let attempt = |name: &str| {
        let body = form(&[("name", name), ("password", "wrong wrong wrong")]);
        app.send_raw("POST", SIGN_IN, &[FORM], &body)
    };
    let known = attempt("auditor");
    let unknown = attempt("nobody");
    assert_eq!((known.status, unknown.status), (401, 401));
    assert_eq!(known.text.replace("auditor", "nobody"), unknown.text);
    let statuses: Vec<u16> = (0..12).map(|_| attempt("auditor").status).collect();
    assert_eq!(statuses[11], 429, "{statuses:?}");
    // Over the service as over the page.
    let elsewhere = SignIn {
        name: "auditor".to_owned(),
        password: Password(PASSWORD.to_owned()),
        code: None,
        address: "192.0.2.9".parse().ok(),
        request_id: None,
    };
    assert!(matches!(
        app.service.sign_in(&elsewhere).unwrap(),
        SignedIn::Welcome { .. }
    ));
}

#[test]
fn a_refused_request_is_found_by_the_text_that_the_product_shows() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let mut settings = third_party("Okta");
    settings.allowed_addresses = AllowedAddresses::parse(&["192.0.2.1".to_owned()]).unwrap();
    let okta = app.register(settings);
    let refused = app.send("GET", "/scim/v2/Users", Some(&okta.token), None);
    assert_eq!(refused.status, 403);
    app.service.flush_telemetry().unwrap();
    let shown = format!(
        "Automatic provisioning failed: {}",
        refused.json()["detail"]
    );
    let found = browser.get(&format!("/console/search?{}", form(&[("q", &shown)])));
    let page = found.header("location").expect("it is the one thing found");
    assert!(page.starts_with("/console/requests/"), "{page}");
    let shown = browser.get(page);
    for text in [
        "the source address 127.0.0.1 is not allowed",
        "Allow 127.0.0.1",
        "Okta",
    ] {
        assert!(shown.text.contains(text), "{text}: {}", shown.text);
    }
    for list in [
        "/console/requests",
        "/console/requests?status=403&endpoint=scim&q=Users",
        &format!("/console/requests?provider={}", okta.id),
        &format!("/console/providers/{}", okta.id),
    ] {
        assert!(browser.get(list).text.contains(page), "{list}");
    }
    assert!(
        !browser
            .get("/console/requests?status=409")
            .text
            .contains(page)
    );
    let csv = browser.get("/console/requests?format=csv");
    assert!(csv.text.contains("\"GET /scim/v2/Users\""), "{}", csv.text);
    // One press lets the address in, and leads back.
    let allow = format!("/console/providers/{}/allow", okta.id);
    let allowed = browser.post(&allow, &[("address", "127.0.0.1"), ("back", page)]);
    let back = format!("{page}?done=allowed");
    assert_eq!(allowed.header("location"), Some(back.as_str()));
    let again = app.send("GET", "/scim/v2/Users", Some(&okta.token), None);
    assert_eq!(again.status, 200, "{}", again.text);
    let out = browser.post(
        &allow,
        &[("address", "*"), ("back", "https://evil.example")],
    );
    assert_eq!(out.status, 422, "{}", out.text);
    let out = browser.post(&allow, &[("address", "::1"), ("back", "//evil.example")]);
    assert_eq!(out.header("location"), Some("/console?done=allowed"));
}
