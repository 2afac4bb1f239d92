//! The promise of `flip`, and of the chain, as properties over any facts.

use proptest::prelude::*;

use super::*;
use crate::vendor::VendorSettings;

prop_compose! {
    fn any_access_group()(
        number in 30u8..34, enabled: bool, approvals in 0u32..3,
    ) -> AccessGroupFacts {
        AccessGroupFacts { approvals, ..access_group(number, enabled) }
    }
}

prop_compose! {
    fn any_vendor()(
        status in prop::sample::select(VendorStatus::ALL),
        start in prop::option::of(0i64..10),
        end in prop::option::of(0i64..10),
        access_group in prop::option::of(any_access_group()),
    ) -> VendorFacts {
        VendorFacts { status, start: start.map(at), end: end.map(at), access_group, ..vendor() }
    }
}

prop_compose! {
    fn any_internal_group()(
        number in 50u8..54, enabled: bool, tied in prop::option::of(any_access_group()),
    ) -> InternalGroupFacts {
        internal_group(number, enabled, tied)
    }
}

fn any_affiliation() -> impl Strategy<Value = Affiliation> {
    let placement = prop::option::of(any_vendor().prop_map(|vendor| PlacementFacts {
        vendor,
        event: event(12),
    }));
    let groups = prop::collection::vec(any_internal_group(), 0..4).prop_map(|mut groups| {
        groups.sort_by_key(|group| group.id);
        groups.dedup_by_key(|group| group.id);
        groups
    });
    let default = prop::option::of((any_access_group(), Just(event(60))));
    prop_oneof![
        placement.prop_map(|placement| Affiliation::ThirdParty { placement }),
        (groups, default).prop_map(|(groups, provider_default)| {
            Affiliation::Internal {
                groups,
                provider_default,
            }
        }),
    ]
}

prop_compose! {
    fn any_facts()(
        active in prop::bool::weighted(0.7),
        blocks in prop::collection::vec(prop::option::of(0i64..10), 0..3),
        affiliation in any_affiliation(),
    ) -> Facts {
        let mut facts = facts(affiliation);
        facts.person.active = active;
        facts.blocks = blocks
            .into_iter()
            .enumerate()
            .map(|(index, until)| block(40 + u8::try_from(index).unwrap(), until.map(at)))
            .collect();
        facts
    }
}

/// The rules once more, as short as they can be said.
fn rule(facts: &Facts, now: DateTime<Utc>) -> bool {
    let blocked = facts
        .blocks
        .iter()
        .any(|block| block.until.is_none_or(|until| now < until));
    let open = |group: &Option<AccessGroupFacts>| group.as_ref().is_some_and(|g| g.enabled);
    let way = match &facts.affiliation {
        Affiliation::ThirdParty { placement } => placement.as_ref().is_some_and(|placement| {
            let VendorFacts {
                status,
                start,
                end,
                access_group,
                ..
            } = &placement.vendor;
            *status == VendorStatus::Enabled
                && start.is_some_and(|start| start <= now)
                && end.is_none_or(|end| now < end)
                && open(access_group)
        }),
        Affiliation::Internal {
            groups,
            provider_default,
        } => {
            groups
                .iter()
                .any(|group| group.enabled && open(&group.access_group))
                || provider_default
                    .as_ref()
                    .is_some_and(|(group, _)| group.enabled)
        }
    };
    !blocked && facts.person.active && way
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_verdict_follows_the_rules_and_its_own_chain(facts in any_facts(), now in 0i64..10) {
        let decision = decide(&facts, at(now));
        prop_assert_eq!(decision.allowed(), rule(&facts, at(now)));
        prop_assert_eq!(decision.allowed(), decision.chain.iter().all(|step| step.holds));
        let failing = decision.chain.iter().filter(|step| !step.holds).count();
        let attached = |change: &Change| matches!(change.kind, ChangeKind::ReattachVendor { .. });
        let of_closed = decision.flip.iter().filter(|change| attached(change)).count();
        prop_assert_eq!(decision.flip.len(), failing + of_closed);
    }

    #[test]
    fn the_flip_can_be_made_in_its_order_and_flips(facts in any_facts(), now in 0i64..10) {
        let kinds = kinds(&decide(&facts, at(now)));
        let changed = apply(&facts, at(now), &kinds, Rules::Kept);
        prop_assert!(decide(&changed, at(now)).allowed(), "{:?}", kinds);
        for left_out in 0..kinds.len() {
            let mut fewer = kinds.clone();
            let without = fewer.remove(left_out);
            let changed = apply(&facts, at(now), &fewer, Rules::Left);
            let needless = decide(&changed, at(now)).allowed();
            // Enabling is what a closed vendor lacks once it is attached again.
            let attached = matches!(without, ChangeKind::ReattachVendor { .. });
            prop_assert!(!needless || attached, "{:?} was not needed", without);
        }
    }

    #[test]
    fn waiting_does_in_the_place_of_a_change(facts in any_facts(), now in 0i64..10) {
        let decision = decide(&facts, at(now));
        for (index, change) in decision.flip.iter().enumerate() {
            let Some(until) = change.wait_until else {
                continue;
            };
            let mut kinds = kinds(&decision);
            kinds.remove(index);
            let changed = apply(&facts, at(now), &kinds, Rules::Left);
            prop_assert!(!decide(&changed, at(now)).allowed(), "{:?}", kinds);
            prop_assert!(decide(&changed, until).allowed(), "{:?}", kinds);
        }
    }

    #[test]
    fn what_is_allowed_stays_so_until_the_named_instant(facts in any_facts(), now in 0i64..10) {
        let decision = decide(&facts, at(now));
        if decision.allowed() {
            for later in now..12 {
                let inside = decision.until.is_none_or(|until| at(later) < until);
                prop_assert_eq!(decide(&facts, at(later)).allowed(), inside);
            }
        } else {
            prop_assert_eq!(decision.until, None);
        }
    }

    #[test]
    fn facts_read_back_from_json(facts in any_facts()) {
        let json = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
    }
}

/// Whether changes of a vendor meet the rules by which an administrator makes them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Kept,
    Left,
}

/// Does what the changes say, choosing the easiest where they leave a choice.
fn apply(facts: &Facts, now: DateTime<Utc>, changes: &[ChangeKind], rules: Rules) -> Facts {
    let mut facts = facts.clone();
    for change in changes {
        let before = facts.clone();
        match *change {
            ChangeKind::LiftBlock { block } => facts.blocks.retain(|b| b.id != block),
            ChangeKind::ActivatePerson { .. } => facts.person.active = true,
            ChangeKind::AddToGroup { .. } => match &mut facts.affiliation {
                Affiliation::ThirdParty { placement } => {
                    let (start, end) = (Some(now), None);
                    let vendor = VendorFacts {
                        start,
                        end,
                        ..vendor()
                    };
                    *placement = Some(PlacementFacts {
                        vendor,
                        event: event(99),
                    });
                }
                Affiliation::Internal { groups, .. } => {
                    groups.push(internal_group(99, true, Some(access_group(98, true))));
                }
            },
            ChangeKind::EnableInternalGroup { group } => {
                group_mut(&mut facts, group).enabled = true;
            }
            ChangeKind::TieGroupToAccessGroup { group } => {
                group_mut(&mut facts, group).access_group = Some(access_group(98, true));
            }
            ChangeKind::EnableAccessGroup { access_group } => enable(&mut facts, access_group),
            ChangeKind::EnableVendor { vendor } => {
                vendor_mut(&mut facts, vendor).status = VendorStatus::Enabled;
            }
            ChangeKind::ReattachVendor { vendor } => {
                vendor_mut(&mut facts, vendor).status = VendorStatus::Disabled;
            }
            ChangeKind::SetStart { vendor, latest } => {
                vendor_mut(&mut facts, vendor).start = Some(latest);
            }
            ChangeKind::ExtendEnd { vendor, beyond } => {
                vendor_mut(&mut facts, vendor).end = Some(beyond + chrono::TimeDelta::seconds(1));
            }
            ChangeKind::SetAccessGroup { vendor } => {
                vendor_mut(&mut facts, vendor).access_group = Some(access_group(98, true));
            }
        }
        if rules == Rules::Kept {
            keeps_to_the_rules(*change, &before, &facts);
        }
    }
    facts
}

/// What the service holds a change of a vendor to.
fn keeps_to_the_rules(change: ChangeKind, before: &Facts, after: &Facts) {
    let vendor = |facts: &Facts| match &facts.affiliation {
        Affiliation::ThirdParty {
            placement: Some(placement),
        } => Some(placement.vendor.clone()),
        _ => None,
    };
    let (Some(before), Some(after)) = (vendor(before), vendor(after)) else {
        return;
    };
    if before == after {
        return;
    }
    let attached = matches!(change, ChangeKind::ReattachVendor { .. });
    let of_access_group = matches!(change, ChangeKind::EnableAccessGroup { .. });
    assert!(
        attached || of_access_group || before.status != VendorStatus::Closed,
        "{change:?} of a closed vendor"
    );
    // What could not have come about by these rules is not held to them.
    if settings(before).check().is_ok() {
        assert_eq!(settings(after).check(), Ok(()), "{change:?}");
    }
}

fn settings(vendor: VendorFacts) -> VendorSettings {
    VendorSettings {
        access_group: vendor.access_group.map(|tied| tied.id),
        start: vendor.start,
        end: vendor.end,
        status: vendor.status,
        ..VendorSettings::default()
    }
}

fn vendor_mut(facts: &mut Facts, id: VendorId) -> &mut VendorFacts {
    let Affiliation::ThirdParty {
        placement: Some(placement),
    } = &mut facts.affiliation
    else {
        panic!("a change of a vendor for somebody who has none");
    };
    assert_eq!(placement.vendor.id, id);
    &mut placement.vendor
}

fn group_mut(facts: &mut Facts, id: GroupId) -> &mut InternalGroupFacts {
    let Affiliation::Internal { groups, .. } = &mut facts.affiliation else {
        panic!("a change of an internal group for a vendor's person");
    };
    groups
        .iter_mut()
        .find(|group| group.id == id)
        .expect("the group is one of the person's")
}

fn enable(facts: &mut Facts, id: AccessGroupId) {
    let tied: Vec<_> = match &mut facts.affiliation {
        Affiliation::ThirdParty { placement } => placement
            .iter_mut()
            .filter_map(|p| p.vendor.access_group.as_mut())
            .collect(),
        Affiliation::Internal {
            groups,
            provider_default,
        } => {
            let by_group = groups.iter_mut().filter_map(|g| g.access_group.as_mut());
            by_group
                .chain(provider_default.iter_mut().map(|(group, _)| group))
                .collect()
        }
    };
    for group in tied.into_iter().filter(|group| group.id == id) {
        group.enabled = true;
    }
}
