use serde_json::{Value, json};

use super::world::World;

const NOBODY: &str = "01930000-0000-7000-8000-000000000000";

async fn refused(world: &World, body: &str) -> Value {
    let request = world
        .request("POST", "/providers", &world.token)
        .insert_header(("Content-Type", "application/json"))
        .set_payload(body.to_owned());
    world.send(request).await.problem(400)
}

#[actix_web::test]
async fn a_mistake_in_a_body_names_its_field() {
    let world = World::new().await;
    for (body, field) in [
        (r#"{"user_type": "internal"}"#, json!("name")),
        (r#"{"name": "Okta"}"#, json!("user_type")),
        (
            r#"{"name": "Okta", "user_type": "external"}"#,
            json!("user_type"),
        ),
        (r#"{"name": "", "user_type": "internal"}"#, json!("name")),
        (r#"{"name": 7, "user_type": "internal"}"#, json!("name")),
        (
            r#"{"name": "a", "name": "b", "user_type": "internal"}"#,
            json!("name"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "client_secret": "mine"}"#,
            json!("client_secret"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "allowed_addresses": ["10.0.0.0/99"]}"#,
            json!("allowed_addresses"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "allowed_referrers": ["iga.example"]}"#,
            json!("allowed_referrers"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "tags": ["a", 1]}"#,
            json!("tags[1]"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "scopes": "everything"}"#,
            json!("scopes"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "valid_until": "tomorrow"}"#,
            json!("valid_until"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "rate_limit": {"per_second": 1}}"#,
            json!("rate_limit.burst"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "rate_limit": {"per_second": 0, "burst": 1}}"#,
            json!("rate_limit.per_second"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "rate_limit": {"per_second": 1, "burst": 1, "x": 1}}"#,
            json!("rate_limit.x"),
        ),
        (
            r#"{"name": "Okta", "user_type": "third_party", "default_access_group": "01930000-0000-7000-8000-000000000000"}"#,
            json!("default_access_group"),
        ),
        (
            r#"{"name": "Okta", "user_type": "third_party", "link_delivery": "yes"}"#,
            json!("link_delivery"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "allowed_referrers": ["https://*.iga.example"]}"#,
            json!("allowed_referrers"),
        ),
        (r#"{"name": "Okta", "user_type": null}"#, json!("user_type")),
        (
            r#"{"name": "Okta", "user_type": "internal", "authentication": {"tls_client_auth": {}}}"#,
            json!("authentication.tls_client_auth"),
        ),
        (
            r#"{"name": "Okta", "user_type": "internal", "authentication": {"tls_client_auth": {"san_dns": "a", "san_uri": "b"}}}"#,
            json!("authentication.tls_client_auth"),
        ),
        (
            r#"{"name": "a\u0000b", "user_type": "internal"}"#,
            Value::Null,
        ),
        (r#"{"name": "Okta", "user_type": "internal""#, Value::Null),
        (
            r#"{"name": "Okta", "user_type": "internal"} {}"#,
            Value::Null,
        ),
        ("[]", Value::Null),
        ("\"\"", Value::Null),
        ("", json!("name")),
    ] {
        let problem = refused(&world, body).await;
        assert_eq!(problem["field"], field, "{body} {problem}");
        assert_eq!(problem["type"], "urn:vestibule:problem:invalid");
        if let Some(field) = field.as_str() {
            assert!(
                problem["detail"].as_str().unwrap().starts_with(field),
                "{problem}"
            );
        }
    }
    let deep = "[".repeat(100_000);
    refused(&world, &deep).await;
    let listed = world.get("/providers").await.expect(200);
    assert_eq!(listed, json!({"items": [], "next": null, "previous": null}));
}

#[actix_web::test]
async fn a_backslash_before_a_u_is_no_nul() {
    let world = World::new().await;
    let body = r#"{"name": "a\\u0000", "user_type": "internal"}"#;
    let request = world
        .request("POST", "/providers", &world.token)
        .insert_header(("Content-Type", "application/json; charset=utf-8"))
        .set_payload(body);
    let created = world.send(request).await.expect(201);
    assert_eq!(created["provider"]["name"], "a\\u0000");
}

#[actix_web::test]
async fn a_mistake_in_a_parameter_names_it() {
    let world = World::new().await;
    for (path, field) in [
        ("/events?limit=0", "limit"),
        ("/events?limit=-1", "limit"),
        ("/events?limit=1e3", "limit"),
        ("/events?limit=", "limit"),
        ("/events?limit=1&limit=2", "limit"),
        ("/events?action=anything", "action"),
        ("/events?after=1", "after"),
        ("/events?since=1", "since"),
        ("/events?sort=name", "sort"),
        ("/events?format=xml", "format"),
        ("/users?active=1", "active"),
        ("/requests?status=200", "status"),
        ("/events?unknown=1", "unknown"),
        ("/vendors?status=open", "status"),
        ("/vendors?name=%00", "name"),
        ("/vendors?after=zzz", "after"),
        (
            "/users/01930000-0000-7000-8000-000000000000/access?at=now",
            "at",
        ),
    ] {
        let problem = world.get(path).await.problem(400);
        assert_eq!(problem["field"], field, "{path} {problem}");
    }
    for limit in ["1", "1000", "99999999999999999999999999"] {
        world
            .get(&format!("/events?limit={limit}"))
            .await
            .expect(200);
    }
}

#[actix_web::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    for id in [NOBODY, "x", "%00", "01930000-0000-7000-8000-00000000000A"] {
        for path in [
            "/providers",
            "/vendors",
            "/access-groups",
            "/groups",
            "/users",
        ] {
            world.get(&format!("{path}/{id}")).await.problem(404);
        }
        world.get(&format!("/users/{id}/access")).await.problem(404);
        world
            .get(&format!("/users/{id}/placement"))
            .await
            .problem(404);
        world
            .get(&format!("/vendors/{id}/people"))
            .await
            .problem(404);
        world.delete(&format!("/blocks/{id}")).await.problem(404);
        world
            .delete(&format!("/admin-tokens/{id}"))
            .await
            .problem(404);
        world
            .post(
                &format!("/providers/{id}/state"),
                json!({"state": "paused"}),
            )
            .await
            .problem(404);
    }
    world
        .get("/administrators/nobody/tokens")
        .await
        .problem(404);
    world.get("/nothing").await.problem(404);
    world.get("/nothing/").await.problem(404);
    // A slash at the end says nothing.
    world.get("/providers/").await.expect(200);
}

#[actix_web::test]
async fn a_method_that_is_not_there_is_told_which_are() {
    let world = World::new().await;
    for (method, path, allowed) in [
        ("PUT", "/providers", "GET, HEAD, POST, OPTIONS"),
        ("PUT", "/providers/x", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("TRACE", "/events", "GET, HEAD, OPTIONS"),
        ("DELETE", "/me", "GET, HEAD, OPTIONS"),
        ("GET", "/providers/x/state", "POST, OPTIONS"),
    ] {
        let answer = world.send(world.request(method, path, &world.token)).await;
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        answer.problem(405);
    }
}

#[actix_web::test]
async fn a_body_of_another_type_or_size_is_refused() {
    let world = World::new().await;
    let form = world
        .request("POST", "/providers", &world.token)
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
        .set_payload("name=Okta");
    world.send(form).await.problem(415);
    let large = world
        .request("POST", "/providers", &world.token)
        .insert_header(("Content-Type", "application/json"))
        .set_payload(vec![b' '; 3 * 1024 * 1024]);
    world.send(large).await.problem(413);
}

#[actix_web::test]
async fn a_change_of_another_version_is_refused() {
    let world = World::new().await;
    let (id, _) = world.provider("internal").await;
    let path = format!("/providers/{id}");
    let tag = world.get(&path).await.header("etag").to_owned();
    let change = |tag: &str, body: Value| {
        let request = world
            .request("PATCH", &path, &world.token)
            .insert_header(("If-Match", tag))
            .set_json(body);
        world.send(request)
    };
    let changed = change(&tag, json!({"description": "first"})).await;
    let newer = changed.header("etag").to_owned();
    assert_ne!(newer, tag);
    changed.expect(200);
    for stale in [tag.as_str(), "W/\"x\"", "nonsense", "\"99\""] {
        change(stale, json!({"description": "second"}))
            .await
            .problem(412);
    }
    change("*", json!({"description": "third"}))
        .await
        .expect(200);
    for (method, path) in [("POST", format!("{path}/state")), ("DELETE", path.clone())] {
        let request = world
            .request(method, &path, &world.token)
            .insert_header(("If-Match", tag.as_str()))
            .set_json(json!({"state": "disabled"}));
        world.send(request).await.problem(412);
    }
    let still = world.get(&path).await.expect(200);
    assert_eq!(still["provider"]["state"], "active");
    world
        .patch(&path, json!({"user_type": "third_party"}))
        .await
        .problem(400);
    let problem = world.patch(&path, json!({"name": null})).await.problem(400);
    assert_eq!(problem["field"], "name");
}
