//! The list of addresses a provider may call from.

use std::fmt;
use std::net::IpAddr;

use ipnetwork::{IpNetwork, Ipv4Network};
use serde::{Deserialize, Serialize};

use crate::Mistake;
use crate::settings::MAX_ENTRIES;

/// Which addresses may call. The default, an empty list, lets nobody call.
///
/// As JSON a list of texts, `["*"]` for any address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub enum AllowedAddresses {
    Any,
    Only(Vec<IpNetwork>),
}

/// A list of addresses that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("{}", Mistake::NotAnAddress.said([("item", item.into())]))]
    Malformed { item: String },
    #[error("{}", Mistake::NotOneAddress.said([("item", item.into())]))]
    AnyNotPossible { item: String },
    #[error("{}", Mistake::TooManyEntries.said([("max", max.to_string().into())]))]
    TooMany { max: usize },
}

impl AllowedAddresses {
    /// Reads addresses, networks in CIDR notation and `*`. One `*` makes the other items moot.
    pub fn parse(items: &[String]) -> Result<Self, AddressError> {
        check_count(items)?;
        let mut networks = Vec::with_capacity(items.len());
        let mut any = false;
        for item in items {
            match item.trim() {
                "*" => any = true,
                text => networks.push(parse_network(text).ok_or_else(|| malformed(item))?),
            }
        }
        Ok(if any { Self::Any } else { Self::Only(networks) })
    }

    /// Whether a request from there may pass. A request without an address passes only `*`.
    pub fn permits(&self, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Self::Any, _) => true,
            (Self::Only(_), None) => false,
            (Self::Only(networks), Some(address)) => contains(networks, address),
        }
    }

    /// The items as they are shown and stored.
    pub fn items(&self) -> Vec<String> {
        match self {
            Self::Any => vec!["*".to_owned()],
            Self::Only(networks) => networks.iter().map(network_text).collect(),
        }
    }
}

impl Default for AllowedAddresses {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

impl fmt::Display for AllowedAddresses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.items().join(", "))
    }
}

impl TryFrom<Vec<String>> for AllowedAddresses {
    type Error = AddressError;

    fn try_from(items: Vec<String>) -> Result<Self, AddressError> {
        Self::parse(&items)
    }
}

impl From<AllowedAddresses> for Vec<String> {
    fn from(allowed: AllowedAddresses) -> Self {
        allowed.items()
    }
}

pub(super) fn check_count(items: &[String]) -> Result<(), AddressError> {
    if items.len() > MAX_ENTRIES {
        return Err(AddressError::TooMany { max: MAX_ENTRIES });
    }
    Ok(())
}

fn malformed(item: &str) -> AddressError {
    AddressError::Malformed {
        item: excerpt(item),
    }
}

/// Enough of an item to find it in the list, and no more than fits an error message.
pub(super) fn excerpt(item: &str) -> String {
    item.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// An address or a network, with host bits cleared and mapped IPv4 made plain.
pub(super) fn parse_network(text: &str) -> Option<IpNetwork> {
    let network: IpNetwork = text.parse().ok()?;
    let base = network.network();
    // `::ffff:0:0/96` holds the mapped addresses: what lies in it is an IPv4 network.
    let network = match (base, base.to_canonical(), network.prefix().checked_sub(96)) {
        (IpAddr::V6(_), IpAddr::V4(mapped), Some(prefix)) => {
            IpNetwork::V4(Ipv4Network::new(mapped, prefix).ok()?)
        }
        _ => IpNetwork::new(base, network.prefix()).ok()?,
    };
    Some(network)
}

pub(super) fn contains(networks: &[IpNetwork], address: IpAddr) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(address))
}

/// A network of one address is shown as that address, the way it was typed.
pub(super) fn network_text(network: &IpNetwork) -> String {
    let full = if network.is_ipv4() { 32 } else { 128 };
    if network.prefix() == full {
        network.ip().to_string()
    } else {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(items: &[&str]) -> Result<AllowedAddresses, AddressError> {
        AllowedAddresses::parse(&items.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn r_net_3_lists_decide() {
        for (items, address, expected) in [
            (&[][..], "10.0.0.1", false),
            (&["*"], "10.0.0.1", true),
            (&["*", "192.0.2.1"], "10.0.0.1", true),
            (&[" * "], "2001:db8::1", true),
            (&["10.0.0.1"], "10.0.0.1", true),
            (&["10.0.0.1"], "10.0.0.2", false),
            (&["10.0.0.1"], "::ffff:10.0.0.1", true),
            (&["::ffff:10.0.0.1"], "10.0.0.1", true),
            (&["::ffff:10.0.0.0/104"], "10.200.0.1", true),
            (&["::ffff:10.0.0.0/104"], "11.0.0.1", false),
            (&["::ffff:0:0/96"], "203.0.113.9", true),
            (&["10.0.0.0/8"], "10.255.255.255", true),
            (&["10.1.2.3/8"], "10.255.255.255", true),
            (&["10.0.0.0/8"], "11.0.0.0", false),
            (&["0.0.0.0/0"], "198.51.100.7", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "198.51.100.7", false),
            (&["::/0"], "2001:db8::1", true),
            (&["2001:db8::/32"], "2001:db8:1::1", true),
            (&["2001:db8::/32"], "2001:db9::1", false),
            (&["192.0.2.1", "2001:db8::1"], "2001:db8::1", true),
        ] {
            let allowed = list(items).unwrap();
            assert_eq!(
                allowed.permits(address.parse().ok()),
                expected,
                "{items:?} {address}"
            );
        }
    }

    #[test]
    fn r_net_3_without_an_address_only_any_permits() {
        assert!(list(&["*"]).unwrap().permits(None));
        assert!(!list(&["0.0.0.0/0", "::/0"]).unwrap().permits(None));
        assert!(!AllowedAddresses::default().permits(None));
    }

    #[test]
    fn a_malformed_item_is_named() {
        for item in [
            "",
            " ",
            "10.0.0",
            "10.0.0.256",
            "10.0.0.0/33",
            "010.0.0.1",
            "2001:db8::/129",
            "fe80::1%eth0",
            "10.0.0.1-10.0.0.9",
            "example.com",
            "10.0.0.*",
            "10.0.0.1:80",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "１０.0.0.1",
        ] {
            let error = list(&["10.0.0.1", item]).unwrap_err();
            assert_eq!(
                error,
                AddressError::Malformed {
                    item: item.to_owned()
                }
            );
        }
    }

    #[test]
    fn a_list_is_bounded() {
        let items = vec!["10.0.0.1".to_owned(); MAX_ENTRIES + 1];
        assert_eq!(
            AllowedAddresses::parse(&items),
            Err(AddressError::TooMany { max: MAX_ENTRIES })
        );
    }

    #[test]
    fn json_is_a_list_of_texts() {
        let allowed = list(&["10.1.2.3/8", "::ffff:192.0.2.1", "2001:db8::/32"]).unwrap();
        let json = serde_json::to_string(&allowed).unwrap();
        assert_eq!(json, r#"["10.0.0.0/8","192.0.2.1","2001:db8::/32"]"#);
        assert_eq!(
            serde_json::from_str::<AllowedAddresses>(&json).unwrap(),
            allowed
        );
        assert!(serde_json::from_str::<AllowedAddresses>(r#"["10.0.0.0/99"]"#).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_network_permits_exactly_its_own_prefix(
            base in any::<u32>(), prefix in 0u8..=32, other in any::<u32>(),
        ) {
            let allowed = list(&[&format!("{}/{prefix}", std::net::Ipv4Addr::from(base))]).unwrap();
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            let address = IpAddr::V4(other.into());
            prop_assert_eq!(allowed.permits(Some(address)), base & mask == other & mask);
            prop_assert_eq!(list(&allowed.items().iter().map(String::as_str).collect::<Vec<_>>()), Ok(allowed));
        }
    }
}
