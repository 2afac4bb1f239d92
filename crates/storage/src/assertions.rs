//! Client assertions that have been used, each of which may be used once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::columns::micros;
use crate::error::Error;
use crate::schema::used_assertions;
use crate::store::Write;

/// Records the use of an assertion that expires then; false if it was used before.
pub fn use_once(
    write: &mut Write<'_>,
    digest: &[u8; 32],
    expires: DateTime<Utc>,
) -> Result<bool, Error> {
    let digest = digest.as_slice();
    let used: i64 = used_assertions::table
        .filter(used_assertions::digest.eq(digest))
        .count()
        .get_result(write.connection)?;
    if used > 0 {
        return Ok(false);
    }
    // Where another node came between, the key is taken and the transaction runs again, into the
    // answer above.
    diesel::insert_into(used_assertions::table)
        .values((
            used_assertions::digest.eq(digest),
            used_assertions::expires.eq(micros(expires)),
        ))
        .execute(write.connection)?;
    Ok(true)
}

/// Forgets up to `limit` assertions that expired before `at` and are refused for that.
pub fn purge(write: &mut Write<'_>, at: DateTime<Utc>, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = used_assertions::table
        .filter(used_assertions::expires.lt(micros(at)))
        .limit(limit)
        .select(used_assertions::digest)
        .load(write.connection)?;
    diesel::delete(used_assertions::table.filter(used_assertions::digest.eq_any(&expired)))
        .execute(write.connection)?;
    Ok(expired.len())
}
