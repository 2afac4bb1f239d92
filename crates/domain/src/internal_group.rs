//! What an administrator decides about a group that an internal provider pushed.

use serde::{Deserialize, Serialize};

use crate::ids::AccessGroupId;
use crate::provider::LinkDelivery;

/// Settings of an internal group. Until it is tied to an access group it lets nobody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InternalGroupSettings {
    pub enabled: bool,
    pub access_group: Option<AccessGroupId>,
    pub link_delivery: LinkDelivery,
}

impl Default for InternalGroupSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            access_group: None,
            link_delivery: LinkDelivery::default(),
        }
    }
}
