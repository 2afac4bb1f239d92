//! R-WEB-7: who signed in a while ago proves once more who they are before what is dangerous.

use chrono::Duration;
use vestibule_service::Role;
use vestibule_testkit::{both_engines, third_party};
use vestibule_web::console::{ROUTES, Verb};

use super::{Browser, PASSWORD, concrete};

#[test]
fn r_web_7_dangerous_changes_ask_for_the_password_once_more() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let okta = app.register(third_party("Okta"));
        let admin = app.admin();
        let tokens = || {
            let found = app.service.find_provider(&admin, okta.id).unwrap();
            found.activation_tokens.len()
        };
        let page = format!("/console/providers/{}/tokens", okta.id);
        let typed = [("name", "<second>"), ("days", "30"), ("scope", "scim")];
        app.clock.advance(Duration::minutes(9));
        assert_eq!(browser.post(&page, &typed).status, 200);
        assert_eq!(tokens(), 2);

        app.clock.advance(Duration::minutes(1));
        let typed = [("name", "<third>"), ("days", "30"), ("scope", "scim")];
        let asked = browser.post(&page, &typed);
        assert_eq!(asked.status, 200, "{}", asked.text);
        for kept in [
            "name=\"name\" value=\"&#60;third&#62;\"",
            "name=\"days\" value=\"30\"",
            "name=\"proof_password\"",
        ] {
            assert!(asked.text.contains(kept), "{kept}: {}", asked.text);
        }
        let with = |password: &str| {
            let mut all = typed.to_vec();
            all.push(("proof_password", password));
            browser.post(&page, &all)
        };
        let wrong = with("not the password");
        assert_eq!(wrong.status, 422);
        assert!(wrong.text.contains("id=\"proof-proof_password-mistake\""));
        assert!(!wrong.text.contains("not the password"));
        assert_eq!(tokens(), 2, "nothing is done without");
        let right = with(PASSWORD);
        assert!(right.text.contains("vat_"), "{}", right.text);
        assert_eq!(tokens(), 3);

        // Guesses count as those at the sign-in page do.
        let guesses: Vec<_> = (0..11).map(|_| with("a guess")).collect();
        assert!(guesses[9].text.contains("That is not your password."));
        assert!(guesses[10].text.contains("Too many failed attempts"));
        assert!(!with(PASSWORD).text.contains("vat_"));
        assert_eq!(tokens(), 3);
    });
}

#[test]
fn r_web_7_a_proof_counts_for_ten_minutes_in_its_own_session() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        let okta = app.register(third_party("Okta"));
        let home = format!("/console/providers/{}", okta.id);
        let page = format!("{home}/tokens");
        app.clock.advance(Duration::minutes(11));
        let other = Browser::again(app, "administrator");
        app.clock.advance(Duration::minutes(11));
        let issue = |who: &Browser<'_>, name: &str, proof: Option<&str>| {
            let mut typed = vec![("name", name), ("days", "30"), ("scope", "scim")];
            typed.extend(proof.map(|password| ("proof_password", password)));
            who.post(&page, &typed).text
        };
        let asks = |page: &str| page.contains("name=\"proof_password\"");
        let asked = issue(&browser, "a", None);
        assert!(asks(&asked), "{asked}");
        assert!(
            asked.contains(&format!("class=\"button\" href=\"{home}\"")),
            "{asked}"
        );
        assert!(issue(&browser, "a", Some(PASSWORD)).contains("vat_"));
        app.clock.advance(Duration::minutes(9));
        assert!(issue(&browser, "b", None).contains("vat_"));
        assert!(
            asks(&issue(&other, "c", None)),
            "another session proves nothing"
        );
        app.clock.advance(Duration::minutes(1));
        assert!(asks(&issue(&browser, "d", None)));
    });
}

#[test]
fn r_web_7_every_dangerous_change_asks_and_no_other() {
    both_engines(|app| {
        let browser = Browser::new(app, "administrator", Role::Administrator);
        app.clock.advance(Duration::minutes(11));
        let mut asking = Vec::new();
        let own = |path: &str| path == "/sign-out" || path == "/account/password";
        for route in ROUTES.iter().filter(|route| !own(route.path)) {
            if route.method == Verb::Post {
                let reply = browser.post(&concrete(route), &[]);
                if reply.text.contains("name=\"proof_password\"") {
                    asking.push(route.path);
                }
            }
        }
        assert_eq!(
            asking,
            [
                "/providers/new",
                "/providers/{id}/edit",
                "/providers/{id}/allow",
                "/providers/{id}/rotate",
                "/providers/{id}/tokens",
                "/set-up",
                "/administrators/new",
                "/administrators/{name}",
                "/administrators/{name}/reset",
                "/administrators/{name}/tokens",
                "/account/second-factor",
            ]
        );
    });
}
