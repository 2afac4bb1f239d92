//! Providers.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::provider::{Provider, ProviderSettings, ProviderState, UserType};
use vestibule_domain::vendor::Vendor;
use vestibule_domain::{AccessGroupId, EventId, GroupId, ProviderId, ResourceId, UserId};
use vestibule_scim::fold::fold;

use crate::columns::{from_json, instant, micros, optional, optional_instant, parsed, to_json};
use crate::engine::direct;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::{Predicate, contains};
use crate::schema::{
    credential_uses, groups, memberships, placements, providers, resources, tokens, totals,
    user_emails, users, vendors,
};
use crate::store::{Read, Write};
use crate::vendors as vendors_rows;

/// Of `totals`, people who are placed in a vendor.
const PLACED: &str = "User/placed";
/// Rows named in one statement.
const CHUNK: usize = 500;

/// A provider with the public half of its credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    pub provider: Provider,
    pub client_id: String,
    /// Tokens issued before it no longer work.
    pub epoch: Option<DateTime<Utc>>,
}

/// By which a provider's row is told from any other state of it. The instant is there because a
/// version may have been read in a transaction that was then undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    pub(crate) version: i64,
    pub(crate) modified: i64,
}

impl Edition {
    pub fn of(provider: &Provider) -> Self {
        Self {
            version: provider.version,
            modified: micros(provider.modified),
        }
    }
}

/// What a provider owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    pub users: i64,
    pub groups: i64,
    pub vendors: i64,
    pub placements: i64,
    pub tokens: i64,
}

/// What one step of a deletion removes. Documents are JSON texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Cleared {
    Users(Vec<(UserId, String)>),
    Vendors(Vec<Vendor>),
    Groups(Vec<(GroupId, String)>),
    Resources(Vec<(ResourceId, String)>),
}

type Columns = (
    providers::id,
    providers::client_id,
    providers::state,
    providers::settings,
    providers::created,
    providers::modified,
    providers::version,
    providers::epoch,
);
const COLUMNS: Columns = (
    providers::id,
    providers::client_id,
    providers::state,
    providers::settings,
    providers::created,
    providers::modified,
    providers::version,
    providers::epoch,
);

#[derive(Queryable)]
struct Row {
    id: String,
    client_id: String,
    state: String,
    settings: String,
    created: i64,
    modified: i64,
    version: i64,
    epoch: Option<i64>,
}

impl TryFrom<Row> for Registered {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            provider: Provider {
                id: parsed(&row.id)?,
                settings: from_json(&row.settings)?,
                state: parsed(&row.state)?,
                created: instant(row.created)?,
                modified: instant(row.modified)?,
                version: row.version,
            },
            client_id: row.client_id,
            epoch: optional_instant(row.epoch)?,
        })
    }
}

pub fn find(read: &mut Read<'_>, id: ProviderId) -> Result<Option<Registered>, Error> {
    providers::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(Registered::try_from)
        .transpose()
}

/// The provider of that name, compared without case.
pub fn find_by_name(read: &mut Read<'_>, name: &str) -> Result<Option<ProviderId>, Error> {
    let found: Option<String> = providers::table
        .filter(providers::name_key.eq(fold(name)))
        .select(providers::id)
        .first(read.connection)
        .optional()?;
    optional(found.as_deref())
}

pub fn find_by_client_id(
    read: &mut Read<'_>,
    client_id: &str,
) -> Result<Option<Registered>, Error> {
    direct!(read, |connection| providers::table
        .filter(providers::client_id.eq(client_id))
        .select(COLUMNS)
        .get_result::<Row>(connection))
    .optional()?
    .map(Registered::try_from)
    .transpose()
}

/// Which providers are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub user_type: Option<UserType>,
    pub state: Option<ProviderState>,
    /// Contained in the name or a tag, without case.
    pub search: Option<String>,
    /// Only those whose validity ends after this instant.
    pub ends_after: Option<DateTime<Utc>>,
    /// Only those whose validity ends at this instant or before.
    pub ends_by: Option<DateTime<Utc>>,
    /// Only those that no address may call.
    pub closed: bool,
}

sorts! {
    /// How providers can be sorted.
    ProviderSort by "providers.id" {
        Created = "created" => "providers.id",
        Name = "name" => "providers.name_key",
        End = "end" => "providers.end_key",
        // There are few.
        State = "state" => "providers.state",
        UserType = "user_type" => "providers.user_type",
    }
}

/// What a provider is sorted by.
pub fn place(sort: ProviderSort, registered: &Registered) -> (Option<Key>, String) {
    let key = match sort {
        ProviderSort::Created => None,
        ProviderSort::Name => Some(Key::Text(fold(&registered.provider.settings.name))),
        ProviderSort::State => Some(Key::Text(registered.provider.state.name().to_owned())),
        ProviderSort::UserType => {
            let user_type = registered.provider.settings.user_type;
            Some(Key::Text(user_type.name().to_owned()))
        }
        ProviderSort::End => {
            let end = registered.provider.settings.valid_until;
            Some(Key::Integer(end.map_or(i64::MAX, micros)))
        }
    };
    (key, registered.provider.id.to_string())
}

/// Those of some providers that there are.
pub fn some(
    read: &mut Read<'_>,
    ids: impl IntoIterator<Item = ProviderId>,
) -> Result<HashMap<ProviderId, Registered>, Error> {
    let ids: HashSet<ProviderId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = providers::table
        .filter(read.one_of("providers.id", ids))
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter()
        .map(|row| {
            let registered = Registered::try_from(row)?;
            Ok((registered.provider.id, registered))
        })
        .collect()
}

/// Every provider, oldest first.
pub fn all(read: &mut Read<'_>) -> Result<Vec<Registered>, Error> {
    let every = Page::first(ProviderSort::Created, i64::MAX);
    list(read, &Choice::default(), &every)
}

/// Remembers the event that set a provider's default access group, or unset it.
pub fn set_default_event(
    write: &mut Write<'_>,
    id: ProviderId,
    event: EventId,
) -> Result<(), Error> {
    diesel::update(providers::table.find(id.to_string()))
        .set(providers::default_access_group_event.eq(event.to_string()))
        .execute(write.connection)?;
    Ok(())
}

/// How many providers give their people an access group by default.
pub fn count_tied(read: &mut Read<'_>, access_group: AccessGroupId) -> Result<i64, Error> {
    let tied = defaulting_to(read, access_group)?.len();
    Ok(i64::try_from(tied).unwrap_or(i64::MAX))
}

/// The providers that give their people an access group by default.
pub(crate) fn defaulting_to(
    read: &mut Read<'_>,
    access_group: AccessGroupId,
) -> Result<Vec<ProviderId>, Error> {
    let every: Vec<(String, String)> = providers::table
        .select((providers::id, providers::settings))
        .load(read.connection)?;
    let mut tied = Vec::new();
    for (id, settings) in every {
        let settings: ProviderSettings = from_json(&settings)?;
        if settings.default_access_group == Some(access_group) {
            tied.push(parsed(&id)?);
        }
    }
    Ok(tied)
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<ProviderSort>,
) -> Result<Vec<Registered>, Error> {
    let engine = read.connection.engine();
    let mut query = providers::table.into_boxed();
    if let Some(user_type) = choice.user_type {
        query = query.filter(providers::user_type.eq(user_type.name()));
    }
    if let Some(state) = choice.state {
        query = query.filter(providers::state.eq(state.name()));
    }
    if let Some(text) = &choice.search {
        let columns = ["providers.name_key", "providers.tags_key"];
        query = query.filter(contains(engine, &columns, &fold(text)));
    }
    if let Some(end) = choice.ends_after {
        query = query.filter(providers::end_key.gt(micros(end)));
    }
    if let Some(end) = choice.ends_by {
        query = query.filter(providers::end_key.le(micros(end)));
    }
    if choice.closed {
        query = query.filter(Predicate::literally("providers.closed = 1"));
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(Registered::try_from).collect()
}

pub fn insert(write: &mut Write<'_>, registered: &Registered) -> Result<(), Error> {
    let Registered {
        provider,
        client_id,
        epoch,
    } = registered;
    diesel::insert_into(providers::table)
        .values((
            providers::id.eq(provider.id.to_string()),
            providers::client_id.eq(client_id),
            providers::name_key.eq(fold(&provider.settings.name)),
            providers::tags_key.eq(tags_key(&provider.settings)),
            providers::user_type.eq(provider.settings.user_type.name()),
            providers::state.eq(provider.state.name()),
            providers::settings.eq(to_json(&provider.settings)),
            providers::valid_until.eq(provider.settings.valid_until.map(micros)),
            providers::created.eq(micros(provider.created)),
            providers::modified.eq(micros(provider.modified)),
            providers::version.eq(provider.version),
            providers::epoch.eq(epoch.map(micros)),
        ))
        .execute(write.connection)?;
    Ok(())
}

fn tags_key(settings: &ProviderSettings) -> String {
    fold(&settings.tags.join("\n"))
}

/// Lets tokens issued before `epoch` no longer work; an epoch never goes back.
pub fn raise_epoch(
    write: &mut Write<'_>,
    id: ProviderId,
    epoch: DateTime<Utc>,
) -> Result<(), Error> {
    let epoch = micros(epoch);
    let earlier = providers::epoch.is_null().or(providers::epoch.lt(epoch));
    diesel::update(
        providers::table
            .filter(providers::id.eq(id.to_string()))
            .filter(earlier),
    )
    .set(providers::epoch.eq(epoch))
    .execute(write.connection)?;
    Ok(())
}

/// Puts `provider` in the place of the row that still has `version`.
pub fn replace(write: &mut Write<'_>, version: i64, provider: &Provider) -> Result<(), Error> {
    let changed = diesel::update(
        providers::table
            .filter(providers::id.eq(provider.id.to_string()))
            .filter(providers::version.eq(version)),
    )
    .set((
        providers::name_key.eq(fold(&provider.settings.name)),
        providers::tags_key.eq(tags_key(&provider.settings)),
        providers::state.eq(provider.state.name()),
        providers::settings.eq(to_json(&provider.settings)),
        providers::valid_until.eq(provider.settings.valid_until.map(micros)),
        providers::modified.eq(micros(provider.modified)),
        providers::version.eq(provider.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

pub fn holdings(read: &mut Read<'_>, id: ProviderId) -> Result<Holdings, Error> {
    let id = id.to_string();
    let totals: Vec<(String, i64)> = totals::table
        .filter(totals::provider_id.eq(&id))
        .select((totals::resource_type, totals::total))
        .load(read.connection)?;
    let total = |wanted: &str| {
        let shards = totals.iter().filter(|(kind, _)| kind == wanted);
        shards.map(|(_, total)| total).sum()
    };
    Ok(Holdings {
        users: total("User"),
        groups: total("Group"),
        placements: total(PLACED),
        vendors: vendors::table
            .filter(vendors::provider_id.eq(&id))
            .count()
            .get_result(read.connection)?,
        tokens: tokens::table
            .filter(tokens::provider_id.eq(&id))
            .count()
            .get_result(read.connection)?,
    })
}

/// Removes some of what a provider owns, at most `limit` rows of one kind, and answers what they
/// were; none once nothing is left but the provider itself. People go first: their access ends.
pub fn clear(write: &mut Write<'_>, id: ProviderId, limit: i64) -> Result<Option<Cleared>, Error> {
    let key = id.to_string();
    let some_users: Vec<(String, String)> = users::table
        .filter(users::provider_id.eq(&key))
        .order(users::id)
        .limit(limit)
        .select((users::id, users::document))
        .load(write.connection)?;
    if !some_users.is_empty() {
        for chunk in some_users.chunks(CHUNK) {
            let of = |column| write.one_of(column, chunk.iter().map(|(id, _)| id));
            let (placed, emails) = (of("placements.user_id"), of("user_emails.user_id"));
            let (member, users) = (of("memberships.member_id"), of("users.id"));
            diesel::delete(placements::table.filter(placed)).execute(write.connection)?;
            diesel::delete(user_emails::table.filter(emails)).execute(write.connection)?;
            diesel::delete(memberships::table.filter(member)).execute(write.connection)?;
            diesel::delete(users::table.filter(users)).execute(write.connection)?;
        }
        return Ok(Some(Cleared::Users(identified(some_users)?)));
    }
    let its = vendors_rows::Choice {
        provider: Some(id),
        ..vendors_rows::Choice::default()
    };
    let page = Page::first(vendors_rows::VendorSort::Created, limit);
    let some_vendors: Vec<Vendor> = vendors_rows::list(write, &its, &page)?
        .into_iter()
        .map(|stored| stored.vendor)
        .collect();
    if !some_vendors.is_empty() {
        for chunk in some_vendors.chunks(CHUNK) {
            let vendors = write.one_of("vendors.id", chunk.iter().map(|vendor| vendor.id));
            diesel::delete(vendors::table.filter(vendors)).execute(write.connection)?;
        }
        return Ok(Some(Cleared::Vendors(some_vendors)));
    }
    let some_groups: Vec<(String, String)> = groups::table
        .filter(groups::provider_id.eq(&key))
        .order(groups::id)
        .limit(limit)
        .select((groups::id, groups::document))
        .load(write.connection)?;
    for chunk in some_groups.chunks(CHUNK) {
        let of = |column| write.one_of(column, chunk.iter().map(|(id, _)| id));
        let (members, groups) = (of("memberships.member_id"), of("groups.id"));
        diesel::delete(memberships::table.filter(members)).execute(write.connection)?;
        diesel::delete(groups::table.filter(groups)).execute(write.connection)?;
    }
    if !some_groups.is_empty() {
        return Ok(Some(Cleared::Groups(identified(some_groups)?)));
    }
    let others: Vec<(String, String)> = resources::table
        .filter(resources::provider_id.eq(&key))
        .order(resources::id)
        .limit(limit)
        .select((resources::id, resources::document))
        .load(write.connection)?;
    for chunk in others.chunks(CHUNK) {
        let some = write.one_of("resources.id", chunk.iter().map(|(id, _)| id));
        diesel::delete(resources::table.filter(some)).execute(write.connection)?;
    }
    Ok(if others.is_empty() {
        None
    } else {
        Some(Cleared::Resources(identified(others)?))
    })
}

fn identified<I>(rows: Vec<(String, String)>) -> Result<Vec<(I, String)>, Error>
where
    I: std::str::FromStr,
    I::Err: std::fmt::Display,
{
    rows.into_iter()
        .map(|(id, document)| Ok((parsed(&id)?, document)))
        .collect()
}

/// Removes a provider that owns nothing any more, with its credentials and warnings. Blocks outlive it.
pub fn delete(write: &mut Write<'_>, id: ProviderId) -> Result<(), Error> {
    let id = id.to_string();
    diesel::delete(credential_uses::table.filter(credential_uses::provider_id.eq(&id)))
        .execute(write.connection)?;
    let deleted =
        diesel::delete(providers::table.filter(providers::id.eq(&id))).execute(write.connection)?;
    if deleted == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}
