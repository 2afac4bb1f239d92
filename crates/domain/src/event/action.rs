//! The words for what happened and to what.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{
    AccessGroupId, AccessRequestId, AdministratorId, BlockId, CredentialId, DefinitionId, GroupId,
    LinkId, ProviderId, ResourceId, SigningKeyId, UserId, VendorId,
};
use crate::named::named;

named! {
    /// What happened. The texts are part of the permanent format: add, never change.
    pub enum Action ("action") {
        UserCreated = "user.created",
        UserChanged = "user.changed",
        UserDeleted = "user.deleted",
        GroupCreated = "group.created",
        GroupChanged = "group.changed",
        GroupDeleted = "group.deleted",
        /// A delta of at most 1,000 members; more are continued in events with this one as cause.
        MembersChanged = "members.changed",
        /// An administrator's settings of an internal group.
        InternalGroupChanged = "internal_group.changed",
        VendorCreated = "vendor.created",
        VendorChanged = "vendor.changed",
        /// Its group was deleted.
        VendorClosed = "vendor.closed",
        VendorReattached = "vendor.reattached",
        PlacementChanged = "placement.changed",
        BlockSet = "block.set",
        BlockLifted = "block.lifted",
        AccessGroupCreated = "access_group.created",
        AccessGroupChanged = "access_group.changed",
        AccessGroupDeleted = "access_group.deleted",
        ProviderCreated = "provider.created",
        ProviderChanged = "provider.changed",
        ProviderDeleted = "provider.deleted",
        ProviderPaused = "provider.paused",
        ProviderResumed = "provider.resumed",
        ProviderDisabled = "provider.disabled",
        ProviderEnabled = "provider.enabled",
        SecretIssued = "secret.issued",
        SecretRevoked = "secret.revoked",
        TokenIssued = "token.issued",
        TokenRevoked = "token.revoked",
        ActivationTokenIssued = "activation_token.issued",
        ActivationTokenRevoked = "activation_token.revoked",
        /// A credential ends soon; told ahead, more than once.
        CredentialExpiring = "credential.expiring",
        AdministratorCreated = "administrator.created",
        AdministratorChanged = "administrator.changed",
        AdministratorDeleted = "administrator.deleted",
        AdministratorSignedIn = "administrator.signed_in",
        AdministratorSignedOut = "administrator.signed_out",
        /// The first and the tenth failure of a quarter of an hour.
        AdministratorSignInFailed = "administrator.sign_in_failed",
        AdminTokenIssued = "admin_token.issued",
        AdminTokenRevoked = "admin_token.revoked",
        SetUpLinkIssued = "set_up_link.issued",
        SetUpLinkUsed = "set_up_link.used",
        /// Something a provider sent was kept but changed nothing, and an administrator should know.
        WarningRaised = "warning.raised",
        LinkCreated = "link.created",
        /// It ends earlier, because its vendor does.
        LinkShortened = "link.shortened",
        /// The access group that it let in by is no way in any more; it goes on by another.
        LinkCarried = "link.carried",
        LinkEnded = "link.ended",
        /// A letter about a link was taken by the mail server.
        LinkMailed = "link.mailed",
        /// A letter about a link will never be sent.
        LinkNotMailed = "link.not_mailed",
        /// Somebody was to have a link by mail without asking, and could not be given one.
        LinkNotGiven = "link.not_given",
        /// An administrator was shown another address of a link that stands.
        LinkShown = "link.shown",
        EntryCodeRequested = "entry_code.requested",
        /// An administrator had it shown.
        EntryCodeShown = "entry_code.shown",
        EntryGranted = "entry.granted",
        EntryRefused = "entry.refused",
        /// Every link of a vendor or an internal group is ended.
        PanicPressed = "panic.pressed",
        /// Of a type that an administrator defined.
        ResourceCreated = "resource.created",
        ResourceChanged = "resource.changed",
        ResourceDeleted = "resource.deleted",
        SchemaAdded = "schema.added",
        SchemaRemoved = "schema.removed",
        ResourceTypeAdded = "resource_type.added",
        ResourceTypeRemoved = "resource_type.removed",
        SigningKeyMade = "signing_key.made",
        /// A person's placement changes again and again.
        PlacementFlapping = "placement.flapping",
        /// By time alone, like those that follow.
        VendorStarted = "vendor.started",
        VendorEnded = "vendor.ended",
        LinkStarted = "link.started",
        LinkExpired = "link.expired",
        BlockEnded = "block.ended",
        ProviderExpired = "provider.expired",
        SecretExpired = "secret.expired",
        ActivationTokenExpired = "activation_token.expired",
        AdminTokenExpired = "admin_token.expired",
        AccessRequestMade = "access_request.made",
        /// One of those who have a say.
        AccessRequestApproved = "access_request.approved",
        AccessRequestDisapproved = "access_request.disapproved",
        /// The last approval has come.
        AccessRequestGranted = "access_request.granted",
        /// Too many were against it.
        AccessRequestCancelled = "access_request.cancelled",
        AccessRequestWithdrawn = "access_request.withdrawn",
        /// By time alone.
        AccessRequestExpired = "access_request.expired",
        /// People are imported from a table; those who came in have events of their own.
        ImportBegun = "import.begun",
        /// With how many rows came to what. One that was broken off has none.
        ImportEnded = "import.ended",
    }
}

named! {
    /// What a thing is. The texts are part of the permanent format.
    pub enum SubjectKind ("subject kind") {
        User = "user",
        Group = "group",
        Vendor = "vendor",
        AccessGroup = "access_group",
        Provider = "provider",
        Block = "block",
        Credential = "credential",
        Administrator = "administrator",
        Link = "link",
        Resource = "resource",
        /// Of a schema or a resource type.
        Definition = "definition",
        SigningKey = "signing_key",
        AccessRequest = "access_request",
    }
}

/// The thing that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    pub kind: SubjectKind,
    pub id: Uuid,
}

macro_rules! subjects {
    ($($id:ident => $kind:ident),+ $(,)?) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self { kind: SubjectKind::$kind, id: id.as_uuid() }
            }
        }
    )+};
}

subjects! {
    UserId => User,
    GroupId => Group,
    VendorId => Vendor,
    AccessGroupId => AccessGroup,
    ProviderId => Provider,
    BlockId => Block,
    CredentialId => Credential,
    AdministratorId => Administrator,
    LinkId => Link,
    ResourceId => Resource,
    DefinitionId => Definition,
    SigningKeyId => SigningKey,
    AccessRequestId => AccessRequest,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed or missing line breaks chains that exist; a new one is added at the end of a block.
    #[test]
    fn the_words_are_pinned() {
        let actions: Vec<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(
            actions.join(" "),
            "user.created user.changed user.deleted group.created group.changed group.deleted \
             members.changed internal_group.changed vendor.created vendor.changed vendor.closed \
             vendor.reattached placement.changed block.set block.lifted access_group.created \
             access_group.changed access_group.deleted provider.created provider.changed \
             provider.deleted provider.paused provider.resumed provider.disabled provider.enabled \
             secret.issued secret.revoked token.issued token.revoked activation_token.issued \
             activation_token.revoked credential.expiring administrator.created administrator.changed \
             administrator.deleted administrator.signed_in administrator.signed_out \
             administrator.sign_in_failed admin_token.issued admin_token.revoked set_up_link.issued \
             set_up_link.used warning.raised link.created link.shortened link.carried link.ended \
             link.mailed link.not_mailed link.not_given link.shown entry_code.requested entry_code.shown entry.granted \
             entry.refused panic.pressed resource.created resource.changed resource.deleted schema.added schema.removed \
             resource_type.added resource_type.removed signing_key.made placement.flapping vendor.started vendor.ended \
             link.started link.expired block.ended provider.expired secret.expired \
             activation_token.expired admin_token.expired access_request.made \
             access_request.approved access_request.disapproved access_request.granted \
             access_request.cancelled access_request.withdrawn access_request.expired \
             import.begun import.ended"
        );
        let kinds: Vec<_> = SubjectKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(
            kinds.join(" "),
            "user group vendor access_group provider block credential administrator link \
             resource definition signing_key access_request"
        );
    }

    #[test]
    fn words_read_back() {
        for action in Action::ALL {
            assert_eq!(action.name().parse(), Ok(*action));
        }
        assert!("user.erased".parse::<Action>().is_err());
    }
}
