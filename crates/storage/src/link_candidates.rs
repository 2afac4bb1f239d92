//! People who may have to be given a link without anybody asking: looked at one by one, later, so
//! that no provisioning waits for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{AccessGroupId, EventId, UserId, VendorId};

use crate::columns::{micros, optional, parsed};
use crate::engine::insert_new;
use crate::error::Error;
use crate::schema::{link_candidates, placements, vendors};
use crate::store::{Read, Write};

/// Key of the lease of the node that looks at candidates, on PostgreSQL.
const LOOKER: i64 = 7_236_830_013;

/// Somebody to look at, and the event because of which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub user: UserId,
    pub cause: Option<EventId>,
}

/// Adds people, unless they are waiting already.
pub fn add(
    write: &mut Write<'_>,
    people: &[UserId],
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    for chunk in people.chunks(1_000) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|user| {
                (
                    link_candidates::user_id.eq(user.to_string()),
                    link_candidates::queued.eq(micros(at)),
                    link_candidates::event_id.eq(cause.to_string()),
                )
            })
            .collect();
        insert_new!(&mut *write.connection, link_candidates::table, rows)?;
    }
    Ok(())
}

/// Adds everybody placed in a vendor.
pub fn add_vendor(
    write: &mut Write<'_>,
    vendor: VendorId,
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let people: Vec<String> = placements::table
        .filter(placements::vendor_id.eq(vendor.to_string()))
        .select(placements::user_id)
        .load(write.connection)?;
    add_all(write, &people, cause, at)
}

/// Adds everybody placed in the vendors tied to an access group.
pub fn add_tied(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let tied = vendors::table
        .filter(vendors::access_group_id.eq(access_group.to_string()))
        .select(vendors::id);
    let people: Vec<String> = placements::table
        .filter(placements::vendor_id.eq_any(tied))
        .select(placements::user_id)
        .load(write.connection)?;
    add_all(write, &people, cause, at)
}

fn add_all(
    write: &mut Write<'_>,
    people: &[String],
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let people: Vec<UserId> = people
        .iter()
        .map(|id| parsed(id))
        .collect::<Result<_, Error>>()?;
    add(write, &people, cause, at)
}

/// How many people wait to be looked at.
pub fn waiting(read: &mut Read<'_>) -> Result<i64, Error> {
    Ok(link_candidates::table.count().get_result(read.connection)?)
}

/// Takes the longest waiting out, at most `limit`; none while another node is at it.
pub fn take(write: &mut Write<'_>, limit: i64) -> Result<Vec<Candidate>, Error> {
    if !write.connection.try_lease(LOOKER)? {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, Option<String>)> = link_candidates::table
        .order((link_candidates::queued, link_candidates::user_id))
        .limit(limit)
        .select((link_candidates::user_id, link_candidates::event_id))
        .load(write.connection)?;
    let taken = write.one_of("link_candidates.user_id", rows.iter().map(|(user, _)| user));
    diesel::delete(link_candidates::table.filter(taken)).execute(write.connection)?;
    rows.iter()
        .map(|(user, cause)| {
            Ok(Candidate {
                user: parsed(user)?,
                cause: optional(cause.as_deref())?,
            })
        })
        .collect()
}
