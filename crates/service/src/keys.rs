//! The keys that sign assertions for the gateway: Ed25519, encrypted in the database under a key
//! that only the configuration knows.
//!
//! A new key is published before it signs, and an old one for a day after it stopped, so that a
//! gateway that keeps the published set for a while never meets a signature it cannot check.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rand::RngCore as _;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::Serialize;
use serde_json::json;
use vestibule_domain::event::{Action, Actor};
use vestibule_domain::said::Said;
use vestibule_domain::{Hindrance, SigningKeyId};
use vestibule_storage::signing_keys::{self, SigningKey};
use vestibule_storage::{Read, Write};

use crate::changes::made;
use crate::{AdminCall, Change, Entropy, Error, Role, Service};

/// How long others may keep the published keys before asking again.
pub const CACHED: Duration = Duration::minutes(5);
/// From being published until it signs: twice as long as others may keep the old set.
const NOTICE: Duration = Duration::minutes(10);
/// How long a key is published after another took its place.
const AFTERGLOW: Duration = Duration::days(1);
/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
const NONCE: usize = 12;

/// The key under which signing keys are encrypted: 32 random bytes of the configuration.
#[derive(Clone, Copy)]
pub struct SealingKey([u8; 32]);

impl SealingKey {
    /// The key written in base64 (either alphabet), or none if it is not 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD
            .decode(text)
            .or_else(|_| URL_SAFE_NO_PAD.decode(text))
            .ok()?;
        // A key of one byte throughout was typed, not drawn.
        let drawn = bytes.iter().any(|byte| Some(byte) != bytes.first());
        bytes.try_into().ok().filter(|_| drawn).map(Self)
    }

    /// A new one, in base64, drawn from the operating system.
    pub fn generate() -> String {
        let mut bytes = [0; 32];
        Entropy::system().lock().fill_bytes(&mut bytes);
        STANDARD.encode(bytes)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey([redacted])")
    }
}

/// A published key (RFC 8037, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    pub kid: String,
    /// The 32 bytes in base64url.
    pub x: String,
}

/// A key as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDetails {
    pub id: SigningKeyId,
    pub created: DateTime<Utc>,
    /// First instant at which it signs.
    pub active_from: DateTime<Utc>,
}

impl Service {
    /// Makes the first signing key, if there is none yet and one can be kept. To be called when the
    /// server starts.
    pub fn prepare_signing_key(&self) -> Result<(), Error> {
        if let Some(sealing) = self.settings().links.sealing_key {
            self.make_first_key(sealing)?;
        }
        if let Some(trouble) = self.store().read(|tx| self.signing_trouble(tx))? {
            tracing::error!(
                %trouble,
                "nobody can be handed over to the gateway: bring back key_secret, or the file vestibule.key, or \
                 make another key with `vestibule keys rotate`"
            );
        }
        Ok(())
    }

    fn make_first_key(&self, sealing: SealingKey) -> Result<(), Error> {
        let service = self.clone();
        self.store().write("keys.prepare", move |tx| {
            if !signing_keys::list(tx)?.is_empty() {
                return Ok(());
            }
            signing_keys::lock(tx)?;
            if signing_keys::list(tx)?.is_empty() {
                let now = service.now();
                let key = service.make_key(tx, sealing, now, now)?;
                service.record(
                    tx,
                    Change {
                        id: None,
                        at: now,
                        actor: Actor::System,
                        action: Action::SigningKeyMade,
                        subject: key.id.into(),
                        provider: None,
                        cause: None,
                        request_id: None,
                        payload: told(&key),
                    },
                );
            }
            Ok(())
        })
    }

    /// Makes a new signing key. It is published at once and signs in ten minutes; the old ones stay
    /// published for a day after that.
    pub fn rotate_signing_key(&self, call: &AdminCall) -> Result<KeyDetails, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("keys.rotate", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Administrator, now)?;
            let sealing = service.settings().links.sealing_key.ok_or_else(no_key)?;
            signing_keys::lock(tx)?;
            let keys = signing_keys::list(tx)?;
            // Where none signs nobody has to be told first.
            let signs = signer(&keys, now).is_some_and(|key| open(sealing, key).is_ok());
            let active_from = if signs { now + NOTICE } else { now };
            let key = service.make_key(tx, sealing, now, active_from)?;
            service.record(
                tx,
                Change {
                    payload: told(&key),
                    ..operator.change(Action::SigningKeyMade, key.id, now)
                },
            );
            Ok(KeyDetails {
                id: key.id,
                created: key.created,
                active_from,
            })
        })
    }

    /// The keys with which assertions can be checked now.
    pub fn public_keys(&self) -> Result<Vec<PublicKey>, Error> {
        let now = self.now();
        self.store().read(|tx| {
            Ok(published(signing_keys::list(tx)?, now)
                .iter()
                .map(|key| PublicKey {
                    kid: key.id.to_string(),
                    x: URL_SAFE_NO_PAD.encode(&key.public),
                })
                .collect())
        })
    }

    /// Whether assertions can be signed.
    pub fn can_sign(&self) -> bool {
        self.settings().links.sealing_key.is_some()
    }

    /// Why nothing can be signed, though there is a key, or a gateway that people are to be handed over to: no
    /// secret is known, or the key was encrypted under another one.
    pub(crate) fn signing_trouble(&self, tx: &mut Read<'_>) -> Result<Option<Said>, Error> {
        let keys = signing_keys::list(tx)?;
        let links = &self.settings().links;
        let opened = match (signer(&keys, self.now()), links.sealing_key) {
            (Some(key), Some(sealing)) => open(sealing, key).map(drop),
            (Some(_), None) => Err(no_key()),
            (None, None) if links.gateway => Err(no_key()),
            // The first key is made when the server starts.
            (None, _) => Ok(()),
        };
        match opened {
            Ok(()) => Ok(None),
            Err(Error::Conflict(said)) => Ok(Some(said)),
            Err(error) => Err(error),
        }
    }

    /// Signs claims as a compact JWT (RFC 7519, RFC 8037).
    pub(crate) fn sign(
        &self,
        tx: &mut Read<'_>,
        claims: &impl Serialize,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let sealing = self.settings().links.sealing_key.ok_or_else(no_key)?;
        let keys = signing_keys::list(tx)?;
        let key = signer(&keys, now).ok_or_else(no_key)?;
        let der = open(sealing, key)?;
        let header = Header {
            kid: Some(key.id.to_string()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&der))
            .map_err(Error::internal)
    }

    fn make_key(
        &self,
        tx: &mut Write<'_>,
        sealing: SealingKey,
        now: DateTime<Utc>,
        active_from: DateTime<Utc>,
    ) -> Result<SigningKey, Error> {
        let (mut seed, mut nonce) = ([0; 32], [0; NONCE]);
        {
            let mut rng = self.entropy().lock();
            rng.fill_bytes(&mut seed);
            rng.fill_bytes(&mut nonce);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|error| Error::internal(error.to_string()))?;
        let id = self.id(SigningKeyId::from_uuid, now);
        let mut ciphertext = [PKCS8.as_slice(), &seed].concat();
        cipher(sealing)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(id.to_string()),
                &mut ciphertext,
            )
            .map_err(|error| Error::internal(error.to_string()))?;
        let key = SigningKey {
            id,
            public: pair.public_key().as_ref().to_vec(),
            sealed: [nonce.as_slice(), &ciphertext].concat(),
            created: now,
            active_from,
        };
        signing_keys::insert(tx, &key)?;
        Ok(key)
    }
}

/// The key that signs.
fn signer(keys: &[SigningKey], now: DateTime<Utc>) -> Option<&SigningKey> {
    let mut newest_first = keys.iter().rev();
    newest_first
        .find(|key| key.active_from <= now)
        // A clock that was set back before the first key: the oldest will do.
        .or(keys.first())
}

/// Keys that sign, will sign, or signed until a day ago.
fn published(keys: Vec<SigningKey>, now: DateTime<Utc>) -> Vec<SigningKey> {
    let successors: Vec<_> = keys
        .iter()
        .skip(1)
        .map(|next| Some(next.active_from))
        .chain([None])
        .collect();
    keys.into_iter()
        .zip(successors)
        .filter(|(_, successor)| successor.is_none_or(|from| now < from + AFTERGLOW))
        .map(|(key, _)| key)
        .collect()
}

fn told(key: &SigningKey) -> vestibule_domain::event::Payload {
    made(json!({"active_from": key.active_from, "public": URL_SAFE_NO_PAD.encode(&key.public)}))
}

fn cipher(sealing: SealingKey) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&CHACHA20_POLY1305, &sealing.0)
        .map(LessSafeKey::new)
        .map_err(|error| Error::internal(error.to_string()))
}

/// The private part of a key, in PKCS#8.
fn open(sealing: SealingKey, key: &SigningKey) -> Result<Vec<u8>, Error> {
    let broken = || Error::Conflict(Hindrance::KeySecretChanged.said([]));
    let (nonce, ciphertext) = key.sealed.split_at_checked(NONCE).ok_or_else(broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
    let mut text = ciphertext.to_vec();
    let opened = cipher(sealing)?
        .open_in_place(nonce, Aad::from(key.id.to_string()), &mut text)
        .map_err(|_| broken())?;
    Ok(opened.to_vec())
}

fn no_key() -> Error {
    Error::Conflict(Hindrance::NoKeySecret.said([]))
}
