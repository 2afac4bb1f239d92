//! The OAuth endpoints: tokens (RFC 6749, section 4.4), their revocation (RFC 7009) and
//! introspection (RFC 7662), and metadata (RFC 8414).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use serde_json::Value;
use utoipa::ToSchema;
use vestibule_delivery::jwks::FetchError;
use vestibule_oauth::{
    AboutToken, ClientAuthentication, Metadata, Proof, PublicKeys, Received, SigningAlgorithm,
    TokenError, TokenErrorKind, TokenRequest, introspection, request, response,
};
use vestibule_service::{Contact, Error};

use crate::admission::FULL;
use crate::blocking::{blocking, log};
use crate::reading::{BodyError, body};
use crate::refusals;
use crate::request::{Sender, request_id};
use crate::routes::{Methods, Routes, operations};
use crate::{Web, enter};

/// Where the issuer lives, below the public address.
pub const ISSUER: &str = "/iso/oauth2";
/// Where its metadata is, by RFC 8414, section 3.1, and below its own path.
const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";
/// Seconds after which a client may try again when the database was away.
const RETRY_AFTER: u32 = 5;

pub(crate) fn configure(routes: &mut Routes<'_>) {
    routes.below(ISSUER, endpoints, web::to(otherwise), |scope| {
        scope.wrap(from_fn(refusals::over_tokens))
    });
    routes.below(WELL_KNOWN, well_known, web::to(otherwise), |scope| scope);
}

fn well_known(routes: &mut Routes<'_>) {
    operations!(routes; metadata, metadata_of_issuer);
}

fn endpoints(routes: &mut Routes<'_>) {
    operations!(routes; token, revoke, introspect);
    enter::configure_keys(routes);
}

/// A token request, as a form.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate reads it"
)]
struct TokenForm {
    /// `client_credentials`
    grant_type: String,
    /// Here or in HTTP Basic, not in both.
    client_id: Option<String>,
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`
    client_assertion_type: Option<String>,
    /// A signed JWT, instead of a secret.
    client_assertion: Option<String>,
    /// Minutes the token is to live.
    ttl: Option<u64>,
    /// `scim`, `scim:read` or `scim:write`; all that is allowed when omitted.
    scope: Option<String>,
}

/// A request about one token, as a form.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate reads it"
)]
struct AboutTokenForm {
    token: String,
    /// Read past: there is one type of token.
    token_type_hint: Option<String>,
    /// Here or in HTTP Basic, not in both.
    client_id: Option<String>,
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`
    client_assertion_type: Option<String>,
    /// A signed JWT, instead of a secret.
    client_assertion: Option<String>,
}

/// What there is to tell of a token (RFC 7662, section 2.2).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate writes it"
)]
struct Introspection {
    /// Whether it works; if not, there is nothing else.
    active: bool,
    scope: Option<String>,
    client_id: Option<String>,
    /// `Bearer`
    token_type: Option<String>,
    /// Seconds since 1970.
    exp: Option<i64>,
    /// Seconds since 1970.
    iat: Option<i64>,
    sub: Option<String>,
    iss: Option<String>,
    cnf: Option<TokenConfirmation>,
}

/// The certificate that a token works with alone (RFC 8705, section 3.2).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate writes it"
)]
struct TokenConfirmation {
    #[schema(rename = "x5t#S256")]
    thumbprint: String,
}

/// An access token.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate writes it"
)]
struct TokenAnswer {
    access_token: String,
    /// `bearer`
    token_type: String,
    /// Seconds.
    expires_in: u64,
    scope: String,
}

/// A refused token request (RFC 6749, section 5.2).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate writes it"
)]
struct TokenRefusal {
    error: String,
    error_description: Option<String>,
    /// Under which administrators find the request; not there where the status is 401, whose answers
    /// are all alike.
    request_id: Option<String>,
}

/// What a client can know of the issuer (RFC 8414).
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "this type describes the wire; the oauth crate writes it"
)]
struct IssuerMetadata {
    issuer: String,
    token_endpoint: String,
    /// Of the keys that assertions for gateways are signed with.
    jwks_uri: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    scopes_supported: Vec<String>,
    response_types_supported: Vec<String>,
    grant_types_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    token_endpoint_auth_signing_alg_values_supported: Vec<String>,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    introspection_endpoint_auth_methods_supported: Vec<String>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// There, and true, where TLS ends in this server (RFC 8705, section 3.3).
    tls_client_certificate_bound_access_tokens: Option<bool>,
}

/// Issues an access token for client credentials.
#[utoipa::path(post, path = "/token", tag = "OAuth", operation_id = "issueToken", security(()),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = TokenAnswer, content_type = "application/json"),
        (status = 400, description = "The request, its scope or its source is refused", body = TokenRefusal, content_type = "application/json"),
        (status = 401, description = "The client is not authenticated", body = TokenRefusal, content_type = "application/json"),
        (status = 408, description = "The body took too long to arrive", body = TokenRefusal, content_type = "application/json"),
        (status = 429, description = "Faster than the provider may be; see Retry-After", body = TokenRefusal, content_type = "application/json"),
        (status = 500, description = "A fault of the server", body = TokenRefusal, content_type = "application/json"),
        (status = 503, description = "Paused, or too busy; see Retry-After", body = TokenRefusal, content_type = "application/json")))]
pub(crate) async fn token(
    request: HttpRequest,
    web: Data<Web>,
    sender: Sender,
    payload: web::Payload,
) -> HttpResponse {
    let read = read(&request, &sender, payload.into_inner(), TokenRequest::parse).await;
    let id = sender.request_id.clone();
    let client = read.as_ref().ok().map(|read| &read.client);
    let contact = contact(&request, &web, sender, client).await;
    let service = web.service.clone();
    let operation = async move { service.grant_token(read, &contact?).await };
    match web.write(operation).await {
        Ok(granted) => answer(StatusCode::OK, &granted.body()).finish_with(None),
        Err(error) => refusal(&error, &id),
    }
}

/// Ends a token of the client's own; answers alike whether there was one.
#[utoipa::path(post, path = "/revoke", tag = "OAuth", operation_id = "revokeToken", security(()),
    request_body(content = AboutTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token no longer works"),
        (status = 400, description = "The request or its source is refused", body = TokenRefusal, content_type = "application/json"),
        (status = 401, description = "The client is not authenticated", body = TokenRefusal, content_type = "application/json"),
        (status = 408, description = "The body took too long to arrive", body = TokenRefusal, content_type = "application/json"),
        (status = 429, description = "Faster than the provider may be; see Retry-After", body = TokenRefusal, content_type = "application/json"),
        (status = 500, description = "A fault of the server", body = TokenRefusal, content_type = "application/json"),
        (status = 503, description = "Too busy: the token may still work; see Retry-After", body = TokenRefusal, content_type = "application/json")))]
pub(crate) async fn revoke(
    request: HttpRequest,
    web: Data<Web>,
    sender: Sender,
    payload: web::Payload,
) -> HttpResponse {
    let read = read(&request, &sender, payload.into_inner(), AboutToken::parse).await;
    let id = sender.request_id.clone();
    let client = read.as_ref().ok().map(|read| &read.client);
    let contact = contact(&request, &web, sender, client).await;
    let service = web.service.clone();
    let operation = async move { service.revoke_own_token(read, &contact?).await };
    match web.write(operation).await {
        Ok(()) => {
            let body = String::new();
            Answer {
                status: StatusCode::OK,
                body,
            }
            .finish_with(None)
        }
        Err(error) => refusal(&error, &id),
    }
}

/// Tells of a token of the client's own.
#[utoipa::path(post, path = "/introspect", tag = "OAuth", operation_id = "introspectToken", security(()),
    request_body(content = AboutTokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Whether it works, and what it allows", body = Introspection, content_type = "application/json"),
        (status = 400, description = "The request or its source is refused", body = TokenRefusal, content_type = "application/json"),
        (status = 401, description = "The client is not authenticated", body = TokenRefusal, content_type = "application/json"),
        (status = 408, description = "The body took too long to arrive", body = TokenRefusal, content_type = "application/json"),
        (status = 429, description = "Faster than the provider may be; see Retry-After", body = TokenRefusal, content_type = "application/json"),
        (status = 500, description = "A fault of the server", body = TokenRefusal, content_type = "application/json"),
        (status = 503, description = "Paused, or too busy; see Retry-After", body = TokenRefusal, content_type = "application/json")))]
pub(crate) async fn introspect(
    request: HttpRequest,
    web: Data<Web>,
    sender: Sender,
    payload: web::Payload,
) -> HttpResponse {
    let read = read(&request, &sender, payload.into_inner(), AboutToken::parse).await;
    let id = sender.request_id.clone();
    let client = read.as_ref().ok().map(|read| &read.client);
    let contact = contact(&request, &web, sender, client).await;
    let service = web.service.clone();
    let operation = async move { service.introspect_own_token(read, &contact?).await };
    match web.write(operation).await {
        Ok(told) => {
            let body = introspection::answer(told.as_ref());
            answer(StatusCode::OK, &body).finish_with(None)
        }
        Err(error) => refusal(&error, &id),
    }
}

/// Where a request came from, with the keys that its client's assertion takes. Why there are none is
/// left for the record of the refused request: the client's answer is that of a wrong signature.
async fn contact(
    request: &HttpRequest,
    web: &Data<Web>,
    sender: Sender,
    client: Option<&ClientAuthentication>,
) -> Result<Contact, Error> {
    let keys = match client {
        Some(client) if matches!(client.proof, Proof::Assertion(_)) => {
            let (web, client) = (web.clone(), client.clone());
            let found = blocking(move || keys(&web, &client, sender.address)).await?;
            found.unwrap_or_else(|missing| {
                let missing = refusals::KeysMissing(missing);
                request.extensions_mut().insert(missing);
                None
            })
        }
        _ => None,
    };
    Ok(Contact {
        address: sender.address,
        referers: sender.referers,
        request_id: sender.request_id,
        issuer: issuer(web),
        keys,
    })
}

/// The keys that checking an assertion takes, fetched if they have to be; or why they cannot be.
fn keys(
    web: &Web,
    client: &ClientAuthentication,
    address: Option<IpAddr>,
) -> Result<Result<Option<Arc<PublicKeys>>, FetchError>, Error> {
    let Some(wanted) = web.service.keys_wanted(client, address)? else {
        return Ok(Ok(None));
    };
    let kid = wanted.key_id.as_deref();
    let found = web.keys.find(&wanted.address, kid, Instant::now());
    Ok(found.map(Some))
}

fn issuer(web: &Web) -> String {
    format!("{}{ISSUER}", web.settings.public_url)
}

async fn read<T>(
    request: &HttpRequest,
    sender: &Sender,
    mut payload: Payload,
    parse: impl FnOnce(Received<'_>) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let invalid = |detail: &str| TokenError::new(TokenErrorKind::InvalidRequest, detail);
    let read = body(request, &mut payload, request::MAX_BYTES).await;
    if let Ok(bytes) = &read {
        request
            .extensions_mut()
            .insert(refusals::Received(bytes.clone()));
    }
    let body = read.map_err(|error| match error {
        BodyError::TooLarge { .. } => invalid("the body is too large"),
        BodyError::TooSlow => {
            let detail = "the body took too long to arrive";
            TokenError::new(TokenErrorKind::TooSlow, detail)
        }
        BodyError::Full => {
            let detail = FULL.to_string();
            TokenError::new(TokenErrorKind::TemporarilyUnavailable, detail).with_retry_after(1)
        }
        BodyError::Broken => invalid("the body broke off or is badly framed"),
    })?;
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let authorization: Vec<&[u8]> = sender.authorization.iter().map(Vec::as_slice).collect();
    parse(Received {
        content_type,
        authorization: &authorization,
        query: request.query_string(),
        body: &body,
        certificate: sender.certificate.as_deref(),
    })
}

/// An answer under construction.
struct Answer {
    status: StatusCode,
    body: String,
}

fn answer(status: StatusCode, body: &Value) -> Answer {
    Answer {
        status,
        body: body.to_string(),
    }
}

impl Answer {
    fn finish_with(self, refused: Option<&TokenError>) -> HttpResponse {
        let mut builder = HttpResponse::build(self.status);
        for header in response::HEADERS {
            builder.insert_header(header);
        }
        if let Some(challenge) = refused.and_then(TokenError::www_authenticate) {
            builder.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = refused.and_then(|error| error.retry_after) {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        builder.body(self.body)
    }
}

pub(crate) fn refusal(error: &Error, request_id: &str) -> HttpResponse {
    let failed;
    let refused = match error {
        Error::Token(refused) => refused,
        Error::Unavailable(_) => {
            log(error, request_id);
            failed = TokenError::new(TokenErrorKind::TemporarilyUnavailable, error.to_string())
                .with_retry_after(RETRY_AFTER);
            &failed
        }
        Error::Busy { retry_after } => {
            failed = TokenError::new(TokenErrorKind::TemporarilyUnavailable, error.to_string())
                .with_retry_after(*retry_after);
            &failed
        }
        Error::OverRate { retry_after } => {
            failed = TokenError::new(TokenErrorKind::TooManyRequests, error.to_string())
                .with_retry_after(*retry_after);
            &failed
        }
        // No operation of these endpoints answers so but by a mistake of the server.
        Error::Internal(_)
        | Error::Unauthenticated(_)
        | Error::Refused(_)
        | Error::Forbidden(_)
        | Error::NotFound(_)
        | Error::Uniqueness(_)
        | Error::Conflict(_)
        | Error::PreconditionFailed
        | Error::Scim(_)
        | Error::Invalid { .. } => {
            log(error, request_id);
            failed = TokenError::new(TokenErrorKind::ServerError, "the server made a mistake");
            &failed
        }
    };
    let status =
        StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer(status, &body_of(refused, request_id)).finish_with(Some(refused));
    if let Some(unproven) = refused.unproven {
        // For the record of the refused request: the client is not told.
        response.extensions_mut().insert(unproven);
    }
    response
}

/// The error with the id under which administrators find the request. RFC 6749, section 5.1: clients
/// ignore members they do not know. Whoever is not let in is answered byte for byte alike (R-TOK-5)
/// and finds it in a header.
fn body_of(refused: &TokenError, request_id: &str) -> Value {
    let mut body = refused.body();
    if refused.status() != 401
        && let Value::Object(members) = &mut body
    {
        members.insert("request_id".to_owned(), request_id.into());
    }
    body
}

/// No such endpoint, or not with this method, or which there are: they take POST alone (RFC 6749, section 3.2; RFC 7009, section
/// 2.1; RFC 7662, section 2.1), the keys GET.
async fn otherwise(request: HttpRequest) -> HttpResponse {
    let id = request_id(&request);
    if let Some(methods) = Methods::of(&request) {
        let allowed = methods.listed();
        if *request.method() == Method::OPTIONS {
            return HttpResponse::NoContent()
                .insert_header((header::ALLOW, allowed))
                .finish();
        }
        return not_allowed(&allowed, &id);
    }
    let refused = TokenError::new(
        TokenErrorKind::InvalidRequest,
        "there is no such endpoint; the token endpoint ends in /token",
    );
    answer(StatusCode::NOT_FOUND, &body_of(&refused, &id)).finish_with(Some(&refused))
}

/// RFC 9110, section 15.5.6: the answer says what is allowed.
fn not_allowed(allowed: &str, id: &str) -> HttpResponse {
    let refused = TokenError::new(
        TokenErrorKind::InvalidRequest,
        format!("allowed here: {allowed}"),
    );
    let mut response =
        answer(StatusCode::METHOD_NOT_ALLOWED, &body_of(&refused, id)).finish_with(Some(&refused));
    if let Ok(allowed) = header::HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// Describes the issuer at the place RFC 8414, section 3.1, derives from its address.
#[utoipa::path(get, path = "/iso/oauth2", tag = "OAuth", operation_id = "readIssuerMetadata", security(()),
    responses((status = 200, description = "The metadata", body = IssuerMetadata)))]
pub(crate) async fn metadata_of_issuer(web: Data<Web>) -> HttpResponse {
    describe(&web)
}

/// Describes the issuer to clients that look at the host alone.
#[utoipa::path(get, path = "", tag = "OAuth", operation_id = "readHostMetadata", security(()),
    responses((status = 200, description = "The metadata", body = IssuerMetadata)))]
pub(crate) async fn metadata(web: Data<Web>) -> HttpResponse {
    describe(&web)
}

fn describe(web: &Web) -> HttpResponse {
    let issuer = issuer(web);
    let keys = format!("{issuer}/jwks");
    let told = Metadata::new(issuer)
        .with_assertions(SigningAlgorithm::ALL)
        .with_keys(keys);
    HttpResponse::Ok().json(if web.settings.certificates {
        told.with_certificates()
    } else {
        told
    })
}
