//! What arrives at the endpoints (RFC 6749 section 4.4.2, RFC 7009 section 2.1, RFC 7662 section
//! 2.1), read without a look at who sends it.

pub(crate) mod form;

use std::fmt;
use std::time::Duration;

use crate::certificate::ClientCertificate;
use crate::client::ClientAuthentication;
use crate::{Scopes, TokenError, TokenErrorKind};
use form::Form;

/// Bytes of body, query or `Authorization` header that are looked at: far above any real one.
pub const MAX_BYTES: usize = 16 * 1024;

/// Parameters that are refused in the query, where proxies and histories keep them. `grant_type`
/// alone may stand there; what this server does not know is ignored (RFC 6749 section 3.2).
const NOT_IN_QUERY: [&str; 15] = [
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
    "token_type_hint",
    "ttl",
    "username",
];

/// A `POST` request as it arrived, undigested.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The `Content-Type` field value.
    pub content_type: Option<&'a str>,
    /// The values of all `Authorization` lines.
    pub authorization: &'a [&'a [u8]],
    /// The raw query, without `?`.
    pub query: &'a str,
    /// As it was sent, within the server's limit.
    pub body: &'a [u8],
    /// What the client presented in the TLS handshake, if TLS ends here.
    pub certificate: Option<&'a ClientCertificate>,
}

/// A well-formed request for a token by client credentials.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Who claims to ask: not yet checked.
    pub client: ClientAuthentication,
    /// The life asked for: whole minutes, at least 1; its seconds fit an `i64`. What cannot be read is
    /// refused once the client is authenticated.
    pub ttl: Result<Option<Duration>, TokenError>,
    /// The scopes asked for, at least one. What cannot be read is refused once the client is
    /// authenticated.
    pub scope: Result<Option<Scopes>, TokenError>,
}

/// A well-formed request about one token: to revoke it (RFC 7009 section 2.1) or to tell of it
/// (RFC 7662 section 2.1). `token_type_hint` is read past: there is one type of token, and RFC
/// 7009 section 2.1 lets a server ignore the hint.
#[derive(Clone, Debug)]
pub struct AboutToken {
    /// Who claims to ask: not yet checked.
    pub client: ClientAuthentication,
    /// Digest of the token, of whatever form it is: one that was never issued is looked up in vain.
    pub token: crate::Digest,
}

/// Credentials stand in the header, in the body and, where they must not, in the query.
impl fmt::Debug for Received<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("content_type", &self.content_type)
            .field("authorization", &self.authorization.len())
            .field("query", &self.query.len())
            .field("body", &self.body.len())
            .field("certificate", &self.certificate)
            .finish()
    }
}

impl Received<'_> {
    /// Size, content type and encoding, credentials in the query, in this order.
    fn forms(&self) -> Result<(Form, Form), TokenError> {
        if self.body.len() > MAX_BYTES || self.query.len() > MAX_BYTES {
            return Err(TokenError::invalid_request("the request is too large"));
        }
        if !self.content_type.is_some_and(is_form) {
            let description = "the content type must be application/x-www-form-urlencoded";
            return Err(TokenError::invalid_request(description));
        }
        let form = Form::parse(self.body)?;
        let query = Form::parse(self.query.as_bytes())?;
        check_query(&query)?;
        Ok((form, query))
    }
}

impl TokenRequest {
    /// Reads a request at the token endpoint.
    ///
    /// Checked in this order: size, content type and encoding, credentials in the query, grant
    /// type, client authentication. What is wrong with `ttl` and `scope` is left to whoever grants.
    pub fn parse(received: Received<'_>) -> Result<Self, TokenError> {
        let (form, query) = received.forms()?;
        check_grant_type(&form, &query)?;
        Ok(Self {
            client: ClientAuthentication::parse(&received, &form)?,
            ttl: form.get("ttl").map(ttl).transpose(),
            scope: form.get("scope").map(scope).transpose(),
        })
    }
}

impl AboutToken {
    /// Reads a request at the revocation or the introspection endpoint.
    ///
    /// Checked in this order: size, content type and encoding, credentials in the query, client
    /// authentication, `token`.
    pub fn parse(received: Received<'_>) -> Result<Self, TokenError> {
        let (form, _) = received.forms()?;
        let client = ClientAuthentication::parse(&received, &form)?;
        let token = form
            .get("token")
            .ok_or_else(|| TokenError::invalid_request("token is missing"))?;
        Ok(Self {
            client,
            token: crate::Digest::of(token),
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
            "parameters belong in the body: grant_type alone may stand in the query",
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

/// A decimal number of minutes, at least 1 and small enough for its seconds to be a timestamp.
/// `u64::from_str` alone would take a leading `+`.
fn ttl(text: &str) -> Result<Duration, TokenError> {
    Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<u64>().ok())
        .filter(|&minutes| minutes > 0)
        .and_then(|minutes| minutes.checked_mul(60))
        .filter(|&seconds| i64::try_from(seconds).is_ok())
        .map(Duration::from_secs)
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

#[cfg(test)]
mod tests;
