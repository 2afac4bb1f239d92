//! What Vestibule knows about its world: providers, people, vendors, access groups, events; where
//! a person is placed, and whether they may get in.
//!
//! Pure: no clock, no I/O, no randomness. Time and identifiers are parameters. Every function here
//! gives the same answer for the same facts, so the gate, the console and the explain API can all
//! call it and never disagree.
//!
//! [`access::decide`] answers whether a person may get in; `examples/decide.rs` builds its facts by hand
//! and prints the reasons.

#![forbid(unsafe_code)]

mod hexadecimal;
mod named;

pub mod access;
pub mod access_group;
pub mod access_request;
pub mod event;
pub mod gate;
pub mod ids;
pub mod import;
pub mod instant;
pub mod internal_group;
pub mod link;
pub mod mail;
pub mod mistake;
pub mod network;
pub mod person;
pub mod placement;
pub mod provider;
pub mod said;
pub mod settings;
pub mod timeline;
pub mod vendor;

pub use hexadecimal::hexadecimal;
pub use ids::{
    AccessGroupId, AccessRequestId, AdministratorId, BlockId, CredentialId, DefinitionId,
    EntryCodeId, EventId, GroupId, LetterId, LinkId, PanicId, ProviderId, ResourceId, SigningKeyId,
    UserId, VendorId,
};
pub use mistake::{Flaw, Hindrance, Mistake};
pub use named::UnknownName;
pub use settings::SettingsError;
