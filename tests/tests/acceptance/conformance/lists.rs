//! RFC 7644, section 3.4.2.3, and RFC 9865: order, and pages by cursor.

use serde_json::{Value, json};
use vestibule_scim::Dialect;
use vestibule_service::Role;
use vestibule_testkit::both_engines;

use super::{Client, ENTERPRISE, USER, all_of, define, path_of, user};

// proves: 7644-3.4.2.3-type
#[test]
fn the_order_follows_the_type_and_case_where_it_counts() {
    both_engines(|app| {
        define(
            app,
            "Device",
            &json!([
                {"name": "number", "type": "integer"},
                {"name": "weight", "type": "decimal"},
                {"name": "made", "type": "dateTime"},
                {"name": "colour"},
                {"name": "serial", "caseExact": true},
                {"name": "name"}]),
        );
        let client = Client::new(app, "Product");
        // As texts they would all be in another order.
        for (name, number, weight, made, text) in [
            ("x", 10, json!(10.25), "2026-01-01T12:00:00Z", "B"),
            ("y", 9, json!(1.5), "2026-01-01T23:00:00-02:00", "a"),
            ("z", -1, json!(9), "2026-01-02T00:30:00Z", "C"),
        ] {
            let device = json!({"schemas": ["urn:example:params:scim:schemas:Device"], "name": name,
                "number": number, "weight": weight, "made": made, "colour": text, "serial": text});
            client.create("/Devices", &device);
        }
        for (attribute, expected) in [
            ("number", ["z", "y", "x"]),
            ("weight", ["y", "z", "x"]),
            ("made", ["x", "z", "y"]),
            ("colour", ["y", "x", "z"]),
            ("serial", ["x", "z", "y"]),
        ] {
            let page = client.get(&format!("/Devices?sortBy={attribute}"));
            assert_eq!(all_of(&page, "name"), expected, "{attribute}");
            let page = client.get(&format!("/Devices?sortBy={attribute}&sortOrder=descending"));
            let reversed: Vec<&str> = expected.iter().rev().copied().collect();
            assert_eq!(all_of(&page, "name"), reversed, "{attribute}");
        }
        for name in ["Bob", "ann", "Cyd"] {
            client.create_user(name);
        }
        let page = client.get("/Users?sortBy=userName");
        assert_eq!(all_of(&page, "userName"), ["ann", "Bob", "Cyd"]);
    });
}

// proves: 9865-2-next 9865-2-previous 9865-2.2-sorted
#[test]
fn pages_by_cursor_are_sorted_and_say_which_is_the_first_and_which_the_last() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for name in ["d", "B", "a", "C", "f", "e"] {
            client.create_user(name);
        }
        for (count, lengths) in [
            (1, vec![1, 1, 1, 1, 1, 1]),
            (2, vec![2, 2, 2]),
            (4, vec![4, 2]),
            (6, vec![6]),
            (10, vec![6]),
        ] {
            for (order, expected) in [
                ("ascending", ["a", "B", "C", "d", "e", "f"]),
                ("descending", ["f", "e", "d", "C", "B", "a"]),
            ] {
                let (mut cursor, mut names, mut met) = (String::new(), Vec::new(), Vec::new());
                loop {
                    let query = format!(
                        "/Users?sortBy=userName&sortOrder={order}&count={count}&cursor={cursor}"
                    );
                    let page = client.get(&query);
                    assert_eq!(
                        page.get("previousCursor").is_some(),
                        !met.is_empty(),
                        "{query}: {page}"
                    );
                    let found = all_of(&page, "userName");
                    met.push(found.len());
                    names.extend(found);
                    assert_eq!(
                        page.get("nextCursor").is_some(),
                        met.len() < lengths.len(),
                        "{query}: {page}"
                    );
                    let Some(next) = page["nextCursor"].as_str() else {
                        break;
                    };
                    next.clone_into(&mut cursor);
                }
                assert_eq!(met, lengths, "{order}");
                assert_eq!(names, expected, "{order}");
            }
        }
        let nobody = client.get("/Users?filter=userName%20eq%20%22x%22&cursor=");
        assert_eq!(nobody["totalResults"], 0);
        for cursor in ["nextCursor", "previousCursor"] {
            assert_eq!(nobody.get(cursor), None::<&Value>);
        }
    });
}

// proves: 7644-3.4.2.2-defaulted
#[test]
fn what_the_server_fills_in_is_found_as_it_is_told() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        assert_eq!(ann["active"], true);
        for (filter, found) in [
            ("active eq true", true),
            ("active pr", true),
            ("active eq false", false),
            ("active ne true", false),
            ("not (active pr)", false),
        ] {
            let expected: Vec<Value> = found.then(|| ann["id"].clone()).into_iter().collect();
            assert_eq!(client.found("/Users", filter), expected, "{filter}");
        }
    });
}

#[test]
fn a_part_of_an_instant_is_found_as_it_is_written() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        let created = ann["meta"]["created"].as_str().unwrap();
        let (start, end) = created.split_at(13);
        for (filter, found) in [
            (format!("meta.created sw \"{start}\""), true),
            (format!("meta.created ew \"{end}\""), true),
            (
                format!("meta.lastModified co \"{}\"", &created[5..16]),
                true,
            ),
            (format!("meta.created sw \"{created}\""), true),
            ("meta.created sw \"1999\"".to_owned(), false),
            ("not (meta.created co \"T\")".to_owned(), false),
        ] {
            let expected: Vec<Value> = found.then(|| ann["id"].clone()).into_iter().collect();
            assert_eq!(client.found("/Users", &filter), expected, "{filter}");
        }
    });
}

/// The filter of Microsoft's guide, which asks whether somebody still has a manager.
#[test]
fn an_attribute_of_an_extension_may_be_named_alone_in_the_tolerant_dialect() {
    both_engines(|app| {
        let tolerant = Client::new(app, "Tolerant");
        let strict = Client::speaking(app, "Strict", Dialect::Strict);
        let ann = json!({"schemas": [USER, ENTERPRISE], "userName": "ann",
            ENTERPRISE: {"manager": {"value": "26118915"}}});
        let ann = tolerant.create("/Users", &ann);
        let id = ann["id"].as_str().unwrap();
        for (filter, found) in [
            (format!("id eq \"{id}\" and manager eq \"26118915\""), true),
            ("manager.value eq \"26118915\"".to_owned(), true),
            ("manager[value eq \"26118915\"]".to_owned(), true),
            ("manager eq \"26118916\"".to_owned(), false),
            ("department pr".to_owned(), false),
        ] {
            let expected: Vec<Value> = found.then(|| ann["id"].clone()).into_iter().collect();
            assert_eq!(tolerant.found("/Users", &filter), expected, "{filter}");
        }
        let refused = strict.send("GET", "/Users?filter=manager%20eq%20%221%22", None);
        assert_eq!(
            refused.json()["scimType"],
            "invalidFilter",
            "{}",
            refused.text
        );
        let unknown = tolerant.send("GET", "/Users?filter=nobodyHasThis%20pr", None);
        assert_eq!(
            unknown.json()["scimType"],
            "invalidFilter",
            "{}",
            unknown.text
        );
    });
}

// proves: 7644-3.9-attributes
#[test]
fn the_urn_of_a_schema_stands_for_all_its_attributes() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let mut ann = user("ann");
        ann["title"] = json!("Boss");
        ann[ENTERPRISE] = json!({"department": "R"});
        let path = path_of("/Users", &client.create("/Users", &ann));
        let core = client.get(&format!("{path}?attributes={USER}"));
        assert_eq!(
            (&core["title"], &core["userName"]),
            (&json!("Boss"), &json!("ann"))
        );
        assert!(core.get(ENTERPRISE).is_none(), "{core}");
        let extension = client.get(&format!("{path}?attributes={ENTERPRISE}"));
        assert_eq!(extension[ENTERPRISE]["department"], "R");
        assert!(extension.get("title").is_none(), "{extension}");
    });
}

// proves: 9865-5-checked
#[test]
fn every_page_asks_whether_the_client_may_read() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for name in ["ann", "bob", "cyd"] {
            client.create_user(name);
        }
        let page = client.get("/Users?count=1&cursor=");
        let next = page["nextCursor"].as_str().unwrap();
        let path = format!("/Users?count=1&cursor={next}");
        assert_eq!(client.get(&path)["Resources"][0]["userName"], "bob");
        let admin = app.admin_token("root", Role::Administrator);
        let providers = app
            .send("GET", "/api/v1/providers", Some(&admin), None)
            .json();
        let id = providers["items"][0]["id"].as_str().unwrap();
        let disabled = json!({"state": "disabled"});
        let provider = format!("/api/v1/providers/{id}/state");
        let changed = app.send("POST", &provider, Some(&admin), Some(&disabled));
        assert_eq!(changed.status, 200, "{}", changed.text);
        assert_eq!(client.send("GET", &path, None).status, 401);
    });
}
