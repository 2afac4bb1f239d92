//! Signing in with OpenID Connect, against a small provider of the test's own.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::Duration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use vestibule_delivery::openid::OpenIdSettings;
use vestibule_oauth::Digest;
use vestibule_service::Role;
use vestibule_testkit::{Engine, Reply, Setup, TestApp};

use super::unsent::{OWN, hidden};
use super::{Browser, FORM, form};

/// PKCS #8 of the Ed25519 key of RFC 8037 appendix A.1.
const PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// A provider that says whatever the test has it say.
struct Provider {
    issuer: String,
    /// The claims of the next token, and the key's name.
    claims: Arc<Mutex<Value>>,
    /// The form the token endpoint was sent last.
    asked: Arc<Mutex<HashMap<String, String>>>,
}

impl Provider {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let claims = Arc::new(Mutex::new(json!({})));
        let asked = Arc::new(Mutex::new(HashMap::new()));
        let provider = Self {
            issuer: issuer.clone(),
            claims: Arc::clone(&claims),
            asked: Arc::clone(&asked),
        };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if lines.read_line(&mut head).unwrap() == 0 {
                        break;
                    }
                }
                let length = head
                    .to_ascii_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next()?.trim().parse().ok())
                    .unwrap_or(0);
                let mut body = vec![0; length];
                lines.read_exact(&mut body).unwrap();
                let answer = match head.split(' ').nth(1).unwrap_or_default() {
                    "/.well-known/openid-configuration" => json!({
                        "issuer": issuer,
                        "authorization_endpoint": format!("{issuer}/authorize"),
                        "token_endpoint": format!("{issuer}/token"),
                        "jwks_uri": format!("{issuer}/keys"),
                    }),
                    "/keys" => json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": "one", "use": "sig"}]}),
                    "/token" => {
                        *asked.lock().unwrap() =
                            url::form_urlencoded::parse(&body).into_owned().collect();
                        let token = signed(&claims.lock().unwrap());
                        json!({"access_token": "a", "token_type": "Bearer", "id_token": token})
                    }
                    other => panic!("{other}"),
                }
                .to_string();
                write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
                    answer.len()
                )
                .unwrap();
            }
        });
        provider
    }

    fn settings(&self) -> OpenIdSettings {
        OpenIdSettings {
            issuer: self.issuer.clone(),
            client_id: "vestibule".to_owned(),
            client_secret: Some("the secret".to_owned()),
            claim: "preferred_username".to_owned(),
            redirect: String::new(),
        }
    }
}

fn signed(claims: &Value) -> String {
    let key = EncodingKey::from_ed_der(&BASE64_STANDARD.decode(PRIVATE).unwrap());
    let header = Header {
        kid: Some("one".to_owned()),
        ..Header::new(Algorithm::EdDSA)
    };
    let token = jsonwebtoken::encode(&header, claims, &key).unwrap();
    match claims["tampered"].as_bool() {
        Some(true) => {
            // Of the last character most bits mean nothing; all of the first do.
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let other = if signature.starts_with('A') { 'B' } else { 'A' };
            format!("{signed}.{other}{}", &signature[1..])
        }
        _ => token,
    }
}

/// A sign-in that was begun: the browser's cookie, and what the address asks for.
struct Begun {
    cookie: String,
    asked: HashMap<String, String>,
}

fn begin(app: &TestApp) -> Begun {
    begin_at(app, "/flow/auth/openid")
}

fn begin_at(app: &TestApp, path: &str) -> Begun {
    let reply = app.send_raw("GET", path, &[], "");
    assert_eq!(reply.status, 303, "{}", reply.text);
    let set = reply.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly; SameSite=Lax"), "{set}");
    let address = url::Url::parse(reply.header("location").unwrap()).unwrap();
    Begun {
        cookie: set.split(';').next().unwrap().to_owned(),
        asked: address.query_pairs().into_owned().collect(),
    }
}

fn cookies(reply: &Reply) -> impl Iterator<Item = &str> {
    let set = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    set.map(|(_, value)| value.as_str())
}

fn come_back(app: &TestApp, cookie: &str, query: &str) -> Reply {
    let headers = [("cookie", cookie)];
    app.send_raw(
        "GET",
        &format!("/flow/auth/openid/callback?{query}"),
        &headers,
        "",
    )
}

#[test]
fn a_known_administrator_is_signed_in_and_nobody_else() {
    let provider = Provider::start();
    let setup = Setup {
        openid: Some(provider.settings()),
        ..Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    drop(Browser::new(&app, "ada", Role::Operator));
    let page = app.send_raw("GET", "/flow/auth/signin", &[], "");
    assert!(page.text.contains("href=\"/flow/auth/openid\""));
    let now = app.clock.now().timestamp();
    let good = |begun: &Begun| {
        json!({
            "iss": provider.issuer, "aud": "vestibule", "sub": "1", "iat": now, "exp": now + 300,
            "nonce": begun.asked["nonce"], "preferred_username": "ada",
        })
    };
    let query = |begun: &Begun| format!("code=x&state={}", begun.asked["state"]);

    let begun = begin(&app);
    let of = |name: &str| begun.asked[name].as_str();
    assert_eq!(of("response_type"), "code");
    assert_eq!(of("client_id"), "vestibule");
    assert_eq!(of("code_challenge_method"), "S256");
    assert!(of("scope").split(' ').any(|scope| scope == "openid"));
    assert_eq!(
        of("redirect_uri"),
        format!("{}/flow/auth/openid/callback", app.url())
    );
    *provider.claims.lock().unwrap() = good(&begun);
    let welcome = come_back(&app, &begun.cookie, &query(&begun));
    assert_eq!(welcome.status, 200, "{}", welcome.text);
    let asked = provider.asked.lock().unwrap().clone();
    let proof = Digest::of(&asked["code_verifier"]);
    assert_eq!(
        BASE64_URL_SAFE_NO_PAD.encode(proof.as_bytes()),
        begun.asked["code_challenge"]
    );
    let session = cookies(&welcome)
        .find(|set| set.starts_with("vestibule="))
        .unwrap();
    assert!(session.contains("HttpOnly; SameSite=Strict"), "{session}");
    let cookie = session.split(';').next().unwrap();
    let inside = app.send_raw("GET", "/console", &[("cookie", cookie)], "");
    assert_eq!(inside.status, 200);
    assert!(inside.text.contains("ada"));

    // Everything that is not the answer to this browser's own sign-in, or not for this server.
    let change = |key: &str, value: Value| {
        let begun = begin(&app);
        let mut claims = good(&begun);
        claims[key] = value;
        *provider.claims.lock().unwrap() = claims;
        come_back(&app, &begun.cookie, &query(&begun))
    };
    for (key, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("aud", json!(["vestibule", "another"])),
        ("azp", json!("another")),
        ("exp", json!(now - 61)),
        ("iat", json!(now + 3_600)),
        ("nonce", json!("another")),
        ("nonce", Value::Null),
        ("tampered", json!(true)),
        ("preferred_username", json!("nobody")),
        ("preferred_username", json!(" ")),
        ("preferred_username", json!(["ada"])),
    ] {
        let refused = change(key, value.clone());
        assert_eq!(refused.status, 403, "{key} {value}: {}", refused.text);
        assert!(cookies(&refused).all(|set| !set.starts_with("vestibule=")));
    }
    let begun = begin(&app);
    *provider.claims.lock().unwrap() = good(&begun);
    let other = begin(&app);
    for (cookie, query) in [
        (begun.cookie.as_str(), query(&other)),
        (other.cookie.as_str(), query(&begun)),
        ("", query(&begun)),
        (begun.cookie.as_str(), "code=x".to_owned()),
        (begun.cookie.as_str(), "code=x&state=".to_owned()),
        ("vestibule-openid=..", "code=x&state=".to_owned()),
        (
            begun.cookie.as_str(),
            format!("{}&iss=https://evil.example", query(&begun)),
        ),
        (
            begun.cookie.as_str(),
            format!("error=access_denied&state={}", begun.asked["state"]),
        ),
    ] {
        assert_eq!(come_back(&app, cookie, &query).status, 403, "{query}");
    }
    // A disabled administrator stays outside.
    let admin = app.admin();
    drop(Browser::new(&app, "root", Role::Administrator));
    app.service
        .change_administrator(&admin, "ada", Role::Operator, false)
        .unwrap();
    assert_eq!(change("sub", json!("2")).status, 403);
}

#[test]
fn what_was_typed_waits_on_its_page_while_another_tab_signs_in() {
    let provider = Provider::start();
    let setup = Setup {
        openid: Some(provider.settings()),
        ..Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let ada = Browser::new(&app, "ada", Role::Administrator);
    app.clock.advance(Duration::minutes(31));
    let typed = [("csrf", ada.csrf.as_str()), ("name", "Night shift")];
    let late = ada.post_as("/console/access-groups/new", &typed, &[OWN]);
    assert_eq!(late.status, 401, "{}", late.text);
    let there = "href=\"/flow/auth/openid?beside=yes\" target=\"_blank\" rel=\"noopener\"";
    assert!(late.text.contains(there), "{}", late.text);
    let kept = hidden(&late.text, "beside");
    let kept: Vec<_> = kept.iter().map(|(n, v)| (&**n, &**v)).collect();
    let back = |cookie: &str, site: (&str, &str), fields: &[(&str, &str)]| {
        let headers = [("cookie", cookie), FORM, site];
        app.send_raw("POST", "/flow/auth/again", &headers, &form(fields))
    };
    // Too early: it stays where it is.
    let early = back(&ada.cookie, OWN, &kept);
    assert_eq!(early.status, 401, "{}", early.text);
    assert!(early.text.contains("name=Night+shift"), "{}", early.text);
    assert!(early.text.contains("not signed in in this browser yet"));

    let begun = begin_at(&app, "/flow/auth/openid?beside=yes");
    let asked: Vec<_> = begun.asked.values().map(String::as_str).collect();
    assert!(!asked.concat().contains("Night"), "{asked:?}");
    assert!(!begun.cookie.contains("Night"));
    let now = app.clock.now().timestamp();
    *provider.claims.lock().unwrap() = json!({
        "iss": provider.issuer, "aud": "vestibule", "sub": "1", "iat": now, "exp": now + 300,
        "nonce": begun.asked["nonce"], "preferred_username": "ada",
    });
    let query = format!("code=x&state={}", begun.asked["state"]);
    let welcome = come_back(&app, &begun.cookie, &query);
    assert_eq!(welcome.status, 200, "{}", welcome.text);
    assert!(!welcome.text.contains("http-equiv"), "this tab stays too");
    assert!(welcome.text.contains("waits in the tab"));
    let session = cookies(&welcome).find(|set| set.starts_with("vestibule="));
    let session = session.unwrap().split(';').next().unwrap();

    // Only a page of ours, which the browser calls so, is shown it.
    let foreign = ("sec-fetch-site", "cross-site");
    let refused = back(session, foreign, &kept);
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("Night"), "{}", refused.text);
    let unknown = back(session, ("accept", "text/html"), &kept);
    assert_eq!(unknown.status, 403, "{}", unknown.text);
    let elsewhere = [("form", "https://evil.example/console"), ("typed", "a=b")];
    assert_eq!(back(session, OWN, &elsewhere).status, 303);

    let shown = back(session, OWN, &kept);
    assert_eq!(shown.status, 200, "{}", shown.text);
    let fields = hidden(&shown.text, "again");
    let fields: Vec<_> = fields.iter().map(|(n, v)| (&**n, &**v)).collect();
    let fresh = Browser {
        app: &app,
        cookie: session.to_owned(),
        csrf: fields[0].1.to_owned(),
    };
    let filled = fresh.post_as("/console/access-groups/new?again=yes", &fields, &[OWN]);
    assert_eq!(filled.status, 200, "{}", filled.text);
    assert!(filled.text.contains("value=\"Night shift\""));
    let groups = fresh.get("/console/access-groups").text;
    assert!(!groups.contains("Night shift"), "nothing is saved");
}

#[test]
fn without_a_provider_there_is_no_such_way_in() {
    let app = super::app();
    let page = app.send_raw("GET", "/flow/auth/signin", &[], "");
    assert!(!page.text.contains("/flow/auth/openid"));
    assert_eq!(
        app.send_raw("GET", "/flow/auth/openid", &[], "").status,
        403
    );
}
