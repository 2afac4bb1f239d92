//! Immutable attributes (RFC 7643, section 7, `mutability`; RFC 7644, section 3.5.1): once they
//! have a value they keep it.

use serde_json::{Map, Value};

use super::Resource;
use crate::filter::comparable;
use crate::schema::Mutability;
use crate::{Attribute, Error, ResourceType, ScimType};

impl Resource {
    /// Takes over what a PUT may not change: an immutable attribute that the client left out keeps
    /// its value. 400 `mutability` when it sent another one (RFC 7644, section 3.5.1).
    ///
    /// `current` is the resource as it is stored; `self` has been read by [`Resource::parse`].
    pub fn replacing(
        mut self,
        resource_type: &ResourceType,
        current: &Self,
    ) -> Result<Self, Error> {
        keep(resource_type, &current.0, &mut self.0, Absent::IsKept)?;
        Ok(self)
    }
}

/// 400 `mutability` when an immutable attribute has another value than before, or none any more.
pub(crate) fn check_unchanged(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &mut Map<String, Value>,
) -> Result<(), Error> {
    keep(resource_type, before, after, Absent::IsChanged)
}

/// 400 `mutability` when an immutable sub-attribute of a value has another value than before.
pub(crate) fn check_parts(
    attribute: &Attribute,
    before: &Value,
    after: &mut Value,
) -> Result<(), Error> {
    let immutable = attribute
        .sub_attributes
        .iter()
        .filter(|sub| is_immutable(sub));
    for sub in immutable {
        if let Some(before) = before.get(&sub.name)
            && after
                .get(&sub.name)
                .is_none_or(|after| !same(sub, before, after))
        {
            return Err(changed(&format!("{}.{}", attribute.name, sub.name)));
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
            // The values of a multi-valued attribute come and go whole.
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
        }
    }
    Ok(())
}

fn keep_one(
    within: &str,
    attribute: &Attribute,
    before: &Value,
    after: &mut Map<String, Value>,
    absent: Absent,
) -> Result<(), Error> {
    match after.get(&attribute.name) {
        Some(after) if same(attribute, before, after) => Ok(()),
        None if absent == Absent::IsKept => {
            after.insert(attribute.name.clone(), before.clone());
            Ok(())
        }
        _ => Err(changed(&format!("{within}{}", attribute.name))),
    }
}

/// Values are told apart as a filter would; those of a multi-valued attribute have no order
/// (RFC 7643, section 2.4).
fn same(attribute: &Attribute, before: &Value, after: &Value) -> bool {
    let (before, after) = (comparable(attribute, before), comparable(attribute, after));
    match (&before, &after) {
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().all(|value| after.contains(value))
                && after.iter().all(|value| before.contains(value))
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
