//! How many passwords are verified at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Passwords verified at once: each costs 19 MiB (R-TOK-4).
const VERIFIED_AT_ONCE: usize = 2;
/// Those that may wait for it on threads that others need too.
const WAITING: usize = 16;

/// Lets two passwords be verified at a time; who comes later waits, unless too many do.
#[derive(Debug, Default)]
pub(crate) struct Turnstile {
    places: Mutex<Places>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct Places {
    inside: usize,
    waiting: usize,
}

/// A place inside, given back whatever becomes of the work.
struct Inside<'a>(&'a Turnstile);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.places().inside -= 1;
        self.0.left.notify_one();
    }
}

impl Turnstile {
    fn places(&self) -> MutexGuard<'_, Places> {
        // They are numbers, whole whatever a panic elsewhere did.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None where too many wait already.
    pub(super) fn pass<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let mut places = self.places();
        if places.inside >= VERIFIED_AT_ONCE {
            if places.waiting >= WAITING {
                return None;
            }
            places.waiting += 1;
            places = self
                .left
                .wait_while(places, |places| places.inside >= VERIFIED_AT_ONCE)
                .unwrap_or_else(PoisonError::into_inner);
            places.waiting -= 1;
        }
        places.inside += 1;
        drop(places);
        let _inside = Inside(self);
        Some(work())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_panic_gives_its_place_back() {
        let turnstile = Turnstile::default();
        for _ in 0..=VERIFIED_AT_ONCE {
            let panicked =
                catch_unwind(AssertUnwindSafe(|| turnstile.pass(|| panic!("on purpose"))));
            assert!(panicked.is_err());
        }
        assert_eq!(turnstile.pass(|| 1), Some(1));
    }

    #[test]
    fn whoever_comes_when_too_many_wait_is_turned_away() {
        let turnstile = Turnstile::default();
        let (open, door) = mpsc::channel::<()>();
        let door = Mutex::new(door);
        let all = VERIFIED_AT_ONCE + WAITING;
        std::thread::scope(|scope| {
            let enter = || turnstile.pass(|| door.lock().unwrap().recv().unwrap());
            let entered: Vec<_> = (0..all).map(|_| scope.spawn(enter)).collect();
            while turnstile.places().waiting < WAITING {
                std::thread::yield_now();
            }
            assert_eq!(turnstile.pass(|| ()), None);
            (0..all).for_each(|_| open.send(()).unwrap());
            let passed = entered.into_iter().map(|one| one.join().unwrap());
            assert_eq!(passed.flatten().count(), all);
        });
        assert_eq!(turnstile.pass(|| ()), Some(()));
    }
}
