//! Clients that create people as fast as they are answered, and remember what they were promised.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::http::Response;
use ureq::{Agent, Body};

const CLIENTS: usize = 8;

/// A person who was answered 201.
#[derive(Debug, Clone)]
pub(crate) struct Promise {
    id: String,
    user_name: String,
}

impl Promise {
    /// One that nobody made, for the control.
    pub(crate) fn never_made() -> Self {
        Self {
            id: "00000000-0000-7000-8000-000000000000".to_owned(),
            user_name: "nobody".to_owned(),
        }
    }

    /// Whether the person is there, under the name they were created with.
    pub(crate) fn is_kept(&self, address: &str, token: &str) -> bool {
        agent()
            .get(format!("http://{address}/scim/v2/Users/{}", self.id))
            .header("Authorization", format!("Bearer {token}"))
            .call()
            .ok()
            .filter(|answer| answer.status() == 200)
            .and_then(|mut answer| answer.body_mut().read_json::<Value>().ok())
            .is_some_and(|user| user.get("userName") == Some(&Value::from(self.user_name.as_str())))
    }
}

/// What clients saw.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) promised: Vec<Promise>,
    pub(crate) strange: u64,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    succeeded: AtomicU64,
    unavailable: AtomicU64,
    strange: AtomicU64,
    promised: Mutex<Vec<Promise>>,
}

pub(crate) struct Clients {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Clients {
    pub(crate) fn start(address: &str, token: &str, prefix: &str) -> Self {
        let shared = Arc::<Shared>::default();
        let threads = (0..CLIENTS)
            .map(|client| {
                let shared = Arc::clone(&shared);
                let (address, token) = (address.to_owned(), token.to_owned());
                let prefix = format!("{prefix}-{client}");
                std::thread::spawn(move || create(&shared, &address, &token, &prefix))
            })
            .collect();
        Self { shared, threads }
    }

    pub(crate) fn stop(self) -> Seen {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a client does not panic");
        }
        let mut promised = self
            .shared
            .promised
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Seen {
            promised: std::mem::take(&mut promised),
            strange: self.shared.strange.load(Ordering::Relaxed),
        }
    }

    /// Whether a client is answered 503 within that time.
    pub(crate) fn wait_for_unavailable(&self, patience: Duration) -> bool {
        wait(&self.shared.unavailable, patience)
    }

    /// Whether a client succeeds within that time.
    pub(crate) fn wait_for_success(&self, patience: Duration) -> bool {
        wait(&self.shared.succeeded, patience)
    }
}

fn wait(counter: &AtomicU64, patience: Duration) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if counter.load(Ordering::Relaxed) > 0 {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

fn create(shared: &Shared, address: &str, token: &str, prefix: &str) {
    let agent = agent();
    for number in 0_u64.. {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let user_name = format!("{prefix}-{number}@faults.example");
        let Ok(mut answer) = person(&agent, address, token, &user_name) else {
            // The server was killed; whoever stopped it counts what it had promised.
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        match answer.status().as_u16() {
            201 => {
                let user: Option<Value> = answer.body_mut().read_json().ok();
                let Some(id) = user.as_ref().and_then(|user| user.get("id")?.as_str()) else {
                    continue;
                };
                let promise = Promise {
                    id: id.to_owned(),
                    user_name,
                };
                shared
                    .promised
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(promise);
                shared.succeeded.fetch_add(1, Ordering::Relaxed);
            }
            503 if answer.headers().contains_key("retry-after") => {
                shared.unavailable.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
            _ => {
                shared.strange.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Creates a person of that name and address.
pub(crate) fn person(
    agent: &Agent,
    address: &str,
    token: &str,
    user_name: &str,
) -> Result<Response<Body>, ureq::Error> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "emails": [{"value": user_name, "primary": true}],
    });
    agent
        .post(format!("http://{address}/scim/v2/Users"))
        .header("Authorization", format!("Bearer {token}"))
        .content_type("application/scim+json")
        .send(body.to_string())
}

pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}
