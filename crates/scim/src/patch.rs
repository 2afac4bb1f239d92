//! PATCH (RFC 7644, section 3.5.2): the message, its effect on a resource, and the changes of
//! membership in it, which are taken out so that a group is never loaded to change one member.

mod apply;
mod edit;
mod members;
mod parse;
mod selected;
mod values;
mod work;

pub use apply::apply;
pub use members::{MemberChange, MemberCondition, MemberSelector};
pub use work::Work;

use std::fmt;

use serde_json::Value;

use crate::filter::Filter;
use crate::path::AttributePath;
use crate::{Error, Limits, Tolerances};

/// A PATCH message: the operations in the order they take effect (RFC 7644, section 3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// At least one.
    pub operations: Vec<Operation>,
}

impl Patch {
    /// URN of the message.
    pub const SCHEMA: &'static str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    /// Reads a message. Paths are parsed but not yet looked up.
    pub fn parse(body: Value, limits: &Limits, tolerances: &mut Tolerances) -> Result<Self, Error> {
        parse::patch(body, limits, tolerances)
    }

    /// Parts the changes of a group's `members` from the rest. The rest is `None` when nothing
    /// else is asked for. `mounts` as of [`Resource::take_members`](crate::Resource::take_members), the one
    /// the request came to first: with `eq` and `ne` a `$ref` in a value path means the resource it names, and
    /// nobody when it leads elsewhere; the other operators compare with the URI below the first of them, and
    /// are 400 `invalidFilter` where there is none.
    pub fn split_members(
        self,
        mounts: &[String],
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<(Vec<MemberChange>, Option<Self>), Error> {
        members::split(self, mounts, limits, tolerances)
    }
}

/// What an operation does (RFC 7644, section 3.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Gives values, beside those there are.
    Add,
    /// Takes values away.
    Remove,
    /// Gives values, in the place of those there are.
    Replace,
}

/// One of a message's operations (RFC 7644, section 3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub op: Op,
    /// Never absent in a `remove`.
    pub path: Option<PatchPath>,
    /// Never absent in an `add` or a `replace`.
    pub value: Option<Value>,
    /// Its place in `Operations`, from 0, for error messages.
    pub index: usize,
}

/// `PATH = attrPath / valuePath [subAttr]`
///
/// RFC 7644, section 3.5.2.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchPath {
    /// The attribute, with its schema and sub-attribute.
    pub path: AttributePath,
    /// Between `[` and `]`.
    pub filter: Option<Filter>,
    /// Behind `].`; a sub-attribute without a filter is part of `path`.
    pub sub_attribute: Option<String>,
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub_attribute {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
