//! Access links and the digests of their secrets. They outlive the person they were for.

mod toll;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::link::{Ended, Link, LinkEnd, LinkOrigin, LinkState};
use vestibule_domain::{AccessGroupId, LinkId, ProviderId, UserId, VendorId};
use vestibule_oauth::Digest;
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros, optional, parsed};
use crate::engine::MultiBackend;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::schema::{access_links, link_secrets, users, vendors};
use crate::store::{Read, Write};

pub use toll::{Toll, toll_of_group, toll_of_people, toll_of_vendor};

sorts! {
    /// How access links can be sorted.
    LinkSort by "access_links.id" {
        Created = "created" => "access_links.id",
        Start = "start" => "access_links.start_at",
        End = "end" => "access_links.end_at",
        UserName = "user_name" => "access_links.user_name_key",
    }
}

/// What a link is sorted by.
pub fn place(sort: LinkSort, link: &Link) -> (Option<Key>, String) {
    let key = match sort {
        LinkSort::Created => None,
        LinkSort::Start => Some(Key::Integer(micros(link.start))),
        LinkSort::UserName => Some(Key::Text(fold(&link.user_name))),
        LinkSort::End => Some(Key::Integer(micros(link.end))),
    };
    (key, link.id.to_string())
}

/// Values bound in one statement at most.
const CHUNK: usize = 1_000;

/// Which links are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub user: Option<UserId>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    /// A state, and the instant at which they are in it.
    pub state: Option<(LinkState, DateTime<Utc>)>,
}

/// Whose links may be touched by a change.
#[derive(Debug, Clone)]
pub enum Scope<'a> {
    Users(&'a [UserId]),
    /// Those made for a vendor.
    Vendor(VendorId),
    /// Everybody a provider pushed.
    Provider(ProviderId),
    /// Those made for vendors tied to it, and those of staff, who may get it in several ways.
    AccessGroup(AccessGroupId),
    /// Whoever has this folded e-mail, or this folded user name at the provider.
    Named {
        provider: ProviderId,
        user_name_key: &'a str,
        email_key: Option<&'a str>,
    },
}

type Columns = (
    access_links::id,
    access_links::user_id,
    access_links::provider_id,
    access_links::user_name,
    access_links::vendor_id,
    access_links::access_group_id,
    access_links::origin,
    access_links::start_at,
    access_links::end_at,
    access_links::created,
    access_links::ended,
    access_links::end_reason,
);
const COLUMNS: Columns = (
    access_links::id,
    access_links::user_id,
    access_links::provider_id,
    access_links::user_name,
    access_links::vendor_id,
    access_links::access_group_id,
    access_links::origin,
    access_links::start_at,
    access_links::end_at,
    access_links::created,
    access_links::ended,
    access_links::end_reason,
);

#[derive(Queryable)]
struct Row {
    id: String,
    user: String,
    provider: String,
    user_name: String,
    vendor: Option<String>,
    access_group: Option<String>,
    origin: String,
    start: i64,
    end: i64,
    created: i64,
    ended: Option<i64>,
    end_reason: Option<String>,
}

impl TryFrom<Row> for Link {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        let ended = match (row.ended, row.end_reason) {
            (Some(at), Some(reason)) => Some(Ended {
                at: instant(at)?,
                reason: parsed(&reason)?,
            }),
            _ => None,
        };
        Ok(Self {
            id: parsed(&row.id)?,
            user: parsed(&row.user)?,
            provider: parsed(&row.provider)?,
            user_name: row.user_name,
            vendor: optional(row.vendor.as_deref())?,
            access_group: optional(row.access_group.as_deref())?,
            origin: parsed(&row.origin)?,
            start: instant(row.start)?,
            end: instant(row.end)?,
            created: instant(row.created)?,
            ended,
        })
    }
}

pub fn find(read: &mut Read<'_>, id: LinkId) -> Result<Option<Link>, Error> {
    access_links::table
        .find(id.to_string())
        .select(COLUMNS)
        .first::<Row>(read.connection)
        .optional()?
        .map(Link::try_from)
        .transpose()
}

/// The link that a secret opens, whatever its state.
pub fn find_by_secret(read: &mut Read<'_>, digest: &Digest) -> Result<Option<Link>, Error> {
    let found: Option<(Vec<u8>, Row)> = link_secrets::table
        .inner_join(access_links::table)
        .filter(link_secrets::digest.eq(digest.as_bytes().as_slice()))
        .select((link_secrets::digest, COLUMNS))
        .first(read.connection)
        .optional()?;
    let Some((stored, row)) = found else {
        return Ok(None);
    };
    let genuine = Digest::from_bytes(&stored).is_some_and(|stored| stored.matches(digest));
    genuine.then(|| row.try_into()).transpose()
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<LinkSort>,
) -> Result<Vec<Link>, Error> {
    let mut query = access_links::table.into_boxed();
    if let Some(user) = choice.user {
        query = query.filter(access_links::user_id.eq(user.to_string()));
    }
    if let Some(provider) = choice.provider {
        query = query.filter(access_links::provider_id.eq(provider.to_string()));
    }
    if let Some(vendor) = choice.vendor {
        query = query.filter(access_links::vendor_id.eq(vendor.to_string()));
    }
    if let Some((state, at)) = choice.state {
        let at = micros(at);
        query = match state {
            LinkState::Ended => query.filter(access_links::ended.is_not_null()),
            LinkState::Expired => query
                .filter(access_links::ended.is_null())
                .filter(access_links::end_at.le(at)),
            LinkState::Upcoming => query
                .filter(access_links::ended.is_null())
                .filter(access_links::start_at.gt(access_links::created))
                .filter(access_links::end_at.gt(at))
                .filter(access_links::start_at.gt(at)),
            LinkState::Live => query
                .filter(access_links::ended.is_null())
                .filter(access_links::end_at.gt(at))
                .filter(access_links::start_at.le(at)),
        };
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(Link::try_from).collect()
}

/// The links in a scope that still work or will, oldest first.
pub fn standing(
    read: &mut Read<'_>,
    scope: &Scope<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Link>, Error> {
    let of_users = |read: &mut Read<'_>, ids: &[String]| -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for chunk in ids.chunks(CHUNK) {
            rows.extend(
                unended(now)
                    .filter(read.one_of("access_links.user_id", chunk))
                    .select(COLUMNS)
                    .load::<Row>(read.connection)?,
            );
        }
        Ok(rows)
    };
    let rows: Vec<Row> = match scope {
        Scope::Users(people) => {
            let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
            of_users(read, &ids)?
        }
        Scope::Vendor(vendor) => unended(now)
            .filter(access_links::vendor_id.eq(vendor.to_string()))
            .select(COLUMNS)
            .load(read.connection)?,
        Scope::Provider(provider) => unended(now)
            .filter(access_links::provider_id.eq(provider.to_string()))
            .select(COLUMNS)
            .load(read.connection)?,
        Scope::AccessGroup(access_group) => {
            let tied = vendors::table
                .filter(vendors::access_group_id.eq(access_group.to_string()))
                .select(vendors::id.nullable());
            unended(now)
                .filter(
                    access_links::vendor_id
                        .is_null()
                        .or(access_links::vendor_id.eq_any(tied)),
                )
                .select(COLUMNS)
                .load(read.connection)?
        }
        Scope::Named {
            provider,
            user_name_key,
            email_key,
        } => {
            let ids = named(read, *provider, user_name_key, *email_key)?;
            of_users(read, &ids)?
        }
    };
    let mut links: Vec<Link> = rows
        .into_iter()
        .map(Link::try_from)
        .collect::<Result<_, Error>>()?;
    links.sort_by_key(|link| link.id);
    Ok(links)
}

type Boxed<'a> = access_links::BoxedQuery<'a, MultiBackend>;

/// Links that neither ended nor ran out.
fn unended<'a>(now: DateTime<Utc>) -> Boxed<'a> {
    access_links::table
        .filter(access_links::ended.is_null())
        .filter(access_links::end_at.gt(micros(now)))
        .into_boxed()
}

/// The ids of those whom a block of these keys concerns, locked by nobody.
pub(crate) fn named(
    read: &mut Read<'_>,
    provider: ProviderId,
    user_name_key: &str,
    email_key: Option<&str>,
) -> Result<Vec<String>, Error> {
    let mut ids: Vec<String> = users::table
        .filter(users::provider_id.eq(provider.to_string()))
        .filter(users::user_name_key.eq(user_name_key))
        .select(users::id)
        .load(read.connection)?;
    if let Some(email) = email_key {
        let by_email: Vec<String> = users::table
            .filter(users::email_key.eq(email))
            .select(users::id)
            .load(read.connection)?;
        ids.extend(by_email);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

pub fn insert(write: &mut Write<'_>, link: &Link) -> Result<(), Error> {
    diesel::insert_into(access_links::table)
        .values((
            access_links::id.eq(link.id.to_string()),
            access_links::user_id.eq(link.user.to_string()),
            access_links::provider_id.eq(link.provider.to_string()),
            access_links::user_name.eq(&link.user_name),
            access_links::user_name_key.eq(fold(&link.user_name)),
            access_links::vendor_id.eq(link.vendor.map(|id| id.to_string())),
            access_links::access_group_id.eq(link.access_group.map(|id| id.to_string())),
            access_links::origin.eq(link.origin.name()),
            access_links::start_at.eq(micros(link.start)),
            access_links::end_at.eq(micros(link.end)),
            access_links::created.eq(micros(link.created)),
            access_links::ended.eq(link.ended.map(|ended| micros(ended.at))),
            access_links::end_reason.eq(link.ended.map(|ended| ended.reason.name())),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Lets another secret open a link.
pub fn add_secret(
    write: &mut Write<'_>,
    link: LinkId,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::insert_into(link_secrets::table)
        .values((
            link_secrets::digest.eq(digest.as_bytes().as_slice()),
            link_secrets::link_id.eq(link.to_string()),
            link_secrets::created.eq(micros(now)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Ends a link, unless it has ended already. Answers whether it did.
pub fn end(
    write: &mut Write<'_>,
    link: LinkId,
    at: DateTime<Utc>,
    reason: LinkEnd,
) -> Result<bool, Error> {
    let ended = diesel::update(
        access_links::table
            .filter(access_links::id.eq(link.to_string()))
            .filter(access_links::ended.is_null()),
    )
    .set((
        access_links::ended.eq(micros(at)),
        access_links::end_reason.eq(reason.name()),
    ))
    .execute(write.connection)?;
    Ok(ended > 0)
}

/// Lets a link run out earlier, unless it ended or is that short already. Answers whether it did.
pub fn shorten(write: &mut Write<'_>, link: LinkId, end: DateTime<Utc>) -> Result<bool, Error> {
    let shortened = diesel::update(
        access_links::table
            .filter(access_links::id.eq(link.to_string()))
            .filter(access_links::ended.is_null())
            .filter(access_links::end_at.gt(micros(end))),
    )
    .set(access_links::end_at.eq(micros(end)))
    .execute(write.connection)?;
    Ok(shortened > 0)
}

/// Lets a link remember another access group than the one it was read with, unless it ended or remembers
/// another one by now. Answers whether it did.
pub fn carry(write: &mut Write<'_>, link: &Link, by: AccessGroupId) -> Result<bool, Error> {
    let standing = access_links::table
        .filter(access_links::id.eq(link.id.to_string()))
        .filter(access_links::ended.is_null());
    let next = access_links::access_group_id.eq(by.to_string());
    let carried = match link.access_group {
        Some(id) => {
            diesel::update(standing.filter(access_links::access_group_id.eq(id.to_string())))
                .set(next)
                .execute(write.connection)?
        }
        None => diesel::update(standing.filter(access_links::access_group_id.is_null()))
            .set(next)
            .execute(write.connection)?,
    };
    Ok(carried > 0)
}

/// Whether an administrator made somebody a link after an instant, or approved one.
pub fn made_by_hand_since(
    read: &mut Read<'_>,
    user: UserId,
    at: DateTime<Utc>,
) -> Result<bool, Error> {
    let by_hand = [LinkOrigin::Manual.name(), LinkOrigin::Request.name()];
    let found: Option<String> = access_links::table
        .filter(access_links::user_id.eq(user.to_string()))
        .filter(access_links::created.gt(micros(at)))
        .filter(access_links::origin.eq_any(by_hand))
        .select(access_links::id)
        .first(read.connection)
        .optional()?;
    Ok(found.is_some())
}

/// Keeps others from changing what a link is made on until this transaction ends: the person, the
/// groups and settings of their provider, the vendor, the access groups.
pub fn lock_grounds(
    write: &mut Write<'_>,
    provider: ProviderId,
    user: UserId,
) -> Result<(), Error> {
    write
        .connection
        .lock_memberships(provider.as_uuid().as_u128())?;
    write.connection.lock_users(&[user.to_string()])?;
    Ok(write
        .connection
        .share_grounds(&provider.to_string(), &user.to_string())?)
}

/// Keeps others, until this transaction ends, from changing what else lets in the staff whose links a change
/// of an access group may touch: the memberships and groups of their providers, whose defaults and whose
/// settings change under the same locks. To be called before any row is locked; answers the providers.
pub fn lock_staff(write: &mut Write<'_>, now: DateTime<Utc>) -> Result<Vec<ProviderId>, Error> {
    // In the order of their ids: nobody else takes more than one of these.
    let providers = of_staff(write, now)?;
    for provider in &providers {
        write
            .connection
            .lock_memberships(provider.as_uuid().as_u128())?;
    }
    Ok(providers)
}

/// [`Error::Stale`] when somebody of another internal provider than those locked was given a link meanwhile.
/// To be called once the access group's row is locked: from then on nobody is given any.
pub fn still_staff_of(
    write: &mut Write<'_>,
    locked: &[ProviderId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let providers = of_staff(write, now)?;
    if providers.iter().all(|provider| locked.contains(provider)) {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// The providers whose staff have links that still work or will, by their ids.
fn of_staff(read: &mut Read<'_>, now: DateTime<Utc>) -> Result<Vec<ProviderId>, Error> {
    let mut providers: Vec<String> = unended(now)
        .filter(access_links::vendor_id.is_null())
        .select(access_links::provider_id)
        .distinct()
        .load(read.connection)?;
    providers.sort_unstable();
    providers.iter().map(|id| parsed(id)).collect()
}

/// Keeps others from changing an access group until this transaction ends.
pub fn share_access_group(write: &mut Write<'_>, id: AccessGroupId) -> Result<(), Error> {
    Ok(write.connection.share_access_group(&id.to_string())?)
}

/// Keeps those whom a block of these keys concerns from being given a link meanwhile.
pub fn lock_named(
    write: &mut Write<'_>,
    provider: ProviderId,
    user_name_key: &str,
    email_key: Option<&str>,
) -> Result<(), Error> {
    let ids = named(write, provider, user_name_key, email_key)?;
    for chunk in ids.chunks(CHUNK) {
        write.connection.lock_users(chunk)?;
    }
    Ok(())
}

/// Keeps others from giving the link a code until this transaction ends.
pub fn lock(write: &mut Write<'_>, link: LinkId) -> Result<(), Error> {
    Ok(write.connection.lock_link(&link.to_string())?)
}
