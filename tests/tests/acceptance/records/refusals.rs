//! Whoever is refused gets an id, and an administrator finds by it what was refused and why.

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, third_party};

/// The id that the body carries, which is also the one in the header. To a client that is
/// not let in only the header tells it.
fn trace(reply: &Reply) -> String {
    let body = reply.json();
    let header = reply.header("x-request-id").unwrap_or_default().to_owned();
    if reply.status == 401 && body.get("type").is_none() {
        assert!(
            !header.is_empty() && !reply.text.contains(&header),
            "{header}: {}",
            reply.text
        );
        return header;
    }
    let told = match (&body["detail"], &body["request_id"]) {
        (_, Value::String(id)) => id.clone(),
        (Value::String(detail), _) => {
            let (_, id) = detail
                .rsplit_once("(request ")
                .expect("SCIM tells it at the end");
            id.trim_end_matches(')').to_owned()
        }
        _ => String::new(),
    };
    assert!(
        !header.is_empty() && told == header,
        "{header}: {}",
        reply.text
    );
    header
}

fn kept(app: &TestApp, token: &str, id: &str) -> Value {
    app.service.flush_telemetry().unwrap();
    let reply = app.send("GET", &format!("/api/v1/requests/{id}"), Some(token), None);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn form(app: &TestApp, body: &str) -> Reply {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    app.send_raw("POST", "/iso/oauth2/token", &headers, body)
}

#[test]
fn what_the_entrance_refuses_is_kept() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Auditor);
        let bearer = format!("Bearer {}", okta.token);
        let names: Vec<String> = (0..65).map(|number| format!("x-{number}")).collect();
        let mut headers: Vec<(&str, &str)> = names.iter().map(|name| (&**name, "1")).collect();
        headers.push(("Authorization", &bearer));
        let long = format!("/scim/v2/Users?attributes={}", "a".repeat(8_192));
        let alone = [("Authorization", &*bearer)];
        for (reply, status, by) in [
            (app.send_raw("GET", &long, &alone, ""), 414, true),
            (
                app.send_raw("GET", "/scim/v2/Users", &headers, ""),
                431,
                true,
            ),
            (
                app.send_raw("POST", "/iso/oauth2/token", &headers, ""),
                431,
                false,
            ),
        ] {
            assert_eq!(reply.status, status, "{}", reply.text);
            let found = kept(app, &admin, &trace(&reply));
            assert_eq!(found["status"], status);
            if by {
                assert_eq!(found["provider"], okta.id.to_string());
            }
        }
    });
}

#[test]
fn every_error_body_carries_the_id_under_which_the_request_is_kept() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Auditor);
        let token = Some(okta.token.as_str());
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace",
            "password": "hunter2-hunter2"});
        assert_eq!(
            app.send("POST", "/scim/v2/Users", token, Some(&user))
                .status,
            201
        );
        let conflict = app.send("POST", "/iso/scim/v2/Users", token, Some(&user));
        assert_eq!(conflict.status, 409);
        let found = kept(app, &admin, &trace(&conflict));
        assert_eq!(found["provider"], okta.id.to_string());
        assert_eq!(
            (
                &found["status"],
                &found["code"],
                &found["method"],
                &found["target"]
            ),
            (
                &json!(409),
                &json!("uniqueness"),
                &json!("POST"),
                &json!("/iso/scim/v2/Users")
            )
        );
        assert!(found["advice"].as_str().unwrap().contains("taken"));
        assert!(
            found["body"]
                .as_str()
                .unwrap()
                .contains("(text, 15 characters)")
        );

        let refused = [
            app.send("GET", "/scim/v2/Users?filter=userName%20eq", token, None),
            app.send("GET", "/scim/v2/Users/nobody", token, None),
            app.send("DELETE", "/scim/v2/Users", token, None),
            app.send("GET", "/scim/v2/Nothing", token, None),
            app.send("GET", "/scim/v2/Me", token, None),
            app.send_raw(
                "POST",
                "/scim/v2/Users",
                &[("Authorization", &format!("Bearer {}", okta.token))],
                "{",
            ),
            app.send("GET", "/scim/v2/Users", None, None),
            app.send("GET", "/scim/v2/Users", Some("vat_wrong"), None),
            form(
                app,
                &format!(
                    "grant_type=client_credentials&client_id={}&client_secret=wrong-secret",
                    okta.client_id
                ),
            ),
            form(app, "grant_type=password"),
            app.send("GET", "/iso/oauth2/token", None, None),
            app.send("GET", "/iso/oauth2/nothing", None, None),
        ];
        for reply in &refused {
            assert!(reply.status >= 400, "{}", reply.text);
            let found = kept(app, &admin, &trace(reply));
            assert_eq!(found["status"], reply.status);
            assert!(!found["reason"].as_str().unwrap().is_empty(), "{found}");
            assert!(!found["advice"].as_str().unwrap().is_empty(), "{found}");
            for secret in [
                "hunter2",
                "wrong-secret",
                okta.token.as_str(),
                okta.client_secret.as_str(),
            ] {
                assert!(!found.to_string().contains(secret), "{secret} in {found}");
            }
        }
        // Its own shape, and nothing of it is kept: administrators see it themselves.
        trace(&app.send("GET", "/api/v1/vendors", None, None));

        let of_okta = format!("/api/v1/providers/{}/requests?limit=4", okta.id);
        let page = app.send("GET", &of_okta, Some(&admin), None).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 4);
        assert!(page["next"].is_string());
        let wrong = format!("/api/v1/requests?status=401&endpoint=token&q={}", "secret");
        let page = app.send("GET", &wrong, Some(&admin), None).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
        assert_eq!(
            page["items"][0]["reason"],
            "the client secret is not one that works"
        );
        let none = app
            .send("GET", "/api/v1/requests/drops", Some(&admin), None)
            .json();
        assert_eq!(none, json!({"dropped": 0}));
        assert_eq!(
            app.send("GET", "/api/v1/requests/unknown", Some(&admin), None)
                .status,
            404
        );
    });
}

#[test]
fn a_secret_in_the_wrong_place_is_not_kept() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("ada", Role::Auditor);
        let (secret, token) = (okta.client_secret.as_str(), okta.token.as_str());
        let json = [("Content-Type", "application/json")];
        let agent = [("User-Agent", token)];
        let swapped = format!("grant_type=client_credentials&client_secret=x&client_id={secret}");
        for reply in [
            form(app, &swapped),
            form(
                app,
                &format!("grant_type=client_credentials&scope={secret}"),
            ),
            app.send_raw(
                "POST",
                "/iso/oauth2/token",
                &json,
                &format!("{{\"client_secret\": \"{secret}\"}}"),
            ),
            app.send_raw(
                "GET",
                &format!("/scim/v2/Users/{token}?filter={secret}"),
                &agent,
                "",
            ),
            app.send_raw("GET", &format!("/scim/v2/Users?{token}"), &agent, ""),
        ] {
            assert!(reply.status >= 400, "{}", reply.text);
            let record = kept(app, &admin, &trace(&reply)).to_string();
            for hidden in [secret, token] {
                assert!(!record.contains(&hidden[..12]), "{record}");
            }
            assert!(record.contains("(hidden)"), "{record}");
        }
    });
}
