//! May this person get in? The facts are gathered here, the decision is the domain's.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use vestibule_domain::access::{
    AccessGroupFacts, Affiliation, Decision, Facts, InternalGroupFacts, PersonFacts,
    PlacementFacts, VendorFacts, decide,
};
use vestibule_domain::access_request::approvals_needed;
use vestibule_domain::person::Block;
use vestibule_domain::placement;
use vestibule_domain::provider::UserType;
use vestibule_domain::{AccessGroupId, EventId, GroupId, Mistake, UserId};
use vestibule_storage::access::{self, Person, Step};
use vestibule_storage::vendors::Stored;
use vestibule_storage::{Read, access_groups, blocks};

use crate::{AdminCall, Error, Role, Service};

/// People decided on in one call at most.
pub const BATCH: usize = 1_000;

type AccessGroups = HashMap<AccessGroupId, AccessGroupFacts>;

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

    /// The same for many people at once, in the order asked for; none for who is not known.
    pub fn decide_all(
        &self,
        call: &AdminCall,
        users: &[UserId],
        at: Option<DateTime<Utc>>,
    ) -> Result<Vec<(UserId, Option<Decision>)>, Error> {
        if users.is_empty() || users.len() > BATCH {
            let most = ("max", BATCH.to_string().into());
            return Err(Error::invalid(
                "users",
                &Mistake::HowManyPeople.said([most]),
            ));
        }
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let found = facts_of(tx, users)?;
            let decided = users.iter().map(|user| {
                let facts = found.get(user);
                (*user, facts.map(|facts| decide(facts, at.unwrap_or(now))))
            });
            Ok(decided.collect())
        })
    }
}

/// All that bears on one person's access, from one view of the database.
pub(crate) fn facts(tx: &mut Read<'_>, user: UserId) -> Result<Facts, Error> {
    facts_of(tx, &[user])?
        .remove(&user)
        .ok_or(Error::NotFound("user"))
}

/// The same for many; five statements, however many they are.
pub(crate) fn facts_of(
    tx: &mut Read<'_>,
    users: &[UserId],
) -> Result<HashMap<UserId, Facts>, Error> {
    let people = access::people(tx, users)?;
    let outside = of_type(&people, UserType::ThirdParty);
    let inside = of_type(&people, UserType::Internal);
    let blocks = blocks::concerning_any(tx, &people)?;
    let placed = if outside.is_empty() {
        Vec::new()
    } else {
        access::placed(tx, &outside)?
    };
    let steps = if inside.is_empty() {
        Vec::new()
    } else {
        access::steps(tx, &inside)?
    };
    let mut tied: Vec<AccessGroupId> = people
        .iter()
        .filter_map(|person| person.settings.default_access_group)
        .chain(
            placed
                .iter()
                .filter_map(|(_, _, vendor)| vendor.vendor.settings.access_group),
        )
        .chain(steps.iter().filter_map(|step| step.access_group))
        .collect();
    tied.sort_unstable();
    tied.dedup();
    let access_groups: AccessGroups = access_groups::find_all(tx, &tied)?
        .into_iter()
        .map(|stored| (stored.access_group.id, access_group_facts(stored)))
        .collect();
    let mut placements: HashMap<UserId, PlacementFacts> = placed
        .into_iter()
        .map(|(user, event, vendor)| {
            let vendor = vendor_facts(vendor, &access_groups);
            (user, PlacementFacts { vendor, event })
        })
        .collect();
    let nesting = Nesting::new(&steps);
    let facts = people.into_iter().map(|person| {
        let affiliation = match person.settings.user_type {
            UserType::ThirdParty => Affiliation::ThirdParty {
                placement: placements.remove(&person.id),
            },
            UserType::Internal => Affiliation::Internal {
                groups: nesting.groups_of(person.id, &access_groups),
                provider_default: provider_default(&person, &access_groups),
            },
        };
        let concerns = |block: &Block| {
            block.concerns(
                person.provider,
                &person.user_name_key,
                person.email_key.as_deref(),
            )
        };
        // A block that followed its person stands there under each name they had.
        let mut seen = HashSet::new();
        let facts = Facts {
            blocks: blocks
                .iter()
                .filter(|(block, lifted)| {
                    lifted.is_none() && concerns(block) && seen.insert(block.event)
                })
                .map(|(block, _)| block.clone())
                .collect(),
            person: PersonFacts {
                id: person.id,
                user_type: person.settings.user_type,
                active: person.active,
                active_event: person.active_event,
                address_taken: person.address_taken,
                unblocked_event: blocks
                    .iter()
                    .filter(|(block, _)| concerns(block))
                    .filter_map(|(_, lifted)| *lifted)
                    .max(),
                left_event: left(&person),
                user_name: person.user_name,
            },
            affiliation,
        };
        (facts.person.id, facts)
    });
    Ok(facts.collect())
}

fn of_type(people: &[Person], user_type: UserType) -> Vec<UserId> {
    people
        .iter()
        .filter(|person| person.settings.user_type == user_type)
        .map(|person| person.id)
        .collect()
}

fn vendor_facts(stored: Stored, access_groups: &AccessGroups) -> VendorFacts {
    let settings = stored.vendor.settings;
    VendorFacts {
        id: stored.vendor.id,
        name: stored.vendor.name,
        status: settings.status,
        status_event: stored.status_event,
        start: settings.start,
        end: settings.end,
        dates_event: stored.dates_event.unwrap_or(stored.status_event),
        access_group: settings
            .access_group
            .and_then(|tied| access_groups.get(&tied).cloned()),
        access_group_event: stored.access_group_event.unwrap_or(stored.status_event),
    }
}

fn access_group_facts(stored: access_groups::Stored) -> AccessGroupFacts {
    AccessGroupFacts {
        id: stored.access_group.id,
        enabled: stored.access_group.settings.enabled,
        event: stored.enabled_event,
        approvals: approvals_needed(&stored.access_group.settings),
        name: stored.access_group.settings.name,
    }
}

/// The event that took the last way of belonging from a person: of staff also the default of their provider.
fn left(person: &Person) -> Option<EventId> {
    let settings = &person.settings;
    let has_default =
        settings.user_type == UserType::ThirdParty || settings.default_access_group.is_some();
    // Ids sort in the order in which they were made. What unset the default stands where what set it did; from
    // who came later it took nothing.
    let took = |event: &EventId| !has_default && event.as_uuid() > person.id.as_uuid();
    let unset = person.default_event.filter(took);
    person.left_event.max(unset)
}

/// The default access group of a person's provider, and the event that made it the default.
fn provider_default(
    person: &Person,
    access_groups: &AccessGroups,
) -> Option<(AccessGroupFacts, EventId)> {
    let facts = access_groups.get(&person.settings.default_access_group?)?;
    // A provider's history may have been erased; then the person's own is what is left to name.
    let event = person.default_event.unwrap_or(person.active_event);
    Some((facts.clone(), event))
}

/// The memberships above some people.
struct Nesting<'a> {
    /// The group behind each membership, and by its number the event that made it.
    groups: HashMap<GroupId, &'a Step>,
    caused: HashMap<i64, EventId>,
    direct: HashMap<&'a str, Vec<(GroupId, i64)>>,
    parents: HashMap<GroupId, Vec<(GroupId, i64)>>,
}

impl<'a> Nesting<'a> {
    fn new(steps: &'a [Step]) -> Self {
        let mut nesting = Self {
            groups: HashMap::new(),
            caused: HashMap::new(),
            direct: HashMap::new(),
            parents: HashMap::new(),
        };
        for step in steps {
            nesting.groups.insert(step.group, step);
            nesting.caused.insert(step.sequence, step.event);
            let edge = (step.group, step.sequence);
            nesting.direct.entry(&step.member).or_default().push(edge);
        }
        for group in nesting.groups.keys() {
            if let Some(edges) = nesting.direct.get(group.to_string().as_str()) {
                nesting.parents.insert(*group, edges.clone());
            }
        }
        nesting
    }

    fn groups_of(&self, user: UserId, access_groups: &AccessGroups) -> Vec<InternalGroupFacts> {
        let user = user.to_string();
        let direct = self
            .direct
            .get(user.as_str())
            .map_or(&[][..], Vec::as_slice);
        placement::memberships(direct, &self.parents)
            .into_iter()
            .filter_map(|membership| {
                let group = self.groups.get(&membership.group)?;
                Some(InternalGroupFacts {
                    id: group.group,
                    name: group.name.clone(),
                    enabled: group.enabled,
                    // Event ids sort in the order in which they were made.
                    event: group
                        .access_group_event
                        .map_or(group.enabled_event, |event| event.max(group.enabled_event)),
                    // Arrival numbers are unique: the one on which a path was complete names its event.
                    member_event: *self.caused.get(&membership.arrived)?,
                    access_group: group
                        .access_group
                        .and_then(|tied| access_groups.get(&tied).cloned()),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
