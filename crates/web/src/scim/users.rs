//! Users (RFC 7644, section 3).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, patch, post, put, route};
use vestibule_service::Service;

use super::answer;
use super::body::Body;
use super::documents::{PatchMessage, Projected, Refusals, Selected, UserList, UserResource};
use super::query::Query;
use super::{Mount, call, precondition};
use crate::Web;
use crate::blocking::blocking;
use crate::request::Sender;

/// Creates a user.
#[utoipa::path(tag = "SCIM", operation_id = "createUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[post("/Users")]
pub(crate) async fn create(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    body: Body,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    let submitted = body.submitted(&service, Service::user_type, &query);
    match blocking(move || service.create_user(call, submitted)).await {
        Ok(created) => answer::resource(&request, StatusCode::CREATED, created),
        Err(error) => answer::error(&request, &error),
    }
}

/// Lists users by filter, sorted and paged.
#[utoipa::path(get, path = "/Users", tag = "SCIM", operation_id = "listUsers", params(Selected),
    responses((status = 200, description = "A page of users", body = UserList, content_type = "application/scim+json"), Refusals))]
#[route("/Users", method = "GET", method = "HEAD")]
pub(crate) async fn list(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    match blocking(move || service.list_users(&call, query.list())).await {
        Ok(listed) => answer::list(&request, &listed),
        Err(error) => answer::error(&request, &error),
    }
}

/// Reads a user; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Users/{id}", tag = "SCIM", operation_id = "readUser", params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = UserResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
#[route("/Users/{id}", method = "GET", method = "HEAD")]
pub(crate) async fn read(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    id: Path<String>,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    let found = web
        .read(move || service.read_user(&call, &id, query.projection(service.user_type())))
        .await;
    match found {
        Ok(found) => answer::read(&request, found),
        Err(error) => answer::error(&request, &error),
    }
}

/// Replaces a user. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(tag = "SCIM", operation_id = "replaceUser", request_body(content = UserResource, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[put("/Users/{id}")]
pub(crate) async fn replace(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    id: Path<String>,
    body: Body,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    let submitted = body.submitted(&service, Service::user_type, &query);
    let precondition = precondition(&request);
    match blocking(move || service.replace_user(call, &id, precondition, submitted)).await {
        Ok(replaced) => answer::resource(&request, StatusCode::OK, replaced),
        Err(error) => answer::error(&request, &error),
    }
}

/// Changes a user (RFC 7644, section 3.5.2).
#[utoipa::path(tag = "SCIM", operation_id = "patchUser", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The user's id")),
    responses((status = 200, description = "The user as stored", body = UserResource, content_type = "application/scim+json"), Refusals))]
#[patch("/Users/{id}")]
pub(crate) async fn patch(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    id: Path<String>,
    body: Body,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    let submitted = body.submitted(&service, Service::user_type, &query);
    let precondition = precondition(&request);
    match blocking(move || service.patch_user(call, &id, precondition, submitted)).await {
        Ok(changed) => answer::resource(&request, StatusCode::OK, changed),
        Err(error) => answer::error(&request, &error),
    }
}

/// Deletes a user.
#[utoipa::path(tag = "SCIM", operation_id = "deleteUser", params(("id" = String, Path, description = "The user's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
#[delete("/Users/{id}")]
pub(crate) async fn delete(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    id: Path<String>,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    let precondition = precondition(&request);
    match blocking(move || service.delete_user(call, &id, precondition)).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => answer::error(&request, &error),
    }
}
