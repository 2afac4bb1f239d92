//! Every list of the admin API is filtered, sorted, paged and exported alike.

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.send("GET", &format!("/api/v1{path}"), Some(token), None);
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

/// Every page, one after the other, and back again.
fn walk(app: &TestApp, token: &str, path: &str) -> Vec<String> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut seen = Vec::new();
    let mut after = String::new();
    let mut pages: Vec<Value> = Vec::new();
    loop {
        let page = get(app, token, &format!("{path}{separator}limit=2{after}"));
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        assert!(
            !items.is_empty() || seen.is_empty(),
            "an empty last page: {path}"
        );
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap_or_default().to_owned()),
        );
        let next = page["next"].as_str().map(str::to_owned);
        pages.push(page);
        match next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let mut page = pages.pop().unwrap();
    while let Some(previous) = page["previous"].as_str() {
        let before = format!("{path}{separator}limit=2&after={previous}");
        page = get(app, token, &before);
        let there = pages.pop().unwrap();
        assert_eq!(page["items"], there["items"], "{before}");
        assert_eq!(page["next"], there["next"], "{before}");
        assert_eq!(page["previous"].is_null(), pages.is_empty(), "{before}");
    }
    assert_eq!(pages, [Value::Null; 0], "{path}: the way back is as long");
    seen
}

fn furnish(app: &TestApp) {
    let okta = app.register(third_party("Okta"));
    let entra = app.register(internal("Entra"));
    let admin = app.admin_token("olga", Role::Operator);
    for name in ["=cmd|' /C calc'!A0", "beta", "Alpha", "gamma"] {
        let group = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name});
        for provider in [&okta, &entra] {
            let made = app.send(
                "POST",
                "/scim/v2/Groups",
                Some(&provider.token),
                Some(&group),
            );
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let user =
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name});
        let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
        assert_eq!(made.status, 201, "{}", made.text);
        let id = made.json()["id"].as_str().unwrap().parse().unwrap();
        app.service
            .block_user(&app.admin(), id, "+why", None)
            .unwrap();
        let group = json!({ "name": name });
        let made = app.send("POST", "/api/v1/access-groups", Some(&admin), Some(&group));
        assert_eq!(made.status, 201, "{}", made.text);
    }
}

#[test]
fn all_lists_page_both_ways_and_export_the_same_rows() {
    both_engines(|app| {
        furnish(app);
        let token = app.admin_token("ada", Role::Auditor);
        for (path, sorts, count) in [
            ("/vendors", &["created", "name", "modified", "end"][..], 4),
            ("/groups", &["created", "name"], 4),
            ("/users", &["created", "user_name"], 4),
            ("/access-groups", &["created", "name"], 4),
            ("/blocks", &["created"], 4),
            ("/providers", &["created", "name", "end"], 2),
            ("/administrators", &["created", "name"], 2),
            ("/credentials", &["expires"], 6),
            ("/events", &["at"], 40),
        ] {
            for sort in sorts {
                let up = walk(app, &token, &format!("{path}?sort={sort}"));
                let mut down = walk(app, &token, &format!("{path}?sort=-{sort}"));
                down.reverse();
                assert_eq!(up, down, "{path} by {sort}");
                assert!(up.len() == count || count == 40, "{path}: {}", up.len());
                let exported = app.send(
                    "GET",
                    &format!("/api/v1{path}?sort={sort}&format=csv"),
                    Some(&token),
                    None,
                );
                assert_eq!(exported.status, 200);
                assert!(
                    exported
                        .header("content-type")
                        .unwrap()
                        .starts_with("text/csv")
                );
                let ids: Vec<&str> = exported
                    .text
                    .split("\r\n")
                    .skip(1)
                    .filter(|line| !line.is_empty())
                    .map(|line| line.split('"').nth(1).unwrap())
                    .collect();
                assert_eq!(ids, up, "{path}");
            }
        }
        let csv = app.send_raw(
            "GET",
            "/api/v1/vendors?sort=name&limit=1",
            &[
                ("Authorization", &format!("Bearer {token}")),
                ("Accept", "text/csv"),
            ],
            "",
        );
        let lines: Vec<&str> = csv.text.split("\r\n").collect();
        assert_eq!(lines.len(), 3, "{}", csv.text);
        assert!(lines[0].starts_with("\"id\",\"provider\""));
        assert!(lines[1].contains("\"'=cmd|' /C calc'!A0\""), "{}", lines[1]);

        let names = |path: &str| -> Vec<String> {
            let page = get(app, &token, path);
            let items = page["items"].as_array().unwrap().iter();
            items
                .map(|item| item["name"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names("/vendors?q=ALPHA"), ["Alpha"]);
        assert_eq!(
            names("/vendors?sort=-name&q=a"),
            ["gamma", "beta", "Alpha", "=cmd|' /C calc'!A0"]
        );
        assert_eq!(names("/vendors?q=%25"), [""; 0]);
        assert_eq!(names("/providers?user_type=internal"), ["Entra"]);
        assert_eq!(names("/groups?q=bet"), ["beta"]);
        assert_eq!(names("/access-groups?enabled=false"), [""; 0]);
        // A cursor belongs to its order, its filters and its list.
        let next = get(app, &token, "/vendors?limit=1&sort=name&q=a")["next"].clone();
        let next = next.as_str().unwrap();
        for (path, words) in [
            ("/vendors?q=a", "another order"),
            ("/vendors?q=a&sort=-name", "another order"),
            ("/vendors?sort=name", "other filters"),
            ("/vendors?sort=name&q=b", "other filters"),
            ("/vendors?sort=name&q=a&status=pending", "other filters"),
            ("/groups?sort=name&q=a", "another list"),
        ] {
            let path = format!("/api/v1{path}&after={next}");
            let refused = app.send("GET", &path, Some(&token), None);
            assert_eq!(
                (refused.status, &refused.json()["field"]),
                (400, &json!("after"))
            );
            assert!(refused.text.contains(words), "{path}: {}", refused.text);
        }
        let again = format!("/vendors?q=a&limit=2&sort=name&after={next}");
        assert_eq!(names(&again).len(), 2, "how long a page is may change");
        // Nothing is sent to whoever may not see it.
        let refused = app.send("GET", "/api/v1/vendors?format=csv", Some("vap_wrong"), None);
        assert_eq!(refused.status, 401);
    });
}
