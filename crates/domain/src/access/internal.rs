//! The ways in of an organisation's own person.

use super::chain::Chain;
use super::decision::{ChangeKind, Check};
use super::facts::{AccessGroupFacts, InternalGroupFacts, PersonFacts};
use super::sentences::{Instruction, Reason};
use crate::ids::EventId;

/// Writes the way taken: the first that lets the person in, else the one that fewest changes would
/// open. Groups come as they count, the provider's default last.
pub(super) fn check(
    chain: &mut Chain,
    person: &PersonFacts,
    groups: &[InternalGroupFacts],
    provider_default: Option<&(AccessGroupFacts, EventId)>,
) {
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|group| group.rank());
    let by_group = groups.into_iter().map(|group| through_group(person, group));
    let by_default = provider_default.map(through_default);
    // `min_by_key` returns the first of equals.
    match by_group.chain(by_default).min_by_key(Chain::distance) {
        Some(way) => chain.append(way),
        None => no_way(chain, person),
    }
}

fn through_group(person: &PersonFacts, group: &InternalGroupFacts) -> Chain {
    let mut chain = Chain::default();
    let InternalGroupFacts {
        id,
        name,
        enabled,
        event,
        member_event,
        access_group,
    } = group;
    let group = ("group", name.into());
    let detail = Reason::InGroup.said([("person", (&person.user_name).into()), group.clone()]);
    chain.holds(Check::InternalGroupMember, detail, Some(*member_event));
    if *enabled {
        let detail = Reason::GroupEnabled.said([group.clone()]);
        chain.holds(Check::InternalGroupEnabled, detail, Some(*event));
    } else {
        let detail = Reason::GroupDisabled.said([group.clone()]);
        chain.fails(
            Check::InternalGroupEnabled,
            detail,
            Some(*event),
            ChangeKind::EnableInternalGroup { group: *id },
            Instruction::EnableInternalGroup.said([group.clone()]),
        );
    }
    let Some(access_group) = access_group else {
        let detail = Reason::GroupUntied.said([group.clone()]);
        chain.fails(
            Check::AccessGroupSet,
            detail,
            Some(*event),
            ChangeKind::TieGroupToAccessGroup { group: *id },
            Instruction::TieGroup.said([group]),
        );
        return chain;
    };
    let detail = Reason::GroupTied.said([group, ("access_group", (&access_group.name).into())]);
    chain.holds(Check::AccessGroupSet, detail, Some(*event));
    chain.access_group_enabled(access_group);
    chain
}

fn through_default((access_group, event): &(AccessGroupFacts, EventId)) -> Chain {
    let mut chain = Chain::default();
    let detail = Reason::DefaultAccessGroup.said([("access_group", (&access_group.name).into())]);
    chain.holds(Check::DefaultAccessGroup, detail, Some(*event));
    chain.access_group_enabled(access_group);
    chain
}

fn no_way(chain: &mut Chain, person: &PersonFacts) {
    let said = || [("person", (&person.user_name).into())];
    chain.fails(
        Check::InternalGroupMember,
        Reason::InNoGroup.said(said()),
        person.left_event,
        ChangeKind::AddToGroup { user: person.id },
        Instruction::AddToInternalGroup.said(said()),
    );
}
