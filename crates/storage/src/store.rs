//! Opening a database, reading it and writing it. [`Store::write`], and the same awaited, [`Store::queue`], are
//! the only ways to write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::{Connection as _, InstrumentationEvent};
use futures_executor::block_on;

use crate::engine::{DatabaseUrl, Engine, Session};
use crate::error::{Error, OpenError};
use crate::events::{self, Recorded};
use crate::memo::Memo;
use crate::pool::{Connections, Pooled, pool};
use crate::writer::Writer;

/// How often a write is run again when another node changed what it read.
const ATTEMPTS: u32 = 8;

/// Settings of a store.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Connections kept at most; on SQLite these only read.
    pub connections: u32,
    /// How long an operation waits for a free connection before it is refused.
    pub patience: Duration,
    /// Writes that may wait for the SQLite writer before more are refused.
    pub queue: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 16,
            patience: Duration::from_secs(1),
            queue: 1_024,
        }
    }
}

/// The database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    connections: Connections,
    /// SQLite has one writer for the whole process.
    writer: Option<Writer>,
}

/// A consistent view of the database for the length of one closure.
#[derive(Debug)]
pub struct Read<'a> {
    pub(crate) connection: &'a mut Session,
    /// None where the connection writes as well: its own commits would not show.
    pub(crate) memo: Option<&'a mut Memo>,
}

/// A transaction that may change the database; everything in it happens or nothing does.
#[derive(Debug)]
pub struct Write<'a> {
    read: Read<'a>,
    events: Vec<Recorded>,
}

impl<'a> std::ops::Deref for Write<'a> {
    type Target = Read<'a>;

    fn deref(&self) -> &Read<'a> {
        &self.read
    }
}

impl std::ops::DerefMut for Write<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

impl Read<'_> {
    /// Runs `body` and tells how many statements it sent, for those who promise a number.
    pub fn counted<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, usize) {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&count);
        let counter = move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        };
        self.connection.set_instrumentation(counter);
        let value = body(self);
        self.connection
            .set_instrumentation(None::<fn(InstrumentationEvent<'_>)>);
        (value, count.load(Ordering::Relaxed))
    }
}

impl Write<'_> {
    pub(crate) fn new(connection: &mut Session) -> Write<'_> {
        Write {
            read: Read {
                connection,
                memo: None,
            },
            events: Vec::new(),
        }
    }

    /// Records what this transaction changes; it is written with it.
    pub fn append(&mut self, recorded: Recorded) {
        self.events.push(recorded);
    }

    /// Runs a part of the transaction that may be undone alone: when `body` fails, nothing of it
    /// has happened.
    pub fn attempt<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let recorded = self.events.len();
        let end = |write: &mut Self, statements| {
            write.connection.control(statements).map_err(Error::from)
        };
        end(self, "SAVEPOINT attempt")?;
        let outcome = body(self);
        if outcome.is_err() {
            self.events.truncate(recorded);
            end(self, "ROLLBACK TO SAVEPOINT attempt")?;
        }
        end(self, "RELEASE SAVEPOINT attempt")?;
        outcome
    }

    pub(crate) fn take_events(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.events)
    }
}

/// What a closure passed to [`Store::write`] may fail with.
pub trait Failure: From<Error> {
    /// Whether running the closure again may succeed, because somebody else changed what it read.
    fn is_passing(&self) -> bool;
}

impl Failure for Error {
    fn is_passing(&self) -> bool {
        Error::is_passing(self)
    }
}

impl Store {
    /// Opens the database, brings its schema up to date and checks that it is durable.
    pub fn open(url: &DatabaseUrl, options: Options) -> Result<Self, OpenError> {
        let mut first = url.connect()?;
        first.check_durability()?;
        first.migrate()?;
        let engine = url.engine();
        let writer = match engine {
            Engine::Sqlite => Some(Writer::start(first, options.queue)),
            Engine::Postgres => None,
        };
        let connections = pool(url, options.connections, options.patience)?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                connections,
                writer,
            }),
        })
    }

    pub fn engine(&self) -> Engine {
        self.inner.engine
    }

    /// Runs `body` over one snapshot of the database.
    pub fn read<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut pooled = self.inner.connections.get().map_err(busy)?;
        let Pooled { session, memo } = &mut *pooled;
        session.begin_read().map_err(Error::from)?;
        let guard = Rollback::of(session);
        body(&mut Read {
            connection: guard.connection,
            memo: Some(memo),
        })
    }

    /// Runs `body` in one transaction; `name` says in the log what it was. On PostgreSQL, and when
    /// the row it compared with has changed, `body` is run again, so it must have no other effect.
    pub fn write<T, E, F>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
        F: FnMut(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.inner.writer {
            Some(writer) => block_on(writer.submit(name, body)),
            None => self.write_retrying(name, body),
        }
    }

    /// The same for who must not block: on SQLite the writer is a thread of its own, and waiting for it
    /// takes none. On PostgreSQL it blocks as [`Store::write`] does.
    pub async fn queue<T, E, F>(&self, name: &'static str, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
        F: FnMut(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.inner.writer {
            Some(writer) => writer.submit(name, body).await,
            None => self.write_retrying(name, body),
        }
    }

    fn write_retrying<T, E, F>(&self, name: &'static str, mut body: F) -> Result<T, E>
    where
        E: Failure,
        F: FnMut(&mut Write<'_>) -> Result<T, E>,
    {
        let mut connection = self.inner.connections.get().map_err(busy)?;
        for attempt in 1.. {
            match attempt_write(&mut connection.session, &mut body) {
                Err(error) if error.is_passing() && attempt < ATTEMPTS => {
                    tracing::debug!(name, attempt, "running a write again");
                    // Those that collided must not collide again in step; the address of the local
                    // differs by thread and serves as jitter.
                    let jitter = (&raw const attempt).addr() as u64 / 64 % 7 + 1;
                    std::thread::sleep(Duration::from_micros(200 * u64::from(attempt) * jitter));
                }
                Err(error) if error.is_passing() => {
                    let cause = format!("{name}: gave up after {ATTEMPTS} attempts");
                    return Err(Error::Unavailable(cause.into()).into());
                }
                done => return done,
            }
        }
        unreachable_attempts(name)
    }
}

/// One attempt at a write as a transaction of its own.
fn attempt_write<T, E, F>(connection: &mut Session, body: &mut F) -> Result<T, E>
where
    E: Failure,
    F: FnMut(&mut Write<'_>) -> Result<T, E>,
{
    connection.begin_write().map_err(Error::from)?;
    let mut guard = Rollback::of(connection);
    let mut write = Write::new(guard.connection);
    let value = body(&mut write)?;
    let recorded = write.take_events();
    events::insert_unsealed(write.read.connection, &recorded)?;
    guard
        .connection
        .control("COMMIT")
        .map_err(|error| match Error::from(error) {
            Error::Stale => Error::Stale,
            // Nobody knows whether it happened: the client must ask, not assume.
            other => Error::Unavailable(Box::new(other)),
        })?;
    guard.committed = true;
    Ok(value)
}

fn unreachable_attempts<T, E: From<Error>>(name: &str) -> Result<T, E> {
    Err(Error::Unavailable(format!("{name}: no attempt was made").into()).into())
}

fn busy(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(Box::new(error))
}

/// Ends a transaction that was not committed, also when the body panics.
struct Rollback<'a> {
    connection: &'a mut Session,
    committed: bool,
}

impl<'a> Rollback<'a> {
    fn of(connection: &'a mut Session) -> Self {
        Self {
            connection,
            committed: false,
        }
    }
}

impl Drop for Rollback<'_> {
    fn drop(&mut self) {
        if self.committed {
            return;
        }
        // After a COMMIT that failed there may be nothing left to end.
        if let Err(error) = self.connection.control("ROLLBACK") {
            tracing::trace!(%error, "nothing to roll back");
        }
    }
}
