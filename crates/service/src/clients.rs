//! Who calls at the OAuth endpoints: the provider behind a client authentication, past throttle
//! and gates.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::event::{Action, Actor, Payload, Subject};
use vestibule_domain::gate::{self, Refusal};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{
    ClientAuthentication, KnownClient, KnownSecret, Proven, TokenError, TokenErrorKind,
};
use vestibule_storage::Read;
use vestibule_storage::credentials::{self, ClientSecret};
use vestibule_storage::providers::{self, Registered};

use crate::{Change, Error, Service, throttle};

/// Where a request to an OAuth endpoint came from.
#[derive(Debug, Clone)]
pub struct Contact {
    /// None when it cannot be known.
    pub address: Option<IpAddr>,
    /// The values of all `Referer` lines.
    pub referers: Vec<String>,
    /// Under which the request can be found again.
    pub request_id: String,
}

/// An authenticated client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) registered: Registered,
    /// By which it authenticated.
    pub(crate) credential: CredentialId,
}

impl Client {
    pub(crate) fn provider(&self) -> &Provider {
        &self.registered.provider
    }

    /// A change of `subject` by this client.
    pub(crate) fn change(
        &self,
        contact: &Contact,
        action: Action,
        subject: impl Into<Subject>,
        payload: Payload,
        at: DateTime<Utc>,
    ) -> Change {
        let id = self.provider().id;
        Change {
            id: None,
            at,
            actor: Actor::Provider {
                id,
                address: contact.address,
            },
            action,
            subject: subject.into(),
            provider: Some(id),
            cause: None,
            request_id: Some(contact.request_id.clone()),
            payload,
        }
    }
}

impl Service {
    /// The client that asks, in DOMAIN.md's order: throttle, credential, address, referrer. The
    /// caller goes on with what comes behind.
    pub(crate) fn authenticate_client(
        &self,
        tx: &mut Read<'_>,
        client: &ClientAuthentication,
        contact: &Contact,
        now: DateTime<Utc>,
    ) -> Result<Client, Error> {
        throttle::admit(tx, client, contact, now)?;
        let found = known(tx, client, now)?;
        let referers: Vec<&str> = contact.referers.iter().map(String::as_str).collect();
        gate::network_gate(found.provider(), contact.address, &referers)
            .map_err(|refusal| self.refused(&refusal))?;
        Ok(found)
    }

    /// What an OAuth endpoint answers when a gate behind the credential is shut.
    pub(crate) fn refused(&self, refusal: &Refusal) -> Error {
        let kind = match refusal {
            Refusal::Paused => TokenErrorKind::TemporarilyUnavailable,
            Refusal::Disabled
            | Refusal::Expired
            | Refusal::Address(_)
            | Refusal::Referrer
            | Refusal::ScopeTooSmall { .. } => TokenErrorKind::UnauthorizedClient,
        };
        let error = TokenError::new(kind, refusal.to_string());
        Error::Token(match kind {
            TokenErrorKind::TemporarilyUnavailable => {
                error.with_retry_after(self.settings().retry_after)
            }
            _ => error,
        })
    }
}

/// The provider of that client id, if its proof holds and its credentials are good at all. Unknown,
/// wrong, disabled and expired are one answer, after the same statements and as many comparisons
/// (R-TOK-5).
fn known(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
    now: DateTime<Utc>,
) -> Result<Client, Error> {
    let registered = providers::find_by_client_id(tx, &client.client_id)?;
    let nobody = ProviderId::from_uuid(Uuid::nil());
    let id = registered
        .as_ref()
        .map_or(nobody, |registered| registered.provider.id);
    let secrets = credentials::secrets(tx, id)?;
    let known: Vec<KnownSecret> = secrets.iter().map(known_secret).collect();
    let proven = client.check(Some(KnownClient { secrets: &known }), since_1970(now))?;
    let credential = match proven {
        Proven::Secret(place) => secrets.get(place).map(|secret| secret.id),
    };
    registered
        .filter(|registered| gate::credential_gate(&registered.provider, now).is_ok())
        .zip(credential)
        .map(|(registered, credential)| Client {
            registered,
            credential,
        })
        .ok_or_else(|| TokenError::invalid_client(client.used_basic()).into())
}

fn known_secret(secret: &ClientSecret) -> KnownSecret {
    KnownSecret {
        digest: secret.digest,
        expires: secret.expires.map(since_1970),
    }
}

/// An instant as the OAuth crate counts them; those before 1970 are long past in either reckoning.
fn since_1970(at: DateTime<Utc>) -> Duration {
    u64::try_from(at.timestamp_micros()).map_or(Duration::ZERO, Duration::from_micros)
}
