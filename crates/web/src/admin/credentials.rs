//! A provider's credentials: client secrets and activation tokens.

use actix_web::HttpResponse;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::Scopes;
use vestibule_service::credentials::{Token, TokenSort, Use};
use vestibule_service::providers::SecretInfo;

use super::body::{Admin, Body, Id, Ids, When};
use super::list::{List, Nothing, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; rotate, revoke_secret, tokens, issue, revoke_token, revoke_all, revoke_before);
}

/// How the present secret is to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_minutes": 60}))]
struct Rotation {
    /// How long the secret before this one still works; 0 = no longer. Without it, a day.
    #[serde(default)]
    #[schema(maximum = 525_600)]
    overlap_minutes: Option<u32>,
}

/// A new client secret.
#[derive(Debug, Serialize, ToSchema)]
struct NewSecret {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    client_id: String,
    /// Shown this once.
    client_secret: String,
}

/// A client secret without the secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClientSecret {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    created: DateTime<Utc>,
    /// First instant at which it no longer works; none = no end.
    expires: Option<DateTime<Utc>>,
    last_used: Option<LastUse>,
}

/// When and from where a credential was used last.
#[derive(Debug, Serialize, ToSchema)]
struct LastUse {
    at: DateTime<Utc>,
    address: Option<String>,
    /// How often in all.
    uses: i64,
}

impl ClientSecret {
    pub(super) fn of(secret: SecretInfo, uses: &[Use]) -> Self {
        let SecretInfo {
            id,
            created,
            expires,
        } = secret;
        Self {
            id,
            created,
            expires,
            last_used: LastUse::of(id, uses),
        }
    }
}

impl LastUse {
    fn of(id: CredentialId, uses: &[Use]) -> Option<Self> {
        let found = uses.iter().find(|found| found.credential == id)?;
        Some(Self {
            at: found.last_used,
            address: found.last_address.clone(),
            uses: found.uses,
        })
    }
}

/// A named, long-lived token without the token.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActivationToken {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    name: String,
    #[schema(value_type = String, example = "scim")]
    scopes: Scopes,
    issued: DateTime<Utc>,
    /// First instant at which it no longer works.
    expires: DateTime<Utc>,
}

impl From<Token> for ActivationToken {
    fn from(token: Token) -> Self {
        let Token {
            id,
            name,
            scopes,
            issued,
            expires,
            ..
        } = token;
        Self {
            id,
            name: name.unwrap_or_default(),
            scopes,
            issued,
            expires,
        }
    }
}

/// An activation token with its use.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsedActivationToken {
    token: ActivationToken,
    last_used: Option<LastUse>,
}

impl UsedActivationToken {
    pub(super) fn of(token: Token, uses: &[Use]) -> Self {
        Self {
            last_used: LastUse::of(token.id, uses),
            token: token.into(),
        }
    }
}

/// An activation token to be issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Okta HTTP header", "ttl_minutes": 525_600}))]
struct NewActivationToken {
    name: String,
    /// How long it works; never past the provider's validity. Without it, a year.
    #[serde(default)]
    ttl_minutes: Option<u64>,
    /// Without it, all that the provider may.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    scope: Option<Scopes>,
}

/// A new activation token.
#[derive(Debug, Serialize, ToSchema)]
struct IssuedActivationToken {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    /// Shown this once.
    access_token: String,
    /// Seconds.
    expires_in: u64,
    #[schema(value_type = String, example = "scim")]
    scope: Scopes,
}

/// Rotate a provider's client secret
///
/// Two secrets work at the same time, so that the product can be reconfigured without an outage.
#[utoipa::path(
    post,
    path = "/providers/{id}/secrets",
    operation_id = "rotateProviderSecret",
    tag = "Credentials",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    request_body = Rotation,
    responses((status = 201, description = "The new secret.", body = NewSecret), ChangeProblems),
)]
async fn rotate(
    admin: Admin,
    id: Id<ProviderId>,
    body: Body<Rotation>,
) -> Result<HttpResponse, Problem> {
    let overlap = body
        .0
        .overlap_minutes
        .map(|minutes| Duration::minutes(minutes.into()));
    let new = admin
        .run(move |service, call| service.rotate_secret(call, id.0, overlap))
        .await?;
    Ok(HttpResponse::Created().json(NewSecret {
        id: new.secret_id,
        client_id: new.provider.client_id,
        client_secret: new.client_secret.expose().to_owned(),
    }))
}

/// Revoke a client secret
#[utoipa::path(
    delete,
    path = "/providers/{id}/secrets/{secret}",
    operation_id = "revokeProviderSecret",
    tag = "Credentials",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        ("secret" = Uuid, Path, description = "Id of the secret."),
    ),
    responses((status = 204, description = "It no longer works."), ChangeProblems),
)]
async fn revoke_secret(
    admin: Admin,
    ids: Ids<ProviderId, CredentialId>,
) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.revoke_secret(call, ids.0, ids.1))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The columns of the export.
const COLUMNS: [&str; 5] = ["/id", "/name", "/scopes", "/issued", "/expires"];

/// List a provider's activation tokens
#[utoipa::path(
    get,
    path = "/providers/{id}/tokens",
    operation_id = "listActivationTokens",
    tag = "Credentials",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        Paging,
        ("sort" = Option<words::ActivationTokenSort>, Query, description = "Without it, `issued`."),
    ),
    responses((status = 200, description = "A page of them, oldest first.", content((Page<ActivationToken> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn tokens(
    admin: Admin,
    id: Id<ProviderId>,
    wanted: List<Nothing, TokenSort>,
) -> Result<HttpResponse, Problem> {
    let provider = id.0;
    wanted
        .answer::<_, ActivationToken, _>(&admin, &COLUMNS, move |service, call, _, page| {
            service.activation_tokens(call, provider, &page)
        })
        .await
}

/// Issue an activation token
///
/// A long-lived bearer token for products that have one pasted instead of asking for it.
#[utoipa::path(
    post,
    path = "/providers/{id}/tokens",
    operation_id = "issueActivationToken",
    tag = "Credentials",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    request_body = NewActivationToken,
    responses((status = 201, description = "The new token.", body = IssuedActivationToken), ChangeProblems),
)]
async fn issue(
    admin: Admin,
    id: Id<ProviderId>,
    body: Body<NewActivationToken>,
) -> Result<HttpResponse, Problem> {
    let NewActivationToken {
        name,
        ttl_minutes,
        scope,
    } = body.0;
    let token = admin
        .run(move |service, call| {
            service.issue_activation_token(call, id.0, &name, ttl_minutes, scope)
        })
        .await?;
    Ok(HttpResponse::Created().json(IssuedActivationToken {
        id: token.id,
        access_token: token.access_token.expose().to_owned(),
        expires_in: token.expires_in,
        scope: token.scopes,
    }))
}

/// Revoke an access token
///
/// An activation token, or one that the token endpoint issued, by its id.
#[utoipa::path(
    delete,
    path = "/providers/{id}/tokens/{token}",
    operation_id = "revokeProviderToken",
    tag = "Credentials",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        ("token" = Uuid, Path, description = "Id of the token."),
    ),
    responses((status = 204, description = "It no longer works."), ChangeProblems),
)]
async fn revoke_token(
    admin: Admin,
    ids: Ids<ProviderId, CredentialId>,
) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.revoke_token(call, ids.0, ids.1))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Revoke every access token of a provider
#[utoipa::path(
    delete,
    path = "/providers/{id}/tokens",
    operation_id = "revokeAllProviderTokens",
    tag = "Credentials",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    responses((status = 204, description = "None of them works any more."), ChangeProblems),
)]
async fn revoke_all(admin: Admin, id: Id<ProviderId>) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.revoke_all_tokens(call, id.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which tokens are to end.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"issued_before": "2026-11-22T08:00:00Z"}))]
struct TokenEpoch {
    /// Every token issued before this instant ends; now at the latest.
    #[schema(value_type = DateTime<Utc>)]
    issued_before: When,
}

/// How many ended.
#[derive(Debug, Serialize, ToSchema)]
struct EndedTokens {
    tokens: usize,
}

/// Revoke what was issued before an instant
///
/// Ends every access and activation token of the provider issued before it, also one that a restored
/// backup should bring back. An earlier instant than the last one changes nothing.
#[utoipa::path(
    post,
    path = "/providers/{id}/token-epoch",
    operation_id = "revokeProviderTokensBefore",
    tag = "Credentials",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    request_body = TokenEpoch,
    responses((status = 200, description = "They no longer work.", body = EndedTokens), ChangeProblems),
)]
async fn revoke_before(
    admin: Admin,
    id: Id<ProviderId>,
    body: Body<TokenEpoch>,
) -> Result<HttpResponse, Problem> {
    let epoch = body.0.issued_before.into();
    let ended = admin
        .run(move |service, call| service.revoke_tokens_before(call, id.0, epoch))
        .await?;
    Ok(HttpResponse::Ok().json(EndedTokens { tokens: ended }))
}
