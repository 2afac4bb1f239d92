//! Wrong secrets are slowed down where they come from, and nowhere else (R-TOK-16): failures are
//! counted by source address, in the database, so that they hold on every node and over a restart.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use vestibule_domain::network;
use vestibule_oauth::{ClientAuthentication, Digest, TokenError, TokenErrorKind};
use vestibule_storage::throttle::Attempts;
use vestibule_storage::{Read, Write, throttle};

use crate::{Error, Service};

/// Seconds for which a failure counts.
const WINDOW: i64 = 300;
/// Failures of one source with one client that count at once; then it has to wait until the first of
/// them no longer does.
const OF_CLIENT: i64 = 10;
/// Failures of one source with whatever client.
const IN_ALL: i64 = 50;

/// Refuses a source that has failed too often, before its credential is looked at.
pub(crate) fn admit(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let attempts = attempts(tx, client, address, now)?;
    wait(&attempts, 0, now).map_or(Ok(()), |seconds| Err(too_many(seconds)))
}

/// Passes on what came of a request; a failed client authentication is counted in the transaction that
/// refuses it. Of those that come at once, whoever fails once too often is told so and nothing else.
pub(crate) fn counted<T>(
    tx: &mut Write<'_>,
    client: &ClientAuthentication,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
    outcome: Result<T, Error>,
) -> Result<Result<T, Error>, Error> {
    match outcome {
        Err(failed) if is_failure(&failed) => {
            count(tx, client, address, now)?;
            Ok(Err(failed))
        }
        outcome => outcome.map(Ok),
    }
}

/// Whether a client authentication failed.
pub(crate) fn is_failure(error: &Error) -> bool {
    matches!(error, Error::Token(refused) if matches!(refused.kind, TokenErrorKind::InvalidClient { .. }))
}

/// Counts a failed client authentication; refuses if others have used up what the source may fail.
pub(crate) fn count(
    tx: &mut Write<'_>,
    client: &ClientAuthentication,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let tried = Digest::of(&client.client_id);
    throttle::count(tx, &source(address), tried.as_bytes(), now.timestamp())?;
    let attempts = attempts(tx, client, address, now)?;
    // The one just counted was still free.
    wait(&attempts, 1, now).map_or(Ok(()), |seconds| Err(too_many(seconds)))
}

impl Service {
    /// Removes counters that no longer count. Answers how many; fewer than 500 when no more are left.
    pub fn purge_failures(&self) -> Result<usize, Error> {
        let last = self.now().timestamp() - WINDOW;
        self.store().write("clients.purge_failures", move |tx| {
            Ok(throttle::purge(tx, last, crate::jobs::PURGED)?)
        })
    }
}

fn attempts(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
    address: Option<IpAddr>,
    now: DateTime<Utc>,
) -> Result<Attempts, Error> {
    let tried = Digest::of(&client.client_id);
    let after = now.timestamp() - WINDOW;
    Ok(throttle::attempts(
        tx,
        &source(address),
        tried.as_bytes(),
        after,
    )?)
}

/// Seconds until a source may fail again; none if it may now, when that many of its failures are
/// forgiven.
fn wait(attempts: &Attempts, forgiven: i64, now: DateTime<Utc>) -> Option<i64> {
    let limits = [(&attempts.of_client, OF_CLIENT), (&attempts.in_all, IN_ALL)];
    let waits = limits.into_iter().filter_map(|(counted, most)| {
        let mut left: i64 = counted.iter().map(|(_, attempts)| attempts).sum();
        let mut until = None;
        for (second, attempts) in counted {
            if left - forgiven < most {
                break;
            }
            left -= attempts;
            until = Some(second + WINDOW);
        }
        until
    });
    let until = waits.max()?;
    Some((until - now.timestamp()).max(1))
}

fn too_many(seconds: i64) -> Error {
    let refused = TokenError::new(
        TokenErrorKind::TooManyRequests,
        "too many failed client authentications from this address",
    );
    refused
        .with_retry_after(u32::try_from(seconds).unwrap_or(1))
        .into()
}

/// Under which failures from an address are counted.
fn source(address: Option<IpAddr>) -> String {
    address.map_or_else(
        || "unknown".to_owned(),
        |address| network::source(address).to_string(),
    )
}

#[cfg(test)]
mod tests;
