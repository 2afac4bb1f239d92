//! What decisions are made from, read for many people at once: as many statements for a thousand
//! people as for one.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use vestibule_domain::provider::ProviderSettings;
use vestibule_domain::{AccessGroupId, EventId, GroupId, ProviderId, UserId};

use crate::columns::{from_json, optional, parsed};
use crate::engine::direct;
use crate::error::Error;
use crate::schema::{placements, providers, users, vendors};
use crate::sql::{Shape, Sql};
use crate::store::Read;
use crate::vendors as vendor_rows;

/// A person and what their provider decides about them.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: UserId,
    pub provider: ProviderId,
    pub user_name: String,
    pub user_name_key: String,
    pub email_key: Option<String>,
    pub active: bool,
    pub active_event: EventId,
    /// Whether they are inactive and somebody active has their address.
    pub address_taken: bool,
    /// The event that took their last placement away, of staff their last internal group.
    pub left_event: Option<EventId>,
    pub settings: Arc<ProviderSettings>,
    /// The event that set the provider's default access group, or unset it.
    pub default_event: Option<EventId>,
}

/// A membership on the way up from a person, and the group it leads to.
#[derive(Debug, Clone)]
pub struct Step {
    /// A person or a group.
    pub member: String,
    pub sequence: i64,
    /// The event that made it a member.
    pub event: EventId,
    pub group: GroupId,
    pub name: String,
    pub enabled: bool,
    pub enabled_event: EventId,
    pub access_group: Option<AccessGroupId>,
    pub access_group_event: Option<EventId>,
}

type PersonRow = (
    String,
    String,
    String,
    String,
    Option<String>,
    bool,
    String,
    Option<String>,
    String,
    Option<String>,
    bool,
);

diesel::alias!(const OTHERS: Alias<Others> = users as others);

pub fn people(read: &mut Read<'_>, ids: &[UserId]) -> Result<Vec<Person>, Error> {
    let joined = users::table.inner_join(providers::table).select((
        users::id,
        users::provider_id,
        users::user_name,
        users::user_name_key,
        users::email_key,
        users::active,
        users::active_event,
        users::left_event,
        providers::settings,
        providers::default_access_group_event,
        users::active.eq(false).and(exists(
            OTHERS
                .filter(
                    OTHERS
                        .field(users::email_key)
                        .assume_not_null()
                        .eq(users::email_key.assume_not_null()),
                )
                .filter(OTHERS.field(users::active)),
        )),
    ));
    let rows: Vec<PersonRow> = match ids {
        [one] => direct!(read, |connection| joined
            .filter(users::id.eq(one.to_string()))
            .load(connection))?,
        many => joined
            .filter(read.one_of("users.id", many))
            .load(read.connection)?,
    };
    // Of a thousand people most have the same provider.
    let mut known: HashMap<String, Arc<ProviderSettings>> = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let (
                id,
                provider,
                user_name,
                user_name_key,
                email_key,
                active,
                event,
                left,
                settings,
                default,
                taken,
            ) = row;
            let settings = if let Some(known) = known.get(&settings) {
                Arc::clone(known)
            } else {
                let read = Arc::new(from_json(&settings)?);
                known.insert(settings, Arc::clone(&read));
                read
            };
            Ok(Person {
                id: parsed(&id)?,
                provider: parsed(&provider)?,
                user_name,
                user_name_key,
                email_key,
                active,
                active_event: parsed(&event)?,
                address_taken: taken,
                left_event: optional(left.as_deref())?,
                settings,
                default_event: optional(default.as_deref())?,
            })
        })
        .collect()
}

/// The vendors that people are placed in, each with the event that placed them there.
pub fn placed(
    read: &mut Read<'_>,
    people: &[UserId],
) -> Result<Vec<(UserId, EventId, vendor_rows::Stored)>, Error> {
    let joined = placements::table.inner_join(vendors::table).select((
        placements::user_id,
        placements::event_id,
        vendor_rows::COLUMNS,
    ));
    let rows: Vec<(String, String, vendor_rows::Row)> = match people {
        [one] => direct!(read, |connection| joined
            .filter(placements::user_id.eq(one.to_string()))
            .load(connection))?,
        many => joined
            .filter(read.one_of("placements.user_id", many))
            .load(read.connection)?,
    };
    rows.into_iter()
        .map(|(user, event, row)| Ok((parsed(&user)?, parsed(&event)?, row.try_into()?)))
        .collect()
}

type StepRow = (
    String,
    i64,
    String,
    String,
    String,
    bool,
    String,
    Option<String>,
    Option<String>,
);
type StepColumns = (
    Text,
    BigInt,
    Text,
    Text,
    Text,
    Bool,
    Text,
    Nullable<Text>,
    Nullable<Text>,
);

/// Every membership on the way up from some people, nested groups included, each once.
pub fn steps(read: &mut Read<'_>, people: &[UserId]) -> Result<Vec<Step>, Error> {
    let rows: Vec<StepRow> = Sql::one_of(read.connection.engine(), "member_id", people)
        .within(
            "WITH RECURSIVE edge (member_id, group_id, sequence, event_id) AS (\
             SELECT member_id, group_id, sequence, event_id FROM memberships WHERE ",
            " UNION SELECT above.member_id, above.group_id, above.sequence, above.event_id \
             FROM memberships above JOIN edge ON above.member_id = edge.group_id) \
             SELECT edge.member_id, edge.sequence, edge.event_id, edge.group_id, groups.display_name, \
             groups.enabled, groups.enabled_event, groups.access_group_id, groups.access_group_event \
             FROM edge JOIN groups ON groups.id = edge.group_id",
        )
        .select::<StepColumns>(Shape::Few)
        .load(read.connection)?;
    rows.into_iter()
        .map(
            |(member, sequence, event, group, name, enabled, enabled_event, tied, tied_event)| {
                Ok(Step {
                    member,
                    sequence,
                    event: parsed(&event)?,
                    group: parsed(&group)?,
                    name,
                    enabled,
                    enabled_event: parsed(&enabled_event)?,
                    access_group: optional(tied.as_deref())?,
                    access_group_event: optional(tied_event.as_deref())?,
                })
            },
        )
        .collect()
}
