//! `Authorization` headers, one a line: a token is taken only when it is there to the letter, and
//! credentials are the same whoever reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule_oauth::bearer::Bearer;
use vestibule_oauth::{Proof, Received, SecretKind, TokenRequest};

const KINDS: [SecretKind; 3] = [
    SecretKind::AccessToken,
    SecretKind::AdminToken,
    SecretKind::ClientSecret,
];

fuzz_target!(|bytes: &[u8]| {
    let headers: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    for kind in KINDS {
        if let Ok(secret) = Bearer::of_kind(kind, &headers) {
            assert_eq!(headers.len(), 1);
            let written = bytes.get("Bearer ".len()..).unwrap_or_default();
            assert_eq!(secret.expose().as_bytes(), written);
            assert!(secret.expose().starts_with(kind.prefix()));
        }
    }
    let request = TokenRequest::parse(Received {
        content_type: Some("application/x-www-form-urlencoded; charset=utf-8"),
        authorization: &headers,
        query: "",
        body: b"grant_type=client_credentials",
        certificate: None,
    });
    if let Ok(request) = request {
        assert_eq!(headers.len(), 1);
        assert!(request.client.used_basic());
        let id = request.client.client_id.as_bytes();
        assert!(!id.is_empty() && id.iter().all(|byte| (b' '..=b'~').contains(byte)));
        let Proof::Secret { secret, basic } = request.client.proof else {
            unreachable!("a header holds no assertion")
        };
        assert!(basic && !secret.secret().is_empty());
    }
});
