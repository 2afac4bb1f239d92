//! What the database says about itself.

use diesel::prelude::*;

use crate::error::Error;
use crate::store::Read;

diesel::table! {
    /// Kept by diesel.
    #[sql_name = "__diesel_schema_migrations"]
    applied_migrations (version) {
        version -> Text,
    }
}

/// Versions of the migrations that were applied, oldest first.
pub fn migrations(read: &mut Read<'_>) -> Result<Vec<String>, Error> {
    Ok(applied_migrations::table
        .order(applied_migrations::version)
        .select(applied_migrations::version)
        .load(read.connection)?)
}
