//! Failed client authentications, counted by source, by what was tried and by second.

use diesel::prelude::*;

use crate::engine::{direct, upsert};
use crate::error::Error;
use crate::schema::failures;
use crate::store::{Read, Write};

/// Failures of one source, by the second in which they were: the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attempts {
    /// Whatever was tried.
    pub in_all: Vec<(i64, i64)>,
    /// With the one client.
    pub of_client: Vec<(i64, i64)>,
}

/// Stands for all clients together.
const ANY: &[u8] = &[];

/// How often `source` has failed after that second, in all and with the client whose digest is given.
pub fn attempts(
    read: &mut Read<'_>,
    source: &str,
    client: &[u8],
    after: i64,
) -> Result<Attempts, Error> {
    let rows: Vec<(Vec<u8>, i64, i64)> = direct!(read, |connection| failures::table
        .filter(failures::source.eq(source))
        .filter(failures::time_window.gt(after))
        .filter(failures::client.eq(ANY).or(failures::client.eq(client)))
        .order(failures::time_window)
        .select((failures::client, failures::time_window, failures::attempts))
        .load(connection))?;
    let mut found = Attempts::default();
    for (client, second, attempts) in rows {
        let counted = if client.is_empty() {
            &mut found.in_all
        } else {
            &mut found.of_client
        };
        counted.push((second, attempts));
    }
    Ok(found)
}

/// Counts one more failure of `source` with that client. Until this transaction ends whoever counts
/// another one of this source, on whatever node, waits: what [`attempts`] then tells holds.
pub fn count(write: &mut Write<'_>, source: &str, client: &[u8], second: i64) -> Result<(), Error> {
    write.connection.take_turns_by(source)?;
    for client in [ANY, client] {
        upsert!(
            &mut *write.connection,
            failures::table,
            (
                failures::source.eq(source),
                failures::client.eq(client),
                failures::time_window.eq(second),
                failures::attempts.eq(1),
            ),
            (failures::source, failures::client, failures::time_window),
            failures::attempts.eq(failures::attempts + 1)
        )?;
    }
    Ok(())
}

/// Removes up to `limit` counters of that second and before.
pub fn purge(write: &mut Write<'_>, second: i64, limit: i64) -> Result<usize, Error> {
    let old: Vec<(String, Vec<u8>, i64)> = failures::table
        .filter(failures::time_window.le(second))
        .limit(limit)
        .select((failures::source, failures::client, failures::time_window))
        .load(write.connection)?;
    for (source, client, second) in &old {
        diesel::delete(failures::table.find((source, client, second))).execute(write.connection)?;
    }
    Ok(old.len())
}
