//! Events: the append-only record of every change, and the bytes that seal it. **This format is
//! permanent.** A chain written today must verify with every later version, and an auditor must be
//! able to verify it with nothing but this page and SHA-256.
//!
//! # What an event says
//!
//! Who ([`Actor`]) did what ([`Action`]) to what ([`Subject`]), in which provider's realm, when,
//! because of which other event, during which request; and, in the payload, the changed fields before
//! and after and why ([`Payload`]), and the address of an administrator. The payload alone may hold personal data: erasing a person deletes
//! payload and salt of the event and leaves the rest, and the chain still verifies. So no name or
//! address of a provisioned person belongs in the metadata, and no secret belongs anywhere.
//!
//! # Words
//!
//! Actions, kinds of actors and kinds of subjects have stable texts. Words may be added, never
//! changed or reused. A verifier needs no list of them: it hashes the stored texts
//! ([`Metadata`]), so a chain that holds words of a later version still verifies.
//!
//! # Sealing
//!
//! Events are stored with the change, and sealed with it or soon after, in batches, in the order of
//! `seq` = 1, 2, 3... without a gap:
//!
//! ```text
//! payload        = the payload as JSON text in UTF-8, byte for byte as stored (below)
//! payload digest = SHA-256(salt || payload)                 salt: 32 random bytes, one per event
//! metadata       = id actor-kind ... request-id             eleven fields, each encoded as below
//! hash           = SHA-256("vestibule-event-1" || 0x00
//!                          || hash of seq - 1               32 bytes; for seq 1 32 zero bytes
//!                          || seq                           8 bytes, big-endian
//!                          || length of metadata            8 bytes, big-endian
//!                          || metadata
//!                          || payload digest)               32 bytes
//! ```
//!
//! The eleven fields of the metadata, in this order: event id (16 bytes), instant (microseconds
//! since 1970-01-01T00:00:00Z, 8 bytes, big-endian, two's complement), actor kind (text), actor id
//! (16 bytes, optional), actor detail (text, optional), action (text), subject kind (text), subject
//! id (16 bytes), provider id (16 bytes, optional), id of the causing event (16 bytes, optional),
//! request id (text, optional). Texts are UTF-8. A field that is absent is the byte `00`; any other
//! is the byte `01`, its length in bytes as 4 bytes big-endian, and its bytes. So no two different
//! records have the same encoding, whatever the texts hold.
//!
//! The salt keeps an erased payload from being guessed out of its digest. The prefix names the
//! format, so that a second one can stand beside it and no hash of one is ever a hash of the other.
//!
//! # Payload text
//!
//! [`payload_text`] is an object with at most the keys `address`, `after`, `before` and `why`, absent
//! ones left out, all objects' keys sorted by code point, no white space. `address` is the one an
//! administrator acted from; events of before it was kept, and those of all other actors, have none.
//! The text is canonical only so that equal payloads have equal texts; what is hashed is the stored
//! text, which is never parsed to verify. So a later version may add a key.

mod action;
mod actor;
mod seal;

pub use action::{Action, Subject, SubjectKind};
pub use actor::{Actor, ActorError};
pub use seal::{Digest, GENESIS, Metadata, payload_digest, payload_text, seal};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{EventId, ProviderId};

/// One record of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub id: EventId,
    /// To the microsecond; anything finer is not sealed and must not be stored.
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub action: Action,
    pub subject: Subject,
    /// The provider in whose realm the subject lies.
    pub provider: Option<ProviderId>,
    /// The event that this one follows from: the membership that moved a placement, the first of
    /// a delta's continuation events.
    pub cause: Option<EventId>,
    /// The id the request's log lines and error bodies carry.
    pub request_id: Option<String>,
    pub payload: Payload,
}

impl Event {
    /// The part that is never erased, as the texts and numbers that are hashed.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata {
            id: self.id,
            at_micros: self.at.timestamp_micros(),
            actor_kind: self.actor.kind().into(),
            actor_id: self.actor.id(),
            actor_detail: self.actor.detail(),
            action: self.action.name().into(),
            subject_kind: self.subject.kind.name().into(),
            subject_id: self.subject.id,
            provider: self.provider,
            cause: self.cause,
            request_id: self.request_id.as_deref().map(Into::into),
        }
    }
}

/// What changed: only the changed fields, by their names in the API, without secrets.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Payload {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// In plain English, for people: the reason given, or the rule that applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
