//! People.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{EventId, ProviderId, UserId};
use vestibule_scim::fold::fold;

use crate::columns::{instant, micros, parsed};
use crate::engine::{direct, insert_all};
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::predicate::{Predicate, contains};
use crate::schema::{tombstones, user_emails, users};
use crate::sql::Sql;
use crate::store::{Read, Write};

/// A person as stored. `document` is the SCIM resource without what is derived: `id`, `meta`,
/// `groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub provider: ProviderId,
    pub user_name: String,
    pub email: Option<String>,
    pub active: bool,
    /// The event that made them active or inactive.
    pub active_event: EventId,
    /// JSON text of an object.
    pub document: String,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

/// What a person's row is written from.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub id: UserId,
    pub provider: ProviderId,
    pub user_name: String,
    pub user_name_key: String,
    /// Empty when there is none.
    pub display_name_key: String,
    /// The name that pages show, folded; empty when there is none.
    pub title_key: String,
    /// The family name, folded; empty when there is none.
    pub family_key: String,
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    /// Every e-mail, folded.
    pub email_keys: Vec<String>,
    pub active: bool,
    pub active_event: EventId,
    pub document: String,
    pub match_document: String,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

type Columns = (
    users::id,
    users::provider_id,
    users::user_name,
    users::email,
    users::active,
    users::active_event,
    users::document,
    users::created,
    users::modified,
    users::version,
);
const COLUMNS: Columns = (
    users::id,
    users::provider_id,
    users::user_name,
    users::email,
    users::active,
    users::active_event,
    users::document,
    users::created,
    users::modified,
    users::version,
);

#[derive(Queryable)]
struct Row {
    id: String,
    provider: String,
    user_name: String,
    email: Option<String>,
    active: bool,
    active_event: String,
    document: String,
    created: i64,
    modified: i64,
    version: i64,
}

impl TryFrom<Row> for User {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            provider: parsed(&row.provider)?,
            user_name: row.user_name,
            email: row.email,
            active: row.active,
            active_event: parsed(&row.active_event)?,
            document: row.document,
            created: instant(row.created)?,
            modified: instant(row.modified)?,
            version: row.version,
        })
    }
}

/// One person of a provider.
pub fn find(read: &mut Read<'_>, provider: ProviderId, id: UserId) -> Result<Option<User>, Error> {
    direct!(read, |connection| users::table
        .filter(users::id.eq(id.to_string()))
        .filter(users::provider_id.eq(provider.to_string()))
        .select(COLUMNS)
        .get_result::<Row>(connection))
    .optional()?
    .map(User::try_from)
    .transpose()
}

/// One person of a provider, whom nobody else changes until the transaction ends.
pub fn find_locked(
    write: &mut Write<'_>,
    provider: ProviderId,
    id: UserId,
) -> Result<Option<User>, Error> {
    write.connection.lock_users(&[id.to_string()])?;
    find(write, provider, id)
}

/// The active person whose folded primary e-mail that is; there is one at most in the whole system.
pub fn find_by_email(read: &mut Read<'_>, folded: &str) -> Result<Option<User>, Error> {
    let row: Option<Row> = users::table
        .filter(users::email_key.eq(folded))
        .filter(users::active.eq(true))
        .select(COLUMNS)
        .first(read.connection)
        .optional()?;
    row.map(User::try_from).transpose()
}

/// One person of any provider: for administrators only.
pub fn find_anywhere(read: &mut Read<'_>, id: UserId) -> Result<Option<User>, Error> {
    users::table
        .find(id.to_string())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(User::try_from)
        .transpose()
}

/// Which people administrators want to see.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub provider: Option<ProviderId>,
    /// The whole name, folded.
    pub user_name_key: Option<String>,
    pub active: Option<bool>,
    /// Only those on whom a block is in force at this instant.
    pub blocked: Option<DateTime<Utc>>,
    /// Folded; contained in the user name, the display name or the primary e-mail.
    pub search: Option<String>,
    /// Only these.
    pub among: Option<Vec<UserId>>,
}

sorts! {
    /// How people can be sorted; by `modified` those of one provider alone, since an index for all of
    /// them would be written at each change.
    PersonSort by "users.id" {
        Created = "created" => "users.id",
        UserName = "user_name" => "users.user_name_key",
        Modified = "modified" => "users.modified",
    }
}

/// What a person is sorted by.
pub fn place(sort: PersonSort, user: &User) -> (Option<Key>, String) {
    let key = match sort {
        PersonSort::Created => None,
        PersonSort::UserName => Some(Key::Text(fold(&user.user_name))),
        PersonSort::Modified => Some(Key::Integer(micros(user.modified))),
    };
    (key, user.id.to_string())
}

/// The people of any provider: for administrators only.
pub fn list_anywhere(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<PersonSort>,
) -> Result<Vec<User>, Error> {
    let engine = read.connection.engine();
    let mut query = users::table.into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(users::provider_id.eq(provider.to_string()));
    }
    if let Some(key) = &choice.user_name_key {
        query = query.filter(users::user_name_key.eq(key));
    }
    query = match choice.active {
        Some(true) => query.filter(users::active.eq(true)),
        // As the index of the few says it.
        Some(false) => query.filter(Predicate::literally("users.active = FALSE")),
        None => query,
    };
    if let Some(at) = choice.blocked {
        query = query.filter(blocked(at));
    }
    if let Some(text) = &choice.search {
        let columns = [
            "users.user_name_key",
            "users.display_name_key",
            "users.email_key",
        ];
        query = query.filter(contains(engine, &columns, text));
    }
    if let Some(among) = &choice.among {
        query = query.filter(read.one_of("users.id", among));
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(User::try_from).collect()
}

/// People of any provider whose user name or e-mail begins with `folded`, or their shown name or family
/// name with `bare`, by each in its order, at most `limit` by each.
///
/// Folded texts are compared byte by byte, so what begins with a text lies between it and the same with
/// the greatest character behind it.
pub fn named_like(
    read: &mut Read<'_>,
    folded: &str,
    bare: &str,
    limit: i64,
) -> Result<Vec<UserId>, Error> {
    let end = format!("{folded}\u{10ffff}");
    let bare_end = format!("{bare}\u{10ffff}");
    let mut found: Vec<String> = users::table
        .filter(users::user_name_key.ge(folded))
        .filter(users::user_name_key.lt(&end))
        .order((users::user_name_key, users::id))
        .limit(limit)
        .select(users::id)
        .load(read.connection)?;
    found.extend(
        users::table
            .filter(users::email_key.is_not_null())
            .filter(users::email_key.ge(folded))
            .filter(users::email_key.lt(&end))
            .order((users::email_key, users::id))
            .limit(limit)
            .select(users::id)
            .load::<String>(read.connection)?,
    );
    // As the indexes say it.
    found.extend(
        users::table
            .filter(Predicate::literally("users.title_key <> ''"))
            .filter(users::title_key.ge(bare))
            .filter(users::title_key.lt(&bare_end))
            .order((users::title_key, users::id))
            .limit(limit)
            .select(users::id)
            .load::<String>(read.connection)?,
    );
    found.extend(
        users::table
            .filter(Predicate::literally("users.family_key <> ''"))
            .filter(users::family_key.ge(bare))
            .filter(users::family_key.lt(&bare_end))
            .order((users::family_key, users::id))
            .limit(limit)
            .select(users::id)
            .load::<String>(read.connection)?,
    );
    let mut seen = HashSet::new();
    found.retain(|id| seen.insert(id.clone()));
    found.iter().map(|id| parsed(id)).collect()
}

/// The people with these ids, as far as they are there, in no order.
pub fn find_all(read: &mut Read<'_>, ids: &[UserId]) -> Result<Vec<User>, Error> {
    let rows: Vec<Row> = users::table
        .filter(read.one_of("users.id", ids))
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter().map(User::try_from).collect()
}

/// That a block is in force on a person, by name or by e-mail. Found from the blocks: they are few.
fn blocked(at: DateTime<Utc>) -> Predicate {
    let in_force = |sql: Sql| {
        sql.sql(" WHERE blocks.lifted_event IS NULL AND (blocks.until IS NULL OR blocks.until > ")
            .integer(micros(at))
            .sql(")")
    };
    let by_name = in_force(Sql::of(
        "users.id IN (SELECT named.id FROM blocks JOIN users AS named \
         ON named.provider_id = blocks.provider_id AND named.user_name_key = blocks.user_name_key",
    ));
    Predicate::of(
        in_force(by_name.sql(
            " UNION SELECT mailed.id FROM blocks JOIN users AS mailed ON mailed.email_key = blocks.email_key \
             AND (blocks.follows IS NULL OR blocks.provider_id = mailed.provider_id)",
        ))
        .sql(")"),
    )
}

pub fn insert(write: &mut Write<'_>, user: &NewUser) -> Result<(), Error> {
    direct!(write, |connection| diesel::insert_into(users::table)
        .values((
            users::id.eq(user.id.to_string()),
            users::provider_id.eq(user.provider.to_string()),
            users::user_name.eq(&user.user_name),
            users::user_name_key.eq(&user.user_name_key),
            users::display_name_key.eq(&user.display_name_key),
            users::title_key.eq(&user.title_key),
            users::family_key.eq(&user.family_key),
            users::external_id.eq(user.external_id.as_deref()),
            users::email.eq(user.email.as_deref()),
            users::email_key.eq(user.email_key.as_deref()),
            users::active.eq(user.active),
            users::active_event.eq(user.active_event.to_string()),
            users::document.eq(&user.document),
            users::match_document.eq(&user.match_document),
            users::created.eq(micros(user.created)),
            users::modified.eq(micros(user.modified)),
            users::version.eq(user.version),
        ))
        .execute(connection))?;
    insert_emails(write, user)
}

/// Puts `user` in the place of the row that still has `version`; [`Error::Stale`] when it has not.
pub fn replace(write: &mut Write<'_>, version: i64, user: &NewUser) -> Result<(), Error> {
    let id = user.id.to_string();
    let changed = diesel::update(
        users::table
            .filter(users::id.eq(&id))
            .filter(users::provider_id.eq(user.provider.to_string()))
            .filter(users::version.eq(version)),
    )
    .set((
        users::user_name.eq(&user.user_name),
        users::user_name_key.eq(&user.user_name_key),
        users::display_name_key.eq(&user.display_name_key),
        users::title_key.eq(&user.title_key),
        users::family_key.eq(&user.family_key),
        users::external_id.eq(user.external_id.as_deref()),
        users::email.eq(user.email.as_deref()),
        users::email_key.eq(user.email_key.as_deref()),
        users::active.eq(user.active),
        users::active_event.eq(user.active_event.to_string()),
        users::document.eq(&user.document),
        users::match_document.eq(&user.match_document),
        users::modified.eq(micros(user.modified)),
        users::version.eq(user.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        return Err(Error::Stale);
    }
    diesel::delete(user_emails::table.filter(user_emails::user_id.eq(&id)))
        .execute(write.connection)?;
    insert_emails(write, user)
}

fn insert_emails(write: &mut Write<'_>, user: &NewUser) -> Result<(), Error> {
    let rows: Vec<_> = (0_i64..)
        .zip(&user.email_keys)
        .map(|(position, key)| {
            (
                user_emails::user_id.eq(user.id.to_string()),
                user_emails::position.eq(position),
                user_emails::provider_id.eq(user.provider.to_string()),
                user_emails::value_key.eq(key),
            )
        })
        .collect();
    if !rows.is_empty() {
        insert_all!(&mut *write.connection, user_emails::table, rows)?;
    }
    Ok(())
}

/// Removes a person and keeps a tombstone. Their memberships are to be gone by then.
pub fn delete(
    write: &mut Write<'_>,
    user: &User,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<(), Error> {
    bury(
        write,
        "user",
        &user.id.to_string(),
        user.provider,
        &user.document,
        at,
        event,
    )?;
    let deleted = diesel::delete(
        users::table
            .filter(users::id.eq(user.id.to_string()))
            .filter(users::version.eq(user.version)),
    )
    .execute(write.connection)?;
    if deleted == 0 {
        Err(Error::Stale)
    } else {
        Ok(())
    }
}

/// Keeps what SCIM deleted.
pub(crate) fn bury(
    write: &mut Write<'_>,
    kind: &str,
    id: &str,
    provider: ProviderId,
    document: &str,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<(), Error> {
    diesel::insert_into(tombstones::table)
        .values((
            tombstones::id.eq(id),
            tombstones::kind.eq(kind),
            tombstones::provider_id.eq(provider.to_string()),
            tombstones::document.eq(document),
            tombstones::deleted.eq(micros(at)),
            tombstones::event_id.eq(event.to_string()),
        ))
        .execute(write.connection)?;
    Ok(())
}
