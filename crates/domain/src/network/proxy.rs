//! Whose word about the caller's address counts.

use std::net::{IpAddr, SocketAddr};

use ipnetwork::IpNetwork;
use serde::{Deserialize, Serialize};

use super::address::{AddressError, check_count, contains, excerpt, network_text, parse_network};

/// The proxies whose `X-Forwarded-For` is believed. The default is none.
///
/// As JSON a list of texts, addresses and networks. There is no `*`: whoever may speak for everyone
/// makes every allowed-address list moot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct TrustedProxies(Vec<IpNetwork>);

impl TrustedProxies {
    pub fn parse(items: &[String]) -> Result<Self, AddressError> {
        check_count(items)?;
        let parse = |item: &String| {
            let unknown = || AddressError::AnyNotPossible {
                item: excerpt(item),
            };
            // All addresses there are would be what `*` is.
            let network = parse_network(item.trim()).filter(|network| network.prefix() > 0);
            network.ok_or_else(unknown)
        };
        items.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        contains(&self.0, address)
    }
}

impl TryFrom<Vec<String>> for TrustedProxies {
    type Error = AddressError;

    fn try_from(items: Vec<String>) -> Result<Self, AddressError> {
        Self::parse(&items)
    }
}

impl From<TrustedProxies> for Vec<String> {
    fn from(trusted: TrustedProxies) -> Self {
        trusted.0.iter().map(network_text).collect()
    }
}

/// The caller's address: the peer's, unless the peer is a trusted proxy. Then the
/// `X-Forwarded-For` lines are read as one list from the right, trusted hops are skipped, and the
/// first other hop is the caller. What stands to its left was written by the caller and is not
/// looked at.
///
/// `None` when a hop does not parse (an empty one included): the request then has no address, and
/// passes no list. A trusted proxy that sends no such header is the caller itself; when all hops
/// are trusted, the leftmost is.
///
/// `forwarded_for`: the values of the header lines in the order received.
pub fn client_address(
    peer: IpAddr,
    forwarded_for: &[&str],
    trusted: &TrustedProxies,
) -> Option<IpAddr> {
    let mut address = peer.to_canonical();
    for hop in forwarded_for.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted.contains(address) {
            break;
        }
        address = parse_hop(hop.trim_matches([' ', '\t']))?;
    }
    Some(address)
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bracketed = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse()
            .map(IpAddr::V6)
            .ok()
    };
    let with_port = || text.parse().map(|socket: SocketAddr| socket.ip()).ok();
    let bare = text.parse().ok();
    bare.or_else(with_port)
        .or_else(bracketed)
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(items: &[&str]) -> TrustedProxies {
        let items: Vec<_> = items.iter().map(ToString::to_string).collect();
        TrustedProxies::parse(&items).unwrap()
    }

    /// What `client_address` makes of it, with `10.0.0.0/8` and `2001:db8:ffff::/48` trusted.
    fn address(peer: &str, lines: &[&str]) -> Option<String> {
        let trusted = trusted(&["10.0.0.0/8", "2001:db8:ffff::/48"]);
        let address = client_address(peer.parse().unwrap(), lines, &trusted);
        address.map(|address| address.to_string())
    }

    #[test]
    fn r_net_1_an_untrusted_peer_is_the_caller_whatever_it_claims() {
        for peer in [
            "203.0.113.9",
            "11.0.0.1",
            "127.0.0.1",
            "192.168.0.1",
            "2001:db8::9",
            "::1",
        ] {
            for lines in [
                &[][..],
                &["10.0.0.1"],
                &["198.51.100.1"],
                &["unknown"],
                &[""],
                &["10.0.0.1, 10.0.0.2"],
                &["198.51.100.1", "10.0.0.1"],
            ] {
                assert_eq!(address(peer, lines).as_deref(), Some(peer), "{lines:?}");
            }
        }
        let mapped = address("::ffff:203.0.113.9", &["10.0.0.1"]);
        assert_eq!(mapped.as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn r_net_1_behind_a_trusted_proxy_the_first_other_hop_from_the_right_is_the_caller() {
        let many = format!("{}203.0.113.9", "1.1.1.1, ".repeat(1_100));
        let garbage = format!("{},203.0.113.9", "x".repeat(10_000));
        for lines in [
            &["203.0.113.9"][..],
            &["::ffff:203.0.113.9"],
            &["0:0:0:0:0:ffff:cb00:7109"],
            // Spaces.
            &["  203.0.113.9  "],
            &["\t203.0.113.9\t"],
            &["198.51.100.1,203.0.113.9"],
            &["198.51.100.1 ,  203.0.113.9"],
            // What the caller wrote stands on the left.
            &["10.0.0.7, 203.0.113.9"],
            &["127.0.0.1, 203.0.113.9"],
            &["unknown, 203.0.113.9"],
            &["<script>, 203.0.113.9"],
            &[", 203.0.113.9"],
            &["198.51.100.1, 203.0.113.9, 10.0.0.2"],
            &["198.51.100.1, 10.0.0.3, 203.0.113.9"],
            &[&many],
            &[&garbage],
            // Trusted hops are skipped.
            &["203.0.113.9, 10.0.0.2"],
            &["203.0.113.9, 10.0.0.3, 10.0.0.2"],
            &["203.0.113.9, ::ffff:10.0.0.2"],
            &["203.0.113.9, 2001:db8:ffff::2"],
            &["203.0.113.9, 10.0.0.2:4711"],
            // Several lines are one list.
            &["198.51.100.1", "203.0.113.9"],
            &["203.0.113.9", "10.0.0.2"],
            &["198.51.100.1, 203.0.113.9", "10.0.0.3, 10.0.0.2"],
            &["", "203.0.113.9"],
            // Ports.
            &["203.0.113.9:51234"],
            &["[::ffff:203.0.113.9]:80"],
        ] {
            for proxy in ["10.0.0.1", "::ffff:10.0.0.1", "2001:db8:ffff::1"] {
                let found = address(proxy, lines);
                assert_eq!(
                    found.as_deref(),
                    Some("203.0.113.9"),
                    "{proxy} {lines:.60?}"
                );
            }
        }
    }

    #[test]
    fn other_callers_behind_a_trusted_proxy() {
        for (lines, expected) in [
            (&["2001:db8::9"][..], "2001:db8::9"),
            (&["[2001:db8::9]"], "2001:db8::9"),
            (&["[2001:db8::9]:51234"], "2001:db8::9"),
            // Nothing but trusted hops: the leftmost.
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            (&["10.0.0.1"], "10.0.0.1"),
            // No header: the proxy itself.
            (&[], "10.0.0.1"),
        ] {
            assert_eq!(
                address("10.0.0.1", lines).as_deref(),
                Some(expected),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn r_net_1_a_hop_that_does_not_parse_leaves_no_address() {
        let garbage = "x".repeat(10_000);
        for lines in [
            &["unknown"][..],
            &["_hidden"],
            &[""],
            &[" "],
            &["203.0.113.9,"],
            &["203.0.113.9", ""],
            &["203.0.113.9, unknown, 10.0.0.2"],
            &["203.0.113.9, , 10.0.0.2"],
            &["203.0.113.9;10.0.0.2"],
            &["203.0.113.9 10.0.0.2"],
            &["203.0.113.256"],
            &["203.0.113.09"],
            &["203.0.113"],
            &["3405803785"],
            &["0xcb007109"],
            &["203.0.113.9/32"],
            &["203.0.113.9:"],
            &["203.0.113.9:99999"],
            &["[203.0.113.9]"],
            &["[2001:db8::9"],
            &["fe80::1%eth0"],
            &["\"203.0.113.9\""],
            &["for=203.0.113.9"],
            &["203.0.113.9\u{a0}"],
            &["\u{ff11}.1.1.1"],
            &[&garbage],
        ] {
            assert_eq!(address("10.0.0.1", lines), None, "{lines:.60?}");
        }
    }

    #[test]
    fn r_net_1_by_default_nobody_is_trusted() {
        let peer = "10.0.0.1".parse().unwrap();
        let none = TrustedProxies::default();
        assert_eq!(client_address(peer, &["203.0.113.9"], &none), Some(peer));
    }

    #[test]
    fn r_net_1_everyone_cannot_be_trusted() {
        let error = TrustedProxies::parse(&["*".to_owned()]).unwrap_err();
        assert_eq!(
            error,
            AddressError::AnyNotPossible {
                item: "*".to_owned()
            }
        );
    }
}
