//! How fast a provider may go: a token bucket each, for those that have a limit. Kept by every node
//! for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::ProviderId;
use vestibule_domain::provider::{Provider, RateLimit};

use crate::Error;

#[derive(Debug, Default)]
pub(crate) struct Rates {
    buckets: Mutex<HashMap<ProviderId, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Millionths of a request that may still be made.
    left: i64,
    at: DateTime<Utc>,
}

const ONE: i64 = 1_000_000;

impl Rates {
    /// Takes one request out of the provider's bucket, or says in how many seconds there will be one.
    pub(crate) fn take(&self, provider: &Provider, now: DateTime<Utc>) -> Result<(), Error> {
        let Some(RateLimit { per_second, burst }) = provider.settings.rate_limit else {
            return Ok(());
        };
        let (rate, full) = (i64::from(per_second), i64::from(burst) * ONE);
        // A bucket is whole whatever a panic elsewhere did.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(provider.id).or_insert(Bucket {
            left: full,
            at: now,
        });
        // Bounded, so that a clock that jumps ahead overflows nothing.
        let passed = (now - bucket.at)
            .num_microseconds()
            .unwrap_or(i64::MAX)
            .clamp(0, full);
        bucket.left = bucket
            .left
            .saturating_add(passed.saturating_mul(rate))
            .min(full);
        bucket.at = now;
        if bucket.left < ONE {
            let missing = ONE - bucket.left;
            let seconds = missing.div_euclid(rate.max(1) * ONE) + 1;
            return Err(Error::OverRate {
                retry_after: u32::try_from(seconds).unwrap_or(u32::MAX),
            });
        }
        bucket.left -= ONE;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use vestibule_domain::provider::UserType;

    use super::*;
    use crate::world::World;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let client = World::new().client(UserType::ThirdParty);
        let mut provider = client.credentials.provider.provider;
        let rates = Rates::default();
        let start = provider.created;
        let at = |millis| start + Duration::milliseconds(millis);
        assert!(
            (0..100).all(|_| rates.take(&provider, start).is_ok()),
            "no limit, no bucket"
        );
        provider.settings.rate_limit = Some(RateLimit {
            per_second: 2,
            burst: 3,
        });
        assert!((0..3).all(|_| rates.take(&provider, start).is_ok()));
        assert!(matches!(
            rates.take(&provider, start),
            Err(Error::OverRate { retry_after: 1 })
        ));
        assert!(rates.take(&provider, at(499)).is_err());
        assert!(rates.take(&provider, at(999)).is_ok());
        assert!(rates.take(&provider, at(999)).is_err());
        // However long the pause, only the burst has gathered.
        assert!((0..3).all(|_| rates.take(&provider, at(1_000_000)).is_ok()));
        assert!(rates.take(&provider, at(1_000_000)).is_err());
    }
}
