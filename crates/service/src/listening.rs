//! Calls that went well, of products whose set-up somebody watches: kept in this process' memory, few and
//! for a while. What nobody watches costs one look at an instant.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::ProviderId;
use vestibule_oauth::{Digest, without_secrets};
use vestibule_storage::credentials;

use crate::{AdminCall, Error, Role, Service};

/// How long a product is listened to after somebody last looked.
const WATCHED: Duration = Duration::minutes(30);
/// Products listened to at once; who looked longest ago makes room.
const PROVIDERS: usize = 64;
/// Calls kept of each.
const KEPT: usize = 25;
/// Calls whose senders are not yet looked up; the oldest make room.
const WAITING: usize = 1_000;
/// Characters kept of a path.
const TARGET: usize = 500;

/// A call that was answered as it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub at: DateTime<Utc>,
    /// The id by which its events name it.
    pub request_id: String,
    pub method: String,
    /// Path and query, without secrets.
    pub target: String,
    pub status: u16,
    pub address: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Listening {
    /// In microseconds: until then somebody listens to some product.
    until: AtomicI64,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    watched: HashMap<ProviderId, Watched>,
    /// With the token that each showed.
    waiting: VecDeque<(Digest, Heard)>,
}

#[derive(Debug)]
struct Watched {
    looked: DateTime<Utc>,
    calls: VecDeque<Heard>,
}

impl Listening {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        // What is kept stays usable whatever a panic elsewhere left of it.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps so many characters.
fn shorten(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
}

impl Service {
    /// Whether somebody watches the set-up of any product, so that a call is worth noting.
    pub fn listens(&self) -> bool {
        self.listening().until.load(Ordering::Relaxed) > self.now().timestamp_micros()
    }

    /// Notes a call over SCIM that went well; `token` is what it showed.
    pub fn note_success(&self, token: Digest, mut heard: Heard) {
        shorten(&mut heard.target, 4 * TARGET);
        heard.target = without_secrets(&heard.target);
        shorten(&mut heard.target, TARGET);
        let mut calls = self.listening().calls();
        if calls.waiting.len() >= WAITING {
            calls.waiting.pop_front();
        }
        calls.waiting.push_back((token, heard));
    }

    /// The calls of a provider's product that went well on this node since somebody watches, newest
    /// first, at most 25. Whoever asks goes on watching.
    pub fn listen(&self, call: &AdminCall, provider: ProviderId) -> Result<Vec<Heard>, Error> {
        let now = self.now();
        let waiting = std::mem::take(&mut self.listening().calls().waiting);
        let found = self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let mut owners: HashMap<[u8; 32], Option<ProviderId>> = HashMap::new();
            let mut found = Vec::with_capacity(waiting.len());
            for (token, heard) in waiting {
                let owner = match owners.get(token.as_bytes()) {
                    Some(owner) => *owner,
                    None => credentials::find_token(tx, &token)?.map(|known| known.token.provider),
                };
                owners.insert(*token.as_bytes(), owner);
                found.extend(owner.map(|owner| (owner, heard)));
            }
            Ok::<_, Error>(found)
        })?;
        let mut calls = self.listening().calls();
        calls
            .watched
            .retain(|_, watched| watched.looked + WATCHED > now);
        if calls.watched.len() >= PROVIDERS && !calls.watched.contains_key(&provider) {
            let oldest = calls.watched.iter().min_by_key(|(_, one)| one.looked);
            if let Some(oldest) = oldest.map(|(id, _)| *id) {
                calls.watched.remove(&oldest);
            }
        }
        let watched = calls.watched.entry(provider).or_insert_with(|| Watched {
            looked: now,
            calls: VecDeque::new(),
        });
        watched.looked = now;
        for (owner, heard) in found {
            if let Some(watched) = calls.watched.get_mut(&owner) {
                if watched.calls.len() >= KEPT {
                    watched.calls.pop_front();
                }
                watched.calls.push_back(heard);
            }
        }
        let until = (now + WATCHED).timestamp_micros();
        self.listening().until.fetch_max(until, Ordering::Relaxed);
        let watched = calls.watched.get(&provider).into_iter();
        Ok(watched
            .flat_map(|one| one.calls.iter().rev().cloned())
            .collect())
    }
}
