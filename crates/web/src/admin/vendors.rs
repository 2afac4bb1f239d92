//! Vendors: the outside companies that come into being with a third-party provider's groups.

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::provider::LinkDelivery;
use vestibule_domain::vendor::{VendorSettings, VendorStatus};
use vestibule_domain::{AccessGroupId, GroupId, ProviderId, UserId, VendorId};
use vestibule_service::Error;
use vestibule_service::vendors as service;

use super::body::{Admin, Body, Given, Id, IfMatch, When, etag};
use super::list::{List, Nothing, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems, VersionProblems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, read, change, people, reattach);
}

/// Which vendors to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    #[param(value_type = Option<words::VendorStatus>)]
    status: Option<VendorStatus>,
    /// Only those of this name, in any case.
    name: Option<String>,
    #[param(value_type = Option<Uuid>)]
    access_group: Option<AccessGroupId>,
    /// Only those whose name contains this, in any case, or whose contract number or document id does.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 13] = [
    "/id",
    "/provider",
    "/group",
    "/name",
    "/status",
    "/access_group",
    "/start",
    "/end",
    "/contract_number",
    "/document_id",
    "/link_delivery",
    "/created",
    "/modified",
];

/// An outside company.
#[derive(Debug, Serialize, ToSchema)]
struct Vendor {
    #[schema(value_type = Uuid)]
    id: VendorId,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    /// The group it came with; none once that was deleted.
    #[schema(value_type = Option<Uuid>)]
    group: Option<GroupId>,
    /// Follows the group's.
    name: String,
    #[schema(value_type = words::VendorStatus)]
    status: VendorStatus,
    #[schema(value_type = Option<Uuid>)]
    access_group: Option<AccessGroupId>,
    /// First instant at which its people may get in.
    start: Option<DateTime<Utc>>,
    /// First instant at which they no longer may; none = open-ended.
    end: Option<DateTime<Utc>>,
    contract_number: Option<String>,
    document_id: Option<String>,
    #[schema(value_type = words::LinkDelivery)]
    link_delivery: LinkDelivery,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
}

impl From<vestibule_domain::vendor::Vendor> for Vendor {
    fn from(vendor: vestibule_domain::vendor::Vendor) -> Self {
        Self {
            id: vendor.id,
            provider: vendor.provider,
            group: vendor.group,
            name: vendor.name,
            status: vendor.settings.status,
            access_group: vendor.settings.access_group,
            start: vendor.settings.start,
            end: vendor.settings.end,
            contract_number: vendor.settings.contract_number,
            document_id: vendor.settings.document_id,
            link_delivery: vendor.settings.link_delivery,
            created: vendor.created,
            modified: vendor.modified,
            version: vendor.version,
        }
    }
}

/// A vendor with what belongs to it.
#[derive(Debug, Serialize, ToSchema)]
struct VendorDetails {
    vendor: Vendor,
    /// People placed in it.
    people: i64,
    access_group_name: Option<String>,
}

impl From<service::VendorDetails> for VendorDetails {
    fn from(details: service::VendorDetails) -> Self {
        Self {
            vendor: details.vendor.into(),
            people: details.people,
            access_group_name: details.access_group_name,
        }
    }
}

/// What to change about a vendor: what is left out stays, null unsets.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "access_group": "01930000-0000-7000-8000-000000000000",
    "start": "2027-01-01T00:00:00Z",
    "end": "2028-01-01T00:00:00Z",
    "status": "enabled",
}))]
struct VendorChanges {
    #[schema(value_type = Option<Uuid>)]
    #[serde(default)]
    access_group: Given<Option<AccessGroupId>>,
    /// First instant at which its people may get in. A date stands for its first moment in UTC.
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[serde(default)]
    start: Given<Option<When>>,
    /// First instant at which they no longer may. A date stands for its first moment in UTC.
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[serde(default)]
    end: Given<Option<When>>,
    /// `enabled` needs an access group and a start.
    #[schema(value_type = words::VendorStatus)]
    #[serde(default)]
    status: Given<VendorStatus>,
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    contract_number: Given<Option<String>>,
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    document_id: Given<Option<String>>,
    #[schema(value_type = words::LinkDelivery)]
    #[serde(default)]
    link_delivery: Given<LinkDelivery>,
}

impl VendorChanges {
    /// The change, which can be made again when the transaction has to be.
    fn edit(self) -> impl FnMut(&mut VendorSettings) -> Result<(), Error> {
        let instant = |when: Option<When>| when.map(Into::into);
        move |settings| {
            let changes = self.clone();
            changes.access_group.put(&mut settings.access_group);
            changes.start.map(instant).put(&mut settings.start);
            changes.end.map(instant).put(&mut settings.end);
            changes.status.put(&mut settings.status);
            changes.contract_number.put(&mut settings.contract_number);
            changes.document_id.put(&mut settings.document_id);
            changes.link_delivery.put(&mut settings.link_delivery);
            Ok(())
        }
    }
}

/// A person placed in a vendor.
#[derive(Debug, Serialize, ToSchema)]
struct VendorPerson {
    #[schema(value_type = Uuid)]
    id: UserId,
    user_name: String,
}

impl From<service::Placed> for VendorPerson {
    fn from(person: service::Placed) -> Self {
        let service::Placed { id, user_name, .. } = person;
        Self { id, user_name }
    }
}

/// Where a closed vendor is to go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"group": "01930000-0000-7000-8000-000000000000"}))]
struct Reattachment {
    /// A group of the same provider whose own vendor is still pending.
    #[schema(value_type = Uuid)]
    group: GroupId,
}

/// List vendors
#[utoipa::path(
    get,
    path = "/vendors",
    operation_id = "listVendors",
    tag = "Vendors",
    params(Choice, Paging, ("sort" = Option<words::VendorSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of vendors.", content((Page<Vendor> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::VendorSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Vendor, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let choice = service::Choice {
                provider: choice.provider,
                status: choice.status,
                access_group: choice.access_group,
                name: choice.name,
                search: choice.q,
            };
            service.list_vendors(call, &service::VendorQuery { choice, page })
        })
        .await
}

/// Show a vendor
#[utoipa::path(
    get,
    path = "/vendors/{id}",
    operation_id = "getVendor",
    tag = "Vendors",
    params(("id" = Uuid, Path, description = "Id of the vendor.")),
    responses(
        (status = 200, description = "The vendor.", body = VendorDetails, headers(
            ("ETag" = String, description = "Its version."),
        )),
        Problems,
    ),
)]
async fn read(admin: Admin, id: Id<VendorId>) -> Result<HttpResponse, Problem> {
    let details = admin
        .run(move |service, call| service.find_vendor(call, id.0))
        .await?;
    let answer = VendorDetails::from(details);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(answer.vendor.version)))
        .json(answer))
}

/// Change a vendor
///
/// A JSON merge patch (RFC 7396). A pending vendor lets nobody in until it has an access group and a
/// start and is enabled.
#[utoipa::path(
    patch,
    path = "/vendors/{id}",
    operation_id = "changeVendor",
    tag = "Vendors",
    params(
        ("id" = Uuid, Path, description = "Id of the vendor."),
        IfMatch,
    ),
    request_body = VendorChanges,
    responses(
        (status = 200, description = "As it is now.", body = Vendor, headers(
            ("ETag" = String, description = "Its version."),
        )),
        VersionProblems,
    ),
)]
async fn change(
    admin: Admin,
    id: Id<VendorId>,
    body: Body<VendorChanges>,
) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    let edit = body.0.edit();
    let vendor = admin
        .run(move |service, call| service.change_vendor(call, id.0, expected, edit))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(vendor.version)))
        .json(Vendor::from(vendor)))
}

/// List a vendor's people
#[utoipa::path(
    get,
    path = "/vendors/{id}/people",
    operation_id = "listVendorPeople",
    tag = "Vendors",
    params(("id" = Uuid, Path, description = "Id of the vendor."), Paging,
        ("sort" = Option<words::PlacedSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of the people placed in it.", content((Page<VendorPerson> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn people(
    admin: Admin,
    id: Id<VendorId>,
    wanted: List<Nothing, service::PlacedSort>,
) -> Result<HttpResponse, Problem> {
    let id = id.0;
    wanted
        .answer::<_, VendorPerson, _>(
            &admin,
            &["/id", "/user_name"],
            move |service, call, _, page| service.vendor_people(call, id, &page),
        )
        .await
}

/// Re-attach a closed vendor
///
/// It takes the place of the pending vendor of a group of the same provider.
#[utoipa::path(
    post,
    path = "/vendors/{id}/reattach",
    operation_id = "reattachVendor",
    tag = "Vendors",
    params(("id" = Uuid, Path, description = "Id of the closed vendor.")),
    request_body = Reattachment,
    responses((status = 200, description = "As it is now.", body = Vendor), ChangeProblems),
)]
async fn reattach(
    admin: Admin,
    id: Id<VendorId>,
    body: Body<Reattachment>,
) -> Result<HttpResponse, Problem> {
    let vendor = admin
        .run(move |service, call| service.reattach_vendor(call, id.0, body.0.group))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(vendor.version)))
        .json(Vendor::from(vendor)))
}
