//! Schemas and resource types (RFC 7643, sections 2, 6 and 7): what a resource may hold.

mod build;
mod common;
mod definition;
mod discovery;
mod enterprise_user;
mod group;
mod registry;
mod rules;
mod user;

use std::sync::Arc;

use serde::Serialize;

pub use common::{common, common_attribute};
pub use definition::DefinitionError;
pub use discovery::{resource_type, schema, service_provider_config};
pub use enterprise_user::enterprise_user;
pub(crate) use enterprise_user::is_manager;
pub(crate) use group::is_group_members;
pub use group::{group, group_members};
pub use registry::{
    AddedAttribute, AddedExtension, Definitions, ExtensionDefinition, MOST_DEFINITIONS, Registry,
    ResourceTypeDefinition,
};
pub use rules::{LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_URN, MOST_ATTRIBUTES, MOST_VALUES};
pub use user::user;
pub(crate) use user::{is_roles, is_user_name};

/// URN of the core User schema (RFC 7643, section 7).
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// URN of the core Group schema (RFC 7643, section 7).
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// URN of the Enterprise User extension (RFC 7643, section 7).
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// URN of the schema of `/ServiceProviderConfig` (RFC 7643, section 7).
pub const SERVICE_PROVIDER_CONFIG: &str =
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
/// URN of the schema of `/ResourceTypes` (RFC 7643, section 7).
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
/// URN of the schema of `/Schemas` (RFC 7643, section 7).
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// RFC 7643, section 2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// Unicode text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A real number.
    Decimal,
    /// A whole number.
    Integer,
    /// An `xsd:dateTime`, with date and time.
    DateTime,
    /// Bytes in base64.
    Binary,
    /// The URI of something.
    Reference,
    /// An object of sub-attributes.
    Complex,
}

/// RFC 7643, section 7, `mutability`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mutability {
    /// The client's values are ignored.
    ReadOnly,
    /// The client may change it at any time.
    ReadWrite,
    /// The client may set it once: what a filter's `eq` does not find equal is refused. In a multi-valued
    /// attribute, as long as a value with that `value` stays.
    Immutable,
    /// The client may set it and never read it.
    WriteOnly,
}

/// RFC 7643, section 7, `returned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Returned {
    /// In every response, whatever is asked for; of a complex attribute all parts that are not [`Never`](Self::Never).
    /// Of a sub-attribute: wherever its attribute goes out.
    Always,
    /// In no response.
    Never,
    /// Unless it is excluded, or others alone are asked for.
    Default,
    /// Only when it is asked for.
    Request,
}

/// RFC 7643, section 7, `uniqueness`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Uniqueness {
    /// Any number of resources may have the value.
    None,
    /// One resource of the server or tenant has the value.
    Server,
    /// One resource anywhere has the value.
    Global,
}

/// One attribute or sub-attribute with all its characteristics, as published by `/Schemas`.
///
/// RFC 7643, section 7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    /// The name, as it is published.
    pub name: String,
    /// `type`: what a value is.
    #[serde(rename = "type")]
    pub kind: AttributeType,
    /// Whether there may be several values, in an array.
    pub multi_valued: bool,
    /// For people.
    pub description: String,
    /// Whether a resource must have a value.
    pub required: bool,
    /// Values to choose from; others are taken too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub canonical_values: Vec<String>,
    /// Whether case tells values apart.
    pub case_exact: bool,
    /// Who may change it, and when.
    pub mutability: Mutability,
    /// Which responses carry it.
    pub returned: Returned,
    /// How many resources may have one value; see [`crate::Resource::unique_values`].
    pub uniqueness: Uniqueness,
    /// What a reference may be to: resource types, `external`, `uri`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference_types: Vec<String>,
    /// Of a complex attribute, and never complex themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<Attribute>,
}

impl Attribute {
    /// The sub-attribute of that name, in any ASCII case.
    pub fn sub_attribute(&self, name: &str) -> Option<&Attribute> {
        self.sub_attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A named set of attributes (RFC 7643, section 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// The schema's URN.
    pub id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// In the order in which they are published.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// The attribute of that name, in any ASCII case.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A kind of resource (RFC 7643, section 6): its endpoint, its core schema and the schemas that extend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// `User`
    pub name: String,
    /// `/Users`
    pub endpoint: String,
    /// For people.
    pub description: String,
    /// The schema whose attributes lie at the top of a resource.
    pub schema: Arc<Schema>,
    /// The schemas whose attributes lie under their URN.
    pub extensions: Vec<Extension>,
    /// Schemas whose data is kept under their URN although no discovery document lists them for
    /// this resource type.
    pub adopted: Vec<Arc<Schema>>,
    /// The names and endpoints of the resource types a reference may be to. Those that are not
    /// among them are not looked at closely.
    pub endpoints: Arc<[(String, String)]>,
}

/// A schema that extends a resource type (RFC 7643, section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// What the resource may have besides.
    pub schema: Arc<Schema>,
    /// Whether a resource must have it.
    pub required: bool,
}

impl ResourceType {
    /// Users, extended by Enterprise User. With `NameFormatted`, `customCode` and `customCodes`, which are not
    /// of RFC 7643: see [`Self::plain_user`]. Okta's custom app describes its users by the Group schema's
    /// `thirdPartyVendor`, so that one attribute is adopted.
    pub fn user() -> Self {
        Self {
            name: "User".to_owned(),
            endpoint: "/Users".to_owned(),
            description: "User Account".to_owned(),
            schema: Arc::new(user()),
            extensions: vec![Extension {
                schema: Arc::new(enterprise_user()),
                required: false,
            }],
            adopted: vec![Arc::new(group::adopted_by_user())],
            endpoints: built_in_endpoints(),
        }
    }

    /// The User of RFC 7643, section 4.1, extended by Enterprise User (section 4.3), without what this market
    /// adds to it and adopts.
    pub fn plain_user() -> Self {
        Self {
            schema: Arc::new(without_market(user())),
            adopted: Vec::new(),
            ..Self::user()
        }
    }

    /// The Group of RFC 7643, section 4.2, without what this market adds to it.
    pub fn plain_group() -> Self {
        Self {
            schema: Arc::new(without_market(group())),
            ..Self::group()
        }
    }

    /// Groups, without extensions. With `thirdPartyVendor` and `accessGroup`, which are not of RFC 7643: see
    /// [`Self::plain_group`].
    pub fn group() -> Self {
        Self {
            name: "Group".to_owned(),
            endpoint: "/Groups".to_owned(),
            description: "Group".to_owned(),
            schema: Arc::new(group()),
            extensions: Vec::new(),
            adopted: Vec::new(),
            endpoints: built_in_endpoints(),
        }
    }

    /// The core schema, the extensions, the adopted schemas.
    pub fn schemas(&self) -> impl Iterator<Item = &Arc<Schema>> {
        std::iter::once(&self.schema).chain(self.containers())
    }

    /// The extension or adopted schema with that URN, in any ASCII case: those whose data lies
    /// under a key of its own.
    pub fn extension(&self, urn: &str) -> Option<&Arc<Schema>> {
        self.containers()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The schemas whose data lies under a key of its own.
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Arc<Schema>> {
        self.extensions
            .iter()
            .map(|extension| &extension.schema)
            .chain(&self.adopted)
    }
}

/// What a core schema has in this market alone.
const OF_MARKET: [&str; 5] = [
    "NameFormatted",
    "customCode",
    "customCodes",
    "thirdPartyVendor",
    "accessGroup",
];

fn without_market(mut schema: Schema) -> Schema {
    let is_of_market = |attribute: &Attribute| OF_MARKET.contains(&attribute.name.as_str());
    schema
        .attributes
        .retain(|attribute| !is_of_market(attribute));
    schema
}

pub(crate) fn built_in_endpoints() -> Arc<[(String, String)]> {
    [("User", "/Users"), ("Group", "/Groups")]
        .map(|(name, endpoint)| (name.to_owned(), endpoint.to_owned()))
        .into()
}

#[cfg(test)]
mod tests;
