//! What the panic button does to requests.

use super::*;

#[test]
fn the_panic_button_withdraws_what_was_asked_for_before_it() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 2}));
        let path = hall.asked(&json!({}));
        let first = hall.say(&path, "approvals", &hall.others[0]);
        assert_eq!(first.status, 200, "{}", first.text);
        let vendor = hall.get("/api/v1/vendors")["items"][0]["id"].clone();
        let panic = format!("/api/v1/vendors/{}/panic", vendor.as_str().unwrap());
        let why = json!({"reason": "stolen laptop"});
        let toll = json!({"links": 0, "people": 0, "requests": 1, "more": false});
        assert_eq!(hall.get(&panic), toll);
        let pressed = app.send("POST", &panic, Some(&hall.olga), Some(&why));
        assert_eq!(pressed.json(), toll, "{}", pressed.text);
        assert_eq!(hall.get(&panic)["requests"], 0);

        let late = hall.say(&path, "approvals", &hall.others[1]);
        refused(&late, 409, "withdrawn already");
        refused(&late, 409, "makes a new one");
        let state = |path: &str| hall.get(path)["request"]["state"].clone();
        assert_eq!(state(&path), "withdrawn");
        let event = |action: &str| {
            let path = format!("/api/v1/events?action={action}");
            hall.get(&path)["items"][0].clone()
        };
        let (pressed, withdrawn) = (event("panic.pressed"), event("access_request.withdrawn"));
        assert_eq!(pressed["payload"]["after"]["requests"], 1);
        assert_eq!(withdrawn["cause"], pressed["id"]);
        assert_eq!(withdrawn["payload"]["why"], "stolen laptop");

        // What is asked for after it, by whoever knows of it, is decided on.
        let path = hall.asked(&json!({}));
        for other in &hall.others[..2] {
            assert_eq!(hall.say(&path, "approvals", other).status, 200);
        }
        assert_eq!(state(&path), "approved");
        // What is decided stays so, though its link ends.
        let again = app.send("POST", &panic, Some(&hall.olga), Some(&why));
        assert_eq!(again.json()["links"], 1);
        assert_eq!(state(&path), "approved");
    });
}

#[test]
fn the_panic_button_of_an_internal_group_withdraws_what_its_people_asked_for() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let entra = app.register(internal("Entra"));
        let push = |endpoint: &str, kind: &str, mut body: Value| {
            body["schemas"] = json!([format!("urn:ietf:params:scim:schemas:core:2.0:{kind}")]);
            let made = app.send("POST", endpoint, Some(&entra.token), Some(&body));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let people =
            ["kim", "lee"].map(|name| push("/scim/v2/Users", "User", json!({ "userName": name })));
        let tied = hall.get("/api/v1/access-groups")["items"][0]["id"].clone();
        let team = |name: &str, members: &[&String]| {
            let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
            let body = json!({"displayName": name, "members": members});
            let group = push("/scim/v2/Groups", "Group", body);
            let path = format!("/api/v1/groups/{group}");
            let tie = json!({ "access_group": tied });
            let done = app.send("PATCH", &path, Some(&hall.olga), Some(&tie));
            assert_eq!(done.status, 200, "{}", done.text);
            group
        };
        let inner = team("Inner", &[&people[0]]);
        let outer = team("Outer", &[&inner]);
        team("Other", &[&people[1]]);
        let paths = people.map(|person| hall.asked(&json!({ "user": person })));
        let panic = format!("/api/v1/groups/{outer}/panic");
        let why = json!({"reason": "drill"});
        let toll = json!({"links": 0, "people": 0, "requests": 1, "more": false});
        assert_eq!(hall.get(&panic), toll, "those of its people alone");
        let pressed = app.send("POST", &panic, Some(&hall.olga), Some(&why));
        assert_eq!(pressed.json(), toll, "{}", pressed.text);
        let states = paths.map(|path| hall.get(&path)["request"]["state"].clone());
        assert_eq!(states, [json!("withdrawn"), json!("pending")]);
    });
}

#[test]
fn the_panic_button_of_an_internal_group_withdraws_what_was_asked_for_by_way_of_it() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let entra = app.register(internal("Entra"));
        let scim = |method: &str, path: &str, kind: &str, mut body: Value| {
            body["schemas"] = json!([format!("urn:ietf:params:scim:{kind}")]);
            let path = format!("/scim/v2{path}");
            let done = app.send(method, &path, Some(&entra.token), Some(&body));
            assert!(done.status < 300, "{}", done.text);
            done
        };
        let push = |path: &str, kind: &str, body: Value| {
            let kind = format!("schemas:core:2.0:{kind}");
            let made = scim("POST", path, &kind, body).json();
            made["id"].as_str().unwrap().to_owned()
        };
        let kim = push("/Users", "User", json!({"userName": "kim"}));
        let tied = hall.get("/api/v1/access-groups")["items"][0]["id"].clone();
        let [inner, outer, other] = ["Inner", "Outer", "Other"]
            .map(|name| push("/Groups", "Group", json!({ "displayName": name })));
        for group in [&outer, &other] {
            let tie = json!({ "access_group": tied });
            let path = format!("/api/v1/groups/{group}");
            let done = app.send("PATCH", &path, Some(&hall.olga), Some(&tie));
            assert_eq!(done.status, 200, "{}", done.text);
        }
        let member = |op: &str, group: &str, member: &str| {
            let path = format!("/Groups/{group}");
            let operation = match op {
                "add" => json!({"op": op, "path": "members", "value": [{"value": member}]}),
                _ => json!({"op": op, "path": format!("members[value eq \"{member}\"]")}),
            };
            let body = json!({ "Operations": [operation] });
            scim("PATCH", &path, "api:messages:2.0:PatchOp", body);
        };
        member("add", &outer, &inner);
        let why = json!({"reason": "drill"});
        let panic = |group: &str| format!("/api/v1/groups/{group}/panic");
        let toll =
            |requests: u32| json!({"links": 0, "people": 0, "requests": requests, "more": false});
        let state = |path: &str| hall.get(path)["request"]["state"].clone();
        for pressed in [&inner, &outer] {
            member("add", &inner, &kim);
            let path = hall.asked(&json!({ "user": kim }));
            // Another way leads to the same access group, so that the request would still be granted.
            member("add", &other, &kim);
            assert_eq!(hall.get(&panic(pressed)), toll(1), "counted once");
            member("remove", &inner, &kim);
            assert_eq!(hall.get(&panic(pressed)), toll(1), "whoever left is there");
            let reply = app.send("POST", &panic(pressed), Some(&hall.olga), Some(&why));
            assert_eq!(reply.json(), toll(1), "{}", reply.text);
            assert_eq!(state(&path), "withdrawn");
            assert_eq!(hall.get(&panic(pressed)), toll(0));

            // Asked for by the other way alone, it is none of theirs.
            let path = hall.asked(&json!({ "user": kim }));
            let reply = app.send("POST", &panic(pressed), Some(&hall.olga), Some(&why));
            assert_eq!(reply.json(), toll(0), "{}", reply.text);
            assert_eq!(state(&path), "pending");
            let withdrawn = app.send("DELETE", &path, Some(&hall.olga), None);
            assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
            member("remove", &other, &kim);
        }
    });
}
