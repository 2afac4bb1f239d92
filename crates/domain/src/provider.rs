//! Providers: the registered sources of people and groups.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vestibule_oauth::{Methods, Scopes};
use vestibule_scim::Dialect;

use crate::ids::{AccessGroupId, ProviderId};
use crate::named::named;
use crate::network::{AllowedAddresses, AllowedReferrers};
use crate::settings::{self, MAX_NAME, SettingsError};

/// Most tags on a provider, and most characters in one.
const MAX_TAGS: usize = 64;
const MAX_TAG: usize = 64;
/// Highest rate and burst that can be asked for.
const MAX_RATE: u32 = 1_000_000;

named! {
    /// Whose people a provider pushes. Chosen at registration, immutable after.
    pub enum UserType ("user type") {
        /// Staff.
        Internal = "internal",
        /// Vendors' people.
        ThirdParty = "third_party" | "third-party",
    }
}

named! {
    /// Whether a provider may provision. None of these touches the access of people already in.
    #[derive(Default)]
    pub enum ProviderState ("provider state") {
        #[default]
        Active = "active",
        /// Answered with 503 for a while; credentials stay good.
        Paused = "paused",
        /// Answered as if its credentials were wrong.
        Disabled = "disabled",
    }
}

named! {
    /// Whether people get their access link without an administrator forwarding it.
    #[derive(Default)]
    pub enum LinkDelivery ("link delivery") {
        /// As the system's setting says.
        #[default]
        Default = "default",
        Yes = "yes",
        No = "no",
    }
}

/// A token bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Requests a second in the long run.
    pub per_second: u32,
    /// Requests at once after a pause.
    pub burst: u32,
}

/// What an administrator sets on a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderSettings {
    pub name: String,
    pub user_type: UserType,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    /// First instant at which it no longer may provision; none = no end.
    #[serde(default)]
    pub valid_until: Option<DateTime<Utc>>,
    #[serde(default)]
    pub allowed_addresses: AllowedAddresses,
    #[serde(default)]
    pub allowed_referrers: AllowedReferrers,
    /// How it may authenticate at the token endpoint.
    #[serde(default, skip_serializing_if = "is_default")]
    pub authentication: Methods,
    /// The most that a token of this provider can carry.
    pub scopes: Scopes,
    #[serde(default)]
    pub dialect: Dialect,
    /// A PUT of a group without `members` leaves its members alone instead of removing them.
    #[serde(default)]
    pub put_keeps_members: bool,
    /// Internal providers only: where people in no tied group belong.
    #[serde(default)]
    pub default_access_group: Option<AccessGroupId>,
    #[serde(default)]
    pub link_delivery: LinkDelivery,
    /// None = unlimited.
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
}

/// Left out of what is stored, as it is of nearly every provider and read with every request.
fn is_default(methods: &Methods) -> bool {
    *methods == Methods::default()
}

impl ProviderSettings {
    /// The first mistake, in the order of the fields.
    pub fn check(&self) -> Result<(), SettingsError> {
        settings::first(self.mistakes())
    }

    /// The first mistake of each field, in the order of the fields.
    pub fn mistakes(&self) -> Vec<SettingsError> {
        let mut mistakes = settings::Mistakes::default();
        mistakes.look(settings::line("name", &self.name, MAX_NAME));
        let description = self.description.as_deref();
        mistakes.look(settings::free_text("description", description));
        mistakes.look(settings::lines("tags", &self.tags, MAX_TAGS, MAX_TAG));
        let methods = self.authentication.check();
        mistakes.look(methods.map_err(SettingsError::Authentication));
        if self.user_type == UserType::ThirdParty && self.default_access_group.is_some() {
            mistakes.look(Err(SettingsError::DefaultAccessGroupOfThirdParty));
        }
        // No origin is compared by a pattern: it would keep everybody out.
        let mut origins = self.allowed_referrers.items().iter();
        if let Some(item) = origins.find(|item| item.contains('*')) {
            let item = item.clone();
            mistakes.look(Err(SettingsError::ReferrerPattern { item }));
        }
        if self.user_type == UserType::ThirdParty && self.link_delivery != LinkDelivery::Default {
            mistakes.look(Err(SettingsError::LinkDeliveryOfThirdParty));
        }
        if let Some(RateLimit { per_second, burst }) = self.rate_limit {
            mistakes.look(settings::range(
                "rate_limit.per_second",
                per_second,
                1,
                MAX_RATE,
            ));
            mistakes.look(settings::range("rate_limit.burst", burst, 1, MAX_RATE));
        }
        mistakes.found()
    }
}

/// A registered provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    pub id: ProviderId,
    pub settings: ProviderSettings,
    pub state: ProviderState,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

impl Provider {
    /// Whether its validity has ended: at the stored instant it has.
    pub fn expired(&self, at: DateTime<Utc>) -> bool {
        self.settings.valid_until.is_some_and(|until| until <= at)
    }
}
