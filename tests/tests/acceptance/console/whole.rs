//! Pages that tell everything about one thing, and what is shown or done once, on both engines.

use serde_json::{Value, json};
use vestibule_service::{Precondition, Role};
use vestibule_testkit::{TestApp, both_engines, internal, third_party};

use super::{Browser, form};
use crate::links::hall;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

fn push(app: &TestApp, token: &str, path: &str, body: &Value) -> String {
    let made = app.send("POST", &format!("/scim/v2{path}"), Some(token), Some(body));
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// As somebody whose browser speaks Portuguese.
fn in_portuguese(browser: &Browser<'_>, path: &str) -> String {
    let headers = [
        ("cookie", browser.cookie.as_str()),
        ("accept-language", "pt-BR"),
    ];
    let page = browser.app.send_raw("GET", path, &headers, "");
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

#[test]
fn an_internal_group_shows_its_members_page_by_page_and_its_history() {
    both_engines(|app| {
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let entra = app.register(internal("Entra"));
        let mut members: Vec<Value> = (0..24)
            .map(|number| {
                let user = json!({"schemas": [USER], "userName": format!("worker-{number:02}")});
                json!({"value": push(app, &entra.token, "/Users", &user)})
            })
            .collect();
        let nested = json!({"schemas": [GROUP], "displayName": "Nested <b>", "members": []});
        let nested = push(app, &entra.token, "/Groups", &nested);
        members.push(json!({"value": nested}));
        let group = json!({"schemas": [GROUP], "displayName": "Night shift", "members": members});
        let group = push(app, &entra.token, "/Groups", &group);
        let first = browser.get(&format!("/console/internal-groups/{group}"));
        assert_eq!(first.status, 200);
        let workers = |text: &str| text.matches(">worker-").count();
        assert_eq!(workers(&first.text), 20);
        assert!(first.text.contains("Group created"), "{}", first.text);
        let marker = "internal-groups/";
        let next = first
            .text
            .split("href=\"")
            .filter_map(|part| part.split('"').next())
            .find(|href| href.contains(marker) && href.contains("after="))
            .expect("there is a second page");
        let second = browser.get(next.trim_end_matches("#members"));
        assert_eq!(workers(&second.text), 4);
        let to_nested = format!("/console/internal-groups/{nested}");
        assert!(second.text.contains(&to_nested), "{}", second.text);
        assert!(
            second.text.contains("Nested &#60;b&#62;"),
            "{}",
            second.text
        );
    });
}

#[test]
fn a_vendor_says_of_each_person_by_which_rule_they_are_there() {
    both_engines(|app| {
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let (ada, vendor, _) = hall(app);
        let page = browser.get(&format!("/console/vendors/{vendor}")).text;
        assert!(page.contains("Last group wins"), "{page}");
        let why = format!("/console/people/{ada}#placement");
        assert!(page.contains(&why), "{page}");
        assert!(page.contains("In this vendor&#39;s group alone."), "{page}");
    });
}

#[test]
fn who_reads_portuguese_is_told_everything_in_portuguese() {
    both_engines(|app| {
        let browser = Browser::new(app, "operator", Role::Operator);
        let (ada, vendor, _) = hall(app);
        let okta = app.register(third_party("Entra"));
        let person = in_portuguese(&browser, &format!("/console/people/{ada}"));
        for text in [
            "ada está com a conta ativa",
            "O fornecedor Acme só termina em <time ",
        ] {
            assert!(person.contains(text), "{text}: {person}");
        }
        let user = ada.parse().unwrap();
        app.service
            .block_user(&app.admin(), user, "Lost laptop", None)
            .unwrap();
        let person = in_portuguese(&browser, &format!("/console/people/{ada}"));
        for text in [
            "Um administrador bloqueou ada: Lost laptop",
            "Levante o bloqueio de ada (Lost laptop)",
        ] {
            assert!(person.contains(text), "{text}: {person}");
        }
        assert!(!person.contains("An administrator"), "{person}");
        assert!(browser.get(&format!("/console/vendors/{vendor}")).status == 200);

        let sent = json!({"schemas": [GROUP], "displayName": "Bolt", "accessGroup": "None"});
        push(app, &okta.token, "/Groups", &sent);
        let taken = json!({"schemas": [USER], "userName": "grace"});
        push(app, &okta.token, "/Users", &taken);
        let again = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&taken));
        assert_eq!(again.status, 409);
        let odd = json!({"schemas": [USER], "userName": 7});
        let odd = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&odd));
        assert_eq!(odd.status, 400, "{}", odd.text);
        app.service.flush_telemetry().unwrap();
        let provider = in_portuguese(&browser, &format!("/console/providers/{}", okta.id));
        for text in [
            "userName já está em uso",
            "Um atributo está mapeado incorretamente.",
            "A resposta, em inglês: userName: expected a string",
            "e nenhum grupo de acesso tem esse nome",
        ] {
            assert!(provider.contains(text), "{text}: {provider}");
        }
        let trace = again.header("x-request-id").unwrap();
        let request = in_portuguese(&browser, &format!("/console/requests/{trace}"));
        assert!(request.contains("libere-o onde está agora"), "{request}");
    });
}

#[test]
fn a_deletion_tells_how_far_it_is_and_goes_on_when_it_was_stopped() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let okta = app.register(third_party("Okta"));
        let user = json!({"schemas": [USER], "userName": "grace"});
        let grace = push(app, &okta.token, "/Users", &user);
        let group =
            json!({"schemas": [GROUP], "displayName": "Acme", "members": [{"value": grace}]});
        push(app, &okta.token, "/Groups", &group);
        let path = format!("/console/providers/{}", okta.id);
        let progress = format!("{path}/deletion");
        // Nothing has begun: there is no progress to be seen.
        let early = browser.get(&progress);
        assert_eq!(early.header("location"), Some(&*format!("{path}/delete")));
        let wrong = browser.post(&format!("{path}/delete"), &[("confirm", "Entra")]);
        assert_eq!(wrong.status, 422);

        // It begins, and what was at it is gone.
        app.service
            .begin_deletion(&app.admin(), okta.id, Precondition::NONE)
            .unwrap();
        let node = app.another_node();
        let elsewhere = Browser::again(&node, "administrator");
        let stopped = elsewhere.get(&progress);
        assert_eq!(stopped.status, 200, "{}", stopped.text);
        for text in ["nobody goes on with it here", "Go on with the deletion"] {
            assert!(stopped.text.contains(text), "{text}: {}", stopped.text);
        }
        let going = browser.get(&progress);
        assert!(
            going.text.contains("http-equiv=\"refresh\""),
            "{}",
            going.text
        );
        assert!(going.text.contains("step by step"), "{}", going.text);

        let pressed = elsewhere.post(&format!("{path}/delete"), &[("confirm", "Okta")]);
        assert_eq!(pressed.header("location"), Some(progress.as_str()));
        // It goes on beside; the page leads to the list once all is gone.
        let end = loop {
            let page = elsewhere.get(&progress);
            if page.status == 303 {
                break page;
            }
            assert_eq!(page.status, 200, "{}", page.text);
            assert!(
                !page.text.contains("Go on with the deletion"),
                "{}",
                page.text
            );
        };
        assert_eq!(
            end.header("location"),
            Some("/console/providers?done=deleted")
        );
        let gone = app.service.find_provider(&app.admin(), okta.id);
        assert!(gone.is_err(), "{gone:?}");
        assert!(app.service.deletion(okta.id).is_some());
    });
}

#[test]
fn a_link_that_stands_is_given_out_again_until_it_ends() {
    both_engines(|app| {
        let browser = Browser::new(app, "operator", Role::Operator);
        let (ada, _, root) = hall(app);
        let path = format!("/api/v1/users/{ada}/links");
        let made = app.send("POST", &path, Some(&root), Some(&json!({})));
        assert_eq!(made.status, 201, "{}", made.text);
        let link = made.json()["link"]["id"].as_str().unwrap().to_owned();
        let again = format!("/console/links/{link}/again");
        let shown = browser.post(&again, &[]);
        assert_eq!(shown.status, 200, "{}", shown.text);
        let address = |text: &str| {
            let rest = text.split("/enter/").nth(1).expect("an address");
            let secret: String = rest
                .chars()
                .take_while(|c| *c != '"' && *c != '<')
                .collect();
            secret
        };
        let secret = address(&shown.text);
        assert_eq!(
            app.send("GET", &format!("/enter/{secret}"), None, None)
                .status,
            200
        );
        // What is shown once is not lost by a press on what would leave the page.
        assert!(
            shown.text.contains("class=\"looks once\""),
            "{}",
            shown.text
        );
        assert!(!shown.text.contains("name=\"language\""), "{}", shown.text);
        let page = browser.get(&format!("/console/links/{link}")).text;
        assert!(page.contains("Link shown again"), "{page}");
        assert!(!page.contains(&secret), "{page}");
        let ended = browser.post(&format!("/console/links/{link}/revoke"), &[]);
        assert_eq!(ended.status, 303);
        let late = browser.post(&again, &[]);
        assert_eq!(late.status, 409, "{}", late.text);
        assert!(late.text.contains("Make another one"), "{}", late.text);
    });
}

#[test]
fn an_error_without_an_id_leads_to_what_it_means() {
    both_engines(|app| {
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let find = |text: &str| browser.get(&format!("/console/search?{}", form(&[("q", text)])));
        let meant = find("Error authenticating: 401 Unauthorized");
        assert_eq!(meant.status, 200);
        for text in ["What the answer 401 means", "issue a new activation token"] {
            assert!(meant.text.contains(text), "{text}: {}", meant.text);
        }
        let okta = app.register(third_party("Okta"));
        let user = json!({"schemas": [USER], "userName": "grace"});
        push(app, &okta.token, "/Users", &user);
        app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
        app.service.flush_telemetry().unwrap();
        let found = find("Errors reported by remote server: userName is already in use");
        let place = found.header("location").expect("there is one such request");
        assert!(place.starts_with("/console/requests/"), "{place}");
    });
}
