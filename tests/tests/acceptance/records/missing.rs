//! An event that cannot be written.

use serde_json::{Value, json};
use vestibule_service::Role;
use vestibule_testkit::{Engine, TestApp, third_party};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// How each engine is told to take no more events, and to take them again.
fn statements(engine: Engine) -> (&'static str, &'static str) {
    match engine {
        Engine::Sqlite => (
            "CREATE TRIGGER unwritten BEFORE INSERT ON events \
             BEGIN SELECT RAISE(ABORT, 'none is taken'); END",
            "DROP TRIGGER unwritten",
        ),
        Engine::Postgres => (
            "CREATE FUNCTION unwritten() RETURNS trigger LANGUAGE plpgsql \
             AS $$ BEGIN RAISE EXCEPTION 'none is taken'; END $$; \
             CREATE TRIGGER unwritten BEFORE INSERT ON events \
             FOR EACH ROW EXECUTE FUNCTION unwritten()",
            "DROP TRIGGER unwritten ON events",
        ),
    }
}

/// R-AUD-1, R-INP-10: what cannot be recorded is not done, whoever asks for it; they are told of a fault in the
/// shape of their protocol, and nothing of what it was.
#[expect(clippy::too_many_lines, reason = "most of it is a list of changes")]
#[test]
fn r_aud_1_what_cannot_be_recorded_is_not_done() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(app) = TestApp::start(engine) else {
            continue;
        };
        let product = app.register(third_party("Product"));
        let root = app.admin_token("root", Role::Administrator);
        let send = |method: &str, path: &str, body: &Value| {
            let token = if path.starts_with("/scim") {
                &product.token
            } else {
                &root
            };
            let body = (!body.is_null()).then_some(body);
            app.send(method, path, Some(token), body)
        };
        let make = |path: &str, body: Value| {
            let reply = send("POST", path, &body);
            assert_eq!(reply.status, 201, "{path}: {}", reply.text);
            reply.json()["id"].as_str().unwrap().to_owned()
        };
        let user = make(
            "/scim/v2/Users",
            json!({"schemas": [USER], "userName": "ada"}),
        );
        let group = make(
            "/scim/v2/Groups",
            json!({"schemas": [GROUP], "displayName": "Acme"}),
        );
        let plant = make("/api/v1/access-groups", json!({"name": "Plant"}));
        let patch = |operation: Value| {
            json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [operation]})
        };
        let provider = format!("/api/v1/providers/{}", product.id);
        let title = patch(json!({"op": "replace", "path": "title", "value": "Guide"}));
        let joins = patch(json!({"op": "add", "path": "members", "value": [{"value": user}]}));
        let changes = [
            (
                "POST",
                "/scim/v2/Users".to_owned(),
                json!({"schemas": [USER], "userName": "bob"}),
            ),
            (
                "PUT",
                format!("/scim/v2/Users/{user}"),
                json!({"schemas": [USER], "userName": "eve"}),
            ),
            ("PATCH", format!("/scim/v2/Users/{user}"), title),
            ("PATCH", format!("/scim/v2/Groups/{group}"), joins),
            ("DELETE", format!("/scim/v2/Groups/{group}"), Value::Null),
            ("DELETE", format!("/scim/v2/Users/{user}"), Value::Null),
            (
                "POST",
                "/api/v1/access-groups".to_owned(),
                json!({"name": "Office"}),
            ),
            (
                "PATCH",
                format!("/api/v1/access-groups/{plant}"),
                json!({"enabled": false}),
            ),
            (
                "DELETE",
                format!("/api/v1/access-groups/{plant}"),
                Value::Null,
            ),
            (
                "POST",
                format!("/api/v1/users/{user}/blocks"),
                json!({"reason": "lost"}),
            ),
            ("PATCH", provider.clone(), json!({"description": "another"})),
            ("POST", format!("{provider}/secrets"), json!({})),
            (
                "POST",
                format!("{provider}/tokens"),
                json!({"name": "second"}),
            ),
        ];
        let state = || {
            [
                "/scim/v2/Users",
                "/scim/v2/Groups",
                "/api/v1/access-groups",
                "/api/v1/vendors",
                "/api/v1/blocks",
                "/api/v1/credentials",
                "/api/v1/events",
                provider.as_str(),
            ]
            .map(|path| {
                let mut read = send("GET", path, &Value::Null).json();
                assert!(read.is_object(), "{path}");
                // To look is to use a token.
                for item in read["items"].as_array_mut().into_iter().flatten() {
                    for field in ["last_used_at", "last_used", "uses", "use_count"] {
                        item.as_object_mut().unwrap().remove(field);
                    }
                }
                read
            })
        };
        let (refuse, take) = statements(engine);
        let before = state();
        app.database().lay(refuse);
        for (method, path, body) in &changes {
            let reply = send(method, path, body);
            assert!(
                [500, 503].contains(&reply.status),
                "{method} {path}: {}",
                reply.text
            );
            let shape = if path.starts_with("/scim") {
                "application/scim+json"
            } else {
                "application/problem+json"
            };
            assert_eq!(reply.header("content-type"), Some(shape), "{path}");
            let text = reply.text.to_lowercase();
            for told in [
                "events",
                "unwritten",
                "none is taken",
                "trigger",
                "sql",
                "diesel",
            ] {
                assert!(!text.contains(told), "{method} {path}: {text}");
            }
        }
        assert_eq!(state(), before, "on {engine:?}");
        app.database().lay(take);
        for (method, path, body) in &changes {
            let reply = send(method, path, body);
            assert!(reply.status < 500, "{method} {path}: {}", reply.text);
        }
        assert_ne!(state(), before);
    }
}
