use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::client::Proof;
use TokenErrorKind::{InvalidClient, InvalidRequest, InvalidScope, UnsupportedGrantType};

const FORM: &str = "application/x-www-form-urlencoded";
const POST: &str = "grant_type=client_credentials&client_id=me&client_secret=s3";
const GRANT: &str = "grant_type=client_credentials";
const CHALLENGED: TokenErrorKind = InvalidClient { basic: true };

type Outcome = Result<TokenRequest, TokenErrorKind>;

fn parse(content_type: Option<&str>, authorization: &[&[u8]], query: &str, body: &[u8]) -> Outcome {
    TokenRequest::parse(Received {
        content_type,
        authorization,
        query,
        body,
        certificate: None,
    })
    .map_err(|error| error.kind)
}

fn by_post(query: &str, body: &str) -> Outcome {
    parse(Some(FORM), &[], query, body.as_bytes())
}

fn by_header(header: &str, body: &str) -> Outcome {
    parse(Some(FORM), &[header.as_bytes()], "", body.as_bytes())
}

fn basic(user_and_password: impl AsRef<[u8]>) -> String {
    format!("Basic {}", STANDARD.encode(user_and_password))
}

fn of(outcome: &Outcome) -> (&str, &str) {
    let client = &outcome.as_ref().unwrap().client;
    let Proof::Secret { secret, .. } = &client.proof else {
        panic!("no secret");
    };
    (&client.client_id, secret.secret())
}

#[test]
fn r_tok_11_credentials_in_the_body() {
    let outcome = by_post("", &format!("{POST}&ttl=60&scope=scim:read&unknown=1"));
    assert_eq!(of(&outcome), ("me", "s3"));
    let request = outcome.unwrap();
    assert_eq!(request.ttl, Ok(Some(Duration::from_hours(1))));
    assert_eq!(request.scope, Ok(Some(Scopes::READ)));
    assert!(!request.client.used_basic());
    assert!(!format!("{request:?}").contains("s3"));
}

#[test]
fn r_tok_11_credentials_by_basic() {
    for body in [
        GRANT.to_owned(),
        format!("{GRANT}&client_id=me&client_secret="),
    ] {
        let outcome = by_header(&basic("me:s3"), &body);
        assert_eq!(of(&outcome), ("me", "s3"));
        assert!(outcome.unwrap().client.used_basic());
    }
    assert_eq!(
        of(&by_header(&basic("a%3Ab+c:%2B:%25"), GRANT)),
        ("a:b c", "+:%")
    );
    assert_eq!(
        of(&by_header(&basic("me:s3").replace("Basic", "bASIC"), GRANT)),
        ("me", "s3")
    );
}

#[test]
fn r_tok_11_two_credentials_are_refused() {
    let header = basic("me:s3");
    for more in [
        "client_secret=s3",
        "client_id=me&client_secret=s3",
        "client_id=other",
        "client_assertion=x",
    ] {
        let outcome = by_header(&header, &format!("{GRANT}&{more}"));
        assert_eq!(outcome.unwrap_err(), InvalidRequest, "{more}");
    }
    let outcome = by_post("", &format!("{POST}&client_assertion=x"));
    assert_eq!(outcome.unwrap_err(), InvalidRequest);
}

#[test]
fn r_tok_11_a_repeated_parameter_is_refused() {
    for more in [
        "client_id=me",
        "client_secret=s3",
        "client_secret=",
        GRANT,
        "ttl=1&ttl=1",
        "scope=scim&scope=scim",
        "x=1&x=2",
        "%63lient_id=me",
    ] {
        let outcome = by_post("", &format!("{POST}&{more}"));
        assert_eq!(outcome.unwrap_err(), InvalidRequest, "{more}");
    }
}

#[test]
fn r_tok_11_nothing_but_the_grant_type_may_stand_in_the_query() {
    for query in [
        "client_id=me&client_secret=s3",
        "client_id=me",
        "client_secret=s3",
        "client_secret=",
        "Client_Secret=s3",
        "%63lient_secret=s3",
        "access_token=x",
        "client_assertion=x",
        "password=x",
        "ttl=1",
        "scope=scim",
        GRANT,
        "x=%",
        "x=1&x=2",
    ] {
        assert_eq!(by_post(query, POST).unwrap_err(), InvalidRequest, "{query}");
        let outcome = by_post(query, "client_id=me&client_secret=s3&grant_type=x");
        assert_eq!(outcome.unwrap_err(), InvalidRequest, "{query}");
    }
    assert_eq!(of(&by_post("tenant=1", POST)), ("me", "s3"));
}

#[test]
fn r_tok_11_grant_type_in_the_query_and_a_body_that_begins_with_an_ampersand() {
    let body = "&client_id=me&client_secret=s3&&";
    assert_eq!(of(&by_post(GRANT, body)), ("me", "s3"));
    assert_eq!(
        of(&by_post(GRANT, &format!("{body}grant_type="))),
        ("me", "s3")
    );
    assert_eq!(
        by_post("grant_type=password", body).unwrap_err(),
        UnsupportedGrantType
    );
    assert_eq!(by_post("grant_type=", body).unwrap_err(), InvalidRequest);
}

#[test]
fn r_tok_11_only_a_form_is_read() {
    for good in [
        FORM,
        "Application/X-WWW-Form-URLencoded; charset=UTF-8",
        &format!("{FORM} ;"),
    ] {
        assert!(
            parse(Some(good), &[], "", POST.as_bytes()).is_ok(),
            "{good}"
        );
    }
    let json = Some("application/json");
    for bad in [
        None,
        json,
        Some(""),
        Some("application/x-www-form-urlencodedx"),
        Some("text/plain"),
    ] {
        let error = parse(bad, &[], "", POST.as_bytes()).unwrap_err();
        assert_eq!(error, InvalidRequest, "{bad:?}");
    }
}

#[test]
fn r_tok_11_broken_encoding_is_refused() {
    for body in ["ttl=%", "x=%f", "x=%ff", "x=%zz", "%c3=1"] {
        let outcome = by_post("", &format!("{POST}&{body}"));
        assert_eq!(outcome.unwrap_err(), InvalidRequest, "{body}");
    }
    let error = parse(Some(FORM), &[], "", b"x=\xff").unwrap_err();
    assert_eq!(error, InvalidRequest);
}

#[test]
fn sizes_are_bounded() {
    let padded = |size: usize| format!("{POST}&x={}", "x".repeat(size - POST.len() - 3));
    assert!(by_post("", &padded(MAX_BYTES)).is_ok());
    assert_eq!(
        by_post("", &padded(MAX_BYTES + 1)).unwrap_err(),
        InvalidRequest
    );
    let query = format!("x={}", "x".repeat(MAX_BYTES));
    assert_eq!(by_post(&query, POST).unwrap_err(), InvalidRequest);
    let header = basic(format!("me:{}", "x".repeat(MAX_BYTES)));
    assert_eq!(by_header(&header, GRANT).unwrap_err(), CHALLENGED);
}

#[test]
fn r_tok_12_only_client_credentials() {
    for grant in [
        "password",
        "implicit",
        "authorization_code",
        "refresh_token",
        "urn:example:nope",
        "Client_Credentials",
        "client_credentials+",
        "client_credentials%00",
        "%22%0d%0ax%5c",
    ] {
        let body = format!("client_id=me&client_secret=s3&grant_type={grant}");
        assert_eq!(
            by_post("", &body).unwrap_err(),
            UnsupportedGrantType,
            "{grant}"
        );
    }
    let body = "grant_type=password&username=a&password=b";
    assert_eq!(
        by_header(&basic("me:s3"), body).unwrap_err(),
        UnsupportedGrantType
    );
    for body in [
        "",
        "scope=x",
        "grant_type=",
        "grant_type",
        "client_id=me&client_secret=s3",
    ] {
        assert_eq!(
            by_header(&basic("me:s3"), body).unwrap_err(),
            InvalidRequest,
            "{body}"
        );
    }
}

// proves: 7644-2-weak
#[test]
fn r_tok_13_a_missing_or_malformed_credential_never_succeeds() {
    for header in [
        "",
        "Basic",
        "Basic ",
        "Basic !!!notbase64",
        "Basic  bWU6czM=",
        "Basic bWU6czM= ",
        "Basic bWU6czM",
        "Basic\tbWU6czM=",
        "Bearer bWU6czM=",
        "Digest username=\"x\"",
        &basic("me"),
        &basic(":"),
        &basic("me:"),
        &basic(":s3"),
        &basic("me:%"),
        &basic("me:%ff"),
        &basic("m%00:s3"),
        &basic("m\u{e9}:s3"),
        &basic(b"m\xe9:s3"),
        &basic("me:s3\n"),
    ] {
        assert_eq!(
            by_header(header, GRANT).unwrap_err(),
            CHALLENGED,
            "{header:?}"
        );
    }
    for (more, kind) in [
        ("", CHALLENGED),
        ("&client_id=me", CHALLENGED),
        ("&client_id=me&client_secret=", CHALLENGED),
        ("&client_secret=s3", InvalidRequest),
        ("&client_id=&client_secret=s3", InvalidRequest),
        (
            "&client_id=m%00&client_secret=s3",
            InvalidClient { basic: false },
        ),
        (
            "&client_id=me&client_secret=%c3%a9",
            InvalidClient { basic: false },
        ),
    ] {
        assert_eq!(
            by_post("", &format!("{GRANT}{more}")).unwrap_err(),
            kind,
            "{more}"
        );
    }
    let header = basic("me:s3");
    let header = header.as_bytes();
    let error = parse(Some(FORM), &[header, header], "", GRANT.as_bytes()).unwrap_err();
    assert_eq!(error, CHALLENGED);
}

#[test]
fn r_tok_8_ttl_is_a_whole_number_of_minutes() {
    for (ttl, minutes) in [
        ("1", Some(1)),
        ("60", Some(60)),
        ("0060", Some(60)),
        ("", None),
        ("153722867280912930", Some(153_722_867_280_912_930)),
    ] {
        let request = by_post("", &format!("{POST}&ttl={ttl}")).unwrap();
        let life = minutes.map(Duration::from_mins);
        assert_eq!(request.ttl, Ok(life), "{ttl}");
    }
    for ttl in [
        "0",
        "00",
        "-1",
        "-0",
        "1e9",
        "60+",
        "+60",
        "%2B60",
        "60%20",
        "%2060",
        "60.0",
        "1,5",
        "0x10",
        "%D9%A6%D9%A0",
        "abc",
        "60m",
        "153722867280912931",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1&ttl=1",
        "%00",
    ] {
        let outcome = by_post("", &format!("{POST}&ttl={ttl}"));
        let read = outcome.and_then(|request| request.ttl.map_err(|error| error.kind));
        assert_eq!(read.unwrap_err(), InvalidRequest, "{ttl}");
    }
}

#[test]
fn an_unknown_or_empty_scope_is_invalid() {
    let with = |scope: &str| by_post("", &format!("{POST}&scope={scope}"));
    assert_eq!(
        with("scim:read+scim:write").unwrap().scope,
        Ok(Some(Scopes::ALL))
    );
    assert_eq!(with("").unwrap().scope, Ok(None));
    for scope in [
        "no-such-scope-zz",
        "scim+admin",
        "SCIM",
        "+",
        "scim%00",
        "scim%0A",
    ] {
        // The client is authenticated first.
        let refused = with(scope).unwrap().scope.unwrap_err();
        assert_eq!(refused.kind, InvalidScope, "{scope}");
    }
}

#[test]
fn requests_about_a_token_need_client_and_token() {
    let about = |query: &str, body: &str| {
        let received = Received {
            content_type: Some(FORM),
            authorization: &[],
            query,
            body: body.as_bytes(),
            certificate: None,
        };
        AboutToken::parse(received)
    };
    let client = "client_id=me&client_secret=s3";
    let good = about(
        "",
        &format!("{client}&token=vat_x&token_type_hint=refresh_token"),
    );
    assert!(good.unwrap().token.matches(&crate::Digest::of("vat_x")));
    for (query, body, kind) in [
        ("", client.to_owned(), InvalidRequest),
        ("", format!("{client}&token="), InvalidRequest),
        ("", format!("{client}&token=x&token=x"), InvalidRequest),
        ("token=x", client.to_owned(), InvalidRequest),
        (
            "token_type_hint=x",
            format!("{client}&token=x"),
            InvalidRequest,
        ),
        ("", "token=x".to_owned(), CHALLENGED),
        ("", "token=x&client_id=me".to_owned(), CHALLENGED),
    ] {
        assert_eq!(
            about(query, &body).unwrap_err().kind,
            kind,
            "{query} {body}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_printable_credentials_survive_both_ways(id in "[ -~]{1,40}", secret in "[ -~]{1,40}") {
        let mut form = oauth2::url::form_urlencoded::Serializer::new(GRANT.to_owned());
        let body = form.append_pair("client_id", &id).append_pair("client_secret", &secret).finish();
        let posted = by_post("", &body);
        prop_assert_eq!(of(&posted), (id.as_str(), secret.as_str()));

        let encode = |text: &str| {
            oauth2::url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
        };
        let header = basic(format!("{}:{}", encode(&id), encode(&secret)));
        let sent = by_header(&header, GRANT);
        prop_assert_eq!(of(&sent), (id.as_str(), secret.as_str()));
    }

    #[test]
    fn any_bytes_are_answered(basic: Vec<u8>, query: String, more: Vec<u8>) {
        let header = format!("Basic {}", STANDARD.encode(&basic));
        let body = [GRANT.as_bytes(), b"&", &more].concat();
        for header in [header.as_bytes(), &basic] {
            for query in ["", query.as_str()] {
                let received = Received {
                    content_type: Some(FORM),
                    authorization: &[header],
                    query,
                    body: &body,
                    certificate: None,
                };
                if let Err(error) = TokenRequest::parse(received) {
                    prop_assert!(matches!(error.status(), 400 | 401));
                }
            }
        }
    }
}

#[test]
fn what_arrived_is_shown_without_its_secrets() {
    let authorization: &[u8] = b"Basic c2VjcmV0";
    let received = Received {
        content_type: Some("application/x-www-form-urlencoded"),
        authorization: &[authorization],
        query: "client_secret=hidden",
        body: b"client_secret=hidden",
        certificate: None,
    };
    let shown = format!("{received:?} {:?}", Form::parse(received.body).unwrap());
    // Neither as text nor as the bytes of one.
    for secret in ["hidden", "c2Vj", "104, 105"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("client_secret"), "{shown}");
}
