//! Requests that were refused or failed, kept for administrators to look at for a while.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;
use vestibule_domain::{CredentialId, ProviderId};

use crate::columns::{instant, micros, optional};
use crate::engine::upsert;
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::predicate::contains;
use crate::schema::{refused_requests, telemetry_drops};
use crate::store::{Read, Write};

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The id that the error body carried.
    pub id: String,
    pub at: DateTime<Utc>,
    /// Whose request it was, as far as what it showed tells.
    pub provider: Option<ProviderId>,
    pub credential: Option<CredentialId>,
    /// `scim` or `token`.
    pub endpoint: String,
    pub method: String,
    /// Path and query, without secrets.
    pub target: String,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub status: u16,
    /// The `scimType`, or the `error` of RFC 6749.
    pub code: Option<String>,
    /// What the sender was told.
    pub answer: String,
    /// What only administrators are told.
    pub reason: String,
    /// The outline of the body: names and types, no values.
    pub body: Option<String>,
}

sorts! {
    /// How refused requests can be sorted.
    RequestSort by "refused_requests.id" {
        At = "at" => "refused_requests.id",
    }
}

/// Who sent the requests that are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub enum Whose {
    #[default]
    Anybodys,
    Provider(ProviderId),
    /// Of senders that could not be told.
    Strangers,
}

impl From<Option<ProviderId>> for Whose {
    fn from(provider: Option<ProviderId>) -> Self {
        provider.map_or(Self::Anybodys, Self::Provider)
    }
}

/// Which refused requests are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub whose: Whose,
    pub endpoint: Option<String>,
    pub status: Option<u16>,
    /// Contained in the target, the code, the answer or the reason.
    pub search: Option<String>,
    /// The first instant.
    pub since: Option<DateTime<Utc>>,
    /// The first instant no more.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Queryable)]
struct Row {
    id: String,
    at: i64,
    provider: Option<String>,
    credential: Option<String>,
    endpoint: String,
    method: String,
    target: String,
    address: Option<String>,
    user_agent: Option<String>,
    status: i64,
    code: Option<String>,
    answer: String,
    reason: String,
    body: Option<String>,
}

impl TryFrom<Row> for Refused {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            at: instant(row.at)?,
            provider: optional(row.provider.as_deref())?,
            credential: optional(row.credential.as_deref())?,
            endpoint: row.endpoint,
            method: row.method,
            target: row.target,
            address: row.address,
            user_agent: row.user_agent,
            status: row.status.try_into().map_err(Error::corrupt)?,
            code: row.code,
            answer: row.answer,
            reason: row.reason,
            body: row.body,
        })
    }
}

/// Keeps a request. One that is kept already stays as it is, so that a flush can be repeated.
pub fn insert(write: &mut Write<'_>, refused: &Refused) -> Result<(), Error> {
    use refused_requests as columns;
    upsert!(
        &mut *write.connection,
        columns::table,
        (
            columns::id.eq(&refused.id),
            columns::at.eq(micros(refused.at)),
            columns::provider_id.eq(refused.provider.map(|id| id.to_string())),
            columns::credential_id.eq(refused.credential.map(|id| id.to_string())),
            columns::endpoint.eq(&refused.endpoint),
            columns::method.eq(&refused.method),
            columns::target.eq(&refused.target),
            columns::address.eq(refused.address.as_deref()),
            columns::user_agent.eq(refused.user_agent.as_deref()),
            columns::status.eq(i64::from(refused.status)),
            columns::code.eq(refused.code.as_deref()),
            columns::answer.eq(&refused.answer),
            columns::reason.eq(&refused.reason),
            columns::body.eq(refused.body.as_deref()),
        ),
        columns::id,
        columns::at.eq(columns::at)
    )?;
    Ok(())
}

pub fn find(read: &mut Read<'_>, id: &str) -> Result<Option<Refused>, Error> {
    refused_requests::table
        .find(id)
        .first::<Row>(read.connection)
        .optional()?
        .map(Refused::try_from)
        .transpose()
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<RequestSort>,
) -> Result<Vec<Refused>, Error> {
    let engine = read.connection.engine();
    let mut query = refused_requests::table.into_boxed();
    query = match choice.whose {
        Whose::Anybodys => query,
        Whose::Provider(id) => query.filter(refused_requests::provider_id.eq(id.to_string())),
        Whose::Strangers => query.filter(refused_requests::provider_id.is_null()),
    };
    if let Some(endpoint) = &choice.endpoint {
        query = query.filter(refused_requests::endpoint.eq(endpoint));
    }
    if let Some(status) = choice.status {
        query = query.filter(refused_requests::status.eq(i64::from(status)));
    }
    // Ids begin with the time, to the millisecond.
    if let Some(since) = choice.since {
        query = query
            .filter(refused_requests::id.ge(around(since)))
            .filter(refused_requests::at.ge(micros(since)));
    }
    if let Some(until) = choice.until {
        query = query
            .filter(refused_requests::id.lt(around(until + Duration::milliseconds(1))))
            .filter(refused_requests::at.lt(micros(until)));
    }
    if let Some(text) = &choice.search {
        let columns = [
            "refused_requests.target",
            "refused_requests.code",
            "refused_requests.answer",
            "refused_requests.reason",
        ];
        query = query.filter(contains(engine, &columns, text));
    }
    let rows: Vec<Row> = page.of(query).load(read.connection)?;
    rows.into_iter().map(Refused::try_from).collect()
}

/// The latest, of whomever, newest first.
pub fn latest(read: &mut Read<'_>, limit: i64) -> Result<Vec<Refused>, Error> {
    let rows: Vec<Row> = refused_requests::table
        .order(refused_requests::id.desc())
        .limit(limit)
        .load(read.connection)?;
    rows.into_iter().map(Refused::try_from).collect()
}

/// Where ids made at an instant begin.
fn around(at: DateTime<Utc>) -> String {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or(0);
    Uuid::from_u128((millis & ((1 << 48) - 1)) << 80).to_string()
}

/// How many were refused at that instant or later: their ids begin with the time.
pub fn count_since(read: &mut Read<'_>, since: DateTime<Utc>) -> Result<i64, Error> {
    Ok(refused_requests::table
        .filter(refused_requests::id.ge(around(since)))
        .count()
        .get_result(read.connection)?)
}

/// Forgets at most `limit` requests older than `before`. Answers how many.
pub fn purge(write: &mut Write<'_>, before: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let old: Vec<String> = refused_requests::table
        .filter(refused_requests::at.lt(micros(before)))
        .order(refused_requests::at)
        .limit(limit)
        .select(refused_requests::id)
        .load(write.connection)?;
    Ok(
        diesel::delete(refused_requests::table.filter(write.one_of("refused_requests.id", old)))
            .execute(write.connection)?,
    )
}

/// Forgets, of one provider or of none, at most `limit` requests on top of the newest `kept`. Answers
/// how many.
pub fn trim(
    write: &mut Write<'_>,
    provider: Option<ProviderId>,
    kept: i64,
    limit: i64,
) -> Result<usize, Error> {
    let mut query = refused_requests::table.into_boxed();
    query = match provider {
        Some(provider) => query.filter(refused_requests::provider_id.eq(provider.to_string())),
        None => query.filter(refused_requests::provider_id.is_null()),
    };
    let over: Vec<String> = query
        .order(refused_requests::id.desc())
        .offset(kept)
        .limit(limit)
        .select(refused_requests::id)
        .load(write.connection)?;
    Ok(
        diesel::delete(refused_requests::table.filter(write.one_of("refused_requests.id", over)))
            .execute(write.connection)?,
    )
}

/// Whose requests are kept: providers, and none for those of nobody known.
pub fn owners(read: &mut Read<'_>) -> Result<Vec<Option<ProviderId>>, Error> {
    let rows: Vec<Option<String>> = refused_requests::table
        .select(refused_requests::provider_id)
        .distinct()
        .load(read.connection)?;
    rows.iter().map(|id| optional(id.as_deref())).collect()
}

/// Counts what was dropped.
pub fn add_drops(
    write: &mut Write<'_>,
    kind: &str,
    drops: i64,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    upsert!(
        &mut *write.connection,
        telemetry_drops::table,
        (
            telemetry_drops::kind.eq(kind),
            telemetry_drops::drops.eq(drops),
            telemetry_drops::last_drop.eq(micros(at)),
        ),
        telemetry_drops::kind,
        (
            telemetry_drops::drops.eq(telemetry_drops::drops + drops),
            telemetry_drops::last_drop.eq(micros(at)),
        )
    )?;
    Ok(())
}

/// How much of a kind was ever dropped.
pub fn drops(read: &mut Read<'_>, kind: &str) -> Result<i64, Error> {
    let found: Option<i64> = telemetry_drops::table
        .find(kind)
        .select(telemetry_drops::drops)
        .first(read.connection)
        .optional()?;
    Ok(found.unwrap_or_default())
}
