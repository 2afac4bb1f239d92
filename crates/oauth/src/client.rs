//! Client authentication (RFC 6749 section 2.3): how a client shows who it is, and whether that
//! is so.

use std::hint::black_box;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2::{ClientId, ClientSecret};

use crate::request::MAX_BYTES;
use crate::request::form::{self, Form};
use crate::{Digest, TokenError, TokenErrorKind, authorization};

/// Secrets compared for every request, whether there are as many or not.
const COMPARED: usize = 2;

/// Who a client says it is and what it shows for it. Not yet checked.
#[derive(Clone, Debug)]
pub struct ClientAuthentication {
    /// Non-empty printable ASCII (RFC 6749 appendix A.1), as every registered one is. This keeps
    /// U+0000, which a database may refuse, from being looked up.
    pub client_id: ClientId,
    pub proof: Proof,
}

/// What a client shows to prove that it is the one it says.
#[derive(Clone, Debug)]
pub enum Proof {
    /// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
    Secret {
        /// Printable ASCII, redacted in `Debug`. It may be of any form: an ill-formed one takes
        /// the same path.
        secret: ClientSecret,
        /// Whether it came by HTTP Basic, which a refusal then has to name.
        basic: bool,
    },
}

/// A client as the server knows it, for [`ClientAuthentication::check`].
#[derive(Clone, Copy, Debug)]
pub struct KnownClient<'a> {
    /// Its secrets, also those that have expired.
    pub secrets: &'a [KnownSecret],
}

/// A client's secret as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct KnownSecret {
    pub digest: Digest,
    /// First instant, since 1970, at which it no longer works.
    pub expires: Option<Duration>,
}

/// By what a client proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The secret at this place of [`KnownClient::secrets`].
    Secret(usize),
}

impl ClientAuthentication {
    /// From the `Authorization` lines and the form body. RFC 6749 section 2.3: "The client MUST
    /// NOT use more than one authentication method in each request."
    pub(crate) fn parse(authorization: &[&[u8]], form: &Form) -> Result<Self, TokenError> {
        match authorization {
            [] => by_form(form),
            [header] => by_basic(header, form),
            _ => Err(refused(true, "more than one Authorization header")),
        }
    }

    fn new(id: String, proof: Proof) -> Option<Self> {
        let good = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, b' '..=b'~'));
        let Proof::Secret { secret, .. } = &proof;
        (good(&id) && good(secret.secret())).then(|| Self {
            client_id: ClientId::new(id),
            proof,
        })
    }

    /// Whether the `Authorization` header was used, which a refusal then has to challenge (RFC
    /// 6749 section 5.2).
    pub fn used_basic(&self) -> bool {
        matches!(self.proof, Proof::Secret { basic: true, .. })
    }

    /// Checks the proof against the client of that id, `now` being the time since 1970. An
    /// unknown client and a wrong or expired secret are one answer, after as many comparisons.
    pub fn check(
        &self,
        known: Option<KnownClient<'_>>,
        now: Duration,
    ) -> Result<Proven, TokenError> {
        let Proof::Secret { secret, .. } = &self.proof;
        let secrets = known.map_or(&[][..], |known| known.secrets);
        compare(secret, secrets, now)
            .map(Proven::Secret)
            .ok_or_else(|| TokenError::invalid_client(self.used_basic()))
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

/// HTTP Basic with the form-encoding of RFC 6749 section 2.3.1. The body may repeat the client
/// id, but carry no credential.
fn by_basic(header: &[u8], form: &Form) -> Result<ClientAuthentication, TokenError> {
    if form.get("client_secret").is_some() || form.get("client_assertion").is_some() {
        return Err(TokenError::invalid_request(
            "more than one client authentication",
        ));
    }
    let malformed = || {
        refused(
            true,
            "the Authorization header is not a Basic client id and secret",
        )
    };
    let (id, secret) = decode_basic(header).ok_or_else(malformed)?;
    if form.get("client_id").is_some_and(|other| other != id) {
        return Err(TokenError::invalid_request("two different client ids"));
    }
    let proof = Proof::Secret {
        secret: ClientSecret::new(secret),
        basic: true,
    };
    ClientAuthentication::new(id, proof).ok_or_else(malformed)
}

/// `Basic <base64 of form-encoded id:secret>` (RFC 7617 section 2).
fn decode_basic(header: &[u8]) -> Option<(String, String)> {
    if header.len() > MAX_BYTES {
        return None;
    }
    let decoded = STANDARD
        .decode(authorization::credentials(header, "Basic")?)
        .ok()?;
    let mut halves = decoded.splitn(2, |&byte| byte == b':');
    let id = form::decode(halves.next()?)?;
    let secret = form::decode(halves.next()?)?;
    Some((id, secret))
}

/// `client_id` and `client_secret` in the body. An id alone does not authenticate (RFC 6749
/// section 5.2, `invalid_client`: "no client authentication included"); a secret alone lacks a
/// parameter.
fn by_form(form: &Form) -> Result<ClientAuthentication, TokenError> {
    let (id, secret) = match (form.get("client_id"), form.get("client_secret")) {
        (Some(id), Some(secret)) => (id, secret),
        (None, Some(_)) => return Err(TokenError::invalid_request("client_id is missing")),
        (_, None) => return Err(refused(true, "no client authentication")),
    };
    if form.get("client_assertion").is_some() {
        return Err(TokenError::invalid_request(
            "more than one client authentication",
        ));
    }
    let proof = Proof::Secret {
        secret: ClientSecret::new(secret.to_owned()),
        basic: false,
    };
    ClientAuthentication::new(id.to_owned(), proof).ok_or_else(|| TokenError::invalid_client(false))
}

fn refused(basic: bool, description: &'static str) -> TokenError {
    TokenError::new(TokenErrorKind::InvalidClient { basic }, description)
}
