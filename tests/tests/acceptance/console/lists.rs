//! What every list of the console does: filters, sorts, pages, exports.

mod found;
mod ordered;
mod placed;

use chrono::Duration;
use serde_json::json;
use vestibule_domain::network::AllowedAddresses;
use vestibule_domain::provider::ProviderSettings;
use vestibule_service::Role;
use vestibule_testkit::{Engine, Setup, TestApp, both_engines, internal, third_party};

use super::{Browser, app, form};
use crate::links::hall;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

#[test]
fn the_timeline_says_what_time_will_change() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let link = json!({"duration_minutes": 60});
        let links = format!("/api/v1/users/{ada}/links");
        let link = app.send("POST", &links, Some(&root), Some(&link));
        assert_eq!(link.status, 201, "{}", link.text);
        let max = Browser::new(app, "max", Role::Auditor);
        let get = |query: &str| max.get(&format!("/console/timeline{query}")).text;
        let all = get("");
        let link = link.json()["link"]["id"].as_str().unwrap().to_owned();
        for text in [
            "Vendor ends",
            "Link runs out",
            &format!("/console/vendors/{vendor}"),
            &format!("/console/links/{link}"),
            "aria-sort=\"ascending\"",
        ] {
            assert!(all.contains(text), "{text}: {all}");
        }
        let place = |text: &str, page: &str| page.find(&format!(">{text}</span>")).unwrap();
        assert!(place("Link runs out", &all) < place("Vendor ends", &all));
        let turned = get("?sort=-at");
        assert!(place("Vendor ends", &turned) < place("Link runs out", &turned));

        let row = |page: &str, text: &str| page.contains(&format!(">{text}</span>"));
        let links_only = get("?kind=link.expired");
        assert!(row(&links_only, "Link runs out") && !row(&links_only, "Vendor ends"));
        assert!(row(&get(&format!("?vendor={vendor}")), "Vendor ends"));
        let late = get("?from=2026-01-31T00:00");
        assert!(row(&late, "Vendor ends") && !row(&late, "Link runs out"));
        for wrong in ["?to=soon", "?from=2026-01-20T00:00&to=2026-01-10T00:00"] {
            assert!(get(wrong).contains("id=\"filter-to-mistake\""), "{wrong}");
        }
        assert!(get("?from=soon").contains("id=\"filter-from-mistake\""));
        let csv = get("?format=csv");
        assert!(
            csv.contains("\"2026-01-31T00:00:00Z\",\"Vendor ends\",\"Acme\""),
            "{csv}"
        );
        let home = max.get(&format!("/console/vendors/{vendor}")).text;
        assert!(home.contains(&format!("/console/timeline?vendor={vendor}")));
    });
}

#[test]
fn an_exported_event_says_of_what_and_from_what_to_what() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let max = Browser::new(app, "max", Role::Administrator);
        let link = json!({"duration_minutes": 60});
        let links = format!("/api/v1/users/{ada}/links");
        let link = app.send("POST", &links, Some(&root), Some(&link));
        assert_eq!(link.status, 201, "{}", link.text);
        let group = json!({"name": "Linux"});
        let group = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&group));
        let group = group.json()["id"].as_str().unwrap().to_owned();
        let typed = [
            ("access_group", group.as_str()),
            ("status", "disabled"),
            ("start", "2026-01-01T00:00"),
        ];
        let edited = max.post(&format!("/console/vendors/{vendor}/edit"), &typed);
        assert_eq!(edited.status, 303, "{}", edited.text);
        let page = max.get(&format!("/console/events?subject={vendor}")).text;
        assert!(page.contains("Access group: Windows → Linux"), "{page}");
        let csv = max
            .get(&format!("/console/events?subject={vendor}&format=csv"))
            .text;
        let (heading, rows) = csv.split_once("\r\n").unwrap();
        assert!(
            heading.ends_with("\"ID of the event\",\"ID of what it is about\""),
            "{heading}"
        );
        let row = rows.lines().find(|row| row.contains("Linux")).unwrap();
        for told in [
            format!("Linux ({group})"),
            "Status: enabled → disabled".to_owned(),
            format!("\"{vendor}\""),
        ] {
            assert!(row.contains(&told), "{told}: {row}");
        }
        let id = row.rsplit('"').nth(3).unwrap();
        let one = max.get(&format!("/console/events?id={id}")).text;
        assert!(one.contains("Vendor changed"), "{one}");
        // A change of more than a line is told whole.
        let many = (1..=30).map(|number| format!("10.0.0.{number}"));
        let many = many.collect::<Vec<_>>();
        let typed = [
            ("name", "Other"),
            ("addresses", &many.join("\n")),
            ("scopes", "scim"),
            ("client_secret_basic", "yes"),
            ("client_secret_post", "yes"),
        ];
        let okta = app.register(third_party("Other"));
        let edit = format!("/console/providers/{}/edit", okta.id);
        let edited = max.post(&edit, &typed);
        assert_eq!(edited.status, 303, "{}", edited.text);
        let okta = okta.id.to_string();
        let page = max.get(&format!("/console/events?subject={okta}")).text;
        assert!(page.contains("; +27"), "{page}");
        let csv = max.get(&format!("/console/events?subject={okta}&format=csv"));
        assert!(csv.text.contains("10.0.0.30"), "{}", csv.text);
        for (list, id) in [("people", &ada), ("vendors", &vendor)] {
            let csv = max.get(&format!("/console/{list}?format=csv")).text;
            assert!(csv.contains(&format!("\"{id}\"\r\n")), "{csv}");
        }
        let csv = max.get("/console/links?format=csv").text;
        assert!(csv.contains(&format!(",\"{ada}\"\r\n")), "{csv}");
        let csv = max.get("/console/credentials?format=csv").text;
        assert!(!csv.contains("within"), "{csv}");
    });
}

#[test]
fn a_page_leads_to_the_one_before_and_a_spreadsheet_has_no_buttons() {
    both_engines(|app| {
        let (_, _, root) = hall(app);
        for number in 0..101 {
            let group = json!({"name": format!("g{number:03}")});
            let made = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&group));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let max = Browser::new(app, "max", Role::Auditor);
        let leads = |page: &str, rel: &str| -> Option<String> {
            let (before, _) = page.split_once(&format!("\" rel=\"{rel}\""))?;
            let href = before.rsplit('"').next()?;
            Some(href.replace("&amp;", "&").replace("&#38;", "&"))
        };
        let first = max.get("/console/access-groups?sort=name").text;
        assert_eq!(leads(&first, "prev"), None);
        let second = max.get(&leads(&first, "next").unwrap()).text;
        assert!(
            second.contains("g100") && !second.contains("g098"),
            "{second}"
        );
        let back = max.get(&leads(&second, "prev").unwrap()).text;
        assert!(back.contains("g000") && back.contains("g098"), "{back}");
        let csv = max.get("/console/providers?format=csv").text;
        let heading = csv.lines().next().unwrap();
        assert!(
            heading.ends_with("\"Add users to remote access?\""),
            "{heading}"
        );
        assert!(!csv.contains("Details"), "{csv}");
    });
}

#[test]
fn events_name_what_they_are_about_and_who_did_it() {
    both_engines(|app| {
        let (ada, _, _) = hall(app);
        let max = Browser::new(app, "max", Role::Operator);
        let blocked = max.post(
            &format!("/console/people/{ada}/block"),
            &[("reason", "Lost a key")],
        );
        assert_eq!(blocked.status, 303, "{}", blocked.text);
        let person = max.get(&format!("/console/people/{ada}")).text;
        let history = &person[person.find("id=\"history\"").unwrap()..];
        assert!(history.contains("Block set"), "{history}");
        assert!(history.contains("User created"), "{history}");
        let all = max.get(&format!("/console/events?subject={ada}")).text;
        assert!(
            all.contains("Block set") && all.contains("User created"),
            "{all}"
        );
        assert!(
            all.contains("href=\"/console/administrators/max\""),
            "{all}"
        );

        // What was lifted stays where it was told.
        let (_, lift) = person.split_once("/blocks/").unwrap();
        let lift = format!("/console/people/{ada}/blocks/{}/lift", &lift[..36]);
        assert_eq!(max.post(&lift, &[]).status, 303);
        let person = max.get(&format!("/console/people/{ada}")).text;
        let history = &person[person.find("id=\"history\"").unwrap()..];
        let exported = max.get(&format!("/console/events?subject={ada}&format=csv"));
        for told in [
            history,
            &max.get(&format!("/console/events?subject={ada}")).text,
            &exported.text,
        ] {
            for what in ["Block set", "Block lifted"] {
                assert!(told.contains(what), "{what}: {told}");
            }
        }

        let csv = |query: &str| max.get(&format!("/console/events?format=csv{query}")).text;
        let mine = csv("&by=max");
        assert!(mine.contains("\"Block set\",\"max\",\"Block "), "{mine}");
        assert!(!mine.contains("User created"), "{mine}");
        assert!(
            csv("&action=user.created").contains("\"User ada\""),
            "{}",
            csv("")
        );
        assert!(
            csv("&action=user.created").contains("127.0.0.1)\""),
            "{}",
            csv("")
        );
        let nobody = max.get("/console/events?by=nobody").text;
        assert!(nobody.contains("id=\"filter-by-mistake\""), "{nobody}");
        let now = app.clock.now();
        let at = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M").to_string();
        let later = at(now + Duration::minutes(1));
        let before = at(now - Duration::days(3));
        assert!(csv(&format!("&until={later}&since={before}")).contains("Block set"));
        assert!(!csv(&format!("&since={later}")).contains("Block set"));
        assert!(!csv(&format!("&until={before}")).contains("Block set"));
        let form = form(&[("name", "max"), ("password", "wrong")]);
        app.send_raw("POST", "/flow/auth/signin", &[super::FORM], &form);
        let failed = csv("&action=administrator.sign_in_failed");
        assert!(failed.contains("Administrator max"), "{failed}");
        let portuguese = app.send_raw(
            "GET",
            "/console/events?action=administrator.sign_in_failed",
            &[("cookie", &max.cookie), ("accept-language", "pt-BR")],
            "",
        );
        assert!(
            portuguese.text.contains("desde o último êxito"),
            "{}",
            portuguese.text
        );
    });
}

#[test]
fn an_export_has_every_row_however_many_pages_they_fill() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut setup = Setup::default();
        // What is read at once.
        setup.settings.maximum_page = 3;
        let Some(app) = TestApp::start_with(engine, setup) else {
            continue;
        };
        let root = app.admin_token("root", Role::Administrator);
        for name in ["=1+1", "b", "c", "d", "e", "f", "g", "h"] {
            let group = json!({ "name": name });
            let made = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&group));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let max = Browser::new(&app, "max", Role::Auditor);
        let export = max.get("/console/access-groups?sort=name&format=csv");
        assert_eq!(export.status, 200);
        let file = export.header("content-disposition").unwrap();
        assert_eq!(file, "attachment; filename=\"access-groups.csv\"");
        let names: Vec<&str> = export
            .text
            .lines()
            .map(|row| row.split('"').nth(1).unwrap())
            .collect();
        let all = ["Name", "'=1+1", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(names, all);
        // The list itself is a page; its export begins with the first row wherever one is.
        let page = max.get("/console/access-groups?sort=name").text;
        assert!(
            page.contains("rel=\"next\"") && page.contains("data-print"),
            "{page}"
        );
        let next = page
            .split("href=\"")
            .find(|part| part.contains("rel=\"next\""));
        let next = next
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&");
        let second = max.get(&next).text;
        assert!(
            second.contains(">d</") && !second.contains(">c</"),
            "{second}"
        );
        assert!(!second.contains("after=") || !second.contains("after=&format=csv"));
        let csv = second
            .split("href=\"")
            .find(|part| part.contains("download"));
        let csv = csv.unwrap().split('"').next().unwrap();
        assert!(!csv.contains("after"), "{csv}");
    }
}

#[test]
fn no_page_grows_with_the_credentials() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let admin = app.admin();
        for number in 0..60 {
            let days = Some((number + 1) * 24 * 60);
            app.service
                .issue_activation_token(&admin, okta.id, &format!("token {number}"), days, None)
                .unwrap();
        }
        let max = Browser::new(app, "max", Role::Administrator);
        let tokens = |page: &str| page.matches(">token ").count();
        let own = max.get(&format!("/console/providers/{}", okta.id)).text;
        assert_eq!(tokens(&own), 10, "{own}");
        let whole = format!(
            "/console/credentials?kind=activation_token&#38;provider={}",
            okta.id
        );
        assert!(own.contains(&whole), "{own}");
        let path = format!(
            "/console/credentials?kind=activation_token&provider={}",
            okta.id
        );
        let list = max.get(&path).text;
        assert!(list.contains("rel=\"next\""), "{list}");
        assert_eq!(tokens(&list), 50);
        assert!(list.contains("/revoke\""));
        let csv = max.get(&format!("{path}&format=csv")).text;
        assert_eq!(csv.lines().count(), 1 + 61, "{csv}");
        // 30 of them end soon; the first page shows eight and leads to all.
        let home = max.get("/console").text;
        assert_eq!(
            home.matches("Activation token: ends within").count(),
            8,
            "{home}"
        );
        assert!(home.contains("/console/credentials?state=soon"), "{home}");
    });
}

#[test]
fn the_first_page_shows_the_first_of_many_providers_and_leads_to_all() {
    both_engines(|app| {
        for number in 0..12 {
            app.register(ProviderSettings {
                allowed_addresses: AllowedAddresses::default(),
                valid_until: Some(app.clock.now() + Duration::days(5)),
                tags: vec![format!("tag{number}")],
                ..third_party(&format!("Product {number:02}"))
            });
        }
        let max = Browser::new(app, "max", Role::Auditor);
        let home = max.get("/console").text;
        let names = |page: &str| page.matches(">Product ").count();
        // Eight that end, eight that nobody may call, eight tokens that end with them.
        let (_, needs) = home.split_once("id=\"needs\"").unwrap();
        let needs = needs.split_once("</section>").unwrap().0;
        assert_eq!(names(needs), 3 * 8, "{home}");
        for path in [
            "/console/providers?sort=end",
            "/console/providers?addresses=none",
        ] {
            assert!(home.contains(path), "{path}: {home}");
            assert_eq!(names(&max.get(path).text), 12);
        }
        let found = max.get("/console/providers?q=TAG7").text;
        assert!(
            names(&found) == 1 && found.contains(">Product 07<"),
            "{found}"
        );
        assert_eq!(names(&max.get("/console/providers?validity=ended").text), 0);
        assert_eq!(names(&max.get("/console/providers?validity=soon").text), 12);
    });
}
