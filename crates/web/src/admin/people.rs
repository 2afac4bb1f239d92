//! People, where they are placed, and whether they may get in.

mod access;
mod answers;

use actix_web::HttpResponse;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use vestibule_domain::{ProviderId, UserId, VendorId};
use vestibule_service::people as service;

use super::body::{Admin, Body, Id, Params, When};
use super::list::{List, Page, Paging, truth};
use super::problem::{Problem, Problems, QuestionProblems};
use super::words;
use crate::routes::{Routes, operations};
use access::{Access, Decisions};
use answers::{Person, PersonDetails, Placed};

pub(super) fn configure(routes: &mut Routes<'_>) {
    // What gateways ask comes first.
    operations!(routes; decide, decide_many, list, read, placement);
}

/// Which people to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those of this provider.
    #[param(value_type = Option<uuid::Uuid>)]
    provider: Option<ProviderId>,
    /// Only who has this user name, in any case.
    user_name: Option<String>,
    /// Only those who are active, or are not.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    active: Option<bool>,
    /// Only those on whom a block is in force.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    blocked: Option<bool>,
    /// Only those whose user name, display name or primary e-mail contains this, in any case.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 7] = [
    "/id",
    "/provider",
    "/user_name",
    "/email",
    "/active",
    "/created",
    "/modified",
];

/// At which instant to decide.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Instant {
    /// Without it, now. What is known now is asked about that instant: the past is not looked up.
    /// An instant, or a date, which stands for its first moment in UTC.
    #[serde(default)]
    #[param(value_type = Option<String>, example = "2027-01-01T00:00:00Z")]
    at: Option<When>,
}

/// List people
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "listPeople",
    tag = "People",
    params(Choice, Paging, ("sort" = Option<words::PersonSort>, Query, description = "Without it, `created`. `modified` needs `provider`.")),
    responses((status = 200, description = "A page of people.", content((Page<Person> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::PersonSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Person, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::PeopleQuery {
                named: None,
                provider: choice.provider,
                user_name: choice.user_name,
                active: choice.active,
                blocked: choice.blocked.unwrap_or_default(),
                search: choice.q,
                page,
            };
            service.list_people(call, &query)
        })
        .await
}

/// Show a person
///
/// With groups, placement, blocks, and the resource as the provider sees it.
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "getPerson",
    tag = "People",
    params(("id" = Uuid, Path, description = "Id of the person.")),
    responses((status = 200, description = "The person.", body = PersonDetails), Problems),
)]
async fn read(admin: Admin, id: Id<UserId>) -> Result<HttpResponse, Problem> {
    let person = admin
        .run(move |service, call| service.find_person(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(PersonDetails::from(person)))
}

/// What to explain a placement by.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Priority {
    /// Ids of vendors apart by commas, the most wanted first: what the rule `named_priority` goes by.
    #[serde(default, deserialize_with = "vendors")]
    #[param(value_type = Option<String>, example = "01930000-0000-7000-8000-000000000000")]
    priority: Vec<VendorId>,
}

fn vendors<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<VendorId>, D::Error> {
    let text = String::deserialize(text)?;
    let wrong = |_| D::Error::custom("expected at most 100 ids of vendors, apart by commas");
    let ids: Vec<VendorId> = text
        .split(',')
        .filter(|id| !id.is_empty())
        .take(101)
        .map(|id| id.trim().parse().map_err(wrong))
        .collect::<Result<_, _>>()?;
    if ids.len() > 100 {
        return Err(D::Error::custom("at most 100 vendors can be named"));
    }
    Ok(ids)
}

/// Explain where a person is placed
///
/// The one vendor a third-party person belongs to, the candidates it was chosen from, the rule, and
/// the event that caused it; and which vendor other rules would choose now.
#[utoipa::path(
    get,
    path = "/users/{id}/placement",
    operation_id = "getPersonPlacement",
    tag = "People",
    params(("id" = Uuid, Path, description = "Id of the person."), Priority),
    responses((status = 200, description = "The placement, if there is one.", body = Placed), Problems),
)]
async fn placement(
    admin: Admin,
    id: Id<UserId>,
    query: Params<Priority>,
) -> Result<HttpResponse, Problem> {
    let placement = admin
        .run(move |service, call| service.explain_placement(call, id.0, &query.0.priority))
        .await?;
    Ok(HttpResponse::Ok().json(Placed::from(placement)))
}

/// People to be decided on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"users": ["01930000-0000-7000-8000-000000000000"]}))]
struct DecisionRequest {
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 1000)]
    users: Vec<UserId>,
    /// Without it, now. What is known now is asked about that instant: the past is not looked up.
    /// An instant, or a date, which stands for its first moment in UTC.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    at: Option<When>,
}

/// Decide whether people may get in
///
/// For gateways: up to 1,000 people a call, answered in the order asked for.
#[utoipa::path(
    post,
    path = "/access/decisions",
    operation_id = "decideAccessOfMany",
    tag = "People",
    request_body = DecisionRequest,
    responses((status = 200, description = "The decisions.", body = Decisions), QuestionProblems),
)]
async fn decide_many(admin: Admin, body: Body<DecisionRequest>) -> Result<HttpResponse, Problem> {
    let DecisionRequest { users, at } = body.0;
    let decided = admin
        .run(move |service, call| service.decide_all(call, &users, at.map(Into::into)))
        .await?;
    Ok(HttpResponse::Ok().json(Decisions::from(decided)))
}

/// Decide whether a person may get in
///
/// With the whole chain of reasons and, for a refusal, what would flip it.
#[utoipa::path(
    get,
    path = "/users/{id}/access",
    operation_id = "decideAccess",
    tag = "People",
    params(("id" = Uuid, Path, description = "Id of the person."), Instant),
    responses((status = 200, description = "The decision.", body = Access), Problems),
)]
async fn decide(
    admin: Admin,
    id: Id<UserId>,
    query: Params<Instant>,
) -> Result<HttpResponse, Problem> {
    let decision = admin
        .read(move |service, call| service.decide_access(call, id.0, query.0.at.map(Into::into)))
        .await?;
    Ok(HttpResponse::Ok().json(Access::from(decision)))
}
