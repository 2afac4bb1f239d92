//! What can be wrong with a filter, and where.

use std::borrow::Cow;
use std::fmt;

use crate::path::PathError;
use crate::{Error, ScimType};

/// A filter that was not understood (RFC 7644, section 3.4.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterError {
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// The kinds of mistake (RFC 7644, section 3.4.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The grammar is not followed; what should have stood here.
    Expected(Cow<'static, str>),
    /// More than the limit: of what, and the limit.
    Limit(&'static str, usize),
    /// The resource type has no such attribute.
    UnknownAttribute(String),
    /// The attribute cannot be tested so; why.
    Unsupported(String),
    /// The attribute is never returned, so nothing may be learnt of it.
    Sensitive(String),
}

impl FilterError {
    pub(crate) fn new(column: usize, problem: Problem) -> Self {
        Self { column, problem }
    }

    pub(crate) fn expected(column: usize, what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(column, Problem::Expected(what.into()))
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: ", self.column)?;
        match &self.problem {
            Problem::Expected(what) => write!(f, "expected {what}"),
            Problem::Limit(what, limit) => write!(f, "more than {limit} {what}"),
            Problem::UnknownAttribute(name) => write!(f, "there is no attribute {name:?} here"),
            Problem::Unsupported(why) => f.write_str(why),
            Problem::Sensitive(name) => {
                write!(f, "{name:?} is never returned and cannot be filtered by")
            }
        }
    }
}

impl std::error::Error for FilterError {}

impl From<PathError> for FilterError {
    fn from(error: PathError) -> Self {
        Self::new(error.column, Problem::Expected(error.expected))
    }
}

impl From<FilterError> for Error {
    fn from(error: FilterError) -> Self {
        let detail = format!("the filter is not understood: {error}");
        match error.problem {
            // RFC 7644, section 7.5.2 and table 9, `sensitive`.
            Problem::Sensitive(_) => Self::new(403, Some(ScimType::Sensitive), detail),
            _ => Self::bad_request(ScimType::InvalidFilter, detail),
        }
    }
}
