//! Signing in while others fail, or are shut out.

use chrono::Duration;
use vestibule_oauth::Digest;
use vestibule_service::sessions::{Password, SignIn, SignedIn};
use vestibule_service::storage::sessions::{self, Failures};
use vestibule_service::storage::{Write, administrators};

use super::*;
use crate::held::meanwhile;

fn sign_in(app: &TestApp, password: &str) -> SignedIn {
    let attempt = SignIn {
        name: "olga".to_owned(),
        password: Password(password.to_owned()),
        code: None,
        address: "192.0.2.7".parse().ok(),
        request_id: None,
    };
    app.service.sign_in(&attempt).unwrap()
}

#[test]
fn attempts_that_overlap_fail_no_oftener_than_one_after_the_other() {
    both_engines(|app| {
        app.admin_token("olga", Role::Operator);
        let (source, name) = (
            Digest::of("source\x00192.0.2.7"),
            Digest::of("name\0olga\x00192.0.2.7"),
        );
        let since = app.clock.now();
        let failed = move |tx: &mut Write<'_>, count| {
            sessions::set_failures(tx, &name, Failures { count, since })
        };
        let store = app.database().open();
        store.write("nine", move |tx| failed(tx, 9)).unwrap();
        let hold = move |tx: &mut Write<'_>| sessions::lock_failures(tx, &source);
        let answer = meanwhile(
            app,
            hold,
            move |tx| failed(tx, 10),
            || sign_in(app, "a guess"),
        );
        assert!(matches!(answer, SignedIn::TooOften { .. }), "{answer:?}");
        app.clock.advance(Duration::minutes(15));
        let answer = sign_in(app, "correct horse battery");
        assert!(matches!(answer, SignedIn::Welcome { .. }), "{answer:?}");
    });
}

#[test]
fn who_is_shut_out_while_they_sign_in_stays_shut_out() {
    both_engines(|app| {
        app.admin_token("olga", Role::Operator);
        let shut_out = |tx: &mut Write<'_>| {
            let mut olga = administrators::find_by_name(tx, "olga")?.unwrap();
            olga.enabled = false;
            administrators::replace(tx, &olga)
        };
        let answer = meanwhile(app, administrators::lock, shut_out, || {
            sign_in(app, "correct horse battery")
        });
        assert!(matches!(answer, SignedIn::Wrong), "{answer:?}");
        let olga = app
            .service
            .find_administrator(&app.admin(), "olga")
            .unwrap();
        assert!(!olga.enabled);
    });
}
