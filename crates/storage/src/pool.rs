//! The connections that are kept, and what each remembers.

use std::time::Duration;

use diesel::r2d2::{ConnectionManager, CustomizeConnection, ManageConnection, Pool};

use crate::engine::{DatabaseUrl, Engine, Session};
use crate::error::OpenError;
use crate::memo::Memo;

/// Read connections by engine, and on PostgreSQL the write connections too.
pub(crate) type Connections = Pool<Manager>;

/// A connection of the pool, and what it remembers.
#[derive(Debug)]
pub(crate) struct Pooled {
    pub(crate) session: Session,
    pub(crate) memo: Memo,
}

#[derive(Debug)]
pub(crate) struct Manager(ConnectionManager<Session>);

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        Ok(Pooled {
            session: self.0.connect()?,
            memo: Memo::default(),
        })
    }

    fn is_valid(&self, connection: &mut Pooled) -> Result<(), Self::Error> {
        self.0.is_valid(&mut connection.session)
    }

    fn has_broken(&self, connection: &mut Pooled) -> bool {
        self.0.has_broken(&mut connection.session)
    }
}

#[derive(Debug, Clone, Copy)]
struct Prepare(Engine);

impl CustomizeConnection<Pooled, diesel::r2d2::Error> for Prepare {
    fn on_acquire(&self, connection: &mut Pooled) -> Result<(), diesel::r2d2::Error> {
        connection
            .session
            .prepare(self.0)
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Opens a pool of `size` connections that wait at most `patience` for a free one.
pub(crate) fn pool(
    url: &DatabaseUrl,
    size: u32,
    patience: Duration,
) -> Result<Connections, OpenError> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        // A file does not go away; a server may have been restarted since.
        .test_on_check_out(url.engine() == Engine::Postgres)
        .connection_timeout(patience)
        .connection_customizer(Box::new(Prepare(url.engine())))
        .build(Manager(ConnectionManager::new(url.address())))
        .map_err(|error| OpenError::Connect(error.to_string()))
}
