//! Presses of the panic button: after one, a link comes only from an administrator's hand.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{GroupId, PanicId, VendorId};

use crate::columns::{instant, micros};
use crate::error::Error;
use crate::schema::panics;
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
