//! The page of one event: what happened, by whom, from what to what, and how it is sealed.

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines, third_party};

use super::Browser;

/// The page of the newest event with that action, without markup around names.
fn page(app: &TestApp, browser: &Browser<'_>, action: &str, language: &str) -> String {
    app.service.seal_events().unwrap();
    let list = browser
        .get(&format!("/console/events?action={action}"))
        .text;
    let (_, rest) = list.split_once("/console/events?id=").unwrap();
    let id = rest.split_once('"').unwrap().0;
    let headers = [
        ("cookie", browser.cookie.as_str()),
        ("accept-language", language),
    ];
    let page = app.send_raw("GET", &format!("/console/events?id={id}"), &headers, "");
    assert_eq!(page.status, 200, "{}", page.text);
    page.text.replace("<bdi>", "").replace("</bdi>", "")
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part}: {page}");
    }
}

/// A user who was changed, in a group that made a vendor.
fn pushed(app: &TestApp) {
    let okta = app.register(third_party("Okta"));
    let token = Some(okta.token.as_str());
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ada", "displayName": "Ada", "name": {"familyName": "Byron"},
        "emails": [{"value": "ada@acme.example", "primary": true}],
    });
    let made = app.send("POST", "/scim/v2/Users", token, Some(&user));
    let ada = made.json()["id"].as_str().unwrap().to_owned();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme", "members": [{"value": ada}],
    });
    app.send("POST", "/scim/v2/Groups", token, Some(&group));
    let patch = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": "replace", "path": "displayName", "value": "<b>Ada</b> Lovelace"},
            {"op": "replace", "path": "name.familyName", "value": "King"},
            {"op": "replace", "path": "active", "value": false},
        ],
    });
    let place = format!("/scim/v2/Users/{ada}");
    let changed = app.send("PATCH", &place, token, Some(&patch));
    assert_eq!(changed.status, 200, "{}", changed.text);
}

#[test]
fn r_aud_2_an_event_tells_from_which_address_an_administrator_acted() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let out = Browser::new(app, "ada", Role::Auditor);
        assert_eq!(out.post("/console/sign-out", &[]).status, 303);
        let browser = Browser::new(app, "max", Role::Administrator);
        let token = app.admin_token("root", Role::Administrator);
        let provider = format!("/api/v1/providers/{}", okta.id);
        let change = json!({"description": "new"});
        let changed = app.send("PATCH", &provider, Some(&token), Some(&change));
        assert_eq!(changed.status, 200, "{}", changed.text);
        for action in [
            "administrator.signed_in",
            "administrator.signed_out",
            "provider.changed",
        ] {
            let list = format!("/api/v1/events?limit=1&action={action}");
            let event = app.send("GET", &list, Some(&token), None).json()["items"][0].clone();
            assert_eq!(event["actor"]["kind"], "administrator", "{event}");
            assert_eq!(event["actor"]["address"], "127.0.0.1", "{event}");
            assert_eq!(event["payload"].get("address"), None, "{event}");
            for (language, words) in [("en", "From the address"), ("pt-BR", "Do endereço")] {
                let told = page(app, &browser, action, language);
                has(&told, &[words, "127.0.0.1"]);
            }
        }
        // Somebody at the command line has none.
        let made = app.send(
            "GET",
            "/api/v1/events?limit=1&action=administrator.created",
            Some(&token),
            None,
        );
        let actor = made.json()["items"][0]["actor"].clone();
        assert_eq!(actor["kind"], "command_line");
        assert_eq!(actor["address"], json!(null));
        let chain = app.send("GET", "/api/v1/audit/verification", Some(&token), None);
        assert_eq!(chain.json()["intact"], true, "{}", chain.text);
    });
}

#[test]
fn an_event_tells_who_changed_what_from_what_to_what() {
    both_engines(|app| {
        pushed(app);
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let told = page(app, &browser, "user.changed", "en");
        has(
            &told,
            &[
                "<p>The provider Okta (from 127.0.0.1) changed the user ada, <time datetime=",
                ">Field</th>",
                ">Before</th>",
                ">After</th>",
                "<strong>Display name</strong></td><td data-title=\"Before\">Ada</td>",
                "<td data-title=\"After\">&#60;b&#62;Ada&#60;/b&#62; Lovelace</td>",
                "<td data-title=\"Before\">yes</td><td data-title=\"After\">no</td>",
                "Family name = King",
                "<span class=\"badge good\">holds</span>",
                "<dt>Hash (SHA-256)</dt>",
            ],
        );
        // What machines read is below, and folded.
        let (read, raw) = told.split_once("<section id=\"payload\"").unwrap();
        assert!(!read.contains("displayName"), "{read}");
        has(raw, &["<details>", "displayName"]);

        let told = page(app, &browser, "user.changed", "pt-BR");
        has(
            &told,
            &[
                "<p>O provedor Okta (de 127.0.0.1) alterou o usuário ada, <time",
                ">Antes</th>",
                ">Depois</th>",
                "<span class=\"badge good\">vale</span>",
            ],
        );
    });
}

#[test]
fn an_event_leads_to_its_cause_and_calls_things_by_their_names() {
    both_engines(|app| {
        pushed(app);
        let browser = Browser::new(app, "max", Role::Administrator);
        let told = page(app, &browser, "placement.changed", "en");
        has(
            &told,
            &[
                "<dt>Caused by</dt><dd><a href=\"/console/events?id=",
                ">Members changed: Acme</a>",
                "<dt>Provider</dt><dd><a href=\"/console/providers/",
            ],
        );
        let group = [
            ("name", "Windows hosts"),
            ("approvals_required", "0"),
            ("disapprovals_to_cancel", "1"),
            ("approval_levels", "1"),
        ];
        let made = browser.post("/console/access-groups/new", &group);
        let group = made.header("location").unwrap();
        let group = group.rsplit('/').next().unwrap();
        let group = group.split('?').next().unwrap();
        let vendors = browser.get("/console/vendors").text;
        let (_, vendor) = vendors.split_once("href=\"/console/vendors/").unwrap();
        let vendor = format!("/console/vendors/{}", vendor.split_once('"').unwrap().0);
        let edit = browser.get(&vendor).text;
        let (_, version) = edit.split_once("name=\"version\" value=\"").unwrap();
        let version = version.split_once('"').unwrap().0;
        let typed = [
            ("version", version),
            ("access_group", group),
            ("status", "enabled"),
            ("start", "2020-01-01T08:00"),
            ("link_delivery", "default"),
        ];
        let saved = browser.post(&format!("{vendor}/edit"), &typed);
        assert_eq!(saved.status, 303, "{}", saved.text);
        let told = page(app, &browser, "vendor.changed", "en");
        has(
            &told,
            &[
                "<p>max changed the vendor Acme, <time",
                "<td data-title=\"After\">Windows hosts</td>",
                "<td data-title=\"After\"><time datetime=\"2020-01-01T08:00:00Z\"",
            ],
        );
        let read = told.split_once("<section id=\"payload\"").unwrap().0;
        assert!(!read.contains(group), "the id is resolved: {read}");
    });
}
