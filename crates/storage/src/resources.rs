//! Resources of the types that administrators define, and the values that must be unique among
//! resources of any type.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{EventId, ProviderId, ResourceId};

use crate::columns::{instant, micros, parsed};
use crate::engine::insert_all;
use crate::error::Error;
use crate::schema::{resources, unique_values};
use crate::store::{Read, Write};
use crate::users;

/// A resource as stored. `document` is the SCIM resource without what is derived: `id`, `meta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub id: ResourceId,
    pub provider: ProviderId,
    /// The name of its type.
    pub type_name: String,
    /// JSON text of an object.
    pub document: String,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

/// What beside the resource its row is written from.
#[derive(Debug, Clone)]
pub struct Derived {
    pub external_id: Option<String>,
    pub match_document: String,
}

type Row = (String, String, i64, i64, i64);

/// One resource of a provider.
pub fn find(
    read: &mut Read<'_>,
    provider: ProviderId,
    type_name: &str,
    id: ResourceId,
) -> Result<Option<Resource>, Error> {
    let found: Option<Row> = resources::table
        .filter(resources::id.eq(id.to_string()))
        .filter(resources::provider_id.eq(provider.to_string()))
        .filter(resources::type_name.eq(type_name))
        .select((
            resources::id,
            resources::document,
            resources::created,
            resources::modified,
            resources::version,
        ))
        .first(read.connection)
        .optional()?;
    found
        .map(|(id, document, created, modified, version)| {
            Ok(Resource {
                id: parsed(&id)?,
                provider,
                type_name: type_name.to_owned(),
                document,
                created: instant(created)?,
                modified: instant(modified)?,
                version,
            })
        })
        .transpose()
}

pub fn insert(write: &mut Write<'_>, resource: &Resource, derived: &Derived) -> Result<(), Error> {
    diesel::insert_into(resources::table)
        .values((
            resources::id.eq(resource.id.to_string()),
            resources::provider_id.eq(resource.provider.to_string()),
            resources::type_name.eq(&resource.type_name),
            resources::external_id.eq(derived.external_id.as_deref()),
            resources::document.eq(&resource.document),
            resources::match_document.eq(&derived.match_document),
            resources::created.eq(micros(resource.created)),
            resources::modified.eq(micros(resource.modified)),
            resources::version.eq(resource.version),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Puts `resource` in the place of the row that still has `version`; [`Error::Stale`] when it has not.
pub fn replace(
    write: &mut Write<'_>,
    version: i64,
    resource: &Resource,
    derived: &Derived,
) -> Result<(), Error> {
    let changed = diesel::update(
        resources::table
            .filter(resources::id.eq(resource.id.to_string()))
            .filter(resources::version.eq(version)),
    )
    .set((
        resources::external_id.eq(derived.external_id.as_deref()),
        resources::document.eq(&resource.document),
        resources::match_document.eq(&derived.match_document),
        resources::modified.eq(micros(resource.modified)),
        resources::version.eq(resource.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Removes a resource and keeps a tombstone.
pub fn delete(
    write: &mut Write<'_>,
    resource: &Resource,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<(), Error> {
    let id = resource.id.to_string();
    users::bury(
        write,
        "resource",
        &id,
        resource.provider,
        &resource.document,
        at,
        event,
    )?;
    let deleted = diesel::delete(
        resources::table
            .filter(resources::id.eq(&id))
            .filter(resources::version.eq(resource.version)),
    )
    .execute(write.connection)?;
    if deleted == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Makes `values`, by attribute, those of the resource and of no other. Answers the attribute whose
/// value another resource of the type has; then nothing is to be kept.
pub fn claim(
    write: &mut Write<'_>,
    provider: ProviderId,
    type_name: &str,
    id: &str,
    values: &[(String, String)],
) -> Result<Option<String>, Error> {
    let provider = provider.to_string();
    diesel::delete(unique_values::table.filter(unique_values::resource_id.eq(id)))
        .execute(write.connection)?;
    for (attribute, value) in values {
        let taken: Option<String> = unique_values::table
            .filter(unique_values::provider_id.eq(&provider))
            .filter(unique_values::type_name.eq(type_name))
            .filter(unique_values::attribute.eq(attribute))
            .filter(unique_values::value_key.eq(value))
            .select(unique_values::resource_id)
            .first(write.connection)
            .optional()?;
        if taken.is_some() {
            return Ok(Some(attribute.clone()));
        }
    }
    let rows: Vec<_> = values
        .iter()
        .map(|(attribute, value)| {
            (
                unique_values::provider_id.eq(&provider),
                unique_values::type_name.eq(type_name),
                unique_values::attribute.eq(attribute),
                unique_values::value_key.eq(value),
                unique_values::resource_id.eq(id),
            )
        })
        .collect();
    if !rows.is_empty() {
        insert_all!(&mut *write.connection, unique_values::table, rows)?;
    }
    Ok(None)
}
