use serde_json::json;

use super::*;

/// RFC 7638 section 3.1.
fn rsa() -> Value {
    json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    })
}

/// RFC 8037 appendix A.2.
fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    let set = PublicKeys::register(&json!({"keys": [rsa(), ed25519()]})).unwrap();
    let prints: Vec<String> = set
        .iter()
        .map(|key| URL_SAFE_NO_PAD.encode(key.thumbprint()))
        .collect();
    assert_eq!(
        prints,
        [
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ]
    );
    let fits: Vec<Vec<SigningAlgorithm>> = set.iter().map(|key| key.fits().collect()).collect();
    assert_eq!(
        fits,
        [vec![SigningAlgorithm::RS256], vec![SigningAlgorithm::EdDSA]]
    );
}

#[test]
fn what_is_registered_is_public_and_usable() {
    let register = |keys: Value| PublicKeys::register(&json!({ "keys": keys })).unwrap_err();
    let with = |mut key: Value, name: &str, value: &str| {
        key[name] = json!(value);
        key
    };
    let private = with(
        ed25519(),
        "d",
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    );
    assert_eq!(register(json!([rsa(), private])), UnusableKeys::Private(1));
    for unusable in [
        json!({"kty": "oct", "alg": "HS256"}),
        with(rsa(), "n", "AQAB"),
        with(rsa(), "use", "enc"),
        with(rsa(), "alg", "RSA-OAEP"),
        with(ed25519(), "crv", "Ed448"),
        with(ed25519(), "crv", "P-256"),
        json!({"kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ"}),
        json!({}),
        json!(7),
        // The key of RFC 7515, appendix A.3, with its coordinates exchanged.
        json!({
            "kty": "EC", "crv": "P-256", "x": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        }),
    ] {
        assert_eq!(
            register(json!([unusable])),
            UnusableKeys::Key(0),
            "{unusable}"
        );
    }
    assert_eq!(register(json!([])), UnusableKeys::None);
    assert_eq!(
        register(json!([{"k": "c2VjcmV0", "kty": "oct"}])),
        UnusableKeys::Private(0)
    );
    let many: Vec<Value> = (0..65).map(|_| ed25519()).collect();
    assert_eq!(register(json!(many)), UnusableKeys::TooMany);
    assert_eq!(PublicKeys::register(&json!([])), Err(UnusableKeys::NoSet));
}

#[test]
fn a_fetched_set_may_hold_what_is_not_understood() {
    let set = json!({"keys": [{"kty": "new"}, rsa(), {"kty": "oct", "k": "c2VjcmV0"}]});
    let keys = PublicKeys::fetched(&set).unwrap();
    assert_eq!(keys.iter().count(), 1);
    assert!(keys.knows(Some("2011-04-29")) && keys.knows(None) && !keys.knows(Some("other")));
    assert!(PublicKeys::fetched(&json!({"keys": [{"kty": "new"}]})).is_err());
}

#[test]
fn keys_survive_storage() {
    let keys = PublicKeys::register(&json!({"keys": [rsa(), ed25519()]})).unwrap();
    let text = serde_json::to_string(&keys).unwrap();
    assert_eq!(serde_json::from_str::<PublicKeys>(&text).unwrap(), keys);
}

#[test]
fn what_was_registered_is_read_again_without_looking_at_its_points() {
    // The key of RFC 7515, appendix A.3, with its coordinates exchanged.
    let beside = json!({"keys": [{
        "kty": "EC", "crv": "P-256", "x": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "y": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    }]});
    assert_eq!(PublicKeys::register(&beside), Err(UnusableKeys::Key(0)));
    assert!(PublicKeys::registered(&beside).is_ok());
    assert!(serde_json::from_value::<PublicKeys>(beside).is_ok());
}

#[test]
fn a_weak_key_is_weak_however_it_is_filled_up_and_wherever_it_is_from() {
    let with = |n: Vec<u8>, e: &str| {
        let key = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": e});
        json!({ "keys": [key] })
    };
    let strong = vec![0xff; 256];
    assert!(PublicKeys::fetched(&with(strong.clone(), "AQAB")).is_ok());
    let mut filled = vec![0; 255];
    filled.push(3);
    for weak in [with(filled, "AQAB"), with(strong, "AQ")] {
        assert_eq!(
            PublicKeys::fetched(&weak),
            Err(UnusableKeys::None),
            "{weak}"
        );
    }
}
