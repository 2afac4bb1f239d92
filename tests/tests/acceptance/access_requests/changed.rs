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
