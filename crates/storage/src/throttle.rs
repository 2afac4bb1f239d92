//! Failed client authentications, counted by source and by what was tried.

use diesel::prelude::*;

use crate::engine::{direct, upsert};
use crate::error::Error;
use crate::schema::failures;
use crate::store::{Read, Write};

/// Failures of one source in one window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempts {
    /// Whatever was tried.
    pub in_all: i64,
    /// With the one client.
    pub of_client: i64,
}

/// Stands for all clients together.
const ANY: &[u8] = &[];

/// How often `source` has failed in that window, in all and with the client whose digest is given.
pub fn attempts(
    read: &mut Read<'_>,
    source: &str,
    client: &[u8],
    window: i64,
) -> Result<Attempts, Error> {
    let rows: Vec<(Vec<u8>, i64)> = direct!(read, |connection| failures::table
        .filter(failures::source.eq(source))
        .filter(failures::time_window.eq(window))
        .filter(failures::client.eq(ANY).or(failures::client.eq(client)))
        .select((failures::client, failures::attempts))
        .load(connection))?;
    let mut found = Attempts::default();
    for (client, attempts) in rows {
        if client.is_empty() {
            found.in_all = attempts;
        } else {
            found.of_client = attempts;
        }
    }
    Ok(found)
}

/// Counts one more failure of `source` with that client.
pub fn count(write: &mut Write<'_>, source: &str, client: &[u8], window: i64) -> Result<(), Error> {
    for client in [ANY, client] {
        upsert!(
            &mut *write.connection,
            failures::table,
            (
                failures::source.eq(source),
                failures::client.eq(client),
                failures::time_window.eq(window),
                failures::attempts.eq(1),
            ),
            (failures::source, failures::client, failures::time_window),
            failures::attempts.eq(failures::attempts + 1)
        )?;
    }
    Ok(())
}

/// Removes up to `limit` counters of windows before that one.
pub fn purge(write: &mut Write<'_>, window: i64, limit: i64) -> Result<usize, Error> {
    let old: Vec<(String, Vec<u8>, i64)> = failures::table
        .filter(failures::time_window.lt(window))
        .limit(limit)
        .select((failures::source, failures::client, failures::time_window))
        .load(write.connection)?;
    for (source, client, window) in &old {
        diesel::delete(failures::table.find((source, client, window))).execute(write.connection)?;
    }
    Ok(old.len())
}
