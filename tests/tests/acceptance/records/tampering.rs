//! The record of changes: the database refuses to have it changed, and who gets around the database is found out
//! (docs/SECURITY.md, R-AUD-3).

use std::panic::{AssertUnwindSafe, catch_unwind};

use vestibule_testkit::{TestApp, internal};

/// What both engines would have to be told to change a record that stands.
const REFUSED: [&str; 4] = [
    "UPDATE events SET action = 'user.created' WHERE seq = 2",
    "UPDATE events SET seq = 900, hash = hash WHERE seq = 2",
    "DELETE FROM events WHERE seq = 2",
    "UPDATE event_payloads SET payload = '{}' WHERE event_id = (SELECT id FROM events WHERE seq = 2)",
];

/// Takes away what refuses, as the owner of the file or of the tables can.
fn disarm(app: &TestApp) {
    if app.database().waiting().is_none() {
        for trigger in ["events_are_final", "events_stay", "payloads_are_final"] {
            app.database()
                .lay(&format!("DROP TRIGGER IF EXISTS {trigger}"));
        }
    } else {
        for table in ["events", "event_payloads"] {
            app.database()
                .lay(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"));
        }
    }
}

#[test]
fn a_record_that_was_changed_is_found_out() {
    vestibule_testkit::both_engines(|app| {
        let token = app.register(internal("Product")).token;
        for name in ["ada", "bob", "eve"] {
            let user = serde_json::json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": name,
            });
            assert_eq!(
                app.send("POST", "/scim/v2/Users", Some(&token), Some(&user))
                    .status,
                201
            );
        }
        app.service.seal_events().unwrap();
        let verified = || app.service.verify_chain(&app.admin()).unwrap();
        let whole = verified();
        assert!(whole.sealed >= 5, "{whole:?}");
        assert_eq!((&whole.broken, whole.erased), (&None, 0));

        for statement in REFUSED {
            let laid = catch_unwind(AssertUnwindSafe(|| app.database().lay(statement)));
            assert!(laid.is_err(), "{statement}");
        }
        assert_eq!(verified(), whole);

        // A payload may be erased, which is told.
        app.database().lay(
            "DELETE FROM event_payloads WHERE event_id = (SELECT id FROM events WHERE seq = 5)",
        );
        let erased = verified();
        assert_eq!((&erased.broken, erased.erased), (&None, 1));
        assert_eq!(erased.head, whole.head);

        // From the end to the beginning: each is found before what was found until then.
        disarm(app);
        for (statement, seq) in [
            (
                "UPDATE event_payloads SET payload = '{}' \
                 WHERE event_id = (SELECT id FROM events WHERE seq = 4)",
                4,
            ),
            (
                "UPDATE events SET actor_detail = 'somebody else' WHERE seq = 3",
                3,
            ),
            (
                "UPDATE events SET subject_id = upper(subject_id) WHERE seq = 2",
                2,
            ),
            ("UPDATE events SET seq = 901 WHERE seq = 1", 1),
        ] {
            app.database().lay(statement);
            let found = verified().broken.map(|(at, _)| at);
            assert_eq!(found, Some(seq), "{statement}");
        }
    });
}
