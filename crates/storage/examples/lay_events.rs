//! Lays the history of a long life into a database, for measurements of what it costs: events as the
//! server itself would have recorded and sealed them, in large transactions.
//!
//! ```text
//! cargo run --release --workspace --example lay_events -- sqlite:large.db 10000000
//! ```
//!
//! `.ci/long growth` uses it.

#![expect(clippy::print_stdout, reason = "it reports to whoever started it")]

use std::error::Error;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::{Builder, Uuid};
use vestibule_domain::event::{Action, Actor, Event, Payload};
use vestibule_domain::{EventId, ProviderId, UserId};
use vestibule_storage::events::Recorded;
use vestibule_storage::{DatabaseUrl, Options, Store};

/// Events in one transaction.
const STEP: u64 = 20_000;
/// How many people they are about.
const PEOPLE: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(count)) = (arguments.next(), arguments.next()) else {
        return Err("usage: lay_events DATABASE COUNT".into());
    };
    let count: u64 = count.parse()?;
    let store = Store::open(&DatabaseUrl::parse(&url)?, Options::default())?;
    let begun = Instant::now();
    for first in (0..count).step_by(usize::try_from(STEP)?) {
        store.write("events.lay", move |tx| {
            for number in first..count.min(first + STEP) {
                tx.append(recorded(number));
            }
            Ok::<_, vestibule_storage::Error>(())
        })?;
    }
    println!(
        "{count} events laid in {:.0} s",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// A change of somebody's title, three a second since 2020.
fn recorded(number: u64) -> Recorded {
    let millis = number * 333;
    let at = DateTime::<Utc>::UNIX_EPOCH
        + TimeDelta::days(18_262)
        + TimeDelta::milliseconds(millis.try_into().unwrap_or(i64::MAX));
    let provider = ProviderId::from_uuid(identity(DateTime::UNIX_EPOCH, u64::MAX));
    let user = UserId::from_uuid(identity(DateTime::UNIX_EPOCH, scattered(number) % PEOPLE));
    let mut salt = [0; 32];
    for (place, byte) in salt.iter_mut().zip(scattered(number).to_be_bytes()) {
        *place = byte;
    }
    let event = Event {
        id: EventId::from_uuid(identity(at, number)),
        at,
        actor: Actor::Provider {
            id: provider,
            address: Some([192, 0, 2, 1].into()),
        },
        action: Action::UserChanged,
        subject: user.into(),
        provider: Some(provider),
        cause: None,
        request_id: Some(format!("{:016x}", scattered(number))),
        payload: Payload {
            before: Some(json!({"title": format!("Technician {number}")})),
            after: Some(json!({"title": format!("Technician {}", number + 1)})),
            why: None,
        },
    };
    Recorded { event, salt }
}

/// An id of that instant (RFC 9562, section 5.7), the same for the same number.
fn identity(at: DateTime<Utc>, number: u64) -> Uuid {
    let mut tail = [0; 10];
    for (place, byte) in tail.iter_mut().skip(2).zip(scattered(number).to_be_bytes()) {
        *place = byte;
    }
    let millis = at.timestamp_millis().try_into().unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

/// Numbers all over the place, each once (the mixing of `SplitMix64`).
fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
