//! What a provider sent that changes nothing is told of by its value.

use serde_json::{Value, json};
use vestibule_scim::Dialect;
use vestibule_service::Role;
use vestibule_testkit::{TestApp, TestProvider, both_engines, internal, third_party};

fn push(
    app: &TestApp,
    provider: &TestProvider,
    name: &str,
    access_group: &str,
) -> vestibule_testkit::Reply {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": name, "accessGroup": access_group,
    });
    app.send(
        "POST",
        "/scim/v2/Groups",
        Some(&provider.token),
        Some(&body),
    )
}

#[test]
fn an_access_group_that_a_push_names_in_vain_is_warned_of_by_name() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let entra = app.register(internal("Entra"));
        let strict = app.register(vestibule_domain::provider::ProviderSettings {
            dialect: Dialect::Strict,
            ..third_party("Strict")
        });
        let admin = app.admin_token("olga", Role::Operator);
        for (name, open) in [("Open", true), ("Closed", false)] {
            let body = json!({"name": name, "linkable_by_provisioning": open});
            let made = app.send("POST", "/api/v1/access-groups", Some(&admin), Some(&body));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let warned = |provider: &TestProvider, group: &str| -> Vec<String> {
            let path = format!("/api/v1/providers/{}/warnings", provider.id);
            let list = app.send("GET", &path, Some(&admin), None).json();
            let warnings = list["items"].as_array().unwrap().iter();
            warnings
                .filter(|warning| warning["kind"] == "access_group" && warning["subject"] == group)
                .map(|warning| warning["detail"].as_str().unwrap().to_owned())
                .collect()
        };
        for (provider, name, sent, words) in [
            (&okta, "Acme", "Widnows", "no access group has this name"),
            (&okta, "Beta", "Closed", "may not be linked by provisioning"),
            (&entra, "Team", "Open", "only vendors are linked"),
        ] {
            let made = push(app, provider, name, sent);
            assert_eq!(made.status, 201, "{}", made.text);
            let group = made.json()["id"].as_str().unwrap().to_owned();
            let told = warned(provider, &group);
            assert_eq!(told.len(), 1);
            assert!(told[0].contains(&format!("{sent:?}")), "{told:?}");
            assert!(told[0].contains(words), "{told:?}");
        }
        let made = push(app, &okta, "Gamma", "open").json();
        assert_eq!(warned(&okta, made["id"].as_str().unwrap()), [""; 0]);
        let vendors = app.send("GET", "/api/v1/vendors?name=Gamma", Some(&admin), None);
        assert!(vendors.json()["items"][0]["access_group"].is_string());
        // What an administrator has chosen stays, also before the vendor is open.
        let closed = app.send("GET", "/api/v1/access-groups?q=Closed", Some(&admin), None);
        let closed = closed.json()["items"][0]["id"].clone();
        let vendor = vendors.json()["items"][0]["id"].clone();
        let path = format!("/api/v1/vendors/{}", vendor.as_str().unwrap());
        let tied = app.send(
            "PATCH",
            &path,
            Some(&admin),
            Some(&json!({ "access_group": closed })),
        );
        assert_eq!(tied.json()["status"], "pending", "{}", tied.text);
        for sent in ["none", "Open"] {
            let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
            let operation = json!({"op": "replace", "path": "accessGroup", "value": sent});
            let body = json!({"schemas": [schema], "Operations": [operation]});
            let group = format!("/scim/v2/Groups/{}", made["id"].as_str().unwrap());
            let sent = app.send("PATCH", &group, Some(&okta.token), Some(&body));
            assert_eq!(sent.status, 204, "{}", sent.text);
        }
        let after = app.send("GET", "/api/v1/vendors?name=Gamma", Some(&admin), None);
        assert_eq!(after.json()["items"][0]["access_group"], closed);
        let told = warned(&okta, made["id"].as_str().unwrap());
        assert!(told.last().unwrap().contains("\"Open\""), "{told:?}");
        // Far longer than any name: told of, and not at that length.
        let long = "x".repeat(4_000);
        let made = push(app, &okta, "Delta", &long).json();
        let told = warned(&okta, made["id"].as_str().unwrap());
        assert!(told[0].len() < 400, "{told:?}");

        for sent in ["Widnows", "Closed"] {
            let refused = push(app, &strict, "Acme", sent);
            assert_eq!(refused.status, 400, "{}", refused.text);
            assert_eq!(refused.json()["scimType"], "invalidValue");
            let detail = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.starts_with("accessGroup: "), "{detail}");
            assert!(detail.contains(&format!("{sent:?}")), "{detail}");
        }
    });
}

#[test]
fn a_date_is_an_instant_and_what_is_neither_is_told_what_is_expected() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("olga", Role::Operator);
        push(app, &okta, "Acme", "none");
        let send = |method: &str, path: &str, body: Option<Value>| {
            app.send(
                method,
                &format!("/api/v1{path}"),
                Some(&admin),
                body.as_ref(),
            )
        };
        let vendor = send("GET", "/vendors", None).json()["items"][0]["id"].clone();
        let vendor = format!("/vendors/{}", vendor.as_str().unwrap());
        let dates = json!({"start": "2026-02-01", "end": "2026-03-01T12:00:00+02:00"});
        let changed = send("PATCH", &vendor, Some(dates));
        assert_eq!(changed.status, 200, "{}", changed.text);
        let changed = changed.json();
        assert_eq!(changed["start"], "2026-02-01T00:00:00Z");
        assert_eq!(changed["end"], "2026-03-01T10:00:00Z");
        let cleared = send("PATCH", &vendor, Some(json!({"end": null})));
        assert_eq!(cleared.json()["end"], Value::Null);
        for path in [
            "/timeline?from=2026-02-01&to=2026-03-01",
            "/events?since=2026-01-01&until=2026-03-01",
        ] {
            assert_eq!(send("GET", path, None).status, 200, "{path}");
        }
        let told = |reply: vestibule_testkit::Reply, field: &str| {
            assert_eq!(reply.status, 400, "{}", reply.text);
            let problem = reply.json();
            assert_eq!(problem["field"], field, "{problem}");
            let detail = problem["detail"].as_str().unwrap().to_owned();
            for word in [field, "an instant such as", "a date such as"] {
                assert!(detail.contains(word), "{detail}");
            }
        };
        for wrong in [
            "tomorrow",
            "2026-02-30",
            "01.02.2026",
            "2026-02-01T08:00",
            "",
        ] {
            told(
                send("PATCH", &vendor, Some(json!({ "start": wrong }))),
                "start",
            );
            told(send("PATCH", &vendor, Some(json!({ "end": wrong }))), "end");
            for name in ["from", "to"] {
                told(
                    send("GET", &format!("/timeline?{name}={wrong}"), None),
                    name,
                );
            }
            told(
                send("GET", &format!("/events?since={wrong}"), None),
                "since",
            );
        }
    });
}

#[test]
fn tolerances_and_warnings_of_all_providers_stand_in_one_list() {
    both_engines(|app| {
        let admin = app.admin_token("aud", Role::Auditor);
        let providers = ["Okta", "Sail"].map(|name| app.register(third_party(name)));
        for (number, provider) in providers.iter().enumerate() {
            let made = push(app, provider, "Acme", "Nowhere");
            assert_eq!(made.status, 201, "{}", made.text);
            let path = format!("/scim/v2/Groups/{}", made.json()["id"].as_str().unwrap());
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "Replace", "path": "displayName", "value": "Acme Ltd"}],
            });
            for _ in 0..=number {
                app.send("PATCH", &path, Some(&provider.token), Some(&body));
            }
        }
        app.service.flush_telemetry().unwrap();
        let get = |path: &str| {
            let reply = app.send("GET", &format!("/api/v1{path}"), Some(&admin), None);
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            reply
        };
        let [okta, sail] = providers.map(|provider| json!(provider.id));
        let whose = |list: &Value| -> Vec<Value> {
            let items = list["items"].as_array().unwrap().iter();
            items.map(|item| item["provider"].clone()).collect()
        };
        let warnings = get("/warnings?kind=access_group").json();
        assert_eq!(
            whose(&warnings),
            [sail.clone(), okta.clone()],
            "newest first"
        );
        let tolerances = get("/tolerances?name=capitalised_operation").json();
        assert_eq!(
            whose(&tolerances),
            [sail.clone(), okta.clone()],
            "most used first"
        );
        let first = get("/tolerances?name=capitalised_operation&limit=1").json();
        assert_eq!(whose(&first), [sail]);
        let next = first["next"].as_str().unwrap();
        let path = format!("/tolerances?name=capitalised_operation&limit=1&after={next}");
        assert_eq!(whose(&get(&path).json())[0], okta);
        let of_one = get(&format!("/providers/{}/warnings", okta.as_str().unwrap())).json();
        assert_eq!(whose(&of_one), [okta]);
        for (path, title) in [
            (
                "/tolerances",
                "\"name\",\"uses\",\"last_used\",\"provider\"",
            ),
            (
                "/warnings",
                "\"kind\",\"subject\",\"detail\",\"raised\",\"provider\"",
            ),
        ] {
            let csv = get(&format!("{path}?format=csv")).text;
            assert!(csv.starts_with(title), "{csv}");
            assert_eq!(csv.lines().count(), 3, "{csv}");
        }
        let wrong = app.send("GET", "/api/v1/warnings?provider=x", Some(&admin), None);
        assert_eq!(wrong.status, 400, "{}", wrong.text);
    });
}
