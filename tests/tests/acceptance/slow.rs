//! Whoever sends slowly holds up nobody who does not (R-AVL-1). Nothing here measures a time: what is
//! told apart is the order in which things happen.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_service::storage::Engine;
use vestibule_testkit::{Setup, TestApp, third_party};
use vestibule_web::BodyTime;

/// A body of which the server sees the beginning alone.
fn begin(app: &TestApp, path: &str, headers: &str) -> TcpStream {
    let address = app.url();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// All that the server answers until it ends the connection: status, head and body.
fn answer(mut stream: TcpStream) -> (u16, String, Value) {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let all = String::from_utf8(all).unwrap();
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = serde_json::from_str(body).unwrap_or_default();
    (status, head.to_ascii_lowercase(), body)
}

const PATIENT: BodyTime = BodyTime {
    grace: Duration::from_hours(1),
    bytes_per_second: 1,
};

#[test]
fn r_avl_1_a_slow_body_is_told_so_in_the_shape_of_its_protocol_and_closed() {
    let setup = Setup {
        body_time: BodyTime {
            grace: Duration::from_millis(50),
            bytes_per_second: 1_000_000,
        },
        ..Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let client = app.register(third_party("Product"));
    let admin = app.admin_token("root", Role::Administrator);
    for framing in ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"] {
        let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n{framing}");
        let scim = begin(&app, "/scim/v2/Users", &bearer(&client.token));
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let token = begin(&app, "/iso/oauth2/token", &format!("{form}{framing}"));
        let api = begin(&app, "/api/v1/access-groups", &bearer(&admin));
        // The connection ends, although no body ever does.
        let (status, _, told) = answer(scim);
        assert_eq!(status, 408, "{told}");
        assert_eq!(
            told["schemas"][0],
            "urn:ietf:params:scim:api:messages:2.0:Error"
        );
        let (status, _, told) = answer(token);
        assert_eq!((status, &told["error"]), (408, &json!("invalid_request")));
        let (status, head, told) = answer(api);
        assert_eq!((status, &told["status"]), (408, &json!(408)));
        assert!(head.contains("application/problem+json"), "{head}");
        assert!(head.contains("connection: close"), "{head}");
    }
}

#[test]
fn r_avl_1_slow_senders_hold_no_places() {
    let setup = Setup {
        places: 2,
        body_time: PATIENT,
        ..Setup::default()
    };
    let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
    let client = app.register(third_party("Product"));
    let wait = |path: &str| {
        // That its body is waited for shows in the server's asking for it.
        let token = &client.token;
        let headers = format!(
            "Authorization: Bearer {token}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n"
        );
        let mut stream = begin(&app, path, &headers);
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).unwrap();
        assert!(asked.starts_with(b"HTTP/1.1 100 Continue"));
        stream.write_all(b"{").unwrap();
        stream
    };
    let mut slow = VecDeque::new();
    for turn in 0..8 {
        slow.push_back(wait(["/scim/v2/Users", "/iso/oauth2/token"][turn % 2]));
        // As many are waited for as there are places: the eldest gave way to the newest.
        if slow.len() > 2 {
            assert_eq!(answer(slow.pop_front().unwrap()).0, 408);
        }
    }
    let user =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "alice"});
    let made = app.send("POST", "/scim/v2/Users", Some(&client.token), Some(&user));
    assert_eq!(made.status, 201, "{}", made.text);
    let read = app.send("GET", "/scim/v2/Users", Some(&client.token), None);
    assert_eq!(read.status, 200, "{}", read.text);
    let mut newest = slow.pop_back().unwrap();
    // 99 bytes more, and it is a body like any other: of nobody who may send it.
    newest.write_all(&[b' '; 99]).unwrap();
    let mut told = [0; 12];
    newest.read_exact(&mut told).unwrap();
    assert!(told.starts_with(b"HTTP/1.1 4"));
    assert_ne!(&told, b"HTTP/1.1 408");
}
