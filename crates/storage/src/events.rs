//! The append-only record of every change and the chain that seals it.

mod sealed;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;
use vestibule_domain::event::{self, Digest, Event, GENESIS, Metadata};
use vestibule_domain::{AdministratorId, EventId, ProviderId};

use crate::columns::{self, micros, optional, parsed};
use crate::engine::{Session, insert_all};
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::predicate::{Predicate, contains};
use crate::schema::{event_payloads, events};
use crate::store::{Read, Write};

pub use sealed::{Chain, Seal, Verification, chain, hash_at, seal_of, verify};

/// Rows put into one statement; well below the bound-parameter limits of both engines.
const CHUNK: usize = 500;
/// By which an event may be told of another instant than its id was made at.
const SLACK: Duration = Duration::hours(1);
/// Key of the lease that the sealing node holds on PostgreSQL.
const SEALER: i64 = 7_236_830_012;

/// An event with the salt that keeps its payload from being guessed once it is erased.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub event: Event,
    pub salt: [u8; 32],
}

/// An event as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    pub id: EventId,
    /// Its place in the chain; none until it is sealed, within a second.
    pub seq: Option<i64>,
    pub hash: Option<Vec<u8>>,
    pub at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    pub actor_detail: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub provider: Option<String>,
    pub cause: Option<String>,
    pub request_id: Option<String>,
    /// JSON text; none once it was erased.
    pub payload: Option<String>,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub subject: Option<Uuid>,
    /// Further subjects, few; without `subject` they say nothing.
    pub also: Vec<Uuid>,
    pub provider: Option<ProviderId>,
    pub action: Option<String>,
    /// Only what this administrator did.
    pub administrator: Option<AdministratorId>,
    /// Contained in the actor's detail or id, or the id of the cause or the request.
    pub search: Option<String>,
    /// Only what happened at this instant or later.
    pub since: Option<DateTime<Utc>>,
    /// Only what happened before this instant.
    pub until: Option<DateTime<Utc>>,
}

sorts! {
    /// How events can be sorted.
    EventSort by "events.id" {
        At = "at" => "events.id",
    }
}

// What is none is written as NULL, so that there is one statement, found by its type.
#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct EventRow {
    id: String,
    seq: Option<i64>,
    hash: Option<Vec<u8>>,
    at: i64,
    actor_kind: String,
    actor_id: Option<String>,
    actor_detail: Option<String>,
    action: String,
    subject_kind: String,
    subject_id: String,
    provider_id: Option<String>,
    cause_id: Option<String>,
    request_id: Option<String>,
    payload_digest: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = event_payloads, treat_none_as_default_value = false)]
struct PayloadRow {
    event_id: String,
    salt: Vec<u8>,
    payload: String,
}

#[derive(Queryable)]
struct ChainRow {
    id: String,
    seq: Option<i64>,
    hash: Option<Vec<u8>>,
    at: i64,
    actor_kind: String,
    actor_id: Option<String>,
    actor_detail: Option<String>,
    action: String,
    subject_kind: String,
    subject_id: String,
    provider: Option<String>,
    cause: Option<String>,
    request_id: Option<String>,
    payload_digest: Vec<u8>,
}

impl ChainRow {
    fn metadata(&self) -> Result<Vec<u8>, Error> {
        Ok(Metadata {
            id: parsed(&self.id)?,
            at_micros: self.at,
            actor_kind: self.actor_kind.as_str().into(),
            actor_id: optional(self.actor_id.as_deref())?,
            actor_detail: self.actor_detail.as_deref().map(Into::into),
            action: self.action.as_str().into(),
            subject_kind: self.subject_kind.as_str().into(),
            subject_id: parsed(&self.subject_id)?,
            provider: optional(self.provider.as_deref())?,
            cause: optional(self.cause.as_deref())?,
            request_id: self.request_id.as_deref().map(Into::into),
        }
        .to_bytes())
    }

    /// Whether every id is spelt as it was hashed, so that looking it up finds what was sealed.
    fn is_canonical(&self) -> bool {
        [
            Some(&self.id),
            self.actor_id.as_ref(),
            Some(&self.subject_id),
            self.provider.as_ref(),
            self.cause.as_ref(),
        ]
        .into_iter()
        .flatten()
        .all(|id| !id.bytes().any(|byte| byte.is_ascii_uppercase()))
    }

    fn payload_digest(&self) -> Result<Digest, Error> {
        self.payload_digest
            .as_slice()
            .try_into()
            .map_err(|_| Error::corrupt("a digest of another length"))
    }
}

type ChainColumns = (
    events::id,
    events::seq,
    events::hash,
    events::at,
    events::actor_kind,
    events::actor_id,
    events::actor_detail,
    events::action,
    events::subject_kind,
    events::subject_id,
    events::provider_id,
    events::cause_id,
    events::request_id,
    events::payload_digest,
);
const CHAIN: ChainColumns = (
    events::id,
    events::seq,
    events::hash,
    events::at,
    events::actor_kind,
    events::actor_id,
    events::actor_detail,
    events::action,
    events::subject_kind,
    events::subject_id,
    events::provider_id,
    events::cause_id,
    events::request_id,
    events::payload_digest,
);

/// Writes events of a transaction that others may overtake: they are sealed later.
pub(crate) fn insert_unsealed(
    connection: &mut Session,
    recorded: &[Recorded],
) -> Result<(), Error> {
    insert(connection, recorded, None)
}

/// Writes events in the order of their chain. Only the one writer of SQLite can know that order.
pub(crate) fn insert_sealed(connection: &mut Session, recorded: &[Recorded]) -> Result<(), Error> {
    if recorded.is_empty() {
        return Ok(());
    }
    let head = head(connection)?;
    insert(connection, recorded, Some(head))
}

fn insert(
    connection: &mut Session,
    recorded: &[Recorded],
    mut head: Option<(i64, Digest)>,
) -> Result<(), Error> {
    for chunk in recorded.chunks(CHUNK) {
        let mut rows = Vec::with_capacity(chunk.len());
        let mut payloads = Vec::with_capacity(chunk.len());
        for Recorded { event, salt } in chunk {
            let payload = event::payload_text(event);
            let digest = event::payload_digest(salt, &payload);
            let metadata = event.metadata();
            head = head.map(|(seq, previous)| {
                (
                    seq + 1,
                    event::seal(&previous, seq + 1, &metadata.to_bytes(), &digest),
                )
            });
            rows.push(EventRow {
                id: event.id.to_string(),
                seq: head.map(|(seq, _)| seq),
                hash: head.map(|(_, hash)| hash.to_vec()),
                at: metadata.at_micros,
                actor_kind: metadata.actor_kind.into_owned(),
                actor_id: metadata.actor_id.map(|id| id.to_string()),
                actor_detail: metadata.actor_detail.map(std::borrow::Cow::into_owned),
                action: metadata.action.into_owned(),
                subject_kind: metadata.subject_kind.into_owned(),
                subject_id: metadata.subject_id.to_string(),
                provider_id: metadata.provider.map(|id| id.to_string()),
                cause_id: metadata.cause.map(|id| id.to_string()),
                request_id: metadata.request_id.map(std::borrow::Cow::into_owned),
                payload_digest: digest.to_vec(),
            });
            payloads.push(PayloadRow {
                event_id: event.id.to_string(),
                salt: salt.to_vec(),
                payload,
            });
        }
        insert_all!(connection, events::table, rows)?;
        insert_all!(connection, event_payloads::table, payloads)?;
    }
    Ok(())
}

/// Number and hash of the last sealed event.
fn head(connection: &mut Session) -> Result<(i64, Digest), Error> {
    let last: Option<(Option<i64>, Option<Vec<u8>>)> = events::table
        .filter(events::seq.is_not_null())
        .order(events::seq.desc())
        .select((events::seq, events::hash))
        .first(connection)
        .optional()?;
    match last {
        None => Ok((0, GENESIS)),
        Some((Some(seq), Some(hash))) => Ok((
            seq,
            hash.as_slice()
                .try_into()
                .map_err(|_| Error::corrupt("a hash of another length"))?,
        )),
        Some(_) => Err(Error::corrupt("a sealed event without its hash")),
    }
}

/// Gives committed events their place in the chain, at most `limit` of them. Answers how many; none
/// when another node is at it. On SQLite there is never anything to do: the writer seals.
pub fn seal(write: &mut Write<'_>, limit: i64) -> Result<usize, Error> {
    if !write.connection.try_lease(SEALER)? {
        return Ok(0);
    }
    let rows: Vec<ChainRow> = events::table
        .filter(events::seq.is_null())
        .order(events::id)
        .limit(limit)
        .select(CHAIN)
        .load(write.connection)?;
    let (mut seq, mut hash) = head(write.connection)?;
    for row in &rows {
        seq += 1;
        hash = event::seal(&hash, seq, &row.metadata()?, &row.payload_digest()?);
        diesel::update(events::table.find(&row.id))
            .set((events::seq.eq(seq), events::hash.eq(hash.to_vec())))
            .execute(write.connection)?;
    }
    Ok(rows.len())
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<EventSort>,
) -> Result<Vec<Stored>, Error> {
    let engine = read.connection.engine();
    let mut query = events::table.left_join(event_payloads::table).into_boxed();
    match choice.subject {
        Some(subject) if choice.also.is_empty() => {
            query = query.filter(events::subject_id.eq(subject.to_string()));
        }
        Some(subject) => {
            let subjects = std::iter::once(subject).chain(choice.also.iter().copied());
            query = query.filter(read.one_of("events.subject_id", subjects));
        }
        None => {}
    }
    // Events of one thing are few; SQLite might look for all of its provider instead.
    let mut few = choice.subject.is_some();
    if let Some(administrator) = choice.administrator.map(|id| id.to_string()) {
        // As the index says it.
        query = query.filter(Predicate::literally("events.actor_kind = 'administrator'"));
        query = if few {
            query.filter(Predicate::beside("events.actor_id", &administrator))
        } else {
            query.filter(events::actor_id.eq(administrator))
        };
        few = true;
    }
    if let Some(provider) = choice.provider.map(|id| id.to_string()) {
        query = if few {
            query.filter(Predicate::beside("events.provider_id", &provider))
        } else {
            query.filter(events::provider_id.eq(provider))
        };
    }
    if let Some(action) = &choice.action {
        query = if few {
            query.filter(Predicate::beside("events.action", action))
        } else {
            query.filter(events::action.eq(action))
        };
    }
    if let Some(since) = choice.since {
        query = query
            .filter(events::at.ge(micros(since)))
            .filter(events::id.ge(around(since - SLACK)));
    }
    if let Some(until) = choice.until {
        query = query
            .filter(events::at.lt(micros(until)))
            .filter(events::id.lt(around(until + SLACK)));
    }
    if let Some(text) = &choice.search {
        let columns = [
            "events.actor_detail",
            "events.actor_id",
            "events.cause_id",
            "events.request_id",
        ];
        query = query.filter(contains(engine, &columns, text));
    }
    let rows: Vec<(ChainRow, Option<String>)> = page
        .of(query)
        .select((CHAIN, event_payloads::payload.nullable()))
        .load(read.connection)?;
    rows.into_iter().map(stored).collect()
}

/// Where ids made at an instant begin: with the time (RFC 9562, section 5.7).
fn around(at: DateTime<Utc>) -> String {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128((millis & ((1 << 48) - 1)) << 80).to_string()
}

/// The event with that id, or those of the request with that id, oldest first.
///
/// Both ids begin with the time they were made (RFC 9562, section 5.7), and a request's events are
/// made after it and soon, so a short stretch of the table holds them.
pub fn of_request_or_id(read: &mut Read<'_>, id: Uuid, limit: i64) -> Result<Vec<Stored>, Error> {
    const SOON: u128 = 30_000 << 80;
    let text = id.to_string();
    let end = Uuid::from_u128(id.as_u128().saturating_add(SOON)).to_string();
    let rows: Vec<(ChainRow, Option<String>)> = events::table
        .left_join(event_payloads::table)
        .filter(events::id.ge(&text))
        .filter(events::id.lt(end))
        .filter(
            events::id.eq(&text).or(events::request_id
                .is_not_null()
                .and(events::request_id.assume_not_null().eq(&text))),
        )
        .order(events::id)
        .limit(limit)
        .select((CHAIN, event_payloads::payload.nullable()))
        .load(read.connection)?;
    rows.into_iter().map(stored).collect()
}

fn stored((row, payload): (ChainRow, Option<String>)) -> Result<Stored, Error> {
    Ok(Stored {
        id: parsed(&row.id)?,
        seq: row.seq,
        hash: row.hash,
        at: columns::instant(row.at)?,
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_detail: row.actor_detail,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        provider: row.provider,
        cause: row.cause,
        request_id: row.request_id,
        payload,
    })
}

/// For each instant the number of the first sealed event at it or later, or the number behind the
/// last: their differences count the events between.
///
/// Ids begin with the time (RFC 9562, section 5.7), so that each is one step in the primary key.
pub fn numbers_at(read: &mut Read<'_>, instants: &[DateTime<Utc>]) -> Result<Vec<i64>, Error> {
    let (last, _) = head(read.connection)?;
    let mut numbers = Vec::with_capacity(instants.len());
    for instant in instants {
        let from = around(*instant);
        let found: Option<Option<i64>> = events::table
            .filter(events::id.ge(from))
            .filter(events::seq.is_not_null())
            .order(events::id)
            .select(events::seq)
            .first(read.connection)
            .optional()?;
        numbers.push(found.flatten().unwrap_or(last + 1));
    }
    Ok(numbers)
}

/// How many events that no provider made there are from one instant to before another.
pub fn count_beside_providers(
    read: &mut Read<'_>,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<i64, Error> {
    Ok(events::table
        // As the index says it.
        .filter(Predicate::literally("events.actor_kind <> 'provider'"))
        .filter(events::id.ge(around(from)))
        .filter(events::id.lt(around(to)))
        .count()
        .get_result(read.connection)?)
}
