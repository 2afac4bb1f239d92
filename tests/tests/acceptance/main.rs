//! The acceptance tests: the whole application over real HTTP, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access_requests;
mod blocks;
mod client;
mod cockpit;
mod conformance;
mod console;
mod durable;
mod entrance;
mod figures;
mod held;
mod history;
mod import;
mod interop;
mod isolation;
mod layering;
mod links;
mod mail;
mod network_gates;
mod oauth_assertions;
mod oauth_client;
mod oauth_endpoints;
mod oauth_vectors;
mod panics;
mod races;
mod records;
mod scim_bulk;
mod scim_characteristics;
mod scim_http;
mod scim_limits;
mod scim_lists;
mod scim_meant;
mod scim_members;
mod scim_schemas;
mod scim_vectors;
mod slow;
mod story;
