//! Mails to be sent, each leased by the one node that is at it.
//!
//! ```text
//! queued -> leased, still queued -> handing_over -> sent
//!   ^                 |                  |
//!   +--- postponed ---+                  +-> queued again (a link), or unknown (a code)
//! queued -> refused | dropped | given_up
//! ```

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::mail::{LetterKind, LetterState};
use vestibule_domain::{EntryCodeId, LetterId, LinkId};

use crate::columns::{instant, micros, optional, optional_instant, parsed};
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::predicate::Predicate;
use crate::schema::outbox;
use crate::store::{Read, Write};

/// A mail and how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub id: LetterId,
    pub kind: LetterKind,
    pub link: LinkId,
    pub code: Option<EntryCodeId>,
    pub recipient: String,
    pub state: LetterState,
    pub attempts: i64,
    /// When it is to be tried next.
    pub due: DateTime<Utc>,
    /// From when on nobody needs it any more.
    pub give_up: DateTime<Utc>,
    pub last_error: Option<String>,
    pub created: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
}

sorts! {
    /// How the mails of a link can be sorted.
    LetterSort by "outbox.id" {
        Created = "created" => "outbox.id",
    }
}

/// Who is at a mail, and until when nobody else may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub holder: String,
    pub until: DateTime<Utc>,
}

type Columns = (
    outbox::id,
    outbox::kind,
    outbox::link_id,
    outbox::code_id,
    outbox::recipient,
    outbox::state,
    outbox::attempts,
    outbox::due,
    outbox::give_up,
    outbox::last_error,
    outbox::created,
    outbox::finished,
);
const COLUMNS: Columns = (
    outbox::id,
    outbox::kind,
    outbox::link_id,
    outbox::code_id,
    outbox::recipient,
    outbox::state,
    outbox::attempts,
    outbox::due,
    outbox::give_up,
    outbox::last_error,
    outbox::created,
    outbox::finished,
);

#[derive(Queryable)]
struct Row {
    id: String,
    kind: String,
    link: String,
    code: Option<String>,
    recipient: String,
    state: String,
    attempts: i64,
    due: i64,
    give_up: i64,
    last_error: Option<String>,
    created: i64,
    finished: Option<i64>,
}

impl TryFrom<Row> for Letter {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            kind: parsed(&row.kind)?,
            link: parsed(&row.link)?,
            code: optional(row.code.as_deref())?,
            recipient: row.recipient,
            state: parsed(&row.state)?,
            attempts: row.attempts,
            due: instant(row.due)?,
            give_up: instant(row.give_up)?,
            last_error: row.last_error,
            created: instant(row.created)?,
            finished: optional_instant(row.finished)?,
        })
    }
}

pub fn insert(write: &mut Write<'_>, letter: &Letter) -> Result<(), Error> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(letter.id.to_string()),
            outbox::kind.eq(letter.kind.name()),
            outbox::link_id.eq(letter.link.to_string()),
            outbox::code_id.eq(letter.code.map(|id| id.to_string())),
            outbox::recipient.eq(&letter.recipient),
            outbox::state.eq(letter.state.name()),
            outbox::attempts.eq(letter.attempts),
            outbox::due.eq(micros(letter.due)),
            outbox::give_up.eq(micros(letter.give_up)),
            outbox::created.eq(micros(letter.created)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The mails of a link, oldest first.
pub fn of_link(read: &mut Read<'_>, link: LinkId) -> Result<Vec<Letter>, Error> {
    let rows: Vec<Row> = outbox::table
        .filter(outbox::link_id.eq(link.to_string()))
        .order(outbox::id)
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter().map(Letter::try_from).collect()
}

/// The mails of a link, a page at a time.
pub fn list_of_link(
    read: &mut Read<'_>,
    link: LinkId,
    page: &Page<LetterSort>,
) -> Result<Vec<Letter>, Error> {
    let query = outbox::table
        .filter(outbox::link_id.eq(link.to_string()))
        .into_boxed();
    let rows: Vec<Row> = page.of(query).select(COLUMNS).load(read.connection)?;
    rows.into_iter().map(Letter::try_from).collect()
}

/// The mails of a link, newest first, at most so many.
pub fn newest_of_link(read: &mut Read<'_>, link: LinkId, most: i64) -> Result<Vec<Letter>, Error> {
    let rows: Vec<Row> = outbox::table
        .filter(outbox::link_id.eq(link.to_string()))
        .order(outbox::id.desc())
        .limit(most)
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter().map(Letter::try_from).collect()
}

/// Of each of some links the newest mail that takes it to its person.
pub fn mailings(read: &mut Read<'_>, links: &[LinkId]) -> Result<Vec<Letter>, Error> {
    let newest = Predicate::literally(
        "outbox.id = (SELECT MAX(sent.id) FROM outbox AS sent WHERE sent.link_id = outbox.link_id \
         AND sent.kind = 'link')",
    );
    let rows: Vec<Row> = outbox::table
        .filter(read.one_of("outbox.link_id", links))
        .filter(newest)
        .select(COLUMNS)
        .load(read.connection)?;
    rows.into_iter().map(Letter::try_from).collect()
}

/// Takes the mail that has been due the longest and that nobody is at. The mail is as it was before.
pub fn claim(
    write: &mut Write<'_>,
    now: DateTime<Utc>,
    lease: &Lease,
) -> Result<Option<Letter>, Error> {
    let free = || {
        outbox::lease_until
            .is_null()
            .or(outbox::lease_until.le(micros(now)))
    };
    let due: Option<Row> = outbox::table
        .filter(outbox::finished.is_null())
        .filter(outbox::due.le(micros(now)))
        .filter(free())
        .order((outbox::due, outbox::id))
        .select(COLUMNS)
        .first(write.connection)
        .optional()?;
    let Some(row) = due else { return Ok(None) };
    let taken = diesel::update(
        outbox::table
            .filter(outbox::id.eq(&row.id))
            .filter(outbox::finished.is_null())
            .filter(free()),
    )
    .set((
        outbox::lease.eq(&lease.holder),
        outbox::lease_until.eq(micros(lease.until)),
        outbox::attempts.eq(row.attempts + 1),
    ))
    .execute(write.connection)?;
    if taken == 0 {
        // Another node was faster; run again, the next one is looked for.
        return Err(Error::Stale);
    }
    row.try_into().map(Some)
}

/// Lets a mail go to another address.
pub fn readdress(write: &mut Write<'_>, id: LetterId, recipient: &str) -> Result<(), Error> {
    diesel::update(outbox::table.find(id.to_string()))
        .set(outbox::recipient.eq(recipient))
        .execute(write.connection)?;
    Ok(())
}

/// Notes that the mail is being handed over, if it is still this holder's.
pub fn hand_over(write: &mut Write<'_>, id: LetterId, holder: &str) -> Result<bool, Error> {
    let changed = diesel::update(
        outbox::table
            .filter(outbox::id.eq(id.to_string()))
            .filter(outbox::finished.is_null())
            .filter(outbox::lease.eq(holder)),
    )
    .set(outbox::state.eq(LetterState::HandingOver.name()))
    .execute(write.connection)?;
    Ok(changed > 0)
}

/// Puts a mail back until `due`, if it is still this holder's.
pub fn postpone(
    write: &mut Write<'_>,
    id: LetterId,
    holder: &str,
    due: DateTime<Utc>,
    why: &str,
) -> Result<(), Error> {
    diesel::update(
        outbox::table
            .filter(outbox::id.eq(id.to_string()))
            .filter(outbox::lease.eq(holder)),
    )
    .set((
        outbox::state.eq(LetterState::Queued.name()),
        outbox::due.eq(micros(due)),
        outbox::last_error.eq(why),
        outbox::lease.eq(None::<String>),
        outbox::lease_until.eq(None::<i64>),
    ))
    .execute(write.connection)?;
    Ok(())
}

/// Is done with a mail, if it is still this holder's. Answers whether it was.
pub fn finish(
    write: &mut Write<'_>,
    id: LetterId,
    holder: &str,
    state: LetterState,
    at: DateTime<Utc>,
    why: Option<&str>,
) -> Result<bool, Error> {
    let changed = diesel::update(
        outbox::table
            .filter(outbox::id.eq(id.to_string()))
            .filter(outbox::finished.is_null())
            .filter(outbox::lease.eq(holder)),
    )
    .set((
        outbox::state.eq(state.name()),
        outbox::finished.eq(micros(at)),
        outbox::last_error.eq(why),
        outbox::lease.eq(None::<String>),
        outbox::lease_until.eq(None::<i64>),
    ))
    .execute(write.connection)?;
    Ok(changed > 0)
}

/// How many mails wait to be sent.
pub fn waiting(read: &mut Read<'_>) -> Result<i64, Error> {
    Ok(outbox::table
        .filter(outbox::finished.is_null())
        .count()
        .get_result(read.connection)?)
}

/// Why the mail could not be sent that is tried next of those that could not.
pub fn trouble(read: &mut Read<'_>) -> Result<Option<String>, Error> {
    let told: Option<Option<String>> = outbox::table
        .filter(outbox::finished.is_null())
        .filter(outbox::last_error.is_not_null())
        .order((outbox::due, outbox::id))
        .select(outbox::last_error)
        .first(read.connection)
        .optional()?;
    Ok(told.flatten())
}
