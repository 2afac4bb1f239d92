//! May this person get in? The facts are gathered here, the decision is the domain's.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_domain::access::{
    AccessGroupFacts, Affiliation, Decision, Facts, InternalGroupFacts, PersonFacts,
    PlacementFacts, VendorFacts, decide,
};
use vestibule_domain::event::Action;
use vestibule_domain::placement;
use vestibule_domain::provider::{Provider, UserType};
use vestibule_domain::{AccessGroupId, EventId, GroupId, UserId};
use vestibule_storage::events::EventSort;
use vestibule_storage::groups::Group;
use vestibule_storage::memberships::Parent;
use vestibule_storage::page::Page;
use vestibule_storage::users::User;
use vestibule_storage::vendors::Stored;
use vestibule_storage::{Read, access_groups, events, groups, memberships, placements, vendors};

use crate::{AdminCall, Error, Role, Service, blocks, people, providers};

/// Events of a provider looked through for the one that set its default access group.
const LOOKED_AT: i64 = 1_000;

impl Service {
    /// Whether a person may get in at an instant (none = now), and why.
    pub fn decide_access(
        &self,
        call: &AdminCall,
        user: UserId,
        at: Option<DateTime<Utc>>,
    ) -> Result<Decision, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            Ok(decide(&facts(tx, user)?, at.unwrap_or(now)))
        })
    }
}

/// All that bears on one person's access, from one view of the database.
pub(crate) fn facts(tx: &mut Read<'_>, user: UserId) -> Result<Facts, Error> {
    let user = people::find(tx, user)?;
    let provider = providers::find(tx, user.provider)?.provider;
    let affiliation = match provider.settings.user_type {
        UserType::ThirdParty => Affiliation::ThirdParty {
            placement: placement_of(tx, user.id)?,
        },
        UserType::Internal => Affiliation::Internal {
            groups: internal_groups(tx, &user)?,
            provider_default: provider_default(tx, &provider, &user)?,
        },
    };
    Ok(Facts {
        person: PersonFacts {
            id: user.id,
            user_name: user.user_name.clone(),
            user_type: provider.settings.user_type,
            active: user.active,
            active_event: user.active_event,
        },
        blocks: blocks::concerning(tx, &user)?,
        affiliation,
    })
}

fn placement_of(tx: &mut Read<'_>, user: UserId) -> Result<Option<PlacementFacts>, Error> {
    let Some(stored) = placements::find(tx, &[user])?.remove(&user) else {
        return Ok(None);
    };
    let vendor = vendors::find(tx, stored.placement.vendor)?
        .ok_or_else(|| Error::internal("a placement names a vendor that exists"))?;
    Ok(Some(PlacementFacts {
        vendor: vendor_facts(tx, vendor)?,
        event: stored.event,
    }))
}

fn vendor_facts(tx: &mut Read<'_>, stored: Stored) -> Result<VendorFacts, Error> {
    let created = match (stored.dates_event, stored.access_group_event) {
        (Some(_), Some(_)) => stored.status_event,
        // Nobody has set one of them since the vendor came into being.
        _ => events::first_about(tx, stored.vendor.id.as_uuid())?.unwrap_or(stored.status_event),
    };
    let settings = stored.vendor.settings;
    Ok(VendorFacts {
        id: stored.vendor.id,
        name: stored.vendor.name,
        status: settings.status,
        status_event: stored.status_event,
        start: settings.start,
        end: settings.end,
        dates_event: stored.dates_event.unwrap_or(created),
        access_group: access_group(tx, settings.access_group)?,
        access_group_event: stored.access_group_event.unwrap_or(created),
    })
}

fn internal_groups(tx: &mut Read<'_>, user: &User) -> Result<Vec<InternalGroupFacts>, Error> {
    let id = user.id.to_string();
    let direct = memberships::parents(tx, std::slice::from_ref(&id))?
        .remove(&id)
        .unwrap_or_default();
    let first: Vec<GroupId> = direct.iter().map(|parent| parent.group).collect();
    let above = memberships::nesting(tx, &first)?;
    // Arrival numbers are unique, so the one on which a path was complete names its event.
    let caused: HashMap<i64, EventId> = direct
        .iter()
        .chain(above.values().flatten())
        .map(|parent| (parent.sequence, parent.event))
        .collect();
    let edges = |parents: &[Parent]| -> Vec<(GroupId, i64)> {
        parents
            .iter()
            .map(|parent| (parent.group, parent.sequence))
            .collect()
    };
    let parents: HashMap<GroupId, Vec<(GroupId, i64)>> = above
        .iter()
        .map(|(group, parents)| (*group, edges(parents)))
        .collect();
    let reached = placement::memberships(&edges(&direct), &parents);
    let ids: Vec<GroupId> = reached.iter().map(|membership| membership.group).collect();
    let mut found: HashMap<GroupId, Group> = groups::find_all(tx, &ids)?
        .into_iter()
        .map(|group| (group.id, group))
        .collect();
    let mut known: HashMap<AccessGroupId, Option<AccessGroupFacts>> = HashMap::new();
    let mut facts = Vec::with_capacity(reached.len());
    for membership in reached {
        let (Some(group), Some(&member_event)) = (
            found.remove(&membership.group),
            caused.get(&membership.arrived),
        ) else {
            continue;
        };
        let access_group = match group.settings.access_group {
            Some(tied) => match known.get(&tied) {
                Some(facts) => facts.clone(),
                None => known
                    .entry(tied)
                    .or_insert(access_group(tx, Some(tied))?)
                    .clone(),
            },
            None => None,
        };
        facts.push(InternalGroupFacts {
            id: group.id,
            name: group.display_name,
            enabled: group.settings.enabled,
            // Event ids sort in the order in which they were made.
            event: group
                .access_group_event
                .map_or(group.enabled_event, |event| event.max(group.enabled_event)),
            member_event,
            access_group,
        });
    }
    Ok(facts)
}

/// The default access group of a person's provider, and the event that made it the default.
fn provider_default(
    tx: &mut Read<'_>,
    provider: &Provider,
    user: &User,
) -> Result<Option<(AccessGroupFacts, EventId)>, Error> {
    let Some(facts) = access_group(tx, provider.settings.default_access_group)? else {
        return Ok(None);
    };
    // A provider's history may have been erased; then the person's own is what is left to name.
    let event = default_event(tx, provider)?.unwrap_or(user.active_event);
    Ok(Some((facts, event)))
}

/// The newest change of the provider that set its default access group, else its registration.
fn default_event(tx: &mut Read<'_>, provider: &Provider) -> Result<Option<EventId>, Error> {
    let subject = provider.id.as_uuid();
    let changes = events::Choice {
        subject: Some(subject),
        action: Some(Action::ProviderChanged.name().to_owned()),
        ..events::Choice::default()
    };
    let newest = Page {
        descending: true,
        ..Page::first(EventSort::At, LOOKED_AT)
    };
    for change in events::list(tx, &changes, &newest)? {
        let payload: Value = match change.payload {
            Some(text) => serde_json::from_str(&text).map_err(Error::internal)?,
            None => continue,
        };
        if payload.pointer("/after/default_access_group").is_some() {
            return Ok(Some(change.id));
        }
    }
    Ok(events::first_about(tx, subject)?)
}

fn access_group(
    tx: &mut Read<'_>,
    id: Option<AccessGroupId>,
) -> Result<Option<AccessGroupFacts>, Error> {
    let Some(id) = id else { return Ok(None) };
    Ok(access_groups::find(tx, id)?.map(|stored| AccessGroupFacts {
        id,
        name: stored.access_group.settings.name,
        enabled: stored.access_group.settings.enabled,
        event: stored.enabled_event,
    }))
}
