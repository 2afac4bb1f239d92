//! What this server can do (RFC 7644, section 4). Never filtered: a filter is 403.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use serde_json::{Value, json};
use vestibule_scim::{AuthenticationScheme, Capabilities, Error, discovery};

use super::answer;
use super::documents::{DiscoveryDocument, Refusals};
use super::query::Query;
use super::{Mount, call};
use crate::Web;
use crate::request::Sender;

/// What is supported, and within which limits.
#[utoipa::path(get, path = "/ServiceProviderConfig", tag = "SCIM", operation_id = "readServiceProviderConfig",
    responses((status = 200, description = "The configuration", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
#[route("/ServiceProviderConfig", method = "GET", method = "HEAD")]
pub(crate) async fn service_provider_config(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
) -> HttpResponse {
    describe(&request, &web, mount, sender, &query, |web, base| {
        let capabilities = Capabilities {
            bulk: None,
            filter_max_results: web.service.settings().maximum_page,
            change_password: false,
            sort: true,
            etag: true,
            pagination: None,
            documentation_uri: Some(format!("{}/docs", web.settings.public_url)),
            authentication_schemes: vec![AuthenticationScheme::BEARER_TOKEN],
        };
        let location = format!("{base}/ServiceProviderConfig");
        Some(discovery::service_provider_config(&capabilities, &location))
    })
    .await
}

/// The kinds of resources.
#[utoipa::path(get, path = "/ResourceTypes", tag = "SCIM", operation_id = "listResourceTypes",
    responses((status = 200, description = "All of them", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
#[route("/ResourceTypes", method = "GET", method = "HEAD")]
pub(crate) async fn list_resource_types(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
) -> HttpResponse {
    describe(&request, &web, mount, sender, &query, |web, base| {
        Some(all(&all_resource_types(web, base)))
    })
    .await
}

/// One kind of resource.
#[utoipa::path(get, path = "/ResourceTypes/{name}", tag = "SCIM", operation_id = "readResourceType",
    params(("name" = String, Path, description = "`User` or `Group`")),
    responses((status = 200, description = "The resource type", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
#[route("/ResourceTypes/{name}", method = "GET", method = "HEAD")]
pub(crate) async fn read_resource_type(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    name: Path<String>,
) -> HttpResponse {
    describe(&request, &web, mount, sender, &query, |web, base| {
        one(all_resource_types(web, base), &name)
    })
    .await
}

/// The schemas: every attribute with its characteristics.
#[utoipa::path(get, path = "/Schemas", tag = "SCIM", operation_id = "listSchemas",
    responses((status = 200, description = "All of them", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
#[route("/Schemas", method = "GET", method = "HEAD")]
pub(crate) async fn list_schemas(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
) -> HttpResponse {
    describe(&request, &web, mount, sender, &query, |web, base| {
        Some(all(&all_schemas(web, base)))
    })
    .await
}

/// One schema.
#[utoipa::path(get, path = "/Schemas/{urn}", tag = "SCIM", operation_id = "readSchema",
    params(("urn" = String, Path, description = "The schema's URN")),
    responses((status = 200, description = "The schema", body = DiscoveryDocument, content_type = "application/scim+json"), Refusals))]
#[route("/Schemas/{urn}", method = "GET", method = "HEAD")]
pub(crate) async fn read_schema(
    request: HttpRequest,
    web: Data<Web>,
    mount: Mount,
    sender: Sender,
    query: Query,
    urn: Path<String>,
) -> HttpResponse {
    describe(&request, &web, mount, sender, &query, |web, base| {
        one(all_schemas(web, base), &urn)
    })
    .await
}

async fn describe(
    request: &HttpRequest,
    web: &Web,
    mount: Mount,
    sender: Sender,
    query: &Query,
    document: impl FnOnce(&Web, &str) -> Option<Value>,
) -> HttpResponse {
    let call = call(web, mount, sender);
    let base = call.base.clone();
    let service = web.service.clone();
    if let Err(error) = web.read(move || service.admit_reader(&call)).await {
        return answer::error(request, &error);
    }
    if query.list().is_ok_and(|list| list.filter.is_some()) {
        let detail = "discovery resources cannot be filtered";
        return answer::refusal(request, Error::new(403, None, detail));
    }
    match document(web, &base) {
        Some(document) => answer::json(request, &document),
        None => answer::refusal(
            request,
            Error::new(404, None, "there is no such discovery resource"),
        ),
    }
}

fn all_resource_types(web: &Web, base: &str) -> Vec<Value> {
    discovery::resource_types(&[web.service.user_type(), web.service.group_type()], base)
}

fn all_schemas(web: &Web, base: &str) -> Vec<Value> {
    discovery::schemas(&[web.service.user_type(), web.service.group_type()], base)
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
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": documents.len(),
        "startIndex": 1,
        "itemsPerPage": documents.len(),
        "Resources": documents,
    })
}
