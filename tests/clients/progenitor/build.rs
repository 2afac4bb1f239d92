//! Generates the client from openapi/vestibule-3.0.json as it is, but for what progenitor has no words for.

use std::path::Path;
use std::{env, fs};

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use serde_json::{Map, Value};

const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../openapi/vestibule-3.0.json"
);

fn main() {
    println!("cargo:rerun-if-changed={DOCUMENT}");
    let document = fs::read_to_string(DOCUMENT).expect("the document is there");
    let mut document: Value = serde_json::from_str(&document).expect("the document is JSON");
    let operations = document["paths"]
        .as_object_mut()
        .expect("the document has paths")
        .values_mut()
        .flat_map(|path| {
            path.as_object_mut()
                .expect("a path is an object")
                .values_mut()
        });
    for operation in operations {
        one_kind_of_answer(&mut operation["responses"]);
    }
    as_json(&mut document);
    let document = serde_json::from_value(document).expect("the document is OpenAPI 3.0");
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .expect("a client can be generated");
    let file = syn::parse2(tokens).expect("what is generated is Rust");
    let place = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(
        Path::new(&place).join("client.rs"),
        prettyplease::unparse(&file),
    )
    .expect("the folder can be written to");
}

/// It knows JSON by the one name `application/json`.
fn as_json(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            *fields = std::mem::take(fields)
                .into_iter()
                .map(|(name, mut value)| {
                    as_json(&mut value);
                    match name.as_str() {
                        "application/scim+json" | "application/problem+json" => {
                            ("application/json".to_owned(), value)
                        }
                        _ => (name, value),
                    }
                })
                .collect();
        }
        Value::Array(items) => items.iter_mut().for_each(as_json),
        _ => {}
    }
}

/// A method of it answers one type: where a success may be with or without a body, it is none, and
/// 304 is left out, for nobody here asks whether something has changed.
fn one_kind_of_answer(responses: &mut Value) {
    let responses = responses
        .as_object_mut()
        .expect("an operation has responses");
    responses.remove("304");
    let with_body = |(code, response): (&String, &Value)| {
        code.starts_with('2')
            .then(|| response.get("content").is_some())
    };
    let bodies: Vec<bool> = responses.iter().filter_map(with_body).collect();
    if bodies.contains(&true) && bodies.contains(&false) {
        responses
            .iter_mut()
            .filter(|(code, _)| code.starts_with('2'))
            .filter_map(|(_, response)| response.as_object_mut())
            .for_each(|response: &mut Map<String, Value>| drop(response.remove("content")));
    }
}
