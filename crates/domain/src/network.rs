//! Where a provider may call from: allowed addresses, allowed referrers, trusted proxies.
//!
//! An address list is a gate. A referrer list is defence in depth only: any client can send any
//! `Referer`, so it never stands in for authentication.
//!
//! IPv4 addresses mapped into IPv6 (`::ffff:10.0.0.1`) are IPv4 addresses everywhere here, in lists
//! and in callers alike, so that no rule can be passed by under another spelling.

mod address;
mod proxy;
mod referrer;

use std::net::{IpAddr, Ipv6Addr};

pub use address::{AddressError, AllowedAddresses};
pub use proxy::{TrustedProxies, client_address};
pub use referrer::{AllowedReferrers, ReferrerError};

/// Whom an address stands for where failures are counted: whoever has an IPv6 address has 2^64 of them, so all
/// of a /64 is one, told by its first address.
pub fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_ipv6_network_is_one_source_and_an_ipv4_address_is_itself() {
        let of = |text: &str| source(text.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff:ffff:ffff:ffff"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:3::"), "2001:db8:1:3::");
    }
}
