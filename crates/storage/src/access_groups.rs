//! Access groups.

use diesel::prelude::*;
use vestibule_domain::access_group::AccessGroup;
use vestibule_domain::{AccessGroupId, EventId};
use vestibule_scim::fold::fold;

use crate::columns::{from_json, instant, micros, parsed, to_json};
use crate::engine::direct;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::contains;
use crate::schema::access_groups;
use crate::store::{Read, Write};

/// An access group and the event that enabled or disabled it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub access_group: AccessGroup,
    pub enabled_event: EventId,
}

type Columns = (
    access_groups::id,
    access_groups::enabled_event,
    access_groups::settings,
    access_groups::created,
    access_groups::modified,
    access_groups::version,
);
const COLUMNS: Columns = (
    access_groups::id,
    access_groups::enabled_event,
    access_groups::settings,
    access_groups::created,
    access_groups::modified,
    access_groups::version,
);

type Row = (String, String, String, i64, i64, i64);

fn stored((id, enabled_event, settings, created, modified, version): Row) -> Result<Stored, Error> {
    Ok(Stored {
        access_group: AccessGroup {
            id: parsed(&id)?,
            settings: from_json(&settings)?,
            created: instant(created)?,
            modified: instant(modified)?,
            version,
        },
        enabled_event: parsed(&enabled_event)?,
    })
}

pub fn find(read: &mut Read<'_>, id: AccessGroupId) -> Result<Option<Stored>, Error> {
    access_groups::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(stored)
        .transpose()
}

pub fn find_all(read: &mut Read<'_>, ids: &[AccessGroupId]) -> Result<Vec<Stored>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let selected = access_groups::table.select(COLUMNS);
    let rows: Vec<Row> = match ids {
        [one] => direct!(read, |connection| selected
            .filter(access_groups::id.eq(one.to_string()))
            .load(connection))?,
        many => selected
            .filter(read.one_of("access_groups.id", many))
            .load(read.connection)?,
    };
    rows.into_iter().map(stored).collect()
}

/// The access group of that name, compared without case.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<Stored>, Error> {
    access_groups::table
        .filter(access_groups::name_key.eq(fold(name)))
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(stored)
        .transpose()
}

/// Access groups whose folded name begins with that, by name.
pub fn named_like(
    read: &mut Read<'_>,
    folded: &str,
    limit: i64,
) -> Result<Vec<AccessGroup>, Error> {
    let rows: Vec<Row> = access_groups::table
        .filter(access_groups::name_key.ge(folded))
        .filter(access_groups::name_key.lt(format!("{folded}\u{10ffff}")))
        .order(access_groups::name_key)
        .limit(limit)
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter()
        .map(|row| stored(row).map(|stored| stored.access_group))
        .collect()
}

sorts! {
    /// How access groups can be sorted.
    AccessGroupSort by "access_groups.id" {
        Created = "created" => "access_groups.id",
        Name = "name" => "access_groups.name_key",
        // There are few.
        Enabled = "enabled" => "CASE WHEN access_groups.enabled THEN 1 ELSE 0 END",
    }
}

/// What an access group is sorted by.
pub fn place(sort: AccessGroupSort, stored: &Stored) -> (Option<Key>, String) {
    let key = match sort {
        AccessGroupSort::Created => None,
        AccessGroupSort::Enabled => Some(Key::Integer(stored.access_group.settings.enabled.into())),
        AccessGroupSort::Name => Some(Key::Text(fold(&stored.access_group.settings.name))),
    };
    (key, stored.access_group.id.to_string())
}

/// Access groups; `search`: contained in the name, without case.
pub fn list(
    read: &mut Read<'_>,
    enabled: Option<bool>,
    search: Option<&str>,
    page: &Page<AccessGroupSort>,
) -> Result<Vec<Stored>, Error> {
    let engine = read.connection.engine();
    let mut query = access_groups::table.into_boxed();
    if let Some(enabled) = enabled {
        query = query.filter(access_groups::enabled.eq(enabled));
    }
    if let Some(text) = search {
        query = query.filter(contains(engine, &["access_groups.name_key"], &fold(text)));
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(stored).collect()
}

pub fn insert(write: &mut Write<'_>, new: &Stored) -> Result<(), Error> {
    let Stored {
        access_group,
        enabled_event,
    } = new;
    diesel::insert_into(access_groups::table)
        .values((
            access_groups::id.eq(access_group.id.to_string()),
            access_groups::name_key.eq(fold(&access_group.settings.name)),
            access_groups::enabled.eq(access_group.settings.enabled),
            access_groups::enabled_event.eq(enabled_event.to_string()),
            access_groups::settings.eq(to_json(&access_group.settings)),
            access_groups::created.eq(micros(access_group.created)),
            access_groups::modified.eq(micros(access_group.modified)),
            access_groups::version.eq(access_group.version),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Puts `new` in the place of the row that still has `version`.
pub fn replace(write: &mut Write<'_>, version: i64, new: &Stored) -> Result<(), Error> {
    let Stored {
        access_group,
        enabled_event,
    } = new;
    let changed = diesel::update(
        access_groups::table
            .filter(access_groups::id.eq(access_group.id.to_string()))
            .filter(access_groups::version.eq(version)),
    )
    .set((
        access_groups::name_key.eq(fold(&access_group.settings.name)),
        access_groups::enabled.eq(access_group.settings.enabled),
        access_groups::enabled_event.eq(enabled_event.to_string()),
        access_groups::settings.eq(to_json(&access_group.settings)),
        access_groups::modified.eq(micros(access_group.modified)),
        access_groups::version.eq(access_group.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Removes an access group that nothing is tied to.
pub fn delete(write: &mut Write<'_>, id: AccessGroupId) -> Result<bool, Error> {
    let deleted = diesel::delete(access_groups::table.filter(access_groups::id.eq(id.to_string())))
        .execute(write.connection)?;
    Ok(deleted > 0)
}
