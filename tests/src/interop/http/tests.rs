use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

/// Sends to a server that answers 200 `ok`; gives back what it received.
fn received(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
    last: &str,
) -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{path}", server.local_addr().unwrap());
    let last = last.to_owned();
    let answering = thread::spawn(move || {
        let (mut socket, _) = server.accept().unwrap();
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        while !all.ends_with(last.as_bytes()) {
            let n = socket.read(&mut buffer).unwrap();
            assert_ne!(n, 0, "{:?}", String::from_utf8_lossy(&all));
            all.extend(&buffer[..n]);
        }
        let answer = "HTTP/1.1 299 Odd\r\nX-A: \u{e9}\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nok";
        let latin1: Vec<u8> = answer.chars().map(|c| u8::try_from(c).unwrap()).collect();
        socket.write_all(&latin1).unwrap();
        String::from_utf8_lossy(&all).into_owned()
    });
    let headers: Vec<_> = headers
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect();
    let answer = send(method, &url, &headers, body.map(str::as_bytes)).unwrap();
    assert_eq!(answer.status, 299);
    assert_eq!(answer.header("x-a"), Some("\u{e9}"));
    assert_eq!(answer.body, b"ok");
    answering.join().unwrap()
}

#[test]
fn the_target_is_sent_as_it_is_spelt() {
    let path = "/a%2fb//../Users?filter=userName eq \"{x}\"<y>|^`#+%zz";
    let head = received("GET", path, &[("Accept", "a/b")], None, "\r\n\r\n");
    let line = head.lines().next().unwrap();
    assert_eq!(line, format!("GET {} HTTP/1.1", path.replace(' ', "%20")));
    let mut names: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split_once(": ")?.0.to_ascii_lowercase()))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "connection", "host"]);
}

#[test]
fn a_target_longer_than_any_buffer_arrives() {
    let path = format!("/{}?x=1", "a".repeat(300_000));
    let head = received("GET", &path, &[], None, "\r\n\r\n");
    assert!(
        head.starts_with(&format!("GET {path} HTTP/1.1\r\nhost: ")),
        "{}",
        head.len()
    );
}

#[test]
fn every_method_may_have_a_body() {
    for method in ["GET", "DELETE", "PATCH", "PURGE"] {
        let all = received(method, "/x?", &[], Some("{\"é\":1}"), "{\"é\":1}");
        assert!(
            all.starts_with(&format!("{method} /x? HTTP/1.1\r\n")),
            "{all}"
        );
        assert!(
            all.to_ascii_lowercase().contains("content-length: 8\r\n"),
            "{all}"
        );
    }
}

#[test]
fn a_missing_body_has_a_length_where_one_is_usual() {
    for (method, expected) in [
        ("POST", true),
        ("PUT", true),
        ("GET", false),
        ("DELETE", false),
    ] {
        let head = received(method, "/x", &[], None, "\r\n\r\n").to_ascii_lowercase();
        assert_eq!(head.contains("content-length: 0\r\n"), expected, "{head}");
        assert!(!head.contains("transfer-encoding"), "{head}");
    }
}

#[test]
fn what_cannot_be_sent_is_an_error() {
    for url in [
        "https://127.0.0.1/",
        "http://127.0.0.1:1/é",
        "http://127.0.0.1:1/a\nb",
    ] {
        assert!(send("GET", url, &[], None).is_err(), "{url}");
    }
}
