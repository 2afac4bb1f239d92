//! How often values were looked at: tests count the work that must not grow with the square of what is sent,
//! as a clock would tell of the machine as well.

use std::cell::Cell;

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// One value was compared with another, or brought into the form that it is compared in.
pub(crate) fn look() {
    LOOKS.set(LOOKS.get() + 1);
}

/// What the work comes to, and how many looks it takes.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LOOKS.get();
    let outcome = work();
    (outcome, LOOKS.get() - before)
}
