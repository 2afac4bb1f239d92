//! Authorization server metadata (RFC 8414 section 2).

use serde::Serialize;

use crate::keys::SigningAlgorithm;
use crate::scope;

/// The metadata document: what is really served, and nothing else. Every member may be set once
/// [`Metadata::new`] has made it.
///
/// ```
/// use vestibule_oauth::{Metadata, SigningAlgorithm};
///
/// let mut told = Metadata::new("https://issuer.example")
///     .with_assertions([SigningAlgorithm::ES256, SigningAlgorithm::EdDSA])
///     .without_introspection();
/// told.service_documentation = Some("https://issuer.example/docs".into());
/// let told = serde_json::to_value(told)?;
/// assert_eq!(told["token_endpoint"], "https://issuer.example/token");
/// assert_eq!(told["token_endpoint_auth_signing_alg_values_supported"][0], "ES256");
/// assert!(told.get("introspection_endpoint").is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Metadata {
    /// The issuer: an absolute `https` address without query and fragment. The document is
    /// found by it, so it must come from the configuration, never from the request.
    pub issuer: String,
    /// The absolute address of the token endpoint.
    pub token_endpoint: String,
    /// Where the keys are with which the issuer itself signs, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Where a client ends a token of its own (RFC 7009), if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// Where a client asks about a token of its own (RFC 7662), if it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// What a developer reads: an absolute address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_documentation: Option<String>,
    /// What the operator demands of who uses the data: an absolute address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_policy_uri: Option<String>,
    /// The operator's terms of service: an absolute address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_tos_uri: Option<String>,
    /// Where clients with certificates go, if not to the addresses above (RFC 8705 section 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtls_endpoint_aliases: Option<EndpointAliases>,
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
    /// The same at the revocation endpoint; empty = there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    /// With which algorithms an assertion may be signed there; a client may be bound to fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revocation_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// The same at the introspection endpoint; empty = there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    /// With which algorithms an assertion may be signed there; a client may be bound to fewer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub introspection_endpoint_auth_signing_alg_values_supported: Vec<&'static str>,
    /// Whether tokens got by a certificate work with it alone (RFC 8705 section 3.3).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tls_client_certificate_bound_access_tokens: bool,
}

/// Absolute addresses at which a server asks for certificates in the TLS handshake (RFC 8705 section 5); one that is
/// not named here is where it is for everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EndpointAliases {
    /// Stands in for [`Metadata::token_endpoint`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// Stands in for [`Metadata::revocation_endpoint`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocation_endpoint: Option<String>,
    /// Stands in for [`Metadata::introspection_endpoint`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
}

/// How a client with a secret may authenticate, at every endpoint alike.
const SECRETS: [&str; 2] = ["client_secret_basic", "client_secret_post"];

impl Metadata {
    /// The metadata of an issuer whose endpoints are below its own address (`/token`, `/revoke`, `/introspect`), and
    /// whose clients have secrets. `issuer` is without a slash at the end.
    pub fn new(issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self {
            token_endpoint: format!("{issuer}/token"),
            jwks_uri: None,
            revocation_endpoint: Some(format!("{issuer}/revoke")),
            introspection_endpoint: Some(format!("{issuer}/introspect")),
            service_documentation: None,
            op_policy_uri: None,
            op_tos_uri: None,
            mtls_endpoint_aliases: None,
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

    /// The same where clients may sign (RFC 7523), with these algorithms:
    /// [`SigningAlgorithm::ALL`], or the fewer that any client is allowed.
    #[must_use]
    pub fn with_assertions(
        mut self,
        algorithms: impl IntoIterator<Item = SigningAlgorithm>,
    ) -> Self {
        let names: Vec<_> = algorithms.into_iter().map(SigningAlgorithm::name).collect();
        self.add_methods(&["private_key_jwt"]);
        if self.revocation_endpoint.is_some() {
            self.revocation_endpoint_auth_signing_alg_values_supported
                .clone_from(&names);
        }
        if self.introspection_endpoint.is_some() {
            self.introspection_endpoint_auth_signing_alg_values_supported
                .clone_from(&names);
        }
        self.token_endpoint_auth_signing_alg_values_supported = names;
        self
    }

    /// The same of an issuer where no token can be revoked.
    #[must_use]
    pub fn without_revocation(mut self) -> Self {
        self.revocation_endpoint = None;
        self.revocation_endpoint_auth_methods_supported.clear();
        self.revocation_endpoint_auth_signing_alg_values_supported
            .clear();
        self
    }

    /// The same of an issuer where no token can be asked about.
    #[must_use]
    pub fn without_introspection(mut self) -> Self {
        self.introspection_endpoint = None;
        self.introspection_endpoint_auth_methods_supported.clear();
        self.introspection_endpoint_auth_signing_alg_values_supported
            .clear();
        self
    }

    /// The same where TLS ends in this server, so that it sees certificates. Where it asks for them at addresses of
    /// their own, those go into [`Metadata::mtls_endpoint_aliases`].
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
        self.token_endpoint_auth_methods_supported.extend(added);
        if self.revocation_endpoint.is_some() {
            self.revocation_endpoint_auth_methods_supported
                .extend(added);
        }
        if self.introspection_endpoint.is_some() {
            self.introspection_endpoint_auth_methods_supported
                .extend(added);
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
                    .with_assertions(SigningAlgorithm::ALL)
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
    #[test]
    fn nothing_is_told_of_an_endpoint_that_is_not_there() {
        let bare = |metadata: Metadata| metadata.without_revocation().without_introspection();
        let all = |metadata: Metadata| {
            let signed = metadata.with_assertions([SigningAlgorithm::ES256]);
            signed.with_certificates()
        };
        let new = || Metadata::new("https://issuer.example");
        assert_eq!(all(bare(new())), bare(all(new())));
        let told = serde_json::to_value(all(bare(new()))).unwrap();
        let told = told.as_object().unwrap();
        assert_eq!(
            told["token_endpoint_auth_signing_alg_values_supported"],
            serde_json::json!(["ES256"])
        );
        for name in told.keys() {
            let absent = ["revocation", "introspection", "mtls", "op_", "service"];
            assert!(!absent.iter().any(|part| name.contains(part)), "{name}");
        }
    }

    #[test]
    fn addresses_for_certificates_are_told_as_rfc_8705_has_them() {
        let mut metadata = Metadata::new("https://issuer.example").with_certificates();
        metadata.mtls_endpoint_aliases = Some(EndpointAliases {
            token_endpoint: Some("https://mtls.issuer.example/token".to_owned()),
            ..EndpointAliases::default()
        });
        let told = serde_json::to_value(metadata).unwrap();
        let aliases = serde_json::json!({"token_endpoint": "https://mtls.issuer.example/token"});
        assert_eq!(told["mtls_endpoint_aliases"], aliases);
    }
}
