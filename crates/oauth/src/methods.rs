//! How a client may authenticate: what its registration says.

use serde::{Deserialize, Serialize};

use crate::certificate::{CertificateName, Thumbprint};
use crate::keys::{PublicKeys, SigningAlgorithm};

/// Identity providers that one client may be federated with.
const MAX_FEDERATIONS: usize = 8;
/// Subjects or audiences that one of them may be accepted with.
const MAX_NAMES: usize = 16;
/// Characters of a name or an address.
const MAX_NAME: usize = 1_024;
/// Longest life of a federated token that can be set, in minutes: a day.
const MAX_LIFE: u32 = 24 * 60;

/// The ways in which a client may authenticate; any of them will do, one in each request. Whoever reads
/// them out of what somebody wrote owes [`Methods::check`] before they are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Methods {
    /// `client_secret_basic` (RFC 6749 section 2.3.1).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub client_secret_basic: bool,
    /// `client_secret_post` (RFC 6749 section 2.3.1).
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub client_secret_post: bool,
    /// `private_key_jwt` (RFC 7523 section 2.2): a JWT that the client signs itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key_jwt: Option<PrivateKeyJwt>,
    /// The same with a JWT that somebody else signs of the client, such as a cloud's workload
    /// identity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub federated: Vec<Federation>,
    /// `tls_client_auth` (RFC 8705 section 2.1): the one name that a certificate of an authority
    /// trusted for clients must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth: Option<CertificateName>,
    /// `self_signed_tls_client_auth` (RFC 8705 section 2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_signed_tls_client_auth: Option<OwnCertificates>,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_yes(value: &bool) -> bool {
    *value
}

impl Default for Methods {
    /// Secrets, either way.
    fn default() -> Self {
        Self {
            client_secret_basic: true,
            client_secret_post: true,
            private_key_jwt: None,
            federated: Vec::new(),
            tls_client_auth: None,
            self_signed_tls_client_auth: None,
        }
    }
}

/// With which keys a client signs: those here, or those at an address, to be fetched when needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateKeyJwt {
    /// The keys, if they are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<PublicKeys>,
    /// The address of the keys, if they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Algorithms it may sign with.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<SigningAlgorithm>,
}

/// The very certificates that a client may present, whoever signed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnCertificates {
    /// Of the one in use, and of the next.
    pub thumbprints: Vec<Thumbprint>,
}

/// Whose word is taken for a client, and which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federation {
    /// `iss`, to the letter.
    pub issuer: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// `sub`: one of these.
    pub subjects: Vec<String>,
    /// `aud`: one of these. A list, as an issuer's portal and its tokens may disagree.
    pub audiences: Vec<String>,
    /// How far `exp` may lie ahead, in minutes. Such tokens live for hours and come again, so that
    /// their `jti` may repeat.
    #[serde(default = "day")]
    pub maximum_life_minutes: u32,
    /// Algorithms it may sign with.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<SigningAlgorithm>,
}

/// The longest that can be set.
pub fn day() -> u32 {
    MAX_LIFE
}

/// [`SigningAlgorithm::DEFAULT`].
pub fn default_algorithms() -> Vec<SigningAlgorithm> {
    SigningAlgorithm::DEFAULT.to_vec()
}

/// A mistake in [`Methods`]: where it is and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub struct MethodsError {
    /// The member: `private_key_jwt.jwks_uri`.
    pub field: &'static str,
    /// What is wrong, and what was expected.
    pub detail: String,
}

impl Methods {
    /// Whether a method is left, every address is one and every list has entries.
    pub fn check(&self) -> Result<(), MethodsError> {
        let none = !self.client_secret_basic
            && !self.client_secret_post
            && self.private_key_jwt.is_none()
            && self.federated.is_empty()
            && self.tls_client_auth.is_none()
            && self.self_signed_tls_client_auth.is_none();
        if none {
            return Err(wrong("authentication", "at least one method is needed"));
        }
        if let Some(own) = &self.private_key_jwt {
            match (&own.jwks, &own.jwks_uri) {
                (Some(_), None) => {}
                (None, Some(address)) => check_address("private_key_jwt.jwks_uri", address)?,
                _ => {
                    return Err(wrong(
                        "private_key_jwt",
                        "either jwks or jwks_uri is needed",
                    ));
                }
            }
            check_algorithms("private_key_jwt.algorithms", &own.algorithms)?;
            if let Some(Err(unusable)) = own.jwks.as_ref().map(PublicKeys::check) {
                return Err(wrong("private_key_jwt.jwks", unusable.to_string()));
            }
            if own
                .jwks
                .as_ref()
                .is_some_and(|keys| !keys.fit(&own.algorithms))
            {
                return Err(wrong(
                    "private_key_jwt.algorithms",
                    "none of the keys signs by one of these",
                ));
            }
        }
        if self.federated.len() > MAX_FEDERATIONS {
            let detail = format!("at most {MAX_FEDERATIONS} issuers");
            return Err(wrong("federated", detail));
        }
        if let Some(name) = &self.tls_client_auth {
            check_name("tls_client_auth", &name.text())?;
            if !name.is_possible() {
                return Err(wrong(
                    "tls_client_auth",
                    "must be a distinguished name such as CN=iga,O=Example",
                ));
            }
        }
        if let Some(own) = &self.self_signed_tls_client_auth
            && !(1..=MAX_NAMES).contains(&own.thumbprints.len())
        {
            let detail = format!("between 1 and {MAX_NAMES} are needed");
            return Err(wrong("self_signed_tls_client_auth.thumbprints", detail));
        }
        self.federated.iter().try_for_each(Federation::check)?;
        for (place, one) in self.federated.iter().enumerate() {
            let mut others = self.federated.iter().skip(place + 1);
            if let Some(subject) = others.find_map(|other| one.shared(other)) {
                let detail = format!("`{subject}` of this issuer is named twice");
                return Err(wrong("federated.subjects", detail));
            }
        }
        Ok(())
    }

    /// An issuer and a subject of it that others are federated with as well: an assertion of it would not
    /// tell whose it is.
    pub fn shared<'a>(&'a self, others: &Self) -> Option<(&'a str, &'a str)> {
        self.federated.iter().find_map(|one| {
            let subject = others
                .federated
                .iter()
                .find_map(|other| one.shared(other))?;
            Some((one.issuer.as_str(), subject))
        })
    }

    /// The addresses that keys are fetched from, each with its setting.
    pub fn key_addresses(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let own = self.private_key_jwt.as_ref();
        let own = own.and_then(|own| own.jwks_uri.as_deref());
        let own = own.map(|address| ("private_key_jwt.jwks_uri", address));
        let federated = self.federated.iter();
        own.into_iter()
            .chain(federated.map(|known| ("federated.jwks_uri", known.jwks_uri.as_str())))
    }
}

impl Federation {
    /// A subject that both name, of the same issuer.
    fn shared(&self, other: &Self) -> Option<&str> {
        let subjects = self.subjects.iter().filter(|_| self.issuer == other.issuer);
        let mut shared = subjects.filter(|subject| other.subjects.contains(subject));
        shared.next().map(String::as_str)
    }

    fn check(&self) -> Result<(), MethodsError> {
        check_name("federated.issuer", &self.issuer)?;
        check_address("federated.jwks_uri", &self.jwks_uri)?;
        check_names("federated.subjects", &self.subjects)?;
        check_names("federated.audiences", &self.audiences)?;
        if !(1..=MAX_LIFE).contains(&self.maximum_life_minutes) {
            let detail = format!("must be between 1 and {MAX_LIFE}");
            return Err(wrong("federated.maximum_life_minutes", detail));
        }
        check_algorithms("federated.algorithms", &self.algorithms)
    }
}

fn check_names(field: &'static str, names: &[String]) -> Result<(), MethodsError> {
    if names.is_empty() || names.len() > MAX_NAMES {
        return Err(wrong(
            field,
            format!("between 1 and {MAX_NAMES} are needed"),
        ));
    }
    names.iter().try_for_each(|name| check_name(field, name))
}

fn check_name(field: &'static str, name: &str) -> Result<(), MethodsError> {
    let good = !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control);
    if good {
        Ok(())
    } else {
        let detail = format!("must have 1 to {MAX_NAME} characters and no control character");
        Err(wrong(field, detail))
    }
}

fn check_address(field: &'static str, address: &str) -> Result<(), MethodsError> {
    let parsed = oauth2::url::Url::parse(address);
    let good = address.len() <= MAX_NAME
        && parsed.is_ok_and(|url| {
            let secure = matches!(url.scheme(), "https" | "http");
            secure && url.has_host() && url.username().is_empty() && url.password().is_none()
        });
    if good {
        Ok(())
    } else {
        Err(wrong(
            field,
            "must be an address such as https://iga.example/keys",
        ))
    }
}

fn check_algorithms(
    field: &'static str,
    algorithms: &[SigningAlgorithm],
) -> Result<(), MethodsError> {
    if algorithms.is_empty() {
        return Err(wrong(field, "at least one is needed"));
    }
    Ok(())
}

fn wrong(field: &'static str, detail: impl Into<String>) -> MethodsError {
    MethodsError {
        field,
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_said_means_secrets_and_takes_no_room() {
        let methods: Methods = serde_json::from_value(json!({})).unwrap();
        assert_eq!(methods, Methods::default());
        assert_eq!(serde_json::to_value(&methods).unwrap(), json!({}));
        assert_eq!(methods.check(), Ok(()));
    }

    #[test]
    fn a_misspelt_member_is_refused_wherever_it_is() {
        for value in [
            json!({"client_secret_bacis": false}),
            json!({"private_key_jwt": {"jwks_url": "https://iga.example/keys"}}),
            json!({"self_signed_tls_client_auth": {"thumbprints": [], "thumbprint": ""}}),
            json!({"federated": [{"issuer": "i", "jwks_uri": "u", "subjects": [], "audiences": [], "ttl": 1}]}),
        ] {
            let refused = serde_json::from_value::<Methods>(value.clone());
            assert!(
                refused
                    .unwrap_err()
                    .to_string()
                    .starts_with("unknown field"),
                "{value}"
            );
        }
    }

    #[test]
    fn mistakes_are_named() {
        let federated = |change: serde_json::Value| {
            let mut one = json!({
                "issuer": "https://login.example/tenant/v2.0", "jwks_uri": "https://login.example/keys",
                "subjects": ["s"], "audiences": ["api://AzureADTokenExchange"],
            });
            one.as_object_mut()
                .unwrap()
                .extend(change.as_object().unwrap().clone());
            json!({"federated": [one]})
        };
        let checked = |value: serde_json::Value| {
            let methods: Methods = serde_json::from_value(value).unwrap();
            methods.check().err().map(|wrong| wrong.field)
        };
        assert_eq!(checked(federated(json!({}))), None);
        // The public key of RFC 8037, appendix A.2.
        let key = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        // The key of RFC 7515, appendix A.3, with its coordinates exchanged.
        let beside = json!({
            "kty": "EC", "crv": "P-256", "x": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        });
        let one = json!({"kty": "RSA", "e": "AQ", "n": format!("{}w", "_".repeat(341))});
        let both = json!({"private_key_jwt": {"jwks": {"keys": [key]}}});
        assert_eq!(checked(both), None);
        let mut twice = federated(json!({}));
        let other = twice["federated"][0].clone();
        twice["federated"].as_array_mut().unwrap().push(other);
        for (value, field) in [
            (
                json!({"client_secret_basic": false, "client_secret_post": false}),
                "authentication",
            ),
            (json!({"private_key_jwt": {}}), "private_key_jwt"),
            (
                json!({"private_key_jwt": {"jwks_uri": "keys.json"}}),
                "private_key_jwt.jwks_uri",
            ),
            (
                json!({"private_key_jwt": {"jwks_uri": "https://u:p@iga.example/"}}),
                "private_key_jwt.jwks_uri",
            ),
            (
                json!({"private_key_jwt": {"jwks_uri": "https://iga.example/", "algorithms": []}}),
                "private_key_jwt.algorithms",
            ),
            (
                json!({"private_key_jwt": {"jwks": {"keys": [key]}, "algorithms": ["RS256"]}}),
                "private_key_jwt.algorithms",
            ),
            (
                json!({"private_key_jwt": {"jwks": {"keys": [beside]}}}),
                "private_key_jwt.jwks",
            ),
            (
                json!({"private_key_jwt": {"jwks": {"keys": [one]}}}),
                "private_key_jwt.jwks",
            ),
            (
                json!({"tls_client_auth": {"subject_dn": "nonsense"}}),
                "tls_client_auth",
            ),
            (twice, "federated.subjects"),
            (federated(json!({"subjects": []})), "federated.subjects"),
            (federated(json!({"audiences": [""]})), "federated.audiences"),
            (federated(json!({"issuer": "a\nb"})), "federated.issuer"),
            (
                federated(json!({"maximum_life_minutes": 0})),
                "federated.maximum_life_minutes",
            ),
        ] {
            assert_eq!(checked(value.clone()), Some(field), "{value}");
        }
    }
}
