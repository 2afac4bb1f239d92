//! What RFC 7643, 7644 and 9865 ask for, over HTTP. `docs/conformance.md` says which test proves what.

mod answers;
mod changes;
mod discovery;
mod lists;
mod references;
mod resources;

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp};

use crate::client::Client;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

impl Client<'_> {
    fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, None);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    fn create(&self, endpoint: &str, resource: &Value) -> Value {
        let reply = self.send("POST", endpoint, Some(resource));
        assert_eq!(reply.status, 201, "{resource}: {}", reply.text);
        reply.json()
    }

    fn create_user(&self, name: &str) -> Value {
        self.create("/Users", &user(name))
    }

    fn patch(&self, path: &str, operations: &Value) -> Reply {
        let message = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": operations});
        self.send("PATCH", path, Some(&message))
    }

    /// What is at an absolute URI that the server gave.
    fn follow(&self, uri: &Value) -> Reply {
        let path = uri.as_str().unwrap().strip_prefix(&self.app.url());
        let path = path.expect("the URI is one of this server");
        self.app.send("GET", path, Some(&self.token), None)
    }

    /// The ids that a filter finds.
    fn found(&self, endpoint: &str, filter: &str) -> Vec<Value> {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let found = self.get(&format!("{endpoint}?filter={filter}"));
        all_of(&found, "id")
    }
}

fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name})
}

/// Where a resource is, below the mount.
fn path_of(endpoint: &str, resource: &Value) -> String {
    format!("{endpoint}/{}", resource["id"].as_str().unwrap())
}

/// One attribute of every resource of a page.
fn all_of(page: &Value, attribute: &str) -> Vec<Value> {
    let resources = page["Resources"].as_array().unwrap();
    resources
        .iter()
        .map(|found| found[attribute].clone())
        .collect()
}

/// Has an administrator define a type of resources.
fn define(app: &TestApp, name: &str, attributes: &Value) {
    let admin = app.admin_token("root", Role::Administrator);
    let schema = format!("urn:example:params:scim:schemas:{name}");
    for (path, body) in [
        (
            "/api/v1/schemas",
            json!({"id": schema, "name": name, "attributes": attributes}),
        ),
        (
            "/api/v1/resource-types",
            json!({"name": name, "endpoint": format!("/{name}s"), "schema": schema}),
        ),
    ] {
        let reply = app.send("POST", path, Some(&admin), Some(&body));
        assert_eq!(reply.status, 201, "{path}: {}", reply.text);
    }
}
