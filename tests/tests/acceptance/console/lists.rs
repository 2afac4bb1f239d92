//! What every list of the console does: filters, sorts, pages, exports.

use chrono::Duration;
use serde_json::json;
use vestibule_domain::network::AllowedAddresses;
use vestibule_domain::provider::ProviderSettings;
use vestibule_service::Role;
use vestibule_testkit::{Engine, Setup, TestApp, both_engines, internal, third_party};

use super::Browser;
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
fn a_filter_that_cannot_be_read_lists_and_exports_nothing() {
    both_engines(|app| {
        let (ada, _, _) = hall(app);
        let max = Browser::new(app, "max", Role::Auditor);
        for (list, name, wrong) in [
            ("events", "subject", "user001"),
            ("events", "provider", "zzz"),
            ("events", "action", "zzz"),
            ("access-requests", "user", "ada"),
            ("access-requests", "vendor", "Acme"),
            ("access-requests", "state", "zzz"),
            ("timeline", "vendor", "Acme"),
            ("timeline", "kind", "zzz"),
            ("timeline", "from", "soon"),
            ("people", "state", "zzz"),
            ("people", "provider", "zzz"),
            ("vendors", "status", "zzz"),
            ("links", "vendor", "Acme"),
            ("providers", "state", "zzz"),
            ("requests", "status", "zzz"),
            ("credentials", "kind", "zzz"),
            ("warnings", "kind", "zzz"),
            ("tolerances", "name", "zzz"),
            ("administrators", "role", "zzz"),
            ("settings", "source", "zzz"),
        ] {
            let path = format!("/console/{list}?{name}={wrong}");
            let page = max.get(&path);
            let mistake = format!("id=\"filter-{name}-mistake\"");
            assert!(page.text.contains(&mistake), "{path}: {}", page.text);
            assert!(page.text.contains("Nothing is listed, since"), "{path}");
            assert!(
                !page.text.contains("<tbody>") || list == "settings",
                "{path}"
            );
            assert!(!page.text.contains("format=csv"), "{path}");
            let csv = max.get(&format!("{path}&format=csv"));
            assert_eq!(csv.status, 303, "{path}: {}", csv.text);
            assert_eq!(csv.header("location"), Some(path.as_str()));
        }
        // What is an id is looked for, also what is gone.
        let page = max.get(&format!("/console/events?subject={ada}")).text;
        assert!(
            page.contains("User created") && page.contains("<tbody>"),
            "{page}"
        );
        let gone = "01930000-0000-7000-8000-000000000000";
        let page = max.get(&format!("/console/events?provider={gone}")).text;
        assert!(page.contains("a provider that is gone"), "{page}");
        assert!(!page.contains("-mistake\""), "{page}");
    });
}

#[test]
fn a_form_that_is_refused_leads_on_from_the_page_it_stands_on() {
    let app = super::app();
    let okta = app.register(third_party("Okta"));
    let people: Vec<_> = (0..21)
        .map(|number| {
            let user = json!({"schemas": [USER], "userName": format!("p{number:02}")});
            let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
            json!({"value": made.json()["id"]})
        })
        .collect();
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Acme", "members": people,
    });
    let made = app.send("POST", "/scim/v2/Groups", Some(&okta.token), Some(&group));
    assert_eq!(made.status, 201, "{}", made.text);
    let root = Browser::new(&app, "root", Role::Administrator);
    let vendors = root.get("/console/vendors").text;
    let (_, rest) = vendors.split_once("href=\"/console/vendors/").unwrap();
    let vendor = format!("/console/vendors/{}", &rest[..36]);
    let typed = [("start", "2026-02-01T00:00"), ("end", "2026-01-01T00:00")];
    let page = root.post(&format!("{vendor}/edit"), &typed);
    assert_eq!(page.status, 422, "{}", page.text);
    let links = page.text.split("href=\"").skip(1);
    let links = links.filter_map(|rest| rest.split(['"', '#']).next());
    let links: Vec<String> = links
        .filter(|link| link.contains("after="))
        .map(|link| link.replace("&#38;", "&"))
        .collect();
    assert!(!links.is_empty(), "{}", page.text);
    for link in links {
        let next = root.get(&link);
        assert_eq!(next.status, 200, "{link}");
        assert!(next.text.contains("p20"), "{link}: {}", next.text);
    }
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
fn names_are_found_by_their_beginnings_and_without_marks() {
    both_engines(|app| {
        let max = Browser::new(app, "max", Role::Administrator);
        let root = app.admin_token("root", Role::Administrator);
        for name in ["AG 001", "AG 002"] {
            let group = json!({"name": name});
            let made = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&group));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let okta = app.register(third_party("Okta"));
        for (user, name) in [("u1", "João Conceição"), ("u2", "Ödön Lang")] {
            let user = json!({"schemas": [USER], "userName": user, "displayName": name});
            let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let search = |text: &str| {
            let found = max.get(&format!("/console/search?{}", super::form(&[("q", text)])));
            found
                .header("location")
                .map_or(found.text.clone(), str::to_owned)
        };
        let groups = search("ag 0");
        assert!(
            groups.contains("AG 001") && groups.contains("AG 002"),
            "{groups}"
        );
        assert!(search("AG 001").contains("/console/access-groups/"));
        assert_eq!(search("MA"), "/console/administrators/max");
        let person = search("joao");
        assert!(person.starts_with("/console/people/"), "{person}");
        for text in ["JOÃO", "Joa\u{303}o c", "conceicao", "Conceição"] {
            assert_eq!(search(text), person, "{text}");
        }
        assert_eq!(search("odon"), search("lang"));
        let people = max
            .get("/console/people?user_name=conceicao&format=csv")
            .text;
        assert!(
            people.contains("\"u1\"") && !people.contains("\"u2\""),
            "{people}"
        );
    });
}

#[test]
fn lists_are_narrowed_to_an_access_group_a_person_and_a_time() {
    both_engines(|app| {
        let (ada, vendor, root) = hall(app);
        let max = Browser::new(app, "max", Role::Auditor);
        let groups = app
            .send("GET", "/api/v1/access-groups", Some(&root), None)
            .json();
        let windows = groups["items"][0]["id"].as_str().unwrap().to_owned();
        let linux = json!({"name": "Linux"});
        let linux = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&linux));
        let linux = linux.json()["id"].as_str().unwrap().to_owned();
        let page = max.get(&format!("/console/access-groups/{windows}")).text;
        let tied = format!("/console/vendors?access_group={windows}");
        assert!(page.contains(&format!("href=\"{tied}\"")), "{page}");
        let row = format!("href=\"/console/vendors/{vendor}\"");
        assert!(max.get(&tied).text.contains(&row));
        assert!(
            max.get(&tied)
                .text
                .contains(&format!("/console/access-groups/{windows}\""))
        );
        let other = format!("/console/vendors?access_group={linux}");
        assert!(!max.get(&other).text.contains(&row));

        let entra = app.register(internal("Entra"));
        let staff = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Staff",
        });
        let staff = app.send("POST", "/scim/v2/Groups", Some(&entra.token), Some(&staff));
        let staff = staff.json()["id"].as_str().unwrap().to_owned();
        let tie = json!({"access_group": linux});
        let tied = app.send(
            "PATCH",
            &format!("/api/v1/groups/{staff}"),
            Some(&root),
            Some(&tie),
        );
        assert_eq!(tied.status, 200, "{}", tied.text);
        let page = max.get(&format!("/console/access-groups/{linux}")).text;
        let list = format!("/console/internal-groups?access_group={linux}");
        assert!(page.contains(&format!("href=\"{list}\"")), "{page}");
        assert!(max.get(&list).text.contains("Staff"));
        let other = format!("/console/internal-groups?access_group={windows}");
        assert!(!max.get(&other).text.contains(">Staff<"));

        let link = json!({"duration_minutes": 60});
        let links = format!("/api/v1/users/{ada}/links");
        let link = app.send("POST", &links, Some(&root), Some(&link));
        assert_eq!(link.status, 201, "{}", link.text);
        let shows = |query: &str| {
            let page = max.get(&format!("/console/links?{query}")).text;
            page.contains(&format!("href=\"/console/people/{ada}\""))
        };
        assert!(shows(&format!("user={ada}")) && !shows(&format!("user={vendor}")));
        assert!(!shows(&format!("provider={}", entra.id)));

        assert_eq!(
            app.send("GET", "/scim/v2/Nothing", Some(&entra.token), None)
                .status,
            404
        );
        app.service.flush_telemetry().unwrap();
        let now = app.clock.now();
        let at = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%dT%H:%M").to_string();
        let (before, later) = (at(now - Duration::hours(1)), at(now + Duration::hours(1)));
        let shows = |query: &str| {
            let page = max.get(&format!("/console/requests?{query}")).text;
            page.contains("GET /scim/v2/Nothing")
        };
        assert!(shows(&format!("since={before}&until={later}")));
        assert!(!shows(&format!("since={later}")) && !shows(&format!("until={before}")));
    });
}

#[test]
fn an_order_lasts_under_a_filter_and_one_that_is_none_is_told() {
    let app = super::app();
    app.register(third_party("Okta"));
    let max = Browser::new(&app, "max", Role::Auditor);
    let page = max.get("/console/providers?sort=-name&q=Okta").text;
    assert!(
        page.contains("<input type=\"hidden\" name=\"sort\" value=\"-name\">"),
        "{page}"
    );
    assert!(
        page.contains("href=\"/console/providers?sort=-name\""),
        "{page}"
    );
    let told = "asks for an order that this list does not have";
    assert!(!page.contains(told));
    for list in ["people", "vendors", "providers", "events", "settings"] {
        let page = max.get(&format!("/console/{list}?sort=zzz")).text;
        assert!(page.contains(told), "{list}: {page}");
        assert!(!max.get(&format!("/console/{list}")).text.contains(told));
    }
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
fn people_are_found_by_the_name_that_pages_show() {
    both_engines(|app| {
        let okta = app.register(third_party("Okta"));
        let made = |user: &serde_json::Value| {
            let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(user));
            assert_eq!(made.status, 201, "{}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let joao = made(
            &json!({"schemas": [USER], "userName": "u1", "name": {"formatted": "João Conceição"}}),
        );
        made(
            &json!({"schemas": [USER], "userName": "u2", "displayName": "Ana Silva", "name": {"familyName": "Silva"}}),
        );
        made(
            &json!({"schemas": [USER], "userName": "u3", "name": {"givenName": "Eva", "familyName": "Maria Silveira"}}),
        );
        let max = Browser::new(app, "max", Role::Auditor);
        let found = |query: &str| -> Vec<String> {
            let csv = max.get(&format!("/console/people?user_name={query}&format=csv"));
            let rows = csv.text.lines().skip(1);
            rows.map(|row| row.split('"').nth(3).unwrap().to_owned())
                .collect()
        };
        assert_eq!(found("jo%C3%A3o"), ["João Conceição"]);
        assert_eq!(found("SIL"), ["Ana Silva"]);
        assert_eq!(found("eva+maria"), ["Eva Maria Silveira"]);
        assert_eq!(
            found("u"),
            ["João Conceição", "Ana Silva", "Eva Maria Silveira"]
        );
        assert!(found("nobody").is_empty());
        let search = |text: &str| {
            let reply = max.get(&format!("/console/search?q={text}"));
            reply
                .header("location")
                .map(str::to_owned)
                .unwrap_or(reply.text)
        };
        assert_eq!(search("Jo%C3%A3o"), format!("/console/people/{joao}"));
        assert!(search("Silva").ends_with(search("u2").as_str()));
        assert_eq!(
            search(&okta.client_id),
            format!("/console/providers/{}", okta.id)
        );
        assert_eq!(search("MAX"), "/console/administrators/max");
        let gone = format!("/scim/v2/Users/{joao}");
        assert_eq!(
            app.send("DELETE", &gone, Some(&okta.token), None).status,
            204
        );
        assert_eq!(search(&joao), format!("/console/events?subject={joao}"));
        let told = search("You+appear+to+have+entered+invalid+credentials.");
        assert!(told.contains("401"), "{told}");
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
        let form = super::form(&[("name", "max"), ("password", "wrong")]);
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
fn a_press_on_a_title_sorts_and_once_more_turns_around() {
    both_engines(|app| {
        let (_, _, root) = hall(app);
        for name in ["Zulu", "alpha"] {
            let group = json!({"name": name});
            let made = app.send("POST", "/api/v1/access-groups", Some(&root), Some(&group));
            assert_eq!(made.status, 201, "{}", made.text);
        }
        let max = Browser::new(app, "max", Role::Auditor);
        let names = |query: &str| -> Vec<String> {
            let csv = max.get(&format!("/console/access-groups?format=csv{query}"));
            let rows = csv.text.lines().skip(1);
            rows.map(|row| row.split('"').nth(1).unwrap().to_owned())
                .collect()
        };
        assert_eq!(names(""), ["Windows", "Zulu", "alpha"]);
        assert_eq!(names("&sort=name"), ["alpha", "Windows", "Zulu"]);
        assert_eq!(names("&sort=-name"), ["Zulu", "Windows", "alpha"]);
        assert_eq!(names("&sort=nothing"), ["Windows", "Zulu", "alpha"]);
        let page = max.get("/console/access-groups?sort=name").text;
        assert!(page.contains("aria-sort=\"ascending\""), "{page}");
        assert!(page.contains("?sort=-name"), "{page}");
        for list in [
            "people",
            "vendors",
            "internal-groups",
            "links",
            "events",
            "requests",
            "providers",
            "access-requests",
            "credentials",
            "warnings",
            "tolerances",
            "administrators",
        ] {
            for sort in [
                "",
                "?sort=name",
                "?sort=-created",
                "?sort=-at",
                "?sort=user_name",
                "?sort=-expires",
                "?sort=-modified",
                "?sort=uses",
                "?sort=-last_used",
                "?sort=end",
            ] {
                let page = max.get(&format!("/console/{list}{sort}"));
                assert_eq!(page.status, 200, "{list}{sort}: {}", page.text);
            }
        }
    });
}

#[test]
fn people_links_and_access_requests_stand_in_the_order_asked_for() {
    both_engines(|app| {
        let (ada, _, root) = hall(app);
        let max = Browser::new(app, "max", Role::Auditor);
        let okta = app.register(third_party("Entra"));
        let mut ids = Vec::new();
        for name in ["b", "a", "c"] {
            app.clock.advance(Duration::minutes(1));
            let user = json!({"schemas": [USER], "userName": name});
            let made = app.send("POST", "/scim/v2/Users", Some(&okta.token), Some(&user));
            assert_eq!(made.status, 201, "{}", made.text);
            ids.push(made.json()["id"].as_str().unwrap().to_owned());
        }
        app.clock.advance(Duration::minutes(1));
        let away = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": false}]});
        let path = format!("/scim/v2/Users/{}", ids[0]);
        let changed = app.send("PATCH", &path, Some(&okta.token), Some(&away));
        assert_eq!(changed.status, 200, "{}", changed.text);
        let admin = app.admin();
        let (ada_id, c) = (ada.parse().unwrap(), ids[2].parse().unwrap());
        app.service.block_user(&admin, c, "Lost", None).unwrap();
        let until = Some(app.clock.now() + Duration::minutes(1));
        app.service
            .block_user(&admin, ada_id, "Ill", until)
            .unwrap();
        let column = |path: &str, place: usize| -> Vec<String> {
            let csv = max.get(&format!("/console/{path}&format=csv"));
            assert_eq!(csv.status, 200, "{path}: {}", csv.text);
            let rows = csv.text.lines().skip(1);
            rows.map(|row| row.split('"').nth(2 * place + 1).unwrap().to_owned())
                .collect()
        };
        let people = |query: &str| column(&format!("people?{query}"), 0);
        let of_entra = |query: &str| people(&format!("provider={}&{query}", okta.id));
        assert_eq!(of_entra("sort=modified"), ["a", "c", "b"]);
        assert_eq!(of_entra("sort=-modified"), ["b", "c", "a"]);
        assert_eq!(people("sort=modified"), ["ada", "b", "a", "c"]);
        assert_eq!(people("state=inactive"), ["b"]);
        assert_eq!(people("state=active"), ["ada", "a", "c"]);
        assert_eq!(people("state=blocked"), ["ada", "c"]);
        assert_eq!(of_entra("state=blocked&sort=-modified"), ["c"]);
        app.clock.advance(Duration::minutes(1));
        assert_eq!(people("state=blocked"), ["c"]);
        let refused = app.send("GET", "/api/v1/users?sort=modified", Some(&root), None);
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(
            refused.text.contains("name the provider"),
            "{}",
            refused.text
        );
        let blocked = app.send("GET", "/api/v1/users?blocked=true", Some(&root), None);
        assert_eq!(blocked.json()["items"][0]["user_name"], "c");

        let links = format!("/api/v1/users/{ada}/links");
        for (start, minutes) in [
            ("2026-01-03", 60),
            ("2026-01-02", 9_000),
            ("2026-01-04", 90),
        ] {
            let link = json!({"start": start, "duration_minutes": minutes});
            let link = app.send("POST", &links, Some(&root), Some(&link));
            assert_eq!(link.status, 201, "{}", link.text);
        }
        let days = |query: &str| -> Vec<String> {
            let starts = column(&format!("links?{query}"), 2);
            starts.iter().map(|start| start[8..10].to_owned()).collect()
        };
        assert_eq!(days("sort=start"), ["02", "03", "04"]);
        assert_eq!(days("sort=-start"), ["04", "03", "02"]);
        assert_eq!(days("sort=end"), ["03", "04", "02"]);
        assert_eq!(days("sort=-end&state=upcoming"), ["02", "04", "03"]);

        let windows = app.send("GET", "/api/v1/access-groups", Some(&root), None);
        let windows = windows.json()["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/api/v1/access-groups/{windows}");
        let guarded = app.send(
            "PATCH",
            &path,
            Some(&root),
            Some(&json!({"approvals_required": 1})),
        );
        assert_eq!(guarded.status, 200, "{}", guarded.text);
        for (why, start, minutes) in [("late", "2026-01-20", 60), ("soon", "2026-01-02", 60)] {
            let asked = json!({"user": ada, "justification": why, "start": start, "duration_minutes": minutes});
            let asked = app.send("POST", "/api/v1/access-requests", Some(&root), Some(&asked));
            assert_eq!(asked.status, 201, "{}", asked.text);
            let id = asked.json()["request"]["id"].as_str().unwrap().to_owned();
            if why == "late" {
                let path = format!("/api/v1/access-requests/{id}");
                let withdrawn = app.send("DELETE", &path, Some(&root), None);
                assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);
            }
        }
        let asked = |query: &str| column(&format!("access-requests?{query}"), 1);
        assert_eq!(asked("sort=expires"), ["soon", "late"]);
        assert_eq!(asked("sort=-expires"), ["late", "soon"]);
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
        assert_eq!(names(&home), 3 * 8, "{home}");
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
