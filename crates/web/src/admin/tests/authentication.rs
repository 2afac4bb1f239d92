use actix_web::test::TestRequest;
use serde_json::json;
use vestibule_service::Role;

use super::world::World;

/// A path for every operation of the document below the mount, with its method.
fn operations() -> Vec<(String, String)> {
    let document = serde_json::to_value(crate::openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/v1") else {
            continue;
        };
        let id = "01930000-0000-7000-8000-000000000000";
        let path = ["{id}", "{secret}", "{token}", "{name}"]
            .iter()
            .fold(path.to_owned(), |p, part| p.replace(part, id));
        for method in item.as_object().unwrap().keys() {
            operations.push((method.to_uppercase(), path.clone()));
        }
    }
    operations
}

#[actix_web::test]
async fn r_net_7_nothing_answers_without_a_token_that_works() {
    let world = World::new().await;
    let (_, scim) = world.provider("internal").await;
    let revoked = world.administrator("gone", Role::Administrator);
    let tokens = world.get("/administrators/gone/tokens").await.expect(200);
    let id = tokens["items"][0]["id"].as_str().unwrap();
    world
        .delete(&format!("/admin-tokens/{id}"))
        .await
        .expect(204);
    let operations = operations();
    assert!(operations.len() > 30, "{operations:?}");
    for (method, path) in operations {
        let none = world
            .send(
                world
                    .request(&method, &path, "")
                    .set_json(json!({"unknown": 1})),
            )
            .await;
        assert_eq!(
            none.header("www-authenticate"),
            "Bearer realm=\"vestibule\""
        );
        none.problem(401);
        for token in [
            "x",
            scim.as_str(),
            revoked.as_str(),
            &world.token[..world.token.len() - 1],
        ] {
            let request = world
                .request(&method, &path, token)
                .set_json(json!({"unknown": 1}));
            let refused = world.send(request).await;
            assert_eq!(
                refused.header("www-authenticate"),
                "Bearer realm=\"vestibule\", error=\"invalid_token\""
            );
            refused.problem(401);
        }
    }
}

#[actix_web::test]
async fn every_operation_of_the_document_is_routed() {
    let world = World::new().await;
    for (method, path) in operations() {
        let answer = world
            .send(
                world
                    .request(&method, &path, &world.token)
                    .set_json(json!({"unknown": 1})),
            )
            .await;
        assert_ne!(answer.status, 405, "{method} {path}");
        assert!(
            !answer.body.contains("nothing at this path"),
            "{method} {path}"
        );
    }
}

#[actix_web::test]
async fn other_credentials_and_paths_are_refused_at_the_door() {
    let world = World::new().await;
    let token = format!("Bearer {}", world.token);
    let twice = TestRequest::get()
        .uri("/api/v1/me")
        .append_header(("Authorization", token.as_str()))
        .append_header(("Authorization", token.as_str()));
    world.send(twice).await.problem(401);
    for authorization in ["Bearer", "Bearer ", "Basic cm9vdDp4", ""] {
        let request = TestRequest::get()
            .uri("/api/v1/me")
            .insert_header(("Authorization", authorization));
        world.send(request).await.problem(401);
    }
    for path in [
        "",
        "/",
        "/nothing",
        "/providers/",
        "//providers",
        "/%70roviders/x",
        "/providers;x",
    ] {
        world
            .send(world.request("GET", path, ""))
            .await
            .problem(401);
    }
    // An administrator's token opens nothing over SCIM.
    let answer = world.scim("GET", "/Users", &world.token, json!({})).await;
    assert_eq!(answer.status, 401, "{}", answer.body);
}

#[actix_web::test]
async fn a_token_can_what_its_owners_role_may() {
    let world = World::new().await;
    let auditor = world.administrator("auditor", Role::Auditor);
    let operator = world.administrator("operator", Role::Operator);
    let id = "01930000-0000-7000-8000-000000000000";
    let operators = [
        (
            "POST",
            "/access-groups".to_owned(),
            json!({"name": "Plant"}),
        ),
        (
            "POST",
            format!("/users/{id}/blocks"),
            json!({"reason": "lost laptop"}),
        ),
        ("DELETE", format!("/blocks/{id}"), json!({})),
        (
            "PATCH",
            format!("/vendors/{id}"),
            json!({"status": "enabled"}),
        ),
        ("PATCH", format!("/groups/{id}"), json!({"enabled": false})),
    ];
    for (method, path, body) in operators {
        let request = world.request(method, &path, &auditor).set_json(&body);
        world.send(request).await.problem(403);
        let answer = world
            .send(world.request(method, &path, &operator).set_json(&body))
            .await;
        assert!(
            [201, 404].contains(&answer.status),
            "{method} {path}: {}",
            answer.body
        );
    }
    let administrators = [
        (
            "POST",
            "/providers".to_owned(),
            json!({"name": "Okta", "user_type": "internal"}),
        ),
        ("DELETE", format!("/providers/{id}"), json!({})),
        ("POST", format!("/providers/{id}/secrets"), json!({})),
        (
            "POST",
            "/administrators".to_owned(),
            json!({"name": "x", "role": "auditor", "password": "long enough 1"}),
        ),
        ("DELETE", format!("/admin-tokens/{id}"), json!({})),
    ];
    for (method, path, body) in administrators {
        let answer = world
            .send(world.request(method, &path, &operator).set_json(&body))
            .await;
        let problem = answer.problem(403);
        assert_eq!(problem["detail"], "this needs the role administrator");
    }
    let me = world
        .send(world.request("GET", "/me", &auditor))
        .await
        .expect(200);
    assert_eq!(
        (&me["name"], &me["role"]),
        (&json!("auditor"), &json!("auditor"))
    );
}
