//! The orders of lists.

use super::*;

#[test]
fn an_order_lasts_under_a_filter_and_one_that_is_none_is_told() {
    let app = app();
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
fn where_titles_are_hidden_a_form_offers_every_order_and_keeps_the_filter() {
    both_engines(|app| {
        let max = Browser::new(app, "max", Role::Administrator);
        app.register(third_party("Okta"));
        let read = |language: &str, query: &str| {
            let headers = [
                ("cookie", max.cookie.as_str()),
                ("accept-language", language),
            ];
            let path = format!("/console/providers?{query}");
            let page = app.send_raw("GET", &path, &headers, "").text;
            let (_, form) = page.split_once("class=\"sorting\">").unwrap();
            form.split_once("</form>").unwrap().0.to_owned()
        };
        let form = read("en", "sort=-name&q=Okta&after=&done=saved");
        for part in [
            "<input type=\"hidden\" name=\"q\" value=\"Okta\">",
            "<label>Sort by <select name=\"sort\">",
            "<option value=\"name\">Name, ascending</option>",
            "<option value=\"-name\" selected>Name, descending</option>",
            "<button>Sort</button>",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        assert!(!form.contains("done"), "{form}");
        let form = read("pt-BR", "");
        for part in ["Ordenar por <select", "Nome, crescente", "<button>Ordenar<"] {
            assert!(form.contains(part), "{part}: {form}");
        }
        assert_eq!(form.matches(" selected>").count(), 1, "{form}");
    });
}
