//! Client authentication (RFC 6749 section 2.3): how a client shows who it is, and whether that
//! is so.

mod check;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2::{ClientId, ClientSecret};

use crate::assertion::{self, Assertion};
use crate::certificate::ClientCertificate;
use crate::request::MAX_BYTES;
use crate::request::Received;
use crate::request::form::{self, Form};
use crate::{TokenError, TokenErrorKind, authorization};

pub use check::{Circumstances, KnownClient, KnownSecret, Proven, SingleUse, Unproven};

const NO_AUTHENTICATION: &str = "no client authentication";

/// Who a client says it is and what it shows for it. Not yet checked.
#[derive(Clone, Debug)]
pub struct ClientAuthentication {
    /// Non-empty printable ASCII (RFC 6749 appendix A.1), as every registered one is. This keeps
    /// U+0000, which a database may refuse, from being looked up. A client that presents an
    /// assertion need not name itself; this is then whom the assertion speaks of.
    pub client_id: ClientId,
    /// What it shows for it.
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
    /// A signed JWT (RFC 7523 section 2.2), the client's own or somebody's whose word is taken.
    Assertion(Box<Assertion>),
    /// A certificate (RFC 8705 section 2).
    Certificate(Box<ClientCertificate>),
}

impl ClientAuthentication {
    /// From the `Authorization` lines, the form body and the TLS handshake. RFC 6749 section 2.3: "The
    /// client MUST NOT use more than one authentication method in each request." A certificate is one
    /// only where nothing else is shown: handshakes may ask for it on a connection's whole behalf.
    pub(crate) fn parse(received: &Received<'_>, form: &Form) -> Result<Self, TokenError> {
        let authorization = received.authorization;
        let assertion = form.get("client_assertion");
        let ways = [
            !authorization.is_empty(),
            form.get("client_secret").is_some(),
            assertion.is_some(),
        ];
        if ways.into_iter().filter(|used| *used).count() > 1 {
            return Err(TokenError::invalid_request(
                "more than one client authentication",
            ));
        }
        match (authorization, assertion) {
            ([], None) => by_form(form, received.certificate),
            ([], Some(assertion)) => by_assertion(assertion, form),
            ([header], _) => by_basic(header, form),
            _ => Err(refused(true, "more than one Authorization header")),
        }
    }

    fn by_secret(id: String, secret: String, basic: bool) -> Option<Self> {
        (printable(&id) && printable(&secret)).then(|| Self {
            client_id: ClientId::new(id),
            proof: Proof::Secret {
                secret: ClientSecret::new(secret),
                basic,
            },
        })
    }

    /// Whether the `Authorization` header was used, which a refusal then has to challenge (RFC
    /// 6749 section 5.2).
    pub fn used_basic(&self) -> bool {
        matches!(self.proof, Proof::Secret { basic: true, .. })
    }

    /// The one answer to a proof that does not hold, whatever is wrong with it.
    pub fn refused(&self) -> TokenError {
        TokenError::invalid_client(self.used_basic())
    }
}

fn printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// HTTP Basic with the form-encoding of RFC 6749 section 2.3.1. The body may repeat the client
/// id, but carry no credential.
fn by_basic(header: &[u8], form: &Form) -> Result<ClientAuthentication, TokenError> {
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
    ClientAuthentication::by_secret(id, secret, true).ok_or_else(malformed)
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
/// section 5.2, `invalid_client`: "no client authentication included"), but with a certificate (RFC
/// 8705 section 2: the id "MUST" then be there); a secret alone lacks a parameter.
fn by_form(
    form: &Form,
    certificate: Option<&ClientCertificate>,
) -> Result<ClientAuthentication, TokenError> {
    let (id, secret) = match (form.get("client_id"), form.get("client_secret")) {
        (Some(id), Some(secret)) => (id, secret),
        (Some(id), None) if printable(id) => {
            let certificate = certificate.ok_or_else(|| refused(true, NO_AUTHENTICATION))?;
            return Ok(ClientAuthentication {
                client_id: ClientId::new(id.to_owned()),
                proof: Proof::Certificate(Box::new(certificate.clone())),
            });
        }
        (None, Some(_)) => return Err(TokenError::invalid_request("client_id is missing")),
        (_, None) => return Err(refused(true, NO_AUTHENTICATION)),
    };
    ClientAuthentication::by_secret(id.to_owned(), secret.to_owned(), false)
        .ok_or_else(|| TokenError::invalid_client(false))
}

/// `client_assertion` with its type (RFC 7521 section 4.2). "The `client_id` is unnecessary for
/// client assertion authentication because the client is identified by the subject within the
/// assertion."
fn by_assertion(text: &str, form: &Form) -> Result<ClientAuthentication, TokenError> {
    match form.get("client_assertion_type") {
        Some(assertion::TYPE) => {}
        Some(_) => {
            return Err(TokenError::invalid_request(
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ));
        }
        None => {
            return Err(TokenError::invalid_request(
                "client_assertion_type is missing",
            ));
        }
    }
    let assertion =
        Assertion::parse(text).ok_or_else(|| refused(false, "the client assertion is no JWT"))?;
    let id = form.get("client_id").unwrap_or(assertion.subject());
    if !printable(id) {
        return Err(TokenError::invalid_client(false));
    }
    Ok(ClientAuthentication {
        client_id: ClientId::new(id.to_owned()),
        proof: Proof::Assertion(Box::new(assertion)),
    })
}

fn refused(basic: bool, description: &'static str) -> TokenError {
    TokenError::new(TokenErrorKind::InvalidClient { basic }, description)
}
