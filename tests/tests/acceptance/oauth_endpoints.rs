//! The OAuth endpoints on the wire: SECURITY.md 2.1, each test under the id of its requirement.

mod nodes;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::Duration;
use serde_json::json;
use vestibule_domain::network::AllowedAddresses;
use vestibule_domain::provider::ProviderState;
use vestibule_service::{Precondition, Role};
use vestibule_testkit::{Engine, Reply, TestApp, TestProvider, both_engines, third_party};

const FORM: &str = "application/x-www-form-urlencoded";
const TOKEN: &str = "/iso/oauth2/token";
const ENDPOINTS: [(&str, &str); 3] = [
    (TOKEN, "grant_type=client_credentials"),
    ("/iso/oauth2/revoke", "token=vat_x"),
    ("/iso/oauth2/introspect", "token=vat_x"),
];

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

fn post(app: &TestApp, path: &str, body: &str) -> Reply {
    app.send_raw("POST", path, &[("Content-Type", FORM)], body)
}

fn post_as(app: &TestApp, path: &str, authorization: &str, body: &str) -> Reply {
    let headers = [("Content-Type", FORM), ("Authorization", authorization)];
    app.send_raw("POST", path, &headers, body)
}

/// By the body; with `more` before it.
fn ask(app: &TestApp, path: &str, client: &TestProvider, more: &str) -> Reply {
    let body = format!(
        "{more}&client_id={}&client_secret={}",
        client.client_id, client.client_secret
    );
    post(app, path, &body)
}

fn grant(app: &TestApp, client: &TestProvider) -> String {
    let reply = ask(app, TOKEN, client, "grant_type=client_credentials");
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

fn read(app: &TestApp, token: &str) -> u16 {
    app.send("GET", "/scim/v2/Users?count=0", Some(token), None)
        .status
}

/// Everything a client sees but what is another for each request.
fn seen(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let mut headers = reply.headers.clone();
    headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
    headers.sort();
    (reply.status, headers, reply.text.clone())
}

#[test]
fn r_tok_5_unknown_wrong_disabled_and_expired_are_one_answer() {
    both_engines(|app| {
        let good = app.register(third_party("Good"));
        let disabled = app.register(third_party("Disabled"));
        let state = ProviderState::Disabled;
        app.service
            .set_provider_state(&app.admin(), disabled.id, Precondition::NONE, state)
            .unwrap();
        let mut settings = third_party("Expired");
        settings.valid_until = Some(app.clock.now() + Duration::hours(1));
        // It would also be refused for its address: that must not show.
        settings.allowed_addresses = AllowedAddresses::default();
        let expired = app.register(settings);
        app.clock.advance(Duration::hours(1));
        let attempts = [
            ("vcl_unknown", good.client_secret.as_str()),
            (&good.client_id, "wrong"),
            (&good.client_id, &expired.client_secret),
            (&disabled.client_id, &disabled.client_secret),
            (&expired.client_id, &expired.client_secret),
        ];
        for (path, body) in ENDPOINTS {
            // So that the throttle stays out of it.
            app.clock.advance(Duration::minutes(5));
            let by_basic = attempts.map(|(id, secret)| {
                let reply = post_as(app, path, &basic(id, secret), body);
                assert_eq!(reply.status, 401, "{}", reply.text);
                assert!(
                    reply
                        .header("www-authenticate")
                        .unwrap()
                        .starts_with("Basic")
                );
                seen(&reply)
            });
            let by_body = attempts.map(|(id, secret)| {
                let body = format!("{body}&client_id={id}&client_secret={secret}");
                let reply = post(app, path, &body);
                assert_eq!(reply.json()["error"], "invalid_client", "{}", reply.text);
                assert_eq!(reply.header("www-authenticate"), None);
                seen(&reply)
            });
            assert!(
                by_basic.iter().all(|one| *one == by_basic[0]),
                "{by_basic:?}"
            );
            assert!(by_body.iter().all(|one| *one == by_body[0]), "{by_body:?}");
        }
    });
}

#[test]
fn r_tok_11_every_answer_is_json_that_nobody_stores() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    for (path, body) in ENDPOINTS {
        let good = ask(&app, path, &client, body);
        let bad = ask(&app, path, &client, "x=%");
        for (reply, status) in [(good, 200), (bad, 400)] {
            assert_eq!(reply.status, status, "{path} {}", reply.text);
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            assert_eq!(reply.header("pragma"), Some("no-cache"));
            assert_eq!(reply.header("content-type"), Some("application/json"));
        }
    }
}

#[test]
fn r_tok_11_post_with_a_form_body_alone() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    let credentials = format!(
        "client_id={}&client_secret={}",
        client.client_id, client.client_secret
    );
    for (path, body) in ENDPOINTS {
        let whole = format!("{body}&{credentials}");
        for method in ["GET", "PUT", "DELETE", "PATCH", "HEAD"] {
            let reply = app.send_raw(method, path, &[("Content-Type", FORM)], "");
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), Some("POST, OPTIONS"));
        }
        let options = app.send_raw("OPTIONS", path, &[], "");
        let told = (options.status, options.header("allow"));
        assert_eq!(told, (204, Some("POST, OPTIONS")), "{path}");
        for content_type in ["application/json", "text/plain", "multipart/form-data"] {
            let headers = [("Content-Type", content_type)];
            let reply = app.send_raw("POST", path, &headers, &whole);
            assert_eq!(reply.status, 400, "{content_type} {path}");
            assert_eq!(reply.json()["error"], "invalid_request");
        }
        for (query, body) in [
            (credentials.as_str(), body),
            ("access_token=x", whole.as_str()),
            ("token=vat_x", credentials.as_str()),
            ("client_assertion=x", &whole),
        ] {
            let reply = post(&app, &format!("{path}?{query}"), body);
            assert_eq!(reply.status, 400, "{path} {query}");
            assert_eq!(reply.json()["error"], "invalid_request");
            assert!(!reply.text.contains(&client.client_secret));
        }
        for more in [
            format!("&client_id={}", client.client_id),
            "&x=1&x=1".to_owned(),
        ] {
            let reply = post(&app, path, &format!("{whole}{more}"));
            assert_eq!(reply.json()["error"], "invalid_request", "{more}");
        }
        let header = basic(&client.client_id, &client.client_secret);
        let reply = post_as(&app, path, &header, &whole);
        assert_eq!(reply.json()["error"], "invalid_request", "two methods");
        let reply = post_as(&app, path, &header, body);
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[test]
fn r_tok_6_a_revoked_token_is_refused_by_the_next_request() {
    both_engines(|app| {
        let (one, other) = (
            app.register(third_party("One")),
            app.register(third_party("Other")),
        );
        let token = grant(app, &one);
        let about = format!("token={token}&token_type_hint=access_token");
        let introspect = |client: &TestProvider| {
            let reply = ask(app, "/iso/oauth2/introspect", client, &about);
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.json()
        };
        let revoke = |client: &TestProvider| ask(app, "/iso/oauth2/revoke", client, &about).status;
        assert_eq!(introspect(&one)["active"], true);
        assert_eq!(introspect(&other), json!({"active": false}));
        assert_eq!(revoke(&other), 200);
        assert_eq!(read(app, &token), 200, "another's token goes on");
        assert_eq!(revoke(&one), 200);
        assert_eq!(read(app, &token), 401);
        assert_eq!(introspect(&one), json!({"active": false}));
        assert_eq!(revoke(&one), 200);
    });
}

#[test]
fn what_a_provider_may_do_bounds_the_tokens_it_has() {
    both_engines(|app| {
        let client = app.register(third_party("Product"));
        let token = grant(app, &client);
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"});
        let create = |token: &str| {
            app.send("POST", "/scim/v2/Users", Some(token), Some(&user))
                .status
        };
        let admin = app.admin_token("root", Role::Administrator);
        let path = format!("/api/v1/providers/{}", client.id);
        let narrowed = json!({"scopes": "scim:read"});
        let narrowed = app.send("PATCH", &path, Some(&admin), Some(&narrowed));
        assert_eq!(narrowed.status, 200, "{}", narrowed.text);
        assert_eq!((create(&token), create(&client.token)), (403, 403));
        assert_eq!(read(app, &token), 200);
        let about = ask(
            app,
            "/iso/oauth2/introspect",
            &client,
            &format!("token={token}"),
        );
        assert_eq!(about.json()["scope"], "scim:read", "{}", about.text);
        let widened = app.send(
            "PATCH",
            &path,
            Some(&admin),
            Some(&json!({"scopes": "scim"})),
        );
        assert_eq!(widened.status, 200, "{}", widened.text);
        assert_eq!(create(&token), 201);
    });
}

#[test]
fn what_is_only_read_says_so() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    for path in [
        "/iso/oauth2/jwks",
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/iso/oauth2",
    ] {
        assert_eq!(app.send_raw("GET", path, &[], "").status, 200, "{path}");
        let head = app.send_raw("HEAD", path, &[], "");
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        let allowed = Some("GET, HEAD, OPTIONS");
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let reply = app.send_raw(method, path, &[], "");
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), allowed, "{method} {path}");
        }
        let options = app.send_raw("OPTIONS", path, &[], "");
        let told = (options.status, options.header("allow"));
        assert_eq!(told, (204, allowed), "{path}");
    }
}

#[test]
fn what_is_asked_for_is_looked_at_once_the_client_is_let_in() {
    both_engines(|app| {
        let client = app.register(third_party("Product"));
        for (more, error) in [
            ("scope=bogus", "invalid_scope"),
            ("ttl=x", "invalid_request"),
        ] {
            let body = format!("grant_type=client_credentials&{more}");
            let state = |state| {
                app.service
                    .set_provider_state(&app.admin(), client.id, Precondition::NONE, state)
                    .unwrap();
            };
            let refused = ask(app, TOKEN, &client, &body);
            assert_eq!(
                (refused.status, &refused.json()["error"]),
                (400, &error.into())
            );
            let wrong = format!("{body}&client_id={}&client_secret=x", client.client_id);
            assert_eq!(post(app, TOKEN, &wrong).status, 401);
            state(ProviderState::Paused);
            assert_eq!(ask(app, TOKEN, &client, &body).status, 503);
            state(ProviderState::Active);
        }
    });
}

#[test]
fn introspection_tells_of_the_end_of_a_validity_that_was_brought_forward() {
    both_engines(|app| {
        let client = app.register(third_party("Product"));
        let token = grant(app, &client);
        let end = app.clock.now() + Duration::seconds(300);
        app.service
            .change_provider(
                &app.admin(),
                client.id,
                Precondition::NONE,
                move |settings| {
                    settings.valid_until = Some(end);
                    Ok(())
                },
            )
            .unwrap();
        let told = ask(
            app,
            "/iso/oauth2/introspect",
            &client,
            &format!("token={token}"),
        );
        assert_eq!(told.json()["exp"], end.timestamp(), "{}", told.text);
    });
}

#[test]
fn r_tok_9_a_revocation_that_fails_is_no_success() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    let token = grant(&app, &client);
    let fault = app.database().file().unwrap();
    let fault = rusqlite::Connection::open(fault).unwrap();
    fault
        .execute_batch(
            "CREATE TRIGGER fault BEFORE DELETE ON tokens BEGIN SELECT RAISE(ABORT, 'fault'); END",
        )
        .unwrap();
    let revoke = || {
        ask(
            &app,
            "/iso/oauth2/revoke",
            &client,
            &format!("token={token}"),
        )
    };
    let reply = revoke();
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert!(!reply.text.contains("fault"), "{}", reply.text);
    assert_eq!(read(&app, &token), 200);
    fault.execute_batch("DROP TRIGGER fault").unwrap();
    assert_eq!(revoke().status, 200);
    assert_eq!(read(&app, &token), 401);
}

#[test]
fn r_tok_7_expiry_is_judged_at_use() {
    both_engines(|app| {
        let client = app.register(third_party("Product"));
        let token = grant(app, &client);
        app.clock.advance(Duration::seconds(3599));
        assert_eq!(read(app, &token), 200);
        app.clock.advance(Duration::seconds(1));
        assert_eq!(read(app, &token), 401);
        app.clock.advance(Duration::seconds(1));
        assert_eq!(read(app, &token), 401);
        app.clock.advance(Duration::seconds(-2));
        assert_eq!(read(app, &token), 200, "nothing cleaned it up meanwhile");
    });
}

#[test]
fn r_tok_14_a_credential_opens_its_own_door_only() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    let admin = app.admin_token("root", Role::Administrator);
    let token = grant(&app, &client);
    for credential in [&token, &client.token, &client.client_secret] {
        let reply = app.send("GET", "/api/v1/providers", Some(credential), None);
        assert_eq!(reply.status, 401);
    }
    for credential in [&admin, &client.client_secret] {
        assert_eq!(read(&app, credential), 401);
    }
    let about = format!("token={admin}");
    let reply = ask(&app, "/iso/oauth2/introspect", &client, &about);
    assert_eq!(reply.json(), json!({"active": false}));
}

#[test]
fn r_tok_18_metadata_tells_the_truth_at_both_places_whatever_the_host() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let issuer = format!("{}/iso/oauth2", app.url());
    let headers = [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "host=evil.example;proto=https"),
    ];
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/iso/oauth2",
    ] {
        let reply = app.send_raw("GET", path, &headers, "");
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert!(!reply.text.contains("evil"), "{}", reply.text);
        let metadata = reply.json();
        assert_eq!(metadata["issuer"], issuer);
        for (field, path) in [
            ("token_endpoint", "token"),
            ("revocation_endpoint", "revoke"),
            ("introspection_endpoint", "introspect"),
        ] {
            assert_eq!(metadata[field], format!("{issuer}/{path}"));
            let reply = app.send_raw("POST", &format!("/iso/oauth2/{path}"), &[], "");
            assert_eq!(reply.status, 400, "{path} is there");
        }
    }
}

#[test]
fn r_tok_15_live_short_tokens_are_bounded_and_activation_tokens_stay() {
    let setup = vestibule_testkit::Setup {
        settings: vestibule_service::Settings {
            live_tokens: 5,
            ..vestibule_service::Settings::default()
        },
        ..vestibule_testkit::Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let client = app.register(third_party("Product"));
    let tokens: Vec<String> = (0..20).map(|_| grant(&app, &client)).collect();
    let live = tokens.iter().filter(|token| read(&app, token) == 200);
    assert_eq!(live.count(), 5);
    assert!(tokens[15..].iter().all(|token| read(&app, token) == 200));
    assert_eq!(read(&app, &client.token), 200);
}

#[test]
fn r_avl_2_a_full_server_says_when_to_come_back_in_the_shape_of_each_protocol() {
    let setup = vestibule_testkit::Setup {
        places: 0,
        ..vestibule_testkit::Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let client = app.register(third_party("Product"));
    let admin = app.admin_token("root", Role::Administrator);
    let scim = app.send("GET", "/scim/v2/Users", Some(&client.token), None);
    let token = ask(&app, TOKEN, &client, "grant_type=client_credentials");
    for reply in [&scim, &token] {
        assert_eq!(reply.status, 503, "{}", reply.text);
        let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!(wait >= 1);
    }
    assert_eq!(
        scim.json()["schemas"][0],
        "urn:ietf:params:scim:api:messages:2.0:Error"
    );
    assert_eq!(token.json()["error"], "temporarily_unavailable");
    let read = app.send("GET", "/api/v1/providers", Some(&admin), None);
    assert_eq!(read.status, 200, "kept for administrators");
    assert_eq!(app.send_raw("GET", "/readyz", &[], "").status, 200);
}
