//! The decision as it is answered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_domain::access::{Change, ChangeKind, Check, Decision, Step, Verdict};
use vestibule_domain::{EventId, UserId};

use crate::admin::words;

/// The answer to "may this person get in at that instant?"
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Access {
    #[schema(value_type = words::Verdict)]
    verdict: Verdict,
    /// The instant asked about.
    at: DateTime<Utc>,
    /// Every check, in order; the verdict is `allowed` exactly when all hold.
    chain: Vec<AccessStep>,
    /// What to change so that the verdict is `allowed`, to be done in this order: one entry for each
    /// failing check, two for a vendor that is closed.
    flip: Vec<AccessChange>,
    /// When allowed: the first instant at which the passing of time alone ends it.
    until: Option<DateTime<Utc>>,
}

/// Answers for many people, in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Decisions {
    decisions: Vec<PersonDecision>,
}

/// The answer for one of many people.
#[derive(Debug, Serialize, ToSchema)]
struct PersonDecision {
    #[schema(value_type = Uuid)]
    user: UserId,
    /// None when nobody has this id.
    access: Option<Access>,
}

impl From<Vec<(UserId, Option<Decision>)>> for Decisions {
    fn from(decided: Vec<(UserId, Option<Decision>)>) -> Self {
        let decisions = decided.into_iter().map(|(user, decision)| PersonDecision {
            user,
            access: decision.map(Into::into),
        });
        Self {
            decisions: decisions.collect(),
        }
    }
}

/// One check and how it came out.
#[derive(Debug, Serialize, ToSchema)]
struct AccessStep {
    #[schema(value_type = words::Check)]
    check: Check,
    holds: bool,
    /// In plain English.
    #[schema(example = "Vendor Acme is enabled")]
    detail: String,
    /// The event that made it so; none when nothing ever happened that bears on it.
    #[schema(value_type = Option<Uuid>)]
    event: Option<EventId>,
}

/// Something that has to change for a refusal to flip. Which ids and instants there are depends on
/// `change`.
#[derive(Debug, Default, Serialize, ToSchema)]
struct AccessChange {
    #[schema(value_type = AccessChangeKind)]
    change: AccessChangeKind,
    /// In plain English, as an instruction.
    #[schema(example = "Enable vendor Acme")]
    explanation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    block: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_group: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Uuid>,
    /// In place of the change, wait until then: the vendor starts, or the block ends, by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_until: Option<DateTime<Utc>>,
    /// Of `set_start`: the latest instant that would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<DateTime<Utc>>,
    /// Of `extend_end`: the instant that the end has to be later than.
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<DateTime<Utc>>,
}

/// What to do about a refusal.
#[derive(Debug, Default, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AccessChangeKind {
    #[default]
    LiftBlock,
    ActivatePerson,
    AddToGroup,
    EnableVendor,
    ReattachVendor,
    SetStart,
    ExtendEnd,
    SetAccessGroup,
    EnableAccessGroup,
    EnableInternalGroup,
    TieGroupToAccessGroup,
}

impl From<Decision> for Access {
    fn from(decision: Decision) -> Self {
        let Decision {
            verdict,
            at,
            chain,
            flip,
            until,
        } = decision;
        Self {
            verdict,
            at,
            chain: chain.into_iter().map(Into::into).collect(),
            flip: flip.into_iter().map(Into::into).collect(),
            until,
        }
    }
}

impl From<Step> for AccessStep {
    fn from(step: Step) -> Self {
        let Step {
            check,
            holds,
            detail,
            event,
        } = step;
        Self {
            check,
            holds,
            detail: detail.to_string(),
            event,
        }
    }
}

impl From<Change> for AccessChange {
    fn from(change: Change) -> Self {
        use AccessChangeKind as Kind;
        let Change {
            kind,
            explanation,
            wait_until,
        } = change;
        let of = |change| Self {
            change,
            explanation: explanation.to_string(),
            wait_until,
            ..Self::default()
        };
        match kind {
            ChangeKind::LiftBlock { block } => Self {
                block: Some(block.as_uuid()),
                ..of(Kind::LiftBlock)
            },
            ChangeKind::ActivatePerson { user } => Self {
                user: Some(user.as_uuid()),
                ..of(Kind::ActivatePerson)
            },
            ChangeKind::AddToGroup { user } => Self {
                user: Some(user.as_uuid()),
                ..of(Kind::AddToGroup)
            },
            ChangeKind::EnableVendor { vendor } => Self {
                vendor: Some(vendor.as_uuid()),
                ..of(Kind::EnableVendor)
            },
            ChangeKind::ReattachVendor { vendor } => Self {
                vendor: Some(vendor.as_uuid()),
                ..of(Kind::ReattachVendor)
            },
            ChangeKind::SetStart { vendor, latest } => Self {
                vendor: Some(vendor.as_uuid()),
                latest: Some(latest),
                ..of(Kind::SetStart)
            },
            ChangeKind::ExtendEnd { vendor, beyond } => Self {
                vendor: Some(vendor.as_uuid()),
                beyond: Some(beyond),
                ..of(Kind::ExtendEnd)
            },
            ChangeKind::SetAccessGroup { vendor } => Self {
                vendor: Some(vendor.as_uuid()),
                ..of(Kind::SetAccessGroup)
            },
            ChangeKind::EnableAccessGroup { access_group } => Self {
                access_group: Some(access_group.as_uuid()),
                ..of(Kind::EnableAccessGroup)
            },
            ChangeKind::EnableInternalGroup { group } => Self {
                group: Some(group.as_uuid()),
                ..of(Kind::EnableInternalGroup)
            },
            ChangeKind::TieGroupToAccessGroup { group } => Self {
                group: Some(group.as_uuid()),
                ..of(Kind::TieGroupToAccessGroup)
            },
        }
    }
}
