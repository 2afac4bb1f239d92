//! One schema on two engines: SQLite and PostgreSQL.
//!
//! [`Store::read`] gives a consistent view, [`Store::write`] is the only way to change anything. The
//! functions of each module take that view or that transaction, and the provider where they act on the
//! behalf of one.

#![forbid(unsafe_code)]

mod columns;
mod engine;
mod error;
mod lower;
mod memo;
mod migrations;
mod pool;
mod predicate;
mod schema;
mod sql;
mod store;
mod writer;

pub mod access;
pub mod access_groups;
pub mod access_requests;
pub mod administrators;
pub mod assertions;
pub mod blocks;
pub mod cockpit;
pub mod collection;
pub mod credentials;
pub mod definitions;
pub mod entry_codes;
pub mod events;
pub mod groups;
pub mod health;
pub mod link_candidates;
pub mod links;
pub mod memberships;
pub mod names;
pub mod outbox;
pub mod overview;
pub mod page;
pub mod panics;
pub mod placements;
pub mod providers;
pub mod rates;
pub mod requests;
pub mod resources;
pub mod server_keys;
pub mod sessions;
pub mod signing_keys;
pub mod telemetry;
pub mod throttle;
pub mod timeline;
pub mod users;
pub mod vendors;
pub mod warnings;

pub use engine::{DatabaseUrl, Engine};
pub use error::{Error, OpenError, Unique};
pub use store::{Failure, Options, Read, Store, Write};
