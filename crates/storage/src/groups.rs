//! Groups, without their members.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::internal_group::InternalGroupSettings;
use vestibule_domain::provider::UserType;
use vestibule_domain::{AccessGroupId, EventId, GroupId, ProviderId};
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros, optional, parsed};
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::contains;
use crate::schema::{groups, providers};
use crate::store::{Read, Write};
use crate::users;

/// A group as stored. `document` is the SCIM resource without what is derived: `id`, `meta`,
/// `members`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub provider: ProviderId,
    pub display_name: String,
    /// JSON text of an object.
    pub document: String,
    /// What an administrator decided about it; only internal groups use this.
    pub settings: InternalGroupSettings,
    /// The event that enabled or disabled it.
    pub enabled_event: EventId,
    /// The event that tied it to its access group.
    pub access_group_event: Option<EventId>,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

/// What a provider decides about a group's row.
#[derive(Debug, Clone)]
pub struct NewGroup {
    pub id: GroupId,
    pub provider: ProviderId,
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub document: String,
    pub match_document: String,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
    /// The event that makes it.
    pub event: EventId,
}

type Columns = (
    groups::id,
    groups::provider_id,
    groups::display_name,
    groups::document,
    groups::enabled,
    groups::enabled_event,
    groups::link_delivery,
    groups::access_group_id,
    groups::access_group_event,
    groups::created,
    groups::modified,
    groups::version,
);
const COLUMNS: Columns = (
    groups::id,
    groups::provider_id,
    groups::display_name,
    groups::document,
    groups::enabled,
    groups::enabled_event,
    groups::link_delivery,
    groups::access_group_id,
    groups::access_group_event,
    groups::created,
    groups::modified,
    groups::version,
);

#[derive(Queryable)]
struct Row {
    id: String,
    provider: String,
    display_name: String,
    document: String,
    enabled: bool,
    enabled_event: String,
    link_delivery: String,
    access_group: Option<String>,
    access_group_event: Option<String>,
    created: i64,
    modified: i64,
    version: i64,
}

impl TryFrom<Row> for Group {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            provider: parsed(&row.provider)?,
            display_name: row.display_name,
            document: row.document,
            settings: InternalGroupSettings {
                enabled: row.enabled,
                access_group: optional(row.access_group.as_deref())?,
                link_delivery: parsed(&row.link_delivery)?,
            },
            enabled_event: parsed(&row.enabled_event)?,
            access_group_event: optional(row.access_group_event.as_deref())?,
            created: instant(row.created)?,
            modified: instant(row.modified)?,
            version: row.version,
        })
    }
}

pub fn find(
    read: &mut Read<'_>,
    provider: ProviderId,
    id: GroupId,
) -> Result<Option<Group>, Error> {
    groups::table
        .filter(groups::id.eq(id.to_string()))
        .filter(groups::provider_id.eq(provider.to_string()))
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(Group::try_from)
        .transpose()
}

/// One group of a provider, which nobody else changes until the transaction ends.
pub fn find_locked(
    write: &mut Write<'_>,
    provider: ProviderId,
    id: GroupId,
) -> Result<Option<Group>, Error> {
    write.connection.lock_group(&id.to_string())?;
    find(write, provider, id)
}

/// One group of any provider: for administrators only.
pub fn find_anywhere(read: &mut Read<'_>, id: GroupId) -> Result<Option<Group>, Error> {
    groups::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(Group::try_from)
        .transpose()
}

/// Several groups at once, in no order.
pub fn find_all(read: &mut Read<'_>, ids: &[GroupId]) -> Result<Vec<Group>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(1_000) {
        let rows: Vec<Row> = groups::table
            .filter(read.one_of("groups.id", chunk))
            .select(COLUMNS)
            .load(read.connection)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

sorts! {
    /// How internal groups can be sorted.
    InternalGroupSort by "groups.id" {
        Created = "created" => "groups.id",
        Name = "name" => "groups.display_name_key",
    }
}

/// What an internal group is sorted by.
pub fn place(sort: InternalGroupSort, group: &Group) -> (Option<Key>, String) {
    let key = match sort {
        InternalGroupSort::Created => None,
        InternalGroupSort::Name => Some(Key::Text(fold(&group.display_name))),
    };
    (key, group.id.to_string())
}

/// Groups of internal providers whose folded name begins with that, by name.
pub fn internal_named_like(
    read: &mut Read<'_>,
    folded: &str,
    limit: i64,
) -> Result<Vec<(GroupId, String)>, Error> {
    let rows: Vec<(String, String)> = groups::table
        .inner_join(providers::table.on(providers::id.eq(groups::provider_id)))
        .filter(providers::user_type.eq(UserType::Internal.name()))
        .filter(groups::display_name_key.ge(folded))
        .filter(groups::display_name_key.lt(format!("{folded}\u{10ffff}")))
        .order((groups::display_name_key, groups::id))
        .limit(limit)
        .select((groups::id, groups::display_name))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(id, name)| Ok((parsed(&id)?, name)))
        .collect()
}

/// Which internal groups are wanted.
#[derive(Debug, Clone, Default)]
pub struct InternalChoice {
    pub provider: Option<ProviderId>,
    /// Only those tied to it.
    pub access_group: Option<AccessGroupId>,
    /// Contained in the name, compared without case.
    pub search: Option<String>,
}

/// The groups of internal providers, of one or of all; `search`: contained in the name, without case.
pub fn list_internal(
    read: &mut Read<'_>,
    choice: &InternalChoice,
    page: &Page<InternalGroupSort>,
) -> Result<Vec<Group>, Error> {
    let engine = read.connection.engine();
    let internal = providers::table
        .filter(providers::user_type.eq(UserType::Internal.name()))
        .select(providers::id);
    let mut query = groups::table
        .filter(groups::provider_id.eq_any(internal))
        .into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(groups::provider_id.eq(provider.to_string()));
    }
    if let Some(access_group) = choice.access_group {
        query = query.filter(groups::access_group_id.eq(access_group.to_string()));
    }
    if let Some(text) = &choice.search {
        query = query.filter(contains(engine, &["groups.display_name_key"], &fold(text)));
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(Group::try_from).collect()
}

pub fn insert(write: &mut Write<'_>, group: &NewGroup) -> Result<(), Error> {
    let settings = InternalGroupSettings::default();
    diesel::insert_into(groups::table)
        .values((
            groups::id.eq(group.id.to_string()),
            groups::provider_id.eq(group.provider.to_string()),
            groups::display_name.eq(&group.display_name),
            groups::display_name_key.eq(&group.display_name_key),
            groups::external_id.eq(group.external_id.as_deref()),
            groups::document.eq(&group.document),
            groups::match_document.eq(&group.match_document),
            groups::enabled.eq(settings.enabled),
            groups::enabled_event.eq(group.event.to_string()),
            groups::link_delivery.eq(settings.link_delivery.name()),
            groups::created.eq(micros(group.created)),
            groups::modified.eq(micros(group.modified)),
            groups::version.eq(group.version),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Puts what the provider decides in the place of the row that still has `version`.
pub fn replace(write: &mut Write<'_>, version: i64, group: &NewGroup) -> Result<(), Error> {
    let changed = diesel::update(
        groups::table
            .filter(groups::id.eq(group.id.to_string()))
            .filter(groups::provider_id.eq(group.provider.to_string()))
            .filter(groups::version.eq(version)),
    )
    .set((
        groups::display_name.eq(&group.display_name),
        groups::display_name_key.eq(&group.display_name_key),
        groups::external_id.eq(group.external_id.as_deref()),
        groups::document.eq(&group.document),
        groups::match_document.eq(&group.match_document),
        groups::modified.eq(micros(group.modified)),
        groups::version.eq(group.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Moves version and modification time because memberships changed. With `version`, only when the
/// row still has it.
pub fn touch(
    write: &mut Write<'_>,
    id: GroupId,
    version: Option<i64>,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let mut update =
        diesel::update(groups::table.filter(groups::id.eq(id.to_string()))).into_boxed();
    if let Some(version) = version {
        update = update.filter(groups::version.eq(version));
    }
    // A clock that was set back must not make a group older than it was.
    let at = micros(at);
    let modified = diesel::dsl::case_when(
        groups::modified.lt(at),
        at.into_sql::<diesel::sql_types::BigInt>(),
    )
    .otherwise(groups::modified);
    let changed = update
        .set((
            groups::version.eq(groups::version + 1),
            groups::modified.eq(modified),
        ))
        .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Stores what an administrator decided. `enabled_event` and `access_group_event` are the events
/// that made the values what they are now.
pub fn set_settings(
    write: &mut Write<'_>,
    id: GroupId,
    settings: &InternalGroupSettings,
    enabled_event: EventId,
    access_group_event: Option<EventId>,
) -> Result<(), Error> {
    let changed = diesel::update(groups::table.filter(groups::id.eq(id.to_string())))
        .set((
            groups::enabled.eq(settings.enabled),
            groups::enabled_event.eq(enabled_event.to_string()),
            groups::link_delivery.eq(settings.link_delivery.name()),
            groups::access_group_id.eq(settings.access_group.map(|id| id.to_string())),
            groups::access_group_event.eq(access_group_event.map(|id| id.to_string())),
        ))
        .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// The group of that folded name.
pub fn find_named(
    read: &mut Read<'_>,
    provider: ProviderId,
    display_name_key: &str,
) -> Result<Option<GroupId>, Error> {
    let found: Option<String> = groups::table
        .filter(groups::provider_id.eq(provider.to_string()))
        .filter(groups::display_name_key.eq(display_name_key))
        .select(groups::id)
        .first(read.connection)
        .optional()?;
    found.as_deref().map(parsed).transpose()
}

/// How many internal groups are tied to an access group.
pub fn count_tied(read: &mut Read<'_>, access_group: AccessGroupId) -> Result<i64, Error> {
    Ok(groups::table
        .filter(groups::access_group_id.eq(access_group.to_string()))
        .count()
        .get_result(read.connection)?)
}

/// Removes a group, with the memberships in it, and keeps a tombstone.
pub fn delete(
    write: &mut Write<'_>,
    group: &Group,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<(), Error> {
    users::bury(
        write,
        "group",
        &group.id.to_string(),
        group.provider,
        &group.document,
        at,
        event,
    )?;
    let deleted = diesel::delete(
        groups::table
            .filter(groups::id.eq(group.id.to_string()))
            .filter(groups::version.eq(group.version)),
    )
    .execute(write.connection)?;
    if deleted == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}
