//! The admin API over the real router and a real database.

mod authentication;
mod mistakes;
mod page;
mod provisioning;
mod routes;
mod world;
