//! What an operation answers instead of its result.

use vestibule_domain::gate::Refusal;
use vestibule_domain::settings::SettingsError;
use vestibule_oauth::{BearerError, TokenError};
use vestibule_storage::{self as storage, Failure, Unique};

/// The detail of every conflict over an e-mail: never whose it is.
const EMAIL_TAKEN: &str = "the e-mail address is already in use";

/// Why an operation was not done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No credential, or none that works.
    #[error("the request is not authenticated")]
    Unauthenticated(BearerError),
    /// The credential is good, but the provider's gates are shut.
    #[error("{0}")]
    Refused(Refusal),
    /// The provider is faster than it may be.
    #[error("the provider makes more requests than its limit allows")]
    OverRate { retry_after: u32 },
    /// The administrator's role is too small.
    #[error("this needs the role {0}")]
    Forbidden(crate::Role),
    /// The token request is refused.
    #[error("the token request is refused: {}", .0.description)]
    Token(TokenError),
    /// No such thing, or not the caller's.
    #[error("no {0} has this id")]
    NotFound(&'static str),
    /// A value that must be unique is taken.
    #[error("{0}")]
    Uniqueness(String),
    /// The state of things does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The resource is no longer the one the client knows.
    #[error("the resource has changed: its version is not the one in If-Match")]
    PreconditionFailed,
    /// A SCIM request that cannot be understood or obeyed.
    #[error("{0}")]
    Scim(vestibule_scim::Error),
    /// A setting that an administrator got wrong.
    #[error("{detail}")]
    Invalid { field: String, detail: String },
    /// The database is away, full or too busy. Trying again later may help.
    #[error("the service is not available at the moment")]
    Unavailable(#[source] storage::Error),
    /// A fault of the server.
    #[error("the server made a mistake")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            detail: detail.into(),
        }
    }

    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Taken(Unique::UserName) => {
                Self::Uniqueness("userName is already in use".to_owned())
            }
            storage::Error::Taken(Unique::ActiveEmail) => Self::Uniqueness(EMAIL_TAKEN.to_owned()),
            storage::Error::Taken(Unique::GroupDisplayName) => {
                Self::Uniqueness("displayName is already in use".to_owned())
            }
            storage::Error::Taken(Unique::AccessGroupName) => {
                Self::Uniqueness("an access group of this name exists already".to_owned())
            }
            storage::Error::Taken(Unique::ProviderName) => {
                Self::Uniqueness("a provider of this name and user type exists already".to_owned())
            }
            storage::Error::Taken(Unique::AdministratorName) => {
                Self::Uniqueness("an administrator of this name exists already".to_owned())
            }
            storage::Error::Corrupt(_) => Self::Internal(Box::new(error)),
            storage::Error::Stale
            | storage::Error::Taken(Unique::Other)
            | storage::Error::Unavailable(_) => Self::Unavailable(error),
        }
    }
}

impl Failure for Error {
    fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(storage::Error::Stale | storage::Error::Taken(Unique::Other))
        )
    }
}

impl From<vestibule_scim::Error> for Error {
    fn from(error: vestibule_scim::Error) -> Self {
        Self::Scim(error)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<BearerError> for Error {
    fn from(error: BearerError) -> Self {
        Self::Unauthenticated(error)
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::Invalid {
            field: error.field().to_owned(),
            detail: error.to_string(),
        }
    }
}
