//! The issuing side of OAuth 2.0 client credentials (RFC 6749 section 4.4): requests, client
//! authentication by secret, signed assertion (RFC 7523) or certificate (RFC 8705), secrets, tokens,
//! refusals, bearer challenges (RFC 6750), revocation (RFC 7009), introspection (RFC 7662) and metadata
//! (RFC 8414).
//!
//! Everything here is pure: no clock, no input or output, no storage trait. A server composes
//! three steps, and keeps the records in its own way:
//!
//! 1. **parse** the request ([`TokenRequest::parse`], [`AboutToken::parse`]);
//! 2. **authenticate** it against the credentials that the server looked up, at a time it takes
//!    from its clock ([`ClientAuthentication::check`]);
//! 3. **issue**: choose life and scopes ([`grant`]), make the token from given randomness
//!    ([`Secret::generate`]), store its digest, then answer ([`TokenResponse`]).
//!
//! ```
//! use std::time::Duration;
//!
//! use rand::CryptoRng;
//! use vestibule_oauth::{
//!     Circumstances, Digest, KnownClient, KnownSecret, Methods, Proven, Received, Scopes, Secret,
//!     SecretKind, TokenError, TokenRequest, TokenResponse, grant,
//! };
//!
//! /// What the server keeps of a client; times since 1970.
//! struct Client {
//!     id: String,
//!     methods: Methods,
//!     secrets: Vec<KnownSecret>,
//!     valid_until: Duration,
//! }
//!
//! fn answer(
//!     received: Received<'_>,
//!     client: &Client,
//!     now: Duration,
//!     rng: &mut impl CryptoRng,
//! ) -> Result<(TokenResponse, Digest), TokenError> {
//!     let request = TokenRequest::parse(received)?;
//!
//!     // One check whoever asks, and one answer whatever is wrong.
//!     let known = *request.client.client_id == client.id && now < client.valid_until;
//!     let known = known.then_some(KnownClient {
//!         client_id: &client.id,
//!         methods: &client.methods,
//!         secrets: &client.secrets,
//!     });
//!     let circumstances = Circumstances { now, audiences: &[], fetched: None };
//!     let proven = request.client.check(known, &circumstances);
//!     let proven = proven.map_err(|why| {
//!         eprintln!("{}: {why}", *request.client.client_id);
//!         request.client.refused()
//!     })?;
//!     // An assertion would have to be recorded as used, a token bound to its certificate.
//!     if !matches!(proven, Proven::Secret(_)) {
//!         return Err(request.client.refused());
//!     }
//!
//!     let scope = grant::scopes(request.scope?, Scopes::ALL)?;
//!     let (hour, day) = (Duration::from_hours(1), Duration::from_hours(24));
//!     let left = client.valid_until - now;
//!     let expires_in = grant::lifetime(request.ttl?, hour, day, Some(left));
//!     let access_token = Secret::generate(SecretKind::AccessToken, rng);
//!     // To be stored, with `now + expires_in`, before the answer is sent.
//!     let digest = access_token.digest();
//!     Ok((TokenResponse { access_token, expires_in, scope }, digest))
//! }
//!
//! use rand::{TryRngCore, rngs::OsRng};
//! let mut rng = OsRng.unwrap_err();
//! let secret = Secret::generate(SecretKind::ClientSecret, &mut rng);
//! let client = Client {
//!     id: "iga".into(),
//!     methods: Methods::default(),
//!     secrets: vec![KnownSecret { digest: secret.digest(), expires: None }],
//!     valid_until: Duration::from_secs(10_000),
//! };
//!
//! let body = format!(
//!     "grant_type=client_credentials&client_id=iga&client_secret={}&ttl=600&scope=scim:read",
//!     secret.expose(),
//! );
//! let received = Received {
//!     content_type: Some("application/x-www-form-urlencoded"),
//!     authorization: &[],
//!     query: "",
//!     body: body.as_bytes(),
//!     certificate: None,
//! };
//! let (response, stored) = answer(received, &client, Duration::from_secs(1_000), &mut rng)?;
//! assert_eq!(response.body()["expires_in"], 9_000);
//! assert_eq!(response.body()["scope"], "scim:read");
//! assert!(stored.matches(&Digest::of(response.access_token.expose())));
//!
//! let late = answer(received, &client, Duration::from_secs(10_000), &mut rng).unwrap_err();
//! assert_eq!((late.status(), late.code()), (401, "invalid_client"));
//! # Ok::<(), TokenError>(())
//! ```

#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod assertion;
mod authorization;
pub mod bearer;
pub mod certificate;
pub mod client;
pub mod error;
pub mod grant;
mod hidden;
pub mod introspection;
pub mod keys;
pub mod metadata;
pub mod methods;
pub mod request;
pub mod response;
pub mod scope;
pub mod secret;

pub use bearer::{Bearer, BearerError, ChallengeError};
pub use certificate::{
    CertificateName, Chain, ClientCertificate, NoCertificateName, NoThumbprint, Thumbprint,
};
pub use client::{
    Circumstances, ClientAuthentication, KnownClient, KnownSecret, Proof, Proven, SingleUse,
    Unproven,
};
pub use error::{TokenError, TokenErrorKind};
pub use hidden::without_secrets;
pub use introspection::{ActiveToken, Confirmation};
pub use keys::{PublicKeys, SigningAlgorithm, UnusableKeys};
pub use metadata::{EndpointAliases, Metadata};
pub use methods::{Federation, Methods, MethodsError, OwnCertificates, PrivateKeyJwt};
pub use oauth2::{ClientId, ClientSecret};
pub use request::{AboutToken, Received, TokenRequest};
pub use response::TokenResponse;
pub use scope::{Scopes, UnknownScope};
pub use secret::{Digest, Secret, SecretKind};
