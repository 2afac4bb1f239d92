//! The append-only record of every change, and the proof that nobody has touched it.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_domain::event::Action;
use vestibule_domain::{EventId, ProviderId, hexadecimal};
use vestibule_service::{Service, events as service};

use super::body::{Admin, When};
use super::list::{List, Page, Paging};
use super::problem::{Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, verify);
}

/// Which events to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those about this person, group, vendor, provider...
    subject: Option<Uuid>,
    /// Only those in this provider's realm.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    #[param(value_type = Option<words::Action>)]
    action: Option<Action>,
    /// Only what happened at this instant or later. A date stands for its first moment in UTC.
    #[param(value_type = Option<DateTime<Utc>>)]
    since: Option<When>,
    /// Only what happened before this instant. A date stands for its first moment in UTC.
    #[param(value_type = Option<DateTime<Utc>>)]
    until: Option<When>,
    /// Only those whose actor's name, id or address (not an administrator's), cause or request id contains this.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 15] = [
    "/id",
    "/at",
    "/seq",
    "/actor/kind",
    "/actor/id",
    "/actor/detail",
    "/action",
    "/subject/kind",
    "/subject/id",
    "/provider",
    "/cause",
    "/request_id",
    "/payload/before",
    "/payload/after",
    "/actor/address",
];

/// One record of a change.
#[derive(Debug, Serialize, ToSchema)]
struct Event {
    #[schema(value_type = Uuid)]
    id: EventId,
    at: DateTime<Utc>,
    /// Its place in the chain; none until it is sealed, within a second.
    seq: Option<i64>,
    actor: Actor,
    #[schema(value_type = words::Action)]
    action: String,
    subject: Subject,
    /// The provider in whose realm the subject lies.
    provider: Option<String>,
    /// The event that this one follows from.
    cause: Option<String>,
    request_id: Option<String>,
    /// None once it was erased.
    payload: Option<Payload>,
}

/// Who made a change.
#[derive(Debug, Serialize, ToSchema)]
struct Actor {
    /// `provider`, `administrator`, `command_line` or `system`.
    kind: String,
    id: Option<String>,
    /// A provider's address, an administrator's name.
    detail: Option<String>,
    /// Where a provider, a person or an administrator called from. None where it is unknown: at the command line, in
    /// events from before administrators' addresses were kept, and once an administrator's was erased with the payload.
    address: Option<String>,
}

/// What was changed.
#[derive(Debug, Serialize, ToSchema)]
struct Subject {
    #[schema(value_type = words::SubjectKind)]
    kind: String,
    id: String,
}

/// What changed: only the changed fields, without secrets.
#[derive(Debug, Serialize, ToSchema)]
struct Payload {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// In plain English.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// What a look at the whole chain found.
#[derive(Debug, Serialize, ToSchema)]
struct Verification {
    /// Whether every sealed event follows from the one before.
    intact: bool,
    /// Events whose hash follows from the one before.
    sealed: i64,
    /// Events that still wait to be sealed.
    unsealed: i64,
    /// Sealed events whose payload was erased.
    erased: i64,
    /// Hash of the last sealed event in hexadecimal, to be kept elsewhere.
    head: Option<String>,
    broken: Option<Break>,
}

/// The first place where the chain does not hold.
#[derive(Debug, Serialize, ToSchema)]
struct Break {
    seq: i64,
    why: String,
}

impl From<service::EventRecord> for Event {
    fn from(record: service::EventRecord) -> Self {
        Self {
            id: record.id,
            at: record.at,
            seq: record.seq,
            actor: Actor {
                kind: record.actor_kind,
                id: record.actor_id,
                detail: record.actor_detail,
                address: record.actor_address,
            },
            action: record.action,
            subject: Subject {
                kind: record.subject_kind,
                id: record.subject_id,
            },
            provider: record.provider,
            cause: record.cause,
            request_id: record.request_id,
            payload: record.payload.map(Into::into),
        }
    }
}

impl From<Value> for Payload {
    fn from(mut payload: Value) -> Self {
        let mut part = |name| payload.get_mut(name).map(Value::take);
        let (before, after) = (part("before"), part("after"));
        Self {
            before,
            after,
            why: part("why").and_then(|why| why.as_str().map(str::to_owned)),
        }
    }
}

impl From<service::Verification> for Verification {
    fn from(found: service::Verification) -> Self {
        let service::Verification {
            sealed,
            unsealed,
            erased,
            head,
            broken,
        } = found;
        Self {
            intact: broken.is_none(),
            sealed,
            unsealed,
            erased,
            head: head.as_deref().map(hexadecimal),
            broken: broken.map(|(seq, why)| Break { seq, why }),
        }
    }
}

/// List events
#[utoipa::path(
    get,
    path = "/events",
    operation_id = "listEvents",
    tag = "Events",
    params(Choice, Paging, ("sort" = Option<words::EventSort>, Query, description = "Without it, `-at`: newest first.")),
    responses((status = 200, description = "A page of events.", content((Page<Event> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::EventSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Event, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let choice = service::Choice {
                subject: choice.subject,
                also: Vec::new(),
                administrator: None,
                provider: choice.provider,
                action: choice.action.map(|action| action.name().to_owned()),
                search: choice.q,
                since: choice.since.map(Into::into),
                until: choice.until.map(Into::into),
            };
            service.list_events(call, &service::EventQuery { choice, page })
        })
        .await
}

/// Verify the chain of events
///
/// Reads every event there is: seconds on a large store.
#[utoipa::path(
    get,
    path = "/audit/verification",
    operation_id = "verifyAudit",
    tag = "Events",
    responses((status = 200, description = "What was found, good or bad.", body = Verification), Problems),
)]
async fn verify(admin: Admin) -> Result<HttpResponse, Problem> {
    let verification = admin.run(Service::verify_chain).await?;
    Ok(HttpResponse::Ok().json(Verification::from(verification)))
}
