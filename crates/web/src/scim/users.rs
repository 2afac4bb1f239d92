//! Users (RFC 7644, section 3).

use actix_web::HttpResponse;

use super::body::Body;
use super::documents::{
    IfMatch, IfNoneMatch, PatchMessage, Projected, Refusals, SearchMessage, Selected, UserList,
    UserResource,
};
use super::request::Scim;
use crate::routes::{Routes, Segment, operations};

const ENDPOINT: &str = "/Users";

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; search, create, list, read, replace, patch, delete);
}

/// Creates a user.
#[utoipa::path(post, path = "/Users", tag = "SCIM", operation_id = "createUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
async fn create(scim: Scim, body: Body) -> HttpResponse {
    scim.create(ENDPOINT, body).await
}

/// Lists users by filter, sorted and paged.
#[utoipa::path(get, path = "/Users", tag = "SCIM", operation_id = "listUsers", params(Selected),
    responses((status = 200, description = "A page of users", body = UserList, content_type = "application/scim+json"), Refusals))]
async fn list(scim: Scim) -> HttpResponse {
    scim.list(Some(ENDPOINT)).await
}

/// Reads a user; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Users/{id}", tag = "SCIM", operation_id = "readUser", params(Projected, IfNoneMatch, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = UserResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
async fn read(scim: Scim, id: Segment) -> HttpResponse {
    scim.read(ENDPOINT, id.0).await
}

/// Replaces a user. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(put, path = "/Users/{id}", tag = "SCIM", operation_id = "replaceUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected, IfMatch, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
async fn replace(scim: Scim, id: Segment, body: Body) -> HttpResponse {
    scim.replace(ENDPOINT, id.0, body).await
}

/// Changes a user (RFC 7644, section 3.5.2).
#[utoipa::path(patch, path = "/Users/{id}", tag = "SCIM", operation_id = "patchUser", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, IfMatch, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
async fn patch(scim: Scim, id: Segment, body: Body) -> HttpResponse {
    scim.patch(ENDPOINT, id.0, body).await
}

/// Deletes a user.
#[utoipa::path(delete, path = "/Users/{id}", tag = "SCIM", operation_id = "deleteUser", params(IfMatch, ("id" = String, Path, description = "The user's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
async fn delete(scim: Scim, id: Segment) -> HttpResponse {
    scim.delete(ENDPOINT, id.0).await
}

/// Lists users as a GET would, with the query in the body (RFC 7644, section 3.4.3).
#[utoipa::path(post, path = "/Users/.search", tag = "SCIM", operation_id = "searchUsers", request_body(content = SearchMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "A page of users", body = UserList, content_type = "application/scim+json"), Refusals))]
async fn search(scim: Scim, body: Body) -> HttpResponse {
    scim.search(Some(ENDPOINT), body).await
}
