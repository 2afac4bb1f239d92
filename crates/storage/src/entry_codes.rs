//! Codes with which somebody enters once. A code is spent by whoever tries it first, right or wrong.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{EntryCodeId, LinkId};

use crate::columns::{micros, parsed};
use crate::error::Error;
use crate::schema::entry_codes;
use crate::store::{Read, Write};

/// A code, made or still to be made.
#[derive(Debug, Clone)]
pub struct EntryCode {
    pub id: EntryCodeId,
    pub link: LinkId,
    /// In PHC form; none until it is made.
    pub hash: Option<String>,
    pub created: DateTime<Utc>,
    /// First instant at which it no longer works.
    pub expires: DateTime<Utc>,
}

/// Keeps a new code; every earlier one of the link is spent by it.
pub fn insert(write: &mut Write<'_>, code: &EntryCode) -> Result<(), Error> {
    diesel::update(
        entry_codes::table
            .filter(entry_codes::link_id.eq(code.link.to_string()))
            .filter(entry_codes::spent.is_null()),
    )
    .set(entry_codes::spent.eq(micros(code.created)))
    .execute(write.connection)?;
    diesel::insert_into(entry_codes::table)
        .values((
            entry_codes::id.eq(code.id.to_string()),
            entry_codes::link_id.eq(code.link.to_string()),
            entry_codes::hash.eq(code.hash.as_deref()),
            entry_codes::created.eq(micros(code.created)),
            entry_codes::expires.eq(micros(code.expires)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Gives a code that was asked for its digits, unless another has taken its place.
pub fn make(
    write: &mut Write<'_>,
    id: EntryCodeId,
    hash: &str,
    expires: DateTime<Utc>,
) -> Result<bool, Error> {
    let made = diesel::update(
        entry_codes::table
            .filter(entry_codes::id.eq(id.to_string()))
            .filter(entry_codes::spent.is_null()),
    )
    .set((
        entry_codes::hash.eq(hash),
        entry_codes::expires.eq(micros(expires)),
    ))
    .execute(write.connection)?;
    Ok(made > 0)
}

/// How many codes of a link came into being after an instant.
pub fn count_since(read: &mut Read<'_>, link: LinkId, since: DateTime<Utc>) -> Result<i64, Error> {
    Ok(entry_codes::table
        .filter(entry_codes::link_id.eq(link.to_string()))
        .filter(entry_codes::created.gt(micros(since)))
        .count()
        .get_result(read.connection)?)
}

/// Spends the code of a link that works now, and answers it. Whoever else tries finds none.
pub fn take(
    write: &mut Write<'_>,
    link: LinkId,
    now: DateTime<Utc>,
) -> Result<Option<(EntryCodeId, String)>, Error> {
    let now = micros(now);
    let taken: Vec<(String, Option<String>)> = diesel::update(
        entry_codes::table
            .filter(entry_codes::link_id.eq(link.to_string()))
            .filter(entry_codes::spent.is_null())
            .filter(entry_codes::hash.is_not_null())
            // A clock that was set back must not let a code work for longer.
            .filter(entry_codes::created.le(now))
            .filter(entry_codes::expires.gt(now)),
    )
    .set(entry_codes::spent.eq(now))
    .returning((entry_codes::id, entry_codes::hash))
    .get_results(write.connection)?;
    match taken.into_iter().next() {
        Some((id, Some(hash))) => Ok(Some((parsed(&id)?, hash))),
        _ => Ok(None),
    }
}

/// Removes codes that came into being before an instant, at most `limit`. Answers how many.
pub fn purge(write: &mut Write<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let old: Vec<String> = entry_codes::table
        .filter(entry_codes::created.lt(micros(before)))
        .select(entry_codes::id)
        .limit(limit)
        .load(write.connection)?;
    Ok(
        diesel::delete(entry_codes::table.filter(write.one_of("entry_codes.id", old)))
            .execute(write.connection)?,
    )
}
