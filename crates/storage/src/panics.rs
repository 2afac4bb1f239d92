//! Presses of the panic button: after one, a link comes only from an administrator's hand.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{GroupId, PanicId, ProviderId, UserId, VendorId};

use crate::columns::{instant, micros};
use crate::engine::Engine;
use crate::error::Error;
use crate::schema::{panic_marks, panics};
use crate::sql::{Shape, Sql};
use crate::store::{Read, Write};

/// Whose links were ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Vendor(VendorId),
    InternalGroup(GroupId),
}

pub fn insert(
    write: &mut Write<'_>,
    id: PanicId,
    target: Target,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let (vendor, group) = match target {
        Target::Vendor(vendor) => (Some(vendor.to_string()), None),
        Target::InternalGroup(group) => (None, Some(group.to_string())),
    };
    diesel::insert_into(panics::table)
        .values((
            panics::id.eq(id.to_string()),
            panics::vendor_id.eq(vendor),
            panics::group_id.eq(group),
            panics::at.eq(micros(at)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The latest press for a vendor or any of some groups.
pub fn latest(
    read: &mut Read<'_>,
    vendor: Option<VendorId>,
    groups: &[GroupId],
) -> Result<Option<DateTime<Utc>>, Error> {
    let mut latest: Option<i64> = None;
    if let Some(vendor) = vendor {
        latest = panics::table
            .filter(panics::vendor_id.eq(vendor.to_string()))
            .select(diesel::dsl::max(panics::at))
            .first(read.connection)?;
    }
    for chunk in groups.chunks(1_000) {
        let of_chunk: Option<i64> = panics::table
            .filter(read.one_of("panics.group_id", chunk))
            .select(diesel::dsl::max(panics::at))
            .first(read.connection)?;
        latest = latest.max(of_chunk);
    }
    latest.map(instant).transpose()
}

/// Somebody, by all that they can be known by again when they were renamed, or deleted and pushed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    pub user: UserId,
    pub provider: ProviderId,
    /// Folded.
    pub user_name_key: &'a str,
    /// Every address, as addresses are compared; they are known at every provider.
    pub email_keys: &'a [String],
    pub external_id: Option<&'a str>,
}

impl Known<'_> {
    fn marks(&self) -> Vec<String> {
        let Self {
            user,
            provider,
            user_name_key,
            email_keys,
            external_id,
        } = self;
        let own = [
            format!("user:{user}"),
            format!("name:{provider}/{user_name_key}"),
        ];
        let emails = email_keys.iter().map(|key| format!("email:{key}"));
        let external = external_id.map(|id| format!("external:{provider}/{id}"));
        own.into_iter().chain(emails).chain(external).collect()
    }
}

/// The marks of [`Known::marks`], as SQL over the rows of people; their further addresses stand elsewhere.
const MARKS: [&str; 5] = [
    "'user:' || id",
    "'name:' || provider_id || '/' || user_name_key",
    "'email:' || email_key",
    // Many products name people by their address.
    "CASE WHEN user_name_key LIKE '%@%' THEN 'email:' || user_name_key END",
    "'external:' || provider_id || '/' || external_id",
];

/// Notes whom a press concerns: those placed in the vendor, or `people`, who are below the group.
pub fn hold(
    write: &mut Write<'_>,
    target: Target,
    people: &[UserId],
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let engine = write.connection.engine();
    let whom = match target {
        Target::Vendor(vendor) => {
            vec![
                Sql::of("users.id IN (SELECT user_id FROM placements WHERE vendor_id = ")
                    .text(vendor.to_string())
                    .sql(")"),
            ]
        }
        Target::InternalGroup(_) => people
            .chunks(1_000)
            .map(|chunk| Sql::one_of(engine, "users.id", chunk))
            .collect(),
    };
    for these in whom {
        if engine == Engine::Postgres {
            // Whoever is changed meanwhile is held as they are known before or after it.
            Sql::of("SELECT id FROM users WHERE ")
                .then(&these)
                .sql(" ORDER BY id FOR UPDATE")
                .select::<()>(Shape::Few)
                .execute(write.connection)?;
        }
        for mark in MARKS {
            Sql::of("INSERT INTO panic_marks SELECT DISTINCT ")
                .sql(mark)
                .sql(", ")
                .integer(micros(at))
                .sql(" FROM users WHERE ")
                .sql(mark)
                .sql(" IS NOT NULL AND ")
                .then(&these)
                .sql(LATER)
                .select::<()>(Shape::Few)
                .execute(write.connection)?;
        }
        Sql::of("INSERT INTO panic_marks SELECT DISTINCT 'email:' || value_key, ")
            .integer(micros(at))
            .sql(" FROM user_emails WHERE user_id IN (SELECT users.id FROM users WHERE ")
            .then(&these)
            .sql(")")
            .sql(LATER)
            .select::<()>(Shape::Few)
            .execute(write.connection)?;
    }
    Ok(())
}

/// The latest press counts.
const LATER: &str =
    " ON CONFLICT (mark) DO UPDATE SET at = excluded.at WHERE excluded.at > panic_marks.at";

/// Holds somebody who is new by all that they are known by, if a press concerns them by any of it.
pub fn arrive(write: &mut Write<'_>, person: &Known<'_>) -> Result<(), Error> {
    match held(write, person)? {
        Some(at) => mark(write, person, at),
        None => Ok(()),
    }
}

/// Lets what holds somebody hold them also as they are known now. Whoever is known from now on by what
/// holds somebody else is held from now on, whatever was made for them before. Answers whether that is so.
pub fn follow(
    write: &mut Write<'_>,
    before: &Known<'_>,
    after: &Known<'_>,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    if before == after {
        return Ok(false);
    }
    let had = before.marks();
    let mut taken = after.marks();
    taken.retain(|mark| !had.contains(mark));
    let taken = latest_of(write, taken)?.is_some();
    let at = if taken {
        Some(now)
    } else {
        held(write, before)?
    };
    if let Some(at) = at {
        mark(write, after, at)?;
    }
    Ok(taken)
}

fn mark(write: &mut Write<'_>, person: &Known<'_>, at: DateTime<Utc>) -> Result<(), Error> {
    for mark in person.marks() {
        Sql::of("INSERT INTO panic_marks VALUES (")
            .text(mark)
            .sql(", ")
            .integer(micros(at))
            .sql(")")
            .sql(LATER)
            .select::<()>(Shape::Few)
            .execute(write.connection)?;
    }
    Ok(())
}

/// The latest press that concerned somebody.
pub fn held(read: &mut Read<'_>, person: &Known<'_>) -> Result<Option<DateTime<Utc>>, Error> {
    latest_of(read, person.marks())
}

fn latest_of(read: &mut Read<'_>, marks: Vec<String>) -> Result<Option<DateTime<Utc>>, Error> {
    let latest: Option<i64> = panic_marks::table
        .filter(read.one_of("panic_marks.mark", marks))
        .select(diesel::dsl::max(panic_marks::at))
        .first(read.connection)?;
    latest.map(instant).transpose()
}
