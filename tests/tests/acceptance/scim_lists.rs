//! Lists: pages by number and by cursor, searches by POST, queries over all types.

use std::collections::{BTreeSet, HashMap};

use chrono::Duration;
use serde_json::{Value, json};
use vestibule_testkit::{TestApp, both_engines, internal};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Users in the walk. The long lane asks for 20,000.
fn crowd() -> usize {
    std::env::var("VESTIBULE_WALK_USERS").map_or(300, |users| users.parse().unwrap())
}

fn bulk(app: &TestApp, token: &str, operations: &[Value]) -> Vec<Value> {
    let mut answers = Vec::new();
    for chunk in operations.chunks(1_000) {
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": chunk});
        let reply = app.send("POST", "/scim/v2/Bulk", Some(token), Some(&body));
        assert_eq!(reply.status, 200, "{}", reply.text);
        answers.extend(reply.json()["Operations"].as_array().unwrap().clone());
    }
    answers
}

fn create_users(app: &TestApp, token: &str, names: &[String]) -> HashMap<String, String> {
    let operations: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({"method": "POST", "path": "/Users", "bulkId": name,
                "data": {"schemas": [USER], "userName": name, "title": format!("t{}", name.len() % 3)}})
        })
        .collect();
    bulk(app, token, &operations)
        .iter()
        .map(|answer| {
            assert_eq!(answer["status"], "201", "{answer}");
            let id = answer["location"]
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap();
            (answer["bulkId"].as_str().unwrap().to_owned(), id.to_owned())
        })
        .collect()
}

fn get(app: &TestApp, token: &str, query: &str) -> Value {
    let reply = app.send("GET", &format!("/scim/v2{query}"), Some(token), None);
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    reply.json()
}

fn refused(app: &TestApp, token: &str, query: &str) -> Value {
    let reply = app.send("GET", &format!("/scim/v2{query}"), Some(token), None);
    assert_eq!(reply.status, 400, "{query}: {}", reply.text);
    reply.json()["scimType"].clone()
}

fn names(page: &Value) -> Vec<String> {
    let resources = page["Resources"].as_array().unwrap();
    let name = |resource: &Value| resource["userName"].as_str().unwrap().to_owned();
    resources.iter().map(name).collect()
}

/// Which way through the pages.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Forward,
    Backward,
}

/// Walks from one end to the other while a twentieth goes and as many come, some between any two pages:
/// nobody who was there throughout is lost or met twice (RFC 9865).
fn walk(app: &TestApp, way: Way, order: &str) {
    let token = app.register(internal(&format!("Product{order}"))).token;
    let crowd = crowd();
    let first: Vec<String> = (0..crowd).map(|number| format!("u{number:06}")).collect();
    let ids = create_users(app, &token, &first);
    let going: Vec<&String> = first.iter().step_by(20).collect();
    let coming: Vec<String> = (0..going.len())
        .map(|number| format!("{}{number}", if number % 2 == 0 { "v" } else { "a" }))
        .collect();
    let page_size = crowd.div_ceil(20).min(1_000);
    let pages = crowd.div_ceil(page_size);
    let ask = |cursor: &str| {
        let query = format!("/Users?count={page_size}&cursor={cursor}{order}");
        get(app, &token, &query)
    };
    let mut page = ask("");
    let (mut met, onward) = match way {
        Way::Forward => (names(&page), "nextCursor"),
        Way::Backward => {
            while let Some(next) = page.get("nextCursor") {
                page = ask(next.as_str().unwrap());
            }
            (names(&page), "previousCursor")
        }
    };
    let mut step = 0;
    while let Some(cursor) = page.get(onward) {
        let part = |length: usize| {
            (length * step / pages).min(length)..(length * (step + 1) / pages).min(length)
        };
        let gone: Vec<Value> = going[part(going.len())]
            .iter()
            .map(|name| json!({"method": "DELETE", "path": format!("/Users/{}", ids[*name])}))
            .collect();
        if !gone.is_empty() {
            bulk(app, &token, &gone);
            create_users(app, &token, &coming[part(coming.len())]);
        }
        step += 1;
        page = ask(cursor.as_str().unwrap());
        assert!(page.get("startIndex").is_none());
        met.extend(names(&page));
    }
    let unique: BTreeSet<&String> = met.iter().collect();
    assert_eq!(unique.len(), met.len(), "somebody was met twice");
    for name in first.iter().filter(|name| !going.contains(name)) {
        assert!(unique.contains(name), "{name} was lost");
    }
    let total = |query: &str| get(app, &token, query)["totalResults"].clone();
    assert_eq!(
        total("/Users?count=0"),
        total("/Users?filter=userName%20pr&count=0")
    );
}

#[test]
fn a_walk_forward_meets_everybody_once() {
    both_engines(|app| {
        walk(app, Way::Forward, "");
        walk(app, Way::Forward, "&sortBy=userName");
    });
}

#[test]
fn a_walk_backward_meets_everybody_once() {
    both_engines(|app| {
        walk(app, Way::Backward, "");
        walk(app, Way::Backward, "&sortBy=userName&sortOrder=descending");
    });
}

// proves: 9865-2-next 9865-2-previous
#[test]
fn a_walk_goes_back_as_it_came() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let all: Vec<String> = (0..23)
            .map(|number| format!("u{:02}", number * 7 % 23))
            .collect();
        create_users(app, &token, &all);
        for order in [
            "",
            "&sortBy=userName",
            "&sortBy=userName&sortOrder=descending",
            "&sortBy=title&sortOrder=descending",
            "&sortBy=nickName",
            "&sortBy=meta.created&filter=userName%20co%20%22u%22",
            "&sortBy=id&sortOrder=descending",
        ] {
            let whole = names(&get(app, &token, &format!("/Users?count=100{order}")));
            let mut cursor = String::new();
            let mut forward: Vec<Value> = Vec::new();
            loop {
                let page = get(
                    app,
                    &token,
                    &format!("/Users?count=5&cursor={cursor}{order}"),
                );
                assert_eq!(page["totalResults"], 23);
                forward.push(page.clone());
                let Some(next) = page.get("nextCursor") else {
                    break;
                };
                next.as_str().unwrap().clone_into(&mut cursor);
            }
            assert_eq!(forward.len(), 5, "{order}");
            assert!(forward[0].get("previousCursor").is_none());
            let walked: Vec<String> = forward.iter().flat_map(names).collect();
            assert_eq!(walked, whole, "{order}");
            for pair in forward.windows(2).rev() {
                let previous = pair[1]["previousCursor"].as_str().unwrap();
                let back = get(
                    app,
                    &token,
                    &format!("/Users?count=5&cursor={previous}{order}"),
                );
                assert_eq!(names(&back), names(&pair[0]), "{order}");
                assert_eq!(
                    back.get("previousCursor").is_some(),
                    pair[0].get("previousCursor").is_some()
                );
            }
        }
    });
}

/// RFC 9865, section 2: only the last page has no `nextCursor`, and so the first no `previousCursor`.
// proves: 9865-2-next
#[test]
fn the_way_back_does_not_end_where_all_on_a_page_were_deleted() {
    both_engines(|app| {
        for order in ["", "&sortBy=title", "&sortBy=id&sortOrder=descending"] {
            let token = app.register(internal(&format!("Product{order}"))).token;
            let people: Vec<String> = (0..6).map(|number| format!("u{number}")).collect();
            let ids = create_users(app, &token, &people);
            let ask = |cursor: &Value| {
                let cursor = cursor.as_str().unwrap();
                get(
                    app,
                    &token,
                    &format!("/Users?count=2&cursor={cursor}{order}"),
                )
            };
            let delete = |page: &Value| {
                let gone: Vec<Value> = names(page)
                    .iter()
                    .map(
                        |name| json!({"method": "DELETE", "path": format!("/Users/{}", ids[name])}),
                    )
                    .collect();
                bulk(app, &token, &gone);
            };
            let first = ask(&json!(""));
            let second = ask(&first["nextCursor"]);
            let third = ask(&second["nextCursor"]);
            delete(&first);
            let before = ask(&second["previousCursor"]);
            assert_eq!(names(&before), Vec::<String>::new(), "{order}");
            assert!(before.get("previousCursor").is_none());
            let start = ask(&before["nextCursor"]);
            assert_eq!(names(&start), names(&second), "{order}");
            assert!(start.get("previousCursor").is_none());
            delete(&third);
            let behind = ask(&second["nextCursor"]);
            assert_eq!(names(&behind), Vec::<String>::new(), "{order}");
            assert!(behind.get("nextCursor").is_none());
            let end = ask(&behind["previousCursor"]);
            assert_eq!(names(&end), names(&second), "{order}");
            assert!(end.get("nextCursor").is_none());
        }
    });
}

// proves: 9865-2-identical 9865-2.1-errors 9865-5-confined
#[test]
fn a_cursor_is_good_for_its_query_its_provider_and_its_time() {
    both_engines(|app| {
        let provider = app.register(internal("Product"));
        let other = app.register(internal("Other"));
        let token = &provider.token;
        let all: Vec<String> = (0..5).map(|number| format!("u{number}")).collect();
        create_users(app, token, &all);
        let page = get(app, token, "/Users?count=2&cursor=");
        let cursor = page["nextCursor"].as_str().unwrap();
        for query in [
            format!("/Users?count=2&cursor={cursor}&sortBy=userName"),
            format!("/Users?count=2&cursor={cursor}&filter=active%20eq%20true"),
            format!("/Groups?count=2&cursor={cursor}"),
            "/Users?cursor=nonsense".to_owned(),
        ] {
            assert_eq!(refused(app, token, &query), "invalidCursor", "{query}");
        }
        let query = format!("/Users?count=2&cursor={cursor}");
        assert_eq!(refused(app, &other.token, &query), "invalidCursor");
        let query = format!("/Users?count=3&cursor={cursor}");
        assert_eq!(refused(app, token, &query), "invalidCount");
        let query = format!("/Users?count=2&cursor={cursor}");
        app.clock.advance(Duration::minutes(59));
        assert_eq!(names(&get(app, token, &query)), ["u2", "u3"]);
        app.clock.advance(Duration::minutes(2));
        assert_eq!(refused(app, token, &query), "expiredCursor");
        let config = get(app, token, "/ServiceProviderConfig");
        assert_eq!(config["pagination"]["cursor"], true, "{config}");
        assert_eq!(config["pagination"]["index"], true);
        assert_eq!(config["pagination"]["cursorTimeout"], 3_600);
    });
}

// proves: 7644-3.4.2.1-filters 7644-3.4.2.1-root 7644-3.4.3-search
#[test]
fn a_search_by_post_and_over_all_types() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let all: Vec<String> = (0..4).map(|number| format!("u{number}")).collect();
        create_users(app, &token, &all);
        for name in ["g0", "g1"] {
            let group = json!({"schemas": [GROUP], "displayName": name, "externalId": "x"});
            let reply = app.send("POST", "/scim/v2/Groups", Some(&token), Some(&group));
            assert_eq!(reply.status, 201, "{}", reply.text);
        }
        let search = |path: &str, more: Value| {
            let mut body =
                json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
            body.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let reply = app.send(
                "POST",
                &format!("/scim/v2{path}/.search"),
                Some(&token),
                Some(&body),
            );
            (reply.status, reply.json())
        };
        let (status, found) = search(
            "/Users",
            json!({"filter": "userName eq \"U2\"", "attributes": ["userName"]}),
        );
        assert_eq!((status, names(&found)), (200, vec!["u2".to_owned()]));
        assert!(found["Resources"][0].get("active").is_none());
        let (status, found) = search("", json!({"startIndex": 4, "count": 2}));
        assert_eq!(
            (status, &found["totalResults"]),
            (200, &json!(6)),
            "{found}"
        );
        assert_eq!(found["Resources"][0]["userName"], "u3");
        assert_eq!(found["Resources"][1]["displayName"], "g0");
        // An attribute of one type alone has no value on the others.
        let (_, found) = search("", json!({"filter": "userName pr or externalId eq \"x\""}));
        assert_eq!(found["totalResults"], 6);
        let (_, found) = search("", json!({"filter": "userName eq \"u1\""}));
        assert_eq!(found["totalResults"], 1);
        let (status, error) = search("", json!({"filter": "nobodyHasThis eq \"x\""}));
        assert_eq!((status, &error["scimType"]), (400, &json!("invalidFilter")));
        let (mut cursor, mut ids) = (String::new(), Vec::new());
        loop {
            let (_, page) = search("", json!({"cursor": cursor, "count": 3}));
            let found = page["Resources"].as_array().unwrap();
            ids.extend(
                found
                    .iter()
                    .map(|found| found["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page.get("nextCursor") else {
                break;
            };
            next.as_str().unwrap().clone_into(&mut cursor);
        }
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!((ids.len(), unique.len()), (6, 6));
        assert_eq!(get(app, &token, "?count=1")["totalResults"], 6);
    });
}
