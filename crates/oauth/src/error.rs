//! Refusals of the token endpoint (RFC 6749 section 5.2).

use std::fmt;

use oauth2::StandardErrorResponse;
use oauth2::basic::BasicErrorResponseType;

use crate::Unproven;

/// The realm of the `Basic` challenge.
const REALM: &str = "token endpoint";

/// Why a token request is refused: everything the answer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenError {
    /// What went wrong.
    pub kind: TokenErrorKind,
    /// For the client's developer, who reads it in a log. Characters that RFC 6749 section 5.2
    /// does not allow are replaced when the body is made.
    pub description: String,
    /// Whole seconds after which to try again, for the `Retry-After` header.
    pub retry_after: Option<u32>,
    /// Why the proof of the client does not hold, if that is what went wrong: for the server's own
    /// records. The answer does not tell.
    pub unproven: Option<Unproven>,
}

/// The refusals there are, each with its status and its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// 400 `invalid_request`: malformed, repeated or missing parameters, or two credentials.
    InvalidRequest,
    /// 401 `invalid_client`: no client authentication, or one that failed.
    InvalidClient {
        /// Whether the answer carries a `Basic` challenge: the client used the `Authorization`
        /// header, or no credential at all.
        basic: bool,
    },
    /// 400 `unauthorized_client`: authenticated, but not from this address or referrer.
    UnauthorizedClient,
    /// 400 `unsupported_grant_type`: anything but `client_credentials`.
    UnsupportedGrantType,
    /// 400 `invalid_scope`: unknown, or more than the client is allowed.
    InvalidScope,
    /// 503 `temporarily_unavailable`: paused, full, or without its database.
    TemporarilyUnavailable,
    /// 429 `temporarily_unavailable`: too many requests.
    TooManyRequests,
    /// The request did not arrive in time: 408, in words of RFC 6749 `invalid_request`.
    TooSlow,
    /// 500 `server_error`: the server's own fault.
    ServerError,
}

impl TokenError {
    /// A refusal without `Retry-After`.
    pub fn new(kind: TokenErrorKind, description: impl Into<String>) -> Self {
        Self {
            kind,
            description: description.into(),
            retry_after: None,
            unproven: None,
        }
    }

    /// The one answer to an unknown client, a wrong secret, a disabled or expired provider: by
    /// always being the same it does not tell them apart. `basic` is
    /// [`ClientAuthentication::used_basic`](crate::ClientAuthentication::used_basic).
    pub fn invalid_client(basic: bool) -> Self {
        Self::new(
            TokenErrorKind::InvalidClient { basic },
            "client authentication failed",
        )
    }

    pub(crate) fn invalid_request(description: &'static str) -> Self {
        Self::new(TokenErrorKind::InvalidRequest, description)
    }

    /// The same refusal with `Retry-After: seconds`.
    #[must_use]
    pub fn with_retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// The same refusal, with what the server keeps to itself.
    #[must_use]
    pub fn because(self, unproven: Unproven) -> Self {
        Self {
            unproven: Some(unproven),
            ..self
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self.kind {
            TokenErrorKind::InvalidRequest
            | TokenErrorKind::UnauthorizedClient
            | TokenErrorKind::UnsupportedGrantType
            | TokenErrorKind::InvalidScope => 400,
            TokenErrorKind::InvalidClient { .. } => 401,
            TokenErrorKind::TooSlow => 408,
            TokenErrorKind::TooManyRequests => 429,
            TokenErrorKind::ServerError => 500,
            TokenErrorKind::TemporarilyUnavailable => 503,
        }
    }

    /// The member `error` of the body. RFC 6749 section 5.2 has no code for an overloaded or
    /// broken server; those of its section 4.1.2.1 are used.
    pub const fn code(&self) -> &'static str {
        match self.kind {
            TokenErrorKind::InvalidRequest | TokenErrorKind::TooSlow => "invalid_request",
            TokenErrorKind::InvalidClient { .. } => "invalid_client",
            TokenErrorKind::UnauthorizedClient => "unauthorized_client",
            TokenErrorKind::UnsupportedGrantType => "unsupported_grant_type",
            TokenErrorKind::InvalidScope => "invalid_scope",
            TokenErrorKind::TemporarilyUnavailable | TokenErrorKind::TooManyRequests => {
                "temporarily_unavailable"
            }
            TokenErrorKind::ServerError => "server_error",
        }
    }

    /// The `WWW-Authenticate` header. RFC 6749 section 5.2: after a failed attempt "via the
    /// `Authorization` request header field, the authorization server MUST [...] include the
    /// `WWW-Authenticate` response header field matching the authentication scheme".
    pub fn www_authenticate(&self) -> Option<String> {
        let wanted = self.kind == TokenErrorKind::InvalidClient { basic: true };
        wanted.then(|| format!("Basic realm=\"{REALM}\", charset=\"UTF-8\""))
    }

    /// The JSON body: `error` and `error_description`.
    pub fn body(&self) -> serde_json::Value {
        let code = BasicErrorResponseType::Extension(self.code().to_owned());
        let description = self.description.chars().map(allowed).collect();
        let response = StandardErrorResponse::new(code, Some(description), None);
        serde_json::to_value(response).expect("two strings make a JSON object")
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.description)
    }
}

impl std::error::Error for TokenError {}

/// RFC 6749 section 5.2: "Values for the `error_description` parameter MUST NOT include
/// characters outside the set %x20-21 / %x23-5B / %x5D-7E."
const fn allowed(c: char) -> char {
    match c {
        ' '..='!' | '#'..='[' | ']'..='~' => c,
        '"' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::TokenErrorKind::*;
    use super::*;

    #[test]
    fn each_kind_has_its_status_and_code() {
        for (kind, status, code) in [
            (InvalidRequest, 400, "invalid_request"),
            (InvalidClient { basic: false }, 401, "invalid_client"),
            (InvalidClient { basic: true }, 401, "invalid_client"),
            (UnauthorizedClient, 400, "unauthorized_client"),
            (UnsupportedGrantType, 400, "unsupported_grant_type"),
            (InvalidScope, 400, "invalid_scope"),
            (TemporarilyUnavailable, 503, "temporarily_unavailable"),
            (TooSlow, 408, "invalid_request"),
            (TooManyRequests, 429, "temporarily_unavailable"),
            (ServerError, 500, "server_error"),
        ] {
            let error = TokenError::new(kind, "why");
            assert_eq!((error.status(), error.code()), (status, code));
            let body = serde_json::json!({"error": code, "error_description": "why"});
            assert_eq!(error.body(), body);
        }
    }

    #[test]
    fn only_a_basic_attempt_is_challenged() {
        let challenge = "Basic realm=\"token endpoint\", charset=\"UTF-8\"";
        let basic = TokenError::invalid_client(true);
        assert_eq!(basic.www_authenticate().as_deref(), Some(challenge));
        assert_eq!(TokenError::invalid_client(false).www_authenticate(), None);
        assert_eq!(TokenError::new(ServerError, "").www_authenticate(), None);
    }

    #[test]
    fn the_description_keeps_to_its_characters() {
        let all: String = (0..0x250).filter_map(char::from_u32).collect();
        let body = TokenError::new(InvalidRequest, all).body();
        let text = body["error_description"].as_str().unwrap();
        assert!(
            text.bytes()
                .all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
        );
        let body = TokenError::new(InvalidRequest, "a \"b\" \\ c\r\n\u{e9}").body();
        assert_eq!(body["error_description"], "a 'b' ? c???");
    }

    #[test]
    fn retry_after_is_kept() {
        let error = TokenError::new(TooManyRequests, "slower").with_retry_after(7);
        assert_eq!(error.retry_after, Some(7));
        assert_eq!(error.to_string(), "temporarily_unavailable: slower");
    }
}
