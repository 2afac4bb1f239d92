//! Telling the values of one attribute apart.

use std::collections::HashMap;

use serde_json::Value;

use super::place::Place;
use crate::fold::fold;
use crate::{Attribute, Error};

/// Makes values that have their `type` and `value` in common one, at the place of the first; what
/// later ones say of the other sub-attributes holds. Each value comes with its index in what was
/// sent.
///
/// RFC 7643, section 2.4: service providers "SHOULD NOT return the same (type, value) combination
/// more than once per attribute"; "The primary attribute value 'true' MUST appear no more than once."
pub(super) fn distinct(
    place: &Place<'_>,
    attribute: &Attribute,
    values: Vec<(usize, Value)>,
) -> Result<Vec<Value>, Error> {
    let mut distinct: Vec<Value> = Vec::with_capacity(values.len());
    let mut seen = HashMap::new();
    let mut primary = None;
    for (index, value) in values {
        let next = distinct.len();
        let position = match pair(attribute, &value) {
            Some(pair) => *seen.entry(pair).or_insert(next),
            None => next,
        };
        if value.get("primary") == Some(&Value::Bool(true))
            && primary
                .replace(position)
                .is_some_and(|other| other != position)
        {
            return Err(place
                .at(index)
                .child("primary")
                .invalid("another value is primary already; only one can be"));
        }
        match (distinct.get_mut(position), value) {
            (Some(Value::Object(first)), Value::Object(later)) => first.extend(later),
            (_, value) => distinct.push(value),
        }
    }
    Ok(distinct)
}

/// What a value is told by: its `type`, which need not be there, and its `value`.
fn pair(attribute: &Attribute, value: &Value) -> Option<(Option<String>, String)> {
    let text = |name: &str| {
        let definition = attribute.sub_attribute(name)?;
        let text = value.get(name)?.as_str()?;
        Some(if definition.case_exact {
            text.to_owned()
        } else {
            fold(text)
        })
    };
    attribute.sub_attribute("type")?;
    Some((text("type"), text("value")?))
}
