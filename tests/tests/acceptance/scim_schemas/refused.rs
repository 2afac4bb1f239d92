//! Definitions that are not taken.

use super::*;

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    both_engines(|app| {
        let world = World::new(app);
        for (path, body, place) in [
            (
                "/schemas".to_owned(),
                json!({"id": "no-urn", "attributes": []}),
                "id: expected a URN",
            ),
            (
                "/schemas".to_owned(),
                json!({"id": BADGE, "name": "Badge", "attributes": [{"name": "x", "type": "colour"}]}),
                "x",
            ),
            (
                "/resource-types".to_owned(),
                json!({"name": "Bulk", "endpoint": "/Bulk", "schema": BADGE}),
                "Bulk",
            ),
        ] {
            let refused = world.admin("POST", &path, Some(&body));
            assert_eq!(refused.status, 400, "{path}: {}", refused.text);
            assert!(refused.text.contains(place), "{}", refused.text);
        }
        assert_eq!(
            world
                .admin("DELETE", &format!("/schemas/{BADGE}"), None)
                .status,
            404
        );
        assert_eq!(
            world
                .admin("DELETE", &format!("/schemas/{USER}"), None)
                .status,
            409
        );
        let auditor = app.admin_token("eve", Role::Auditor);
        let body = json!({"id": BADGE, "name": "Badge", "attributes": [{"name": "x"}]});
        let refused = app.send("POST", "/api/v1/schemas", Some(&auditor), Some(&body));
        assert_eq!(refused.status, 403);
        let listed = app
            .send("GET", "/api/v1/schemas", Some(&auditor), None)
            .json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    });
}

#[test]
fn what_is_taken_is_a_conflict_and_what_an_address_names_is_there_or_not_found() {
    both_engines(|app| {
        let world = World::new(app);
        let tag = json!({"id": BADGE, "name": "Badge", "attributes": [{"name": "colour"}]});
        world.define("/schemas", &tag);
        let device = json!({"id": DEVICE, "name": "Device", "attributes": [{"name": "serial"}]});
        world.define("/schemas", &device);
        let kind = json!({"name": "Device", "endpoint": "/Devices", "schema": DEVICE});
        world.define("/resource-types", &kind);
        let extends = format!("/resource-types/Device/extensions/{BADGE}");
        assert_eq!(world.admin("PUT", &extends, None).status, 204);
        let core = json!({"id": USER, "name": "User", "attributes": [{"name": "x"}]});
        let upper = json!({"id": BADGE.to_uppercase(), "name": "B", "attributes": [{"name": "x"}]});
        let again = json!({"name": "device", "endpoint": "/Others", "schema": BADGE});
        let there = json!({"name": "Other", "endpoint": "/devices", "schema": BADGE});
        let nowhere = "urn:example:params:scim:schemas:Nowhere";
        let attribute = |urn: &str| format!("/schemas/{urn}/attributes");
        let extension = |kind: &str, urn: &str| format!("/resource-types/{kind}/extensions/{urn}");
        let nothing: Option<Value> = None;
        for (method, path, body, status) in [
            ("POST", "/schemas".to_owned(), Some(tag), 409),
            ("POST", "/schemas".to_owned(), Some(upper), 409),
            ("POST", "/schemas".to_owned(), Some(core), 409),
            (
                "POST",
                attribute(USER),
                Some(json!({"name": "userName"})),
                409,
            ),
            (
                "POST",
                attribute(BADGE),
                Some(json!({"name": "COLOUR"})),
                409,
            ),
            ("POST", attribute(nowhere), Some(json!({"name": "x"})), 404),
            ("POST", attribute(USER), Some(json!({"name": "id"})), 400),
            ("POST", "/resource-types".to_owned(), Some(again), 409),
            ("POST", "/resource-types".to_owned(), Some(there), 409),
            ("PUT", extension("Device", BADGE), nothing.clone(), 409),
            ("PUT", extension("Nothing", BADGE), nothing.clone(), 404),
            ("PUT", extension("Device", nowhere), nothing.clone(), 404),
            ("DELETE", format!("/schemas/{BADGE}"), nothing.clone(), 409),
            (
                "DELETE",
                format!("/schemas/{nowhere}"),
                nothing.clone(),
                404,
            ),
            ("DELETE", extension("Device", nowhere), nothing.clone(), 404),
            ("DELETE", "/resource-types/Nothing".to_owned(), nothing, 404),
        ] {
            let refused = world.admin(method, &path, body.as_ref());
            assert_eq!(refused.status, status, "{method} {path}: {}", refused.text);
        }
    });
}
