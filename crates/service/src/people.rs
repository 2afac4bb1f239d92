//! People as administrators see them: of any provider, with what was decided about them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;
use vestibule_domain::person::Block;
use vestibule_domain::placement::{self, Candidate, Placement, Rule};
use vestibule_domain::{BlockId, EventId, GroupId, Mistake, ProviderId, UserId, VendorId};
use vestibule_scim::fold::{bare, fold};
use vestibule_storage::page::Page as Part;
use vestibule_storage::users::User;
use vestibule_storage::{Read, access_requests, links, placements as placed, users, vendors};

use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Error, Role, Service, blocks, memberships, placements};

pub use vestibule_storage::users::PersonSort;

/// Which people are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct PeopleQuery {
    pub provider: Option<ProviderId>,
    /// The whole name, compared without case.
    pub user_name: Option<String>,
    pub active: Option<bool>,
    /// Only those on whom a block is in force.
    pub blocked: bool,
    /// Contained in user name, display name or primary e-mail, compared without case.
    pub search: Option<String>,
    /// What the user name, the e-mail, the shown name or the family name begins with, compared without
    /// case; the first 200 by each.
    pub named: Option<String>,
    pub page: PageQuery<PersonSort>,
}

/// A person in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub provider: ProviderId,
    pub user_name: String,
    /// The display name, the formatted one, or the given and the family name.
    pub name: Option<String>,
    /// The primary one.
    pub email: Option<String>,
    pub active: bool,
    /// In a list, whether a block is in force on them.
    pub blocked: bool,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
}

/// All there is to say about a person.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonDetails {
    pub person: Person,
    /// Oldest first, also those that have ended.
    pub blocks: Vec<Block>,
    /// None for people of internal providers and for those in no vendor's group.
    pub placement: Option<PersonPlacement>,
    /// In the order of their ids.
    pub groups: Vec<PersonGroup>,
    /// The SCIM resource as the provider sent it.
    pub resource: Value,
}

/// Where a person is placed, and the event that placed them there.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonPlacement {
    pub placement: Placement,
    pub event: EventId,
}

/// A placement with what other rules would make of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacementExplained {
    /// None for people of internal providers and for those in no vendor's group.
    pub placement: Option<PersonPlacement>,
    pub what_if: Vec<WhatIf>,
}

/// What a rule would choose among the groups the person is in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhatIf {
    pub rule: Rule,
    pub chosen: Option<Candidate>,
}

/// A group a person belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonGroup {
    pub id: GroupId,
    pub name: String,
    /// Whether the person is a member itself, and not only by way of other groups.
    pub direct: bool,
}

/// People found by each of their names.
const NAMED: i64 = 200;
/// Blocks, links and access requests of a person whose events are shown with theirs: of each, the newest.
const BESIDE: i64 = 30;

impl Service {
    /// What the history of a person is about besides them: their links, access requests and blocks, the
    /// newest 30 of each, ended and lifted ones too; also of somebody deleted, without the blocks.
    pub fn beside_person(&self, call: &AdminCall, id: UserId) -> Result<Vec<Uuid>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let choice = links::Choice {
                user: Some(id),
                ..links::Choice::default()
            };
            let newest = Part {
                descending: true,
                ..Part::first(links::LinkSort::Created, BESIDE)
            };
            let found = links::list(tx, &choice, &newest)?;
            let mut beside: Vec<Uuid> = found.iter().map(|link| link.id.as_uuid()).collect();
            let choice = access_requests::Choice {
                user: Some(id),
                ..access_requests::Choice::default()
            };
            let newest = Part {
                descending: true,
                ..Part::first(access_requests::AccessRequestSort::Created, BESIDE)
            };
            let found = access_requests::list(tx, &choice, &newest)?;
            beside.extend(found.iter().map(|request| request.id.as_uuid()));
            if let Some(user) = users::find_anywhere(tx, id)? {
                let blocks = blocks::ever_concerning(tx, &user, BESIDE)?;
                beside.extend(blocks.into_iter().map(BlockId::as_uuid));
            }
            Ok(beside)
        })
    }

    /// In the order of their changes, the people of one provider alone.
    pub fn list_people(
        &self,
        call: &AdminCall,
        query: &PeopleQuery,
    ) -> Result<Page<Person>, Error> {
        let now = self.now();
        let asked = self.asked(&query.page, (PersonSort::Created, false))?;
        if asked.page().sort == PersonSort::Modified && query.provider.is_none() {
            return Err(Error::invalid("sort", &Mistake::SortOfOne.said([])));
        }
        let choice = users::Choice {
            provider: query.provider,
            user_name_key: query.user_name.as_deref().map(fold),
            active: query.active,
            blocked: query.blocked.then_some(now),
            search: query.search.as_deref().map(fold),
            among: None,
        };
        let named = query.named.as_deref();
        let named = named.map(|named| (fold(named), bare(named)));
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let mut choice = choice.clone();
            if let Some((folded, bare)) = &named {
                choice.among = Some(users::named_like(tx, folded, bare, NAMED)?);
            }
            let found = users::list_anywhere(tx, &choice, asked.page())?;
            let mut page = asked
                .answer(found, users::place)
                .map(|user| Person::from(&user));
            let shown: Vec<UserId> = page.items.iter().map(|person| person.id).collect();
            let limit = i64::try_from(shown.len()).unwrap_or(i64::MAX);
            let blocked = users::Choice {
                blocked: Some(now),
                among: Some(shown),
                ..users::Choice::default()
            };
            let found =
                users::list_anywhere(tx, &blocked, &Part::first(PersonSort::Created, limit))?;
            let blocked: HashSet<UserId> = found.iter().map(|user| user.id).collect();
            for person in &mut page.items {
                person.blocked = blocked.contains(&person.id);
            }
            Ok(page)
        })
    }

    pub fn find_person(&self, call: &AdminCall, id: UserId) -> Result<PersonDetails, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let user = find(tx, id)?;
            Ok(PersonDetails {
                person: Person::from(&user),
                blocks: blocks::concerning(tx, &user)?,
                placement: placement(tx, id)?,
                groups: groups_of(tx, id)?,
                resource: serde_json::from_str(&user.document).map_err(Error::internal)?,
            })
        })
    }

    /// Where a person is placed, what it was chosen from, and what other rules would choose.
    /// `priority`: vendors, the most wanted first, for the rule that goes by them.
    pub fn explain_placement(
        &self,
        call: &AdminCall,
        id: UserId,
        priority: &[VendorId],
    ) -> Result<PlacementExplained, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            find(tx, id)?;
            for vendor in priority {
                if vendors::find(tx, *vendor)?.is_none() {
                    let vendor = ("vendor", vendor.to_string().into());
                    return Err(Error::invalid(
                        "priority",
                        &Mistake::NoVendor.said([vendor]),
                    ));
                }
            }
            let memberships = memberships::of_users(tx, &[id])?
                .groups
                .remove(&id)
                .unwrap_or_default();
            let ids: Vec<GroupId> = memberships
                .iter()
                .map(|membership| membership.group)
                .collect();
            let vendors: HashMap<GroupId, VendorId> =
                vendors::ids_by_groups(tx, &ids)?.into_iter().collect();
            let candidates = placements::candidates(&memberships, &vendors);
            let what_if = Rule::ALL.iter().map(|&rule| WhatIf {
                rule,
                chosen: placement::what_if(&candidates, rule, priority),
            });
            Ok(PlacementExplained {
                what_if: what_if.collect(),
                placement: placement(tx, id)?,
            })
        })
    }
}

impl From<&User> for Person {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            provider: user.provider,
            user_name: user.user_name.clone(),
            name: serde_json::from_str(&user.document)
                .ok()
                .and_then(|document| crate::users::title(&document)),
            email: user.email.clone(),
            active: user.active,
            blocked: false,
            created: user.created,
            modified: user.modified,
        }
    }
}

/// The person an administrator means.
pub(crate) fn find(tx: &mut Read<'_>, id: UserId) -> Result<User, Error> {
    users::find_anywhere(tx, id)?.ok_or(Error::NotFound("user"))
}

fn placement(tx: &mut Read<'_>, id: UserId) -> Result<Option<PersonPlacement>, Error> {
    let found = placed::find(tx, &[id])?.remove(&id);
    Ok(found.map(|stored| PersonPlacement {
        placement: stored.placement,
        event: stored.event,
    }))
}

fn groups_of(tx: &mut Read<'_>, id: UserId) -> Result<Vec<PersonGroup>, Error> {
    let mut belonging = memberships::of_users(tx, &[id])?;
    let memberships = belonging.groups.remove(&id).unwrap_or_default();
    let mut names = belonging.names;
    Ok(memberships
        .iter()
        .map(|membership| PersonGroup {
            id: membership.group,
            name: names.remove(&membership.group).unwrap_or_default(),
            direct: membership.direct,
        })
        .collect())
}
