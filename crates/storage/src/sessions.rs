//! Who is signed in to the console, and who tried in vain.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::AdministratorId;
use vestibule_oauth::Digest;

use crate::administrators::{self, Administrator};
use crate::columns::{instant, micros};
use crate::error::Error;
use crate::schema::{sessions, sign_in_failures};
use crate::store::{Read, Write};

/// A session of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub administrator: AdministratorId,
    pub created: DateTime<Utc>,
    /// When it was last used, to the minute or so.
    pub last_seen: DateTime<Utc>,
    /// When its owner last proved once more who they are.
    pub proved: Option<DateTime<Utc>>,
}

/// Failed sign-ins under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    pub count: i64,
    /// When the first of them happened.
    pub since: DateTime<Utc>,
}

pub fn insert(write: &mut Write<'_>, session: &Session, digest: &Digest) -> Result<(), Error> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::digest.eq(digest.as_bytes().as_slice()),
            sessions::administrator_id.eq(session.administrator.to_string()),
            sessions::created.eq(micros(session.created)),
            sessions::last_seen.eq(micros(session.last_seen)),
            sessions::proved.eq(session.proved.map(micros)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The session with this digest and its owner, whatever their state.
pub fn find(
    read: &mut Read<'_>,
    digest: &Digest,
) -> Result<Option<(Session, Administrator)>, Error> {
    let found: Option<(i64, i64, Option<i64>, administrators::Row)> = sessions::table
        .inner_join(crate::schema::administrators::table)
        .filter(sessions::digest.eq(digest.as_bytes().as_slice()))
        .select((
            sessions::created,
            sessions::last_seen,
            sessions::proved,
            administrators::COLUMNS,
        ))
        .first(read.connection)
        .optional()?;
    found
        .map(|(created, last_seen, proved, row)| {
            let owner = administrators::administrator(row)?;
            let session = Session {
                administrator: owner.id,
                created: instant(created)?,
                last_seen: instant(last_seen)?,
                proved: proved.map(instant).transpose()?,
            };
            Ok((session, owner))
        })
        .transpose()
}

/// Notes that a session was used.
pub fn touch(write: &mut Write<'_>, digest: &Digest, at: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(sessions::table.filter(sessions::digest.eq(digest.as_bytes().as_slice())))
        .set(sessions::last_seen.eq(micros(at)))
        .execute(write.connection)?;
    Ok(())
}

/// Notes that the owner of a session has just proved who they are.
pub fn prove(write: &mut Write<'_>, digest: &Digest, at: DateTime<Utc>) -> Result<(), Error> {
    diesel::update(sessions::table.filter(sessions::digest.eq(digest.as_bytes().as_slice())))
        .set(sessions::proved.eq(micros(at)))
        .execute(write.connection)?;
    Ok(())
}

/// Ends one session.
pub fn delete(write: &mut Write<'_>, digest: &Digest) -> Result<bool, Error> {
    let deleted =
        diesel::delete(sessions::table.filter(sessions::digest.eq(digest.as_bytes().as_slice())))
            .execute(write.connection)?;
    Ok(deleted > 0)
}

/// Ends every session of an administrator.
pub fn delete_of(write: &mut Write<'_>, administrator: AdministratorId) -> Result<usize, Error> {
    Ok(diesel::delete(
        sessions::table.filter(sessions::administrator_id.eq(administrator.to_string())),
    )
    .execute(write.connection)?)
}

/// Removes sessions begun before one instant or last used before the other.
pub fn purge(
    write: &mut Write<'_>,
    begun: DateTime<Utc>,
    seen: DateTime<Utc>,
) -> Result<usize, Error> {
    Ok(diesel::delete(
        sessions::table.filter(
            sessions::created
                .le(micros(begun))
                .or(sessions::last_seen.le(micros(seen))),
        ),
    )
    .execute(write.connection)?)
}

/// Until this transaction ends whoever else counts failures under that key, on whatever node, waits: what
/// [`failures`] then tells holds.
pub fn lock_failures(write: &mut Write<'_>, key: &Digest) -> Result<(), Error> {
    let mut folded = [0; 8];
    for (place, byte) in key.as_bytes().iter().enumerate() {
        if let Some(into) = folded.get_mut(place % 8) {
            *into ^= byte;
        }
    }
    Ok(write.connection.take_turns(i64::from_be_bytes(folded))?)
}

pub fn failures(read: &mut Read<'_>, key: &Digest) -> Result<Option<Failures>, Error> {
    let found: Option<(i64, i64)> = sign_in_failures::table
        .filter(sign_in_failures::key.eq(key.as_bytes().as_slice()))
        .select((sign_in_failures::failures, sign_in_failures::since))
        .first(read.connection)
        .optional()?;
    found
        .map(|(count, since)| {
            Ok(Failures {
                count,
                since: instant(since)?,
            })
        })
        .transpose()
}

/// Puts these failures in the place of those there were.
pub fn set_failures(write: &mut Write<'_>, key: &Digest, failures: Failures) -> Result<(), Error> {
    forgive(write, key)?;
    diesel::insert_into(sign_in_failures::table)
        .values((
            sign_in_failures::key.eq(key.as_bytes().as_slice()),
            sign_in_failures::failures.eq(failures.count),
            sign_in_failures::since.eq(micros(failures.since)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Forgets the failures under a key.
pub fn forgive(write: &mut Write<'_>, key: &Digest) -> Result<(), Error> {
    diesel::delete(
        sign_in_failures::table.filter(sign_in_failures::key.eq(key.as_bytes().as_slice())),
    )
    .execute(write.connection)?;
    Ok(())
}

/// Forgets failures that began before an instant.
pub fn purge_failures(write: &mut Write<'_>, before: DateTime<Utc>) -> Result<usize, Error> {
    Ok(
        diesel::delete(sign_in_failures::table.filter(sign_in_failures::since.le(micros(before))))
            .execute(write.connection)?,
    )
}
