//! Internal groups: what administrators decide about the groups of internal providers.

use vestibule_domain::event::Action;
use vestibule_domain::internal_group::InternalGroupSettings;
use vestibule_domain::provider::UserType;
use vestibule_domain::{EventId, GroupId, ProviderId};
use vestibule_storage::groups::{self, Group};
use vestibule_storage::links::Scope;
use vestibule_storage::{Read, providers};

use crate::access_groups::must_exist;
use crate::changes::changed;
use crate::{AdminCall, Change, Error, Role, Service};

/// A group of an internal provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalGroup {
    pub id: GroupId,
    pub provider: ProviderId,
    /// The group's `displayName`.
    pub name: String,
    pub settings: InternalGroupSettings,
}

impl Service {
    /// Internal groups of one provider or of all, by id, after the given one.
    pub fn list_internal_groups(
        &self,
        call: &AdminCall,
        provider: Option<ProviderId>,
        after: Option<GroupId>,
        limit: Option<u64>,
    ) -> Result<Vec<InternalGroup>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = groups::list_internal(tx, provider, after, self.settings().page(limit))?;
            Ok(found.into_iter().map(InternalGroup::from).collect())
        })
    }

    pub fn find_internal_group(
        &self,
        call: &AdminCall,
        id: GroupId,
    ) -> Result<InternalGroup, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(find(tx, id)?.into())
        })
    }

    /// Changes what `edit` changes. The group's SCIM version stays: its provider changed nothing.
    pub fn change_internal_group(
        &self,
        call: &AdminCall,
        id: GroupId,
        mut edit: impl FnMut(&mut InternalGroupSettings) -> Result<(), Error> + Send + 'static,
    ) -> Result<InternalGroup, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("internal_groups.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let provider = find(tx, id)?.provider;
            let group =
                groups::find_locked(tx, provider, id)?.ok_or(Error::NotFound("internal group"))?;
            let mut settings = group.settings.clone();
            edit(&mut settings)?;
            let Some(payload) = changed(&group.settings, &settings)? else {
                return Ok(group.into());
            };
            must_exist(tx, "access_group", settings.access_group)?;
            let event = service.id(EventId::from_uuid, now);
            let switched = settings.enabled != group.settings.enabled;
            let enabled_event = if switched { event } else { group.enabled_event };
            let tied_anew = settings.access_group != group.settings.access_group;
            let access_group_event = if tied_anew {
                Some(event)
            } else {
                group.access_group_event
            };
            groups::set_settings(tx, id, &settings, enabled_event, access_group_event)?;
            let change = Change {
                id: Some(event),
                provider: Some(provider),
                payload,
                ..operator.change(Action::InternalGroupChanged, id, now)
            };
            service.record(tx, change.clone());
            if switched || tied_anew {
                let followed = Change {
                    cause: Some(event),
                    ..change
                };
                service.settle_links(tx, &Scope::Provider(provider), &followed)?;
            }
            Ok(Group { settings, ..group }.into())
        })
    }
}

impl From<Group> for InternalGroup {
    fn from(group: Group) -> Self {
        Self {
            id: group.id,
            provider: group.provider,
            name: group.display_name,
            settings: group.settings,
        }
    }
}

/// A group, unless it is a vendor's.
pub(crate) fn find(tx: &mut Read<'_>, id: GroupId) -> Result<Group, Error> {
    let absent = Error::NotFound("internal group");
    let Some(group) = groups::find_anywhere(tx, id)? else {
        return Err(absent);
    };
    let owner = providers::find(tx, group.provider)?;
    match owner.map(|owner| owner.provider.settings.user_type) {
        Some(UserType::Internal) => Ok(group),
        Some(UserType::ThirdParty) => Err(Error::Conflict(
            "the group is a vendor's, not an internal group".to_owned(),
        )),
        None => Err(absent),
    }
}

#[cfg(test)]
mod tests;
