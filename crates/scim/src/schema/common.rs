//! The attributes of every resource (RFC 7643, sections 3 and 3.1). No schema publishes them.

use std::sync::LazyLock;

use super::Attribute;
use super::build::{complex, date_time, reference, string};

static COMMON: LazyLock<[Attribute; 4]> = LazyLock::new(|| {
    [
        reference(
            "schemas",
            &["uri"],
            "The URNs of the schemas this resource has data of.",
        )
        .many()
        .required()
        .always(),
        string("id", "The identifier the server gave the resource.")
            .exact()
            .unique()
            .always()
            .read_only(),
        string("externalId", "The identifier the client gave the resource.").exact(),
        complex(
            "meta",
            "What the server knows about the resource.",
            [
                string("resourceType", "The name of the resource type.").exact(),
                date_time("created", "When the resource was added."),
                date_time("lastModified", "When the resource last changed."),
                reference("location", &["uri"], "The URI of the resource."),
                string("version", "The version of the resource, as in ETag.").exact(),
            ],
        )
        .read_only(),
    ]
});

/// `schemas`, `id`, `externalId` and `meta` (RFC 7643, section 3).
pub fn common() -> &'static [Attribute] {
    COMMON.as_slice()
}

/// The common attribute of that name, in any ASCII case (RFC 7643, section 3).
pub fn common_attribute(name: &str) -> Option<&'static Attribute> {
    common()
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
