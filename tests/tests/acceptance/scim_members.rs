//! Members of groups, as clients name them.

use serde_json::{Value, json};
use vestibule_testkit::{TestApp, both_engines, internal};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

struct Product<'a> {
    app: &'a TestApp,
    token: String,
}

impl Product<'_> {
    fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("/scim/v2{path}");
        let reply = self.app.send(method, &path, Some(&self.token), Some(body));
        let body = serde_json::from_str(&reply.text).unwrap_or_default();
        (reply.status, body)
    }

    fn user(&self, name: &str) -> String {
        let user = json!({"schemas": [USER], "userName": name});
        let (_, user) = self.send("POST", "/Users", &user);
        user["id"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_reference_means_the_resource_it_names() {
    both_engines(|app| {
        let product = Product {
            app,
            token: app.register(internal("Product")).token,
        };
        let (ada, bob) = (product.user("ada"), product.user("bob"));
        let group = |member: Value| {
            let body = json!({"schemas": [GROUP], "displayName": "Team", "members": [member]});
            product.send("POST", "/Groups", &body)
        };
        for member in [
            json!({"value": ada, "$ref": format!("{}/scim/v2/Users/{bob}", app.url())}),
            json!({"value": ada, "$ref": format!("../Groups/{ada}")}),
            json!({"value": ada, "type": "User", "$ref": format!("../Groups/{ada}")}),
        ] {
            let (status, answer) = group(member.clone());
            assert_eq!(
                (status, &answer["scimType"]),
                (400, &json!("invalidValue")),
                "{member}"
            );
        }
        let here = format!("{}/iso/scim/v2/Users/{ada}", app.url());
        let (status, team) = group(json!({"value": ada, "$ref": here}));
        assert_eq!(status, 201, "{team}");
        let path = format!("/Groups/{}", team["id"].as_str().unwrap());
        let remove = |reference: &str| {
            let filter = format!("members[$ref eq \"{reference}\"]");
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "remove", "path": filter}]});
            let (status, answer) = product.send("PATCH", &path, &body);
            assert_eq!(status, 204, "{answer}");
            let (_, team) = product.send("GET", &path, &Value::Null);
            team["members"].as_array().map_or(0, Vec::len)
        };
        assert_eq!(remove(&format!("https://evil.example/Users/{ada}")), 1);
        assert_eq!(remove(&format!("{}/scim/v2/Groups/{ada}", app.url())), 1);
        assert_eq!(remove(team["members"][0]["$ref"].as_str().unwrap()), 0);
    });
}

/// RFC 7644, section 3.5.2.2: what a value filter selects in a list, it selects in a PATCH.
#[test]
fn a_removal_takes_out_whom_the_list_finds() {
    both_engines(|app| {
        let product = Product {
            app,
            token: app.register(internal("Product")).token,
        };
        let (ada, bob) = (product.user("ada"), product.user("bob"));
        let create = |name: &str, members: &[&String]| {
            let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
            let body = json!({"schemas": [GROUP], "displayName": name, "members": members});
            let (status, group) = product.send("POST", "/Groups", &body);
            assert_eq!(status, 201, "{group}");
            group["id"].as_str().unwrap().to_owned()
        };
        let inner = create("Inner", &[]);
        for (turn, (filter, staying)) in [
            ("$ref eq null".to_owned(), vec![&ada, &bob, &inner]),
            (format!("not ($ref co \"{ada}\")"), vec![&ada]),
            ("not ($ref co \"/Users/\")".to_owned(), vec![&ada, &bob]),
            (
                format!("type eq \"User\" and not ($ref ew \"{ada}\")"),
                vec![&ada, &inner],
            ),
            (format!("$ref ew \"{ada}\""), vec![&bob, &inner]),
            (
                format!("$ref sw \"{}/scim/v2/Groups/\"", app.url()),
                vec![&ada, &bob],
            ),
            ("$ref gt \"h\"".to_owned(), vec![]),
            (
                format!("value eq \"{}\"", ada.to_uppercase()),
                vec![&bob, &inner],
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("Team {turn}");
            let team = create(&name, &[&ada, &bob, &inner]);
            let found = |member: &String| {
                let query = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                    "filter": format!("id eq \"{team}\" and members[value eq \"{member}\" and ({filter})]")});
                let (status, answer) = product.send("POST", "/Groups/.search", &query);
                assert_eq!(status, 200, "{answer}");
                answer["totalResults"] == 1
            };
            let mut left: Vec<&String> = [&ada, &bob, &inner]
                .into_iter()
                .filter(|member| !found(member))
                .collect();
            let mut staying = staying;
            staying.sort_unstable();
            left.sort_unstable();
            assert_eq!(left, staying, "{filter}");
            let path = format!("/Groups/{team}");
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "remove", "path": format!("members[{filter}]")}]});
            let (status, answer) = product.send("PATCH", &path, &body);
            assert_eq!(status, 204, "{filter}: {answer}");
            let (_, team) = product.send("GET", &path, &Value::Null);
            let mut left: Vec<&str> = team["members"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|member| member["value"].as_str())
                .collect();
            left.sort_unstable();
            assert_eq!(left, staying, "{filter}");
        }
    });
}

/// `remove_with_value`: of whom the path means, only those listed go.
#[test]
fn only_listed_members_are_removed() {
    both_engines(|app| {
        let product = Product {
            app,
            token: app.register(internal("Product")).token,
        };
        let (ada, bob) = (product.user("ada"), product.user("bob"));
        let body = json!({"schemas": [GROUP], "displayName": "Team",
            "members": [{"value": ada}, {"value": bob}]});
        let (_, team) = product.send("POST", "/Groups", &body);
        let path = format!("/Groups/{}", team["id"].as_str().unwrap());
        let bob_alone = format!("members[value eq \"{bob}\"]");
        for (target, value, left) in [
            (bob_alone.as_str(), json!([{"value": ada}]), 2),
            ("members", json!([{"value": ada, "type": "Group"}]), 2),
            ("members[type eq \"Group\"]", json!({"value": ada}), 2),
            (
                "members[type eq \"User\"]",
                json!({"value": ada.to_uppercase()}),
                1,
            ),
            ("members", json!([{"value": bob, "type": "User"}]), 0),
        ] {
            let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "remove", "path": target, "value": value}]});
            let (status, answer) = product.send("PATCH", &path, &body);
            assert_eq!(status, 204, "{answer}");
            let (_, team) = product.send("GET", &path, &Value::Null);
            let members = team["members"].as_array().map_or(0, Vec::len);
            assert_eq!(members, left, "{target} {value}");
        }
    });
}
