//! What an operation answers instead of its result.

use vestibule_domain::Hindrance;
use vestibule_domain::gate::Refusal;
use vestibule_domain::said::Said;
use vestibule_domain::settings::SettingsError;
use vestibule_oauth::{BearerError, TokenError};
use vestibule_scim::ScimType;
use vestibule_storage::{self as storage, Failure, Unique};

/// What every access token that does not work is told.
const INVALID_TOKEN: &str =
    "the access token is unknown, malformed, expired or revoked; fetch a new one";

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
    /// More requests are being worked on than the server has places for.
    #[error("the server is full at the moment")]
    Busy { retry_after: u32 },
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
    Uniqueness(Said),
    /// The state of things does not allow it.
    #[error("{0}")]
    Conflict(Said),
    /// The resource is no longer the one the client knows.
    #[error("the resource is not as If-Match or If-None-Match asks for it: read it again")]
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

/// An error with all its causes, in one line, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

impl Error {
    /// A mistake at a field.
    pub(crate) fn invalid(field: &str, mistake: &Said) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            detail: format!("{field}: {mistake}"),
        }
    }

    /// What a SCIM client is told of it (RFC 7644, section 3.12).
    pub fn scim(&self) -> vestibule_scim::Error {
        let told = |status, scim_type, detail: String| {
            vestibule_scim::Error::new(status, scim_type, detail)
        };
        match self {
            Self::Unauthenticated(BearerError::Missing) => told(
                401,
                None,
                "send an access token: Authorization: Bearer ...".to_owned(),
            ),
            // One answer, byte for byte (R-TOK-5).
            Self::Unauthenticated(BearerError::InvalidToken)
            | Self::Refused(Refusal::Disabled | Refusal::Expired) => {
                told(401, None, INVALID_TOKEN.to_owned())
            }
            Self::Refused(Refusal::Paused) | Self::Busy { .. } | Self::Unavailable(_) => {
                told(503, None, self.to_string())
            }
            Self::Refused(
                Refusal::Address(_) | Refusal::Referrer | Refusal::ScopeTooSmall { .. },
            )
            | Self::Forbidden(_) => told(403, None, self.to_string()),
            Self::OverRate { .. } => told(429, None, self.to_string()),
            Self::NotFound(_) => told(404, None, self.to_string()),
            Self::Uniqueness(said) => told(409, Some(ScimType::Uniqueness), said.to_string()),
            Self::Conflict(said) => told(409, None, said.to_string()),
            Self::PreconditionFailed => told(412, None, self.to_string()),
            Self::Scim(error) => error.clone(),
            Self::Invalid { detail, .. } => told(400, Some(ScimType::InvalidValue), detail.clone()),
            Self::Token(token) => told(token.status(), None, token.description.clone()),
            Self::Internal(_) => told(500, None, self.to_string()),
        }
    }

    /// An attribute whose value somebody else has.
    pub(crate) fn taken(attribute: &str) -> Self {
        Self::Uniqueness(Hindrance::Taken.said([("attribute", attribute.into())]))
    }

    pub(crate) fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<storage::Error> for Error {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::Taken(Unique::UserName) => Self::taken("userName"),
            // Never whose it is.
            storage::Error::Taken(Unique::ActiveEmail) => {
                Self::Uniqueness(Hindrance::EmailTaken.said([]))
            }
            storage::Error::Taken(Unique::GroupDisplayName) => Self::taken("displayName"),
            storage::Error::Taken(Unique::AccessGroupName) => {
                Self::Uniqueness(Hindrance::AccessGroupName.said([]))
            }
            storage::Error::Taken(Unique::ProviderName) => {
                Self::Uniqueness(Hindrance::ProviderName.said([]))
            }
            storage::Error::Taken(Unique::AdministratorName) => {
                Self::Uniqueness(Hindrance::AdministratorName.said([]))
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
