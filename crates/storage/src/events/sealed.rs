//! The chain looked at: whether it holds, and where it stands.

use diesel::prelude::*;
use vestibule_domain::EventId;
use vestibule_domain::event::{self, Digest, GENESIS};

use super::{CHAIN, ChainRow, head};
use crate::error::Error;
use crate::schema::{event_payloads, events};
use crate::store::Read;

/// What a look at the whole chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Events whose hash follows from the one before.
    pub sealed: i64,
    /// Events that still wait to be sealed.
    pub unsealed: i64,
    /// Sealed events whose payload was erased.
    pub erased: i64,
    /// Hash of the last sealed event, to be kept elsewhere.
    pub head: Option<Vec<u8>>,
    /// The first place where the chain does not hold, and why.
    pub broken: Option<(i64, String)>,
}

/// Recomputes the chain from its first event, a thousand events at a time.
pub fn verify(read: &mut Read<'_>) -> Result<Verification, Error> {
    let mut found = Verification::default();
    let mut hash = GENESIS;
    loop {
        let rows: Vec<(ChainRow, Option<Vec<u8>>, Option<String>)> = events::table
            .left_join(event_payloads::table)
            .filter(events::seq.gt(found.sealed))
            .order(events::seq)
            .limit(1_000)
            .select((
                CHAIN,
                event_payloads::salt.nullable(),
                event_payloads::payload.nullable(),
            ))
            .load(read.connection)?;
        if rows.is_empty() {
            break;
        }
        for (row, salt, payload) in rows {
            let seq = found.sealed + 1;
            if let Some(why) = fault(&row, seq, &hash, salt.as_deref(), payload.as_deref()) {
                found.broken = Some((seq, why));
                return Ok(found);
            }
            hash = row
                .hash
                .as_deref()
                .and_then(|stored| stored.try_into().ok())
                .ok_or_else(|| Error::corrupt("a sealed event without its hash"))?;
            found.erased += i64::from(payload.is_none());
            found.sealed = seq;
        }
    }
    found.unsealed = events::table
        .filter(events::seq.is_null())
        .count()
        .get_result(read.connection)?;
    found.head = (found.sealed > 0).then(|| hash.to_vec());
    Ok(found)
}

/// What is wrong with one sealed event, if anything. A value that cannot be read was changed too.
fn fault(
    row: &ChainRow,
    seq: i64,
    previous: &Digest,
    salt: Option<&[u8]>,
    payload: Option<&str>,
) -> Option<String> {
    if row.seq != Some(seq) {
        return Some(format!("event {seq} is missing"));
    }
    let changed = || {
        Some(format!(
            "event {seq} was changed, or one before it was removed or put in"
        ))
    };
    let (Ok(metadata), Ok(digest)) = (row.metadata(), row.payload_digest()) else {
        return changed();
    };
    if !row.is_canonical() {
        return changed();
    }
    if let (Some(salt), Some(payload)) = (salt, payload) {
        let genuine = salt
            .try_into()
            .is_ok_and(|salt| event::payload_digest(salt, payload) == digest);
        if !genuine {
            return Some(format!("the payload of event {seq} was changed"));
        }
    }
    if row.hash.as_deref() == Some(event::seal(previous, seq, &metadata, &digest).as_slice()) {
        None
    } else {
        changed()
    }
}

/// How one event stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seal {
    /// Not sealed yet.
    Waiting,
    /// Its hash follows from its content and the hash of the event before it.
    Holds(Vec<u8>),
    /// It does not, and why.
    Broken(String),
}

/// Recomputes the seal of one event; none when there is no such event. Whether the chain holds before
/// and behind it, only [`verify`] tells.
pub fn seal_of(read: &mut Read<'_>, id: EventId) -> Result<Option<Seal>, Error> {
    let found: Option<(ChainRow, Option<Vec<u8>>, Option<String>)> = events::table
        .left_join(event_payloads::table)
        .filter(events::id.eq(id.to_string()))
        .select((
            CHAIN,
            event_payloads::salt.nullable(),
            event_payloads::payload.nullable(),
        ))
        .first(read.connection)
        .optional()?;
    let Some((row, salt, payload)) = found else {
        return Ok(None);
    };
    let Some(seq) = row.seq else {
        return Ok(Some(Seal::Waiting));
    };
    let previous = if seq == 1 {
        Some(GENESIS)
    } else {
        hash_at(read, seq - 1)?.and_then(|hash| hash.try_into().ok())
    };
    let Some(previous) = previous else {
        return Ok(Some(Seal::Broken(format!("event {} is missing", seq - 1))));
    };
    let fault = fault(&row, seq, &previous, salt.as_deref(), payload.as_deref());
    Ok(Some(match (fault, row.hash) {
        (None, Some(hash)) => Seal::Holds(hash),
        (None, None) => Seal::Broken(format!("event {seq} has no hash")),
        (Some(why), _) => Seal::Broken(why),
    }))
}

/// Where the chain stands: how many are sealed, the hash of the last, how many wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub sealed: i64,
    pub head: Option<Vec<u8>>,
    pub unsealed: i64,
}

pub fn chain(read: &mut Read<'_>) -> Result<Chain, Error> {
    let (sealed, hash) = head(read.connection)?;
    Ok(Chain {
        sealed,
        head: (sealed > 0).then(|| hash.to_vec()),
        unsealed: events::table
            .filter(events::seq.is_null())
            .count()
            .get_result(read.connection)?,
    })
}

/// Hash of the sealed event with that number; none when there is none.
pub fn hash_at(read: &mut Read<'_>, seq: i64) -> Result<Option<Vec<u8>>, Error> {
    let found: Option<Option<Vec<u8>>> = events::table
        .filter(events::seq.eq(seq))
        .select(events::hash)
        .get_result(read.connection)
        .optional()?;
    Ok(found.flatten())
}
