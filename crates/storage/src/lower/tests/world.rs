//! A few people and groups, each as the resource a client would see and as the rows that hold it.

use std::sync::Arc;

use chrono::DateTime;
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use vestibule_domain::mail;
use vestibule_scim::filter::{Condition, Filter, match_document};
use vestibule_scim::fold::fold;
use vestibule_scim::target::Target;
use vestibule_scim::{Dialect, Extension, Limits, ResourceType, Schema, Tolerances};

use super::super::Table;
use super::database::PROVIDER;
use crate::engine::Session;
use crate::schema::{groups, memberships, resources, user_emails, users};

pub(super) const BASE: &str = "https://host/scim/v2";

/// Resources without what the server adds: `groups` and the common attributes but `externalId`.
#[derive(Debug, Clone, Default)]
pub(super) struct World {
    pub(super) users: Vec<Map<String, Value>>,
    pub(super) groups: Vec<Map<String, Value>>,
    /// Group, member (a user, or a group when the flag is set), display.
    pub(super) members: Vec<(usize, usize, bool, Option<String>)>,
    pub(super) devices: Vec<Map<String, Value>>,
}

impl World {
    pub(super) fn user_id(index: usize) -> String {
        format!("u{index}")
    }

    pub(super) fn group_id(index: usize) -> String {
        format!("g{index}")
    }

    fn device_id(index: usize) -> String {
        format!("d{index}")
    }

    pub(super) fn insert(&self, connection: &mut Session) {
        for (index, device) in self.devices.iter().enumerate() {
            insert_device(connection, index, device);
        }
        for (index, user) in self.users.iter().enumerate() {
            insert_user(connection, index, user);
        }
        for (index, group) in self.groups.iter().enumerate() {
            insert_group(connection, index, group);
        }
        for (group, member, is_group, display) in &self.members {
            diesel::insert_into(memberships::table)
                .values((
                    memberships::group_id.eq(Self::group_id(*group)),
                    memberships::member_id.eq(member_id(*member, *is_group)),
                    memberships::member_is_group.eq(*is_group),
                    memberships::display.eq(display.as_deref()),
                    memberships::display_key.eq(display.as_deref().map(fold)),
                    memberships::event_id.eq("e"),
                ))
                .execute(connection)
                .unwrap();
        }
    }

    /// What the matcher and the sorter see, by id.
    pub(super) fn documents(&self, table: Table) -> Vec<(String, Map<String, Value>)> {
        let (kind, resources, id): (_, _, fn(usize) -> String) = match table {
            Table::Users => (resource_type(table), &self.users, Self::user_id),
            Table::Groups => (resource_type(table), &self.groups, Self::group_id),
            Table::Resources => (resource_type(table), &self.devices, Self::device_id),
        };
        let whole = |(index, resource): (usize, &Map<String, Value>)| {
            let mut resource = resource.clone();
            let id = id(index);
            resource.insert("id".to_owned(), json!(id));
            resource.insert(
                "meta".to_owned(),
                json!({
                    "resourceType": kind.name,
                    "created": time_text(created(index)),
                    "lastModified": time_text(modified(index)),
                    "version": format!("W/\"{}\"", version(index)),
                    "location": format!("{BASE}{}/{id}", kind.endpoint),
                }),
            );
            let (name, values) = match table {
                Table::Users => ("groups", self.groups_of(index)),
                Table::Groups => ("members", self.members_of(index)),
                Table::Resources => ("", Vec::new()),
            };
            if !values.is_empty() {
                resource.insert(name.to_owned(), Value::Array(values));
            }
            (id, match_document(&kind, &resource))
        };
        resources.iter().enumerate().map(whole).collect()
    }

    fn members_of(&self, group: usize) -> Vec<Value> {
        let own = self.members.iter().filter(|(of, ..)| *of == group);
        own.map(|(_, member, is_group, display)| {
            let id = member_id(*member, *is_group);
            let (kind, endpoint) = if *is_group {
                ("Group", "Groups")
            } else {
                ("User", "Users")
            };
            let mut value =
                json!({ "value": id, "type": kind, "$ref": format!("{BASE}/{endpoint}/{id}") });
            if let Some(display) = display {
                value["display"] = json!(display);
            }
            value
        })
        .collect()
    }

    fn groups_of(&self, user: usize) -> Vec<Value> {
        let holds = |group: usize, member: usize, is_group: bool| {
            self.members
                .iter()
                .any(|(of, id, kind, _)| (*of, *id, *kind) == (group, member, is_group))
        };
        let direct: Vec<bool> = (0..self.groups.len())
            .map(|group| holds(group, user, false))
            .collect();
        let mut reached = direct.clone();
        for _ in 0..self.groups.len() {
            for outer in 0..self.groups.len() {
                reached[outer] |=
                    (0..self.groups.len()).any(|inner| reached[inner] && holds(outer, inner, true));
            }
        }
        (0..self.groups.len())
            .filter(|group| reached[*group])
            .map(|group| {
                json!({
                    "value": Self::group_id(group),
                    "$ref": format!("{BASE}/Groups/{}", Self::group_id(group)),
                    "display": self.groups[group]["displayName"],
                    "type": if direct[group] { "direct" } else { "indirect" },
                })
            })
            .collect()
    }
}

fn member_id(member: usize, is_group: bool) -> String {
    if is_group {
        World::group_id(member)
    } else {
        World::user_id(member)
    }
}

fn created(index: usize) -> i64 {
    1_700_000_000_123_456 + [0, 1_000_000, 2_000_000][index % 3]
}

fn modified(index: usize) -> i64 {
    created(index) + [0, 1][index % 2]
}

fn version(index: usize) -> i64 {
    [1, 2, 10, 1][index % 4]
}

fn time_text(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .unwrap()
        .format("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}

fn insert_user(connection: &mut Session, index: usize, user: &Map<String, Value>) {
    let document = match_document(&ResourceType::user(), user);
    let folded = |name: &str| document.get(name).and_then(Value::as_str);
    diesel::insert_into(users::table)
        .values((
            users::id.eq(World::user_id(index)),
            users::provider_id.eq(PROVIDER),
            users::user_name.eq(user["userName"].as_str().unwrap()),
            users::user_name_key.eq(folded("userName").unwrap()),
            users::display_name_key.eq(folded("displayName").unwrap_or("")),
            users::external_id.eq(user.get("externalId").and_then(Value::as_str)),
            users::email.eq(folded(Target::PRIMARY_EMAIL)),
            users::email_key.eq(folded(Target::PRIMARY_EMAIL).map(mail::key)),
            users::active.eq(user["active"].as_bool().unwrap()),
            users::active_event.eq("e"),
            users::document.eq("{}"),
            users::match_document.eq(Value::Object(document.clone()).to_string()),
            users::created.eq(created(index)),
            users::modified.eq(modified(index)),
            users::version.eq(version(index)),
        ))
        .execute(connection)
        .unwrap();
    let emails = document
        .get("emails")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for (value, position) in emails
        .filter_map(|email| email.get("value")?.as_str())
        .zip(0_i64..)
    {
        diesel::insert_into(user_emails::table)
            .values((
                user_emails::user_id.eq(World::user_id(index)),
                user_emails::position.eq(position),
                user_emails::provider_id.eq(PROVIDER),
                user_emails::value_key.eq(value),
            ))
            .execute(connection)
            .unwrap();
    }
}

fn insert_group(connection: &mut Session, index: usize, group: &Map<String, Value>) {
    let name = group["displayName"].as_str().unwrap();
    let document = match_document(&ResourceType::group(), group);
    diesel::insert_into(groups::table)
        .values((
            groups::id.eq(World::group_id(index)),
            groups::provider_id.eq(PROVIDER),
            groups::display_name.eq(name),
            groups::display_name_key.eq(fold(name)),
            groups::external_id.eq(group.get("externalId").and_then(Value::as_str)),
            groups::document.eq("{}"),
            groups::match_document.eq(Value::Object(document).to_string()),
            groups::enabled.eq(true),
            groups::enabled_event.eq("e"),
            groups::link_delivery.eq("default"),
            groups::created.eq(created(index)),
            groups::modified.eq(modified(index)),
            groups::version.eq(version(index)),
        ))
        .execute(connection)
        .unwrap();
}

fn insert_device(connection: &mut Session, index: usize, device: &Map<String, Value>) {
    let document = match_document(&resource_type(Table::Resources), device);
    diesel::insert_into(resources::table)
        .values((
            resources::id.eq(World::device_id(index)),
            resources::provider_id.eq(PROVIDER),
            resources::type_name.eq("Device"),
            resources::external_id.eq(device.get("externalId").and_then(Value::as_str)),
            resources::document.eq("{}"),
            resources::match_document.eq(Value::Object(document).to_string()),
            resources::created.eq(created(index)),
            resources::modified.eq(modified(index)),
            resources::version.eq(version(index)),
        ))
        .execute(connection)
        .unwrap();
}

pub(super) fn location(table: Table) -> String {
    format!("{BASE}{}/", resource_type(table).endpoint)
}

pub(super) fn condition(table: Table, filter: &str) -> Condition {
    let kind = resource_type(table);
    let mut tolerances = Tolerances::new(Dialect::Tolerant);
    let parsed = Filter::parse(filter, &Limits::default())
        .unwrap_or_else(|error| panic!("{filter}: {error}"));
    parsed
        .resolve(&kind, &mut tolerances)
        .unwrap_or_else(|error| panic!("{filter}: {error}"))
}

pub(super) fn resource_type(table: Table) -> ResourceType {
    match table {
        Table::Users => ResourceType::user(),
        Table::Groups => ResourceType::group(),
        Table::Resources => device(),
    }
}

/// A type as an administrator may define one, with an attribute of every kind.
fn device() -> ResourceType {
    let kinds = [
        ("string", false),
        ("string", true),
        ("boolean", false),
        ("decimal", false),
        ("integer", false),
        ("dateTime", false),
        ("binary", true),
        ("reference", true),
    ];
    let attribute = |name: String, kind: &str, exact: bool, many: bool, subs: Value| {
        let mut attribute = json!({"name": name, "type": kind, "multiValued": many, "description": "", "required": false, "caseExact": exact,
            "mutability": "readWrite", "returned": "default", "uniqueness": "none", "subAttributes": subs});
        if kind == "reference" {
            attribute["referenceTypes"] = json!(["external"]);
        }
        attribute
    };
    let simple = |many: bool| -> Vec<Value> {
        let one = |(kind, exact): &(&str, bool)| {
            attribute(
                format!("{kind}{exact}{many}"),
                kind,
                *exact,
                many,
                json!([]),
            )
        };
        kinds.iter().map(one).collect()
    };
    let parts = [
        simple(false),
        vec![attribute(
            "value".to_owned(),
            "integer",
            false,
            false,
            json!([]),
        )],
    ]
    .concat();
    let complex = [
        attribute(
            "one".to_owned(),
            "complex",
            false,
            false,
            json!(simple(false)),
        ),
        attribute("many".to_owned(), "complex", false, true, json!(parts)),
        attribute("displayName".to_owned(), "string", false, false, json!([])),
    ];
    let schema = |id: &str, attributes: Vec<Value>| -> Arc<Schema> {
        let schema =
            json!({"id": id, "name": "Device", "description": "", "attributes": attributes});
        Arc::new(Schema::parse(&schema).unwrap())
    };
    ResourceType {
        name: "Device".to_owned(),
        endpoint: "/Devices".to_owned(),
        description: String::new(),
        schema: schema(
            "urn:example:Device",
            [simple(false), simple(true), complex.to_vec()].concat(),
        ),
        extensions: vec![Extension {
            schema: schema(
                "urn:example:More",
                [simple(false), complex.to_vec()].concat(),
            ),
            required: false,
        }],
        ..ResourceType::group()
    }
}
