//! The record of every change, to be read and verified.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;
use vestibule_domain::EventId;
use vestibule_domain::event::SubjectKind;
use vestibule_storage::{Read, events, names};

pub use vestibule_storage::events::{Choice, EventSort, Seal, Verification};

use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Error, Role, Service};

/// Of a list of ids in a payload, how many are named where events are listed.
const NAMED: usize = 5;
/// And where one event is looked at alone.
const NAMED_ALONE: usize = 100;

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
    /// Where the provider, the person or the administrator called from; none where it is unknown or was
    /// erased.
    pub actor_address: Option<String>,
    pub action: String,
    pub subject_kind: String,
    pub subject_id: String,
    pub provider: Option<String>,
    /// The event that this one follows from.
    pub cause: Option<String>,
    pub request_id: Option<String>,
    /// An object with at most `address`, `before`, `after` and `why`; none once it was erased.
    pub payload: Option<Value>,
    /// What the subject is called, or was.
    #[serde(skip)]
    pub subject_name: Option<String>,
    /// Whether the subject is there and has a name.
    #[serde(skip)]
    pub standing: bool,
    /// What the provider or the person is called that acted.
    #[serde(skip)]
    pub actor_name: Option<String>,
    /// What those are called that the payload names by their ids: of a list the first five, of an event
    /// that is looked at alone the first hundred.
    #[serde(skip)]
    pub names: HashMap<Uuid, String>,
}

/// What stands beside an event.
#[derive(Debug, Clone)]
pub struct BesideEvent {
    pub seal: Seal,
    /// The event that it follows from.
    pub cause: Option<EventRecord>,
    /// What the provider is called in whose realm it lies; none where that is gone, or there is none.
    pub realm: Option<String>,
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
            let records = page.items.into_iter().map(record);
            let mut items: Vec<EventRecord> = records.collect::<Result<_, _>>()?;
            name(tx, &mut items, NAMED)?;
            Ok(Page {
                items,
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
            let records = found.into_iter().map(record);
            let mut found: Vec<EventRecord> = records.collect::<Result<_, Error>>()?;
            let named = if found.len() == 1 { NAMED_ALONE } else { NAMED };
            name(tx, &mut found, named)?;
            Ok(found)
        })
    }

    /// What stands beside an event: how it is sealed, what it follows from, and in whose realm it lies.
    pub fn beside_event(
        &self,
        call: &AdminCall,
        event: &EventRecord,
    ) -> Result<BesideEvent, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let seal = events::seal_of(tx, event.id)?.ok_or(Error::NotFound("event"))?;
            let cause = event.cause.as_deref().and_then(|cause| cause.parse().ok());
            let found = match cause {
                Some(cause) => events::of_request_or_id(tx, cause, 1)?,
                None => Vec::new(),
            };
            let records = found.into_iter().map(record);
            let mut found: Vec<EventRecord> = records.collect::<Result<_, Error>>()?;
            name(tx, &mut found, NAMED)?;
            let realm = event.provider.as_deref().and_then(|id| id.parse().ok());
            let named = names::of(tx, SubjectKind::Provider, realm.as_slice())?;
            Ok(BesideEvent {
                seal,
                cause: found.pop(),
                realm: realm.and_then(|id| named.get(&id).cloned()),
            })
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

/// Fills in what the subjects of events, and the providers and people among their actors, are called: as they are now,
/// or as the event itself says where they are gone.
fn name(tx: &mut Read<'_>, found: &mut [EventRecord], most: usize) -> Result<(), Error> {
    let acting = |event: &EventRecord| {
        let kind = match event.actor_kind.as_str() {
            "provider" => SubjectKind::Provider,
            "person" => SubjectKind::User,
            _ => return None,
        };
        let id: Uuid = event.actor_id.as_deref()?.parse().ok()?;
        Some((kind, id))
    };
    let mut wanted: HashMap<SubjectKind, Vec<Uuid>> = HashMap::new();
    for event in found.iter() {
        let id = event.subject_id.parse().ok();
        if let Some((kind, id)) = event.subject_kind.parse().ok().zip(id) {
            wanted.entry(kind).or_default().push(id);
        }
        if let Some((kind, id)) = acting(event) {
            wanted.entry(kind).or_default().push(id);
        }
        for (kind, id) in mentioned(event, most) {
            wanted.entry(kind).or_default().push(id);
        }
    }
    let mut names = HashMap::new();
    for (kind, mut ids) in wanted {
        ids.sort_unstable();
        ids.dedup();
        names.extend(names::of(tx, kind, &ids)?);
    }
    for event in found {
        let known = event
            .subject_id
            .parse()
            .ok()
            .and_then(|id: Uuid| names.get(&id));
        event.standing = known.is_some();
        event.subject_name = known.cloned().or_else(|| told_name(event));
        event.actor_name = acting(event).and_then(|(_, id)| names.get(&id).cloned());
        event.names = mentioned(event, most)
            .into_iter()
            .filter_map(|(_, id)| Some((id, names.get(&id)?.clone())))
            .collect();
    }
    Ok(())
}

/// What a payload names by its id, by the words it stands under: of a list the first `most`.
fn mentioned(event: &EventRecord, most: usize) -> Vec<(SubjectKind, Uuid)> {
    let mut found = Vec::new();
    let Some(payload) = &event.payload else {
        return found;
    };
    let sides = ["before", "after"].into_iter();
    let fields = sides.filter_map(|side| payload.get(side)?.as_object());
    for (word, value) in fields.flatten() {
        if word == "placements" {
            found.extend(placed(value, most));
            continue;
        }
        let kinds: &[SubjectKind] = match word.as_str() {
            "access_group" | "default_access_group" => &[SubjectKind::AccessGroup],
            "vendor" => &[SubjectKind::Vendor],
            "user" => &[SubjectKind::User],
            "group" => &[SubjectKind::Group],
            "provider" => &[SubjectKind::Provider],
            "link" => &[SubjectKind::Link],
            "added" | "removed" | "members" => &[SubjectKind::User, SubjectKind::Group],
            _ => continue,
        };
        let values = match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        let ids = values.iter().take(most);
        let ids = ids.filter_map(|value| value.as_str()?.parse::<Uuid>().ok());
        found.extend(ids.flat_map(|id| kinds.iter().map(move |kind| (*kind, id))));
    }
    found
}

/// Whom an event places, and the vendors and groups that it chose from.
fn placed(placements: &Value, most: usize) -> Vec<(SubjectKind, Uuid)> {
    let mut found = Vec::new();
    let mut tell = |whole: &Value, words: &[(&str, SubjectKind)]| {
        for (word, kind) in words {
            let id = whole.get(*word).and_then(Value::as_str);
            found.extend(id.and_then(|id| Some((*kind, id.parse().ok()?))));
        }
    };
    for placement in placements.as_array().into_iter().flatten().take(most) {
        let words = [
            ("user", SubjectKind::User),
            ("from", SubjectKind::Vendor),
            ("to", SubjectKind::Vendor),
        ];
        tell(placement, &words);
        let words = [
            ("vendor", SubjectKind::Vendor),
            ("group", SubjectKind::Group),
        ];
        let candidates = placement.get("candidates").and_then(Value::as_array);
        for candidate in candidates.into_iter().flatten().take(NAMED) {
            tell(candidate, &words);
        }
    }
    found
}

/// The name that an event itself says of its subject.
fn told_name(event: &EventRecord) -> Option<String> {
    let payload = event.payload.as_ref()?;
    let sides = ["after", "before"].into_iter();
    let mut sides = sides.filter_map(|side| payload.get(side)?.as_object());
    sides.find_map(|fields| {
        let keys = ["userName", "user_name", "displayName", "name"].into_iter();
        let mut texts = keys.filter_map(|key| fields.get(key)?.as_str());
        texts.find(|text| !text.is_empty()).map(str::to_owned)
    })
}

/// Where an actor called from. An administrator's address stands in the payload.
fn address(stored: &events::Stored, payload: Option<&Value>) -> Option<String> {
    match stored.actor_kind.as_str() {
        "administrator" => Some(payload?.get("address")?.as_str()?.to_owned()),
        "provider" | "person" => stored.actor_detail.clone(),
        _ => None,
    }
}

fn record(stored: events::Stored) -> Result<EventRecord, Error> {
    let payload: Option<Value> = stored
        .payload
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(Error::internal)?;
    let actor_address = address(&stored, payload.as_ref());
    Ok(EventRecord {
        id: stored.id,
        seq: stored.seq,
        at: stored.at,
        actor_kind: stored.actor_kind,
        actor_id: stored.actor_id,
        actor_detail: stored.actor_detail,
        actor_address,
        action: stored.action,
        subject_kind: stored.subject_kind,
        subject_id: stored.subject_id,
        provider: stored.provider,
        cause: stored.cause,
        request_id: stored.request_id,
        payload,
        subject_name: None,
        standing: false,
        actor_name: None,
        names: HashMap::new(),
    })
}

#[cfg(test)]
mod tests;
