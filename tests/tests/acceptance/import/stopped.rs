//! Imports that do not come to their end.

use std::io::{self, Cursor, SeekFrom};

use vestibule_domain::import::RowOutcome;
use vestibule_service::Precondition;

use super::*;

#[test]
fn what_stops_an_import_on_its_way_loses_no_report() {
    both_engines(stopped);
}

fn stopped(app: &TestApp) {
    let provider = app.register(third_party("Small vendors")).id;
    let call = app.admin();
    let mut file = Cursor::new(sixty());
    let target = Target::Provider(provider);
    let mut import = app
        .service
        .open_import(&call, target, false, &mut file)
        .unwrap();
    let first = app.service.import_step(&call, &mut import).unwrap();
    assert_eq!(first.len(), 25);
    app.service
        .delete_provider(&call, provider, Precondition::NONE)
        .unwrap();
    let rest = app.service.import_step(&call, &mut import).unwrap();
    assert_eq!((rest.len(), import.done()), (35, 60));
    for row in rest {
        assert_eq!(row.outcome, RowOutcome::Refused);
        assert!(row.detail.unwrap().starts_with("not tried"));
    }
    let told = imports(app, &app.admin_token("olga", Role::Auditor));
    let ended = &told[1];
    assert_eq!(
        ended["payload"]["after"],
        json!({"created": 25, "existing": 0, "refused": 35})
    );
    let why = ended["payload"]["why"].as_str().unwrap();
    assert!(why.starts_with("not tried"), "{why}");
    assert_eq!(ended["actor"]["kind"], "system");
    assert_eq!(ended["cause"], told[0]["id"]);
}

/// Two million rows that nobody keeps.
#[derive(Default)]
struct Endless {
    sent: u64,
    rest: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            let text = match self.sent {
                0 => "user_name,vendor\n".to_owned(),
                1..=2_000_000 => format!("user{},Acme\n", self.sent),
                _ => return Ok(0),
            };
            self.sent += 1;
            self.rest = text.into_bytes();
        }
        let length = buffer.len().min(self.rest.len());
        buffer[..length].copy_from_slice(&self.rest[..length]);
        self.rest.drain(..length);
        Ok(length)
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        *self = Self::default();
        Ok(0)
    }
}

#[test]
fn two_million_rows_are_refused_and_not_kept() {
    let app = TestApp::start(Engine::Sqlite).unwrap();
    let provider = app.register(third_party("Small vendors")).id;
    let mut file = Endless::default();
    let refused = imported(&app, provider, &mut file).unwrap_err().to_string();
    assert!(refused.contains("more than 10000 people"), "{refused}");
    // No more than the largest file there may be is ever held.
    assert!(file.sent < 1_000_000, "{} rows were read", file.sent);
}
