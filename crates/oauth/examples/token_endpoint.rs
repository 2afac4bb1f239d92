//! A token endpoint without a server: prints the answer to one request.
//!
//! ```text
//! cargo run -p vestibule-oauth --example token_endpoint -- [BODY [AUTHORIZATION]]
//! ```
//!
//! One client is registered, `demo`; `{secret}` in the arguments stands for its secret. Without
//! arguments the request is a good one. Try `'grant_type=password&username=a'`, or leave the
//! secret out.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use rand::rngs::OsRng;
use rand::{CryptoRng, TryRngCore as _};
use serde_json::Value;
use vestibule_oauth::response::HEADERS;
use vestibule_oauth::{
    Circumstances, KnownClient, KnownSecret, Methods, Proven, Received, Scopes, Secret, SecretKind,
    TokenError, TokenRequest, TokenResponse, grant,
};

/// The life of a token for which none is asked, and the longest.
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const BODY: &str = "grant_type=client_credentials&client_id=demo&client_secret={secret}&ttl=30";

/// What a server would keep of a client.
struct Client {
    id: &'static str,
    secrets: [KnownSecret; 1],
    /// Since 1970.
    valid_until: Duration,
    allowed: Scopes,
}

/// Status, headers and body of an answer.
type Answer = (u16, Vec<(&'static str, String)>, Value);

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = OsRng.unwrap_err();
    let secret = Secret::generate(SecretKind::ClientSecret, &mut rng);
    let client = Client {
        id: "demo",
        secrets: [KnownSecret {
            digest: secret.digest(),
            expires: None,
        }],
        valid_until: Duration::from_secs(1_000_000),
        allowed: Scopes::ALL,
    };
    let mut arguments = std::env::args().skip(1);
    let body = arguments.next().unwrap_or_else(|| BODY.to_owned());
    let body = body.replace("{secret}", secret.expose());
    let authorization = arguments
        .next()
        .map(|text| text.replace("{secret}", secret.expose()));

    let issued = issue(
        &body,
        authorization.as_deref(),
        &client,
        Duration::from_secs(1_000),
        &mut rng,
    );
    let (status, headers, body) = answer(issued);

    let mut out = std::io::stdout().lock();
    writeln!(out, "HTTP/1.1 {status}")?;
    for (name, value) in headers {
        writeln!(out, "{name}: {value}")?;
    }
    writeln!(out, "\n{body:#}")?;
    Ok(())
}

/// Parse, authenticate, issue. A server stores the new token's digest before it answers.
fn issue(
    body: &str,
    authorization: Option<&str>,
    client: &Client,
    now: Duration,
    rng: &mut impl CryptoRng,
) -> Result<TokenResponse, TokenError> {
    let request = TokenRequest::parse(Received {
        content_type: Some("application/x-www-form-urlencoded"),
        authorization: authorization.map(str::as_bytes).as_slice(),
        query: "",
        body: body.as_bytes(),
        certificate: None,
    })?;

    let known = *request.client.client_id == client.id && now < client.valid_until;
    let methods = Methods::default();
    let known = known.then_some(KnownClient {
        client_id: client.id,
        methods: &methods,
        secrets: &client.secrets,
    });
    let circumstances = Circumstances {
        now,
        audiences: &[],
        fetched: None,
    };
    let proven = request.client.check(known, &circumstances);
    // An assertion would have to be recorded as used, a token bound to its certificate.
    if !matches!(proven, Ok(Proven::Secret(_))) {
        return Err(request.client.refused());
    }

    let scope = grant::scopes(request.scope?, client.allowed)?;
    let left = client.valid_until.saturating_sub(now);
    let expires_in = grant::lifetime(request.ttl?, HOUR, DAY, Some(left));
    let access_token = Secret::generate(SecretKind::AccessToken, rng);
    Ok(TokenResponse {
        access_token,
        expires_in,
        scope,
    })
}

fn answer(issued: Result<TokenResponse, TokenError>) -> Answer {
    let mut headers: Vec<_> = HEADERS.map(|(name, value)| (name, value.to_owned())).into();
    match issued {
        Ok(response) => (200, headers, response.body()),
        Err(error) => {
            headers.extend(
                error
                    .www_authenticate()
                    .map(|value| ("WWW-Authenticate", value)),
            );
            headers.extend(
                error
                    .retry_after
                    .map(|seconds| ("Retry-After", seconds.to_string())),
            );
            (error.status(), headers, error.body())
        }
    }
}
