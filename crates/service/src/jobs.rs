//! Work that nobody asks for: one bounded step a call, repeated by whoever schedules it while
//! there is something left.

use chrono::Duration;
use vestibule_storage::{credentials, entry_codes, events};

use crate::{Error, Service};

/// Events sealed in one step.
const SEALED: i64 = 1_000;
/// Expired rows removed in one step.
pub(crate) const PURGED: i64 = 500;

impl Service {
    /// Gives committed events their place in the chain. Answers how many; fewer than 1,000 when no
    /// more are waiting or another node is at it.
    pub fn seal_events(&self) -> Result<usize, Error> {
        self.store()
            .write("events.seal", |tx| Ok(events::seal(tx, SEALED)?))
    }

    /// Removes entry codes of yesterday; they were refused before. Answers how many; fewer than 500
    /// when no more are left.
    pub fn purge_entry_codes(&self) -> Result<usize, Error> {
        let before = self.now() - Duration::days(1);
        self.store().write("entry_codes.purge", move |tx| {
            Ok(entry_codes::purge(tx, before, PURGED)?)
        })
    }

    /// Removes tokens that have expired; they were refused before (R-TOK-7). Answers how many;
    /// fewer than 500 when no more are left.
    pub fn purge_tokens(&self) -> Result<usize, Error> {
        let now = self.now();
        self.store().write("tokens.purge", move |tx| {
            Ok(credentials::purge_tokens(tx, now, PURGED)?)
        })
    }
}
