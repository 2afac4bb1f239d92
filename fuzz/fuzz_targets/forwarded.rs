//! `X-Forwarded-For` and `Referer`: nobody is believed who is not trusted, and what is let pass is
//! what the list says. The first line is the peer, each further line a header.
#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule_domain::network::{
    AllowedAddresses, AllowedReferrers, TrustedProxies, client_address,
};

static TRUSTED: LazyLock<TrustedProxies> = LazyLock::new(|| {
    TrustedProxies::parse(&["10.0.0.0/8".into(), "2001:db8::/32".into()])
        .expect("the networks are right")
});

static REFERRERS: LazyLock<AllowedReferrers> = LazyLock::new(|| {
    AllowedReferrers::parse(&[
        "https://iga.example".into(),
        "http://iga.example:8080".into(),
    ])
    .expect("the origins are right")
});

fuzz_target!(|text: &str| {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let headers: Vec<&str> = lines.collect();
    let peer: IpAddr = first.parse().unwrap_or(IpAddr::from([10, 0, 0, 1]));
    let address = client_address(peer, &headers, &TRUSTED);
    if !TRUSTED.contains(peer) || headers.is_empty() {
        assert_eq!(address, Some(peer.to_canonical()));
    }
    // What stands to the left of an untrusted hop says nothing.
    if let Some(address) = address
        && !TRUSTED.contains(address)
        && let [first, rest @ ..] = headers.as_slice()
    {
        let longer = format!("198.51.100.7, nonsense, {first}");
        let mut more = vec![longer.as_str()];
        more.extend(rest);
        assert_eq!(client_address(peer, &more, &TRUSTED), Some(address));
    }

    for header in &headers {
        // Read loosely, as long as it holds the host: nothing else can be an origin of the list.
        if REFERRERS.permits(&[header]) {
            let lower = header.to_lowercase();
            assert!(lower.starts_with("https://") || lower.starts_with("http://"));
        }
    }
    let list: Vec<String> = headers.iter().map(|&header| header.to_owned()).collect();
    if let Ok(allowed) = AllowedAddresses::parse(&list) {
        assert_eq!(AllowedAddresses::parse(&allowed.items()), Ok(allowed));
    }
    if let Ok(allowed) = AllowedReferrers::parse(&list) {
        for item in allowed.items() {
            assert!(allowed.permits(&[item]), "{item}");
        }
        assert_eq!(AllowedReferrers::parse(allowed.items()), Ok(allowed));
    }
});
