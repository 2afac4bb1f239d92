//! The credentials' cockpit over the admin API.

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_domain::provider::ProviderSettings;
use vestibule_service::{Precondition, Role};
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

/// Every item of a list, `limit` at a time.
fn walk(app: &TestApp, token: &str, path: &str, limit: usize) -> Vec<Value> {
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1{path}&limit={limit}{after}");
        let page = app.send("GET", &path, Some(token), None);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit, "{path}");
        seen.extend(items.iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return seen,
        }
    }
}

/// A provider whose validity ends in ten days, with two issuers and two certificates, and one without
/// an end that has tokens of 1 to 5 days.
fn furnish(app: &TestApp) -> [vestibule_testkit::TestProvider; 2] {
    let issuer = |name: &str| {
        json!({"issuer": format!("https://{name}.example"), "jwks_uri": format!("https://{name}.example/keys"),
               "subjects": ["app"], "audiences": ["vestibule"]})
    };
    let thumbprint = |byte: char| byte.to_string().repeat(43);
    let methods = json!({
        "federated": [issuer("one"), issuer("two")],
        "self_signed_tls_client_auth": {"thumbprints": [thumbprint('E'), thumbprint('I')]},
    });
    let short = app.register(ProviderSettings {
        valid_until: Some(app.clock.now() + Duration::days(10)),
        authentication: serde_json::from_value(methods).unwrap(),
        tags: vec!["Çity".to_owned(), "prod".to_owned()],
        ..third_party("Short")
    });
    let long = app.register(internal("Long"));
    for days in (1..=5).rev() {
        let name = format!("{days} days");
        app.service
            .issue_activation_token(&app.admin(), long.id, &name, Some(days * 24 * 60), None)
            .unwrap();
    }
    [short, long]
}

#[test]
fn credentials_page_by_their_end_and_are_filtered() {
    both_engines(|app| {
        let [short, long] = furnish(app);
        let token = app.admin_token("auditor", Role::Auditor);
        let all = walk(app, &token, "/credentials?", 100);
        // Of Short a secret, a token, four of its settings and its fetched tokens; of Long a secret, six
        // tokens and its fetched tokens.
        assert_eq!(all.len(), 7 + 8);
        let ends: Vec<Option<&str>> = all.iter().map(|one| one["expires"].as_str()).collect();
        assert!(
            ends.is_sorted_by_key(|end| (end.is_none(), *end)),
            "{ends:?}"
        );
        assert_eq!(all[0]["name"], "1 days");
        for limit in [1, 2, 3, 7] {
            assert_eq!(walk(app, &token, "/credentials?", limit), all, "{limit}");
            let mut turned = walk(app, &token, "/credentials?sort=-expires", limit);
            turned.reverse();
            assert_eq!(turned, all, "{limit}");
        }
        let count = |query: &str| walk(app, &token, &format!("/credentials?{query}"), 2).len();
        assert_eq!(count("kind=federated_issuer"), 2);
        assert_eq!(count("kind=certificate"), 2);
        assert_eq!(count("kind=activation_token"), 7);
        assert_eq!(count(&format!("provider={}", short.id)), 7);
        assert_eq!(
            count(&format!("provider={}&kind=client_secret", long.id)),
            1
        );
        // No token was fetched: that line has none that works.
        assert_eq!(count("state=soon"), 5 + 6);
        assert_eq!(count("state=ended"), 0);
        let own = walk(
            app,
            &token,
            &format!("/providers/{}/credentials?", short.id),
            2,
        );
        let of_short = all.iter().filter(|one| one["provider_name"] == "Short");
        assert!(own.iter().eq(of_short));

        let csv = app.send("GET", "/api/v1/credentials?format=csv", Some(&token), None);
        assert_eq!(csv.text.lines().count(), 1 + all.len(), "{}", csv.text);
        let forged = "/api/v1/credentials?after=eyJzIjoiY3JlZGVudGlhbHMuZW5kX2tleSIsImQiOmZhbHNlLCJuIjo1LCJpIjoieC95In0";
        assert_eq!(app.send("GET", forged, Some(&token), None).status, 400);
        let wrong = app.send("GET", "/api/v1/credentials?state=new", Some(&token), None);
        assert_eq!(wrong.status, 400, "{}", wrong.text);
    });
}

#[test]
fn a_providers_validity_moves_the_ends_of_its_credentials() {
    both_engines(|app| {
        let [short, long] = furnish(app);
        let admin = app.admin();
        let token = app.admin_token("auditor", Role::Auditor);
        let until = |id, days: Option<i64>| {
            let end = days.map(|days| app.clock.now() + Duration::days(days));
            app.service
                .change_provider(&admin, id, Precondition::NONE, move |settings| {
                    settings.valid_until = end;
                    Ok(())
                })
                .unwrap();
        };
        let first = || walk(app, &token, "/credentials?", 3)[0]["provider_name"].clone();
        let sorted = || {
            let ends = walk(app, &token, "/credentials?", 2);
            let key = |one: &Value| (one["expires"].is_null(), one["expires"].to_string());
            assert!(ends.is_sorted_by_key(key), "{ends:?}");
        };
        until(short.id, Some(0));
        assert_eq!(first(), "Short");
        sorted();
        assert_eq!(walk(app, &token, "/credentials?state=ended", 2).len(), 7);
        until(short.id, None);
        assert_eq!(first(), "Long");
        sorted();
        until(long.id, Some(3));
        sorted();
        app.service
            .rotate_secret(&admin, long.id, Some(Duration::hours(1)))
            .unwrap();
        assert_eq!(
            walk(app, &token, "/credentials?", 2)[0]["kind"],
            "client_secret"
        );
        sorted();
    });
}

#[test]
fn lists_beside_the_credentials_page_too() {
    both_engines(|app| {
        let [short, long] = furnish(app);
        let token = app.admin_token("olga", Role::Auditor);
        app.admin_token("adam", Role::Administrator);
        let names = |path: &str| -> Vec<String> {
            let items = walk(app, &token, path, 2);
            let name = |one: &Value| one["name"].as_str().unwrap().to_owned();
            items.iter().map(name).collect()
        };
        assert_eq!(names("/administrators?"), ["adam", "olga"]);
        assert_eq!(names("/administrators?sort=-name"), ["olga", "adam"]);
        assert_eq!(names("/administrators?role=auditor"), ["olga"]);
        assert_eq!(names("/administrators?q=AD"), ["adam"]);
        assert_eq!(names("/administrators?enabled=false"), [""; 0]);
        assert_eq!(names("/administrators/olga/tokens?").len(), 1);
        let tokens = format!("/providers/{}/tokens?", long.id);
        let issued = ["test", "5 days", "4 days", "3 days", "2 days", "1 days"];
        assert_eq!(names(&tokens), issued);
        assert_eq!(names("/providers?sort=end"), ["Short", "Long"]);
        assert_eq!(names("/providers?sort=-end"), ["Long", "Short"]);
        assert_eq!(names("/providers?q=%C3%87IT"), ["Short"]);

        assert_eq!(app.service.warn_of_expiry().unwrap(), 7);
        let warnings = format!("/providers/{}/warnings?", long.id);
        let found = walk(app, &token, &warnings, 2);
        assert_eq!(found.len(), 5);
        assert!(found.is_sorted_by(|one, next| one["raised"].as_str() >= next["raised"].as_str()));
        let mut turned = walk(app, &token, &format!("{warnings}sort=raised"), 2);
        turned.reverse();
        assert_eq!(turned, found);
        assert!(walk(app, &token, &format!("{warnings}kind=access_group"), 2).is_empty());

        let wrong = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada", "active": "True", "$ref": null, "nickname2": "x"});
        let made = app.send("POST", "/scim/v2/Users", Some(&short.token), Some(&wrong));
        assert_eq!(made.status, 201, "{}", made.text);
        app.service.flush_telemetry().unwrap();
        let tolerances = format!("/providers/{}/tolerances?", short.id);
        let found = names(&tolerances);
        assert!(found.len() > 1, "{found:?}");
        let mut sorted = names(&format!("{tolerances}sort=name"));
        assert!(sorted.is_sorted());
        sorted.reverse();
        assert_eq!(names(&format!("{tolerances}sort=-name")), sorted);
        assert_eq!(names(&format!("{tolerances}name={}", found[0])), found[..1]);
        for list in [
            &warnings,
            &tolerances,
            &tokens,
            &"/administrators?".to_owned(),
        ] {
            let csv = app.send(
                "GET",
                &format!("/api/v1{list}format=csv"),
                Some(&token),
                None,
            );
            let rows = walk(app, &token, list, 2).len();
            assert_eq!(csv.text.lines().count(), 1 + rows, "{list}: {}", csv.text);
        }
    });
}

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
fn r_tim_1_health_and_metrics_tell_of_a_clock_that_jumps() {
    both_engines(|app| {
        let token = app.admin_token("max", Role::Auditor);
        let read = |path: &str| app.send("GET", path, Some(&token), None);
        let still = read("/api/v1/health").json();
        assert_eq!(still["clock_jumps"], 0, "{still}");
        assert_eq!(still["last_clock_jump"], Value::Null);
        app.service.watch_clock(std::time::Duration::from_mins(1));
        app.clock.advance(Duration::hours(-1));
        app.service.watch_clock(std::time::Duration::from_secs(70));
        let jumped = read("/api/v1/health").json();
        assert_eq!(jumped["clock_jumps"], 1, "{jumped}");
        assert_eq!(jumped["last_clock_jump"]["seconds"], -3_610, "{jumped}");
        assert_eq!(jumped["last_clock_jump"]["at"], jumped["at"]);
        let metrics = read("/api/v1/metrics").text;
        assert!(
            metrics.ends_with("vestibule_clock_jumps_total 1\n"),
            "{metrics}"
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
