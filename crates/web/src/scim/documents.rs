//! The shapes of SCIM messages, for the OpenAPI document. What a resource may hold is decided by its
//! schemas; these show what generated clients can rely on.
#![expect(
    dead_code,
    reason = "these types describe the wire; nothing constructs them"
)]

use std::collections::BTreeMap;

use utoipa::{IntoParams, IntoResponses, ToSchema};

/// Read-only facts about a resource (RFC 7643, section 3.1).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ResourceMeta {
    resource_type: String,
    created: chrono::DateTime<chrono::Utc>,
    last_modified: chrono::DateTime<chrono::Utc>,
    location: String,
    /// Entity tag for `If-Match`.
    version: String,
}

/// A person's name.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct PersonName {
    formatted: Option<String>,
    family_name: Option<String>,
    given_name: Option<String>,
    middle_name: Option<String>,
    honorific_prefix: Option<String>,
    honorific_suffix: Option<String>,
}

/// One value of a multi-valued attribute.
#[derive(ToSchema)]
pub(crate) struct TypedValue {
    value: Option<String>,
    display: Option<String>,
    #[schema(rename = "type")]
    kind: Option<String>,
    primary: Option<bool>,
}

/// A group a person is in, or a member of a group.
#[derive(ToSchema)]
pub(crate) struct MembershipValue {
    value: String,
    #[schema(rename = "$ref")]
    reference: Option<String>,
    display: Option<String>,
    #[schema(rename = "type")]
    kind: Option<String>,
}

/// A person (RFC 7643, section 4.1). Other attributes of its schemas may stand beside these.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "ada@vendor.example", "name": {"givenName": "Ada", "familyName": "Vale"},
    "emails": [{"value": "ada@vendor.example", "type": "work", "primary": true}], "active": true}))]
pub(crate) struct UserResource {
    schemas: Vec<String>,
    #[schema(read_only)]
    id: Option<String>,
    external_id: Option<String>,
    /// Needed in a request; not in an answer where `attributes` leaves it out.
    user_name: Option<String>,
    name: Option<PersonName>,
    display_name: Option<String>,
    active: Option<bool>,
    emails: Option<Vec<TypedValue>>,
    phone_numbers: Option<Vec<TypedValue>>,
    #[schema(rename = "NameFormatted")]
    name_formatted: Option<String>,
    custom_code: Option<String>,
    custom_codes: Option<Vec<String>>,
    #[schema(read_only)]
    groups: Option<Vec<MembershipValue>>,
    #[schema(read_only)]
    meta: Option<ResourceMeta>,
}

/// A group (RFC 7643, section 4.2).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    "displayName": "Acme Maintenance", "members": []}))]
pub(crate) struct GroupResource {
    schemas: Vec<String>,
    #[schema(read_only)]
    id: Option<String>,
    external_id: Option<String>,
    /// Needed in a request; not in an answer where `attributes` leaves it out.
    display_name: Option<String>,
    third_party_vendor: Option<bool>,
    access_group: Option<String>,
    members: Option<Vec<MembershipValue>>,
    #[schema(read_only)]
    meta: Option<ResourceMeta>,
}

/// A page of people (RFC 7644, section 3.4.2).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct UserList {
    schemas: Vec<String>,
    total_results: i64,
    /// Absent on pages by cursor.
    start_index: Option<i64>,
    items_per_page: i64,
    /// RFC 9865: leads to the next page; absent on the last.
    next_cursor: Option<String>,
    /// RFC 9865: leads to the page before; absent on the first.
    previous_cursor: Option<String>,
    #[schema(rename = "Resources")]
    resources: Vec<UserResource>,
}

/// A page of groups.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct GroupList {
    schemas: Vec<String>,
    total_results: i64,
    /// Absent on pages by cursor.
    start_index: Option<i64>,
    items_per_page: i64,
    /// RFC 9865: leads to the next page; absent on the last.
    next_cursor: Option<String>,
    /// RFC 9865: leads to the page before; absent on the first.
    previous_cursor: Option<String>,
    #[schema(rename = "Resources")]
    resources: Vec<GroupResource>,
}

/// A page of resources of several types.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct ResourceList {
    schemas: Vec<String>,
    total_results: i64,
    /// Absent on pages by cursor.
    start_index: Option<i64>,
    items_per_page: i64,
    /// RFC 9865: leads to the next page; absent on the last.
    next_cursor: Option<String>,
    /// RFC 9865: leads to the page before; absent on the first.
    previous_cursor: Option<String>,
    #[schema(rename = "Resources")]
    resources: Vec<serde_json::Value>,
}

/// A query in a body (RFC 7644, section 3.4.3).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
    "filter": "userName sw \"ada\"", "count": 10}))]
pub(crate) struct SearchMessage {
    schemas: Vec<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    cursor: Option<String>,
    attributes: Option<Vec<String>>,
    excluded_attributes: Option<Vec<String>>,
}

/// A BULK message.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    "failOnErrors": 1, "Operations": [{"method": "POST", "path": "/Users", "bulkId": "ada",
    "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@vendor.example"}}]}))]
pub(crate) struct BulkMessage {
    schemas: Vec<String>,
    fail_on_errors: Option<i64>,
    #[schema(rename = "Operations")]
    operations: Vec<BulkOperation>,
}

/// One operation of a BULK message.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BulkOperation {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    method: String,
    /// The client's name for it; required in a POST.
    bulk_id: Option<String>,
    /// The entity tag the resource must have.
    version: Option<String>,
    /// `/Users` or `/Users/ID`.
    path: String,
    data: Option<serde_json::Value>,
}

/// What became of the operations of a BULK message.
#[derive(ToSchema)]
pub(crate) struct BulkAnswer {
    schemas: Vec<String>,
    #[schema(rename = "Operations")]
    operations: Vec<BulkOutcome>,
}

/// What became of one operation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct BulkOutcome {
    /// Not there when the operation's could not be read.
    method: Option<String>,
    bulk_id: Option<String>,
    version: Option<String>,
    location: Option<String>,
    /// The HTTP status, as text.
    status: String,
    /// Why it failed.
    response: Option<ScimError>,
}

/// A discovery document or a list of them; its schema publishes its shape.
#[derive(ToSchema)]
pub(crate) struct DiscoveryDocument {
    schemas: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

/// A PATCH message.
#[derive(ToSchema)]
#[schema(example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    "Operations": [{"op": "replace", "path": "active", "value": false}]}))]
pub(crate) struct PatchMessage {
    schemas: Vec<String>,
    #[schema(rename = "Operations")]
    operations: Vec<PatchOperation>,
}

/// One operation of a PATCH message.
#[derive(ToSchema)]
pub(crate) struct PatchOperation {
    /// `add`, `remove` or `replace`.
    op: String,
    path: Option<String>,
    value: Option<serde_json::Value>,
}

/// A SCIM error (RFC 7644, section 3.12).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
    "status": "409", "scimType": "uniqueness", "detail": "userName is already in use (request 01930000-0000-7000-8000-000000000000)"}))]
pub(crate) struct ScimError {
    schemas: Vec<String>,
    status: String,
    scim_type: Option<String>,
    detail: String,
}

/// Which attributes come back.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct Projected {
    /// Comma-separated attributes to answer, besides those always answered.
    attributes: Option<String>,
    /// Comma-separated attributes to leave out.
    excluded_attributes: Option<String>,
}

/// Which version is meant (RFC 7644, section 3.14).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfMatch {
    /// Only this version of it: 412 when it is another.
    // No `Option`, which would let it be null: a header that is absent is not.
    #[param(rename = "If-Match", required = false, example = "W/\"3\"")]
    version: String,
}

/// Which version is known already (RFC 7644, section 3.14).
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfNoneMatch {
    /// Not this version of it: 304 while it is this one.
    #[param(rename = "If-None-Match", required = false, example = "W/\"3\"")]
    version: String,
}

/// Which resources come back, in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct Selected {
    /// RFC 7644, section 3.4.2.2: `userName eq "ada@vendor.example"`.
    filter: Option<String>,
    sort_by: Option<String>,
    /// `ascending` or `descending`.
    sort_order: Option<String>,
    /// From 1.
    start_index: Option<i64>,
    count: Option<i64>,
    /// RFC 9865: empty for the first page, then what `nextCursor` says.
    cursor: Option<String>,
    /// Comma-separated attributes to answer, besides those always answered.
    attributes: Option<String>,
    /// Comma-separated attributes to leave out.
    excluded_attributes: Option<String>,
}

/// Every refusal of the SCIM side.
#[derive(IntoResponses)]
pub(crate) enum Refusals {
    /// The request cannot be understood: `scimType` and `detail` say where.
    #[response(status = 400, content_type = "application/scim+json")]
    Invalid(ScimError),
    /// No access token, or none that works.
    #[response(status = 401, content_type = "application/scim+json")]
    Unauthenticated(ScimError),
    /// Address, referrer or scope not allowed.
    #[response(status = 403, content_type = "application/scim+json")]
    Forbidden(ScimError),
    /// No such resource of this provider.
    #[response(status = 404, content_type = "application/scim+json")]
    NotFound(ScimError),
    /// The body took too long to arrive.
    #[response(status = 408, content_type = "application/scim+json")]
    TooSlow(ScimError),
    /// A value that must be unique is taken.
    #[response(status = 409, content_type = "application/scim+json")]
    Uniqueness(ScimError),
    /// The resource has changed meanwhile.
    #[response(status = 412, content_type = "application/scim+json")]
    Precondition(ScimError),
    /// The body is too large.
    #[response(status = 413, content_type = "application/scim+json")]
    TooLarge(ScimError),
    /// The address is longer than 8 KiB: search by POST to `.search`.
    #[response(status = 414, content_type = "application/scim+json")]
    LongAddress(ScimError),
    /// The body is of another media type.
    #[response(status = 415, content_type = "application/scim+json")]
    MediaType(ScimError),
    /// Faster than the provider may be; see `Retry-After`.
    #[response(status = 429, content_type = "application/scim+json")]
    OverRate(ScimError),
    /// More header lines than 64, or a head of more than 32 KiB.
    #[response(status = 431, content_type = "application/scim+json")]
    LargeHead(ScimError),
    /// A fault of the server.
    #[response(status = 500, content_type = "application/scim+json")]
    Internal(ScimError),
    /// Paused, or too busy; see `Retry-After`.
    #[response(status = 503, content_type = "application/scim+json")]
    Unavailable(ScimError),
}
