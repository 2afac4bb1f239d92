use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::certificate::Chain;
use crate::{CertificateName, Received, TokenRequest};

const ISSUER: &str = "https://vestibule.example/iso/oauth2";
const NOW: i64 = 1_800_000_000;
/// PKCS #8 of the Ed25519 key of RFC 8037 appendix A.1.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn signed(header: &Header, claims: &Value) -> String {
    use base64::Engine as _;
    let der = base64::engine::general_purpose::STANDARD
        .decode(KEY)
        .unwrap();
    // The library takes a PEM's content as it is.
    let key = EncodingKey::from_ed_der(&der);
    jsonwebtoken::encode(header, claims, &key).unwrap()
}

fn header() -> Header {
    Header {
        kid: Some("one".to_owned()),
        ..Header::new(Algorithm::EdDSA)
    }
}

fn claims() -> Value {
    json!({"iss": "me", "sub": "me", "aud": ISSUER, "exp": NOW + 300, "iat": NOW, "jti": "j1"})
}

/// The claims with those of `change` in the place of theirs; null takes one away.
fn with(mut claims: Value, change: &Value) -> Value {
    let fields = claims.as_object_mut().unwrap();
    for (name, value) in change.as_object().unwrap() {
        fields.insert(name.clone(), value.clone());
        if value.is_null() {
            fields.remove(name);
        }
    }
    claims
}

fn keys(kid: &str) -> PublicKeys {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": PUBLIC, "kid": kid});
    PublicKeys::register(&json!({ "keys": [key] })).unwrap()
}

fn own() -> Methods {
    Methods {
        private_key_jwt: Some(PrivateKeyJwt {
            jwks: Some(keys("one")),
            jwks_uri: None,
            algorithms: SigningAlgorithm::DEFAULT.to_vec(),
        }),
        ..Methods::default()
    }
}

fn federated() -> Methods {
    Methods {
        federated: vec![Federation {
            issuer: "https://login.example/tenant/v2.0".to_owned(),
            jwks_uri: "https://login.example/keys".to_owned(),
            subjects: vec!["workload".to_owned()],
            audiences: vec!["api://exchange".to_owned(), ISSUER.to_owned()],
            maximum_life_minutes: 360,
            algorithms: SigningAlgorithm::DEFAULT.to_vec(),
        }],
        ..Methods::default()
    }
}

fn presented(assertion: &str, more: &str) -> ClientAuthentication {
    let body = format!(
        "grant_type=client_credentials&client_assertion_type={}&client_assertion={assertion}{more}",
        crate::assertion::TYPE
    );
    let received = Received {
        content_type: Some("application/x-www-form-urlencoded"),
        authorization: &[],
        query: "",
        body: body.as_bytes(),
        certificate: None,
    };
    TokenRequest::parse(received).unwrap().client
}

fn check(
    methods: &Methods,
    assertion: &str,
    fetched: Option<&PublicKeys>,
) -> Result<Proven, Unproven> {
    let known = KnownClient {
        client_id: "me",
        methods,
        secrets: &[],
    };
    let circumstances = Circumstances {
        now: Duration::from_secs(NOW.unsigned_abs()),
        audiences: &[ISSUER.to_owned(), format!("{ISSUER}/token")],
        fetched,
    };
    presented(assertion, "&client_id=me").check(Some(known), &circumstances)
}

#[test]
fn r_tok_17_a_clients_own_assertion_proves_it_once() {
    let assertion = signed(&header(), &claims());
    let Ok(Proven::Key {
        thumbprint,
        single_use,
    }) = check(&own(), &assertion, None)
    else {
        panic!("a good assertion");
    };
    assert_eq!(
        Some(thumbprint),
        keys("x").iter().next().map(PublicKey::thumbprint)
    );
    assert_eq!(single_use.expires, NOW + 300);
    let again = signed(
        &header(),
        &with(
            claims(),
            &json!({"iat": NOW - 5, "aud": [format!("{ISSUER}/token"), "x"]}),
        ),
    );
    let Ok(Proven::Key {
        single_use: same, ..
    }) = check(&own(), &again, None)
    else {
        panic!("a good assertion");
    };
    assert_eq!(same, single_use, "the same jti");
    let other = signed(&header(), &with(claims(), &json!({"jti": "j2"})));
    let Ok(Proven::Key {
        single_use: other, ..
    }) = check(&own(), &other, None)
    else {
        panic!("a good assertion");
    };
    assert_ne!(other.digest, single_use.digest);
    // The id is optional, and must then be the subject's.
    assert_eq!(*presented(&assertion, "").client_id, "me");
}

// proves: 7644-2.1-threats 7644-7.3-threats
#[test]
fn r_tok_17_what_is_wrong_with_an_assertion_is_found() {
    for (change, why) in [
        (json!({"exp": NOW + 301}), Unproven::TooLong),
        (json!({"exp": i64::MAX}), Unproven::TooLong),
        (json!({"exp": 1e300}), Unproven::TooLong),
        (json!({"exp": NOW}), Unproven::Expired),
        (json!({"exp": -1e300}), Unproven::Expired),
        (json!({"iat": NOW + 61}), Unproven::Early),
        (json!({"nbf": NOW + 61}), Unproven::Early),
        (
            json!({"aud": "https://vestibule.example"}),
            Unproven::Audience,
        ),
        (json!({"aud": format!("{ISSUER}/")}), Unproven::Audience),
        (json!({"aud": []}), Unproven::Audience),
        (json!({"iss": "you"}), Unproven::Issuer),
        (json!({"sub": "you"}), Unproven::Issuer),
        (json!({"jti": null}), Unproven::Jti),
        (json!({"jti": ""}), Unproven::Jti),
        (json!({"jti": "x".repeat(257)}), Unproven::Jti),
        (json!({"jti": "é".repeat(257)}), Unproven::Jti),
    ] {
        let assertion = signed(&header(), &with(claims(), &change));
        assert_eq!(check(&own(), &assertion, None), Err(why), "{change}");
    }
    let assertion = signed(&header(), &claims());
    let (head, rest) = assertion.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();
    let other = signed(&header(), &with(claims(), &json!({"jti": "j2"})));
    let other = other.split('.').nth(1).unwrap();
    assert_eq!(
        check(&own(), &format!("{head}.{other}.{signature}"), None),
        Err(Unproven::Signature)
    );
    assert_eq!(
        check(&own(), &format!("{head}.{body}."), None),
        Err(Unproven::Signature)
    );
    let named = Header {
        kid: Some("two".to_owned()),
        ..header()
    };
    assert_eq!(
        check(&own(), &signed(&named, &claims()), None),
        Err(Unproven::NoKey)
    );
    let unnamed = Header {
        kid: None,
        ..header()
    };
    assert!(check(&own(), &signed(&unnamed, &claims()), None).is_ok());
    assert_eq!(
        check(&Methods::default(), &assertion, None),
        Err(Unproven::Method)
    );
}

// proves: 7644-2.1-threats 7644-7.3-threats
#[test]
fn r_tok_17_only_allowed_asymmetric_algorithms() {
    use base64::Engine as _;
    let part =
        |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let assertion = signed(&header(), &claims());
    let rest = assertion.split_once('.').unwrap().1;
    for (alg, why) in [
        ("none", Unproven::Algorithm),
        ("HS256", Unproven::Algorithm),
        ("eddsa", Unproven::Algorithm),
        ("RS512", Unproven::Algorithm),
        ("", Unproven::Algorithm),
        // The key is of another type: refused, and without a panic.
        ("RS256", Unproven::Signature),
        ("ES256", Unproven::Signature),
    ] {
        let forged = format!("{}.{rest}", part(json!({"alg": alg, "kid": "one"})));
        assert_eq!(check(&own(), &forged, None), Err(why), "{alg}");
    }
    // Signed with the public key as if it were a shared secret.
    let header = Header::new(Algorithm::HS256);
    let key = EncodingKey::from_secret(PUBLIC.as_bytes());
    let forged = jsonwebtoken::encode(&header, &claims(), &key).unwrap();
    assert_eq!(check(&own(), &forged, None), Err(Unproven::Algorithm));
    let mut strict = own();
    strict.private_key_jwt.as_mut().unwrap().algorithms = vec![SigningAlgorithm::ES256];
    assert_eq!(check(&strict, &assertion, None), Err(Unproven::Algorithm));
}

#[test]
fn r_tok_17_a_federated_token_lives_longer_and_may_come_again() {
    let claims = |change: Value| {
        let token = json!({
            "iss": "https://login.example/tenant/v2.0", "sub": "workload", "aud": "api://exchange",
            "exp": NOW + 360 * 60, "iat": NOW - 100, "nbf": NOW - 100,
        });
        signed(&header(), &with(token, &change))
    };
    let fetched = keys("one");
    let methods = federated();
    for _ in 0..2 {
        assert!(matches!(
            check(&methods, &claims(json!({"jti": "same"})), Some(&fetched)),
            Ok(Proven::Federated { place: 0, .. })
        ));
    }
    for (change, why) in [
        (json!({"exp": NOW + 360 * 60 + 1}), Unproven::TooLong),
        (json!({"aud": "api://other"}), Unproven::Audience),
        (json!({"sub": "other"}), Unproven::Issuer),
        (
            json!({"iss": "https://login.example/other/v2.0"}),
            Unproven::Issuer,
        ),
    ] {
        let token = claims(change.clone());
        assert_eq!(
            check(&methods, &token, Some(&fetched)),
            Err(why),
            "{change}"
        );
    }
    let token = claims(json!({}));
    assert_eq!(check(&methods, &token, None), Err(Unproven::NoKey));
    let other = keys("other");
    assert_eq!(check(&methods, &token, Some(&other)), Err(Unproven::NoKey));
    let known = KnownClient {
        client_id: "me",
        methods: &methods,
        secrets: &[],
    };
    let asked = presented(&token, "&client_id=me");
    assert_eq!(
        asked.keys_wanted(&known),
        Some(("https://login.example/keys", Some("one")))
    );
}

#[test]
fn secrets_are_accepted_in_the_allowed_way_until_they_expire() {
    let known = [KnownSecret {
        digest: Digest::of("s3"),
        expires: Some(Duration::from_secs(100)),
    }];
    let check = |secret: &str, basic, now, methods: &Methods| {
        let client = ClientAuthentication {
            client_id: oauth2::ClientId::new("me".to_owned()),
            proof: Proof::Secret {
                secret: ClientSecret::new(secret.to_owned()),
                basic,
            },
        };
        let known = KnownClient {
            client_id: "me",
            methods,
            secrets: &known,
        };
        let circumstances = Circumstances {
            now: Duration::from_secs(now),
            audiences: &[],
            fetched: None,
        };
        client.check(Some(known), &circumstances)
    };
    let any = Methods::default();
    let by_post = Methods {
        client_secret_basic: false,
        ..Methods::default()
    };
    assert_eq!(check("s3", true, 99, &any), Ok(Proven::Secret(0)));
    assert_eq!(check("s3", true, 100, &any), Err(Unproven::Secret));
    assert_eq!(check("s4", true, 99, &any), Err(Unproven::Secret));
    assert_eq!(check("", true, 99, &any), Err(Unproven::Secret));
    assert_eq!(check("s3", true, 99, &by_post), Err(Unproven::Method));
    assert_eq!(check("s3", false, 99, &by_post), Ok(Proven::Secret(0)));
}

fn by_certificate(chain: Chain, names: Vec<CertificateName>) -> ClientAuthentication {
    let certificate = ClientCertificate {
        thumbprint: Thumbprint::of(b"a certificate"),
        chain,
        names,
    };
    let received = Received {
        content_type: Some("application/x-www-form-urlencoded"),
        authorization: &[],
        query: "",
        body: b"grant_type=client_credentials&client_id=me",
        certificate: Some(&certificate),
    };
    TokenRequest::parse(received).unwrap().client
}

#[test]
fn a_certificate_counts_by_its_thumbprint_or_by_a_trusted_name() {
    let dns = |name: &str| CertificateName::SanDns(name.to_owned());
    let by_name = Methods {
        tls_client_auth: Some(dns("iga.example")),
        ..Methods::default()
    };
    let thumbprint = Thumbprint::of(b"a certificate");
    let by_itself = |thumbprint| Methods {
        self_signed_tls_client_auth: Some(crate::OwnCertificates {
            thumbprints: vec![thumbprint],
        }),
        ..Methods::default()
    };
    let names = || vec![dns("other.example"), dns("IGA.example")];
    let proven = Ok(Proven::Certificate(thumbprint));
    for (client, methods, expected) in [
        (
            by_certificate(Chain::Trusted, names()),
            by_name.clone(),
            proven,
        ),
        (
            by_certificate(Chain::Unknown, names()),
            by_name.clone(),
            Err(Unproven::Untrusted),
        ),
        (
            by_certificate(Chain::OutOfTime, names()),
            by_name.clone(),
            Err(Unproven::CertificateExpired),
        ),
        (
            by_certificate(Chain::Trusted, vec![dns("x.iga.example")]),
            by_name,
            Err(Unproven::Certificate),
        ),
        (
            by_certificate(Chain::Unknown, vec![]),
            by_itself(thumbprint),
            proven,
        ),
        (
            by_certificate(Chain::Trusted, names()),
            by_itself(Thumbprint::of(b"another")),
            Err(Unproven::Certificate),
        ),
        (
            by_certificate(Chain::Trusted, names()),
            Methods::default(),
            Err(Unproven::Method),
        ),
    ] {
        let known = KnownClient {
            client_id: "me",
            methods: &methods,
            secrets: &[],
        };
        let circumstances = Circumstances {
            now: Duration::ZERO,
            audiences: &[],
            fetched: None,
        };
        assert_eq!(
            client.check(Some(known), &circumstances),
            expected,
            "{methods:?}"
        );
        assert_eq!(
            client.check(None, &circumstances),
            Err(Unproven::UnknownClient)
        );
    }
}
