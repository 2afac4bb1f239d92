//! Match documents: resources in the form [`matches()`](super::matches) and the database compare them in.

use std::borrow::Cow;

use chrono::{DateTime, Days, NaiveDateTime, Utc};
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
/// Without a zone it is read as UTC. `None` when it is no xsd:dateTime of the years 0 to 9999, or has more
/// than [`MOST_FRACTION_DIGITS`] digits of a second.
///
/// RFC 7644, section 3.4.2.2.
pub fn instant(text: &str) -> Option<String> {
    // The reader of times takes more than an xsd:dateTime is: spaces, signs, numbers of any length.
    if !is_date_time(text.as_bytes()) {
        return None;
    }
    // The end of a day is the start of the next (XML Schema Part 2, section 3.2.7).
    let (text, days) = if is_end_of_day(text) {
        (Cow::from(text.replacen("T24", "T00", 1)), Days::new(1))
    } else {
        (Cow::from(text), Days::new(0))
    };
    let time: DateTime<Utc> = match DateTime::parse_from_rfc3339(&text) {
        Ok(time) => time.to_utc(),
        Err(_) => NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f")
            .ok()?
            .and_utc(),
    };
    let utc = time.checked_add_days(days)?;
    let instant = utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    // A year outside these four digits carries a sign.
    (instant.len() == 27).then_some(instant)
}

/// Digits of a second that an xsd:dateTime may have here; what is beyond the sixth tells nothing apart.
pub const MOST_FRACTION_DIGITS: usize = 12;

/// `yyyy-mm-ddThh:mm:ss[.s+][Z|(+|-)hh:mm]`, each digit in its place.
fn is_date_time(text: &[u8]) -> bool {
    let is_shaped = |text: &[u8], shape: &[u8]| {
        text.iter().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            literal => byte == literal,
        })
    };
    let Some((time, rest)) = text.split_at_checked(19) else {
        return false;
    };
    if !is_shaped(time, b"0000-00-00T00:00:00") {
        return false;
    }
    let zone = match rest.strip_prefix(b".") {
        None => rest,
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=MOST_FRACTION_DIGITS).contains(&digits) {
                return false;
            }
            rest.split_at(digits).1
        }
    };
    match zone {
        b"" | b"Z" => true,
        [b'+' | b'-', offset @ ..] => offset.len() == 5 && is_shaped(offset, b"00:00"),
        _ => false,
    }
}

/// Whether the time of a dateTime is `24:00:00`, with no more than noughts after it.
fn is_end_of_day(text: &str) -> bool {
    text.get(11..19) == Some("24:00:00")
        && !text[19..]
            .trim_start_matches(['.', '0'])
            .starts_with(|next: char| next.is_ascii_digit())
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
    #[cfg(test)]
    crate::looks::look();
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
