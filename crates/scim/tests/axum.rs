//! The axum example answers as SCIM has it.

#[expect(dead_code, reason = "the example's main is not run here")]
#[path = "../examples/axum.rs"]
mod example;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

async fn send(router: &Router, method: Method, uri: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("Authorization", format!("Bearer {}", example::TOKEN))
        .body(Body::from(body.to_string()))
        .expect("the request is right");
    let response = router
        .clone()
        .oneshot(request)
        .await
        .expect("the router never fails");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20)
        .await
        .expect("the body is short");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn users_are_created_found_changed_and_removed() {
    let router = example::router();
    let schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    let babs = json!({"schemas": schemas, "userName": "babs", "title": "Guide"});
    let (status, created) = send(&router, Method::POST, "/Users", &babs).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, refused) = send(
        &router,
        Method::POST,
        "/Users",
        &json!({"userName": "BABS"}),
    )
    .await;
    assert_eq!(
        (status, &refused["scimType"]),
        (StatusCode::CONFLICT, &json!("uniqueness"))
    );
    let uri = format!("/Users/{}", created["id"].as_str().expect("an id"));
    let patch = json!({"Operations": [{"op": "replace", "path": "title", "value": "Manager"}]});
    let (status, patched) = send(&router, Method::PATCH, &uri, &patch).await;
    assert_eq!(
        (status, &patched["title"]),
        (StatusCode::OK, &json!("Manager"))
    );
    let search = "/Users?filter=title%20eq%20%22manager%22&attributes=userName";
    let (_, listed) = send(&router, Method::GET, search, &Value::Null).await;
    assert_eq!(listed["totalResults"], 1);
    assert!(listed["Resources"][0].get("title").is_none());
    let message = json!({"filter": "userName pr", "count": 0});
    let (_, counted) = send(&router, Method::POST, "/Users/.search", &message).await;
    assert_eq!(
        (&counted["totalResults"], &counted["itemsPerPage"]),
        (&json!(1), &json!(0))
    );
    let (status, refused) = send(&router, Method::GET, "/Users?filter=x", &Value::Null).await;
    assert_eq!(
        (status, &refused["scimType"]),
        (StatusCode::BAD_REQUEST, &json!("invalidFilter"))
    );
    let (status, _) = send(&router, Method::DELETE, &uri, &Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = send(&router, Method::GET, &uri, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, schemas) = send(&router, Method::GET, "/Schemas", &Value::Null).await;
    assert_eq!(schemas["totalResults"], 5);
}

#[tokio::test]
async fn no_id_is_given_twice_and_nobody_is_overwritten() {
    let router = example::router();
    let create = async |name: &str| {
        let (status, user) =
            send(&router, Method::POST, "/Users", &json!({"userName": name})).await;
        assert_eq!(status, StatusCode::CREATED);
        format!("/Users/{}", user["id"].as_str().expect("an id"))
    };
    let (a, b, c) = (create("a").await, create("b").await, create("c").await);
    send(&router, Method::DELETE, &a, &Value::Null).await;
    let d = create("d").await;
    assert!(d != a && d != b && d != c);
    let (_, kept) = send(&router, Method::GET, &c, &Value::Null).await;
    assert_eq!(kept["userName"], "c");
}

#[tokio::test]
async fn one_is_shown_as_asked_for_and_discovery_leads_somewhere() {
    let router = example::router();
    let user = json!({"userName": "a", "title": "Guide"});
    let (_, created) = send(&router, Method::POST, "/Users?attributes=title", &user).await;
    assert_eq!(created["title"], "Guide");
    assert!(created["userName"].is_null());
    let uri = format!(
        "/Users/{}?excludedAttributes=title",
        created["id"].as_str().expect("an id")
    );
    let (_, read) = send(&router, Method::GET, &uri, &Value::Null).await;
    assert!(read["userName"] == "a" && read["title"].is_null());
    for list in ["/ResourceTypes", "/Schemas"] {
        let (_, all) = send(&router, Method::GET, list, &Value::Null).await;
        for document in all["Resources"].as_array().expect("a list") {
            let location = document["meta"]["location"].as_str().expect("a location");
            let path = location.trim_start_matches("http://127.0.0.1:3000");
            let (status, found) = send(&router, Method::GET, path, &Value::Null).await;
            assert_eq!((status, &found["id"]), (StatusCode::OK, &document["id"]));
        }
    }
}

#[tokio::test]
async fn nobody_is_answered_without_the_token_that_is_advertised() {
    let router = example::router();
    for shown in [None, Some("Bearer other"), Some("Basic example")] {
        let mut request = Request::builder().uri("/Users");
        if let Some(shown) = shown {
            request = request.header("Authorization", shown);
        }
        let request = request.body(Body::empty()).expect("the request is right");
        let response = router
            .clone()
            .oneshot(request)
            .await
            .expect("the router never fails");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    let (status, config) = send(&router, Method::GET, "/ServiceProviderConfig", &Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let scheme = &config["authenticationSchemes"][0]["type"];
    assert_eq!(scheme, "oauthbearertoken");
}
