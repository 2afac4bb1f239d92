//! The network gates on the wire: docs/SECURITY.md 2.2, each test under the id of its requirement. The
//! tables of addresses, hops and referrers are with `vestibule_domain::network`.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_domain::network::{AllowedAddresses, TrustedProxies};
use vestibule_domain::provider::ProviderSettings;
use vestibule_service::Role;
use vestibule_testkit::{
    Engine, Setup, TestApp, TestProvider, both_engines, internal, third_party,
};

/// The statuses of a token request and of a SCIM request past a gate, and before one that is shut.
const OPEN: [u16; 2] = [200, 200];
const SHUT: [u16; 2] = [400, 403];
/// A name that only who is let in may see.
const CANARY: &str = "canary-in-the-hall";

fn behind_a_proxy() -> TestApp {
    let setup = Setup {
        trusted_proxies: TrustedProxies::parse(&["127.0.0.1".to_owned()]).unwrap(),
        ..Setup::default()
    };
    TestApp::start_with(Engine::Sqlite, setup).unwrap()
}

/// The statuses of a token request and of a SCIM request that carry these headers.
fn asked(app: &TestApp, client: &TestProvider, headers: &[(&str, &str)]) -> [u16; 2] {
    let bearer = format!("Bearer {}", client.token);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        client.client_id, client.client_secret
    );
    let with = |more: (&'static str, &str)| {
        let mut all: Vec<(&str, String)> = vec![(more.0, more.1.to_owned())];
        all.extend(
            headers
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        all
    };
    let send = |method: &str, path: &str, headers: &[(&str, String)], body: &str| {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let reply = app.send_raw(method, path, &headers, body);
        if reply.status == 400 {
            assert_eq!(reply.json()["error"], "unauthorized_client");
        }
        reply.status
    };
    let token = with(("Content-Type", "application/x-www-form-urlencoded"));
    let scim = with(("Authorization", &bearer));
    [
        send("POST", "/iso/oauth2/token", &token, &form),
        send("GET", "/scim/v2/Users?count=0", &scim, ""),
    ]
}

fn from(address: &str) -> ProviderSettings {
    ProviderSettings {
        allowed_addresses: AllowedAddresses::parse(&[address.to_owned()]).unwrap(),
        ..third_party("Product")
    }
}

#[test]
fn r_net_1_the_client_is_the_first_hop_that_is_not_trusted() {
    let app = behind_a_proxy();
    let client = app.register(from("203.0.113.7"));
    for (forwarded, let_in) in [
        (vec!["203.0.113.7"], true),
        (vec!["203.0.113.7, 127.0.0.1"], true),
        (vec!["198.51.100.1, 203.0.113.7"], true),
        (vec!["198.51.100.1", "203.0.113.7"], true),
        // What stands further left was written by whoever is further out.
        (vec!["203.0.113.7, 198.51.100.1"], false),
        (vec!["203.0.113.7", "198.51.100.1"], false),
        (vec!["203.0.113.7, unknown"], false),
        (vec!["203.0.113.7, "], false),
        (vec![], false),
    ] {
        let lines: Vec<(&str, &str)> = forwarded
            .iter()
            .map(|line| ("X-Forwarded-For", *line))
            .collect();
        let expected = if let_in { OPEN } else { SHUT };
        assert_eq!(asked(&app, &client, &lines), expected, "{forwarded:?}");
    }
    // Others that say where somebody comes from are not listened to.
    for name in ["Forwarded", "X-Real-IP", "True-Client-IP", "X-Client-IP"] {
        let statuses = asked(&app, &client, &[(name, "203.0.113.7")]);
        assert_eq!(statuses, SHUT, "{name}");
    }
}

#[test]
fn r_net_2_absolute_addresses_come_from_the_configuration() {
    let app = behind_a_proxy();
    let client = app.register(third_party("Product"));
    let bearer = format!("Bearer {}", client.token);
    let user = json!({"userName": CANARY}).to_string();
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/scim+json"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "host=evil.example;proto=https"),
    ];
    let created = app.send_raw("POST", "/scim/v2/Users", &headers, &user);
    assert_eq!(created.status, 201, "{}", created.text);
    let listed = app.send_raw("GET", "/scim/v2/Users", &headers, "");
    for reply in [&created, &listed] {
        assert!(!reply.text.contains("evil"), "{}", reply.text);
        assert!(
            reply
                .headers
                .iter()
                .all(|(_, value)| !value.contains("evil"))
        );
        assert!(
            reply
                .text
                .contains(&format!("{}/scim/v2/Users/", app.url()))
        );
    }
    let raw = exchange(
        &app,
        "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    assert!(raw.starts_with("HTTP/1.1 "), "{raw}");
    assert!(!raw.contains("evil"), "{raw}");
}

#[test]
fn r_net_3_a_change_of_addresses_holds_for_the_next_request() {
    both_engines(|app| {
        let client = app.register(from("*"));
        let token = app.admin_token("ann", Role::Administrator);
        let path = format!("/api/v1/providers/{}", client.id);
        for (list, expected) in [
            (json!(["127.0.0.0/8"]), OPEN),
            (json!([]), SHUT),
            (json!(["::ffff:127.0.0.1"]), OPEN),
            (json!(["10.0.0.0/8", "2001:db8::/32"]), SHUT),
            (json!(["*"]), OPEN),
        ] {
            let change = json!({"allowed_addresses": list});
            let changed = app.send("PATCH", &path, Some(&token), Some(&change));
            assert_eq!(changed.status, 200, "{}", changed.text);
            assert_eq!(asked(app, &client, &[]), expected, "{list}");
        }
    });
}

#[test]
fn r_net_4_a_referrer_is_an_origin_in_full() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(internal("Product"));
    let token = app.admin_token("ann", Role::Administrator);
    let path = format!("/api/v1/providers/{}", client.id);
    let change = json!({"allowed_referrers": ["https://good.example"]});
    let changed = app.send("PATCH", &path, Some(&token), Some(&change));
    assert_eq!(changed.status, 200, "{}", changed.text);
    for (referer, let_in) in [
        ("https://good.example/any/path?x=1", true),
        ("https://GOOD.example:443", true),
        ("https://good.example.evil/", false),
        ("https://good.example@evil/", false),
        ("http://good.example/", false),
        ("https://good.example:8443/", false),
        ("null", false),
        ("", false),
    ] {
        let expected = if let_in { OPEN } else { SHUT };
        let statuses = asked(&app, &client, &[("Referer", referer)]);
        assert_eq!(statuses, expected, "{referer}");
    }
    let good = ("Referer", "https://good.example/");
    assert_eq!(asked(&app, &client, &[]), SHUT);
    assert_eq!(asked(&app, &client, &[good, good]), SHUT);
}

#[test]
fn r_net_7_no_spelling_of_a_path_opens_a_door() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    let user = json!({"userName": CANARY});
    let created = app.send("POST", "/scim/v2/Users", Some(&client.token), Some(&user));
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let document = app.send("GET", "/openapi.json", None, None).json();
    let mut tried = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        if !template.starts_with("/api/v1") && !template.starts_with("/iso/scim/v2") {
            continue;
        }
        let path = template.split('/').map(|part| {
            if part.starts_with('{') {
                id.as_str()
            } else {
                part
            }
        });
        let path = path.collect::<Vec<_>>().join("/");
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            for spelling in spellings(&path) {
                let request = format!(
                    "{method} {spelling} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let answer = exchange(&app, &request);
                let status = answer.split(' ').nth(1).unwrap_or_default();
                assert!(
                    matches!(status, "400" | "401" | "404" | "405"),
                    "{method} {spelling}: {answer}"
                );
                assert!(!answer.contains(CANARY), "{method} {spelling}: {answer}");
                tried += 1;
            }
        }
    }
    assert!(tried > 2_000, "{tried}");
}

/// A path as somebody writes it who hopes that the gate and the router read differently.
fn spellings(path: &str) -> Vec<String> {
    let last = path.rfind('/').unwrap();
    let (head, tail) = path.split_at(last);
    let encoded = |text: &str, percent: &str| -> String {
        text.bytes()
            .map(|byte| {
                if byte == b'/' {
                    "/".to_owned()
                } else {
                    format!("{percent}{byte:02x}")
                }
            })
            .collect()
    };
    let mut all = vec![
        path.to_owned(),
        format!("{path}/"),
        format!("{path}//"),
        format!("{path}?"),
        format!("{path}#x"),
        format!("{path};x"),
        format!("{path};x=1/"),
        format!("{path}/."),
        format!("{path}/x/.."),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}%0a"),
        format!("{path}%3b"),
        format!("{path}%3fx"),
        format!("{path}.json"),
        format!("/{path}"),
        format!("//{path}"),
        format!("/.{path}"),
        format!("/%2e{path}"),
        format!("/x/..{path}"),
        format!("/x/%2e%2e{path}"),
        format!("/healthz/..{path}"),
        format!("/healthz/%2e%2e{path}"),
        format!("/docs/..{path}"),
        format!("/docs/..%2f..{path}"),
        format!("/;x{path}"),
        format!("http://localhost{path}"),
        path.replace('/', "//"),
        path.replace('/', "/./"),
        path.replace('/', "%2f"),
        path.replace('/', "%5c"),
        path.replace('/', "/%2e/"),
        path.to_uppercase(),
        format!("{head}/{}", tail.trim_start_matches('/').to_uppercase()),
        encoded(path, "%"),
        encoded(path, "%25"),
        format!("{head}{}", encoded(tail, "%")),
        format!("{head}{}", encoded(tail, "%25")),
        format!("{head};x{tail}"),
        format!("{head}/%2e%2e/x/%2e%2e{tail}"),
    ];
    all.dedup();
    all
}

#[test]
fn r_net_8_what_can_be_framed_in_two_ways_is_refused() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let hidden = "GET /healthz HTTP/1.1\r\nHost: hidden\r\n\r\n";
    for (why, head, body) in [
        (
            "both",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        (
            "both",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "0\r\n\r\n",
        ),
        (
            "two lengths",
            "Content-Length: 0\r\nContent-Length: 5\r\n",
            "",
        ),
        ("a list of lengths", "Content-Length: 0, 5\r\n", ""),
        ("a signed length", "Content-Length: +5\r\n", "a=b&c"),
        ("a negative length", "Content-Length: -1\r\n", ""),
        ("a length in hexadecimal", "Content-Length: 0x5\r\n", ""),
        (
            "an unknown coding",
            "Transfer-Encoding: xchunked\r\n",
            "0\r\n\r\n",
        ),
        (
            "chunked is not the last",
            "Transfer-Encoding: chunked, identity\r\n",
            "0\r\n\r\n",
        ),
        (
            "chunked twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n",
        ),
        ("a folded line", "X-Folded: a\r\n b\r\n", ""),
        ("a space before the colon", "Content-Length : 0\r\n", ""),
        ("a line without a name", ": x\r\n", ""),
        ("a line without a colon", "nothing\r\n", ""),
        ("a NUL", "X-Nul: a\0b\r\n", ""),
        ("a bare CR", "X-Bare: a\rContent-Length: 5\r\n", ""),
    ] {
        let request = format!(
            "POST /iso/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n{head}\r\n{body}{hidden}"
        );
        let answer = exchange(&app, &request);
        assert!(answer.starts_with("HTTP/1.1 400"), "{why}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{why}: {answer}");
    }
    for (why, chunk) in [
        (
            "a size that overflows",
            "fffffffffffffffff\r\na\r\n0\r\n\r\n".to_owned(),
        ),
        ("a size that is none", "5x\r\na=b&c\r\n0\r\n\r\n".to_owned()),
        ("a negative size", "-5\r\na=b&c\r\n0\r\n\r\n".to_owned()),
    ] {
        let request = format!(
            "POST /iso/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{hidden}"
        );
        let answer = exchange(&app, &request);
        // The body breaks off while it is read: a refusal, or the connection alone ends.
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 400");
        assert!(refused, "{why}: {answer}");
        assert!(answer.matches("HTTP/1.1 ").count() < 2, "{why}: {answer}");
    }
}

#[test]
fn r_net_8_a_long_chunk_extension_hides_no_request() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let extension = "x".repeat(64 * 1024);
    let request = format!(
        "POST /iso/oauth2/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
         5;{extension}\r\na=b&c\r\n0\r\n\r\n\
         GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    let answer = exchange(&app, &request);
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(statuses.len(), 2, "{answer}");
    assert!(statuses[0].starts_with("400"), "{answer}");
    assert!(statuses[1].starts_with("404"), "{answer}");
}

/// Sends these bytes and answers everything that comes back until the server hangs up.
fn exchange(app: &TestApp, request: &str) -> String {
    let address = app.url().replace("http://", "");
    let mut connection = TcpStream::connect(address).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The server may hang up before it has read everything.
    drop(connection.write_all(request.as_bytes()));
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_canary_is_seen_by_who_is_let_in() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let client = app.register(third_party("Product"));
    let user: Value = json!({"userName": CANARY});
    app.send("POST", "/scim/v2/Users", Some(&client.token), Some(&user));
    let listed = app.send("GET", "/scim/v2/Users", Some(&client.token), None);
    assert!(listed.text.contains(CANARY), "{}", listed.text);
}
