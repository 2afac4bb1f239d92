//! The core Group schema (RFC 7643, sections 4.2 and 8.7.1).

use std::sync::LazyLock;

use super::build::{boolean, complex, reference, schema, string};
use super::{Attribute, GROUP, Schema};

/// The core Group schema, together with `thirdPartyVendor` and `accessGroup`, which the clients of
/// this market send. Erratum 5368: `displayName` is required.
///
/// RFC 7643, section 4.2.
pub fn group() -> Schema {
    schema(
        GROUP,
        "Group",
        "Group",
        [
            string(
                "displayName",
                "The group's name. Unique per client, whatever its case.",
            )
            .required()
            .unique(),
            members(),
            third_party_vendor(),
            string(
                "accessGroup",
                "The name of the access group to link a pending vendor to.",
            ),
        ],
    )
}

/// `members` of the Group schema (RFC 7643, section 4.2).
pub fn group_members() -> &'static Attribute {
    static MEMBERS: LazyLock<Attribute> = LazyLock::new(members);
    &MEMBERS
}

/// Whether an attribute is the `members` of the Group schema.
pub(crate) fn is_group_members(attribute: &Attribute) -> bool {
    attribute.name == "members" && attribute == group_members()
}

/// What a User keeps under the Group schema's URN.
pub(super) fn adopted_by_user() -> Schema {
    schema(GROUP, "Group", "Group", [third_party_vendor()])
}

/// RFC 7643, section 4.2: the sub-attributes are immutable, a member is added or removed whole.
fn members() -> Attribute {
    complex(
        "members",
        "The users and groups that belong to the group.",
        [
            string("value", "The member's id.").immutable(),
            reference("$ref", &["User", "Group"], "The member's URI.").immutable(),
            string("type", "What the member is.")
                .canonical(&["User", "Group"])
                .immutable(),
            string("display", "The member's name.").immutable(),
        ],
    )
    .many()
}

fn third_party_vendor() -> Attribute {
    boolean(
        "thirdPartyVendor",
        "Whether the client holds this to be an outside vendor. Kept; decides nothing.",
    )
}
