//! What the decision says.

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::sentences::{Instruction, Reason};
use crate::ids::{AccessGroupId, BlockId, EventId, GroupId, UserId, VendorId};
use crate::named::named;
use crate::said::Said;

named! {
    pub enum Verdict ("verdict") {
        Allowed = "allowed",
        Refused = "refused",
    }
}

named! {
    /// One link of the chain.
    pub enum Check ("check") {
        NotBlocked = "not_blocked",
        PersonActive = "person_active",
        /// Third-party: belongs to a vendor.
        Placed = "placed",
        VendorEnabled = "vendor_enabled",
        /// The vendor's start is set and has come.
        Started = "started",
        /// The vendor's end is not set or has not come.
        NotEnded = "not_ended",
        /// Internal: is in a group.
        InternalGroupMember = "internal_group_member",
        InternalGroupEnabled = "internal_group_enabled",
        /// Internal: the provider has a default access group.
        DefaultAccessGroup = "default_access_group",
        /// The vendor or the internal group is tied to an access group.
        AccessGroupSet = "access_group_set",
        AccessGroupEnabled = "access_group_enabled",
    }
}

/// The answer to "may this person get in at that instant?"
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub verdict: Verdict,
    /// The instant asked about.
    pub at: DateTime<Utc>,
    /// Every check, in order; the verdict is "allowed" exactly when all hold.
    pub chain: Vec<Step>,
    /// What to change so that the verdict is "allowed", in an order in which each can be made after
    /// those before it: one entry for each failing check, and so usually one (two for a vendor that
    /// is closed). Empty when allowed.
    pub flip: Vec<Change>,
    /// When allowed: the first instant at which the passing of time alone ends it. None when
    /// refused, or when time does not end it.
    pub until: Option<DateTime<Utc>>,
}

impl Decision {
    pub fn allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }
}

/// One check and how it came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub check: Check,
    pub holds: bool,
    /// A [`Reason`], with names.
    #[serde(deserialize_with = "reason")]
    pub detail: Said,
    /// The event that made it so; none when nothing ever happened that bears on it.
    pub event: Option<EventId>,
}

/// Something that has to change for a refusal to flip.
///
/// As JSON `{"change": "enable_vendor", "vendor": "...", "explanation": "..."}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// An [`Instruction`], with names.
    #[serde(deserialize_with = "instruction")]
    pub explanation: Said,
    /// The instant at which time alone does the same: the vendor starts then, or the block ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeKind {
    LiftBlock {
        block: BlockId,
    },
    ActivatePerson {
        user: UserId,
    },
    /// To a group that lets its people in: which one is the administrator's choice.
    AddToGroup {
        user: UserId,
    },
    EnableVendor {
        vendor: VendorId,
    },
    /// A closed vendor: attach it to a group again, after which it is disabled.
    ReattachVendor {
        vendor: VendorId,
    },
    /// To that instant or an earlier one.
    SetStart {
        vendor: VendorId,
        latest: DateTime<Utc>,
    },
    /// To a later instant than that one, or to none.
    ExtendEnd {
        vendor: VendorId,
        beyond: DateTime<Utc>,
    },
    /// To one that is enabled.
    SetAccessGroup {
        vendor: VendorId,
    },
    EnableAccessGroup {
        access_group: AccessGroupId,
    },
    EnableInternalGroup {
        group: GroupId,
    },
    /// To one that is enabled.
    TieGroupToAccessGroup {
        group: GroupId,
    },
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Said, D::Error> {
    let text = String::deserialize(deserializer)?;
    Reason::read(&text).ok_or_else(|| D::Error::custom("no reason reads like that"))
}

fn instruction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Said, D::Error> {
    let text = String::deserialize(deserializer)?;
    Instruction::read(&text).ok_or_else(|| D::Error::custom("no instruction reads like that"))
}

impl ChangeKind {
    /// When it can be made: after all of a lower one. Whatever can be set on a closed vendor can only
    /// after it is attached again; an end has to be later than the start that is set next; enabling
    /// takes a start and an access group.
    pub(super) fn turn(self) -> u8 {
        match self {
            Self::LiftBlock { .. } | Self::ActivatePerson { .. } | Self::AddToGroup { .. } => 0,
            Self::ReattachVendor { .. } => 1,
            Self::ExtendEnd { .. } => 2,
            Self::SetStart { .. } => 3,
            Self::SetAccessGroup { .. } | Self::TieGroupToAccessGroup { .. } => 4,
            Self::EnableAccessGroup { .. } => 5,
            Self::EnableVendor { .. } | Self::EnableInternalGroup { .. } => 6,
        }
    }
}
