//! Bearer tokens at a protected resource (RFC 6750).
//!
//! A token is taken from the `Authorization` header only; the form and query variants of RFC 6750
//! sections 2.2 and 2.3 are deliberately absent.

use std::fmt::Write as _;

use crate::{Scopes, Secret, SecretKind, authorization};

/// Reads a bearer token from a request.
#[derive(Clone, Copy, Debug)]
pub struct Bearer;

/// No token could be read. Both are 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BearerError {
    /// No `Authorization` header, or one of another scheme. RFC 6750 section 3.1: the answer
    /// "SHOULD NOT include an error code or other error information".
    #[error("no bearer token")]
    Missing,
    /// Two headers, or not a token of the wanted kind.
    #[error("malformed bearer token")]
    InvalidToken,
}

/// The error codes of RFC 6750 section 3.1 in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeError {
    /// 401: malformed, unknown, expired or revoked.
    InvalidToken,
    /// 403: a good token that allows too little.
    InsufficientScope,
}

impl Bearer {
    /// The access token (`vat_`) in `values`, the request's `Authorization` field values.
    pub fn from_header(values: &[&[u8]]) -> Result<Secret, BearerError> {
        Self::of_kind(SecretKind::AccessToken, values)
    }

    /// The token of `kind` in `values`: one header, the scheme in any case, one space, the token.
    pub fn of_kind(kind: SecretKind, values: &[&[u8]]) -> Result<Secret, BearerError> {
        let value = match values {
            [] => return Err(BearerError::Missing),
            [value] => value,
            _ => return Err(BearerError::InvalidToken),
        };
        let token = authorization::credentials(value, "Bearer").ok_or(BearerError::Missing)?;
        str::from_utf8(token)
            .ok()
            .and_then(|token| Secret::parse(kind, token))
            .ok_or(BearerError::InvalidToken)
    }
}

impl BearerError {
    /// The error code to name in the challenge.
    pub const fn challenge_error(self) -> Option<ChallengeError> {
        match self {
            Self::Missing => None,
            Self::InvalidToken => Some(ChallengeError::InvalidToken),
        }
    }
}

impl ChallengeError {
    /// The code as written.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

/// The value of `WWW-Authenticate` (RFC 6750 section 3). `scope` is what the request needs.
pub fn challenge(realm: &str, error: Option<ChallengeError>, scope: Option<Scopes>) -> String {
    let mut value = String::from("Bearer realm=\"");
    for c in realm.chars().filter(|c| matches!(c, ' '..='~')) {
        if matches!(c, '"' | '\\') {
            value.push('\\');
        }
        value.push(c);
    }
    value.push('"');
    let infallible = "writing to a String cannot fail";
    if let Some(error) = error {
        write!(value, ", error=\"{}\"", error.code()).expect(infallible);
    }
    if let Some(scope) = scope {
        write!(value, ", scope=\"{scope}\"").expect(infallible);
    }
    value
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    fn token(kind: SecretKind) -> String {
        let secret = Secret::generate(kind, &mut ChaCha20Rng::seed_from_u64(2));
        secret.expose().to_owned()
    }

    #[test]
    fn one_header_with_one_token_is_read() {
        let token = token(SecretKind::AccessToken);
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let header = format!("{scheme} {token}");
            let read = Bearer::from_header(&[header.as_bytes()]).unwrap();
            assert_eq!(read.expose(), token);
        }
    }

    #[test]
    fn r_tok_13_anything_else_is_refused() {
        use BearerError::{InvalidToken, Missing};
        let token = token(SecretKind::AccessToken);
        for (header, error) in [
            (String::new(), Missing),
            ("Bearer".to_owned(), InvalidToken),
            ("Bearer ".to_owned(), InvalidToken),
            (format!("Bearer  {token}"), InvalidToken),
            (format!("Bearer {token} "), InvalidToken),
            (format!("Bearer {token},"), InvalidToken),
            (format!("Bearer\t{token}"), Missing),
            (format!(" Bearer {token}"), Missing),
            (format!("Basic {token}"), Missing),
            ("Basic dmF0Og==".to_owned(), Missing),
            (token.clone(), Missing),
            ("Bearer undefined".to_owned(), InvalidToken),
        ] {
            let got = Bearer::from_header(&[header.as_bytes()]).unwrap_err();
            assert_eq!(got, error, "{header:?}");
        }
        let good = format!("Bearer {token}");
        let good = good.as_bytes();
        assert_eq!(Bearer::from_header(&[]).unwrap_err(), Missing);
        assert_eq!(
            Bearer::from_header(&[good, good]).unwrap_err(),
            InvalidToken
        );
        assert_eq!(
            Bearer::from_header(&[b"Bearer \xff"]).unwrap_err(),
            InvalidToken
        );
    }

    #[test]
    fn a_token_of_another_kind_is_refused() {
        let admin = format!("Bearer {}", token(SecretKind::AdminToken));
        let values = [admin.as_bytes()];
        assert_eq!(
            Bearer::from_header(&values).unwrap_err(),
            BearerError::InvalidToken
        );
        assert!(Bearer::of_kind(SecretKind::AdminToken, &values).is_ok());
    }

    // proves: 7644-2-challenge
    #[test]
    fn challenges_are_written_as_rfc_6750_has_them() {
        let missing = BearerError::Missing.challenge_error();
        assert_eq!(challenge("scim", missing, None), r#"Bearer realm="scim""#);
        let invalid = BearerError::InvalidToken.challenge_error();
        let expected = r#"Bearer realm="scim", error="invalid_token""#;
        assert_eq!(challenge("scim", invalid, None), expected);
        let scope = Some(ChallengeError::InsufficientScope);
        let expected = r#"Bearer realm="scim", error="insufficient_scope", scope="scim:write""#;
        assert_eq!(challenge("scim", scope, Some(Scopes::WRITE)), expected);
    }

    #[test]
    fn a_realm_cannot_leave_its_quotes() {
        let expected = r#"Bearer realm="a\"b\\cd""#;
        assert_eq!(challenge("a\"b\\c\r\nd\u{e9}", None, None), expected);
    }
}
