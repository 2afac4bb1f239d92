//! The use cases: one function an operation, without HTTP; sync, but for what the OAuth endpoints await.
//!
//! Each authenticates its caller, reads, decides and writes inside one transaction, and leaves an
//! event for what it changed.

#![forbid(unsafe_code)]

mod admin;
mod bulk;
mod caller;
mod changes;
mod clients;
mod clock;
mod error;
mod ids;
mod rate;
mod settings;
mod slow_hash;
mod throttle;
mod types;
mod users;
#[cfg(test)]
mod world;

pub mod access;
pub mod access_groups;
pub mod access_requests;
pub mod administrators;
pub mod blocks;
pub mod cockpit;
pub mod credentials;
pub mod definitions;
pub mod events;
mod groups;
pub mod health;
pub mod import;
pub mod internal_groups;
pub mod jobs;
pub mod keys;
pub mod links;
pub mod list;
pub mod listening;
pub mod mail;
pub mod memberships;
pub mod mistakes;
pub mod overview;
pub mod pages;
pub mod people;
pub mod placements;
pub mod providers;
pub mod representation;
pub mod requests;
pub mod resources;
pub mod sessions;
pub mod telemetry;
pub mod timeline;
pub mod tokens;
pub mod vendors;
pub mod warnings;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use chrono::{DateTime, Utc};
use rand::RngCore as _;
use vestibule_domain::event::{Action, Actor, Event, Payload, Subject};
use vestibule_domain::{EventId, ProviderId};
use vestibule_scim::CursorKey;
use vestibule_storage::events::Recorded;
use vestibule_storage::{Engine, Store, Write};

/// Where the data lives: what opening a [`Service`] takes.
pub use vestibule_storage as storage;

pub use admin::{AdminCall, AdminCredential, Operator, Role};
pub use caller::{ALIAS, Call, Caller, MOUNT, Presented};
pub use clients::{Contact, KeysWanted};
pub use clock::{Clock, ClockJump, ClockJumps};
pub use error::{Error, chain};
pub use ids::Entropy;
pub use list::{Listed, Search};
pub use representation::{Precondition, Representation};
pub use resources::{Changed, Submitted, Wanted};
pub use settings::{LinkSettings, Settings};
pub use types::Types;
pub use warnings::Warned;

use caller::KnownProviders;
use listening::Listening;
use rate::Rates;
use sessions::Turnstile;
use telemetry::Telemetry;
use tokens::Trims;
use types::Known;

/// Everything an operation works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    clock_watch: clock::Watch,
    entropy: Entropy,
    settings: Settings,
    types: Known,
    providers: KnownProviders,
    cursor_key: OnceLock<CursorKey>,
    telemetry: Telemetry,
    listening: Listening,
    rates: Rates,
    trims: Trims,
    turnstile: Turnstile,
    entrance_throttle: links::throttle::Throttle,
    asking_throttle: links::throttle::Throttle,
    admitted: Mutex<Option<overview::Counted>>,
    deletions: providers::deletion::Deletions,
    /// By which this process is told from others over the same database.
    node: String,
}

impl Service {
    pub fn new(store: Store, clock: Clock, entropy: Entropy, settings: Settings) -> Self {
        let node = format!("{:016x}", entropy.lock().next_u64());
        Self {
            inner: Arc::new(Inner {
                node,
                store,
                clock,
                clock_watch: clock::Watch::default(),
                entropy,
                settings,
                types: Known::default(),
                providers: KnownProviders::default(),
                cursor_key: OnceLock::new(),
                telemetry: Telemetry::default(),
                listening: Listening::default(),
                rates: Rates::default(),
                trims: Trims::default(),
                turnstile: Turnstile::default(),
                entrance_throttle: links::throttle::Throttle::default(),
                asking_throttle: links::throttle::Throttle::default(),
                admitted: Mutex::default(),
                deletions: Mutex::default(),
            }),
        }
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn known_providers(&self) -> &KnownProviders {
        &self.inner.providers
    }

    pub(crate) fn known_types(&self) -> &Known {
        &self.inner.types
    }

    /// Never changes once it is known.
    pub(crate) fn cursor_key_known(&self) -> &OnceLock<CursorKey> {
        &self.inner.cursor_key
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn node(&self) -> &str {
        &self.inner.node
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.inner.rates
    }

    pub(crate) fn trims(&self) -> &Trims {
        &self.inner.trims
    }

    pub(crate) fn turnstile(&self) -> &Turnstile {
        &self.inner.turnstile
    }

    pub(crate) fn entrance_throttle(&self) -> &links::throttle::Throttle {
        &self.inner.entrance_throttle
    }

    pub(crate) fn asking_throttle(&self) -> &links::throttle::Throttle {
        &self.inner.asking_throttle
    }

    /// Who was counted last.
    pub(crate) fn admitted(&self) -> MutexGuard<'_, Option<overview::Counted>> {
        // One figure is as whole as another, whatever a panic elsewhere left of it.
        let counted = self.inner.admitted.lock();
        counted.unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn deletions(&self) -> MutexGuard<'_, HashMap<ProviderId, providers::Deletion>> {
        let deletions = self.inner.deletions.lock();
        deletions.unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listening(&self) -> &Listening {
        &self.inner.listening
    }

    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.inner.telemetry
    }

    /// An id for a request.
    pub fn request_id(&self) -> String {
        self.id(|id| id.to_string(), self.now())
    }

    /// Whether the database can be read.
    pub fn check(&self) -> Result<(), Error> {
        self.store().read(|tx| {
            vestibule_storage::administrators::count(tx)
                .map(drop)
                .map_err(Error::from)
        })
    }

    /// Whether a short read is answered from a file beside the process rather than over a network.
    pub fn reads_are_local(&self) -> bool {
        self.store().engine() == Engine::Sqlite
    }

    /// Now, in whole microseconds: what is stored and sealed is what was decided on.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.clock.now()
    }

    pub(crate) fn clock_watch(&self) -> &clock::Watch {
        &self.inner.clock_watch
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.inner.entropy
    }

    /// A new, time-ordered id.
    pub(crate) fn id<T>(&self, make: impl Fn(uuid::Uuid) -> T, now: DateTime<Utc>) -> T {
        make(self.inner.entropy.id(now))
    }

    /// Records a change in the transaction that makes it, and answers the event's id.
    pub(crate) fn record(&self, write: &mut Write<'_>, change: Change) -> EventId {
        let id = change
            .id
            .unwrap_or_else(|| self.id(EventId::from_uuid, change.at));
        let mut salt = [0; 32];
        self.inner.entropy.lock().fill_bytes(&mut salt);
        let event = Event {
            id,
            at: change.at,
            actor: change.actor,
            action: change.action,
            subject: change.subject,
            provider: change.provider,
            cause: change.cause,
            request_id: change.request_id,
            payload: change.payload,
        };
        write.append(Recorded { event, salt });
        id
    }
}

/// A change about to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Chosen ahead when a row has to name it before it is recorded.
    pub(crate) id: Option<EventId>,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor: Actor,
    pub(crate) action: Action,
    pub(crate) subject: Subject,
    pub(crate) provider: Option<ProviderId>,
    pub(crate) cause: Option<EventId>,
    pub(crate) request_id: Option<String>,
    pub(crate) payload: Payload,
}
