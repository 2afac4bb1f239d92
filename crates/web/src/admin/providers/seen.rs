//! What was seen of providers: the tolerances that they made use of, and warnings. Of one provider, and of
//! all of them.

use actix_web::HttpResponse;
use serde::Deserialize;
use vestibule_domain::ProviderId;
use vestibule_service::pages::PageQuery;
use vestibule_service::{providers as service, warnings as about};

use super::answers::{ProviderWarning, ToleranceUses};
use crate::admin::body::{Admin, Id};
use crate::admin::list::{List, Page, Paging};
use crate::admin::problem::{Problem, Problems};
use crate::admin::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; tolerances, all_tolerances, warnings, all_warnings);
}

/// The columns of the exports.
const TOLERANCES: [&str; 5] = ["/name", "/uses", "/last_used", "/provider", "/names"];
const WARNINGS: [&str; 5] = ["/kind", "/subject", "/detail", "/raised", "/provider"];

/// Which tolerances to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ToleranceChoice {
    /// Only the uses of this one.
    #[param(example = "capitalised_operation")]
    name: Option<String>,
}

impl ToleranceChoice {
    fn of(
        self,
        provider: Option<ProviderId>,
        page: PageQuery<service::ToleranceSort>,
    ) -> service::ToleranceQuery {
        let name = self.name;
        let choice = service::ToleranceChoice { provider, name };
        service::ToleranceQuery { choice, page }
    }
}

/// List what a provider's product sends wrongly
///
/// Each deviation that the tolerant dialect accepted, and how often; the most used first.
#[utoipa::path(
    get,
    path = "/providers/{id}/tolerances",
    operation_id = "listProviderTolerances",
    tag = "Providers",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        ToleranceChoice,
        Paging,
        ("sort" = Option<words::ToleranceSort>, Query, description = "Without it, `-uses`."),
    ),
    responses((status = 200, description = "A page of the tolerances in use.", content((Page<ToleranceUses> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn tolerances(
    admin: Admin,
    id: Id<ProviderId>,
    wanted: List<ToleranceChoice, service::ToleranceSort>,
) -> Result<HttpResponse, Problem> {
    let provider = Some(id.0);
    wanted
        .answer::<_, ToleranceUses, _>(&admin, &TOLERANCES, move |service, call, choice, page| {
            service.list_tolerances(call, &choice.of(provider, page))
        })
        .await
}

/// List what products send wrongly
///
/// Of all providers: each deviation that the tolerant dialect accepted, and how often; the most used first.
#[utoipa::path(
    get,
    path = "/tolerances",
    operation_id = "listTolerances",
    tag = "Providers",
    params(ToleranceChoice, Paging, ("sort" = Option<words::ToleranceSort>, Query, description = "Without it, `-uses`.")),
    responses((status = 200, description = "A page of the tolerances in use.", content((Page<ToleranceUses> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn all_tolerances(
    admin: Admin,
    wanted: List<ToleranceChoice, service::ToleranceSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, ToleranceUses, _>(&admin, &TOLERANCES, |service, call, choice, page| {
            service.list_tolerances(call, &choice.of(None, page))
        })
        .await
}

/// Which warnings to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WarningChoice {
    #[param(value_type = Option<words::WarningKind>)]
    kind: Option<String>,
}

impl WarningChoice {
    fn of(
        self,
        provider: Option<ProviderId>,
        page: PageQuery<about::WarningSort>,
    ) -> about::WarningQuery {
        let kind = self.kind;
        let choice = about::Choice { provider, kind };
        about::WarningQuery { choice, page }
    }
}

/// List the warnings about a provider
///
/// What it sent that was kept but changed nothing, and credentials about to end; newest first.
#[utoipa::path(
    get,
    path = "/providers/{id}/warnings",
    operation_id = "listProviderWarnings",
    tag = "Providers",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        WarningChoice,
        Paging,
        ("sort" = Option<words::WarningSort>, Query, description = "Without it, `-raised`."),
    ),
    responses((status = 200, description = "A page of the warnings.", content((Page<ProviderWarning> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn warnings(
    admin: Admin,
    id: Id<ProviderId>,
    wanted: List<WarningChoice, about::WarningSort>,
) -> Result<HttpResponse, Problem> {
    let provider = Some(id.0);
    wanted
        .answer::<_, ProviderWarning, _>(&admin, &WARNINGS, move |service, call, choice, page| {
            service.list_warnings(call, &choice.of(provider, page))
        })
        .await
}

/// List the warnings
///
/// About all providers: what they sent that was kept but changed nothing, and credentials about to end; newest first.
#[utoipa::path(
    get,
    path = "/warnings",
    operation_id = "listWarnings",
    tag = "Providers",
    params(WarningChoice, Paging, ("sort" = Option<words::WarningSort>, Query, description = "Without it, `-raised`.")),
    responses((status = 200, description = "A page of the warnings.", content((Page<ProviderWarning> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn all_warnings(
    admin: Admin,
    wanted: List<WarningChoice, about::WarningSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, ProviderWarning, _>(&admin, &WARNINGS, |service, call, choice, page| {
            service.list_warnings(call, &choice.of(None, page))
        })
        .await
}
