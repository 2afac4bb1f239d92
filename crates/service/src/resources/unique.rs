//! Attributes that administrators define as unique (RFC 7643, section 7, `uniqueness`): no two
//! resources of a type of one provider share a value, compared as filters compare it.

use vestibule_scim::schema::{GROUP, USER, Uniqueness};
use vestibule_scim::{Attribute, Resource, ResourceType, Schema};
use vestibule_storage::{Write, resources};

use super::indexed::indexed;
use crate::{Caller, Error};

/// Makes the unique values of a resource its own. 409 `uniqueness` naming the attribute whose value
/// another resource has.
pub(super) fn claim(
    tx: &mut Write<'_>,
    caller: &Caller,
    resource_type: &ResourceType,
    id: &str,
    resource: &Resource,
) -> Result<(), Error> {
    if !has_unique(resource_type) {
        return Ok(());
    }
    let mut values: Vec<(String, String)> = resource
        .unique_values(resource_type)
        .iter()
        .filter(|unique| {
            let at_top = unique.target.schema.is_none();
            !(at_top && has_index(&resource_type.schema, &unique.target.attribute))
        })
        .map(|unique| {
            let attribute = unique.target.to_string();
            // As JSON text 1 and "1" differ.
            let value = indexed(&attribute, unique.value.to_string())?;
            Ok((attribute, value))
        })
        .collect::<Result<_, Error>>()?;
    values.sort_unstable();
    values.dedup();
    let provider = caller.provider.id;
    match resources::claim(tx, provider, &resource_type.name, id, &values)? {
        Some(attribute) => Err(Error::taken(&attribute)),
        None => Ok(()),
    }
}

/// Whether anything of the type has to be claimed.
fn has_unique(resource_type: &ResourceType) -> bool {
    let is_unique = |attribute: &Attribute| attribute.uniqueness != Uniqueness::None;
    resource_type.schemas().any(|schema| {
        schema.attributes.iter().any(|attribute| {
            is_unique(attribute) && !has_index(schema, &attribute.name)
                || attribute.sub_attributes.iter().any(is_unique)
        })
    })
}

/// What has a unique index of its own is left to that.
fn has_index(schema: &Schema, attribute: &str) -> bool {
    matches!(
        (schema.id.as_str(), attribute),
        (USER, "userName") | (GROUP, "displayName")
    )
}
