//! Administrators and the API tokens they use.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{AdministratorId, CredentialId};
use vestibule_service::{Role, Service, administrators as service};

use super::body::{Admin, Body, Id, Name};
use super::list::{List, Nothing, Page, Paging, truth};
use super::problem::{ChangeProblems, Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, tokens, issue, revoke, me);
}

/// Who administers. Never one whom a provider pushed.
#[derive(Debug, Serialize, ToSchema)]
struct Administrator {
    #[schema(value_type = Uuid)]
    id: AdministratorId,
    name: String,
    #[schema(value_type = words::Role)]
    role: Role,
    enabled: bool,
    created: DateTime<Utc>,
}

impl From<service::Administrator> for Administrator {
    fn from(administrator: service::Administrator) -> Self {
        Self {
            id: administrator.id,
            name: administrator.name,
            role: administrator.role,
            enabled: administrator.enabled,
            created: administrator.created,
        }
    }
}

/// An administrator to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "ada", "role": "operator", "password": "a long sentence is best"}))]
struct NewAdministrator {
    name: String,
    #[schema(value_type = words::Role)]
    role: Role,
    #[schema(min_length = 12, max_length = 1024, format = Password)]
    password: String,
}

/// An API token without the token.
#[derive(Debug, Serialize, ToSchema)]
struct AdminToken {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    name: String,
    created: DateTime<Utc>,
    /// First instant at which it no longer works; none = no end.
    expires: Option<DateTime<Utc>>,
}

impl From<service::AdminToken> for AdminToken {
    fn from(token: service::AdminToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            created: token.created,
            expires: token.expires,
        }
    }
}

/// An API token to be issued.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "nightly report", "ttl_minutes": 43_200}))]
struct NewAdminToken {
    /// What it is for.
    name: String,
    /// How long it works; without it, until it is revoked.
    #[serde(default)]
    ttl_minutes: Option<u64>,
}

/// A new API token.
#[derive(Debug, Serialize, ToSchema)]
struct IssuedAdminToken {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    /// Shown this once.
    token: String,
}

/// Who sent a request.
#[derive(Debug, Serialize, ToSchema)]
struct Myself {
    #[schema(value_type = Option<Uuid>)]
    id: Option<AdministratorId>,
    name: Option<String>,
    #[schema(value_type = words::Role)]
    role: Role,
}

/// Which administrators to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    #[param(value_type = Option<words::Role>)]
    role: Option<Role>,
    #[serde(default, deserialize_with = "truth")]
    enabled: Option<bool>,
    /// Only those whose name contains this, in any case.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 5] = ["/id", "/name", "/role", "/enabled", "/created"];

/// List administrators
#[utoipa::path(
    get,
    path = "/administrators",
    operation_id = "listAdministrators",
    tag = "Administrators",
    params(Choice, Paging, ("sort" = Option<words::AdministratorSort>, Query, description = "Without it, `name`.")),
    responses((status = 200, description = "A page of administrators.", content((Page<Administrator> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::AdministratorSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Administrator, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::AdministratorQuery {
                role: choice.role,
                enabled: choice.enabled,
                search: choice.q,
                page,
            };
            service.list_administrators(call, &query)
        })
        .await
}

/// Create an administrator
#[utoipa::path(
    post,
    path = "/administrators",
    operation_id = "createAdministrator",
    tag = "Administrators",
    request_body = NewAdministrator,
    responses((status = 201, description = "Created.", body = Administrator), ChangeProblems),
)]
async fn create(admin: Admin, body: Body<NewAdministrator>) -> Result<HttpResponse, Problem> {
    let NewAdministrator {
        name,
        role,
        password,
    } = body.0;
    let new = admin
        .run(move |service, call| service.create_administrator(call, &name, role, &password))
        .await?;
    Ok(HttpResponse::Created().json(Administrator::from(new)))
}

/// The columns of the export.
const TOKEN_COLUMNS: [&str; 4] = ["/id", "/name", "/created", "/expires"];

/// List an administrator's API tokens
#[utoipa::path(
    get,
    path = "/administrators/{name}/tokens",
    operation_id = "listAdminTokens",
    tag = "Administrators",
    params(
        ("name" = String, Path, description = "Name of the administrator."),
        Paging,
        ("sort" = Option<words::AdminTokenSort>, Query, description = "Without it, `created`."),
    ),
    responses((status = 200, description = "A page of them, oldest first.", content((Page<AdminToken> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn tokens(
    admin: Admin,
    name: Name,
    wanted: List<Nothing, service::AdminTokenSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, AdminToken, _>(&admin, &TOKEN_COLUMNS, move |service, call, _, page| {
            service.admin_tokens(call, &name.0, &page)
        })
        .await
}

/// Issue an API token
#[utoipa::path(
    post,
    path = "/administrators/{name}/tokens",
    operation_id = "issueAdminToken",
    tag = "Administrators",
    params(("name" = String, Path, description = "Name of the administrator.")),
    request_body = NewAdminToken,
    responses((status = 201, description = "The new token.", body = IssuedAdminToken), ChangeProblems),
)]
async fn issue(
    admin: Admin,
    owner: Name,
    body: Body<NewAdminToken>,
) -> Result<HttpResponse, Problem> {
    let NewAdminToken { name, ttl_minutes } = body.0;
    let issued = admin
        .run(move |service, call| service.issue_admin_token(call, &owner.0, &name, ttl_minutes))
        .await?;
    let answer = IssuedAdminToken {
        id: issued.token.id,
        token: issued.secret.expose().to_owned(),
    };
    Ok(HttpResponse::Created().json(answer))
}

/// Revoke an API token
#[utoipa::path(
    delete,
    path = "/admin-tokens/{id}",
    operation_id = "revokeAdminToken",
    tag = "Administrators",
    params(("id" = Uuid, Path, description = "Id of the token.")),
    responses((status = 204, description = "It no longer works."), ChangeProblems),
)]
async fn revoke(admin: Admin, id: Id<CredentialId>) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.revoke_admin_token(call, id.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Show who the token belongs to
#[utoipa::path(
    get,
    path = "/me",
    operation_id = "getMe",
    tag = "Administrators",
    responses((status = 200, description = "The sender of this request.", body = Myself), Problems),
)]
async fn me(admin: Admin) -> Result<HttpResponse, Problem> {
    let operator = admin.run(Service::identify).await?;
    let name = operator.actor.detail().map(std::borrow::Cow::into_owned);
    Ok(HttpResponse::Ok().json(Myself {
        id: operator.administrator,
        name,
        role: operator.role,
    }))
}
