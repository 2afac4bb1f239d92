//! The token request (RFC 6749 section 4.4.2), read without a look at who sends it.

mod form;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2::{ClientId, ClientSecret};

use crate::{Scopes, TokenError, TokenErrorKind, authorization};
use form::Form;

/// Bytes of body, query or `Authorization` header that are looked at: far above any real one.
pub const MAX_BYTES: usize = 16 * 1024;

/// Parameters that are refused in the query, where proxies and histories keep them. `grant_type`
/// alone may stand there; what this server does not know is ignored (RFC 6749 section 3.2).
const NOT_IN_QUERY: [&str; 14] = [
    "access_token",
    "assertion",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "password",
    "refresh_token",
    "scope",
    "token",
    "ttl",
    "username",
];

/// A well-formed request for a token by client credentials.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Who claims to ask: not yet checked.
    pub credentials: ClientCredentials,
    /// The life asked for, in minutes, at least 1; its seconds fit an `i64`.
    pub ttl_minutes: Option<u64>,
    /// The scopes asked for, at least one.
    pub scope: Option<Scopes>,
    /// Whether the credentials came by HTTP Basic, which a refusal then has to name.
    pub used_basic: bool,
}

/// A client id and secret as presented, both non-empty and of printable ASCII (RFC 6749 appendix
/// A.1 and A.2).
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The client id.
    pub client_id: ClientId,
    /// The secret, redacted in `Debug`. It may be of any form: compare
    /// [`Digest::of`](crate::Digest::of) it, so that an ill-formed one takes the same path.
    pub client_secret: ClientSecret,
}

impl TokenRequest {
    /// Reads a `POST` request. `authorization` is the first `Authorization` field value and
    /// `authorization_count` how many there are; `query` is the raw query without `?`.
    ///
    /// Checked in this order: size, content type and encoding, credentials in the query, grant
    /// type, client credentials, `ttl`, `scope`.
    pub fn parse(
        content_type: Option<&str>,
        authorization: Option<&[u8]>,
        authorization_count: usize,
        query: &str,
        body: &[u8],
    ) -> Result<Self, TokenError> {
        if body.len() > MAX_BYTES || query.len() > MAX_BYTES {
            return Err(TokenError::invalid_request("the request is too large"));
        }
        if !content_type.is_some_and(is_form) {
            let description = "the content type must be application/x-www-form-urlencoded";
            return Err(TokenError::invalid_request(description));
        }
        let form = Form::parse(body)?;
        let query = Form::parse(query.as_bytes())?;
        check_query(&query)?;
        check_grant_type(&form, &query)?;
        if authorization_count > 1 {
            return Err(invalid_client(true, "more than one Authorization header"));
        }
        let credentials = match authorization {
            Some(header) => by_basic(header, &form)?,
            None => by_form(&form)?,
        };
        Ok(Self {
            credentials,
            ttl_minutes: form.get("ttl").map(ttl_minutes).transpose()?,
            scope: form.get("scope").map(scope).transpose()?,
            used_basic: authorization.is_some(),
        })
    }
}

/// The media type in any case, with or without parameters: it has none, but `charset` is often
/// sent.
fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type
        .trim()
        .eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// RFC 6749 section 2.3.1: credentials "MUST NOT be included in the request URI".
fn check_query(query: &Form) -> Result<(), TokenError> {
    let refused = |name: &str| {
        NOT_IN_QUERY
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    };
    if query.names().any(refused) {
        return Err(TokenError::invalid_request(
            "only grant_type may stand in the query",
        ));
    }
    Ok(())
}

fn check_grant_type(form: &Form, query: &Form) -> Result<(), TokenError> {
    match (form.get("grant_type"), query.get("grant_type")) {
        (Some("client_credentials"), None) | (None, Some("client_credentials")) => Ok(()),
        (Some(_), Some(_)) => Err(TokenError::invalid_request("grant_type is repeated")),
        (None, None) => Err(TokenError::invalid_request("grant_type is missing")),
        _ => Err(TokenError::new(
            TokenErrorKind::UnsupportedGrantType,
            "the grant type must be client_credentials",
        )),
    }
}

/// HTTP Basic with the form-encoding of RFC 6749 section 2.3.1. The body may repeat the client
/// id, but carry no credential: section 2.3, "The client MUST NOT use more than one
/// authentication method in each request."
fn by_basic(header: &[u8], form: &Form) -> Result<ClientCredentials, TokenError> {
    if form.get("client_secret").is_some() || form.get("client_assertion").is_some() {
        return Err(TokenError::invalid_request(
            "more than one client authentication",
        ));
    }
    let malformed = || {
        invalid_client(
            true,
            "the Authorization header is not a Basic client id and secret",
        )
    };
    let (id, secret) = decode_basic(header).ok_or_else(malformed)?;
    if form.get("client_id").is_some_and(|other| other != id) {
        return Err(TokenError::invalid_request("two different client ids"));
    }
    ClientCredentials::new(id, secret).ok_or_else(malformed)
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
fn by_form(form: &Form) -> Result<ClientCredentials, TokenError> {
    let (id, secret) = match (form.get("client_id"), form.get("client_secret")) {
        (Some(id), Some(secret)) => (id, secret),
        (None, Some(_)) => return Err(TokenError::invalid_request("client_id is missing")),
        (_, None) => return Err(invalid_client(true, "no client authentication")),
    };
    if form.get("client_assertion").is_some() {
        return Err(TokenError::invalid_request(
            "more than one client authentication",
        ));
    }
    ClientCredentials::new(id.to_owned(), secret.to_owned())
        .ok_or_else(|| TokenError::invalid_client(false))
}

impl ClientCredentials {
    /// `None` unless both are printable ASCII, as every registered one is. This keeps U+0000,
    /// which a database may refuse, from being looked up.
    fn new(id: String, secret: String) -> Option<Self> {
        let good = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, b' '..=b'~'));
        (good(&id) && good(&secret)).then(|| Self {
            client_id: ClientId::new(id),
            client_secret: ClientSecret::new(secret),
        })
    }
}

/// A decimal number of minutes, at least 1 and small enough for its seconds to be a timestamp.
/// `u64::from_str` alone would take a leading `+`.
fn ttl_minutes(text: &str) -> Result<u64, TokenError> {
    Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<u64>().ok())
        .filter(|&minutes| minutes > 0)
        .filter(|minutes| {
            minutes
                .checked_mul(60)
                .is_some_and(|s| i64::try_from(s).is_ok())
        })
        .ok_or_else(|| TokenError::invalid_request("ttl must be a whole number of minutes above 0"))
}

fn scope(text: &str) -> Result<Scopes, TokenError> {
    Scopes::parse(text)
        .ok()
        .filter(|scopes| !scopes.is_empty())
        .ok_or_else(|| {
            let description = "the scopes are scim, scim:read and scim:write";
            TokenError::new(TokenErrorKind::InvalidScope, description)
        })
}

fn invalid_client(basic: bool, description: &'static str) -> TokenError {
    TokenError::new(TokenErrorKind::InvalidClient { basic }, description)
}

#[cfg(test)]
mod tests;
