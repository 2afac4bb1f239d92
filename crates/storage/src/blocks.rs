//! Blocks set on people by administrators. They are keyed by provider and user name and by e-mail,
//! so they survive the person's deletion. When a person is renamed their blocks stand under both
//! names: whoever has either is meant.

use std::collections::HashSet;

use diesel::prelude::*;
use vestibule_domain::person::Block;
use vestibule_domain::{BlockId, EventId, ProviderId, UserId};
use vestibule_scim::fold::fold;

use crate::access::Person;
use crate::columns::{instant, micros, optional, optional_instant, parsed};
use crate::engine::direct;
use crate::error::Error;
use crate::links::named;
use crate::page::{Page, sorts};
use crate::predicate::contains;
use crate::schema::blocks;
use crate::store::{Read, Write};

type Columns = (
    blocks::id,
    blocks::provider_id,
    blocks::user_name_key,
    blocks::email_key,
    blocks::reason,
    blocks::until,
    blocks::created,
    blocks::event_id,
    blocks::follows,
);
const COLUMNS: Columns = (
    blocks::id,
    blocks::provider_id,
    blocks::user_name_key,
    blocks::email_key,
    blocks::reason,
    blocks::until,
    blocks::created,
    blocks::event_id,
    blocks::follows,
);

type Row = (
    String,
    String,
    String,
    Option<String>,
    String,
    Option<i64>,
    i64,
    String,
    Option<String>,
);

fn block(
    (id, provider, user_name_key, email_key, reason, until, created, event, follows): Row,
) -> Result<Block, Error> {
    Ok(Block {
        id: parsed(&id)?,
        provider: parsed(&provider)?,
        user_name_key,
        email_key,
        reason,
        until: optional_instant(until)?,
        created: instant(created)?,
        event: parsed(&event)?,
        follows: optional(follows.as_deref())?,
    })
}

/// The blocks that concern a person, by name or by e-mail, oldest first, also those that have ended.
pub fn concerning(
    read: &mut Read<'_>,
    provider: ProviderId,
    user_name_key: &str,
    email_key: Option<&str>,
) -> Result<Vec<Block>, Error> {
    let by_name = blocks::provider_id
        .eq(provider.to_string())
        .and(blocks::user_name_key.eq(user_name_key));
    let rows: Vec<Row> = match email_key {
        Some(email) => blocks::table
            .filter(blocks::lifted_event.is_null())
            .filter(
                by_name.or(blocks::email_key
                    .is_not_null()
                    .and(blocks::email_key.assume_not_null().eq(email))),
            )
            .order(blocks::id)
            .select(COLUMNS)
            .load(read.connection)?,
        None => blocks::table
            .filter(blocks::lifted_event.is_null())
            .filter(by_name)
            .order(blocks::id)
            .select(COLUMNS)
            .load(read.connection)?,
    };
    let mut found: Vec<Block> = rows.into_iter().map(block).collect::<Result<_, Error>>()?;
    // A block that followed its person stands there under each name they had.
    let mut seen = HashSet::new();
    found.retain(|block| {
        block.concerns(provider, user_name_key, email_key) && seen.insert(block.event)
    });
    Ok(found)
}

/// The newest `limit` blocks that ever concerned a person, by name or by e-mail, those that were lifted
/// too; each with those that it followed its person from.
pub fn ever_concerning(
    read: &mut Read<'_>,
    provider: ProviderId,
    user_name_key: &str,
    email_key: Option<&str>,
    limit: i64,
) -> Result<Vec<BlockId>, Error> {
    let by_name = blocks::provider_id
        .eq(provider.to_string())
        .and(blocks::user_name_key.eq(user_name_key));
    // Nobody's e-mail is empty.
    let by_email = blocks::email_key.is_not_null().and(
        blocks::email_key
            .assume_not_null()
            .eq(email_key.unwrap_or_default()),
    );
    let rows: Vec<Row> = blocks::table
        .filter(by_name.or(by_email))
        .order(blocks::id.desc())
        .limit(limit)
        .select(COLUMNS)
        .load(read.connection)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let block = block(row)?;
        if block.concerns(provider, user_name_key, email_key) {
            found.extend(std::iter::once(block.id).chain(block.follows));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

sorts! {
    /// How blocks can be sorted.
    BlockSort by "blocks.id" {
        Created = "created" => "blocks.id",
    }
}

/// Blocks of one provider's people or of everybody; `search`: contained in the name, the e-mail
/// (both without case) or the reason.
pub fn list(
    read: &mut Read<'_>,
    provider: Option<ProviderId>,
    search: Option<&str>,
    page: &Page<BlockSort>,
) -> Result<Vec<Block>, Error> {
    let engine = read.connection.engine();
    let mut query = blocks::table
        .filter(blocks::lifted_event.is_null())
        .into_boxed();
    if let Some(provider) = provider {
        query = query.filter(blocks::provider_id.eq(provider.to_string()));
    }
    if let Some(text) = search {
        let folded = ["blocks.user_name_key", "blocks.email_key"];
        let anywhere =
            contains(engine, &folded, &fold(text)).or(contains(engine, &["blocks.reason"], text));
        query = query.filter(anywhere);
    }
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(block).collect()
}

pub fn find(read: &mut Read<'_>, id: BlockId) -> Result<Option<Block>, Error> {
    blocks::table
        .find(id.to_string())
        .filter(blocks::lifted_event.is_null())
        .select(COLUMNS)
        .get_result::<Row>(read.connection)
        .optional()?
        .map(block)
        .transpose()
}

pub fn insert(write: &mut Write<'_>, block: &Block) -> Result<(), Error> {
    diesel::insert_into(blocks::table)
        .values((
            blocks::id.eq(block.id.to_string()),
            blocks::provider_id.eq(block.provider.to_string()),
            blocks::user_name_key.eq(&block.user_name_key),
            blocks::email_key.eq(block.email_key.as_deref()),
            blocks::reason.eq(&block.reason),
            blocks::until.eq(block.until.map(micros)),
            blocks::created.eq(micros(block.created)),
            blocks::event_id.eq(block.event.to_string()),
            blocks::follows.eq(block.follows.map(|id| id.to_string())),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Whom a block concerns under any name it has followed its person to. None of them is renamed until the
/// transaction ends; [`Error::Stale`] when somebody was meanwhile.
pub fn lock_concerned(write: &mut Write<'_>, block: &Block) -> Result<Vec<UserId>, Error> {
    let people = concerned(write, block)?;
    for chunk in people.chunks(1_000) {
        write.connection.lock_users(chunk)?;
    }
    if concerned(write, block)? != people {
        return Err(Error::Stale);
    }
    people.iter().map(|id| parsed(id)).collect()
}

/// Whom a block concerns under any name it has followed its person to, locked by nobody.
pub fn people(read: &mut Read<'_>, block: &Block) -> Result<Vec<UserId>, Error> {
    let people = concerned(read, block)?;
    people.iter().map(|id| parsed(id)).collect()
}

fn concerned(read: &mut Read<'_>, block: &Block) -> Result<Vec<String>, Error> {
    let everywhere: Vec<Row> = blocks::table
        .filter(blocks::event_id.eq(block.event.to_string()))
        .filter(blocks::lifted_event.is_null())
        .select(COLUMNS)
        .load(read.connection)?;
    let mut people = Vec::new();
    for row in everywhere {
        let followed = self::block(row)?;
        let email = followed.email_key.as_deref();
        people.extend(named(
            read,
            followed.provider,
            &followed.user_name_key,
            email,
        )?);
    }
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

/// Lifts a block under all the names it has followed its person to; [`Error::Stale`] when somebody else has
/// meanwhile. It stays as what made its person free again.
pub fn lift(write: &mut Write<'_>, block: &Block, event: EventId) -> Result<(), Error> {
    let everywhere = blocks::table
        .filter(blocks::event_id.eq(block.event.to_string()))
        .filter(blocks::lifted_event.is_null());
    let lifted = diesel::update(everywhere)
        .set(blocks::lifted_event.eq(event.to_string()))
        .execute(write.connection)?;
    if lifted > 0 {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}

/// Every block that concerns one of some people, those that were lifted with the event that did.
pub fn concerning_any(
    read: &mut Read<'_>,
    people: &[Person],
) -> Result<Vec<(Block, Option<EventId>)>, Error> {
    let selected = blocks::table
        .order(blocks::id)
        .select((COLUMNS, blocks::lifted_event));
    let rows: Vec<(Row, Option<String>)> = match people {
        [one] => direct!(read, |connection| {
            let by_name = blocks::provider_id
                .eq(one.provider.to_string())
                .and(blocks::user_name_key.eq(&one.user_name_key));
            // Nobody's e-mail is empty.
            let email = one.email_key.as_deref().unwrap_or_default();
            let by_email = blocks::email_key
                .is_not_null()
                .and(blocks::email_key.assume_not_null().eq(email));
            selected.filter(by_name.or(by_email)).load(connection)
        })?,
        many => {
            let mut providers: Vec<ProviderId> =
                many.iter().map(|person| person.provider).collect();
            providers.sort_unstable();
            providers.dedup();
            let names = many.iter().map(|person| person.user_name_key.as_str());
            let emails = many.iter().filter_map(|person| person.email_key.as_deref());
            let by_name = read
                .one_of("blocks.provider_id", providers)
                .and(read.one_of("blocks.user_name_key", names));
            let by_email = blocks::email_key
                .is_not_null()
                .and(read.one_of("blocks.email_key", emails));
            selected
                .filter(by_name.or(by_email))
                .load(read.connection)?
        }
    };
    rows.into_iter()
        .map(|(row, lifted)| Ok((block(row)?, optional(lifted.as_deref())?)))
        .collect()
}
