//! Providers: the registered sources of people and groups.

mod answers;
mod authentication;
mod requests;
mod seen;

use actix_web::HttpResponse;
use actix_web::http::header::{ETAG, LOCATION};
use serde::Deserialize;
use vestibule_domain::ProviderId;
use vestibule_domain::provider::{ProviderState, UserType};
use vestibule_service::providers as service;

use super::MOUNT;
use super::body::{Admin, Body, Id, IfMatch, etag};
use super::list::{List, Page, Paging};
use super::problem::{ChangeProblems, Problem, Problems, VersionProblems};
use super::words;
use crate::routes::{Routes, operations};
use crate::{oauth, scim};
use answers::{Holdings, Provider, ProviderDetails, RegisteredProvider};
use requests::{NewProvider, ProviderChanges, StateChange};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; list, create, read, change, preview_deletion, delete, set_state);
    seen::configure(routes);
}

/// Which providers to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    #[param(value_type = Option<words::UserType>)]
    user_type: Option<UserType>,
    #[param(value_type = Option<words::ProviderState>)]
    state: Option<ProviderState>,
    /// Only those whose name, or a tag of which, contains this, in any case.
    q: Option<String>,
}

/// The columns of the export.
const COLUMNS: [&str; 8] = [
    "/id",
    "/name",
    "/user_type",
    "/state",
    "/valid_until",
    "/tags",
    "/created",
    "/modified",
];

/// List providers
#[utoipa::path(
    get,
    path = "/providers",
    operation_id = "listProviders",
    tag = "Providers",
    params(Choice, Paging, ("sort" = Option<words::ProviderSort>, Query, description = "Without it, `created`.")),
    responses((status = 200, description = "A page of providers.", content((Page<Provider> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn list(
    admin: Admin,
    wanted: List<Choice, service::ProviderSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Provider, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let choice = service::Choice {
                user_type: choice.user_type,
                state: choice.state,
                search: choice.q,
                ..service::Choice::default()
            };
            service.list_providers(call, &service::ProviderQuery { choice, page })
        })
        .await
}

/// Register a provider
///
/// The answer is the only one that ever shows the client secret.
#[utoipa::path(
    post,
    path = "/providers",
    operation_id = "createProvider",
    tag = "Providers",
    request_body = NewProvider,
    responses(
        (status = 201, description = "Registered.", body = RegisteredProvider, headers(
            ("Location" = String, description = "Address of the provider."),
            ("ETag" = String, description = "Its version."),
        )),
        ChangeProblems,
    ),
)]
async fn create(admin: Admin, body: Body<NewProvider>) -> Result<HttpResponse, Problem> {
    let state = body.0.state;
    let settings = body.0.into_settings();
    let new = admin
        .run(move |service, call| service.register_provider(call, settings, state))
        .await?;
    let public = &admin.settings().public_url;
    let answer = RegisteredProvider {
        id: new.provider.provider.id,
        client_id: new.provider.client_id.clone(),
        client_secret: new.client_secret.expose().to_owned(),
        base_url: format!("{public}{}", scim::MOUNT),
        token_url: format!("{public}{}/token", oauth::ISSUER),
        provider: new.provider.into(),
    };
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("{public}{MOUNT}/providers/{}", answer.id)))
        .insert_header((ETAG, etag(answer.provider.version)))
        .json(answer))
}

/// Show a provider
///
/// With its credentials (never the secrets), their last uses, its warnings and what it owns.
#[utoipa::path(
    get,
    path = "/providers/{id}",
    operation_id = "getProvider",
    tag = "Providers",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    responses(
        (status = 200, description = "The provider.", body = ProviderDetails, headers(
            ("ETag" = String, description = "Its version."),
        )),
        Problems,
    ),
)]
async fn read(admin: Admin, id: Id<ProviderId>) -> Result<HttpResponse, Problem> {
    let details = admin
        .run(move |service, call| service.find_provider(call, id.0))
        .await?;
    let answer = ProviderDetails::of(details, &admin.settings().public_url);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(answer.provider.version)))
        .json(answer))
}

/// Change a provider's settings
///
/// A JSON merge patch (RFC 7396): what is left out stays, null unsets. The user type cannot change.
#[utoipa::path(
    patch,
    path = "/providers/{id}",
    operation_id = "changeProvider",
    tag = "Providers",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        IfMatch,
    ),
    request_body = ProviderChanges,
    responses(
        (status = 200, description = "As it is now.", body = Provider, headers(
            ("ETag" = String, description = "Its version."),
        )),
        VersionProblems,
    ),
)]
async fn change(
    admin: Admin,
    id: Id<ProviderId>,
    body: Body<ProviderChanges>,
) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    let edit = body.0.edit();
    let provider = admin
        .run(move |service, call| service.change_provider(call, id.0, expected, edit))
        .await?;
    let answer = Provider::from(provider);
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(answer.version)))
        .json(answer))
}

/// Preview what deleting a provider would end
#[utoipa::path(
    get,
    path = "/providers/{id}/deletion",
    operation_id = "previewProviderDeletion",
    tag = "Providers",
    params(("id" = Uuid, Path, description = "Id of the provider.")),
    responses((status = 200, description = "What it owns, and so what would go with it.", body = Holdings), Problems),
)]
async fn preview_deletion(admin: Admin, id: Id<ProviderId>) -> Result<HttpResponse, Problem> {
    let holdings = admin
        .run(move |service, call| service.preview_provider_deletion(call, id.0))
        .await?;
    Ok(HttpResponse::Ok().json(Holdings::from(holdings)))
}

/// Delete a provider
///
/// With everything it owns: its people lose their access. See the preview first.
#[utoipa::path(
    delete,
    path = "/providers/{id}",
    operation_id = "deleteProvider",
    tag = "Providers",
    params(("id" = Uuid, Path, description = "Id of the provider."), IfMatch),
    responses((status = 204, description = "Gone."), VersionProblems),
)]
async fn delete(admin: Admin, id: Id<ProviderId>) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    admin
        .run(move |service, call| service.delete_provider(call, id.0, expected))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Pause, disable or resume a provider
///
/// A paused provider is asked to come again later; a disabled one is refused, and its short tokens
/// end. Neither touches the access of people already in.
#[utoipa::path(
    post,
    path = "/providers/{id}/state",
    operation_id = "setProviderState",
    tag = "Providers",
    params(("id" = Uuid, Path, description = "Id of the provider."), IfMatch),
    request_body = StateChange,
    responses(
        (status = 200, description = "As it is now.", body = Provider, headers(
            ("ETag" = String, description = "Its version."),
        )),
        VersionProblems,
    ),
)]
async fn set_state(
    admin: Admin,
    id: Id<ProviderId>,
    body: Body<StateChange>,
) -> Result<HttpResponse, Problem> {
    let expected = admin.expected.clone();
    let registered = admin
        .run(move |service, call| service.set_provider_state(call, id.0, expected, body.0.state))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, etag(registered.provider.version)))
        .json(Provider::from(registered)))
}
