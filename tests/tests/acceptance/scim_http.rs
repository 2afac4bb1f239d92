//! SCIM as HTTP: methods, preconditions, media types, compression.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;
use vestibule_testkit::{Engine, TestApp, internal};

// proves: 7644-3.12-statuses
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn methods_preconditions_and_media_types() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let token = app.register(internal("Product")).token;
    let bearer = format!("Bearer {token}");
    let send = |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend_from_slice(headers);
        app.send_raw(method, path, &all, body)
    };
    let user =
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"})
            .to_string();
    for (mount, media_type, name) in [
        (
            "/scim/v2/Users/",
            "application/scim+json; charset=utf-8",
            "ada",
        ),
        (
            "/iso/scim/v2/Users",
            "application/json;charset=UTF-8",
            "bob",
        ),
    ] {
        let created = send(
            "POST",
            mount,
            &[("Content-Type", media_type)],
            &user.replace("ada", name),
        );
        assert_eq!(created.status, 201, "{}", created.text);
        let location = created.json()["meta"]["location"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            location.starts_with(&format!("{}{}", app.url(), mount.trim_end_matches('/'))),
            "{location}"
        );
        assert_eq!(created.header("location"), Some(location.as_str()));
    }
    let listed = send(
        "GET",
        "/scim/v2/Users?filter=userName+eq+%22ada%22",
        &[],
        "",
    )
    .json();
    let path = format!(
        "/scim/v2/Users/{}",
        listed["Resources"][0]["id"].as_str().unwrap()
    );

    let whole = send("GET", &path, &[], "");
    let etag = whole.header("etag").unwrap().to_owned();
    assert_eq!(
        whole.header("vary").map(str::to_ascii_lowercase).as_deref(),
        Some("accept, accept-encoding")
    );
    assert_eq!(whole.header("location"), whole.header("content-location"));
    let unchanged = send("GET", &path, &[("If-None-Match", &etag)], "");
    assert_eq!(unchanged.status, 304);
    for told in ["content-location", "etag", "vary", "cache-control"] {
        assert_eq!(unchanged.header(told), whole.header(told), "{told}");
    }
    assert_eq!(
        send("GET", &path, &[("If-None-Match", "W/\"9\", \"8\"")], "").status,
        200
    );
    let head = send("HEAD", &path, &[("Accept-Encoding", "identity")], "");
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("etag"), Some(etag.as_str()));
    assert_eq!(
        send("DELETE", &path, &[("If-Match", "W/\"9\"")], "").status,
        412
    );
    assert_eq!(send("GET", &path, &[("If-Match", "\"9\"")], "").status, 412);
    assert_eq!(send("GET", &path, &[("If-Match", &etag)], "").status, 200);
    let packed = [("Content-Encoding", "gzip")];
    assert_eq!(send("PUT", &path, &packed, &user).status, 415);
    let no_text = "/scim/v2/Users?filter=title%20ne%20%22%ff%22";
    assert_eq!(send("GET", no_text, &[], "").status, 400);
    let known = [("If-None-Match", etag.as_str())];
    assert_eq!(
        send("PUT", &path, &known, r#"{"userName": "eve"}"#).status,
        412
    );
    assert_eq!(
        send("DELETE", &path, &[("If-None-Match", "*")], "").status,
        412
    );
    assert_eq!(send("GET", "/scim/v2/Me", &[], "").status, 501);

    for (method, path, allow) in [
        ("PUT", "/scim/v2/Users", "GET, HEAD, POST, OPTIONS"),
        (
            "POST",
            path.as_str(),
            "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
        ),
        ("GET", "/scim/v2/Bulk", "POST, OPTIONS"),
        ("GET", "/scim/v2/.search", "POST, OPTIONS"),
        ("PUT", "/scim/v2/Groups/.search", "POST, OPTIONS"),
        ("DELETE", "/iso/scim/v2/Schemas", "GET, HEAD, OPTIONS"),
        ("POST", "/scim/v2", "GET, HEAD, OPTIONS"),
    ] {
        let refused = send(method, path, &[], "");
        assert_eq!(refused.status, 405, "{method} {path}: {}", refused.text);
        assert_eq!(refused.header("allow"), Some(allow), "{method} {path}");
        let options = send("OPTIONS", path, &[], "");
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(allow)),
            "{path}"
        );
    }
    for (method, path) in [
        ("GET", "/scim/v2/Nothing"),
        ("PUT", "/scim/v2/Nothing"),
        ("POST", "/scim/v2/Nothing/x/y"),
    ] {
        assert_eq!(send(method, path, &[], "").status, 404, "{method} {path}");
    }
}

#[test]
fn long_answers_are_compressed_for_who_can_read_them() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let token = app.register(internal("Product")).token;
    let bearer = format!("Bearer {token}");
    // A client that unpacks by itself would hide what came.
    let head_of = |path: &str, accepted: &str| {
        let mut stream = TcpStream::connect(app.url().strip_prefix("http://").unwrap()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nAccept-Encoding: {accepted}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let text = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        text.split("\r\n\r\n").next().unwrap().to_owned()
    };
    for mount in ["/scim/v2", "/iso/scim/v2"] {
        let path = format!("{mount}/Schemas");
        assert!(
            head_of(&path, "gzip").contains("\r\ncontent-encoding: gzip"),
            "{mount}"
        );
        assert!(
            !head_of(&path, "identity").contains("content-encoding"),
            "{mount}"
        );
        for accepted in ["gzip", "identity"] {
            let head = head_of(&path, accepted);
            let vary: Vec<&str> = head
                .lines()
                .filter(|line| line.starts_with("vary:"))
                .collect();
            assert_eq!(
                vary,
                ["vary: accept, accept-encoding"],
                "{mount}: {accepted}"
            );
        }
        // Who accepts nothing there is gets the answer as it is, and no 406.
        for accepted in ["identity;q=0", "br, identity;q=0", "*;q=0"] {
            let head = head_of(&path, accepted);
            assert!(head.starts_with("http/1.1 200"), "{accepted}: {head}");
            assert!(head.contains("application/scim+json"), "{accepted}: {head}");
            assert!(!head.contains("content-encoding"), "{accepted}: {head}");
        }
        let packed = head_of(&path, "gzip, identity;q=0");
        assert!(packed.contains("\r\ncontent-encoding: gzip"), "{packed}");
    }
}

#[test]
fn the_admin_api_answers_head_and_options() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let token = app.admin_token("root", vestibule_service::Role::Administrator);
    let head = app.send("HEAD", "/api/v1/providers", Some(&token), None);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let options = app.send("OPTIONS", "/api/v1/providers", Some(&token), None);
    assert_eq!(
        (options.status, options.header("allow")),
        (204, Some("GET, HEAD, POST, OPTIONS"))
    );
}

#[test]
fn what_is_nowhere_is_not_found_by_any_method() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    for path in [
        "/nothing",
        "/docs/nothing",
        "/docs/nothing/below",
        "/assets/console/nothing",
        "/iso/oauth2/nothing",
        "/.well-known/nothing",
        "/.well-known/oauth-authorization-server/nothing",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let reply = app.send_raw(method, path, &[], "");
            assert_eq!(reply.status, 404, "{method} {path}");
        }
    }
    for path in ["/docs", "/docs/index.html", "/openapi.json", "/healthz"] {
        let other = app.send_raw("POST", path, &[], "");
        let told = (other.status, other.header("allow"));
        assert_eq!(told, (405, Some("GET, HEAD, OPTIONS")), "{path}");
    }
}
