//! The types of resources there are.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use vestibule_scim::schema::{Definitions, Registry};
use vestibule_scim::{Error, ResourceType};
use vestibule_storage::{Read, definitions};

use crate::Service;

/// All resource types, as of one version of what administrators have added to them.
#[derive(Debug)]
pub struct Types {
    pub(crate) version: i64,
    all: Vec<Arc<ResourceType>>,
}

/// The types as this node last read them. Every transaction compares their version with that in the
/// database, so that nobody works by old ones.
#[derive(Debug, Default)]
pub(crate) struct Known(RwLock<Arc<Types>>);

/// What a type's resources are to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
    /// Defined by an administrator.
    Other,
}

impl Kind {
    pub(crate) fn of(resource_type: &ResourceType) -> Self {
        match resource_type.name.as_str() {
            "User" => Self::User,
            "Group" => Self::Group,
            _ => Self::Other,
        }
    }
}

impl Default for Types {
    /// Those that are always there.
    fn default() -> Self {
        Self::new(0, &Registry::default())
    }
}

impl Types {
    fn new(version: i64, registry: &Registry) -> Self {
        Self {
            version,
            all: registry.resource_types().cloned().collect(),
        }
    }

    pub fn all(&self) -> &[Arc<ResourceType>] {
        &self.all
    }

    /// The type at `/Users`, written with or without the slash.
    pub fn at(&self, endpoint: &str) -> Result<&Arc<ResourceType>, Error> {
        let wanted = endpoint.trim_start_matches('/');
        self.all
            .iter()
            .find(|found| found.endpoint.trim_start_matches('/') == wanted)
            .ok_or_else(|| Error::new(404, None, "there is no such endpoint"))
    }
}

impl Service {
    /// The types of resources as this node knows them.
    pub(crate) fn types(&self) -> Arc<Types> {
        let known = self.known_types().0.read();
        known.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The types of resources of a version that was just read.
    pub(crate) fn types_of(
        &self,
        tx: &mut Read<'_>,
        version: i64,
    ) -> Result<Arc<Types>, crate::Error> {
        let known = self.types();
        if known.version == version {
            return Ok(known);
        }
        let (version, document) = definitions::load(tx)?;
        let registry = Registry::new(&parsed(&document)?).map_err(crate::Error::internal)?;
        let types = Arc::new(Types::new(version, &registry));
        let slot = self.known_types().0.write();
        let mut slot = slot.unwrap_or_else(PoisonError::into_inner);
        // A transaction that is undone may have read a version that never was; the next one sees.
        *slot = types.clone();
        Ok(types)
    }
}

/// Stored definitions.
pub(crate) fn parsed(document: &str) -> Result<Definitions, crate::Error> {
    let mut value: Value = serde_json::from_str(document).map_err(crate::Error::internal)?;
    forget_unkept(&mut value, false);
    Definitions::parse(&value).map_err(crate::Error::internal)
}

/// What is writeOnly was once taken as unique, and never was: it is not kept. As deep as JSON is read.
fn forget_unkept(value: &mut Value, unkept: bool) {
    match value {
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| forget_unkept(value, unkept)),
        Value::Object(data) => {
            let unkept = unkept || data.get("mutability").is_some_and(|it| it == "writeOnly");
            if unkept && data.contains_key("uniqueness") {
                data.insert("uniqueness".to_owned(), "none".into());
            }
            data.values_mut()
                .for_each(|value| forget_unkept(value, unkept));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_defined_as_unique_and_not_kept_is_still_read() {
        let attribute =
            r#"{"name":"a","mutability":"writeOnly","returned":"never","uniqueness":"server"}"#;
        let schema = format!(r#"{{"id":"urn:example:Badge","attributes":[{attribute}]}}"#);
        let stored = parsed(&format!(r#"{{"schemas":[{schema}]}}"#)).unwrap();
        let read = &stored.schemas[0].attributes[0];
        assert_eq!(read.uniqueness, vestibule_scim::schema::Uniqueness::None);
    }
}
