//! RFC 7644, section 4: what the server says about itself.

use serde_json::{Value, json};
use vestibule_testkit::both_engines;

use super::{Client, ENTERPRISE, GROUP, USER, all_of, define};

const DEVICE: &str = "urn:example:params:scim:schemas:Device";

fn sorted(mut names: Vec<Value>) -> Vec<Value> {
    names.sort_by_key(Value::to_string);
    names
}

// proves: 7644-4-parameters 7644-4-schemas
#[test]
fn discovery_lists_everything_whatever_page_or_order_is_asked_for() {
    both_engines(|app| {
        define(app, "Device", &json!([{"name": "serial"}]));
        let client = Client::new(app, "Product");
        let of = |name: &str| format!("urn:ietf:params:scim:schemas:core:2.0:{name}");
        for (path, names) in [
            (
                "/Schemas",
                json!([
                    DEVICE,
                    GROUP,
                    of("ResourceType"),
                    of("Schema"),
                    of("ServiceProviderConfig"),
                    USER,
                    ENTERPRISE
                ]),
            ),
            ("/ResourceTypes", json!(["Device", "Group", "User"])),
        ] {
            let list = client.get(path);
            assert_eq!(
                list["schemas"],
                json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"])
            );
            assert_eq!(json!(sorted(all_of(&list, "id"))), names, "{path}");
            assert_eq!(list["totalResults"], names.as_array().unwrap().len());
            assert!(list["Resources"][0]["meta"]["location"].is_string());
        }
        for path in everywhere() {
            let plain = client.get(&path);
            for parameters in [
                "startIndex=2&count=1",
                "count=0",
                "count=many",
                "cursor=",
                "cursor=nonsense",
                "sortBy=id&sortOrder=descending",
                "sortBy=nobodyHasThis",
                "attributes=id",
                "excludedAttributes=name,attributes,schema,patch",
            ] {
                let asked = client.get(&format!("{path}?{parameters}"));
                assert_eq!(asked, plain, "{path}?{parameters}");
            }
        }
    });
}

// proves: 7644-4-filter
#[test]
fn a_filter_on_discovery_is_forbidden() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for path in everywhere() {
            for more in ["", "&count=many", "&startIndex=2", "&count=1&count=2"] {
                let path = format!("{path}?filter=id%20eq%20%22User%22{more}");
                let reply = client.send("GET", &path, None);
                assert_eq!(
                    (reply.status, &reply.json()["status"]),
                    (403, &json!("403")),
                    "{path}"
                );
            }
        }
    });
}

/// Every kind of discovery address.
fn everywhere() -> [String; 5] {
    [
        "/Schemas".to_owned(),
        "/ResourceTypes".to_owned(),
        format!("/Schemas/{USER}"),
        "/ResourceTypes/User".to_owned(),
        "/ServiceProviderConfig".to_owned(),
    ]
}

// proves: 7643-6-described 7643-7-named
#[test]
fn what_there_is_has_a_name_and_what_is_built_in_a_description() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for path in ["/ResourceTypes", "/Schemas"] {
            for found in client.get(path)["Resources"].as_array().unwrap() {
                for part in ["name", "description"] {
                    let text = found[part].as_str().unwrap_or_default();
                    assert!(!text.is_empty(), "{path} {}: {part}", found["id"]);
                }
            }
        }
        define(app, "Device", &json!([{"name": "serial"}]));
        assert_eq!(client.get("/ResourceTypes/Device")["name"], "Device");
    });
}
