//! Groups that internal providers pushed, and what an administrator decides about them.

use actix_web::HttpResponse;
use actix_web::http::header::ETAG;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::internal_group::InternalGroupSettings;
use vestibule_domain::provider::LinkDelivery;
use vestibule_domain::{AccessGroupId, GroupId, ProviderId};
use vestibule_service::Error;
use vestibule_service::internal_groups as service;

use super::body::{Admin, Body, Given, Id, IfMatch, etag};
use super::list::{List, Page, Paging};
use super::problem::{Problem, Problems, VersionProblems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, read, change);
}

/// Which internal groups to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// Only those whose name contains this, in any case.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 6] = [
    "/id",
    "/provider",
    "/name",
    "/enabled",
    "/access_group",
    "/link_delivery",
];

/// A group of an internal provider.
#[derive(Debug, Serialize, ToSchema)]
struct InternalGroup {
    #[schema(value_type = Uuid)]
    id: GroupId,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    name: String,
    /// A disabled group lets nobody in.
    enabled: bool,
    /// Without one it lets nobody in.
    #[schema(value_type = Option<Uuid>)]
    access_group: Option<AccessGroupId>,
    #[schema(value_type = words::LinkDelivery)]
    link_delivery: LinkDelivery,
}

impl From<service::InternalGroup> for InternalGroup {
    fn from(group: service::InternalGroup) -> Self {
        let service::InternalGroup {
            id,
            provider,
            name,
            settings,
        } = group;
        let InternalGroupSettings {
            enabled,
            access_group,
            link_delivery,
        } = settings;
        Self {
            id,
            provider,
            name,
            enabled,
            access_group,
            link_delivery,
        }
    }
}

/// What to change about an internal group: what is left out stays, null unsets.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"access_group": "01930000-0000-7000-8000-000000000000"}))]
struct InternalGroupChanges {
    #[schema(value_type = bool)]
    #[serde(default)]
    enabled: Given<bool>,
    #[schema(value_type = Option<Uuid>)]
    #[serde(default)]
    access_group: Given<Option<AccessGroupId>>,
    #[schema(value_type = words::LinkDelivery)]
    #[serde(default)]
    link_delivery: Given<LinkDelivery>,
}

impl InternalGroupChanges {
    /// The change, which can be made again when the transaction has to be.
    fn edit(self) -> impl FnMut(&mut InternalGroupSettings) -> Result<(), Error> {
        move |settings| {
            let changes = self.clone();
            changes.enabled.put(&mut settings.enabled);
            changes.access_group.put(&mut settings.access_group);
            changes.link_delivery.put(&mut settings.link_delivery);
            Ok(())
        }
    }
}

/// List internal groups
#[utoipa::path(
    get,
    path = "/groups",
    operation_id = "listInternalGroups",
    tag = "Internal groups",
    params(Choice, Paging, ("sort" = Option<words::InternalGroupSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of groups.", content((Page<InternalGroup> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::InternalGroupSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, InternalGroup, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::InternalGroupQuery {
                provider: choice.provider,
                search: choice.q,
                page,
                ..service::InternalGroupQuery::default()
            };
            service.list_internal_groups(call, &query)
        })
        .await
}

/// Show an internal group
#[utoipa::path(
    get,
    path = "/groups/{id}",
    operation_id = "getInternalGroup",
    tag = "Internal groups",
    params(("id" = Uuid, Path, description = "Id of the group.")),
    responses(
        (status = 200, description = "The group.", body = InternalGroup, headers(
            ("ETag" = String, description = "Its version."),
        )),
        Problems,
    ),
)]
async fn read(admin: Admin, id: Id<GroupId>) -> Result<HttpResponse, Problem> {
    let group = admin
        .run(move |service, call| service.find_internal_group(call, id.0))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(group.version())))
        .json(InternalGroup::from(group)))
}

/// Change an internal group
///
/// A JSON merge patch (RFC 7396).
#[utoipa::path(
    patch,
    path = "/groups/{id}",
    operation_id = "changeInternalGroup",
    tag = "Internal groups",
    params(
        ("id" = Uuid, Path, description = "Id of the group."),
        IfMatch,
    ),
    request_body = InternalGroupChanges,
    responses(
        (status = 200, description = "As it is now.", body = InternalGroup, headers(
            ("ETag" = String, description = "Its version."),
        )),
        VersionProblems,
    ),
)]
async fn change(
    admin: Admin,
    id: Id<GroupId>,
    body: Body<InternalGroupChanges>,
) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    let edit = body.0.edit();
    let group = admin
        .run(move |service, call| service.change_internal_group(call, id.0, expected, edit))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(group.version())))
        .json(InternalGroup::from(group)))
}
