//! Whether the server keeps up with what it does in the background.

use chrono::{DateTime, Utc};
use vestibule_domain::said::Said;
use vestibule_storage::{Engine, events, health, link_candidates, outbox, requests};

use crate::requests::DROPPED;
use crate::{AdminCall, ClockJumps, Error, Role, Service};

/// What there is to say about one running server and its database.
#[derive(Debug, Clone)]
pub struct Health {
    /// By the server's clock.
    pub at: DateTime<Utc>,
    /// Jumps of that clock which this process has noticed.
    pub clock: ClockJumps,
    /// `SQLite` or `PostgreSQL`.
    pub engine: &'static str,
    /// By which this process is told from others over the same database.
    pub node: String,
    /// Versions of the migrations that were applied, oldest first.
    pub migrations: Vec<String>,
    /// Number of the last sealed event; 0 before the first.
    pub sealed: i64,
    /// Its hash, to be kept elsewhere.
    pub head: Option<Vec<u8>>,
    /// Events that wait to be sealed.
    pub unsealed: i64,
    /// Letters that wait to be sent.
    pub letters_waiting: i64,
    /// Why one of them could not be sent yet.
    pub letter_error: Option<String>,
    /// Why nobody can be handed over to the gateway: nothing can be signed, though there is a key, or a gateway
    /// is configured.
    pub signing_error: Option<Said>,
    /// People who are looked at soon for a link.
    pub people_waiting: i64,
    /// Refused requests that came too fast to be kept, ever.
    pub dropped_requests: i64,
}

impl Service {
    /// How this server and its database are.
    pub fn health(&self, call: &AdminCall) -> Result<Health, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let chain = events::chain(tx)?;
            Ok(Health {
                at: now,
                clock: self.clock_jumps(),
                engine: match self.store().engine() {
                    Engine::Sqlite => "SQLite",
                    Engine::Postgres => "PostgreSQL",
                },
                node: self.node().to_owned(),
                migrations: health::migrations(tx)?,
                sealed: chain.sealed,
                head: chain.head,
                unsealed: chain.unsealed,
                letters_waiting: outbox::waiting(tx)?,
                letter_error: outbox::trouble(tx)?,
                signing_error: self.signing_trouble(tx)?,
                people_waiting: link_candidates::waiting(tx)?,
                dropped_requests: requests::drops(tx, DROPPED)?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::provider::UserType;

    use super::*;
    use crate::keys::SealingKey;
    use crate::world::{World, root};
    use crate::{Clock, Entropy, LinkSettings, Settings};

    #[test]
    fn it_says_what_waits_and_where_the_chain_stands() {
        let world = World::new();
        world.client(UserType::ThirdParty);
        let health = world.service.health(&root()).unwrap();
        let events = i64::try_from(world.events().len()).unwrap();
        assert_eq!(health.sealed + health.unsealed, events, "{health:?}");
        assert_eq!(health.head.is_some(), health.sealed > 0);
        assert!(health.migrations.len() >= 10, "{:?}", health.migrations);
        assert_eq!((health.letters_waiting, health.people_waiting), (0, 0));
        assert_eq!(health.dropped_requests, 0);
    }

    #[test]
    fn a_gateway_without_a_key_that_could_sign_is_told_of() {
        let with = |gateway, sealing_key| {
            let settings = Settings::default();
            let links = LinkSettings {
                sealing_key,
                gateway,
                ..settings.links
            };
            let world = World::with(Settings { links, ..settings });
            world.service.prepare_signing_key().unwrap();
            let (health, overview) = (
                world.service.health(&root()).unwrap(),
                world.service.overview(&root()).unwrap(),
            );
            assert_eq!(health.signing_error, overview.signing_error);
            health.signing_error.map(|said| said.to_string())
        };
        let told = with(true, None).unwrap();
        assert!(told.contains("set key_secret"), "{told}");
        assert_eq!(with(false, None), None, "nobody is handed over anywhere");
        let sealing = SealingKey::parse(&SealingKey::generate());
        assert_eq!(with(true, sealing), None);
    }

    #[test]
    fn a_key_that_cannot_be_opened_is_told_of() {
        let sealing = |byte| SealingKey::parse(&format!("{byte}{}=", "A".repeat(42)));
        let with = |sealing_key| {
            let settings = Settings::default();
            let links = LinkSettings {
                sealing_key,
                ..settings.links
            };
            Settings { links, ..settings }
        };
        let world = World::with(with(sealing('B')));
        let trouble = |service: &Service| {
            let told = service.health(&root()).unwrap().signing_error;
            told.map(|said| said.to_string())
        };
        assert_eq!(trouble(&world.service), None, "there is no key yet");
        world.service.prepare_signing_key().unwrap();
        assert_eq!(trouble(&world.service), None);
        let restarted = |sealing_key| {
            let store = world.service.store().clone();
            // What is made then is newer.
            let now = world.service.now() + chrono::Duration::seconds(1);
            let clock = Clock::new(move || now);
            Service::new(store, clock, Entropy::seeded(2), with(sealing_key))
        };
        assert!(trouble(&restarted(None)).is_some());
        let other = restarted(sealing('C'));
        other.prepare_signing_key().unwrap();
        let told = trouble(&other).unwrap();
        assert!(told.contains("key_secret is not the one"), "{told}");
        // Another key signs at once: there is none that others may have kept.
        let made = other.rotate_signing_key(&root()).unwrap();
        assert_eq!(made.active_from, made.created);
        assert_eq!(trouble(&other), None);
    }
}
