//! The two engines behind one connection type.

use std::fmt;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::declare_sql_function;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use serde_json::Number;
use vestibule_scim::filter::number_key;

use crate::error::OpenError;

mod locks;

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub(crate) enum Session {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.engine()).finish()
    }
}

/// Which engine a store runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded default: one file, one writer.
    Sqlite,
    /// A server shared by many nodes.
    Postgres,
}

/// A database address, checked: `sqlite:PATH` or `postgres:...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// Path of the database file.
    Sqlite(String),
    /// A libpq connection address.
    Postgres(String),
}

impl DatabaseUrl {
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") || path.starts_with('?') {
                return Err(OpenError::NoFile);
            }
            if path.contains('?') {
                return Err(OpenError::Options);
            }
            Ok(Self::Sqlite(path.to_owned()))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Ok(Self::Postgres(impatient(url)))
        } else {
            let scheme = url
                .split(':')
                .next()
                .filter(|scheme| scheme.len() < url.len());
            Err(OpenError::Scheme(scheme.unwrap_or("none").to_owned()))
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }
}

/// What libpq waits for: a server that takes no connection, or no longer says anything. Without them it waits
/// as long as TCP does, a quarter of an hour and more (R-DUR-5).
const PATIENCE: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("tcp_user_timeout", "15000"),
    ("keepalives_idle", "15"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
];

/// The address with what it does not say itself of how long to wait.
fn impatient(url: &str) -> String {
    PATIENCE
        .iter()
        .filter(|(name, _)| !url.contains(&format!("{name}=")))
        .fold(url.to_owned(), |url, (name, value)| {
            let joint = match url.chars().last() {
                Some('?' | '&') => "",
                _ if url.contains('?') => "&",
                _ => "?",
            };
            format!("{url}{joint}{name}={value}")
        })
}

/// SQLite reads and writes numbers with large exponents inexactly, so they are compared as
/// [`number_key`] has them.
#[declare_sql_function]
extern "SQL" {
    /// Of a number as it stands in JSON; NULL for anything else.
    fn sort_key_of_number(json: Nullable<Text>) -> Nullable<Text>;
}

impl DatabaseUrl {
    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Sqlite(path) | Self::Postgres(path) => path,
        }
    }

    /// One connection outside a pool.
    pub(crate) fn connect(&self) -> Result<Session, OpenError> {
        if let Self::Sqlite(path) = self {
            prepare_file(Path::new(path))?;
        }
        let mut connection = match self {
            Self::Sqlite(path) => SqliteConnection::establish(path).map(Session::Sqlite),
            Self::Postgres(url) => PgConnection::establish(url).map(Session::Postgres),
        }
        .map_err(|error| OpenError::Connect(error.to_string()))?;
        connection
            .prepare(self.engine())
            .map_err(|error| OpenError::Connect(error.to_string()))?;
        Ok(connection)
    }
}

/// The database holds every secret's digest: only its owner may read it (R-DUR-2).
fn prepare_file(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let refused = |error: std::io::Error| OpenError::File(path.display().to_string(), error);
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(refused)?;
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(refused)?;
    Ok(())
}

impl Session {
    pub(crate) fn engine(&self) -> Engine {
        match self {
            Self::Postgres(_) => Engine::Postgres,
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }

    pub(crate) fn prepare(&mut self, engine: Engine) -> QueryResult<()> {
        if let Self::Sqlite(connection) = self {
            sort_key_of_number_utils::register_impl(connection, |json: Option<String>| {
                let number: Number = serde_json::from_str(&json?).ok()?;
                Some(number_key(&number))
            })?;
        }
        self.batch_execute(match engine {
            // Whoever looks for a page asks every 4,096 frames of the WAL for it first: it stays
            // short, and is tidied by the writer's commits and whenever nobody waits for it.
            Engine::Sqlite => {
                "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192; \
                 PRAGMA wal_autocheckpoint = 8000; PRAGMA journal_size_limit = 67108864;"
            }
            Engine::Postgres => {
                "SET TIME ZONE 'UTC'; SET statement_timeout = '25s'; SET lock_timeout = '10s'; \
                 SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = 'warning';"
            }
        })
    }

    /// Refuses to run where an acknowledged write might not be on disk (R-DUR-1).
    pub(crate) fn check_durability(&mut self) -> Result<(), OpenError> {
        #[derive(QueryableByName)]
        struct Setting {
            #[diesel(sql_type = Text)]
            value: String,
        }
        let engine = self.engine();
        let unreadable = |error: diesel::result::Error| OpenError::Connect(error.to_string());
        let mut read = |query: &str| -> Result<String, OpenError> {
            let row: Setting = match self {
                Self::Sqlite(connection) => diesel::sql_query(query).get_result(connection),
                Self::Postgres(connection) => diesel::sql_query(query).get_result(connection),
            }
            .map_err(unreadable)?;
            Ok(row.value)
        };
        let engine_settings: &[(&str, &str, &[&str])] = match engine {
            Engine::Sqlite => &[
                (
                    "journal_mode",
                    "SELECT journal_mode AS value FROM pragma_journal_mode",
                    &["wal"],
                ),
                (
                    "synchronous",
                    "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous",
                    &["2", "3"],
                ),
            ],
            Engine::Postgres => &[
                ("fsync", "SELECT current_setting('fsync') AS value", &["on"]),
                (
                    "synchronous_commit",
                    "SELECT current_setting('synchronous_commit') AS value",
                    &["on", "remote_apply", "remote_write"],
                ),
            ],
        };
        for (name, query, accepted) in engine_settings {
            let value = read(query)?;
            if !accepted.contains(&value.as_str()) {
                return Err(OpenError::NotDurable {
                    setting: (*name).to_owned(),
                    value,
                });
            }
        }
        Ok(())
    }

    pub(crate) fn begin_read(&mut self) -> QueryResult<()> {
        match self.engine() {
            Engine::Sqlite => self.control("BEGIN"),
            Engine::Postgres => self.control("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
    }

    pub(crate) fn begin_write(&mut self) -> QueryResult<()> {
        match self.engine() {
            Engine::Sqlite => self.control("BEGIN IMMEDIATE"),
            // Rows are locked before they are read, so a later statement may see what others committed.
            Engine::Postgres => self.control("BEGIN ISOLATION LEVEL READ COMMITTED"),
        }
    }

    /// A number that is another one as soon as somebody else has committed; none where the engine has none.
    pub(crate) fn data_version(&mut self) -> QueryResult<Option<i64>> {
        match self {
            Self::Sqlite(connection) => DataVersion.get_result(connection).map(Some),
            Self::Postgres(_) => Ok(None),
        }
    }

    /// Runs a statement about transactions.
    pub(crate) fn control(&mut self, statement: &'static str) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => Control(statement).execute(connection).map(drop),
            Self::Postgres(connection) => connection.batch_execute(statement),
        }
    }

    /// Moves what the log has gathered into the database file; only SQLite has anything to do.
    pub(crate) fn checkpoint(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)"),
            Self::Postgres(_) => Ok(()),
        }
    }
}

/// A statement about transactions: on SQLite it stays prepared, as statements run as a batch do not.
#[derive(Debug, Clone, Copy)]
struct Control(&'static str);

impl QueryFragment<Sqlite> for Control {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(self.0);
        Ok(())
    }
}

impl QueryId for Control {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for Control {}

/// SQLite's word for what this connection has seen of the others' commits: it belongs to the snapshot.
#[derive(Debug, Clone, Copy, QueryId)]
struct DataVersion;

impl Query for DataVersion {
    type SqlType = BigInt;
}

impl QueryFragment<Sqlite> for DataVersion {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl RunQueryDsl<SqliteConnection> for DataVersion {}

/// Inserts several rows, on PostgreSQL in one statement. On SQLite diesel would insert rows that may
/// have defaults one by one as well, but inside a transaction that it opens itself; here there is
/// one already.
macro_rules! insert_all {
    ($connection:expr, $table:expr, $rows:expr) => {
        match $connection {
            $crate::engine::Session::Postgres(connection) => diesel::insert_into($table)
                .values($rows)
                .execute(connection),
            $crate::engine::Session::Sqlite(connection) => {
                $rows.into_iter().try_fold(0, |inserted, row| {
                    let one = diesel::insert_into($table)
                        .values(row)
                        .execute(connection)?;
                    Ok::<usize, diesel::result::Error>(inserted + one)
                })
            }
        }
    };
}

/// Inserts a row or, where its key is taken, changes the one that is there.
macro_rules! upsert {
    ($connection:expr, $table:expr, $row:expr, $key:expr, $change:expr) => {
        match $connection {
            $crate::engine::Session::Postgres(connection) => diesel::insert_into($table)
                .values($row)
                .on_conflict($key)
                .do_update()
                .set($change)
                .execute(connection),
            $crate::engine::Session::Sqlite(connection) => diesel::insert_into($table)
                .values($row)
                .on_conflict($key)
                .do_update()
                .set($change)
                .execute(connection),
        }
    };
}

/// Runs a statement of the busiest paths as the engine's own. Its statement is then found by its type;
/// through [`Session`] its text would be put together each time to find it.
macro_rules! direct {
    ($read:expr, |$connection:ident| $query:expr) => {
        match &mut *$read.connection {
            $crate::engine::Session::Postgres($connection) => $query,
            $crate::engine::Session::Sqlite($connection) => $query,
        }
    };
}

/// Inserts rows, leaving alone those whose key is taken.
macro_rules! insert_new {
    ($connection:expr, $table:expr, $rows:expr) => {
        match $connection {
            $crate::engine::Session::Postgres(connection) => diesel::insert_into($table)
                .values($rows)
                .on_conflict_do_nothing()
                .execute(connection),
            $crate::engine::Session::Sqlite(connection) => {
                $rows.into_iter().try_fold(0, |inserted, row| {
                    let one = diesel::insert_or_ignore_into($table)
                        .values(row)
                        .execute(connection)?;
                    Ok::<usize, diesel::result::Error>(inserted + one)
                })
            }
        }
    };
}

pub(crate) use {direct, insert_all, insert_new, upsert};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_of_waiting_stands() {
        let Ok(DatabaseUrl::Postgres(plain)) = DatabaseUrl::parse("postgres://u@h/v") else {
            panic!("an address of PostgreSQL");
        };
        assert_eq!(
            plain,
            "postgres://u@h/v?connect_timeout=5&tcp_user_timeout=15000&keepalives_idle=15\
             &keepalives_interval=5&keepalives_count=3"
        );
        let Ok(DatabaseUrl::Postgres(open)) = DatabaseUrl::parse("postgres://u@h/v?") else {
            panic!("an address of PostgreSQL");
        };
        assert_eq!(open, plain);
        let said = "postgresql://u@h/v?sslmode=require&connect_timeout=60";
        let Ok(DatabaseUrl::Postgres(kept)) = DatabaseUrl::parse(said) else {
            panic!("an address of PostgreSQL");
        };
        let more = kept.strip_prefix(said).unwrap();
        assert!(more.starts_with("&tcp_user_timeout="), "{kept}");
        assert!(!more.contains("connect_timeout"), "{kept}");
    }
}
