//! Every credential there is, in one list, and a word ahead of the end of each.

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::json;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{Digest, PublicKeys, Scopes};
use vestibule_storage::credentials::{self, Use};
use vestibule_storage::providers::{self, Registered, Warning};
use vestibule_storage::{Read, Write};

use crate::caller::all_short_tokens;
use crate::clients::key_credential;
use crate::{AdminCall, Change, Error, Role, Service, Warned};

/// Days ahead of its end at which a credential is spoken of, farthest first.
const AHEAD: [i64; 3] = [30, 7, 1];
/// The kind of the warning on the provider.
const EXPIRING: &str = "credential_expiring";

/// What a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    ClientSecret,
    ActivationToken,
    /// All tokens that the token endpoint issued to one provider, together.
    AccessTokens,
    /// A registered public key, or the address of keys, that the provider signs with.
    SigningKey,
    /// An issuer whose word is taken for the provider.
    FederatedIssuer,
    /// A registered certificate, or the name that one must have.
    Certificate,
}

impl CredentialKind {
    pub const ALL: [Self; 6] = [
        Self::ClientSecret,
        Self::ActivationToken,
        Self::AccessTokens,
        Self::SigningKey,
        Self::FederatedIssuer,
        Self::Certificate,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::ActivationToken => "activation_token",
            Self::AccessTokens => "access_tokens",
            Self::SigningKey => "signing_key",
            Self::FederatedIssuer => "federated_issuer",
            Self::Certificate => "certificate",
        }
    }
}

/// One line of the cockpit.
#[derive(Debug, Clone, PartialEq)]
pub struct CredentialRecord {
    pub id: CredentialId,
    pub provider: ProviderId,
    pub provider_name: String,
    pub kind: CredentialKind,
    /// Of an activation token its name, of a key its `kid` or address, of an issuer itself.
    pub name: Option<String>,
    pub scopes: Option<Scopes>,
    pub created: Option<DateTime<Utc>>,
    /// First instant at which it no longer works: its own end or its provider's validity.
    pub expires: Option<DateTime<Utc>>,
    /// Days within which it ends, of 30, 7 and 1; none when that is farther away, or past.
    pub expires_within_days: Option<i64>,
    pub expired: bool,
    /// How many there are that work; more than one only of access tokens.
    pub live: i64,
    pub last_use: Option<Use>,
}

impl Service {
    /// Every credential of one provider or of all, the first to end first, endless ones last.
    pub fn list_credentials(
        &self,
        call: &AdminCall,
        provider: Option<ProviderId>,
    ) -> Result<Vec<CredentialRecord>, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let registered = match provider {
                Some(id) => vec![crate::providers::find(tx, id)?],
                None => providers::all(tx)?,
            };
            let mut records = Vec::new();
            for one in registered {
                records.extend(of_provider(tx, &one, now)?);
            }
            records.sort_by_key(|record| (record.expires.is_none(), record.expires));
            Ok(records)
        })
    }

    /// Warns, once for each of 30, 7 and 1 days ahead, of secrets and activation tokens about to
    /// end: an event and a warning on the provider. Answers how many warnings that were.
    pub fn warn_of_expiry(&self) -> Result<usize, Error> {
        let all = self.store().read(|tx| {
            Ok::<_, Error>(
                providers::all(tx)?
                    .into_iter()
                    .map(|one| one.provider.id)
                    .collect::<Vec<_>>(),
            )
        })?;
        let mut warned = 0;
        for provider in all {
            let service = self.clone();
            warned += self.store().write("credentials.warn", move |tx| {
                let now = service.now();
                let Some(registered) = providers::find(tx, provider)? else {
                    return Ok(0);
                };
                let records = of_provider(tx, &registered, now)?;
                let known = providers::warnings_of_kind(tx, provider, EXPIRING)?;
                let mut warned = 0;
                for (record, detail) in worth_a_word(&records, now) {
                    let subject = record.id.to_string();
                    let told =
                        |warning: &Warning| warning.subject == subject && warning.detail == detail;
                    if !known.iter().any(told) {
                        service.warn_of(tx, record, detail, now)?;
                        warned += 1;
                    }
                }
                Ok::<_, Error>(warned)
            })?;
        }
        Ok(warned)
    }

    fn warn_of(
        &self,
        tx: &mut Write<'_>,
        record: &CredentialRecord,
        detail: String,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let after = json!({
            "kind": record.kind,
            "name": record.name,
            "expires": record.expires,
            "within_days": record.expires_within_days,
        });
        let event = self.record(
            tx,
            Change {
                id: None,
                at: now,
                actor: Actor::System,
                action: Action::CredentialExpiring,
                subject: record.id.into(),
                provider: Some(record.provider),
                cause: None,
                request_id: None,
                payload: Payload {
                    after: Some(after),
                    why: Some(detail.clone()),
                    ..Payload::default()
                },
            },
        );
        let warning = Warning {
            kind: EXPIRING.to_owned(),
            subject: record.id.to_string(),
            detail,
            raised: now,
        };
        Ok(providers::warn(tx, record.provider, &warning, event)?)
    }
}

/// The records to be spoken of, with what is to be said. A secret that has a successor which works
/// longer was let go on purpose.
fn worth_a_word(
    records: &[CredentialRecord],
    now: DateTime<Utc>,
) -> impl Iterator<Item = (&CredentialRecord, String)> {
    let outlived = |one: &CredentialRecord| {
        records.iter().any(|other| {
            let longer = match (other.expires, one.expires) {
                (None, _) => true,
                (Some(other), Some(one)) => other > one,
                (Some(_), None) => false,
            };
            other.kind == one.kind && one.kind == CredentialKind::ClientSecret && longer
        })
    };
    records.iter().filter_map(move |record| {
        let days = record.expires_within_days?;
        let expires = record.expires.filter(|expires| *expires > now)?;
        let warned = match (record.kind, days) {
            (CredentialKind::ClientSecret, _) if outlived(record) => return None,
            (CredentialKind::ClientSecret, 1) => Warned::SecretEndsInADay,
            (CredentialKind::ClientSecret, _) => Warned::SecretEnds,
            (CredentialKind::ActivationToken, 1) => Warned::TokenEndsInADay,
            (CredentialKind::ActivationToken, _) => Warned::TokenEnds,
            _ => return None,
        };
        let name = record.name.as_deref().unwrap_or_default();
        let said = warned.said([
            ("name", format!("{name:?}").into()),
            ("days", days.to_string().into()),
            ("at", expires.trunc_subsecs(0).into()),
        ]);
        Some((record, said.to_string()))
    })
}

fn of_provider(
    tx: &mut Read<'_>,
    registered: &Registered,
    now: DateTime<Utc>,
) -> Result<Vec<CredentialRecord>, Error> {
    let provider = &registered.provider;
    let uses = credentials::uses(tx, provider.id)?;
    let entry =
        |id, kind, expires: Option<DateTime<Utc>>| record(provider, id, kind, expires, &uses, now);
    let mut records = Vec::new();
    for secret in credentials::secrets(tx, provider.id)? {
        records.push(CredentialRecord {
            created: Some(secret.created),
            ..entry(secret.id, CredentialKind::ClientSecret, secret.expires)
        });
    }
    for token in credentials::activation_tokens(tx, provider.id)? {
        let listed = entry(
            token.id,
            CredentialKind::ActivationToken,
            Some(token.expires),
        );
        records.push(CredentialRecord {
            created: Some(token.issued),
            name: token.name,
            scopes: Some(token.scopes),
            ..listed
        });
    }
    let methods = &provider.settings.authentication;
    if let Some(own) = &methods.private_key_jwt {
        for key in own.jwks.iter().flat_map(PublicKeys::iter) {
            let id = key_credential(provider.id, &key.thumbprint());
            records.push(CredentialRecord {
                name: key.id().map(str::to_owned),
                ..entry(id, CredentialKind::SigningKey, None)
            });
        }
        if let Some(address) = &own.jwks_uri {
            records.push(CredentialRecord {
                name: Some(address.clone()),
                ..entry(
                    remote(provider.id, address),
                    CredentialKind::SigningKey,
                    None,
                )
            });
        }
    }
    for federation in &methods.federated {
        let id = remote(provider.id, &federation.issuer);
        records.push(CredentialRecord {
            name: Some(federation.issuer.clone()),
            ..entry(id, CredentialKind::FederatedIssuer, None)
        });
    }
    let own = methods.self_signed_tls_client_auth.iter();
    for thumbprint in own.flat_map(|own| &own.thumbprints) {
        let id = key_credential(provider.id, thumbprint.as_bytes());
        records.push(CredentialRecord {
            name: Some(thumbprint.to_string()),
            ..entry(id, CredentialKind::Certificate, None)
        });
    }
    let live = credentials::live_tokens(tx, provider.id, now)?;
    records.push(CredentialRecord {
        live,
        ..entry(
            all_short_tokens(provider.id),
            CredentialKind::AccessTokens,
            None,
        )
    });
    Ok(records)
}

/// Under which the uses of somebody's published keys are counted together.
pub(crate) fn remote(provider: ProviderId, address: &str) -> CredentialId {
    key_credential(provider, Digest::of(address).as_bytes())
}

fn record(
    provider: &Provider,
    id: CredentialId,
    kind: CredentialKind,
    own_end: Option<DateTime<Utc>>,
    uses: &[Use],
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
        last_use: uses.iter().find(|used| used.credential == id).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use vestibule_domain::provider::UserType;

    use super::*;
    use crate::world::{World, provider, root};

    #[test]
    fn the_first_to_end_stands_first_and_uses_are_shown() {
        let world = World::new();
        let client = world.client(UserType::Internal);
        let token = world
            .service
            .issue_activation_token(&root(), client.id, "pasted", Some(60), None)
            .unwrap();
        world.service.flush_telemetry().unwrap();
        let records = world
            .service
            .list_credentials(&root(), Some(client.id))
            .unwrap();
        let kinds: Vec<&str> = records.iter().map(|record| record.kind.name()).collect();
        assert_eq!(
            kinds,
            ["activation_token", "client_secret", "access_tokens"]
        );
        assert_eq!(records[0].id, token.id);
        assert_eq!(records[0].expires_within_days, Some(1));
        let used = records[1].last_use.as_ref().unwrap();
        assert_eq!(
            (used.uses, used.last_address.as_deref()),
            (1, Some("192.0.2.1"))
        );
        assert_eq!(records[2].live, 1);
        assert_eq!(
            world.service.list_credentials(&root(), None).unwrap(),
            records
        );
    }

    #[test]
    fn the_end_of_a_credential_is_announced_once_at_each_distance() {
        let world = World::new();
        let client = world.register(provider("Okta", UserType::Internal));
        let id = client.provider.provider.id;
        world
            .service
            .issue_activation_token(&root(), id, "pasted", Some(40 * 24 * 60), None)
            .unwrap();
        let warn = || world.service.warn_of_expiry().unwrap();
        assert_eq!(warn(), 0);
        let mut told = Vec::new();
        for day in 1..=41 {
            world.pass(Duration::days(1));
            if warn() > 0 {
                told.push(40 - day);
            }
            assert_eq!(warn(), 0, "once");
        }
        assert_eq!(told, [30, 7, 1]);
        assert_eq!(world.last_actions(1), ["credential.expiring"]);
        let warnings = world.service.find_provider(&root(), id).unwrap().warnings;
        assert_eq!(warnings.len(), 1, "the newest in the place of the older");
        assert!(warnings[0].detail.contains("within 1 day,"));
    }

    #[test]
    fn a_secret_let_go_on_purpose_is_not_spoken_of_but_the_last_one_is() {
        let world = World::new();
        let mut settings = provider("Okta", UserType::Internal);
        let client = world.register(settings.clone());
        let id = client.provider.provider.id;
        world.service.rotate_secret(&root(), id, None).unwrap();
        assert_eq!(world.service.warn_of_expiry().unwrap(), 0);
        settings.name = "Short".to_owned();
        settings.valid_until = Some(world.service.now() + Duration::days(3));
        world.register(settings);
        assert_eq!(world.service.warn_of_expiry().unwrap(), 1);
    }
}
