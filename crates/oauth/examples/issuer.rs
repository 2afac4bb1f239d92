//! The issuing side inside another service: token, revocation and introspection endpoints on axum,
//! over a map in memory. What a real service does in another way is where it keeps its records.
//!
//! ```text
//! cargo run -p vestibule-oauth --example issuer
//! ```
//!
//! prints a client's id and secret and requests to try with `curl`.

use std::collections::HashMap;
use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use rand::TryRngCore as _;
use rand::rngs::OsRng;
use vestibule_oauth::response::HEADERS;
use vestibule_oauth::{
    AboutToken, ActiveToken, Circumstances, ClientAuthentication, Digest, KnownClient, KnownSecret,
    Metadata, Methods, Proven, Received, Scopes, Secret, SecretKind, TokenError, TokenRequest,
    TokenResponse, grant, introspection,
};

/// The life of a token for which none is asked, and the longest.
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const CLIENT_ID: &str = "demo";

/// The one client, the tokens it was given, and since when the clock runs.
struct Server {
    issuer: String,
    secrets: [KnownSecret; 1],
    methods: Methods,
    tokens: Mutex<HashMap<[u8; 32], Token>>,
    started: Instant,
}

#[derive(Clone)]
struct Token {
    scope: Scopes,
    issued: Duration,
    expires: Duration,
}

impl Server {
    /// A service takes the time since 1970; for a demonstration any steady clock will do.
    fn now(&self) -> Duration {
        Duration::from_hours(500_000) + self.started.elapsed()
    }

    /// Step 2, by secret alone. Assertions of clients need three things more: `audiences`, the keys that
    /// [`ClientAuthentication::keys_wanted`] names, and a record of the single uses.
    fn authenticate(&self, client: &ClientAuthentication) -> Result<(), TokenError> {
        let known = (*client.client_id == CLIENT_ID).then_some(KnownClient {
            client_id: CLIENT_ID,
            methods: &self.methods,
            secrets: &self.secrets,
        });
        let circumstances = Circumstances {
            now: self.now(),
            audiences: &[],
            fetched: None,
        };
        match client.check(known, &circumstances) {
            Ok(Proven::Secret(_)) => Ok(()),
            // Nothing records here that an assertion was used, nor binds tokens to a certificate.
            Ok(Proven::Key { .. } | Proven::Federated { .. } | Proven::Certificate(_)) | Err(_) => {
                Err(client.refused())
            }
        }
    }

    /// Parse, authenticate, issue; the digest is stored before the answer is sent.
    fn grant(&self, received: Received<'_>) -> Result<TokenResponse, TokenError> {
        let request = TokenRequest::parse(received)?;
        self.authenticate(&request.client)?;
        let scope = grant::scopes(request.scope?, Scopes::ALL)?;
        let expires_in = grant::lifetime(request.ttl?, HOUR, DAY, None);
        let access_token = Secret::generate(SecretKind::AccessToken, &mut OsRng.unwrap_err());
        let issued = self.now();
        let token = Token {
            scope,
            issued,
            expires: issued + expires_in,
        };
        let digest = *access_token.digest().as_bytes();
        self.tokens().insert(digest, token);
        Ok(TokenResponse {
            access_token,
            expires_in,
            scope,
        })
    }

    fn revoke(&self, received: Received<'_>) -> Result<(), TokenError> {
        let request = AboutToken::parse(received)?;
        self.authenticate(&request.client)?;
        self.tokens().remove(request.token.as_bytes());
        Ok(())
    }

    fn introspect(&self, received: Received<'_>) -> Result<Option<ActiveToken>, TokenError> {
        let request = AboutToken::parse(received)?;
        self.authenticate(&request.client)?;
        let found = self.tokens().get(request.token.as_bytes()).cloned();
        let live = found.filter(|token| self.now() < token.expires);
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Ok(live.map(|token| ActiveToken {
            scope: token.scope,
            client_id: CLIENT_ID.to_owned(),
            token_type: "Bearer",
            exp: seconds(token.expires),
            iat: seconds(token.issued),
            sub: CLIENT_ID.to_owned(),
            iss: self.issuer.clone(),
            cnf: None,
        }))
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands a request to one of the three endpoints, as it arrived.
fn received<T>(
    headers: &HeaderMap,
    query: Option<&String>,
    body: &Bytes,
    endpoint: impl FnOnce(Received<'_>) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let authorization: Vec<&[u8]> = headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    endpoint(Received {
        content_type: headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok()),
        authorization: &authorization,
        query: query.map_or("", String::as_str),
        body,
        certificate: None,
    })
}

fn answer(outcome: Result<serde_json::Value, TokenError>) -> Response {
    match outcome {
        Ok(body) => (HEADERS, body.to_string()).into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let mut response = (status, HEADERS, error.body().to_string()).into_response();
            let challenge = error.www_authenticate().and_then(|text| text.parse().ok());
            if let Some(challenge) = challenge {
                let headers = response.headers_mut();
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

type Parts = (HeaderMap, RawQuery, Bytes);

async fn token(State(server): State<Arc<Server>>, (headers, query, body): Parts) -> Response {
    let granted = received(&headers, query.0.as_ref(), &body, |it| server.grant(it));
    answer(granted.map(|granted| granted.body()))
}

async fn revoke(State(server): State<Arc<Server>>, (headers, query, body): Parts) -> Response {
    match received(&headers, query.0.as_ref(), &body, |it| server.revoke(it)) {
        Ok(()) => (HEADERS, "").into_response(),
        Err(error) => answer(Err(error)),
    }
}

async fn introspect(State(server): State<Arc<Server>>, (headers, query, body): Parts) -> Response {
    let told = received(&headers, query.0.as_ref(), &body, |it| {
        server.introspect(it)
    });
    answer(told.map(|told| introspection::answer(told.as_ref())))
}

async fn metadata(State(server): State<Arc<Server>>) -> Json<Metadata> {
    Json(Metadata::new(server.issuer.clone()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = tokio::net::TcpListener::bind(address).await?;
    let issuer = format!("http://{}", listener.local_addr()?);
    let secret = Secret::generate(SecretKind::ClientSecret, &mut OsRng.unwrap_err());
    let digest: Digest = secret.digest();
    let server = Server {
        issuer: issuer.clone(),
        secrets: [KnownSecret {
            digest,
            expires: None,
        }],
        methods: Methods::default(),
        tokens: Mutex::default(),
        started: Instant::now(),
    };
    let router = Router::new()
        .route("/token", post(token))
        .route("/revoke", post(revoke))
        .route("/introspect", post(introspect))
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .with_state(Arc::new(server));
    let secret = secret.expose();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "curl -u {CLIENT_ID}:{secret} -d grant_type=client_credentials {issuer}/token"
    )?;
    writeln!(
        out,
        "curl -u {CLIENT_ID}:{secret} -d token=TOKEN {issuer}/introspect"
    )?;
    drop(out);
    Ok(axum::serve(listener, router).await?)
}
