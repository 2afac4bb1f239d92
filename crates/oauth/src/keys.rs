//! Public keys of clients and issuers (RFC 7517), and the algorithms they may sign with.

mod curve;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Keys of a set that are looked at; real ones have a handful.
const MAX_KEYS: usize = 64;

/// Members of a key that only its owner may know (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// An asymmetric signature algorithm (RFC 7518 section 3.1, RFC 8037). There is no symmetric one
/// and no `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SigningAlgorithm {
    /// RSA, PKCS #1 1.5, SHA-256.
    RS256,
    /// RSA, PKCS #1 1.5, SHA-384.
    RS384,
    /// RSA, PKCS #1 1.5, SHA-512.
    RS512,
    /// RSA, PSS, SHA-256.
    PS256,
    /// RSA, PSS, SHA-384.
    PS384,
    /// RSA, PSS, SHA-512.
    PS512,
    /// ECDSA with P-256, SHA-256.
    ES256,
    /// ECDSA with P-384, SHA-384.
    ES384,
    /// With Ed25519.
    EdDSA,
}

impl SigningAlgorithm {
    /// What is allowed where nothing is said.
    pub const DEFAULT: [Self; 5] = [
        Self::RS256,
        Self::PS256,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];
    /// Every one that can be verified.
    pub const ALL: [Self; 9] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::EdDSA,
    ];

    /// The registered name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::EdDSA => "EdDSA",
        }
    }

    const fn verifier(self) -> Algorithm {
        match self {
            Self::RS256 => Algorithm::RS256,
            Self::RS384 => Algorithm::RS384,
            Self::RS512 => Algorithm::RS512,
            Self::PS256 => Algorithm::PS256,
            Self::PS384 => Algorithm::PS384,
            Self::PS512 => Algorithm::PS512,
            Self::ES256 => Algorithm::ES256,
            Self::ES384 => Algorithm::ES384,
            Self::EdDSA => Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for SigningAlgorithm {
    type Err = UnusableKeys;

    fn from_str(text: &str) -> Result<Self, UnusableKeys> {
        let found = Self::ALL.into_iter().find(|known| known.name() == text);
        found.ok_or_else(|| UnusableKeys::Algorithm(text.chars().take(20).collect()))
    }
}

/// Why keys cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableKeys {
    /// It is something else.
    #[error("a JWK set is a JSON object with an array `keys` (RFC 7517 section 5)")]
    NoSet,
    /// More keys than anybody needs.
    #[error("a JWK set may have at most {MAX_KEYS} keys")]
    TooMany,
    /// The place, from 0, of a key of another kind, or too weak.
    #[error(
        "key {0} is no public RSA, P-256, P-384 or Ed25519 signature key of at least 2048 bits for RSA"
    )]
    Key(usize),
    /// The place, from 0, of a key that is no longer secret.
    #[error("key {0} contains private members; register the public key alone")]
    Private(usize),
    /// Nothing could be verified with it.
    #[error("the set has no key for signatures")]
    None,
    /// The name of an algorithm that is not there.
    #[error("`{0}` is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA")]
    Algorithm(String),
}

/// A set of public signature keys (RFC 7517 section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct PublicKeys(Vec<PublicKey>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// As registered.
    jwk: Jwk,
}

impl PublicKeys {
    /// A set that somebody registers: every key must be usable and free of private members, so that
    /// a mistake shows at once. Points have to lie on their curves and exponents have to be some, which takes
    /// longer to see than the rest.
    pub fn register(set: &Value) -> Result<Self, UnusableKeys> {
        let keys = Self::registered(set)?;
        keys.check()?;
        Ok(keys)
    }

    /// A set that was registered before, as it is stored: points are not looked at again. What is
    /// deserialised is read so, and owes [`Methods::check`](crate::Methods::check) where it is new.
    pub fn registered(set: &Value) -> Result<Self, UnusableKeys> {
        let keys = members(set)?;
        let mut registered = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            if PRIVATE.iter().any(|name| key.get(name).is_some()) {
                return Err(UnusableKeys::Private(place));
            }
            registered.push(PublicKey::read(key).ok_or(UnusableKeys::Key(place))?);
        }
        if registered.is_empty() {
            return Err(UnusableKeys::None);
        }
        Ok(Self(registered))
    }

    /// A set that was fetched: RFC 7517 section 5, "Implementations SHOULD ignore JWKs within a JWK
    /// Set that use "kty" values that are not understood by them".
    pub fn fetched(set: &Value) -> Result<Self, UnusableKeys> {
        let keys = members(set)?.iter().filter_map(PublicKey::read);
        // Points take longer to look at than a signature that they do not verify.
        let is_rsa = |key: &PublicKey| matches!(key.jwk.algorithm, AlgorithmParameters::RSA(_));
        let keys = keys.filter(|key| !is_rsa(key) || key.is_sound());
        let keys: Vec<PublicKey> = keys.collect();
        if keys.is_empty() {
            return Err(UnusableKeys::None);
        }
        Ok(Self(keys))
    }

    /// Those to try for a token that names a key, or none.
    pub(crate) fn candidates(&self, kid: Option<&str>) -> impl Iterator<Item = &PublicKey> {
        self.0.iter().filter(move |key| match (kid, key.id()) {
            (Some(wanted), Some(id)) => wanted == id,
            // A key without a name, or a token that names none: the signature decides.
            _ => true,
        })
    }

    /// Whether there is a key that a token naming `kid` may be signed with.
    pub fn knows(&self, kid: Option<&str>) -> bool {
        self.candidates(kid).next().is_some()
    }

    /// Whether every key can verify anything. Looked at when somebody registers them: it takes longer than
    /// reading them.
    pub(crate) fn check(&self) -> Result<(), UnusableKeys> {
        let unsound = self.0.iter().position(|key| !key.is_sound());
        unsound.map_or(Ok(()), |place| Err(UnusableKeys::Key(place)))
    }

    /// Whether one of the keys can verify what was signed by one of these.
    pub(crate) fn fit(&self, algorithms: &[SigningAlgorithm]) -> bool {
        let mut fits = self.0.iter().flat_map(PublicKey::fits);
        fits.any(|fit| algorithms.contains(&fit))
    }

    /// The keys, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter()
    }
}

fn members(set: &Value) -> Result<&Vec<Value>, UnusableKeys> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or(UnusableKeys::NoSet)?;
    if keys.len() > MAX_KEYS {
        return Err(UnusableKeys::TooMany);
    }
    Ok(keys)
}

impl TryFrom<Value> for PublicKeys {
    type Error = UnusableKeys;

    fn try_from(set: Value) -> Result<Self, UnusableKeys> {
        Self::registered(&set)
    }
}

impl From<PublicKeys> for Value {
    fn from(keys: PublicKeys) -> Self {
        let keys: Vec<Value> = keys.0.iter().map(PublicKey::to_json).collect();
        Self::Object(Map::from_iter([("keys".to_owned(), keys.into())]))
    }
}

impl PublicKey {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        let for_signatures = matches!(
            jwk.common.public_key_use,
            None | Some(PublicKeyUse::Signature)
        );
        let key = Self { jwk };
        (for_signatures && key.fits().next().is_some() && key.strong()).then_some(key)
    }

    /// RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used".
    fn strong(&self) -> bool {
        match &self.jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => URL_SAFE_NO_PAD
                .decode(&rsa.n)
                .is_ok_and(|modulus| is_of_size(significant(&modulus))),
            _ => DecodingKey::from_jwk(&self.jwk).is_ok(),
        }
    }

    /// Whether anything can be verified with it: a point lies on its curve, an exponent is one.
    fn is_sound(&self) -> bool {
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        match &self.jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => number(&rsa.n)
                .zip(number(&rsa.e))
                .is_some_and(|(modulus, exponent)| is_strong_rsa(&modulus, &exponent)),
            AlgorithmParameters::EllipticCurve(ec) => number(&ec.x)
                .zip(number(&ec.y))
                .is_some_and(|(x, y)| curve::holds(&ec.curve, &x, &y)),
            AlgorithmParameters::OctetKeyPair(okp) => {
                number(&okp.x).is_some_and(|point| curve::is_ed25519(&point))
            }
            AlgorithmParameters::OctetKey(_) => false,
        }
    }

    fn to_json(&self) -> Value {
        serde_json::to_value(&self.jwk).expect("a key was read from JSON, so it can be written")
    }

    /// Its `kid`.
    pub fn id(&self) -> Option<&str> {
        self.jwk.common.key_id.as_deref()
    }

    /// Algorithms that can be verified with it: those of its type, or the one it is bound to.
    pub fn fits(&self) -> impl Iterator<Item = SigningAlgorithm> {
        use SigningAlgorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let by_type: &[SigningAlgorithm] = match &self.jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
            AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
                EllipticCurve::P256 => &[ES256],
                EllipticCurve::P384 => &[ES384],
                EllipticCurve::P521 | EllipticCurve::Ed25519 => &[],
            },
            AlgorithmParameters::OctetKeyPair(okp) => match okp.curve {
                EllipticCurve::Ed25519 => &[EdDSA],
                EllipticCurve::P256 | EllipticCurve::P384 | EllipticCurve::P521 => &[],
            },
            AlgorithmParameters::OctetKey(_) => &[],
        };
        let bound = self.jwk.common.key_algorithm.map(|bound| bound.to_string());
        by_type
            .iter()
            .copied()
            .filter(move |fit| bound.as_deref().is_none_or(|bound| bound == fit.name()))
    }

    /// Its thumbprint (RFC 7638): the same for the same key, however it is written.
    pub fn thumbprint(&self) -> [u8; 32] {
        let json = self.to_json();
        let at = |name: &str| json.get(name).cloned().unwrap_or_default();
        // The required members in lexicographic order, without spaces (RFC 7638 section 3).
        let members: &[&str] = match &self.jwk.algorithm {
            AlgorithmParameters::RSA(_) => &["e", "kty", "n"],
            AlgorithmParameters::EllipticCurve(_) => &["crv", "kty", "x", "y"],
            AlgorithmParameters::OctetKeyPair(_) => &["crv", "kty", "x"],
            AlgorithmParameters::OctetKey(_) => &["k", "kty"],
        };
        let text: Vec<String> = members
            .iter()
            .map(|name| format!("{:?}:{}", name, at(name)))
            .collect();
        Sha256::digest(format!("{{{}}}", text.join(","))).into()
    }

    /// Whether `signature`, base64url, is this key's over `message`.
    pub(crate) fn verifies(
        &self,
        algorithm: SigningAlgorithm,
        message: &str,
        signature: &str,
    ) -> bool {
        // The verifier trusts its caller that key and algorithm belong together.
        self.fits().any(|fit| fit == algorithm)
            && DecodingKey::from_jwk(&self.jwk)
                .and_then(|key| {
                    let message = message.as_bytes();
                    jsonwebtoken::crypto::verify(signature, message, &key, algorithm.verifier())
                })
                .unwrap_or(false)
    }
}

/// A modulus of 2048 to 8192 bits, an odd exponent from 3 on that is no larger than verifiers take.
fn is_strong_rsa(modulus: &[u8], exponent: &[u8]) -> bool {
    let (modulus, exponent) = (significant(modulus), significant(exponent));
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    is_of_size(modulus) && odd(modulus) && odd(exponent) && exponent != [1] && exponent.len() <= 4
}

fn is_of_size(modulus: &[u8]) -> bool {
    (256..=1024).contains(&modulus.len())
}

/// Without zeros before it.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
