//! Runs the service's jobs beside the server, each on a thread of its own.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use vestibule_delivery::Mailer;
use vestibule_service::{Error, Service, chain};
use vestibule_web::tls::Tls;

/// One job: how often, and one bounded step of it, which answers whether more is waiting.
struct Job {
    name: &'static str,
    every: Duration,
    step: fn(&Service) -> Result<bool, Error>,
}

/// How often the outbox is looked into.
const MAIL: Duration = Duration::from_secs(1);
/// How often the certificate is looked at.
const TLS: Duration = Duration::from_secs(10);

/// How often the clock is compared with one that is never set.
const CLOCK: Duration = Duration::from_secs(10);

/// How soon after the start every job has had its first turn.
const FIRST: Duration = Duration::from_secs(30);

const JOBS: [Job; 10] = [
    Job {
        name: "seal",
        every: Duration::from_millis(500),
        step: |service| service.seal_events().map(|sealed| sealed >= 1_000),
    },
    Job {
        name: "flush",
        every: Duration::from_secs(1),
        step: |service| service.flush_telemetry().map(|_| false),
    },
    Job {
        name: "share",
        every: Duration::from_secs(1),
        step: |service| service.share_rates().map(|()| false),
    },
    Job {
        name: "expiry",
        every: Duration::from_hours(1),
        step: |service| service.warn_of_expiry().map(|_| false),
    },
    Job {
        name: "purge",
        every: Duration::from_mins(1),
        step: |service| {
            let purged = [
                service.purge_tokens()?,
                service.purge_failures()?,
                service.purge_assertions()?,
                service.purge_entry_codes()?,
            ];
            Ok(purged.into_iter().any(|purged| purged >= 500))
        },
    },
    Job {
        name: "sessions",
        every: Duration::from_mins(10),
        step: |service| service.purge_sessions().map(|_| false),
    },
    Job {
        name: "links",
        every: Duration::from_secs(1),
        step: |service| service.give_links().map(|looked_at| looked_at >= 20),
    },
    Job {
        name: "timeline",
        every: Duration::from_secs(1),
        step: |service| service.tell_time().map(|told| told >= 500),
    },
    Job {
        name: "count",
        every: Duration::from_secs(20),
        step: |service| service.count_admitted().map(|()| false),
    },
    Job {
        name: "forget",
        every: Duration::from_mins(1),
        step: |service| service.purge_requests().map(|purged| purged >= 1_000),
    },
];

/// The running jobs. They end with [`Jobs::stop`].
pub(crate) struct Jobs {
    service: Service,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Stop {
    asked: Mutex<bool>,
    bell: Condvar,
}

impl Stop {
    /// Waits; answers whether to stop.
    fn wait(&self, time: Duration) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let (asked, _) = self
            .bell
            .wait_timeout_while(asked, time, |asked| !*asked)
            .unwrap_or_else(PoisonError::into_inner);
        *asked
    }

    fn ask(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
    }
}

impl Jobs {
    pub(crate) fn start(
        service: &Service,
        mailer: Option<Mailer>,
        tls: Option<Tls>,
    ) -> std::io::Result<Self> {
        let mut jobs = Self {
            service: service.clone(),
            stop: Arc::default(),
            threads: Vec::new(),
        };
        for job in &JOBS {
            let service = service.clone();
            jobs.add(job.name, job.every, move || (job.step)(&service))?;
        }
        let (watching, started) = (service.clone(), Instant::now());
        jobs.add("clock", CLOCK, move || {
            watching.watch_clock(started.elapsed());
            Ok(false)
        })?;
        if let Some(mailer) = mailer {
            let service = service.clone();
            jobs.add("mail", MAIL, move || {
                service.send_letter(|envelope, letter| mailer.post(envelope, letter))
            })?;
        }
        if let Some(tls) = tls {
            jobs.add("tls", TLS, move || {
                if tls.renew().map_err(|error| Error::Internal(error.into()))? {
                    tracing::info!("a new certificate is used from now on");
                }
                Ok(false)
            })?;
        }
        Ok(jobs)
    }

    fn add(
        &mut self,
        name: &'static str,
        every: Duration,
        once: impl Fn() -> Result<bool, Error> + Send + 'static,
    ) -> std::io::Result<()> {
        let stop = Arc::clone(&self.stop);
        let thread = thread::Builder::new().name(format!("job-{name}"));
        self.threads
            .push(thread.spawn(move || repeat(name, every, &stop, once))?);
        Ok(())
    }

    /// Ends the jobs after the step they are at, and writes what was counted.
    pub(crate) fn stop(self) {
        self.stop.ask();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a job had panicked");
            }
        }
        if let Err(error) = self.service.flush_telemetry() {
            tracing::warn!(
                error = chain(&error),
                "what was counted last could not be written"
            );
        }
    }
}

fn repeat(job: &'static str, every: Duration, stop: &Stop, once: impl Fn() -> Result<bool, Error>) {
    let mut failing = false;
    // Soon for the first time: a server that is started anew every half an hour does all of its work too.
    let mut pause = every.min(FIRST);
    while !stop.wait(pause) {
        pause = every;
        match once() {
            Ok(more) => {
                if failing {
                    tracing::info!(job, "a job works again");
                }
                failing = false;
                if more {
                    pause = Duration::ZERO;
                }
            }
            // Once an outage, not twice a second.
            Err(error) if failing => {
                tracing::debug!(job, error = chain(&error), "a job still fails");
            }
            Err(error) => {
                failing = true;
                tracing::warn!(
                    job,
                    error = chain(&error),
                    "a job failed and will be tried again"
                );
            }
        }
    }
}
