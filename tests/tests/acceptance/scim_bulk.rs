//! Bulk (RFC 7644, section 3.7).

use serde_json::{Value, json};
use vestibule_testkit::{Reply, Setup, TestApp, both_engines, internal};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn send(app: &TestApp, token: &str, message: &Value) -> Reply {
    let mut body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]});
    body.as_object_mut()
        .unwrap()
        .extend(message.as_object().unwrap().clone());
    app.send("POST", "/scim/v2/Bulk", Some(token), Some(&body))
}

fn bulk(app: &TestApp, token: &str, message: &Value) -> Vec<Value> {
    let reply = send(app, token, message);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["Operations"].as_array().unwrap().clone()
}

fn statuses(answers: &[Value]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| answer["status"].as_str().unwrap())
        .collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what is sent is written down where it is sent"
)]
fn post(bulk_id: &str, endpoint: &str, data: Value) -> Value {
    json!({"method": "POST", "path": endpoint, "bulkId": bulk_id, "data": data})
}

fn user(name: &str) -> Value {
    json!({"schemas": [USER], "userName": name})
}

fn read(app: &TestApp, token: &str, answer: &Value) -> Value {
    let location = answer["location"].as_str().unwrap();
    let path = location.strip_prefix(&app.url()).unwrap();
    app.send("GET", path, Some(token), None).json()
}

// proves: 7644-3.7-intent 7644-3.7.2-replaced
#[test]
fn references_hold_in_any_order() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let group = json!({"schemas": [GROUP], "displayName": "Team",
            "members": [{"value": "bulkId:ada", "type": "User"}]});
        let answers = bulk(
            app,
            &token,
            &json!({"Operations": [post("team", "/Groups", group), post("ada", "/Users", user("ada"))]}),
        );
        assert_eq!(statuses(&answers), ["201", "201"], "{answers:?}");
        assert_eq!(answers[0]["bulkId"], "team");
        assert_eq!(answers[0]["version"], "W/\"1\"");
        let (team, ada) = (
            read(app, &token, &answers[0]),
            read(app, &token, &answers[1]),
        );
        assert_eq!(team["members"][0]["value"], ada["id"]);
        assert_eq!(ada["groups"][0]["value"], team["id"]);
        let path = format!("/Users/{}", ada["id"].as_str().unwrap());
        let answers = bulk(
            app,
            &token,
            &json!({"Operations": [
                {"method": "PATCH", "path": path, "version": "W/\"7\"", "data": {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}},
                {"method": "PATCH", "path": path, "version": "W/\"1\"", "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                    "Operations": [{"op": "replace", "path": "title", "value": "x"}]}},
                {"method": "PUT", "path": path, "data": user("eve")},
                {"method": "DELETE", "path": path},
                {"method": "DELETE", "path": path},
            ]}),
        );
        assert_eq!(
            statuses(&answers),
            ["412", "200", "200", "204", "404"],
            "{answers:?}"
        );
        assert_eq!(
            answers[4]["location"],
            format!("{}/scim/v2{path}", app.url())
        );
        assert_eq!(answers[4]["response"]["status"], "404");
    });
}

/// Groups cannot be in each other: who was to be in what could not be created is not there either.
// proves: 7644-3.7.1-circles
#[test]
fn nobody_is_told_of_what_a_circle_took_back() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let group = |name: &str, member: &str| {
            json!({"schemas": [GROUP], "displayName": name,
                "members": [{"value": format!("bulkId:{member}"), "type": "Group"}]})
        };
        for circle in [["a", "b"].as_slice(), &["a", "b", "c"]] {
            let operations: Vec<Value> = circle
                .iter()
                .enumerate()
                .map(|(place, name)| {
                    let member = circle[(place + 1) % circle.len()];
                    post(name, "/Groups", group(name, member))
                })
                .collect();
            let answers = bulk(app, &token, &json!({"Operations": operations}));
            assert_eq!(statuses(&answers), vec!["409"; circle.len()], "{answers:?}");
            // What was taken back again is told of by the name that its client knows it by.
            for answer in &answers {
                let told = answer["response"]["detail"].as_str().unwrap();
                assert!(told.contains("bulkId:") && !told.contains("-7"), "{told}");
            }
            let listed = app
                .send("GET", "/scim/v2/Groups", Some(&token), None)
                .json();
            assert_eq!(listed["totalResults"], 0, "{answers:?}");
        }
    });
}

#[test]
fn a_reference_may_stand_as_a_bare_member_where_members_are_taken_as_text() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let group = json!({"schemas": [GROUP], "displayName": "Team", "members": ["bulkId:ada"]});
        let add = json!({"Operations": [{"op": "add", "path": "members", "value": "bulkId:bob"}]});
        let mut remove =
            json!({"Operations": [{"op": "remove", "path": "members", "value": ["bulkId:ada"]}]});
        let patch =
            |data: &Value| json!({"method": "PATCH", "path": "/Groups/bulkId:team", "data": data});
        let operations = json!({"Operations": [post("team", "/Groups", group), patch(&add),
            post("ada", "/Users", user("ada")), post("bob", "/Users", user("bob"))]});
        let answers = bulk(app, &token, &operations);
        assert_eq!(
            statuses(&answers),
            ["201", "204", "201", "201"],
            "{answers:?}"
        );
        let ids = |answer: &Value| -> Vec<String> {
            let members = answer["members"].as_array().unwrap().iter();
            let id = |member: &Value| member["value"].as_str().unwrap().to_owned();
            members.map(id).collect()
        };
        let id = |place: usize| {
            read(app, &token, &answers[place])["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(ids(&read(app, &token, &answers[0])), [id(2), id(3)]);
        remove["Operations"][0]["value"][0] = json!("bulkId:eve");
        let again = json!({"Operations": [post("eve", "/Users", user("eve")),
            {"method": "PATCH", "path": format!("/Groups/{}", id(0)), "data": remove}]});
        assert_eq!(statuses(&bulk(app, &token, &again)), ["201", "204"]);
        assert_eq!(ids(&read(app, &token, &answers[0])), [id(2), id(3)]);
        let unknown = json!({"Operations": [{"method": "PATCH", "path": format!("/Groups/{}", id(0)), "data": add}]});
        assert_eq!(statuses(&bulk(app, &token, &unknown)), ["400"]);
    });
}

// proves: 7644-3.7.1-circles 7644-3.7.2-extensions
#[test]
fn people_may_refer_to_each_other_and_groups_may_not_contain_each_other() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let managed = |name: &str, manager: &str| {
            json!({"schemas": [USER, ENTERPRISE], "userName": name,
                ENTERPRISE: {"manager": {"value": format!("bulkId:{manager}")}}})
        };
        let answers = bulk(
            app,
            &token,
            &json!({"Operations": [post("a", "/Users", managed("ann", "b")), post("b", "/Users", managed("bob", "a"))]}),
        );
        assert_eq!(statuses(&answers), ["201", "201"], "{answers:?}");
        let (ann, bob) = (
            read(app, &token, &answers[0]),
            read(app, &token, &answers[1]),
        );
        assert_eq!(ann[ENTERPRISE]["manager"]["value"], bob["id"]);
        assert_eq!(bob[ENTERPRISE]["manager"]["value"], ann["id"]);

        let nested = |name: &str, member: &str| json!({"schemas": [GROUP], "displayName": name, "members": [{"value": format!("bulkId:{member}")}]});
        let answers = bulk(
            app,
            &token,
            &json!({"Operations": [post("x", "/Groups", nested("X", "y")), post("y", "/Groups", nested("Y", "x"))]}),
        );
        let refused = statuses(&answers);
        assert!(refused.contains(&"409"), "{answers:?}");
        for (answer, status) in answers.iter().zip(refused) {
            assert_eq!(
                answer.get("location").is_some(),
                status == "201",
                "{answer}"
            );
        }
    });
}

// proves: 7644-3.7-continue 7644-3.7-ok 7644-3.7.3-all
#[test]
fn one_failure_leaves_the_others_and_enough_of_them_stop() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let group = json!({"schemas": [GROUP], "displayName": "Team", "members": [{"value": "bulkId:twin"}]});
        let operations = json!([
            post("ann", "/Users", user("ann")),
            post("twin", "/Users", user("Ann")),
            post("team", "/Groups", group),
            post("bob", "/Users", user("bob")),
        ]);
        let answers = bulk(app, &token, &json!({"Operations": operations}));
        assert_eq!(
            statuses(&answers),
            ["201", "409", "409", "201"],
            "{answers:?}"
        );
        assert_eq!(answers[1]["response"]["scimType"], "uniqueness");
        assert!(answers[1].get("location").is_none());
        let operations = json!([
            post("ann", "/Users", user("ann")),
            post("cyd", "/Users", user("cyd")),
            post("bob", "/Users", user("bob")),
            post("dan", "/Users", user("dan")),
        ]);
        let answers = bulk(
            app,
            &token,
            &json!({"failOnErrors": 2, "Operations": operations}),
        );
        assert_eq!(statuses(&answers), ["409", "201", "409"]);
        let total = app.send("GET", "/scim/v2/Users?count=0", Some(&token), None);
        assert_eq!(total.json()["totalResults"], 3);
    });
}

// proves: 7644-3.12-statuses 7644-3.7.4-exceeded
#[test]
fn what_is_too_much_is_told_so() {
    let mut setup = Setup::default();
    setup.settings.limits.bulk_operations = 3;
    setup.settings.limits.bulk_payload = 2_000;
    let app = TestApp::start_with(vestibule_testkit::Engine::Sqlite, setup).unwrap();
    let token = app.register(internal("Product")).token;
    let some = |count: usize| -> Value {
        (0..count)
            .map(|number| post(&format!("u{number}"), "/Users", user(&format!("u{number}"))))
            .collect()
    };
    assert_eq!(
        send(&app, &token, &json!({"Operations": some(3)})).status,
        200
    );
    let refused = send(&app, &token, &json!({"Operations": some(4)}));
    assert_eq!(refused.status, 413, "{}", refused.text);
    assert!(refused.text.contains('3'), "{}", refused.text);
    let refused = send(
        &app,
        &token,
        &json!({"Operations": [post("x", "/Users", user(&"x".repeat(3_000)))]}),
    );
    assert_eq!(refused.status, 413);
    let config = app
        .send("GET", "/scim/v2/ServiceProviderConfig", Some(&token), None)
        .json();
    assert_eq!(
        config["bulk"],
        json!({"supported": true, "maxOperations": 3, "maxPayloadSize": 2_000})
    );
    assert_eq!(
        send(&app, "no-token", &json!({"Operations": some(1)})).status,
        401
    );
}

#[test]
fn many_operations_take_several_transactions() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let mut operations: Vec<Value> = vec![post(
            "team",
            "/Groups",
            json!({"schemas": [GROUP], "displayName": "Team", "members":
                (0..250).map(|number| json!({"value": format!("bulkId:u{number}")})).collect::<Vec<_>>()}),
        )];
        operations.extend(
            (0..250)
                .map(|number| post(&format!("u{number}"), "/Users", user(&format!("u{number}")))),
        );
        let answers = bulk(app, &token, &json!({"Operations": operations}));
        assert!(
            statuses(&answers).iter().all(|status| *status == "201"),
            "{answers:?}"
        );
        assert_eq!(answers[0]["bulkId"], "team");
        assert_eq!(
            read(app, &token, &answers[0])["members"]
                .as_array()
                .unwrap()
                .len(),
            250
        );
    });
}

/// Groups far below a group are looked at once for each operation, however many ways lead to them.
#[test]
fn groups_in_groups_are_made_in_one_request() {
    both_engines(|app| {
        let token = app.register(internal("Product")).token;
        let (count, wide) = (40, 20);
        let mut operations = vec![post("ada", "/Users", user("ada"))];
        operations.extend((0..count).map(|number: usize| {
            let below = (number + 1..count.min(number + wide)).map(|inner| format!("bulkId:g{inner}"));
            let own = (number + 1 == count).then(|| "bulkId:ada".to_owned());
            let members: Vec<Value> = below.chain(own).map(|id| json!({"value": id})).collect();
            let group = json!({"schemas": [GROUP], "displayName": format!("g{number}"), "members": members});
            post(&format!("g{number}"), "/Groups", group)
        }));
        let answers = bulk(app, &token, &json!({"Operations": operations}));
        assert!(
            statuses(&answers).iter().all(|status| *status == "201"),
            "{answers:?}"
        );
        let ada = read(app, &token, &answers[0]);
        assert_eq!(ada["groups"].as_array().unwrap().len(), count);
    });
}
