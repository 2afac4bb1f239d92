//! May this person get in, now? The one decision of the house, always with its reasons.
//!
//! Computed from facts, never stored. The gate, the console and the explain API call [`decide`] and
//! nothing else decides.
//!
//! * Third-party: not blocked, active, placed, vendor enabled, `start <= at < end`, access group
//!   set and enabled.
//! * Internal: not blocked, active, and member of an enabled internal group tied to an enabled
//!   access group, or the provider's default access group, if enabled. One such way suffices.
//!
//! The provider's own state is deliberately absent: a disabled or expired provider stops
//! provisioning, not the access of people already in.

mod chain;
mod decision;
mod facts;
mod internal;
mod sentences;
mod third_party;

pub use decision::{Change, ChangeKind, Check, Decision, Step, Verdict};
pub use facts::{
    AccessGroupFacts, Affiliation, Facts, InternalGroupFacts, PersonFacts, PlacementFacts,
    VendorFacts,
};
pub use sentences::{Instruction, Reason};

use chrono::{DateTime, Utc};

use crate::person::Block;
use chain::Chain;

/// The verdict for an instant, the chain of facts behind it, and what would flip a refusal.
///
/// The chain lists every check in its order, as far as it can be made: without a placement there
/// is no vendor to look at. It is not cut at the first that fails, so that `flip` names everything
/// that stands in the way. The verdict is "allowed" exactly when every step holds.
pub fn decide(facts: &Facts, at: DateTime<Utc>) -> Decision {
    let mut chain = Chain::default();
    not_blocked(&mut chain, facts, at);
    person_active(&mut chain, facts);
    let end = match &facts.affiliation {
        Affiliation::ThirdParty { placement } => {
            third_party::check(&mut chain, &facts.person, placement.as_ref(), at)
        }
        Affiliation::Internal {
            groups,
            provider_default,
        } => {
            internal::check(&mut chain, &facts.person, groups, provider_default.as_ref());
            None
        }
    };
    chain.conclude(at, end)
}

/// One step for each block in force, or one that there is none.
fn not_blocked(chain: &mut Chain, facts: &Facts, at: DateTime<Utc>) {
    let name = &facts.person.user_name;
    let vendor_end = match &facts.affiliation {
        Affiliation::ThirdParty { placement } => placement.as_ref().and_then(|it| it.vendor.end),
        Affiliation::Internal { .. } => None,
    };
    let mut blocked = false;
    for block in facts.blocks.iter().filter(|block| block.in_force(at)) {
        blocked = true;
        let Block {
            id,
            reason,
            until,
            event,
            ..
        } = block;
        let person = ("person", name.into());
        let why = ("reason", reason.into());
        let detail = match until {
            Some(until) => {
                Reason::BlockedUntil.said([person.clone(), why.clone(), ("until", (*until).into())])
            }
            None => Reason::Blocked.said([person.clone(), why.clone()]),
        };
        chain.fails(
            Check::NotBlocked,
            detail,
            Some(*event),
            ChangeKind::LiftBlock { block: *id },
            Instruction::LiftBlock.said([person, why]),
        );
        // Waiting helps only if the vendor does not end before the block does.
        if let Some(until) = until.filter(|until| vendor_end.is_none_or(|end| *until < end)) {
            chain.or_wait(until);
        }
    }
    if !blocked {
        chain.holds(
            Check::NotBlocked,
            Reason::NotBlocked.said([("person", name.into())]),
            // What ended last: by an administrator's word, or by the end that was set with it.
            facts
                .blocks
                .iter()
                .map(|ended| ended.event)
                .chain(facts.person.unblocked_event)
                .max(),
        );
    }
}

fn person_active(chain: &mut Chain, facts: &Facts) {
    let person = &facts.person;
    let said = || [("person", (&person.user_name).into())];
    let event = Some(person.active_event);
    if person.active {
        chain.holds(Check::PersonActive, Reason::Active.said(said()), event);
    } else {
        chain.fails(
            Check::PersonActive,
            Reason::Deactivated.said(said()),
            event,
            ChangeKind::ActivatePerson { user: person.id },
            if person.address_taken {
                Instruction::ActivateReaddressed.said(said())
            } else {
                Instruction::ActivatePerson.said(said())
            },
        );
    }
}

#[cfg(test)]
mod tests;
