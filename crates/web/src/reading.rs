//! How the body of a request is read: within a bounded time, and by nobody who takes the place of those
//! whose body is there (R-AVL-1).
//!
//! A body that is at hand with its head is read at once. One that is waited for gives its request's
//! place back meanwhile, and gets one again when it is whole. As many are waited for as there are
//! places; when there are more, the one that has been waited for the longest is given up. So whoever
//! sends slowly holds up nobody who does not.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut, Data};
use actix_web::{HttpRequest, rt};
use futures_channel::oneshot;

use crate::{Web, admission};

/// Bytes of a body from which on few are read at once.
const LARGE: usize = 1024 * 1024;
/// How long what came too slowly is kept, so that its connection ends with the answer.
const UNREAD: Duration = Duration::from_secs(5);

/// How long a body may take to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyTime {
    /// For a body of any length.
    pub grace: Duration,
    /// What has arrived at this rate, in bytes a second, earns its time besides. Not 0.
    pub bytes_per_second: u32,
}

impl Default for BodyTime {
    /// 10 seconds, and a second more for each 64 KiB that have arrived.
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(10),
            bytes_per_second: 64 * 1024,
        }
    }
}

impl BodyTime {
    /// After how long a body has to be whole of which so many bytes have arrived.
    fn allowed(self, arrived: usize) -> Duration {
        let arrived = u64::try_from(arrived).unwrap_or(u64::MAX);
        let earned = arrived.saturating_mul(1_000) / u64::from(self.bytes_per_second.max(1));
        self.grace.saturating_add(Duration::from_millis(earned))
    }
}

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    TooLarge {
        limit: usize,
    },
    TooSlow,
    Broken,
    /// It is there, and there is no place for its request.
    Full,
}

/// Reads a body of at most `limit` bytes.
pub(crate) async fn body(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
) -> Result<Bytes, BodyError> {
    admitted_body(request, payload, limit, || true).await
}

/// The same; when it has more than 1 MiB, `admit` is asked once whether it may have.
pub(crate) async fn admitted_body(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    admit: impl FnOnce() -> bool,
) -> Result<Bytes, BodyError> {
    let web = request.app_data::<Data<Web>>();
    let time = web.map_or_else(BodyTime::default, |web| web.settings.body_time);
    let read = {
        let mut reading = pin!(collect(payload, limit, admit, time));
        if let Poll::Ready(read) =
            poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await
        {
            read
        } else {
            let left = admission::leave(request);
            let mut waiting = web.map(|web| web.admission.waiting.begin());
            let read = poll_fn(|context| {
                if let Poll::Ready(read) = reading.as_mut().poll(context) {
                    return Poll::Ready(read);
                }
                match &mut waiting {
                    Some(waiting) => Pin::new(&mut waiting.given_up)
                        .poll(context)
                        .map(|_| Err(BodyError::TooSlow)),
                    None => Poll::Pending,
                }
            })
            .await;
            if left && !admission::come_back(request) {
                Err(BodyError::Full)
            } else {
                read
            }
        }
    };
    if read == Err(BodyError::TooSlow) {
        keep_unread(payload.take());
    }
    read
}

async fn collect(
    payload: &mut Payload,
    limit: usize,
    admit: impl FnOnce() -> bool,
    time: BodyTime,
) -> Result<Bytes, BodyError> {
    let begun = Instant::now();
    let mut read = BytesMut::new();
    let mut admit = Some(admit);
    loop {
        let left = time.allowed(read.len()).saturating_sub(begun.elapsed());
        let Ok(chunk) = timeout(left, next(payload)).await else {
            return Err(BodyError::TooSlow);
        };
        let Some(chunk) = chunk else {
            return Ok(read.freeze());
        };
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if read.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge { limit });
        }
        if read.len() + chunk.len() > LARGE && admit.take().is_some_and(|admit| !admit()) {
            return Err(BodyError::TooLarge { limit: LARGE });
        }
        read.extend_from_slice(&chunk);
    }
}

async fn next(payload: &mut Payload) -> Option<Result<Bytes, PayloadError>> {
    poll_fn(|context| futures_core::Stream::poll_next(Pin::new(&mut *payload), context)).await
}

/// Sees to it that a connection ends on which a body came too slowly: as long as the body is there while
/// the answer is written, actix-http closes it; a body that nobody has any more it would read to its
/// end, however long that takes.
fn keep_unread(payload: Payload) {
    rt::spawn(async move {
        rt::time::sleep(UNREAD).await;
        drop(payload);
    });
}

/// The bodies that are waited for. Cheap to clone; clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    queue: Arc<Mutex<Queue>>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    /// By the order in which they came.
    bodies: BTreeMap<u64, oneshot::Sender<()>>,
}

/// One of them, until it is dropped.
struct Awaited {
    number: u64,
    queue: Arc<Mutex<Queue>>,
    /// Ready when it is to be given up.
    given_up: oneshot::Receiver<()>,
}

impl Waiting {
    /// For as many as `limit` at once, at least one.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            queue: Arc::default(),
            limit: limit.max(1),
        }
    }

    /// Adds one, and gives up the eldest where there are too many.
    fn begin(&self) -> Awaited {
        let (sender, given_up) = oneshot::channel();
        let mut queue = lock(&self.queue);
        let number = queue.next;
        queue.next += 1;
        queue.bodies.insert(number, sender);
        if queue.bodies.len() > self.limit {
            // Its receiver is told that its sender is gone.
            queue.bodies.pop_first();
        }
        Awaited {
            number,
            queue: Arc::clone(&self.queue),
            given_up,
        }
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        lock(&self.queue).bodies.remove(&self.number);
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    // Nothing between two of its operations could be torn by a panic.
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eldest_of_too_many_is_given_up() {
        let waiting = Waiting::new(2);
        let mut first = waiting.begin();
        let mut second = waiting.begin();
        assert_eq!(first.given_up.try_recv(), Ok(None));
        let mut third = waiting.begin();
        assert!(first.given_up.try_recv().is_err());
        assert_eq!(second.given_up.try_recv(), Ok(None));
        assert_eq!(third.given_up.try_recv(), Ok(None));
        drop(second);
        let mut fourth = waiting.begin();
        assert_eq!(third.given_up.try_recv(), Ok(None));
        assert_eq!(fourth.given_up.try_recv(), Ok(None));
        drop((first, third, fourth));
        assert!(lock(&waiting.queue).bodies.is_empty());
    }

    #[test]
    fn what_has_arrived_earns_time() {
        let time = BodyTime::default();
        assert_eq!(time.allowed(0), Duration::from_secs(10));
        assert_eq!(time.allowed(64 * 1024), Duration::from_secs(11));
        assert_eq!(time.allowed(8 << 20), Duration::from_secs(138));
        assert!(time.allowed(usize::MAX) > Duration::from_secs(138));
    }
}
