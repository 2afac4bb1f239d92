//! The credentials' cockpit over the admin API.

use vestibule_service::Role;
use vestibule_testkit::{both_engines, third_party};

#[test]
fn r_tok_19_every_credential_is_shown_with_its_last_use() {
    both_engines(|app| {
        let client = app.register(third_party("Product"));
        let auditor = app.admin_token("auditor", Role::Auditor);
        let read = |path: &str| app.send("GET", path, Some(&auditor), None);
        assert_eq!(
            app.send("GET", "/scim/v2/Users", Some(&client.token), None)
                .status,
            200
        );
        app.service.flush_telemetry().unwrap();
        let one = read(&format!("/api/v1/providers/{}/credentials", client.id));
        assert_eq!(one.status, 200, "{}", one.text);
        let all = read("/api/v1/credentials");
        assert_eq!(one.text, all.text);
        let all = all.json();
        let token = &all["items"][0];
        assert_eq!(token["kind"], "activation_token");
        assert_eq!(
            (&token["name"], &token["uses"]),
            (&"test".into(), &1.into())
        );
        assert_eq!(token["last_address"], "127.0.0.1");
        for secret in [&client.token, &client.client_secret] {
            assert!(!all.to_string().contains(secret));
        }
        let metrics = read("/api/v1/metrics");
        assert!(
            metrics
                .header("content-type")
                .unwrap()
                .starts_with("text/plain")
        );
        for line in [
            "vestibule_credentials_live{kind=\"client_secret\"} 1",
            "vestibule_credentials_expiring{within_days=\"30\"} 0",
        ] {
            assert!(metrics.text.contains(line), "{}", metrics.text);
        }
        assert_eq!(
            app.send("GET", "/api/v1/metrics", Some(&client.token), None)
                .status,
            401
        );
    });
}

#[test]
fn health_says_whether_the_server_keeps_up() {
    both_engines(|app| {
        app.register(third_party("Okta"));
        let token = app.admin_token("max", Role::Auditor);
        let reply = app.send("GET", "/api/v1/health", Some(&token), None);
        assert_eq!(reply.status, 200, "{}", reply.text);
        let health = reply.json();
        let events = health["sealed_events"].as_i64().unwrap();
        assert!(events + health["unsealed_events"].as_i64().unwrap() > 0);
        assert_eq!(health["head"].is_string(), events > 0);
        assert!(health["migration"].as_str().unwrap().len() > 8);
        for name in ["letters_waiting", "people_waiting", "dropped_requests"] {
            assert_eq!(health[name], 0, "{name}");
        }
        let stranger = app.send("GET", "/api/v1/health", None, None);
        assert_eq!(stranger.status, 401);
    });
}
