//! Blocks follow their person, and nobody else.

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, TestProvider, both_engines, internal, third_party};

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn user(name: &str, email: &str, active: bool) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "active": active,
        "emails": [{"value": email, "primary": true}],
    })
}

fn push(app: &TestApp, provider: &TestProvider, body: &Value) -> Reply {
    app.send("POST", "/scim/v2/Users", Some(&provider.token), Some(body))
}

fn pushed(app: &TestApp, provider: &TestProvider, body: &Value) -> String {
    let made = push(app, provider, body);
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

fn replace(app: &TestApp, provider: &TestProvider, id: &str, path: &str, value: &Value) {
    let operation = json!({"op": "replace", "path": path, "value": value});
    let body = json!({"schemas": [PATCH], "Operations": [operation]});
    let path = format!("/scim/v2/Users/{id}");
    let reply = app.send("PATCH", &path, Some(&provider.token), Some(&body));
    assert_eq!(reply.status, 200, "{}", reply.text);
}

fn block(app: &TestApp, admin: &str, id: &str) {
    let path = format!("/api/v1/users/{id}/blocks");
    let reply = app.send(
        "POST",
        &path,
        Some(admin),
        Some(&json!({"reason": "fraud"})),
    );
    assert_eq!(reply.status, 201, "{}", reply.text);
}

fn blocked(app: &TestApp, admin: &str, id: &str) -> bool {
    let access = app.send(
        "GET",
        &format!("/api/v1/users/{id}/access"),
        Some(admin),
        None,
    );
    let steps = access.json()["chain"].as_array().unwrap().clone();
    let holds = steps
        .iter()
        .find(|step| step["check"] == "not_blocked")
        .map(|step| step["holds"] == true);
    let people = app.send("GET", "/api/v1/users?blocked=true", Some(admin), None);
    let listed = people.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["id"] == id);
    assert_eq!(holds, Some(!listed), "{}", people.text);
    listed
}

#[test]
fn no_provider_puts_its_block_on_somebody_elses_person() {
    both_engines(|app| {
        let (okta, entra) = (
            app.register(third_party("Okta")),
            app.register(internal("Entra")),
        );
        let admin = app.admin_token("root", Role::Administrator);
        let ceo = pushed(app, &entra, &user("ceo", "ceo@corp.example", true));
        let evil = pushed(app, &okta, &user("evil", "evil@acme.example", true));
        block(app, &admin, &evil);
        replace(app, &okta, &evil, "active", &json!(false));
        replace(
            app,
            &okta,
            &evil,
            "emails[primary eq true].value",
            &json!("ceo@corp.example"),
        );
        assert!(blocked(app, &admin, &evil));
        assert!(!blocked(app, &admin, &ceo), "it is the address of the ceo");

        // An address that nobody has yet is no trap for who is to have it elsewhere; at the provider itself
        // the block holds under it.
        replace(
            app,
            &okta,
            &evil,
            "emails[primary eq true].value",
            &json!("next@corp.example"),
        );
        let next = pushed(app, &entra, &user("next", "next@corp.example", true));
        assert!(!blocked(app, &admin, &next));
        let gone = app.send(
            "DELETE",
            &format!("/scim/v2/Users/{next}"),
            Some(&entra.token),
            None,
        );
        assert_eq!(gone.status, 204, "{}", gone.text);
        let again = pushed(app, &okta, &user("again", "next@corp.example", false));
        assert!(blocked(app, &admin, &again));
    });
}

#[test]
fn an_address_written_another_way_is_the_same_address() {
    both_engines(|app| {
        let (okta, entra) = (
            app.register(third_party("Okta")),
            app.register(third_party("Entra")),
        );
        let admin = app.admin_token("root", Role::Administrator);
        let evil = pushed(app, &okta, &user("evil", "evil@acme.example", true));
        block(app, &admin, &evil);
        for (number, written) in [
            "evil@acme.example ",
            " evil@acme.example",
            "evil@acme.example.",
            "evil@acme\u{3002}example",
            "e\u{ad}vil@ac\u{200b}me.example",
            "ＥVIL@acme.example",
        ]
        .iter()
        .enumerate()
        {
            let name = format!("other{number}");
            let taken = push(app, &entra, &user(&name, written, true));
            assert_eq!(taken.status, 409, "{written:?}: {}", taken.text);
            let idle = pushed(app, &entra, &user(&name, written, false));
            assert!(blocked(app, &admin, &idle), "{written:?}");
        }
    });
}

fn gone(app: &TestApp, provider: &TestProvider, id: &str) {
    let path = format!("/scim/v2/Users/{id}");
    let reply = app.send("DELETE", &path, Some(&provider.token), None);
    assert_eq!(reply.status, 204, "{}", reply.text);
}

/// How many blocks stand, under each name one.
fn standing(app: &TestApp, admin: &str) -> usize {
    let blocks = app.send("GET", "/api/v1/blocks", Some(admin), None);
    blocks.json()["items"].as_array().unwrap().len()
}

#[test]
fn an_address_is_a_way_out_of_no_block_once_it_is_nobody_elses() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin_token("root", Role::Administrator);
        let value = "emails[primary eq true].value";
        let taking = |name: &str, address: &str| {
            let id = pushed(
                app,
                &okta,
                &user(name, &format!("{name}@acme.example"), true),
            );
            block(app, &admin, &id);
            replace(app, &okta, &id, "active", &json!(false));
            replace(app, &okta, &id, value, &json!(address));
            id
        };
        // Who had it is inactive when its person becomes active with it.
        let yves = pushed(app, &okta, &user("yves", "yves@acme.example", true));
        let evil = taking("evil", "yves@acme.example");
        assert!(!blocked(app, &admin, &yves));
        replace(app, &okta, &yves, "active", &json!(false));
        assert!(
            !blocked(app, &admin, &yves),
            "nobody else is active with it"
        );
        replace(app, &okta, &evil, "active", &json!(true));
        assert!(blocked(app, &admin, &evil));
        let stand = standing(app, &admin);
        replace(app, &okta, &evil, "active", &json!(false));
        replace(app, &okta, &evil, "active", &json!(true));
        assert_eq!(standing(app, &admin), stand, "it is known by it already");
        gone(app, &okta, &evil);
        let third = pushed(app, &okta, &user("third", "YVES@acme.example.", true));
        assert!(blocked(app, &admin, &third));

        // Who had it is deleted, or has another one, while the person who is blocked is inactive with it.
        let zoe = pushed(app, &okta, &user("zoe", "zoe@acme.example", true));
        taking("mean", "zoe@acme.example");
        gone(app, &okta, &zoe);
        let fourth = pushed(app, &okta, &user("fourth", "zoe@acme.example", true));
        assert!(blocked(app, &admin, &fourth));

        let xenia = pushed(app, &okta, &user("xenia", "xenia@acme.example", true));
        taking("sly", "xenia@acme.example");
        replace(app, &okta, &xenia, value, &json!("x@acme.example"));
        assert!(!blocked(app, &admin, &xenia));
        let fifth = pushed(app, &okta, &user("fifth", "xenia@acme.example", true));
        assert!(blocked(app, &admin, &fifth));
    });
}
