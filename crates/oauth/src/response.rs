//! The successful answer of the token endpoint (RFC 6749 section 5.1).

use std::time::Duration;

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, EmptyExtraTokenFields, Scope, StandardTokenResponse};

use crate::{Scopes, Secret};

/// Headers of every answer of the token endpoint, refusals included: tokens and what was wrong
/// with a credential are nobody's to cache (RFC 6749 section 5.1).
pub const HEADERS: [(&str, &str); 3] = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),
];

/// A token just issued. There is no refresh token: RFC 6749 section 4.4.3, "A refresh token
/// SHOULD NOT be included."
#[derive(Debug)]
pub struct TokenResponse {
    /// The token, shown this once.
    pub access_token: Secret,
    /// Its remaining life in seconds, as it is stored.
    pub expires_in: Duration,
    /// What it allows; always named, since it may be less than was asked for.
    pub scope: Scopes,
}

impl TokenResponse {
    /// The JSON body.
    pub fn body(&self) -> serde_json::Value {
        let mut response = StandardTokenResponse::new(
            AccessToken::new(self.access_token.expose().to_owned()),
            BasicTokenType::Bearer,
            EmptyExtraTokenFields {},
        );
        response.set_expires_in(Some(&self.expires_in));
        response.set_scopes(Some(vec![Scope::new(self.scope.to_string())]));
        serde_json::to_value(response).expect("strings and a number make a JSON object")
    }
}

#[cfg(test)]
mod tests {
    use oauth2::TokenResponse as _;
    use oauth2::basic::BasicTokenResponse;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::SecretKind;

    #[test]
    fn the_body_is_what_a_client_reads() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let access_token = Secret::generate(SecretKind::AccessToken, &mut rng);
        let response = TokenResponse {
            access_token,
            expires_in: Duration::from_secs(3599),
            scope: Scopes::READ,
        };
        let body = response.body();
        let token = response.access_token.expose();
        let expected = serde_json::json!({
            "access_token": token, "token_type": "bearer", "expires_in": 3599, "scope": "scim:read",
        });
        assert_eq!(body, expected);
        let read: BasicTokenResponse = serde_json::from_value(body).unwrap();
        assert_eq!(read.access_token().secret(), token);
        assert_eq!(read.expires_in(), Some(Duration::from_secs(3599)));
        assert!(!format!("{response:?}").contains(token));
    }
}
