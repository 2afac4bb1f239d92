//! A resource of any type as it is stored, and as a client sees it.

use vestibule_scim::{Projection, ResourceType};
use vestibule_storage::Read;
use vestibule_storage::groups::Group;
use vestibule_storage::resources::Resource as Typed;
use vestibule_storage::users::User;

use super::typed;
use crate::representation::{Derived, Stored};
use crate::types::Kind;
use crate::{Caller, Error, Representation, groups, users};

/// A resource as stored.
pub(super) enum Row {
    User(User),
    Group(Group),
    Other(Typed),
}

impl Row {
    pub(super) fn id(&self) -> String {
        match self {
            Self::User(user) => user.id.to_string(),
            Self::Group(group) => group.id.to_string(),
            Self::Other(typed) => typed.id.to_string(),
        }
    }

    pub(super) fn document(&self) -> &str {
        self.stored().document
    }

    pub(super) fn stored(&self) -> Stored<'_> {
        match self {
            Self::User(row) => Stored {
                document: &row.document,
                created: row.created,
                modified: row.modified,
                version: row.version,
            },
            Self::Group(row) => Stored {
                document: &row.document,
                created: row.created,
                modified: row.modified,
                version: row.version,
            },
            Self::Other(row) => Stored {
                document: &row.document,
                created: row.created,
                modified: row.modified,
                version: row.version,
            },
        }
    }
}

pub(super) fn find(
    tx: &mut Read<'_>,
    caller: &Caller,
    resource_type: &ResourceType,
    id: &str,
) -> Result<Row, Error> {
    Ok(match Kind::of(resource_type) {
        Kind::User => Row::User(users::find(tx, caller, id)?),
        Kind::Group => Row::Group(groups::find(tx, caller, id)?),
        Kind::Other => Row::Other(typed::find(tx, caller, &resource_type.name, id)?),
    })
}

/// A resource as a client sees it, with the projection it asked for.
pub(super) fn represent(
    tx: &mut Read<'_>,
    base: &str,
    resource_type: &ResourceType,
    row: &Row,
    projection: &Projection,
) -> Result<Representation, Error> {
    let id = row.id();
    let derived = Derived::of(tx, Kind::of(resource_type), &[&id], projection)?;
    derived.represent(resource_type, base, &id, &row.stored(), projection)
}
