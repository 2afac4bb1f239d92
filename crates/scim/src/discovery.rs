//! The discovery resources (RFC 7643, sections 5 to 7; RFC 7644, section 4): what this service
//! provider does, and nothing it does not do.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::schema::{self, RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG};
use crate::{Limits, PageLimits, ResourceType, Schema};

/// What a service provider supports (RFC 7643, section 5), and nothing it does not. PATCH and filters always
/// are. [`Capabilities::new`], then its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// `None`: not supported.
    pub bulk: Option<BulkLimits>,
    /// The most resources in one response.
    pub filter_max_results: u64,
    /// Whether a client can change passwords.
    pub change_password: bool,
    /// Whether `sortBy` is honoured.
    pub sort: bool,
    /// Whether there are entity tags.
    pub etag: bool,
    /// RFC 9865, section 4. `None`: nothing is said of it.
    pub pagination: Option<Pagination>,
    /// Help for people.
    pub documentation_uri: Option<String>,
    /// The preferred one first.
    pub authentication_schemes: Vec<AuthenticationScheme>,
}

impl Capabilities {
    /// PATCH and filters alone.
    pub fn new(filter_max_results: u64, authentication_schemes: Vec<AuthenticationScheme>) -> Self {
        Self {
            bulk: None,
            filter_max_results,
            change_password: false,
            sort: false,
            etag: false,
            pagination: None,
            documentation_uri: None,
            authentication_schemes,
        }
    }
}

/// What a bulk request may carry at most (RFC 7643, section 5). Made [`From`] the [`Limits`] it is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkLimits {
    /// Operations of one request.
    pub max_operations: usize,
    /// Bytes.
    pub max_payload_size: usize,
}

impl From<&Limits> for BulkLimits {
    fn from(limits: &Limits) -> Self {
        Self {
            max_operations: limits.bulk_operations,
            max_payload_size: limits.bulk_payload,
        }
    }
}

/// How lists are paged (RFC 9865, section 4). Index paging is supported and the default. Made [`From`]
/// [`PageLimits`], then its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pagination {
    /// How much a page holds, and whether there are cursors.
    pub page: PageLimits,
    /// Seconds a cursor is good for; `None`: for ever, or nothing is promised.
    pub cursor_timeout: Option<u64>,
}

impl From<PageLimits> for Pagination {
    fn from(page: PageLimits) -> Self {
        Self {
            page,
            cursor_timeout: None,
        }
    }
}

/// A way for clients to prove who they are (RFC 7643, section 5). [`AuthenticationScheme::BEARER_TOKEN`] or
/// [`AuthenticationScheme::new`], then its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticationScheme {
    /// `type`: `oauth`, `oauth2`, `oauthbearertoken`, `httpbasic` or `httpdigest`.
    pub kind: Cow<'static, str>,
    /// For people.
    pub name: Cow<'static, str>,
    /// For people.
    pub description: Cow<'static, str>,
    /// Where it is specified.
    pub spec_uri: Option<Cow<'static, str>>,
    /// Where it is explained how to use it here.
    pub documentation_uri: Option<Cow<'static, str>>,
}

impl AuthenticationScheme {
    /// Bearer tokens (RFC 6750).
    pub const BEARER_TOKEN: Self = Self {
        kind: Cow::Borrowed("oauthbearertoken"),
        name: Cow::Borrowed("OAuth Bearer Token"),
        description: Cow::Borrowed("A token of the token endpoint in the Authorization header."),
        spec_uri: Some(Cow::Borrowed("https://www.rfc-editor.org/info/rfc6750")),
        documentation_uri: None,
    };

    /// One of that `type`, without the addresses, which RFC 7643 leaves optional.
    pub fn new(
        kind: impl Into<Cow<'static, str>>,
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
            description: description.into(),
            spec_uri: None,
            documentation_uri: None,
        }
    }
}

/// The body of `/ServiceProviderConfig`, whose absolute URL `location` is (RFC 7644, section 4).
pub fn service_provider_config(capabilities: &Capabilities, location: &str) -> Value {
    let schemes: Vec<Value> = capabilities
        .authentication_schemes
        .iter()
        .enumerate()
        .map(|(index, scheme)| {
            object([
                ("type", Some(json!(scheme.kind))),
                ("name", Some(json!(scheme.name))),
                ("description", Some(json!(scheme.description))),
                ("specUri", scheme.spec_uri.as_ref().map(|uri| json!(uri))),
                (
                    "documentationUri",
                    scheme.documentation_uri.as_ref().map(|uri| json!(uri)),
                ),
                ("primary", Some(json!(index == 0))),
            ])
        })
        .collect();
    object([
        ("schemas", Some(json!([SERVICE_PROVIDER_CONFIG]))),
        (
            "documentationUri",
            capabilities
                .documentation_uri
                .as_ref()
                .map(|uri| json!(uri)),
        ),
        ("patch", Some(json!({ "supported": true }))),
        (
            "bulk",
            Some(json!({
                "supported": capabilities.bulk.is_some(),
                "maxOperations": capabilities.bulk.map_or(0, |bulk| bulk.max_operations),
                "maxPayloadSize": capabilities.bulk.map_or(0, |bulk| bulk.max_payload_size),
            })),
        ),
        (
            "filter",
            Some(json!({
                "supported": true,
                "maxResults": capabilities.filter_max_results,
            })),
        ),
        (
            "changePassword",
            Some(json!({ "supported": capabilities.change_password })),
        ),
        ("sort", Some(json!({ "supported": capabilities.sort }))),
        ("etag", Some(json!({ "supported": capabilities.etag }))),
        (
            "pagination",
            capabilities.pagination.as_ref().map(pagination),
        ),
        ("authenticationSchemes", Some(Value::Array(schemes))),
        (
            "meta",
            Some(json!({ "resourceType": "ServiceProviderConfig", "location": location })),
        ),
    ])
}

fn pagination(pagination: &Pagination) -> Value {
    let page = pagination.page;
    object([
        ("cursor", Some(json!(page.cursors))),
        ("index", Some(json!(true))),
        ("defaultPaginationMethod", Some(json!("index"))),
        ("defaultPageSize", Some(json!(page.default.min(page.max)))),
        ("maxPageSize", Some(json!(page.max))),
        (
            "cursorTimeout",
            pagination
                .cursor_timeout
                .filter(|_| page.cursors)
                .map(|seconds| json!(seconds)),
        ),
    ])
}

/// The resources of `/ResourceTypes`. `base` is the absolute base URL of SCIM, without a slash at
/// the end, here and below.
///
/// RFC 7644, section 4.
pub fn resource_types(resource_types: &[&ResourceType], base: &str) -> Vec<Value> {
    resource_types
        .iter()
        .map(|resource_type| {
            let extensions: Vec<Value> = resource_type
                .extensions
                .iter()
                .map(|extension| {
                    json!({ "schema": extension.schema.id, "required": extension.required })
                })
                .collect();
            let location = format!("{base}/ResourceTypes/{}", resource_type.name);
            object([
                ("schemas", Some(json!([RESOURCE_TYPE]))),
                ("id", Some(json!(resource_type.name))),
                ("name", Some(json!(resource_type.name))),
                ("endpoint", Some(json!(resource_type.endpoint))),
                ("description", Some(json!(resource_type.description))),
                ("schema", Some(json!(resource_type.schema.id))),
                (
                    "schemaExtensions",
                    (!extensions.is_empty()).then_some(Value::Array(extensions)),
                ),
                (
                    "meta",
                    Some(json!({ "resourceType": "ResourceType", "location": location })),
                ),
            ])
        })
        .collect()
}

/// The resources of `/Schemas`: those of the resource types, each once, then those of the
/// discovery resources. Adopted schemas are not among them.
///
/// RFC 7644, section 4.
pub fn schemas(resource_types: &[&ResourceType], base: &str) -> Vec<Value> {
    let discovery = [
        schema::service_provider_config(),
        schema::resource_type(),
        schema::schema(),
    ];
    let core = resource_types
        .iter()
        .map(|resource_type| &*resource_type.schema);
    let extensions = resource_types
        .iter()
        .flat_map(|resource_type| &resource_type.extensions)
        .map(|extension| &*extension.schema);
    let mut published: Vec<&Schema> = Vec::new();
    for schema in core.chain(extensions).chain(&discovery) {
        if !published.iter().any(|other| other.id == schema.id) {
            published.push(schema);
        }
    }
    published
        .into_iter()
        .map(|schema| schema_resource(schema, base))
        .collect()
}

/// Erratum 8417: a schema is a resource too, with `schemas` and `meta`.
fn schema_resource(schema: &Schema, base: &str) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": schema.attributes,
        "meta": {
            "resourceType": "Schema",
            "location": format!("{base}/Schemas/{}", segment(&schema.id)),
        },
    })
}

/// A URN as one segment of a URL's path (RFC 3986, section 3.3).
fn segment(urn: &str) -> String {
    urn.replace('%', "%25")
        .replace('/', "%2F")
        .replace('#', "%23")
}

/// An object of what there is.
fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    entries
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests;
