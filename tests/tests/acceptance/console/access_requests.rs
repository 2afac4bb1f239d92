//! Access requests on the console: asked for on a person's page, decided on by others.

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::{TestApp, both_engines};

use super::{Browser, form};
use crate::links::hall;

/// Ada, who gets in once others have approved, and the administrator's token.
fn guarded(app: &TestApp, policy: &serde_json::Value) -> (String, String) {
    let (ada, _, root) = hall(app);
    let groups = app.send("GET", "/api/v1/access-groups", Some(&root), None);
    let path = format!(
        "/api/v1/access-groups/{}",
        groups.json()["items"][0]["id"].as_str().unwrap()
    );
    let changed = app.send("PATCH", &path, Some(&root), Some(policy));
    assert_eq!(changed.status, 200, "{}", changed.text);
    (ada, root)
}

/// Asks for Ada; answers the request's page.
fn asked(browser: &Browser<'_>, ada: &str, fields: &[(&str, &str)]) -> String {
    let made = browser.post(&format!("/console/people/{ada}/request"), fields);
    assert_eq!(made.status, 303, "{}", made.text);
    let page = made.header("location").unwrap();
    let page = page.strip_suffix("?done=requested").expect("it was made");
    page.to_owned()
}

#[test]
fn what_is_wrong_with_a_request_stands_at_its_field() {
    both_engines(|app| {
        let policy = json!({"approvals_required": 1, "governance_id_required": true});
        let (ada, _) = guarded(app, &policy);
        let olga = Browser::new(app, "olga", Role::Operator);
        let ask = format!("/console/people/{ada}/request");
        let form_of = olga.get(&ask);
        assert_eq!(form_of.status, 200, "{}", form_of.text);
        let disk = ("justification", "replace the <disk>");
        for (fields, field) in [
            (vec![], "justification"),
            (vec![disk], "governance_id"),
            (vec![disk, ("start", "some day")], "start"),
            (
                vec![disk, ("governance_id", "1"), ("start", "2020-01-01T00:00")],
                "start",
            ),
            (vec![disk, ("duration_minutes", "long")], "duration_minutes"),
        ] {
            let wrong = olga.post(&ask, &fields);
            assert_eq!(wrong.status, 422, "{fields:?}");
            let mistake = format!("id=\"request-{field}-mistake\"");
            assert!(wrong.text.contains(&mistake), "{mistake}: {}", wrong.text);
            let kept = wrong.text.contains("replace the &#60;disk&#62;");
            assert_eq!(kept, !fields.is_empty());
        }
    });
}

#[test]
fn access_is_requested_and_every_level_approved_by_others() {
    both_engines(|app| {
        let policy = json!({
            "approvals_required": 1, "approval_levels": 2, "governance_id_required": true,
        });
        let (ada, root) = guarded(app, &policy);
        let [olga, bob, cid] =
            ["olga", "bob", "cid"].map(|name| Browser::new(app, name, Role::Operator));
        let max = Browser::new(app, "max", Role::Auditor);
        let person = format!("/console/people/{ada}");
        let ask = format!("{person}/request");
        let shown = olga.get(&person);
        assert!(shown.text.contains("requires approvals: 2 in all"));
        assert!(shown.text.contains(&ask));
        assert!(!shown.text.contains("Make a link"));
        assert!(!max.get(&person).text.contains(&ask));

        let right = [
            ("justification", "replace the <disk>"),
            ("governance_id", "CHG0042"),
            ("duration_minutes", "240"),
        ];
        let page = asked(&olga, &ada, &right);
        let second = olga.post(&ask, &right);
        assert_eq!(second.status, 422);
        assert!(second.text.contains("is requested already"));
        assert!(olga.get(&person).text.contains(&page));

        // Nobody decides on their own, twice, or without a word.
        let vote = format!("{page}/vote");
        let own = olga.get(&page).text;
        assert!(own.contains("You made this request") && !own.contains("name=\"vote\""));
        assert!(own.contains("4 hours") && own.contains("CHG0042"));
        let own = olga.post(&vote, &[("vote", "approve")]);
        assert_eq!(own.status, 422);
        assert!(own.text.contains("You made this request"));
        let silent = bob.post(&vote, &[("comment", "well")]);
        assert_eq!(silent.status, 422);
        assert!(silent.text.contains("id=\"vote-vote-mistake\""));
        assert!(silent.text.contains("value=\"well\""));
        let said = bob.post(&vote, &[("vote", "approve"), ("comment", "<b>seen</b>")]);
        let voted = format!("{page}?done=voted");
        assert_eq!(
            said.header("location"),
            Some(voted.as_str()),
            "{}",
            said.text
        );
        let shown = bob.get(&page).text;
        for text in [
            "Approvals: 1 of 2. Level: 2 of 2.",
            "&#60;b&#62;seen&#60;/b&#62;",
            "You have voted on this request already",
        ] {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert_eq!(bob.post(&vote, &[("vote", "approve")]).status, 422);

        // What stands in the way is told at the form.
        let blocks = format!("/api/v1/users/{ada}/blocks");
        let block = json!({"reason": "lost laptop"});
        let block = app.send("POST", &blocks, Some(&root), Some(&block)).json();
        let stopped = cid.post(&vote, &[("vote", "approve")]);
        assert_eq!(stopped.status, 422);
        assert!(stopped.text.contains("id=\"vote-comment-mistake\""));
        assert!(stopped.text.contains("Lift the block first"));
        let lift = format!("/api/v1/blocks/{}", block["id"].as_str().unwrap());
        app.send("DELETE", &lift, Some(&root), None);
        let last = cid.post(&vote, &[("vote", "approve")]);
        assert_eq!(last.status, 200, "{}", last.text);
        assert!(last.text.contains("/enter/"), "the address, this once");
        let late = cid.post(&vote, &[("vote", "approve")]);
        assert_eq!(late.status, 422);
        assert!(late.text.contains("The request is approved already."));

        // The lists, the search and the link know of it.
        let id = page.rsplit('/').next().unwrap();
        let found = max.get(&format!("/console/search?{}", form(&[("q", id)])));
        assert_eq!(found.header("location"), Some(page.as_str()));
        let all = format!("/console/access-requests?state=approved&user={ada}");
        assert!(max.get(&all).text.contains(&page));
        let pending = max.get("/console/access-requests?state=pending");
        assert!(pending.text.contains("Nothing matches"));
        let csv = max.get("/console/access-requests?format=csv");
        assert!(csv.text.contains("\"replace the <disk>\""), "{}", csv.text);
        let shown = max.get(&page).text;
        let start = shown.find("/console/links/").unwrap();
        let link = shown[start..].split('"').next().unwrap();
        assert!(max.get(link).text.contains("by an approved request"));
    });
}

#[test]
fn access_requests_are_disapproved_and_withdrawn() {
    both_engines(|app| {
        let policy = json!({"approvals_required": 1, "disapprovals_to_cancel": 1});
        let (ada, _) = guarded(app, &policy);
        let [olga, bob] = ["olga", "bob"].map(|name| Browser::new(app, name, Role::Operator));
        let why = [("justification", "audit")];
        let page = asked(&olga, &ada, &why);
        let home = bob.get("/console").text;
        assert!(home.contains(&page), "it waits for a decision");
        let said = bob.post(&format!("{page}/vote"), &[("vote", "disapprove")]);
        assert_eq!(said.status, 303, "{}", said.text);
        let shown = bob.get(&page).text;
        assert!(shown.contains("disapproved") && !shown.contains("/withdraw"));

        let page = asked(&olga, &ada, &why);
        let withdraw = format!("{page}/withdraw");
        assert!(!bob.get(&page).text.contains(&withdraw));
        assert_eq!(bob.post(&withdraw, &[]).status, 403);
        assert_eq!(olga.post(&withdraw, &[]).status, 303);
        assert!(olga.get(&page).text.contains("withdrawn"));
        assert_eq!(olga.post(&withdraw, &[]).status, 409);
    });
}
