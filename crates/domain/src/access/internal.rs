//! The ways in of an organisation's own person.

use super::chain::Chain;
use super::decision::{ChangeKind, Check};
use super::facts::{AccessGroupFacts, InternalGroupFacts, PersonFacts};
use crate::ids::EventId;

/// Writes the way taken: the first that lets the person in, else the one that fewest changes would
/// open. Groups come in the order of their ids, the provider's default last.
pub(super) fn check(
    chain: &mut Chain,
    person: &PersonFacts,
    groups: &[InternalGroupFacts],
    provider_default: Option<&(AccessGroupFacts, EventId)>,
) {
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|group| group.id);
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
    let detail = format!("{} is in internal group {name}", person.user_name);
    chain.holds(Check::InternalGroupMember, detail, Some(*member_event));
    if *enabled {
        let detail = format!("Internal group {name} is enabled");
        chain.holds(Check::InternalGroupEnabled, detail, Some(*event));
    } else {
        let detail = format!("Internal group {name} is disabled");
        chain.fails(
            Check::InternalGroupEnabled,
            detail,
            Some(*event),
            ChangeKind::EnableInternalGroup { group: *id },
            format!("Enable internal group {name}"),
        );
    }
    let Some(access_group) = access_group else {
        let detail = format!("Internal group {name} is tied to no access group");
        chain.fails(
            Check::AccessGroupSet,
            detail,
            Some(*event),
            ChangeKind::TieGroupToAccessGroup { group: *id },
            format!("Tie internal group {name} to an enabled access group"),
        );
        return chain;
    };
    let detail = format!(
        "Internal group {name} is tied to access group {}",
        access_group.name
    );
    chain.holds(Check::AccessGroupSet, detail, Some(*event));
    chain.access_group_enabled(access_group);
    chain
}

fn through_default((access_group, event): &(AccessGroupFacts, EventId)) -> Chain {
    let mut chain = Chain::default();
    let detail = format!(
        "The provider's default access group is {}",
        access_group.name
    );
    chain.holds(Check::DefaultAccessGroup, detail, Some(*event));
    chain.access_group_enabled(access_group);
    chain
}

fn no_way(chain: &mut Chain, person: &PersonFacts) {
    let name = &person.user_name;
    chain.fails(
        Check::InternalGroupMember,
        format!("{name} is in no internal group, and the provider has no default access group"),
        None,
        ChangeKind::AddToGroup { user: person.id },
        format!(
            "In the provider's product, add {name} to an enabled internal group that is tied to an \
             enabled access group, or give the provider a default access group"
        ),
    );
}
