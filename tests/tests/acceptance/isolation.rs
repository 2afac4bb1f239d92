//! A provider sees nothing of what is another's: neither in what it is answered while others push, nor by
//! asking for what is theirs.

mod attacks;
mod worlds;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use vestibule_domain::provider::ProviderSettings;
use vestibule_testkit::{Reply, TestApp, both_engines, internal};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What no resource ever had as its id.
const NOBODY: &str = "019b7602-9c00-7b6e-9c6f-4d3b8a1f0e5d";

/// A provider that pushes.
struct Tenant<'a> {
    app: &'a TestApp,
    token: String,
}

impl<'a> Tenant<'a> {
    fn new(app: &'a TestApp, settings: ProviderSettings) -> Self {
        let token = app.register(settings).token;
        Self { app, token }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let path = format!("/scim/v2/{path}");
        let body = (!body.is_null()).then_some(body);
        self.app.send(method, &path, Some(&self.token), body)
    }

    fn read(&self, path: &str) -> Value {
        let reply = self.send("GET", path, &Value::Null);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// A person and a group of one name.
    fn pushes(&self, name: &str) -> [String; 2] {
        [
            (
                "Users",
                json!({"schemas": [USER], "userName": name, "externalId": name}),
            ),
            ("Groups", json!({"schemas": [GROUP], "displayName": name})),
        ]
        .map(|(endpoint, body)| {
            let reply = self.send("POST", endpoint, &body);
            assert_eq!(reply.status, 201, "{}", reply.text);
            reply.json()["id"].as_str().unwrap().to_owned()
        })
    }
}

/// All of an answer that a client can read, but for when and under which id it was given, with `id` taken
/// out.
fn told(reply: &Reply, id: &str) -> String {
    let trace = reply.header("x-request-id").unwrap();
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        // `connection` is of the connection alone: whether the body of a GET, which nobody reads, had come by then.
        .filter(|(name, _)| !["connection", "date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    headers.sort();
    format!("{}\n{}\n\n{}", reply.status, headers.join("\n"), reply.text)
        .replace(trace, "TRACE")
        .replace(id, "ID")
}

/// A method, a path, headers and a body, none where it is null.
type Asked = (String, String, Vec<(&'static str, String)>, Value);

/// Requests of which `{id}` is a part, some of a person and a group of the sender's own, `{user}` and `{group}`:
/// method, path, headers, body.
#[expect(clippy::too_many_lines, reason = "a list of requests")]
fn requests(app: &TestApp) -> Vec<Asked> {
    let document = app.send("GET", "/openapi.json", None, None).json();
    let mut requests = Vec::new();
    let user = json!({"schemas": [USER], "userName": "new"});
    let group = json!({"schemas": [GROUP], "displayName": "new"});
    let patch = |operation: Value| json!({"schemas": [PATCH], "Operations": [operation]});
    for (path, item) in document["paths"].as_object().unwrap() {
        if !(path.starts_with("/iso/scim/v2") && path.contains("{id}")) {
            continue;
        }
        for method in item.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let body = match method.as_str() {
                "PUT" if path.contains("Users") => user.clone(),
                "PUT" => group.clone(),
                "PATCH" => patch(json!({"op": "replace", "path": "displayName", "value": "x"})),
                _ => Value::Null,
            };
            for headers in [
                vec![],
                vec![("If-Match", "*".to_owned())],
                vec![("If-Match", r#"W/"1""#.to_owned())],
                vec![("If-Match", r#"W/"9""#.to_owned())],
                vec![("If-None-Match", "*".to_owned())],
                vec![("If-None-Match", r#"W/"1""#.to_owned())],
            ] {
                requests.push((method.clone(), path.clone(), headers, body.clone()));
            }
            requests.push((
                method,
                format!("{path}?attributes=id"),
                vec![],
                json!({"x": 1}),
            ));
        }
    }
    assert!(requests.len() >= 50, "{requests:?}");
    let base = "/iso/scim/v2";
    let mut add = |method: &str, path: String, body: Value| {
        requests.push((method.to_owned(), path, vec![], body));
    };
    let my_group = format!("{base}/Groups/{{group}}");
    let my_user = format!("{base}/Users/{{user}}");
    let member = json!([{"value": "{id}"}]);
    // As a member: named at once, added, put in another's place, taken out.
    let mut full = group.clone();
    full["members"] = member.clone();
    add("POST", format!("{base}/Groups"), full.clone());
    add("PUT", my_group.clone(), full);
    let filtered = r#"members[value eq "{id}"]"#;
    for operation in [
        json!({"op": "add", "path": "members", "value": member}),
        json!({"op": "replace", "path": "members", "value": member}),
        json!({"op": "replace", "path": filtered, "value": {"value": "{user}"}}),
        json!({"op": "remove", "path": "members", "value": member}),
        json!({"op": "remove", "path": filtered}),
    ] {
        add("PATCH", my_group.clone(), patch(operation));
    }
    // As somebody's manager, and as a group they say they are in.
    let manager = json!({"schemas": [USER, ENTERPRISE], "userName": "led", ENTERPRISE: {"manager": {"value": "{id}"}}});
    add("POST", format!("{base}/Users"), manager);
    let groups = json!({"schemas": [USER], "userName": "joins", "groups": [{"value": "{id}"}]});
    add("POST", format!("{base}/Users"), groups);
    let operation =
        json!({"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "{id}"}});
    add("PATCH", my_user, patch(operation));
    // In filters, sent both ways.
    for (endpoint, filter) in [
        ("/Users", r#"id eq "{id}""#),
        ("/Users", r#"id gt "{id}" and id le "{id}""#),
        ("/Users", r#"groups.value eq "{id}""#),
        ("/Users", r#"groups[value eq "{id}"]"#),
        ("/Groups", r#"id eq "{id}""#),
        ("/Groups", r#"members.value eq "{id}""#),
        ("/Groups", r#"members[value eq "{id}"]"#),
        ("", r#"id eq "{id}""#),
    ] {
        let search = json!({"schemas": [SEARCH], "filter": filter});
        add("POST", format!("{base}{endpoint}/.search"), search);
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let filter = filter.replace("%7Bid%7D", "{id}");
        add(
            "GET",
            format!("{base}{endpoint}?filter={filter}"),
            Value::Null,
        );
    }
    // In bulk.
    for (method, data) in [
        ("PUT", user),
        (
            "PATCH",
            patch(json!({"op": "replace", "path": "displayName", "value": "x"})),
        ),
        ("DELETE", Value::Null),
    ] {
        for endpoint in ["Users", "Groups"] {
            let mut operation = json!({"method": method, "path": format!("/{endpoint}/{{id}}")});
            if !data.is_null() {
                operation["data"] = data.clone();
            }
            let bulk = json!({"schemas": [BULK], "Operations": [operation]});
            add("POST", format!("{base}/Bulk"), bulk);
        }
    }
    requests
}

/// R-ISO-2: whatever is asked about another provider's person or group, the answer is the one about an id that
/// was never given, byte for byte; and the other's are as before.
#[test]
fn r_iso_2_what_is_anothers_answers_as_what_does_not_exist() {
    both_engines(|app| {
        let [mine, theirs] = ["Mine", "Theirs"].map(|name| Tenant::new(app, internal(name)));
        let [user, group] = theirs.pushes("them");
        let member = json!([{"op": "add", "path": "members", "value": [{"value": user}]}]);
        let member = json!({"schemas": [PATCH], "Operations": member});
        let joined = theirs.send("PATCH", &format!("Groups/{group}"), &member);
        assert_eq!(joined.status, 204, "{}", joined.text);
        let read =
            || [format!("Users/{user}"), format!("Groups/{group}")].map(|path| theirs.read(&path));
        let before = read();
        let bearer = format!("Bearer {}", mine.token);
        let mut statuses = BTreeSet::new();
        for (method, path, headers, body) in requests(app) {
            let ask = |id: &str| {
                // What is asked of is new each time, so that no answer tells of the request before.
                let [user, group] = mine.pushes("me");
                let filled = |text: &str| {
                    let text = text.replace("{id}", id).replace("{user}", &user);
                    text.replace("{group}", &group)
                };
                let mut sent = vec![("Authorization", bearer.as_str())];
                sent.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
                let mut text = String::new();
                if !body.is_null() {
                    sent.push(("Content-Type", "application/scim+json"));
                    text = filled(&body.to_string());
                }
                let reply = app.send_raw(&method, &filled(&path), &sent, &text);
                let mut said = told(&reply, id)
                    .replace(&user, "USER")
                    .replace(&group, "GROUP");
                let mut gone = vec![format!("Users/{user}"), format!("Groups/{group}")];
                if reply.status == 201 {
                    let made = reply.json()["id"].as_str().unwrap().to_owned();
                    said = said.replace(&made, "MADE");
                    gone.push(format!("{}/{made}", path.rsplit('/').next().unwrap()));
                }
                for path in gone {
                    let path = format!("/scim/v2/{path}");
                    let reply = app.send("DELETE", &path, Some(&mine.token), None);
                    assert_eq!(reply.status, 204, "{}", reply.text);
                }
                (reply.status, said)
            };
            let (status, absent) = ask(NOBODY);
            statuses.insert(status);
            for id in [&user, &group] {
                let (_, there) = ask(id);
                assert_eq!(there, absent, "{method} {path} {headers:?} {body} of {id}");
            }
        }
        assert!(
            statuses.is_superset(&[200, 400, 404].into()),
            "{statuses:?}"
        );
        assert_eq!(read(), before);
    });
}

/// R-ISO-2: an administrator who reaches for a credential through a provider that it is not of learns what they
/// learn of one that does not exist, and ends nothing.
#[test]
fn r_iso_2_a_credential_is_reached_through_its_own_provider_alone() {
    both_engines(|app| {
        let (mine, theirs) = (
            app.register(internal("Mine")),
            app.register(internal("Theirs")),
        );
        let root = app.admin_token("root", vestibule_service::Role::Administrator);
        let listed = format!("/api/v1/providers/{}/credentials", theirs.id);
        let listed = app.send("GET", &listed, Some(&root), None).json();
        let items = listed["items"].as_array().unwrap();
        let ids: Vec<&str> = items
            .iter()
            .filter_map(|item| item["id"].as_str())
            .collect();
        assert!(ids.len() >= 2, "{listed}");
        for kind in ["secrets", "tokens"] {
            let ask = |id: &str| {
                let path = format!("/api/v1/providers/{}/{kind}/{id}", mine.id);
                let reply = app.send("DELETE", &path, Some(&root), None);
                assert_eq!(reply.status, 404, "{}", reply.text);
                told(&reply, id)
            };
            for id in &ids {
                assert_eq!(ask(id), ask(NOBODY));
            }
        }
        let token = Some(theirs.token.as_str());
        assert_eq!(app.send("GET", "/scim/v2/Users", token, None).status, 200);
    });
}
