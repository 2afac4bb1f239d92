//! What is counted beside the requests: uses of credentials and tolerances. Kept in memory, bounded,
//! and written once a second; a crash loses at most that second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_scim::{Tolerance, Tolerances};
use vestibule_storage::telemetry::{self, CredentialUses, ToleranceUses};

use crate::{Error, Service};

/// Entries held until the next flush; what comes on top is not counted.
const BOUND: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    credentials: HashMap<CredentialId, CredentialUses>,
    tolerances: HashMap<(ProviderId, Tolerance), (i64, DateTime<Utc>)>,
    overflow: u64,
}

impl Telemetry {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counters stay usable whatever a panic elsewhere left of them.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn used(
        &self,
        credential: CredentialId,
        provider: ProviderId,
        address: Option<IpAddr>,
        at: DateTime<Utc>,
    ) {
        let mut counts = self.counts();
        if counts.credentials.len() >= BOUND && !counts.credentials.contains_key(&credential) {
            counts.overflow += 1;
            return;
        }
        let entry = counts
            .credentials
            .entry(credential)
            .or_insert(CredentialUses {
                credential,
                provider,
                last_used: at,
                last_address: None,
                uses: 0,
            });
        entry.uses += 1;
        entry.last_used = at;
        entry.last_address = address.map(|address| address.to_string());
    }

    pub(crate) fn tolerated(
        &self,
        provider: ProviderId,
        tolerances: &Tolerances,
        at: DateTime<Utc>,
    ) {
        let mut used = tolerances.used().peekable();
        if used.peek().is_none() {
            return;
        }
        let mut counts = self.counts();
        for (tolerance, uses) in used {
            if counts.tolerances.len() >= BOUND
                && !counts.tolerances.contains_key(&(provider, tolerance))
            {
                counts.overflow += 1;
                continue;
            }
            let entry = counts
                .tolerances
                .entry((provider, tolerance))
                .or_insert((0, at));
            entry.0 += i64::from(uses);
            entry.1 = at;
        }
    }
}

impl Service {
    /// Writes what was counted since the last time. Answers how many counters that were.
    pub fn flush_telemetry(&self) -> Result<usize, Error> {
        let counts = std::mem::take(&mut *self.telemetry().counts());
        if counts.overflow > 0 {
            tracing::warn!(
                uses = counts.overflow,
                "more credentials were in use than are counted"
            );
        }
        let credentials: Vec<CredentialUses> = counts.credentials.into_values().collect();
        let tolerances: Vec<ToleranceUses> = counts
            .tolerances
            .into_iter()
            .map(|((provider, tolerance), (uses, last_used))| ToleranceUses {
                provider,
                name: tolerance.name().to_owned(),
                uses,
                last_used,
            })
            .collect();
        let written = credentials.len() + tolerances.len();
        if written == 0 {
            return Ok(0);
        }
        self.store()
            .write("telemetry.flush", move |tx| -> Result<(), Error> {
                for uses in &credentials {
                    if vestibule_storage::providers::find(tx, uses.provider)?.is_some() {
                        telemetry::add_credential_uses(tx, uses)?;
                    }
                }
                for uses in &tolerances {
                    if vestibule_storage::providers::find(tx, uses.provider)?.is_some() {
                        telemetry::add_tolerance_uses(tx, uses)?;
                    }
                }
                Ok(())
            })?;
        Ok(written)
    }
}
