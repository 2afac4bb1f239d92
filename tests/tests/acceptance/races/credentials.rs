//! Credentials issued at once.

use vestibule_service::storage::{Write, credentials};

use super::*;
use crate::held::meanwhile;

#[test]
fn of_secrets_rotated_at_once_two_work() {
    both_engines(|app| {
        let provider = app.register(internal("Product")).id;
        let rotate = || app.service.rotate_secret(&app.admin(), provider, None);
        rotate().unwrap();
        let hold = move |tx: &mut Write<'_>| credentials::lock(tx, provider);
        // As another node rotates.
        let ended = move |tx: &mut Write<'_>| {
            let secrets = credentials::secrets(tx, provider)?;
            let oldest = secrets.first().unwrap().id;
            credentials::delete_secret(tx, provider, oldest).map(drop)
        };
        meanwhile(app, hold, ended, || rotate().unwrap());
        let store = app.database().open();
        let left = store.read(|tx| credentials::secrets(tx, provider)).unwrap();
        assert_eq!(left.len(), 2);
    });
}
