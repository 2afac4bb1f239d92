//! What somebody does while another transaction holds what they wait for.

use std::sync::mpsc;

use chrono::Duration;
use vestibule_domain::ProviderId;
use vestibule_service::storage::{Error, Write, memberships};
use vestibule_testkit::TestApp;

/// Begins something that waits for a transaction of another node, which `hold`s what it needs and makes its
/// `change` a second after it was begun. On SQLite nothing can be read before one may write, so that
/// there it begins before or after, and it comes to the same.
pub(super) fn meanwhile<T: Send>(
    app: &TestApp,
    hold: impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + 'static,
    change: impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + 'static,
    begin: impl FnOnce() -> T + Send,
) -> T {
    meanwhile_seen(app, hold, || (), change, begin)
}

/// The same, and `look`s before the change, while both transactions are there.
pub(super) fn meanwhile_seen<T: Send>(
    app: &TestApp,
    hold: impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + 'static,
    look: impl FnOnce(),
    change: impl Fn(&mut Write<'_>) -> Result<(), Error> + Send + 'static,
    begin: impl FnOnce() -> T + Send,
) -> T {
    let store = app.database().open();
    let (reached, there) = mpsc::channel();
    let (go, told) = mpsc::channel::<()>();
    // Whoever fails here lets the other go.
    std::thread::scope(move |scope| {
        let other = scope.spawn(move || {
            store.write("another node", move |tx| {
                hold(tx)?;
                reached.send(()).unwrap();
                told.recv().unwrap();
                change(tx)
            })
        });
        there.recv().unwrap();
        let one = scope.spawn(begin);
        while app.database().waiting() == Some(0) {
            assert!(!one.is_finished(), "it waited for nothing");
            std::thread::yield_now();
        }
        look();
        app.clock.advance(Duration::seconds(1));
        go.send(()).unwrap();
        other.join().unwrap().unwrap();
        one.join().unwrap()
    })
}

/// Does something while another node is at a provider; it is through when it is told, or behind that.
pub(super) fn during_push<T>(
    app: &TestApp,
    provider: ProviderId,
    body: impl FnOnce(mpsc::Sender<()>) -> T,
) -> T {
    let store = app.database().open();
    let (reached, there) = mpsc::channel();
    let (done, told) = mpsc::channel::<()>();
    std::thread::scope(move |scope| {
        let push = scope.spawn(move || {
            store.write("a long push", move |tx| {
                memberships::lock(tx, provider)?;
                reached.send(()).unwrap();
                // Nobody tells it who failed.
                let _ = told.recv();
                Ok::<_, Error>(())
            })
        });
        there.recv().unwrap();
        let value = body(done);
        push.join().unwrap().unwrap();
        value
    })
}
