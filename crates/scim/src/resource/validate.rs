//! Holding a resource to its schemas.

use serde_json::{Map, Value};

use super::Resource;
use super::place::Place;
use super::reader::{Reader, UNKNOWN_SCHEMA, check_required};
use super::value::{kind_of, mismatch};
use crate::schema::{AttributeType, Mutability};
use crate::{Attribute, Error, Limits, ResourceType, Schema, ScimType, Tolerance, Tolerances};

/// Brings a resource into canonical form, or says what is wrong with it; see [`Resource::parse`],
/// which also looks at the `schemas` the client sent. What is canonical stays as it is.
///
/// RFC 7643, section 3.
pub fn validate(
    resource_type: &ResourceType,
    map: Map<String, Value>,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Resource, Error> {
    let mut reader = Reader::new(limits, tolerances).with_endpoints(&resource_type.endpoints);
    let mut resource = Map::with_capacity(map.len() + 1);
    resource.insert("schemas".to_owned(), Value::Null);
    for (key, value) in map {
        reader.entry(resource_type, key, value, &mut resource)?;
    }
    check_required(None, &resource_type.schema.attributes, &resource)?;
    for extension in &resource_type.extensions {
        let urn = &extension.schema.id;
        if extension.required && !resource.contains_key(urn) {
            return Err(Place::top(urn).invalid("a value is required"));
        }
    }
    let schemas = resource_type
        .schemas()
        .enumerate()
        .filter(|(index, schema)| *index == 0 || resource.contains_key(&schema.id))
        .map(|(_, schema)| Value::String(schema.id.clone()))
        .collect();
    resource.insert("schemas".to_owned(), Value::Array(schemas));
    Ok(Resource(resource))
}

/// Holds a new resource to what is required and never kept: later it cannot be seen any more
/// whether it was there.
pub(super) fn check_write_only(
    resource_type: &ResourceType,
    map: &Map<String, Value>,
) -> Result<(), Error> {
    let get = |map: &Map<String, Value>, name: &str| {
        map.iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_null())
    };
    for (index, schema) in resource_type.schemas().enumerate() {
        let needed = schema.attributes.iter().filter(|attribute| {
            attribute.required && attribute.mutability == Mutability::WriteOnly
        });
        for attribute in needed {
            let (place, given) = if index == 0 {
                (None, get(map, &attribute.name))
            } else {
                match get(map, &schema.id) {
                    Some(Value::Object(data)) => {
                        (Some(Place::top(&schema.id)), get(&data, &attribute.name))
                    }
                    _ => continue,
                }
            };
            if given.is_none() {
                let place = Place::below(place.as_ref(), &attribute.name);
                return Err(place.invalid("a value is required"));
            }
        }
    }
    Ok(())
}

/// Brings the value of one attribute into canonical form; `None` when it is unassigned. The
/// attribute is a sub-attribute of `parent` when there is one, and lies in the extension
/// `container` when there is one.
pub(crate) fn value(
    mut reader: Reader<'_>,
    container: Option<&Schema>,
    parent: Option<&Attribute>,
    attribute: &Attribute,
    value: Value,
) -> Result<Option<Value>, Error> {
    let container = container.map(|schema| Place::top(&schema.id));
    let parent = parent.map(|parent| Place::below(container.as_ref(), &parent.name));
    let place = Place::below(parent.as_ref().or(container.as_ref()), &attribute.name);
    reader.attribute(&place, attribute, value)
}

/// Looks at the `schemas` a client sent. They are not kept: what a resource has data of decides.
pub(super) fn check_schemas(
    resource_type: &ResourceType,
    map: &Map<String, Value>,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<(), Error> {
    let place = Place::top("schemas");
    let sent = map
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("schemas"))
        .map_or(&Value::Null, |(_, value)| value);
    let sent = match sent {
        Value::Null => &[],
        Value::Array(sent) => sent.as_slice(),
        Value::String(_) if tolerances.accept(Tolerance::SingleForMany) => {
            std::slice::from_ref(sent)
        }
        other => {
            return Err(place.invalid(format_args!("expected an array, got {}", kind_of(other))));
        }
    };
    if sent.len() > limits.values {
        return Err(place.invalid(format_args!("more than {} values", limits.values)));
    }
    let mut core = false;
    for (index, urn) in sent.iter().enumerate() {
        let Value::String(urn) = urn else {
            return Err(mismatch(&place.at(index), AttributeType::Reference, urn));
        };
        if resource_type.schema.id.eq_ignore_ascii_case(urn) {
            core = true;
        } else if resource_type.extension(urn).is_none()
            && !tolerances.accept_named(Tolerance::UnknownSchema, urn)
        {
            return Err(Place::unknown(Some(&place), UNKNOWN_SCHEMA, urn));
        }
    }
    // RFC 7643, section 3: the attribute is REQUIRED and non-empty. Clients that leave it out
    // leave no doubt about what they mean.
    if !core && !tolerances.accept(Tolerance::MissingSchemas) {
        return Err(Error::bad_request(
            ScimType::InvalidSyntax,
            format!(
                "schemas: expected \"{}\" among them",
                resource_type.schema.id
            ),
        ));
    }
    Ok(())
}
