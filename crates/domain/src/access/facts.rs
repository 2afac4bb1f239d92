//! What the decision is made from. Each fact comes with the event that made it true.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccessGroupId, EventId, GroupId, UserId, VendorId};
use crate::person::Block;
use crate::provider::UserType;
use crate::vendor::VendorStatus;

/// All that bears on one person's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub person: PersonFacts,
    /// Those that concern the person, in force or not.
    pub blocks: Vec<Block>,
    pub affiliation: Affiliation,
}

impl Facts {
    /// The access groups by which the person gets in where nothing else stands in the way, the one that counts
    /// first: of a vendor's people the vendor's; of staff that of the internal group whose links take the fewest
    /// approvals, and where no group lets them in, the provider's default.
    pub fn ways(&self) -> Vec<&AccessGroupFacts> {
        let enabled = |tied: &&AccessGroupFacts| tied.enabled;
        match &self.affiliation {
            Affiliation::ThirdParty { placement } => {
                let placement = placement.iter();
                let tied = placement.filter_map(|it| it.vendor.access_group.as_ref());
                tied.filter(enabled).collect()
            }
            Affiliation::Internal {
                groups,
                provider_default,
            } => {
                let mut groups: Vec<_> = groups.iter().filter(|group| group.enabled).collect();
                groups.sort_by_key(|group| group.rank());
                let tied = groups.into_iter().filter_map(|it| it.access_group.as_ref());
                let mut ways: Vec<_> = tied.filter(enabled).collect();
                if ways.is_empty() {
                    let by_default = provider_default.iter().map(|(tied, _)| tied);
                    ways.extend(by_default.filter(enabled));
                }
                ways
            }
        }
    }

    /// The internal groups that somebody of staff is in, also by nesting.
    pub fn internal_groups(&self) -> Vec<GroupId> {
        match &self.affiliation {
            Affiliation::ThirdParty { .. } => Vec::new(),
            Affiliation::Internal { groups, .. } => groups.iter().map(|group| group.id).collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    pub id: UserId,
    pub user_name: String,
    pub user_type: UserType,
    pub active: bool,
    /// The event that last changed `active`, or created the person.
    pub active_event: EventId,
    /// Whether somebody else who is active has their e-mail address, so that they cannot be activated with it.
    pub address_taken: bool,
    /// The event that last lifted a block on them, if any was.
    pub unblocked_event: Option<EventId>,
    /// The event that last left them without a placement, of staff without an internal group or their provider without
    /// a default access group, if any did.
    pub left_event: Option<EventId>,
}

/// Where a person belongs, by the user type of their provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affiliation {
    ThirdParty {
        /// None for a person in no vendor's group.
        placement: Option<PlacementFacts>,
    },
    Internal {
        /// The internal groups the person is in, directly or not.
        groups: Vec<InternalGroupFacts>,
        /// The provider's default access group, and the event that set it.
        provider_default: Option<(AccessGroupFacts, EventId)>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementFacts {
    pub vendor: VendorFacts,
    /// The event that placed the person there.
    pub event: EventId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorFacts {
    pub id: VendorId,
    pub name: String,
    pub status: VendorStatus,
    pub status_event: EventId,
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    /// The event that last set start or end, or created the vendor.
    pub dates_event: EventId,
    pub access_group: Option<AccessGroupFacts>,
    /// The event that last set the access group, or created the vendor.
    pub access_group_event: EventId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGroupFacts {
    pub id: AccessGroupId,
    pub name: String,
    pub enabled: bool,
    /// The event that last changed `enabled`, or created the access group.
    pub event: EventId,
    /// Approvals that a link by it takes, over all levels; 0: none.
    pub approvals: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InternalGroupFacts {
    pub id: GroupId,
    pub name: String,
    pub enabled: bool,
    /// The event that last changed the group's settings, or created the group.
    pub event: EventId,
    /// The event that made the person a member.
    pub member_event: EventId,
    pub access_group: Option<AccessGroupFacts>,
}

impl InternalGroupFacts {
    /// Which of several groups counts: the one whose links take the fewest approvals, of equals the older.
    pub(super) fn rank(&self) -> (u32, GroupId) {
        let approvals = self.access_group.as_ref().map(|tied| tied.approvals);
        (approvals.unwrap_or(u32::MAX), self.id)
    }
}
