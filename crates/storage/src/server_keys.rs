//! Keys that all nodes share.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::micros;
use crate::error::Error;
use crate::schema::server_keys;
use crate::store::{Read, Write};

pub fn find(read: &mut Read<'_>, name: &str) -> Result<Option<[u8; 32]>, Error> {
    let found: Option<Vec<u8>> = server_keys::table
        .find(name)
        .select(server_keys::secret)
        .first(read.connection)
        .optional()?;
    found
        .map(|secret| {
            secret
                .try_into()
                .map_err(|_| Error::corrupt("a server key has 32 bytes"))
        })
        .transpose()
}

/// Keeps a key under a name that has none yet.
pub fn insert(
    write: &mut Write<'_>,
    name: &str,
    secret: &[u8; 32],
    at: DateTime<Utc>,
) -> Result<(), Error> {
    diesel::insert_into(server_keys::table)
        .values((
            server_keys::name.eq(name),
            server_keys::secret.eq(secret.as_slice()),
            server_keys::created.eq(micros(at)),
        ))
        .execute(write.connection)?;
    Ok(())
}
