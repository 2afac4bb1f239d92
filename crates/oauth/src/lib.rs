//! The issuing side of OAuth 2.0 client credentials (RFC 6749 section 4.4): requests, secrets,
//! tokens, refusals, bearer challenges (RFC 6750) and metadata (RFC 8414).
//!
//! Everything here is pure: no clock, no input or output, no storage trait. A server composes
//! three steps, and keeps the records in its own way:
//!
//! 1. **parse** the request ([`TokenRequest::parse`]);
//! 2. **authenticate** it: compare the presented secret's [`Digest`] with the stored ones, at a
//!    time the server takes from its clock;
//! 3. **issue**: choose life and scopes ([`grant`]), make the token from given randomness
//!    ([`Secret::generate`]), store its digest, then answer ([`TokenResponse`]).
//!
//! ```
//! use rand::CryptoRng;
//! use vestibule_oauth::{
//!     Digest, Scopes, Secret, SecretKind, TokenError, TokenRequest, TokenResponse, grant,
//! };
//!
//! /// What the server keeps of a client; times in seconds.
//! struct Client {
//!     id: String,
//!     secret: Digest,
//!     valid_until: u64,
//! }
//!
//! fn answer(
//!     basic: Option<&[u8]>,
//!     body: &[u8],
//!     client: &Client,
//!     now: u64,
//!     rng: &mut impl CryptoRng,
//! ) -> Result<(TokenResponse, Digest), TokenError> {
//!     let form = "application/x-www-form-urlencoded";
//!     let request =
//!         TokenRequest::parse(Some(form), basic, usize::from(basic.is_some()), "", body)?;
//!
//!     // One comparison whoever asks, and one answer whatever is wrong.
//!     let presented = Digest::of(request.credentials.client_secret.secret());
//!     let right = presented.matches(&client.secret);
//!     let known = *request.credentials.client_id == client.id;
//!     if !right || !known || now >= client.valid_until {
//!         return Err(TokenError::invalid_client(request.used_basic));
//!     }
//!
//!     let scope = grant::scopes(request.scope, Scopes::ALL)?;
//!     let left = client.valid_until - now;
//!     let expires_in = grant::lifetime(request.ttl_minutes, 60, 24 * 60, Some(left));
//!     let access_token = Secret::generate(SecretKind::AccessToken, rng);
//!     // To be stored, with `now + expires_in`, before the answer is sent.
//!     let digest = access_token.digest();
//!     Ok((TokenResponse { access_token, expires_in, scope }, digest))
//! }
//!
//! use rand::{TryRngCore, rngs::OsRng};
//! let mut rng = OsRng.unwrap_err();
//! let secret = Secret::generate(SecretKind::ClientSecret, &mut rng);
//! let client = Client { id: "iga".into(), secret: secret.digest(), valid_until: 10_000 };
//!
//! let body = format!(
//!     "grant_type=client_credentials&client_id=iga&client_secret={}&ttl=600&scope=scim:read",
//!     secret.expose(),
//! );
//! let (response, stored) = answer(None, body.as_bytes(), &client, 1_000, &mut rng)?;
//! assert_eq!(response.body()["expires_in"], 9_000);
//! assert_eq!(response.body()["scope"], "scim:read");
//! assert!(stored.matches(&Digest::of(response.access_token.expose())));
//!
//! let refused = answer(None, body.as_bytes(), &client, 10_000, &mut rng).unwrap_err();
//! assert_eq!((refused.status(), refused.code()), (401, "invalid_client"));
//! # Ok::<(), TokenError>(())
//! ```

#![forbid(unsafe_code)]

mod authorization;
pub mod bearer;
pub mod error;
pub mod grant;
pub mod metadata;
pub mod request;
pub mod response;
pub mod scope;
pub mod secret;

pub use bearer::{Bearer, BearerError, ChallengeError};
pub use error::{TokenError, TokenErrorKind};
pub use metadata::Metadata;
pub use oauth2::{ClientId, ClientSecret};
pub use request::{ClientCredentials, TokenRequest};
pub use response::TokenResponse;
pub use scope::{Scopes, UnknownScope};
pub use secret::{Digest, Secret, SecretKind};
