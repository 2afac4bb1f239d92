//! The way in of a vendor's person.

use chrono::{DateTime, Utc};

use super::chain::{Chain, instant};
use super::decision::{ChangeKind, Check};
use super::facts::{PersonFacts, PlacementFacts, VendorFacts};
use crate::vendor::VendorStatus;

/// Writes the checks of the placement and its vendor; returns the instant at which time alone
/// ends what they allow.
pub(super) fn check(
    chain: &mut Chain,
    person: &PersonFacts,
    placement: Option<&PlacementFacts>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let name = &person.user_name;
    let Some(PlacementFacts { vendor, event }) = placement else {
        chain.fails(
            Check::Placed,
            format!("{name} is in no vendor's group"),
            person.left_event,
            ChangeKind::AddToGroup { user: person.id },
            format!(
                "In the provider's product, add {name} to the group of a vendor that is enabled, \
                 within its dates and tied to an enabled access group"
            ),
        );
        return None;
    };
    let detail = format!("{name} belongs to vendor {}", vendor.name);
    chain.holds(Check::Placed, detail, Some(*event));
    enabled(chain, vendor);
    started(chain, vendor, at);
    not_ended(chain, vendor, at);
    access_group(chain, vendor);
    vendor.end
}

fn enabled(chain: &mut Chain, vendor: &VendorFacts) {
    let VendorFacts {
        id,
        name,
        status,
        status_event,
        ..
    } = vendor;
    let enable = ChangeKind::EnableVendor { vendor: *id };
    let (state, kind, explanation) = match status {
        VendorStatus::Enabled => {
            let detail = format!("Vendor {name} is enabled");
            return chain.holds(Check::VendorEnabled, detail, Some(*status_event));
        }
        VendorStatus::Pending => (
            "is pending: no administrator has enabled it",
            enable,
            format!("Enable vendor {name}"),
        ),
        VendorStatus::Disabled => ("is disabled", enable, format!("Enable vendor {name}")),
        VendorStatus::Closed => (
            "is closed: its group was deleted",
            ChangeKind::ReattachVendor { vendor: *id },
            format!("Re-attach vendor {name} to a group of this person and enable it"),
        ),
    };
    let detail = format!("Vendor {name} {state}");
    chain.fails(
        Check::VendorEnabled,
        detail,
        Some(*status_event),
        kind,
        explanation,
    );
}

fn started(chain: &mut Chain, vendor: &VendorFacts, at: DateTime<Utc>) {
    let VendorFacts {
        id,
        name,
        start,
        end,
        dates_event,
        ..
    } = vendor;
    let event = Some(*dates_event);
    let set_start = ChangeKind::SetStart {
        vendor: *id,
        latest: at,
    };
    let at_or_before = format!("to {} or earlier", instant(at));
    let Some(start) = *start else {
        chain.fails(
            Check::Started,
            format!("Vendor {name} has no start date"),
            event,
            set_start,
            format!("Set the start date of vendor {name} {at_or_before}"),
        );
        return;
    };
    let when = instant(start);
    if start <= at {
        chain.holds(
            Check::Started,
            format!("Vendor {name} started at {when}"),
            event,
        );
        return;
    }
    // Waiting helps only if the vendor does not end before it starts.
    let (kind, explanation) = if end.is_none_or(|end| start < end) {
        let wait = format!("Wait until {when}, or move the start date of vendor {name}");
        (
            ChangeKind::WaitUntil { at: start },
            format!("{wait} {at_or_before}"),
        )
    } else {
        (
            set_start,
            format!("Move the start date of vendor {name} {at_or_before}"),
        )
    };
    let detail = format!("Vendor {name} starts only at {when}");
    chain.fails(Check::Started, detail, event, kind, explanation);
}

fn not_ended(chain: &mut Chain, vendor: &VendorFacts, at: DateTime<Utc>) {
    let VendorFacts {
        id,
        name,
        end,
        dates_event,
        ..
    } = vendor;
    let event = Some(*dates_event);
    match *end {
        None => chain.holds(
            Check::NotEnded,
            format!("Vendor {name} has no end date"),
            event,
        ),
        Some(end) if at < end => {
            let detail = format!("Vendor {name} ends only at {}", instant(end));
            chain.holds(Check::NotEnded, detail, event);
        }
        Some(end) => {
            let detail = format!("Vendor {name} ended at {}", instant(end));
            chain.fails(
                Check::NotEnded,
                detail,
                event,
                ChangeKind::ExtendEnd {
                    vendor: *id,
                    beyond: at,
                },
                format!(
                    "Move the end date of vendor {name} beyond {}, or clear it",
                    instant(at)
                ),
            );
        }
    }
}

fn access_group(chain: &mut Chain, vendor: &VendorFacts) {
    let VendorFacts {
        id,
        name,
        access_group,
        access_group_event,
        ..
    } = vendor;
    let event = Some(*access_group_event);
    let Some(access_group) = access_group else {
        chain.fails(
            Check::AccessGroupSet,
            format!("Vendor {name} has no access group"),
            event,
            ChangeKind::SetAccessGroup { vendor: *id },
            format!("Tie vendor {name} to an enabled access group"),
        );
        return;
    };
    let detail = format!(
        "Vendor {name} is tied to access group {}",
        access_group.name
    );
    chain.holds(Check::AccessGroupSet, detail, event);
    chain.access_group_enabled(access_group);
}
