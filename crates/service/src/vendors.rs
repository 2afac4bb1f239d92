//! Vendors: what administrators decide about the outside companies that came with groups.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::json;
use uuid::Uuid;
use vestibule_domain::event::{Action, Payload, SubjectKind};
use vestibule_domain::vendor::{Vendor, VendorSettings, VendorStatus};
use vestibule_domain::{EventId, GroupId, Hindrance, Mistake, VendorId};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::vendors::{self, Stored};
use vestibule_storage::{Read, Write, access_groups, groups, memberships, placements};

use crate::access_groups::must_exist;
use crate::changes::{changed, moved};
use crate::links::LetIn;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Operator, Precondition, Role, Service};

pub use vestibule_storage::placements::{Placed, PlacedSort};
pub use vestibule_storage::vendors::{Choice, VendorSort};

/// Which vendors are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct VendorQuery {
    pub choice: Choice,
    pub page: PageQuery<VendorSort>,
}

/// A vendor with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorDetails {
    pub vendor: Vendor,
    /// How many people are placed in it.
    pub people: i64,
    pub access_group_name: Option<String>,
}

impl Service {
    /// What vendors are called, as far as they are there.
    pub fn vendor_names(
        &self,
        call: &AdminCall,
        ids: &[VendorId],
    ) -> Result<HashMap<VendorId, String>, Error> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let named = vestibule_storage::names::of(tx, SubjectKind::Vendor, &ids)?;
            let named = named.into_iter();
            Ok(named
                .map(|(id, name)| (VendorId::from_uuid(id), name))
                .collect())
        })
    }

    pub fn list_vendors(
        &self,
        call: &AdminCall,
        query: &VendorQuery,
    ) -> Result<Page<Vendor>, Error> {
        let asked = self.asked(&query.page, (VendorSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = vendors::list(tx, &query.choice, asked.page())?;
            Ok(asked
                .answer(found, vendors::place)
                .map(|stored| stored.vendor))
        })
    }

    pub fn find_vendor(&self, call: &AdminCall, id: VendorId) -> Result<VendorDetails, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let vendor = find(tx, id)?.vendor;
            let access_group_name = match vendor.settings.access_group {
                Some(tied) => {
                    access_groups::find(tx, tied)?.map(|found| found.access_group.settings.name)
                }
                None => None,
            };
            Ok(VendorDetails {
                people: placements::count(tx, id)?,
                vendor,
                access_group_name,
            })
        })
    }

    /// The people placed in a vendor, by id.
    pub fn vendor_people(
        &self,
        call: &AdminCall,
        id: VendorId,
        page: &PageQuery<PlacedSort>,
    ) -> Result<Page<Placed>, Error> {
        let asked = self.asked(page, (PlacedSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, id)?;
            let found = placements::people_of(tx, id, asked.page())?;
            Ok(asked.answer(found, |_, one| (None, one.id.to_string())))
        })
    }

    /// Changes what `edit` changes. A vendor once enabled or disabled is never pending again, and
    /// one that is closed has to be re-attached first. With a version, only while the vendor still
    /// has it.
    pub fn change_vendor(
        &self,
        call: &AdminCall,
        id: VendorId,
        precondition: Precondition,
        mut edit: impl FnMut(&mut VendorSettings) -> Result<(), Error> + Send + 'static,
    ) -> Result<Vendor, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("vendors.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let current = find(tx, id)?;
            let before = &current.vendor;
            precondition.check(before.version)?;
            let mut settings = before.settings.clone();
            edit(&mut settings)?;
            let settings = whole_micros(settings);
            let Some(payload) = changed(&before.settings, &settings)? else {
                return Ok(before.clone());
            };
            allow_status(before.settings.status, settings.status)?;
            settings.check()?;
            must_exist(tx, "access_group", settings.access_group)?;
            service.tell_of(tx, id.as_uuid(), now)?;
            let event = service.id(EventId::from_uuid, now);
            let next = advanced(
                &current,
                Vendor {
                    settings,
                    ..before.clone()
                },
                event,
                now,
            );
            vendors::replace(tx, before.version, &next)?;
            // Whoever changes it looks for the links of the vendors that are tied to it.
            if let Some(tied) = next.vendor.settings.access_group {
                links::share_access_group(tx, tied)?;
            }
            let change = Change {
                id: Some(event),
                payload,
                ..about(&operator, Action::VendorChanged, before, now)
            };
            service.record(tx, change.clone());
            let followed = Change {
                cause: Some(event),
                ..change
            };
            service.settle_links(tx, &Scope::Vendor(id), &followed)?;
            service.consider(tx, LetIn::Vendor(id), event, now)?;
            Ok(next.vendor)
        })
    }

    /// Gives a closed vendor the group whose present vendor is still pending; that one is closed in
    /// its stead. The old one keeps its settings, and is disabled until an administrator enables
    /// it: attaching alone lets nobody in.
    pub fn reattach_vendor(
        &self,
        call: &AdminCall,
        id: VendorId,
        group: GroupId,
    ) -> Result<Vendor, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("vendors.reattach", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let old = find(tx, id)?;
            if old.vendor.settings.status != VendorStatus::Closed {
                return Err(Error::Conflict(Hindrance::NotClosed.said([])));
            }
            // The nesting before the group, as whoever changes members takes them.
            memberships::lock(tx, old.vendor.provider)?;
            let group = groups::find_locked(tx, old.vendor.provider, group)?.ok_or(Error::NotFound("group"))?;
            let present = vendors::find_by_group(tx, group.id)?.ok_or(Error::NotFound("vendor of this group"))?;
            if present.vendor.settings.status != VendorStatus::Pending {
                return Err(Error::Conflict(Hindrance::GroupDecided.said([])));
            }
            let event = service.id(EventId::from_uuid, now);
            service.close_replaced(tx, &operator, &present, event, now)?;
            let mut vendor = Vendor { group: Some(group.id), name: group.display_name.clone(), ..old.vendor.clone() };
            vendor.settings.status = VendorStatus::Disabled;
            let next = advanced(&old, vendor, event, now);
            vendors::replace(tx, old.vendor.version, &next)?;
            let payload = moved(
                json!({"group": old.vendor.group, "name": old.vendor.name, "status": VendorStatus::Closed}),
                json!({"group": group.id, "name": group.display_name, "status": VendorStatus::Disabled}),
            );
            let change =
                Change { id: Some(event), payload, ..about(&operator, Action::VendorReattached, &old.vendor, now) };
            service.record(tx, change.clone());
            let people = memberships::users_below(tx, &[group.id])?;
            let template = Change {
                id: None,
                action: Action::PlacementChanged,
                cause: Some(event),
                payload: Payload::default(),
                ..change
            };
            service.place_anew(tx, &people, &template)?;
            Ok(next.vendor)
        })
    }

    /// Closes the pending vendor whose place another takes.
    fn close_replaced(
        &self,
        tx: &mut Write<'_>,
        operator: &Operator,
        present: &Stored,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let event = self.id(EventId::from_uuid, now);
        let before = &present.vendor;
        let mut vendor = Vendor {
            group: None,
            ..before.clone()
        };
        vendor.settings.status = VendorStatus::Closed;
        vendors::replace(tx, before.version, &advanced(present, vendor, event, now))?;
        let payload = Payload {
            why: Some("another vendor was attached to its group again".to_owned()),
            ..moved(
                json!({"group": before.group, "status": before.settings.status}),
                json!({"group": null, "status": VendorStatus::Closed}),
            )
        };
        let about = about(operator, Action::VendorClosed, before, now);
        self.record(
            tx,
            Change {
                id: Some(event),
                cause: Some(cause),
                payload,
                ..about
            },
        );
        Ok(())
    }
}

fn find(tx: &mut Read<'_>, id: VendorId) -> Result<Stored, Error> {
    vendors::find(tx, id)?.ok_or(Error::NotFound("vendor"))
}

/// The start of an event about a vendor.
fn about(operator: &Operator, action: Action, vendor: &Vendor, at: DateTime<Utc>) -> Change {
    Change {
        provider: Some(vendor.provider),
        ..operator.change(action, vendor.id, at)
    }
}

/// Whether an administrator may move a vendor from one status to another by setting it.
fn allow_status(before: VendorStatus, after: VendorStatus) -> Result<(), Error> {
    match (before, after) {
        (VendorStatus::Closed, _) => Err(Error::Conflict(Hindrance::VendorClosed.said([]))),
        (_, VendorStatus::Closed) => {
            Err(Error::invalid("status", &Mistake::ClosedByGroup.said([])))
        }
        (VendorStatus::Enabled | VendorStatus::Disabled, VendorStatus::Pending) => {
            Err(Error::invalid("status", &Mistake::NeverPending.said([])))
        }
        _ => Ok(()),
    }
}

/// The next version of a vendor, with this event wherever it is the one that made it so.
fn advanced(current: &Stored, next: Vendor, event: EventId, now: DateTime<Utc>) -> Stored {
    let (before, after) = (&current.vendor.settings, &next.settings);
    let dates_moved = (before.start, before.end) != (after.start, after.end);
    Stored {
        status_event: if before.status == after.status {
            current.status_event
        } else {
            event
        },
        access_group_event: if before.access_group == after.access_group {
            current.access_group_event
        } else {
            Some(event)
        },
        dates_event: if dates_moved {
            Some(event)
        } else {
            current.dates_event
        },
        // A clock that was set back must not make it older than it was.
        vendor: Vendor {
            modified: now.max(current.vendor.modified),
            version: current.vendor.version + 1,
            ..next
        },
    }
}

/// Vendors are stored to the microsecond.
fn whole_micros(settings: VendorSettings) -> VendorSettings {
    VendorSettings {
        start: settings.start.map(|start| start.trunc_subsecs(6)),
        end: settings.end.map(|end| end.trunc_subsecs(6)),
        ..settings
    }
}

#[cfg(test)]
mod tests;
