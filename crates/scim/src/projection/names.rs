//! The names in `attributes` and `excludedAttributes`.

use serde_json::{Map, Value};

use super::Name;
use crate::schema::{Returned, common_attribute};
use crate::{Attribute, ResourceType, Schema};

/// The names in a list that stand for something.
pub(super) fn parse(resource_type: &ResourceType, list: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for text in list.split(',') {
        // Once each, so that the schemas bound their number.
        if let Some(name) = name(resource_type, text.trim())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
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

fn name(resource_type: &ResourceType, text: &str) -> Option<Name> {
    for schema in resource_type.containers() {
        if let Some(rest) = behind_urn(schema, text) {
            let container = Some(schema.id.clone());
            if rest.is_empty() {
                return Some(Name {
                    container,
                    attribute: None,
                    sub_attribute: None,
                });
            }
            return attribute(container, rest, |name| schema.attribute(name));
        }
    }
    let core = &resource_type.schema;
    let text = match behind_urn(core, text) {
        Some("") => {
            return Some(Name {
                container: None,
                attribute: None,
                sub_attribute: None,
            });
        }
        Some(rest) => rest,
        None => text,
    };
    attribute(None, text, |name| {
        core.attribute(name).or_else(|| common_attribute(name))
    })
}

/// What follows a schema's URN: nothing, or an attribute name behind a colon. Names the schema, not
/// the path, because the URNs hold dots and colons themselves.
fn behind_urn<'t>(schema: &Schema, text: &'t str) -> Option<&'t str> {
    let (urn, rest) = text.split_at_checked(schema.id.len())?;
    if !urn.eq_ignore_ascii_case(&schema.id) {
        return None;
    }
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(':')
}

fn attribute<'a>(
    container: Option<String>,
    text: &str,
    find: impl FnOnce(&str) -> Option<&'a Attribute>,
) -> Option<Name> {
    let (top, sub) = match text.split_once('.') {
        Some((top, sub)) => (top, Some(sub)),
        None => (text, None),
    };
    let attribute = find(top)?;
    let sub_attribute = match sub {
        Some(sub) => Some(attribute.sub_attribute(sub)?.name.clone()),
        None => None,
    };
    Some(Name {
        container,
        attribute: Some(attribute.name.clone()),
        sub_attribute,
    })
}
