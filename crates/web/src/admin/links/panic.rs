//! The panic button of a vendor and of an internal group.

use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{GroupId, VendorId};
use vestibule_service::links::panic::{Target, Toll};

use crate::admin::body::{Admin, Body, Id};
use crate::admin::problem::{ChangeProblems, Problem, Problems};
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; preview_vendor_panic, press_vendor_panic, preview_group_panic, press_group_panic);
}

/// What the panic button ends and withdraws.
#[derive(Debug, Serialize, ToSchema)]
struct PanicToll {
    links: usize,
    /// How many people have these links.
    people: usize,
    /// Access requests for its people that nobody has decided on: they are withdrawn.
    requests: usize,
    /// Whether counting stopped early, so that there are at least so many: a preview counts 5,000 links
    /// and 5,000 requests of a vendor, or looks at 5,000 members of an internal group and of the groups
    /// nested in it. What a press tells is exact.
    more: bool,
}

impl From<Toll> for PanicToll {
    fn from(
        Toll {
            links,
            people,
            more,
            requests,
            more_requests,
        }: Toll,
    ) -> Self {
        Self {
            links,
            people,
            requests,
            more: more || more_requests,
        }
    }
}

/// Why the panic button is pressed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "stolen laptop at the vendor"}))]
struct Panic {
    reason: String,
}

/// Preview a vendor's panic button
#[utoipa::path(
    get,
    path = "/vendors/{id}/panic",
    operation_id = "previewVendorPanic",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the vendor.")),
    responses((status = 200, description = "What it would end.", body = PanicToll), Problems),
)]
async fn preview_vendor_panic(admin: Admin, id: Id<VendorId>) -> Result<HttpResponse, Problem> {
    preview(&admin, Target::Vendor(id.0)).await
}

/// Press a vendor's panic button
///
/// Every link of its people ends at once, and what was asked for them and nobody has decided on is
/// withdrawn. It is undone only by a new link for each person.
#[utoipa::path(
    post,
    path = "/vendors/{id}/panic",
    operation_id = "pressVendorPanic",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the vendor.")),
    request_body = Panic,
    responses((status = 200, description = "What it ended.", body = PanicToll), ChangeProblems),
)]
async fn press_vendor_panic(
    admin: Admin,
    id: Id<VendorId>,
    body: Body<Panic>,
) -> Result<HttpResponse, Problem> {
    press(&admin, Target::Vendor(id.0), body.0).await
}

/// Preview an internal group's panic button
#[utoipa::path(
    get,
    path = "/groups/{id}/panic",
    operation_id = "previewGroupPanic",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the group.")),
    responses((status = 200, description = "What it would end.", body = PanicToll), Problems),
)]
async fn preview_group_panic(admin: Admin, id: Id<GroupId>) -> Result<HttpResponse, Problem> {
    preview(&admin, Target::InternalGroup(id.0)).await
}

/// Press an internal group's panic button
///
/// Every link of its people, also of those in nested groups, ends at once, and what was asked for them
/// and nobody has decided on is withdrawn. It is undone only by a
/// new link for each person.
#[utoipa::path(
    post,
    path = "/groups/{id}/panic",
    operation_id = "pressGroupPanic",
    tag = "Links",
    params(("id" = Uuid, Path, description = "Id of the group.")),
    request_body = Panic,
    responses((status = 200, description = "What it ended.", body = PanicToll), ChangeProblems),
)]
async fn press_group_panic(
    admin: Admin,
    id: Id<GroupId>,
    body: Body<Panic>,
) -> Result<HttpResponse, Problem> {
    press(&admin, Target::InternalGroup(id.0), body.0).await
}

async fn preview(admin: &Admin, target: Target) -> Result<HttpResponse, Problem> {
    let toll = admin
        .run(move |service, call| service.preview_panic(call, target))
        .await?;
    Ok(HttpResponse::Ok().json(PanicToll::from(toll)))
}

async fn press(
    admin: &Admin,
    target: Target,
    Panic { reason }: Panic,
) -> Result<HttpResponse, Problem> {
    let toll = admin
        .run(move |service, call| service.press_panic(call, target, &reason))
        .await?;
    Ok(HttpResponse::Ok().json(PanicToll::from(toll)))
}
