//! The program itself, started as its users start it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod commands;
mod secrets;
mod server;
mod stopping;
mod tls;
