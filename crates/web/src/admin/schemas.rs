//! Schemas and resource types that administrators define for SCIM.
//!
//! Definitions are written as RFC 7643 writes them, so that a document of another server can be sent
//! as it is.

use actix_web::HttpResponse;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use vestibule_service::Service;
use vestibule_service::definitions::{ResourceTypeInfo, SchemaInfo};

use super::body::{Admin, Body, Ids, Name, NoBody};
use super::list::Page;
use super::problem::{ChangeProblems, Problem, Problems};
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, add, remove, add_attribute, remove_attribute, list_resource_types, add_resource_type, remove_resource_type, add_extension, remove_extension);
}

/// A schema (RFC 7643, section 7). Characteristics left out have the defaults of section 2.2.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the wire; nothing constructs it")]
#[schema(example = json!({"id": "urn:example:params:scim:schemas:Badge", "name": "Badge",
    "attributes": [{"name": "number", "type": "integer", "uniqueness": "server"}]}))]
struct SchemaDefinition {
    /// URN of the schema.
    id: String,
    name: Option<String>,
    description: Option<String>,
    attributes: Vec<AttributeDefinition>,
}

/// An attribute (RFC 7643, section 7).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the wire; nothing constructs it")]
#[schema(rename_all = "camelCase", example = json!({"name": "badgeNumber", "type": "integer", "uniqueness": "server"}))]
struct AttributeDefinition {
    name: String,
    /// `string`, `boolean`, `decimal`, `integer`, `dateTime`, `binary`, `reference` or `complex`.
    #[schema(rename = "type")]
    kind: Option<String>,
    multi_valued: Option<bool>,
    description: Option<String>,
    required: Option<bool>,
    canonical_values: Option<Vec<String>>,
    case_exact: Option<bool>,
    /// `readOnly`, `readWrite`, `immutable` or `writeOnly`.
    mutability: Option<String>,
    /// `always`, `never`, `default` or `request`.
    returned: Option<String>,
    /// `none`, `server` or `global`.
    uniqueness: Option<String>,
    reference_types: Option<Vec<String>>,
    /// Attributes of the same shape, without sub-attributes of their own.
    #[schema(value_type = Option<Vec<Object>>)]
    sub_attributes: Option<Vec<Value>>,
}

/// A resource type (RFC 7643, section 6).
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the wire; nothing constructs it")]
#[schema(rename_all = "camelCase", example = json!({"name": "Device", "endpoint": "/Devices",
    "schema": "urn:example:params:scim:schemas:Device",
    "schemaExtensions": [{"schema": "urn:example:params:scim:schemas:Badge", "required": false}]}))]
struct ResourceTypeDefinition {
    name: String,
    /// One segment with its slash.
    endpoint: String,
    description: Option<String>,
    /// URN of a defined schema.
    schema: String,
    schema_extensions: Option<Vec<ExtensionDefinition>>,
}

/// A schema that extends a resource type.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the wire; nothing constructs it")]
struct ExtensionDefinition {
    schema: String,
    required: Option<bool>,
}

/// A schema and who has it.
#[derive(Debug, Serialize, ToSchema)]
struct SchemaDetails {
    id: String,
    /// Always there, and not to be removed.
    built_in: bool,
    /// The attributes an administrator added to it.
    added: Vec<String>,
    /// The resource types that have it.
    resource_types: Vec<String>,
    /// The schema itself.
    #[schema(value_type = SchemaDefinition)]
    definition: Value,
}

/// A resource type and its schemas.
#[derive(Debug, Serialize, ToSchema)]
struct ResourceTypeDetails {
    name: String,
    endpoint: String,
    description: String,
    /// URN of its schema.
    schema: String,
    /// URNs of the schemas that extend it.
    extensions: Vec<String>,
    /// Always there, and not to be removed.
    built_in: bool,
}

/// List schemas
#[utoipa::path(
    get,
    path = "/schemas",
    operation_id = "listDefinedSchemas",
    tag = "Schemas",
    responses((status = 200, description = "Every schema.", body = Page<SchemaDetails>), Problems),
)]
async fn list(admin: Admin) -> Result<HttpResponse, Problem> {
    let schemas = admin.run(Service::list_schemas).await?;
    Ok(HttpResponse::Ok().json(Page::<SchemaDetails>::all(schemas)))
}

/// Define a schema
///
/// It is used once a resource type has it.
#[utoipa::path(
    post,
    path = "/schemas",
    operation_id = "addSchema",
    tag = "Schemas",
    request_body = SchemaDefinition,
    responses((status = 201, description = "Defined.", body = SchemaDefinition), ChangeProblems),
)]
async fn add(admin: Admin, body: Body<Value>) -> Result<HttpResponse, Problem> {
    let schema = admin
        .run(move |service, call| service.add_schema(call, &body.0))
        .await?;
    Ok(HttpResponse::Created().json(schema))
}

/// Remove a schema
///
/// Only once no resource type has it.
#[utoipa::path(
    delete,
    path = "/schemas/{urn}",
    operation_id = "removeSchema",
    tag = "Schemas",
    params(("urn" = String, Path, description = "URN of the schema.")),
    responses((status = 204, description = "Gone."), ChangeProblems),
)]
async fn remove(admin: Admin, urn: Name) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.remove_schema(call, &urn.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Add an attribute to a schema
///
/// Also to a built-in one. It cannot be required.
#[utoipa::path(
    post,
    path = "/schemas/{urn}/attributes",
    operation_id = "addAttribute",
    tag = "Schemas",
    params(("urn" = String, Path, description = "URN of the schema.")),
    request_body = AttributeDefinition,
    responses((status = 201, description = "Added.", body = AttributeDefinition), ChangeProblems),
)]
async fn add_attribute(
    admin: Admin,
    urn: Name,
    body: Body<Value>,
) -> Result<HttpResponse, Problem> {
    let attribute = admin
        .run(move |service, call| service.add_attribute(call, &urn.0, &body.0))
        .await?;
    Ok(HttpResponse::Created().json(attribute))
}

/// Remove an attribute that was added, or that a schema was defined with
///
/// Refused, with their number, while resources hold a value of it.
#[utoipa::path(
    delete,
    path = "/schemas/{urn}/attributes/{name}",
    operation_id = "removeAttribute",
    tag = "Schemas",
    params(
        ("urn" = String, Path, description = "URN of the schema."),
        ("name" = String, Path, description = "Name of the attribute."),
    ),
    responses((status = 204, description = "Gone."), ChangeProblems),
)]
async fn remove_attribute(
    admin: Admin,
    place: Ids<String, String>,
) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.remove_attribute(call, &place.0, &place.1))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List resource types
#[utoipa::path(
    get,
    path = "/resource-types",
    operation_id = "listDefinedResourceTypes",
    tag = "Schemas",
    responses((status = 200, description = "Every resource type.", body = Page<ResourceTypeDetails>), Problems),
)]
async fn list_resource_types(admin: Admin) -> Result<HttpResponse, Problem> {
    let types = admin.run(Service::list_resource_types).await?;
    Ok(HttpResponse::Ok().json(Page::<ResourceTypeDetails>::all(types)))
}

/// Define a resource type
///
/// Its resources are served at its endpoint from the next request on.
#[utoipa::path(
    post,
    path = "/resource-types",
    operation_id = "addResourceType",
    tag = "Schemas",
    request_body = ResourceTypeDefinition,
    responses((status = 201, description = "Defined.", body = ResourceTypeDefinition), ChangeProblems),
)]
async fn add_resource_type(admin: Admin, body: Body<Value>) -> Result<HttpResponse, Problem> {
    let defined = admin
        .run(move |service, call| service.add_resource_type(call, &body.0))
        .await?;
    Ok(HttpResponse::Created().json(json!(defined)))
}

/// Remove a resource type
///
/// Refused, with their number, while there are resources of it.
#[utoipa::path(
    delete,
    path = "/resource-types/{name}",
    operation_id = "removeResourceType",
    tag = "Schemas",
    params(("name" = String, Path, description = "Name of the resource type.")),
    responses((status = 204, description = "Gone."), ChangeProblems),
)]
async fn remove_resource_type(admin: Admin, name: Name) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.remove_resource_type(call, &name.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Extend a resource type by a schema
#[utoipa::path(
    put,
    path = "/resource-types/{name}/extensions/{urn}",
    operation_id = "addExtension",
    tag = "Schemas",
    params(
        ("name" = String, Path, description = "Name of the resource type."),
        ("urn" = String, Path, description = "URN of a defined schema."),
    ),
    responses((status = 204, description = "Extended."), ChangeProblems),
)]
async fn add_extension(
    admin: Admin,
    place: Ids<String, String>,
    _: NoBody,
) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.add_extension(call, &place.0, &place.1))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Take an extension from a resource type
///
/// Refused, with their number, while resources hold data of it.
#[utoipa::path(
    delete,
    path = "/resource-types/{name}/extensions/{urn}",
    operation_id = "removeExtension",
    tag = "Schemas",
    params(
        ("name" = String, Path, description = "Name of the resource type."),
        ("urn" = String, Path, description = "URN of the schema."),
    ),
    responses((status = 204, description = "Gone."), ChangeProblems),
)]
async fn remove_extension(
    admin: Admin,
    place: Ids<String, String>,
) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.remove_extension(call, &place.0, &place.1))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<SchemaInfo> for SchemaDetails {
    fn from(info: SchemaInfo) -> Self {
        Self {
            id: info.schema.id.clone(),
            built_in: info.built_in,
            added: info.added,
            resource_types: info.resource_types,
            definition: json!(info.schema),
        }
    }
}

impl From<ResourceTypeInfo> for ResourceTypeDetails {
    fn from(info: ResourceTypeInfo) -> Self {
        let ResourceTypeInfo {
            name,
            endpoint,
            description,
            schema,
            extensions,
            built_in,
        } = info;
        Self {
            name,
            endpoint,
            description,
            schema,
            extensions,
            built_in,
        }
    }
}
