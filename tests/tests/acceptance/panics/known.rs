//! By what people are held, and what an administrator's link lifts.

use super::*;

fn emails(addresses: &[&str]) -> Value {
    let each = addresses.iter().enumerate().map(|(index, address)| {
        let kind = if index == 0 { "work" } else { "home" };
        json!({"value": address, "primary": index == 0, "type": kind})
    });
    each.collect()
}

fn user(name: &str, addresses: &[&str]) -> Value {
    let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
    json!({"schemas": [schema], "userName": name, "emails": emails(addresses)})
}

impl Hall<'_> {
    fn patch(&self, path: &str, operation: &Value) {
        let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let body = json!({"schemas": [schema], "Operations": [operation]});
        self.scim("PATCH", path, &body);
    }

    fn replace(&self, user: &str, path: &str, value: &Value) {
        let operation = json!({"op": "replace", "path": path, "value": value});
        self.patch(&format!("/Users/{user}"), &operation);
    }

    fn join(&self, group: &str, user: &str) {
        let operation = json!({"op": "add", "path": "members", "value": [{"value": user}]});
        self.patch(&format!("/Groups/{group}"), &operation);
    }
}

#[test]
fn a_held_address_is_held_however_it_is_written() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        let pairs = [
            ("f1@xn--exmple-cua.example", "f1@xn--exmple-cua.example"),
            ("f2@xn--exmple-cua.example", "f2@exämple.example"),
            ("f3@acme.example.", "f3@acme.example"),
            ("\"f4\"@acme.example", "f4@acme.example"),
        ];
        let mut people = Vec::new();
        for (number, (held, _)) in pairs.iter().enumerate() {
            let further = user(
                &format!("further{number}"),
                &[&format!("{number}@acme.example"), held],
            );
            people.push(hall.scim("POST", "/Users", &further));
        }
        let named = |host: &str| user(&format!("n1@{host}"), &["n1@acme.example"]);
        people.push(hall.scim("POST", "/Users", &named("xn--exmple-cua.example")));
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        hall.group("Acme", &members);
        let vendor = hall.open("Acme");
        hall.panic(&format!("/vendors/{vendor}"));
        for id in &people {
            hall.scim("DELETE", &format!("/Users/{id}"), &Value::Null);
        }
        let elsewhere = Hall {
            provider: app.register(third_party("Entra")),
            root: hall.root.clone(),
            bob: String::new(),
            app,
        };
        let mut again = vec![elsewhere.push("free")];
        for (number, (_, written)) in pairs.iter().enumerate() {
            let new = user(&format!("new{number}"), &[written]);
            again.push(elsewhere.scim("POST", "/Users", &new));
        }
        let new = user("named", &["n1@exämple.example"]);
        again.push(elsewhere.scim("POST", "/Users", &new));
        let members: Vec<&str> = again.iter().map(String::as_str).collect();
        elsewhere.group("Umbrella", &members);
        elsewhere.open("Umbrella");
        assert_eq!(
            hall.live(),
            ["automatic"],
            "the one who is free has a link, nobody else"
        );
    });
}

#[test]
fn who_gets_back_what_was_theirs_keeps_the_link_that_an_administrator_made() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.replace(&hall.bob, "externalId", &json!("X-bob"));
        hall.group("Acme", &[&hall.bob]);
        let vendor = hall.open("Acme");
        hall.panic(&format!("/vendors/{vendor}"));
        // Theirs once, but not when the administrator made the link.
        hall.replace(&hall.bob, "emails", &emails(&["bob2@acme.example"]));
        hall.by_hand();
        let own = [
            ("externalId", json!("other"), json!("X-bob")),
            ("userName", json!("robert"), json!("bob")),
            (
                "emails",
                emails(&["robert@acme.example"]),
                emails(&["bob@acme.example"]),
            ),
        ];
        for (path, other, own) in &own {
            hall.replace(&hall.bob, path, other);
            hall.replace(&hall.bob, path, own);
            assert_eq!(hall.live(), ["manual"], "{path}");
        }

        // What was another's is not: it takes a link of its own.
        let eve = hall.scim("POST", "/Users", &user("eve", &["eve@acme.example"]));
        hall.group("Initech", &[&eve]);
        let initech = hall.open("Initech");
        hall.panic(&format!("/vendors/{initech}"));
        hall.scim("DELETE", &format!("/Users/{eve}"), &Value::Null);
        hall.by_hand();
        hall.replace(
            &hall.bob,
            "emails",
            &emails(&["bob@acme.example", "eve@acme.example"]),
        );
        assert_eq!(hall.live(), [""; 0]);
        hall.by_hand();
        hall.replace(&hall.bob, "emails", &emails(&["bob@acme.example"]));
        hall.replace(
            &hall.bob,
            "emails",
            &emails(&["eve@acme.example", "bob@acme.example"]),
        );
        assert_eq!(hall.live(), ["manual"], "given with that address beside");
    });
}

#[test]
fn nobody_elses_addresses_undo_what_an_administrator_gave() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        let eve = hall.push("eve");
        hall.group("Acme", &[&hall.bob]);
        let vendor = hall.open("Acme");
        hall.panic(&format!("/vendors/{vendor}"));
        let link = hall.by_hand();
        app.clock.advance(chrono::Duration::seconds(1));
        // Eve's provider says that Bob's address is hers, too.
        let addresses = emails(&["eve@acme.example", "bob@acme.example"]);
        hall.replace(&eve, "emails", &addresses);
        assert_eq!(hall.live(), ["manual"]);
        let path = format!("/api/v1/links/{}", link["link"]["id"].as_str().unwrap());
        app.send("DELETE", &path, Some(&hall.root), None);
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), ["automatic"]);
    });
}

#[test]
fn who_gets_letters_at_a_held_address_is_held() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        let eve = hall.scim("POST", "/Users", &user("eve", &["eve@acme.example"]));
        hall.group("Acme", &[&eve]);
        let vendor = hall.open("Acme");
        let both = ["bob@acme.example", "eve@acme.example"];
        hall.replace(&hall.bob, "emails", &emails(&both));
        hall.group("Initech", &[&hall.bob]);
        hall.open("Initech");
        assert_eq!(hall.live(), ["automatic"; 2]);
        hall.panic(&format!("/vendors/{vendor}"));
        hall.scim("DELETE", &format!("/Users/{eve}"), &Value::Null);
        assert_eq!(hall.live(), ["automatic"], "Bob's own");
        let other_way = ["eve@acme.example", "bob@acme.example"];
        hall.replace(&hall.bob, "emails", &emails(&other_way));
        assert_eq!(hall.live(), [""; 0]);
        hall.set_active(false);
        hall.set_active(true);
        assert_eq!(hall.live(), [""; 0]);
        hall.by_hand();
        assert_eq!(hall.live(), ["manual"]);
    });
}

#[test]
fn a_press_elsewhere_that_came_later_is_told_of() {
    on_both(true, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        let other = hall.group("Initech", &[]);
        let (acme, initech) = (hall.open("Acme"), hall.open("Initech"));
        hall.panic(&format!("/vendors/{initech}"));
        hall.panic(&format!("/vendors/{acme}"));
        hall.join(&other, &hall.bob);
        assert_eq!(hall.live(), [""; 0]);
        let path = format!(
            "/api/v1/events?action=link.not_given&subject={}&sort=at",
            hall.bob
        );
        let told = app.send("GET", &path, Some(&hall.root), None).json();
        assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
    });
}
