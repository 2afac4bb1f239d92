//! Where in a resource a value lies, for error messages; costs nothing until it is shown.

use std::fmt;

use crate::error::quoted;
use crate::{Error, ScimType};

/// A chain of names from the value up to the resource.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    parent: Option<&'a Place<'a>>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> Place<'a> {
    pub(super) fn top(name: &'a str) -> Self {
        Self::below(None, name)
    }

    pub(super) fn below(parent: Option<&'a Place<'a>>, name: &'a str) -> Self {
        Self {
            parent,
            name,
            index: None,
        }
    }

    pub(super) fn child(&'a self, name: &'a str) -> Self {
        Self::below(Some(self), name)
    }

    pub(super) fn at(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// What lies below it under a key that nothing defines, without the places of values.
    pub(super) fn named(parent: Option<&Place<'_>>, key: &str) -> String {
        match parent {
            None => key.to_owned(),
            Some(place) => Place {
                index: None,
                ..place.child(key)
            }
            .to_string(),
        }
    }

    /// 400 `invalidValue` about what lies here.
    pub(super) fn invalid(&self, problem: impl fmt::Display) -> Error {
        Error::bad_request(ScimType::InvalidValue, format!("{self}: {problem}"))
    }

    /// 400 `invalidSyntax` for a key that nothing defines. The key is the client's text.
    pub(super) fn unknown(parent: Option<&Place<'_>>, what: &str, key: &str) -> Error {
        let key = quoted(key);
        let detail = match parent {
            None => format!("{what} {key}"),
            Some(place) => format!("{place}: {what} {key}"),
        };
        Error::bad_request(ScimType::InvalidSyntax, detail)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            // An attribute of an extension is named `URN:attribute`.
            let separator = if parent.name.contains(':') { ':' } else { '.' };
            write!(f, "{parent}{separator}")?;
        }
        f.write_str(self.name)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}
