//! Attributes that administrators define as unique (RFC 7643, section 7, `uniqueness`): no two
//! resources of a type of one provider share a value, compared as filters compare it.

use serde_json::{Map, Value};
use vestibule_scim::filter::match_document;
use vestibule_scim::schema::{GROUP, USER, Uniqueness};
use vestibule_scim::{Attribute, Resource, ResourceType, Schema};
use vestibule_storage::{Write, resources};

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
    let unique: Vec<(&Schema, &Attribute)> = resource_type
        .schemas()
        .flat_map(|schema| {
            schema
                .attributes
                .iter()
                .map(move |found| (&**schema, found))
        })
        .filter(|(schema, attribute)| is_unique(schema, attribute))
        .collect();
    if unique.is_empty() {
        return Ok(());
    }
    let document = match_document(resource_type, &resource.0);
    let mut values: Vec<(String, String)> = Vec::new();
    for (schema, attribute) in unique {
        let at_top = schema.id == resource_type.schema.id;
        let data = if at_top {
            Some(&document)
        } else {
            document.get(&schema.id).and_then(Value::as_object)
        };
        let name = if at_top {
            attribute.name.clone()
        } else {
            format!("{}:{}", schema.id, attribute.name)
        };
        values.extend(
            held(data, attribute)
                .into_iter()
                .map(|value| (name.clone(), value)),
        );
    }
    values.sort_unstable();
    values.dedup();
    let provider = caller.provider.id;
    match resources::claim(tx, provider, &resource_type.name, id, &values)? {
        Some(attribute) => Err(Error::Uniqueness(format!("{attribute} is already in use"))),
        None => Ok(()),
    }
}

/// What has a unique index of its own is left to that.
fn is_unique(schema: &Schema, attribute: &Attribute) -> bool {
    attribute.uniqueness != Uniqueness::None
        && !matches!(
            (schema.id.as_str(), attribute.name.as_str()),
            (USER, "userName") | (GROUP, "displayName")
        )
}

/// The values of the attribute, each as JSON text so that 1 and "1" differ.
fn held(data: Option<&Map<String, Value>>, attribute: &Attribute) -> Vec<String> {
    match data.and_then(|data| data.get(&attribute.name)) {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(ToString::to_string).collect(),
        Some(value) => vec![value.to_string()],
    }
}
