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

pub use address::{AddressError, AllowedAddresses};
pub use proxy::{TrustedProxies, client_address};
pub use referrer::{AllowedReferrers, ReferrerError};
