//! Characteristics of attributes that administrators define, as clients meet them.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines, internal};

const THING: &str = "urn:example:params:scim:schemas:Thing";
const EXTRA: &str = "urn:example:params:scim:schemas:Extra";

struct World<'a> {
    app: &'a TestApp,
    admin: String,
    token: String,
}

impl<'a> World<'a> {
    /// Things of these attributes, extended by those.
    fn new(app: &'a TestApp, attributes: &Value, extension: &Value) -> Self {
        let world = Self {
            app,
            admin: app.admin_token("root", Role::Administrator),
            token: app.register(internal("Product")).token,
        };
        for (path, body) in [
            ("/schemas", json!({"id": THING, "attributes": attributes})),
            ("/schemas", json!({"id": EXTRA, "attributes": extension})),
            (
                "/resource-types",
                json!({"name": "Thing", "endpoint": "/Things", "schema": THING,
                    "schemaExtensions": [{"schema": EXTRA, "required": false}]}),
            ),
        ] {
            let reply = world.admin("POST", path, Some(&body));
            assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        }
        world
    }

    fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/api/v1{path}");
        self.app.send(method, &path, Some(&self.admin), body)
    }

    fn scim(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/scim/v2{path}");
        self.app.send(method, &path, Some(&self.token), body)
    }

    fn post(&self, thing: &Value) -> Reply {
        let mut thing = thing.clone();
        thing["schemas"] = json!([THING]);
        self.scim("POST", "/Things", Some(&thing))
    }

    /// Creates a thing; answers where it is.
    fn create(&self, thing: &Value) -> String {
        let reply = self.post(thing);
        assert_eq!(reply.status, 201, "{}", reply.text);
        format!("/Things/{}", reply.json()["id"].as_str().unwrap())
    }
}

fn url_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02x}").unwrap();
        encoded
    })
}

/// RFC 7643, section 7, `returned`.
// proves: 7643-7-always 7643-7-never
#[test]
fn what_is_never_returned_is_not_sorted_by_and_what_is_always_comes() {
    both_engines(|app| {
        let attributes = json!([
            {"name": "plain"},
            {"name": "secret", "type": "complex", "returned": "never",
                "subAttributes": [{"name": "value"}, {"name": "n", "type": "integer"}]},
            {"name": "secrets", "type": "complex", "multiValued": true, "returned": "never",
                "subAttributes": [{"name": "value"}]},
            {"name": "constant", "type": "complex", "returned": "always", "subAttributes": [
                {"name": "a"}, {"name": "b", "returned": "request"}, {"name": "c", "returned": "never"}]}
        ]);
        let world = World::new(app, &attributes, &json!([{"name": "x"}]));
        let mut path = String::new();
        for text in ["top", "bottom"] {
            path = world.create(&json!({"plain": "leak", "secret": {"value": text, "n": 1},
                "secrets": [{"value": text}], "constant": {"a": "1", "b": "2", "c": "3"}}));
        }
        let qualified = format!("{THING}:secret.value");
        for by in [
            "secret.value",
            "secret.n",
            "secrets",
            "secrets.value",
            &qualified,
        ] {
            for order in ["ascending", "descending"] {
                let query = format!("/Things?count=1&cursor=&sortOrder={order}&sortBy={by}");
                let reply = world.scim("GET", &query, None);
                assert_eq!(reply.status, 403, "{by}: {}", reply.text);
                assert_eq!(reply.json()["scimType"], "sensitive");
            }
        }
        for query in [
            "",
            "?attributes=plain",
            "?attributes=constant.c",
            "?excludedAttributes=constant",
            "?excludedAttributes=constant.a",
        ] {
            let read = world.scim("GET", &format!("{path}{query}"), None).json();
            assert_eq!(read["constant"], json!({"a": "1", "b": "2"}), "{query}");
            assert!(read["secret"].is_null());
        }
    });
}

/// RFC 7643, section 7, `uniqueness`: values are told apart as a filter's `eq` does.
// proves: 7643-7-unique
#[test]
fn a_unique_decimal_is_so_however_it_is_written() {
    both_engines(|app| {
        let attributes = json!([{"name": "factor", "type": "decimal", "uniqueness": "server"}]);
        let world = World::new(app, &attributes, &json!([{"name": "x"}]));
        for (first, second) in [("1", "1.0"), ("2.0", "2"), ("0", "-0.0"), ("1e2", "100")] {
            let read = |text| json!({"factor": serde_json::from_str::<Value>(text).unwrap()});
            world.create(&read(first));
            let refused = world.post(&read(second));
            assert_eq!(refused.status, 409, "{second}: {}", refused.text);
        }
        world.create(&json!({"factor": 1.5}));
        let reply = world.admin(
            "POST",
            "/schemas",
            Some(&json!({"id": "urn:example:Pin", "attributes": [
                {"name": "pin", "mutability": "writeOnly", "uniqueness": "server"}]})),
        );
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert!(reply.text.contains("uniqueness"), "{}", reply.text);
        assert!(reply.text.contains("writeOnly"), "{}", reply.text);
        let pin = json!({"name": "pin", "mutability": "writeOnly", "uniqueness": "global"});
        let path = format!("/schemas/{THING}/attributes");
        assert_eq!(world.admin("POST", &path, Some(&pin)).status, 400);
    });
}

/// RFC 7643, section 7, `mutability`.
// proves: 7643-7-immutable
#[test]
fn what_is_immutable_stays_as_it_is_stored() {
    both_engines(|app| {
        let attributes = json!([
            {"name": "plain"},
            {"name": "text", "mutability": "immutable"},
            {"name": "many", "multiValued": true, "mutability": "immutable"},
            {"name": "number", "type": "decimal", "mutability": "immutable"},
            {"name": "at", "type": "dateTime", "mutability": "immutable"},
            {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
                {"name": "value"}, {"name": "slot", "mutability": "immutable"}]}
        ]);
        let extension = json!([
            {"name": "x", "required": true}, {"name": "fixed", "mutability": "immutable"}]);
        let world = World::new(app, &attributes, &extension);
        let thing = json!({"schemas": [THING, EXTRA], "text": "I", "many": ["a", "b"], "number": 1,
            "at": "2026-01-01T00:00:00Z", "ports": [{"value": "p", "slot": "i1"}],
            EXTRA: {"x": "1", "fixed": "I"}});
        let address = world.create(&thing);
        let put = |name: &str, value: &Value| {
            let mut body = thing.clone();
            body[name] = value.clone();
            world.scim("PUT", &address, Some(&body))
        };
        let patch = |name: &str, value: &Value| {
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": name, "value": value}]});
            world.scim("PATCH", &address, Some(&body))
        };
        for (name, same, other) in [
            ("text", json!("i"), json!("J")),
            ("many", json!(["B", "a"]), json!(["a", "c"])),
            ("number", json!(1.0), json!(2)),
            (
                "at",
                json!("2026-01-01T01:00:00+01:00"),
                json!("2026-01-01T01:00:00Z"),
            ),
            (
                "ports",
                json!([{"value": "p", "slot": "I1"}]),
                json!([{"value": "p", "slot": "zz"}]),
            ),
        ] {
            for reply in [put(name, &same), patch(name, &same)] {
                assert_eq!(reply.status, 200, "{name}: {}", reply.text);
                assert_eq!(reply.json()[name], thing[name]);
                assert_eq!(reply.json()["meta"]["version"], "W/\"1\"", "{name}");
            }
            for reply in [put(name, &other), patch(name, &other)] {
                assert_eq!(reply.status, 400, "{name}: {}", reply.text);
                assert_eq!(reply.json()["scimType"], "mutability");
            }
        }
        // What stays for an immutable value needs what is required beside it.
        let mut bare = thing.clone();
        bare.as_object_mut().unwrap().remove(EXTRA);
        let reply = world.scim("PUT", &address, Some(&bare));
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert!(
            reply
                .text
                .contains(&format!("{EXTRA}:x: a value is required")),
            "{}",
            reply.text
        );
        assert_eq!(patch("plain", &json!("new")).status, 200);
        let read = world.scim("GET", &address, None).json();
        assert_eq!(world.scim("PUT", &address, Some(&read)).status, 200);
    });
}

/// `.search` is no id; an extension is named by its address alone.
#[test]
fn addresses_of_defined_types_and_extensions() {
    both_engines(|app| {
        let world = World::new(app, &json!([{"name": "a"}]), &json!([{"name": "x"}]));
        for endpoint in ["/Users", "/Things"] {
            let path = format!("{endpoint}/.search");
            for method in ["GET", "PUT", "PATCH", "DELETE"] {
                let reply = world.scim(method, &path, None);
                assert_eq!(reply.status, 405, "{method} {path}: {}", reply.text);
                assert_eq!(
                    reply.header("allow"),
                    Some("POST, OPTIONS"),
                    "{method} {path}"
                );
            }
        }
        for urn in ["urn:example:ch/1", "urn:example:ch%1", "urn:example:ch+1"] {
            let schema = json!({"id": urn, "attributes": [{"name": "a"}]});
            assert_eq!(world.admin("POST", "/schemas", Some(&schema)).status, 201);
            let path = format!("/resource-types/User/extensions/{}", url_encoded(urn));
            let refused = world.admin("PUT", &path, Some(&json!({"required": true})));
            assert_eq!(refused.status, 400, "{}", refused.text);
            let reply = world.admin("PUT", &path, None);
            assert_eq!(reply.status, 204, "{urn}: {}", reply.text);
            let types = world.admin("GET", "/resource-types", None);
            assert!(types.text.contains(urn), "{}", types.text);
            let reply = world.admin("DELETE", &path, None);
            assert_eq!(reply.status, 204, "{urn}: {}", reply.text);
        }
    });
}
