//! Where each third-party person is placed.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::placement::{Candidate, Placement, Rule};
use vestibule_domain::{EventId, UserId, VendorId};

use crate::columns::{from_json, instant, micros, parsed, to_json};
use crate::engine::insert_all;
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::schema::{placement_moves, placements, users, vendor_totals};
use crate::store::{Read, Write};

/// A placement and the event that caused it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub placement: Placement,
    pub event: EventId,
}

type Row = (String, String, String, String, String, String);

fn stored((user, vendor, group, rule, candidates, event): Row) -> Result<(UserId, Stored), Error> {
    let placement = Placement {
        vendor: parsed(&vendor)?,
        group: parsed(&group)?,
        rule: parsed(&rule)?,
        candidates: from_json(&candidates)?,
    };
    Ok((
        parsed(&user)?,
        Stored {
            placement,
            event: parsed(&event)?,
        },
    ))
}

/// The placements of some people; who is missing is not placed.
pub fn find(read: &mut Read<'_>, people: &[UserId]) -> Result<HashMap<UserId, Stored>, Error> {
    let mut found = HashMap::with_capacity(people.len());
    for chunk in people.chunks(1_000) {
        let rows: Vec<Row> = placements::table
            .filter(read.one_of("placements.user_id", chunk))
            .select((
                placements::user_id,
                placements::vendor_id,
                placements::group_id,
                placements::rule,
                placements::candidates,
                placements::event_id,
            ))
            .load(read.connection)?;
        for row in rows {
            let (user, placement) = stored(row)?;
            found.insert(user, placement);
        }
    }
    Ok(found)
}

sorts! {
    /// How the people of a vendor can be sorted.
    PlacedSort by "placements.user_id" {
        Created = "created" => "placements.user_id",
    }
}

/// A person placed in a vendor, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub id: UserId,
    pub user_name: String,
    pub rule: Rule,
    /// How many vendors' groups the person was in when the rule chose.
    pub candidates: usize,
    pub placed: DateTime<Utc>,
    /// The event that placed them.
    pub event: EventId,
}

type PlacedRow = (String, String, String, String, i64, String);

/// The people placed in a vendor.
pub fn people_of(
    read: &mut Read<'_>,
    vendor: VendorId,
    page: &Page<PlacedSort>,
) -> Result<Vec<Placed>, Error> {
    let query = placements::table
        .inner_join(users::table)
        .filter(placements::vendor_id.eq(vendor.to_string()))
        .into_boxed();
    let rows: Vec<PlacedRow> = page
        .of(query)
        .select((
            placements::user_id,
            users::user_name,
            placements::rule,
            placements::candidates,
            placements::placed,
            placements::event_id,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(id, user_name, rule, candidates, placed, event)| {
            let candidates: Vec<Candidate> = from_json(&candidates)?;
            Ok(Placed {
                id: parsed(&id)?,
                user_name,
                rule: parsed(&rule)?,
                candidates: candidates.len(),
                placed: instant(placed)?,
                event: parsed(&event)?,
            })
        })
        .collect()
}

/// How many people are placed in a vendor.
pub fn count(read: &mut Read<'_>, vendor: VendorId) -> Result<i64, Error> {
    let shards: Vec<i64> = vendor_totals::table
        .filter(vendor_totals::vendor_id.eq(vendor.to_string()))
        .select(vendor_totals::people)
        .load(read.connection)?;
    Ok(shards.iter().sum())
}

/// Puts people where they belong now; `None` places them nowhere.
pub fn set(
    write: &mut Write<'_>,
    changes: &[(UserId, Option<Placement>)],
    at: DateTime<Utc>,
    event: EventId,
) -> Result<(), Error> {
    for chunk in changes.chunks(500) {
        let users = write.one_of("placements.user_id", chunk.iter().map(|(user, _)| user));
        diesel::delete(placements::table.filter(users)).execute(write.connection)?;
        let rows: Vec<_> = chunk
            .iter()
            .filter_map(|(user, placement)| placement.as_ref().map(|placement| (user, placement)))
            .map(|(user, placement)| {
                (
                    placements::user_id.eq(user.to_string()),
                    placements::vendor_id.eq(placement.vendor.to_string()),
                    placements::group_id.eq(placement.group.to_string()),
                    placements::rule.eq(placement.rule.name()),
                    placements::candidates.eq(to_json(&placement.candidates)),
                    placements::placed.eq(micros(at)),
                    placements::event_id.eq(event.to_string()),
                )
            })
            .collect();
        if !rows.is_empty() {
            insert_all!(&mut *write.connection, placements::table, rows)?;
        }
        let nowhere: Vec<&UserId> = chunk
            .iter()
            .filter(|(_, placement)| placement.is_none())
            .map(|(user, _)| user)
            .collect();
        if !nowhere.is_empty() {
            diesel::update(users::table.filter(write.one_of("users.id", nowhere)))
                .set(users::left_event.eq(event.to_string()))
                .execute(write.connection)?;
        }
    }
    Ok(())
}

/// How often somebody was taken from a vendor since an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    pub user: UserId,
    pub since: DateTime<Utc>,
    pub moves: i64,
}

/// What was counted of some people; who is missing never left a vendor.
pub fn moves(read: &mut Read<'_>, people: &[UserId]) -> Result<HashMap<UserId, Moves>, Error> {
    let rows: Vec<(String, i64, i64)> = placement_moves::table
        .filter(read.one_of("placement_moves.user_id", people))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(user, since, moves)| {
            let (user, since) = (parsed(&user)?, instant(since)?);
            Ok((user, Moves { user, since, moves }))
        })
        .collect()
}

/// Puts counts in the place of those that were there.
pub fn count_moves(write: &mut Write<'_>, counts: &[Moves]) -> Result<(), Error> {
    for chunk in counts.chunks(500) {
        let people = chunk.iter().map(|count| count.user);
        let counted = write.one_of("placement_moves.user_id", people);
        diesel::delete(placement_moves::table.filter(counted)).execute(write.connection)?;
        let rows: Vec<_> = chunk
            .iter()
            .map(|count| {
                (
                    placement_moves::user_id.eq(count.user.to_string()),
                    placement_moves::since.eq(micros(count.since)),
                    placement_moves::moves.eq(count.moves),
                )
            })
            .collect();
        insert_all!(&mut *write.connection, placement_moves::table, rows)?;
    }
    Ok(())
}
