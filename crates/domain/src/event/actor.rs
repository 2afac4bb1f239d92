//! Who did it.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{AdministratorId, ProviderId, UserId};

/// Who made a change.
///
/// Stored as three columns: [`Actor::kind`], [`Actor::id`] and [`Actor::detail`]. The address of an
/// administrator stands in the event's payload ([`Actor::payload_address`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A provider's client, calling from this address if it has one.
    Provider {
        id: ProviderId,
        address: Option<IpAddr>,
    },
    /// By the console or the admin API; the name at that time, and from this address if it is known.
    Administrator {
        id: AdministratorId,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<IpAddr>,
    },
    /// Somebody with the server's command line.
    CommandLine,
    /// The server itself: a job, the passing of time.
    System,
    /// Somebody whom a provider pushed, at the entrance, from this address if it is known.
    Person { id: UserId, address: Option<IpAddr> },
}

/// Three columns that are no actor of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActorError {
    #[error("unknown kind of actor")]
    UnknownKind,
    #[error("the actor's id is missing or one too many")]
    Id,
    #[error("the actor's detail is missing, malformed or one too many")]
    Detail,
}

impl Actor {
    /// The stable text: `provider`, `administrator`, `command_line`, `system`, `person`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Provider { .. } => "provider",
            Self::Administrator { .. } => "administrator",
            Self::CommandLine => "command_line",
            Self::System => "system",
            Self::Person { .. } => "person",
        }
    }

    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Provider { id, .. } => Some(id.as_uuid()),
            Self::Administrator { id, .. } => Some(id.as_uuid()),
            Self::Person { id, .. } => Some(id.as_uuid()),
            Self::CommandLine | Self::System => None,
        }
    }

    /// A provider's or a person's address, an administrator's name.
    pub fn detail(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Provider { address, .. } | Self::Person { address, .. } => {
                address.map(|address| address.to_string().into())
            }
            Self::Administrator { name, .. } => Some(name.as_str().into()),
            Self::CommandLine | Self::System => None,
        }
    }

    /// The address that is written into the event's payload: an administrator's, as their columns
    /// are full and it can be erased there.
    pub const fn payload_address(&self) -> Option<IpAddr> {
        match self {
            Self::Administrator { address, .. } => *address,
            Self::Provider { .. } | Self::Person { .. } | Self::CommandLine | Self::System => None,
        }
    }

    /// The reverse of the three accessors: an administrator without their address.
    pub fn from_parts(
        kind: &str,
        id: Option<Uuid>,
        detail: Option<&str>,
    ) -> Result<Self, ActorError> {
        match kind {
            "provider" => Ok(Self::Provider {
                id: ProviderId::from_uuid(id.ok_or(ActorError::Id)?),
                address: address(detail)?,
            }),
            "person" => Ok(Self::Person {
                id: UserId::from_uuid(id.ok_or(ActorError::Id)?),
                address: address(detail)?,
            }),
            "administrator" => Ok(Self::Administrator {
                id: AdministratorId::from_uuid(id.ok_or(ActorError::Id)?),
                name: detail.ok_or(ActorError::Detail)?.to_owned(),
                address: None,
            }),
            "command_line" => without_parts(Self::CommandLine, id, detail),
            "system" => without_parts(Self::System, id, detail),
            _ => Err(ActorError::UnknownKind),
        }
    }
}

fn address(detail: Option<&str>) -> Result<Option<IpAddr>, ActorError> {
    detail
        .map(|text| text.parse().map_err(|_| ActorError::Detail))
        .transpose()
}

fn without_parts(
    actor: Actor,
    id: Option<Uuid>,
    detail: Option<&str>,
) -> Result<Actor, ActorError> {
    match (id, detail) {
        (None, None) => Ok(actor),
        (Some(_), _) => Err(ActorError::Id),
        (None, Some(_)) => Err(ActorError::Detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_read_back_from_their_columns_and_from_json() {
        let id = Uuid::from_u128(7);
        for actor in [
            Actor::Provider {
                id: ProviderId::from_uuid(id),
                address: "192.0.2.1".parse().ok(),
            },
            Actor::Provider {
                id: ProviderId::from_uuid(id),
                address: "2001:db8::1".parse().ok(),
            },
            Actor::Provider {
                id: ProviderId::from_uuid(id),
                address: None,
            },
            Actor::Administrator {
                id: AdministratorId::from_uuid(id),
                name: "Ada".to_owned(),
                address: None,
            },
            Actor::CommandLine,
            Actor::System,
            Actor::Person {
                id: UserId::from_uuid(id),
                address: "192.0.2.1".parse().ok(),
            },
        ] {
            let back = Actor::from_parts(actor.kind(), actor.id(), actor.detail().as_deref());
            assert_eq!(back.as_ref(), Ok(&actor));
            let json = serde_json::to_string(&actor).unwrap();
            assert!(
                json.contains(&format!("\"kind\":\"{}\"", actor.kind())),
                "{json}"
            );
            assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), actor);
        }
    }

    #[test]
    fn an_administrators_address_stays_out_of_the_columns() {
        let ada = |address| Actor::Administrator {
            id: AdministratorId::from_uuid(Uuid::from_u128(7)),
            name: "Ada".to_owned(),
            address,
        };
        let from = ada("192.0.2.1".parse().ok());
        assert_eq!(from.detail().as_deref(), Some("Ada"));
        let back = Actor::from_parts(from.kind(), from.id(), from.detail().as_deref());
        assert_eq!(back, Ok(ada(None)));
        let json = serde_json::to_string(&from).unwrap();
        assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), from);
    }

    #[test]
    fn damaged_columns_are_refused() {
        let id = Some(Uuid::from_u128(7));
        for (kind, id, detail, error) in [
            ("robot", None, None, ActorError::UnknownKind),
            ("provider", None, None, ActorError::Id),
            ("provider", id, Some("nowhere"), ActorError::Detail),
            ("administrator", id, None, ActorError::Detail),
            ("administrator", None, Some("Ada"), ActorError::Id),
            ("system", id, None, ActorError::Id),
            ("command_line", None, Some("root"), ActorError::Detail),
        ] {
            assert_eq!(Actor::from_parts(kind, id, detail), Err(error), "{kind}");
        }
    }
}
