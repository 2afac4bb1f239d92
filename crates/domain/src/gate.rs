//! The gates a provider's request passes, in the order of DOMAIN.md: credential, allowed address,
//! referrer, paused, (rate,) scope.
//!
//! What needs state lives elsewhere: size, the throttle of failures, finding the credential, and
//! the provider's rate, which belongs between [`paused_gate`] and [`scope_gate`].

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vestibule_oauth::scope::Scopes;

use crate::provider::{Provider, ProviderState};

/// Why a provider's request is refused. The texts are for the caller's administrator, but for
/// [`Refusal::Disabled`] and [`Refusal::Expired`]: those are answered as a wrong secret is, byte for
/// byte, and only our own administrators are told which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the provider is disabled")]
    Disabled,
    #[error("the provider's validity has ended")]
    Expired,
    #[error("the source address {} is not allowed for this provider", address_text(.0.as_ref()))]
    Address(Option<IpAddr>),
    #[error("the HTTP referrer is not allowed for this provider")]
    Referrer,
    #[error("the provider is paused")]
    Paused,
    #[error("the token's scope is too small: `{needed}` is needed")]
    ScopeTooSmall { needed: Scopes },
}

/// All gates in their order, for callers without a rate to check in between.
pub fn gate(
    provider: &Provider,
    now: DateTime<Utc>,
    address: Option<IpAddr>,
    referers: &[&str],
    needed: Scopes,
    granted: Scopes,
) -> Result<(), Refusal> {
    credential_gate(provider, now)?;
    network_gate(provider, address, referers)?;
    paused_gate(provider)?;
    scope_gate(needed, granted)
}

/// Whether the provider's credentials are good at all.
pub fn credential_gate(provider: &Provider, now: DateTime<Utc>) -> Result<(), Refusal> {
    if provider.state == ProviderState::Disabled {
        return Err(Refusal::Disabled);
    }
    if provider.expired(now) {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// Whether it may call from there. `address` as [`crate::network::client_address`] found it,
/// `referers` the values of all `Referer` header lines.
pub fn network_gate(
    provider: &Provider,
    address: Option<IpAddr>,
    referers: &[&str],
) -> Result<(), Refusal> {
    if !provider.settings.allowed_addresses.permits(address) {
        return Err(Refusal::Address(address));
    }
    if !provider.settings.allowed_referrers.permits(referers) {
        return Err(Refusal::Referrer);
    }
    Ok(())
}

/// Whether it may provision just now.
pub fn paused_gate(provider: &Provider) -> Result<(), Refusal> {
    match provider.state {
        ProviderState::Paused => Err(Refusal::Paused),
        ProviderState::Active | ProviderState::Disabled => Ok(()),
    }
}

/// Whether the token reaches as far as the request.
pub fn scope_gate(needed: Scopes, granted: Scopes) -> Result<(), Refusal> {
    if granted.contains(needed) {
        Ok(())
    } else {
        Err(Refusal::ScopeTooSmall { needed })
    }
}

fn address_text(address: Option<&IpAddr>) -> String {
    address.map_or_else(|| "(unknown)".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use vestibule_oauth::Methods;

    use crate::ids::ProviderId;
    use crate::network::{AllowedAddresses, AllowedReferrers};
    use crate::provider::{LinkDelivery, ProviderSettings, UserType};

    const GOOD: &str = "192.0.2.1";
    const ORIGIN: &str = "https://iga.example";

    /// Everything about it is wrong; a test repairs one thing after the other.
    fn hopeless() -> Provider {
        Provider {
            id: ProviderId::from_uuid(Uuid::from_u128(1)),
            settings: ProviderSettings {
                name: "Okta".to_owned(),
                user_type: UserType::ThirdParty,
                description: None,
                tags: Vec::new(),
                valid_until: Some(DateTime::UNIX_EPOCH),
                allowed_addresses: AllowedAddresses::parse(&[GOOD.to_owned()]).unwrap(),
                allowed_referrers: AllowedReferrers::parse(&[ORIGIN.to_owned()]).unwrap(),
                authentication: Methods::default(),
                scopes: Scopes::ALL,
                dialect: vestibule_scim::Dialect::Tolerant,
                put_keeps_members: false,
                default_access_group: None,
                link_delivery: LinkDelivery::Default,
                rate_limit: None,
            },
            state: ProviderState::Disabled,
            created: DateTime::UNIX_EPOCH,
            modified: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn r_net_5_the_first_gate_that_is_shut_answers() {
        let now = DateTime::UNIX_EPOCH;
        let bad: Option<IpAddr> = "198.51.100.1".parse().ok();
        let good: Option<IpAddr> = GOOD.parse().ok();
        let mut provider = hopeless();
        let try_gate = |provider: &Provider, address, referers: &[&str], granted| {
            gate(provider, now, address, referers, Scopes::WRITE, granted)
        };
        assert_eq!(
            try_gate(&provider, bad, &[], Scopes::READ),
            Err(Refusal::Disabled)
        );
        provider.state = ProviderState::Paused;
        assert_eq!(
            try_gate(&provider, bad, &[], Scopes::READ),
            Err(Refusal::Expired)
        );
        provider.settings.valid_until = DateTime::from_timestamp(1, 0);
        assert_eq!(
            try_gate(&provider, bad, &[], Scopes::READ),
            Err(Refusal::Address(bad))
        );
        assert_eq!(
            try_gate(&provider, None, &[], Scopes::READ),
            Err(Refusal::Address(None))
        );
        assert_eq!(
            try_gate(&provider, good, &[], Scopes::READ),
            Err(Refusal::Referrer)
        );
        assert_eq!(
            try_gate(&provider, good, &[ORIGIN], Scopes::READ),
            Err(Refusal::Paused)
        );
        provider.state = ProviderState::Active;
        let needed = Scopes::WRITE;
        assert_eq!(
            try_gate(&provider, good, &[ORIGIN], Scopes::READ),
            Err(Refusal::ScopeTooSmall { needed })
        );
        assert_eq!(try_gate(&provider, good, &[ORIGIN], Scopes::ALL), Ok(()));
    }

    #[test]
    fn a_refusal_names_what_was_refused() {
        let refusal = Refusal::Address("2001:db8::1".parse().ok());
        assert_eq!(
            refusal.to_string(),
            "the source address 2001:db8::1 is not allowed for this provider"
        );
        assert_eq!(
            Refusal::ScopeTooSmall {
                needed: Scopes::WRITE
            }
            .to_string(),
            "the token's scope is too small: `scim:write` is needed"
        );
    }

    #[test]
    fn validity_ends_at_its_instant() {
        let mut provider = hopeless();
        let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
        provider.settings.valid_until = Some(at(1_000_000));
        assert!(!provider.expired(at(999_999)));
        assert!(provider.expired(at(1_000_000)));
        provider.settings.valid_until = None;
        assert!(!provider.expired(DateTime::<Utc>::MAX_UTC));
    }

    #[test]
    fn settings_are_checked() {
        let mut settings = hopeless().settings;
        assert_eq!(settings.check(), Ok(()));
        settings.default_access_group = Some(crate::AccessGroupId::from_uuid(Uuid::from_u128(5)));
        assert_eq!(
            settings.check().unwrap_err().field(),
            "default_access_group"
        );
        settings.user_type = UserType::Internal;
        assert_eq!(settings.check(), Ok(()));
        settings.name = " ".to_owned();
        assert_eq!(settings.check().unwrap_err().field(), "name");
    }
}
