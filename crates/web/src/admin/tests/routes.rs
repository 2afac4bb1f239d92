use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::world::{PUBLIC, World};

#[actix_web::test]
async fn a_provider_lives_and_goes() {
    let world = World::new().await;
    let group = world
        .post("/access-groups", json!({"name": "Staff"}))
        .await
        .expect(201);
    let body = json!({
        "name": "Entra ID", "user_type": "internal", "description": "staff", "tags": ["hr"],
        "valid_until": "2030-01-01T00:00:00Z", "allowed_addresses": ["10.0.0.0/8", "::1"],
        "allowed_referrers": ["https://iga.example"], "scopes": "scim:read", "dialect": "strict",
        "put_keeps_members": true, "default_access_group": group["id"], "link_delivery": "no",
        "rate_limit": {"per_second": 5, "burst": 10},
    });
    let answer = world.post("/providers", body.clone()).await;
    let location = answer.header("location").to_owned();
    let created = answer.expect(201);
    let id = created["id"].as_str().unwrap();
    assert_eq!(location, format!("{PUBLIC}/api/v1/providers/{id}"));
    assert_eq!(created["base_url"], format!("{PUBLIC}/iso/scim/v2"));
    assert_eq!(created["token_url"], format!("{PUBLIC}/iso/oauth2/token"));
    assert!(
        created["client_secret"]
            .as_str()
            .unwrap()
            .starts_with("vss_")
    );
    assert_eq!(created["client_id"], created["provider"]["client_id"]);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&created["provider"][field], value, "{field}");
    }
    let path = format!("/providers/{id}");
    let details = world.get(&path).await.expect(200);
    assert_eq!(details["provider"], created["provider"]);
    assert_eq!(details["secrets"].as_array().unwrap().len(), 1);
    assert!(!details.to_string().contains("vss_"));

    let patch =
        json!({"name": "Entra", "rate_limit": null, "valid_until": null, "tags": ["hr", "eu"]});
    let changed = world.patch(&path, patch.clone()).await.expect(200);
    for (field, value) in patch.as_object().unwrap() {
        assert_eq!(&changed[field], value, "{field}");
    }
    assert_eq!(changed["dialect"], "strict");

    for state in ["paused", "disabled", "active"] {
        let answer = world
            .post(&format!("{path}/state"), json!({"state": state}))
            .await
            .expect(200);
        assert_eq!(answer["state"], state);
    }
    assert_eq!(
        world.get(&format!("{path}/tolerances")).await.expect(200)["items"],
        json!([])
    );
    assert_eq!(
        world.get(&format!("{path}/warnings")).await.expect(200)["items"],
        json!([])
    );
    assert_eq!(
        world.get(&format!("{path}/deletion")).await.expect(200)["users"],
        0
    );
    assert_eq!(
        world.get("/providers").await.expect(200)["items"][0]["name"],
        "Entra"
    );
    world.delete(&path).await.expect(204);
    world.get(&path).await.problem(404);
}

#[actix_web::test]
async fn credentials_are_shown_once_and_revoked_at_once() {
    let world = World::new().await;
    let (id, token) = world.provider("internal").await;
    let path = format!("/providers/{id}");
    let works =
        async |token: &str| world.scim("GET", "/Users", token, Value::Null).await.status == 200;
    assert!(works(&token).await);

    let rotated = world
        .post(&format!("{path}/secrets"), json!({"overlap_minutes": 5}))
        .await
        .expect(201);
    assert!(
        rotated["client_secret"]
            .as_str()
            .unwrap()
            .starts_with("vss_")
    );
    world
        .send(world.request("POST", &format!("{path}/secrets"), &world.token))
        .await
        .expect(201);
    let secrets = world.get(&path).await.expect(200)["secrets"].clone();
    let secret = secrets[0]["id"].as_str().unwrap();
    world
        .delete(&format!("{path}/secrets/{secret}"))
        .await
        .expect(204);
    world
        .delete(&format!("{path}/secrets/{secret}"))
        .await
        .problem(404);

    let listed = world.get(&format!("{path}/tokens")).await.expect(200);
    assert_eq!(listed["items"][0]["name"], "pasted");
    let first = listed["items"][0]["id"].as_str().unwrap();
    world
        .delete(&format!("{path}/tokens/{first}"))
        .await
        .expect(204);
    assert!(!works(&token).await);
    let body = json!({"name": "short", "ttl_minutes": 10, "scope": "scim:read"});
    let second = world
        .post(&format!("{path}/tokens"), body)
        .await
        .expect(201);
    assert_eq!(
        (&second["expires_in"], &second["scope"]),
        (&json!(600), &json!("scim:read"))
    );
    let second = second["access_token"].as_str().unwrap();
    assert!(works(second).await);
    world.delete(&format!("{path}/tokens")).await.expect(204);
    assert!(!works(second).await);
}

#[actix_web::test]
async fn an_access_group_lives_and_goes() {
    let world = World::new().await;
    let body = json!({
        "name": "Plant", "description": "the plant", "enabled": true, "may_view_passwords": true,
        "may_start_sessions": true, "approvals_required": 2, "disapprovals_to_cancel": 1, "approval_levels": 3,
        "governance_id_required": true, "self_request": true, "approvers": ["root"], "linkable_by_provisioning": true,
    });
    let created = world.post("/access-groups", body.clone()).await.expect(201);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&created[field], value, "{field}");
    }
    world
        .post("/access-groups", json!({"name": "plant"}))
        .await
        .problem(409);
    let second = world
        .post("/access-groups", json!({"name": "Office"}))
        .await
        .expect(201);
    assert_eq!(
        (&second["enabled"], &second["disapprovals_to_cancel"]),
        (&json!(true), &json!(1))
    );
    let path = format!("/access-groups/{}", created["id"].as_str().unwrap());
    let answer = world.get(&path).await;
    assert_eq!(answer.header("etag"), "W/\"1\"");
    let details = answer.expect(200);
    assert_eq!(details["access_group"], created);
    assert_eq!(
        details["tied"],
        json!({"vendors": 0, "internal_groups": 0, "providers": 0})
    );
    let changed = world
        .patch(&path, json!({"enabled": false, "description": null}))
        .await
        .expect(200);
    assert_eq!(
        (&changed["enabled"], &changed["description"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(changed["approvers"], json!(["root"]));

    let page = world.get("/access-groups?limit=1").await.expect(200);
    let next = format!(
        "/access-groups?limit=1&after={}",
        page["next"].as_str().unwrap()
    );
    assert_eq!(
        world.get(&next).await.expect(200)["items"][0]["id"],
        second["id"]
    );
    world.delete(&path).await.expect(204);
    world.get(&path).await.problem(404);
}

#[actix_web::test]
async fn administrators_and_their_tokens() {
    let world = World::new().await;
    let body = json!({"name": "Ada L.", "role": "operator", "password": "correct horse battery"});
    let created = world
        .post("/administrators", body.clone())
        .await
        .expect(201);
    assert_eq!(
        (&created["name"], &created["role"]),
        (&json!("Ada L."), &json!("operator"))
    );
    world.post("/administrators", body).await.problem(409);
    let short = json!({"name": "bob", "role": "auditor", "password": "short"});
    assert_eq!(
        world.post("/administrators", short).await.problem(400)["field"],
        "password"
    );
    assert_eq!(
        world.get("/administrators").await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );

    let path = "/administrators/Ada%20L./tokens";
    let issued = world
        .post(path, json!({"name": "nightly", "ttl_minutes": 10}))
        .await
        .expect(201);
    let token = issued["token"].as_str().unwrap();
    let me = world
        .send(world.request("GET", "/me", token))
        .await
        .expect(200);
    assert_eq!((&me["id"], &me["name"]), (&created["id"], &json!("Ada L.")));
    let listed = world.get(path).await.expect(200);
    assert_eq!(listed["items"][0]["id"], issued["id"]);
    assert!(!listed.to_string().contains("vap_"));
    world
        .delete(&format!("/admin-tokens/{}", issued["id"].as_str().unwrap()))
        .await
        .expect(204);
    world
        .send(world.request("GET", "/me", token))
        .await
        .problem(401);
}

#[actix_web::test]
async fn every_change_can_be_read_and_the_chain_proved() {
    let world = World::new().await;
    let (id, _) = world.provider("internal").await;
    world
        .patch(&format!("/providers/{id}"), json!({"description": "new"}))
        .await
        .expect(200);
    let query = format!("/events?subject={id}&provider={id}&action=provider.changed");
    let events = world.get(&query).await.expect(200);
    let event = &events["items"][0];
    assert_eq!(event["action"], "provider.changed");
    assert_eq!(event["subject"], json!({"kind": "provider", "id": id}));
    assert_eq!(event["actor"]["kind"], "administrator");
    assert_eq!(event["actor"]["detail"], "root");
    assert_eq!(event["payload"]["after"], json!({"description": "new"}));
    assert!(event["request_id"].is_string());

    let mut seen = Vec::new();
    let mut path = "/events?limit=2".to_owned();
    loop {
        let page = world.get(&path).await.expect(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["id"].clone()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/events?limit=2&after={next}");
    }
    let all = world.get("/events?limit=1000").await.expect(200)["items"].clone();
    assert_eq!(seen.len(), all.as_array().unwrap().len());
    assert!(seen.len() > 4);
    assert!(!all.to_string().contains("vss_") && !all.to_string().contains("vat_"));

    let verification = world.get("/audit/verification").await.expect(200);
    assert_eq!(
        (&verification["intact"], &verification["broken"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(verification["sealed"], seen.len());
    assert_eq!(verification["head"].as_str().unwrap().len(), 64);
}

#[actix_web::test]
async fn the_document_and_its_page_are_served_from_here() {
    let world = World::new().await;
    let get = async |path: &str| world.send(TestRequest::get().uri(path)).await;
    let document = get("/openapi.json").await;
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.json()["openapi"], "3.1.0");
    // Not to `docs/`: the application reads a path alike with and without a slash at the end.
    assert_eq!(get("/docs").await.header("location"), "docs/index.html");
    let page = get("/docs/index.html").await;
    assert_eq!(page.status, 200);
    for address in ["http://", "https://", "//unpkg", "//cdn"] {
        assert!(
            !page.body.contains(&format!("\"{address}")),
            "{address} in {}",
            page.body
        );
    }
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let script = get("/docs/swagger-initializer.js").await;
    assert!(script.body.contains("openapi.json"), "{}", script.body);
    assert!(script.header("content-type").contains("javascript"));
    assert_eq!(get("/docs/nothing.js").await.status, 404);
    assert_eq!(get("/docs/../openapi.json").await.status, 404);
}
