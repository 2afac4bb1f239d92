//! Access groups: the policies of remote access to which vendors and internal groups are tied.

use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use vestibule_domain::AccessGroupId;
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_service::Error;
use vestibule_service::access_groups as service;

use super::MOUNT;
use super::body::{Admin, Body, Id, Params, etag, given, set};
use super::list::{Limit, Page};
use super::problem::{ChangeProblems, Problem, Problems};

pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list)
        .service(create)
        .service(read)
        .service(change)
        .service(delete);
}

/// Which page of access groups to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// `next` of the page before.
    #[param(value_type = Option<Uuid>)]
    after: Option<AccessGroupId>,
    #[serde(default)]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// A policy of remote access.
#[derive(Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the policy's switches are independent of one another"
)]
struct AccessGroup {
    #[schema(value_type = Uuid)]
    id: AccessGroupId,
    name: String,
    description: Option<String>,
    /// A disabled access group lets nobody in.
    enabled: bool,
    may_view_passwords: bool,
    may_start_sessions: bool,
    /// Approvals one request needs; 0 = none.
    approvals_required: u32,
    disapprovals_to_cancel: u32,
    approval_levels: u32,
    governance_id_required: bool,
    self_request: bool,
    approvers: Vec<String>,
    linkable_by_provisioning: bool,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
}

impl From<vestibule_domain::access_group::AccessGroup> for AccessGroup {
    fn from(group: vestibule_domain::access_group::AccessGroup) -> Self {
        let settings = group.settings;
        Self {
            id: group.id,
            name: settings.name,
            description: settings.description,
            enabled: settings.enabled,
            may_view_passwords: settings.may_view_passwords,
            may_start_sessions: settings.may_start_sessions,
            approvals_required: settings.approvals_required,
            disapprovals_to_cancel: settings.disapprovals_to_cancel,
            approval_levels: settings.approval_levels,
            governance_id_required: settings.governance_id_required,
            self_request: settings.self_request,
            approvers: settings.approvers,
            linkable_by_provisioning: settings.linkable_by_provisioning,
            created: group.created,
            modified: group.modified,
            version: group.version,
        }
    }
}

/// An access group to be created. What is left out has the value that grants least.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the policy's switches are independent of one another"
)]
#[schema(example = json!({"name": "Plant network", "may_start_sessions": true, "approvals_required": 1}))]
struct NewAccessGroup {
    #[schema(required)]
    name: String,
    description: Option<String>,
    /// A disabled access group lets nobody in.
    #[schema(default = true)]
    enabled: bool,
    #[schema(default = false)]
    may_view_passwords: bool,
    #[schema(default = false)]
    may_start_sessions: bool,
    /// Approvals one request needs; 0 = none.
    #[schema(default = 0)]
    approvals_required: u32,
    /// Disapprovals that cancel a request.
    #[schema(default = 1)]
    disapprovals_to_cancel: u32,
    #[schema(default = 1)]
    approval_levels: u32,
    /// Whether a request must name the id under which the governance product knows it.
    #[schema(default = false)]
    governance_id_required: bool,
    /// Whether a person may request access for themselves.
    #[schema(default = false)]
    self_request: bool,
    approvers: Vec<String>,
    /// Whether a provider may tie a pending vendor to it by sending its name as `accessGroup`.
    #[schema(default = false)]
    linkable_by_provisioning: bool,
}

impl Default for NewAccessGroup {
    fn default() -> Self {
        let settings = AccessGroupSettings::default();
        Self {
            name: settings.name,
            description: settings.description,
            enabled: settings.enabled,
            may_view_passwords: settings.may_view_passwords,
            may_start_sessions: settings.may_start_sessions,
            approvals_required: settings.approvals_required,
            disapprovals_to_cancel: settings.disapprovals_to_cancel,
            approval_levels: settings.approval_levels,
            governance_id_required: settings.governance_id_required,
            self_request: settings.self_request,
            approvers: settings.approvers,
            linkable_by_provisioning: settings.linkable_by_provisioning,
        }
    }
}

impl NewAccessGroup {
    fn into_settings(self) -> AccessGroupSettings {
        AccessGroupSettings {
            name: self.name,
            description: self.description,
            enabled: self.enabled,
            may_view_passwords: self.may_view_passwords,
            may_start_sessions: self.may_start_sessions,
            approvals_required: self.approvals_required,
            disapprovals_to_cancel: self.disapprovals_to_cancel,
            approval_levels: self.approval_levels,
            governance_id_required: self.governance_id_required,
            self_request: self.self_request,
            approvers: self.approvers,
            linkable_by_provisioning: self.linkable_by_provisioning,
        }
    }
}

/// What to change about an access group: what is left out stays, null unsets.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"enabled": false}))]
struct AccessGroupChanges {
    #[serde(deserialize_with = "given")]
    #[schema(value_type = String)]
    name: Option<String>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// A disabled access group lets nobody in.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    enabled: Option<bool>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    may_view_passwords: Option<bool>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    may_start_sessions: Option<bool>,
    /// Approvals one request needs; 0 = none.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = u32)]
    approvals_required: Option<u32>,
    /// Disapprovals that cancel a request.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = u32)]
    disapprovals_to_cancel: Option<u32>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = u32)]
    approval_levels: Option<u32>,
    /// Whether a request must name the id under which the governance product knows it.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    governance_id_required: Option<bool>,
    /// Whether a person may request access for themselves.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    self_request: Option<bool>,
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Vec<String>)]
    approvers: Option<Vec<String>>,
    /// Whether a provider may tie a pending vendor to it by sending its name as `accessGroup`.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = bool)]
    linkable_by_provisioning: Option<bool>,
}

impl AccessGroupChanges {
    /// The change, which can be made again when the transaction has to be.
    fn edit(self) -> impl FnMut(&mut AccessGroupSettings) -> Result<(), Error> {
        move |settings| {
            let changes = self.clone();
            set(&mut settings.name, changes.name);
            set(&mut settings.description, changes.description);
            set(&mut settings.enabled, changes.enabled);
            set(&mut settings.may_view_passwords, changes.may_view_passwords);
            set(&mut settings.may_start_sessions, changes.may_start_sessions);
            set(&mut settings.approvals_required, changes.approvals_required);
            set(
                &mut settings.disapprovals_to_cancel,
                changes.disapprovals_to_cancel,
            );
            set(&mut settings.approval_levels, changes.approval_levels);
            set(
                &mut settings.governance_id_required,
                changes.governance_id_required,
            );
            set(&mut settings.self_request, changes.self_request);
            set(&mut settings.approvers, changes.approvers);
            set(
                &mut settings.linkable_by_provisioning,
                changes.linkable_by_provisioning,
            );
            Ok(())
        }
    }
}

/// An access group and what is tied to it.
#[derive(Debug, Serialize, ToSchema)]
struct AccessGroupDetails {
    access_group: AccessGroup,
    tied: Tied,
}

/// How much is tied to an access group.
#[derive(Debug, Serialize, ToSchema)]
struct Tied {
    vendors: i64,
    internal_groups: i64,
    /// Providers whose default access group it is.
    providers: i64,
}

impl From<service::AccessGroupDetails> for AccessGroupDetails {
    fn from(details: service::AccessGroupDetails) -> Self {
        let service::Tied {
            vendors,
            internal_groups,
            providers,
        } = details.tied;
        Self {
            access_group: details.access_group.into(),
            tied: Tied {
                vendors,
                internal_groups,
                providers,
            },
        }
    }
}

/// List access groups
#[utoipa::path(
    operation_id = "listAccessGroups",
    tag = "Access groups",
    params(Choice),
    responses((status = 200, description = "A page of access groups, oldest first.", body = Page<AccessGroup>), Problems),
)]
#[get("/access-groups")]
async fn list(admin: Admin, query: Params<Choice>) -> Result<HttpResponse, Problem> {
    let Choice { after, limit } = query.0;
    let groups = admin
        .run(move |service, call| service.list_access_groups(call, after, limit.asked()))
        .await?;
    Ok(HttpResponse::Ok().json(Page::<AccessGroup>::of(groups, limit, |last| last.id)))
}

/// Create an access group
#[utoipa::path(
    operation_id = "createAccessGroup",
    tag = "Access groups",
    request_body = NewAccessGroup,
    responses(
        (status = 201, description = "Created.", body = AccessGroup, headers(
            ("Location" = String, description = "Address of the access group."),
            ("ETag" = String, description = "Its version."),
        )),
        ChangeProblems,
    ),
)]
#[post("/access-groups")]
async fn create(admin: Admin, body: Body<NewAccessGroup>) -> Result<HttpResponse, Problem> {
    let settings = body.0.into_settings();
    let group = admin
        .run(move |service, call| service.create_access_group(call, settings))
        .await?;
    let location = format!(
        "{}{MOUNT}/access-groups/{}",
        admin.settings().public_url,
        group.id
    );
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .insert_header((ETAG, etag(group.version)))
        .json(AccessGroup::from(group)))
}

/// Show an access group
#[utoipa::path(
    operation_id = "getAccessGroup",
    tag = "Access groups",
    params(("id" = Uuid, Path, description = "Id of the access group.")),
    responses(
        (status = 200, description = "The access group.", body = AccessGroupDetails, headers(
            ("ETag" = String, description = "Its version."),
        )),
        Problems,
    ),
)]
#[get("/access-groups/{id}")]
async fn read(admin: Admin, id: Id<AccessGroupId>) -> Result<HttpResponse, Problem> {
    let details = admin
        .run(move |service, call| service.find_access_group(call, id.0))
        .await?;
    let tag = etag(details.access_group.version);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, tag))
        .json(AccessGroupDetails::from(details)))
}

/// Change an access group
///
/// A JSON merge patch (RFC 7396). Disabling it shuts out everybody who comes in through it.
#[utoipa::path(
    operation_id = "changeAccessGroup",
    tag = "Access groups",
    params(
        ("id" = Uuid, Path, description = "Id of the access group."),
        ("If-Match" = Option<String>, Header, description = "Change only this version of it.", example = "W/\"3\""),
    ),
    request_body = AccessGroupChanges,
    responses(
        (status = 200, description = "As it is now.", body = AccessGroup, headers(
            ("ETag" = String, description = "Its version."),
        )),
        ChangeProblems,
    ),
)]
#[patch("/access-groups/{id}")]
async fn change(
    admin: Admin,
    id: Id<AccessGroupId>,
    body: Body<AccessGroupChanges>,
) -> Result<HttpResponse, Problem> {
    let version = admin.expected_version;
    let edit = body.0.edit();
    let group = admin
        .run(move |service, call| service.change_access_group(call, id.0, version, edit))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(group.version)))
        .json(AccessGroup::from(group)))
}

/// Delete an access group
///
/// Only once nothing is tied to it.
#[utoipa::path(
    operation_id = "deleteAccessGroup",
    tag = "Access groups",
    params(("id" = Uuid, Path, description = "Id of the access group.")),
    responses((status = 204, description = "Gone."), ChangeProblems),
)]
#[delete("/access-groups/{id}")]
async fn delete(admin: Admin, id: Id<AccessGroupId>) -> Result<HttpResponse, Problem> {
    admin
        .run(move |service, call| service.delete_access_group(call, id.0))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
