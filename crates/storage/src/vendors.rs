//! Vendors.

use diesel::prelude::*;
use vestibule_domain::vendor::{Vendor, VendorSettings, VendorStatus};
use vestibule_domain::{AccessGroupId, EventId, GroupId, ProviderId, VendorId};
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros, optional, optional_instant, parsed};
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::{Predicate, contains};
use crate::schema::vendors;
use crate::store::{Read, Write};

/// A vendor and the events that made its state what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub vendor: Vendor,
    pub status_event: EventId,
    pub access_group_event: Option<EventId>,
    pub dates_event: Option<EventId>,
}

/// Which vendors are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub provider: Option<ProviderId>,
    pub status: Option<VendorStatus>,
    pub access_group: Option<AccessGroupId>,
    /// The whole name, compared without case.
    pub name: Option<String>,
    /// Contained in the name, compared without case, or in the contract number or document id.
    pub search: Option<String>,
}

sorts! {
    /// How vendors can be sorted.
    VendorSort by "vendors.id" {
        Created = "created" => "vendors.id",
        Name = "name" => "vendors.name_key",
        Modified = "modified" => "vendors.modified",
        Start = "start" => "vendors.start_key",
        End = "end" => "vendors.end_key",
        Status = "status" => "vendors.status",
    }
}

/// What a vendor is sorted by.
pub fn place(sort: VendorSort, stored: &Stored) -> (Option<Key>, String) {
    let vendor = &stored.vendor;
    let key = match sort {
        VendorSort::Created => None,
        VendorSort::Name => Some(Key::Text(fold(&vendor.name))),
        VendorSort::Modified => Some(Key::Integer(micros(vendor.modified))),
        VendorSort::Start => Some(Key::Integer(vendor.settings.start.map_or(i64::MAX, micros))),
        VendorSort::Status => Some(Key::Text(vendor.settings.status.name().to_owned())),
        VendorSort::End => Some(Key::Integer(vendor.settings.end.map_or(i64::MAX, micros))),
    };
    (key, vendor.id.to_string())
}

pub(crate) type Columns = (
    vendors::id,
    vendors::provider_id,
    vendors::group_id,
    vendors::name,
    vendors::status,
    vendors::status_event,
    vendors::access_group_id,
    vendors::access_group_event,
    vendors::start_at,
    vendors::end_at,
    vendors::dates_event,
    vendors::contract_number,
    vendors::document_id,
    vendors::link_delivery,
    vendors::created,
    vendors::modified,
    vendors::version,
);
pub(crate) const COLUMNS: Columns = (
    vendors::id,
    vendors::provider_id,
    vendors::group_id,
    vendors::name,
    vendors::status,
    vendors::status_event,
    vendors::access_group_id,
    vendors::access_group_event,
    vendors::start_at,
    vendors::end_at,
    vendors::dates_event,
    vendors::contract_number,
    vendors::document_id,
    vendors::link_delivery,
    vendors::created,
    vendors::modified,
    vendors::version,
);

#[derive(Queryable)]
pub(crate) struct Row {
    id: String,
    provider: String,
    group: Option<String>,
    name: String,
    status: String,
    status_event: String,
    access_group: Option<String>,
    access_group_event: Option<String>,
    start: Option<i64>,
    end: Option<i64>,
    dates_event: Option<String>,
    contract_number: Option<String>,
    document_id: Option<String>,
    link_delivery: String,
    created: i64,
    modified: i64,
    version: i64,
}

impl TryFrom<Row> for Stored {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            vendor: Vendor {
                id: parsed(&row.id)?,
                provider: parsed(&row.provider)?,
                group: optional(row.group.as_deref())?,
                name: row.name,
                settings: VendorSettings {
                    access_group: optional(row.access_group.as_deref())?,
                    start: optional_instant(row.start)?,
                    end: optional_instant(row.end)?,
                    status: parsed(&row.status)?,
                    contract_number: row.contract_number,
                    document_id: row.document_id,
                    link_delivery: parsed(&row.link_delivery)?,
                },
                created: instant(row.created)?,
                modified: instant(row.modified)?,
                version: row.version,
            },
            status_event: parsed(&row.status_event)?,
            access_group_event: optional(row.access_group_event.as_deref())?,
            dates_event: optional(row.dates_event.as_deref())?,
        })
    }
}

pub fn find(read: &mut Read<'_>, id: VendorId) -> Result<Option<Stored>, Error> {
    vendors::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(Stored::try_from)
        .transpose()
}

/// The vendor that came with a group.
pub fn find_by_group(read: &mut Read<'_>, group: GroupId) -> Result<Option<Stored>, Error> {
    vendors::table
        .filter(vendors::group_id.eq(group.to_string()))
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(Stored::try_from)
        .transpose()
}

/// The vendors that came with some groups: group, vendor.
pub fn ids_by_groups(
    read: &mut Read<'_>,
    groups: &[GroupId],
) -> Result<Vec<(GroupId, VendorId)>, Error> {
    let mut found = Vec::new();
    for chunk in groups.chunks(1_000) {
        let rows: Vec<(Option<String>, String)> = vendors::table
            .filter(read.one_of("vendors.group_id", chunk))
            .select((vendors::group_id, vendors::id))
            .load(read.connection)?;
        for (group, vendor) in rows {
            if let Some(group) = optional(group.as_deref())? {
                found.push((group, parsed(&vendor)?));
            }
        }
    }
    Ok(found)
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<VendorSort>,
) -> Result<Vec<Stored>, Error> {
    let engine = read.connection.engine();
    let mut query = vendors::table.into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(vendors::provider_id.eq(provider.to_string()));
    }
    query = match choice.status {
        Some(VendorStatus::Pending) => {
            query.filter(Predicate::literally("vendors.status = 'pending'"))
        }
        Some(status) => query.filter(vendors::status.eq(status.name())),
        None => query,
    };
    if let Some(access_group) = choice.access_group {
        query = query.filter(vendors::access_group_id.eq(access_group.to_string()));
    }
    if let Some(name) = &choice.name {
        query = query.filter(vendors::name_key.eq(fold(name)));
    }
    if let Some(text) = &choice.search {
        let written = ["vendors.contract_number", "vendors.document_id"];
        let anywhere = contains(engine, &["vendors.name_key"], &fold(text))
            .or(contains(engine, &written, text));
        query = query.filter(anywhere);
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(Stored::try_from).collect()
}

/// How many vendors are tied to an access group.
/// Vendors whose folded name begins with that, by name.
pub fn named_like(
    read: &mut Read<'_>,
    folded: &str,
    limit: i64,
) -> Result<Vec<(VendorId, String)>, Error> {
    let rows: Vec<(String, String)> = vendors::table
        .filter(vendors::name_key.ge(folded))
        .filter(vendors::name_key.lt(format!("{folded}\u{10ffff}")))
        .order((vendors::name_key, vendors::id))
        .limit(limit)
        .select((vendors::id, vendors::name))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(id, name)| Ok((parsed(&id)?, name)))
        .collect()
}

pub fn count_tied(read: &mut Read<'_>, access_group: AccessGroupId) -> Result<i64, Error> {
    Ok(vendors::table
        .filter(vendors::access_group_id.eq(access_group.to_string()))
        .count()
        .get_result(read.connection)?)
}

pub fn insert(write: &mut Write<'_>, new: &Stored) -> Result<(), Error> {
    let Vendor {
        id,
        provider,
        group,
        name,
        settings,
        created,
        modified,
        version,
    } = &new.vendor;
    diesel::insert_into(vendors::table)
        .values((
            vendors::id.eq(id.to_string()),
            vendors::provider_id.eq(provider.to_string()),
            vendors::group_id.eq(group.map(|id| id.to_string())),
            vendors::name.eq(name),
            vendors::name_key.eq(fold(name)),
            vendors::status.eq(settings.status.name()),
            vendors::status_event.eq(new.status_event.to_string()),
            vendors::access_group_id.eq(settings.access_group.map(|id| id.to_string())),
            vendors::access_group_event.eq(new.access_group_event.map(|id| id.to_string())),
            vendors::start_at.eq(settings.start.map(micros)),
            vendors::end_at.eq(settings.end.map(micros)),
            vendors::dates_event.eq(new.dates_event.map(|id| id.to_string())),
            vendors::contract_number.eq(settings.contract_number.as_deref()),
            vendors::document_id.eq(settings.document_id.as_deref()),
            vendors::link_delivery.eq(settings.link_delivery.name()),
            vendors::created.eq(micros(*created)),
            vendors::modified.eq(micros(*modified)),
            vendors::version.eq(*version),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Puts `new` in the place of the row that still has `version`.
pub fn replace(write: &mut Write<'_>, version: i64, new: &Stored) -> Result<(), Error> {
    let Vendor {
        id,
        group,
        name,
        settings,
        modified,
        version: next,
        ..
    } = &new.vendor;
    let changed = diesel::update(
        vendors::table
            .filter(vendors::id.eq(id.to_string()))
            .filter(vendors::version.eq(version)),
    )
    .set((
        vendors::group_id.eq(group.map(|id| id.to_string())),
        vendors::name.eq(name),
        vendors::name_key.eq(fold(name)),
        vendors::status.eq(settings.status.name()),
        vendors::status_event.eq(new.status_event.to_string()),
        vendors::access_group_id.eq(settings.access_group.map(|id| id.to_string())),
        vendors::access_group_event.eq(new.access_group_event.map(|id| id.to_string())),
        vendors::start_at.eq(settings.start.map(micros)),
        vendors::end_at.eq(settings.end.map(micros)),
        vendors::dates_event.eq(new.dates_event.map(|id| id.to_string())),
        vendors::contract_number.eq(settings.contract_number.as_deref()),
        vendors::document_id.eq(settings.document_id.as_deref()),
        vendors::link_delivery.eq(settings.link_delivery.name()),
        vendors::modified.eq(micros(*modified)),
        vendors::version.eq(*next),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}
