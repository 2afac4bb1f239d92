//! RFC 7643, sections 2.3.7 and 4.1.2, and RFC 7644, section 5: how resources are referred to and named.

use serde_json::{Value, json};
use vestibule_testkit::both_engines;

use super::{Client, ENTERPRISE, GROUP, USER, path_of, user};

fn team(client: &Client<'_>, name: &str, members: &[&Value]) -> Value {
    let members: Vec<Value> = members
        .iter()
        .map(|member| json!({"value": member["id"]}))
        .collect();
    let group = json!({"schemas": [GROUP], "displayName": name, "members": members});
    client.create("/Groups", &group)
}

// proves: 7643-2.3.7-addressable 7643-4.1.2-groups 7643-4.1.2-groups-type
#[test]
fn references_between_resources_can_be_followed() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let boss = client.create_user("boss");
        let ann = client.create(
            "/Users",
            &json!({"schemas": [USER, ENTERPRISE], "userName": "ann", ENTERPRISE:
                {"manager": {"value": boss["id"], "$ref": boss["meta"]["location"]}}}),
        );
        let inner = team(&client, "Inner", &[&ann]);
        let outer = team(&client, "Outer", &[&inner, &boss]);

        let read = client.get(&path_of("/Users", &ann));
        let groups = read["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 2, "{read}");
        for (group, kind) in [(&inner, "direct"), (&outer, "indirect")] {
            let named = groups.iter().find(|named| named["value"] == group["id"]);
            let named = named.expect("a group is named by its id");
            assert_eq!(named["$ref"], group["meta"]["location"]);
            assert_eq!(named["type"], kind);
        }
        let members = client.get(&path_of("/Groups", &outer))["members"].clone();
        let manager = json!([read[ENTERPRISE]["manager"]]);
        let mut followed = 0;
        for references in [&read["groups"], &members, &manager] {
            for reference in references.as_array().unwrap() {
                let target = client.follow(&reference["$ref"]);
                assert_eq!(target.status, 200, "{reference}: {}", target.text);
                assert_eq!(target.json()["id"], reference["value"]);
                assert_eq!(target.json()["meta"]["location"], reference["$ref"]);
                followed += 1;
            }
        }
        assert_eq!(followed, 5);

        // What was referred to and is gone answers so.
        for (endpoint, resource) in [("/Groups", &inner), ("/Users", &boss)] {
            client.send("DELETE", &path_of(endpoint, resource), None);
            let gone = client.follow(&resource["meta"]["location"]);
            assert_eq!((gone.status, &gone.json()["status"]), (404, &json!("404")));
        }
        assert!(client.get(&path_of("/Users", &ann)).get("groups").is_none());
    });
}

// proves: 7643-4.1.2-groups-readonly
#[test]
fn nobody_joins_or_leaves_a_group_but_through_the_group() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        let (first, second) = (
            team(&client, "First", &[&ann]),
            team(&client, "Second", &[]),
        );
        let path = path_of("/Users", &ann);
        let is_as_before = || {
            let groups = client.get(&path)["groups"].clone();
            assert_eq!(groups.as_array().unwrap().len(), 1, "{groups}");
            assert_eq!(groups[0]["value"], first["id"]);
            let empty = client.get(&path_of("/Groups", &second));
            assert_eq!(empty["members"], json!([]), "{empty}");
            for wanted in [
                "attributes=members.value",
                "excludedAttributes=members.type",
            ] {
                let shown = client.get(&format!("{}?{wanted}", path_of("/Groups", &second)));
                assert_eq!(shown["members"], json!([]), "{wanted}: {shown}");
            }
        };
        let other = json!([{"value": second["id"]}]);
        for groups in [&other, &json!([]), &Value::Null] {
            let mut sent = user("ann");
            sent["groups"] = groups.clone();
            assert_eq!(client.send("PUT", &path, Some(&sent)).status, 200);
            is_as_before();
            let replaced = client.patch(
                &path,
                &json!([{"op": "replace", "value": {"groups": groups}}]),
            );
            assert_eq!(replaced.status, 200, "{}", replaced.text);
            is_as_before();
        }
        for operation in [
            json!({"op": "add", "path": "groups", "value": other}),
            json!({"op": "replace", "path": "groups", "value": other}),
            json!({"op": "remove", "path": "groups"}),
            json!({"op": "remove", "path": format!("groups[value eq {}]", first["id"])}),
            json!({"op": "replace", "path": "groups.display", "value": "x"}),
        ] {
            let refused = client.patch(&path, &json!([operation]));
            assert_eq!(refused.status, 400, "{operation}: {}", refused.text);
            assert_eq!(refused.json()["scimType"], "mutability");
            is_as_before();
        }
        let leave = json!([{"op": "remove", "path": format!("members[value eq {}]", ann["id"])}]);
        assert_eq!(
            client.patch(&path_of("/Groups", &first), &leave).status,
            204
        );
        assert!(client.get(&path).get("groups").is_none());
    });
}

// proves: 7643-4.1.1-username 7644-5-precis
#[test]
fn user_names_are_prepared_before_they_are_compared() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        for (name, same) in [
            ("ann", "\u{ff21}\u{ff2e}\u{ff2e}"),
            ("straße", "STRASSE"),
            ("éric", "E\u{301}RIC"),
            ("\u{30ab}na", "\u{ff76}NA"),
        ] {
            let created = client.create_user(name);
            assert_eq!(created["userName"], name, "kept as written");
            let refused = client.send("POST", "/Users", Some(&user(same)));
            assert_eq!(refused.status, 409, "{same}: {}", refused.text);
            assert_eq!(refused.json()["scimType"], "uniqueness");
            let found = client.found("/Users", &format!("userName eq \"{same}\""));
            assert_eq!(found, [created["id"].clone()], "{same}");
        }
        client.create_user("eric");
    });
}

// proves: 7644-3.14-etag 7644-3.14-match
#[test]
fn the_entity_tag_of_a_person_names_their_groups() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let ann = client.create_user("ann");
        let path = path_of("/Users", &ann);
        let bearer = format!("Bearer {}", client.token);
        let ask = |tag: &str| {
            let headers = [("Authorization", bearer.as_str()), ("If-None-Match", tag)];
            app.send_raw("GET", &format!("/scim/v2{path}"), &headers, "")
        };
        let tag = || {
            let shown = client.send("GET", &path, None);
            let tag = shown.header("etag").unwrap().to_owned();
            assert_eq!(shown.json()["meta"]["version"], tag);
            tag
        };
        let alone = tag();
        assert_eq!(ask(&alone).status, 304);
        let team =
            json!({"schemas": [GROUP], "displayName": "Team", "members": [{"value": ann["id"]}]});
        let team = client.create("/Groups", &team);
        assert_eq!(ask(&alone).status, 200);
        let together = tag();
        assert_eq!(ask(&together).status, 304);
        let rename = json!([{"op": "replace", "path": "displayName", "value": "Crew"}]);
        client.patch(&path_of("/Groups", &team), &rename);
        assert_eq!(ask(&together).status, 200);
        client.send("DELETE", &path_of("/Groups", &team), None);
        assert_eq!(tag(), alone);
    });
}

// proves: 7643-2.4-versions
#[test]
fn a_reference_is_found_in_whatever_version_it_is_asked_for() {
    both_engines(|app| {
        let client = Client::new(app, "Product");
        let boss = client.create_user("boss");
        let id = boss["id"].as_str().unwrap();
        let host = app.url();
        let manager = json!({"value": id, "$ref": format!("{host}/scim/v2/Users/{id}")});
        let ann = json!({"schemas": [USER, ENTERPRISE], "userName": "ann", ENTERPRISE: {"manager": manager}});
        let ann = client.create("/Users", &ann);
        let team = team(&client, "Team", &[&ann]);
        let path = format!("{ENTERPRISE}:manager.$ref");
        for version in ["/v2", "", "/v1", "/v3.1"] {
            let filter = format!("{path} eq \"{host}/scim{version}/Users/{id}\"");
            assert_eq!(
                client.found("/Users", &filter),
                [ann["id"].clone()],
                "{filter}"
            );
            let member = ann["id"].as_str().unwrap();
            let filter = format!("members.$ref eq \"{host}/scim{version}/Users/{member}\"");
            assert_eq!(
                client.found("/Groups", &filter),
                [team["id"].clone()],
                "{filter}"
            );
            let filter = format!("members[$ref ne \"{host}/scim{version}/Users/{member}\"]");
            assert_eq!(
                client.found("/Groups", &filter),
                Vec::<Value>::new(),
                "{filter}"
            );
        }
        for other in ["/v2/Users/x", "/v2/Groups/x", "/v2x/Users/x"] {
            let uri = other.replace('x', id).replace("v2x", "x2");
            let filter = format!("{path} eq \"{host}/other{uri}\"");
            assert_eq!(
                client.found("/Users", &filter),
                Vec::<Value>::new(),
                "{filter}"
            );
        }
    });
}
