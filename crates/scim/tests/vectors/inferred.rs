//! Schemas for vectors that come without one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use vestibule_scim::filter::instant;
use vestibule_scim::schema::{AttributeType, Mutability, Returned, USER, Uniqueness};
use vestibule_scim::{Attribute, ResourceType, Schema};

/// A resource type whose schema is what the resources show.
pub(crate) fn inferred(resources: &[Value], hints: &str) -> ResourceType {
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut extensions: BTreeMap<String, Vec<Attribute>> = BTreeMap::new();
    for (name, value) in resources.iter().filter_map(Value::as_object).flatten() {
        match value {
            Value::Object(data) if name.contains(':') => {
                let seen = extensions.entry(name.clone()).or_default();
                for (name, value) in data {
                    observe(seen, name, value, hints);
                }
            }
            _ => observe(&mut attributes, name, value, hints),
        }
    }
    let schema = |id: &str, attributes: Vec<Attribute>| {
        Arc::new(Schema {
            id: id.to_owned(),
            name: String::new(),
            description: String::new(),
            attributes,
        })
    };
    attributes.retain(|attribute| {
        !["id", "externalId", "meta", "schemas"].contains(&attribute.name.as_str())
    });
    ResourceType {
        schema: schema(USER, attributes),
        extensions: Vec::new(),
        adopted: extensions
            .into_iter()
            .map(|(id, attributes)| schema(&id, attributes))
            .collect(),
        ..ResourceType::user()
    }
}

fn observe(attributes: &mut Vec<Attribute>, name: &str, value: &Value, hints: &str) {
    let multi_valued = value.is_array();
    let values = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    for value in values {
        let at = attributes
            .iter()
            .position(|known| known.name == name)
            .unwrap_or_else(|| {
                attributes.push(attribute(name, kind_of(value), hints));
                attributes.len() - 1
            });
        let known = &mut attributes[at];
        known.multi_valued |= multi_valued;
        if let Value::Object(data) = value {
            known.kind = AttributeType::Complex;
            for (name, value) in data {
                observe(&mut known.sub_attributes, name, value, hints);
            }
        }
    }
    if values.is_empty() {
        attributes.push(Attribute {
            multi_valued,
            ..attribute(name, AttributeType::String, hints)
        });
    }
}

fn kind_of(value: &Value) -> AttributeType {
    match value {
        Value::Bool(_) => AttributeType::Boolean,
        Value::Number(number) if number.is_f64() => AttributeType::Decimal,
        Value::Number(_) => AttributeType::Integer,
        Value::String(text) if instant(text).is_some() => AttributeType::DateTime,
        Value::Object(_) => AttributeType::Complex,
        Value::String(_) | Value::Array(_) | Value::Null => AttributeType::String,
    }
}

fn attribute(name: &str, kind: AttributeType, hints: &str) -> Attribute {
    let hint = hints
        .split("; ")
        .find_map(|hint| hint.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_default();
    Attribute {
        name: name.to_owned(),
        kind,
        multi_valued: false,
        description: String::new(),
        required: false,
        canonical_values: Vec::new(),
        case_exact: hint.contains("caseExact=true"),
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}

pub(crate) fn add_unseen(resource_type: &mut ResourceType, name: &str) -> Result<(), String> {
    let mut schema = (*resource_type.schema).clone();
    match name.split_once('.') {
        Some((parent, sub)) => {
            let parent = schema
                .attributes
                .iter_mut()
                .find(|attribute| attribute.name.eq_ignore_ascii_case(parent))
                .ok_or_else(|| format!("there is no {name}"))?;
            parent.kind = AttributeType::Complex;
            parent
                .sub_attributes
                .push(attribute(sub, AttributeType::String, ""));
        }
        None => schema
            .attributes
            .push(attribute(name, AttributeType::String, "")),
    }
    resource_type.schema = Arc::new(schema);
    Ok(())
}
