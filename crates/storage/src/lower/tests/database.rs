//! Databases of either engine that are gone when their test is over.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::engine::{DatabaseUrl, Session};
use crate::schema::providers;

/// To whom all in them belongs.
pub(crate) const PROVIDER: &str = "01890000-0000-7000-8000-000000000001";

/// A migrated database that is gone afterwards.
pub(crate) struct Database {
    pub(crate) connection: Session,
    _folder: Option<tempfile::TempDir>,
    _server: Option<Dropped>,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        }
        .unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self {
            connection: migrated(&url),
            _folder: Some(folder),
            _server: None,
        }
    }

    /// `None` where no server is named; on CI that is a failure.
    pub(crate) fn postgres(name: &str) -> Option<Self> {
        let Ok(server) = std::env::var("VESTIBULE_TEST_POSTGRES") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "VESTIBULE_TEST_POSTGRES is not set"
            );
            return None;
        };
        let name = format!("vestibule_{name}_{}", std::process::id());
        let create = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}");
        for statement in create.split("; ") {
            connect(&server).batch_execute(statement).unwrap();
        }
        let (address, options) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = address
            .rsplit_once('/')
            .expect("the address names a database");
        let connection = migrated(&format!("{host}/{name}?{options}"));
        Some(Self {
            connection,
            _folder: None,
            _server: Some(Dropped { server, name }),
        })
    }

    /// Runs `body` and takes back what it wrote.
    pub(crate) fn undone<T>(&mut self, body: impl FnOnce(&mut Session) -> T) -> T {
        // A body that panicked has left its transaction open.
        let _ = self.connection.batch_execute("ROLLBACK");
        self.connection.begin_write().unwrap();
        let result = body(&mut self.connection);
        self.connection.batch_execute("ROLLBACK").unwrap();
        result
    }
}

fn connect(url: &str) -> Session {
    DatabaseUrl::parse(url).unwrap().connect().unwrap()
}

fn migrated(url: &str) -> Session {
    let mut connection = connect(url);
    connection.migrate().unwrap();
    diesel::insert_into(providers::table)
        .values((
            providers::id.eq(PROVIDER),
            providers::client_id.eq(PROVIDER),
            providers::name_key.eq(PROVIDER),
            providers::user_type.eq("internal"),
            providers::state.eq("active"),
            providers::settings.eq("{}"),
            providers::created.eq(0),
            providers::modified.eq(0),
            providers::version.eq(1),
        ))
        .execute(&mut connection)
        .unwrap();
    connection
}

/// Drops the database when the test is over; fields are dropped in order, so after its connection.
struct Dropped {
    server: String,
    name: String,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if let Err(error) = connect(&self.server).batch_execute(&statement) {
            eprintln!("{statement}: {error}");
        }
    }
}
