//! Users (RFC 7644, section 3).

use actix_web::web::Path;
use actix_web::{HttpResponse, delete, patch, post, put, route};

use super::body::Body;
use super::documents::{
    PatchMessage, Projected, Refusals, SearchMessage, Selected, UserList, UserResource,
};
use super::request::Scim;

const ENDPOINT: &str = "/Users";

/// Creates a user.
#[utoipa::path(tag = "SCIM", operation_id = "createUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[post("/Users")]
pub(crate) async fn create(scim: Scim, body: Body) -> HttpResponse {
    scim.create(ENDPOINT, body).await
}

/// Lists users by filter, sorted and paged.
#[utoipa::path(get, path = "/Users", tag = "SCIM", operation_id = "listUsers", params(Selected),
    responses((status = 200, description = "A page of users", body = UserList, content_type = "application/scim+json"), Refusals))]
#[route("/Users", method = "GET", method = "HEAD")]
pub(crate) async fn list(scim: Scim) -> HttpResponse {
    scim.list(Some(ENDPOINT)).await
}

/// Reads a user; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Users/{id}", tag = "SCIM", operation_id = "readUser", params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = UserResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
#[route("/Users/{id}", method = "GET", method = "HEAD")]
pub(crate) async fn read(scim: Scim, id: Path<String>) -> HttpResponse {
    scim.read(ENDPOINT, id.into_inner()).await
}

/// Replaces a user. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(tag = "SCIM", operation_id = "replaceUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[put("/Users/{id}")]
pub(crate) async fn replace(scim: Scim, id: Path<String>, body: Body) -> HttpResponse {
    scim.replace(ENDPOINT, id.into_inner(), body).await
}

/// Changes a user (RFC 7644, section 3.5.2).
#[utoipa::path(tag = "SCIM", operation_id = "patchUser", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[patch("/Users/{id}")]
pub(crate) async fn patch(scim: Scim, id: Path<String>, body: Body) -> HttpResponse {
    scim.patch(ENDPOINT, id.into_inner(), body).await
}

/// Deletes a user.
#[utoipa::path(tag = "SCIM", operation_id = "deleteUser", params(("id" = String, Path, description = "The user's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
#[delete("/Users/{id}")]
pub(crate) async fn delete(scim: Scim, id: Path<String>) -> HttpResponse {
    scim.delete(ENDPOINT, id.into_inner()).await
}

/// Lists users as a GET would, with the query in the body (RFC 7644, section 3.4.3).
#[utoipa::path(tag = "SCIM", operation_id = "searchUsers", request_body(content = SearchMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "A page of users", body = UserList, content_type = "application/scim+json"), Refusals))]
#[post("/Users/.search")]
pub(crate) async fn search(scim: Scim, body: Body) -> HttpResponse {
    scim.search(Some(ENDPOINT), body).await
}
