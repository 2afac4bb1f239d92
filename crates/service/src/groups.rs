//! The rows of groups, as their provider changes them over SCIM.

mod vendor;

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::{EventId, GroupId};
use vestibule_scim::filter::match_document;
use vestibule_scim::fold::fold;
use vestibule_scim::{Member, MemberChange, Resource, ResourceType};
use vestibule_storage::groups::{self, Group, NewGroup};
use vestibule_storage::{Read, Write, memberships};

use crate::changes::{difference, gone, made};
use crate::memberships::staff_left;
use crate::resources::indexed::indexed;
use crate::users::resource;
use crate::warnings::vendor_flag;
use crate::{Caller, Change, Error, Service};

/// All of these work under [`memberships::lock`].
impl Service {
    pub(crate) fn insert_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        resource: &Resource,
        members: Option<&[Member]>,
        now: DateTime<Utc>,
    ) -> Result<Group, Error> {
        let event = self.id(EventId::from_uuid, now);
        let id = self.id(GroupId::from_uuid, now);
        let row = new_row(caller, resource_type, id, resource, event, now, now, 1)?;
        groups::insert(tx, &row)?;
        self.record(
            tx,
            Change {
                id: Some(event),
                action: Action::GroupCreated,
                payload: made(Value::Object(resource.0.clone())),
                ..caller.change(id, now)
            },
        );
        let flag = vendor_flag(resource);
        self.warn_of_contradiction(tx, caller, id.to_string(), flag, event, now)?;
        self.open_vendor(tx, caller, id, resource, event, now)?;
        if let Some(members) = members {
            let added = [MemberChange::Add(members.to_vec())];
            self.change_members(tx, caller, id, &added, Some(event), now)?;
        }
        find(tx, caller, &id.to_string())
    }

    /// Changes the group itself, when there is anything `(before, next)` to change it from and to,
    /// and its members.
    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom and when"
    )]
    pub(crate) fn change_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        mut group: Group,
        change: Option<(&Resource, &Resource)>,
        members: &[MemberChange],
        now: DateTime<Utc>,
    ) -> Result<Group, Error> {
        let version = group.version;
        // A clock that was set back must not make a resource older than it was.
        let modified = now.max(group.modified);
        let mut cause = None;
        if let Some((before, next)) = change {
            self.tell_of_vendor(tx, caller, group.id, change, now)?;
            let event = self.id(EventId::from_uuid, now);
            let row = new_row(
                caller,
                resource_type,
                group.id,
                next,
                event,
                group.created,
                modified,
                version + 1,
            )?;
            groups::replace(tx, version, &row)?;
            let (old, new) = difference(&before.0, &next.0);
            self.record(
                tx,
                Change {
                    id: Some(event),
                    action: Action::GroupChanged,
                    payload: Payload {
                        before: Some(old),
                        after: Some(new),
                        why: None,
                    },
                    ..caller.change(group.id, now)
                },
            );
            let flag = vendor_flag(next);
            if vendor_flag(before) != flag {
                self.warn_of_contradiction(tx, caller, group.id.to_string(), flag, event, now)?;
            }
            self.follow_group(tx, caller, group.id, before, next, event, now)?;
            group.display_name = row.display_name;
            group.document = row.document;
            cause = Some(event);
        }
        let moved = self.change_members(tx, caller, group.id, members, cause, now)?;
        if moved && cause.is_none() {
            groups::touch(tx, group.id, Some(version), modified)?;
        }
        if moved || cause.is_some() {
            group.modified = modified;
            group.version = version + 1;
        }
        Ok(group)
    }

    pub(crate) fn delete_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: &Group,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let people = memberships::users_below(tx, &[group.id])?;
        let members: Vec<String> = memberships::of_group(tx, group.id)?
            .into_iter()
            .map(|member| member.member)
            .collect();
        let mut before = resource(&group.document)?;
        before
            .0
            .insert("members".to_owned(), members.clone().into());
        self.tell_of_vendor(tx, caller, group.id, None, now)?;
        let event = self.record(
            tx,
            Change {
                action: Action::GroupDeleted,
                payload: gone(Value::Object(before.0)),
                ..caller.change(group.id, now)
            },
        );
        self.leave_everywhere(tx, caller, &group.id.to_string(), event, now)?;
        self.close_vendor(tx, caller, group.id, event, now)?;
        groups::delete(tx, group, now, event)?;
        staff_left(tx, caller, &members, event)?;
        self.replace_people(tx, caller, &people, event, now)
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is another column of the row"
)]
fn new_row(
    caller: &Caller,
    resource_type: &ResourceType,
    id: GroupId,
    resource: &Resource,
    event: EventId,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
) -> Result<NewGroup, Error> {
    let name = resource
        .display_name()
        .ok_or_else(|| Error::internal("a valid Group has a displayName"))?;
    Ok(NewGroup {
        id,
        provider: caller.provider.id,
        display_name: name.to_owned(),
        display_name_key: indexed("displayName", fold(name))?,
        external_id: resource
            .external_id()
            .map(|id| indexed("externalId", id.to_owned()))
            .transpose()?,
        document: resource.to_text(),
        match_document: Value::Object(match_document(resource_type, &resource.0)).to_string(),
        created,
        modified,
        version,
        event,
    })
}

pub(crate) fn find(tx: &mut Read<'_>, caller: &Caller, id: &str) -> Result<Group, Error> {
    let id: GroupId = id.parse().map_err(|_| Error::NotFound("Group"))?;
    groups::find(tx, caller.provider.id, id)?.ok_or(Error::NotFound("Group"))
}

pub(crate) fn find_locked(tx: &mut Write<'_>, caller: &Caller, id: &str) -> Result<Group, Error> {
    let id: GroupId = id.parse().map_err(|_| Error::NotFound("Group"))?;
    groups::find_locked(tx, caller.provider.id, id)?.ok_or(Error::NotFound("Group"))
}
