//! What time alone changes: starts, ends and expiries, each recorded at its instant.

use crate::event::{Action, SubjectKind};
use crate::named::named;

named! {
    /// What happens by itself, by the word of the event that records it.
    pub enum MomentKind ("kind of moment") {
        VendorStarted = "vendor.started",
        VendorEnded = "vendor.ended",
        LinkStarted = "link.started",
        LinkExpired = "link.expired",
        BlockEnded = "block.ended",
        ProviderExpired = "provider.expired",
        SecretExpired = "secret.expired",
        ActivationTokenExpired = "activation_token.expired",
        AdminTokenExpired = "admin_token.expired",
        AccessRequestExpired = "access_request.expired",
    }
}

impl MomentKind {
    /// The event that records it.
    pub const fn action(self) -> Action {
        match self {
            Self::VendorStarted => Action::VendorStarted,
            Self::VendorEnded => Action::VendorEnded,
            Self::LinkStarted => Action::LinkStarted,
            Self::LinkExpired => Action::LinkExpired,
            Self::BlockEnded => Action::BlockEnded,
            Self::ProviderExpired => Action::ProviderExpired,
            Self::SecretExpired => Action::SecretExpired,
            Self::ActivationTokenExpired => Action::ActivationTokenExpired,
            Self::AdminTokenExpired => Action::AdminTokenExpired,
            Self::AccessRequestExpired => Action::AccessRequestExpired,
        }
    }

    /// What it happens to.
    pub const fn subject(self) -> SubjectKind {
        match self {
            Self::VendorStarted | Self::VendorEnded => SubjectKind::Vendor,
            Self::LinkStarted | Self::LinkExpired => SubjectKind::Link,
            Self::BlockEnded => SubjectKind::Block,
            Self::ProviderExpired => SubjectKind::Provider,
            Self::SecretExpired | Self::ActivationTokenExpired | Self::AdminTokenExpired => {
                SubjectKind::Credential
            }
            Self::AccessRequestExpired => SubjectKind::AccessRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_word_of_its_event() {
        for kind in MomentKind::ALL {
            assert_eq!(kind.name(), kind.action().name());
        }
    }
}
