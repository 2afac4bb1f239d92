//! People who ask for a way in at the sign-in page.

use chrono::Duration;
use vestibule_domain::LinkId;
use vestibule_service::links::LinkQuery;
use vestibule_service::links::codes::Visitor;
use vestibule_service::{LinkSettings, Settings};
use vestibule_testkit::{Engine, Setup, TestApp};

use super::{FORM, form};
use crate::links::hall;

fn with_mail() -> TestApp {
    with_mail_on(Engine::Sqlite).unwrap()
}

fn with_mail_on(engine: Engine) -> Option<TestApp> {
    let usual = Settings::default();
    let settings = Settings {
        links: LinkSettings {
            mail: true,
            ..usual.links
        },
        ..usual
    };
    let setup = Setup {
        settings,
        ..Setup::default()
    };
    TestApp::start_with(engine, setup)
}

#[test]
fn the_answer_is_the_same_for_known_and_unknown_and_often_is_refused() {
    let app = with_mail();
    hall(&app);
    let page = app.send_raw("GET", "/flow/auth/signin", &[], "");
    assert!(page.text.contains("action=\"/flow/auth/link\""));
    let ask = |email: &str| {
        let body = form(&[("email", email)]);
        app.send_raw("POST", "/flow/auth/link", &[FORM], &body)
    };
    let known = ask("ada@acme.example");
    let unknown = ask("nobody@acme.example");
    let nonsense = ask("<nonsense>");
    for reply in [&known, &unknown, &nonsense] {
        assert_eq!(reply.status, 303);
        assert_eq!(
            reply.header("location"),
            Some("/flow/auth/signin?notice=asked")
        );
        assert_eq!(reply.text, known.text);
    }
    let foreign = [FORM, ("sec-fetch-site", "cross-site")];
    let reply = app.send_raw("POST", "/flow/auth/link", &foreign, "email=x");
    assert_eq!(reply.status, 403);
    let statuses: Vec<u16> = (0..20).map(|_| ask("ada@acme.example").status).collect();
    assert_eq!(statuses[19], 429, "{statuses:?}");
}

#[test]
fn a_link_goes_only_to_who_may_get_in_and_not_again_and_again() {
    let app = with_mail();
    let (ada, _, _) = hall(&app);
    let admin = app.admin();
    let visitor = Visitor {
        address: "192.0.2.1".parse().ok(),
        request_id: "test".to_owned(),
    };
    let ask = |email: &str| app.service.ask_for_link(email, &visitor).unwrap();
    let links = || {
        let found = app.service.list_links(&admin, &LinkQuery::default());
        let mut links = found.unwrap().items;
        links.retain(|one| one.link.origin.name() == "asked");
        links
    };
    let letters = |link: LinkId| app.service.letters_of(&admin, link).unwrap().len();
    ask("nobody@acme.example");
    ask("not an address");
    assert!(links().is_empty());
    ask(" ADA@acme.example ");
    let [made] = &links()[..] else {
        panic!("{:?}", links());
    };
    assert_eq!(
        (made.link.user.to_string(), letters(made.link.id)),
        (ada.clone(), 1)
    );
    // Soon again: nothing. Later: the same link once more.
    ask("ada@acme.example");
    assert_eq!(letters(made.link.id), 1);
    app.clock.advance(Duration::seconds(601));
    ask("ada@acme.example");
    assert_eq!((links().len(), letters(made.link.id)), (1, 2));
    // Whoever may not get in is sent nothing.
    let id = ada.parse().unwrap();
    app.service
        .block_user(&admin, id, "Lost badge", None)
        .unwrap();
    app.clock.advance(Duration::seconds(601));
    ask("ada@acme.example");
    assert_eq!((links().len(), letters(made.link.id)), (1, 2));
}

#[test]
fn an_address_is_entered_as_it_may_be_written_elsewhere() {
    for app in [Engine::Sqlite, Engine::Postgres]
        .into_iter()
        .filter_map(with_mail_on)
    {
        hall(&app);
        let admin = app.admin();
        let visitor = Visitor {
            address: "192.0.2.1".parse().ok(),
            request_id: "test".to_owned(),
        };
        let letters = || -> usize {
            let found = app.service.list_links(&admin, &LinkQuery::default());
            let links = found.unwrap().items.into_iter();
            let asked = links.filter(|one| one.link.origin.name() == "asked");
            asked
                .map(|one| app.service.letters_of(&admin, one.link.id).unwrap().len())
                .sum()
        };
        for (sent, written) in [
            " ADA@acme.example ",
            "ada@acme.example.",
            " Ada@ACME.example. ",
            "ada@acme\u{3002}example\u{3002}",
            "a\u{ad}da@ac\u{200b}me.example",
            "ada @ acme.example",
        ]
        .iter()
        .enumerate()
        {
            app.service.ask_for_link(written, &visitor).unwrap();
            assert_eq!(letters(), sent + 1, "{written:?}");
            app.clock.advance(Duration::seconds(601));
        }
        for wrong in ["ada@acme.example\r\nBcc: eve@evil.example", "ada@", "", "."] {
            app.service.ask_for_link(wrong, &visitor).unwrap();
        }
        assert_eq!(letters(), 6);
    }
}
