use super::*;

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// People of a third-party provider, all in a first group, and the first of them in a second as well;
/// with the vendor of the first group, and what deletes that group.
fn placed(app: &TestApp, people: usize) -> (String, impl Fn()) {
    let okta = app.register(third_party("Okta"));
    let create = |path: &str, body: &serde_json::Value| {
        let made = app.send("POST", path, Some(&okta.token), Some(body));
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let users: Vec<_> = (0..people)
        .map(|number| {
            let user = json!({"schemas": [USER], "userName": format!("p{number:02}")});
            json!({"value": create("/scim/v2/Users", &user)})
        })
        .collect();
    let [first, _] = [("Acme", &users[..]), ("Otis", &users[..1])].map(|(name, members)| {
        let group = json!({"schemas": [GROUP], "displayName": name, "members": members});
        create("/scim/v2/Groups", &group)
    });
    let root = app.admin_token("root", Role::Administrator);
    let vendors = app.send("GET", "/api/v1/vendors?q=Acme", Some(&root), None);
    let vendors = vendors.json();
    let vendors = vendors["items"].as_array().unwrap().clone();
    let acme = vendors.iter().find(|one| one["name"] == "Acme").unwrap();
    let delete = move || {
        let path = format!("/scim/v2/Groups/{first}");
        let gone = app.send("DELETE", &path, Some(&okta.token), None);
        assert_eq!(gone.status, 204, "{}", gone.text);
    };
    (acme["id"].as_str().unwrap().to_owned(), delete)
}

#[test]
fn the_people_of_a_vendor_have_a_page_before_and_a_first_one() {
    both_engines(|app| {
        let (vendor, _) = placed(app, 22);
        let max = Browser::new(app, "max", Role::Auditor);
        let leads = |page: &str, text: &str| -> Option<String> {
            let (before, _) = page.split_once(&format!(">{text}</a>"))?;
            let href = before.rsplit("href=\"").next()?.split('"').next()?;
            Some(href.replace("&#38;", "&"))
        };
        let page = format!("/console/vendors/{vendor}");
        let first = max.get(&page).text;
        assert!(
            first.contains(">p01<") && !first.contains(">p21<"),
            "{first}"
        );
        assert_eq!(leads(&first, "Previous page"), None);
        assert_eq!(leads(&first, "First page"), None);
        let next = leads(&first, "Next page").unwrap();
        assert!(next.ends_with("#people"), "{next}");
        let bare = |href: &str| href.split('#').next().unwrap().to_owned();
        let second = max.get(&bare(&next)).text;
        assert!(
            second.contains(">p21<") && !second.contains(">p01<"),
            "{second}"
        );
        for back in ["Previous page", "First page"] {
            let back = leads(&second, back).unwrap();
            assert!(back.ends_with("#people"), "{back}");
            let back = max.get(&bare(&back)).text;
            assert!(back.contains(">p01<") && !back.contains(">p21<"), "{back}");
        }
    });
}

#[test]
fn an_event_says_who_was_placed_where_and_out_of_what() {
    both_engines(|app| {
        let (_, delete) = placed(app, 4);
        let max = Browser::new(app, "max", Role::Auditor);
        let page = max.get("/console/events?action=placement.changed").text;
        let told = |part: &str, page: &str| {
            let bare = page.replace("<bdi>", "").replace("</bdi>", "");
            assert!(bare.contains(part), "{part}: {bare}");
        };
        told(
            "Placements: p00: Acme → Otis (the latest of Otis; Acme), Rule: Last group wins",
            &page,
        );
        told(": – → Acme; +1, Rule: Last group wins", &page);
        assert!(!page.contains("{&#34;"), "{page}");
        assert!(!page.contains("arrived"), "{page}");
        let portuguese = app.send_raw(
            "GET",
            "/console/events?action=placement.changed",
            &[("cookie", &max.cookie), ("accept-language", "pt-BR")],
            "",
        );
        told(
            "Acme → Otis (o mais recente de Otis; Acme)",
            &portuguese.text,
        );

        let csv = max
            .get("/console/events?action=placement.changed&format=csv")
            .text;
        let otis = csv.split("Acme (").nth(1).unwrap();
        assert!(csv.contains("p03 ("), "all of them: {csv}");
        assert!(csv.contains(", by the group Otis ("), "{csv}");
        assert!(otis.contains(") → Otis ("), "{csv}");
        assert!(!csv.contains("{\"\""), "{csv}");

        let made = max.get("/console/events?action=vendor.created").text;
        told(
            "Settings: Access links = As in the system's settings; Status = pending<",
            &made.replace("&#39;", "'"),
        );

        delete();
        let csv = max
            .get("/console/events?action=placement.changed&format=csv")
            .text;
        assert!(csv.contains("): stays with Otis ("), "{csv}");
        assert!(csv.contains(") → –; "), "{csv}");
    });
}
