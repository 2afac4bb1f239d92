//! What is noted beside the requests: uses of credentials, tolerances, and what was refused. Kept in
//! memory, bounded, and written once a second; a crash loses at most that second.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::without_secrets;
use vestibule_scim::{Tolerance, Tolerances};
use vestibule_storage::telemetry::{self, CredentialUses, ToleranceUses};

use crate::requests::{self, DROPPED, Refusal};
use crate::{Error, Service};

/// Entries held until the next flush; what comes on top is not counted.
const BOUND: usize = 10_000;
/// Refused requests held until the next flush; what comes on top is counted as dropped.
const REFUSALS: usize = 2_000;
/// Those of them whose senders are not authenticated, so that a flood of such leaves room for others.
const STRANGERS: usize = 1_000;
/// Refused requests written in one transaction.
const CHUNK: usize = 250;

#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    credentials: HashMap<CredentialId, CredentialUses>,
    tolerances: HashMap<(ProviderId, Tolerance), Tolerated>,
    overflow: u64,
    refusals: Vec<(Refusal, DateTime<Utc>)>,
    strangers: usize,
    dropped: i64,
}

/// Uses of a tolerance by a provider since the last flush.
#[derive(Debug)]
struct Tolerated {
    uses: i64,
    last_used: DateTime<Utc>,
    /// Latest first.
    names: Vec<String>,
}

impl Telemetry {
    /// Uses of each credential since the last flush.
    #[cfg(test)]
    pub(crate) fn uses(&self) -> Vec<i64> {
        let counts = self.counts();
        counts.credentials.values().map(|used| used.uses).collect()
    }

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
                .or_insert(Tolerated {
                    uses: 0,
                    last_used: at,
                    names: Vec::new(),
                });
            entry.uses += i64::from(uses);
            entry.last_used = at;
            let names = tolerances.names(tolerance);
            if !names.is_empty() {
                // What is no secret's place may hold one all the same.
                let seen: Vec<String> = names.iter().map(|name| without_secrets(name)).collect();
                entry.names = telemetry::last_names(&seen, &entry.names);
            }
        }
    }
}

impl Telemetry {
    pub(crate) fn refused(&self, refusal: Refusal, at: DateTime<Utc>) {
        let mut counts = self.counts();
        let stranger = refusal.status == 401;
        if counts.refusals.len() >= REFUSALS || (stranger && counts.strangers >= STRANGERS) {
            counts.dropped += 1;
            return;
        }
        counts.strangers += usize::from(stranger);
        counts.refusals.push((refusal, at));
    }

    /// Takes back what could not be written, before what came since.
    fn put_back(&self, refusals: Vec<(Refusal, DateTime<Utc>)>, dropped: i64) {
        let newer = {
            let mut counts = self.counts();
            counts.dropped += dropped;
            counts.strangers = 0;
            std::mem::take(&mut counts.refusals)
        };
        for (refusal, at) in refusals.into_iter().chain(newer) {
            self.refused(refusal, at);
        }
    }
}

impl Service {
    /// Writes what was noted since the last time. Answers how many entries that were.
    pub fn flush_telemetry(&self) -> Result<usize, Error> {
        let counts = std::mem::take(&mut *self.telemetry().counts());
        let refused = self.flush_refusals(counts.refusals, counts.dropped);
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
            .map(|((provider, tolerance), used)| ToleranceUses {
                provider,
                name: tolerance.name().to_owned(),
                uses: used.uses,
                last_used: used.last_used,
                names: used.names,
            })
            .collect();
        let written = credentials.len() + tolerances.len();
        if written == 0 {
            return refused;
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
        Ok(written + refused?)
    }

    fn flush_refusals(
        &self,
        refusals: Vec<(Refusal, DateTime<Utc>)>,
        dropped: i64,
    ) -> Result<usize, Error> {
        let mut left = refusals;
        let mut written = 0;
        if dropped > 0 {
            let now = self.now();
            let counted = self.store().write("requests.dropped", move |tx| {
                vestibule_storage::requests::add_drops(tx, DROPPED, dropped, now)?;
                Ok::<_, Error>(())
            });
            if let Err(error) = counted {
                self.telemetry().put_back(left, dropped);
                return Err(error);
            }
        }
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(CHUNK));
            let chunk = Arc::new(left);
            let kept = Arc::clone(&chunk);
            let done = self
                .store()
                .write("requests.keep", move |tx| requests::keep(tx, &chunk));
            if let Err(error) = done {
                let again = kept.iter().cloned().chain(rest).collect();
                self.telemetry().put_back(again, 0);
                return Err(error);
            }
            written += kept.len();
            left = rest;
        }
        Ok(written)
    }
}
