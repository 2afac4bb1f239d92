//! Groups (RFC 7644, section 3).

use actix_web::HttpResponse;

use super::body::Body;
use super::documents::{
    GroupList, GroupResource, IfMatch, IfNoneMatch, PatchMessage, Projected, Refusals,
    SearchMessage, Selected,
};
use super::request::Scim;
use crate::routes::{Routes, Segment, operations};

const ENDPOINT: &str = "/Groups";

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; search, create, list, read, replace, patch, delete);
}

/// Creates a group.
#[utoipa::path(post, path = "/Groups", tag = "SCIM", operation_id = "createGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
async fn create(scim: Scim, body: Body) -> HttpResponse {
    scim.create(ENDPOINT, body).await
}

/// Lists groups by filter, sorted and paged.
#[utoipa::path(get, path = "/Groups", tag = "SCIM", operation_id = "listGroups", params(Selected),
    responses((status = 200, description = "A page of groups", body = GroupList, content_type = "application/scim+json"), Refusals))]
async fn list(scim: Scim) -> HttpResponse {
    scim.list(Some(ENDPOINT)).await
}

/// Reads a group; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Groups/{id}", tag = "SCIM", operation_id = "readGroup", params(Projected, IfNoneMatch, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group", body = GroupResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
async fn read(scim: Scim, id: Segment) -> HttpResponse {
    scim.read(ENDPOINT, id.0).await
}

/// Replaces a group. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(put, path = "/Groups/{id}", tag = "SCIM", operation_id = "replaceGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected, IfMatch, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
async fn replace(scim: Scim, id: Segment, body: Body) -> HttpResponse {
    scim.replace(ENDPOINT, id.0, body).await
}

/// Changes a group (RFC 7644, section 3.5.2). Answers 204, or the group
/// when the query says which attributes are wanted: nobody reads a huge group back unasked.
#[utoipa::path(patch, path = "/Groups/{id}", tag = "SCIM", operation_id = "patchGroup", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, IfMatch, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), (status = 204, description = "Changed"), Refusals))]
async fn patch(scim: Scim, id: Segment, body: Body) -> HttpResponse {
    scim.patch(ENDPOINT, id.0, body).await
}

/// Deletes a group.
#[utoipa::path(delete, path = "/Groups/{id}", tag = "SCIM", operation_id = "deleteGroup", params(IfMatch, ("id" = String, Path, description = "The group's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
async fn delete(scim: Scim, id: Segment) -> HttpResponse {
    scim.delete(ENDPOINT, id.0).await
}

/// Lists groups as a GET would, with the query in the body (RFC 7644, section 3.4.3).
#[utoipa::path(post, path = "/Groups/.search", tag = "SCIM", operation_id = "searchGroups", request_body(content = SearchMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "A page of groups", body = GroupList, content_type = "application/scim+json"), Refusals))]
async fn search(scim: Scim, body: Body) -> HttpResponse {
    scim.search(Some(ENDPOINT), body).await
}
