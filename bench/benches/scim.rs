//! Parsing filters beside `scim_v2` and `scim_proto` on the same strings, and matching in memory.
//! With the environment variable `CONTROL` it must fail: it then expects a filter to match that does
//! not.

use std::hint::black_box;
use std::str::FromStr;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Map, Value, json};
use vestibule_scim::filter::{match_document, matches};
use vestibule_scim::{Condition, Dialect, Filter, Limits, ResourceType, Tolerances};

/// What products send: the second has 60 bytes.
const FILTERS: [(&str, &str); 4] = [
    ("short", r#"userName eq "bjensen@example.com""#),
    (
        "60 bytes",
        r#"userName eq "bjensen@example.com" and emails.type eq "other""#,
    ),
    (
        "value path",
        r#"emails[type eq "work" and value co "@example.com"] or name.familyName sw "J""#,
    ),
    (
        "nested",
        r#"(userType eq "Employee" or userType eq "Intern") and not (emails co "example.org" or active eq false) and meta.lastModified gt "2011-05-13T04:42:34Z""#,
    ),
];

fn parsing(c: &mut Criterion) {
    let limits = Limits::default();
    for (name, text) in FILTERS {
        assert!(
            name != "60 bytes" || text.len() == 60,
            "it has {}",
            text.len()
        );
        assert!(Filter::parse(text, &limits).is_ok());
        assert!(scim_v2::filter::Filter::from_str(text).is_ok());
        assert!(scim_proto::filter::ScimFilter::from_str(text).is_ok());
        let mut group = c.benchmark_group(format!("parse, {name}"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("vestibule-scim", |b| {
            b.iter(|| Filter::parse(black_box(text), &limits));
        });
        group.bench_function("scim_v2", |b| {
            b.iter(|| scim_v2::filter::Filter::from_str(black_box(text)));
        });
        group.bench_function("scim_proto", |b| {
            b.iter(|| scim_proto::filter::ScimFilter::from_str(black_box(text)));
        });
        group.finish();
    }
}

fn matching(c: &mut Criterion) {
    let users = ResourceType::user();
    let document = match_document(&users, &user());
    let expects_all = std::env::var_os("CONTROL").is_some();
    for (name, text, expected) in [
        ("eq", r#"userName eq "bjensen@example.com""#, true),
        (
            "eq, no match",
            r#"userName eq "jsmith@example.com""#,
            expects_all,
        ),
        ("co", r#"displayName co "bara""#, true),
        ("pr", "title pr", true),
        (
            "value path",
            r#"emails[type eq "work" and primary eq true]"#,
            true,
        ),
    ] {
        let condition = condition(&users, text);
        assert_eq!(matches(&condition, &document), expected, "{text}");
        let mut group = c.benchmark_group("match");
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |b| {
            b.iter(|| matches(black_box(&condition), black_box(&document)));
        });
        group.finish();
    }
}

fn condition(resource_type: &ResourceType, text: &str) -> Condition {
    Filter::parse(text, &Limits::default())
        .and_then(|filter| filter.resolve(resource_type, &mut Tolerances::new(Dialect::Strict)))
        .expect("the filters here are right")
}

fn user() -> Map<String, Value> {
    let Value::Object(user) = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "userName": "bjensen@example.com",
        "displayName": "Barbara Jensen",
        "title": "Tour Guide",
        "name": {"familyName": "Jensen", "givenName": "Barbara"},
        "active": true,
        "emails": [
            {"value": "babs@home.example", "type": "home"},
            {"value": "bjensen@example.com", "type": "work", "primary": true}
        ],
        "meta": {"created": "2011-05-13T04:42:34Z", "lastModified": "2011-05-13T04:42:34Z"}
    }) else {
        unreachable!("the literal is an object")
    };
    user
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = parsing, matching
}
criterion_main!(benches);
