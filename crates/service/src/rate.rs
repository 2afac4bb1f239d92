//! How fast a provider may go: a token bucket each, for those that have a limit.
//!
//! Where several nodes run, each has a slice of the bucket, as large as its part of what the provider
//! asks for. Once a second the nodes tell each other what they were asked for and cut anew, so that no
//! request waits for it; until a node has first done so it works with the whole.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::ProviderId;
use vestibule_domain::provider::{Provider, RateLimit};
use vestibule_storage::{Engine, rates};

use crate::{Error, Service};

#[derive(Debug, Default)]
pub(crate) struct Rates {
    buckets: Mutex<HashMap<ProviderId, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Millionths of a request that may still be made.
    left: i64,
    at: DateTime<Utc>,
    /// This node's part of the bucket, in millionths.
    share: i64,
    /// Requests since the nodes last shared, granted or not.
    asked: i64,
    /// What the node last reported.
    demand: i64,
}

const ONE: i64 = 1_000_000;
/// How long a node that reports nothing keeps its share.
const PRESENT: Duration = Duration::seconds(3);
/// How long a bucket is kept for who asks nothing.
const IDLE: Duration = Duration::hours(1);

impl Rates {
    fn buckets(&self) -> MutexGuard<'_, HashMap<ProviderId, Bucket>> {
        // A bucket is whole whatever a panic elsewhere did.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one request out of the provider's bucket, or says in how many seconds there will be one.
    pub(crate) fn take(&self, provider: &Provider, now: DateTime<Utc>) -> Result<(), Error> {
        let Some(RateLimit { per_second, burst }) = provider.settings.rate_limit else {
            return Ok(());
        };
        let mut buckets = self.buckets();
        let bucket = buckets.entry(provider.id).or_insert(Bucket {
            left: i64::from(burst) * ONE,
            at: now,
            share: ONE,
            asked: 0,
            demand: 0,
        });
        bucket.asked = bucket.asked.saturating_add(1);
        // Rate and size of this node's slice, in millionths; a slice has room for a request at least.
        let rate = (i64::from(per_second) * bucket.share).max(1);
        let full = (i64::from(burst) * bucket.share).max(ONE);
        let passed = (now - bucket.at).num_microseconds().unwrap_or(i64::MAX);
        let gathered = i128::from(passed.max(0)) * i128::from(rate) / i128::from(ONE);
        let gathered = i64::try_from(gathered).unwrap_or(i64::MAX);
        bucket.left = bucket.left.saturating_add(gathered).min(full);
        bucket.at = now;
        if bucket.left < ONE {
            let seconds = (ONE - bucket.left).div_euclid(rate) + 1;
            return Err(Error::OverRate {
                retry_after: u32::try_from(seconds).unwrap_or(u32::MAX),
            });
        }
        bucket.left -= ONE;
        Ok(())
    }

    /// What each provider with a limit asked of this node lately, half as much counting each second
    /// that passes.
    fn report(&self, now: DateTime<Utc>) -> Vec<(ProviderId, i64)> {
        let mut buckets = self.buckets();
        buckets.retain(|_, bucket| now - bucket.at < IDLE);
        buckets
            .iter_mut()
            .map(|(provider, bucket)| {
                bucket.demand = bucket.demand / 2 + std::mem::take(&mut bucket.asked);
                (*provider, bucket.demand)
            })
            .collect()
    }

    fn cut(&self, provider: ProviderId, demand: i64, others: rates::Others) {
        // One more each, so that who asks nothing keeps a little.
        let own = i128::from(demand) + 1;
        let all = own + i128::from(others.demand) + i128::from(others.nodes);
        let share = i64::try_from(own * i128::from(ONE) / all).unwrap_or(ONE);
        if let Some(bucket) = self.buckets().get_mut(&provider) {
            bucket.share = share;
        }
    }
}

impl Service {
    /// Shares the buckets of providers with a limit among the nodes. To be called once a second.
    pub fn share_rates(&self) -> Result<(), Error> {
        if self.store().engine() == Engine::Sqlite {
            return Ok(());
        }
        let now = self.now();
        for (provider, demand) in self.rates().report(now) {
            let service = self.clone();
            let others = self
                .store()
                .write("rates.share", move |tx| -> Result<_, Error> {
                    if vestibule_storage::providers::find(tx, provider)?.is_none() {
                        return Ok(rates::Others::default());
                    }
                    let node = service.node();
                    let since = now - PRESENT;
                    Ok(rates::exchange(tx, provider, node, demand, now, since)?)
                })?;
            self.rates().cut(provider, demand, others);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn a_slice_is_a_part_of_rate_and_burst() {
        let client = World::new().client(UserType::ThirdParty);
        let mut provider = client.credentials.provider.provider;
        provider.settings.rate_limit = Some(RateLimit {
            per_second: 10,
            burst: 20,
        });
        let rates = Rates::default();
        let start = provider.created;
        assert!((0..20).all(|_| rates.take(&provider, start).is_ok()));
        let [(id, demand)] = rates.report(start)[..] else {
            panic!("one provider");
        };
        assert_eq!(demand, 20);
        // The other node is asked for as much.
        rates.cut(id, demand, rates::Others { nodes: 1, demand });
        let later = start + Duration::seconds(1);
        let granted = (0..20).filter(|_| rates.take(&provider, later).is_ok());
        assert_eq!(granted.count(), 5, "half of the rate");
        let much_later = start + Duration::hours(1);
        let granted = (0..20).filter(|_| rates.take(&provider, much_later).is_ok());
        assert_eq!(granted.count(), 10, "half of the burst");
        // Who is asked for nothing keeps a little, and the other nearly all.
        rates.cut(
            id,
            0,
            rates::Others {
                nodes: 1,
                demand: 98,
            },
        );
        assert!(
            rates
                .take(&provider, much_later + Duration::hours(1))
                .is_ok()
        );
        assert!(
            rates
                .take(&provider, much_later + Duration::hours(1))
                .is_err()
        );
    }
}
