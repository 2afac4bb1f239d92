//! What definitions say of attributes, kept to by the resources that have them.

use super::*;

/// What is returned on request alone is in the answer to whoever sets it, and then in none that
/// does not ask for it.
// proves: 7643-7-request
#[test]
fn who_sets_what_is_returned_on_request_is_shown_it() {
    both_engines(|app| {
        let world = World::new(app);
        let on_request = |name: &str| json!({"name": name, "returned": "request"});
        world.define(
            "/schemas",
            &json!({"id": DEVICE, "name": "Device", "attributes": [
                {"name": "serial"}, on_request("note"),
                {"name": "parts", "type": "complex", "multiValued": true,
                    "subAttributes": [{"name": "value"}, on_request("origin")]}]}),
        );
        world.define(
            "/resource-types",
            &json!({"name": "Device", "endpoint": "/Devices", "schema": DEVICE}),
        );
        let part = |origin: &str| json!([{"value": "p", "origin": origin}]);
        let whole = json!({"schemas": [DEVICE], "serial": "1", "note": "n", "parts": part("o")});
        let created = world.scim("POST", "/Devices", Some(&whole)).json();
        assert_eq!(
            (&created["note"], &created["parts"]),
            (&json!("n"), &part("o"))
        );
        let path = format!("/Devices/{}", created["id"].as_str().unwrap());
        let plain = json!([{"value": "p"}]);
        let seen = |reply: Reply| {
            assert_eq!(reply.status, 200, "{}", reply.text);
            let body = reply.json();
            (body.get("note").cloned(), body["parts"].clone())
        };
        assert_eq!(seen(world.scim("GET", &path, None)), (None, plain.clone()));
        let set = |attribute: &str, value: &str| {
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": attribute, "value": value}]})
        };
        for (body, expected) in [
            (set("serial", "2"), (None, plain.clone())),
            (set("note", "m"), (Some(json!("m")), plain.clone())),
            (set("parts.origin", "q"), (None, part("q"))),
        ] {
            assert_eq!(
                seen(world.scim("PATCH", &path, Some(&body))),
                expected,
                "{body}"
            );
        }
        let replaced = world.scim("PUT", &path, Some(&whole));
        assert_eq!(seen(replaced), (Some(json!("n")), part("o")));
        let chosen = world.scim("PUT", &format!("{path}?attributes=serial"), Some(&whole));
        assert_eq!(seen(chosen), (None, Value::Null));
    });
}

// proves: 7643-7-unique
#[test]
fn a_unique_sub_attribute_is_so_among_all_resources() {
    both_engines(|app| {
        let world = World::new(app);
        world.define(
            "/schemas",
            &json!({"id": DEVICE, "name": "Device", "attributes": [
                {"name": "parts", "type": "complex", "multiValued": true,
                    "subAttributes": [{"name": "code", "uniqueness": "server"}, {"name": "note"}]}]}),
        );
        world.define(
            "/resource-types",
            &json!({"name": "Device", "endpoint": "/Devices", "schema": DEVICE}),
        );
        let device = |codes: &[&str]| {
            let parts: Vec<Value> = codes
                .iter()
                .map(|code| json!({"code": code, "note": "alike"}))
                .collect();
            json!({"schemas": [DEVICE], "parts": parts})
        };
        let post = |codes| world.scim("POST", "/Devices", Some(&device(codes)));
        let first = post(&["A", "B"]);
        assert_eq!(first.status, 201, "{}", first.text);
        let taken = post(&["c", "b"]);
        assert_eq!(
            (taken.status, &taken.json()["scimType"]),
            (409, &json!("uniqueness"))
        );
        let detail = taken.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("parts.code"), "{detail}");
        let path = format!("/Devices/{}", first.json()["id"].as_str().unwrap());
        let replaced = world.scim("PUT", &path, Some(&device(&["A"])));
        assert_eq!(replaced.status, 200, "{}", replaced.text);
        assert_eq!(post(&["c", "b"]).status, 201);
    });
}
