//! Providers to test with.

use vestibule_domain::ProviderId;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, UserType};
use vestibule_oauth::{Methods, Scopes};
use vestibule_scim::Dialect;

/// A registered provider with everything its product would know.
#[derive(Debug, Clone)]
pub struct TestProvider {
    pub id: ProviderId,
    pub client_id: String,
    pub client_secret: String,
    /// An activation token with every scope the provider has.
    pub token: String,
}

/// Settings of a provider of vendors' people that may call from anywhere.
pub fn third_party(name: &str) -> ProviderSettings {
    settings(name, UserType::ThirdParty)
}

/// Settings of a provider of staff that may call from anywhere.
pub fn internal(name: &str) -> ProviderSettings {
    settings(name, UserType::Internal)
}

fn settings(name: &str, user_type: UserType) -> ProviderSettings {
    ProviderSettings {
        name: name.to_owned(),
        user_type,
        description: None,
        tags: Vec::new(),
        valid_until: None,
        allowed_addresses: AllowedAddresses::Any,
        allowed_referrers: AllowedReferrers::default(),
        authentication: Methods::default(),
        scopes: Scopes::ALL,
        dialect: Dialect::default(),
        put_keeps_members: false,
        default_access_group: None,
        link_delivery: LinkDelivery::default(),
        rate_limit: None,
    }
}
