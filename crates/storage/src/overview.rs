//! Figures over everything, each from an index or a small table.

use chrono::{DateTime, Utc};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::VendorStatus;
use vestibule_domain::{ProviderId, VendorId};

use crate::columns::{instant, micros, parsed};
use crate::error::Error;
use crate::schema::{providers, totals, vendors};
use crate::sql::{Shape, Sql};
use crate::store::Read;

/// Of `totals`, people who are not active.
const INACTIVE: &str = "User/inactive";

/// People of all providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeopleCount {
    pub active: i64,
    pub inactive: i64,
    /// Active people of internal providers.
    pub internal: i64,
}

/// How many people there are; the database keeps count.
pub fn people(read: &mut Read<'_>) -> Result<PeopleCount, Error> {
    let rows: Vec<(String, String, i64)> = totals::table
        .inner_join(providers::table.on(providers::id.eq(totals::provider_id)))
        .filter(totals::resource_type.eq_any(["User", INACTIVE]))
        .select((providers::user_type, totals::resource_type, totals::total))
        .load(read.connection)?;
    let mut count = PeopleCount::default();
    for (user_type, kind, total) in rows {
        let active = if kind == INACTIVE { -total } else { total };
        count.active += active;
        if kind == INACTIVE {
            count.inactive += total;
        }
        if user_type == UserType::Internal.name() {
            count.internal += active;
        }
    }
    Ok(count)
}

/// How many people may get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub third_party: i64,
    pub internal: i64,
}

/// Who is blocked at an instant, which is bound twice.
fn blocked(at: DateTime<Utc>) -> Sql {
    Sql::of(
        "users.id NOT IN (SELECT meant.id FROM blocks JOIN users meant \
         ON meant.provider_id = blocks.provider_id AND meant.user_name_key = blocks.user_name_key \
         WHERE blocks.lifted_event IS NULL AND (blocks.until IS NULL OR blocks.until > ",
    )
    .integer(micros(at))
    .sql(
        ") UNION SELECT meant.id FROM blocks JOIN users meant ON meant.email_key = blocks.email_key \
         AND (blocks.follows IS NULL OR blocks.provider_id = meant.provider_id) WHERE blocks.lifted_event IS NULL AND (blocks.until IS NULL OR blocks.until > ",
    )
    .integer(micros(at))
    .sql("))")
}

/// How many people `decide` lets in at an instant, over the same facts; `open_by_default`: the
/// providers whose default access group is enabled. Looks at every active person, so it costs some
/// hundred milliseconds where there are a hundred thousand.
pub fn admitted(
    read: &mut Read<'_>,
    at: DateTime<Utc>,
    open_by_default: &[ProviderId],
) -> Result<Admitted, Error> {
    let third_party = Sql::of(
        "SELECT count(*) FROM placements JOIN vendors ON vendors.id = placements.vendor_id \
         JOIN access_groups ON access_groups.id = vendors.access_group_id \
         JOIN users ON users.id = placements.user_id \
         WHERE users.active AND vendors.status = 'enabled' AND access_groups.enabled AND vendors.start_at <= ",
    )
    .integer(micros(at))
    .sql(" AND (vendors.end_at IS NULL OR vendors.end_at > ")
    .integer(micros(at))
    .sql(") AND ")
    .then(&blocked(at));
    // A way in may lead through groups that are open to nobody by themselves.
    let internal = Sql::of(
        "WITH RECURSIVE inside (group_id) AS (\
         SELECT groups.id FROM groups JOIN access_groups ON access_groups.id = groups.access_group_id \
         WHERE groups.enabled AND access_groups.enabled \
         UNION SELECT nested.member_id FROM memberships nested JOIN inside ON nested.group_id = inside.group_id \
         WHERE nested.member_is_group) \
         SELECT count(*) FROM users JOIN providers ON providers.id = users.provider_id \
         WHERE users.active AND providers.user_type = 'internal' AND (users.id IN (\
         SELECT memberships.member_id FROM memberships JOIN inside ON memberships.group_id = inside.group_id \
         WHERE NOT memberships.member_is_group) OR ",
    )
    .then(&Sql::one_of(
        read.connection.engine(),
        "users.provider_id",
        open_by_default,
    ))
    .sql(") AND ")
    .then(&blocked(at));
    let mut count = |sql: Sql| -> Result<i64, Error> {
        let rows: Vec<(i64,)> = sql.select::<(BigInt,)>(Shape::Few).load(read.connection)?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    };
    Ok(Admitted {
        third_party: count(third_party)?,
        internal: count(internal)?,
    })
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
