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
            parse_network(item.trim()).ok_or_else(unknown)
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

    #[test]
    fn the_header_counts_only_from_a_trusted_peer_and_from_the_right() {
        const TRUSTED: &[&str] = &["10.0.0.0/8", "2001:db8:ffff::/48"];
        let long = vec!["1.1.1.1"; 1_500].join(", ");
        let spoofed = format!("{long}, 203.0.113.9");
        let garbage = "x".repeat(10_000);
        let garbage_left = format!("{garbage},203.0.113.9");
        for (peer, lines, expected) in [
            // An untrusted peer is the caller, whatever it claims.
            ("203.0.113.9", &[][..], Some("203.0.113.9")),
            ("203.0.113.9", &["10.0.0.1"], Some("203.0.113.9")),
            ("203.0.113.9", &["198.51.100.1"], Some("203.0.113.9")),
            ("203.0.113.9", &["unknown"], Some("203.0.113.9")),
            ("203.0.113.9", &[""], Some("203.0.113.9")),
            ("203.0.113.9", &["10.0.0.1, 10.0.0.2"], Some("203.0.113.9")),
            ("::ffff:203.0.113.9", &["10.0.0.1"], Some("203.0.113.9")),
            ("2001:db8::9", &["10.0.0.1"], Some("2001:db8::9")),
            ("11.0.0.1", &["198.51.100.1"], Some("11.0.0.1")),
            ("127.0.0.1", &["198.51.100.1"], Some("127.0.0.1")),
            ("192.168.0.1", &["198.51.100.1"], Some("192.168.0.1")),
            // A trusted peer without the header is the caller.
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("::ffff:10.0.0.1", &[], Some("10.0.0.1")),
            // One hop.
            ("10.0.0.1", &["203.0.113.9"], Some("203.0.113.9")),
            ("::ffff:10.0.0.1", &["203.0.113.9"], Some("203.0.113.9")),
            ("2001:db8:ffff::1", &["203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["2001:db8::9"], Some("2001:db8::9")),
            ("10.0.0.1", &["::ffff:203.0.113.9"], Some("203.0.113.9")),
            (
                "10.0.0.1",
                &["0:0:0:0:0:ffff:cb00:7109"],
                Some("203.0.113.9"),
            ),
            // Spaces.
            ("10.0.0.1", &["  203.0.113.9  "], Some("203.0.113.9")),
            ("10.0.0.1", &["\t203.0.113.9\t"], Some("203.0.113.9")),
            (
                "10.0.0.1",
                &["198.51.100.1,203.0.113.9"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["198.51.100.1 ,  203.0.113.9"],
                Some("203.0.113.9"),
            ),
            // Spoofed entries stand on the left.
            ("10.0.0.1", &["10.0.0.7, 203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["unknown, 203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &[", 203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["<script>, 203.0.113.9"], Some("203.0.113.9")),
            ("10.0.0.1", &["127.0.0.1, 203.0.113.9"], Some("203.0.113.9")),
            (
                "10.0.0.1",
                &["198.51.100.1, 203.0.113.9, 10.0.0.2"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["198.51.100.1, 10.0.0.3, 203.0.113.9"],
                Some("203.0.113.9"),
            ),
            ("10.0.0.1", &[&spoofed], Some("203.0.113.9")),
            ("10.0.0.1", &[&garbage_left], Some("203.0.113.9")),
            // Trusted hops are skipped.
            ("10.0.0.1", &["203.0.113.9, 10.0.0.2"], Some("203.0.113.9")),
            (
                "10.0.0.1",
                &["203.0.113.9, 10.0.0.3, 10.0.0.2"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["203.0.113.9, ::ffff:10.0.0.2"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["203.0.113.9, 2001:db8:ffff::2"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["203.0.113.9, 10.0.0.2:4711"],
                Some("203.0.113.9"),
            ),
            // Several lines are one list.
            (
                "10.0.0.1",
                &["198.51.100.1", "203.0.113.9"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["203.0.113.9", "10.0.0.2"],
                Some("203.0.113.9"),
            ),
            (
                "10.0.0.1",
                &["198.51.100.1, 203.0.113.9", "10.0.0.3, 10.0.0.2"],
                Some("203.0.113.9"),
            ),
            ("10.0.0.1", &["203.0.113.9", ""], None),
            ("10.0.0.1", &["", "203.0.113.9"], Some("203.0.113.9")),
            // Ports and brackets.
            ("10.0.0.1", &["203.0.113.9:51234"], Some("203.0.113.9")),
            ("10.0.0.1", &["[2001:db8::9]:51234"], Some("2001:db8::9")),
            ("10.0.0.1", &["[2001:db8::9]"], Some("2001:db8::9")),
            (
                "10.0.0.1",
                &["[::ffff:203.0.113.9]:80"],
                Some("203.0.113.9"),
            ),
            // All trusted: the leftmost.
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], Some("10.0.0.3")),
            ("10.0.0.1", &["10.0.0.1"], Some("10.0.0.1")),
            // What does not parse leaves no address.
            ("10.0.0.1", &["unknown"], None),
            ("10.0.0.1", &["_hidden"], None),
            ("10.0.0.1", &[""], None),
            ("10.0.0.1", &[" "], None),
            ("10.0.0.1", &["203.0.113.9,"], None),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], None),
            ("10.0.0.1", &["203.0.113.9, , 10.0.0.2"], None),
            ("10.0.0.1", &["203.0.113.9;10.0.0.2"], None),
            ("10.0.0.1", &["203.0.113.9 10.0.0.2"], None),
            ("10.0.0.1", &["203.0.113.256"], None),
            ("10.0.0.1", &["203.0.113.09"], None),
            ("10.0.0.1", &["203.0.113"], None),
            ("10.0.0.1", &["3405803785"], None),
            ("10.0.0.1", &["0xcb007109"], None),
            ("10.0.0.1", &["203.0.113.9/32"], None),
            ("10.0.0.1", &["203.0.113.9:"], None),
            ("10.0.0.1", &["203.0.113.9:99999"], None),
            ("10.0.0.1", &["[203.0.113.9]"], None),
            ("10.0.0.1", &["[2001:db8::9"], None),
            ("10.0.0.1", &["fe80::1%eth0"], None),
            ("10.0.0.1", &["\"203.0.113.9\""], None),
            ("10.0.0.1", &["for=203.0.113.9"], None),
            ("10.0.0.1", &["203.0.113.9\u{a0}"], None),
            ("10.0.0.1", &["\u{ff11}.1.1.1"], None),
            ("10.0.0.1", &[&garbage], None),
        ] {
            let address = client_address(peer.parse().unwrap(), lines, &trusted(TRUSTED));
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(
                address,
                expected,
                "{peer} {:?}",
                lines.first().map(|l| l.get(..60))
            );
        }
    }

    #[test]
    fn by_default_nobody_is_trusted() {
        let peer = "10.0.0.1".parse().unwrap();
        let none = TrustedProxies::default();
        assert_eq!(client_address(peer, &["203.0.113.9"], &none), Some(peer));
    }

    #[test]
    fn everyone_cannot_be_trusted() {
        let error = TrustedProxies::parse(&["*".to_owned()]).unwrap_err();
        assert_eq!(
            error,
            AddressError::AnyNotPossible {
                item: "*".to_owned()
            }
        );
    }
}
