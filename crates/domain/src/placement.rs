//! Which groups a person belongs to, nested ones included, and which one vendor that makes theirs.
//!
//! Arrival is a stored sequence number, not a clock: every membership edge got the next number when
//! it came. Over a path of nested groups a person arrives with the edge that completed the path
//! last, so with the greatest number on it; over several paths, with the path that was complete
//! first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::hash::BuildHasher;

use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, UserId, VendorId};
use crate::named::named;

/// What a membership edge leads from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRef {
    User(UserId),
    Group(GroupId),
}

/// One stored membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub group: GroupId,
    pub member: MemberRef,
    pub sequence: i64,
}

/// A group a person belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    pub group: GroupId,
    pub arrived: i64,
    /// Whether the person is a member itself, and not only by way of other groups.
    pub direct: bool,
}

/// A vendor's group that a third-party person belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub vendor: VendorId,
    pub group: GroupId,
    pub arrived: i64,
}

named! {
    /// By which rule a vendor was chosen.
    pub enum Rule ("placement rule") {
        LastGroupWins = "last_group_wins",
        /// What-if only.
        FirstGroupWins = "first_group_wins",
        /// What-if only: the vendor named first, else the last group.
        NamedPriority = "named_priority",
    }
}

/// The vendor a person belongs to, with what it was chosen from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub vendor: VendorId,
    pub group: GroupId,
    pub rule: Rule,
    /// The chosen one first, then by arrival, latest first.
    pub candidates: Vec<Candidate>,
}

/// The last group wins. Arrivals are unique but for memberships completed by one edge; of those
/// the smallest vendor id wins, so that the answer never depends on the order of the rows.
pub fn place(candidates: &[Candidate]) -> Option<Placement> {
    let mut candidates = candidates.to_vec();
    candidates.sort_by_key(|c| (Reverse(c.arrived), c.vendor, c.group));
    let &Candidate { vendor, group, .. } = candidates.first()?;
    Some(Placement {
        vendor,
        group,
        rule: Rule::LastGroupWins,
        candidates,
    })
}

/// Which candidate a rule would choose. `priority`: vendors, the most wanted first.
pub fn what_if(candidates: &[Candidate], rule: Rule, priority: &[VendorId]) -> Option<Candidate> {
    // The latest first.
    let candidates = place(candidates)?.candidates;
    let chosen = match rule {
        Rule::LastGroupWins => candidates.first(),
        Rule::FirstGroupWins => candidates
            .iter()
            .min_by_key(|c| (c.arrived, c.vendor, c.group)),
        Rule::NamedPriority => priority
            .iter()
            .find_map(|vendor| candidates.iter().find(|c| c.vendor == *vendor))
            .or(candidates.first()),
    };
    chosen.copied()
}

/// All groups a person belongs to, in the order of their ids.
///
/// `direct`: the groups the person is a member of, with the sequence of each membership.
/// `parents`: for a group, the groups it is a member of, with the sequence of each membership.
/// Cycles, should any be stored, are walked once.
pub fn memberships<S: BuildHasher>(
    direct: &[(GroupId, i64)],
    parents: &HashMap<GroupId, Vec<(GroupId, i64)>, S>,
) -> Vec<Membership> {
    // Dijkstra's walk with "greatest number on the path" for the length: going on along a path
    // never makes it smaller, so the first time a group comes out of the heap is its earliest.
    let mut arrived: BTreeMap<GroupId, i64> = BTreeMap::new();
    let mut heap: BinaryHeap<Reverse<(i64, GroupId)>> = direct
        .iter()
        .map(|&(group, sequence)| Reverse((sequence, group)))
        .collect();
    while let Some(Reverse((sequence, group))) = heap.pop() {
        if arrived.contains_key(&group) {
            continue;
        }
        arrived.insert(group, sequence);
        let above = parents.get(&group).into_iter().flatten();
        heap.extend(above.map(|&(parent, edge)| Reverse((edge.max(sequence), parent))));
    }
    let own: HashSet<GroupId> = direct.iter().map(|&(group, _)| group).collect();
    arrived
        .into_iter()
        .map(|(group, arrived)| Membership {
            group,
            arrived,
            direct: own.contains(&group),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn group(number: u128) -> GroupId {
        GroupId::from_uuid(Uuid::from_u128(number))
    }

    fn candidate(number: u128, arrived: i64) -> Candidate {
        let vendor = VendorId::from_uuid(Uuid::from_u128(number));
        Candidate {
            vendor,
            group: group(number),
            arrived,
        }
    }

    #[test]
    fn other_rules_choose_others() {
        let candidates = [candidate(1, 10), candidate(2, 30), candidate(3, 20)];
        let vendor = |number: usize| candidates[number - 1].vendor;
        let choose = |rule, priority: &[VendorId]| {
            what_if(&candidates, rule, priority).map(|chosen| chosen.vendor)
        };
        assert_eq!(choose(Rule::LastGroupWins, &[]), Some(vendor(2)));
        assert_eq!(choose(Rule::FirstGroupWins, &[]), Some(vendor(1)));
        let unknown = candidate(9, 0).vendor;
        let priority = [unknown, vendor(3), vendor(1)];
        assert_eq!(choose(Rule::NamedPriority, &priority), Some(vendor(3)));
        assert_eq!(choose(Rule::NamedPriority, &[unknown]), Some(vendor(2)));
        assert_eq!(what_if(&[], Rule::FirstGroupWins, &priority), None);
    }

    #[test]
    fn the_last_group_wins_and_the_next_follows_it() {
        let placement = place(&[candidate(1, 10), candidate(2, 30), candidate(3, 20)]).unwrap();
        assert_eq!(placement.group, group(2));
        assert_eq!(
            placement.candidates,
            [candidate(2, 30), candidate(3, 20), candidate(1, 10)]
        );
        assert_eq!(
            place(&[candidate(1, 10), candidate(3, 20)]).unwrap().group,
            group(3)
        );
        assert_eq!(place(&[]), None);
    }

    #[test]
    fn a_tie_does_not_depend_on_the_order() {
        let one = place(&[candidate(1, 10), candidate(2, 10)]);
        assert_eq!(one, place(&[candidate(2, 10), candidate(1, 10)]));
        assert_eq!(one.unwrap().group, group(1));
    }

    fn resolve(direct: &[(u128, i64)], edges: &[(u128, u128, i64)]) -> Vec<(u128, i64, bool)> {
        let direct: Vec<_> = direct.iter().map(|&(g, s)| (group(g), s)).collect();
        let mut parents: HashMap<GroupId, Vec<(GroupId, i64)>> = HashMap::new();
        for &(member, parent, sequence) in edges {
            parents
                .entry(group(member))
                .or_default()
                .push((group(parent), sequence));
        }
        memberships(&direct, &parents)
            .into_iter()
            .map(|m| (m.group.as_uuid().as_u128(), m.arrived, m.direct))
            .collect()
    }

    #[test]
    fn a_nested_membership_arrives_with_the_edge_that_completed_its_path() {
        assert_eq!(
            resolve(&[(1, 5)], &[(1, 2, 9)]),
            [(1, 5, true), (2, 9, false)]
        );
        assert_eq!(
            resolve(&[(1, 9)], &[(1, 2, 5)]),
            [(1, 9, true), (2, 9, false)]
        );
    }

    #[test]
    fn of_several_paths_the_one_complete_first_counts() {
        let edges = [(1, 3, 8), (2, 3, 4)];
        assert_eq!(
            resolve(&[(1, 1), (2, 2)], &edges),
            [(1, 1, true), (2, 2, true), (3, 4, false)]
        );
        assert_eq!(
            resolve(&[(1, 9), (2, 3)], &[(2, 1, 4)]),
            [(1, 4, true), (2, 3, true)]
        );
    }

    #[test]
    fn a_cycle_ends() {
        let cycle = [(1, 2, 2), (2, 3, 3), (3, 1, 4), (1, 1, 5)];
        let expected = [(1, 1, true), (2, 2, false), (3, 3, false)];
        assert_eq!(resolve(&[(1, 1)], &cycle), expected);
    }

    #[test]
    fn a_long_chain_does_not_recurse() {
        let edges: Vec<_> = (1..100_000u128).map(|g| (g, g + 1, 1)).collect();
        assert_eq!(resolve(&[(1, 1)], &edges).len(), 100_000);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The definition itself: try every simple path.
        #[test]
        fn it_is_the_least_of_the_greatest(
            direct in prop::collection::vec((0u128..6, 0i64..50), 0..4),
            edges in prop::collection::vec((0u128..6, 0u128..6, 0i64..50), 0..14),
        ) {
            let mut expected: BTreeMap<u128, i64> = BTreeMap::new();
            let mut paths: Vec<(Vec<u128>, i64)> =
                direct.iter().map(|&(g, s)| (vec![g], s)).collect();
            while let Some((path, arrived)) = paths.pop() {
                let last = *path.last().unwrap();
                expected.entry(last).and_modify(|e| *e = (*e).min(arrived)).or_insert(arrived);
                for &(member, parent, sequence) in &edges {
                    if member == last && !path.contains(&parent) {
                        let longer = [&path[..], &[parent]].concat();
                        paths.push((longer, arrived.max(sequence)));
                    }
                }
            }
            let found: BTreeMap<u128, i64> =
                resolve(&direct, &edges).into_iter().map(|(g, a, _)| (g, a)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
