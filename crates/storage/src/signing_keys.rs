//! Keys that sign assertions. Their private parts come and go encrypted.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::SigningKeyId;

use crate::columns::{instant, micros, parsed};
use crate::error::Error;
use crate::schema::signing_keys;
use crate::store::{Read, Write};

/// Key of the lease of the node that makes the first key, on PostgreSQL.
const FIRST: i64 = 7_236_830_014;

#[derive(Clone)]
pub struct SigningKey {
    pub id: SigningKeyId,
    pub public: Vec<u8>,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    pub created: DateTime<Utc>,
    /// First instant at which it signs.
    pub active_from: DateTime<Utc>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("id", &self.id)
            .field("active_from", &self.active_from)
            .finish_non_exhaustive()
    }
}

type Row = (String, Vec<u8>, Vec<u8>, i64, i64);

/// The newest keys, at most eight, in the order in which they begin to sign.
pub fn list(read: &mut Read<'_>) -> Result<Vec<SigningKey>, Error> {
    let rows: Vec<Row> = signing_keys::table
        .order((signing_keys::active_from.desc(), signing_keys::id.desc()))
        .limit(8)
        .select((
            signing_keys::id,
            signing_keys::public,
            signing_keys::sealed,
            signing_keys::created,
            signing_keys::active_from,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .rev()
        .map(|(id, public, sealed, created, active_from)| {
            Ok(SigningKey {
                id: parsed(&id)?,
                public,
                sealed,
                created: instant(created)?,
                active_from: instant(active_from)?,
            })
        })
        .collect()
}

pub fn insert(write: &mut Write<'_>, key: &SigningKey) -> Result<(), Error> {
    diesel::insert_into(signing_keys::table)
        .values((
            signing_keys::id.eq(key.id.to_string()),
            signing_keys::public.eq(&key.public),
            signing_keys::sealed.eq(&key.sealed),
            signing_keys::created.eq(micros(key.created)),
            signing_keys::active_from.eq(micros(key.active_from)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// Lets one node at a time see to keys. The others run again until it is done.
pub fn lock(write: &mut Write<'_>) -> Result<(), Error> {
    if write.connection.try_lease(FIRST)? {
        Ok(())
    } else {
        Err(Error::Stale)
    }
}
