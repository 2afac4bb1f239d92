//! The vendors that come, change and go with the groups of third-party providers.

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::provider::UserType;
use vestibule_domain::settings::MAX_NAME;
use vestibule_domain::vendor::{Vendor, VendorSettings, VendorStatus};
use vestibule_domain::{AccessGroupId, EventId, GroupId, VendorId};
use vestibule_scim::{Dialect, Resource, ScimType};
use vestibule_storage::vendors::{self, Stored as StoredVendor};
use vestibule_storage::{Read, Write, access_groups, events};

use crate::changes::difference;
use crate::{Caller, Change, Error, Service, Warned};

impl Service {
    /// A third-party provider's new group makes a pending vendor: nobody gets in yet.
    pub(super) fn open_vendor(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        resource: &Resource,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let wanted = self.wanted_access_group(tx, caller, group, resource, false, cause, now)?;
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
        vendors::insert(
            tx,
            &StoredVendor {
                vendor,
                status_event: event,
                access_group_event: Some(event),
                dates_event: Some(event),
            },
        )?;
        Ok(())
    }

    /// Records what time has changed of a group's vendor, in front of what its provider does to it now: nobody
    /// can know any more then. `change`: the group before and after; none where it is deleted.
    pub(super) fn tell_of_vendor(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        change: Option<(&Resource, &Resource)>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if caller.provider.settings.user_type == UserType::Internal {
            return Ok(());
        }
        let Some(StoredVendor { vendor, .. }) = vendors::find_by_group(tx, group)? else {
            return Ok(());
        };
        let stays = change.is_some_and(|(before, next)| {
            before.0.get("accessGroup") == next.0.get("accessGroup")
                && next.display_name() == Some(vendor.name.as_str())
        });
        if stays {
            return Ok(());
        }
        self.tell_of(tx, vendor.id.as_uuid(), now)
    }

    /// The vendor takes its group's new name and, while it is pending, the access group asked for.
    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom, why and when"
    )]
    pub(super) fn follow_group(
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
            let decided = match &present {
                Some(stored) => is_decided(tx, stored)?,
                None => false,
            };
            self.wanted_access_group(tx, caller, group, after, decided, cause, now)?
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
        let change = Change {
            id: Some(event),
            action: Action::VendorChanged,
            cause: Some(cause),
            ..caller.change(stored.vendor.id, now)
        };
        self.save_vendor(tx, stored, &old, change)
    }

    /// Deleting the group closes the vendor; the same name pushed again makes another one.
    pub(super) fn close_vendor(
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
        let change = Change {
            id: Some(event),
            action: Action::VendorClosed,
            cause: Some(cause),
            ..caller.change(stored.vendor.id, now)
        };
        self.save_vendor(tx, stored, &old, change)
    }

    /// Stores a vendor that was `old`, with the event of the change, which is filled in here. The same again is no
    /// change.
    fn save_vendor(
        &self,
        tx: &mut Write<'_>,
        mut stored: StoredVendor,
        old: &Value,
        change: Change,
    ) -> Result<(), Error> {
        let new = serde_json::to_value(&stored.vendor).map_err(Error::internal)?;
        if new == *old {
            return Ok(());
        }
        let (Value::Object(old), Value::Object(new)) = (old, &new) else {
            return Err(Error::internal("a vendor serialises to an object"));
        };
        let (before, after) = difference(old, new);
        let version = stored.vendor.version;
        stored.vendor.version += 1;
        // A clock that was set back must not make it older than it was.
        stored.vendor.modified = change.at.max(stored.vendor.modified);
        self.record(
            tx,
            Change {
                payload: Payload {
                    before: Some(before),
                    after: Some(after),
                    why: None,
                },
                ..change
            },
        );
        Ok(vendors::replace(tx, version, &stored)?)
    }

    /// The access group a group's `accessGroup` may tie its vendor to. Anything but the name of one
    /// that allows it, for a vendor that nobody has decided on, is a warning and changes nothing.
    #[expect(clippy::too_many_arguments, reason = "the request, the state and when")]
    fn wanted_access_group(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        resource: &Resource,
        decided: bool,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<Option<AccessGroupId>, Error> {
        let Some(name) = resource.0.get("accessGroup").and_then(Value::as_str) else {
            return Ok(None);
        };
        let found = access_groups::find_by_name(tx, name)?;
        let linkable = found
            .as_ref()
            .is_some_and(|stored| stored.access_group.settings.linkable_by_provisioning);
        let shown: String = name.chars().take(MAX_NAME).collect();
        if !linkable && caller.provider.settings.dialect == Dialect::Strict {
            // Which of both it is, is none of the provider's business.
            return Err(vestibule_scim::Error::bad_request(
                ScimType::InvalidValue,
                format!("accessGroup: no access group of this name may be linked by provisioning: {shown:?}"),
            )
            .into());
        }
        let internal = caller.provider.settings.user_type == UserType::Internal;
        let warned = match found {
            None => Warned::UnknownAccessGroup,
            Some(_) if !linkable => Warned::ClosedAccessGroup,
            Some(_) if internal => Warned::InternalAccessGroup,
            Some(stored) if !decided => return Ok(Some(stored.access_group.id)),
            Some(_) => Warned::DecidedAccessGroup,
        };
        let detail = warned.said([("name", format!("{shown:?}").into())]);
        self.warn(
            tx,
            caller,
            "access_group",
            group.to_string(),
            &detail,
            cause,
            now,
        )?;
        Ok(None)
    }
}

/// Whether an administrator has decided by which access group a vendor's people get in: by enabling or
/// disabling it, or by tying it to one.
fn is_decided(tx: &mut Read<'_>, stored: &StoredVendor) -> Result<bool, Error> {
    let settings = &stored.vendor.settings;
    if settings.status != VendorStatus::Pending {
        return Ok(true);
    }
    let (Some(_), Some(event)) = (settings.access_group, stored.access_group_event) else {
        return Ok(false);
    };
    let told = events::of_request_or_id(tx, event.as_uuid(), 1)?;
    Ok(told
        .first()
        .is_some_and(|event| event.actor_kind == "administrator"))
}
