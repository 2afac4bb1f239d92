//! The best that SQLite itself can do: the rows of one created user, inserted with prepared
//! statements, 16 users a transaction, each commit on disk.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

/// Users a transaction.
const GROUP: u32 = 16;

/// The loop, on a copy of what the server stored.
pub(crate) struct Raw {
    connection: Connection,
    inserted: u32,
}

impl Raw {
    pub(crate) fn start(folder: &Path, database: &Path) -> Self {
        let copy = folder.join("raw.db");
        Connection::open(database)
            .and_then(|source| source.execute("VACUUM INTO ?1", [copy.display().to_string()]))
            .expect("the server's database copies");
        let connection = Connection::open(&copy).expect("the copy opens");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
            )
            .expect("SQLite takes its settings");
        Self {
            connection,
            inserted: 0,
        }
    }

    /// Inserts for about `time` and answers how many users that were.
    pub(crate) fn run(&mut self, time: Duration) -> u32 {
        let (begun, before) = (Instant::now(), self.inserted);
        while begun.elapsed() < time {
            self.connection
                .execute_batch("BEGIN IMMEDIATE")
                .expect("a transaction begins");
            for number in self.inserted..self.inserted + GROUP {
                insert(&self.connection, number);
            }
            self.connection
                .execute_batch("COMMIT")
                .expect("a transaction commits");
            self.inserted += GROUP;
        }
        self.inserted - before
    }
}

fn insert(connection: &Connection, number: u32) {
    // Time-ordered like the server's ids.
    let id = format!("f0000000-0000-7000-8000-{number:012}");
    let user = format!("raw{number}@bench.example");
    let statements: [(&str, &[&dyn rusqlite::ToSql]); 4] = [
        (
            "INSERT INTO users (id, provider_id, user_name, user_name_key, display_name_key, external_id, email,
                 email_key, active, active_event, document, match_document, created, modified, version)
             SELECT ?1, provider_id, ?2, ?2, display_name_key, ?1, ?2, ?2, active, active_event, document,
                 match_document, created, modified, version FROM users LIMIT 1",
            params![id, user],
        ),
        (
            "INSERT INTO user_emails (user_id, position, provider_id, value_key)
             SELECT ?1, 0, id, ?2 FROM providers LIMIT 1",
            params![id, user],
        ),
        (
            "INSERT INTO events (id, seq, hash, at, actor_kind, actor_id, actor_detail, action, subject_kind,
                 subject_id, provider_id, request_id, payload_digest)
             SELECT ?1, (SELECT max(seq) FROM events WHERE seq IS NOT NULL) + 1, hash, at, actor_kind, actor_id, actor_detail, action,
                 subject_kind, ?1, provider_id, request_id, payload_digest
             FROM events WHERE action = 'user.created' LIMIT 1",
            params![id],
        ),
        (
            "INSERT INTO event_payloads (event_id, salt, payload)
             SELECT ?1, salt, payload FROM event_payloads
             WHERE event_id = (SELECT id FROM events WHERE action = 'user.created' LIMIT 1)",
            params![id],
        ),
    ];
    for (statement, parameters) in statements {
        connection
            .prepare_cached(statement)
            .and_then(|mut statement| statement.execute(parameters))
            .expect("the rows are like those the server stored");
    }
}
