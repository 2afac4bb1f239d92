//! Attribute paths looked up in a resource type: what an [`AttributePath`] stands for.

use std::borrow::Cow;
use std::fmt;

use crate::path::AttributePath;
use crate::schema::{AttributeType, Mutability, Returned, common_attribute};
use crate::{Attribute, ResourceType, Schema, Tolerance, Tolerances};

/// One attribute or sub-attribute of one resource type, under its canonical name.
///
/// RFC 7644, section 3.10.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The URN under which the attribute lies in the resource; `None` at the top level.
    pub schema: Option<String>,
    /// The attribute, under its canonical name.
    pub attribute: String,
    /// The sub-attribute, under its canonical name.
    pub sub_attribute: Option<String>,
    /// Of the sub-attribute when there is one, as are the following characteristics.
    pub kind: AttributeType,
    /// Of the attribute, whether or not a sub-attribute is named.
    pub multi_valued: bool,
    /// Whether case tells its values apart.
    pub case_exact: bool,
    /// Which responses carry it; never, when they never carry the attribute it is a part of.
    pub returned: Returned,
    /// Who may change it.
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
        self.schema.is_none()
            && self.sub_attribute.is_none()
            && self.attribute == Self::PRIMARY_EMAIL
    }
}

/// As it stands in a filter: `userName`, `urn:example:Badge:number`, `emails.value`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            schema, attribute, ..
        } = self;
        schema.iter().try_for_each(|urn| write!(f, "{urn}:"))?;
        f.write_str(attribute)?;
        let mut below = self.sub_attribute.iter();
        below.try_for_each(|name| write!(f, ".{name}"))
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
            returned: match self.attribute.returned {
                Returned::Never => Returned::Never,
                _ => leaf.returned,
            },
            mutability: leaf.mutability,
        }
    }
}

/// Looks a path up in the core schema, the common attributes or, behind its URN, an extension.
pub(crate) fn find<'a>(resource_type: &'a ResourceType, path: &AttributePath) -> Option<Found<'a>> {
    if path.is_too_deep() {
        return None;
    }
    let container = match &path.schema {
        Some(urn) => container(resource_type, urn)?,
        None => None,
    };
    let attribute = match container {
        Some(extension) => extension.attribute(&path.attribute)?,
        None => resource_type
            .schema
            .attribute(&path.attribute)
            .or_else(|| common_attribute(&path.attribute))?,
    };
    let sub_attribute = match &path.sub_attribute {
        Some(name) => Some(attribute.sub_attribute(name)?),
        None => None,
    };
    Some(Found {
        container,
        attribute,
        sub_attribute,
    })
}

/// What a client means by a path that names nothing here, and what it takes to understand it: an
/// attribute of the one extension that has it, without that extension's URN; a dot for the colon behind
/// a schema's URN. Whether the path goes on to something that is there, is for the caller to see.
pub(crate) fn meant(
    resource_type: &ResourceType,
    path: &AttributePath,
) -> Option<(AttributePath, Tolerance)> {
    if find(resource_type, path).is_some() {
        return None;
    }
    if path.schema.is_some() {
        let meant = path.behind_dot()?;
        find(resource_type, &meant)?;
        return Some((meant, Tolerance::DottedUrn));
    }
    let mut known = resource_type.containers().filter(|extension| {
        let attribute = extension.attribute(&path.attribute);
        attribute.is_some_and(|attribute| {
            let mut below = path.sub_attribute.iter();
            below.all(|name| attribute.sub_attribute(name).is_some())
        })
    });
    match (known.next(), known.next()) {
        (Some(extension), None) => {
            let qualified = AttributePath {
                schema: Some(extension.id.clone()),
                ..path.clone()
            };
            Some((qualified, Tolerance::UnqualifiedAttribute))
        }
        _ => None,
    }
}

/// The path, or what its client [means](meant) by it where that is accepted.
pub(crate) fn qualified<'p>(
    resource_type: &ResourceType,
    path: &'p AttributePath,
    tolerances: &mut Tolerances,
) -> Cow<'p, AttributePath> {
    match meant(resource_type, path) {
        Some((meant, tolerance)) if tolerances.accept(tolerance) => Cow::Owned(meant),
        _ => Cow::Borrowed(path),
    }
}

/// What a URN stands for: `Some(None)` is the core schema, `Some(Some(_))` an extension.
#[expect(
    clippy::option_option,
    reason = "the outer says known, the inner says where"
)]
pub(crate) fn container<'a>(
    resource_type: &'a ResourceType,
    urn: &str,
) -> Option<Option<&'a Schema>> {
    if resource_type.schema.id.eq_ignore_ascii_case(urn) {
        return Some(None);
    }
    resource_type
        .extension(urn)
        .map(|schema| Some(schema.as_ref()))
}
