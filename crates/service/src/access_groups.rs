//! Access groups: the policies to which vendors and internal groups are tied.

use vestibule_domain::access_group::{AccessGroup, AccessGroupSettings};
use vestibule_domain::access_request::approvals_needed;
use vestibule_domain::event::Action;
use vestibule_domain::{AccessGroupId, EventId, Hindrance, Mistake};
use vestibule_storage::access_groups::{self, Stored};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::{Read, administrators, groups, providers, vendors};

use crate::changes::{changed, gone, made, value};
use crate::links::LetIn;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Precondition, Role, Service};

pub use vestibule_storage::access_groups::AccessGroupSort;

/// An access group and what is tied to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessGroupDetails {
    pub access_group: AccessGroup,
    pub tied: Tied,
}

/// How much is tied to an access group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tied {
    pub vendors: i64,
    pub internal_groups: i64,
    /// Providers whose default access group it is.
    pub providers: i64,
}

/// Which access groups are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct AccessGroupQuery {
    pub enabled: Option<bool>,
    /// Contained in the name, compared without case.
    pub search: Option<String>,
    pub page: PageQuery<AccessGroupSort>,
}

impl Service {
    pub fn create_access_group(
        &self,
        call: &AdminCall,
        settings: AccessGroupSettings,
    ) -> Result<AccessGroup, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("access_groups.create", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            settings.check()?;
            approvers_exist(tx, &settings.approvers, &[])?;
            let event = service.id(EventId::from_uuid, now);
            let access_group = AccessGroup {
                id: service.id(AccessGroupId::from_uuid, now),
                settings: settings.clone(),
                created: now,
                modified: now,
                version: 1,
            };
            access_groups::insert(
                tx,
                &Stored {
                    access_group: access_group.clone(),
                    enabled_event: event,
                },
            )?;
            service.record(
                tx,
                Change {
                    id: Some(event),
                    payload: made(value(&access_group.settings)?),
                    ..operator.change(Action::AccessGroupCreated, access_group.id, now)
                },
            );
            Ok(access_group)
        })
    }

    pub fn list_access_groups(
        &self,
        call: &AdminCall,
        query: &AccessGroupQuery,
    ) -> Result<Page<AccessGroup>, Error> {
        let asked = self.asked(&query.page, (AccessGroupSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let search = query.search.as_deref();
            let found = access_groups::list(tx, query.enabled, search, asked.page())?;
            Ok(asked
                .answer(found, access_groups::place)
                .map(|stored| stored.access_group))
        })
    }

    pub fn find_access_group(
        &self,
        call: &AdminCall,
        id: AccessGroupId,
    ) -> Result<AccessGroupDetails, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(AccessGroupDetails {
                access_group: find(tx, id)?.access_group,
                tied: tied(tx, id)?,
            })
        })
    }

    /// Changes what `edit` changes. With a version, only while the access group still has it.
    pub fn change_access_group(
        &self,
        call: &AdminCall,
        id: AccessGroupId,
        precondition: Precondition,
        mut edit: impl FnMut(&mut AccessGroupSettings) -> Result<(), Error> + Send + 'static,
    ) -> Result<AccessGroup, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("access_groups.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let current = find(tx, id)?;
            let before = &current.access_group;
            precondition.check(before.version)?;
            let mut settings = before.settings.clone();
            edit(&mut settings)?;
            settings.check()?;
            let Some(payload) = changed(&before.settings, &settings)? else {
                return Ok(before.clone());
            };
            approvers_exist(tx, &settings.approvers, &before.settings.approvers)?;
            let switched = settings.enabled != before.settings.enabled;
            let opens = |settings: &AccessGroupSettings| {
                settings.enabled && approvals_needed(settings) == 0
            };
            let bears_on_links = switched || opens(&settings) != opens(&before.settings);
            // Nobody takes another way in from the staff meanwhile, or gives them one.
            let locked = if bears_on_links {
                links::lock_staff(tx, id, now)?
            } else {
                Vec::new()
            };
            // The locks may have been waited for.
            let now = service.now();
            let event = service.id(EventId::from_uuid, now);
            let access_group = AccessGroup {
                settings,
                modified: now.max(before.modified),
                version: before.version + 1,
                ..before.clone()
            };
            let enabled_event = if switched {
                event
            } else {
                current.enabled_event
            };
            let next = Stored {
                access_group: access_group.clone(),
                enabled_event,
            };
            access_groups::replace(tx, before.version, &next)?;
            let change = Change {
                id: Some(event),
                payload,
                ..operator.change(Action::AccessGroupChanged, id, now)
            };
            service.record(tx, change.clone());
            if bears_on_links {
                let followed = Change {
                    cause: Some(event),
                    ..change
                };
                service.settle_links(tx, &Scope::AccessGroup(id, &locked), &followed)?;
            }
            // Whoever gets in by it can have a link now, or has to be told why not.
            if bears_on_links && access_group.settings.enabled {
                service.consider(tx, LetIn::AccessGroup(id), event, now)?;
            }
            Ok(access_group)
        })
    }

    /// Removes an access group to which nothing is tied.
    pub fn delete_access_group(
        &self,
        call: &AdminCall,
        id: AccessGroupId,
        precondition: Precondition,
    ) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("access_groups.delete", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let access_group = find(tx, id)?.access_group;
            precondition.check(access_group.version)?;
            let Tied {
                vendors,
                internal_groups,
                providers,
            } = tied(tx, id)?;
            if vendors + internal_groups + providers > 0 {
                return Err(Error::Conflict(Hindrance::AccessGroupInUse.said([
                    ("vendors", vendors.to_string().into()),
                    ("internal_groups", internal_groups.to_string().into()),
                    ("providers", providers.to_string().into()),
                ])));
            }
            access_groups::delete(tx, id)?;
            service.record(
                tx,
                Change {
                    payload: gone(value(&access_group.settings)?),
                    ..operator.change(Action::AccessGroupDeleted, id, now)
                },
            );
            Ok(())
        })
    }
}

/// A setting named an access group: it must be one that exists.
pub(crate) fn must_exist(
    tx: &mut Read<'_>,
    field: &str,
    id: Option<AccessGroupId>,
) -> Result<(), Error> {
    match id {
        Some(id) if access_groups::find(tx, id)?.is_none() => {
            Err(Error::invalid(field, &Mistake::NoAccessGroup.said([])))
        }
        _ => Ok(()),
    }
}

/// Approvers are administrators. Who was named before may have gone since: that stands in the way of no
/// other change.
pub(crate) fn approvers_exist(
    tx: &mut Read<'_>,
    approvers: &[String],
    before: &[String],
) -> Result<(), Error> {
    let mut unknown: Vec<String> = Vec::new();
    for name in approvers.iter().filter(|name| !before.contains(name)) {
        if administrators::find_by_name(tx, name)?.is_none() {
            unknown.push(format!("{name:?}"));
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let names = ("names", unknown.join(", ").into());
    Err(Error::invalid(
        "approvers",
        &Mistake::NoAdministrator.said([names]),
    ))
}

fn find(tx: &mut Read<'_>, id: AccessGroupId) -> Result<Stored, Error> {
    access_groups::find(tx, id)?.ok_or(Error::NotFound("access group"))
}

fn tied(tx: &mut Read<'_>, id: AccessGroupId) -> Result<Tied, Error> {
    Ok(Tied {
        vendors: vendors::count_tied(tx, id)?,
        internal_groups: groups::count_tied(tx, id)?,
        providers: providers::count_tied(tx, id)?,
    })
}

#[cfg(test)]
mod tests;
