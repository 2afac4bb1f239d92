//! Immutable attributes (RFC 7643, section 7, `mutability`; RFC 7644, section 3.5.1): once they
//! have a value they keep it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Resource;
use super::place::Place;
use super::reader::check_required;
use crate::filter::told;
use crate::schema::{Mutability, is_group_members};
use crate::{Attribute, Error, ResourceType, Schema, ScimType};

impl Resource {
    /// Takes over what a PUT may not change: an immutable attribute that the client left out keeps
    /// its value, as does one whose value it sent in another way of writing. 400 `mutability` when it sent
    /// another value (RFC 7644, section 3.5.1). 400 `invalidValue` when what stays for that lacks what is
    /// required beside it.
    ///
    /// `current` is the resource as it is stored; `self` has been read by [`Resource::parse`].
    pub fn replacing(
        mut self,
        resource_type: &ResourceType,
        current: &Self,
    ) -> Result<Self, Error> {
        keep(resource_type, &current.0, &mut self.0, Absent::IsKept)?;
        check_complete(resource_type, &self.0)?;
        Ok(self)
    }
}

/// Holds what was kept to what is required beside it.
fn check_complete(
    resource_type: &ResourceType,
    resource: &Map<String, Value>,
) -> Result<(), Error> {
    let complete = |place: Option<&Place<'_>>, schema: &Schema, data: &Map<String, Value>| {
        check_required(place, &schema.attributes, data)?;
        schema
            .attributes
            .iter()
            .try_for_each(|attribute| match data.get(&attribute.name) {
                Some(Value::Object(parts)) => {
                    let place = Place::below(place, &attribute.name);
                    check_required(Some(&place), &attribute.sub_attributes, parts)
                }
                _ => Ok(()),
            })
    };
    complete(None, &resource_type.schema, resource)?;
    for schema in resource_type.containers() {
        if let Some(Value::Object(data)) = resource.get(&schema.id) {
            complete(Some(&Place::top(&schema.id)), schema, data)?;
        }
    }
    Ok(())
}

/// 400 `mutability` when an immutable attribute has another value than before, or none any more.
pub(crate) fn check_unchanged(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
) -> Result<(), Error> {
    keep(resource_type, before, after, Absent::IsChanged)
}

/// 400 `mutability` when an immutable sub-attribute of a value has another value than before. One that was
/// written in another way stays as it was.
pub(crate) fn check_parts(
    attribute: &Attribute,
    before: &Value,
    after: &mut Value,
) -> Result<(), Error> {
    let Value::Object(before) = before else {
        return Ok(());
    };
    let within = format!("{}.", attribute.name);
    for sub in attribute
        .sub_attributes
        .iter()
        .filter(|sub| is_immutable(sub))
    {
        if let Some(before) = before.get(&sub.name) {
            match after {
                Value::Object(after) => {
                    keep_one(&within, sub, before, after, Absent::IsChanged)?;
                }
                _ => return Err(changed(&format!("{within}{}", sub.name))),
            }
        }
    }
    Ok(())
}

/// What it means that a value is there no longer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    IsKept,
    IsChanged,
}

fn keep(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
    absent: Absent,
) -> Result<(), Error> {
    keep_attributes("", &resource_type.schema.attributes, before, after, absent)?;
    for schema in resource_type.containers() {
        let Some(Value::Object(before)) = before.get(&schema.id) else {
            continue;
        };
        let has_immutable = |attribute: &Attribute| {
            is_immutable(attribute) || attribute.sub_attributes.iter().any(is_immutable)
        };
        if !schema.attributes.iter().any(has_immutable) {
            continue;
        }
        let within = format!("{}:", schema.id);
        let mut container = match after.shift_remove(&schema.id) {
            Some(Value::Object(container)) => container,
            _ => Map::new(),
        };
        keep_attributes(&within, &schema.attributes, before, &mut container, absent)?;
        if !container.is_empty() {
            after.insert(schema.id.clone(), Value::Object(container));
            name_schema(after, &schema.id);
        }
    }
    Ok(())
}

/// What a resource has data of is among its `schemas`.
fn name_schema(resource: &mut Map<String, Value>, urn: &str) {
    if let Some(Value::Array(schemas)) = resource.get_mut("schemas")
        && !schemas.iter().any(|known| known == urn)
    {
        schemas.push(urn.into());
    }
}

fn keep_attributes(
    within: &str,
    attributes: &[Attribute],
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
    absent: Absent,
) -> Result<(), Error> {
    for attribute in attributes {
        let Some(old) = before.get(&attribute.name) else {
            continue;
        };
        if is_immutable(attribute) {
            keep_one(within, attribute, old, after, absent)?;
        } else if let Value::Object(old) = old {
            let within = format!("{within}{}.", attribute.name);
            for sub in attribute
                .sub_attributes
                .iter()
                .filter(|sub| is_immutable(sub))
            {
                let Some(old) = old.get(&sub.name) else {
                    continue;
                };
                if !after.contains_key(&attribute.name) && absent == Absent::IsKept {
                    after.insert(attribute.name.clone(), Value::Object(Map::new()));
                }
                match after.get_mut(&attribute.name) {
                    Some(Value::Object(after)) => keep_one(&within, sub, old, after, absent)?,
                    _ => return Err(changed(&format!("{within}{}", sub.name))),
                }
            }
        } else if let Value::Array(old) = old
            && let Some(Value::Array(new)) = after.get_mut(&attribute.name)
            && !is_group_members(attribute)
        {
            let within = format!("{within}{}.", attribute.name);
            keep_values(&within, attribute, old, new, absent)?;
        }
    }
    Ok(())
}

/// The immutable sub-attributes of a value, as they are told apart.
type Parts = Vec<Option<Value>>;

/// The values of a multi-valued attribute come and go whole; those with one `value` are one and the same.
/// (Who is a member of a group is told by the id alone.)
fn keep_values(
    within: &str,
    attribute: &Attribute,
    old: &[Value],
    new: &mut [Value],
    absent: Absent,
) -> Result<(), Error> {
    let parts: Vec<&Attribute> = attribute
        .sub_attributes
        .iter()
        .filter(|sub| is_immutable(sub))
        .collect();
    let Some(significant) = attribute
        .sub_attribute("value")
        .filter(|_| !parts.is_empty())
    else {
        return Ok(());
    };
    let key = |value: &Value| Some(told(significant, value.get(&significant.name)?).to_string());
    let read = |value: &Value| -> Parts {
        parts
            .iter()
            .map(|sub| Some(in_order(told(sub, value.get(&sub.name)?))))
            .collect()
    };
    // Those that none of the new ones continues yet.
    let mut known: HashMap<String, Vec<(&Value, Parts)>> = HashMap::new();
    for old in old {
        if let Some(key) = key(old) {
            known.entry(key).or_default().push((old, read(old)));
        }
    }
    let mut open: Vec<_> = new
        .iter_mut()
        .filter_map(|new| Some((key(new)?, read(new), new)))
        .collect();
    // Those that say all go first, so that none of them takes the place of another.
    for absent in [Absent::IsChanged, absent] {
        open.retain_mut(|(key, read, new)| {
            let Some(candidates) = known.get_mut(key) else {
                return false;
            };
            let found = candidates
                .iter()
                .position(|(_, old)| differs(old, read, absent).is_none());
            let Some(at) = found else { return true };
            let (old, _) = candidates.remove(at);
            for sub in &parts {
                if let (Some(old), Value::Object(new)) = (old.get(&sub.name), &mut **new) {
                    new.insert(sub.name.clone(), old.clone());
                }
            }
            false
        });
    }
    // A further value beside those that are still there is a new one.
    let refused = open.iter().find_map(|(key, read, _)| {
        let (_, old) = known.get(key)?.first()?;
        parts.get(differs(old, read, absent)?)
    });
    match refused {
        Some(sub) => Err(changed(&format!("{within}{}", sub.name))),
        None => Ok(()),
    }
}

/// Which part of a value is not what it was.
fn differs(old: &[Option<Value>], new: &[Option<Value>], absent: Absent) -> Option<usize> {
    old.iter().zip(new).position(|parts| match parts {
        (None, _) => false,
        (Some(_), None) => absent == Absent::IsChanged,
        (Some(old), Some(new)) => old != new,
    })
}

/// Several values, which have no order, in one.
fn in_order(mut value: Value) -> Value {
    if let Value::Array(values) = &mut value {
        values.sort_by_cached_key(Value::to_string);
    }
    value
}

fn keep_one(
    within: &str,
    attribute: &Attribute,
    before: &Value,
    after: &mut Map<String, Value>,
    absent: Absent,
) -> Result<(), Error> {
    match after.get_mut(&attribute.name) {
        Some(after) if same(attribute, before, after) => {
            after.clone_from(before);
            Ok(())
        }
        None if absent == Absent::IsKept => {
            after.insert(attribute.name.clone(), before.clone());
            Ok(())
        }
        _ => Err(changed(&format!("{within}{}", attribute.name))),
    }
}

/// Values are told apart as a filter's `eq` would; those of a multi-valued attribute have no order
/// (RFC 7643, section 2.4).
pub(crate) fn same(attribute: &Attribute, before: &Value, after: &Value) -> bool {
    let (before, after) = (told(attribute, before), told(attribute, after));
    match (&before, &after) {
        (Value::Array(before), Value::Array(after)) => {
            let (one, other): (HashSet<_>, HashSet<_>) =
                (before.iter().collect(), after.iter().collect());
            before.len() == after.len() && one == other
        }
        _ => before == after,
    }
}

fn is_immutable(attribute: &Attribute) -> bool {
    attribute.mutability == Mutability::Immutable
}

fn changed(name: &str) -> Error {
    Error::bad_request(
        ScimType::Mutability,
        format!("{name} is immutable: it has a value already"),
    )
}
