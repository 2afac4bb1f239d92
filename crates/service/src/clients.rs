//! Who calls at the OAuth endpoints: the provider behind a client authentication, past throttle
//! and gates.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;
use vestibule_domain::event::{Action, Actor, Payload, Subject};
use vestibule_domain::gate::{self, Refusal};
use vestibule_domain::provider::Provider;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{
    Circumstances, ClientAuthentication, KnownClient, KnownSecret, Proof, Proven, PublicKeys,
    SingleUse, Thumbprint, TokenError, TokenErrorKind, Unproven,
};
use vestibule_storage::assertions;
use vestibule_storage::credentials::{self, ClientSecret};
use vestibule_storage::providers::{self, Registered};
use vestibule_storage::{Read, Write};

use crate::cockpit::remote;
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
    /// This server, as its clients know it: `https://vestibule.example/iso/oauth2`.
    pub issuer: String,
    /// What was found at the address of [`Service::keys_wanted`].
    pub keys: Option<Arc<PublicKeys>>,
}

/// The address that keys are needed from, and the name of the one among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysWanted {
    pub address: String,
    pub key_id: Option<String>,
}

/// An authenticated client.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) registered: Registered,
    /// By which it authenticated.
    pub(crate) credential: CredentialId,
    /// Of the assertion, if it was one that must not come again.
    pub(crate) single_use: Option<SingleUse>,
    /// The certificate that it authenticated by, and that its tokens are bound to.
    pub(crate) certificate: Option<Thumbprint>,
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
        throttle::admit(tx, client, contact.address, now)?;
        let found = known(tx, client, contact, now)?;
        let referers: Vec<&str> = contact.referers.iter().map(String::as_str).collect();
        gate::network_gate(found.provider(), contact.address, &referers)
            .map_err(|refusal| self.refused(&refusal))?;
        Ok(found)
    }

    /// The keys that checking this client takes and that have to be fetched first, which is never
    /// done inside a transaction. For a source that has failed too often nothing is fetched.
    pub fn keys_wanted(
        &self,
        client: &ClientAuthentication,
        address: Option<IpAddr>,
    ) -> Result<Option<KeysWanted>, Error> {
        if !matches!(client.proof, Proof::Assertion(_)) {
            return Ok(None);
        }
        let now = self.now();
        self.store().read(|tx| {
            match throttle::admit(tx, client, address, now) {
                Ok(()) => {}
                Err(Error::Token(_)) => return Ok(None),
                Err(other) => return Err(other),
            }
            let found = registered(tx, client)?;
            Ok(found.and_then(|found| {
                let (address, key_id) = client.keys_wanted(&known_client(&found, &[]))?;
                Some(KeysWanted {
                    address: address.to_owned(),
                    key_id: key_id.map(str::to_owned),
                })
            }))
        })
    }

    /// Forgets client assertions that have expired. Answers how many; fewer than 500 when no more
    /// are left.
    pub fn purge_assertions(&self) -> Result<usize, Error> {
        let now = self.now();
        self.store().write("clients.purge_assertions", move |tx| {
            Ok(assertions::purge(tx, now, crate::jobs::PURGED)?)
        })
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

/// Refuses an assertion that was used before, on whatever node (RFC 7523, section 3), and records
/// that this one is used now.
pub(crate) fn use_once(
    tx: &mut Write<'_>,
    client: &ClientAuthentication,
    single_use: Option<SingleUse>,
) -> Result<(), Error> {
    let Some(SingleUse { digest, expires }) = single_use else {
        return Ok(());
    };
    let expires = DateTime::from_timestamp(expires, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    if assertions::use_once(tx, &digest, expires)? {
        return Ok(());
    }
    tracing::debug!("a client assertion was presented again");
    Err(client.refused().because(Unproven::Used).into())
}

/// The provider that a client claims to be: by its id; one with an assertion that names none, by
/// the federation that the assertion belongs to.
fn registered(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
) -> Result<Option<Registered>, Error> {
    let found = providers::find_by_client_id(tx, &client.client_id)?;
    let Proof::Assertion(assertion) = &client.proof else {
        return Ok(found);
    };
    if found.is_some() || *client.client_id != assertion.subject() {
        return Ok(found);
    }
    let mut federated = providers::all(tx)?.into_iter().filter(|one| {
        let known = &one.provider.settings.authentication.federated;
        known.iter().any(|known| {
            known.issuer == assertion.issuer()
                && known.subjects.iter().any(|one| one == assertion.subject())
        })
    });
    // Of two nobody knows which is meant.
    Ok(federated.next().filter(|_| federated.next().is_none()))
}

fn known_client<'a>(registered: &'a Registered, secrets: &'a [KnownSecret]) -> KnownClient<'a> {
    KnownClient {
        client_id: &registered.client_id,
        methods: &registered.provider.settings.authentication,
        secrets,
    }
}

/// Under which the uses of a key are counted: the same for the same key of the same provider.
pub(crate) fn key_credential(provider: ProviderId, thumbprint: &[u8; 32]) -> CredentialId {
    let mut id = provider.as_uuid().into_bytes();
    for (byte, print) in id.iter_mut().zip(thumbprint) {
        *byte ^= print;
    }
    CredentialId::from_uuid(Uuid::from_bytes(id))
}

/// The provider of that client id, if its proof holds and its credentials are good at all. Unknown,
/// wrong, disabled and expired are one answer, after the same statements and as many comparisons
/// (R-TOK-5).
fn known(
    tx: &mut Read<'_>,
    client: &ClientAuthentication,
    contact: &Contact,
    now: DateTime<Utc>,
) -> Result<Client, Error> {
    let registered = registered(tx, client)?;
    let nobody = ProviderId::from_uuid(Uuid::nil());
    let id = registered
        .as_ref()
        .map_or(nobody, |registered| registered.provider.id);
    let secrets = credentials::secrets(tx, id)?;
    let known: Vec<KnownSecret> = secrets.iter().map(known_secret).collect();
    let audiences = ["", "/token", "/revoke", "/introspect"];
    let audiences = audiences.map(|endpoint| format!("{}{endpoint}", contact.issuer));
    let circumstances = Circumstances {
        now: since_1970(now),
        audiences: &audiences,
        fetched: contact.keys.as_deref(),
    };
    let asked = registered.as_ref().map(|found| known_client(found, &known));
    let proven = client.check(asked, &circumstances).map_err(|why| {
        tracing::debug!(%why, "a client authentication failed");
        client.refused().because(why)
    })?;
    let methods = registered
        .as_ref()
        .map(|found| &found.provider.settings.authentication);
    let mut certificate = None;
    let (credential, single_use) = match proven {
        Proven::Secret(place) => (secrets.get(place).map(|secret| secret.id), None),
        Proven::Certificate(thumbprint) => {
            certificate = Some(thumbprint);
            (Some(key_credential(id, thumbprint.as_bytes())), None)
        }
        Proven::Key {
            thumbprint,
            single_use,
        } => {
            let published = methods
                .and_then(|methods| methods.private_key_jwt.as_ref()?.jwks_uri.as_deref())
                .map(|address| remote(id, address));
            let key = published.unwrap_or_else(|| key_credential(id, &thumbprint));
            (Some(key), Some(single_use))
        }
        Proven::Federated { place, .. } => {
            let federation = methods.and_then(|methods| methods.federated.get(place));
            (federation.map(|known| remote(id, &known.issuer)), None)
        }
    };
    registered
        .filter(|registered| gate::credential_gate(&registered.provider, now).is_ok())
        .zip(credential)
        .map(|(registered, credential)| Client {
            registered,
            credential,
            single_use,
            certificate,
        })
        .ok_or_else(|| client.refused().into())
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
