//! Bringing a database up to date, and telling beforehand whether that can be.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::engine::{DatabaseUrl, Session};
use crate::error::OpenError;
use crate::panics;
use crate::store::Write;

/// The version of the migration before which marks are unified: no SQL makes the key of an address.
const MARKS: &str = "20261124000101";

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

impl Session {
    /// Brings the schema up to date; refuses one that a newer version has made (R-OPS-1).
    pub(crate) fn migrate(&mut self) -> Result<(), OpenError> {
        if let Self::Postgres(connection) = self {
            // Several nodes may start at once: one migrates, the others wait and find it done.
            connection
                .batch_execute("SELECT pg_advisory_lock(7236830011)")
                .map_err(failed)?;
        }
        let migrated = self.refuse_newer().and_then(|()| self.run_pending());
        if let Self::Postgres(connection) = self {
            connection
                .batch_execute("SELECT pg_advisory_unlock(7236830011)")
                .map_err(failed)?;
        }
        migrated
    }

    fn run_pending(&mut self) -> Result<(), OpenError> {
        let due = match self {
            Self::Sqlite(connection) => run_before_marks(connection, SQLITE_MIGRATIONS)?,
            Self::Postgres(connection) => run_before_marks(connection, POSTGRES_MIGRATIONS)?,
        };
        if due {
            // Whoever dies before the migration is noted does this again, to the same end.
            self.begin_write().map_err(failed)?;
            panics::unify(&mut Write::new(self)).map_err(failed)?;
            self.control("COMMIT").map_err(failed)?;
        }
        match self {
            Self::Sqlite(connection) => connection
                .run_pending_migrations(SQLITE_MIGRATIONS)
                .map(drop)
                .map_err(failed),
            Self::Postgres(connection) => connection
                .run_pending_migrations(POSTGRES_MIGRATIONS)
                .map(drop)
                .map_err(failed),
        }
    }

    /// Refuses a schema whose newest migration this version does not know.
    fn refuse_newer(&mut self) -> Result<(), OpenError> {
        let exists = match self {
            Self::Sqlite(_) => {
                "SELECT name AS value FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
            }
            Self::Postgres(_) => {
                "SELECT CAST(relname AS TEXT) AS value FROM pg_class \
                 WHERE relname = '__diesel_schema_migrations' AND pg_table_is_visible(oid)"
            }
        };
        if self.value(exists)?.is_none() {
            return Ok(());
        }
        let applied = self.value(
            "SELECT CAST(MAX(version) AS TEXT) AS value FROM __diesel_schema_migrations \
             HAVING COUNT(*) > 0",
        )?;
        let known = match self {
            Self::Sqlite(_) => newest::<Sqlite>(&SQLITE_MIGRATIONS)?,
            Self::Postgres(_) => newest::<Pg>(&POSTGRES_MIGRATIONS)?,
        };
        match applied {
            Some(applied) if Some(&applied) > known.as_ref() => Err(OpenError::Newer(applied)),
            _ => Ok(()),
        }
    }

    fn value(&mut self, query: &str) -> Result<Option<String>, OpenError> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            value: String,
        }
        let row: Option<Row> = match self {
            Self::Sqlite(connection) => diesel::sql_query(query).get_result(connection).optional(),
            Self::Postgres(connection) => {
                diesel::sql_query(query).get_result(connection).optional()
            }
        }
        .map_err(|error| OpenError::Connect(error.to_string()))?;
        Ok(row.map(|row| row.value))
    }
}

impl DatabaseUrl {
    /// Whether a store can be opened there, as far as that can be told without making or changing
    /// anything: what [`Store::open`](crate::Store::open) refuses.
    pub fn check(&self) -> Result<(), OpenError> {
        let mut session = match self {
            Self::Postgres(_) => {
                let mut session = self.connect()?;
                session.check_durability()?;
                session
            }
            Self::Sqlite(path) => match look_at(Path::new(path))? {
                Some(session) => session,
                None => return Ok(()),
            },
        };
        session.refuse_newer()
    }
}

/// A connection that only reads; none if there is no file yet, and one can be made.
fn look_at(path: &Path) -> Result<Option<Session>, OpenError> {
    let refused = |error| OpenError::File(path.display().to_string(), error);
    if !path.exists() {
        let above = path.ancestors().skip(1).find(|above| above.exists());
        let folder = above.is_none_or(Path::is_dir);
        return if folder {
            Ok(None)
        } else {
            Err(refused(std::io::ErrorKind::NotADirectory.into()))
        };
    }
    std::fs::OpenOptions::new()
        .append(true)
        .open(path)
        .map_err(refused)?;
    // What has a meaning in such an address is written as its bytes.
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let escaped: Vec<String> = bytes
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                char::from(*byte).to_string()
            }
            byte => format!("%{byte:02x}"),
        })
        .collect();
    SqliteConnection::establish(&format!("file:{}?mode=ro", escaped.concat()))
        .map(|connection| Some(Session::Sqlite(connection)))
        .map_err(|error| OpenError::Connect(error.to_string()))
}

/// Runs what is pending before [`MARKS`]. Answers whether that is pending too.
fn run_before_marks<DB, C>(connection: &mut C, all: EmbeddedMigrations) -> Result<bool, OpenError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let mut due = false;
    for pending in connection.pending_migrations(all).map_err(failed)? {
        let version = pending.name().version().to_string();
        if version.as_str() < MARKS {
            connection.run_migration(&*pending).map_err(failed)?;
        }
        due |= version == MARKS;
    }
    Ok(due)
}

/// The version of the newest migration.
fn newest<DB: diesel::backend::Backend>(
    known: &EmbeddedMigrations,
) -> Result<Option<String>, OpenError>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known = MigrationSource::<DB>::migrations(known).map_err(failed)?;
    let versions = known.iter().map(|one| one.name().version().to_string());
    Ok(versions.max())
}

fn failed(error: impl std::fmt::Display) -> OpenError {
    OpenError::Migrate(error.to_string())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use vestibule_oauth::Digest;

    use super::*;
    use crate::lower::tests::database::{Database, PROVIDER};
    use crate::panics::Known;
    use crate::schema::panic_marks;
    use crate::{Options, Read, Store};

    #[test]
    fn r_ops_1_a_newer_schema_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b?#%.db");
        let url = DatabaseUrl::Sqlite(path.display().to_string());
        url.check().unwrap();
        assert!(!path.exists(), "nothing was made");
        drop(Store::open(&url, Options::default()).unwrap());
        url.check().unwrap();
        let mut session = url.connect().unwrap();
        session
            .batch_execute(
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')",
            )
            .unwrap();
        for refused in [url.check(), Store::open(&url, Options::default()).map(drop)] {
            let told = refused.unwrap_err().to_string();
            assert!(told.contains("99999999999999"), "{told}");
        }
    }

    #[test]
    fn what_cannot_be_opened_is_told_before() {
        let folder = tempfile::tempdir().unwrap();
        let checked = |path: &Path| DatabaseUrl::Sqlite(path.display().to_string()).check();
        assert!(matches!(checked(folder.path()), Err(OpenError::File(..))));
        let file = folder.path().join("file");
        std::fs::write(&file, "a text, long enough to be no database ".repeat(40)).unwrap();
        assert!(matches!(checked(&file), Err(OpenError::Connect(_))));
        let below = checked(&file.join("v.db"));
        assert!(matches!(below, Err(OpenError::File(..))));
    }

    /// Undoes the migration of that name, and does it again after `between`.
    fn again(session: &mut Session, name: &str, between: &str) {
        match session {
            Session::Sqlite(connection) => {
                again_on::<Sqlite, _>(&SQLITE_MIGRATIONS, connection, name, between);
            }
            Session::Postgres(connection) => {
                again_on::<Pg, _>(&POSTGRES_MIGRATIONS, connection, name, between);
            }
        }
    }

    fn again_on<DB, C>(
        migrations: &EmbeddedMigrations,
        connection: &mut C,
        name: &str,
        between: &str,
    ) where
        DB: diesel::backend::Backend,
        C: diesel::connection::BoxableConnection<DB> + diesel::connection::SimpleConnection,
    {
        let all = MigrationSource::<DB>::migrations(migrations).unwrap();
        let one = all
            .into_iter()
            .find(|one| one.name().to_string() == name)
            .unwrap();
        one.revert(connection).unwrap();
        connection.batch_execute(between).unwrap();
        one.run(connection).unwrap();
    }

    fn keeps_marks(mut database: Database) {
        let ada = "01890000-0000-7000-8000-000000000002";
        let insert = format!(
            "INSERT INTO users (id, provider_id, user_name, user_name_key, display_name_key, email, email_key, active, \
             active_event, document, match_document, created, modified, version) \
             VALUES ('{ada}', '{PROVIDER}', 'ada', 'ada', '', 'ada@x', 'ada@x', TRUE, 'e', '{{}}', '{{}}', 0, 0, 1);"
        );
        database.connection.batch_execute(&insert).unwrap();
        let before = format!(
            "INSERT INTO panic_marks (mark, at) VALUES ('user:{ada}', 5), ('email:ada@x', 7), \
             ('email:\"bob\"@x', 5), ('email:eve@x.', 5), ('email:cyd@xn--exmple-cua.example', 5);"
        );
        let name = "2026-11-23-000702_marks_of_people";
        again(&mut database.connection, name, &before);
        let mut read = Read {
            connection: &mut database.connection,
            memo: None,
        };
        let known = |email: &str| Known {
            user: "01890000-0000-7000-8000-000000000003".parse().unwrap(),
            provider: PROVIDER.parse().unwrap(),
            user_name: "another".to_owned(),
            emails: vec![email.to_owned()],
            primary_email: Some(email.to_owned()),
            external_id: None,
        };
        for (email, held) in [
            ("ada@x", Some(7)),
            ("bob@x", Some(5)),
            ("\"bob\"@x", Some(5)),
            ("eve@x", Some(5)),
            ("Cyd@xn--exmple-cua.example", Some(5)),
            ("dan@x", None),
        ] {
            let found = panics::held(&mut read, &known(email)).unwrap();
            assert_eq!(found.map(|at| at.timestamp_micros()), held, "{email}");
        }
        let own: i64 = panic_marks::table
            .filter(panic_marks::user_id.eq(ada))
            .count()
            .get_result(read.connection)
            .unwrap();
        assert_eq!(own, 2, "her id and her address");
    }

    fn unifies_marks(mut database: Database) {
        let before = format!(
            "DELETE FROM __diesel_schema_migrations WHERE version = '{MARKS}'; \
             INSERT INTO panic_marks (mark, user_id, at) VALUES ('email:cyd@xn--exmple-cua.example', 'c', 5), \
             ('email:dan@ex\u{e4}mple.example', 'd', 5), ('email:dan@ex\u{e4}mple.example.', 'd', 7);"
        );
        database.connection.batch_execute(&before).unwrap();
        for _ in 0..2 {
            database.connection.migrate().unwrap();
        }
        let marks: Vec<(String, i64)> = panic_marks::table
            .filter(panic_marks::mark.like("email:%@ex%mple.example"))
            .order(panic_marks::mark)
            .select((panic_marks::mark, panic_marks::at))
            .load(&mut database.connection)
            .unwrap();
        let expected = [
            ("email:cyd@ex\u{e4}mple.example".to_owned(), 5),
            ("email:dan@ex\u{e4}mple.example".to_owned(), 7),
        ];
        assert_eq!(marks, expected);
    }

    /// Tokens of before, among them one whose digest begins with a bit that makes its key negative.
    fn keeps_tokens(mut database: Database) {
        use crate::credentials::{
            activation_tokens, find_token, insert_token, purge_tokens, trim_tokens,
        };
        let quote = match &database.connection {
            Session::Sqlite(_) => "x'",
            Session::Postgres(_) => "'\\x",
        };
        let ids = |number: usize| format!("01890000-0000-7000-8000-{number:012}");
        let digest = |number: usize| Digest::of(&number.to_string());
        // The physical order is not that of their ages.
        let rows: Vec<String> = [4, 1, 3, 0, 2]
            .into_iter()
            .map(|number| {
                let bytes = digest(number).as_bytes().map(|byte| format!("{byte:02x}"));
                let (hex, id, activation) = (bytes.concat(), ids(number), number == 4);
                format!("({quote}{hex}', '{id}', '{PROVIDER}', {activation}, 'scim', 5, 7)")
            })
            .collect();
        assert!((0..5).any(|number| digest(number).as_bytes()[0] > 0x7f));
        let columns = "digest, id, provider_id, activation, scopes, issued, expires";
        let before = format!("INSERT INTO tokens ({columns}) VALUES {}", rows.join(", "));
        let name = "2026-11-25-000301_tokens_in_order";
        again(&mut database.connection, name, &before);
        let provider = PROVIDER.parse().unwrap();
        let mut write = Write::new(&mut database.connection);
        for number in 0..5 {
            let found = find_token(&mut write, &digest(number)).unwrap().unwrap();
            assert_eq!(found.token.id.to_string(), ids(number));
            assert_eq!(found.token.activation, number == 4);
            assert_eq!(found.token.expires.timestamp_micros(), 7);
        }
        assert!(find_token(&mut write, &digest(5)).unwrap().is_none());
        let mut next = find_token(&mut write, &digest(0)).unwrap().unwrap().token;
        next.id = ids(5).parse().unwrap();
        insert_token(&mut write, &next, &digest(5)).unwrap();
        trim_tokens(&mut write, provider, 2).unwrap();
        let left: Vec<bool> = (0..6)
            .map(|number| find_token(&mut write, &digest(number)).unwrap().is_some())
            .collect();
        assert_eq!(left, [false, false, false, true, true, true]);
        let activation = activation_tokens(&mut write, provider).unwrap();
        assert_eq!(activation.len(), 1);
        let at = DateTime::from_timestamp_micros(7).unwrap();
        assert_eq!(purge_tokens(&mut write, at, 10).unwrap(), 2);
        assert!(find_token(&mut write, &digest(4)).unwrap().is_some());
    }

    #[test]
    fn tokens_of_before_work_on_sqlite() {
        keeps_tokens(Database::sqlite());
    }

    #[test]
    fn tokens_of_before_work_on_postgresql() {
        if let Some(database) = Database::postgres("tokens_in_order") {
            keeps_tokens(database);
        }
    }

    #[test]
    fn marks_of_before_hold_however_an_address_is_written_on_sqlite() {
        unifies_marks(Database::sqlite());
    }

    #[test]
    fn marks_of_before_hold_however_an_address_is_written_on_postgresql() {
        if let Some(database) = Database::postgres("one_key") {
            unifies_marks(database);
        }
    }

    #[test]
    fn marks_of_before_hold_on_sqlite() {
        keeps_marks(Database::sqlite());
    }

    #[test]
    fn marks_of_before_hold_on_postgresql() {
        if let Some(database) = Database::postgres("marks") {
            keeps_marks(database);
        }
    }
}
