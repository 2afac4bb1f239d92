//! Values that no other resource may have (RFC 7643, section 7, `uniqueness`).

use serde_json::Value;

use super::Resource;
use crate::filter::told;
use crate::schema::Uniqueness;
use crate::target::{Found, Target};
use crate::{Attribute, ResourceType, Schema};

/// A value that must be the only one of its kind (RFC 7643, section 7).
#[derive(Debug, Clone, PartialEq)]
pub struct UniqueValue {
    /// The attribute or sub-attribute whose value it is.
    pub target: Target,
    /// Equal where a filter's `eq` finds the values so: folded when the attribute is not `caseExact`, a whole
    /// number without a point.
    pub value: Value,
    /// `Server`: among the resources of the tenant. `Global`: among all there are.
    pub uniqueness: Uniqueness,
}

impl Resource {
    /// The values whose uniqueness storage has to see to. The pure reader sees one resource alone.
    pub fn unique_values(&self, resource_type: &ResourceType) -> Vec<UniqueValue> {
        let mut found = Vec::new();
        let core = std::iter::once((None, &*resource_type.schema));
        let containers = resource_type
            .containers()
            .map(|schema| (Some(&**schema), &**schema));
        for (container, schema) in core.chain(containers) {
            let data = match container {
                Some(schema) => self.0.get(&schema.id).and_then(Value::as_object),
                None => Some(&self.0),
            };
            for attribute in &schema.attributes {
                if let Some(value) = data.and_then(|data| data.get(&attribute.name)) {
                    collect(container, attribute, value, &mut found);
                }
            }
        }
        found
    }
}

fn collect(
    container: Option<&Schema>,
    attribute: &Attribute,
    value: &Value,
    found: &mut Vec<UniqueValue>,
) {
    let values = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    let mut add = |sub_attribute: Option<&Attribute>, value: &Value| {
        let leaf = sub_attribute.unwrap_or(attribute);
        found.push(UniqueValue {
            target: Found {
                container,
                attribute,
                sub_attribute,
            }
            .target(),
            value: told(leaf, value),
            uniqueness: leaf.uniqueness,
        });
    };
    let is_unique = |attribute: &Attribute| attribute.uniqueness != Uniqueness::None;
    for value in values {
        if is_unique(attribute) {
            add(None, value);
        }
        for sub in attribute.sub_attributes.iter().filter(|sub| is_unique(sub)) {
            if let Some(value) = value.get(&sub.name) {
                add(Some(sub), value);
            }
        }
    }
}
