//! What is defined at run time, as data.

use serde::Serialize;
use serde_json::Value;

use super::super::definition::Fields;
use super::super::{Attribute, DefinitionError, Schema};

/// What an administrator defined besides the built-in schemas: data, to be stored and read back.
/// [`Registry::new`](super::Registry::new) says whether it all fits together.
///
/// RFC 7643, section 7.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Definitions {
    /// To be used by the resource types and extensions below.
    pub schemas: Vec<Schema>,
    /// Attributes that built-in or defined schemas have in addition.
    pub attributes: Vec<AddedAttribute>,
    /// Resource types besides User and Group.
    pub resource_types: Vec<ResourceTypeDefinition>,
    /// Schemas that extend built-in or defined resource types in addition.
    pub extensions: Vec<AddedExtension>,
}

/// An attribute that an existing schema has in addition (RFC 7643, section 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddedAttribute {
    /// The schema's URN.
    pub schema: String,
    /// Not required, as the resources there are do not have it.
    pub attribute: Attribute,
}

/// A schema that extends an existing resource type in addition. It is never required, as the
/// resources there are do not have it.
///
/// RFC 7643, section 7.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddedExtension {
    /// `User`
    pub resource_type: String,
    /// The URN of a defined schema.
    pub schema: String,
}

/// A resource type as RFC 7643, section 6 describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceTypeDefinition {
    /// `Device`
    pub name: String,
    /// `/Devices`
    pub endpoint: String,
    /// For people.
    pub description: String,
    /// The URN of a defined schema.
    pub schema: String,
    /// The schemas that extend it.
    pub schema_extensions: Vec<ExtensionDefinition>,
}

/// A schema that extends a defined resource type (RFC 7643, section 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtensionDefinition {
    /// The URN of a built-in or defined schema.
    pub schema: String,
    /// Whether a resource must have it.
    pub required: bool,
}

impl ResourceTypeDefinition {
    /// Reads the JSON of RFC 7643, section 6, as `/ResourceTypes` publishes it.
    pub fn parse(value: &Value) -> Result<Self, DefinitionError> {
        let object = Fields::of(
            value,
            "a resource type",
            &[
                "schemas",
                "meta",
                "id",
                "name",
                "endpoint",
                "description",
                "schema",
                "schemaExtensions",
            ],
        )?;
        let required = |name| {
            object
                .text(name)?
                .ok_or_else(|| DefinitionError::new(name, "a value is required"))
        };
        let name: String = required("name")?;
        let schema_extensions = object
            .list("schemaExtensions")?
            .iter()
            .map(ExtensionDefinition::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| error.below("schemaExtensions", '.'))?;
        Ok(Self {
            endpoint: required("endpoint")?,
            description: object.text("description")?.unwrap_or_default(),
            schema: required("schema")?,
            schema_extensions,
            name,
        })
    }
}

impl ExtensionDefinition {
    fn parse(value: &Value) -> Result<Self, DefinitionError> {
        let object = Fields::of(value, "an extension", &["schema", "required"])?;
        Ok(Self {
            schema: object
                .text("schema")?
                .ok_or_else(|| DefinitionError::new("schema", "a URN is required"))?,
            required: object.boolean("required")?,
        })
    }
}

impl Definitions {
    /// Reads what serialising [`Definitions`] wrote.
    pub fn parse(value: &Value) -> Result<Self, DefinitionError> {
        let object = Fields::of(
            value,
            "a set of definitions",
            &["schemas", "attributes", "resourceTypes", "extensions"],
        )?;
        Ok(Self {
            schemas: each(object.list("schemas")?, Schema::parse)?,
            attributes: each(object.list("attributes")?, |value| {
                let object = Fields::of(value, "an added attribute", &["schema", "attribute"])?;
                let schema = object.text("schema")?.unwrap_or_default();
                let attribute = Attribute::parse(object.value("attribute"))
                    .map_err(|error| error.below(&schema, ':'))?;
                Ok(AddedAttribute { schema, attribute })
            })?,
            resource_types: each(object.list("resourceTypes")?, ResourceTypeDefinition::parse)?,
            extensions: each(object.list("extensions")?, |value| {
                let known = ["schema", "resourceType"];
                let object = Fields::of(value, "an added extension", &known)?;
                Ok(AddedExtension {
                    resource_type: object.text("resourceType")?.unwrap_or_default(),
                    schema: object.text("schema")?.unwrap_or_default(),
                })
            })?,
        })
    }
}

fn each<T>(
    values: &[Value],
    read: impl Fn(&Value) -> Result<T, DefinitionError>,
) -> Result<Vec<T>, DefinitionError> {
    values.iter().map(read).collect()
}
