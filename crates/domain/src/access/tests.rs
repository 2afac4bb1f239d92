//! The rules as tables.

mod flips;
mod properties;

use uuid::Uuid;

use super::*;
use crate::ids::{AccessGroupId, BlockId, EventId, GroupId, ProviderId, UserId, VendorId};
use crate::provider::UserType;
use crate::vendor::VendorStatus;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn uuid(number: u8) -> Uuid {
    Uuid::from_u128(number.into())
}

fn event(number: u8) -> EventId {
    EventId::from_uuid(uuid(number))
}

fn access_group(number: u8, enabled: bool) -> AccessGroupFacts {
    let id = AccessGroupId::from_uuid(uuid(number));
    AccessGroupFacts {
        id,
        name: format!("Servers {number}"),
        enabled,
        event: event(number),
        approvals: 0,
    }
}

fn block(number: u8, until: Option<DateTime<Utc>>) -> Block {
    Block {
        id: BlockId::from_uuid(uuid(number)),
        provider: ProviderId::from_uuid(uuid(1)),
        user_name_key: "ada".to_owned(),
        email_key: None,
        reason: "Lost laptop".to_owned(),
        until,
        created: at(0),
        event: event(number),
        follows: None,
    }
}

fn internal_group(number: u8, enabled: bool, tied: Option<AccessGroupFacts>) -> InternalGroupFacts {
    InternalGroupFacts {
        id: GroupId::from_uuid(uuid(number)),
        name: format!("Team {number}"),
        enabled,
        event: event(number),
        member_event: event(number + 100),
        access_group: tied,
    }
}

fn vendor() -> VendorFacts {
    VendorFacts {
        id: VendorId::from_uuid(uuid(20)),
        name: "Acme".to_owned(),
        status: VendorStatus::Enabled,
        status_event: event(21),
        start: Some(at(100)),
        end: Some(at(200)),
        dates_event: event(22),
        access_group: Some(access_group(30, true)),
        access_group_event: event(23),
    }
}

fn facts(affiliation: Affiliation) -> Facts {
    let user_type = match affiliation {
        Affiliation::ThirdParty { .. } => UserType::ThirdParty,
        Affiliation::Internal { .. } => UserType::Internal,
    };
    Facts {
        person: PersonFacts {
            id: UserId::from_uuid(uuid(10)),
            user_name: "ada".to_owned(),
            user_type,
            active: true,
            active_event: event(11),
            address_taken: false,
            unblocked_event: None,
            left_event: None,
        },
        blocks: Vec::new(),
        affiliation,
    }
}

fn placed(vendor: VendorFacts) -> Facts {
    let placement = Some(PlacementFacts {
        vendor,
        event: event(12),
    });
    facts(Affiliation::ThirdParty { placement })
}

fn internal(
    groups: Vec<InternalGroupFacts>,
    provider_default: Option<(AccessGroupFacts, EventId)>,
) -> Facts {
    facts(Affiliation::Internal {
        groups,
        provider_default,
    })
}

fn checks(decision: &Decision) -> Vec<(Check, bool)> {
    decision
        .chain
        .iter()
        .map(|step| (step.check, step.holds))
        .collect()
}

fn kinds(decision: &Decision) -> Vec<ChangeKind> {
    decision.flip.iter().map(|change| change.kind).collect()
}

#[test]
fn a_vendors_person_with_everything_in_order_gets_in() {
    let decision = decide(&placed(vendor()), at(150));
    assert_eq!(decision.verdict, Verdict::Allowed);
    assert_eq!(decision.until, Some(at(200)));
    assert_eq!(decision.flip, []);
    let steps: Vec<_> = decision
        .chain
        .iter()
        .map(|s| (s.check, s.event, s.detail.to_string()))
        .collect();
    let steps: Vec<_> = steps
        .iter()
        .map(|(check, event, detail)| (*check, *event, &**detail))
        .collect();
    assert_eq!(
        steps,
        [
            (Check::NotBlocked, None, "No block is in force on ada"),
            (Check::PersonActive, Some(event(11)), "ada is active"),
            (Check::Placed, Some(event(12)), "ada belongs to vendor Acme"),
            (
                Check::VendorEnabled,
                Some(event(21)),
                "Vendor Acme is enabled"
            ),
            (
                Check::Started,
                Some(event(22)),
                "Vendor Acme started at 1970-01-01T00:01:40Z"
            ),
            (
                Check::NotEnded,
                Some(event(22)),
                "Vendor Acme ends only at 1970-01-01T00:03:20Z"
            ),
            (
                Check::AccessGroupSet,
                Some(event(23)),
                "Vendor Acme is tied to access group Servers 30"
            ),
            (
                Check::AccessGroupEnabled,
                Some(event(30)),
                "Access group Servers 30 is enabled"
            ),
        ]
    );
}

#[test]
fn each_check_of_a_vendors_person_refuses_alone() {
    let person = UserId::from_uuid(uuid(10));
    let blocked = Facts {
        blocks: vec![block(40, None)],
        ..placed(vendor())
    };
    let mut inactive = placed(vendor());
    inactive.person.active = false;
    for (facts, check, change) in [
        (
            blocked,
            Check::NotBlocked,
            ChangeKind::LiftBlock {
                block: block(40, None).id,
            },
        ),
        (
            inactive,
            Check::PersonActive,
            ChangeKind::ActivatePerson { user: person },
        ),
        (
            facts(Affiliation::ThirdParty { placement: None }),
            Check::Placed,
            ChangeKind::AddToGroup { user: person },
        ),
    ] {
        refuses_alone(&facts, check, change);
    }
}

#[test]
fn each_check_of_the_vendor_refuses_alone() {
    let id = vendor().id;
    let disabled = access_group(30, false);
    for (vendor, check, change) in [
        (
            VendorFacts {
                status: VendorStatus::Pending,
                ..vendor()
            },
            Check::VendorEnabled,
            ChangeKind::EnableVendor { vendor: id },
        ),
        (
            VendorFacts {
                status: VendorStatus::Disabled,
                ..vendor()
            },
            Check::VendorEnabled,
            ChangeKind::EnableVendor { vendor: id },
        ),
        (
            VendorFacts {
                start: None,
                ..vendor()
            },
            Check::Started,
            ChangeKind::SetStart {
                vendor: id,
                latest: at(150),
            },
        ),
        (
            VendorFacts {
                start: Some(at(151)),
                ..vendor()
            },
            Check::Started,
            ChangeKind::SetStart {
                vendor: id,
                latest: at(150),
            },
        ),
        (
            VendorFacts {
                end: Some(at(150)),
                ..vendor()
            },
            Check::NotEnded,
            ChangeKind::ExtendEnd {
                vendor: id,
                beyond: at(150),
            },
        ),
        (
            VendorFacts {
                access_group: None,
                ..vendor()
            },
            Check::AccessGroupSet,
            ChangeKind::SetAccessGroup { vendor: id },
        ),
        (
            VendorFacts {
                access_group: Some(disabled.clone()),
                ..vendor()
            },
            Check::AccessGroupEnabled,
            ChangeKind::EnableAccessGroup {
                access_group: disabled.id,
            },
        ),
    ] {
        refuses_alone(&placed(vendor), check, change);
    }
}

fn refuses_alone(facts: &Facts, check: Check, change: ChangeKind) {
    let decision = decide(facts, at(150));
    assert_eq!(decision.verdict, Verdict::Refused, "{check}");
    assert_eq!(decision.until, None);
    let failing = checks(&decision).into_iter().filter(|(_, holds)| !holds);
    assert_eq!(failing.collect::<Vec<_>>(), [(check, false)]);
    assert_eq!(kinds(&decision), [change]);
}

#[test]
fn the_window_is_half_open_to_the_microsecond() {
    let allowed = |micros| {
        let instant = DateTime::from_timestamp_micros(micros).unwrap();
        decide(&placed(vendor()), instant).allowed()
    };
    assert!(!allowed(99_999_999));
    assert!(allowed(100_000_000));
    assert!(allowed(199_999_999));
    assert!(!allowed(200_000_000));
    let endless = VendorFacts {
        end: None,
        ..vendor()
    };
    let decision = decide(&placed(endless), at(1_000_000));
    assert_eq!((decision.verdict, decision.until), (Verdict::Allowed, None));
}

#[test]
fn a_block_that_has_ended_blocks_nobody() {
    let blocks = vec![block(40, Some(at(150))), block(41, Some(at(151)))];
    let facts = Facts {
        blocks,
        ..placed(vendor())
    };
    let decision = decide(&facts, at(150));
    assert_eq!(
        kinds(&decision),
        [ChangeKind::LiftBlock {
            block: block(41, None).id
        }]
    );
    assert_eq!(
        decision.chain[0].detail.to_string(),
        "An administrator has blocked ada until 1970-01-01T00:02:31Z: Lost laptop"
    );
    assert!(decide(&facts, at(151)).allowed());
}

#[test]
fn one_good_way_lets_an_internal_person_in() {
    let good = internal_group(53, true, Some(access_group(30, true)));
    let disabled = internal_group(51, false, Some(access_group(30, true)));
    let untied = internal_group(52, true, None);
    let way = |group: &str, groups: Vec<InternalGroupFacts>, default| {
        let decision = decide(&internal(groups, default), at(1));
        assert!(decision.allowed(), "{decision:?}");
        assert_eq!(decision.until, None);
        assert!(
            decision.chain[2].detail.to_string().contains(group),
            "{:?}",
            decision.chain
        );
    };
    let default = || Some((access_group(31, true), event(60)));
    let dead_default = Some((access_group(31, false), event(60)));
    way(
        "Team 53",
        vec![disabled.clone(), untied.clone(), good.clone()],
        None,
    );
    way("Team 53", vec![good.clone()], dead_default);
    way("Team 53", vec![good], default());
    way(
        "default access group is Servers 31",
        vec![disabled, untied],
        default(),
    );
    way("default access group is Servers 31", Vec::new(), default());
}

#[test]
fn an_internal_person_without_a_way_is_shown_the_nearest() {
    let person = UserId::from_uuid(uuid(10));
    let far = internal_group(50, false, None);
    let near = internal_group(51, false, Some(access_group(30, true)));
    let closed = access_group(31, false);
    for (groups, default, change, failing) in [
        (
            vec![far.clone(), near.clone()],
            None,
            vec![ChangeKind::EnableInternalGroup { group: near.id }],
            vec![Check::InternalGroupEnabled],
        ),
        (
            vec![far.clone()],
            None,
            vec![
                ChangeKind::TieGroupToAccessGroup { group: far.id },
                ChangeKind::EnableInternalGroup { group: far.id },
            ],
            vec![Check::InternalGroupEnabled, Check::AccessGroupSet],
        ),
        (
            vec![far.clone()],
            Some((closed.clone(), event(60))),
            vec![ChangeKind::EnableAccessGroup {
                access_group: closed.id,
            }],
            vec![Check::AccessGroupEnabled],
        ),
        (
            Vec::new(),
            None,
            vec![ChangeKind::AddToGroup { user: person }],
            vec![Check::InternalGroupMember],
        ),
    ] {
        let decision = decide(&internal(groups, default), at(1));
        assert_eq!(kinds(&decision), change);
        let failed = checks(&decision).into_iter().filter(|(_, holds)| !holds);
        assert_eq!(failed.map(|(check, _)| check).collect::<Vec<_>>(), failing);
    }
}

#[test]
fn the_answer_does_not_depend_on_the_order_of_the_groups() {
    let one = internal_group(51, false, Some(access_group(30, true)));
    let two = internal_group(52, true, None);
    let there = decide(&internal(vec![one.clone(), two.clone()], None), at(1));
    assert_eq!(there, decide(&internal(vec![two, one], None), at(1)));
}

#[test]
fn json_is_flat_and_reads_back() {
    let decision = decide(
        &placed(VendorFacts {
            status: VendorStatus::Pending,
            ..vendor()
        }),
        at(150),
    );
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(json["verdict"], "refused");
    assert_eq!(
        json["flip"],
        serde_json::json!([{
            "change": "enable_vendor",
            "vendor": "00000000-0000-0000-0000-000000000014",
            "explanation": "Enable vendor Acme",
        }])
    );
    assert_eq!(json["chain"][3]["check"], "vendor_enabled");
    assert_eq!(serde_json::from_value::<Decision>(json).unwrap(), decision);
}
