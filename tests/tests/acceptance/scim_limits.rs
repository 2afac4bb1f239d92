//! Every bound of docs/SECURITY.md 2.5, over HTTP: what is within it passes, what is one beyond is refused and
//! told so.

use serde_json::{Value, json};
use vestibule_testkit::{Engine, Reply, Setup, TestApp, internal};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

struct Product {
    app: TestApp,
    token: String,
}

impl Product {
    fn new(bound: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        bound(&mut setup);
        let app = TestApp::start_with(Engine::Sqlite, setup).unwrap();
        let token = app.register(internal("Product")).token;
        Self { app, token }
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let path = format!("/scim/v2{path}");
        self.app.send(method, &path, Some(&self.token), body)
    }

    fn create(&self, more: &Value) -> Reply {
        let mut user = json!({"schemas": [USER], "userName": "somebody"});
        user.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let reply = self.send("POST", "/Users", Some(&user));
        if let Some(id) = reply.json()["id"].as_str() {
            self.send("DELETE", &format!("/Users/{id}"), None);
        }
        reply
    }

    fn filter(&self, text: &str) -> Reply {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text});
        self.send("POST", "/Users/.search", Some(&body))
    }
}

/// A SCIM error of that kind, whose detail names the bound.
fn refused(reply: &Reply, status: u16, scim_type: Option<&str>, named: &str) {
    let body = reply.json();
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(body["status"], status.to_string(), "{}", reply.text);
    assert_eq!(body["scimType"].as_str(), scim_type, "{}", reply.text);
    assert!(
        body["detail"].as_str().unwrap().contains(named),
        "{}",
        reply.text
    );
    let content_type = reply.header("content-type").unwrap();
    assert_eq!(content_type, "application/scim+json");
}

#[test]
fn an_email_is_one_line() {
    let product = Product::new(|_| {});
    let user = json!({"schemas": [USER], "userName": "ada"});
    let ada = product.send("POST", "/Users", Some(&user)).json();
    let path = format!("/Users/{}", ada["id"].as_str().unwrap());
    for value in [
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example\n",
        "a\u{7f}@b.example",
    ] {
        let emails = json!([{"value": "fine@b.example", "primary": true}, {"value": value}]);
        let change = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "emails", "value": emails}],
        });
        for reply in [
            product.create(&json!({"emails": emails})),
            product.send("PATCH", &path, Some(&change)),
        ] {
            refused(&reply, 400, Some("invalidValue"), "emails.value");
        }
    }
    let now = product.send("GET", &path, None).json();
    assert_eq!(now["meta"]["version"], ada["meta"]["version"]);
}

#[test]
fn bound_of_the_head() {
    let product = Product::new(|_| {});
    let bearer = format!("Bearer {}", product.token);
    let get = |path: &str, more: &[(String, String)]| {
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(
            more.iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        product.app.send_raw("GET", path, &headers, "")
    };
    let address = |length: usize| {
        let begin = "/scim/v2/Users?attributes=";
        format!("{begin}{}", "a".repeat(length - begin.len()))
    };
    assert_eq!(get(&address(8_192), &[]).status, 200);
    refused(&get(&address(8_193), &[]), 414, None, "8192");
    // In the shape of whoever asks, however the path is spelt.
    let escaped = address(8_193).replacen("scim", "%73cim", 1);
    refused(&get(&escaped, &[]), 414, None, "8192");
    let headers = |count: usize, length: usize| -> Vec<(String, String)> {
        let header = |number| (format!("x-{number}"), "x".repeat(length));
        (0..count).map(header).collect()
    };
    assert_eq!(get("/scim/v2/Users", &headers(50, 1)).status, 200);
    refused(&get("/scim/v2/Users", &headers(65, 1)), 431, None, "64");
    assert_eq!(get("/scim/v2/Users", &headers(4, 8_000)).status, 200);
    refused(
        &get("/scim/v2/Users", &headers(5, 8_000)),
        431,
        None,
        "32768",
    );
    // Others are answered in their own way.
    let token = get("/iso/oauth2/token?x=1", &headers(65, 1));
    assert_eq!(
        (token.status, &token.json()["error"]),
        (431, &json!("invalid_request"))
    );
    let admin = get("/api/v1/providers", &headers(65, 1));
    assert_eq!(
        admin.header("content-type"),
        Some("application/problem+json")
    );
}

#[test]
fn bound_of_a_body() {
    let product = Product::new(|setup| setup.max_body = 2_000_000);
    // Larger than what passes without a place of its own.
    let large = product.create(&json!({"nobodyKnowsThis": "x".repeat(1_500_000)}));
    assert_eq!(large.status, 201, "{}", large.text);
    let larger = product.create(&json!({"title": "x".repeat(2_000_000)}));
    refused(&larger, 413, None, "2000000");
}

#[test]
fn bound_of_nesting_and_of_values() {
    let product = Product::new(|setup| {
        setup.settings.limits.json_depth = 5;
        setup.settings.limits.json_values = 20;
    });
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(product.create(&json!({"unknown": nested(4)})).status, 201);
    let deep = product.create(&json!({"unknown": nested(5)}));
    refused(&deep, 400, Some("invalidSyntax"), "5 levels");
    assert_eq!(product.create(&json!({"unknown": vec![1; 15]})).status, 201);
    let many = product.create(&json!({"unknown": vec![1; 17]}));
    refused(&many, 400, Some("invalidSyntax"), "20 values");
}

#[test]
fn bound_of_a_filter() {
    let product = Product::new(|setup| {
        setup.settings.limits.filter_length = 100;
        setup.settings.limits.filter_depth = 3;
        setup.settings.limits.filter_terms = 4;
    });
    let long = |length: usize| format!("title eq \"{}\"", "x".repeat(length - 11));
    assert_eq!(product.filter(&long(100)).status, 200);
    refused(
        &product.filter(&long(101)),
        400,
        Some("invalidFilter"),
        "100 characters",
    );
    assert_eq!(product.filter("not (not (not (title pr)))").status, 200);
    let brackets = product.filter("not (not (not (emails[type pr])))");
    refused(&brackets, 400, Some("invalidFilter"), "3 levels");
    let terms = |count: usize| vec!["title pr"; count].join(" or ");
    assert_eq!(product.filter(&terms(4)).status, 200);
    refused(
        &product.filter(&terms(5)),
        400,
        Some("invalidFilter"),
        "4 comparisons",
    );
}

#[test]
fn bound_of_a_patch() {
    let product = Product::new(|setup| {
        setup.settings.limits.patch_operations = 3;
        setup.settings.limits.path_length = 60;
    });
    let user = json!({"schemas": [USER], "userName": "patched"});
    let created = product.send("POST", "/Users", Some(&user)).json();
    let path = format!("/Users/{}", created["id"].as_str().unwrap());
    let send = |target: &str, count: usize| {
        let operation = json!({"op": "replace", "path": target, "value": "x"});
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": vec![operation; count]});
        product.send("PATCH", &path, Some(&body))
    };
    assert_eq!(send("title", 3).status, 200);
    refused(&send("title", 4), 413, None, "3");
    assert_eq!(send(&format!("{USER}:title"), 1).status, 200);
    let long = send(&format!("{USER}:{}", "t".repeat(20)), 1);
    refused(&long, 400, Some("invalidPath"), "60");
}

#[test]
fn bound_of_a_page() {
    let product = Product::new(|setup| {
        setup.settings.default_page = 2;
        setup.settings.maximum_page = 3;
    });
    for number in 0..5 {
        let user = json!({"schemas": [USER], "userName": format!("u{number}")});
        assert_eq!(product.send("POST", "/Users", Some(&user)).status, 201);
    }
    for (query, length) in [
        ("", 2),
        ("?count=1000000", 3),
        ("?count=9223372036854775808", 3),
        ("?count=0", 0),
        ("?count=-9223372036854775808", 0),
        ("?startIndex=9223372036854775808", 0),
        ("?startIndex=-5&count=1", 1),
        ("?cursor=&count=4", 3),
    ] {
        let page = product.send("GET", &format!("/Users{query}"), None);
        assert_eq!(page.status, 200, "{query}: {}", page.text);
        let resources = page.json()["Resources"].as_array().map_or(0, Vec::len);
        assert_eq!(resources, length, "{query}: {}", page.text);
    }
    let config = product.send("GET", "/ServiceProviderConfig", None).json();
    assert_eq!(config["filter"]["maxResults"], 3);
    assert_eq!(config["pagination"]["defaultPageSize"], 2);
    assert_eq!(config["pagination"]["maxPageSize"], 3);
}

#[test]
fn bound_of_members() {
    let product = Product::new(|setup| setup.settings.limits.members = 3);
    let id = |number: usize| {
        let user = json!({"schemas": [USER], "userName": format!("m{number}")});
        let created = product.send("POST", "/Users", Some(&user)).json();
        json!({"value": created["id"]})
    };
    let members: Vec<Value> = (0..4).map(id).collect();
    let group = |name: &str, members: &[Value]| {
        let group = json!({"schemas": [GROUP], "displayName": name, "members": members});
        product.send("POST", "/Groups", Some(&group))
    };
    assert_eq!(group("three", &members[..3]).status, 201);
    refused(&group("four", &members), 400, Some("invalidValue"), "3");
    let path = format!(
        "/Groups/{}",
        group("none", &[]).json()["id"].as_str().unwrap()
    );
    let operation = |members: &[Value]| json!({"op": "add", "path": "members", "value": members});
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation(&members[..2]), operation(&members[2..])]});
    let reply = product.send("PATCH", &path, Some(&body));
    refused(&reply, 400, Some("invalidValue"), "3");
}

#[test]
fn bound_of_values_and_texts() {
    let product = Product::new(|setup| {
        setup.settings.limits.values = 2;
        setup.settings.limits.string_length = 10;
        setup.settings.limits.binary_length = 30;
        setup.settings.limits.user_name_length = 8;
    });
    for (within, beyond, named) in [
        (
            json!({"customCodes": ["1", "2"]}),
            json!({"customCodes": ["1", "2", "3"]}),
            "2 values",
        ),
        (
            json!({"title": "äöüäöüäöüä"}),
            json!({"title": "12345678901"}),
            "10 characters",
        ),
        (
            json!({"userName": "12345678"}),
            json!({"userName": "123456789"}),
            "8 characters",
        ),
        (
            json!({"photos": [{"value": "https://x.example/1234567890.."}]}),
            json!({"photos": [{"value": "https://x.example/1234567890..."}]}),
            "30 bytes",
        ),
        (
            json!({"x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIMIIDQzCC"}]}),
            json!({"x509Certificates": [{"value": "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIMIIDQzCCMA"}]}),
            "30 bytes",
        ),
        (
            json!({"x509Certificates": [{"value": format!("MIID{}", " ".repeat(57))}]}),
            json!({"x509Certificates": [{"value": format!("MIID{}", " ".repeat(58))}]}),
            "30 bytes",
        ),
    ] {
        let reply = product.create(&within);
        assert_eq!(reply.status, 201, "{within}: {}", reply.text);
        refused(&product.create(&beyond), 400, Some("invalidValue"), named);
    }
}

#[test]
fn what_is_looked_up_fits_into_an_index_on_either_engine() {
    vestibule_testkit::both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let send = |path: &str, body: &Value| {
            let path = format!("/scim/v2{path}");
            app.send("POST", &path, Some(&token), Some(body))
        };
        // Nothing that could be packed.
        let mut state = 1_u64;
        let mut text = |length: usize| -> String {
            let mut next = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
            };
            (0..length).map(|_| next()).collect()
        };
        for (place, (name, length, status)) in [
            ("externalId", 2_000, 201),
            ("externalId", 2_001, 400),
            ("displayName", 2_000, 201),
            ("displayName", 4_000, 400),
            ("emails", 2_000, 201),
            ("emails", 4_000, 400),
            ("title", 4_000, 201),
        ]
        .into_iter()
        .enumerate()
        {
            let mut user = json!({"schemas": [USER], "userName": format!("user{place}")});
            user[name] = match name {
                "emails" => json!([{"value": text(length)}]),
                _ => json!(text(length)),
            };
            let reply = send("/Users", &user);
            assert_eq!(reply.status, status, "{name} {length}: {}", reply.text);
            if status == 400 {
                assert_eq!(reply.json()["scimType"], "invalidValue");
                assert!(reply.json()["detail"].as_str().unwrap().starts_with(name));
            }
        }
        for (length, status) in [(2_000, 201), (2_001, 400)] {
            let group = json!({"schemas": [GROUP], "displayName": text(length)});
            let reply = send("/Groups", &group);
            assert_eq!(reply.status, status, "{length}: {}", reply.text);
        }
    });
}
