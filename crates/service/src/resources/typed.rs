//! Resources of the types that administrators define.

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::{EventId, ResourceId};
use vestibule_scim::filter::match_document;
use vestibule_scim::{Resource, ResourceType};
use vestibule_storage::resources::{self, Derived, Resource as Typed};
use vestibule_storage::{Read, Write};

use crate::changes::{difference, gone, made};
use crate::resources::indexed::indexed;
use crate::{Caller, Change, Error, Service};

impl Service {
    pub(super) fn insert_typed(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        resource: &Resource,
        now: DateTime<Utc>,
    ) -> Result<Typed, Error> {
        let row = Typed {
            id: self.id(ResourceId::from_uuid, now),
            provider: caller.provider.id,
            type_name: resource_type.name.clone(),
            document: resource.to_text(),
            created: now,
            modified: now,
            version: 1,
        };
        resources::insert(tx, &row, &derived(resource_type, resource)?)?;
        self.record(
            tx,
            Change {
                action: Action::ResourceCreated,
                payload: made(Value::Object(resource.0.clone())),
                ..caller.change(row.id, now)
            },
        );
        Ok(row)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom and when"
    )]
    pub(super) fn change_typed(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        current: &Typed,
        before: &Resource,
        next: &Resource,
        now: DateTime<Utc>,
    ) -> Result<Typed, Error> {
        let row = Typed {
            document: next.to_text(),
            // A clock that was set back must not make a resource older than it was.
            modified: now.max(current.modified),
            version: current.version + 1,
            ..current.clone()
        };
        resources::replace(tx, current.version, &row, &derived(resource_type, next)?)?;
        let (old, new) = difference(&before.0, &next.0);
        self.record(
            tx,
            Change {
                action: Action::ResourceChanged,
                payload: Payload {
                    before: Some(old),
                    after: Some(new),
                    why: None,
                },
                ..caller.change(current.id, now)
            },
        );
        Ok(row)
    }

    pub(super) fn delete_typed(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        current: &Typed,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let before = serde_json::from_str(&current.document).map_err(Error::internal)?;
        let event: EventId = self.record(
            tx,
            Change {
                action: Action::ResourceDeleted,
                payload: gone(before),
                ..caller.change(current.id, now)
            },
        );
        Ok(resources::delete(tx, current, now, event)?)
    }
}

pub(super) fn find(
    tx: &mut Read<'_>,
    caller: &Caller,
    type_name: &str,
    id: &str,
) -> Result<Typed, Error> {
    let id: ResourceId = id.parse().map_err(|_| Error::NotFound("resource"))?;
    resources::find(tx, caller.provider.id, type_name, id)?.ok_or(Error::NotFound("resource"))
}

fn derived(resource_type: &ResourceType, resource: &Resource) -> Result<Derived, Error> {
    Ok(Derived {
        external_id: resource
            .external_id()
            .map(|id| indexed("externalId", id.to_owned()))
            .transpose()?,
        match_document: Value::Object(match_document(resource_type, &resource.0)).to_string(),
    })
}
