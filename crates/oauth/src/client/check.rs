//! Whether a proof holds, for a client as it is registered and at a given time.

use std::hint::black_box;
use std::time::Duration;

use oauth2::ClientSecret;
use sha2::{Digest as _, Sha256};

use super::{ClientAuthentication, Proof};
use crate::Digest;
use crate::assertion::Assertion;
use crate::certificate::{Chain, ClientCertificate, Thumbprint};
use crate::keys::{PublicKey, PublicKeys, SigningAlgorithm};
use crate::methods::{Federation, Methods, PrivateKeyJwt};

/// Secrets compared for every request that presents one, whether there are as many or not.
const COMPARED: usize = 2;
/// How far ahead the `exp` of a client's own assertion may lie, in seconds.
const MAX_AHEAD: i64 = 300;
/// By how much the clocks of a signer and of this server may differ where a time lies ahead, in
/// seconds.
const SKEW: i64 = 60;

/// A client as the server knows it.
#[derive(Clone, Copy, Debug)]
pub struct KnownClient<'a> {
    /// By which it was looked up.
    pub client_id: &'a str,
    /// How it may authenticate.
    pub methods: &'a Methods,
    /// Its secrets, also those that have expired.
    pub secrets: &'a [KnownSecret],
}

/// A client's secret as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct KnownSecret {
    /// Of the secret's whole text.
    pub digest: Digest,
    /// First instant, since 1970, at which it no longer works.
    pub expires: Option<Duration>,
}

/// What else a proof is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Since 1970.
    pub now: Duration,
    /// By what names a client's own assertion may address this server: its issuer, its endpoints
    /// (RFC 7523 section 3).
    pub audiences: &'a [String],
    /// What was found at the address that [`ClientAuthentication::keys_wanted`] named.
    pub fetched: Option<&'a PublicKeys>,
}

/// By what a client proved who it is, and so what the server still has to do.
#[must_use = "an assertion's use has to be recorded, and a token bound to its certificate"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The secret at this place of [`KnownClient::secrets`].
    Secret(usize),
    /// A key of its own. The assertion must not come again: the server has to record its use, and
    /// refuse it if there is a record of it.
    Key {
        /// Of the key (RFC 7638).
        thumbprint: [u8; 32],
        /// What is to be recorded.
        single_use: SingleUse,
    },
    /// A key of the issuer at this place of [`Methods::federated`].
    Federated {
        /// In the list, from 0.
        place: usize,
        /// Of the key (RFC 7638).
        thumbprint: [u8; 32],
    },
    /// A certificate. The tokens that it gets are bound to it (RFC 8705 section 3).
    Certificate(Thumbprint),
}

/// What identifies an assertion that may be used once (RFC 7523 section 3, `jti`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SingleUse {
    /// Of issuer and `jti`.
    pub digest: [u8; 32],
    /// Second since 1970 after which it is refused anyway.
    pub expires: i64,
}

/// Why a proof does not hold: for the log and the administrators. The client is told nothing but
/// `invalid_client`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// There is no client of that id.
    #[error("the client is unknown")]
    UnknownClient,
    /// Its [`Methods`] leave this out.
    #[error("the client may not authenticate in this way")]
    Method,
    /// It is none of [`KnownClient::secrets`] that still work.
    #[error("the secret is wrong or has expired")]
    Secret,
    /// Nothing says whose key is to be tried.
    #[error("the assertion's issuer and subject are not the client, nor a federation of it")]
    Issuer,
    /// `aud` is none of [`Circumstances::audiences`], or of the federation.
    #[error("the assertion is not made for this server")]
    Audience,
    /// `exp` is over.
    #[error("the assertion has expired")]
    Expired,
    /// `exp` is further than is allowed.
    #[error("the assertion's exp lies too far ahead")]
    TooLong,
    /// `nbf` or `iat` is still to come.
    #[error("the assertion is not yet valid")]
    Early,
    /// It could not be told from another (RFC 7523 section 3).
    #[error("the assertion has no jti, or one of more than 256 characters")]
    Jti,
    /// For who keeps the [`SingleUse`].
    #[error("the assertion was used before")]
    Used,
    /// `alg` is none that its signer may use.
    #[error("the assertion's algorithm is not allowed")]
    Algorithm,
    /// There is nothing to verify it with.
    #[error("no key of the client has the assertion's kid, or none could be fetched")]
    NoKey,
    /// It was changed, or signed with another key.
    #[error("the assertion's signature is wrong")]
    Signature,
    /// Neither its thumbprint nor a name of it is registered.
    #[error("the certificate is none that the client is registered with")]
    Certificate,
    /// Its time is not now.
    #[error("the certificate has expired, or is not yet valid")]
    CertificateExpired,
    /// It counts by a name, which nobody who is trusted confirms.
    #[error("the certificate's chain leads to no authority that is trusted for clients")]
    Untrusted,
}

/// Under which rules an assertion is accepted.
enum Rules<'a> {
    Own(&'a PrivateKeyJwt),
    Federated(usize, &'a Federation),
}

impl Rules<'_> {
    fn of<'a>(assertion: &Assertion, client: &KnownClient<'a>) -> Result<Rules<'a>, Unproven> {
        let claims = &assertion.claims;
        // RFC 7523 section 3: for client authentication both are the client id.
        if claims.iss == client.client_id && claims.sub == client.client_id {
            let own = client.methods.private_key_jwt.as_ref();
            return own.map(Rules::Own).ok_or(Unproven::Method);
        }
        let mut federated = client.methods.federated.iter().enumerate();
        federated
            .find(|(_, known)| known.issuer == claims.iss && known.subjects.contains(&claims.sub))
            .map(|(place, known)| Rules::Federated(place, known))
            .ok_or(Unproven::Issuer)
    }

    fn algorithms(&self) -> &[SigningAlgorithm] {
        match self {
            Self::Own(own) => &own.algorithms,
            Self::Federated(_, known) => &known.algorithms,
        }
    }

    fn maximum_ahead(&self) -> i64 {
        match self {
            Self::Own(_) => MAX_AHEAD,
            Self::Federated(_, known) => i64::from(known.maximum_life_minutes) * 60,
        }
    }
}

impl ClientAuthentication {
    /// The address whose keys [`ClientAuthentication::check`] will want for this client, and the
    /// name of the one among them. Fetching is the server's.
    pub fn keys_wanted<'a>(
        &'a self,
        client: &KnownClient<'a>,
    ) -> Option<(&'a str, Option<&'a str>)> {
        let Proof::Assertion(assertion) = &self.proof else {
            return None;
        };
        let address = match Rules::of(assertion, client).ok()? {
            Rules::Own(own) => own.jwks_uri.as_ref()?,
            Rules::Federated(_, known) => &known.jwks_uri,
        };
        Some((address, assertion.key_id()))
    }

    /// Checks the proof against the client of that id. With a secret, an unknown client and a
    /// wrong secret take as many comparisons.
    pub fn check(
        &self,
        client: Option<KnownClient<'_>>,
        circumstances: &Circumstances<'_>,
    ) -> Result<Proven, Unproven> {
        match &self.proof {
            Proof::Secret { secret, basic } => {
                let secrets = client.map_or(&[][..], |client| client.secrets);
                let right = compare(secret, secrets, circumstances.now);
                let client = client.ok_or(Unproven::UnknownClient)?;
                let allowed = if *basic {
                    client.methods.client_secret_basic
                } else {
                    client.methods.client_secret_post
                };
                match right {
                    Some(place) if allowed => Ok(Proven::Secret(place)),
                    Some(_) => Err(Unproven::Method),
                    None => Err(Unproven::Secret),
                }
            }
            Proof::Assertion(assertion) => {
                let client = client.ok_or(Unproven::UnknownClient)?;
                verify(assertion, &client, circumstances)
            }
            Proof::Certificate(certificate) => {
                let client = client.ok_or(Unproven::UnknownClient)?;
                recognise(certificate, client.methods)
            }
        }
    }
}

/// The place of the secret that is right and live.
fn compare(presented: &ClientSecret, secrets: &[KnownSecret], now: Duration) -> Option<usize> {
    let presented = Digest::of(presented.secret());
    let mut right = None;
    for (place, secret) in secrets.iter().enumerate() {
        let live = secret.expires.is_none_or(|expires| now < expires);
        if presented.matches(&secret.digest) && live {
            right = Some(place);
        }
    }
    let never = Digest::of("");
    for _ in secrets.len()..COMPARED {
        black_box(presented.matches(&never));
    }
    right
}

/// RFC 8705 sections 2.1 and 2.2. That the client has the private key, the handshake has shown.
fn recognise(certificate: &ClientCertificate, methods: &Methods) -> Result<Proven, Unproven> {
    let own = methods.self_signed_tls_client_auth.as_ref();
    if own.is_some_and(|own| own.thumbprints.contains(&certificate.thumbprint)) {
        return Ok(Proven::Certificate(certificate.thumbprint));
    }
    let Some(registered) = &methods.tls_client_auth else {
        return Err(own.map_or(Unproven::Method, |_| Unproven::Certificate));
    };
    match certificate.chain {
        Chain::Trusted => {}
        Chain::OutOfTime => return Err(Unproven::CertificateExpired),
        Chain::Unknown => return Err(Unproven::Untrusted),
    }
    let meant = certificate
        .names
        .iter()
        .any(|name| registered.matches(name));
    meant
        .then_some(Proven::Certificate(certificate.thumbprint))
        .ok_or(Unproven::Certificate)
}

/// RFC 7523 section 3, in the order of what is cheap.
fn verify(
    assertion: &Assertion,
    client: &KnownClient<'_>,
    circumstances: &Circumstances<'_>,
) -> Result<Proven, Unproven> {
    let rules = Rules::of(assertion, client)?;
    let claims = &assertion.claims;
    let audiences = match &rules {
        Rules::Own(_) => circumstances.audiences,
        Rules::Federated(_, known) => &known.audiences,
    };
    if !claims.aud.iter().any(|named| audiences.contains(named)) {
        return Err(Unproven::Audience);
    }
    let now = i64::try_from(circumstances.now.as_secs()).unwrap_or(i64::MAX);
    if claims.exp <= now {
        return Err(Unproven::Expired);
    }
    if claims.exp.saturating_sub(now) > rules.maximum_ahead() {
        return Err(Unproven::TooLong);
    }
    let latest = now.saturating_add(SKEW);
    let begins = claims.nbf.into_iter().chain(claims.iat).max();
    if begins.is_some_and(|begins| begins > latest) {
        return Err(Unproven::Early);
    }
    let algorithm: SigningAlgorithm = assertion
        .header
        .alg
        .parse()
        .map_err(|_| Unproven::Algorithm)?;
    if !rules.algorithms().contains(&algorithm) {
        return Err(Unproven::Algorithm);
    }
    let registered = match &rules {
        Rules::Own(own) => own.jwks.as_ref(),
        Rules::Federated(..) => None,
    };
    let keys = registered
        .or(circumstances.fetched)
        .ok_or(Unproven::NoKey)?;
    let thumbprint = signer(assertion, keys, algorithm)?.thumbprint();
    match rules {
        Rules::Own(_) => Ok(Proven::Key {
            thumbprint,
            single_use: single_use(assertion)?,
        }),
        Rules::Federated(place, _) => Ok(Proven::Federated { place, thumbprint }),
    }
}

fn signer<'a>(
    assertion: &Assertion,
    keys: &'a PublicKeys,
    algorithm: SigningAlgorithm,
) -> Result<&'a PublicKey, Unproven> {
    let mut candidates = keys.candidates(assertion.key_id()).peekable();
    if candidates.peek().is_none() {
        return Err(Unproven::NoKey);
    }
    candidates
        .find(|key| key.verifies(algorithm, &assertion.signed, &assertion.signature))
        .ok_or(Unproven::Signature)
}

fn single_use(assertion: &Assertion) -> Result<SingleUse, Unproven> {
    let claims = &assertion.claims;
    let jti = claims.jti.as_deref().unwrap_or_default();
    if jti.is_empty() || jti.chars().count() > 256 {
        return Err(Unproven::Jti);
    }
    let mut hash = Sha256::new();
    // Lengths keep the two apart, in as many bytes on whatever machine.
    for part in [claims.iss.as_str(), jti] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Ok(SingleUse {
        digest: hash.finalize().into(),
        expires: claims.exp,
    })
}

#[cfg(test)]
mod tests;
