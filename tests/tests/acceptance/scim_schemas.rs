//! Schemas and resource types defined while the server runs.

mod characteristics;
mod refused;

use std::fmt::Write as _;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, internal};

use crate::scim_vectors::folder;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const BADGE: &str = "urn:example:params:scim:schemas:Badge";
const DEVICE: &str = "urn:example:params:scim:schemas:Device";

struct World<'a> {
    app: &'a TestApp,
    admin: String,
    token: String,
}

impl<'a> World<'a> {
    fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            admin: app.admin_token("root", Role::Administrator),
            token: app.register(internal("Product")).token,
        }
    }

    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/api/v1{path}");
        self.app.send(method, &path, Some(&self.admin), body)
    }

    fn define(&self, path: &str, body: &Value) {
        let reply = self.admin("POST", path, Some(body));
        assert_eq!(reply.status, 201, "{path}: {}", reply.text);
    }

    fn scim(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/scim/v2{path}");
        self.app.send(method, &path, Some(&self.token), body)
    }

    fn found(&self, endpoint: &str, filter: &str) -> Vec<String> {
        let query: String = url_encoded(filter);
        let reply = self.scim("GET", &format!("{endpoint}?filter={query}"), None);
        assert_eq!(reply.status, 200, "{filter}: {}", reply.text);
        let resources = reply.json()["Resources"].as_array().unwrap().clone();
        let name = |found: &Value| found["id"].as_str().unwrap().to_owned();
        resources.iter().map(name).collect()
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02x}").unwrap();
        encoded
    })
}

// proves: 7643-7-unique
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn an_attribute_and_an_extension_hold_at_once() {
    both_engines(|app| {
        let world = World::new(app);
        let user = json!({"schemas": [USER, BADGE], "userName": "ada", "badgeNumber": 7, "height": 1.5,
            BADGE: {"colours": ["Red", "blue"], "lost": {"at": "2026-01-02T03:04:05Z"}}});
        let before = world.scim("POST", "/Users", Some(&user)).json();
        assert!(before.get("badgeNumber").is_none(), "{before}");
        world.scim(
            "DELETE",
            &format!("/Users/{}", before["id"].as_str().unwrap()),
            None,
        );

        let attributes = format!("/schemas/{USER}/attributes");
        world.define(
            &attributes,
            &json!({"name": "badgeNumber", "type": "integer", "uniqueness": "server"}),
        );
        world.define(&attributes, &json!({"name": "height", "type": "decimal"}));
        world.define("/schemas", &json!({"id": BADGE, "name": "Badge", "attributes": [
            {"name": "colours", "multiValued": true},
            {"name": "lost", "type": "complex", "subAttributes": [{"name": "at", "type": "dateTime"}]}]}));
        let reply = world.admin(
            "PUT",
            &format!("/resource-types/User/extensions/{BADGE}"),
            None,
        );
        assert_eq!(reply.status, 204, "{}", reply.text);

        let created = world.scim("POST", "/Users", Some(&user));
        assert_eq!(created.status, 201, "{}", created.text);
        let created = created.json();
        let id = created["id"].as_str().unwrap();
        assert_eq!(created["badgeNumber"], 7);
        assert_eq!(created[BADGE]["colours"], json!(["Red", "blue"]));
        for filter in [
            "badgeNumber eq 7".to_owned(),
            "height gt 1.4 and height le 1.5".to_owned(),
            format!("{BADGE}:colours eq \"RED\""),
            format!("{BADGE}:lost.at gt \"2026-01-01T00:00:00Z\""),
            format!("{BADGE}:lost[at pr] and {BADGE}:colours pr"),
        ] {
            assert_eq!(world.found("/Users", &filter), [id], "{filter}");
        }
        let sorted = world.scim(
            "GET",
            "/Users?sortBy=badgeNumber&sortOrder=descending",
            None,
        );
        assert_eq!(sorted.json()["Resources"][0]["id"], id);
        let schemas = world.scim("GET", &format!("/Schemas/{BADGE}"), None);
        assert_eq!(schemas.json()["attributes"][0]["name"], "colours");

        let message = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": format!("{BADGE}:lost.at"), "value": "yesterday"}]});
        let path = format!("/Users/{id}");
        assert_eq!(world.scim("PATCH", &path, Some(&message)).status, 400);
        let message = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "badgeNumber", "value": 8}]});
        assert_eq!(
            world.scim("PATCH", &path, Some(&message)).json()["badgeNumber"],
            8
        );
        let twin = json!({"schemas": [USER], "userName": "eve", "badgeNumber": 8});
        let refused = world.scim("POST", "/Users", Some(&twin));
        assert_eq!(
            (refused.status, &refused.json()["scimType"]),
            (409, &json!("uniqueness"))
        );
        assert_eq!(
            world
                .scim(
                    "POST",
                    "/Users",
                    Some(&json!({"schemas": [USER], "userName": "eve", "badgeNumber": 7}))
                )
                .status,
            201
        );

        // What holds data stays, and says how much.
        let held = world.admin("DELETE", &format!("{attributes}/badgeNumber"), None);
        assert_eq!(held.status, 409, "{}", held.text);
        assert!(held.text.contains("2 resources"), "{}", held.text);
        let held = world.admin(
            "DELETE",
            &format!("/resource-types/User/extensions/{BADGE}"),
            None,
        );
        assert_eq!(held.status, 409, "{}", held.text);
        assert_eq!(
            world
                .admin("DELETE", &format!("/schemas/{BADGE}"), None)
                .status,
            409
        );
        assert_eq!(world.scim("DELETE", &path, None).status, 204);
        assert_eq!(
            world
                .admin(
                    "DELETE",
                    &format!("/resource-types/User/extensions/{BADGE}"),
                    None
                )
                .status,
            204
        );
        assert_eq!(
            world
                .admin("DELETE", &format!("/schemas/{BADGE}"), None)
                .status,
            204
        );
        assert_eq!(
            world
                .admin("DELETE", &format!("{attributes}/height"), None)
                .status,
            204
        );
        assert_eq!(
            world.scim("GET", &format!("/Schemas/{BADGE}"), None).status,
            404
        );
        let events = world.admin("GET", "/events?limit=1000", None).text;
        for word in [
            "schema.added",
            "schema.removed",
            "resource_type.added",
            "resource_type.removed",
        ] {
            assert!(events.contains(word), "{word}");
        }
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn a_type_of_resources_is_served_at_once() {
    both_engines(|app| {
        let world = World::new(app);
        assert_eq!(world.scim("GET", "/Devices", None).status, 404);
        world.define(
            "/schemas",
            &json!({"id": DEVICE, "name": "Device", "attributes": [
            {"name": "serial", "required": true, "caseExact": true, "uniqueness": "server"},
            {"name": "made", "type": "dateTime"},
            {"name": "model", "mutability": "immutable"},
            {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value", "type": "integer"}, {"name": "type"}]}]}),
        );
        world.define(
            "/resource-types",
            &json!({"name": "Device", "endpoint": "/Devices", "schema": DEVICE}),
        );
        let device = |serial: &str, port: u16| {
            json!({"schemas": [DEVICE], "serial": serial, "externalId": format!("x{serial}"),
            "ports": [{"value": port, "type": "ssh"}]})
        };
        let made: Vec<Value> = [("b", 22), ("a", 80), ("c", 443)]
            .iter()
            .map(|(serial, port)| {
                let reply = world.scim("POST", "/Devices", Some(&device(serial, *port)));
                assert_eq!(reply.status, 201, "{}", reply.text);
                reply.json()
            })
            .collect();
        assert_eq!(made[0]["meta"]["resourceType"], "Device");
        let location = made[0]["meta"]["location"].as_str().unwrap();
        assert!(location.starts_with(&format!("{}/scim/v2/Devices/", app.url())));
        assert_eq!(
            world.scim("POST", "/Devices", Some(&device("b", 1))).status,
            409
        );
        assert_eq!(
            world
                .scim("POST", "/Devices", Some(&json!({"schemas": [DEVICE]})))
                .status,
            400
        );

        let id = made[0]["id"].as_str().unwrap();
        let path = format!("/Devices/{id}");
        // However the path is written.
        for encoded in [
            format!("/%44evices/{id}"),
            format!("/Devices/%{:02x}{}", id.as_bytes()[0], &id[1..]),
        ] {
            assert_eq!(world.scim("GET", &encoded, None).status, 200, "{encoded}");
        }
        let search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
        assert_eq!(
            world
                .scim("POST", "/Devices/%2esearch", Some(&search))
                .status,
            200
        );
        assert_eq!(
            world.found("/Devices", "ports[value eq 22 and type eq \"SSH\"]"),
            [id]
        );
        assert_eq!(world.found("/Devices", "externalId eq \"xb\""), [id]);
        assert_eq!(world.found("/Devices", "serial eq \"B\""), [""; 0]);
        let sorted = world
            .scim("GET", "/Devices?sortBy=serial&count=1&cursor=", None)
            .json();
        assert_eq!(sorted["Resources"][0]["serial"], "a");
        let next = sorted["nextCursor"].as_str().unwrap();
        let second = world.scim(
            "GET",
            &format!("/Devices?sortBy=serial&count=1&cursor={next}"),
            None,
        );
        assert_eq!(second.json()["Resources"][0]["serial"], "b");
        assert_eq!(second.json()["totalResults"], 3);
        assert_eq!(
            world.scim("GET", "?filter=serial%20pr", None).json()["totalResults"],
            3
        );

        let message = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "ports[type eq \"ssh\"].value", "value": 2222}]});
        let changed = world.scim("PATCH", &path, Some(&message));
        assert_eq!(
            changed.json()["ports"][0]["value"],
            2222,
            "{}",
            changed.text
        );
        assert_eq!(changed.header("etag"), Some("W/\"2\""));
        let replaced = world.scim("PUT", &path, Some(&device("d", 1)));
        assert_eq!(replaced.json()["serial"], "d", "{}", replaced.text);
        assert_eq!(
            world.scim("POST", "/Devices", Some(&device("b", 1))).status,
            201
        );
        assert_eq!(world.scim("DELETE", &path, None).status, 204);
        assert_eq!(world.scim("GET", &path, None).status, 404);
        assert_eq!(world.scim("PUT", "/Devices", None).status, 405);

        // Another provider sees none of it.
        let other = app.register(internal("Other")).token;
        let theirs = app
            .send("GET", "/scim/v2/Devices", Some(&other), None)
            .json();
        assert_eq!(theirs["totalResults"], 0);
        let bulk = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "POST", "path": "/Devices", "bulkId": "d", "data": device("z", 9)}]});
        assert_eq!(
            world.scim("POST", "/Bulk", Some(&bulk)).json()["Operations"][0]["status"],
            "201"
        );

        let held = world.admin("DELETE", "/resource-types/Device", None);
        assert_eq!(held.status, 409);
        assert!(held.text.contains("4 resources"), "{}", held.text);
        let all = world.scim("GET", "/Devices", None).json();
        for device in all["Resources"].as_array().unwrap() {
            world.scim(
                "DELETE",
                &format!("/Devices/{}", device["id"].as_str().unwrap()),
                None,
            );
        }
        assert_eq!(
            world.admin("DELETE", "/resource-types/Device", None).status,
            204
        );
        assert_eq!(world.scim("GET", "/Devices", None).status, 404);
    });
}

// proves: 7644-1.2-encoded
#[test]
fn the_address_of_a_schema_leads_to_it_whatever_its_urn() {
    both_engines(|app| {
        let world = World::new(app);
        for (name, urn) in [
            ("Hash", "urn:example:a#b"),
            ("Slash", "urn:example:a/b"),
            ("Percent", "urn:example:a%b"),
        ] {
            let schema = json!({"id": urn, "name": "Odd", "attributes": [{"name": "odd"}]});
            world.define("/schemas", &schema);
            let of = json!({"name": name, "endpoint": format!("/{name}"), "schema": urn});
            world.define("/resource-types", &of);
            let listed = world.scim("GET", "/Schemas", None).json();
            let schemas = listed["Resources"].as_array().unwrap();
            let odd = schemas.iter().find(|schema| schema["id"] == urn);
            let location = odd.unwrap()["meta"]["location"].as_str().unwrap();
            let (_, path) = location.split_once("/scim/v2").unwrap();
            let found = world.scim("GET", path, None);
            assert_eq!(found.json()["id"], urn, "{path}: {}", found.text);
        }
    });
}

/// The schemas that `scim2/test-suite` wants registered under `/TestResources`.
#[test]
fn the_test_suites_resources_can_be_registered() {
    let Some(Value::Array(schemas)) = folder::read("testresource-schemas.json") else {
        return;
    };
    both_engines(|app| {
        let world = World::new(app);
        for schema in &schemas {
            world.define("/schemas", schema);
        }
        let urns: Vec<&str> = schemas
            .iter()
            .map(|schema| schema["id"].as_str().unwrap())
            .collect();
        let (extensions, cores): (Vec<&str>, Vec<&str>) =
            urns.into_iter().partition(|urn| urn.contains("xtension"));
        world.define(
            "/resource-types",
            &json!({"name": "TestResource", "endpoint": "/TestResources", "schema": cores[0],
            "schemaExtensions": [{"schema": extensions[0], "required": false}]}),
        );
        let resource = json!({"schemas": [cores[0]], "identifier": "one", "integerAttr": 5, "booleanAttr": true,
            "dateTimeAttr": "2026-01-01T00:00:00Z", "writeOnlyAttr": "secret", "requestOnlyAttr": "asked", "multiStrings": ["a", "B"]});
        let created = world.scim("POST", "/TestResources", Some(&resource));
        assert_eq!(created.status, 201, "{}", created.text);
        let created = created.json();
        assert!(created.get("writeOnlyAttr").is_none(), "{created}");
        let id = created["id"].as_str().unwrap();
        for filter in [
            "integerAttr ge 5",
            "booleanAttr eq true",
            "dateTimeAttr lt \"2026-02-01T00:00:00Z\"",
            "multiStrings eq \"b\"",
        ] {
            assert_eq!(world.found("/TestResources", filter), [id], "{filter}");
        }
        let asked = world.scim(
            "GET",
            &format!("/TestResources/{id}?attributes=requestOnlyAttr"),
            None,
        );
        assert_eq!(asked.json()["requestOnlyAttr"], "asked");
        assert_eq!(
            world.scim("POST", "/TestResources", Some(&resource)).status,
            409
        );
    });
}

/// An attribute goes once nobody has a value of it, whether it was added or came with the schema.
#[test]
fn an_attribute_of_an_own_schema_is_removed() {
    both_engines(|app| {
        let world = World::new(app);
        let schema = json!({"id": BADGE, "name": "Badge", "attributes": [
            {"name": "number"}, {"name": "colour"}]});
        world.define("/schemas", &schema);
        let extension = format!("/resource-types/User/extensions/{BADGE}");
        let extended = world.admin("PUT", &extension, None);
        assert!(extended.status < 300, "{}", extended.text);
        let user = json!({"schemas": [USER, BADGE], "userName": "ada", BADGE: {"number": "7"}});
        let user = world.scim("POST", "/Users", Some(&user)).json();
        let number = format!("/schemas/{BADGE}/attributes/number");
        let held = world.admin("DELETE", &number, None);
        assert_eq!(held.status, 409, "{}", held.text);
        let path = format!("/Users/{}", user["id"].as_str().unwrap());
        assert_eq!(world.scim("DELETE", &path, None).status, 204);
        let gone = world.admin("DELETE", &number, None);
        assert_eq!(gone.status, 204, "{}", gone.text);
        assert_eq!(world.admin("DELETE", &number, None).status, 404);
        let published = world.scim("GET", &format!("/Schemas/{BADGE}"), None).json();
        let names: Vec<&Value> = published["attributes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|own| &own["name"])
            .collect();
        assert_eq!(names, ["colour"]);
        let last = format!("/schemas/{BADGE}/attributes/colour");
        assert_eq!(world.admin("DELETE", &last, None).status, 204);
        assert_eq!(world.scim("GET", "/Schemas", None).status, 200);
        let user = json!({"schemas": [USER], "userName": "bob"});
        assert_eq!(world.scim("POST", "/Users", Some(&user)).status, 201);
    });
}
