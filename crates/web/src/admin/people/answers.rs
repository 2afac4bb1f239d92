//! What the server says about people.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::placement::{self, Rule};
use vestibule_domain::{EventId, GroupId, ProviderId, UserId, VendorId};
use vestibule_service::people as service;

use crate::admin::blocks::Block;
use crate::admin::words;

/// Somebody whom a provider pushed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Person {
    #[schema(value_type = Uuid)]
    id: UserId,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    user_name: String,
    /// The primary one.
    email: Option<String>,
    active: bool,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
}

impl From<service::Person> for Person {
    fn from(person: service::Person) -> Self {
        Self {
            id: person.id,
            provider: person.provider,
            user_name: person.user_name,
            email: person.email,
            active: person.active,
            created: person.created,
            modified: person.modified,
        }
    }
}

/// A person with all that bears on them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PersonDetails {
    person: Person,
    groups: Vec<PersonGroup>,
    placement: Option<Placement>,
    /// Those that concern the person, also those that have ended.
    blocks: Vec<Block>,
    /// The SCIM resource as the provider pushed it.
    #[schema(value_type = Object)]
    resource: serde_json::Value,
}

impl From<service::PersonDetails> for PersonDetails {
    fn from(details: service::PersonDetails) -> Self {
        Self {
            person: details.person.into(),
            groups: details.groups.into_iter().map(Into::into).collect(),
            placement: details.placement.map(Into::into),
            blocks: details.blocks.into_iter().map(Into::into).collect(),
            resource: details.resource,
        }
    }
}

/// A group that a person belongs to.
#[derive(Debug, Serialize, ToSchema)]
struct PersonGroup {
    #[schema(value_type = Uuid)]
    id: GroupId,
    name: String,
    /// Whether the person is a member itself, and not only by way of other groups.
    direct: bool,
}

impl From<service::PersonGroup> for PersonGroup {
    fn from(group: service::PersonGroup) -> Self {
        let service::PersonGroup { id, name, direct } = group;
        Self { id, name, direct }
    }
}

/// Where a person is placed, if anywhere.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Placed {
    /// None for a person in no vendor's group, and for staff.
    placement: Option<Placement>,
    /// What each rule would choose among the groups the person is in now.
    what_if: Vec<WhatIf>,
}

/// What a rule would choose.
#[derive(Debug, Serialize, ToSchema)]
struct WhatIf {
    #[schema(value_type = words::PlacementRule)]
    rule: Rule,
    /// None when there is nothing to choose from.
    chosen: Option<Candidate>,
}

impl From<service::PlacementExplained> for Placed {
    fn from(explained: service::PlacementExplained) -> Self {
        let what_if = explained.what_if.into_iter().map(|what_if| WhatIf {
            rule: what_if.rule,
            chosen: what_if.chosen.map(Into::into),
        });
        Self {
            placement: explained.placement.map(Into::into),
            what_if: what_if.collect(),
        }
    }
}

/// The vendor a person belongs to, with what it was chosen from.
#[derive(Debug, Serialize, ToSchema)]
struct Placement {
    #[schema(value_type = Uuid)]
    vendor: VendorId,
    #[schema(value_type = Uuid)]
    group: GroupId,
    #[schema(value_type = words::PlacementRule)]
    rule: Rule,
    /// The chosen one first, then by arrival, latest first.
    candidates: Vec<Candidate>,
    /// The event that placed the person there.
    #[schema(value_type = Uuid)]
    event: EventId,
}

impl From<service::PersonPlacement> for Placement {
    fn from(placed: service::PersonPlacement) -> Self {
        let placement::Placement {
            vendor,
            group,
            rule,
            candidates,
        } = placed.placement;
        Self {
            vendor,
            group,
            rule,
            candidates: candidates.into_iter().map(Into::into).collect(),
            event: placed.event,
        }
    }
}

/// A vendor's group that a person belongs to.
#[derive(Debug, Serialize, ToSchema)]
struct Candidate {
    #[schema(value_type = Uuid)]
    vendor: VendorId,
    #[schema(value_type = Uuid)]
    group: GroupId,
    /// The membership's place in the order of arrival.
    arrived: i64,
}

impl From<placement::Candidate> for Candidate {
    fn from(candidate: placement::Candidate) -> Self {
        let placement::Candidate {
            vendor,
            group,
            arrived,
        } = candidate;
        Self {
            vendor,
            group,
            arrived,
        }
    }
}
