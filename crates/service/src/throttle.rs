//! Wrong secrets are slowed down where they come from, and nowhere else (R-TOK-16): failures are
//! counted by source address, in the database, so that they hold on every node and over a restart.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use vestibule_oauth::{ClientAuthentication, Digest, TokenError, TokenErrorKind};
use vestibule_storage::{Read, throttle};

use crate::clients::Contact;
use crate::{Error, Service};

/// Seconds in which failures are counted together.
const WINDOW: i64 = 300;
/// Failures of one source with one client in a window, after which it has to wait for the next.
const OF_CLIENT: i64 = 10;
/// Failures of one source with whatever client.
const IN_ALL: i64 = 50;

/// Refuses a source that has failed too often, before its credential is looked at.
pub(crate) fn admit(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
    contact: &Contact,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let tried = Digest::of(&client.client_id);
    let attempts = throttle::attempts(tx, &source(contact.address), tried.as_bytes(), window(now))?;
    if attempts.of_client < OF_CLIENT && attempts.in_all < IN_ALL {
        return Ok(());
    }
    let left = WINDOW - now.timestamp().rem_euclid(WINDOW);
    let refused = TokenError::new(
        TokenErrorKind::SlowDown,
        "too many failed client authentications from this address",
    );
    Err(refused
        .with_retry_after(u32::try_from(left).unwrap_or(1))
        .into())
}

impl Service {
    /// Passes on what came of a request; a failed client authentication is counted before it is
    /// answered. Where it cannot be counted nobody is told that it failed.
    pub(crate) async fn counted<T>(
        &self,
        client: &ClientAuthentication,
        contact: &Contact,
        outcome: Result<T, Error>,
    ) -> Result<T, Error> {
        let failed = matches!(
            &outcome,
            Err(Error::Token(refused)) if matches!(refused.kind, TokenErrorKind::InvalidClient { .. })
        );
        if failed {
            let (source, window) = (source(contact.address), window(self.now()));
            let tried = Digest::of(&client.client_id);
            self.store()
                .queue("clients.failed", move |tx| -> Result<(), Error> {
                    Ok(throttle::count(tx, &source, tried.as_bytes(), window)?)
                })
                .await?;
        }
        outcome
    }

    /// Removes counters of windows that have passed. Answers how many; fewer than 500 when no more
    /// are left.
    pub fn purge_failures(&self) -> Result<usize, Error> {
        let window = window(self.now());
        self.store().write("clients.purge_failures", move |tx| {
            Ok(throttle::purge(tx, window, crate::jobs::PURGED)?)
        })
    }
}

fn window(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(WINDOW)
}

/// Whom an address stands for. Whoever has an IPv6 address has 2^64 of them.
fn source(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            format!("{}/64", std::net::Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests;
