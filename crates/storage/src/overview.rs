//! Figures over everything, each from an index or a small table.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{ProviderId, UserId, VendorId};

use crate::columns::{instant, micros, parsed};
use crate::error::Error;
use crate::schema::{placements, users, vendors};
use crate::store::Read;

/// People of one provider in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeopleCount {
    pub provider: ProviderId,
    pub active: bool,
    pub people: i64,
}

pub fn people(read: &mut Read<'_>) -> Result<Vec<PeopleCount>, Error> {
    let rows: Vec<(String, bool, i64)> = users::table
        .group_by((users::provider_id, users::active))
        .select((users::provider_id, users::active, count_star()))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(provider, active, people)| {
            Ok(PeopleCount {
                provider: parsed(&provider)?,
                active,
                people,
            })
        })
        .collect()
}

/// How many people are placed in each vendor that has any.
pub fn placed(read: &mut Read<'_>) -> Result<Vec<(VendorId, i64)>, Error> {
    let rows: Vec<(String, i64)> = placements::table
        .group_by(placements::vendor_id)
        .select((placements::vendor_id, count_star()))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(vendor, people)| Ok((parsed(&vendor)?, people)))
        .collect()
}

/// How many vendors there are in each status that any is in.
pub fn vendors(read: &mut Read<'_>) -> Result<Vec<(VendorStatus, i64)>, Error> {
    let rows: Vec<(String, i64)> = vendors::table
        .group_by(vendors::status)
        .select((vendors::status, count_star()))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(status, count)| Ok((parsed(&status)?, count)))
        .collect()
}

/// A start or an end of an enabled vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub vendor: VendorId,
    pub name: String,
    pub at: DateTime<Utc>,
    pub ends: bool,
}

/// Starts and ends of enabled vendors from one instant to before another, soonest first.
pub fn turns(
    read: &mut Read<'_>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Turn>, Error> {
    let enabled = vendors::status.eq(VendorStatus::Enabled.name());
    let starts: Vec<(String, String, Option<i64>)> = vendors::table
        .filter(enabled)
        .filter(vendors::start_at.ge(micros(from)))
        .filter(vendors::start_at.lt(micros(to)))
        .order((vendors::start_at, vendors::id))
        .limit(limit)
        .select((vendors::id, vendors::name, vendors::start_at))
        .load(read.connection)?;
    let ends: Vec<(String, String, Option<i64>)> = vendors::table
        .filter(enabled)
        .filter(vendors::end_at.ge(micros(from)))
        .filter(vendors::end_at.lt(micros(to)))
        .order((vendors::end_at, vendors::id))
        .limit(limit)
        .select((vendors::id, vendors::name, vendors::end_at))
        .load(read.connection)?;
    let turn = |ends: bool| {
        move |(vendor, name, at): (String, String, Option<i64>)| -> Result<Turn, Error> {
            Ok(Turn {
                vendor: parsed(&vendor)?,
                name,
                at: instant(at.unwrap_or_default())?,
                ends,
            })
        }
    };
    let mut turns: Vec<Turn> = starts
        .into_iter()
        .map(turn(false))
        .chain(ends.into_iter().map(turn(true)))
        .collect::<Result<_, Error>>()?;
    turns.sort_by_key(|turn| (turn.at, turn.vendor));
    Ok(turns)
}

/// Where a search leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFound {
    pub id: UserId,
    pub user_name: String,
    pub email: Option<String>,
    pub active: bool,
}

type Row = (String, String, Option<String>, bool);

/// People of any provider whose folded user name or e-mail begins with that, by name.
pub fn people_like(
    read: &mut Read<'_>,
    folded: &str,
    limit: i64,
) -> Result<Vec<PersonFound>, Error> {
    // Folded texts are compared byte by byte, so what begins with a text lies between it and the same
    // with the greatest character behind it.
    let end = format!("{folded}\u{10ffff}");
    let columns = (users::id, users::user_name, users::email, users::active);
    let by_name: Vec<Row> = users::table
        .filter(users::user_name_key.ge(folded))
        .filter(users::user_name_key.lt(&end))
        .order((users::user_name_key, users::id))
        .limit(limit)
        .select(columns)
        .load(read.connection)?;
    let by_email: Vec<Row> = users::table
        .filter(users::email_key.is_not_null())
        .filter(users::email_key.ge(folded))
        .filter(users::email_key.lt(&end))
        .order((users::email_key, users::id))
        .limit(limit)
        .select(columns)
        .load(read.connection)?;
    let mut found: Vec<PersonFound> = Vec::new();
    for (id, user_name, email, active) in by_name.into_iter().chain(by_email) {
        let id = parsed(&id)?;
        if !found.iter().any(|one| one.id == id) {
            found.push(PersonFound {
                id,
                user_name,
                email,
                active,
            });
        }
    }
    Ok(found)
}
