//! The console: pages for the people who run Vestibule, rendered here, readable without JavaScript,
//! over the service functions that the admin API calls.
//!
//! A page is a value (`page::Page`) that one template renders, so every table, form and list of
//! facts looks and behaves the same. What may be asked for, and by whom, is one table
//! (`routes::ROUTES`); `gate` holds every request to it.

mod access_groups;
mod access_requests;
mod account;
mod administrators;
mod assets;
mod credentials;
mod events;
mod export;
mod fields;
mod form;
mod gate;
mod health;
mod home;
mod internal_groups;
mod letters;
mod links;
mod named;
mod openid;
mod page;
mod panic;
mod people;
mod phrase;
mod proof;
mod providers;
mod query;
mod reply;
mod requests;
mod routes;
mod schemas;
mod search;
pub(crate) mod set_up;
mod settings;
mod setup;
mod sign_in;
mod sure;
mod table;
mod text;
mod timeline;
mod tolerances;
mod unsent;
mod vendors;
mod visit;
mod warnings;
mod when;

pub(crate) use assets::style;
pub(crate) use fields::sent;
pub use openid::CALLBACK as OPENID_CALLBACK;
pub use routes::{ROUTES, Route, Verb};
pub use settings::is_explained as setting_is_explained;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::routes::Table;

/// Where the console is mounted.
pub const MOUNT: &str = "/console";
/// Where one signs in: the address that products' tiles lead to.
pub const SIGN_IN: &str = "/flow/auth/signin";

pub(crate) fn configure(table: &mut Table) {
    assets::configure(table);
    sign_in::configure(table);
    openid::configure(table);
    let mut pages = Table::default();
    routes::configure(&mut pages);
    let otherwise = web::to(reply::elsewhere);
    table.mount(MOUNT, pages, otherwise, |scope| {
        scope.wrap(from_fn(gate::gate))
    });
}
