//! The document in OpenAPI 3.0.3, for generators that read nothing newer. It says the same: what 3.1
//! says in other words is translated, and a keyword that has no translation stops the rendering.

use serde_json::{Map, Value, json};

/// Keywords of a schema that mean the same in both versions.
const SAME: [&str; 25] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "deprecated",
    "description",
    "discriminator",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "readOnly",
    "required",
    "title",
    "writeOnly",
];

/// What cannot be said in OpenAPI 3.0.3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Untranslatable {
    /// Where: the keys on the way to it.
    pub(super) place: String,
    pub(super) keyword: String,
}

/// Renders a document in OpenAPI 3.1 as 3.0.3.
pub(super) fn rendered(document: &Value) -> Result<Value, Untranslatable> {
    let mut rendered = document.clone();
    if let Some(root) = rendered.as_object_mut() {
        root.insert("openapi".to_owned(), json!("3.0.3"));
    }
    // 3.0 knows a licence by its address alone; its name stays.
    if let Some(license) = rendered
        .pointer_mut("/info/license")
        .and_then(Value::as_object_mut)
    {
        license.remove("identifier");
    }
    walk(&mut rendered, "")?;
    Ok(rendered)
}

/// Finds the schemas, which stand under `schema` and below `components.schemas`.
fn walk(value: &mut Value, place: &str) -> Result<(), Untranslatable> {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let place = format!("{place}/{name}");
                if name == "schema" {
                    *member = schema(member, &place)?;
                } else if place == "/components/schemas" {
                    each(member, &place)?;
                } else if name != "example" && name != "examples" {
                    walk(member, &place)?;
                }
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| walk(item, place)),
        _ => Ok(()),
    }
}

/// Every member of an object of schemas.
fn each(value: &mut Value, place: &str) -> Result<(), Untranslatable> {
    if let Some(members) = value.as_object_mut() {
        for (name, member) in members {
            *member = schema(member, &format!("{place}/{name}"))?;
        }
    }
    Ok(())
}

fn schema(value: &Value, place: &str) -> Result<Value, Untranslatable> {
    let Value::Object(keywords) = value else {
        // `true` takes anything, as an empty schema does.
        return Ok(if value == &Value::Bool(false) {
            json!({"not": {}})
        } else {
            json!({})
        });
    };
    let mut out = Map::new();
    let mut nullable = false;
    for (keyword, value) in keywords {
        let below = format!("{place}/{keyword}");
        match keyword.as_str() {
            "type" => nullable |= types(value, &mut out),
            "oneOf" | "anyOf" | "allOf" => {
                let (schemas, with_null) = alternatives(value, &below)?;
                nullable |= with_null;
                combine(keyword, schemas, &mut out);
            }
            "items" | "not" => {
                out.insert(keyword.clone(), schema(value, &below)?);
            }
            "additionalProperties" if value.is_object() => {
                out.insert(keyword.clone(), schema(value, &below)?);
            }
            "properties" => {
                let mut properties = value.clone();
                each(&mut properties, &below)?;
                out.insert(keyword.clone(), properties);
            }
            "const" => {
                out.insert("enum".to_owned(), json!([value]));
            }
            "examples" => {
                if let Some(first) = value.get(0) {
                    out.insert("example".to_owned(), first.clone());
                }
            }
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_number() => {
                let bound = if keyword == "exclusiveMinimum" {
                    "minimum"
                } else {
                    "maximum"
                };
                out.insert(bound.to_owned(), value.clone());
                out.insert(keyword.clone(), Value::Bool(true));
            }
            // Any name is allowed where names are texts.
            "propertyNames" => {}
            known if SAME.contains(&known) => {
                out.insert(keyword.clone(), value.clone());
            }
            _ => {
                return Err(Untranslatable {
                    place: place.to_owned(),
                    keyword: keyword.clone(),
                });
            }
        }
    }
    // In 3.0 nothing beside a reference is read.
    if out.len() > 1
        && let Some(reference) = out.remove("$ref")
    {
        out.insert("allOf".to_owned(), json!([{"$ref": reference}]));
    }
    if nullable {
        if let Some(reference) = out.remove("$ref") {
            out.insert("allOf".to_owned(), json!([{"$ref": reference}]));
        }
        out.insert("nullable".to_owned(), Value::Bool(true));
        if let Some(Value::Array(words)) = out.get_mut("enum")
            && !words.contains(&Value::Null)
        {
            words.push(Value::Null);
        }
    }
    Ok(Value::Object(out))
}

/// Puts the type down and answers whether null is one of them.
fn types(value: &Value, out: &mut Map<String, Value>) -> bool {
    let Value::Array(types) = value else {
        out.insert("type".to_owned(), value.clone());
        return false;
    };
    let mut others: Vec<&Value> = types.iter().filter(|one| *one != "null").collect();
    let nullable = others.len() < types.len();
    match (others.pop(), others.is_empty()) {
        (Some(only), true) => {
            out.insert("type".to_owned(), only.clone());
        }
        (Some(last), false) => {
            others.push(last);
            let any = others.into_iter().map(|one| json!({"type": one})).collect();
            out.insert("anyOf".to_owned(), Value::Array(any));
        }
        (None, _) => {}
    }
    nullable
}

/// The schemas of a combination without the one for null, and whether there was one.
fn alternatives(value: &Value, place: &str) -> Result<(Vec<Value>, bool), Untranslatable> {
    let all = value.as_array().map_or(&[][..], Vec::as_slice);
    let null = json!({"type": "null"});
    let schemas = all
        .iter()
        .filter(|one| **one != null)
        .map(|one| schema(one, place))
        .collect::<Result<Vec<_>, _>>()?;
    let with_null = schemas.len() < all.len();
    Ok((schemas, with_null))
}

/// A combination of one is that one.
fn combine(keyword: &str, mut schemas: Vec<Value>, out: &mut Map<String, Value>) {
    if schemas.len() == 1 && keyword != "allOf" {
        if let Some(Value::Object(only)) = schemas.pop() {
            for (keyword, value) in only {
                out.entry(keyword).or_insert(value);
            }
        }
    } else {
        out.insert(keyword.to_owned(), Value::Array(schemas));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(schema: &Value) -> Value {
        let document = json!({"openapi": "3.1.0", "components": {"schemas": {"A": schema}}});
        rendered(&document).unwrap()["components"]["schemas"]["A"].clone()
    }

    #[test]
    fn what_is_new_in_3_1_is_said_in_the_words_of_3_0() {
        for (new, old) in [
            (
                json!({"type": ["string", "null"]}),
                json!({"type": "string", "nullable": true}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}]}),
                json!({"allOf": [{"$ref": "#/x"}], "nullable": true}),
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/x"}], "description": "d"}),
                json!({"description": "d", "allOf": [{"$ref": "#/x"}], "nullable": true}),
            ),
            (
                json!({"$ref": "#/x", "description": "d"}),
                json!({"description": "d", "allOf": [{"$ref": "#/x"}]}),
            ),
            (json!({"const": 1}), json!({"enum": [1]})),
            (
                json!({"exclusiveMinimum": 0, "type": "integer"}),
                json!({"minimum": 0, "exclusiveMinimum": true, "type": "integer"}),
            ),
            (
                json!({"type": "string", "examples": ["a", "b"]}),
                json!({"type": "string", "example": "a"}),
            ),
            (
                json!({"type": ["string", "null"], "enum": ["a"]}),
                json!({"type": "string", "enum": ["a", null], "nullable": true}),
            ),
            (
                json!({"properties": {"schema": {"type": ["array", "null"], "items": {"const": "a"}}}}),
                json!({"properties": {"schema": {"type": "array", "items": {"enum": ["a"]}, "nullable": true}}}),
            ),
        ] {
            assert_eq!(of(&new), old, "{new}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let document = json!({"components": {"schemas": {"A": {"items": {"if": {}}}}}});
        assert_eq!(
            rendered(&document).unwrap_err(),
            Untranslatable {
                place: "/components/schemas/A/items".to_owned(),
                keyword: "if".to_owned()
            }
        );
    }
}
