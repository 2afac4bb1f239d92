//! How often one source may fail at the entrance (R-LNK-4). Kept by every node for itself, and only
//! ever against whoever failed: a flood from elsewhere keeps nobody out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::network::source;

/// Seconds in which failures are counted together.
const WINDOW: i64 = 300;
/// Failures of one source in a window.
const FAILURES: u32 = 20;
/// Sources remembered at most; whoever comes when there are more is counted with all others.
const SOURCES: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    window: i64,
    failures: HashMap<Option<IpAddr>, u32>,
}

impl Throttle {
    /// Whether a source may try.
    pub(crate) fn admits(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> bool {
        self.with(now, |failures| {
            let known = failures.get(&address.map(source)).copied();
            let full = failures.len() >= SOURCES;
            let count = known.or_else(|| full.then(|| failures.get(&None).copied())?);
            count.unwrap_or(0) < FAILURES
        })
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, address: Option<IpAddr>, now: DateTime<Utc>) {
        self.with(now, |failures| {
            let source = address.map(source);
            let key = if failures.len() < SOURCES || failures.contains_key(&source) {
                source
            } else {
                None
            };
            let count = failures.entry(key).or_default();
            *count = count.saturating_add(1);
        });
    }

    fn with<T>(
        &self,
        now: DateTime<Utc>,
        body: impl FnOnce(&mut HashMap<Option<IpAddr>, u32>) -> T,
    ) -> T {
        let window = now.timestamp().div_euclid(WINDOW);
        // A counter is whole whatever a panic elsewhere did.
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.window != window {
            counters.window = window;
            counters.failures.clear();
        }
        body(&mut counters.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_waits_and_no_other_does() {
        let throttle = Throttle::default();
        let now = DateTime::from_timestamp(3_000, 0).unwrap();
        let at = |text: &str| text.parse().ok();
        for number in 0..FAILURES {
            let address = at(&format!("2001:db8::{number:x}"));
            assert!(throttle.admits(address, now));
            throttle.failed(address, now);
        }
        assert!(!throttle.admits(at("2001:db8::ffff"), now), "one network");
        assert!(throttle.admits(at("2001:db8:1::1"), now));
        assert!(throttle.admits(at("192.0.2.1"), now));
        assert!(throttle.admits(None, now));
        let later = DateTime::from_timestamp(3_300, 0).unwrap();
        assert!(throttle.admits(at("2001:db8::ffff"), later));
    }
}
