//! What was changed, as the event that tells it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use vestibule_domain::event::{Action, Payload, Subject};

use crate::{Change, Error, Operator};

impl Operator {
    /// The start of an event about what this operator does now.
    pub(crate) fn change(
        &self,
        action: Action,
        subject: impl Into<Subject>,
        at: DateTime<Utc>,
    ) -> Change {
        Change {
            id: None,
            at,
            actor: self.actor.clone(),
            action,
            subject: subject.into(),
            provider: None,
            cause: None,
            request_id: self.request_id.clone(),
            payload: Payload::default(),
        }
    }
}

/// The payload of something made.
pub(crate) fn made(after: Value) -> Payload {
    Payload {
        after: Some(after),
        ..Payload::default()
    }
}

/// The payload of something removed.
pub(crate) fn gone(before: Value) -> Payload {
    Payload {
        before: Some(before),
        ..Payload::default()
    }
}

/// The payload of something moved from one state to another.
pub(crate) fn moved(before: Value, after: Value) -> Payload {
    Payload {
        before: Some(before),
        after: Some(after),
        why: None,
    }
}

/// The settings that differ, before and after; none when all are the same.
pub(crate) fn changed<T: Serialize>(before: &T, after: &T) -> Result<Option<Payload>, Error> {
    let (before, after) = (fields(before)?, fields(after)?);
    Ok((before != after).then(|| {
        let (before, after) = difference(&before, &after);
        moved(before, after)
    }))
}

/// Settings as they stand in a payload.
pub(crate) fn value(settings: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(settings).map_err(Error::internal)
}

fn fields(settings: &impl Serialize) -> Result<Map<String, Value>, Error> {
    match value(settings)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::internal("settings are an object")),
    }
}

/// The attributes that differ, before and after.
pub(crate) fn difference(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> (Value, Value) {
    let changed = |these: &Map<String, Value>, those: &Map<String, Value>| {
        let changed = these
            .iter()
            .filter(|(name, value)| those.get(*name) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()));
        Value::Object(changed.collect())
    };
    (changed(before, after), changed(after, before))
}
