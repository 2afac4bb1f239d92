//! The staff whose links a change of an access group may touch, held still while it is made.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{AccessGroupId, ProviderId};

use super::unended;
use crate::columns::parsed;
use crate::error::Error;
use crate::schema::{access_links, groups};
use crate::store::{Read, Write};
use crate::{memberships, providers};

/// How often a change lets go of all providers to wait for a busy one before it takes its place among those
/// who wait for each.
const ROUNDS: usize = 8;

/// What a change of an access group waits for, holding nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Provider(ProviderId),
    /// The row of the access group itself, which those share who make links or tie a vendor to it.
    Row,
}

/// Why not all is held.
enum Unheld {
    Busy(Awaited),
    Failed(Error),
}

impl From<Error> for Unheld {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Keeps others, until this transaction ends, from changing this access group and what else lets in the staff
/// whose links a change of it may touch: the memberships and groups of their providers, whose defaults and
/// whose settings change under the same locks. To be called before any row is locked; answers the providers.
/// [`Error::Stale`] when there are others by the time all is held.
///
/// While it waits for a provider that a long push is at, it holds no other: their pushes go on, and so does
/// their panic button.
pub fn lock_staff(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    now: DateTime<Utc>,
) -> Result<Vec<ProviderId>, Error> {
    let providers = of_staff(write, access_group, now)?;
    let mut awaited = None;
    for _ in 0..ROUNDS {
        // Undone, it lets go of what it took.
        match write.attempt(|write| hold(write, access_group, &providers, awaited)) {
            Ok(()) => return still(write, access_group, providers, now),
            Err(Unheld::Busy(busy)) => awaited = Some(busy),
            Err(Unheld::Failed(error)) => return Err(error),
        }
    }
    // Several are busy all the time. In the order of their ids: nobody else waits for one while they hold another.
    for provider in &providers {
        memberships::lock(write, *provider)?;
    }
    let id = access_group.to_string();
    write.connection.lock_access_group(&id)?;
    still(write, access_group, providers, now)
}

/// Waits for what is awaited, and for nothing else.
fn hold(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    providers: &[ProviderId],
    awaited: Option<Awaited>,
) -> Result<(), Unheld> {
    let id = access_group.to_string();
    match awaited {
        Some(Awaited::Provider(provider)) => memberships::lock(write, provider)?,
        Some(Awaited::Row) => write
            .connection
            .lock_access_group(&id)
            .map_err(Error::from)?,
        None => {}
    }
    for provider in providers.iter().copied() {
        let this = Awaited::Provider(provider);
        if awaited != Some(this) && !memberships::try_lock(write, provider)? {
            return Err(Unheld::Busy(this));
        }
    }
    let free = awaited == Some(Awaited::Row)
        || write
            .connection
            .try_access_group(&id)
            .map_err(Error::from)?;
    if free {
        Ok(())
    } else {
        Err(Unheld::Busy(Awaited::Row))
    }
}

/// The providers, unless staff of another one may have links by this access group meanwhile. While its row is
/// held, nobody is given any, and nothing is tied to it.
fn still(
    write: &mut Write<'_>,
    access_group: AccessGroupId,
    locked: Vec<ProviderId>,
    now: DateTime<Utc>,
) -> Result<Vec<ProviderId>, Error> {
    let providers = of_staff(write, access_group, now)?;
    if providers.iter().all(|provider| locked.contains(provider)) {
        Ok(locked)
    } else {
        Err(Error::Stale)
    }
}

/// The internal providers that an access group is tied to, by one of their groups or by default, and whose
/// people have links that still work or will; by their ids.
fn of_staff(
    read: &mut Read<'_>,
    access_group: AccessGroupId,
    now: DateTime<Utc>,
) -> Result<Vec<ProviderId>, Error> {
    let tied = tied(read, access_group)?;
    if tied.is_empty() {
        return Ok(tied);
    }
    let ids: Vec<String> = tied.iter().map(ToString::to_string).collect();
    let mut providers: Vec<String> = unended(now)
        .filter(access_links::vendor_id.is_null())
        .filter(access_links::provider_id.eq_any(ids))
        .select(access_links::provider_id)
        .distinct()
        .load(read.connection)?;
    providers.sort_unstable();
    providers.iter().map(|id| parsed(id)).collect()
}

/// The internal providers that an access group is tied to, by one of their groups or by default; by their ids.
pub(crate) fn tied(
    read: &mut Read<'_>,
    access_group: AccessGroupId,
) -> Result<Vec<ProviderId>, Error> {
    let by_group: Vec<String> = groups::table
        .filter(groups::access_group_id.eq(access_group.to_string()))
        .select(groups::provider_id)
        .distinct()
        .load(read.connection)?;
    let mut tied: Vec<ProviderId> = by_group
        .iter()
        .map(|id| parsed(id))
        .collect::<Result<_, Error>>()?;
    tied.extend(providers::defaulting_to(read, access_group)?);
    tied.sort_unstable();
    tied.dedup();
    Ok(tied)
}
