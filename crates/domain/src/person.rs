//! Blocks: an administrator's word against a person, which no provider can see or change.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{BlockId, EventId, ProviderId};
use crate::settings::{self, MAX_TEXT, SettingsError};

/// A block on a person. Keyed by provider and `userName`, and by e-mail wherever it turns up, so
/// that it survives the person being deleted and pushed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub id: BlockId,
    pub provider: ProviderId,
    /// The folded `userName` (`scim::fold`).
    pub user_name_key: String,
    /// The folded primary e-mail, if there was one.
    pub email_key: Option<String>,
    pub reason: String,
    /// First instant at which it no longer holds; none = until lifted.
    pub until: Option<DateTime<Utc>>,
    pub created: DateTime<Utc>,
    /// The event that set it.
    pub event: EventId,
    /// The block that it followed its person from, to another name or e-mail. Providers choose those, so that
    /// by e-mail it holds at its own provider alone.
    pub follows: Option<BlockId>,
}

impl Block {
    pub fn in_force(&self, at: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| at < until)
    }

    /// Whether it is meant for the person whose folded keys these are.
    pub fn concerns(
        &self,
        provider: ProviderId,
        user_name_key: &str,
        email_key: Option<&str>,
    ) -> bool {
        let by_name = self.provider == provider && self.user_name_key == user_name_key;
        let by_email = self.email_key.is_some()
            && self.email_key.as_deref() == email_key
            && (self.follows.is_none() || self.provider == provider);
        by_name || by_email
    }

    /// The first mistake in what an administrator gave.
    pub fn check(&self) -> Result<(), SettingsError> {
        settings::line("reason", &self.reason, MAX_TEXT)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn block() -> Block {
        Block {
            id: BlockId::from_uuid(Uuid::from_u128(1)),
            provider: ProviderId::from_uuid(Uuid::from_u128(2)),
            user_name_key: "ada".to_owned(),
            email_key: Some("ada@acme.example".to_owned()),
            reason: "Lost laptop".to_owned(),
            until: DateTime::from_timestamp(100, 0),
            created: DateTime::UNIX_EPOCH,
            event: EventId::from_uuid(Uuid::from_u128(3)),
            follows: None,
        }
    }

    #[test]
    fn it_holds_until_its_end() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        assert!(block().in_force(at(99)));
        assert!(!block().in_force(at(100)));
        assert!(
            Block {
                until: None,
                ..block()
            }
            .in_force(DateTime::<Utc>::MAX_UTC)
        );
    }

    #[test]
    fn it_follows_the_name_in_its_provider_and_the_email_everywhere() {
        let own = block().provider;
        let other = ProviderId::from_uuid(Uuid::from_u128(9));
        assert!(block().concerns(own, "ada", None));
        assert!(!block().concerns(other, "ada", None));
        assert!(block().concerns(other, "grace", Some("ada@acme.example")));
        assert!(!block().concerns(own, "grace", Some("grace@acme.example")));
        let nameless = Block {
            email_key: None,
            ..block()
        };
        assert!(!nameless.concerns(other, "grace", None));
    }
}
