//! Requests about more than one type of resource: root queries and bulk (RFC 7644, sections 3.4.2.1,
//! 3.4.3 and 3.7).

use actix_web::HttpResponse;

use super::body::{Body, RawBody};
use super::documents::{BulkAnswer, BulkMessage, Refusals, ResourceList, SearchMessage, Selected};
use super::request::Scim;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, search, bulk);
}

/// Lists resources of every type, type by type.
#[utoipa::path(get, path = "", tag = "SCIM", operation_id = "listResources", params(Selected),
    responses((status = 200, description = "A page of resources", body = ResourceList, content_type = "application/scim+json"), Refusals))]
async fn list(scim: Scim) -> HttpResponse {
    scim.list(None).await
}

/// The same, with the query in the body.
#[utoipa::path(post, path = "/.search", tag = "SCIM", operation_id = "searchResources", request_body(content = SearchMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "A page of resources", body = ResourceList, content_type = "application/scim+json"), Refusals))]
async fn search(scim: Scim, body: Body) -> HttpResponse {
    scim.search(None, body).await
}

/// Performs many operations; each succeeds or fails alone.
#[utoipa::path(post, path = "/Bulk", tag = "SCIM", operation_id = "performBulk", request_body(content = BulkMessage, content_type = "application/scim+json"),
    responses((status = 200, description = "What became of each operation", body = BulkAnswer, content_type = "application/scim+json"), Refusals))]
async fn bulk(scim: Scim, body: RawBody) -> HttpResponse {
    scim.bulk(body).await
}
