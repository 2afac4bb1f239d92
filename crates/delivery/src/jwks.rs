//! Public keys at an address (RFC 7517), fetched when they are needed and kept for a while.
//!
//! A fetch is bounded in time and size, follows no redirect and reaches no private address unless
//! that is allowed. It blocks; to be called where that is fine, and never inside a transaction.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Uri;
use vestibule_oauth::PublicKeys;

use crate::reach::{Reach, whole};

/// How long keys are used before they are fetched again.
const FRESH: Duration = Duration::from_mins(10);
/// How long they go on being used while their address does not answer.
const STALE: Duration = Duration::from_hours(1);
/// How long a failure, or the absence of a key, is believed before the address is asked again.
const PATIENCE: Duration = Duration::from_secs(30);
/// A fetch as a whole.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a key set.
const MAX_BYTES: u64 = 256 * 1024;
/// Who may wait for the answer of one address at once, whoever asks it included. Whoever comes then is told
/// that there are no keys: threads that wait are taken from everybody.
const MAX_WAITING: usize = 8;
/// Addresses remembered. When there are more all are forgotten.
const MAX_ADDRESSES: usize = 256;

/// Why there are no keys. For administrators: clients are not told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the keys at {address} cannot be fetched: {why}")]
pub struct FetchError {
    pub address: String,
    pub why: String,
}

/// Fetches and remembers key sets. Cheap to clone; clones remember together.
#[derive(Debug, Clone)]
pub struct Keys {
    reach: Reach,
    agent: Agent,
    known: Arc<Mutex<HashMap<String, Arc<Entry>>>>,
}

/// One address.
#[derive(Debug, Default)]
struct Entry {
    known: Mutex<Known>,
    /// Held over a fetch, by one at a time: whoever wants the same answer meanwhile waits for it.
    turn: Mutex<()>,
    waiting: AtomicUsize,
}

/// What is known of one address.
#[derive(Debug, Default)]
struct Known {
    keys: Option<(Arc<PublicKeys>, Instant)>,
    /// When it was last asked, and what went wrong then.
    asked: Option<(Instant, Option<FetchError>)>,
}

impl Keys {
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            agent: reach.agent(TIMEOUT),
            known: Arc::default(),
        }
    }

    /// The keys at `address`, among them one named `kid` if there is one. An address is asked when
    /// its keys are not fresh, or lack that one, but not again and again, and at most eight wait for it.
    pub fn find(
        &self,
        address: &str,
        kid: Option<&str>,
        now: Instant,
    ) -> Result<Arc<PublicKeys>, FetchError> {
        let entry = self.entry(address);
        // Who asks for a key that is not there holds up nobody who asks for one that is.
        if let Some(keys) = entry.known().fresh(kid, now) {
            return Ok(keys);
        }
        let Some(_waits) = Waits::begin(&entry.waiting) else {
            return Err(failed(address, "too many wait for it already"));
        };
        let _turn = entry.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = entry.known().fresh(kid, now) {
            return Ok(keys);
        }
        let asked = entry.known().asked.as_ref().map(|(at, _)| *at);
        if asked.is_none_or(|at| now.saturating_duration_since(at) >= PATIENCE) {
            let fetched = self.fetch(address);
            if let Err(error) = &fetched {
                tracing::warn!(%error, "client keys are missing");
            }
            let mut known = entry.known();
            known.asked = Some((now, fetched.as_ref().err().cloned()));
            if let Ok(keys) = fetched {
                known.keys = Some((Arc::new(keys), now));
            }
        }
        let known = entry.known();
        match (known.younger(STALE, now), &known.asked) {
            (Some(keys), _) => Ok(keys),
            (None, Some((_, Some(error)))) => Err(error.clone()),
            (None, _) => Err(failed(address, "its keys have expired")),
        }
    }

    fn entry(&self, address: &str) -> Arc<Entry> {
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_ADDRESSES && !all.contains_key(address) {
            all.clear();
        }
        Arc::clone(all.entry(address.to_owned()).or_default())
    }

    fn fetch(&self, address: &str) -> Result<PublicKeys, FetchError> {
        let failed = |why: String| failed(address, why);
        let uri: Uri = address
            .parse()
            .map_err(|_| failed("it is no address".to_owned()))?;
        if !self.reach.permits_scheme(uri.scheme_str()) {
            return Err(failed("only https may be used".to_owned()));
        }
        let asked = self.agent.get(uri).header("Accept", "application/json");
        let mut answer = asked.call().map_err(|error| failed(error.to_string()))?;
        if answer.status() != 200 {
            return Err(failed(format!("it answers {}", answer.status().as_u16())));
        }
        let text = whole(answer.body_mut(), MAX_BYTES).map_err(failed)?;
        let set = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        PublicKeys::fetched(&set).map_err(|error| failed(error.to_string()))
    }
}

impl Entry {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits, until it is dropped.
#[derive(Debug)]
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    /// None if enough wait already.
    fn begin(waiting: &'a AtomicUsize) -> Option<Self> {
        let waits = Self(waiting);
        // Dropping it takes it back, also when it was one too many.
        (waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Known {
    /// The keys, unless they were fetched that long ago.
    fn younger(&self, age: Duration, now: Instant) -> Option<Arc<PublicKeys>> {
        let (keys, fetched) = self.keys.as_ref()?;
        (now.saturating_duration_since(*fetched) < age).then(|| Arc::clone(keys))
    }

    /// The keys if nobody has to be asked: among them is that one.
    fn fresh(&self, kid: Option<&str>, now: Instant) -> Option<Arc<PublicKeys>> {
        self.younger(FRESH, now).filter(|keys| keys.knows(kid))
    }
}

fn failed(address: &str, why: impl Into<String>) -> FetchError {
    FetchError {
        address: address.to_owned(),
        why: why.into(),
    }
}

#[cfg(test)]
mod tests;
