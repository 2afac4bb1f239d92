//! Access requests: links that others have to approve first.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::access_request::{self as domain, RequestState};
use vestibule_domain::{
    AccessGroupId, AccessRequestId, AdministratorId, EventId, LinkId, ProviderId, UserId, VendorId,
};
use vestibule_service::access_requests as service;

use super::body::{Admin, Body, Id, When};
use super::links::{LinkForwarding, MadeAccessLink};
use super::list::{List, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems};
use super::{MOUNT, words};
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, read, approve, disapprove, withdraw);
}

/// Which access requests to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those for this person.
    #[param(value_type = Option<Uuid>)]
    user: Option<UserId>,
    /// Only those for people of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// Only those for people who belonged to this vendor.
    #[param(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// Only those that are this now.
    #[param(value_type = Option<words::RequestState>)]
    state: Option<RequestState>,
}

/// The columns of the export.
const COLUMNS: [&str; 14] = [
    "/id",
    "/user",
    "/user_name",
    "/provider",
    "/vendor",
    "/access_group",
    "/requester",
    "/state",
    "/justification",
    "/reason",
    "/governance_id",
    "/created",
    "/expires",
    "/decided",
];

/// A link that others have to approve first.
#[derive(Debug, Serialize, ToSchema)]
struct AccessRequest {
    #[schema(value_type = Uuid)]
    id: AccessRequestId,
    #[schema(value_type = Uuid)]
    user: UserId,
    /// The person's user name when it was made.
    user_name: String,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    /// The vendor the person belonged to; none for staff.
    #[schema(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// The one that says how many have to approve.
    #[schema(value_type = Uuid)]
    access_group: AccessGroupId,
    /// Name of the administrator who asked.
    requester: String,
    /// None for the command line.
    #[schema(value_type = Option<Uuid>)]
    requester_id: Option<AdministratorId>,
    justification: String,
    reason: Option<String>,
    governance_id: Option<String>,
    start: Option<DateTime<Utc>>,
    duration_minutes: Option<i64>,
    #[schema(value_type = words::RequestState)]
    state: RequestState,
    created: DateTime<Utc>,
    /// First instant at which it can no longer be approved.
    expires: DateTime<Utc>,
    /// When it was approved, disapproved, withdrawn or ran out.
    decided: Option<DateTime<Utc>>,
    /// The link it became.
    #[schema(value_type = Option<Uuid>)]
    link: Option<LinkId>,
}

impl From<domain::AccessRequest> for AccessRequest {
    fn from(request: domain::AccessRequest) -> Self {
        let asked = request.asked;
        Self {
            id: request.id,
            user: request.user,
            user_name: request.user_name,
            provider: request.provider,
            vendor: request.vendor,
            access_group: request.access_group,
            requester: request.requester.name,
            requester_id: request.requester.administrator,
            justification: asked.justification,
            reason: asked.reason,
            governance_id: asked.governance_id,
            start: asked.start,
            duration_minutes: asked.duration_minutes,
            state: request.state,
            created: request.created,
            expires: request.expires,
            decided: request.decided,
            link: request.link,
        }
    }
}

/// An access request with all that was said about it.
#[derive(Debug, Serialize, ToSchema)]
struct AccessRequestDetails {
    request: AccessRequest,
    /// The level it is at, from 1.
    level: u32,
    /// In all levels together.
    approvals: u32,
    /// In all levels together, as the access group says now; none once it is gone.
    approvals_needed: Option<u32>,
    disapprovals: u32,
    /// Oldest first.
    votes: Vec<AccessVote>,
}

/// A word for or against an access request.
#[derive(Debug, Serialize, ToSchema)]
struct AccessVote {
    /// Name of the administrator.
    by: String,
    approves: bool,
    /// The level that the request was at.
    level: u32,
    comment: Option<String>,
    at: DateTime<Utc>,
    #[schema(value_type = Uuid)]
    event: EventId,
}

impl From<service::AccessRequestDetails> for AccessRequestDetails {
    fn from(details: service::AccessRequestDetails) -> Self {
        let approvals_needed = details.needed();
        let votes = details.votes.into_iter().map(|vote| AccessVote {
            by: vote.voice.name,
            approves: vote.approves,
            level: vote.level,
            comment: vote.comment,
            at: vote.at,
            event: vote.event,
        });
        Self {
            request: details.request.into(),
            level: details.tally.level,
            approvals: details.tally.approvals,
            approvals_needed,
            disapprovals: details.tally.disapprovals,
            votes: votes.collect(),
        }
    }
}

/// An access request after somebody had their say.
#[derive(Debug, Serialize, ToSchema)]
struct DecidedAccessRequest {
    request: AccessRequestDetails,
    /// Made by the last approval, with its address unless it is mailed.
    made: Option<MadeAccessLink>,
}

/// A link to be approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "user": "01930000-0000-7000-8000-000000000000",
    "justification": "replace the disk of db-4, change CHG0042",
    "governance_id": "CHG0042",
    "duration_minutes": 240
}))]
struct NewAccessRequest {
    #[schema(value_type = Uuid)]
    user: UserId,
    /// What the access is needed for.
    #[schema(max_length = 4096)]
    justification: String,
    /// The same in a word.
    #[serde(default)]
    #[schema(max_length = 128)]
    reason: Option<String>,
    /// Under which the governance product knows it. Some access groups require it.
    #[serde(default)]
    #[schema(max_length = 128)]
    governance_id: Option<String>,
    /// First instant at which the link is to work; none = when it is approved.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    start: Option<When>,
    /// How long it is to work; none = as long as configured.
    #[serde(default)]
    #[schema(minimum = 1)]
    duration_minutes: Option<i64>,
    /// How the link gets to the person: shown to whoever approves last, or mailed.
    #[serde(default)]
    forwarding: LinkForwarding,
}

/// Why.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"comment": "checked with the change board"}))]
struct Comment {
    #[serde(default)]
    #[schema(max_length = 4096)]
    comment: Option<String>,
}

/// List access requests
#[utoipa::path(
    get,
    path = "/access-requests",
    operation_id = "listAccessRequests",
    tag = "Access requests",
    params(Choice, Paging, ("sort" = Option<words::AccessRequestSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of access requests.", content((Page<AccessRequest> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::AccessRequestSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, AccessRequest, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::AccessRequestQuery {
                user: choice.user,
                provider: choice.provider,
                vendor: choice.vendor,
                state: choice.state,
                page,
            };
            service.list_access_requests(call, &query)
        })
        .await
}

/// Request access for a person
///
/// Where the access group behind the person requires approvals, which a link then comes from alone.
#[utoipa::path(
    post,
    path = "/access-requests",
    operation_id = "requestAccess",
    tag = "Access requests",
    request_body = NewAccessRequest,
    responses(
        (status = 201, description = "The request.", body = AccessRequestDetails, headers(
            ("Location" = String, description = "Where the request is found."),
        )),
        ChangeProblems,
    ),
)]
async fn create(admin: Admin, body: Body<NewAccessRequest>) -> Result<HttpResponse, Problem> {
    let NewAccessRequest {
        user,
        justification,
        reason,
        governance_id,
        start,
        duration_minutes,
        forwarding,
    } = body.0;
    let asked = domain::Asked {
        justification,
        reason,
        governance_id,
        start: start.map(Into::into),
        duration_minutes,
        mailed: matches!(forwarding, LinkForwarding::Mailed),
    };
    let made = admin
        .run(move |service, call| service.request_access(call, user, asked))
        .await?;
    let public_url = &admin.settings().public_url;
    let location = format!("{public_url}{MOUNT}/access-requests/{}", made.request.id);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(AccessRequestDetails::from(made)))
}

/// Show an access request
#[utoipa::path(
    get,
    path = "/access-requests/{id}",
    operation_id = "getAccessRequest",
    tag = "Access requests",
    params(("id" = Uuid, Path, description = "Id of the access request.")),
    responses((status = 200, description = "The request and the votes.", body = AccessRequestDetails), Problems),
)]
async fn read(admin: Admin, id: Id<AccessRequestId>) -> Result<HttpResponse, Problem> {
    let found = admin
        .run(move |service, call| service.find_access_request(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(AccessRequestDetails::from(found)))
}

/// Approve an access request
///
/// Once, and not one's own. The last approval makes the link.
#[utoipa::path(
    post,
    path = "/access-requests/{id}/approvals",
    operation_id = "approveAccessRequest",
    tag = "Access requests",
    params(("id" = Uuid, Path, description = "Id of the access request.")),
    request_body = Comment,
    responses((status = 200, description = "As it is now, and the link once it is made.", body = DecidedAccessRequest), ChangeProblems),
)]
async fn approve(
    admin: Admin,
    id: Id<AccessRequestId>,
    body: Body<Comment>,
) -> Result<HttpResponse, Problem> {
    vote(admin, id.0, true, body.0).await
}

/// Speak against an access request
///
/// As many disapprovals as the access group says end it.
#[utoipa::path(
    post,
    path = "/access-requests/{id}/disapprovals",
    operation_id = "disapproveAccessRequest",
    tag = "Access requests",
    params(("id" = Uuid, Path, description = "Id of the access request.")),
    request_body = Comment,
    responses((status = 200, description = "As it is now.", body = DecidedAccessRequest), ChangeProblems),
)]
async fn disapprove(
    admin: Admin,
    id: Id<AccessRequestId>,
    body: Body<Comment>,
) -> Result<HttpResponse, Problem> {
    vote(admin, id.0, false, body.0).await
}

async fn vote(
    admin: Admin,
    id: AccessRequestId,
    approves: bool,
    Comment { comment }: Comment,
) -> Result<HttpResponse, Problem> {
    let voted = admin
        .run(move |service, call| service.vote_on_access(call, id, approves, comment))
        .await?;
    let public_url = &admin.settings().public_url;
    Ok(HttpResponse::Ok().json(DecidedAccessRequest {
        request: voted.details.into(),
        made: voted.link.map(|made| MadeAccessLink::new(made, public_url)),
    }))
}

/// Withdraw an access request
///
/// By whoever made it, or by an administrator, before it is decided.
#[utoipa::path(
    delete,
    path = "/access-requests/{id}",
    operation_id = "withdrawAccessRequest",
    tag = "Access requests",
    params(("id" = Uuid, Path, description = "Id of the access request.")),
    responses((status = 200, description = "As it is now.", body = AccessRequestDetails), ChangeProblems),
)]
async fn withdraw(admin: Admin, id: Id<AccessRequestId>) -> Result<HttpResponse, Problem> {
    let withdrawn = admin
        .run(move |service, call| service.withdraw_access_request(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(AccessRequestDetails::from(withdrawn)))
}
