//! The resource types of a service provider: the built-in ones and those defined at run time.

mod definitions;

use std::collections::HashSet;
use std::sync::Arc;

use super::rules::{LONGEST_DESCRIPTION, check_givable, check_schema};
use super::{
    Attribute, DefinitionError, ENTERPRISE_USER, Extension, GROUP, RESOURCE_TYPE, ResourceType,
    SCHEMA, SERVICE_PROVIDER_CONFIG, Schema, USER, common_attribute,
};
use crate::path::is_name;

pub use definitions::{
    AddedAttribute, AddedExtension, Definitions, ExtensionDefinition, ResourceTypeDefinition,
};

/// The most schemas, resource types and extensions of definitions, each.
pub const MOST_DEFINITIONS: usize = 128;

/// Names and endpoints a resource type cannot have (RFC 7644, sections 3.2 and 4).
const RESERVED: [&str; 6] = [
    "Me",
    "Bulk",
    "Schema",
    "Schemas",
    "ResourceTypes",
    "ServiceProviderConfig",
];

/// The resource types there are (RFC 7643, section 6), each with its schemas. Everything else in this crate takes one of
/// them, so what is defined here is read, filtered, sorted, patched, projected and published alike.
///
/// ```
/// use vestibule_scim::schema::{AddedExtension, Definitions, Registry};
/// use vestibule_scim::Schema;
///
/// let badge = Schema::parse(&serde_json::json!({
///     "id": "urn:example:params:scim:schemas:Badge",
///     "name": "Badge",
///     "attributes": [{"name": "number", "type": "integer"}],
/// }))?;
/// let registry = Registry::new(&Definitions {
///     extensions: vec![AddedExtension {
///         resource_type: "User".to_owned(),
///         schema: badge.id.clone(),
///     }],
///     schemas: vec![badge],
///     ..Definitions::default()
/// })?;
/// let user = registry.by_name("User").expect("it is built in");
/// assert!(user.extension("urn:example:params:scim:schemas:Badge").is_some());
/// # Ok::<(), vestibule_scim::schema::DefinitionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registry {
    resource_types: Vec<Arc<ResourceType>>,
}

impl Default for Registry {
    /// User and Group alone, with the attributes of this market.
    fn default() -> Self {
        Self::new(&Definitions::default()).expect("the built-in schemas keep to every rule")
    }
}

impl Registry {
    /// User, Group and what is defined, in that order.
    ///
    /// Refused, with the place: a schema that breaks a rule of [`Schema::parse`] or requires what is
    /// read-only; `referenceTypes` that are no resource types, once a resource type has the schema; a URN, name or
    /// endpoint that is taken (case does not tell them apart) or reserved; a URN that reads as an
    /// attribute of another schema; a reference to a schema or resource type there is not; an
    /// added attribute that is required; more definitions than [`MOST_DEFINITIONS`].
    pub fn new(definitions: &Definitions) -> Result<Self, DefinitionError> {
        Self::of([ResourceType::user(), ResourceType::group()], definitions)
    }

    /// The same with the User and the Group of RFC 7643 as they are there: [`ResourceType::plain_user`] and
    /// [`ResourceType::plain_group`].
    pub fn plain(definitions: &Definitions) -> Result<Self, DefinitionError> {
        Self::of(
            [ResourceType::plain_user(), ResourceType::plain_group()],
            definitions,
        )
    }

    fn of(built_in: [ResourceType; 2], definitions: &Definitions) -> Result<Self, DefinitionError> {
        for (what, count) in [
            ("schemas", definitions.schemas.len()),
            ("resourceTypes", definitions.resource_types.len()),
            ("extensions", definitions.extensions.len()),
        ] {
            if count > MOST_DEFINITIONS {
                let problem = format!("more than {MOST_DEFINITIONS}");
                return Err(DefinitionError::new(what, problem));
            }
        }
        let mut builder = Builder::new(&built_in, definitions)?;
        builder.add_attributes(&definitions.attributes)?;
        let mut resource_types: Vec<ResourceType> = built_in
            .into_iter()
            .map(|known| builder.built_in(known))
            .collect();
        for definition in &definitions.resource_types {
            let defined = builder
                .resource_type(definition, &resource_types)
                .map_err(|error| error.below(&definition.name, '.'))?;
            resource_types.push(defined);
        }
        for added in &definitions.extensions {
            builder
                .extend(added, &mut resource_types)
                .map_err(|error| error.below(&added.resource_type, '.'))?;
        }
        let endpoints: Arc<[_]> = resource_types
            .iter()
            .map(|known| (known.name.clone(), known.endpoint.clone()))
            .collect();
        check_references(&resource_types)?;
        Ok(Self {
            resource_types: resource_types
                .into_iter()
                .map(|resource_type| {
                    Arc::new(ResourceType {
                        endpoints: Arc::clone(&endpoints),
                        ..resource_type
                    })
                })
                .collect(),
        })
    }

    /// All of them, the built-in ones first.
    pub fn resource_types(&self) -> impl Iterator<Item = &Arc<ResourceType>> {
        self.resource_types.iter()
    }

    /// The one of that name, such as `User`, in any ASCII case.
    pub fn by_name(&self, name: &str) -> Option<&Arc<ResourceType>> {
        self.resource_types
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// The one of that endpoint, such as `/Users`. Case counts, as in every path of a URL.
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Arc<ResourceType>> {
        self.resource_types
            .iter()
            .find(|known| known.endpoint == endpoint)
    }
}

/// The schemas by their URN, while resource types are made of them.
struct Builder {
    schemas: Vec<Arc<Schema>>,
}

impl Builder {
    fn new(built_in: &[ResourceType], definitions: &Definitions) -> Result<Self, DefinitionError> {
        let mut schemas: Vec<Arc<Schema>> = built_in
            .iter()
            .map(|known| Arc::clone(&known.schema))
            .collect();
        schemas.push(Arc::new(super::enterprise_user()));
        let mut builder = Self { schemas };
        for schema in &definitions.schemas {
            check_schema(schema)?;
            check_givable(schema)?;
            let taken = |urn: &str| urn.eq_ignore_ascii_case(&schema.id);
            let discovery = [SERVICE_PROVIDER_CONFIG, RESOURCE_TYPE, SCHEMA];
            if builder.find(&schema.id).is_some() || discovery.into_iter().any(taken) {
                return Err(DefinitionError::new(
                    &schema.id,
                    "there is a schema of that URN",
                ));
            }
            let mut others = builder.schemas.iter();
            if let Some(other) = others.find(|other| overlap(&other.id, &schema.id)) {
                let problem = format!(
                    "one of it and {} reads as an attribute of the other",
                    other.id
                );
                return Err(DefinitionError::new(&schema.id, problem));
            }
            builder.schemas.push(Arc::new(schema.clone()));
        }
        Ok(builder)
    }

    fn find(&self, urn: &str) -> Option<&Arc<Schema>> {
        self.schemas
            .iter()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    fn schema(&self, urn: &str) -> Result<Arc<Schema>, DefinitionError> {
        self.find(urn)
            .cloned()
            .ok_or_else(|| DefinitionError::new("schema", format!("there is no schema {urn:?}")))
    }

    fn add_attributes(&mut self, added: &[AddedAttribute]) -> Result<(), DefinitionError> {
        for AddedAttribute {
            schema: urn,
            attribute,
        } in added
        {
            let schema = self
                .schemas
                .iter_mut()
                .find(|schema| schema.id.eq_ignore_ascii_case(urn))
                .ok_or_else(|| DefinitionError::new(urn, "there is no schema of that URN"))?;
            // The resources there are would break the rule.
            if attribute.required {
                return Err(DefinitionError::new(
                    format!("{urn}:{}.required", attribute.name),
                    "what is added to a schema cannot be required",
                ));
            }
            Arc::make_mut(schema).attributes.push(attribute.clone());
        }
        let changed: HashSet<&str> = added.iter().map(|added| added.schema.as_str()).collect();
        for urn in changed {
            if let Some(schema) = self.find(urn) {
                check_schema(schema)?;
                check_givable(schema)?;
            }
        }
        for urn in [USER, GROUP] {
            if let Some(schema) = self.find(urn) {
                check_core(schema)?;
            }
        }
        Ok(())
    }

    /// With the schemas as they are by now.
    fn built_in(&self, resource_type: ResourceType) -> ResourceType {
        let current = |schema: &Arc<Schema>| self.find(&schema.id).unwrap_or(schema).clone();
        ResourceType {
            schema: current(&resource_type.schema),
            extensions: resource_type
                .extensions
                .iter()
                .map(|extension| Extension {
                    schema: current(&extension.schema),
                    required: extension.required,
                })
                .collect(),
            ..resource_type
        }
    }

    fn resource_type(
        &self,
        definition: &ResourceTypeDefinition,
        others: &[ResourceType],
    ) -> Result<ResourceType, DefinitionError> {
        let ResourceTypeDefinition {
            name,
            endpoint,
            description,
            ..
        } = definition;
        let taken = |what, problem: &str| Err(DefinitionError::new(what, problem));
        let reserved = |text: &str| RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text));
        let is_word = |text: &str| is_name(text) && !text.starts_with('$') && text.len() <= 64;
        if !is_word(name) {
            return taken("name", "expected a letter, then letters, digits, - and _");
        }
        if description.chars().count() > LONGEST_DESCRIPTION {
            return taken("description", "too long");
        }
        let Some(segment) = endpoint.strip_prefix('/').filter(|text| is_word(text)) else {
            return taken("endpoint", "expected one segment such as \"/Devices\"");
        };
        for other in others {
            if other.name.eq_ignore_ascii_case(name) {
                return taken("name", "there is a resource type of that name");
            }
            if other.endpoint.eq_ignore_ascii_case(endpoint) {
                return taken("endpoint", "there is a resource type there");
            }
            if other.schema.id.eq_ignore_ascii_case(&definition.schema) {
                return taken("schema", "it is the schema of another resource type");
            }
        }
        if reserved(name) {
            return taken("name", "it is a name of SCIM's own");
        }
        if reserved(segment) {
            return taken("endpoint", "it is an endpoint of SCIM's own");
        }
        let schema = self.schema(&definition.schema)?;
        if schema.id == ENTERPRISE_USER {
            return taken("schema", "it extends User");
        }
        check_core(&schema)?;
        let mut resource_type = ResourceType {
            name: name.clone(),
            endpoint: endpoint.clone(),
            description: description.clone(),
            schema,
            extensions: Vec::new(),
            adopted: Vec::new(),
            endpoints: Arc::new([]),
        };
        for extension in &definition.schema_extensions {
            let schema = self
                .schema(&extension.schema)
                .map_err(|error| error.below("schemaExtensions", '.'))?;
            add_extension(&mut resource_type, schema, extension.required)?;
        }
        Ok(resource_type)
    }

    fn extend(
        &self,
        added: &AddedExtension,
        resource_types: &mut [ResourceType],
    ) -> Result<(), DefinitionError> {
        let schema = self.schema(&added.schema)?;
        let resource_type = resource_types
            .iter_mut()
            .find(|known| known.name.eq_ignore_ascii_case(&added.resource_type))
            .ok_or_else(|| DefinitionError::new("", "there is no resource type of that name"))?;
        add_extension(resource_type, schema, false)
    }
}

fn add_extension(
    resource_type: &mut ResourceType,
    schema: Arc<Schema>,
    required: bool,
) -> Result<(), DefinitionError> {
    if resource_type.schemas().any(|known| known.id == schema.id) {
        let problem = format!("{} is a schema of it already", schema.id);
        return Err(DefinitionError::new("schemaExtensions", problem));
    }
    if [USER, GROUP].contains(&schema.id.as_str()) {
        let problem = format!("{} is the schema of another resource type", schema.id);
        return Err(DefinitionError::new("schemaExtensions", problem));
    }
    resource_type
        .extensions
        .push(Extension { schema, required });
    Ok(())
}

/// The attributes of a core schema lie beside the common ones (RFC 7643, section 3.1), and beside
/// the name by which filters know a person's one address.
fn check_core(schema: &Schema) -> Result<(), DefinitionError> {
    let is_taken = |attribute: &&Attribute| {
        common_attribute(&attribute.name).is_some()
            || (schema.id == USER
                && attribute
                    .name
                    .eq_ignore_ascii_case(crate::Target::PRIMARY_EMAIL))
    };
    match schema.attributes.iter().find(is_taken) {
        None => Ok(()),
        Some(attribute) => Err(DefinitionError::new(
            format!("{}:{}", schema.id, attribute.name),
            "every resource has something of that name",
        )),
    }
}

/// Whether a path could mean an attribute of one schema or the other schema.
fn overlap(one: &str, other: &str) -> bool {
    let is_inside = |outer: &str, inner: &str| {
        inner
            .split_at_checked(outer.len())
            .is_some_and(|(start, rest)| {
                start.eq_ignore_ascii_case(outer)
                    && rest
                        .strip_prefix(':')
                        .is_some_and(|name| !name.contains(':'))
            })
    };
    is_inside(one, other) || is_inside(other, one)
}

/// RFC 7643, section 7, `referenceTypes`: "A SCIM resource type", `external` or `uri`.
fn check_references(resource_types: &[ResourceType]) -> Result<(), DefinitionError> {
    let is_known = |name: &str| {
        matches!(name, "external" | "uri") || resource_types.iter().any(|known| known.name == name)
    };
    for schema in resource_types.iter().flat_map(ResourceType::schemas) {
        for attribute in &schema.attributes {
            for found in std::iter::once(attribute).chain(&attribute.sub_attributes) {
                if let Some(name) = found.reference_types.iter().find(|name| !is_known(name)) {
                    let place = if std::ptr::eq(found, attribute) {
                        format!("{}:{}.referenceTypes", schema.id, found.name)
                    } else {
                        format!(
                            "{}:{}.{}.referenceTypes",
                            schema.id, attribute.name, found.name
                        )
                    };
                    let problem =
                        format!("{name:?} is neither a resource type nor external or uri");
                    return Err(DefinitionError::new(place, problem));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
