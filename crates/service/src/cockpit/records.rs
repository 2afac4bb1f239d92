//! From the rows of the list of credentials to its lines: a provider's row stands for several.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::PublicKeys;
use vestibule_storage::cockpit::{self, Choice, Listed, Source};
use vestibule_storage::credentials::ClientSecret;
use vestibule_storage::page::Key;
use vestibule_storage::{Read, credentials, providers};

use super::{AHEAD, CredentialKind, CredentialQuery, CredentialRecord, CredentialState, remote};
use crate::Error;
use crate::caller::all_short_tokens;
use crate::clients::key_credential;

/// What is wanted of the list.
pub(super) struct Wanted {
    pub(super) rows: Choice,
    kind: Option<CredentialKind>,
    state: Option<CredentialState>,
}

impl Wanted {
    pub(super) fn of(query: &CredentialQuery, now: DateTime<Utc>) -> Self {
        let soon = AHEAD.into_iter().max().unwrap_or_default();
        let (after, until) = match query.state {
            None => (None, None),
            Some(CredentialState::Live) => (Some(now), None),
            Some(CredentialState::Soon) => (Some(now), Some(now + Duration::days(soon))),
            Some(CredentialState::Ended) => (None, Some(now)),
        };
        let (source, keyed) = match query.kind {
            None => (None, false),
            Some(CredentialKind::ClientSecret) => (Some(Source::ClientSecret), false),
            Some(CredentialKind::ActivationToken) => (Some(Source::ActivationToken), false),
            Some(CredentialKind::AccessTokens) => (Some(Source::Provider), false),
            Some(
                CredentialKind::SigningKey
                | CredentialKind::FederatedIssuer
                | CredentialKind::Certificate,
            ) => (Some(Source::Provider), true),
        };
        Self {
            rows: Choice {
                provider: query.provider,
                source,
                keyed,
                after,
                until,
            },
            kind: query.kind,
            state: query.state,
        }
    }

    /// What one provider has besides secrets and activation tokens, in the order of the ids.
    pub(super) fn of_provider(
        &self,
        tx: &mut Read<'_>,
        id: ProviderId,
        descending: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<CredentialRecord>, Error> {
        let mut found = match providers::find(tx, id)? {
            Some(registered) => self.own(tx, &registered.provider, descending, now)?,
            None => Vec::new(),
        };
        with_dates_and_uses(tx, &mut found)?;
        Ok(found)
    }

    fn own(
        &self,
        tx: &mut Read<'_>,
        provider: &Provider,
        descending: bool,
        now: DateTime<Utc>,
    ) -> Result<Vec<CredentialRecord>, Error> {
        let mut found = of_settings(provider, now);
        let mut together = line(
            provider,
            all_short_tokens(provider.id),
            CredentialKind::AccessTokens,
            None,
            now,
        );
        together.live = credentials::live_tokens(tx, provider.id, now)?;
        found.push(together);
        found.retain(|record| self.has(record));
        found.sort_by_key(|record| record.id.to_string());
        if descending {
            found.reverse();
        }
        Ok(found)
    }

    fn has(&self, record: &CredentialRecord) -> bool {
        let works = match self.state {
            Some(CredentialState::Live | CredentialState::Soon) => record.live > 0,
            Some(CredentialState::Ended) | None => true,
        };
        works && self.kind.is_none_or(|kind| kind == record.kind)
    }
}

/// What a line is sorted by. The lines of a provider's row say within which they stand.
pub(super) fn place(record: &CredentialRecord) -> (Option<Key>, String) {
    let id = match record.kind {
        CredentialKind::ClientSecret | CredentialKind::ActivationToken => record.id.to_string(),
        CredentialKind::AccessTokens
        | CredentialKind::SigningKey
        | CredentialKind::FederatedIssuer
        | CredentialKind::Certificate => format!("{}/{}", record.provider, record.id),
    };
    (Some(cockpit::key(record.expires)), id)
}

/// The lines of some rows.
pub(super) fn records(
    tx: &mut Read<'_>,
    wanted: &Wanted,
    rows: Vec<Listed>,
    descending: bool,
    now: DateTime<Utc>,
) -> Result<Vec<CredentialRecord>, Error> {
    let owners = providers::some(tx, rows.iter().map(|row| row.provider))?;
    let mut found = Vec::new();
    for row in rows {
        let Some(owner) = owners.get(&row.provider) else {
            continue;
        };
        let provider = &owner.provider;
        let kind = match row.source {
            Source::ClientSecret => CredentialKind::ClientSecret,
            Source::ActivationToken => CredentialKind::ActivationToken,
            Source::Provider => {
                found.extend(wanted.own(tx, provider, descending, now)?);
                continue;
            }
        };
        found.push(CredentialRecord {
            name: row.name,
            scopes: row.scopes,
            created: Some(row.created),
            ..line(provider, row.id, kind, row.expires, now)
        });
    }
    for record in &mut found {
        if record.expires_within_days.is_some() && is_succeeded(tx, record)? {
            record.expires_within_days = None;
        }
    }
    with_dates_and_uses(tx, &mut found)?;
    Ok(found)
}

/// Whether it is a secret that has a successor which works longer: it was let go on purpose.
fn is_succeeded(tx: &mut Read<'_>, record: &CredentialRecord) -> Result<bool, Error> {
    if record.kind != CredentialKind::ClientSecret {
        return Ok(false);
    }
    let secrets = credentials::secrets(tx, record.provider)?;
    // Its own end: the record's may be that of its provider's validity, which ends them all.
    let own = secrets.iter().find(|secret| secret.id == record.id);
    let Some(end) = own.and_then(|secret| secret.expires) else {
        return Ok(false);
    };
    let outlives = |other: &ClientSecret| other.expires.is_none_or(|other| other > end);
    Ok(secrets.iter().any(outlives))
}

fn with_dates_and_uses(tx: &mut Read<'_>, found: &mut [CredentialRecord]) -> Result<(), Error> {
    let uses = credentials::uses(tx, found.iter().map(|record| record.id))?;
    for record in found.iter_mut() {
        record.last_use = uses
            .iter()
            .find(|used| used.credential == record.id)
            .cloned();
    }
    let is_key = |record: &&mut CredentialRecord| {
        matches!(
            record.kind,
            CredentialKind::SigningKey
                | CredentialKind::FederatedIssuer
                | CredentialKind::Certificate
        )
    };
    let keys: Vec<&mut CredentialRecord> = found.iter_mut().filter(is_key).collect();
    let dates = credentials::key_dates(tx, keys.iter().map(|record| record.id))?;
    for record in keys {
        let date = dates.iter().find(|(key, _)| *key == record.id);
        record.created = date.map(|(_, created)| *created);
    }
    Ok(())
}

/// What a provider's settings let it authenticate with.
pub(super) fn of_settings(provider: &Provider, now: DateTime<Utc>) -> Vec<CredentialRecord> {
    let named = |id, kind, name| CredentialRecord {
        name,
        ..line(provider, id, kind, None, now)
    };
    let methods = &provider.settings.authentication;
    let mut found = Vec::new();
    if let Some(own) = &methods.private_key_jwt {
        for key in own.jwks.iter().flat_map(PublicKeys::iter) {
            let id = key_credential(provider.id, &key.thumbprint());
            let name = key.id().map(str::to_owned);
            found.push(named(id, CredentialKind::SigningKey, name));
        }
        if let Some(address) = &own.jwks_uri {
            let id = remote(provider.id, address);
            found.push(named(id, CredentialKind::SigningKey, Some(address.clone())));
        }
    }
    for federation in &methods.federated {
        let id = remote(provider.id, &federation.issuer);
        let name = Some(federation.issuer.clone());
        found.push(named(id, CredentialKind::FederatedIssuer, name));
    }
    let own = methods.self_signed_tls_client_auth.iter();
    for thumbprint in own.flat_map(|own| &own.thumbprints) {
        let id = key_credential(provider.id, thumbprint.as_bytes());
        let name = Some(thumbprint.to_string());
        found.push(named(id, CredentialKind::Certificate, name));
    }
    found
}

/// A line without what only its kind knows.
fn line(
    provider: &Provider,
    id: CredentialId,
    kind: CredentialKind,
    own_end: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> CredentialRecord {
    let ends = [own_end, provider.settings.valid_until];
    let expires = ends.into_iter().flatten().min();
    let over = expires.is_some_and(|end| end <= now);
    let within = |days: &i64| expires.is_some_and(|expires| expires - now <= Duration::days(*days));
    CredentialRecord {
        id,
        provider: provider.id,
        provider_name: provider.settings.name.clone(),
        kind,
        name: None,
        scopes: None,
        created: None,
        expires,
        expires_within_days: AHEAD.into_iter().rev().find(within).filter(|_| !over),
        expired: over,
        live: i64::from(!over),
        last_use: None,
    }
}
