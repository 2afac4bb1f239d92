//! Access links over real HTTP, on both engines.

use std::sync::Barrier;

use serde_json::{Value, json};
use vestibule_domain::link::Wanted;
use vestibule_service::Role;
use vestibule_service::links::Forwarding;
use vestibule_service::links::codes::{Attempt, Visitor};
use vestibule_testkit::{Reply, TestApp, both_engines, third_party};

const THREADS: usize = 64;

/// Acme, open for thirty days, with Ada in it: her id, Acme's and an administrator's token.
pub(super) fn hall(app: &TestApp) -> (String, String, String) {
    let okta = app.register(third_party("Okta"));
    let scim = |path: &str, body: Value| {
        let made = app.send("POST", path, Some(&okta.token), Some(&body));
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let ada = scim(
        "/scim/v2/Users",
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ada",
            "emails": [{"value": "ada@acme.example", "primary": true}],
        }),
    );
    scim(
        "/scim/v2/Groups",
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": "Acme",
            "members": [{"value": ada}],
        }),
    );
    let root = app.admin_token("root", Role::Administrator);
    let admin = |method: &str, path: &str, body: Value| {
        let reply = app.send(method, path, Some(&root), Some(&body));
        assert!(reply.status < 300, "{}", reply.text);
        reply.json()
    };
    let windows = admin("POST", "/api/v1/access-groups", json!({"name": "Windows"}));
    let vendor = app.send("GET", "/api/v1/vendors", Some(&root), None).json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    admin(
        "PATCH",
        &format!("/api/v1/vendors/{vendor}"),
        json!({
            "access_group": windows["id"],
            "start": "2026-01-01T00:00:00Z",
            "end": "2026-01-31T00:00:00Z",
            "status": "enabled",
        }),
    );
    (ada, vendor, root)
}

#[test]
fn an_administrator_makes_shows_and_ends_a_link() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let send = |method: &str, path: &str, body: Option<Value>| {
            app.send(
                method,
                &format!("/api/v1{path}"),
                Some(&root),
                body.as_ref(),
            )
        };
        let made = send(
            "POST",
            &format!("/users/{ada}/links"),
            Some(json!({"duration_minutes": 60})),
        );
        assert_eq!(made.status, 201, "{}", made.text);
        let made = made.json();
        assert_eq!(made["link"]["state"], "live");
        assert_eq!(made["link"]["end"], "2026-01-01T01:00:00Z");
        let url = made["url"].as_str().unwrap();
        assert!(
            url.starts_with(&format!("{}/enter/val_", app.url())),
            "{url}"
        );
        let id = made["link"]["id"].as_str().unwrap();

        let shown = send("GET", &format!("/links/{id}"), None);
        assert_eq!(shown.json(), made["link"]);
        assert!(!shown.text.contains("val_"));
        let listed = send("GET", &format!("/links?vendor={vendor}&state=live"), None);
        assert_eq!(listed.json()["items"], json!([made["link"]]));

        let code = send("POST", &format!("/links/{id}/codes"), None);
        assert_eq!(code.status, 201, "{}", code.text);
        assert_eq!(code.json()["expires"], "2026-01-01T00:10:00Z");

        let toll = json!({"links": 1, "people": 1, "requests": 0, "more": false});
        let preview = send("GET", &format!("/vendors/{vendor}/panic"), None);
        assert_eq!(preview.json(), toll);
        let pressed = send(
            "POST",
            &format!("/vendors/{vendor}/panic"),
            Some(json!({"reason": "drill"})),
        );
        assert_eq!(pressed.json(), toll);
        let ended = send("DELETE", &format!("/links/{id}"), None);
        assert_eq!(
            ended.json()["end_reason"],
            "panic",
            "ended stays as it ended"
        );

        for (body, field) in [
            (json!({"duration_minutes": 0}), "duration_minutes"),
            (json!({"duration_minutes": -1}), "duration_minutes"),
            (json!({"duration_minutes": i64::MAX}), "duration_minutes"),
            (
                json!({"duration_minutes": 60 * 24 * 31}),
                "duration_minutes",
            ),
            (json!({"start": "2025-12-31T00:00:00Z"}), "start"),
            (json!({"start": "2026-01-31T00:00:00Z"}), "start"),
            (json!({"end": "2026-01-02T00:00:00Z"}), "end"),
        ] {
            let refused = send("POST", &format!("/users/{ada}/links"), Some(body.clone()));
            assert_eq!(refused.status, 400, "{body}: {}", refused.text);
            assert_eq!(refused.json()["field"], field, "{body}");
        }
    });
}

#[test]
fn a_link_that_stands_is_given_out_again_over_the_api() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let auditor = app.admin_token("aud", Role::Auditor);
        let as_whom = |token: &str, path: &str, body: &Value| {
            let path = format!("/api/v1{path}");
            app.send("POST", &path, Some(token), Some(body))
        };
        let post = |path: &str, body: &Value| as_whom(&root, path, body);
        let made = post(&format!("/users/{ada}/links"), &json!({})).json();
        let again = format!("/links/{}/again", made["link"]["id"].as_str().unwrap());
        let given = post(&again, &json!({}));
        assert_eq!(given.status, 200, "{}", given.text);
        let given = given.json();
        assert_eq!(given["link"], made["link"]);
        assert_ne!(given["url"], made["url"]);
        for address in [&made["url"], &given["url"]] {
            let path = address.as_str().unwrap().strip_prefix(&app.url()).unwrap();
            assert_eq!(app.send("GET", path, None, None).status, 200);
        }
        let events = app.send(
            "GET",
            "/api/v1/events?action=link.shown",
            Some(&auditor),
            None,
        );
        let told = &events.json()["items"];
        assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
        assert_eq!(told[0]["actor"]["kind"], "administrator");
        assert_eq!(told[0]["subject"]["id"], made["link"]["id"]);
        assert!(!events.text.contains("val_"));

        let refused = |reply: Reply, status: u16, kind: &str, words: &str| {
            assert_eq!(reply.status, status, "{}", reply.text);
            let problem = reply.json();
            assert_eq!(problem["type"], format!("urn:vestibule:problem:{kind}"));
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(words), "{words}: {detail}");
        };
        let mailed = json!({"forwarding": "mailed"});
        refused(post(&again, &mailed), 409, "conflict", "set smtp_host");
        let shown = json!({"forwarding": "shown"});
        refused(
            as_whom(&auditor, &again, &shown),
            403,
            "forbidden",
            "operator",
        );
        let odd = json!({"forwarding": "carried"});
        refused(post(&again, &odd), 400, "invalid", "forwarding");
        let nobody = format!("/links/{ada}/again");
        refused(post(&nobody, &shown), 404, "not-found", "link");
        let reason = json!({"reason": "drill"});
        assert_eq!(
            post(&format!("/vendors/{vendor}/panic"), &reason).status,
            200
        );
        refused(post(&again, &shown), 409, "conflict", "make another one");
    });
}

#[test]
fn of_64_who_try_one_code_one_gets_in() {
    both_engines(|app| {
        let (ada, ..) = hall(app);
        let admin = app.admin();
        let ada = ada.parse().unwrap();
        for _ in 0..4 {
            let link = app
                .service
                .create_link(&admin, ada, Wanted::default(), Forwarding::Shown)
                .unwrap();
            let digest = link.secret.as_ref().unwrap().digest();
            let code = app
                .service
                .show_entry_code(&admin, link.link.id)
                .unwrap()
                .code;
            let barrier = Barrier::new(THREADS);
            let outcomes: Vec<Attempt> = std::thread::scope(|scope| {
                let visitors: Vec<_> = (0..THREADS)
                    .map(|number| {
                        let (barrier, code, service) = (&barrier, &code, &app.service);
                        scope.spawn(move || {
                            let visitor = Visitor {
                                address: None,
                                request_id: format!("race-{number}"),
                            };
                            barrier.wait();
                            loop {
                                match service.enter(digest, code, &visitor) {
                                    Ok(attempt) => return attempt,
                                    // Four connections for sixty-four: who finds none asks again.
                                    Err(vestibule_service::Error::Unavailable(_)) => {}
                                    Err(error) => panic!("{error}"),
                                }
                            }
                        })
                    })
                    .collect();
                visitors
                    .into_iter()
                    .map(|visitor| visitor.join().unwrap())
                    .collect()
            });
            let granted = outcomes
                .iter()
                .filter(|attempt| matches!(attempt, Attempt::Granted(_)))
                .count();
            let refused = outcomes
                .iter()
                .filter(|attempt| matches!(attempt, Attempt::WrongCode))
                .count();
            assert_eq!((granted, refused), (1, THREADS - 1));
        }
    });
}

#[test]
fn a_link_never_outlives_a_deactivation_that_races_with_its_making() {
    both_engines(|app| {
        let (ada, ..) = hall(app);
        let admin = app.admin();
        let okta_token = app
            .service
            .list_providers(
                &admin,
                &vestibule_service::providers::ProviderQuery::default(),
            )
            .unwrap()
            .items
            .first()
            .map(|provider| provider.provider.id)
            .map(|id| {
                app.service
                    .issue_activation_token(&admin, id, "race", None, None)
                    .unwrap()
                    .access_token
            })
            .unwrap();
        let set_active = |active: bool| {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "active", "value": active}],
            });
            let path = format!("/scim/v2/Users/{ada}");
            let reply = app.send("PATCH", &path, Some(okta_token.expose()), Some(&body));
            assert_eq!(reply.status, 200, "{}", reply.text);
        };
        let person = ada.parse().unwrap();
        for _ in 0..10 {
            let barrier = Barrier::new(2);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    barrier.wait();
                    // Refused or made, as the race falls out.
                    drop(app.service.create_link(
                        &admin,
                        person,
                        Wanted::default(),
                        Forwarding::Shown,
                    ));
                });
                barrier.wait();
                set_active(false);
            });
            let query = vestibule_service::links::LinkQuery {
                state: Some(vestibule_domain::link::LinkState::Live),
                ..Default::default()
            };
            assert_eq!(app.service.list_links(&admin, &query).unwrap().items, []);
            set_active(true);
        }
    });
}
