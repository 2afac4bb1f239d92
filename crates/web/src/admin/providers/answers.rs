//! What the server says about providers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{self, LinkDelivery, ProviderState, UserType};
use vestibule_domain::{AccessGroupId, ProviderId};
use vestibule_oauth::Scopes;
use vestibule_scim::Dialect;
use vestibule_service::providers as service;
use vestibule_service::warnings::Warning;

use super::authentication::Authentication;
use super::requests::RateLimit;
use crate::admin::credentials::{ClientSecret, UsedActivationToken};
use crate::admin::words;
use crate::{oauth, scim};

/// A registered source of people and groups.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider {
    #[schema(value_type = Uuid)]
    pub(super) id: ProviderId,
    /// By which it authenticates at the token endpoint.
    client_id: String,
    name: String,
    #[schema(value_type = words::UserType)]
    user_type: UserType,
    #[schema(value_type = words::ProviderState)]
    state: ProviderState,
    /// By which it pushes: always `scim`.
    #[schema(example = "scim")]
    protocol: &'static str,
    /// How it authenticates: always `oauth2`.
    #[schema(example = "oauth2")]
    authentication_method: &'static str,
    description: Option<String>,
    tags: Vec<String>,
    /// First instant at which it no longer may provision; none = no end.
    valid_until: Option<DateTime<Utc>>,
    /// `*` = any, an empty list = none.
    #[schema(value_type = Vec<String>)]
    allowed_addresses: AllowedAddresses,
    /// An empty list = any.
    #[schema(value_type = Vec<String>)]
    allowed_referrers: AllowedReferrers,
    authentication: Authentication,
    #[schema(value_type = String, example = "scim")]
    scopes: Scopes,
    #[schema(value_type = words::Dialect)]
    dialect: Dialect,
    put_keeps_members: bool,
    #[schema(value_type = Option<Uuid>)]
    default_access_group: Option<AccessGroupId>,
    #[schema(value_type = words::LinkDelivery)]
    link_delivery: LinkDelivery,
    rate_limit: Option<RateLimit>,
    /// Tokens issued before it no longer work.
    tokens_issued_before: Option<DateTime<Utc>>,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    pub(super) version: i64,
}

impl From<service::RegisteredProvider> for Provider {
    fn from(registered: service::RegisteredProvider) -> Self {
        let provider::Provider {
            id,
            settings,
            state,
            created,
            modified,
            version,
        } = registered.provider;
        Self {
            id,
            client_id: registered.client_id,
            name: settings.name,
            user_type: settings.user_type,
            state,
            protocol: service::PROTOCOL,
            authentication_method: service::AUTHENTICATION_METHOD,
            description: settings.description,
            tags: settings.tags,
            valid_until: settings.valid_until,
            allowed_addresses: settings.allowed_addresses,
            allowed_referrers: settings.allowed_referrers,
            authentication: settings.authentication.into(),
            scopes: settings.scopes,
            dialect: settings.dialect,
            put_keeps_members: settings.put_keeps_members,
            default_access_group: settings.default_access_group,
            link_delivery: settings.link_delivery,
            rate_limit: settings.rate_limit.map(Into::into),
            tokens_issued_before: registered.epoch,
            created,
            modified,
            version,
        }
    }
}

/// A new provider with its first credentials.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RegisteredProvider {
    #[schema(value_type = Uuid)]
    pub(super) id: ProviderId,
    pub(super) client_id: String,
    /// Shown this once.
    pub(super) client_secret: String,
    /// Of the SCIM service.
    #[schema(example = "https://vestibule.example/iso/scim/v2")]
    pub(super) base_url: String,
    #[schema(example = "https://vestibule.example/iso/oauth2/token")]
    pub(super) token_url: String,
    pub(super) provider: Provider,
}

/// A provider with what belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderDetails {
    pub(super) provider: Provider,
    /// Of the SCIM service.
    base_url: String,
    token_url: String,
    secrets: Vec<ClientSecret>,
    /// The 100 issued last.
    activation_tokens: Vec<UsedActivationToken>,
    holdings: Holdings,
    tolerances: Vec<ToleranceUses>,
    /// The newest 100.
    warnings: Vec<ProviderWarning>,
}

impl ProviderDetails {
    pub(super) fn of(details: service::ProviderDetails, public_url: &str) -> Self {
        Self {
            base_url: format!("{public_url}{}", scim::MOUNT),
            token_url: format!("{public_url}{}/token", oauth::ISSUER),
            secrets: details
                .secrets
                .into_iter()
                .map(|secret| ClientSecret::of(secret, &details.uses))
                .collect(),
            activation_tokens: details
                .activation_tokens
                .into_iter()
                .map(|token| UsedActivationToken::of(token, &details.uses))
                .collect(),
            holdings: details.holdings.into(),
            tolerances: details.tolerances.into_iter().map(Into::into).collect(),
            warnings: details.warnings.into_iter().map(Into::into).collect(),
            provider: service::RegisteredProvider {
                provider: details.provider,
                client_id: details.client_id,
                epoch: details.epoch,
            }
            .into(),
        }
    }
}

/// What a provider owns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holdings {
    users: i64,
    groups: i64,
    vendors: i64,
    /// People who are placed in one of its vendors.
    placements: i64,
    /// Access tokens, activation tokens among them.
    tokens: i64,
}

impl From<service::Holdings> for Holdings {
    fn from(holdings: service::Holdings) -> Self {
        let service::Holdings {
            users,
            groups,
            vendors,
            placements,
            tokens,
        } = holdings;
        Self {
            users,
            groups,
            vendors,
            placements,
            tokens,
        }
    }
}

/// A deviation from the RFCs that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToleranceUses {
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    #[schema(example = "capitalised_operation")]
    name: String,
    uses: i64,
    last_used: DateTime<Utc>,
    /// The names under which it was last used, latest first: of attributes or schemas that are not here, as
    /// the product wrote them.
    #[schema(max_items = 5, example = json!(["shoeSize"]))]
    names: Vec<String>,
}

impl From<service::ToleranceUses> for ToleranceUses {
    fn from(used: service::ToleranceUses) -> Self {
        let service::ToleranceUses {
            provider,
            name,
            uses,
            last_used,
            names,
        } = used;
        Self {
            provider,
            name,
            uses,
            last_used,
            names,
        }
    }
}

/// Something a provider sent that was kept but changed nothing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderWarning {
    #[schema(value_type = Uuid)]
    provider: ProviderId,
    kind: String,
    /// Id of the user, group or credential that it is about.
    subject: String,
    detail: String,
    raised: DateTime<Utc>,
}

impl From<Warning> for ProviderWarning {
    fn from(warning: Warning) -> Self {
        let Warning {
            provider,
            kind,
            subject,
            detail,
            raised,
            ..
        } = warning;
        Self {
            provider,
            kind,
            subject,
            detail,
            raised,
        }
    }
}
