//! Attribute paths (RFC 7644, figure 1): `attrPath = [URI ":"] ATTRNAME *1subAttr`.
//!
//! The schema URN ends at the last colon, so `urn:...:core:2.0:User:name.givenName` is the
//! sub-attribute `givenName` of `name`, whatever dots the URN has.

use std::borrow::Cow;
use std::fmt;

use crate::{Error, Limits, ScimType};

/// A reference to an attribute as it was written: nothing is looked up, case is kept.
///
/// RFC 7644, section 3.10.
#[derive(Debug, Clone, Eq)]
pub struct AttributePath {
    /// The URN in front of the attribute name, without the colon that ends it.
    pub schema: Option<String>,
    /// The name, in the case it was written in.
    pub attribute: String,
    /// Behind the dot.
    pub sub_attribute: Option<String>,
    /// Behind a second dot, where there is a URN: the name it ends in and the attribute may have a dot
    /// between them. Nothing has parts so deep, so that such a path as it stands names nothing.
    pub(crate) below: Option<String>,
    /// Where it began in the text it was read from, in characters from 1.
    pub(crate) column: usize,
}

impl AttributePath {
    /// Reads one path that is the whole of `text`.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, PathError> {
        let length = text.chars().count();
        if length > limits.path_length {
            return Err(PathError::new(
                limits.path_length + 1,
                format!("a path of at most {} characters", limits.path_length),
            ));
        }
        if let Some(index) = text.find(|c| !is_path_char(c)) {
            let column = text.chars().take_while(|c| is_path_char(*c)).count() + 1;
            let expected = if index == 0 {
                "an attribute name"
            } else {
                "a character of an attribute name"
            };
            return Err(PathError::new(column, expected));
        }
        Self::from_token(text, 1)
    }

    /// Splits a run of path characters that began at `column`.
    pub(crate) fn from_token(token: &str, column: usize) -> Result<Self, PathError> {
        let (schema, names, offset) = match token.rsplit_once(':') {
            Some((schema, names)) => (Some(schema), names, schema.len() + 1),
            None => (None, token, 0),
        };
        // Path characters are ASCII, so bytes are columns.
        if schema.is_some_and(|schema| !schema.starts_with(|c: char| c.is_ascii_alphabetic())) {
            return Err(PathError::new(column, "a schema URN"));
        }
        let (attribute, sub_attribute) = match names.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub)),
            None => (names, None),
        };
        let (sub_attribute, below) = match sub_attribute.and_then(|sub| sub.split_once('.')) {
            Some((sub, below)) if schema.is_some() => (Some(sub), Some(below)),
            _ => (sub_attribute, None),
        };
        if let Some(bad) = bad_name_char(attribute) {
            return Err(PathError::new(column + offset + bad, "an attribute name"));
        }
        if let Some(bad) = sub_attribute.and_then(bad_name_char) {
            return Err(PathError::new(
                column + offset + attribute.len() + 1 + bad,
                "the name of a sub-attribute",
            ));
        }
        if let Some(bad) = below.and_then(bad_name_char) {
            let before = names.len() - below.map_or(0, str::len);
            return Err(PathError::new(
                column + offset + before + bad,
                "the name of a sub-attribute",
            ));
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            attribute: attribute.to_owned(),
            sub_attribute: sub_attribute.map(str::to_owned),
            below: below.map(str::to_owned),
            column,
        })
    }

    /// The same with a colon where a dot stands behind a schema's URN, if one may:
    /// `urn:...:2.0:User.title` reads as the attribute `User` of `urn:...:2.0` otherwise.
    pub(crate) fn behind_dot(&self) -> Option<Self> {
        let before = self.schema.as_ref()?;
        Some(Self {
            schema: Some(format!("{before}:{}", self.attribute)),
            attribute: self.sub_attribute.clone()?,
            sub_attribute: self.below.clone(),
            below: None,
            column: self.column,
        })
    }

    /// Without what is behind the attribute.
    pub(crate) fn attribute_alone(&self) -> Self {
        Self {
            sub_attribute: None,
            below: None,
            ..self.clone()
        }
    }

    /// Whether it goes on behind a sub-attribute, where there is nothing.
    pub(crate) fn is_too_deep(&self) -> bool {
        self.below.is_some()
    }

    /// The attribute of that very name at the top level, whatever characters the name has.
    pub(crate) fn plain(name: &str) -> Self {
        Self {
            schema: None,
            attribute: name.to_owned(),
            sub_attribute: None,
            below: None,
            column: 1,
        }
    }
}

// Where a path stood is for error messages; two spellings of one filter are equal without it.
impl PartialEq for AttributePath {
    fn eq(&self, other: &Self) -> bool {
        self.schema == other.schema
            && self.attribute == other.attribute
            && self.sub_attribute == other.sub_attribute
            && self.below == other.below
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.attribute)?;
        let mut names = self.sub_attribute.iter().chain(&self.below);
        names.try_for_each(|name| write!(f, ".{name}"))
    }
}

/// Whether a byte may stand in an attribute path, its URN included; all that may are ASCII.
pub(crate) fn is_path_byte(byte: u8) -> bool {
    // A URI may also hold quotes, commas and brackets; no schema URN does, and here they delimit.
    matches!(byte,
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9'
        | b':' | b'.' | b'_' | b'-' | b'$' | b'/' | b'%' | b'#' | b'+' | b'~' | b'@')
}

fn is_path_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_path_byte)
}

/// Whether `name` is an `ATTRNAME` or `$ref`.
pub(crate) fn is_name(name: &str) -> bool {
    bad_name_char(name).is_none()
}

/// The first byte that keeps `name` from being an `ATTRNAME`; its length when it is empty.
fn bad_name_char(name: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    // RFC 7643, section 2.4 names the sub-attribute "$ref", which ATTRNAME leaves out.
    let start = usize::from(bytes.first() == Some(&b'$'));
    if !bytes.get(start).is_some_and(u8::is_ascii_alphabetic) {
        return Some(start.min(bytes.len()));
    }
    bytes
        .iter()
        .skip(start)
        .position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'-' | b'_'))
        .map(|at| at + start)
}

/// A malformed path: where, and what should have stood there (RFC 7644, section 3.10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}")]
#[non_exhaustive]
pub struct PathError {
    /// In characters, from 1.
    pub column: usize,
    /// What should have stood there.
    pub expected: Cow<'static, str>,
}

impl PathError {
    pub(crate) fn new(column: usize, expected: impl Into<Cow<'static, str>>) -> Self {
        Self {
            column,
            expected: expected.into(),
        }
    }
}

impl From<PathError> for Error {
    fn from(error: PathError) -> Self {
        Self::bad_request(
            ScimType::InvalidPath,
            format!("the path is malformed: {error}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<AttributePath, PathError> {
        AttributePath::parse(text, &Limits::default())
    }

    #[test]
    fn the_urn_ends_at_the_last_colon() {
        let path = parse("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName").unwrap();
        assert_eq!(
            path.schema.as_deref(),
            Some("urn:ietf:params:scim:schemas:core:2.0:User")
        );
        assert_eq!(path.attribute, "name");
        assert_eq!(path.sub_attribute.as_deref(), Some("givenName"));
    }

    #[test]
    fn what_is_written_is_what_is_printed() {
        for text in [
            "userName",
            "name.givenName",
            "members.$ref",
            "$ref",
            "urn:x:a-b_c.d1",
            "urn:x:a.b.c",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn errors_name_the_column() {
        for (text, column) in [
            ("", 1),
            (".", 1),
            (".attr", 1),
            ("attr.", 6),
            ("1a", 1),
            ("a.b.c", 4),
            ("urn:x:.a", 7),
            ("urn:x:a.b.", 11),
            ("urn:x:a.b.1", 11),
            ("urn:x:a..c", 9),
            ("urn:x:a.b.c.d", 12),
            (":a", 1),
            ("na me", 3),
            ("naïve", 3),
            ("a[b", 2),
            ("$", 2),
        ] {
            assert_eq!(parse(text).unwrap_err().column, column, "{text:?}");
        }
    }

    #[test]
    fn a_path_longer_than_the_limit_is_refused() {
        let limits = Limits {
            path_length: 4,
            ..Limits::default()
        };
        assert!(AttributePath::parse("abcd", &limits).is_ok());
        assert_eq!(
            AttributePath::parse("abcde", &limits).unwrap_err().column,
            5
        );
    }
}
