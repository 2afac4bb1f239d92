//! Access requests whose access group, or whose person's way in, changes before they are decided on.

use super::*;

fn patch(hall: &Hall<'_>, path: &str, body: &Value) {
    let changed = hall.app.send("PATCH", path, Some(&hall.olga), Some(body));
    assert_eq!(changed.status, 200, "{}", changed.text);
}

fn first(hall: &Hall<'_>, list: &str) -> String {
    let id = hall.get(list)["items"][0]["id"].clone();
    format!("{list}/{}", id.as_str().unwrap())
}

#[test]
fn approvals_count_for_the_access_group_they_were_given_for_alone() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let path = hall.asked(&json!({}));
        let strict = json!({
            "name": "Strict", "approvals_required": 3, "approval_levels": 2, "governance_id_required": true,
        });
        let strict = app.send(
            "POST",
            "/api/v1/access-groups",
            Some(&hall.olga),
            Some(&strict),
        );
        let vendor = first(&hall, "/api/v1/vendors");
        patch(
            &hall,
            &vendor,
            &json!({"access_group": strict.json()["id"]}),
        );
        let vote = hall.say(&path, "approvals", &hall.others[0]);
        refused(&vote, 409, "another access group");
        let links = hall.get("/api/v1/links");
        assert_eq!(links["items"], json!([]));
        assert_eq!(hall.get(&path)["votes"], json!([]), "it did not count");
    });
}

#[test]
fn only_an_approval_makes_the_link_and_only_of_those_who_have_a_say_by_now() {
    both_engines(|app| {
        let policy = json!({"approvals_required": 2, "disapprovals_to_cancel": 3});
        let hall = Hall::new(app, policy);
        let path = hall.asked(&json!({}));
        let say = |word: &str, token: &str| {
            let reply = hall.say(&path, word, token);
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.json()
        };
        say("approvals", &hall.others[0]);
        let access_group = first(&hall, "/api/v1/access-groups");
        patch(&hall, &access_group, &json!({"approvals_required": 1}));
        let against = say("disapprovals", &hall.others[1]);
        assert_eq!(against["request"]["request"]["state"], "pending");
        assert_eq!(against["made"], json!(null));

        patch(
            &hall,
            &access_group,
            &json!({"approvers": ["dan", "eve"], "approvals_required": 2}),
        );
        let third = say("approvals", &hall.others[2]);
        assert_eq!(third["request"]["approvals"], 1, "Bob has no say any more");
        let last = say("approvals", &hall.others[3]);
        assert_eq!(last["request"]["request"]["state"], "approved");
        assert_eq!(last["made"]["link"]["state"], "live");
    });
}

#[test]
fn a_governance_id_that_is_asked_for_by_now_is_asked_for_by_the_last_approval_too() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let path = hall.asked(&json!({}));
        let access_group = first(&hall, "/api/v1/access-groups");
        patch(
            &hall,
            &access_group,
            &json!({"governance_id_required": true}),
        );
        let vote = hall.say(&path, "approvals", &hall.others[0]);
        refused(&vote, 409, "governance id");
        assert_eq!(hall.get(&path)["votes"], json!([]), "it did not count");
    });
}

#[test]
fn an_approval_ends_no_request_and_who_may_not_vote_any_more_has_no_say() {
    both_engines(|app| {
        let policy = json!({"approvals_required": 2, "disapprovals_to_cancel": 3});
        let hall = Hall::new(app, policy);
        let path = hall.asked(&json!({}));
        let say = |word: &str, token: &str| {
            let reply = hall.say(&path, word, token);
            assert_eq!(reply.status, 200, "{}", reply.text);
            reply.json()["request"].clone()
        };
        say("disapprovals", &hall.others[0]);
        let access_group = first(&hall, "/api/v1/access-groups");
        patch(&hall, &access_group, &json!({"disapprovals_to_cancel": 1}));
        let told = say("approvals", &hall.others[1]);
        assert_eq!(told["request"]["state"], "pending");
        assert_eq!(told["approvals"], 1);
        // The last approval is told why it makes no link, and does not count.
        let last = hall.say(&path, "approvals", &hall.others[2]);
        refused(&last, 409, "have disapproved (1)");
        assert_eq!(hall.get(&path)["approvals"], 1);
        patch(&hall, &access_group, &json!({"disapprovals_to_cancel": 3}));

        app.admin_token("root", Role::Administrator);
        app.service
            .delete_administrator(&app.admin(), "cid")
            .unwrap();
        assert_eq!(hall.get(&path)["approvals"], 0, "cid is gone");
        let told = say("approvals", &hall.others[2]);
        assert_eq!(told["request"]["state"], "pending");
    });
}

#[test]
fn a_link_lets_in_by_no_access_group_that_takes_approvals_nobody_gave() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({}));
        let made = app.send(
            "POST",
            &format!("/api/v1/users/{}/links", hall.ada),
            Some(&hall.olga),
            Some(&json!({})),
        );
        assert_eq!(made.status, 201, "{}", made.text);
        let free = first(&hall, "/api/v1/access-groups");
        assert!(free.ends_with(made.json()["link"]["access_group"].as_str().unwrap()));
        let new = |name: &str, approvals: u32| {
            let body = json!({"name": name, "approvals_required": approvals});
            let made = app.send(
                "POST",
                "/api/v1/access-groups",
                Some(&hall.olga),
                Some(&body),
            );
            made.json()["id"].clone()
        };
        let vendor = first(&hall, "/api/v1/vendors");
        patch(
            &hall,
            &vendor,
            &json!({"access_group": new("Also free", 0)}),
        );
        let link = || hall.get("/api/v1/links")["items"][0].clone();
        assert_eq!(link()["state"], "live");
        patch(&hall, &vendor, &json!({"access_group": new("Strict", 2)}));
        assert_eq!(link()["state"], "ended");
        assert_eq!(link()["end_reason"], "unapproved");
    });
}

#[test]
fn of_several_groups_the_one_with_the_fewest_approvals_counts_for_all_that_a_link_opens() {
    both_engines(|app| {
        let okta = app.register(internal("Okta"));
        let root = app.admin_token("root", Role::Administrator);
        let post = |path: &str, token: &str, body: &Value| {
            let made = app.send("POST", path, Some(token), Some(body));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let change = |path: &str, token: &str, body: &Value| {
            let made = app.send("PATCH", path, Some(token), Some(body));
            assert!(made.status < 300, "{}", made.text);
        };
        let schema = |name: &str| format!("urn:ietf:params:scim:schemas:core:2.0:{name}");
        let ada = json!({"schemas": [schema("User")], "userName": "ada"});
        let ada = post("/scim/v2/Users", &okta.token, &ada);
        let mut groups = Vec::new();
        // The strict one is the older.
        for (name, approvals) in [("Strict", 2), ("Free", 0)] {
            let group = json!({
                "schemas": [schema("Group")], "displayName": name, "members": [{"value": ada}],
            });
            let group = post("/scim/v2/Groups", &okta.token, &group);
            let settings = json!({
                "name": name, "approvals_required": approvals, "may_view_passwords": approvals > 0,
            });
            let tied = post("/api/v1/access-groups", &root, &settings);
            let path = format!("/api/v1/groups/{group}");
            change(&path, &root, &json!({"access_group": tied}));
            groups.push((group, tied));
        }
        let decision = app.send(
            "GET",
            &format!("/api/v1/users/{ada}/access"),
            Some(&root),
            None,
        );
        assert!(decision.text.contains("Free") && !decision.text.contains("Strict"));
        let path = format!("/api/v1/users/{ada}/links");
        let made = app.send("POST", &path, Some(&root), Some(&json!({})));
        assert_eq!(made.status, 201, "{}", made.text);
        let link = || {
            let links = app.send("GET", "/api/v1/links", Some(&root), None).json();
            links["items"][0].clone()
        };
        assert_eq!(link()["access_group"], json!(groups[1].1));
        let gone = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "remove", "path": format!("members[value eq \"{ada}\"]")}],
        });
        change(
            &format!("/scim/v2/Groups/{}", groups[1].0),
            &okta.token,
            &gone,
        );
        assert_eq!(link()["end_reason"], "unapproved", "{}", link());
    });
}

#[test]
fn whoever_gets_an_access_group_back_gets_in_by_it_without_approval_no_more() {
    both_engines(|app| {
        let okta = app.register(internal("Okta"));
        let root = app.admin_token("root", Role::Administrator);
        let send = |method: &str, path: &str, token: &str, body: &Value| {
            let reply = app.send(method, path, Some(token), Some(body));
            assert!(reply.status < 300, "{path}: {}", reply.text);
            let answered = (!reply.text.is_empty()).then(|| reply.json());
            answered.unwrap_or_default()
        };
        let schema = |name: &str| format!("urn:ietf:params:scim:schemas:core:2.0:{name}");
        let ada = json!({"schemas": [schema("User")], "userName": "ada"});
        let ada = send("POST", "/scim/v2/Users", &okta.token, &ada)["id"].clone();
        let groups = ["Own", "Other"].map(|name| {
            let group = json!({
                "schemas": [schema("Group")], "displayName": name, "members": [{"value": ada}],
            });
            let group = send("POST", "/scim/v2/Groups", &okta.token, &group)["id"].clone();
            let tied = send(
                "POST",
                "/api/v1/access-groups",
                &root,
                &json!({"name": name}),
            )["id"]
                .clone();
            let path = format!("/api/v1/groups/{}", group.as_str().unwrap());
            send("PATCH", &path, &root, &json!({"access_group": tied}));
            (format!("/scim/v2/Groups/{}", group.as_str().unwrap()), tied)
        });
        let path = format!("/api/v1/users/{}/links", ada.as_str().unwrap());
        let made = send("POST", &path, &root, &json!({}))["link"]["access_group"].clone();
        let own = groups.iter().find(|(_, tied)| *tied == made).unwrap();
        let other = groups.iter().find(|(_, tied)| *tied != made).unwrap();
        let link = || {
            let links = app.send("GET", "/api/v1/links", Some(&root), None).json();
            links["items"][0].clone()
        };
        let member = |group: &str, operation: Value| {
            let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
            let body = json!({"schemas": [schema], "Operations": [operation]});
            send("PATCH", group, &okta.token, &body);
        };
        let filtered = format!("members[value eq \"{}\"]", ada.as_str().unwrap());
        let out = |group: &str| member(group, json!({"op": "remove", "path": filtered}));
        out(&own.0);
        assert_eq!(
            (&link()["state"], &link()["access_group"]),
            (&json!("live"), &other.1)
        );
        let events = app
            .send(
                "GET",
                "/api/v1/events?action=link.carried",
                Some(&root),
                None,
            )
            .json();
        assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
        let strict = json!({"approvals_required": 2});
        send(
            "PATCH",
            &format!("/api/v1/access-groups/{}", own.1.as_str().unwrap()),
            &root,
            &strict,
        );
        member(
            &own.0,
            json!({"op": "add", "path": "members", "value": [{"value": ada}]}),
        );
        assert_eq!(
            (&link()["state"], &link()["access_group"]),
            (&json!("live"), &other.1)
        );
        out(&other.0);
        assert_eq!(link()["end_reason"], "unapproved", "{}", link());
    });
}

#[test]
fn what_cannot_be_mailed_is_not_asked_to_be() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let told = hall.ask(&json!({"forwarding": "mailed"}));
        refused(&told, 409, "no mail server is configured");
        assert_eq!(hall.ask(&json!({})).status, 201);
    });
}
