//! Match documents: resources in the form [`matches()`](super::matches) and the database compare them in.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Map, Value};

use super::number;
use crate::fold::fold;
use crate::resource::primary_email;
use crate::schema::AttributeType;
use crate::schema::common_attribute;
use crate::target::Target;
use crate::{Attribute, ResourceType, Schema};

/// The same tree as `resource` with every string that is not `caseExact` folded and every dateTime
/// an [`instant`]; for a person who has one, also [`Target::PRIMARY_EMAIL`].
///
/// RFC 7644, section 3.4.2.2.
pub fn match_document(
    resource_type: &ResourceType,
    resource: &Map<String, Value>,
) -> Map<String, Value> {
    let mut document: Map<String, Value> = resource
        .iter()
        .map(|(name, value)| {
            let core = resource_type
                .schema
                .attribute(name)
                .or_else(|| common_attribute(name));
            let value = match (core, value) {
                (Some(attribute), value) => comparable(attribute, value),
                (None, Value::Object(data)) => {
                    match resource_type.schemas().find(|schema| schema.id == *name) {
                        Some(extension) => Value::Object(comparable_extension(extension, data)),
                        None => value.clone(),
                    }
                }
                (None, value) => value.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    if resource_type.schema.attribute("emails").is_some()
        && let Some(address) = primary_email(resource)
    {
        document.insert(
            Target::PRIMARY_EMAIL.to_owned(),
            Value::String(fold(address)),
        );
    }
    document
}

/// A dateTime in UTC, in text of fixed width (`2011-05-13T04:42:34.000000Z`) that sorts by time.
/// Without a zone it is read as UTC. `None` when it is no xsd:dateTime of the years 0 to 9999.
///
/// RFC 7644, section 3.4.2.2.
pub fn instant(text: &str) -> Option<String> {
    let utc: DateTime<Utc> = match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.to_utc(),
        Err(_) => NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()?
            .and_utc(),
    };
    let instant = utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    // A year outside these four digits carries a sign.
    (instant.len() == 27).then_some(instant)
}

/// One value, or all values, of an attribute in the form a match document has them.
pub(crate) fn comparable(attribute: &Attribute, value: &Value) -> Value {
    match value {
        Value::Array(values) => values
            .iter()
            .map(|value| comparable(attribute, value))
            .collect(),
        Value::Object(data) => data
            .iter()
            .map(|(name, value)| {
                let value = match attribute.sub_attribute(name) {
                    // Sub-attributes of sub-attributes do not exist (RFC 7643, section 2.3.8).
                    Some(sub) if sub.kind != AttributeType::Complex => comparable(sub, value),
                    _ => value.clone(),
                };
                (name.clone(), value)
            })
            .collect(),
        Value::String(text) => match attribute.kind {
            AttributeType::DateTime => instant(text).map_or_else(|| value.clone(), Value::String),
            AttributeType::String | AttributeType::Reference if !attribute.case_exact => {
                Value::String(fold(text))
            }
            _ => value.clone(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// The same where values are told apart by being equal: two are when a filter's `eq` finds them so.
pub(crate) fn told(attribute: &Attribute, value: &Value) -> Value {
    let mut told = comparable(attribute, value);
    write_once(&mut told);
    told
}

// As deep as an attribute is: values, and their parts.
fn write_once(value: &mut Value) {
    match value {
        Value::Number(number) => *number = number::canonical(number),
        Value::Array(values) => values.iter_mut().for_each(write_once),
        Value::Object(data) => data.values_mut().for_each(write_once),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn comparable_extension(extension: &Schema, data: &Map<String, Value>) -> Map<String, Value> {
    data.iter()
        .map(|(name, value)| {
            let value = extension
                .attribute(name)
                .map_or_else(|| value.clone(), |found| comparable(found, value));
            (name.clone(), value)
        })
        .collect()
}
