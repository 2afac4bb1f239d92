//! The record of every change, to be read and verified.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use vestibule_domain::EventId;
use vestibule_storage::events;

pub use vestibule_storage::events::{Choice, EventSort, Verification};

use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Error, Role, Service};

/// Which events are wanted, newest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    pub choice: Choice,
    pub page: PageQuery<EventSort>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventRecord {
    pub id: EventId,
    /// Its place in the chain; none until it is sealed.
    pub seq: Option<i64>,
    pub at: DateTime<Utc>,
    /// `provider`, `administrator`, `command_line` or `system`.
    pub actor_kind: String,
    pub actor_id: Option<String>,
    /// A provider's address, an administrator's name.
    pub actor_detail: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub provider: Option<String>,
    /// The event that this one follows from.
    pub cause: Option<String>,
    pub request_id: Option<String>,
    /// An object with at most `before`, `after` and `why`; none once it was erased.
    pub payload: Option<Value>,
}

impl Service {
    pub fn list_events(
        &self,
        call: &AdminCall,
        query: &EventQuery,
    ) -> Result<Page<EventRecord>, Error> {
        let asked = self.asked(&query.page, (EventSort::At, true))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = events::list(tx, &query.choice, asked.page())?;
            let page = asked.answer(found, |_, event| (None, event.id.to_string()));
            Ok(Page {
                items: page
                    .items
                    .into_iter()
                    .map(record)
                    .collect::<Result<_, _>>()?,
                next: page.next,
                previous: page.previous,
            })
        })
    }

    /// The event with that id, or the events of the request with that id.
    pub fn events_of(&self, call: &AdminCall, id: Uuid) -> Result<Vec<EventRecord>, Error> {
        let limit = self.settings().page(None);
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = events::of_request_or_id(tx, id, limit)?;
            found.into_iter().map(record).collect()
        })
    }

    /// Recomputes the whole chain of events.
    pub fn verify_chain(&self, call: &AdminCall) -> Result<Verification, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(events::verify(tx)?)
        })
    }

    /// Hash of the sealed event with that number, to be compared with one kept elsewhere.
    pub fn hash_at(&self, call: &AdminCall, seq: i64) -> Result<Option<Vec<u8>>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(events::hash_at(tx, seq)?)
        })
    }
}

fn record(stored: events::Stored) -> Result<EventRecord, Error> {
    let payload = stored
        .payload
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(Error::internal)?;
    Ok(EventRecord {
        id: stored.id,
        seq: stored.seq,
        at: stored.at,
        actor_kind: stored.actor_kind,
        actor_id: stored.actor_id,
        actor_detail: stored.actor_detail,
        action: stored.action,
        subject_kind: stored.subject_kind,
        subject_id: stored.subject_id,
        provider: stored.provider,
        cause: stored.cause,
        request_id: stored.request_id,
        payload,
    })
}

#[cfg(test)]
mod tests;
