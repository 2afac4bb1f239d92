//! Token requests collected from public suites, read from beside the checkout where they are.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use vestibule_testkit::{Reply, TestApp, TestProvider, both_engines, third_party};

#[test]
fn the_token_endpoint_answers_as_the_vectors_want() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/oauth_token.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: no vectors beside the checkout");
        return;
    };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    both_engines(|app| {
        let one = app.register(third_party("One"));
        let other = app.register(third_party("Other"));
        let mut wrong = Vec::new();
        for case in vectors["cases"].as_array().unwrap() {
            let reply = send(app, &case["request"], &one, &other);
            if let Err(why) = check(&case["expect"], &reply) {
                wrong.push(format!(
                    "{} {}: {why}; {} {}",
                    case["id"], case["name"], reply.status, reply.text
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

fn send(app: &TestApp, request: &Value, one: &TestProvider, other: &TestProvider) -> Reply {
    let filled = |text: &str| {
        text.replace("{id}", &one.client_id)
            .replace("{secret}", &one.client_secret)
            .replace("{id2}", &other.client_id)
            .replace("{secret2}", &other.client_secret)
    };
    let basic = |id: &str, secret: &str| {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
    };
    let authorization = match request["auth"].as_str() {
        None => None,
        Some("basic") => Some(basic(&one.client_id, &one.client_secret)),
        Some("basic-wrong") => Some(basic(&one.client_id, "wrong")),
        Some("basic-unknown") => Some(basic("unknown", "wrong")),
        Some(raw) => Some(filled(raw.strip_prefix("raw:").unwrap_or(raw))),
    };
    let mut headers = Vec::new();
    if let Some(authorization) = &authorization {
        headers.push(("Authorization", authorization.as_str()));
    }
    if let Some(content_type) = request["content_type"].as_str() {
        headers.push(("Content-Type", content_type));
    }
    let query = request["query"].as_str().filter(|query| !query.is_empty());
    let path = format!(
        "/iso/oauth2/token{}",
        query
            .map(|query| format!("?{}", filled(query)))
            .unwrap_or_default()
    );
    let body = filled(request["body"].as_str().unwrap_or_default());
    app.send_raw(
        request["method"].as_str().unwrap_or("POST"),
        &path,
        &headers,
        &body,
    )
}

fn check(expect: &Value, reply: &Reply) -> Result<(), String> {
    if let Some(alternatives) = expect["any"].as_array() {
        let refused: Result<(), String> = Err("no alternative holds".to_owned());
        return alternatives
            .iter()
            .map(|one| check(one, reply))
            .find(Result::is_ok)
            .unwrap_or(refused);
    }
    let statuses: Vec<u64> = expect["status"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    if !statuses.is_empty() && !statuses.contains(&u64::from(reply.status)) {
        return Err(format!("status wanted: {statuses:?}"));
    }
    for (name, part) in expect["headers"].as_object().into_iter().flatten() {
        let value = reply
            .header(&name.to_ascii_lowercase())
            .unwrap_or_default()
            .to_ascii_lowercase();
        let part = part.as_str().unwrap_or_default().to_ascii_lowercase();
        if !value.contains(&part) {
            return Err(format!(
                "header {name} wanted to contain {part:?}, is {value:?}"
            ));
        }
    }
    let body = reply.json();
    let errors: Vec<&str> = expect["error"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !errors.is_empty() && !errors.contains(&body["error"].as_str().unwrap_or_default()) {
        return Err(format!("error wanted: {errors:?}"));
    }
    for field in expect["absent"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if body.get(field).is_some() {
            return Err(format!("{field} must be absent"));
        }
    }
    for field in expect["json"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, _)| field)
    {
        if body.get(field).is_none() {
            return Err(format!("{field} must be there"));
        }
    }
    Ok(())
}
