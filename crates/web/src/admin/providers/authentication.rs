//! How a provider may authenticate, as administrators write and read it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_oauth::{self as oauth, Methods, PublicKeys, SigningAlgorithm, methods};

/// The ways in which a provider may authenticate; any of them will do, one in each request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_secret_basic": true, "client_secret_post": false}))]
pub(crate) struct Authentication {
    /// A secret in HTTP Basic.
    #[serde(default = "yes")]
    #[schema(default = true)]
    client_secret_basic: bool,
    /// A secret in the body.
    #[serde(default = "yes")]
    #[schema(default = true)]
    client_secret_post: bool,
    /// A JWT that the client signs itself (RFC 7523); null = not accepted.
    #[serde(default)]
    private_key_jwt: Option<PrivateKeyJwt>,
    /// JWTs that others sign of the client, such as a cloud's workload identity.
    #[serde(default)]
    federated: Vec<Federation>,
    /// A certificate with this name, of an authority that the server trusts for clients (RFC 8705,
    /// section 2.1); null = not accepted. Takes a server in which TLS ends.
    #[serde(default)]
    #[schema(value_type = Option<CertificateName>)]
    tls_client_auth: Option<oauth::CertificateName>,
    /// These very certificates (RFC 8705, section 2.2); null = not accepted. Takes a server in which
    /// TLS ends.
    #[serde(default)]
    self_signed_tls_client_auth: Option<OwnCertificates>,
}

fn yes() -> bool {
    true
}

/// With which keys a client signs: either `jwks` or `jwks_uri`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PrivateKeyJwt {
    /// Its public keys (RFC 7517).
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    jwks: Option<PublicKeys>,
    /// Where it publishes them.
    #[serde(default)]
    #[schema(example = "https://iga.example/keys")]
    jwks_uri: Option<String>,
    #[serde(default = "methods::default_algorithms")]
    #[schema(value_type = Vec<String>, example = json!(["RS256", "ES256"]))]
    algorithms: Vec<SigningAlgorithm>,
}

/// The name that a certificate must have: exactly one of these.
#[derive(ToSchema)]
#[schema(example = json!({"san_dns": "iga.example"}))]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate reads and writes it"
)]
struct CertificateName {
    /// The subject as RFC 4514 writes it: `CN=iga,O=Example`.
    subject_dn: Option<String>,
    san_dns: Option<String>,
    san_uri: Option<String>,
    san_ip: Option<String>,
    san_email: Option<String>,
}

/// The certificates that a client may present.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnCertificates {
    /// SHA-256 of each: base64url, or hexadecimal as `openssl x509 -noout -fingerprint -sha256` prints it.
    #[schema(value_type = Vec<String>)]
    thumbprints: Vec<oauth::Thumbprint>,
}

/// Whose word is taken for a client, and which.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Federation {
    /// `iss`, to the letter.
    #[schema(example = "https://login.microsoftonline.com/TENANT/v2.0")]
    issuer: String,
    /// Where its keys are.
    #[schema(example = "https://login.microsoftonline.com/TENANT/discovery/v2.0/keys")]
    jwks_uri: String,
    /// `sub`: one of these.
    subjects: Vec<String>,
    /// `aud`: one of these.
    #[schema(example = json!(["api://AzureADTokenExchange"]))]
    audiences: Vec<String>,
    /// How far `exp` may lie ahead; such tokens may be presented again until then.
    #[serde(default = "methods::day")]
    #[schema(minimum = 1, maximum = 1440, default = 1440)]
    maximum_life_minutes: u32,
    #[serde(default = "methods::default_algorithms")]
    #[schema(value_type = Vec<String>, example = json!(["RS256"]))]
    algorithms: Vec<SigningAlgorithm>,
}

impl From<Authentication> for Methods {
    fn from(given: Authentication) -> Self {
        Self {
            client_secret_basic: given.client_secret_basic,
            client_secret_post: given.client_secret_post,
            private_key_jwt: given.private_key_jwt.map(|own| oauth::PrivateKeyJwt {
                jwks: own.jwks,
                jwks_uri: own.jwks_uri,
                algorithms: own.algorithms,
            }),
            federated: given.federated.into_iter().map(Into::into).collect(),
            tls_client_auth: given.tls_client_auth,
            self_signed_tls_client_auth: given.self_signed_tls_client_auth.map(|own| {
                oauth::OwnCertificates {
                    thumbprints: own.thumbprints,
                }
            }),
        }
    }
}

impl From<Methods> for Authentication {
    fn from(methods: Methods) -> Self {
        Self {
            client_secret_basic: methods.client_secret_basic,
            client_secret_post: methods.client_secret_post,
            private_key_jwt: methods.private_key_jwt.map(|own| PrivateKeyJwt {
                jwks: own.jwks,
                jwks_uri: own.jwks_uri,
                algorithms: own.algorithms,
            }),
            federated: methods.federated.into_iter().map(Into::into).collect(),
            tls_client_auth: methods.tls_client_auth,
            self_signed_tls_client_auth: methods.self_signed_tls_client_auth.map(|own| {
                OwnCertificates {
                    thumbprints: own.thumbprints,
                }
            }),
        }
    }
}

impl From<Federation> for oauth::Federation {
    fn from(given: Federation) -> Self {
        Self {
            issuer: given.issuer,
            jwks_uri: given.jwks_uri,
            subjects: given.subjects,
            audiences: given.audiences,
            maximum_life_minutes: given.maximum_life_minutes,
            algorithms: given.algorithms,
        }
    }
}

impl From<oauth::Federation> for Federation {
    fn from(known: oauth::Federation) -> Self {
        Self {
            issuer: known.issuer,
            jwks_uri: known.jwks_uri,
            subjects: known.subjects,
            audiences: known.audiences,
            maximum_life_minutes: known.maximum_life_minutes,
            algorithms: known.algorithms,
        }
    }
}
