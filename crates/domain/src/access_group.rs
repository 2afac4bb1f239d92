//! Access groups: the policies of remote access to which vendors and internal groups are tied.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::AccessGroupId;
use crate::settings::{self, MAX_ENTRIES, MAX_NAME, SettingsError};

/// Most approvals, or disapprovals, that a policy may ask for.
const MAX_VOTES: u32 = 100;
/// Most levels of approval.
const MAX_LEVELS: u32 = 10;

/// A policy of remote access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the policy's switches are independent of one another"
)]
pub struct AccessGroupSettings {
    pub name: String,
    pub description: Option<String>,
    /// A disabled access group lets nobody in.
    pub enabled: bool,
    pub may_view_passwords: bool,
    pub may_start_sessions: bool,
    /// Approvals one request needs; 0 = none.
    pub approvals_required: u32,
    /// Disapprovals that cancel a request.
    pub disapprovals_to_cancel: u32,
    pub approval_levels: u32,
    /// Whether a request must name the id under which the governance product knows it.
    pub governance_id_required: bool,
    /// Whether a person may request access for themselves. Nothing asks for it yet.
    pub self_request: bool,
    pub approvers: Vec<String>,
    /// Whether a provider may tie a pending vendor to it by sending its name as `accessGroup`.
    pub linkable_by_provisioning: bool,
}

impl Default for AccessGroupSettings {
    /// Enabled, grants nothing by itself, needs no approval, and no provider may reach it.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: None,
            enabled: true,
            may_view_passwords: false,
            may_start_sessions: false,
            approvals_required: 0,
            disapprovals_to_cancel: 1,
            approval_levels: 1,
            governance_id_required: false,
            self_request: false,
            approvers: Vec::new(),
            linkable_by_provisioning: false,
        }
    }
}

impl AccessGroupSettings {
    /// The first mistake, in the order of the fields.
    pub fn check(&self) -> Result<(), SettingsError> {
        settings::first(self.mistakes())
    }

    /// The first mistake of each field, in the order of the fields.
    pub fn mistakes(&self) -> Vec<SettingsError> {
        let mut mistakes = settings::Mistakes::default();
        mistakes.look(settings::line("name", &self.name, MAX_NAME));
        let description = self.description.as_deref();
        mistakes.look(settings::free_text("description", description));
        for (field, number, least, most) in [
            ("approvals_required", self.approvals_required, 0, MAX_VOTES),
            (
                "disapprovals_to_cancel",
                self.disapprovals_to_cancel,
                1,
                MAX_VOTES,
            ),
            ("approval_levels", self.approval_levels, 1, MAX_LEVELS),
        ] {
            mistakes.look(settings::range(field, number, least, most));
        }
        let approvers = settings::lines("approvers", &self.approvers, MAX_ENTRIES, 256);
        mistakes.look(approvers);
        mistakes.found()
    }
}

/// A stored access group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGroup {
    pub id: AccessGroupId,
    pub settings: AccessGroupSettings,
    pub created: DateTime<Utc>,
    pub modified: DateTime<Utc>,
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_need_only_a_name() {
        assert!(AccessGroupSettings::default().check().is_err());
        let named: AccessGroupSettings = serde_json::from_str(r#"{"name":"Windows"}"#).unwrap();
        assert_eq!(named.check(), Ok(()));
        assert!(!named.linkable_by_provisioning);
    }

    #[test]
    fn a_request_that_nothing_cancels_is_refused() {
        let settings = AccessGroupSettings {
            name: "Windows".to_owned(),
            disapprovals_to_cancel: 0,
            ..AccessGroupSettings::default()
        };
        assert_eq!(
            settings.check().unwrap_err().field(),
            "disapprovals_to_cancel"
        );
    }
}
