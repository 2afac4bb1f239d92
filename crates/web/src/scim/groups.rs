//! Groups (RFC 7644, section 3).

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, patch, post, put, route};
use vestibule_service::Service;

use super::answer;
use super::body::Body;
use super::documents::{GroupList, GroupResource, PatchMessage, Projected, Refusals, Selected};
use super::query::Query;
use super::{Mount, call, precondition};
use crate::Web;
use crate::blocking::blocking;
use crate::request::Sender;

/// Creates a group.
#[utoipa::path(tag = "SCIM", operation_id = "createGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected),
    responses((status = 201, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
#[post("/Groups")]
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
    let submitted = body.submitted(&service, Service::group_type, &query);
    match blocking(move || service.create_group(call, submitted)).await {
        Ok(created) => answer::resource(&request, StatusCode::CREATED, created),
        Err(error) => answer::error(&request, &error),
    }
}

/// Lists groups by filter, sorted and paged.
#[utoipa::path(get, path = "/Groups", tag = "SCIM", operation_id = "listGroups", params(Selected),
    responses((status = 200, description = "A page of groups", body = GroupList, content_type = "application/scim+json"), Refusals))]
#[route("/Groups", method = "GET", method = "HEAD")]
pub(crate) async fn list(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
) -> HttpResponse {
    let call = call(&web, mount, sender);
    let service = web.service.clone();
    match blocking(move || service.list_groups(&call, query.list())).await {
        Ok(listed) => answer::list(&request, &listed),
        Err(error) => answer::error(&request, &error),
    }
}

/// Reads a group; `If-None-Match` answers 304 when nothing has changed.
#[utoipa::path(get, path = "/Groups/{id}", tag = "SCIM", operation_id = "readGroup", params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group", body = GroupResource, content_type = "application/scim+json"), (status = 304, description = "Unchanged"), Refusals))]
#[route("/Groups/{id}", method = "GET", method = "HEAD")]
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
    let found =
        blocking(move || service.read_group(&call, &id, query.projection(service.group_type())))
            .await;
    match found {
        Ok(found) => answer::read(&request, found),
        Err(error) => answer::error(&request, &error),
    }
}

/// Replaces a group. `If-Match` answers 412 when somebody else has changed it.
#[utoipa::path(tag = "SCIM", operation_id = "replaceGroup", request_body(content = GroupResource, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), Refusals))]
#[put("/Groups/{id}")]
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
    let submitted = body.submitted(&service, Service::group_type, &query);
    let precondition = precondition(&request);
    match blocking(move || service.replace_group(call, &id, precondition, submitted)).await {
        Ok(replaced) => answer::resource(&request, StatusCode::OK, replaced),
        Err(error) => answer::error(&request, &error),
    }
}

/// Changes a group (RFC 7644, section 3.5.2). Answers 204, or the group
/// when the query says which attributes are wanted: nobody reads a huge group back unasked.
#[utoipa::path(tag = "SCIM", operation_id = "patchGroup", request_body(content = PatchMessage, content_type = "application/scim+json"), params(Projected, ("id" = String, Path, description = "The group's id")),
    responses((status = 200, description = "The group as stored", body = GroupResource, content_type = "application/scim+json"), (status = 204, description = "Changed"), Refusals))]
#[patch("/Groups/{id}")]
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
    let submitted = body.submitted(&service, Service::group_type, &query);
    let precondition = precondition(&request);
    let represent = query.projects();
    match blocking(move || service.patch_group(call, &id, precondition, submitted, represent)).await
    {
        Ok(Some(changed)) => answer::resource(&request, StatusCode::OK, changed),
        Ok(None) => HttpResponse::NoContent().finish(),
        Err(error) => answer::error(&request, &error),
    }
}

/// Deletes a group.
#[utoipa::path(tag = "SCIM", operation_id = "deleteGroup", params(("id" = String, Path, description = "The group's id")),
    responses((status = 204, description = "Deleted"), Refusals))]
#[delete("/Groups/{id}")]
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
    match blocking(move || service.delete_group(call, &id, precondition)).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => answer::error(&request, &error),
    }
}
