//! The schemas of the discovery resources (RFC 7643, sections 5 to 7 and 8.7.2).

use super::build::{boolean, complex, integer, reference, schema as build, string};
use super::{Attribute, RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG, Schema};

/// The schema of `/ServiceProviderConfig` (RFC 7643, section 8.7.2).
pub fn service_provider_config() -> Schema {
    read_only(build(
        SERVICE_PROVIDER_CONFIG,
        "Service Provider Configuration",
        "What this service provider supports.",
        [
            reference("documentationUri", &["external"], "Help for people."),
            feature("patch", "PATCH."),
            complex(
                "bulk",
                "Bulk requests.",
                [
                    supported(),
                    integer("maxOperations", "The most operations in a request.").required(),
                    integer("maxPayloadSize", "The most bytes in a request.").required(),
                ],
            )
            .required(),
            complex(
                "filter",
                "Filters.",
                [
                    supported(),
                    integer("maxResults", "The most resources in a response.").required(),
                ],
            )
            .required(),
            feature("changePassword", "Changing passwords."),
            feature("sort", "Sorting."),
            feature("etag", "Entity tags."),
            pagination(),
            authentication_schemes(),
        ],
    ))
}

/// The schema of `/ResourceTypes` (RFC 7643, section 8.7.2).
pub fn resource_type() -> Schema {
    read_only(build(
        RESOURCE_TYPE,
        "ResourceType",
        "A kind of resource this service provider has.",
        [
            string("id", "The identifier, equal to the name."),
            string("name", "The name, such as \"User\".").required(),
            string("description", "A description for people."),
            reference(
                "endpoint",
                &["uri"],
                "The path below the base URL, such as \"/Users\".",
            )
            .required(),
            reference("schema", &["uri"], "The URN of the core schema.").required(),
            complex(
                "schemaExtensions",
                "The schemas that extend the resource type.",
                [
                    reference("schema", &["uri"], "The URN of the extension.").required(),
                    boolean("required", "Whether a resource must have it.").required(),
                ],
            )
            .many(),
        ],
    ))
}

/// The schema of `/Schemas` (RFC 7643, section 8.7.2).
pub fn schema() -> Schema {
    let attributes = "The attributes of the schema.";
    let sub_attributes = complex(
        "subAttributes",
        "The sub-attributes of a complex attribute.",
        characteristics(),
    )
    .many();
    let mut attribute = complex("attributes", attributes, characteristics())
        .many()
        .required();
    attribute.sub_attributes.push(sub_attributes);
    read_only(build(
        SCHEMA,
        "Schema",
        "A set of attributes this service provider knows.",
        [
            string("id", "The URN of the schema.").required().exact(),
            string("name", "The name, such as \"User\".").required(),
            string("description", "A description for people."),
            attribute,
        ],
    ))
}

fn feature(name: &str, description: &str) -> Attribute {
    complex(name, description, [supported()]).required()
}

fn supported() -> Attribute {
    boolean("supported", "Whether it is supported.").required()
}

/// RFC 9865, section 4.
fn pagination() -> Attribute {
    complex(
        "pagination",
        "How lists are paged.",
        [
            boolean("cursor", "Whether there are cursors.").required(),
            boolean("index", "Whether there is startIndex.").required(),
            string(
                "defaultPaginationMethod",
                "What is used when a query chooses neither.",
            )
            .canonical(&["cursor", "index"]),
            integer(
                "defaultPageSize",
                "The number of resources on a page when a query does not say.",
            ),
            integer("maxPageSize", "The most resources on a page."),
            integer(
                "cursorTimeout",
                "The number of seconds a cursor is good for at least.",
            ),
        ],
    )
}

fn authentication_schemes() -> Attribute {
    complex(
        "authenticationSchemes",
        "How a client proves who it is.",
        [
            string("type", "The kind of scheme.")
                .required()
                .canonical(&[
                    "oauth",
                    "oauth2",
                    "oauthbearertoken",
                    "httpbasic",
                    "httpdigest",
                ]),
            string("name", "The name of the scheme.").required(),
            string("description", "A description for people.").required(),
            reference("specUri", &["external"], "The scheme's specification."),
            reference("documentationUri", &["external"], "Help for people."),
            boolean("primary", "Whether this is the preferred scheme."),
        ],
    )
    .many()
    .required()
}

/// RFC 7643, section 7. Erratum 5607: `referenceTypes` is multi-valued.
fn characteristics() -> [Attribute; 11] {
    [
        string("name", "The attribute's name.").required().exact(),
        string("type", "The attribute's data type.")
            .required()
            .canonical(&[
                "string",
                "complex",
                "boolean",
                "decimal",
                "integer",
                "dateTime",
                "reference",
                "binary",
            ]),
        boolean("multiValued", "Whether it may have several values.").required(),
        string("description", "A description for people.").exact(),
        boolean("required", "Whether it must have a value."),
        string("canonicalValues", "The values to choose from.")
            .many()
            .exact(),
        boolean("caseExact", "Whether case matters."),
        string("mutability", "Whether it can be changed.")
            .exact()
            .canonical(&["readOnly", "readWrite", "immutable", "writeOnly"]),
        string("returned", "When it is returned.")
            .exact()
            .canonical(&["always", "never", "default", "request"]),
        string("uniqueness", "How unique a value must be.")
            .exact()
            .canonical(&["none", "server", "global"]),
        string("referenceTypes", "What a reference may refer to.")
            .many()
            .exact(),
    ]
}

fn read_only(mut schema: Schema) -> Schema {
    schema.attributes = schema
        .attributes
        .into_iter()
        .map(Attribute::read_only)
        .collect();
    schema
}
