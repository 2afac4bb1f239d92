//! The names in `attributes` and `excludedAttributes`.

use serde_json::{Map, Value};

use super::Name;
use crate::message::syntax;
use crate::path::AttributePath;
use crate::schema::Returned;
use crate::target::{container, find, qualified};
use crate::{Attribute, Error, Limits, ResourceType, Tolerances};

/// The names in a list that stand for something. 400 `invalidSyntax` for more than [`Limits::values`].
pub(super) fn parse(
    resource_type: &ResourceType,
    list: &str,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Vec<Name>, Error> {
    let mut names = Vec::new();
    let listed = list.split(',').map(str::trim);
    for (index, text) in listed.filter(|text| !text.is_empty()).enumerate() {
        if index >= limits.values {
            return Err(syntax(&format!(
                "attributes, excludedAttributes: more than {} names",
                limits.values
            )));
        }
        // Once each, so that the schemas bound their number.
        if let Some(name) = name(resource_type, text, limits, tolerances)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// What is returned on request alone and has a value in `after` that it had not in `before`.
pub(super) fn on_request(
    resource_type: &ResourceType,
    before: Option<&Map<String, Value>>,
    after: &Map<String, Value>,
) -> Vec<Name> {
    let mut names = Vec::new();
    let core = std::iter::once((None, &*resource_type.schema));
    let containers = resource_type
        .containers()
        .map(|schema| (Some(schema.id.as_str()), &**schema));
    for (container, schema) in core.chain(containers) {
        for attribute in &schema.attributes {
            let on_request = |attribute: &&Attribute| attribute.returned == Returned::Request;
            if !(on_request(&attribute)
                || attribute.sub_attributes.iter().any(|it| on_request(&it)))
            {
                continue;
            }
            let new = value(after, container, &attribute.name);
            let old = before.and_then(|before| value(before, container, &attribute.name));
            if new.is_none() || old == new {
                continue;
            }
            let mut add = |sub_attribute: Option<&Attribute>| {
                names.push(Name {
                    container: container.map(str::to_owned),
                    attribute: Some(attribute.name.clone()),
                    sub_attribute: sub_attribute.map(|sub| sub.name.clone()),
                });
            };
            if on_request(&attribute) {
                add(None);
            }
            for sub in attribute.sub_attributes.iter().filter(on_request) {
                add(Some(sub));
            }
        }
    }
    names
}

fn value<'a>(
    resource: &'a Map<String, Value>,
    container: Option<&str>,
    name: &str,
) -> Option<&'a Value> {
    let data = match container {
        Some(urn) => resource.get(urn)?.as_object()?,
        None => resource,
    };
    data.get(name)
}

fn name(
    resource_type: &ResourceType,
    text: &str,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Option<Name> {
    if let Some(schema) = container(resource_type, text) {
        return Some(Name {
            container: schema.map(|schema| schema.id.clone()),
            attribute: None,
            sub_attribute: None,
        });
    }
    let path = AttributePath::parse(text, limits).ok()?;
    let found = find(resource_type, &qualified(resource_type, &path, tolerances))?;
    Some(Name {
        container: found.container.map(|schema| schema.id.clone()),
        attribute: Some(found.attribute.name.clone()),
        sub_attribute: found.sub_attribute.map(|sub| sub.name.clone()),
    })
}
