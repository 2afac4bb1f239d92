//! What was counted in memory and is written now and then: uses of credentials, tolerances.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{CredentialId, ProviderId};

use crate::columns::{instant, micros, parsed};
use crate::engine::upsert;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::schema::{credential_uses, tolerances};
use crate::store::{Read, Write};

/// Uses of one credential since the last flush.
#[derive(Debug, Clone)]
pub struct CredentialUses {
    pub credential: CredentialId,
    pub provider: ProviderId,
    pub last_used: DateTime<Utc>,
    pub last_address: Option<String>,
    pub uses: i64,
}

/// Uses of one tolerance by one provider, since the last flush or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToleranceUses {
    pub provider: ProviderId,
    pub name: String,
    pub uses: i64,
    pub last_used: DateTime<Utc>,
    /// The names under which it was last used, latest first, at most [`NAMES`]: a client's text.
    pub names: Vec<String>,
}

/// Names kept of the uses of a tolerance.
pub const NAMES: usize = 5;

/// The last names out of those seen now and those seen before, both latest first.
pub fn last_names(seen: &[String], before: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(NAMES);
    for name in seen.iter().chain(before) {
        if names.len() < NAMES && !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

pub fn add_credential_uses(write: &mut Write<'_>, added: &CredentialUses) -> Result<(), Error> {
    upsert!(
        &mut *write.connection,
        credential_uses::table,
        (
            credential_uses::credential_id.eq(added.credential.to_string()),
            credential_uses::provider_id.eq(added.provider.to_string()),
            credential_uses::last_used.eq(micros(added.last_used)),
            credential_uses::last_address.eq(added.last_address.as_deref()),
            credential_uses::uses.eq(added.uses),
        ),
        credential_uses::credential_id,
        (
            credential_uses::last_used.eq(micros(added.last_used)),
            credential_uses::last_address.eq(added.last_address.as_deref()),
            credential_uses::uses.eq(credential_uses::uses + added.uses),
        )
    )?;
    Ok(())
}

pub fn add_tolerance_uses(write: &mut Write<'_>, added: &ToleranceUses) -> Result<(), Error> {
    let before: Option<String> = tolerances::table
        .find((added.provider.to_string(), &added.name))
        .select(tolerances::names)
        .first(write.connection)
        .optional()?;
    let before = names(before.as_deref().unwrap_or("[]"))?;
    let names =
        serde_json::to_string(&last_names(&added.names, &before)).map_err(Error::corrupt)?;
    upsert!(
        &mut *write.connection,
        tolerances::table,
        (
            tolerances::provider_id.eq(added.provider.to_string()),
            tolerances::name.eq(&added.name),
            tolerances::uses.eq(added.uses),
            tolerances::last_used.eq(micros(added.last_used)),
            tolerances::names.eq(&names),
        ),
        (tolerances::provider_id, tolerances::name),
        (
            tolerances::uses.eq(tolerances::uses + added.uses),
            tolerances::last_used.eq(micros(added.last_used)),
            tolerances::names.eq(&names),
        )
    )?;
    Ok(())
}

fn names(stored: &str) -> Result<Vec<String>, Error> {
    serde_json::from_str(stored).map_err(Error::corrupt)
}

sorts! {
    /// How tolerances can be sorted.
    ToleranceSort by "tolerances.id" {
        Name = "name" => "tolerances.name",
        Uses = "uses" => "tolerances.uses",
        LastUsed = "last_used" => "tolerances.last_used",
    }
}

/// What the uses of a tolerance are sorted by.
pub fn place(sort: ToleranceSort, used: &ToleranceUses) -> (Option<Key>, String) {
    let key = match sort {
        ToleranceSort::Name => Key::Text(used.name.clone()),
        ToleranceSort::Uses => Key::Integer(used.uses),
        ToleranceSort::LastUsed => Key::Integer(micros(used.last_used)),
    };
    (Some(key), format!("{} {}", used.provider, used.name))
}

/// Which uses of tolerances are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub provider: Option<ProviderId>,
    pub name: Option<String>,
}

/// What providers were seen to need.
pub fn tolerances(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<ToleranceSort>,
) -> Result<Vec<ToleranceUses>, Error> {
    let mut query = tolerances::table.into_boxed();
    if let Some(provider) = choice.provider {
        query = query.filter(tolerances::provider_id.eq(provider.to_string()));
    }
    if let Some(name) = &choice.name {
        query = query.filter(tolerances::name.eq(name));
    }
    let rows: Vec<(String, String, i64, i64, String)> = page
        .of(query)
        .select((
            tolerances::provider_id,
            tolerances::name,
            tolerances::uses,
            tolerances::last_used,
            tolerances::names,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(provider, name, uses, last_used, seen)| {
            Ok(ToleranceUses {
                provider: parsed(&provider)?,
                name,
                uses,
                last_used: instant(last_used)?,
                names: names(&seen)?,
            })
        })
        .collect()
}
