use std::collections::HashSet;

use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/vestibule.json");

const OLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../openapi/vestibule-3.0.json"
);

fn document() -> Value {
    serde_json::to_value(super::document()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (method.clone(), path.clone(), operation))
        })
        .collect()
}

#[test]
fn the_file_says_what_the_code_does() {
    let stored = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        stored == super::text(),
        "openapi/vestibule.json is not what the code says. If the change is meant, run\n\
         cargo run -p vestibule-web --example openapi > openapi/vestibule.json",
    );
}

#[test]
fn the_older_file_says_the_same() {
    let stored = std::fs::read_to_string(OLDER).unwrap_or_default();
    assert!(
        stored == super::text_3_0(),
        "openapi/vestibule-3.0.json is not what the code says. If the change is meant, run\n\
         cargo run -p vestibule-web --example openapi -- 3.0 > openapi/vestibule-3.0.json",
    );
}

/// Of the admin API; SCIM's reads answer 412 as well.
#[test]
fn a_version_is_asked_for_where_412_is_promised() {
    let document = document();
    let mut asked = 0;
    for (method, path, operation) in operations(&document) {
        if !path.starts_with("/api/v1") {
            continue;
        }
        let parameters = operation["parameters"].as_array();
        let mut parameters = parameters.into_iter().flatten();
        let takes = parameters.any(|parameter| parameter["name"] == "If-Match");
        let promises = operation["responses"].get("412").is_some();
        assert_eq!(takes, promises, "{method} {path}");
        asked += usize::from(takes);
    }
    assert!(asked > 5, "{asked}");
}

/// A schema that has properties has a name, so that generators need not make one up.
#[test]
fn no_schema_is_anonymous() {
    fn look(value: &Value, place: &str, named: bool) {
        match value {
            Value::Object(members) => {
                assert!(
                    named || !members.get("properties").is_some_and(Value::is_object),
                    "{place} has no name"
                );
                for (name, member) in members {
                    if name != "example" && name != "examples" {
                        let direct = place == "/components/schemas";
                        look(member, &format!("{place}/{name}"), direct);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, place, false)),
            _ => {}
        }
    }
    look(&document(), "", false);
}

#[test]
fn every_operation_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: HashSet<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let mut ids = HashSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} is there twice");
        let camel_case =
            id.starts_with(|c: char| c.is_ascii_lowercase()) && id.chars().any(char::is_uppercase);
        assert!(
            camel_case,
            "{method} {path}: {id} is the name of a function"
        );
        assert!(operation["summary"].is_string(), "{id}");
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.contains(tag), "{id}: {tag}");
        }
        if path.starts_with("/api/v1") {
            assert_eq!(
                operation["security"],
                serde_json::json!([{"admin_token": []}]),
                "{id}"
            );
            for status in ["400", "401", "403", "500", "503"] {
                let reference = operation["responses"][status]["$ref"].as_str().unwrap();
                let content = document
                    .pointer(&format!("{}/content", &reference[1..]))
                    .unwrap();
                let schema = &content["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{id} {status}");
            }
        }
    }
}

#[test]
fn nothing_is_said_without_a_schema() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (_, path, operation) in operations(&document)
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/api/v1"))
    {
        for part in [&operation["requestBody"], &operation["responses"]] {
            assert!(!part.to_string().contains("\"schema\":{}"), "{path}");
        }
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is not described");
    }
}

#[test]
fn every_request_body_of_the_admin_api_has_an_example() {
    let document = document();
    for (_, path, operation) in operations(&document)
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/api/v1"))
    {
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            assert!(operation["requestBody"].is_null(), "{path}");
            continue;
        };
        for (media_type, content) in content {
            let reference = content["schema"]["$ref"].as_str().unwrap_or_default();
            let name = reference.rsplit('/').next().unwrap();
            let example = &document["components"]["schemas"][name]["example"];
            let shown = match media_type.as_str() {
                "application/json" => example.is_object(),
                _ => example.is_string(),
            };
            assert!(shown, "{name} of {path}");
        }
    }
}

#[test]
fn scim_speaks_both_media_types_and_tells_only_of_what_can_happen() {
    let document = document();
    let mut bodies = 0;
    for (method, path, operation) in operations(&document) {
        if !path.starts_with("/iso/scim/v2") {
            continue;
        }
        let responses = operation["responses"].as_object().unwrap();
        let asked = operation.get("requestBody");
        for body in responses.values().chain(asked) {
            if let Some(content) = body.get("content") {
                bodies += 1;
                let scim = &content["application/scim+json"];
                assert!(scim.is_object(), "{method} {path}");
                assert_eq!(scim, &content["application/json"], "{method} {path}");
            }
        }
        let never: &[&str] = match method.as_str() {
            "get" => &["409", "412", "413", "415"],
            "delete" => &["409", "413", "415"],
            "post" => &["412"],
            _ => &[],
        };
        for status in never {
            assert!(!responses.contains_key(*status), "{method} {path} {status}");
        }
        let makes = method == "post" && ["/Users", "/Groups"].iter().any(|end| path.ends_with(end));
        let changes = ["put", "patch"].contains(&method.as_str());
        assert_eq!(
            responses.contains_key("409"),
            makes || changes,
            "{method} {path}"
        );
    }
    assert!(bodies > 50, "{bodies}");
}
