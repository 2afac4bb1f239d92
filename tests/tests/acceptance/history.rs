//! Any past state can be rebuilt from the events: after a random history, every row that says who may
//! get in, or who decides on it, is made again out of nothing else.

mod actors;
mod rebuilt;

use std::collections::BTreeSet;

use serde_json::Value;
use vestibule_service::events::{EventQuery, EventRecord, EventSort};
use vestibule_service::keys::SealingKey;
use vestibule_service::pages::PageQuery;
use vestibule_service::{Role, Settings};
use vestibule_testkit::{Engine, Setup, TestApp, internal, third_party};

use actors::Actors;
pub(crate) use actors::Dice;
use rebuilt::Rebuilt;

/// Steps of a history.
const STEPS: usize = 400;

/// Every event, oldest first.
fn events(app: &TestApp) -> Vec<EventRecord> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let query = EventQuery {
            page: PageQuery {
                sort: Some(EventSort::At),
                after,
                ..PageQuery::first(1_000)
            },
            ..EventQuery::default()
        };
        let page = app.service.list_events(&app.admin(), &query).unwrap();
        all.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// The rows of a table with what is JSON in them read.
fn stored(app: &TestApp, table: &str, columns: &[&str], order: &str) -> Vec<Value> {
    let mut rows = app.database().rows(table, columns, order);
    for row in &mut rows {
        for column in ["document", "settings", "candidates", "asked"] {
            if let Some(text) = row[column].as_str() {
                row[column] = serde_json::from_str(text).unwrap();
            } else if let Some(fields) = row.as_object_mut() {
                fields.remove(column);
            }
        }
    }
    rows
}

/// Compares every table with what is made of the events. Answers the tables in which there is nothing.
fn compare(app: &TestApp, told: &[EventRecord]) -> Vec<&'static str> {
    let mut rebuilt = Rebuilt::default();
    for event in told {
        rebuilt.apply(event);
    }
    let columns = [
        "group_id",
        "member_id",
        "member_is_group",
        "display",
        "event_id",
    ];
    let memberships = std::mem::take(&mut rebuilt.memberships);
    let expected: Vec<Value> = memberships.into_iter().map(Value::Object).collect();
    assert_eq!(stored(app, "memberships", &columns, "sequence"), expected);
    rebuilt.purge(&stored(app, "tokens", &["id"], "id"));
    let mut empty = Vec::new();
    for (table, order, rows) in rebuilt.tables() {
        let columns = rows.values().next().cloned().unwrap_or_default();
        let mut columns: Vec<&str> = columns.keys().map(String::as_str).collect();
        if columns.is_empty() {
            columns.extend(order.split(", "));
            empty.push(table);
        }
        let expected: Vec<Value> = rows.into_values().map(Value::Object).collect();
        let there = stored(app, table, &columns, order);
        assert_eq!(there.len(), expected.len(), "{table}");
        for (there, expected) in there.iter().zip(&expected) {
            assert_eq!(there, expected, "{table}");
        }
    }
    empty
}

/// On each engine, with a key that signing keys are kept under.
fn on_both(body: impl Fn(&TestApp)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut settings = Settings::default();
        settings.links.sealing_key = SealingKey::parse(&SealingKey::generate());
        let setup = Setup {
            settings,
            ..Setup::default()
        };
        if let Some(app) = TestApp::start_with(engine, setup) {
            body(&app);
        }
    }
}

#[test]
fn every_row_is_rebuilt_from_the_events_of_a_random_history() {
    on_both(|app| {
        // Time is told from here on.
        app.service.tell_time().unwrap();
        app.service.prepare_signing_key().unwrap();
        let providers = [
            app.register(third_party("Okta")),
            app.register(internal("Entra")),
        ];
        let admin = app.admin_token("ada", Role::Administrator);
        let mut actors = Actors {
            app,
            providers,
            admin,
            others: ["bob", "cyd"].map(|name| app.admin_token(name, Role::Operator)),
            dice: Dice(0x5eed_1e55_ca5e),
        };
        for step in 0..STEPS {
            if step % 50 == 0 {
                compare(app, &events(app));
            }
            actors.step();
        }
        actors.finish();
        let told = events(app);
        assert!(compare(app, &told).is_empty());
        // It was a history in which everything happened.
        let happened: BTreeSet<&str> = told.iter().map(|event| event.action.as_str()).collect();
        for word in [
            "user.created user.changed user.deleted group.created group.changed group.deleted",
            "members.changed internal_group.changed vendor.created vendor.changed vendor.closed",
            "vendor.reattached placement.changed block.set block.lifted access_group.created",
            "access_group.changed access_group.deleted link.created link.shortened link.ended",
            "panic.pressed provider.created provider.changed provider.paused provider.resumed",
            "provider.disabled provider.enabled provider.deleted secret.issued secret.revoked",
            "secret.expired activation_token.issued activation_token.revoked token.revoked",
            "activation_token.expired signing_key.made administrator.created administrator.changed",
            "administrator.deleted admin_token.issued admin_token.revoked access_request.made",
            "access_request.approved access_request.disapproved access_request.granted",
            "access_request.cancelled access_request.withdrawn access_request.expired",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert!(happened.contains(word), "nothing was {word}");
        }
    });
}
