//! Which attributes a response carries (RFC 7644, section 3.9).

mod names;

use serde_json::{Map, Value};

use crate::schema::{Returned, common_attribute};
use crate::{Attribute, Error, Limits, Resource, ResourceType, ScimType, Tolerances};

/// What the client wants to see of a resource (RFC 7644, section 3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projection(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// Everything, and the resource type has nothing that is returned on request or never.
    Everything,
    /// What is returned by default.
    ByDefault,
    /// What is returned by default, and these, which are returned on request.
    Besides(Vec<Name>),
    /// These and what is always returned.
    Only(Vec<Name>),
    /// What is returned by default without these.
    Without(Vec<Name>),
}

/// An attribute under its canonical name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// The key under which the attribute lies; `None` at the top level.
    container: Option<String>,
    /// `None` is the whole container.
    attribute: Option<String>,
    sub_attribute: Option<String>,
}

impl Projection {
    /// Reads the parameters `attributes` and `excludedAttributes`: names separated by commas,
    /// URNs and sub-attributes included; the URN of an extension stands for all of it. Names that
    /// stand for nothing are ignored, also those that only a tolerance understands, where it is not
    /// accepted; an empty parameter counts as absent.
    ///
    /// 400 `invalidSyntax` for more names than [`Limits::values`]; 400 `invalidValue` when both are given: "either of the two mutually exclusive URL query
    /// parameters" (RFC 7644, section 3.9).
    pub fn parse(
        resource_type: &ResourceType,
        attributes: Option<&str>,
        excluded: Option<&str>,
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, Error> {
        let mut names = |text| names::parse(resource_type, text, limits, tolerances);
        let given = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
        let kind = match (attributes, excluded) {
            _ if given(attributes) && given(excluded) => {
                return Err(Error::bad_request(
                    ScimType::InvalidValue,
                    "attributes and excludedAttributes cannot be used together: leave one out",
                ));
            }
            (Some(text), _) if given(attributes) => Kind::Only(names(text)?),
            (_, Some(text)) if given(excluded) => Kind::Without(names(text)?),
            _ if has_hidden(resource_type) => Kind::ByDefault,
            _ => Kind::Everything,
        };
        Ok(Self(kind))
    }

    /// Whether a resource goes out as it is, so that it need not be parsed.
    pub fn is_default(&self) -> bool {
        self.0 == Kind::Everything
    }

    /// The projection of the answer to a request that made `after` of `before`; where there was
    /// nothing before, or it was replaced, `before` is `None`. What is returned on request is so
    /// "in response to any PUT, POST, or PATCH operations if the attribute was specified by the
    /// client" (RFC 7643, section 7), unless the client said what it wants back.
    #[must_use]
    pub fn of_change(
        &self,
        resource_type: &ResourceType,
        before: Option<&Resource>,
        after: &Resource,
    ) -> Self {
        match &self.0 {
            Kind::ByDefault => {
                let before = before.map(|before| &before.0);
                let names = names::on_request(resource_type, before, &after.0);
                Self(Kind::Besides(names))
            }
            _ => self.clone(),
        }
    }

    /// Whether any of an attribute of the core schema that is returned by default goes out, so
    /// that what would only be thrown away need not be computed. `name` is the canonical name.
    pub fn wants(&self, name: &str) -> bool {
        let is = |wanted: &Name| {
            wanted.container.is_none() && wanted.attribute.as_deref().is_none_or(|it| it == name)
        };
        match &self.0 {
            Kind::Everything | Kind::ByDefault | Kind::Besides(_) => true,
            Kind::Only(names) => names.iter().any(is),
            Kind::Without(names) => !names
                .iter()
                .any(|wanted| is(wanted) && wanted.sub_attribute.is_none()),
        }
    }

    /// Leaves out of a whole resource what does not go out. The order stays.
    pub fn apply(
        &self,
        resource_type: &ResourceType,
        resource: Map<String, Value>,
    ) -> Map<String, Value> {
        if self.is_default() {
            return resource;
        }
        let mut kept = Map::with_capacity(resource.len());
        for (key, value) in resource {
            let core = resource_type
                .schema
                .attribute(&key)
                .or_else(|| common_attribute(&key));
            let value = match (core, resource_type.extension(&key), value) {
                (Some(attribute), _, value) => self.attribute(None, attribute, value),
                (None, Some(schema), Value::Object(data)) => {
                    self.container(&schema.id, &schema.attributes, data)
                }
                _ => None,
            };
            if let Some(value) = value {
                kept.insert(key, value);
            }
        }
        kept
    }

    fn container(
        &self,
        urn: &str,
        attributes: &[Attribute],
        data: Map<String, Value>,
    ) -> Option<Value> {
        let data: Map<String, Value> = data
            .into_iter()
            .filter_map(|(key, value)| {
                let attribute = attributes.iter().find(|attribute| attribute.name == key)?;
                let value = self.attribute(Some(urn), attribute, value)?;
                Some((key, value))
            })
            .collect();
        (!data.is_empty()).then_some(Value::Object(data))
    }

    /// What goes out of an attribute's value.
    fn attribute(
        &self,
        container: Option<&str>,
        attribute: &Attribute,
        value: Value,
    ) -> Option<Value> {
        match self.verdict(container, attribute, None) {
            Verdict::Out => None,
            Verdict::Whole if !attribute.sub_attributes.iter().any(is_hidden) => Some(value),
            Verdict::Whole | Verdict::Partly => self.sub_attributes(container, attribute, value),
        }
    }

    fn sub_attributes(
        &self,
        container: Option<&str>,
        attribute: &Attribute,
        value: Value,
    ) -> Option<Value> {
        match value {
            Value::Array(values) => {
                let values: Vec<Value> = values
                    .into_iter()
                    .filter_map(|value| self.complex(container, attribute, value))
                    .collect();
                (!values.is_empty()).then_some(Value::Array(values))
            }
            value => self.complex(container, attribute, value),
        }
    }

    fn complex(
        &self,
        container: Option<&str>,
        attribute: &Attribute,
        value: Value,
    ) -> Option<Value> {
        let Value::Object(mut object) = value else {
            return Some(value);
        };
        object.retain(|key, _| {
            attribute
                .sub_attribute(key)
                .is_some_and(|sub| self.verdict(container, attribute, Some(sub)) != Verdict::Out)
        });
        (!object.is_empty()).then_some(Value::Object(object))
    }

    /// What becomes of an attribute, or of one of its sub-attributes.
    fn verdict(
        &self,
        container: Option<&str>,
        attribute: &Attribute,
        sub: Option<&Attribute>,
    ) -> Verdict {
        let returned = sub.unwrap_or(attribute).returned;
        match (attribute.returned, returned) {
            (_, Returned::Never) => return Verdict::Out,
            // What is always returned is so with all its parts.
            (Returned::Always, _) | (_, Returned::Always) => return Verdict::Whole,
            (_, Returned::Default | Returned::Request) => {}
        }
        let by_default = if returned == Returned::Default {
            Verdict::Whole
        } else {
            Verdict::Out
        };
        let names = match &self.0 {
            Kind::Everything | Kind::ByDefault => return by_default,
            Kind::Only(names) | Kind::Without(names) | Kind::Besides(names) => names,
        };
        let mut part = false;
        let mut whole = false;
        for name in names
            .iter()
            .filter(|name| name.is_about(container, attribute))
        {
            match (&name.sub_attribute, sub) {
                (None, _) => whole = true,
                (Some(_), None) => part = true,
                (Some(wanted), Some(sub)) => whole |= *wanted == sub.name,
            }
        }
        match &self.0 {
            Kind::Only(_) | Kind::Besides(_) if whole => Verdict::Whole,
            Kind::Only(_) if part => Verdict::Partly,
            Kind::Only(_) => Verdict::Out,
            Kind::Besides(_) => by_default,
            _ if whole => Verdict::Out,
            _ if part && by_default == Verdict::Whole => Verdict::Partly,
            _ => by_default,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Out,
    /// Some of its sub-attributes.
    Partly,
    Whole,
}

impl Name {
    fn is_about(&self, container: Option<&str>, attribute: &Attribute) -> bool {
        self.container.as_deref() == container
            && self
                .attribute
                .as_ref()
                .is_none_or(|name| *name == attribute.name)
    }
}

fn has_hidden(resource_type: &ResourceType) -> bool {
    resource_type.schemas().any(|schema| {
        schema
            .attributes
            .iter()
            // What is write-only is never stored, and needs no leaving out.
            .filter(|attribute| attribute.mutability != crate::schema::Mutability::WriteOnly)
            .any(|attribute| is_hidden(attribute) || attribute.sub_attributes.iter().any(is_hidden))
    })
}

fn is_hidden(attribute: &Attribute) -> bool {
    matches!(attribute.returned, Returned::Request | Returned::Never)
}

#[cfg(test)]
mod tests;
