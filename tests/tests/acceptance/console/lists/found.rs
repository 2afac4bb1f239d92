//! What filters find.

use super::*;

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
            ("timeline", "vendor", "Nowhere"),
            ("timeline", "kind", "zzz"),
            ("timeline", "from", "soon"),
            ("people", "state", "zzz"),
            ("people", "provider", "zzz"),
            ("vendors", "status", "zzz"),
            ("links", "vendor", "Nowhere"),
            ("links", "user", "nobody"),
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
    let app = app();
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
            let found = max.get(&format!("/console/search?{}", form(&[("q", text)])));
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
