//! The one writer of SQLite. It takes every write that is waiting, runs each in a savepoint of one
//! transaction, commits once and only then answers them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;

use crate::engine::Session;
use crate::error::Error;
use crate::events::{self, Recorded};
use crate::store::{Failure, Write};

/// Writes joined into one commit at most.
const BATCH: usize = 128;

#[derive(Debug)]
pub(crate) struct Writer {
    queue: SyncSender<Box<dyn Job>>,
}

/// A write that waits for its turn.
trait Job: Send {
    /// Runs it inside its savepoint and answers its events; `None` undoes what it did.
    fn run(&mut self, write: &mut Write<'_>) -> Option<Vec<Recorded>>;
    /// Answers the caller, after the commit or with its failure.
    fn finish(self: Box<Self>, committed: Result<(), String>);
}

struct Pending<T, E, F> {
    name: &'static str,
    body: F,
    outcome: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Pending<T, E, F>
where
    T: Send,
    E: Failure + Send,
    F: FnMut(&mut Write<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, write: &mut Write<'_>) -> Option<Vec<Recorded>> {
        let body = &mut self.body;
        let outcome = catch_unwind(AssertUnwindSafe(|| body(write))).unwrap_or_else(|_| {
            Err(Error::Unavailable(format!("{}: panicked", self.name).into()).into())
        });
        let events = outcome.is_ok().then(|| write.take_events());
        self.outcome = Some(outcome);
        events
    }

    fn finish(self: Box<Self>, committed: Result<(), String>) {
        let outcome = match (self.outcome, committed) {
            // What was refused stays refused whatever becomes of the others.
            (Some(Err(error)), _) => Err(error),
            (Some(outcome), Ok(())) => outcome,
            (_, Err(cause)) => Err(Error::Unavailable(cause.into()).into()),
            (None, Ok(())) => Err(Error::Unavailable("the write was not run".into()).into()),
        };
        // A caller that went away does not need the answer.
        drop(self.answer.send(outcome));
    }
}

impl Writer {
    pub(crate) fn start(connection: Session, queue: usize) -> Self {
        let (sender, receiver) = mpsc::sync_channel(queue);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || serve(connection, &receiver))
            .expect("the process may start one more thread while it opens its database");
        Self { queue: sender }
    }

    /// Puts a write into the queue; what is answered is what comes of it.
    pub(crate) fn submit<T, E, F>(
        &self,
        name: &'static str,
        body: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: Failure + Send + 'static,
        F: FnMut(&mut Write<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let queued = self
            .queue
            .try_send(Box::new(Pending {
                name,
                body,
                outcome: None,
                answer,
            }))
            .map_err(|refused| match refused {
                TrySendError::Full(_) => Error::Unavailable("too many writes are waiting".into()),
                TrySendError::Disconnected(_) => {
                    Error::Unavailable("the writer has stopped".into())
                }
            });
        async move {
            queued?;
            let dropped = |_| Error::Unavailable(format!("{name}: the writer dropped it").into());
            answered.await.map_err(dropped)?
        }
    }
}

fn serve(mut connection: Session, queue: &Receiver<Box<dyn Job>>) {
    let mut idle = true;
    loop {
        let first = if idle {
            match queue.recv() {
                Ok(job) => job,
                Err(_) => break,
            }
        } else {
            match queue.recv_timeout(Duration::from_millis(50)) {
                Ok(job) => job,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    // Nobody waits: a good moment to tidy the log.
                    checkpoint(&mut connection);
                    idle = true;
                    continue;
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        };
        commit_batch(&mut connection, first, queue);
        idle = false;
    }
    checkpoint(&mut connection);
}

fn checkpoint(connection: &mut Session) {
    if let Err(error) = connection.checkpoint() {
        tracing::debug!(error = error.to_string(), "the log could not be tidied now");
    }
}

fn commit_batch(connection: &mut Session, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
    let mut ran: Vec<Box<dyn Job>> = Vec::new();
    let mut recorded: Vec<Recorded> = Vec::new();
    let committed = (|| -> Result<(), Error> {
        let mut next = Some(first);
        if let Err(error) = connection.begin_write() {
            ran.extend(next);
            return Err(error.into());
        }
        while let Some(mut job) = next {
            let result = run_in_savepoint(connection, job.as_mut());
            ran.push(job);
            recorded.extend(result?);
            next = if ran.len() < BATCH { more(queue) } else { None };
        }
        events::insert_sealed(connection, &recorded)?;
        connection.control("COMMIT")?;
        Ok(())
    })();
    let committed = committed.map_err(|error| {
        drop(connection.control("ROLLBACK"));
        tracing::error!(
            error = error.to_string(),
            writes = ran.len(),
            "a commit failed"
        );
        // What callers are told about; the text of the error alone would hide why.
        match error {
            Error::Unavailable(cause) => cause.to_string(),
            other => other.to_string(),
        }
    });
    for job in ran {
        job.finish(committed.clone());
    }
}

/// A write that waits as well. Whoever was answered by the commit before is about to come again: on few
/// processors they get a turn first, as one commit for all costs less than two.
fn more(queue: &Receiver<Box<dyn Job>>) -> Option<Box<dyn Job>> {
    queue.try_recv().ok().or_else(|| {
        thread::yield_now();
        queue.try_recv().ok()
    })
}

fn run_in_savepoint(
    connection: &mut Session,
    job: &mut dyn Job,
) -> diesel::QueryResult<Vec<Recorded>> {
    connection.control("SAVEPOINT job")?;
    let events = job.run(&mut Write::new(connection));
    // A full disk may already have ended the whole transaction; then undoing fails and so do all.
    if events.is_none() {
        connection.control("ROLLBACK TO job")?;
    }
    connection.control("RELEASE job")?;
    Ok(events.unwrap_or_default())
}
