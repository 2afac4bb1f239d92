//! Access requests: a link that others have to approve first, as the access group says.
//!
//! Each of its levels takes as many approvals as the access group requires, one level after the other.
//! Nobody has a say in what they asked for themselves, and everybody has one say in all.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use vestibule_scim::fold::fold;

use crate::Hindrance;
use crate::access_group::AccessGroupSettings;
use crate::event::Actor;
use crate::ids::{
    AccessGroupId, AccessRequestId, AdministratorId, EventId, LinkId, ProviderId, UserId, VendorId,
};
use crate::named::named;
use crate::settings::{self, MAX_NAME, SettingsError};

/// How long a request waits at most.
const PATIENCE: Duration = Duration::days(7);

named! {
    /// What became of an access request.
    pub enum RequestState ("state of an access request") {
        Pending = "pending",
        /// The last approval has come, and the link is made.
        Approved = "approved",
        /// Too many were against it.
        Disapproved = "disapproved",
        /// Taken back before it was decided, by somebody or by the panic button.
        Withdrawn = "withdrawn",
        /// Nobody decided in time.
        Expired = "expired",
    }
}

/// What is asked for, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asked {
    /// What the access is needed for, in full.
    pub justification: String,
    /// The same in a word: one line.
    pub reason: Option<String>,
    /// Under which the governance product knows it.
    pub governance_id: Option<String>,
    /// When the link is to start; none = when it is approved.
    pub start: Option<DateTime<Utc>>,
    /// How long it is to work; none = as long as usual.
    pub duration_minutes: Option<i64>,
    /// Whether the link is mailed to its person; else who approves last is shown its address.
    pub mailed: bool,
}

/// An access request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRequest {
    pub id: AccessRequestId,
    pub user: UserId,
    pub provider: ProviderId,
    /// The person's `userName` when it was made.
    pub user_name: String,
    /// The vendor the person belonged to; none for staff.
    pub vendor: Option<VendorId>,
    /// The one that says how many have to approve.
    pub access_group: AccessGroupId,
    pub requester: Voice,
    pub asked: Asked,
    pub state: RequestState,
    pub created: DateTime<Utc>,
    /// First instant at which it can no longer be approved.
    pub expires: DateTime<Utc>,
    /// When it was approved, disapproved, withdrawn or ran out.
    pub decided: Option<DateTime<Utc>>,
    /// The link it became.
    pub link: Option<LinkId>,
    pub version: i64,
}

/// Somebody who has a say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// None for the command line.
    pub administrator: Option<AdministratorId>,
    /// The administrator's name at that time.
    pub name: String,
}

impl Voice {
    /// Whether it is one person's. Whoever has the command line is one and the same; an administrator who was
    /// deleted and made again under the same name is nobody else.
    pub fn is_of(&self, other: &Self) -> bool {
        let both = self.administrator.is_some() && other.administrator.is_some();
        self.administrator == other.administrator || both && fold(&self.name) == fold(&other.name)
    }

    /// Whether it counts: where approvers are named, nobody else's does. Names are the administrators'; the
    /// command line has none.
    fn counts(&self, policy: &AccessGroupSettings) -> bool {
        let named = |name: &String| fold(name) == fold(&self.name);
        policy.approvers.is_empty()
            || self.administrator.is_some() && policy.approvers.iter().any(named)
    }

    pub fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Administrator { id, name, .. } => Self {
                administrator: Some(*id),
                name: name.clone(),
            },
            other => Self {
                administrator: None,
                name: other.kind().to_owned(),
            },
        }
    }
}

/// A word for or against a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    pub voice: Voice,
    pub approves: bool,
    /// The level that the request was at.
    pub level: u32,
    pub comment: Option<String>,
    pub at: DateTime<Utc>,
    pub event: EventId,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The level it is at, from 1.
    pub level: u32,
    /// Approvals in all levels together.
    pub approvals: u32,
    pub disapprovals: u32,
    pub outcome: Option<RequestState>,
}

/// Why somebody has no say, or none any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VoteError {
    Own,
    Again,
    NotApprover,
    Decided(RequestState),
}

impl std::fmt::Display for VoteError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.hindrance().english())
    }
}

impl VoteError {
    /// The same as a sentence.
    pub const fn hindrance(self) -> Hindrance {
        match self {
            Self::Own => Hindrance::OwnRequest,
            Self::Again => Hindrance::VotedAlready,
            Self::NotApprover => Hindrance::NotApprover,
            Self::Decided(RequestState::Approved) => Hindrance::Approved,
            Self::Decided(RequestState::Disapproved) => Hindrance::Disapproved,
            Self::Decided(RequestState::Withdrawn) => Hindrance::Withdrawn,
            // What is pending and decided on all the same has run out.
            Self::Decided(RequestState::Expired | RequestState::Pending) => Hindrance::Expired,
        }
    }
}

impl Asked {
    /// The first mistake that shows without knowing anything else.
    pub fn check(&self, policy: &AccessGroupSettings) -> Result<(), SettingsError> {
        settings::first(self.mistakes(policy))
    }

    /// Of each field the first mistake that shows without knowing anything else.
    pub fn mistakes(&self, policy: &AccessGroupSettings) -> Vec<SettingsError> {
        let mut mistakes = settings::Mistakes::default();
        let empty = |field| Err(SettingsError::Empty { field });
        if self.justification.trim().is_empty() {
            mistakes.look(empty("justification"));
        }
        mistakes.look(settings::free_text(
            "justification",
            Some(&self.justification),
        ));
        mistakes.look(settings::optional_line(
            "reason",
            self.reason.as_deref(),
            MAX_NAME,
        ));
        if policy.governance_id_required && self.governance_id.is_none() {
            mistakes.look(empty("governance_id"));
        }
        let governance_id = self.governance_id.as_deref();
        mistakes.look(settings::optional_line(
            "governance_id",
            governance_id,
            MAX_NAME,
        ));
        mistakes.found()
    }
}

impl AccessRequest {
    /// When one made now runs out; `end`: of the link, when its start was asked for.
    pub fn expiry(now: DateTime<Utc>, end: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let patience = now + PATIENCE;
        end.map_or(patience, |end| end.min(patience))
    }

    pub fn state(&self, at: DateTime<Utc>) -> RequestState {
        if self.state == RequestState::Pending && at >= self.expires {
            RequestState::Expired
        } else {
            self.state
        }
    }

    /// Whether somebody may decide on it now.
    pub fn admits(
        &self,
        voice: &Voice,
        votes: &[Vote],
        policy: &AccessGroupSettings,
        at: DateTime<Utc>,
    ) -> Result<(), VoteError> {
        match self.state(at) {
            RequestState::Pending => {}
            decided => return Err(VoteError::Decided(decided)),
        }
        if voice.is_of(&self.requester) {
            return Err(VoteError::Own);
        }
        if votes.iter().any(|vote| voice.is_of(&vote.voice)) {
            return Err(VoteError::Again);
        }
        if voice.counts(policy) {
            Ok(())
        } else {
            Err(VoteError::NotApprover)
        }
    }
}

/// Approvals needed in all levels together.
pub fn approvals_needed(policy: &AccessGroupSettings) -> u32 {
    policy
        .approvals_required
        .saturating_mul(policy.approval_levels)
}

/// Counts the votes of those who have a say by now.
pub fn tally(policy: &AccessGroupSettings, votes: &[Vote]) -> Tally {
    let count = |approves: bool| {
        let count = votes
            .iter()
            .filter(|vote| vote.approves == approves && vote.voice.counts(policy))
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let (approvals, disapprovals) = (count(true), count(false));
    let outcome = if disapprovals >= policy.disapprovals_to_cancel {
        Some(RequestState::Disapproved)
    } else if approvals >= approvals_needed(policy) {
        Some(RequestState::Approved)
    } else {
        None
    };
    let passed = approvals
        .checked_div(policy.approvals_required)
        .unwrap_or(0);
    Tally {
        level: passed.saturating_add(1).min(policy.approval_levels),
        approvals,
        disapprovals,
        outcome,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn voice(number: u128) -> Voice {
        Voice {
            administrator: (number > 0)
                .then(|| AdministratorId::from_uuid(Uuid::from_u128(number))),
            name: format!("Admin {number}"),
        }
    }

    fn vote(number: u128, approves: bool) -> Vote {
        Vote {
            voice: voice(number),
            approves,
            level: 1,
            comment: None,
            at: DateTime::UNIX_EPOCH,
            event: EventId::from_uuid(Uuid::from_u128(number)),
        }
    }

    fn policy() -> AccessGroupSettings {
        AccessGroupSettings {
            approvals_required: 2,
            approval_levels: 2,
            disapprovals_to_cancel: 2,
            ..AccessGroupSettings::default()
        }
    }

    fn request() -> AccessRequest {
        let id = Uuid::from_u128(9);
        AccessRequest {
            id: AccessRequestId::from_uuid(id),
            user: UserId::from_uuid(id),
            provider: ProviderId::from_uuid(id),
            user_name: "ada".to_owned(),
            vendor: None,
            access_group: AccessGroupId::from_uuid(id),
            requester: voice(1),
            asked: Asked::default(),
            state: RequestState::Pending,
            created: DateTime::UNIX_EPOCH,
            expires: AccessRequest::expiry(DateTime::UNIX_EPOCH, None),
            decided: None,
            link: None,
            version: 1,
        }
    }

    #[test]
    fn every_level_takes_its_approvals() {
        let votes = [2, 3, 4, 5].map(|number| vote(number, true));
        let level = |count: usize| tally(&policy(), &votes[..count]).level;
        assert_eq!([0, 1, 2, 3].map(level), [1, 1, 2, 2]);
        assert_eq!(tally(&policy(), &votes[..3]).outcome, None);
        assert_eq!(
            tally(&policy(), &votes).outcome,
            Some(RequestState::Approved)
        );
        let against = [vote(2, false), vote(3, true), vote(4, false)];
        assert_eq!(tally(&policy(), &against[..2]).outcome, None);
        assert_eq!(
            tally(&policy(), &against).outcome,
            Some(RequestState::Disapproved)
        );
    }

    #[test]
    fn votes_of_who_has_no_say_any_more_do_not_count() {
        let votes = [2, 3, 4, 5].map(|number| vote(number, true));
        let named = AccessGroupSettings {
            approvers: ["Admin 4", "admin 5", "Admin 6"]
                .map(str::to_owned)
                .to_vec(),
            ..policy()
        };
        let counted = tally(&named, &votes);
        assert_eq!((counted.approvals, counted.outcome), (2, None));
        let against = [vote(2, false), vote(3, false)];
        assert_eq!(tally(&named, &against).outcome, None);
    }

    #[test]
    fn nobody_decides_on_their_own_or_twice_or_too_late() {
        let now = DateTime::UNIX_EPOCH;
        let admits =
            |number, votes: &[Vote], at| request().admits(&voice(number), votes, &policy(), at);
        assert_eq!(admits(2, &[], now), Ok(()));
        assert_eq!(admits(0, &[], now), Ok(()));
        assert_eq!(admits(1, &[], now), Err(VoteError::Own));
        assert_eq!(admits(2, &[vote(2, false)], now), Err(VoteError::Again));
        let made_again = Voice {
            name: "ADMIN 1".to_owned(),
            ..voice(7)
        };
        let own = request().admits(&made_again, &[], &policy(), now);
        assert_eq!(own, Err(VoteError::Own));
        assert_eq!(admits(0, &[vote(0, true)], now), Err(VoteError::Again));
        let late = now + Duration::days(7);
        let expired = VoteError::Decided(RequestState::Expired);
        assert_eq!(admits(2, &[], late), Err(expired));
        let named = AccessGroupSettings {
            approvers: vec!["ADMIN 3".to_owned(), "Admin 0".to_owned()],
            ..policy()
        };
        let admits = |number| request().admits(&voice(number), &[], &named, now);
        assert_eq!(admits(3), Ok(()));
        assert_eq!(admits(2), Err(VoteError::NotApprover));
        assert_eq!(admits(0), Err(VoteError::NotApprover));
    }
}
