//! Groups (RFC 7644, section 3).

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, patch, post, put, route};

use super::body::Body;
use super::documents::{
    GroupList, GroupResource, PatchMessage, Projected, Refusals, SearchMessage, Selected,
};
use super::request::Scim;

const ENDPOINT: &str = "/Groups";

/// Creates a group.
#[utoipa::path(tag = "SCIM", operation_id = "createGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
#[post("/Groups")]
pub(crate) async fn create(scim: Scim, body: Body) -> HttpResponse {
    scim.create(ENDPOINT, body).await
}

/// Lists groups by filter, sorted and paged.
#[utoipa::path(get, path = "/Groups", tag = "SCIM", operation_id = "listGroups", params(Selected),
    responses((status = 200, description = "A page of groups", body = GroupList, content_type = "application/scim+json"), Refusals))]
#[route("/Groups", method = "GET", method = "HEAD")]
pub(crate) async fn list(scim: Scim) -> HttpResponse {
    scim.list(Some(ENDPOINT)).await
}

/// Reads a group; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Groups/{id}", tag = "SCIM", operation_id = "readGroup", params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group", body = GroupResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
#[route("/Groups/{id}", method = "GET", method = "HEAD")]
pub(crate) async fn read(scim: Scim, id: Path<String>) -> HttpResponse {
    scim.read(ENDPOINT, id.into_inner()).await
}

/// Replaces a group. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(tag = "SCIM", operation_id = "replaceGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
#[put("/Groups/{id}")]
pub(crate) async fn replace(scim: Scim, id: Path<String>, body: Body) -> HttpResponse {
    scim.replace(ENDPOINT, id.into_inner(), body).await
}

/// Changes a group (RFC 7644, section 3.5.2). Answers 204, or the group
/// when the query says which attributes are wanted: nobody reads a huge group back unasked.
#[utoipa::path(tag = "SCIM", operation_id = "patchGroup", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), (status = 204, description = "Changed"), Refusals))]
#[patch("/Groups/{id}")]
pub(crate) async fn patch(scim: Scim, id: Path<String>, body: Body) -> HttpResponse {
    scim.patch(ENDPOINT, id.into_inner(), body).await
}

/// Deletes a group.
#[utoipa::path(tag = "SCIM", operation_id = "deleteGroup", params(("id" = String, Path, description = "The group's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
#[delete("/Groups/{id}")]
pub(crate) async fn delete(scim: Scim, id: Path<String>) -> HttpResponse {
    scim.delete(ENDPOINT, id.into_inner()).await
}

/// Lists groups as a GET would, with the query in the body (RFC 7644, section 3.4.3).
#[utoipa::path(tag = "SCIM", operation_id = "searchGroups", request_body(content = SearchMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "A page of groups", body = GroupList, content_type = "application/scim+json"), Refusals))]
#[post("/Groups/.search")]
pub(crate) async fn search(scim: Scim, body: Body) -> HttpResponse {
    scim.search(Some(ENDPOINT), body).await
}
