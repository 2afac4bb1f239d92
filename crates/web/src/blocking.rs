//! The one hop from the event loop to a thread that may wait for the database.

use actix_web::web;
use futures_executor::block_on;
use vestibule_service::{Error, chain};

use crate::Web;

/// Runs an operation where it may block.
pub(crate) async fn blocking<T, F>(operation: F) -> Result<T, Error>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, Error> + Send + 'static,
{
    match web::block(operation).await {
        Ok(outcome) => outcome,
        // The operation panicked; its transaction was rolled back while it unwound.
        Err(stopped) => Err(Error::Internal(Box::new(stopped))),
    }
}

impl Web {
    /// Runs a short indexed read: at once where the database is a file beside us and an answer takes
    /// microseconds, where it may block otherwise.
    pub(crate) async fn read<T, F>(&self, operation: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Error> + Send + 'static,
    {
        if self.service.reads_are_local() {
            operation()
        } else {
            blocking(operation).await
        }
    }

    /// Runs an operation that waits for its write alone, or for a short indexed read: on the event loop
    /// where the writer is a thread of its own, where it may block otherwise.
    pub(crate) async fn write<T>(
        &self,
        operation: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        if self.service.reads_are_local() {
            operation.await
        } else {
            blocking(move || block_on(operation)).await
        }
    }
}

/// Logs, once and here at the edge, what went wrong on our side, with its whole chain of causes.
pub(crate) fn log(error: &Error, request_id: &str) {
    tracing::error!(request_id, error = chain(error), "a request failed");
}
