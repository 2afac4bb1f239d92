//! Who administers: through the API with a bearer token, or at the command line of the machine that
//! holds the database.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vestibule_domain::AdministratorId;
use vestibule_domain::event::Actor;
use vestibule_oauth::{BearerError, Digest};
use vestibule_storage::{Read, administrators};

use crate::{Error, Service, sessions};

/// What an administrator may do. Each role may all that the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything but secrets.
    Auditor,
    /// Runs the day: vendors, access groups, blocks.
    Operator,
    /// Everything: providers, credentials, administrators.
    Administrator,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Auditor, Self::Operator, Self::Administrator]
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("`{text}` is no role; use administrator, operator or auditor"))
    }
}

/// How an administrator shows who they are.
#[derive(Debug, Clone, Copy)]
pub enum AdminCredential {
    /// Digest of an API token.
    Token(Result<Digest, BearerError>),
    /// Digest of a console session's secret.
    Session(Result<Digest, BearerError>),
    /// Whoever can open the database file may do everything with it.
    CommandLine,
}

/// An administrative request before its sender is known.
#[derive(Debug, Clone)]
pub struct AdminCall {
    pub credential: AdminCredential,
    /// Where it came from, behind trusted proxies; events tell it.
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
}

impl AdminCall {
    /// A call from the command line.
    pub fn command_line() -> Self {
        Self {
            credential: AdminCredential::CommandLine,
            address: None,
            request_id: None,
        }
    }
}

/// The sender of an administrative request.
#[derive(Debug, Clone)]
pub struct Operator {
    pub actor: Actor,
    pub role: Role,
    /// None at the command line.
    pub administrator: Option<AdministratorId>,
    pub request_id: Option<String>,
}

impl Service {
    /// Who sends a request, whatever their role.
    pub fn identify(&self, call: &AdminCall) -> Result<Operator, Error> {
        self.store()
            .read(|read| admit(read, call, Role::Auditor, self.now()))
    }
}

/// Finds the administrator inside the caller's transaction and checks that their role reaches.
pub(crate) fn admit(
    read: &mut Read<'_>,
    call: &AdminCall,
    needed: Role,
    now: DateTime<Utc>,
) -> Result<Operator, Error> {
    let request_id = call.request_id.clone();
    let owner = match call.credential {
        AdminCredential::CommandLine => {
            return Ok(Operator {
                actor: Actor::CommandLine,
                role: Role::Administrator,
                administrator: None,
                request_id,
            });
        }
        AdminCredential::Token(digest) => {
            let (token, owner) =
                administrators::find_token(read, &digest?)?.ok_or(BearerError::InvalidToken)?;
            if token.expires.is_some_and(|expires| expires <= now) || !owner.enabled {
                return Err(BearerError::InvalidToken.into());
            }
            owner
        }
        AdminCredential::Session(digest) => sessions::live(read, &digest?, now)?.1,
    };
    let role: Role = owner.role.parse().map_err(Error::internal)?;
    if role < needed {
        return Err(Error::Forbidden(needed));
    }
    Ok(Operator {
        actor: Actor::Administrator {
            id: owner.id,
            name: owner.name,
            address: call.address,
        },
        role,
        administrator: Some(owner.id),
        request_id,
    })
}
