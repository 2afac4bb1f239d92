//! What providers authenticate with: client secrets and access tokens, as digests.

mod tokens;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::Digest;

use crate::columns::{instant, micros, optional_instant, parsed};
use crate::engine::direct;
use crate::error::Error;
use crate::schema::{client_secrets, credential_uses, key_dates};
use crate::store::{Read, Write};

pub use tokens::{
    Found, Token, TokenSort, activation_tokens, delete_token, delete_token_by_digest,
    delete_tokens, delete_tokens_before, find_token, find_token_by_id, insert_token,
    list_activation_tokens, live_tokens, purge_tokens, trim_tokens,
};

/// A client secret. A provider has at most two that work.
#[derive(Debug, Clone)]
pub struct ClientSecret {
    pub id: CredentialId,
    pub provider: ProviderId,
    pub digest: Digest,
    pub created: DateTime<Utc>,
    /// First instant at which it no longer works.
    pub expires: Option<DateTime<Utc>>,
}

/// When a credential was last used, and how often in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub credential: CredentialId,
    pub last_used: DateTime<Utc>,
    pub last_address: Option<String>,
    pub uses: i64,
}

/// To be called before a provider's credentials are read by whoever issues one by what is there: nobody else
/// does until this transaction ends.
pub fn lock(write: &mut Write<'_>, provider: ProviderId) -> Result<(), Error> {
    Ok(write.connection.lock_provider(&provider.to_string())?)
}

pub fn insert_secret(write: &mut Write<'_>, secret: &ClientSecret) -> Result<(), Error> {
    diesel::insert_into(client_secrets::table)
        .values((
            client_secrets::id.eq(secret.id.to_string()),
            client_secrets::provider_id.eq(secret.provider.to_string()),
            client_secrets::digest.eq(secret.digest.as_bytes().as_slice()),
            client_secrets::created.eq(micros(secret.created)),
            client_secrets::expires.eq(secret.expires.map(micros)),
        ))
        .execute(write.connection)?;
    Ok(())
}

/// The secrets of a provider, oldest first, also those that have expired.
pub fn secrets(read: &mut Read<'_>, provider: ProviderId) -> Result<Vec<ClientSecret>, Error> {
    let rows: Vec<(String, Vec<u8>, i64, Option<i64>)> =
        direct!(read, |connection| client_secrets::table
            .filter(client_secrets::provider_id.eq(provider.to_string()))
            .order((client_secrets::created, client_secrets::id))
            .select((
                client_secrets::id,
                client_secrets::digest,
                client_secrets::created,
                client_secrets::expires,
            ))
            .load(connection))?;
    rows.into_iter()
        .map(|(id, digest, created, expires)| {
            Ok(ClientSecret {
                id: parsed(&id)?,
                provider,
                digest: Digest::from_bytes(&digest)
                    .ok_or_else(|| Error::corrupt("a digest of another length"))?,
                created: instant(created)?,
                expires: optional_instant(expires)?,
            })
        })
        .collect()
}

pub fn set_secret_expiry(
    write: &mut Write<'_>,
    provider: ProviderId,
    id: CredentialId,
    expires: Option<DateTime<Utc>>,
) -> Result<bool, Error> {
    let changed = diesel::update(
        client_secrets::table
            .filter(client_secrets::id.eq(id.to_string()))
            .filter(client_secrets::provider_id.eq(provider.to_string())),
    )
    .set(client_secrets::expires.eq(expires.map(micros)))
    .execute(write.connection)?;
    Ok(changed > 0)
}

pub fn delete_secret(
    write: &mut Write<'_>,
    provider: ProviderId,
    id: CredentialId,
) -> Result<bool, Error> {
    let deleted = diesel::delete(
        client_secrets::table
            .filter(client_secrets::id.eq(id.to_string()))
            .filter(client_secrets::provider_id.eq(provider.to_string())),
    )
    .execute(write.connection)?;
    Ok(deleted > 0)
}

/// The recorded uses of some credentials.
pub fn uses(
    read: &mut Read<'_>,
    ids: impl IntoIterator<Item = CredentialId>,
) -> Result<Vec<Use>, Error> {
    let ids: Vec<CredentialId> = ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, i64, Option<String>, i64)> = credential_uses::table
        .filter(read.one_of("credential_uses.credential_id", ids))
        .select((
            credential_uses::credential_id,
            credential_uses::last_used,
            credential_uses::last_address,
            credential_uses::uses,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(credential, last_used, last_address, uses)| {
            Ok(Use {
                credential: parsed(&credential)?,
                last_used: instant(last_used)?,
                last_address,
                uses,
            })
        })
        .collect()
}

/// Says that these keys of a provider stand in its settings since `created`.
pub fn date_keys(
    write: &mut Write<'_>,
    provider: ProviderId,
    keys: &[CredentialId],
    created: DateTime<Utc>,
) -> Result<(), Error> {
    for key in keys {
        let row = (
            key_dates::credential_id.eq(key.to_string()),
            key_dates::provider_id.eq(provider.to_string()),
            key_dates::created.eq(micros(created)),
        );
        diesel::insert_into(key_dates::table)
            .values(row)
            .execute(write.connection)?;
    }
    Ok(())
}

/// Forgets since when these keys stand there: they no longer do.
pub fn forget_keys(write: &mut Write<'_>, keys: &[CredentialId]) -> Result<(), Error> {
    if !keys.is_empty() {
        diesel::delete(
            key_dates::table.filter(write.one_of("key_dates.credential_id", keys.iter().copied())),
        )
        .execute(write.connection)?;
    }
    Ok(())
}

/// Since when some keys stand in their providers' settings, as far as it is known.
pub fn key_dates(
    read: &mut Read<'_>,
    keys: impl IntoIterator<Item = CredentialId>,
) -> Result<Vec<(CredentialId, DateTime<Utc>)>, Error> {
    let keys: Vec<CredentialId> = keys.into_iter().collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, i64)> = key_dates::table
        .filter(read.one_of("key_dates.credential_id", keys))
        .select((key_dates::credential_id, key_dates::created))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(key, created)| Ok((parsed(&key)?, instant(created)?)))
        .collect()
}
