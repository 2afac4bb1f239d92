//! Every credential of the providers in one place, for people and for their monitoring.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::Scopes;
use vestibule_service::cockpit::{
    AHEAD, CredentialCounts, CredentialKind, CredentialQuery, CredentialRecord, CredentialSort,
    CredentialState,
};
use vestibule_service::{ClockJumps, Service};

use super::body::{Admin, Id};
use super::list::{List, Page, Paging};
use super::problem::{Problem, Problems};
use super::words;
use crate::routes::{Routes, operations};

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; credentials, provider_credentials, metrics);
}

/// One credential, without anything secret.
#[derive(Debug, Serialize, ToSchema)]
struct Credential {
    #[schema(value_type = Uuid)]
    id: CredentialId,
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    provider_name: String,
    #[schema(value_type = words::CredentialKind)]
    kind: CredentialKind,
    /// Of an activation token its name, of a key its `kid` or address, of an issuer itself.
    name: Option<String>,
    #[schema(value_type = Option<String>, example = "scim")]
    scopes: Option<Scopes>,
    created: Option<DateTime<Utc>>,
    /// First instant at which it no longer works: its own end or its provider's validity; none = no end.
    expires: Option<DateTime<Utc>>,
    /// Days within which it ends, of 30, 7 and 1; none when that is farther away, or past.
    expires_within_days: Option<i64>,
    expired: bool,
    /// How many there are that work; more than one only of access tokens.
    live: i64,
    last_used: Option<DateTime<Utc>>,
    last_address: Option<String>,
    /// How often in all.
    uses: i64,
}

impl From<CredentialRecord> for Credential {
    fn from(record: CredentialRecord) -> Self {
        let used = record.last_use;
        Self {
            id: record.id,
            provider: record.provider,
            provider_name: record.provider_name,
            kind: record.kind,
            name: record.name,
            scopes: record.scopes,
            created: record.created,
            expires: record.expires,
            expires_within_days: record.expires_within_days,
            expired: record.expired,
            live: record.live,
            last_used: used.as_ref().map(|used| used.last_used),
            uses: used.as_ref().map_or(0, |used| used.uses),
            last_address: used.and_then(|used| used.last_address),
        }
    }
}

/// Which credentials to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// Only those of this provider.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    #[param(value_type = Option<words::CredentialKind>)]
    kind: Option<CredentialKind>,
    #[param(value_type = Option<words::CredentialState>)]
    state: Option<CredentialState>,
}

/// Which of a provider's credentials to list.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OwnChoice {
    #[param(value_type = Option<words::CredentialKind>)]
    kind: Option<CredentialKind>,
    #[param(value_type = Option<words::CredentialState>)]
    state: Option<CredentialState>,
}

/// The columns of the export.
const COLUMNS: [&str; 14] = [
    "/id",
    "/provider",
    "/provider_name",
    "/kind",
    "/name",
    "/scopes",
    "/created",
    "/expires",
    "/expires_within_days",
    "/expired",
    "/live",
    "/last_used",
    "/last_address",
    "/uses",
];

/// List the credentials of every provider
///
/// Secrets, activation tokens, signing keys and federated issuers, and the fetched tokens of each
/// provider in one line; the first to end first.
#[utoipa::path(
    get,
    path = "/credentials",
    operation_id = "listCredentials",
    tag = "Credentials",
    params(Choice, Paging, ("sort" = Option<words::CredentialSort>, Query, description = "Without it, `expires`.")),
    responses((status = 200, description = "A page of credentials.", content((Page<Credential> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn credentials(
    admin: Admin,
    wanted: List<Choice, CredentialSort>,
) -> Result<HttpResponse, Problem> {
    wanted
        .answer::<_, Credential, _>(&admin, &COLUMNS, |service, call, choice, page| {
            let query = CredentialQuery {
                provider: choice.provider,
                kind: choice.kind,
                state: choice.state,
                page,
            };
            service.list_credentials(call, &query)
        })
        .await
}

/// List a provider's credentials
#[utoipa::path(
    get,
    path = "/providers/{id}/credentials",
    operation_id = "listProviderCredentials",
    tag = "Credentials",
    params(
        ("id" = Uuid, Path, description = "Id of the provider."),
        OwnChoice,
        Paging,
        ("sort" = Option<words::CredentialSort>, Query, description = "Without it, `expires`."),
    ),
    responses((status = 200, description = "A page of them, the first to end first.", content((Page<Credential> = "application/json"), (String = "text/csv"))), Problems),
)]
async fn provider_credentials(
    admin: Admin,
    id: Id<ProviderId>,
    wanted: List<OwnChoice, CredentialSort>,
) -> Result<HttpResponse, Problem> {
    let provider = id.0;
    wanted
        .answer::<_, Credential, _>(&admin, &COLUMNS, move |service, call, choice, page| {
            let query = CredentialQuery {
                provider: Some(provider),
                kind: choice.kind,
                state: choice.state,
                page,
            };
            service.list_credentials(call, &query)
        })
        .await
}

/// Read metrics
///
/// In the Prometheus text format: how many credentials work, how many end soon, and how often the clock of the
/// node that answers jumped.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "readMetrics",
    tag = "Credentials",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain"), Problems),
)]
async fn metrics(admin: Admin) -> Result<HttpResponse, Problem> {
    let (counts, jumps) = admin
        .run(|service: &Service, call| {
            Ok((service.count_credentials(call)?, service.clock_jumps()))
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(exposition(&counts, &jumps)))
}

fn exposition(counts: &CredentialCounts, jumps: &ClockJumps) -> String {
    let live = |(kind, count): (&CredentialKind, &i64)| {
        format!(
            "vestibule_credentials_live{{kind=\"{}\"}} {count}\n",
            kind.name()
        )
    };
    let expiring = |(days, count): (&i64, &i64)| {
        format!("vestibule_credentials_expiring{{within_days=\"{days}\"}} {count}\n")
    };
    let mut text = "# HELP vestibule_credentials_live Credentials that work.\n\
                    # TYPE vestibule_credentials_live gauge\n"
        .to_owned();
    text.extend(CredentialKind::ALL.iter().zip(&counts.live).map(live));
    text.push_str(
        "# HELP vestibule_credentials_expiring Credentials that end within so many days.\n\
         # TYPE vestibule_credentials_expiring gauge\n",
    );
    text.extend(AHEAD.iter().zip(&counts.expiring).map(expiring));
    let _ = writeln!(
        text,
        "# HELP vestibule_clock_jumps_total Times that this node's clock jumped, since it started.\n\
         # TYPE vestibule_clock_jumps_total counter\n\
         vestibule_clock_jumps_total {}",
        jumps.count
    );
    text
}
