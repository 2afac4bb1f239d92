//! What a database must be like before anything is kept in it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use vestibule_service::storage::{DatabaseUrl, Engine, Options, Store};
use vestibule_testkit::TestApp;

/// R-DUR-2: the file of a database, those beside it and the folder that was made for it are their owner's alone.
#[test]
fn r_dur_2_nobody_but_its_owner_reads_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for/vestibule.db");
    let url = DatabaseUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
    let store = Store::open(&url, Options::default()).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let around = path.parent().unwrap();
    assert_eq!(mode(around), 0o700);
    let mut files = 0;
    for file in std::fs::read_dir(around).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        files += 1;
    }
    // The database, its log, and what is shared about the log.
    assert_eq!(files, 3);
    drop(store);
}

/// R-DUR-1: a database that acknowledges what it has not flushed is refused, by the setting's name.
#[test]
fn r_dur_1_a_database_that_does_not_flush_is_refused() {
    let Some(app) = TestApp::start(Engine::Postgres) else {
        return;
    };
    for value in ["off", "local"] {
        app.database().lay(&format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {value}', \
             current_database()); END $$"
        ));
        let refused = Store::open(app.database().url(), Options::default()).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains("synchronous_commit") && told.contains(value),
            "{told}"
        );
    }
}
