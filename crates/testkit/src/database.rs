//! A database of a test's own.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection};
use tempfile::TempDir;
use vestibule_service::storage::{DatabaseUrl, Engine, Options, Store};

/// Names the PostgreSQL server, by the address of a database on it whose user may create others.
const SERVER: &str = "VESTIBULE_TEST_POSTGRES";

/// A database without rows that is gone when this is dropped.
#[derive(Debug)]
pub struct Database {
    url: DatabaseUrl,
    _place: Place,
}

#[derive(Debug)]
enum Place {
    Folder(#[expect(dead_code, reason = "it is kept until it is to be removed")] TempDir),
    Server { address: String, name: String },
}

impl Database {
    /// On SQLite a file in a temporary folder, in memory where the machine has a file system there.
    /// On PostgreSQL a database on the server that `VESTIBULE_TEST_POSTGRES` names; `None` where it
    /// names none.
    ///
    /// # Panics
    ///
    /// When it cannot be made; and without a PostgreSQL server while `CI=true`, so that no gate
    /// passes by having left something out.
    pub fn new(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::sqlite()),
            Engine::Postgres => Self::postgres(),
        }
    }

    fn sqlite() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        }
        .expect("the machine has a place for temporary files");
        let path = folder.path().join("vestibule.db");
        Self {
            url: parsed(&format!("sqlite:{}", path.display())),
            _place: Place::Folder(folder),
        }
    }

    #[expect(clippy::print_stderr, reason = "a test that was left out must say so")]
    fn postgres() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(address) = std::env::var(SERVER) else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{SERVER} is not set"
            );
            eprintln!(
                "skipped on PostgreSQL: {SERVER} names no server, such as postgres://user@127.0.0.1/postgres"
            );
            return None;
        };
        let name = format!(
            "vestibule_test_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::SeqCst)
        );
        let schema = schema(&address);
        run(&address, &format!("DROP DATABASE IF EXISTS {name}"));
        run(
            &address,
            &format!("CREATE DATABASE {name} TEMPLATE {schema}"),
        );
        Some(Self {
            url: parsed(&beside(&address, &name)),
            _place: Place::Server { address, name },
        })
    }

    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Its file, on SQLite.
    pub fn file(&self) -> Option<&str> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::Postgres(_) => None,
        }
    }

    /// Opens it, with the newest schema.
    ///
    /// # Panics
    ///
    /// When it cannot be opened.
    pub fn open(&self) -> Store {
        let options = Options {
            connections: 4,
            // A slow machine is no reason to fail.
            patience: Duration::from_mins(1),
            ..Options::default()
        };
        Store::open(&self.url, options).expect("an empty database takes the schema")
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    row: String,
}

impl Database {
    /// Every row of a table, as an object of the columns named, in the order of some of them. What the
    /// engines spell differently is spelt alike: truth is 0 or 1, bytes are `\x` and hexadecimal digits.
    ///
    /// # Panics
    ///
    /// When there is no such table or column.
    pub fn rows(&self, table: &str, columns: &[&str], order: &str) -> Vec<serde_json::Value> {
        let select = |function: &str, field: fn(&str) -> String| {
            let fields: Vec<String> = columns
                .iter()
                .map(|column| format!("'{column}', {}", field(column)))
                .collect();
            let fields = fields.join(", ");
            diesel::sql_query(format!(
                "SELECT CAST({function}({fields}) AS TEXT) AS row FROM {table} ORDER BY {order}"
            ))
        };
        let rows: Vec<Row> = match &self.url {
            DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path)
                .map(|mut file| select("json_object", spelt).load(&mut file)),
            DatabaseUrl::Postgres(address) => PgConnection::establish(address)
                .map(|mut server| select("json_build_object", str::to_owned).load(&mut server)),
        }
        .expect("a database that was made can be opened")
        .expect("a test names tables and columns that exist");
        rows.into_iter().map(|row| alike(&row.row)).collect()
    }
}

impl Database {
    /// Runs a statement beside the server: to lay more rows than there is time to make one by one.
    ///
    /// # Panics
    ///
    /// When the engine refuses it.
    pub fn lay(&self, statement: &str) {
        match &self.url {
            DatabaseUrl::Sqlite(path) => SqliteConnection::establish(path)
                .expect("a database that was made can be opened")
                .batch_execute(statement)
                .expect("a test lays rows that the schema takes"),
            DatabaseUrl::Postgres(address) => run(address, statement),
        }
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

impl Database {
    /// How many transactions wait for what another one holds. None on SQLite, where nobody can tell.
    ///
    /// # Panics
    ///
    /// When the server cannot be asked.
    pub fn waiting(&self) -> Option<i64> {
        let DatabaseUrl::Postgres(address) = &self.url else {
            return None;
        };
        let waiting = diesel::sql_query(
            "SELECT count(*) AS count FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        let found: Count = waiting
            .get_result(&mut connect(address))
            .expect("every user may see their own connections");
        Some(found.count)
    }
}

/// SQLite knows no JSON for bytes: they are written as PostgreSQL writes them.
fn spelt(column: &str) -> String {
    format!(
        "CASE typeof({column}) WHEN 'blob' THEN '\\x' || lower(hex({column})) ELSE {column} END"
    )
}

fn alike(row: &str) -> serde_json::Value {
    use serde_json::Value;
    let Ok(Value::Object(mut fields)) = serde_json::from_str(row) else {
        unreachable!("both functions make an object")
    };
    for field in fields.values_mut() {
        if let Value::Bool(truth) = field {
            *field = i64::from(*truth).into();
        }
    }
    Value::Object(fields)
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Server { address, name } = self {
            run(
                address,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            );
        }
    }
}

/// The name of a database on the server that has the newest schema and no rows. Whoever needs it first makes it,
/// and it stays: to copy it takes a fraction of the time of all migrations.
fn schema(address: &str) -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("vestibule_test_schema_{:016x}", migrations());
        let mut server = connect(address);
        // Others wait until this connection ends.
        execute(&mut server, "SELECT pg_advisory_lock(7236830099)");
        let there = diesel::sql_query("SELECT 1 FROM pg_database WHERE datname = $1")
            .bind::<diesel::sql_types::Text, _>(&name)
            .execute(&mut server)
            .expect("every user may read which databases there are");
        if there == 0 {
            let begun = format!("{name}_begun");
            execute(
                &mut server,
                &format!("DROP DATABASE IF EXISTS {begun} WITH (FORCE)"),
            );
            execute(&mut server, &format!("CREATE DATABASE {begun}"));
            let url = parsed(&beside(address, &begun));
            drop(
                Store::open(&url, Options::default()).expect("an empty database takes the schema"),
            );
            execute(
                &mut server,
                &format!("ALTER DATABASE {begun} RENAME TO {name}"),
            );
        }
        name
    })
}

/// A number that is another one when a migration is.
fn migrations() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../storage/migrations/postgres");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("storage keeps its migrations there")
        .map(|entry| entry.expect("a folder can be read").path().join("up.sql"))
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)
            .expect("each migration has an up.sql")
            .hash(&mut hasher);
    }
    hasher.finish()
}

/// The address of another database on the same server.
fn beside(address: &str, name: &str) -> String {
    let (path, options) = address
        .split_once('?')
        .map_or((address, None), |(path, options)| (path, Some(options)));
    let server = match path.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest)),
        None => path.to_owned(),
    };
    match options {
        Some(options) => format!("{server}/{name}?{options}"),
        None => format!("{server}/{name}"),
    }
}

fn parsed(url: &str) -> DatabaseUrl {
    DatabaseUrl::parse(url).expect("the address was made of a scheme that storage knows")
}

/// Runs a statement on the server, outside any transaction.
fn run(address: &str, statement: &str) {
    execute(&mut connect(address), statement);
}

fn connect(address: &str) -> PgConnection {
    PgConnection::establish(address).expect("the server named for tests can be reached")
}

fn execute(connection: &mut PgConnection, statement: &str) {
    let done = connection.batch_execute(statement);
    // Dropped while a test panics, a second panic would hide the first.
    assert!(
        done.is_ok() || std::thread::panicking(),
        "{statement}: {done:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn another_database_keeps_server_and_options() {
        assert_eq!(
            beside("postgres://u:p@h:1/postgres", "x"),
            "postgres://u:p@h:1/x"
        );
        assert_eq!(beside("postgres://h", "x"), "postgres://h/x");
        assert_eq!(
            beside("postgres:///postgres?host=/run/pg", "x"),
            "postgres:///x?host=/run/pg"
        );
    }
}
