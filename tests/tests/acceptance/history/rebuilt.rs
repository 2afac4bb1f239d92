//! The rows of the tables, made of nothing but the events.

mod marks;
mod registry;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use vestibule_domain::mail;
use vestibule_scim::Resource;
use vestibule_scim::fold::fold;
use vestibule_service::events::EventRecord;

use marks::{Known, Marks};
use registry::Registry;
use requests::Requests;

type Row = Map<String, Value>;

/// A table: its name, what its rows are in the order of, and the rows.
pub(super) type Table = (&'static str, &'static str, BTreeMap<String, Row>);

/// Every table that says who may get in or who decides on it, by id; memberships in the order of their
/// arrival.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    users: BTreeMap<String, Row>,
    groups: BTreeMap<String, Row>,
    pub(super) memberships: Vec<Row>,
    vendors: BTreeMap<String, Row>,
    placements: BTreeMap<String, Row>,
    access_groups: BTreeMap<String, Row>,
    blocks: BTreeMap<String, Row>,
    links: BTreeMap<String, Row>,
    panics: BTreeMap<String, Row>,
    marks: Marks,
    requests: Requests,
    registry: Registry,
    /// What each event was about.
    subjects: BTreeMap<String, String>,
    /// Which events were changes of members.
    deltas: BTreeSet<String>,
    /// Who was taken out of a group by a change that may not be told to its end yet, by its first event.
    leaving: Option<(String, Vec<String>)>,
}

impl Rebuilt {
    pub(super) fn apply(&mut self, event: &EventRecord) {
        let event = Told::new(event);
        let id = event.subject.clone();
        let goes_on = |(first, _): &(String, Vec<String>)| event.cause.as_ref() == Some(first);
        if !self.leaving.as_ref().is_some_and(goes_on) {
            self.left();
        }
        match event.action.as_str() {
            "user.created" => {
                let row = object(json!({
                    "id": id, "provider_id": event.provider, "left_event": null, "created": event.at,
                    "modified": event.at, "version": 0, "active": null, "document": {},
                }));
                self.users.insert(id.clone(), row);
                person(self.users.get_mut(&id).unwrap(), &event);
                self.marks.arrived(&Known::of(&self.users[&id]));
            }
            "user.changed" => self.changed(&id, &event),
            "user.deleted" => {
                self.users.remove(&id).unwrap();
                self.placements.remove(&id);
                // Told of besides, unless their provider is deleted.
                self.memberships.retain(|row| row["member_id"] != id);
            }
            "group.created" => {
                let row = object(json!({
                    "id": id, "provider_id": event.provider, "enabled": 1, "enabled_event": event.id,
                    "link_delivery": "default", "access_group_id": null, "access_group_event": null,
                    "created": event.at, "modified": event.at, "version": 0, "document": {},
                }));
                self.groups.insert(id.clone(), row);
                group(self.groups.get_mut(&id).unwrap(), &event);
            }
            "group.changed" => group(self.groups.get_mut(&id).unwrap(), &event),
            "group.deleted" => {
                self.groups.remove(&id).unwrap();
                let members = self.memberships.iter().filter(|row| row["group_id"] == id);
                let members = members.map(|row| row["member_id"].as_str().unwrap().to_owned());
                self.leaving = Some((event.id.clone(), members.collect()));
                self.memberships
                    .retain(|row| row["group_id"] != id && row["member_id"] != id);
            }
            "internal_group.changed" => internal_group(self.groups.get_mut(&id).unwrap(), &event),
            "members.changed" => self.members(&event),
            "vendor.created" => {
                let row = object(json!({
                    "id": id, "provider_id": event.provider, "created": event.at, "modified": event.at,
                    "version": 0, "status_event": event.id, "access_group_event": event.id,
                    "dates_event": event.id,
                }));
                self.vendors.insert(id.clone(), row);
                vendor(self.vendors.get_mut(&id).unwrap(), &event);
            }
            // It has nothing after when its provider is deleted.
            "vendor.closed" if event.after.is_null() => drop(self.vendors.remove(&id).unwrap()),
            "vendor.changed" | "vendor.closed" | "vendor.reattached" => {
                vendor(self.vendors.get_mut(&id).unwrap(), &event);
            }
            "placement.changed" => self.placed(&event),
            "access_group.created" => {
                let row = object(json!({
                    "id": id, "enabled_event": event.id, "settings": {}, "created": event.at,
                    "modified": event.at, "version": 0, "enabled": null,
                }));
                self.access_groups.insert(id.clone(), row);
                access_group(self.access_groups.get_mut(&id).unwrap(), &event);
            }
            "access_group.changed" => {
                access_group(self.access_groups.get_mut(&id).unwrap(), &event);
            }
            "access_group.deleted" => drop(self.access_groups.remove(&id).unwrap()),
            "block.set" => self.blocked(&event),
            "block.lifted" => {
                let set = self.blocks[&id]["event_id"].clone();
                for row in self.blocks.values_mut() {
                    if row["event_id"] == set && row["lifted_event"].is_null() {
                        row.insert("lifted_event".to_owned(), event.id.clone().into());
                    }
                }
            }
            "link.created" | "link.shortened" | "link.carried" | "link.ended" => self.link(&event),
            "panic.pressed" => {
                let of_group = self.groups.contains_key(&id);
                let of = |chosen: bool| chosen.then_some(&id);
                let row = json!({
                    "id": event.id, "vendor_id": of(!of_group), "group_id": of(of_group), "at": event.at,
                });
                self.panics.insert(event.id.clone(), object(row));
                for user in self.people_of(&id, of_group) {
                    self.marks.held(&Known::of(&self.users[&user]), event.at);
                }
            }
            _ => {
                self.requests.apply(&event);
                self.registry.apply(&event);
            }
        }
        if event.action == "members.changed" {
            self.deltas.insert(event.id.clone());
        }
        self.subjects.insert(event.id, event.subject);
    }

    /// Every table but that of the memberships.
    pub(super) fn tables(mut self) -> Vec<Table> {
        self.left();
        vec![
            ("users", "id", self.users),
            ("groups", "id", self.groups),
            ("vendors", "id", self.vendors),
            ("placements", "user_id", self.placements),
            ("access_groups", "id", self.access_groups),
            ("blocks", "id", self.blocks),
            ("access_links", "id", self.links),
            ("panics", "id", self.panics),
            ("panic_marks", "mark, user_id", self.marks.rows),
            ("access_requests", "id", self.requests.rows),
            (
                "access_request_votes",
                "request_id, voice",
                self.requests.votes,
            ),
            (
                "access_request_groups",
                "request_id, group_id",
                self.requests.groups,
            ),
            ("providers", "id", self.registry.providers),
            ("client_secrets", "id", self.registry.secrets),
            ("tokens", "id", self.registry.tokens),
            ("signing_keys", "id", self.registry.keys),
            ("administrators", "id", self.registry.administrators),
            ("admin_tokens", "id", self.registry.admin_tokens),
        ]
    }

    /// Leaves out those activation tokens that time has ended and whose rows are not there any more: they
    /// go some time after with no word of it.
    pub(super) fn purge(&mut self, there: &[Value]) {
        let Registry {
            tokens, expired, ..
        } = &mut self.registry;
        tokens.retain(|id, _| !expired.contains(id) || there.iter().any(|row| row["id"] == *id));
    }

    /// The people placed in a vendor, or below a group.
    fn people_of(&self, id: &str, of_group: bool) -> BTreeSet<String> {
        if !of_group {
            let placed = self
                .placements
                .iter()
                .filter(|(_, row)| row["vendor_id"] == *id);
            return placed.map(|(user, _)| user.clone()).collect();
        }
        let mut people = BTreeSet::new();
        let mut below = vec![id.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(group) = below.pop() {
            let members = self
                .memberships
                .iter()
                .filter(|row| row["group_id"] == group);
            for member in members.filter_map(|row| row["member_id"].as_str()) {
                if self.groups.contains_key(member) {
                    if seen.insert(member.to_owned()) {
                        below.push(member.to_owned());
                    }
                } else {
                    people.insert(member.to_owned());
                }
            }
        }
        people
    }

    fn changed(&mut self, user: &str, event: &Told) {
        let row = self.users.get_mut(user).unwrap();
        let before = Known::of(row);
        person(row, event);
        let after = Known::of(row);
        let by_hand = self.links.values().filter(|link| {
            link["user_id"] == user && (link["origin"] == "manual" || link["origin"] == "request")
        });
        let given = by_hand.filter_map(|link| link["created"].as_i64()).max();
        self.marks.changed(&before, &after, given, event.at);
    }

    fn link(&mut self, event: &Told) {
        let id = &event.subject;
        match event.action.as_str() {
            "link.created" => {
                let made = &event.after;
                if made["origin"] == "manual" || made["origin"] == "request" {
                    let user = made["user"].as_str().unwrap();
                    self.marks.kept(&Known::of(&self.users[user]));
                }
                let row = json!({
                    "id": id, "user_id": made["user"], "provider_id": made["provider"],
                    "user_name": made["user_name"], "vendor_id": made["vendor"],
                    "access_group_id": made["access_group"], "origin": made["origin"],
                    "start_at": micros(&made["start"]), "end_at": micros(&made["end"]),
                    "created": micros(&made["created"]), "ended": null, "end_reason": null,
                });
                self.links.insert(id.clone(), object(row));
            }
            "link.shortened" => {
                let row = self.links.get_mut(id).unwrap();
                row.insert("end_at".to_owned(), micros(&event.after["end"]));
            }
            "link.carried" => {
                let row = self.links.get_mut(id).unwrap();
                let by = event.after["access_group"].clone();
                row.insert("access_group_id".to_owned(), by);
            }
            _ => {
                let row = self.links.get_mut(id).unwrap();
                let ended = &event.after["ended"];
                row.insert("ended".to_owned(), micros(&ended["at"]));
                row.insert("end_reason".to_owned(), ended["reason"].clone());
            }
        }
    }

    fn members(&mut self, event: &Told) {
        let group = &event.subject;
        let about_the_same = |cause: &String| self.subjects.get(cause) == Some(group);
        let cause = event.cause.as_ref().filter(|cause| about_the_same(cause));
        // A change of the group and the first part of a long delta have counted already.
        if cause.is_none() {
            touched(self.groups.get_mut(group).unwrap(), event);
        }
        let delta = cause.filter(|cause| self.deltas.contains(*cause));
        let first = delta.unwrap_or(&event.id);
        for member in event.before["removed"].as_array().into_iter().flatten() {
            self.memberships
                .retain(|row| row["group_id"] != *group || row["member_id"] != *member);
            let leaving = self
                .leaving
                .get_or_insert_with(|| (first.clone(), Vec::new()));
            leaving.1.push(member.as_str().unwrap().to_owned());
        }
        for member in event.after["added"].as_array().into_iter().flatten() {
            let id = member.as_str().unwrap();
            // The parts of a long delta arrived with its first.
            let row = json!({
                "group_id": group, "member_id": id,
                "member_is_group": i64::from(self.groups.contains_key(id)),
                "display": event.after["displays"].get(id), "event_id": first,
            });
            self.memberships.push(object(row));
        }
    }

    /// Notes the change that took staff out of the last group they were in.
    fn left(&mut self) {
        for (event, member) in self
            .leaving
            .take()
            .into_iter()
            .flat_map(|(event, members)| {
                members
                    .into_iter()
                    .map(move |member| (event.clone(), member))
            })
        {
            let Some(row) = self.users.get_mut(&member) else {
                continue;
            };
            let provider = &self.registry.providers[row["provider_id"].as_str().unwrap()];
            let belongs = self
                .memberships
                .iter()
                .any(|row| row["member_id"] == member);
            if provider["user_type"] == "internal" && !belongs {
                row.insert("left_event".to_owned(), event.into());
            }
        }
    }

    fn placed(&mut self, event: &Told) {
        for moved in event.after["placements"].as_array().unwrap() {
            let user = moved["user"].as_str().unwrap().to_owned();
            if moved["to"].is_null() {
                self.placements.remove(&user);
                // Who is deleted is placed nowhere, and has no row to say so.
                if let Some(row) = self.users.get_mut(&user) {
                    row.insert("left_event".to_owned(), event.id.clone().into());
                }
                continue;
            }
            let row = json!({
                "user_id": user, "vendor_id": moved["to"], "group_id": moved["candidates"][0]["group"],
                "rule": event.after["rule"], "candidates": moved["candidates"], "placed": event.at,
                "event_id": event.id,
            });
            self.placements.insert(user, object(row));
        }
    }

    fn blocked(&mut self, event: &Told) {
        let set = &event.after;
        let (created, first) = match set["follows"].as_str() {
            Some(follows) => {
                let row = &self.blocks[follows];
                (row["created"].clone(), row["event_id"].clone())
            }
            None => (json!(event.at), json!(event.id)),
        };
        let name = set["user_name"].as_str().map(fold);
        let email = set["email"].as_str().map(mail::key);
        let row = json!({
            "id": event.subject, "provider_id": event.provider, "user_name_key": name,
            "email_key": email, "reason": set["reason"], "until": micros(&set["until"]),
            "created": created, "event_id": first, "lifted_event": null, "follows": set["follows"],
        });
        self.blocks.insert(event.subject.clone(), object(row));
    }
}

/// An event as it is read here.
struct Told {
    id: String,
    at: i64,
    action: String,
    subject: String,
    provider: Option<String>,
    cause: Option<String>,
    before: Value,
    after: Value,
    why: Value,
}

impl Told {
    fn new(event: &EventRecord) -> Self {
        let payload = event.payload.clone().unwrap();
        let part = |name: &str| payload.get(name).cloned().unwrap_or(Value::Null);
        Self {
            id: event.id.to_string(),
            at: event.at.timestamp_micros(),
            action: event.action.clone(),
            subject: event.subject_id.clone(),
            provider: event.provider.clone(),
            cause: event.cause.clone(),
            before: part("before"),
            after: part("after"),
            why: part("why"),
        }
    }
}

fn object(value: Value) -> Row {
    match value {
        Value::Object(row) => row,
        other => panic!("{other} is no row"),
    }
}

fn micros(instant: &Value) -> Value {
    let Some(text) = instant.as_str() else {
        return Value::Null;
    };
    let instant: DateTime<Utc> = text.parse().unwrap();
    instant.timestamp_micros().into()
}

/// One version more, not older than the one before.
fn touched(row: &mut Row, event: &Told) {
    let (version, modified) = (
        row["version"].as_i64().unwrap(),
        row["modified"].as_i64().unwrap(),
    );
    row.insert("version".to_owned(), (version + 1).into());
    row.insert("modified".to_owned(), modified.max(event.at).into());
}

/// Puts the fields that an event names into an object: those only in `before` go.
fn merged(object: &Value, event: &Told) -> Map<String, Value> {
    let mut fields = object.as_object().unwrap().clone();
    for name in event
        .before
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        fields.remove(name);
    }
    for (name, value) in event.after.as_object().into_iter().flatten() {
        fields.insert(name.clone(), value.clone());
    }
    fields
}

fn person(row: &mut Row, event: &Told) {
    let resource = Resource(merged(&row["document"], event));
    let active = json!(i64::from(resource.active()));
    if row["active"] != active {
        row.insert("active_event".to_owned(), event.id.clone().into());
    }
    row.insert("active".to_owned(), active);
    row.insert("user_name".to_owned(), resource.user_name().into());
    row.insert("email".to_owned(), resource.primary_email().into());
    row.insert("document".to_owned(), Value::Object(resource.0));
    touched(row, event);
}

fn group(row: &mut Row, event: &Told) {
    let resource = Resource(merged(&row["document"], event));
    row.insert("display_name".to_owned(), resource.display_name().into());
    row.insert("document".to_owned(), Value::Object(resource.0));
    touched(row, event);
}

/// Puts a value into a column, and the event beside it when that is another value.
fn put(row: &mut Row, column: &str, value: Value, named: Option<(&str, &Told)>) {
    if let (Some((column_of_event, event)), true) = (named, row.get(column) != Some(&value)) {
        row.insert(column_of_event.to_owned(), event.id.clone().into());
    }
    row.insert(column.to_owned(), value);
}

fn internal_group(row: &mut Row, event: &Told) {
    for (name, value) in event.after.as_object().unwrap() {
        let value = value.clone();
        match name.as_str() {
            "enabled" => {
                let enabled = json!(i64::from(value.as_bool().unwrap()));
                put(row, "enabled", enabled, Some(("enabled_event", event)));
            }
            "access_group" => {
                put(
                    row,
                    "access_group_id",
                    value,
                    Some(("access_group_event", event)),
                );
            }
            "link_delivery" => put(row, "link_delivery", value, None),
            other => panic!("{other} is no setting of an internal group"),
        }
    }
}

fn access_group(row: &mut Row, event: &Told) {
    let settings = merged(&row["settings"], event);
    let enabled = json!(i64::from(settings["enabled"].as_bool().unwrap()));
    put(row, "enabled", enabled, Some(("enabled_event", event)));
    row.insert("settings".to_owned(), Value::Object(settings));
    touched(row, event);
}

fn vendor(row: &mut Row, event: &Told) {
    let mut fields = event.after.as_object().unwrap().clone();
    if let Some(Value::Object(settings)) = fields.remove("settings") {
        fields.extend(settings);
    }
    for (name, value) in fields {
        match name.as_str() {
            "id" | "provider" | "created" | "modified" | "version" => {}
            "group" => put(row, "group_id", value, None),
            "status" => put(row, "status", value, Some(("status_event", event))),
            "access_group" => {
                put(
                    row,
                    "access_group_id",
                    value,
                    Some(("access_group_event", event)),
                );
            }
            "start" => put(
                row,
                "start_at",
                micros(&value),
                Some(("dates_event", event)),
            ),
            "end" => put(row, "end_at", micros(&value), Some(("dates_event", event))),
            _ => put(row, &name, value, None),
        }
    }
    touched(row, event);
}
