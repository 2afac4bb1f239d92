//! Signed client assertions (RFC 7521 section 4.2, RFC 7523 section 3), read but not yet checked.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer};

/// The only type of client assertion there is here (RFC 7523 section 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Most audiences a token may name.
const MAX_AUDIENCES: usize = 16;

/// A JWT as it was presented.
#[derive(Clone)]
pub struct Assertion {
    pub(crate) header: Header,
    pub(crate) claims: Claims,
    /// What is signed: header and claims as they were written.
    pub(crate) signed: String,
    /// Base64url.
    pub(crate) signature: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 section 4.1.11): none is.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// Times are seconds since 1970; a fraction is cut off.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    #[serde(deserialize_with = "audiences")]
    pub(crate) aud: Vec<String>,
    #[serde(deserialize_with = "instant")]
    pub(crate) exp: i64,
    #[serde(default, deserialize_with = "optional_instant")]
    pub(crate) nbf: Option<i64>,
    #[serde(default, deserialize_with = "optional_instant")]
    pub(crate) iat: Option<i64>,
    #[serde(default)]
    pub(crate) jti: Option<String>,
}

impl Assertion {
    /// Reads a compact JWS (RFC 7515 section 7.1) over a JWT; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = decode(header)?;
        let claims: Claims = decode(claims)?;
        URL_SAFE_NO_PAD.decode(signature).ok()?;
        header.crit.is_none().then(|| Self {
            header,
            claims,
            signed: signed.to_owned(),
            signature: signature.to_owned(),
        })
    }

    /// Who issued it (`iss`).
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Of whom it speaks (`sub`).
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// The key it says it is signed with.
    pub fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("header", &self.header)
            .field("claims", &self.claims)
            .finish_non_exhaustive()
    }
}

fn decode<T: for<'a> Deserialize<'a>>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// RFC 7519 section 4.1.3: an array of strings, or one.
fn audiences<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Many(Vec<String>),
    }
    match Audience::deserialize(deserializer)? {
        Audience::One(one) => Ok(vec![one]),
        Audience::Many(many) if many.len() <= MAX_AUDIENCES => Ok(many),
        Audience::Many(_) => Err(serde::de::Error::custom("too many audiences")),
    }
}

/// A `NumericDate` (RFC 7519 section 2), which need not be whole.
fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from f64 saturates, and an instant beyond any clock is refused as such"
    )]
    let cut = |fraction: f64| fraction.floor() as i64;
    number
        .as_i64()
        .or_else(|| number.as_f64().map(cut))
        .ok_or_else(|| serde::de::Error::custom("no instant"))
}

fn optional_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    instant(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(header: &serde_json::Value, claims: &serde_json::Value) -> String {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    #[test]
    fn a_jwt_is_read_whole_or_not_at_all() {
        let header = json!({"alg": "ES256", "kid": "k", "typ": "JWT"});
        let claims = json!({"iss": "i", "sub": "s", "aud": ["a", "b"], "exp": 1.9e9, "iat": 5.7, "jti": "j"});
        let read = Assertion::parse(&written(&header, &claims)).unwrap();
        assert_eq!(
            (read.issuer(), read.subject(), read.key_id()),
            ("i", "s", Some("k"))
        );
        assert_eq!(
            (read.claims.exp, read.claims.iat, read.claims.nbf),
            (1_900_000_000, Some(5), None)
        );
        assert!(!format!("{read:?}").contains("c2ln"));
        let good = json!({"iss": "i", "sub": "s", "aud": "a", "exp": 1});
        assert!(Assertion::parse(&written(&header, &good)).is_some());
        for claims in [
            json!({"sub": "s", "aud": "a", "exp": 1}),
            json!({"iss": "i", "aud": "a", "exp": 1}),
            json!({"iss": "i", "sub": "s", "exp": 1}),
            json!({"iss": "i", "sub": "s", "aud": "a"}),
            json!({"iss": "i", "sub": "s", "aud": "a", "exp": "1"}),
            json!({"iss": "i", "sub": "s", "aud": "a", "exp": 1, "nbf": null}),
            json!({"iss": "i", "sub": "s", "aud": "a", "exp": 1, "nbf": "0"}),
            json!({"iss": "i", "sub": "s", "aud": [7], "exp": 1}),
            json!({"iss": "i", "sub": "s", "aud": vec!["a"; 17], "exp": 1}),
            json!([]),
        ] {
            assert!(
                Assertion::parse(&written(&header, &claims)).is_none(),
                "{claims}"
            );
        }
        let critical = json!({"alg": "ES256", "crit": ["b64"]});
        assert!(Assertion::parse(&written(&critical, &good)).is_none());
        let text = written(&header, &good);
        for broken in [
            "",
            ".",
            "..",
            "a.b.c",
            &text[1..],
            &format!("{text}="),
            &format!("{text}.x"),
            &format!(" {text}"),
        ] {
            assert!(Assertion::parse(broken).is_none(), "{broken}");
        }
        let twice = r#"{"iss":"i","iss":"j","sub":"s","aud":"a","exp":1}"#;
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let twice = format!("{header}.{}.c2ln", URL_SAFE_NO_PAD.encode(twice));
        assert!(Assertion::parse(&twice).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String, claims: String) {
            let _ = Assertion::parse(&text);
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            let _ = Assertion::parse(&format!("{}.{}.", part(r#"{"alg":"ES256"}"#), part(&claims)));
        }
    }
}
