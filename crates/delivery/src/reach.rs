//! Which addresses may be called (R-OPS-4): those of the public internet, unless private ones are
//! allowed. Looked at after a name is resolved, so that no name leads inside.

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error};

/// How far calls reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Public addresses, by https.
    #[default]
    Public,
    /// Private addresses too, and plain http.
    Private,
}

impl Reach {
    /// Whether that address may be called.
    pub fn permits(self, address: IpAddr) -> bool {
        self == Self::Private || is_public(address)
    }

    /// Whether that scheme may be used.
    pub fn permits_scheme(self, scheme: Option<&str>) -> bool {
        match scheme {
            Some("https") => true,
            Some("http") => self == Self::Private,
            _ => false,
        }
    }

    /// What calls no farther than this, for so long a call at most. It follows no redirect and uses no proxy.
    pub(crate) fn agent(self, timeout: Duration) -> Agent {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .https_only(self == Self::Public)
            .proxy(None)
            .user_agent("Vestibule")
            .build();
        Agent::with_parts(config, DefaultConnector::default(), Guarded(self))
    }
}

/// Resolves names as usual, and leaves out the addresses that may not be called.
#[derive(Debug)]
struct Guarded(Reach);

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        let mut permitted = self.empty();
        for address in found.iter().filter(|address| self.0.permits(address.ip())) {
            permitted.push(*address);
        }
        if permitted.is_empty() {
            return Err(Error::Other(
                "the name stands for a private address, which may not be called".into(),
            ));
        }
        Ok(permitted)
    }
}

/// Whether anybody on the internet could have it (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared (RFC 6598), protocol assignments (RFC 6890), benchmarks (RFC 2544), 6to4 relays.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 88 && c == 99);
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is global unicast; of it not Teredo and its neighbours (2001::/23),
    // documentation (2001:db8::/32, 3fff::/20), nor 6to4 (2002::/16), which may lead to any IPv4.
    let global = (0x2000..0x4000).contains(&a);
    let special =
        (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);

    global && !special
}

/// Reads a body of at most `limit` bytes, counted where they are read: packed, an answer may be a thousand
/// times as long as it was on its way.
pub(crate) fn whole(body: &mut Body, limit: u64) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    let mut bounded = body.as_reader().take(limit + 1);
    bounded
        .read_to_end(&mut read)
        .map_err(|error| error.to_string())?;
    if read.len() as u64 > limit {
        return Err(format!("it is larger than {limit} bytes"));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_ops_4_private_addresses_are_not_called() {
        for private in [
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "203.0.113.7",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "3fff::1",
        ] {
            let address = private.parse().unwrap();
            assert!(!Reach::Public.permits(address), "{private}");
            assert!(Reach::Private.permits(address), "{private}");
        }
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(Reach::Public.permits(public.parse().unwrap()), "{public}");
        }
        assert!(!Reach::Public.permits_scheme(Some("http")));
        assert!(Reach::Public.permits_scheme(Some("https")));
        assert!(Reach::Private.permits_scheme(Some("http")));
        assert!(!Reach::Private.permits_scheme(Some("file")));
    }
}
