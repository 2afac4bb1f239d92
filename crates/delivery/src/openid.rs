//! Signing administrators in with OpenID Connect: authorization code and PKCE (RFC 6749, section 4.1;
//! RFC 7636), the ID token checked as OpenID Connect Core 1.0, section 3.1.3.7, wants it.
//!
//! Calls are bounded like those for keys, and reach no further. They block.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardRevocableToken, StandardTokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ureq::Agent;

use crate::reach::{Reach, whole};

/// A call as a whole.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const MAX_BYTES: u64 = 256 * 1024;
/// How long what the provider says of itself is believed.
const FRESH: Duration = Duration::from_mins(10);
/// Seconds that clocks may differ.
const LEEWAY: i64 = 60;
/// Signatures that are taken: by keys that only the provider has.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Who signs administrators in.
#[derive(Clone)]
pub struct OpenIdSettings {
    /// To the letter as it stands in its tokens.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: Option<String>,
    /// The claim that names the administrator.
    pub claim: String,
    /// Where the provider sends people back to.
    pub redirect: String,
}

impl std::fmt::Debug for OpenIdSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenIdSettings")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("claim", &self.claim)
            .finish_non_exhaustive()
    }
}

/// Why nobody was signed in. For the log: who tried is told less.
#[derive(Debug, thiserror::Error)]
pub enum OpenIdError {
    #[error("{address} cannot be asked: {why}")]
    Call { address: String, why: String },
    #[error("what the provider says of itself cannot be used: {0}")]
    Metadata(String),
    #[error("the provider gives no token for the code: {0}")]
    Code(String),
    #[error("the ID token is not good: {0}")]
    Token(String),
}

/// A sign-in that has begun: where it goes on, and what must come back.
#[derive(Debug, Clone)]
pub struct Begun {
    pub address: String,
    pub state: String,
    pub nonce: String,
    /// Shown to the provider with the code (RFC 7636).
    pub verifier: String,
}

/// Signs in by one provider. Cheap to clone; clones remember together.
#[derive(Debug, Clone)]
pub struct OpenId {
    settings: Arc<OpenIdSettings>,
    reach: Reach,
    agent: Agent,
    known: Arc<Mutex<Option<(Metadata, Instant)>>>,
}

/// What is used of OpenID Connect Discovery 1.0, section 3.
#[derive(Debug, Clone, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// What an answer of the token endpoint holds besides (OpenID Connect Core 1.0, section 3.1.3.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Extra {
    id_token: Option<String>,
}

impl ExtraTokenFields for Extra {}

type Relying = Client<
    BasicErrorResponse,
    StandardTokenResponse<Extra, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The claims that are looked at, beside the configured one.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    aud: Value,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

impl OpenId {
    pub fn new(settings: OpenIdSettings, reach: Reach) -> Self {
        Self {
            settings: Arc::new(settings),
            reach,
            agent: reach.agent(TIMEOUT),
            known: Arc::default(),
        }
    }

    /// The provider's address, as it is configured.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// Begins a sign-in with state, nonce and verifier, each of 43 random characters or more.
    pub fn begin(&self, [state, nonce, verifier]: [String; 3]) -> Result<Begun, OpenIdError> {
        let metadata = self.metadata()?;
        let proof = PkceCodeVerifier::new(verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&proof);
        let (address, _) = self
            .relying(&metadata)?
            .authorize_url(|| CsrfToken::new(state.clone()))
            .add_scope(Scope::new("openid".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .add_extra_param("nonce", nonce.clone())
            .set_pkce_challenge(challenge)
            .url();
        Ok(Begun {
            address: address.into(),
            state,
            nonce,
            verifier,
        })
    }

    /// Trades the code for an ID token, checks that, and answers whom the configured claim names.
    pub fn finish(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
        now: DateTime<Utc>,
    ) -> Result<String, OpenIdError> {
        let metadata = self.metadata()?;
        let relying = self.relying(&metadata)?;
        let call = |request: HttpRequest| self.call(request);
        let answer = relying
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request(&call)
            .map_err(|error| OpenIdError::Code(error.to_string()))?;
        let token = answer
            .extra_fields()
            .id_token
            .as_deref()
            .ok_or_else(|| bad("there is none"))?;
        let claims = self.verified(token, &metadata)?;
        self.check(&claims, nonce, now)?;
        let named = claims.others.get(&self.settings.claim);
        match named.and_then(Value::as_str).map(str::trim) {
            Some(name) if !name.is_empty() => Ok(name.to_owned()),
            _ => Err(bad(format!("it has no claim {}", self.settings.claim))),
        }
    }

    /// The claims, once their signature is found to be the provider's.
    fn verified(&self, token: &str, metadata: &Metadata) -> Result<Claims, OpenIdError> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| bad(error.to_string()))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(bad("its algorithm is not taken"));
        }
        let keys: JwkSet = self.get(&metadata.jwks_uri)?;
        // Times, audience and issuer are looked at below, by the server's own clock.
        let mut validation = Validation::new(header.alg);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let fits = |kid: Option<&String>| match (&header.kid, kid) {
            (Some(wanted), Some(kid)) => wanted == kid,
            _ => true,
        };
        keys.keys
            .iter()
            .filter(|key| fits(key.common.key_id.as_ref()))
            .filter_map(|key| DecodingKey::from_jwk(key).ok())
            .find_map(|key| jsonwebtoken::decode::<Claims>(token, &key, &validation).ok())
            .map(|good| good.claims)
            .ok_or_else(|| bad("no key of the provider made its signature"))
    }

    fn check(&self, claims: &Claims, nonce: &str, now: DateTime<Utc>) -> Result<(), OpenIdError> {
        let client = self.settings.client_id.as_str();
        if claims.iss != self.settings.issuer {
            return Err(bad("another issuer made it"));
        }
        let audiences: Vec<&str> = match &claims.aud {
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let ours = audiences.contains(&client);
        let party = claims.azp.as_deref();
        let only = audiences.len() == 1 && party.is_none();
        if !ours || !(only || party == Some(client)) {
            return Err(bad("it is for somebody else"));
        }
        let now = now.timestamp();
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(bad("it has expired"));
        }
        if claims.iat.saturating_sub(LEEWAY) > now {
            return Err(bad("it comes from the future"));
        }
        if claims.nonce.as_deref() != Some(nonce) {
            return Err(bad("its nonce is not the one of this sign-in"));
        }
        Ok(())
    }

    fn relying(&self, metadata: &Metadata) -> Result<Relying, OpenIdError> {
        let wrong = |what: &str| {
            let what = what.to_owned();
            move |error: oauth2::url::ParseError| OpenIdError::Metadata(format!("{what}: {error}"))
        };
        let settings = &self.settings;
        let authorization = AuthUrl::new(metadata.authorization_endpoint.clone())
            .map_err(wrong("authorization_endpoint"))?;
        let token =
            TokenUrl::new(metadata.token_endpoint.clone()).map_err(wrong("token_endpoint"))?;
        let redirect = RedirectUrl::new(settings.redirect.clone()).map_err(wrong("redirect"))?;
        let mut client = Client::new(ClientId::new(settings.client_id.clone()))
            .set_auth_uri(authorization)
            .set_token_uri(token)
            .set_redirect_uri(redirect);
        if let Some(secret) = &settings.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.clone()));
        }
        Ok(client)
    }

    /// What the provider says of itself, asked again after a while.
    fn metadata(&self) -> Result<Metadata, OpenIdError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((metadata, asked)) = &*known
            && asked.elapsed() < FRESH
        {
            return Ok(metadata.clone());
        }
        let issuer = self.settings.issuer.trim_end_matches('/');
        let metadata: Metadata = self.get(&format!("{issuer}/.well-known/openid-configuration"))?;
        // Discovery 1.0, section 4.3: it MUST be the one that was asked.
        if metadata.issuer != self.settings.issuer {
            let other = format!("it calls itself {}", metadata.issuer);
            return Err(OpenIdError::Metadata(other));
        }
        *known = Some((metadata.clone(), Instant::now()));
        Ok(metadata)
    }

    fn get<T: serde::de::DeserializeOwned>(&self, address: &str) -> Result<T, OpenIdError> {
        let failed = |why: String| OpenIdError::Call {
            address: address.to_owned(),
            why,
        };
        let request = oauth2::http::Request::get(address)
            .header("Accept", "application/json")
            .body(Vec::new())
            .map_err(|error| failed(error.to_string()))?;
        let answer = self.call(request)?;
        if answer.status() != 200 {
            return Err(failed(format!("it answers {}", answer.status().as_u16())));
        }
        serde_json::from_slice(answer.body()).map_err(|error| failed(error.to_string()))
    }

    fn call(&self, request: HttpRequest) -> Result<HttpResponse, OpenIdError> {
        let address = request.uri().to_string();
        let failed = |why: String| OpenIdError::Call {
            address: address.clone(),
            why,
        };
        if !self.reach.permits_scheme(request.uri().scheme_str()) {
            return Err(failed("only https may be used".to_owned()));
        }
        // A question has no body, not even an empty one.
        let answer = if request.body().is_empty() {
            self.agent.run(request.map(drop))
        } else {
            self.agent.run(request)
        };
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        let (head, mut body) = answer.into_parts();
        let bytes = whole(&mut body, MAX_BYTES).map_err(failed)?;
        Ok(HttpResponse::from_parts(head, bytes))
    }
}

fn bad(why: impl Into<String>) -> OpenIdError {
    OpenIdError::Token(why.into())
}
