//! RFC 7644, sections 3.8 to 3.13: representations, names and addresses.

use serde_json::json;
use vestibule_scim::Dialect;
use vestibule_testkit::both_engines;

use super::{Client, ENTERPRISE, USER, all_of, path_of, user};

// proves: 7644-3.8-default 7644-3.8-utf8
#[test]
fn text_is_utf_8_in_both_directions() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let bearer = format!("Bearer {}", client.token);
        let name = "Жанна-東京-🦀-é";
        for (user_name, title) in [("one", name), ("two", r"Жанна-東京-\ud83e\udd80-\u00e9")]
        {
            let body =
                format!(r#"{{"schemas":["{USER}"],"userName":"{user_name}","title":"{title}"}}"#);
            for content_type in [
                "application/scim+json",
                "application/scim+json; charset=utf-8",
            ] {
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("Content-Type", content_type),
                ];
                let created = app.send_raw("POST", "/scim/v2/Users", &headers, &body);
                assert_eq!(created.status, 201, "{}", created.text);
                // Characters, not escapes of them, whatever the client wrote.
                assert!(created.text.contains(name), "{}", created.text);
                let path = path_of("/Users", &created.json());
                let read = client.send("GET", &path, None);
                assert_eq!(read.json()["title"], name);
                let charset = read.header("content-type").unwrap().to_ascii_lowercase();
                assert!(
                    !charset.contains("charset") || charset.contains("utf-8"),
                    "{charset}"
                );
                assert_eq!(
                    client
                        .found("/Users", &format!("title eq \"{name}\""))
                        .len(),
                    1
                );
                client.send("DELETE", &path, None);
            }
        }
    });
}

// proves: 7644-3.10-urn
#[test]
fn attributes_of_extensions_are_named_behind_their_urn_and_core_ones_may_be() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let people: Vec<_> = [("ann", "Z"), ("bob", "A")]
            .iter()
            .map(|(name, department)| {
                let sent = json!({"schemas": [USER, ENTERPRISE], "userName": name, "title": department,
                    ENTERPRISE: {"department": department, "employeeNumber": name}});
                client.create("/Users", &sent)
            })
            .collect();
        for filter in [
            format!("{ENTERPRISE}:department eq \"z\""),
            format!("{USER}:userName eq \"ann\""),
            "userName eq \"ann\"".to_owned(),
        ] {
            assert_eq!(
                client.found("/Users", &filter),
                [people[0]["id"].clone()],
                "{filter}"
            );
        }
        let strict = Client::speaking(app, "Strict", Dialect::Strict);
        let bare = strict.send("GET", "/Users?filter=department%20eq%20%22z%22", None);
        assert_eq!(
            (bare.status, &bare.json()["scimType"]),
            (400, &json!("invalidFilter"))
        );

        for (sort, expected) in [
            (format!("{ENTERPRISE}:department"), ["bob", "ann"]),
            (format!("{USER}:userName"), ["ann", "bob"]),
            ("userName".to_owned(), ["ann", "bob"]),
        ] {
            let page = client.get(&format!("/Users?sortBy={sort}"));
            assert_eq!(all_of(&page, "userName"), expected, "{sort}");
        }
        let path = path_of("/Users", &people[0]);
        let asked = client.get(&format!(
            "{path}?attributes={ENTERPRISE}:department,{USER}:title"
        ));
        assert_eq!(asked[ENTERPRISE], json!({"department": "Z"}));
        assert_eq!(asked["title"], "Z");
        assert!(asked.get("userName").is_none(), "{asked}");
        let operations = json!([
            {"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "M"},
            {"op": "replace", "path": format!("{USER}:title"), "value": "N"},
            {"op": "replace", "path": format!("{ENTERPRISE}:manager.value"), "value": "7"}]);
        let changed = client.patch(&path, &operations).json();
        assert_eq!(
            changed[ENTERPRISE],
            json!({"department": "M", "employeeNumber": "ann", "manager": {"value": "7"}})
        );
        assert_eq!(changed["title"], "N");
    });
}

// proves: 7644-3.11-me
#[test]
fn me_is_not_implemented() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let body = user("ann");
        for (method, body) in [
            ("GET", None),
            ("POST", Some(&body)),
            ("PUT", Some(&body)),
            ("PATCH", Some(&body)),
            ("DELETE", None),
        ] {
            let reply = client.send(method, "/Me", body);
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (501, &json!("501")),
                "{method}"
            );
        }
        assert_eq!(client.get("/Users")["totalResults"], 0);
    });
}

// proves: 7644-3.13-version
#[test]
fn the_version_in_the_path_is_honoured_and_another_is_refused() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for path in [
            "/scim/v1",
            "/scim/v2.1",
            "/scim/v3",
            "/scim",
            "/iso/scim/v1",
            "/iso/scim/v3",
        ] {
            let path = format!("{path}/Users");
            for (method, body) in [("GET", None), ("POST", Some(user("ann")))] {
                let reply = app.send(method, &path, Some(&client.token), body.as_ref());
                assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text);
                let error = reply.json();
                assert_eq!(error["schemas"][0], vestibule_scim::Error::SCHEMA);
                let detail = error["detail"].as_str().unwrap();
                assert!(detail.contains("/iso/scim/v2"), "{path}: {detail}");
            }
        }
        assert_eq!(client.get("/Users")["totalResults"], 0);
        for (mount, name) in [("/scim/v2", "ann"), ("/iso/scim/v2", "bob")] {
            let path = format!("{mount}/Users");
            let reply = app.send("POST", &path, Some(&client.token), Some(&user(name)));
            assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        }
    });
}
