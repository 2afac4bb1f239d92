//! Form bodies of the token, revocation and introspection endpoints: what is read is proven by
//! nothing that an input can hold. What stands before the first line break is the query.
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::json;
use vestibule_oauth::{
    AboutToken, Circumstances, Digest, KnownClient, KnownSecret, Methods, Received, TokenRequest,
};

const NOW: Duration = Duration::from_secs(1_800_000_000);

static METHODS: LazyLock<Methods> = LazyLock::new(|| {
    // The public key of RFC 7515, appendix A.3.
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    });
    serde_json::from_value(json!({"private_key_jwt": {"jwks": {"keys": [key]}}}))
        .expect("the methods are right")
});

static SECRETS: LazyLock<[KnownSecret; 1]> = LazyLock::new(|| {
    [KnownSecret {
        digest: Digest::of("what no input is"),
        expires: None,
    }]
});

static AUDIENCES: LazyLock<[String; 1]> = LazyLock::new(|| ["https://vestibule.example".into()]);

fuzz_target!(|bytes: &[u8]| {
    let mut halves = bytes.splitn(2, |byte| *byte == b'\n');
    let (first, second) = (halves.next().unwrap_or_default(), halves.next());
    let (query, body) = match (second, std::str::from_utf8(first)) {
        (Some(body), Ok(query)) => (query, body),
        _ => ("", bytes),
    };
    let received = Received {
        content_type: Some("application/x-www-form-urlencoded"),
        authorization: &[],
        query,
        body,
        certificate: None,
    };
    let request = TokenRequest::parse(received);
    let about = AboutToken::parse(received);
    for client in [
        request.map(|read| read.client),
        about.map(|read| read.client),
    ] {
        let Ok(client) = client else { continue };
        let known = KnownClient {
            client_id: &client.client_id,
            methods: &METHODS,
            secrets: &*SECRETS,
        };
        let circumstances = Circumstances {
            now: NOW,
            audiences: &*AUDIENCES,
            fetched: None,
        };
        assert!(client.check(Some(known), &circumstances).is_err());
        assert!(client.check(None, &circumstances).is_err());
        assert_eq!(client.refused().status(), 401);
        assert!(client.keys_wanted(&known).is_none());
    }
});
