//! Presses of the panic button: after one, a link comes only from an administrator's hand.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{GroupId, PanicId, ProviderId, UserId, VendorId};

use crate::columns::{instant, micros};
use crate::error::Error;
use crate::schema::{panic_people, panics};
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
        Sql::of("INSERT INTO panic_people SELECT provider_id, user_name_key, id, ")
            .integer(micros(at))
            .sql(" FROM users WHERE ")
            .then(&these)
            .sql(
                " ON CONFLICT (provider_id, user_name_key) \
                 DO UPDATE SET user_id = excluded.user_id, at = excluded.at",
            )
            .select::<()>(Shape::Few)
            .execute(write.connection)?;
    }
    Ok(())
}

/// The latest press that concerned somebody, known by their id or, when they were deleted and pushed
/// again, by their folded name.
pub fn held(
    read: &mut Read<'_>,
    provider: ProviderId,
    user_name_key: &str,
    user: UserId,
) -> Result<Option<DateTime<Utc>>, Error> {
    let by_name = panic_people::provider_id
        .eq(provider.to_string())
        .and(panic_people::user_name_key.eq(user_name_key));
    let latest: Option<i64> = panic_people::table
        .filter(by_name.or(panic_people::user_id.eq(user.to_string())))
        .select(diesel::dsl::max(panic_people::at))
        .first(read.connection)?;
    latest.map(instant).transpose()
}
