//! Groups, as their provider sees them over SCIM, and the vendors that come and go with them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::{Vendor, VendorSettings, VendorStatus};
use vestibule_domain::{EventId, GroupId, VendorId};
use vestibule_oauth::Scopes;
use vestibule_scim::filter::match_document;
use vestibule_scim::fold::fold;
use vestibule_scim::{
    Dialect, Member, MemberChange, Patch, Projection, Resource, ScimType, Tolerances, patch,
};
use vestibule_storage::groups::{self, Group, NewGroup};
use vestibule_storage::users::Page;
use vestibule_storage::vendors::{self, Stored as StoredVendor};
use vestibule_storage::{Read, Write, access_groups, memberships};

use crate::caller::Parsed;
use crate::list::Listed;
use crate::users::{Submitted, difference, resource, vendor_flag};
use crate::{Call, Caller, Change, Error, Precondition, Representation, Service, representation};

/// A group as a client sent it: its own attributes, and its members apart.
type SentGroup = (Resource, Option<Vec<Member>>, Projection);
/// A patch of a group: the changes of members, and the rest.
type SentPatch = (Vec<MemberChange>, Option<Patch>, Projection);

impl Service {
    pub fn create_group(
        &self,
        call: Call,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        let service = self.clone();
        let parsed = self.parsed_group(submitted);
        self.store().write("groups.create", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            let (resource, members, projection) = service.settle(&caller, &parsed, now)?;
            if members.is_some() {
                memberships::lock(tx, caller.provider.id)?;
            }
            let event = service.id(EventId::from_uuid, now);
            let id = service.id(GroupId::from_uuid, now);
            let row = service.group_row(&caller, id, resource, event, now, now, 1)?;
            groups::insert(tx, &row)?;
            service.record(
                tx,
                Change {
                    id: Some(event),
                    action: Action::GroupCreated,
                    payload: Payload {
                        before: None,
                        after: Some(Value::Object(resource.0.clone())),
                        why: None,
                    },
                    ..caller.change(id, now)
                },
            );
            service.warn_of_contradiction(
                tx,
                &caller,
                id.to_string(),
                vendor_flag(resource),
                event,
                now,
            )?;
            service.open_vendor(tx, &caller, id, resource, event, now)?;
            if let Some(members) = members {
                let added = [MemberChange::Add(members.clone())];
                service.change_members(tx, &caller, id, &added, Some(event), now)?;
            }
            let group = find(tx, &caller, &id.to_string())?;
            service.represent_group(tx, &call.base, &group, projection)
        })
    }

    pub fn read_group(
        &self,
        call: &Call,
        id: &str,
        projection: Result<Projection, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        self.store().read(|tx| {
            let caller = self.authenticate(tx, &call.presented, Scopes::READ, self.now())?;
            let projection = projection?;
            let group = find(tx, &caller, id)?;
            self.represent_group(tx, &call.base, &group, &projection)
        })
    }

    pub fn list_groups(
        &self,
        call: &Call,
        request: Result<vestibule_scim::ListRequest, vestibule_scim::Error>,
    ) -> Result<Listed, Error> {
        let parsed = self.parsed_list(request, Service::group_type);
        self.store().read(|tx| {
            let now = self.now();
            let caller = self.authenticate(tx, &call.presented, Scopes::READ, now)?;
            let query = self.settle(&caller, &parsed, now)?;
            let location = format!("{}{}/", call.base, self.group_type().endpoint);
            let provider = caller.provider.id;
            let total = groups::count(tx, provider, query.filter.as_ref(), &location)?;
            let page = Page {
                condition: query.filter.as_ref(),
                sort: query
                    .sort
                    .as_ref()
                    .map(|sort| (&sort.target, sort.descending)),
                offset: i64::try_from(query.page.start_index() - 1).unwrap_or(i64::MAX),
                limit: i64::try_from(query.count).unwrap_or(i64::MAX),
                location: &location,
            };
            let found = if query.count == 0 || page.offset >= total {
                Vec::new()
            } else {
                groups::list(tx, provider, &page)?
            };
            let members = if query.projection.wants("members") {
                memberships::of_groups(tx, &found.iter().map(|group| group.id).collect::<Vec<_>>())?
            } else {
                std::collections::HashMap::new()
            };
            let resources = found
                .iter()
                .map(|group| {
                    let members = members
                        .get(&group.id)
                        .map(Vec::as_slice)
                        .unwrap_or_default();
                    let projection = &query.projection;
                    let represented = representation::group(
                        self.group_type(),
                        &call.base,
                        group,
                        members,
                        projection,
                    )?;
                    Ok(represented.body)
                })
                .collect::<Result<_, Error>>()?;
            Ok(Listed {
                total,
                start_index: query.page.start_index(),
                resources,
            })
        })
    }

    pub fn replace_group(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        let service = self.clone();
        let id = id.to_owned();
        let parsed = self.parsed_group(submitted);
        self.store().write("groups.replace", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            memberships::lock(tx, caller.provider.id)?;
            let current = find_locked(tx, &caller, &id)?;
            precondition.check(current.version)?;
            let (next, members, projection) = service.settle(&caller, &parsed, now)?;
            let members = match members {
                Some(members) => Some(members.clone()),
                None if caller.provider.settings.put_keeps_members => None,
                // RFC 7644, section 3.5.1: attributes that are omitted are cleared.
                None => Some(Vec::new()),
            };
            let changes: Vec<MemberChange> =
                members.map(MemberChange::Replace).into_iter().collect();
            service.change_group(tx, &caller, &current, Some(next), &changes, now)?;
            let group = find(tx, &caller, &id)?;
            service.represent_group(tx, &call.base, &group, projection)
        })
    }

    /// The changed group, when `represent` asks for it.
    pub fn patch_group(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
        submitted: Result<Submitted, vestibule_scim::Error>,
        represent: bool,
    ) -> Result<Option<Representation>, Error> {
        let service = self.clone();
        let id = id.to_owned();
        let parsed = self.parsed_group_patch(submitted);
        self.store().write("groups.patch", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            let (changes, rest, projection) = service.settle(&caller, &parsed, now)?;
            if !changes.is_empty() {
                memberships::lock(tx, caller.provider.id)?;
            }
            let current = find_locked(tx, &caller, &id)?;
            precondition.check(current.version)?;
            let next = match rest {
                Some(rest) => {
                    let mut tolerances = Tolerances::new(caller.provider.settings.dialect);
                    let limits = &service.settings().limits;
                    let before = resource(&current.document)?;
                    let next =
                        patch::apply(rest, service.group_type(), &before, limits, &mut tolerances)?;
                    service
                        .telemetry()
                        .tolerated(caller.provider.id, &tolerances, now);
                    Some(next)
                }
                None => None,
            };
            service.change_group(tx, &caller, &current, next.as_ref(), changes, now)?;
            if !represent {
                return Ok(None);
            }
            let group = find(tx, &caller, &id)?;
            service
                .represent_group(tx, &call.base, &group, projection)
                .map(Some)
        })
    }

    pub fn delete_group(
        &self,
        call: Call,
        id: &str,
        precondition: Precondition,
    ) -> Result<(), Error> {
        let service = self.clone();
        let id = id.to_owned();
        self.store().write("groups.delete", move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            memberships::lock(tx, caller.provider.id)?;
            let group = find_locked(tx, &caller, &id)?;
            precondition.check(group.version)?;
            let people = memberships::users_below(tx, group.id)?;
            let members: Vec<String> = memberships::of_group(tx, group.id)?
                .into_iter()
                .map(|member| member.member)
                .collect();
            let mut before = resource(&group.document)?;
            before.0.insert("members".to_owned(), members.into());
            let event = service.record(
                tx,
                Change {
                    action: Action::GroupDeleted,
                    payload: Payload {
                        before: Some(Value::Object(before.0)),
                        after: None,
                        why: None,
                    },
                    ..caller.change(group.id, now)
                },
            );
            service.leave_everywhere(tx, &caller, &id, event, now)?;
            service.close_vendor(tx, &caller, group.id, event, now)?;
            groups::delete(tx, &group, now, event)?;
            service.replace_people(tx, &caller, &people, event, now)
        })
    }

    /// Puts `next` in the place of `current` and changes the members, in so far as anything differs.
    fn change_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        current: &Group,
        next: Option<&Resource>,
        changes: &[MemberChange],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let before = resource(&current.document)?;
        // A clock that was set back must not make a resource older than it was.
        let modified = now.max(current.modified);
        let mut cause = None;
        if let Some(next) = next.filter(|next| **next != before) {
            let event = self.id(EventId::from_uuid, now);
            let row = self.group_row(
                caller,
                current.id,
                next,
                event,
                current.created,
                modified,
                current.version + 1,
            )?;
            groups::replace(tx, current.version, &row)?;
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
                    ..caller.change(current.id, now)
                },
            );
            if vendor_flag(&before) != vendor_flag(next) {
                let subject = current.id.to_string();
                self.warn_of_contradiction(tx, caller, subject, vendor_flag(next), event, now)?;
            }
            self.follow_group(tx, caller, current.id, &before, next, event, now)?;
            cause = Some(event);
        }
        if self.change_members(tx, caller, current.id, changes, cause, now)? && cause.is_none() {
            groups::touch(tx, current.id, Some(current.version), modified)?;
        }
        Ok(())
    }

    /// A third-party provider's new group makes a pending vendor: nobody gets in yet.
    fn open_vendor(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        resource: &Resource,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let wanted = self.wanted_access_group(tx, caller, group, resource, None, cause, now)?;
        if caller.provider.settings.user_type == UserType::Internal {
            return Ok(());
        }
        let event = self.id(EventId::from_uuid, now);
        let vendor = Vendor {
            id: self.id(VendorId::from_uuid, now),
            provider: caller.provider.id,
            group: Some(group),
            name: resource.display_name().unwrap_or_default().to_owned(),
            settings: VendorSettings {
                access_group: wanted,
                ..VendorSettings::default()
            },
            created: now,
            modified: now,
            version: 1,
        };
        let after = serde_json::to_value(&vendor).map_err(Error::internal)?;
        self.record(
            tx,
            Change {
                id: Some(event),
                action: Action::VendorCreated,
                cause: Some(cause),
                payload: Payload {
                    before: None,
                    after: Some(after),
                    why: None,
                },
                ..caller.change(vendor.id, now)
            },
        );
        let access_group_event = wanted.map(|_| event);
        vendors::insert(
            tx,
            &StoredVendor {
                vendor,
                status_event: event,
                access_group_event,
                dates_event: None,
            },
        )?;
        Ok(())
    }

    /// The vendor takes its group's new name and, while it is pending, the access group asked for.
    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom, why and when"
    )]
    fn follow_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        before: &Resource,
        after: &Resource,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let present = vendors::find_by_group(tx, group)?;
        let asked = before.0.get("accessGroup") != after.0.get("accessGroup");
        let wanted = if asked {
            let status = present.as_ref().map(|stored| stored.vendor.settings.status);
            self.wanted_access_group(tx, caller, group, after, status, cause, now)?
        } else {
            None
        };
        let Some(mut stored) = present else {
            return Ok(());
        };
        let old = serde_json::to_value(&stored.vendor).map_err(Error::internal)?;
        let event = self.id(EventId::from_uuid, now);
        let vendor = &mut stored.vendor;
        after
            .display_name()
            .unwrap_or_default()
            .clone_into(&mut vendor.name);
        if wanted.is_some() && wanted != vendor.settings.access_group {
            vendor.settings.access_group = wanted;
            stored.access_group_event = Some(event);
        }
        self.save_vendor(
            tx,
            caller,
            stored,
            &old,
            event,
            cause,
            Action::VendorChanged,
            now,
        )
    }

    /// Deleting the group closes the vendor; the same name pushed again makes another one.
    fn close_vendor(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(mut stored) = vendors::find_by_group(tx, group)? else {
            return Ok(());
        };
        let old = serde_json::to_value(&stored.vendor).map_err(Error::internal)?;
        let event = self.id(EventId::from_uuid, now);
        stored.vendor.group = None;
        stored.vendor.settings.status = VendorStatus::Closed;
        stored.status_event = event;
        self.save_vendor(
            tx,
            caller,
            stored,
            &old,
            event,
            cause,
            Action::VendorClosed,
            now,
        )
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom, why and when"
    )]
    fn save_vendor(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        mut stored: StoredVendor,
        old: &Value,
        event: EventId,
        cause: EventId,
        action: Action,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let new = serde_json::to_value(&stored.vendor).map_err(Error::internal)?;
        if new == *old {
            return Ok(());
        }
        let (Value::Object(old), Value::Object(new)) = (old, &new) else {
            return Err(Error::internal("a vendor serialises to an object"));
        };
        let (before, after) = difference(old, new);
        self.record(
            tx,
            Change {
                id: Some(event),
                action,
                cause: Some(cause),
                payload: Payload {
                    before: Some(before),
                    after: Some(after),
                    why: None,
                },
                ..caller.change(stored.vendor.id, now)
            },
        );
        let version = stored.vendor.version;
        stored.vendor.version += 1;
        stored.vendor.modified = now;
        Ok(vendors::replace(tx, version, &stored)?)
    }

    /// The access group a group's `accessGroup` may tie its vendor to. Anything but the name of one
    /// that allows it, for a vendor still pending, is a warning and changes nothing.
    #[expect(clippy::too_many_arguments, reason = "the request, the state and when")]
    fn wanted_access_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        resource: &Resource,
        status: Option<VendorStatus>,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<Option<vestibule_domain::AccessGroupId>, Error> {
        let Some(name) = resource.0.get("accessGroup").and_then(Value::as_str) else {
            return Ok(None);
        };
        let known = access_groups::find_by_name(tx, name)?
            .filter(|stored| stored.access_group.settings.linkable_by_provisioning);
        let detail = match known {
            None if caller.provider.settings.dialect == Dialect::Strict => {
                return Err(vestibule_scim::Error::bad_request(
                    ScimType::InvalidValue,
                    "accessGroup: no access group of this name may be linked by provisioning",
                )
                .into());
            }
            None => {
                "sent an accessGroup that no access group open to provisioning is named; nothing changes"
            }
            Some(_) if caller.provider.settings.user_type == UserType::Internal => {
                "sent an accessGroup for an internal group; only vendors are linked by provisioning"
            }
            Some(stored) if status.is_none_or(|status| status == VendorStatus::Pending) => {
                return Ok(Some(stored.access_group.id));
            }
            Some(_) => {
                "sent an accessGroup for a vendor that is no longer pending; nothing changes"
            }
        };
        self.warn(
            tx,
            caller,
            "access_group",
            group.to_string(),
            detail.to_owned(),
            cause,
            now,
        )?;
        Ok(None)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is another column of the row"
    )]
    fn group_row(
        &self,
        caller: &Caller,
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
            display_name_key: fold(name),
            external_id: resource.external_id().map(str::to_owned),
            document: resource.to_text(),
            match_document: Value::Object(match_document(self.group_type(), &resource.0))
                .to_string(),
            created,
            modified,
            version,
            event,
        })
    }

    fn parsed_group(
        &self,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Parsed<SentGroup> {
        let service = self.clone();
        Parsed::new(move |tolerances| {
            let submitted = submitted.clone()?;
            let limits = &service.settings().limits;
            let mut resource =
                Resource::parse(service.group_type(), submitted.body, limits, tolerances)?;
            let members = resource.take_members()?;
            Ok((resource, members, submitted.projection))
        })
    }

    fn parsed_group_patch(
        &self,
        submitted: Result<Submitted, vestibule_scim::Error>,
    ) -> Parsed<SentPatch> {
        let service = self.clone();
        Parsed::new(move |tolerances| {
            let submitted = submitted.clone()?;
            let limits = &service.settings().limits;
            let patch = Patch::parse(submitted.body, limits, tolerances)?;
            let (changes, rest) = patch.split_members(limits, tolerances)?;
            Ok((changes, rest, submitted.projection))
        })
    }

    fn represent_group(
        &self,
        tx: &mut Read<'_>,
        base: &str,
        group: &Group,
        projection: &Projection,
    ) -> Result<Representation, Error> {
        let members = if projection.wants("members") {
            memberships::of_group(tx, group.id)?
        } else {
            Vec::new()
        };
        representation::group(self.group_type(), base, group, &members, projection)
    }
}

fn find(tx: &mut Read<'_>, caller: &Caller, id: &str) -> Result<Group, Error> {
    let id: GroupId = id.parse().map_err(|_| Error::NotFound("Group"))?;
    groups::find(tx, caller.provider.id, id)?.ok_or(Error::NotFound("Group"))
}

fn find_locked(tx: &mut Write<'_>, caller: &Caller, id: &str) -> Result<Group, Error> {
    let id: GroupId = id.parse().map_err(|_| Error::NotFound("Group"))?;
    groups::find_locked(tx, caller.provider.id, id)?.ok_or(Error::NotFound("Group"))
}
