//! What the introspection endpoint tells of a token (RFC 7662 section 2.2).

use serde::Serialize;

use crate::{Scopes, Thumbprint};

/// A token that works. Times are whole seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActiveToken {
    /// What it allows; left out when that is nothing.
    #[serde(skip_serializing_if = "is_none")]
    pub scope: Scopes,
    /// To whom it was issued.
    pub client_id: String,
    /// `Bearer` (RFC 6750).
    pub token_type: &'static str,
    /// First second at which it no longer works.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// The client again: no person stands behind such a token.
    pub sub: String,
    /// The issuer.
    pub iss: String,
    /// What it works with alone (RFC 8705 section 3.2); none = with nothing but itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_none(scope: &Scopes) -> bool {
    scope.is_empty()
}

/// The certificate that a token is bound to (RFC 7800 section 3.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// `x5t#S256` (RFC 8705 section 3.1).
    #[serde(rename = "x5t#S256")]
    pub certificate: Thumbprint,
}

/// The answer: everything about a working token of the asking client's own, nothing about any
/// other. RFC 7662 section 2.2: the server "SHOULD NOT include any additional information about an
/// inactive token, including why the token is inactive."
pub fn answer(token: Option<&ActiveToken>) -> serde_json::Value {
    let answer = Answer {
        token,
        active: token.is_some(),
    };
    serde_json::to_value(answer).expect("texts, numbers and a boolean serialise")
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    token: Option<&'a ActiveToken>,
    active: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r_tok_10_an_inactive_token_is_that_and_nothing_else() {
        assert_eq!(answer(None), json!({"active": false}));
        let token = ActiveToken {
            scope: Scopes::READ,
            client_id: "me".to_owned(),
            token_type: "Bearer",
            exp: 200,
            iat: 100,
            sub: "me".to_owned(),
            iss: "https://vestibule.example/iso/oauth2".to_owned(),
            cnf: None,
        };
        let expected = json!({
            "active": true, "scope": "scim:read", "client_id": "me", "token_type": "Bearer",
            "exp": 200, "iat": 100, "sub": "me", "iss": "https://vestibule.example/iso/oauth2",
        });
        assert_eq!(answer(Some(&token)), expected);
        let nothing = ActiveToken {
            scope: Scopes::NONE,
            ..token.clone()
        };
        assert_eq!(answer(Some(&nothing)).get("scope"), None);
        let certificate = Thumbprint::of(b"");
        let bound = ActiveToken {
            cnf: Some(Confirmation { certificate }),
            ..token
        };
        assert_eq!(
            answer(Some(&bound))["cnf"],
            json!({"x5t#S256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"})
        );
    }
}
