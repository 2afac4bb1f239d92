//! The core User schema (RFC 7643, sections 4.1 and 8.7.1).

use std::sync::LazyLock;

use super::build::{binary, boolean, complex, plural, primary, reference, schema, string};
use super::{Attribute, Schema, USER};

/// The core User schema, together with `NameFormatted`, `customCode` and `customCodes`, which the
/// clients of this market send.
///
/// RFC 7643, section 4.1.
pub fn user() -> Schema {
    schema(
        USER,
        "User",
        "User Account",
        [
            string(
                "userName",
                "The name by which the client knows the user. Unique per client, whatever its case.",
            )
            .required()
            .unique(),
            name(),
            string("displayName", "The name to show to people."),
            string("nickName", "The casual way to address the user."),
            reference("profileUrl", &["external"], "A page about the user."),
            string("title", "The user's title, such as \"Vice President\"."),
            string(
                "userType",
                "The relation between organisation and user, such as \"Contractor\".",
            ),
            string(
                "preferredLanguage",
                "The preferred language, as in Accept-Language.",
            ),
            string("locale", "The locale for dates, numbers and currency."),
            string("timezone", "The time zone, such as \"America/Sao_Paulo\"."),
            boolean(
                "active",
                "Whether the user may be let in at all. Absent means true.",
            ),
            string("password", "Accepted and never stored.").secret(),
            plural(
                "emails",
                "E-mail addresses.",
                string("value", "The address."),
                &["work", "home", "other"],
            ),
            plural(
                "phoneNumbers",
                "Telephone numbers.",
                string("value", "The number."),
                &["work", "home", "mobile", "fax", "pager", "other"],
            ),
            plural(
                "ims",
                "Instant messaging addresses.",
                string("value", "The address."),
                &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
            ),
            plural(
                "photos",
                "Pictures of the user.",
                reference("value", &["external"], "Where the picture is."),
                &["photo", "thumbnail"],
            ),
            addresses(),
            groups(),
            plural(
                "entitlements",
                "What the user is entitled to. Kept as sent; grants nothing.",
                string("value", "The entitlement."),
                &[],
            ),
            plural(
                "roles",
                "What the user is. Kept as sent; grants nothing.",
                string("value", "The role."),
                &[],
            ),
            plural(
                "x509Certificates",
                "Certificates issued to the user.",
                binary("value", "The certificate, DER in base64."),
                &[],
            ),
            string(
                "NameFormatted",
                "The full name; stands in for name.formatted when that is absent.",
            ),
            string("customCode", "A code of the client's own."),
            string("customCodes", "Codes of the client's own.").many(),
        ],
    )
}

fn name() -> Attribute {
    complex(
        "name",
        "The components of the user's name.",
        [
            string("formatted", "The full name, to be shown."),
            string("familyName", "The family name."),
            string("givenName", "The given name."),
            string("middleName", "The middle names."),
            string(
                "honorificPrefix",
                "What goes before the name, such as \"Ms.\".",
            ),
            string(
                "honorificSuffix",
                "What goes after the name, such as \"III\".",
            ),
        ],
    )
}

static USER_SCHEMA: LazyLock<Schema> = LazyLock::new(user);

/// Whether an attribute is the `userName` of the User schema.
pub(crate) fn is_user_name(attribute: &Attribute) -> bool {
    attribute.name == "userName" && USER_SCHEMA.attribute("userName") == Some(attribute)
}

/// Whether an attribute is the `roles` of the User schema.
pub(crate) fn is_roles(attribute: &Attribute) -> bool {
    attribute.name == "roles" && USER_SCHEMA.attribute("roles") == Some(attribute)
}

/// Section 8.7.1 forgets `primary`, which section 2.4 gives every multi-valued attribute and the
/// example of section 8.2 uses here.
fn addresses() -> Attribute {
    complex(
        "addresses",
        "Postal addresses.",
        [
            string("formatted", "The whole address, with line breaks."),
            string("streetAddress", "Street, house, box."),
            string("locality", "City."),
            string("region", "State or region."),
            string("postalCode", "Postal code."),
            string("country", "Country, as two letters of ISO 3166-1."),
            string("type", "What the address is used for.").canonical(&["work", "home", "other"]),
            primary(),
        ],
    )
    .many()
}

fn groups() -> Attribute {
    complex(
        "groups",
        "The groups the user belongs to, directly or through other groups.",
        [
            string("value", "The group's id."),
            reference("$ref", &["Group"], "The group's URI."),
            string("display", "The group's displayName."),
            string("type", "How the user belongs to it.").canonical(&["direct", "indirect"]),
        ],
    )
    .many()
    .read_only()
}
