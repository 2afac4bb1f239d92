//! What was counted in memory and is written now and then: uses of credentials, tolerances.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{CredentialId, ProviderId};

use crate::columns::{instant, micros};
use crate::engine::upsert;
use crate::error::Error;
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
    upsert!(
        &mut *write.connection,
        tolerances::table,
        (
            tolerances::provider_id.eq(added.provider.to_string()),
            tolerances::name.eq(&added.name),
            tolerances::uses.eq(added.uses),
            tolerances::last_used.eq(micros(added.last_used)),
        ),
        (tolerances::provider_id, tolerances::name),
        (
            tolerances::uses.eq(tolerances::uses + added.uses),
            tolerances::last_used.eq(micros(added.last_used)),
        )
    )?;
    Ok(())
}

/// What a provider was seen to need, most used first.
pub fn tolerances(read: &mut Read<'_>, provider: ProviderId) -> Result<Vec<ToleranceUses>, Error> {
    let rows: Vec<(String, i64, i64)> = tolerances::table
        .filter(tolerances::provider_id.eq(provider.to_string()))
        .order((tolerances::uses.desc(), tolerances::name))
        .select((tolerances::name, tolerances::uses, tolerances::last_used))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(name, uses, last_used)| {
            Ok(ToleranceUses {
                provider,
                name,
                uses,
                last_used: instant(last_used)?,
            })
        })
        .collect()
}
