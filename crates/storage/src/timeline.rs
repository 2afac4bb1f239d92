//! What time alone will change, from one view over the rows that have dates, and how far it is recorded.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;
use vestibule_domain::timeline::MomentKind;
use vestibule_domain::{ProviderId, VendorId};

use crate::columns::{instant, micros, optional, parsed};
use crate::engine::{MultiBackend, insert_all, upsert};
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::schema::{timeline, timeline_marks, timeline_told};
use crate::store::{Read, Write};

/// Key of the lease of the node that records what time has changed, on PostgreSQL.
const TELLER: i64 = 7_236_830_021;
/// The only mark there is.
const TOLD: &str = "told";
/// How far behind the mark it is looked for dates that others were still writing when it was passed, or
/// that came from a node whose clock is behind. No write takes as long.
const LATE: Duration = Duration::minutes(5);

/// Something that happens by itself at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub at: DateTime<Utc>,
    pub kind: MomentKind,
    /// The vendor, link, block, provider or credential.
    pub subject: Uuid,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    /// What people call it.
    pub name: String,
}

sorts! {
    /// How the timeline can be sorted.
    TimelineSort by "timeline.subject_id" {
        At = "at" => "timeline.at",
    }
}

/// What a moment is sorted by.
pub fn place(_: TimelineSort, moment: &Moment) -> (Option<Key>, String) {
    let key = Key::Integer(micros(moment.at));
    (Some(key), moment.subject.to_string())
}

/// Which moments are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub kind: Option<MomentKind>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    /// Only those after this instant.
    pub after: Option<DateTime<Utc>>,
    /// Only those before this instant.
    pub before: Option<DateTime<Utc>>,
}

type Row = (i64, String, String, Option<String>, Option<String>, String);

fn moment((at, kind, subject, provider, vendor, name): Row) -> Result<Moment, Error> {
    Ok(Moment {
        at: instant(at)?,
        kind: parsed(&kind)?,
        subject: parsed(&subject)?,
        provider: optional(provider.as_deref())?,
        vendor: optional(vendor.as_deref())?,
        name,
    })
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<TimelineSort>,
) -> Result<Vec<Moment>, Error> {
    let mut query = timeline::table.into_boxed();
    if let Some(kind) = choice.kind {
        query = query.filter(timeline::kind.eq(kind.name()));
    }
    if let Some(provider) = choice.provider {
        query = query.filter(timeline::provider_id.eq(provider.to_string()));
    }
    if let Some(vendor) = choice.vendor {
        query = query.filter(timeline::vendor_id.eq(vendor.to_string()));
    }
    if let Some(after) = choice.after {
        query = query.filter(timeline::at.gt(micros(after)));
    }
    if let Some(before) = choice.before {
        query = query.filter(timeline::at.lt(micros(before)));
    }
    let rows: Vec<Row> = page.of(query).load(read.connection)?;
    rows.into_iter().map(moment).collect()
}

/// Up to where nothing is waiting to be recorded; none before the first call of [`advance`].
pub fn settled(read: &mut Read<'_>) -> Result<Option<DateTime<Utc>>, Error> {
    Ok(mark(read)?.map(|mark| mark - LATE))
}

fn mark(read: &mut Read<'_>) -> Result<Option<DateTime<Utc>>, Error> {
    let mark: Option<i64> = timeline_marks::table
        .find(TOLD)
        .select(timeline_marks::at)
        .first(read.connection)
        .optional()?;
    mark.map(instant).transpose()
}

/// What time has brought about and nobody has recorded, at most `limit` moments, oldest first; once
/// this transaction has committed it is never answered again. Nothing when another node is at it. The
/// first call of all begins at `now`.
pub fn advance(
    write: &mut Write<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Moment>, Error> {
    if !write.connection.try_lease(TELLER)? {
        return Ok(Vec::new());
    }
    let Some(mark) = mark(write)? else {
        remember(write, &[], now)?;
        return Ok(Vec::new());
    };
    let rows: Vec<Row> = untold(mark, now).limit(limit).load(write.connection)?;
    let found: Vec<Moment> = rows.into_iter().map(moment).collect::<Result<_, _>>()?;
    let whole = i64::try_from(found.len()).unwrap_or(i64::MAX) < limit;
    let reached = match found.last() {
        Some(last) if !whole => last.at,
        _ => now,
    };
    // A clock that was set back does not set the mark back.
    remember(write, &found, mark.max(reached))?;
    Ok(found)
}

/// The same of one vendor, link, block, provider or credential, whatever else is waiting.
pub fn advance_of(
    write: &mut Write<'_>,
    subject: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<Moment>, Error> {
    let Some(mark) = mark(write)? else {
        return Ok(Vec::new());
    };
    // Another node that is at it tells this as well.
    if !write.connection.try_lease(TELLER)? {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = untold(mark, now)
        .filter(timeline::subject_id.eq(subject.to_string()))
        .load(write.connection)?;
    let found: Vec<Moment> = rows.into_iter().map(moment).collect::<Result<_, _>>()?;
    note(write, &found)?;
    Ok(found)
}

/// What was to happen by `now` and nobody has recorded, oldest first.
fn untold<'a>(mark: DateTime<Utc>, now: DateTime<Utc>) -> timeline::BoxedQuery<'a, MultiBackend> {
    let told = timeline_told::table
        .filter(timeline_told::at.eq(timeline::at))
        .filter(timeline_told::subject_id.eq(timeline::subject_id))
        .filter(timeline_told::kind.eq(timeline::kind));
    timeline::table
        .filter(timeline::at.gt(micros(mark - LATE)))
        .filter(timeline::at.le(micros(now)))
        .filter(diesel::dsl::not(diesel::dsl::exists(told)))
        .order((timeline::at, timeline::subject_id, timeline::kind))
        .into_boxed()
}

fn remember(write: &mut Write<'_>, told: &[Moment], mark: DateTime<Utc>) -> Result<(), Error> {
    note(write, told)?;
    diesel::delete(timeline_told::table.filter(timeline_told::at.le(micros(mark - LATE))))
        .execute(write.connection)?;
    upsert!(
        &mut *write.connection,
        timeline_marks::table,
        (
            timeline_marks::name.eq(TOLD),
            timeline_marks::at.eq(micros(mark)),
        ),
        timeline_marks::name,
        timeline_marks::at.eq(micros(mark))
    )?;
    Ok(())
}

/// Keeps these moments from being told again.
fn note(write: &mut Write<'_>, told: &[Moment]) -> Result<(), Error> {
    let rows: Vec<_> = told
        .iter()
        .map(|moment| {
            (
                timeline_told::at.eq(micros(moment.at)),
                timeline_told::subject_id.eq(moment.subject.to_string()),
                timeline_told::kind.eq(moment.kind.name()),
            )
        })
        .collect();
    if !rows.is_empty() {
        insert_all!(&mut *write.connection, timeline_told::table, rows)?;
    }
    Ok(())
}
