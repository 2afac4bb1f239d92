//! Why somebody cannot get in, and what would let them.
//!
//! ```text
//! cargo run -p vestibule-domain --example decide
//! ```

use std::error::Error;
use std::io::Write as _;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::access::{
    AccessGroupFacts, Affiliation, Facts, PersonFacts, PlacementFacts, VendorFacts, decide,
};
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{AccessGroupId, EventId, UserId, VendorId};

fn main() -> Result<(), Box<dyn Error>> {
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse()?;
    let end: DateTime<Utc> = "2026-07-01T00:00:00Z".parse()?;
    let facts = technician_of(VendorFacts {
        id: VendorId::from_uuid(Uuid::from_u128(1)),
        name: "Turbine Service".to_owned(),
        status: VendorStatus::Enabled,
        status_event: event(1),
        start: Some(start),
        end: Some(end),
        dates_event: event(2),
        access_group: Some(AccessGroupFacts {
            id: AccessGroupId::from_uuid(Uuid::from_u128(1)),
            name: "Turbines".to_owned(),
            enabled: true,
            event: event(3),
            approvals: 0,
        }),
        access_group_event: event(4),
    });

    // The same facts, asked about at two instants: in the middle of the contract and behind its end.
    let mut out = std::io::stdout();
    for at in [start + (end - start) / 2, end] {
        let decision = decide(&facts, at);
        writeln!(out, "{at}: {}", decision.verdict)?;
        for step in &decision.chain {
            let mark = if step.holds { "+" } else { "-" };
            writeln!(out, "  {mark} {}", step.detail)?;
        }
        for change in &decision.flip {
            writeln!(out, "  > {}", change.explanation)?;
        }
    }
    Ok(())
}

fn technician_of(vendor: VendorFacts) -> Facts {
    Facts {
        person: PersonFacts {
            id: UserId::from_uuid(Uuid::from_u128(1)),
            user_name: "ada".to_owned(),
            user_type: UserType::ThirdParty,
            active: true,
            active_event: event(5),
            address_taken: false,
            unblocked_event: None,
            left_event: None,
        },
        blocks: Vec::new(),
        affiliation: Affiliation::ThirdParty {
            placement: Some(PlacementFacts {
                vendor,
                event: event(6),
            }),
        },
    }
}

/// Each fact names the event that made it true.
fn event(number: u128) -> EventId {
    EventId::from_uuid(Uuid::from_u128(number))
}
