//! Vendors: the outside companies that come into being with a third-party provider's groups.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccessGroupId, GroupId, ProviderId, VendorId};
use crate::named::named;
use crate::provider::LinkDelivery;
use crate::settings::{self, MAX_NAME, SettingsError};

named! {
    /// How far an administrator has let a vendor in.
    #[derive(Default)]
    pub enum VendorStatus ("vendor status") {
        /// Came with a group and waits for an administrator; nobody gets in.
        #[default]
        Pending = "pending",
        Enabled = "enabled",
        /// Switched off by an administrator.
        Disabled = "disabled",
        /// Its group was deleted. The name pushed again makes another, pending vendor.
        Closed = "closed",
    }
}

/// What an administrator decides about a vendor. Its name follows the group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VendorSettings {
    pub access_group: Option<AccessGroupId>,
    /// First instant at which its people may get in.
    pub start: Option<DateTime<Utc>>,
    /// First instant at which they no longer may; none = open-ended.
    pub end: Option<DateTime<Utc>>,
    pub status: VendorStatus,
    pub contract_number: Option<String>,
    pub document_id: Option<String>,
    pub link_delivery: LinkDelivery,
}

impl VendorSettings {
    /// The first mistake, in the order of the fields.
    pub fn check(&self) -> Result<(), SettingsError> {
        settings::first(self.mistakes())
    }

    /// The first mistake of each field, in the order of the fields.
    pub fn mistakes(&self) -> Vec<SettingsError> {
        let mut mistakes = settings::Mistakes::default();
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            mistakes.look(Err(SettingsError::EndNotAfterStart));
        }
        if self.status == VendorStatus::Enabled {
            if self.access_group.is_none() {
                mistakes.look(Err(SettingsError::EnabledWithoutAccessGroup));
            }
            if self.start.is_none() {
                mistakes.look(Err(SettingsError::EnabledWithoutStart));
            }
        }
        for (field, text) in [
            ("contract_number", &self.contract_number),
            ("document_id", &self.document_id),
        ] {
            mistakes.look(settings::optional_line(field, text.as_deref(), MAX_NAME));
        }
        mistakes.found()
    }
}

/// An outside company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    pub id: VendorId,
    pub provider: ProviderId,
    /// The group it came with; none once that was deleted.
    pub group: Option<GroupId>,
    /// The group's `displayName`. The same name under two providers is two vendors.
    pub name: String,
    pub settings: VendorSettings,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ready() -> VendorSettings {
        VendorSettings {
            access_group: Some(AccessGroupId::from_uuid(Uuid::from_u128(1))),
            start: DateTime::from_timestamp(1_000, 0),
            status: VendorStatus::Enabled,
            ..VendorSettings::default()
        }
    }

    #[test]
    fn enabling_needs_an_access_group_and_a_start() {
        assert_eq!(VendorSettings::default().check(), Ok(()));
        assert_eq!(ready().check(), Ok(()));
        assert_eq!(
            VendorSettings {
                access_group: None,
                ..ready()
            }
            .check(),
            Err(SettingsError::EnabledWithoutAccessGroup)
        );
        assert_eq!(
            VendorSettings {
                start: None,
                ..ready()
            }
            .check(),
            Err(SettingsError::EnabledWithoutStart)
        );
        let disabled = VendorStatus::Disabled;
        assert_eq!(
            VendorSettings {
                start: None,
                status: disabled,
                ..ready()
            }
            .check(),
            Ok(())
        );
    }

    #[test]
    fn every_field_that_is_wrong_is_told() {
        let wrong = VendorSettings {
            access_group: None,
            end: DateTime::from_timestamp(999, 0),
            contract_number: Some("x".repeat(500)),
            document_id: Some("x".repeat(500)),
            ..ready()
        };
        let fields: Vec<_> = wrong.mistakes().iter().map(SettingsError::field).collect();
        assert_eq!(fields, ["end", "status", "contract_number", "document_id"]);
    }

    #[test]
    fn the_end_is_later_than_the_start() {
        let with_end = |seconds| VendorSettings {
            end: DateTime::from_timestamp(seconds, 0),
            ..ready()
        };
        assert_eq!(with_end(1_001).check(), Ok(()));
        assert_eq!(
            with_end(1_000).check(),
            Err(SettingsError::EndNotAfterStart)
        );
        assert_eq!(with_end(999).check(), Err(SettingsError::EndNotAfterStart));
        assert_eq!(
            VendorSettings {
                start: None,
                end: with_end(1).end,
                ..VendorSettings::default()
            }
            .check(),
            Ok(())
        );
    }
}
