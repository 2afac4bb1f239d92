use serde_json::json;

use super::*;
use crate::interop::{Mode, OauthTarget};

fn target() -> Target {
    Target {
        base: "http://h/v2/".to_owned(),
        token: "t".to_owned(),
        oauth: Some(OauthTarget {
            token_url: "http://h/token".to_owned(),
            client_id: "i d".to_owned(),
            client_secret: "s:ü".to_owned(),
        }),
        mode: Mode::Tolerant,
        features: Vec::new(),
    }
}

fn env() -> Env {
    let mut env = Env::default();
    env.set("id", "a/b");
    env.set("loc", "http://h/v2/Users/1");
    env
}

fn prepared(step: Value) -> Prepared {
    let shared = json!({"Content-Type": "application/json", "Accept": "x"});
    let step: Step = serde_json::from_value(step).unwrap();
    prepare(shared.as_object(), &step, &target(), &env()).unwrap()
}

fn header<'p>(request: &'p Prepared, name: &str) -> Option<&'p str> {
    let mut all = request.headers.iter();
    all.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

#[test]
fn addresses() {
    for (step, url) in [
        (json!({"path": "/Users/{{id}}"}), "http://h/v2/Users/a%2Fb"),
        (json!({"path": "{{loc}}"}), "http://h/v2/Users/1"),
        (json!({"path": "{{id}}"}), "http://h/v2/a/b"),
        (json!({"path": "/x", "base": "oauth"}), "http://h/token"),
        (
            json!({"path": "/U", "rawQuery": "a+b={{id}}"}),
            "http://h/v2/U?a+b=a%2Fb",
        ),
        (json!({"path": "/U", "query": {}}), "http://h/v2/U"),
    ] {
        assert_eq!(prepared(step).url, url);
    }
}

#[test]
fn queries_are_spelt_in_the_clients_style() {
    let query = json!({"filter": "a eq \"{{id}}\"", "n": [1, true]});
    for (style, expected) in [
        ("percent", "filter=a%20eq%20%22a%2Fb%22&n=1&n=true"),
        ("plus", "filter=a+eq+%22a%2Fb%22&n=1&n=true"),
        ("verbatim", "filter=a eq \"a/b\"&n=1&n=true"),
    ] {
        let step = json!({"path": "/U", "query": query, "queryStyle": style});
        assert_eq!(prepared(step).url, format!("http://h/v2/U?{expected}"));
    }
}

#[test]
fn a_content_type_is_for_bodies() {
    let none = prepared(json!({}));
    assert_eq!(header(&none, "Content-Type"), None);
    assert_eq!(header(&none, "Accept"), Some("x"));
    let json = prepared(json!({"body": {"a": "{{id}}"}}));
    assert_eq!(header(&json, "Content-Type"), Some("application/json"));
    assert_eq!(json.body.as_deref(), Some("{\"a\":\"a/b\"}"));
    let default = prepared(json!({"body": 1, "headers": {"content-type": null}}));
    assert_eq!(
        header(&default, "Content-Type"),
        Some("application/scim+json")
    );
    let form = prepared(json!({"form": {"a b": "{{id}} c"}, "headers": {"content-type": null}}));
    assert_eq!(form.body.as_deref(), Some("a+b=a%2Fb+c"));
    let form_type = Some("application/x-www-form-urlencoded");
    assert_eq!(header(&form, "Content-Type"), form_type);
    let raw = prepared(json!({"rawBody": "&x={{id}}", "headers": {"content-type": null}}));
    assert_eq!(raw.body.as_deref(), Some("&x=a/b"));
    assert_eq!(header(&raw, "Content-Type"), None);
}

#[test]
fn credentials() {
    let of = |step| header(&prepared(step), "Authorization").map(str::to_owned);
    assert_eq!(of(json!({})).as_deref(), Some("Bearer t"));
    assert_eq!(of(json!({"base": "oauth"})), None);
    assert_eq!(of(json!({"auth": "none"})), None);
    let basic = format!("Basic {}", STANDARD.encode("i%20d:s%3A%C3%BC"));
    assert_eq!(of(json!({"auth": "basic"})), Some(basic));
    let own = json!({"headers": {"authorization": "Bearer x"}});
    assert_eq!(of(own), None);
}
