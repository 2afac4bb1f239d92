//! What is counted of one request: once, however often its transactions run.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_scim::Tolerances;

use crate::{Error, Service};

/// Noted inside a request's transactions, which may run again, and counted behind them.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    /// Whether the request was taken off its provider's rate.
    taken: bool,
    used: Option<Use>,
    /// Whether that was counted.
    counted: bool,
    /// Since the transaction began that runs.
    tolerated: Vec<(ProviderId, Tolerances)>,
}

#[derive(Debug, Clone, Copy)]
struct Use {
    credential: CredentialId,
    provider: ProviderId,
    address: Option<IpAddr>,
}

impl Tally {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        // What is noted is whole whatever a panic elsewhere did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A transaction begins: what an earlier run of it came upon it comes upon again.
    pub(super) fn begin(&self) {
        self.noted().tolerated.clear();
    }

    pub(super) fn used(
        &self,
        credential: CredentialId,
        provider: ProviderId,
        address: Option<IpAddr>,
    ) {
        self.noted().used = Some(Use {
            credential,
            provider,
            address,
        });
    }

    pub(crate) fn tolerated(&self, provider: ProviderId, tolerances: &Tolerances) {
        if tolerances.used().next().is_some() {
            self.noted().tolerated.push((provider, tolerances.clone()));
        }
    }
}

impl Service {
    /// Takes a request off its provider's rate, the first time it is asked.
    pub(crate) fn take_once(
        &self,
        tally: &Tally,
        provider: &Provider,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut noted = tally.noted();
        if !noted.taken {
            self.rates().take(provider, now)?;
            noted.taken = true;
        }
        Ok(())
    }

    /// Runs what a request is made of and counts what was noted of it, whatever came of it.
    pub(crate) fn counted<T>(
        &self,
        request: impl FnOnce(&Arc<Tally>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let tally = Arc::default();
        let outcome = request(&tally);
        self.count(&tally);
        outcome
    }

    /// Counts what was noted since the last time. The credential is used once by a request.
    pub(crate) fn count(&self, tally: &Tally) {
        let now = self.now();
        let mut noted = tally.noted();
        let noted = &mut *noted;
        if let Some(used) = noted.used.filter(|_| !noted.counted) {
            noted.counted = true;
            let telemetry = self.telemetry();
            telemetry.used(used.credential, used.provider, used.address, now);
        }
        for (provider, tolerances) in noted.tolerated.drain(..) {
            self.telemetry().tolerated(provider, &tolerances, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use serde_json::{Value, json};
    use vestibule_domain::provider::{RateLimit, UserType};
    use vestibule_oauth::Scopes;

    use super::*;
    use crate::Call;
    use crate::world::{World, provider, request, scim};

    /// A provider that may make one request a second.
    fn slow(world: &World) -> Call {
        let mut settings = provider("Okta", UserType::Internal);
        settings.rate_limit = Some(RateLimit {
            per_second: 1,
            burst: 1,
        });
        let credentials = world.register(settings);
        let request = request(&credentials, &credentials.client_secret);
        let token = world.grant(&request).unwrap().access_token;
        world.pass(Duration::seconds(1));
        scim(&token)
    }

    fn uses(world: &World) -> i64 {
        let counts = world.service.telemetry().uses();
        counts.into_iter().sum()
    }

    #[test]
    fn a_bulk_request_is_one_request_however_long_it_is() {
        let world = World::new();
        let call = slow(&world);
        let before = uses(&world);
        let operations: Vec<Value> = (0..201)
            .map(|n| {
                json!({"method": "POST", "path": "/Users", "bulkId": format!("b{n}"), "data": {
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": format!("u{n}")}})
            })
            .collect();
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": operations});
        let answer = world.service.bulk(&call, Ok(body.to_string().into_bytes()));
        let statuses: Vec<u16> = answer
            .unwrap()
            .operations
            .iter()
            .map(|one| one.status)
            .collect();
        assert_eq!(statuses, [201; 201]);
        assert_eq!(uses(&world) - before, 1);
        let next = world.service.read_types(&call);
        assert!(matches!(next, Err(Error::OverRate { .. })));
    }

    #[test]
    fn a_transaction_that_runs_again_takes_and_counts_nothing_more() {
        let world = World::new();
        let call = slow(&world);
        let before = uses(&world);
        let mut runs = 0;
        let outcome = world.service.counted(|tally| {
            world.service.store().read(|tx| {
                for _ in 0..3 {
                    let now = world.service.now();
                    let presented = &call.presented;
                    world
                        .service
                        .authenticate(tx, tally, presented, Scopes::READ, now)?;
                    runs += 1;
                }
                Ok::<_, Error>(())
            })
        });
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!((runs, uses(&world) - before), (3, 1));
    }
}
