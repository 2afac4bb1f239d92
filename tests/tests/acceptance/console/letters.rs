//! How far the mailing of a link got, on the pages where links stand.

use chrono::Duration;
use serde_json::json;
use vestibule_delivery::Tls;
use vestibule_service::Role;
use vestibule_testkit::{Manner, SmtpSink};

use super::Browser;
use crate::links::hall;
use crate::mail::{mailed, mailer, on_both, send_all};

#[test]
fn the_pages_of_a_link_tell_how_far_its_letters_got() {
    on_both(false, |app| {
        let (ada, _, root) = hall(app);
        let browser = Browser::new(app, "auditor", Role::Auditor);
        let made = app.send(
            "POST",
            &format!("/api/v1/users/{ada}/links"),
            Some(&root),
            Some(&json!({})),
        );
        let shown = made.json()["link"]["id"].clone();
        let page = |path: &str| {
            let reply = browser.get(&format!("/console{path}"));
            assert_eq!(reply.status, 200, "{path}: {}", reply.text);
            reply.text
        };
        let of_shown = page(&format!("/links/{}", shown.as_str().unwrap()));
        assert!(of_shown.contains("No letter was written"), "{of_shown}");

        let letters = mailed(app, &root, &ada);
        let link = letters.strip_suffix("/letters").unwrap();
        let places = [
            link.to_owned(),
            format!("/people/{ada}"),
            "/links".to_owned(),
        ];
        let all_say = |text: &str| {
            for place in &places {
                let page = page(place);
                assert!(page.contains(text), "{text} at {place}: {page}");
            }
        };
        all_say("Waiting to be sent.");
        assert!(page(link).contains("ada@acme.example"));

        let sink = SmtpSink::start();
        sink.set(Manner::Postpones);
        let mailer = mailer(&sink, Tls::None, None);
        for _ in 0..2 {
            send_all(app, &mailer);
            app.clock.advance(Duration::minutes(1));
        }
        all_say("Waiting. Tries so far: 2, the next at ");
        all_say("What stood in the way: ");
        all_say("451");
        sink.set(Manner::Takes);
        send_all(app, &mailer);
        all_say("Sent at ");
        all_say("2026-01-01T00:02:00Z");

        // What the mail server said is text, whatever it said.
        mailed(app, &root, &ada);
        app.database().lay(
            "UPDATE outbox SET state = 'refused', finished = due, last_error = '<b>no such person</b>' \
             WHERE finished IS NULL",
        );
        let person = page(&format!("/people/{ada}"));
        assert!(person.contains("Refused at "), "{person}");
        assert!(
            person.contains("&lt;b&gt;no such person") || person.contains("&#60;b&#62;no such")
        );
        assert!(!person.contains("<b>no such"), "{person}");
        let headers = [
            ("cookie", browser.cookie.as_str()),
            ("accept-language", "pt-BR"),
        ];
        let path = format!("/console{link}");
        let portuguese = app.send_raw("GET", &path, &headers, "").text;
        for text in ["Cartas", "Enviada em ", "Link de acesso"] {
            assert!(portuguese.contains(text), "{text}: {portuguese}");
        }
    });
}
