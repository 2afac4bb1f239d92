//! Refused requests: what providers were not allowed or able to do, and why.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_service::Service;
use vestibule_service::pages::PageQuery;
use vestibule_service::requests as service;

use super::body::{Admin, Id, Name};
use super::list::{List, Page, Paging};
use super::problem::{Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, of_provider, drops, read);
}

/// Which refused requests to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    #[param(value_type = Option<words::RequestEndpoint>)]
    endpoint: Option<Endpoint>,
    /// Only those answered with this status.
    #[serde(default, deserialize_with = "status")]
    #[param(value_type = Option<u16>, minimum = 400, maximum = 599)]
    status: Option<u16>,
    /// Only those whose target, code, answer or reason contains this, as it is written there.
    q: Option<String>,
}

/// The door a request came to.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Endpoint {
    Scim,
    Token,
}

fn status<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Option<u16>, D::Error> {
    let text = String::deserialize(text)?;
    text.parse()
        .ok()
        .filter(|status| (400..600).contains(status))
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("expected a status from 400 to 599"))
}

impl Choice {
    fn of(
        self,
        provider: Option<ProviderId>,
        page: PageQuery<service::RequestSort>,
    ) -> service::RequestQuery {
        service::RequestQuery {
            whose: provider.into(),
            endpoint: self.endpoint.map(|endpoint| {
                match endpoint {
                    Endpoint::Scim => "scim",
                    Endpoint::Token => "token",
                }
                .to_owned()
            }),
            status: self.status,
            search: self.q,
            page,
            ..service::RequestQuery::default()
        }
    }
}

/// The columns of the export.
const COLUMNS: [&str; 15] = [
    "/trace_id",
    "/at",
    "/provider",
    "/credential",
    "/endpoint",
    "/method",
    "/target",
    "/address",
    "/user_agent",
    "/status",
    "/code",
    "/answer",
    "/reason",
    "/advice",
    "/body",
];

/// A request that was refused or failed. It is kept without secrets, and without the values of its body.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedRequest {
    /// The request id that the answer carried, in its body and in `X-Request-Id`.
    trace_id: String,
    at: DateTime<Utc>,
    /// Whose request it was, as far as what it showed tells.
    #[schema(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// The token it showed.
    #[schema(value_type = Option<Uuid>)]
    credential: Option<CredentialId>,
    #[schema(value_type = words::RequestEndpoint)]
    endpoint: String,
    #[schema(example = "POST")]
    method: String,
    /// Path and query; values that might be secrets are hidden.
    #[schema(example = "/iso/scim/v2/Users")]
    target: String,
    address: Option<String>,
    user_agent: Option<String>,
    #[schema(example = 409)]
    status: u16,
    /// The `scimType` of SCIM, or the `error` of OAuth.
    #[schema(example = "uniqueness")]
    code: Option<String>,
    /// What the sender was told.
    answer: String,
    /// Why, more precisely than a sender may know.
    reason: String,
    /// What to do about it.
    advice: String,
    /// The outline of the body: names, words of the protocol, sizes; no values.
    body: Option<String>,
}

impl From<service::RefusedRequest> for RefusedRequest {
    fn from(kept: service::RefusedRequest) -> Self {
        Self {
            trace_id: kept.trace_id,
            at: kept.at,
            provider: kept.provider,
            credential: kept.credential,
            endpoint: kept.endpoint,
            method: kept.method,
            target: kept.target,
            address: kept.address,
            user_agent: kept.user_agent,
            status: kept.status,
            code: kept.code,
            answer: kept.answer,
            reason: kept.reason,
            advice: kept.advice,
            body: kept.body,
        }
    }
}

/// How much could not be kept.
#[derive(Debug, Serialize, ToSchema)]
struct RequestDrops {
    /// Refused requests that were counted only, because too many came within a second.
    #[schema(example = 0)]
    dropped: i64,
}

/// List refused requests
///
/// Of all providers, and of senders nobody knows. They show within two seconds.
#[utoipa::path(
    get,
    path = "/requests",
    operation_id = "listRequests",
    tag = "Requests",
    params(Choice, Paging, ("sort" = Option<words::RequestSort>, Query, description = "Without it, `-at`: newest first.")),
    responses((status = 200, description = "A page of refused requests.", content((Page<RefusedRequest> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::RequestSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, RefusedRequest, _>(&admin, &COLUMNS, |service, call, choice, page| {
            service.list_requests(call, &choice.of(None, page))
        })
        .await
}

/// List a provider's refused requests
///
/// What its product was not allowed or able to do, and what to do about it.
#[utoipa::path(
    get,
    path = "/providers/{id}/requests",
    operation_id = "listProviderRequests",
    tag = "Requests",
    params(("id" = Uuid, Path, description = "Id of the provider."), Choice, Paging,
        ("sort" = Option<words::RequestSort>, Query, description = "Without it, `-at`: newest first.")),
    responses((status = 200, description = "A page of refused requests.", content((Page<RefusedRequest> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn of_provider(
    admin: Admin,
    id: Id<ProviderId>,
    wanted: List<Choice, service::RequestSort>,
) -> Result<HttpResponse, Problem> {
    let id = id.0;
    wanted
        .answer::<_, RefusedRequest, _>(&admin, &COLUMNS, move |service, call, choice, page| {
            service.list_requests(call, &choice.of(Some(id), page))
        })
        .await
}

/// Count refused requests that could not be kept
#[utoipa::path(
    get,
    path = "/requests/drops",
    operation_id = "countDroppedRequests",
    tag = "Requests",
    responses((status = 200, description = "Since the server was first started.", body = RequestDrops), Problems),
)]
async fn drops(admin: Admin) -> Result<HttpResponse, Problem> {
    let dropped = admin.run(Service::dropped_requests).await?;
    Ok(HttpResponse::Ok().json(RequestDrops { dropped }))
}

/// Look a refused request up
///
/// By the request id that the error body carried.
#[utoipa::path(
    get,
    path = "/requests/{trace_id}",
    operation_id = "getRequest",
    tag = "Requests",
    params(("trace_id" = String, Path, description = "The request id that the answer carried.")),
    responses((status = 200, description = "The request.", body = RefusedRequest), Problems),
)]
async fn read(admin: Admin, trace_id: Name) -> Result<HttpResponse, Problem> {
    let found = admin
        .run(move |service, call| service.find_request(call, &trace_id.0))
        .await?;
    Ok(HttpResponse::Ok().json(RefusedRequest::from(found)))
}
