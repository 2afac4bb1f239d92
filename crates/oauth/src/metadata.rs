//! Authorization server metadata (RFC 8414 section 2).

use serde::Serialize;

use crate::keys::SigningAlgorithm;
use crate::scope;

/// The metadata document: what is really served, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The issuer: an absolute `https` address without query and fragment. The document is
    /// found by it, so it must come from the configuration, never from the request.
    pub issuer: String,
    /// The absolute address of the token endpoint.
    pub token_endpoint: String,
    /// Where the keys are with which the issuer itself signs, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Where a client ends a token of its own (RFC 7009).
    pub revocation_endpoint: String,
    /// Where a client asks about a token of its own (RFC 7662).
    pub introspection_endpoint: String,
    /// Every scope that may be asked for.
    pub scopes_supported: Vec<&'static str>,
    /// Required by RFC 8414, and empty: there is no authorization endpoint.
    pub response_types_supported: Vec<&'static str>,
    /// `client_credentials` alone (RFC 9700 section 2.4).
    pub grant_types_supported: Vec<&'static str>,
    /// How a client may authenticate at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
    /// With which algorithms an assertion may be signed there; a client may be bound to fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// The same at the revocation endpoint.
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// With which algorithms an assertion may be signed there; a client may be bound to fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// The same at the introspection endpoint.
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// With which algorithms an assertion may be signed there; a client may be bound to fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// Whether tokens got by a certificate work with it alone (RFC 8705 section 3.3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
}

/// How a client with a secret may authenticate, at every endpoint alike.
const SECRETS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

impl Metadata {
    /// The metadata of an issuer whose endpoints are below its own address, and whose clients have
    /// secrets.
    pub fn new(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self {
            token_endpoint: format!("{issuer}/token"),
            jwks_uri: None,
            revocation_endpoint: format!("{issuer}/revoke"),
            introspection_endpoint: format!("{issuer}/introspect"),
            issuer,
            scopes_supported: scope::NAMES.to_vec(),
            response_types_supported: Vec::new(),
            grant_types_supported: vec!["client_credentials"],
            token_endpoint_auth_methods_supported: SECRETS.to_vec(),
            token_endpoint_auth_signing_alg_values_supported: Vec::new(),
            revocation_endpoint_auth_methods_supported: SECRETS.to_vec(),
            revocation_endpoint_auth_signing_alg_values_supported: Vec::new(),
            introspection_endpoint_auth_methods_supported: SECRETS.to_vec(),
            introspection_endpoint_auth_signing_alg_values_supported: Vec::new(),
            tls_client_certificate_bound_access_tokens: false,
        }
    }

    /// The same where clients may sign (RFC 7523), with every algorithm there is.
    #[must_use]
    pub fn with_assertions(mut self) -> Self {
        self.add_methods(&["private_key_jwt"]);
        for algorithms in [
            &mut self.token_endpoint_auth_signing_alg_values_supported,
            &mut self.revocation_endpoint_auth_signing_alg_values_supported,
            &mut self.introspection_endpoint_auth_signing_alg_values_supported,
        ] {
            *algorithms = SigningAlgorithm::ALL.map(SigningAlgorithm::name).into();
        }
        self
    }

    /// The same where TLS ends in this server, so that it sees certificates.
    #[must_use]
    pub fn with_certificates(mut self) -> Self {
        self.add_methods(&["tls_client_auth", "self_signed_tls_client_auth"]);
        self.tls_client_certificate_bound_access_tokens = true;
        self
    }

    /// The same for an issuer that signs, with the address of its public keys (RFC 7517).
    #[must_use]
    pub fn with_keys(mut self, address: impl Into<String>) -> Self {
        self.jwks_uri = Some(address.into());
        self
    }

    fn add_methods(&mut self, added: &[&'static str]) {
        for methods in [
            &mut self.token_endpoint_auth_methods_supported,
            &mut self.revocation_endpoint_auth_methods_supported,
            &mut self.introspection_endpoint_auth_methods_supported,
        ] {
            methods.extend(added);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_only_what_is_served() {
        let issuer = "https://vestibule.example/iso/oauth2";
        let methods = [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
        ];
        let algorithms = [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
        ];
        let expected = serde_json::json!({
            "issuer": "https://vestibule.example/iso/oauth2",
            "token_endpoint": "https://vestibule.example/iso/oauth2/token",
            "jwks_uri": "https://vestibule.example/iso/oauth2/jwks",
            "revocation_endpoint": "https://vestibule.example/iso/oauth2/revoke",
            "introspection_endpoint": "https://vestibule.example/iso/oauth2/introspect",
            "scopes_supported": ["scim", "scim:read", "scim:write"],
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": methods,
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
            "revocation_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
            "introspection_endpoint_auth_methods_supported": methods,
            "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        });
        assert_eq!(
            serde_json::to_value(
                Metadata::new(issuer)
                    .with_assertions()
                    .with_keys("https://vestibule.example/iso/oauth2/jwks")
            )
            .unwrap(),
            expected
        );
        let told = serde_json::to_value(Metadata::new(issuer)).unwrap();
        let told = told.as_object().unwrap();
        assert!(
            told.keys()
                .all(|name| !name.contains("jwks") && !name.contains("signing"))
        );
        let told = serde_json::to_value(Metadata::new(issuer).with_certificates()).unwrap();
        assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
        let methods = told["token_endpoint_auth_methods_supported"]
            .as_array()
            .unwrap();
        assert!(methods.contains(&"tls_client_auth".into()), "{methods:?}");
        assert!(
            methods.contains(&"self_signed_tls_client_auth".into()),
            "{methods:?}"
        );
    }
}
