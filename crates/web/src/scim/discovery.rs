//! What this server can do (RFC 7644, section 4). Never filtered: a filter is 403.

use actix_web::HttpResponse;
use serde_json::{Value, json};
use vestibule_scim::{
    AuthenticationScheme, BulkLimits, Capabilities, Error, LIST_RESPONSE, Pagination, ResourceType,
    discovery,
};

use super::answer;
use super::documents::{DiscoveryDocument, Refusals};
use super::query::Query;
use super::request::Scim;
use crate::Web;
use crate::routes::{Routes, Segment, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; service_provider_config, list_resource_types, read_resource_type, list_schemas, read_schema);
}

/// What is supported, and within which limits.
#[utoipa::path(get, path = "/ServiceProviderConfig", tag = "SCIM", operation_id = "readServiceProviderConfig",
    responses((status = 200, description = "The configuration", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
async fn service_provider_config(scim: Scim) -> HttpResponse {
    describe(scim, |web, _, base| {
        let settings = web.service.settings();
        let schemes = vec![AuthenticationScheme::BEARER_TOKEN];
        let mut capabilities = Capabilities::new(settings.maximum_page, schemes);
        capabilities.bulk = Some(BulkLimits::from(&settings.limits));
        capabilities.sort = true;
        capabilities.etag = true;
        let mut pagination = Pagination::from(web.service.page_limits());
        pagination.cursor_timeout = u64::try_from(settings.cursor_timeout.num_seconds()).ok();
        capabilities.pagination = Some(pagination);
        capabilities.documentation_uri = Some(format!("{}/docs", web.settings.public_url));
        let location = format!("{base}/ServiceProviderConfig");
        Some(discovery::service_provider_config(&capabilities, &location))
    })
    .await
}

/// The kinds of resources.
#[utoipa::path(get, path = "/ResourceTypes", tag = "SCIM", operation_id = "listResourceTypes",
    responses((status = 200, description = "All of them", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
async fn list_resource_types(scim: Scim) -> HttpResponse {
    describe(scim, |_, types, base| {
        Some(all(&discovery::resource_types(types, base)))
    })
    .await
}

/// One kind of resource.
#[utoipa::path(get, path = "/ResourceTypes/{name}", tag = "SCIM", operation_id = "readResourceType",
    params(("name" = String, Path, description = "`User` or `Group`")),
    responses((status = 200, description = "The resource type", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
async fn read_resource_type(scim: Scim, name: Segment) -> HttpResponse {
    describe(scim, |_, types, base| {
        one(discovery::resource_types(types, base), &name)
    })
    .await
}

/// The schemas: every attribute with its characteristics.
#[utoipa::path(get, path = "/Schemas", tag = "SCIM", operation_id = "listSchemas",
    responses((status = 200, description = "All of them", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
async fn list_schemas(scim: Scim) -> HttpResponse {
    describe(scim, |_, types, base| {
        Some(all(&discovery::schemas(types, base)))
    })
    .await
}

/// One schema.
#[utoipa::path(get, path = "/Schemas/{urn}", tag = "SCIM", operation_id = "readSchema",
    params(("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, description = "The schema", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
async fn read_schema(scim: Scim, urn: Segment) -> HttpResponse {
    describe(scim, |_, types, base| {
        one(discovery::schemas(types, base), &urn)
    })
    .await
}

async fn describe(
    scim: Scim,
    document: impl FnOnce(&Web, &[&ResourceType], &str) -> Option<Value>,
) -> HttpResponse {
    let Scim {
        request, web, call, ..
    } = scim;
    let base = call.base.clone();
    let service = web.service.clone();
    let types = match web.read(move || service.read_types(&call)).await {
        Ok(types) => types,
        Err(error) => return answer::error(&request, &error),
    };
    // Whatever else the query says is ignored, also what makes no sense (RFC 7644, section 4).
    if Query::has_filter(&request) {
        let detail = "discovery resources cannot be filtered";
        return answer::refusal(&request, Error::new(403, None, detail));
    }
    let types: Vec<&ResourceType> = types.all().iter().map(|found| &**found).collect();
    match document(&web, &types, &base) {
        Some(document) => answer::json(&request, &document),
        None => answer::refusal(
            &request,
            Error::new(404, None, "there is no such discovery resource"),
        ),
    }
}

fn one(documents: Vec<Value>, id: &str) -> Option<Value> {
    documents.into_iter().find(|document| {
        document
            .get("id")
            .and_then(Value::as_str)
            .is_some_and(|own| own.eq_ignore_ascii_case(id))
    })
}

fn all(documents: &[Value]) -> Value {
    json!({
        "schemas": [LIST_RESPONSE],
        "totalResults": documents.len(),
        "startIndex": 1,
        "itemsPerPage": documents.len(),
        "Resources": documents,
    })
}
