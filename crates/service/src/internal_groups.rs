//! Internal groups: what administrators decide about the groups of internal providers.

use ring::digest::{SHA256, digest};
use vestibule_domain::event::Action;
use vestibule_domain::internal_group::InternalGroupSettings;
use vestibule_domain::provider::UserType;
use vestibule_domain::{AccessGroupId, EventId, GroupId, Hindrance, ProviderId};
use vestibule_storage::groups::{self, Group, InternalChoice};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::{Read, memberships, providers};

use crate::access_groups::must_exist;
use crate::changes::changed;
use crate::links::LetIn;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Precondition, Role, Service};

pub use vestibule_storage::groups::InternalGroupSort;
pub use vestibule_storage::memberships::{MemberSort, Named as Member};

/// A group of an internal provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalGroup {
    pub id: GroupId,
    pub provider: ProviderId,
    /// The group's `displayName`.
    pub name: String,
    pub settings: InternalGroupSettings,
}

impl InternalGroup {
    /// What its name and its settings come to in a number: no other state of it has the same, whoever changed it.
    /// Its SCIM version is its provider's, and moves with its members.
    pub fn version(&self) -> i64 {
        let InternalGroupSettings {
            enabled,
            access_group,
            link_delivery,
        } = &self.settings;
        let tied = access_group.map(|id| id.to_string()).unwrap_or_default();
        let text = format!("{enabled} {tied} {} {}", link_delivery.name(), self.name);
        let hash = digest(&SHA256, text.as_bytes());
        let mut bytes = [0; 8];
        for (byte, hashed) in bytes.iter_mut().zip(hash.as_ref()) {
            *byte = *hashed;
        }
        i64::from_be_bytes(bytes) & i64::MAX
    }
}

/// Which internal groups are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct InternalGroupQuery {
    pub provider: Option<ProviderId>,
    /// Only those tied to it.
    pub access_group: Option<AccessGroupId>,
    /// Contained in the name, compared without case.
    pub search: Option<String>,
    pub page: PageQuery<InternalGroupSort>,
}

impl Service {
    pub fn list_internal_groups(
        &self,
        call: &AdminCall,
        query: &InternalGroupQuery,
    ) -> Result<Page<InternalGroup>, Error> {
        let asked = self.asked(&query.page, (InternalGroupSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let choice = InternalChoice {
                provider: query.provider,
                access_group: query.access_group,
                search: query.search.clone(),
            };
            let found = groups::list_internal(tx, &choice, asked.page())?;
            Ok(asked.answer(found, groups::place).map(InternalGroup::from))
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

    /// The members of an internal group, nested groups among them, by id.
    pub fn internal_group_members(
        &self,
        call: &AdminCall,
        id: GroupId,
        page: &PageQuery<MemberSort>,
    ) -> Result<Page<Member>, Error> {
        let asked = self.asked(page, (MemberSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, id)?;
            let found = memberships::named(tx, id, asked.page())?;
            Ok(asked.answer(found, |_, one| (None, one.id.clone())))
        })
    }

    /// Changes what `edit` changes. The group's SCIM version stays: its provider changed nothing. With a
    /// version ([`InternalGroup::version`]), only while the group still has it.
    pub fn change_internal_group(
        &self,
        call: &AdminCall,
        id: GroupId,
        precondition: Precondition,
        mut edit: impl FnMut(&mut InternalGroupSettings) -> Result<(), Error> + Send + 'static,
    ) -> Result<InternalGroup, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("internal_groups.change", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let provider = find(tx, id)?.provider;
            // Nobody is given a link meanwhile: a group that was tied to nothing bears on it from now on.
            memberships::lock(tx, provider)?;
            let group =
                groups::find_locked(tx, provider, id)?.ok_or(Error::NotFound("internal group"))?;
            precondition.check(InternalGroup::from(group.clone()).version())?;
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
            // Whoever changes it looks for the links of the providers that it is tied to.
            if let Some(tied) = settings.access_group.filter(|_| tied_anew) {
                links::share_access_group(tx, tied)?;
            }
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
            if switched || tied_anew || settings.link_delivery != group.settings.link_delivery {
                let people = memberships::users_below(tx, &[id])?;
                service.consider(tx, LetIn::People(&people), event, now)?;
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
        Some(UserType::ThirdParty) => Err(Error::Conflict(Hindrance::GroupOfVendor.said([]))),
        None => Err(absent),
    }
}

#[cfg(test)]
mod tests;
