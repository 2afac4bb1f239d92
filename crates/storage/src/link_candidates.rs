//! People who may have to be given a link without anybody asking: looked at one by one, later, so
//! that no provisioning waits for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use vestibule_domain::{AccessGroupId, EventId, ProviderId, UserId, VendorId};

use crate::columns::{micros, optional, parsed};
use crate::engine::insert_new;
use crate::error::Error;
use crate::links;
use crate::memberships;
use crate::schema::{link_candidates, link_sweeps, placements, users, vendors};
use crate::sql::{Shape, Sql};
use crate::store::{Read, Write};

/// Key of the lease of the node that looks at candidates, on PostgreSQL.
const LOOKER: i64 = 7_236_830_013;

/// Somebody to look at, and the event because of which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub user: UserId,
    pub cause: Option<EventId>,
}

/// Adds people, unless they are waiting already.
pub fn add(
    write: &mut Write<'_>,
    people: &[UserId],
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    for chunk in people.chunks(1_000) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|user| {
                (
                    link_candidates::user_id.eq(user.to_string()),
                    link_candidates::queued.eq(micros(at)),
                    link_candidates::event_id.eq(cause.to_string()),
                )
            })
            .collect();
        insert_new!(&mut *write.connection, link_candidates::table, rows)?;
    }
    Ok(())
}

/// Those of these people to whom a setting may give a link: their vendor's, one of their groups', their
/// provider's. Who is in a nested group is taken for one of them without looking further up.
pub fn meant(read: &mut Read<'_>, people: &[UserId]) -> Result<Vec<UserId>, Error> {
    let engine = read.connection.engine();
    let mut meant = Vec::new();
    for chunk in people.chunks(1_000) {
        let ids: Vec<String> = Sql::of("SELECT users.id FROM users WHERE ")
            .then(&Sql::one_of(engine, "users.id", chunk))
            .sql(
                " AND (EXISTS (SELECT 1 FROM placements JOIN vendors ON vendors.id = placements.vendor_id \
                 WHERE placements.user_id = users.id AND vendors.link_delivery = 'yes') \
                 OR EXISTS (SELECT 1 FROM memberships JOIN groups ON groups.id = memberships.group_id \
                 WHERE memberships.member_id = users.id AND (groups.link_delivery = 'yes' OR EXISTS \
                 (SELECT 1 FROM memberships AS above WHERE above.member_id = groups.id))) \
                 OR EXISTS (SELECT 1 FROM providers WHERE providers.id = users.provider_id \
                 AND providers.settings LIKE '%\"link_delivery\":\"yes\"%'))",
            )
            .select::<Text>(Shape::Few)
            .load(read.connection)?;
        for id in ids {
            meant.push(parsed(&id)?);
        }
    }
    Ok(meant)
}

/// Adds everybody placed in a vendor; unless it is to be `all`, only if the vendor says that they get one.
pub fn add_vendor(
    write: &mut Write<'_>,
    vendor: VendorId,
    all: bool,
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let its = vendors::table
        .filter(vendors::id.eq(vendor.to_string()))
        .filter(vendors::link_delivery.eq("yes").or(all.into_sql::<Bool>()))
        .select(vendors::id);
    let people: Vec<String> = placements::table
        .filter(placements::vendor_id.eq_any(its))
        .select(placements::user_id)
        .load(write.connection)?;
    add_all(write, &people, cause, at)
}

/// Adds everybody placed in the vendors tied to an access group; unless it is to be `all`, in those that
/// say so.
pub fn add_tied(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    all: bool,
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let tied = vendors::table
        .filter(vendors::access_group_id.eq(access_group.to_string()))
        .filter(vendors::link_delivery.eq("yes").or(all.into_sql::<Bool>()))
        .select(vendors::id);
    let people: Vec<String> = placements::table
        .filter(placements::vendor_id.eq_any(tied))
        .select(placements::user_id)
        .load(write.connection)?;
    add_all(write, &people, cause, at)
}

/// Lets everybody of the internal providers whom an access group may let in be looked for, from the start.
pub fn sweep_tied(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    cause: EventId,
) -> Result<(), Error> {
    for provider in links::tied(write, access_group)? {
        sweep(write, provider, Some(access_group), cause)?;
    }
    Ok(())
}

/// Lets everybody of a provider whom an access group lets in, or any, be looked for, from the start.
pub fn sweep(
    write: &mut Write<'_>,
    provider: ProviderId,
    access_group: Option<AccessGroupId>,
    cause: EventId,
) -> Result<(), Error> {
    let access_group = access_group.map(|id| id.to_string()).unwrap_or_default();
    Sql::of("INSERT INTO link_sweeps (provider_id, access_group_id, behind, event_id) VALUES (")
        .text(provider.to_string())
        .sql(", ")
        .text(access_group)
        .sql(", '', ")
        .text(cause.to_string())
        .sql(
            ") ON CONFLICT (provider_id, access_group_id) DO UPDATE SET behind = '', event_id = excluded.event_id",
        )
        .select::<()>(Shape::Few)
        .execute(write.connection)?;
    Ok(())
}

/// People of a provider who are looked through for those whom a change lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// In the order of their ids.
    pub people: Vec<UserId>,
    /// That by which they have to get in; none = any.
    pub access_group: Option<AccessGroupId>,
    pub cause: EventId,
}

/// The next people to look through, at most `limit`; none when nobody is left, or while another node is
/// at it.
pub fn sweep_on(write: &mut Write<'_>, limit: i64) -> Result<Option<Swept>, Error> {
    if !write.connection.try_lease(LOOKER)? {
        return Ok(None);
    }
    let next: Option<(String, String, String, String)> = link_sweeps::table
        .order((
            link_sweeps::event_id,
            link_sweeps::provider_id,
            link_sweeps::access_group_id,
        ))
        .first(write.connection)
        .optional()?;
    let Some((provider, access_group, behind, cause)) = next else {
        return Ok(None);
    };
    let people: Vec<String> = users::table
        .filter(users::provider_id.eq(&provider))
        .filter(users::id.gt(&behind))
        .order(users::id)
        .limit(limit)
        .select(users::id)
        .load(write.connection)?;
    // Whoever begins it anew meanwhile has their way.
    let this = link_sweeps::table
        .filter(link_sweeps::provider_id.eq(provider))
        .filter(link_sweeps::access_group_id.eq(&access_group))
        .filter(link_sweeps::behind.eq(behind))
        .filter(link_sweeps::event_id.eq(&cause));
    match people.last() {
        Some(last) => diesel::update(this)
            .set(link_sweeps::behind.eq(last))
            .execute(write.connection)?,
        None => diesel::delete(this).execute(write.connection)?,
    };
    Ok(Some(Swept {
        people: people
            .iter()
            .map(|id| parsed(id))
            .collect::<Result<_, Error>>()?,
        access_group: optional(Some(access_group.as_str()).filter(|id| !id.is_empty()))?,
        cause: parsed(&cause)?,
    }))
}

fn add_all(
    write: &mut Write<'_>,
    people: &[String],
    cause: EventId,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let people: Vec<UserId> = people
        .iter()
        .map(|id| parsed(id))
        .collect::<Result<_, Error>>()?;
    add(write, &people, cause, at)
}

/// How many people wait to be looked at.
pub fn waiting(read: &mut Read<'_>) -> Result<i64, Error> {
    Ok(link_candidates::table.count().get_result(read.connection)?)
}

/// Those to look at now, and how many of those asked for have to wait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// In the order of their ids, in which everybody locks them. Those of them who are there yet are of one
    /// provider, under [`memberships::lock`] of it.
    pub candidates: Vec<Candidate>,
    /// Of other providers.
    pub left: usize,
}

type Waiting = (String, Option<String>, i64, Option<String>);

/// The longest waiting, at most `limit`, of those of whose provider nobody changes memberships. While there are
/// others, those of a busy one are passed over; where there are none, and somebody waits since `patient`, it is
/// waited for. Nobody while another node is at it.
pub fn next(write: &mut Write<'_>, limit: i64, patient: DateTime<Utc>) -> Result<Next, Error> {
    if !write.connection.try_lease(LOOKER)? {
        return Ok(Next::default());
    }
    let mut busy: Vec<String> = Vec::new();
    let mut longest: Option<(String, i64)> = None;
    loop {
        let rows = waiting_elsewhere(write, &busy, limit)?;
        let first = rows
            .iter()
            .find_map(|row| row.3.clone().map(|id| (id, row.2)));
        let Some((provider, queued)) = first else {
            // Nobody but those whose people are gone, who bear on nobody.
            let longest = longest.filter(|(_, queued)| *queued <= micros(patient));
            let Some((provider, _)) = longest.filter(|_| rows.is_empty()) else {
                return chosen(rows, None);
            };
            memberships::lock(write, parsed(&provider)?)?;
            busy.retain(|id| *id != provider);
            let rows = waiting_elsewhere(write, &busy, limit)?;
            return chosen(rows, Some(&provider));
        };
        if memberships::try_lock(write, parsed(&provider)?)? {
            return chosen(rows, Some(&provider));
        }
        longest.get_or_insert((provider.clone(), queued));
        busy.push(provider);
    }
}

/// The longest waiting who are not of these providers, in their order; of those who are gone nobody knows whose
/// they were.
fn waiting_elsewhere(
    read: &mut Read<'_>,
    busy: &[String],
    limit: i64,
) -> Result<Vec<Waiting>, Error> {
    let of = users::provider_id.nullable();
    let mut query = link_candidates::table
        .left_join(users::table.on(users::id.eq(link_candidates::user_id)))
        .select((
            link_candidates::user_id,
            link_candidates::event_id,
            link_candidates::queued,
            of,
        ))
        .into_boxed();
    if !busy.is_empty() {
        query = query.filter(of.is_null().or(of.ne_all(busy.to_vec())));
    }
    Ok(query
        .order((link_candidates::queued, link_candidates::user_id))
        .limit(limit)
        .load(read.connection)?)
}

/// Those of one provider, and those who are gone.
fn chosen(mut rows: Vec<Waiting>, provider: Option<&str>) -> Result<Next, Error> {
    let found = rows.len();
    rows.retain(|row| row.3.is_none() || row.3.as_deref() == provider);
    rows.sort_unstable();
    let candidates = rows.iter().map(|(user, cause, ..)| {
        Ok(Candidate {
            user: parsed(user)?,
            cause: optional(cause.as_deref())?,
        })
    });
    let candidates: Vec<Candidate> = candidates.collect::<Result<_, Error>>()?;
    Ok(Next {
        left: found - candidates.len(),
        candidates,
    })
}

/// Notes that somebody is looked at. Only once what bears on them is held: whoever changes it adds them
/// while they hold it, and would wait for this to end, or be taken for whoever was waiting before.
pub fn remove(write: &mut Write<'_>, user: UserId) -> Result<(), Error> {
    diesel::delete(link_candidates::table.find(user.to_string())).execute(write.connection)?;
    Ok(())
}
