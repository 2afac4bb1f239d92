//! Access links: a personal, expiring, revocable way in.
//!
//! A link works for its whole window; each entry needs a fresh code besides. What the access
//! decision refuses ends it for good: re-enabled access needs a new one.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::Mistake;
use crate::access::{AccessGroupFacts, Affiliation, Check, Decision, Facts, decide};
use crate::ids::{AccessGroupId, LinkId, ProviderId, UserId, VendorId};
use crate::instant;
use crate::named::named;
use crate::provider::LinkDelivery;

named! {
    /// Where a link came from.
    pub enum LinkOrigin ("origin of a link") {
        /// An administrator made it.
        Manual = "manual",
        /// It came with provisioning.
        Automatic = "automatic",
        /// An access request was approved.
        Request = "request",
        /// Its person asked for it at the sign-in page.
        Asked = "asked",
    }
}

named! {
    /// Why a link ended before its time.
    pub enum LinkEnd ("end of a link") {
        /// An administrator ended it.
        Revoked = "revoked",
        /// The person was deactivated.
        Deactivated = "deactivated",
        /// The person was deleted, or is in no group any more that lets them in.
        Removed = "removed",
        /// The person belongs to another vendor now than the one the link was for.
        Moved = "moved",
        Blocked = "blocked",
        /// The panic button of the vendor or the internal group.
        Panic = "panic",
        /// The access group that it was made for lets the person in no more, and no other does without approvals.
        Unapproved = "unapproved",
        /// Another refusal: the vendor or its access group lets nobody in.
        Refused = "refused",
    }
}

named! {
    /// What a link is at an instant.
    pub enum LinkState ("state of a link") {
        /// Its start has not come.
        Upcoming = "upcoming",
        Live = "live",
        /// Its time is over.
        Expired = "expired",
        /// It was ended before its time.
        Ended = "ended",
    }
}

/// An access link. Its address is known to its person alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub id: LinkId,
    pub user: UserId,
    pub provider: ProviderId,
    /// The person's `userName` when it was made.
    pub user_name: String,
    /// The vendor it was made for; none for staff.
    pub vendor: Option<VendorId>,
    /// The access group by which the person got in then, or since it went on by another. None of links made
    /// before this was written down.
    #[serde(default)]
    pub access_group: Option<AccessGroupId>,
    pub origin: LinkOrigin,
    /// First instant at which it works.
    pub start: DateTime<Utc>,
    /// First instant at which it no longer does.
    pub end: DateTime<Utc>,
    pub created: DateTime<Utc>,
    pub ended: Option<Ended>,
}

/// That a link was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: DateTime<Utc>,
    pub reason: LinkEnd,
}

/// What becomes of a link when the facts have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Stands,
    /// The vendor ends earlier than the link.
    Shortened(DateTime<Utc>),
    Ends(LinkEnd),
}

impl Link {
    pub fn state(&self, at: DateTime<Utc>) -> LinkState {
        if self.ended.is_some() {
            LinkState::Ended
        } else if at >= self.end {
            LinkState::Expired
        } else if at < self.start {
            LinkState::Upcoming
        } else {
            LinkState::Live
        }
    }

    /// The access group by which it lets its person in: the one that it was made for, while that is a way in.
    /// Of others only one whose links take no approvals, nobody approved of more; and none for a link that
    /// was approved, or it would get back without approval what it lost.
    pub fn way<'a>(&self, facts: &'a Facts) -> Option<&'a AccessGroupFacts> {
        let ways = facts.ways();
        let Some(own) = self.access_group else {
            return ways.first().copied();
        };
        let by = |wanted: &dyn Fn(&AccessGroupFacts) -> bool| {
            ways.iter().copied().find(|way| wanted(way))
        };
        let free = || by(&|way| way.approvals == 0).filter(|_| self.origin != LinkOrigin::Request);
        by(&|way| way.id == own).or_else(free)
    }

    /// The access group that it has to remember from now on, if it is another one than before: what its
    /// person gets back later may ask for approvals by then, which nobody gave.
    pub fn carried(&self, facts: &Facts) -> Option<AccessGroupId> {
        let own = self.access_group?;
        let way = self.way(facts)?;
        (way.id != own).then_some(way.id)
    }

    /// Whether it may go on under these facts. A link that has not started is judged as of its
    /// start, except that a block in force now ends it.
    pub fn standing(&self, facts: &Facts, now: DateTime<Utc>) -> Standing {
        let at = now.max(self.start);
        if facts.blocks.iter().any(|block| block.in_force(now)) {
            return Standing::Ends(LinkEnd::Blocked);
        }
        if let Some(reason) = end_reason(&decide(facts, at)) {
            return Standing::Ends(reason);
        }
        let (vendor, vendor_end) = vendor_of(facts);
        if vendor != self.vendor {
            return Standing::Ends(LinkEnd::Moved);
        }
        if self.way(facts).is_none() {
            return Standing::Ends(LinkEnd::Unapproved);
        }
        match vendor_end {
            Some(end) if end < self.end => Standing::Shortened(end),
            _ => Standing::Stands,
        }
    }
}

/// What a refusal means for a link; none when there is no refusal.
pub fn end_reason(decision: &Decision) -> Option<LinkEnd> {
    if decision.allowed() {
        return None;
    }
    let failed = decision.chain.iter().find(|step| !step.holds)?;
    Some(match failed.check {
        Check::NotBlocked => LinkEnd::Blocked,
        Check::PersonActive => LinkEnd::Deactivated,
        Check::Placed | Check::InternalGroupMember => LinkEnd::Removed,
        Check::VendorEnabled
        | Check::Started
        | Check::NotEnded
        | Check::InternalGroupEnabled
        | Check::DefaultAccessGroup
        | Check::AccessGroupSet
        | Check::AccessGroupEnabled => LinkEnd::Refused,
    })
}

/// The vendor a person belongs to, and its end.
pub fn vendor_of(facts: &Facts) -> (Option<VendorId>, Option<DateTime<Utc>>) {
    match &facts.affiliation {
        Affiliation::ThirdParty {
            placement: Some(placement),
        } => (Some(placement.vendor.id), placement.vendor.end),
        Affiliation::ThirdParty { placement: None } | Affiliation::Internal { .. } => (None, None),
    }
}

/// When a link is to work, as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// None: as soon as possible.
    pub start: Option<DateTime<Utc>>,
    /// None: as long as usual, or as long as the vendor lasts if that is shorter.
    pub duration: Option<Duration>,
}

/// The usual and the longest duration of links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durations {
    pub usual: Duration,
    pub longest: Duration,
}

/// What is wrong with the window asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    #[error("start: {}", Mistake::StartInPast.said([("start", (*.0).into())]))]
    StartInPast(DateTime<Utc>),
    #[error("start: {}", Mistake::StartBeforeVendor.said([("start", (*.0).into())]))]
    StartBeforeVendor(DateTime<Utc>),
    #[error("start: {}", Mistake::StartAfterVendor.said([("end", (*.0).into())]))]
    StartAfterVendor(DateTime<Utc>),
    #[error("duration_minutes: {}", Mistake::NoDuration.english())]
    NoDuration,
    #[error("duration_minutes: {}", Mistake::DurationTooLong.said([("max", .0.to_string().into())]))]
    TooLong(i64),
    #[error(
        "duration_minutes: {}",
        Mistake::BeyondVendor.said([("end", (*end).into()), ("vendor", (*vendor).into())])
    )]
    BeyondVendor {
        end: DateTime<Utc>,
        vendor: DateTime<Utc>,
    },
}

impl WindowError {
    /// The part of the request at fault, by its name in the admin API.
    pub fn field(&self) -> &'static str {
        match self {
            Self::StartInPast(_) | Self::StartBeforeVendor(_) | Self::StartAfterVendor(_) => {
                "start"
            }
            Self::NoDuration | Self::TooLong(_) | Self::BeyondVendor { .. } => "duration_minutes",
        }
    }
}

impl Wanted {
    /// First and last instant of a link made now, never past the vendor's end.
    pub fn window(
        self,
        now: DateTime<Utc>,
        vendor: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        durations: Durations,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), WindowError> {
        let (vendor_start, vendor_end) = vendor;
        let start = match (self.start, vendor_start) {
            (Some(start), _) if start < now => return Err(WindowError::StartInPast(start)),
            (Some(start), Some(vendor)) if start < vendor => {
                return Err(WindowError::StartBeforeVendor(vendor));
            }
            (Some(start), _) => start,
            (None, Some(vendor)) => vendor.max(now),
            (None, None) => now,
        };
        if let Some(vendor) = vendor_end.filter(|end| *end <= start) {
            return Err(WindowError::StartAfterVendor(vendor));
        }
        if let Some(duration) = self.duration {
            if duration < Duration::minutes(1) {
                return Err(WindowError::NoDuration);
            }
            if duration > durations.longest {
                return Err(WindowError::TooLong(durations.longest.num_minutes()));
            }
        }
        let end = start
            .checked_add_signed(self.duration.unwrap_or(durations.usual))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
            .min(instant::last());
        match vendor_end.filter(|vendor| *vendor < end) {
            Some(vendor) if self.duration.is_some() => {
                Err(WindowError::BeyondVendor { end, vendor })
            }
            Some(vendor) => Ok((start, vendor)),
            None => Ok((start, end)),
        }
    }
}

/// Whether links come with provisioning: the nearest setting that says yes or no holds. Among
/// settings equally near, such as those of several groups, one yes suffices.
pub fn delivered_automatically(nearest_first: &[&[LinkDelivery]], system: bool) -> bool {
    nearest_first
        .iter()
        .find_map(|level| {
            if level.contains(&LinkDelivery::Yes) {
                Some(true)
            } else {
                level.contains(&LinkDelivery::No).then_some(false)
            }
        })
        .unwrap_or(system)
}

#[cfg(test)]
mod tests;
