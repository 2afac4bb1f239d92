//! The bytes and hashes of the chain, as the module's page on events defines them.

use std::borrow::Cow;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Event;
use crate::ids::{EventId, ProviderId};

/// A SHA-256.
pub type Digest = [u8; 32];

/// What stands for the hash before the first event's.
pub const GENESIS: Digest = [0; 32];

const FORMAT: &[u8] = b"vestibule-event-1\0";

/// The part of an event that is never erased, as plain texts and numbers.
///
/// A verifier fills it straight from the stored columns: words of a later version hash as well as
/// known ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata<'a> {
    pub id: EventId,
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: i64,
    pub actor_kind: Cow<'a, str>,
    pub actor_id: Option<Uuid>,
    pub actor_detail: Option<Cow<'a, str>>,
    pub action: Cow<'a, str>,
    pub subject_kind: Cow<'a, str>,
    pub subject_id: Uuid,
    pub provider: Option<ProviderId>,
    pub cause: Option<EventId>,
    pub request_id: Option<Cow<'a, str>>,
}

impl Metadata<'_> {
    /// The encoding that is hashed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        put(&mut bytes, Some(self.id.as_uuid().as_bytes()));
        put(&mut bytes, Some(&self.at_micros.to_be_bytes()));
        put(&mut bytes, Some(self.actor_kind.as_bytes()));
        put(
            &mut bytes,
            self.actor_id.as_ref().map(|id| id.as_bytes().as_slice()),
        );
        put(
            &mut bytes,
            self.actor_detail.as_ref().map(|detail| detail.as_bytes()),
        );
        put(&mut bytes, Some(self.action.as_bytes()));
        put(&mut bytes, Some(self.subject_kind.as_bytes()));
        put(&mut bytes, Some(self.subject_id.as_bytes()));
        put(
            &mut bytes,
            self.provider
                .map(ProviderId::as_uuid)
                .as_ref()
                .map(|id| id.as_bytes().as_slice()),
        );
        put(
            &mut bytes,
            self.cause
                .map(EventId::as_uuid)
                .as_ref()
                .map(|id| id.as_bytes().as_slice()),
        );
        put(&mut bytes, self.request_id.as_ref().map(|id| id.as_bytes()));
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, field: Option<&[u8]>) {
    let Some(field) = field else {
        bytes.push(0);
        return;
    };
    let length =
        u32::try_from(field.len()).expect("a field is an id or a short text: far below 4 GiB");
    bytes.push(1);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(field);
}

/// The payload as it is stored and hashed: JSON with sorted keys and without white space.
///
/// Recurses as deep as the values do; they come from parsed JSON, whose depth is limited while it
/// is parsed.
pub fn payload_text(event: &Event) -> String {
    let payload = &event.payload;
    let mut object = Map::new();
    let why = payload.why.as_deref().map(Value::from);
    let address = event.actor.payload_address();
    for (key, value) in [
        ("address", address.map(|address| address.to_string().into())),
        ("after", payload.after.clone()),
        ("before", payload.before.clone()),
        ("why", why),
    ] {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    }
    let mut value = Value::Object(object);
    value.sort_all_objects();
    value.to_string()
}

/// `SHA-256(salt || payload)`, where `payload` is the stored text.
pub fn payload_digest(salt: &[u8; 32], payload: &str) -> Digest {
    Sha256::new()
        .chain_update(salt)
        .chain_update(payload)
        .finalize()
        .into()
}

/// The hash of the event at `seq`, which follows the one whose hash is `previous`.
pub fn seal(previous: &Digest, seq: i64, metadata: &[u8], payload_digest: &Digest) -> Digest {
    // `usize` is at most 64 bits wide on every platform Rust has.
    let length = metadata.len() as u64;
    Sha256::new()
        .chain_update(FORMAT)
        .chain_update(previous)
        .chain_update(seq.to_be_bytes())
        .chain_update(length.to_be_bytes())
        .chain_update(metadata)
        .chain_update(payload_digest)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests;
