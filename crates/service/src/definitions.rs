//! Schemas and resource types that administrators define at run time. A change holds for the next
//! request on every node.

use std::sync::Arc;

use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::said::Said;
use vestibule_domain::{DefinitionId, Hindrance};
use vestibule_scim::schema::{
    AddedAttribute, AddedExtension, DefinitionError, Definitions, Registry, ResourceTypeDefinition,
};
use vestibule_scim::{Attribute, ResourceType, Schema};
use vestibule_storage::{Read, definitions};

use crate::changes::{gone, made};
use crate::types::parsed;
use crate::{AdminCall, Change, Error, Role, Service};

/// A schema as an administrator sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaInfo {
    pub schema: Schema,
    /// Whether it is always there.
    pub built_in: bool,
    /// The attributes an administrator added to it.
    pub added: Vec<String>,
    /// The resource types that have it.
    pub resource_types: Vec<String>,
}

/// A resource type as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceTypeInfo {
    pub name: String,
    pub endpoint: String,
    pub description: String,
    /// URN of its schema.
    pub schema: String,
    /// URNs of the schemas that extend it.
    pub extensions: Vec<String>,
    pub built_in: bool,
}

/// What a change is about, for its event and for its refusal.
struct About {
    action: Action,
    payload: Payload,
}

/// Where a resource type holds what is to go: in the resources of a type, at a path.
type Place = (String, Vec<String>);

impl Service {
    /// Every schema that resources have, and those that wait to be used.
    pub fn list_schemas(&self, call: &AdminCall) -> Result<Vec<SchemaInfo>, Error> {
        let (definitions, types) = self.defined(call)?;
        let used = types.iter().flat_map(published).map(|schema| &**schema);
        let mut schemas: Vec<&Schema> = Vec::new();
        for schema in used.chain(&definitions.schemas) {
            if !schemas.iter().any(|other| other.id == schema.id) {
                schemas.push(schema);
            }
        }
        Ok(schemas
            .into_iter()
            .map(|schema| SchemaInfo {
                schema: schema.clone(),
                built_in: !definitions.schemas.iter().any(|own| own.id == schema.id),
                added: definitions
                    .attributes
                    .iter()
                    .filter(|added| added.schema.eq_ignore_ascii_case(&schema.id))
                    .map(|added| added.attribute.name.clone())
                    .collect(),
                resource_types: types
                    .iter()
                    .filter(|found| has_schema(found, &schema.id))
                    .map(|found| found.name.clone())
                    .collect(),
            })
            .collect())
    }

    /// Every resource type.
    pub fn list_resource_types(&self, call: &AdminCall) -> Result<Vec<ResourceTypeInfo>, Error> {
        let (definitions, types) = self.defined(call)?;
        let is_own = |name: &str| {
            definitions
                .resource_types
                .iter()
                .any(|own| own.name == name)
        };
        Ok(types
            .iter()
            .map(|found| ResourceTypeInfo {
                name: found.name.clone(),
                endpoint: found.endpoint.clone(),
                description: found.description.clone(),
                schema: found.schema.id.clone(),
                extensions: found
                    .extensions
                    .iter()
                    .map(|extension| extension.schema.id.clone())
                    .collect(),
                built_in: !is_own(&found.name),
            })
            .collect())
    }

    /// Defines a schema (RFC 7643, section 7). Nothing has it until a resource type does.
    pub fn add_schema(&self, call: &AdminCall, schema: &Value) -> Result<Schema, Error> {
        // What is wrong with it is only told to whom it is admitted.
        let read = Schema::parse(schema);
        let given = read.clone();
        self.redefine(call, move |definitions, types| {
            let schema = given.clone().map_err(invalid)?;
            unless(
                attributes_of(definitions, types, &schema.id).is_some(),
                &Hindrance::SchemaTaken.said([]),
            )?;
            let shown = json!(schema);
            definitions.schemas.push(schema);
            Ok(about(Action::SchemaAdded, made(shown)))
        })?;
        read.map_err(invalid)
    }

    /// Removes a schema that no resource type has.
    pub fn remove_schema(&self, call: &AdminCall, urn: &str) -> Result<(), Error> {
        let urn = urn.to_owned();
        self.redefine(call, move |definitions, types| {
            if let Some(user) = types.iter().find(|found| has_schema(found, &urn)) {
                let said = Hindrance::SchemaInUse.said([("resource_type", (&user.name).into())]);
                return Err(Error::Conflict(said));
            }
            let gone_schema = take(&mut definitions.schemas, |own| own.id == urn)
                .ok_or(Error::NotFound("defined schema"))?;
            definitions.attributes.retain(|added| added.schema != urn);
            Ok(about(Action::SchemaRemoved, gone(json!(gone_schema))))
        })
    }

    /// Adds an attribute to a schema, built in or defined.
    pub fn add_attribute(
        &self,
        call: &AdminCall,
        urn: &str,
        attribute: &Value,
    ) -> Result<Attribute, Error> {
        let read = Attribute::parse(attribute);
        let (schema, given) = (urn.to_owned(), read.clone());
        self.redefine(call, move |definitions, types| {
            let added = AddedAttribute {
                schema: schema.clone(),
                attribute: given.clone().map_err(invalid)?,
            };
            let known = attributes_of(definitions, types, &schema);
            let known = known.ok_or(Error::NotFound("schema"))?;
            let name = &added.attribute.name;
            unless(
                known.iter().any(|known| known.eq_ignore_ascii_case(name)),
                &Hindrance::AttributeTaken.said([("attribute", name.into())]),
            )?;
            let shown = json!(added);
            definitions.attributes.push(added);
            Ok(about(Action::SchemaAdded, made(shown)))
        })?;
        read.map_err(invalid)
    }

    /// Removes an attribute that was added, or that a defined schema came with, once no resource holds a
    /// value of it.
    pub fn remove_attribute(&self, call: &AdminCall, urn: &str, name: &str) -> Result<(), Error> {
        let (urn, name) = (urn.to_owned(), name.to_owned());
        self.redefine_unheld(call, move |definitions, types| {
            let removed = take(&mut definitions.attributes, |added| {
                added.schema.eq_ignore_ascii_case(&urn)
                    && added.attribute.name.eq_ignore_ascii_case(&name)
            })
            .or_else(|| take_defined(definitions, &urn, &name))
            .ok_or(Error::NotFound("attribute that was added or defined"))?;
            let places = types
                .iter()
                .filter(|found| has_schema(found, &urn))
                .map(|found| {
                    let mut path = vec![removed.attribute.name.clone()];
                    if !found.schema.id.eq_ignore_ascii_case(&urn) {
                        path.insert(0, removed.schema.clone());
                    }
                    (found.name.clone(), path)
                })
                .collect();
            let about = about(Action::SchemaRemoved, gone(json!(removed)));
            Ok((about, places))
        })
    }

    /// Extends a resource type, built in or defined, by a defined schema.
    pub fn add_extension(&self, call: &AdminCall, name: &str, urn: &str) -> Result<(), Error> {
        let added = AddedExtension {
            resource_type: name.to_owned(),
            schema: urn.to_owned(),
        };
        self.redefine(call, move |definitions, types| {
            let mut known = types.iter();
            let extended = known
                .find(|known| known.name.eq_ignore_ascii_case(&added.resource_type))
                .ok_or(Error::NotFound("resource type"))?;
            attributes_of(definitions, types, &added.schema).ok_or(Error::NotFound("schema"))?;
            unless(
                has_schema(extended, &added.schema),
                &Hindrance::ExtendedAlready.said([]),
            )?;
            definitions.extensions.push(added.clone());
            Ok(about(Action::ResourceTypeAdded, made(json!(added))))
        })
    }

    /// Takes an extension that was added from a resource type, once no resource holds data of it.
    pub fn remove_extension(&self, call: &AdminCall, name: &str, urn: &str) -> Result<(), Error> {
        let (name, urn) = (name.to_owned(), urn.to_owned());
        self.redefine_unheld(call, move |definitions, _| {
            let removed = take(&mut definitions.extensions, |added| {
                added.resource_type.eq_ignore_ascii_case(&name)
                    && added.schema.eq_ignore_ascii_case(&urn)
            })
            .ok_or(Error::NotFound("added extension"))?;
            let place = (removed.resource_type.clone(), vec![removed.schema.clone()]);
            let about = about(Action::ResourceTypeRemoved, gone(json!(removed)));
            Ok((about, vec![place]))
        })
    }

    /// Defines a resource type (RFC 7643, section 6) over defined schemas.
    pub fn add_resource_type(
        &self,
        call: &AdminCall,
        definition: &Value,
    ) -> Result<ResourceTypeDefinition, Error> {
        let read = ResourceTypeDefinition::parse(definition);
        let given = read.clone();
        self.redefine(call, move |definitions, types| {
            let definition = given.clone().map_err(invalid)?;
            let taken = |is: &dyn Fn(&ResourceType) -> bool| types.iter().any(is);
            unless(
                taken(&|known| known.name.eq_ignore_ascii_case(&definition.name)),
                &Hindrance::ResourceTypeTaken.said([]),
            )?;
            unless(
                taken(&|known| known.endpoint.eq_ignore_ascii_case(&definition.endpoint)),
                &Hindrance::EndpointInUse.said([]),
            )?;
            let shown = json!(definition);
            definitions.resource_types.push(definition);
            Ok(about(Action::ResourceTypeAdded, made(shown)))
        })?;
        read.map_err(invalid)
    }

    /// Removes a defined resource type, once there are no resources of it.
    pub fn remove_resource_type(&self, call: &AdminCall, name: &str) -> Result<(), Error> {
        let name = name.to_owned();
        self.redefine_unheld(call, move |definitions, _| {
            let removed = take(&mut definitions.resource_types, |own| own.name == name)
                .ok_or(Error::NotFound("defined resource type"))?;
            definitions
                .extensions
                .retain(|added| !added.resource_type.eq_ignore_ascii_case(&name));
            let about = about(Action::ResourceTypeRemoved, gone(json!(removed)));
            Ok((about, vec![(name.clone(), Vec::new())]))
        })
    }

    /// What is defined, and the types that come of it.
    fn defined(&self, call: &AdminCall) -> Result<(Definitions, Vec<ResourceType>), Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let (_, document) = definitions::load(tx)?;
            let definitions = parsed(&document)?;
            let types = types_of(&definitions)?;
            Ok((definitions, types))
        })
    }

    /// The same for a change that takes something away: refused, with a count, while resources
    /// hold data of it.
    fn redefine_unheld(
        &self,
        call: &AdminCall,
        change: impl Fn(&mut Definitions, &[ResourceType]) -> Result<(About, Vec<Place>), Error>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        self.redefine_with(call, move |tx, definitions, types| {
            let (about, places) = change(definitions, types)?;
            for (resource_type, path) in places {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                let held = definitions::count_holders(tx, &resource_type, &path)?;
                if held > 0 {
                    let said = Hindrance::Held.said([
                        ("count", held.to_string().into()),
                        ("resource_type", resource_type.into()),
                    ]);
                    return Err(Error::Conflict(said));
                }
            }
            Ok(about)
        })
    }

    fn redefine(
        &self,
        call: &AdminCall,
        change: impl Fn(&mut Definitions, &[ResourceType]) -> Result<About, Error> + Send + 'static,
    ) -> Result<(), Error> {
        self.redefine_with(call, move |_, definitions, types| {
            change(definitions, types)
        })
    }

    fn redefine_with(
        &self,
        call: &AdminCall,
        change: impl Fn(&mut Read<'_>, &mut Definitions, &[ResourceType]) -> Result<About, Error>
        + Send
        + 'static,
    ) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("definitions.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let (version, document) = definitions::load(tx)?;
            let mut definitions = parsed(&document)?;
            let types = types_of(&definitions)?;
            let about = change(tx, &mut definitions, &types)?;
            Registry::new(&definitions).map_err(invalid)?;
            definitions::replace(tx, version, &json!(definitions).to_string())?;
            let subject = service.id(DefinitionId::from_uuid, now);
            service.record(
                tx,
                Change {
                    payload: about.payload,
                    ..operator.change(about.action, subject, now)
                },
            );
            Ok(())
        })
    }
}

fn types_of(definitions: &Definitions) -> Result<Vec<ResourceType>, Error> {
    let registry = Registry::new(definitions).map_err(Error::internal)?;
    Ok(registry
        .resource_types()
        .map(|found| ResourceType::clone(found))
        .collect())
}

/// The schema of a type and those that extend it.
fn published(resource_type: &ResourceType) -> impl Iterator<Item = &Arc<Schema>> {
    let extensions = resource_type.extensions.iter();
    std::iter::once(&resource_type.schema).chain(extensions.map(|extension| &extension.schema))
}

fn has_schema(resource_type: &ResourceType, urn: &str) -> bool {
    published(resource_type).any(|schema| schema.id.eq_ignore_ascii_case(urn))
}

/// The names of a schema's attributes, built in, defined and added; none where there is no such schema.
fn attributes_of(
    definitions: &Definitions,
    types: &[ResourceType],
    urn: &str,
) -> Option<Vec<String>> {
    let is = |schema: &&Schema| schema.id.eq_ignore_ascii_case(urn);
    let published = types.iter().flat_map(published).map(|schema| &**schema);
    let schema = published.chain(&definitions.schemas).find(is)?;
    let own = schema.attributes.iter().map(|attribute| &attribute.name);
    let added = definitions.attributes.iter();
    let added = added.filter(|added| added.schema.eq_ignore_ascii_case(urn));
    let names = own.chain(added.map(|added| &added.attribute.name));
    Some(names.cloned().collect())
}

fn unless(taken: bool, why: &Said) -> Result<(), Error> {
    if taken {
        Err(Error::Uniqueness(why.clone()))
    } else {
        Ok(())
    }
}

fn about(action: Action, payload: Payload) -> About {
    About { action, payload }
}

/// Takes an attribute out of the schema that was defined with it.
fn take_defined(definitions: &mut Definitions, urn: &str, name: &str) -> Option<AddedAttribute> {
    let mut schemas = definitions.schemas.iter_mut();
    let schema = schemas.find(|own| own.id.eq_ignore_ascii_case(urn))?;
    let attribute = take(&mut schema.attributes, |own| {
        own.name.eq_ignore_ascii_case(name)
    })?;
    Some(AddedAttribute {
        schema: schema.id.clone(),
        attribute,
    })
}

/// Removes the first that is meant.
fn take<T>(from: &mut Vec<T>, is_meant: impl Fn(&T) -> bool) -> Option<T> {
    let place = from.iter().position(is_meant)?;
    Some(from.remove(place))
}

fn invalid(error: DefinitionError) -> Error {
    Error::Invalid {
        detail: error.to_string(),
        field: error.place,
    }
}
