//! What storage can answer instead of a result.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Why a store could not be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database address has the scheme `{0}`; use sqlite:PATH or postgres://USER@HOST/NAME"
    )]
    Scheme(String),
    #[error(
        "the database address names no file; use sqlite:PATH, for example sqlite:data/vestibule.db"
    )]
    NoFile,
    #[error("the database address has a `?`: a file takes no options; use sqlite:PATH alone")]
    Options,
    #[error(
        "the database was brought up to date by a newer version of Vestibule (its migration {0} is unknown here): \
         run that version, or restore a backup that was taken before"
    )]
    Newer(String),
    #[error("the database file {0} cannot be opened")]
    File(String, #[source] std::io::Error),
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    #[error("the database cannot be brought up to date: {0}")]
    Migrate(String),
    #[error(
        "the database setting {setting} is `{value}`, so an acknowledged change could be lost; turn it on"
    )]
    NotDurable { setting: String, value: String },
}

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another row already has this value: the constraint says which.
    #[error("a value that must be unique is taken")]
    Taken(Unique),
    /// Somebody else changed the row in between: the transaction is to be run again.
    #[error("the row has changed meanwhile")]
    Stale,
    /// The database cannot be reached, is full, or is too busy.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value that this version cannot read.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
}

/// The uniqueness rules of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    UserName,
    ActiveEmail,
    GroupDisplayName,
    AccessGroupName,
    ProviderName,
    AdministratorName,
    /// A key that only a race can make twice.
    Other,
}

impl Error {
    pub(crate) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// Whether running the transaction again may succeed.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Stale | Self::Taken(Unique::Other))
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) => {
                // PostgreSQL names the constraint, SQLite the columns.
                let place = information
                    .constraint_name()
                    .unwrap_or_else(|| information.message());
                Self::Taken(Unique::from_place(place))
            }
            // A row this one refers to went away meanwhile: run again, the new run will miss it.
            DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ForeignKeyViolation,
                _,
            ) => Self::Stale,
            DieselError::DatabaseError(_, information)
                if information.message().contains("deadlock detected") =>
            {
                Self::Stale
            }
            DieselError::DeserializationError(cause) => Self::Corrupt(cause.to_string()),
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

impl Unique {
    fn from_place(place: &str) -> Self {
        let named = |names: &[&str]| names.iter().any(|name| place.contains(name));
        if named(&["users_by_user_name", "users.user_name_key"]) {
            Self::UserName
        } else if named(&["users_by_active_email", "users.email_key"]) {
            Self::ActiveEmail
        } else if named(&["groups_by_display_name", "groups.display_name_key"]) {
            Self::GroupDisplayName
        } else if named(&["access_groups_name_key", "access_groups.name_key"]) {
            Self::AccessGroupName
        } else if named(&["providers_by_name", "providers.name_key"]) {
            Self::ProviderName
        } else if named(&["administrators_name_key", "administrators.name_key"]) {
            Self::AdministratorName
        } else {
            Self::Other
        }
    }
}
