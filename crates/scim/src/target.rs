//! Attribute paths looked up in a resource type: what an [`AttributePath`] stands for.

use std::sync::LazyLock;

use crate::path::AttributePath;
use crate::schema::{AttributeType, Mutability, Returned, Uniqueness};
use crate::{Attribute, ResourceType, Schema};

/// One attribute or sub-attribute of one resource type, under its canonical name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The URN under which the attribute lies in the resource; `None` at the top level.
    pub schema: Option<String>,
    pub attribute: String,
    pub sub_attribute: Option<String>,
    /// Of the sub-attribute when there is one, as are the following characteristics.
    pub kind: AttributeType,
    /// Of the attribute, whether or not a sub-attribute is named.
    pub multi_valued: bool,
    pub case_exact: bool,
    pub returned: Returned,
    pub mutability: Mutability,
}

impl Target {
    /// The attribute no schema defines that stands for a person's one primary e-mail
    /// (`schema` and `sub_attribute` are `None`). A match document has it under this key.
    pub const PRIMARY_EMAIL: &'static str = "email";

    /// Looks a path up, names compared without case. Attributes of an extension are found only
    /// behind their URN. `None` when the resource type has no such attribute.
    pub fn resolve(resource_type: &ResourceType, path: &AttributePath) -> Option<Self> {
        find(resource_type, path).map(|found| found.target())
    }

    /// The target that stands for the primary e-mail.
    pub fn primary_email() -> Self {
        Self {
            schema: None,
            attribute: Self::PRIMARY_EMAIL.to_owned(),
            sub_attribute: None,
            kind: AttributeType::String,
            multi_valued: false,
            case_exact: false,
            returned: Returned::Default,
            mutability: Mutability::ReadOnly,
        }
    }

    /// Whether this stands for the primary e-mail rather than for an attribute of a schema.
    pub fn is_primary_email(&self) -> bool {
        self.schema.is_none() && self.sub_attribute.is_none() && self.attribute == Self::PRIMARY_EMAIL
    }
}

/// The definitions behind a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    /// The schema under whose URN the attribute lies; `None` at the top level.
    pub(crate) container: Option<&'a Schema>,
    pub(crate) attribute: &'a Attribute,
    pub(crate) sub_attribute: Option<&'a Attribute>,
}

impl<'a> Found<'a> {
    pub(crate) fn leaf(&self) -> &'a Attribute {
        self.sub_attribute.unwrap_or(self.attribute)
    }

    pub(crate) fn target(&self) -> Target {
        let leaf = self.leaf();
        Target {
            schema: self.container.map(|schema| schema.id.clone()),
            attribute: self.attribute.name.clone(),
            sub_attribute: self.sub_attribute.map(|sub| sub.name.clone()),
            kind: leaf.kind,
            multi_valued: self.attribute.multi_valued,
            case_exact: leaf.case_exact,
            returned: leaf.returned,
            mutability: leaf.mutability,
        }
    }
}

/// Looks a path up in the core schema, the common attributes or, behind its URN, an extension.
pub(crate) fn find<'a>(resource_type: &'a ResourceType, path: &AttributePath) -> Option<Found<'a>> {
    let container = match &path.schema {
        Some(urn) => container(resource_type, urn)?,
        None => None,
    };
    let attribute = match container {
        Some(extension) => extension.attribute(&path.attribute)?,
        None => resource_type.schema.attribute(&path.attribute).or_else(|| common_attribute(&path.attribute))?,
    };
    let sub_attribute = match &path.sub_attribute {
        Some(name) => Some(attribute.sub_attribute(name)?),
        None => None,
    };
    Some(Found { container, attribute, sub_attribute })
}

/// What a URN stands for: `Some(None)` is the core schema, `Some(Some(_))` an extension.
#[expect(clippy::option_option, reason = "the outer says known, the inner says where")]
pub(crate) fn container<'a>(resource_type: &'a ResourceType, urn: &str) -> Option<Option<&'a Schema>> {
    if resource_type.schema.id.eq_ignore_ascii_case(urn) {
        return Some(None);
    }
    resource_type.schemas().find(|schema| schema.id.eq_ignore_ascii_case(urn)).map(|schema| Some(schema.as_ref()))
}

/// The attributes every resource has (RFC 7643, section 3.1) and `schemas` (section 3).
pub(crate) fn common_attribute(name: &str) -> Option<&'static Attribute> {
    COMMON.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

static COMMON: LazyLock<[Attribute; 4]> = LazyLock::new(|| {
    let id = Attribute {
        returned: Returned::Always,
        mutability: Mutability::ReadOnly,
        uniqueness: Uniqueness::Server,
        ..simple("id", AttributeType::String)
    };
    let schemas = Attribute {
        multi_valued: true,
        required: true,
        returned: Returned::Always,
        ..simple("schemas", AttributeType::Reference)
    };
    let mut meta = Attribute {
        mutability: Mutability::ReadOnly,
        case_exact: false,
        sub_attributes: vec![
            simple("resourceType", AttributeType::String),
            simple("created", AttributeType::DateTime),
            simple("lastModified", AttributeType::DateTime),
            simple("location", AttributeType::Reference),
            simple("version", AttributeType::String),
        ],
        ..simple("meta", AttributeType::Complex)
    };
    for sub in &mut meta.sub_attributes {
        sub.mutability = Mutability::ReadOnly;
    }
    [id, simple("externalId", AttributeType::String), schemas, meta]
});

/// RFC 7643, section 3.1: every string among the common attributes has `caseExact` "true".
fn simple(name: &str, kind: AttributeType) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        multi_valued: false,
        description: String::new(),
        required: false,
        canonical_values: Vec::new(),
        case_exact: true,
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}
