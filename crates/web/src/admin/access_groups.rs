//! Access groups: the policies of remote access to which vendors and internal groups are tied.

use actix_web::HttpResponse;
use actix_web::http::header::{ETAG, LOCATION};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::AccessGroupId;
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_service::Error;
use vestibule_service::access_groups as service;

use super::MOUNT;
use super::body::{Admin, Body, Given, Id, IfMatch, etag};
use super::list::{List, Page, Paging, truth};
use super::problem::{ChangeProblems, Problem, Problems, VersionProblems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, read, change, delete);
}

/// Which access groups to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those that are enabled, or are not.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    enabled: Option<bool>,
    /// Only those whose name contains this, in any case.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 15] = [
    "/id",
    "/name",
    "/description",
    "/enabled",
    "/may_view_passwords",
    "/may_start_sessions",
    "/approvals_required",
    "/disapprovals_to_cancel",
    "/approval_levels",
    "/governance_id_required",
    "/self_request",
    "/approvers",
    "/linkable_by_provisioning",
    "/created",
    "/modified",
];

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
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the policy's switches are independent of one another"
)]
#[schema(example = json!({"name": "Plant network", "may_start_sessions": true, "approvals_required": 1}))]
struct NewAccessGroup {
    name: String,
    #[serde(default)]
    description: Option<String>,
    /// A disabled access group lets nobody in.
    #[schema(default = true)]
    #[serde(default = "yes")]
    enabled: bool,
    #[schema(default = false)]
    #[serde(default)]
    may_view_passwords: bool,
    #[schema(default = false)]
    #[serde(default)]
    may_start_sessions: bool,
    /// Approvals one request needs; 0 = none.
    #[schema(default = 0)]
    #[serde(default)]
    approvals_required: u32,
    /// Disapprovals that cancel a request.
    #[schema(default = 1)]
    #[serde(default = "one")]
    disapprovals_to_cancel: u32,
    #[schema(default = 1)]
    #[serde(default = "one")]
    approval_levels: u32,
    /// Whether a request must name the id under which the governance product knows it.
    #[schema(default = false)]
    #[serde(default)]
    governance_id_required: bool,
    /// Whether a person may request access for themselves. Stored and shown: there is no page for that yet.
    #[schema(default = false)]
    #[serde(default)]
    self_request: bool,
    #[serde(default)]
    approvers: Vec<String>,
    /// Whether a provider may tie a pending vendor to it by sending its name as `accessGroup`.
    #[schema(default = false)]
    #[serde(default)]
    linkable_by_provisioning: bool,
}

fn yes() -> bool {
    AccessGroupSettings::default().enabled
}

fn one() -> u32 {
    AccessGroupSettings::default().approval_levels
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
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": false}))]
struct AccessGroupChanges {
    #[schema(value_type = String)]
    #[serde(default)]
    name: Given<String>,
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    description: Given<Option<String>>,
    /// A disabled access group lets nobody in.
    #[schema(value_type = bool)]
    #[serde(default)]
    enabled: Given<bool>,
    #[schema(value_type = bool)]
    #[serde(default)]
    may_view_passwords: Given<bool>,
    #[schema(value_type = bool)]
    #[serde(default)]
    may_start_sessions: Given<bool>,
    /// Approvals one request needs; 0 = none.
    #[schema(value_type = u32)]
    #[serde(default)]
    approvals_required: Given<u32>,
    /// Disapprovals that cancel a request.
    #[schema(value_type = u32)]
    #[serde(default)]
    disapprovals_to_cancel: Given<u32>,
    #[schema(value_type = u32)]
    #[serde(default)]
    approval_levels: Given<u32>,
    /// Whether a request must name the id under which the governance product knows it.
    #[schema(value_type = bool)]
    #[serde(default)]
    governance_id_required: Given<bool>,
    /// Whether a person may request access for themselves. Stored and shown: there is no page for that yet.
    #[schema(value_type = bool)]
    #[serde(default)]
    self_request: Given<bool>,
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    approvers: Given<Vec<String>>,
    /// Whether a provider may tie a pending vendor to it by sending its name as `accessGroup`.
    #[schema(value_type = bool)]
    #[serde(default)]
    linkable_by_provisioning: Given<bool>,
}

impl AccessGroupChanges {
    /// The change, which can be made again when the transaction has to be.
    fn edit(self) -> impl FnMut(&mut AccessGroupSettings) -> Result<(), Error> {
        move |settings| {
            let changes = self.clone();
            changes.name.put(&mut settings.name);
            changes.description.put(&mut settings.description);
            changes.enabled.put(&mut settings.enabled);
            changes
                .may_view_passwords
                .put(&mut settings.may_view_passwords);
            changes
                .may_start_sessions
                .put(&mut settings.may_start_sessions);
            changes
                .approvals_required
                .put(&mut settings.approvals_required);
            changes
                .disapprovals_to_cancel
                .put(&mut settings.disapprovals_to_cancel);
            changes.approval_levels.put(&mut settings.approval_levels);
            changes
                .governance_id_required
                .put(&mut settings.governance_id_required);
            changes.self_request.put(&mut settings.self_request);
            changes.approvers.put(&mut settings.approvers);
            changes
                .linkable_by_provisioning
                .put(&mut settings.linkable_by_provisioning);
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
    get,
    path = "/access-groups",
    operation_id = "listAccessGroups",
    tag = "Access groups",
    params(Choice, Paging, ("sort" = Option<words::AccessGroupSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of access groups.", content((Page<AccessGroup> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::AccessGroupSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, AccessGroup, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = service::AccessGroupQuery {
                enabled: choice.enabled,
                search: choice.q,
                page,
            };
            service.list_access_groups(call, &query)
        })
        .await
}

/// Create an access group
#[utoipa::path(
    post,
    path = "/access-groups",
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
    get,
    path = "/access-groups/{id}",
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
    patch,
    path = "/access-groups/{id}",
    operation_id = "changeAccessGroup",
    tag = "Access groups",
    params(
        ("id" = Uuid, Path, description = "Id of the access group."),
        IfMatch,
    ),
    request_body = AccessGroupChanges,
    responses(
        (status = 200, description = "As it is now.", body = AccessGroup, headers(
            ("ETag" = String, description = "Its version."),
        )),
        VersionProblems,
    ),
)]
async fn change(
    admin: Admin,
    id: Id<AccessGroupId>,
    body: Body<AccessGroupChanges>,
) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    let edit = body.0.edit();
    let group = admin
        .run(move |service, call| service.change_access_group(call, id.0, expected, edit))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(group.version)))
        .json(AccessGroup::from(group)))
}

/// Delete an access group
///
/// Only once nothing is tied to it.
#[utoipa::path(
    delete,
    path = "/access-groups/{id}",
    operation_id = "deleteAccessGroup",
    tag = "Access groups",
    params(("id" = Uuid, Path, description = "Id of the access group."), IfMatch),
    responses((status = 204, description = "Gone."), VersionProblems),
)]
async fn delete(admin: Admin, id: Id<AccessGroupId>) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    admin
        .run(move |service, call| service.delete_access_group(call, id.0, expected))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
