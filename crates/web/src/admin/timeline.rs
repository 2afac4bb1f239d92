//! What time alone will change.

use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_domain::event::SubjectKind;
use vestibule_domain::timeline::MomentKind;
use vestibule_domain::{ProviderId, VendorId};
use vestibule_service::timeline as service;

use super::body::{Admin, When};
use super::list::{List, Page, Paging};
use super::problem::{Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list);
}

/// Which moments to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only what will be recorded under this word, such as `vendor.ended`.
    #[param(value_type = Option<words::MomentKind>)]
    kind: Option<MomentKind>,
    /// Only those in this provider's realm.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// Only what happens to this vendor and to the links of its people.
    #[param(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// Only what happens at this instant or later. A date stands for its first moment in UTC.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<When>,
    /// Only what happens before this instant. A date stands for its first moment in UTC.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<When>,
}

/// Something that time alone will change.
#[derive(Debug, Serialize, ToSchema)]
struct Moment {
    at: DateTime<Utc>,
    /// Under which it will be recorded then.
    #[schema(value_type = words::MomentKind)]
    kind: MomentKind,
    /// The vendor, link, block, provider or credential that it happens to.
    subject: Uuid,
    #[schema(value_type = words::SubjectKind)]
    subject_kind: SubjectKind,
    #[schema(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// The vendor itself, or that of a link.
    #[schema(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// What people call it.
    name: String,
}

impl From<service::Moment> for Moment {
    fn from(moment: service::Moment) -> Self {
        let service::Moment {
            at,
            kind,
            subject,
            provider,
            vendor,
            name,
        } = moment;
        Self {
            at,
            kind,
            subject,
            subject_kind: kind.subject(),
            provider,
            vendor,
            name,
        }
    }
}

/// The columns of the export.
const COLUMNS: [&str; 7] = [
    "/at",
    "/kind",
    "/subject",
    "/subject_kind",
    "/provider",
    "/vendor",
    "/name",
];

/// List what time will change
///
/// Starts, ends and expiries that are to come as things stand, the next one first. At each instant
/// its event is recorded, once.
#[utoipa::path(
    get,
    path = "/timeline",
    operation_id = "listTimeline",
    tag = "Timeline",
    params(Choice, Paging, ("sort" = Option<words::TimelineSort>, Query, description = "Without it, `at`.")),
    responses((status = 200, description = "A page of moments.", content((Page<Moment> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::TimelineSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Moment, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::TimelineQuery {
                kind: choice.kind,
                provider: choice.provider,
                vendor: choice.vendor,
                from: choice.from.map(Into::into),
                to: choice.to.map(Into::into),
                page,
            };
            service.timeline(call, &query)
        })
        .await
}
