//! Identifiers: one type per kind of thing, so that a person's id is never taken for a group's.
//!
//! All are UUIDs made by the server (version 7, from the service's clock and rng), never taken from
//! a client and never reused. `externalId` is the client's label and deliberately not one of these.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an identifier in its one spelling: 36 characters, lower case, hyphenated.
///
/// RFC 7643 3.1 makes `id` case-exact, so no second spelling may lead to the same resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: expected a lower-case hyphenated UUID")]
pub struct IdError;

fn parse(text: &str) -> Result<Uuid, IdError> {
    if text.len() != uuid::fmt::Hyphenated::LENGTH || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(IdError);
    }
    Uuid::try_parse(text).map_err(|_| IdError)
}

macro_rules! id {
    ($($(#[$meta:meta])* $type:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $type(Uuid);

        impl $type {
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl FromStr for $type {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text).map(Self)
            }
        }
    )+};
}

id! {
    /// One registered source of people and groups.
    ProviderId,
    /// A SCIM User.
    UserId,
    /// A SCIM Group.
    GroupId,
    /// An outside company.
    VendorId,
    /// A policy of remote access.
    AccessGroupId,
    /// One append-only record of a change.
    EventId,
    /// A client secret, a bearer token, an activation token or an administrator's token.
    CredentialId,
    /// A block set on a person by an administrator.
    BlockId,
    /// A person who administers Vestibule; never one whom a provider pushed.
    AdministratorId,
    /// A personal way in.
    LinkId,
    /// A code with which somebody enters once.
    EntryCodeId,
    /// A press of the panic button.
    PanicId,
    /// A SCIM resource of a type that an administrator defined.
    ResourceId,
    /// A schema or a resource type that an administrator defined.
    DefinitionId,
    /// A mail to be sent.
    LetterId,
    /// A link that others have to approve first.
    AccessRequestId,
    /// A key that signs assertions.
    SigningKeyId,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn one_spelling_reads_and_writes() {
        let id: UserId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{TEXT}\""));
        assert_eq!(UserId::from_uuid(id.as_uuid()), id);
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for text in [
            "",
            "1",
            "01890a5dac96774bbcceb302099a8057",
            "01890A5D-AC96-774B-BCCE-B302099A8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a8057 ",
            "01890a5d-ac96-774b-bcce-b302099a805g",
            "01890a5d-ac96-774b-bcce-b302099a80\u{e9}",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(IdError), "{text:?}");
        }
    }
}
