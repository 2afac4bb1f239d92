//! Randomness and the ids made of it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use rand::rngs::StdRng;
use rand::{RngCore as _, SeedableRng as _};
use uuid::Uuid;

/// The source of randomness, given from outside so that a test can repeat itself.
pub struct Entropy {
    state: Mutex<State>,
}

struct State {
    rng: StdRng,
    /// Time part of the last id: milliseconds and 12 bits of their fraction.
    last: u64,
}

impl Entropy {
    /// Seeded by the operating system.
    pub fn system() -> Self {
        Self::from_rng(StdRng::from_os_rng())
    }

    /// The same every time: for tests only.
    pub fn seeded(seed: u64) -> Self {
        Self::from_rng(StdRng::seed_from_u64(seed))
    }

    fn from_rng(rng: StdRng) -> Self {
        Self {
            state: Mutex::new(State { rng, last: 0 }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A generator is never half-changed, so a panic elsewhere does no harm to it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The generator, for as long as the guard lives.
    pub(crate) fn lock(&self) -> Rng<'_> {
        Rng(self.state())
    }

    /// A UUID of version 7 that sorts after every one made before by this process (RFC 9562,
    /// section 6.2, method 3).
    pub(crate) fn id(&self, now: DateTime<Utc>) -> Uuid {
        let mut state = self.state();
        let micros = u64::try_from(now.timestamp_micros()).unwrap_or_default();
        let time = ((micros / 1_000) << 12) | ((micros % 1_000) * 4_096 / 1_000);
        let time = time.max(state.last + 1);
        state.last = time;
        let mut bytes = [0_u8; 10];
        state.rng.fill_bytes(&mut bytes);
        let [high, low] = ((time & 0xfff) as u16).to_be_bytes();
        let [first, second, ..] = &mut bytes;
        (*first, *second) = (high, low);
        uuid::Builder::from_unix_timestamp_millis(time >> 12, &bytes).into_uuid()
    }
}

/// The locked generator.
pub(crate) struct Rng<'a>(MutexGuard<'a, State>);

impl rand::RngCore for Rng<'_> {
    fn next_u32(&mut self) -> u32 {
        self.0.rng.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.rng.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.rng.fill_bytes(bytes);
    }
}

impl rand::CryptoRng for Rng<'_> {}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_in_which_they_were_made() {
        let entropy = Entropy::seeded(1);
        let now = DateTime::from_timestamp_micros(1_800_000_000_123_456).unwrap();
        let ids: Vec<Uuid> = (0..10_000).map(|_| entropy.id(now)).collect();
        assert!(ids.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(ids[0].get_version_num(), 7);
    }
}
