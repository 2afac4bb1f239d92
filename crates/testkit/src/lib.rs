//! For tests only: the whole application over real HTTP, on a database and a clock of its own.
//!
//! ```no_run
//! use vestibule_testkit::{both_engines, third_party};
//!
//! both_engines(|app| {
//!     let okta = app.register(third_party("Okta"));
//!     let reply = app.send("GET", "/scim/v2/Users", Some(&okta.token), None);
//!     assert_eq!(reply.status, 200);
//! });
//! ```
//!
//! Nothing here sleeps, retries or shares rows, so tests run side by side as many as there are cores.

#![forbid(unsafe_code)]

mod app;
mod clock;
mod database;
mod http;
mod provider;
mod smtp;

pub use app::{Setup, TestApp};
pub use clock::TestClock;
pub use database::Database;
pub use http::Reply;
pub use provider::{TestProvider, internal, third_party};
pub use smtp::{Identity, Manner, ReceivedMail, Security, SmtpSink};
pub use vestibule_service::storage::Engine;

/// Runs `body` once on each engine, each time with an application of its own. PostgreSQL is left out,
/// with a word on standard error, where no server is named; see [`Database::new`].
#[expect(
    clippy::print_stderr,
    reason = "shown with a failure, it tells on which engine"
)]
pub fn both_engines(body: impl Fn(&TestApp)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if let Some(app) = TestApp::start(engine) {
            eprintln!("on {engine:?}");
            body(&app);
        }
    }
}
