//! Public keys at an address (RFC 7517), fetched when they are needed and kept for a while.
//!
//! A fetch is bounded in time and size, follows no redirect and reaches no private address unless
//! that is allowed. It blocks; to be called where that is fine, and never inside a transaction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Uri;
use ureq::unversioned::transport::DefaultConnector;
use vestibule_oauth::PublicKeys;

use crate::reach::{Guarded, Reach};

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
    known: Arc<Mutex<HashMap<String, Arc<Mutex<Known>>>>>,
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
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .https_only(reach == Reach::Public)
            .proxy(None)
            .user_agent("Vestibule")
            .build();
        Self {
            reach,
            agent: Agent::with_parts(config, DefaultConnector::default(), Guarded(reach)),
            known: Arc::default(),
        }
    }

    /// The keys at `address`, among them one named `kid` if there is one. An address is asked when
    /// its keys are not fresh, or lack that one, but not again and again.
    pub fn find(
        &self,
        address: &str,
        kid: Option<&str>,
        now: Instant,
    ) -> Result<Arc<PublicKeys>, FetchError> {
        let known = self.known(address);
        // Held over the fetch: whoever wants the same keys meanwhile waits for the one answer.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |at: Instant| now.saturating_duration_since(at);
        if let Some((keys, fetched)) = &known.keys
            && age(*fetched) < FRESH
            && keys.knows(kid)
        {
            return Ok(Arc::clone(keys));
        }
        let asked_lately = matches!(&known.asked, Some((at, _)) if age(*at) < PATIENCE);
        if !asked_lately {
            let fetched = self.fetch(address);
            if let Err(error) = &fetched {
                tracing::warn!(%error, "client keys are missing");
            }
            known.asked = Some((now, fetched.as_ref().err().cloned()));
            if let Ok(keys) = fetched {
                known.keys = Some((Arc::new(keys), now));
            }
        }
        match (&known.keys, &known.asked) {
            (Some((keys, fetched)), _) if age(*fetched) < STALE => Ok(Arc::clone(keys)),
            (_, Some((_, Some(error)))) => Err(error.clone()),
            _ => Err(failed(address, "its keys have expired")),
        }
    }

    fn known(&self, address: &str) -> Arc<Mutex<Known>> {
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
        let text = answer
            .body_mut()
            .with_config()
            .limit(MAX_BYTES)
            .read_to_vec()
            .map_err(|error| failed(error.to_string()))?;
        let set = serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
        PublicKeys::fetched(&set).map_err(|error| failed(error.to_string()))
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
