//! Clients that sign instead of sending a secret: `private_key_jwt` and federation (RFC 7523).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Barrier;
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use vestibule_domain::provider::ProviderSettings;
use vestibule_testkit::{Engine, Reply, TestApp, TestProvider, both_engines, third_party};

/// PKCS #8 of the Ed25519 key of RFC 8037 appendix A.1.
const PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn keys() -> Value {
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": "one", "use": "sig"}]})
}

fn signing(name: &str, authentication: Value) -> ProviderSettings {
    ProviderSettings {
        authentication: serde_json::from_value(authentication).unwrap(),
        ..third_party(name)
    }
}

fn sign(claims: &Value) -> String {
    let key = EncodingKey::from_ed_der(&BASE64_STANDARD.decode(PRIVATE).unwrap());
    let header = Header {
        kid: Some("one".to_owned()),
        ..Header::new(Algorithm::EdDSA)
    };
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

fn assertion(app: &TestApp, client: &TestProvider, jti: &str) -> String {
    let now = app.clock.now().timestamp();
    sign(&json!({
        "iss": client.client_id, "sub": client.client_id, "jti": jti, "iat": now, "exp": now + 60,
        "aud": format!("{}/iso/oauth2", app.url()),
    }))
}

fn post(app: &TestApp, endpoint: &str, assertion: &str, more: &str) -> Reply {
    let body = format!("client_assertion_type={JWT_BEARER}&client_assertion={assertion}&{more}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    app.send_raw("POST", &format!("/iso/oauth2/{endpoint}"), &headers, &body)
}

fn grant(app: &TestApp, assertion: &str) -> Reply {
    post(app, "token", assertion, "grant_type=client_credentials")
}

// proves: 7644-2.1-threats 7644-7.3-threats
#[test]
fn r_tok_17_a_signed_assertion_is_good_once_at_every_endpoint() {
    both_engines(|app| {
        let authentication = json!({
            "client_secret_basic": false, "client_secret_post": false,
            "private_key_jwt": {"jwks": keys()},
        });
        let client = app.register(signing("Signing", authentication));
        let first = assertion(app, &client, "1");
        let granted = grant(app, &first);
        assert_eq!(granted.status, 200, "{}", granted.text);
        let again = grant(app, &first);
        assert_eq!(
            (again.status, again.json()["error"].as_str()),
            (401, Some("invalid_client"))
        );
        let token = granted.json()["access_token"].as_str().unwrap().to_owned();
        let read = || app.send("GET", "/scim/v2/Users", Some(&token), None).status;
        assert_eq!(read(), 200);

        let about = format!("token={token}");
        let second = assertion(app, &client, "2");
        let told = post(app, "introspect", &second, &about);
        assert_eq!(told.json()["active"], true, "{}", told.text);
        assert_eq!(post(app, "introspect", &second, &about).status, 401);
        let third = assertion(app, &client, "3");
        assert_eq!(post(app, "revoke", &third, &about).status, 200);
        assert_eq!(post(app, "revoke", &third, &about).status, 401);
        assert_eq!(read(), 401);

        // Its secret is no way in any more, nor are two ways at once.
        let secret = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            client.client_id, client.client_secret
        );
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let by_secret = app.send_raw("POST", "/iso/oauth2/token", &headers, &secret);
        assert_eq!(by_secret.json()["error"], "invalid_client");
        let fourth = assertion(app, &client, "4");
        let both = post(app, "token", &fourth, &secret);
        assert_eq!(both.json()["error"], "invalid_request");
        // The use of the key is seen.
        app.service.flush_telemetry().unwrap();
        let details = app.service.find_provider(&app.admin(), client.id).unwrap();
        assert!(details.uses.iter().any(|used| used.uses == 3));
    });
}

#[test]
fn why_a_proof_does_not_hold_is_kept_for_administrators_alone() {
    both_engines(|app| {
        let methods = json!({"client_secret_post": false, "private_key_jwt": {"jwks": keys()}});
        let client = app.register(signing("Signing", methods));
        let now = app.clock.now().timestamp();
        let right = json!({
            "iss": client.client_id, "sub": client.client_id, "jti": "1", "exp": now + 60,
            "aud": format!("{}/iso/oauth2", app.url()),
        });
        let signed = |changed: Value| {
            let mut claims = right.clone();
            for (name, value) in changed.as_object().unwrap() {
                claims[name] = value.clone();
            }
            grant(app, &sign(&claims))
        };
        assert_eq!(signed(json!({})).status, 200);
        let forged = format!(
            "{}AAAA",
            sign(&right).rsplit_once('.').unwrap().0.to_owned() + "."
        );
        let secret = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            client.client_id, client.client_secret
        );
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let by_secret = app.send_raw("POST", "/iso/oauth2/token", &form, &secret);
        let refused = [
            (signed(json!({})), "the assertion was used before"),
            (
                signed(json!({"aud": "https://other.example"})),
                "the assertion is not made for this server",
            ),
            (signed(json!({"exp": now - 1})), "the assertion has expired"),
            (
                signed(json!({"exp": now + 3_600})),
                "the assertion's exp lies too far ahead",
            ),
            (
                signed(json!({"iss": "https://other.example"})),
                "the assertion's issuer and subject are not the client, nor a federation of it",
            ),
            (grant(app, &forged), "the assertion's signature is wrong"),
            (by_secret, "the client may not authenticate in this way"),
        ];
        app.service.flush_telemetry().unwrap();
        for (reply, why) in &refused {
            assert_eq!(
                (reply.status, &reply.text),
                (401, &refused[0].0.text),
                "{why}"
            );
            let id = reply.header("x-request-id").expect("every answer has one");
            let kept = app.service.find_request(&app.admin(), id).unwrap();
            assert_eq!(
                (kept.reason.as_str(), kept.provider),
                (*why, Some(client.id))
            );
            let advised = if why.contains("the assertion") {
                "Compare issuer"
            } else {
                "Set the product to one of the ways of authenticating"
            };
            assert!(kept.advice.starts_with(advised), "{why}: {}", kept.advice);
        }
    });
}

#[test]
fn b27_of_many_who_replay_one_assertion_on_two_nodes_one_wins() {
    let Some(first) = TestApp::start(Engine::Postgres) else {
        return;
    };
    let second = first.another_node();
    let client = first.register(signing(
        "Signing",
        json!({"private_key_jwt": {"jwks": keys()}}),
    ));
    for round in 0..3 {
        // Each node has an address of its own here, so the assertion names both.
        let now = first.clock.now().timestamp();
        let audience = [&first, &second].map(|node| format!("{}/iso/oauth2", node.url()));
        let assertion = sign(&json!({
            "iss": client.client_id, "sub": client.client_id, "jti": format!("race-{round}"),
            "exp": now + 60, "aud": audience,
        }));
        let barrier = Barrier::new(8);
        let mut statuses = BTreeMap::new();
        thread::scope(|scope| {
            let senders: Vec<_> = (0..8)
                .map(|number| {
                    let node = if number % 2 == 0 { &first } else { &second };
                    let (barrier, assertion) = (&barrier, &assertion);
                    scope.spawn(move || {
                        barrier.wait();
                        grant(node, assertion).status
                    })
                })
                .collect();
            for sender in senders {
                *statuses.entry(sender.join().unwrap()).or_insert(0) += 1;
            }
        });
        assert_eq!(statuses, BTreeMap::from([(200, 1), (401, 7)]));
        // Out of the throttle's window.
        for node in [&first, &second] {
            node.clock.advance(chrono::Duration::minutes(5));
        }
    }
}

/// Publishes the keys on this machine.
fn publish() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/keys", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            if stream.read(&mut head).unwrap() > 0 {
                let body = keys().to_string();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                stream
                    .write_all(format!("{head}{body}").as_bytes())
                    .unwrap();
            }
        }
    });
    address
}

#[test]
fn r_tok_17_keys_are_fetched_from_where_the_client_publishes_them() {
    both_engines(|app| {
        let authentication = json!({"private_key_jwt": {"jwks_uri": publish()}});
        let client = app.register(signing("Publishing", authentication));
        let granted = grant(app, &assertion(app, &client, "1"));
        assert_eq!(granted.status, 200, "{}", granted.text);
        let silent = json!({"private_key_jwt": {"jwks_uri": "http://127.0.0.1:1/keys"}});
        let silent = app.register(signing("Silent", silent));
        let refused = grant(app, &assertion(app, &silent, "1"));
        assert_eq!(refused.json()["error"], "invalid_client");
        // Administrators are told why there are no keys.
        app.service.flush_telemetry().unwrap();
        let id = refused.header("x-request-id").unwrap();
        let kept = app.service.find_request(&app.admin(), id).unwrap();
        let why = "the keys at http://127.0.0.1:1/keys cannot be fetched: ";
        assert!(kept.reason.starts_with(why), "{}", kept.reason);
        assert!(kept.advice.starts_with("Compare the address of the keys"));
    });
}

#[test]
fn r_tok_16_for_whoever_failed_too_often_no_keys_are_fetched() {
    both_engines(|app| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}/keys", listener.local_addr().unwrap());
        let authentication = json!({"private_key_jwt": {"jwks_uri": address}});
        let client = app.register(signing("Publishing", authentication));
        let wrong = format!(
            "grant_type=client_credentials&client_id={}&client_secret=wrong",
            client.client_id
        );
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        for _ in 0..10 {
            let refused = app.send_raw("POST", "/iso/oauth2/token", &form, &wrong);
            assert_eq!(refused.status, 401);
        }
        assert_eq!(grant(app, &assertion(app, &client, "1")).status, 429);
        listener.set_nonblocking(true).unwrap();
        let asked = listener.accept().map(drop);
        assert_eq!(
            asked.unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock,
            "nobody asked"
        );
    });
}

#[test]
fn no_record_holds_an_assertion_that_still_works() {
    both_engines(|app| {
        let methods = json!({"private_key_jwt": {"jwks": keys()}});
        let client = app.register(signing("Signing", methods));
        let signed = assertion(app, &client, "1");
        let form = [("Content-Type", "application/x-www-form-urlencoded")];
        let post = |path: &str, body: &str| app.send_raw("POST", path, &form, body);
        let token = "/iso/oauth2/token";
        let grant_type = "grant_type=client_credentials";
        let pair = format!("{}:{}", client.client_id, client.client_secret);
        let basic = BASE64_STANDARD.encode(pair);
        let signs = client.client_secret.bytes();
        let signs: Vec<String> = signs.map(|byte| format!("%{byte:02x}")).collect();
        let escaped = signs.concat();
        let twice = escaped.replace('%', "%25");
        let bare = &client.client_secret[4..];
        let swapped =
            format!("{grant_type}&client_assertion={JWT_BEARER}&client_assertion_type={signed}");
        let refused = [
            post(token, &swapped),
            post(token, &format!("{grant_type}&client_id={signed}")),
            post(token, &format!("{grant_type}&scope={signed}")),
            post(token, &format!("grant_type={signed}")),
            post(token, &format!("{grant_type}&scope={basic}")),
            post(token, &format!("{grant_type}&scope={twice}")),
            post(token, &format!("{bare}=x")),
            post(&format!("{token}/{escaped}"), grant_type),
            app.send("GET", &format!("/scim/v2/Users/{signed}"), None, None),
            app.send(
                "GET",
                &format!("/scim/v2/Users?filter={signed}"),
                None,
                None,
            ),
        ];
        app.service.flush_telemetry().unwrap();
        for reply in &refused {
            assert!(reply.status >= 400);
            let id = reply.header("x-request-id").unwrap();
            let kept = app.service.find_request(&app.admin(), id).unwrap();
            let text = format!("{kept:?}");
            assert!(text.contains("(hidden)"), "{text}");
            for secret in [&*signed, &basic, &escaped, bare, &signed[30..60]] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    });
}

#[test]
fn r_tok_17_a_workload_identity_is_enough_and_may_be_presented_again() {
    both_engines(|app| {
        let issuer = "https://login.example/tenant/v2.0";
        let authentication = json!({"federated": [{
            "issuer": issuer, "jwks_uri": publish(), "subjects": ["workload"],
            "audiences": ["api://AzureADTokenExchange", "fb60f99c-7a34-4190-8149-302f77469936"],
            "maximum_life_minutes": 360,
        }]});
        let client = app.register(signing("Entra", authentication));
        let now = app.clock.now().timestamp();
        let token = |subject: &str, audience: &str| {
            sign(&json!({
                "iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now,
                "exp": now + 3600, "jti": "same",
            }))
        };
        let workload = token("workload", "api://AzureADTokenExchange");
        let named = format!(
            "grant_type=client_credentials&client_id={}",
            client.client_id
        );
        for _ in 0..2 {
            assert_eq!(post(app, "token", &workload, &named).status, 200);
            assert_eq!(grant(app, &workload).status, 200, "the id may be left out");
        }
        let other = token("workload", "fb60f99c-7a34-4190-8149-302f77469936");
        assert_eq!(grant(app, &other).status, 200);
        for (subject, audience) in [
            ("other", "api://AzureADTokenExchange"),
            ("workload", "api://other"),
        ] {
            let refused = post(app, "token", &token(subject, audience), &named);
            assert_eq!(refused.json()["error"], "invalid_client");
        }
    });
}
