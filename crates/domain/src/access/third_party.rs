//! The way in of a vendor's person.

use chrono::{DateTime, Utc};

use super::chain::Chain;
use super::decision::{ChangeKind, Check};
use super::facts::{PersonFacts, PlacementFacts, VendorFacts};
use super::sentences::{Instruction, Reason};
use crate::vendor::VendorStatus;

/// Writes the checks of the placement and its vendor; returns the instant at which time alone
/// ends what they allow.
pub(super) fn check(
    chain: &mut Chain,
    person: &PersonFacts,
    placement: Option<&PlacementFacts>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let said = ("person", (&person.user_name).into());
    let Some(PlacementFacts { vendor, event }) = placement else {
        chain.fails(
            Check::Placed,
            Reason::InNoVendor.said([said.clone()]),
            person.left_event,
            ChangeKind::AddToGroup { user: person.id },
            Instruction::AddToVendor.said([said]),
        );
        return None;
    };
    let detail = Reason::InVendor.said([said, ("vendor", (&vendor.name).into())]);
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
    let said = || [("vendor", name.into())];
    let enable = ChangeKind::EnableVendor { vendor: *id };
    let reason = match status {
        VendorStatus::Enabled => {
            let detail = Reason::VendorEnabled.said(said());
            return chain.holds(Check::VendorEnabled, detail, Some(*status_event));
        }
        VendorStatus::Pending => Reason::VendorPending,
        VendorStatus::Disabled => Reason::VendorDisabled,
        VendorStatus::Closed => {
            chain.fails(
                Check::VendorEnabled,
                Reason::VendorClosed.said(said()),
                Some(*status_event),
                ChangeKind::ReattachVendor { vendor: *id },
                Instruction::ReattachVendor.said(said()),
            );
            return chain.then(enable, Instruction::EnableVendor.said(said()));
        }
    };
    chain.fails(
        Check::VendorEnabled,
        reason.said(said()),
        Some(*status_event),
        enable,
        Instruction::EnableVendor.said(said()),
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
    let vendor = ("vendor", name.into());
    let latest = ("latest", at.into());
    let set_start = ChangeKind::SetStart {
        vendor: *id,
        latest: at,
    };
    let Some(start) = *start else {
        chain.fails(
            Check::Started,
            Reason::NoStart.said([vendor.clone()]),
            event,
            set_start,
            Instruction::SetStart.said([vendor, latest]),
        );
        return;
    };
    let when = ("start", start.into());
    if start <= at {
        let detail = Reason::Started.said([vendor, when]);
        chain.holds(Check::Started, detail, event);
        return;
    }
    let detail = Reason::StartsLater.said([vendor.clone(), when.clone()]);
    // Waiting helps only if the vendor does not end before it starts.
    if end.is_none_or(|end| start < end) {
        let explanation = Instruction::WaitUntil.said([vendor, when, latest]);
        chain.fails(Check::Started, detail, event, set_start, explanation);
        chain.or_wait(start);
    } else {
        let explanation = Instruction::MoveStart.said([vendor, latest]);
        chain.fails(Check::Started, detail, event, set_start, explanation);
    }
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
    let vendor = ("vendor", name.into());
    match *end {
        None => chain.holds(Check::NotEnded, Reason::NoEnd.said([vendor]), event),
        Some(end) if at < end => {
            let detail = Reason::EndsLater.said([vendor, ("end", end.into())]);
            chain.holds(Check::NotEnded, detail, event);
        }
        Some(end) => {
            let detail = Reason::Ended.said([vendor.clone(), ("end", end.into())]);
            chain.fails(
                Check::NotEnded,
                detail,
                event,
                ChangeKind::ExtendEnd {
                    vendor: *id,
                    beyond: at,
                },
                Instruction::ExtendEnd.said([vendor, ("beyond", at.into())]),
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
    let vendor = ("vendor", name.into());
    let Some(access_group) = access_group else {
        chain.fails(
            Check::AccessGroupSet,
            Reason::NoAccessGroup.said([vendor.clone()]),
            event,
            ChangeKind::SetAccessGroup { vendor: *id },
            Instruction::TieVendor.said([vendor]),
        );
        return;
    };
    let tied = ("access_group", (&access_group.name).into());
    let detail = Reason::VendorTied.said([vendor, tied]);
    chain.holds(Check::AccessGroupSet, detail, event);
    chain.access_group_enabled(access_group);
}
