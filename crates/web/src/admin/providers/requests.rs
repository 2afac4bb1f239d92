//! What is said about a provider to the server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::AccessGroupId;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{self, LinkDelivery, ProviderSettings, ProviderState, UserType};
use vestibule_oauth::Scopes;
use vestibule_scim::Dialect;
use vestibule_service::Error;

use super::authentication::Authentication;
use crate::admin::body::{Given, When};
use crate::admin::words;

/// How many requests a provider may make.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RateLimit {
    /// Requests a second in the long run.
    #[schema(example = 50)]
    per_second: u32,
    /// Requests at once after a pause.
    #[schema(example = 200)]
    burst: u32,
}

impl From<RateLimit> for provider::RateLimit {
    fn from(limit: RateLimit) -> Self {
        Self {
            per_second: limit.per_second,
            burst: limit.burst,
        }
    }
}

impl From<provider::RateLimit> for RateLimit {
    fn from(limit: provider::RateLimit) -> Self {
        Self {
            per_second: limit.per_second,
            burst: limit.burst,
        }
    }
}

/// A provider to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Okta",
    "user_type": "third_party",
    "description": "Vendors' people",
    "allowed_addresses": ["203.0.113.0/24"],
}))]
pub(crate) struct NewProvider {
    name: String,
    #[schema(value_type = words::UserType)]
    user_type: UserType,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    /// First instant at which it no longer may provision; none = no end.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    valid_until: Option<When>,
    /// Addresses and networks it may call from; `*` = any, an empty list = none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    allowed_addresses: AllowedAddresses,
    /// Origins its requests must name as their `Referer`; an empty list = any.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    allowed_referrers: AllowedReferrers,
    /// How it may authenticate; without it, with its secret, either way.
    #[serde(default)]
    authentication: Option<Authentication>,
    /// The most that a token of this provider can carry: `scim`, `scim:read` or `scim:write`.
    #[serde(default = "all_scopes")]
    #[schema(value_type = String, default = "scim")]
    scopes: Scopes,
    #[serde(default)]
    #[schema(value_type = words::Dialect)]
    dialect: Dialect,
    /// A PUT of a group without `members` leaves its members alone instead of removing them.
    #[serde(default)]
    put_keeps_members: bool,
    /// Internal providers only: the access group of people who are in no tied group.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    default_access_group: Option<AccessGroupId>,
    #[serde(default)]
    #[schema(value_type = words::LinkDelivery)]
    link_delivery: LinkDelivery,
    /// None = unlimited.
    #[serde(default)]
    rate_limit: Option<RateLimit>,
    /// In which it begins.
    #[serde(default = "active")]
    #[schema(value_type = words::ProviderState, default = "active")]
    pub(super) state: ProviderState,
}

fn active() -> ProviderState {
    ProviderState::Active
}

fn all_scopes() -> Scopes {
    Scopes::ALL
}

impl NewProvider {
    pub(super) fn into_settings(self) -> ProviderSettings {
        ProviderSettings {
            name: self.name,
            user_type: self.user_type,
            description: self.description,
            tags: self.tags,
            valid_until: self.valid_until.map(Into::into),
            allowed_addresses: self.allowed_addresses,
            allowed_referrers: self.allowed_referrers,
            authentication: self.authentication.map(Into::into).unwrap_or_default(),
            scopes: self.scopes,
            dialect: self.dialect,
            put_keeps_members: self.put_keeps_members,
            default_access_group: self.default_access_group,
            link_delivery: self.link_delivery,
            rate_limit: self.rate_limit.map(Into::into),
        }
    }
}

/// What to change about a provider: what is left out stays, null unsets.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"allowed_addresses": ["203.0.113.0/24", "2001:db8::/32"], "valid_until": null}))]
pub(crate) struct ProviderChanges {
    #[schema(value_type = String)]
    #[serde(default)]
    name: Given<String>,
    /// Must be what it is.
    #[schema(value_type = words::UserType)]
    #[serde(default)]
    user_type: Given<UserType>,
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    description: Given<Option<String>>,
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    tags: Given<Vec<String>>,
    #[schema(value_type = Option<DateTime<Utc>>)]
    #[serde(default)]
    valid_until: Given<Option<When>>,
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    allowed_addresses: Given<AllowedAddresses>,
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    allowed_referrers: Given<AllowedReferrers>,
    /// The whole of it; what is left out of it is as if never set.
    #[schema(value_type = Authentication)]
    #[serde(default)]
    authentication: Given<Authentication>,
    #[schema(value_type = String)]
    #[serde(default)]
    scopes: Given<Scopes>,
    #[schema(value_type = words::Dialect)]
    #[serde(default)]
    dialect: Given<Dialect>,
    #[schema(value_type = bool)]
    #[serde(default)]
    put_keeps_members: Given<bool>,
    #[schema(value_type = Option<Uuid>)]
    #[serde(default)]
    default_access_group: Given<Option<AccessGroupId>>,
    #[schema(value_type = words::LinkDelivery)]
    #[serde(default)]
    link_delivery: Given<LinkDelivery>,
    #[schema(value_type = Option<RateLimit>)]
    #[serde(default)]
    rate_limit: Given<Option<RateLimit>>,
}

impl ProviderChanges {
    /// The change, which can be made again when the transaction has to be.
    pub(super) fn edit(self) -> impl FnMut(&mut ProviderSettings) -> Result<(), Error> {
        move |settings| {
            let changes = self.clone();
            changes.name.put(&mut settings.name);
            changes.user_type.put(&mut settings.user_type);
            changes.description.put(&mut settings.description);
            changes.tags.put(&mut settings.tags);
            changes
                .valid_until
                .map(|until| until.map(Into::into))
                .put(&mut settings.valid_until);
            changes
                .allowed_addresses
                .put(&mut settings.allowed_addresses);
            changes
                .allowed_referrers
                .put(&mut settings.allowed_referrers);
            changes
                .authentication
                .map(Into::into)
                .put(&mut settings.authentication);
            changes.scopes.put(&mut settings.scopes);
            changes.dialect.put(&mut settings.dialect);
            changes
                .put_keeps_members
                .put(&mut settings.put_keeps_members);
            changes
                .default_access_group
                .put(&mut settings.default_access_group);
            changes.link_delivery.put(&mut settings.link_delivery);
            changes
                .rate_limit
                .map(|limit| limit.map(Into::into))
                .put(&mut settings.rate_limit);
            Ok(())
        }
    }
}

/// What a provider is to do from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"state": "paused"}))]
pub(crate) struct StateChange {
    #[schema(value_type = words::ProviderState)]
    pub(super) state: ProviderState,
}
