//! Authorization server metadata (RFC 8414 section 2).

use serde::Serialize;

use crate::scope;

/// The metadata document: what is really served, and nothing else.
///
/// No keys, revocation or introspection address appear, because this crate has none of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The issuer: an absolute `https` address without query and fragment. The document is
    /// found by it, so it must come from the configuration, never from the request.
    pub issuer: String,
    /// The absolute address of the token endpoint.
    pub token_endpoint: String,
    /// Every scope that may be asked for.
    pub scopes_supported: Vec<&'static str>,
    /// Required by RFC 8414, and empty: there is no authorization endpoint.
    pub response_types_supported: Vec<&'static str>,
    /// `client_credentials` alone (RFC 9700 section 2.4).
    pub grant_types_supported: Vec<&'static str>,
    /// How a client may authenticate at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<&'static str>,
}

impl Metadata {
    /// The metadata of the issuer whose token endpoint is at `token_endpoint`.
    pub fn new(issuer: impl Into<String>, token_endpoint: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            token_endpoint: token_endpoint.into(),
            scopes_supported: scope::NAMES.to_vec(),
            response_types_supported: Vec::new(),
            grant_types_supported: vec!["client_credentials"],
            token_endpoint_auth_methods_supported: vec![
                "client_secret_basic",
                "client_secret_post",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_only_what_is_served() {
        let issuer = "https://vestibule.example/iso/oauth2";
        let metadata = Metadata::new(issuer, format!("{issuer}/token"));
        let expected = serde_json::json!({
            "issuer": "https://vestibule.example/iso/oauth2",
            "token_endpoint": "https://vestibule.example/iso/oauth2/token",
            "scopes_supported": ["scim", "scim:read", "scim:write"],
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        });
        assert_eq!(serde_json::to_value(metadata).unwrap(), expected);
    }
}
