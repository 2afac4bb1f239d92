//! Asking for a link at the sign-in page, while others press or ask.

use std::sync::Barrier;

use vestibule_service::Error;

use super::*;

/// Asks until there is a connection to answer.
fn ask(app: &TestApp, email: &str) {
    let visitor = Visitor {
        address: None,
        request_id: "ask".to_owned(),
    };
    while let Err(error) = app.service.ask_for_link(email, &visitor) {
        assert!(matches!(error, Error::Unavailable(_)), "{error}");
    }
}

#[test]
fn nobody_gets_a_link_by_asking_while_the_button_is_pressed() {
    on_both(false, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        let names: Vec<String> = (0..40).map(|number| format!("p{number}")).collect();
        let people: Vec<String> = names.iter().map(|name| hall.push(name)).collect();
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        hall.group("Acme", &members);
        let vendor = hall.open("Acme");
        app.send(
            "PATCH",
            &format!("/api/v1/vendors/{vendor}"),
            Some(&hall.root),
            Some(&json!({"link_delivery": "no"})),
        );
        let (asking, given) = people.split_at(8);
        for round in 0..3 {
            for person in given {
                hall.by_hand_for(person);
            }
            for person in asking {
                // So that those who ask are held by this press alone.
                let made = hall.by_hand_for(person);
                let path = format!("/api/v1/links/{}", made["link"]["id"].as_str().unwrap());
                app.send("DELETE", &path, Some(&hall.root), None);
            }
            app.clock.advance(chrono::Duration::minutes(11));
            let barrier = Barrier::new(asking.len() + 1);
            std::thread::scope(|scope| {
                for name in names.iter().take(asking.len()) {
                    let barrier = &barrier;
                    scope.spawn(move || {
                        barrier.wait();
                        ask(app, &format!("{name}@acme.example"));
                    });
                }
                barrier.wait();
                let body = json!({"reason": "drill"});
                hall.admin("POST", &format!("/vendors/{vendor}/panic"), &body);
            });
            assert_eq!(hall.live(), [""; 0], "round {round}");
            app.clock.advance(chrono::Duration::minutes(1));
        }
    });
}

#[test]
fn who_asks_twice_at_once_is_mailed_one_link() {
    on_both(false, |app| {
        let hall = Hall::new(app, app.register(third_party("Okta")));
        hall.group("Acme", &[&hall.bob]);
        hall.open("Acme");
        while app.service.give_links().unwrap() > 0 {}
        let links = |state: &str| {
            let path = format!("/api/v1/links?state={state}");
            let links = app.send("GET", &path, Some(&hall.root), None).json();
            links["items"].as_array().unwrap().clone()
        };
        for _ in 0..5 {
            for link in links("live") {
                let path = format!("/api/v1/links/{}", link["id"].as_str().unwrap());
                app.send("DELETE", &path, Some(&hall.root), None);
            }
            app.clock.advance(chrono::Duration::minutes(11));
            let barrier = Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        barrier.wait();
                        ask(app, "bob@acme.example");
                    });
                }
            });
            let live = links("live");
            assert_eq!(live.len(), 1, "{live:?}");
            let path = format!("/api/v1/links/{}/letters", live[0]["id"].as_str().unwrap());
            let letters = app.send("GET", &path, Some(&hall.root), None).json();
            assert_eq!(letters["items"].as_array().unwrap().len(), 1, "{letters}");
        }
    });
}
