//! What pages say is still missing for what somebody set out to do, and where it is done.

use serde_json::json;
use vestibule_domain::network::AllowedAddresses;
use vestibule_service::Role;
use vestibule_service::keys::SealingKey;
use vestibule_testkit::{Engine, Setup, TestApp, third_party};
use vestibule_web::console::SIGN_IN;

use super::{Browser, app, form};
use crate::links::hall;

const ENTERS: &str = "It takes more than that to enter";
const NO_LINK: &str = "No access link of this person works now.";
const NO_GATEWAY: &str = "No gateway is configured";

#[test]
fn who_may_get_in_is_told_what_it_takes_besides() {
    let gateway = Some("https://gateway.example/enter".to_owned());
    for gateway_url in [None, gateway] {
        let without = gateway_url.is_none();
        let mut setup = Setup {
            gateway_url,
            ..Setup::default()
        };
        setup.settings.links.sealing_key = SealingKey::parse(&SealingKey::generate());
        let app = TestApp::start_with(Engine::Sqlite, setup).expect("SQLite is always at hand");
        app.service.prepare_signing_key().unwrap();
        let (ada, ..) = hall(&app);
        let browser = Browser::new(&app, "operator", Role::Operator);
        let person = format!("/console/people/{ada}");
        let page = browser.get(&person).text;
        for text in ["Gets in", ENTERS, NO_LINK, "href=\"#links\""] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert_eq!(page.contains(NO_GATEWAY), without, "{page}");
        let home = browser.get("/console").text;
        let told = "Nobody can be handed over: no gateway is configured.";
        assert_eq!(home.contains(told), without, "{home}");

        let made = browser.post(&format!("{person}/links"), &[]);
        assert_eq!(made.status, 200, "{}", made.text);
        assert!(made.text.contains("they also need an entry code"));
        let code = made.text.split("action=\"").find_map(|part| {
            let (action, _) = part.split_once('"')?;
            action.ends_with("/code").then(|| action.to_owned())
        });
        let shown = browser.post(&code.expect("a button shows one"), &[]);
        assert!(shown.text.contains("Entry code"), "{}", shown.text);
        let page = browser.get(&person).text;
        assert!(!page.contains(NO_LINK), "{page}");
        assert_eq!(page.contains(ENTERS), without, "{page}");

        assert!(page.contains("lifting the block does not bring them back"));
        browser.post(&format!("{person}/block"), &[("reason", "Theft")]);
        let page = browser.get(&person).text;
        assert!(!page.contains(ENTERS), "{page}");
        let lift = page.split("action=\"").find_map(|part| {
            let (action, _) = part.split_once('"')?;
            action.ends_with("/lift").then(|| action.to_owned())
        });
        let lifted = browser.post(&lift.expect("it can be lifted"), &[]);
        let lifted = browser.get(lifted.header("location").unwrap()).text;
        for text in [
            "The block is lifted.",
            "Links that it ended stay ended",
            NO_LINK,
        ] {
            assert!(lifted.contains(text), "{text}: {lifted}");
        }
    }
}

#[test]
fn a_vendor_without_an_access_group_to_choose_leads_to_making_one_and_back() {
    let app = app();
    let okta = app.register(third_party("Okta"));
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Acme",
    });
    let pushed = app.send("POST", "/scim/v2/Groups", Some(&okta.token), Some(&group));
    assert_eq!(pushed.status, 201, "{}", pushed.text);
    let browser = Browser::new(&app, "operator", Role::Operator);
    let list = browser.get("/console/vendors").text;
    let (_, id) = list.split_once("href=\"/console/vendors/").unwrap();
    let vendor = format!("/console/vendors/{}", &id[..36]);
    let told = "There is no access group to choose yet.";
    let page = browser.get(&vendor).text;
    assert!(page.contains(told), "{page}");
    assert!(page.contains("href=\"/console/access-groups/new\""));
    let fields = [("status", "enabled"), ("start", ""), ("access_group", "")];
    let mistaken = browser.post(&format!("{vendor}/edit"), &fields);
    assert!(mistaken.text.contains(told), "{}", mistaken.text);
    let fields = [
        ("name", "Windows"),
        ("enabled", "yes"),
        ("approvals_required", "0"),
        ("disapprovals_to_cancel", "1"),
        ("approval_levels", "1"),
    ];
    let made = browser.post("/console/access-groups/new", &fields);
    assert_eq!(made.status, 303, "{}", made.text);
    let group = browser.get(made.header("location").unwrap()).text;
    assert!(group.contains("Nobody gets in by it yet"), "{group}");
    assert!(
        group.contains(&format!("href=\"{vendor}\">Acme")),
        "{group}"
    );
    assert!(!browser.get(&vendor).text.contains(told));
}

#[test]
fn the_sign_in_page_says_whence_the_first_administrator_comes_to_whoever_asks() {
    let app = app();
    let before = app.send_raw("GET", SIGN_IN, &[], "").text;
    assert!(before.contains("the server prints a link that makes the first one"));
    drop(Browser::new(&app, "auditor", Role::Auditor));
    // Whether there is one is nothing for outsiders.
    assert_eq!(app.send_raw("GET", SIGN_IN, &[], "").text, before);
}

#[test]
fn a_user_type_is_chosen_by_nobody_but_who_registers() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let page = browser.get("/console/set-up?product=okta_custom").text;
    assert!(page.contains("name=\"user_type\""), "{page}");
    assert!(!page.contains(" checked"), "{page}");
    let typed = [
        ("product", "okta_custom"),
        ("name", "Okta of Acme"),
        ("addresses", "203.0.113.7"),
    ];
    let refused = browser.post("/console/set-up", &typed);
    assert_eq!(refused.status, 422, "{}", refused.text);
    for text in [
        "id=\"setup-user_type-mistake\"",
        "Choose one.",
        "Okta of Acme",
        "203.0.113.7",
    ] {
        assert!(refused.text.contains(text), "{text}: {}", refused.text);
    }
    let none = browser.get("/console/providers").text;
    assert!(!none.contains("Okta of Acme"), "{none}");
    let fresh = browser.get("/console/providers/new").text;
    for kind in ["third_party", "internal"] {
        let chosen = format!("value=\"{kind}\" checked");
        assert!(!fresh.contains(&chosen), "{fresh}");
    }
}

#[test]
fn the_lane_knows_a_right_credential_and_an_attribute_that_nobody_knows() {
    let app = app();
    let browser = Browser::new(&app, "administrator", Role::Administrator);
    let mut settings = third_party("Okta");
    settings.allowed_addresses = AllowedAddresses::parse(&["192.0.2.1".to_owned()]).unwrap();
    let okta = app.register(settings);
    let page = format!("/console/providers/{}/set-up?product=okta_custom", okta.id);
    assert!(
        browser
            .get(&page)
            .text
            .contains("A product in the cloud cannot reach")
    );
    let ask = |path: &str| app.send("GET", path, Some(&okta.token), None).status;
    let right = "Its credential is right; its address may not call yet.";
    assert!(!browser.get(&page).text.contains(right));
    assert_eq!(ask("/scim/v2/Users"), 403);
    app.service.flush_telemetry().unwrap();
    assert!(browser.get(&page).text.contains(right));

    let allow = format!("/console/providers/{}/allow", okta.id);
    browser.post(&allow, &[("address", "127.0.0.1"), ("back", &page)]);
    let lane = browser.get(&page).text;
    assert!(!lane.contains(right), "{lane}");
    let again = "The product has to try again";
    for text in ["its address may call now. Let the product try again", again] {
        assert!(lane.contains(text), "{text}: {lane}");
    }
    for path in ["Users", "Groups"] {
        let query = form(&[("filter", "login eq \"ada\"")]);
        assert_eq!(ask(&format!("/scim/v2/{path}?{query}")), 400);
    }
    app.service.flush_telemetry().unwrap();
    let lane = browser.get(&page).text;
    for text in [
        "It looks people up by login, which is no attribute here.",
        "Unique identifier field for users = userName",
        "It filters by login, which is no attribute here.",
    ] {
        assert!(lane.contains(text), "{text}: {lane}");
    }
    assert!(!lane.contains(again), "{lane}");
    assert!(!lane.contains("Its filter cannot be read."), "{lane}");
}

#[test]
fn links_and_the_timeline_are_filtered_by_name_or_address_too() {
    let app = app();
    let (ada, vendor, _) = hall(&app);
    let browser = Browser::new(&app, "operator", Role::Operator);
    browser.post(&format!("/console/people/{ada}/links"), &[]);
    let person = format!("href=\"/console/people/{ada}\"");
    let asked = |path: &str, field: &str, text: &str| {
        let query = form(&[(field, text)]);
        browser.get(&format!("/console/{path}?{query}")).text
    };
    for (field, text) in [
        ("user", "ada"),
        ("user", "ADA@acme.example"),
        ("user", &ada),
        ("vendor", "Acme"),
        ("vendor", "acm"),
        ("vendor", &vendor),
    ] {
        let page = asked("links", field, text);
        assert!(page.contains(&person), "{field} {text}: {page}");
    }
    assert!(asked("timeline", "vendor", "Acme").contains("Vendor ends"));
    for (path, field, told) in [
        ("links", "user", "Nobody is found by that."),
        ("links", "vendor", "No vendor is found by that."),
        ("timeline", "vendor", "No vendor is found by that."),
    ] {
        let page = asked(path, field, "grace");
        assert!(page.contains(told), "{path} {field}: {page}");
        assert!(page.contains("Nothing is listed"), "{path} {field}: {page}");
    }
}
