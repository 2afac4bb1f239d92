//! Who is to approve, while that changes, and where they cannot.

use vestibule_domain::{AccessGroupId, ProviderId, UserId};
use vestibule_service::storage::{Write, access_groups, links};

use super::*;
use crate::held::meanwhile;

#[test]
fn the_last_approval_counts_by_what_the_access_group_says_once_it_is_given() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let path = hall.asked(&json!({}));
        let ada: UserId = hall.ada.parse().unwrap();
        let providers = app
            .send("GET", "/api/v1/users", Some(&hall.olga), None)
            .json();
        let provider = providers["items"][0]["provider"].as_str().unwrap();
        let provider: ProviderId = provider.parse().unwrap();
        let groups = hall.get("/api/v1/access-groups");
        let group: AccessGroupId = groups["items"][0]["id"].as_str().unwrap().parse().unwrap();
        let hold = move |tx: &mut Write<'_>| links::lock_grounds(tx, provider, ada);
        let stricter = move |tx: &mut Write<'_>| {
            let mut next = access_groups::find(tx, group)?.unwrap();
            let version = next.access_group.version;
            next.access_group.settings.approvals_required = 2;
            next.access_group.version += 1;
            access_groups::replace(tx, version, &next)
        };
        let said = meanwhile(app, hold, stricter, || {
            hall.say(&path, "approvals", &hall.others[0])
        });
        assert_eq!(said.status, 200, "{}", said.text);
        assert_eq!(
            said.json()["request"]["request"]["state"],
            "pending",
            "{}",
            said.text
        );
        assert_eq!(hall.get("/api/v1/links")["items"], json!([]));
        let said = hall.say(&path, "approvals", &hall.others[1]);
        assert_eq!(
            said.json()["request"]["request"]["state"],
            "approved",
            "{}",
            said.text
        );
    });
}

#[test]
fn a_start_that_comes_while_the_last_approval_waits_stands_in_no_link_s_way() {
    both_engines(|app| {
        let hall = Hall::new(app, json!({"approvals_required": 1}));
        let start = app.clock.now() + Duration::milliseconds(500);
        let path = hall.asked(&json!({"start": start, "duration_minutes": 60}));
        let ada: UserId = hall.ada.parse().unwrap();
        let users = hall.get("/api/v1/users");
        let provider = users["items"][0]["provider"].as_str().unwrap();
        let provider: ProviderId = provider.parse().unwrap();
        let hold = move |tx: &mut Write<'_>| links::lock_grounds(tx, provider, ada);
        let said = meanwhile(
            app,
            hold,
            |_| Ok(()),
            || hall.say(&path, "approvals", &hall.others[0]),
        );
        assert_eq!(said.status, 200, "{}", said.text);
        let link = &said.json()["made"]["link"];
        assert_eq!(link["state"], "live", "{}", said.text);
        let end = start + Duration::minutes(60);
        let ends: chrono::DateTime<chrono::Utc> = link["end"].as_str().unwrap().parse().unwrap();
        assert!(
            (ends - end).abs() <= Duration::milliseconds(1),
            "{ends} {end}"
        );
    });
}

#[test]
fn what_too_few_of_the_named_approvers_may_approve_is_refused_at_once() {
    both_engines(|app| {
        let policy = json!({"approvals_required": 1, "approvers": ["OLGA"]});
        let hall = Hall::new(app, policy);
        let groups = hall.get("/api/v1/access-groups");
        let group = format!(
            "/api/v1/access-groups/{}",
            groups["items"][0]["id"].as_str().unwrap()
        );
        let change = |body: &Value| {
            let changed = app.send("PATCH", &group, Some(&hall.olga), Some(body));
            assert_eq!(changed.status, 200, "{}", changed.text);
        };
        let none = "(1) than it names approvers, besides olga, who may approve this (0); name more of them there, or have";
        refused(&hall.ask(&json!({})), 409, none);
        change(&json!({"approvers": ["olga", "Olga", "bob"], "approval_levels": 2}));
        refused(
            &hall.ask(&json!({})),
            409,
            "(2) than it names approvers, besides olga, who may approve this (1);",
        );
        // With olga's they would be two: of no help where three are needed.
        change(&json!({"approval_levels": 3}));
        let nobody_else = "(3) than it names approvers who may approve what olga asks for (1); name more of them there\"";
        refused(&hall.ask(&json!({})), 409, nobody_else);
        change(&json!({"approvers": ["bob"], "approval_levels": 2}));
        let no_approver = "what olga asks for (1); name more of them there\"";
        refused(&hall.ask(&json!({})), 409, no_approver);
        change(&json!({"approvers": ["olga", "bob", "cid"]}));
        app.admin_token("root", Role::Administrator);
        app.service
            .change_administrator(&app.admin(), "cid", Role::Auditor, true)
            .unwrap();
        refused(&hall.ask(&json!({})), 409, "may approve this (1);");
        assert_eq!(hall.told(), [""; 0], "nothing was asked for");
        app.service
            .change_administrator(&app.admin(), "cid", Role::Operator, true)
            .unwrap();
        hall.asked(&json!({}));
    });
}
