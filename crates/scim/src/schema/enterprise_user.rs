//! The Enterprise User extension (RFC 7643, sections 4.3 and 8.7.1).

use std::sync::LazyLock;

use super::build::{complex, reference, schema, string};
use super::{Attribute, ENTERPRISE_USER, Schema};

/// The Enterprise User extension (RFC 7643, section 4.3).
pub fn enterprise_user() -> Schema {
    schema(
        ENTERPRISE_USER,
        "EnterpriseUser",
        "Enterprise User",
        [
            string(
                "employeeNumber",
                "The number the organisation gave the person.",
            ),
            string("costCenter", "The cost centre."),
            string("organization", "The organisation."),
            string("division", "The division."),
            string("department", "The department."),
            manager(),
        ],
    )
}

/// Whether an attribute is the `manager` of the Enterprise User extension.
pub(crate) fn is_manager(attribute: &Attribute) -> bool {
    static MANAGER: LazyLock<Attribute> = LazyLock::new(manager);
    attribute.name == "manager" && *attribute == *MANAGER
}

fn manager() -> Attribute {
    complex(
        "manager",
        "The user's manager.",
        [
            string("value", "The manager's id."),
            reference("$ref", &["User"], "The manager's URI."),
            string("displayName", "The manager's displayName.").read_only(),
        ],
    )
}
