//! What every list of the console does: filters, sorts, pages, exports.

use serde_json::json;
use vestibule_service::Role;
use vestibule_testkit::both_engines;

use super::Browser;
use crate::links::hall;

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
        ] {
            for sort in [
                "",
                "?sort=name",
                "?sort=-created",
                "?sort=-at",
                "?sort=user_name",
            ] {
                let page = max.get(&format!("/console/{list}{sort}"));
                assert_eq!(page.status, 200, "{list}{sort}: {}", page.text);
            }
        }
    });
}
