//! The SCIM error message (RFC 7644, section 3.12).

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// RFC 7644, table 9, and RFC 9865, section 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ScimType {
    /// The filter is malformed, or asks an attribute what it cannot be asked.
    InvalidFilter,
    /// More results than the server is willing to return or process.
    TooMany,
    /// A value is in use that may be used once only.
    Uniqueness,
    /// The attribute cannot be changed so.
    Mutability,
    /// The message has another structure than its schema says.
    InvalidSyntax,
    /// The path is malformed, or leads to no attribute.
    InvalidPath,
    /// The path selects nothing.
    NoTarget,
    /// A required value is missing, or a value is not what its attribute takes.
    InvalidValue,
    /// The version of the protocol is not supported.
    InvalidVers,
    /// The request would carry personal information in a URL, or learn what is never told.
    Sensitive,
    /// The cursor is not one for this query (RFC 9865).
    InvalidCursor,
    /// The cursor has expired (RFC 9865).
    ExpiredCursor,
    /// The count is no number, or not that of the first page (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// As it is written: `invalidFilter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }
}

impl fmt::Display for ScimType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A SCIM error message (RFC 7644, section 3.12). `status` is the HTTP status; `detail` is for people and says
/// what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// The kind of mistake, for statuses 400 and 409.
    pub scim_type: Option<ScimType>,
    /// What is wrong and what to do, for people.
    pub detail: String,
}

impl Error {
    /// URN of the message.
    pub const SCHEMA: &'static str = "urn:ietf:params:scim:api:messages:2.0:Error";

    /// An error of any status.
    pub fn new(status: u16, scim_type: Option<ScimType>, detail: impl Into<String>) -> Self {
        Self {
            status,
            scim_type,
            detail: detail.into(),
        }
    }

    /// 400 with the given `scimType`.
    pub fn bad_request(scim_type: ScimType, detail: impl Into<String>) -> Self {
        Self::new(400, Some(scim_type), detail)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            schemas: [&'static str; 1],
            // RFC 7644, section 3.12: "status: the HTTP status code expressed as a JSON string."
            status: String,
            #[serde(rename = "scimType", skip_serializing_if = "Option::is_none")]
            scim_type: Option<ScimType>,
            detail: &'a str,
        }
        Body {
            schemas: [Self::SCHEMA],
            status: self.status.to_string(),
            scim_type: self.scim_type,
            detail: &self.detail,
        }
        .serialize(serializer)
    }
}

/// A client's text as an error message shows it: in quotes, without control characters, cut short.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown = String::with_capacity(text.len().min(SHOWN) + 2);
    shown.push('"');
    for (count, c) in text.chars().enumerate() {
        if count == SHOWN {
            shown.push('\u{2026}');
            break;
        }
        shown.push(if is_plain(c) { c } else { '\u{fffd}' });
    }
    shown.push('"');
    shown
}

/// Neither a control character nor one that turns the direction of the text around it.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_serialised_name() {
        for scim_type in [
            ScimType::InvalidFilter,
            ScimType::TooMany,
            ScimType::Uniqueness,
            ScimType::Mutability,
            ScimType::InvalidSyntax,
            ScimType::InvalidPath,
            ScimType::NoTarget,
            ScimType::InvalidValue,
            ScimType::InvalidVers,
            ScimType::Sensitive,
            ScimType::InvalidCursor,
            ScimType::ExpiredCursor,
            ScimType::InvalidCount,
        ] {
            let name = scim_type.to_string();
            assert_eq!(serde_json::to_value(scim_type).unwrap(), name);
        }
    }

    // proves: 7644-3.12-body
    #[test]
    fn the_body_is_the_rfcs_message() {
        let error = Error::bad_request(ScimType::InvalidValue, "active: expected a boolean");
        assert_eq!(
            serde_json::to_value(&error).unwrap(),
            serde_json::json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400",
                "scimType": "invalidValue",
                "detail": "active: expected a boolean",
            })
        );
        let error = Error::new(404, None, "not found");
        assert!(
            serde_json::to_value(&error)
                .unwrap()
                .get("scimType")
                .is_none()
        );
    }

    #[test]
    fn quoted_text_is_short_and_harmless() {
        assert_eq!(quoted("a\u{1b}[31m\u{202e}b"), "\"a\u{fffd}[31m\u{fffd}b\"");
        assert_eq!(quoted(&"x".repeat(10_000)).chars().count(), 83);
    }
}
