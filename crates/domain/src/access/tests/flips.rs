//! What would let somebody in, and in which order.

use super::*;

#[test]
fn a_fresh_vendor_tells_all_that_is_missing() {
    let fresh = VendorFacts {
        status: VendorStatus::Pending,
        start: None,
        end: None,
        access_group: None,
        ..vendor()
    };
    let decision = decide(&placed(fresh), at(150));
    assert_eq!(
        kinds(&decision),
        [
            ChangeKind::SetStart {
                vendor: vendor().id,
                latest: at(150)
            },
            ChangeKind::SetAccessGroup {
                vendor: vendor().id
            },
            ChangeKind::EnableVendor {
                vendor: vendor().id
            },
        ]
    );
}

#[test]
fn a_closed_vendor_is_attached_again_before_anything_else_of_it_is_changed() {
    let id = vendor().id;
    let closed = VendorFacts {
        status: VendorStatus::Closed,
        start: None,
        end: Some(at(149)),
        ..vendor()
    };
    assert_eq!(
        kinds(&decide(&placed(closed), at(150))),
        [
            ChangeKind::ReattachVendor { vendor: id },
            ChangeKind::ExtendEnd {
                vendor: id,
                beyond: at(150)
            },
            ChangeKind::SetStart {
                vendor: id,
                latest: at(150)
            },
            ChangeKind::EnableVendor { vendor: id },
        ]
    );
}

#[test]
fn what_time_alone_will_mend_says_so_beside_the_change() {
    let later = VendorFacts {
        start: Some(at(151)),
        ..vendor()
    };
    let facts = Facts {
        blocks: vec![block(40, None), block(41, Some(at(160)))],
        ..placed(later)
    };
    let decision = decide(&facts, at(150));
    let waits: Vec<_> = decision.flip.iter().map(|c| c.wait_until).collect();
    assert_eq!(waits, [None, Some(at(160)), Some(at(151))]);
    assert_eq!(
        decision.flip[2].explanation.to_string(),
        "Wait until 1970-01-01T00:02:31Z, or move the start date of vendor Acme to \
         1970-01-01T00:02:30Z or earlier"
    );
    let json = serde_json::to_value(&decision.flip[2]).unwrap();
    assert_eq!(json["wait_until"], "1970-01-01T00:02:31Z");
}
