//! Filters (RFC 7644, section 3.4.2.2): the language, and what it means for a resource type.
//!
//! ```text
//! filter    = *SP or *SP
//! or        = and *( 1*SP "or" 1*SP and )
//! and       = unit *( 1*SP "and" 1*SP unit )
//! unit      = "not" *SP "(" filter ")" / "(" filter ")" / test
//! test      = attrPath 1*SP "pr"
//!           / attrPath 1*SP compareOp 1*SP compValue
//!           / attrPath *SP "[" filter "]" [ "." test ]
//! compareOp = "eq" / "ne" / "co" / "sw" / "ew" / "gt" / "ge" / "lt" / "le"
//! compValue = string / number / "true" / "false" / "null"    ; as in JSON
//! attrPath  = [ URI ":" ] ATTRNAME [ "." ATTRNAME ]
//! ```
//!
//! Words are read without case, `not` binds tighter than `and`, `and` tighter than `or`. A `[` inside
//! `[ ]` is refused. The test behind `].` is no RFC grammar; [`Filter::resolve`] takes it as a
//! tolerance. [`Filter`] is the text, [`Condition`] its meaning, [`matches()`] the reference semantics.

mod across;
mod display;
pub mod document;
mod error;
mod matches;
mod number;
mod parse;
mod resolve;

pub(crate) use across::{Meaning, resolve as resolve_across};
pub(crate) use document::{comparable, told};
pub use document::{instant, match_document};
pub use error::{FilterError, Problem};
pub use matches::matches;
pub(crate) use matches::matches_value;
pub use number::number_key;
pub(crate) use parse::value_path as parse_value_path;
pub(crate) use resolve::{in_any_version, takes_value_filter, value_condition};

use serde_json::Number;

use crate::path::AttributePath;
use crate::target::Target;
use crate::{Limits, ResourceType, Tolerances};

/// A filter as written. Nothing is looked up (RFC 7644, section 3.4.2.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// At least two.
    And(Vec<Filter>),
    /// At least two.
    Or(Vec<Filter>),
    /// What does not satisfy the filter inside.
    Not(Box<Filter>),
    /// An attribute against a value.
    Compare {
        /// The attribute.
        path: AttributePath,
        /// How to compare.
        op: CompareOp,
        /// What to compare with.
        value: CompValue,
    },
    /// `pr`: the attribute has a value.
    Present(AttributePath),
    /// `path[filter]`, or `path[filter].sub op value` with the last part in `tail`: a `Compare` or
    /// `Present` whose path, like those in `filter`, is relative to `path`.
    ValuePath {
        /// The attribute whose values are looked at one by one.
        path: AttributePath,
        /// What one of them has to satisfy.
        filter: Box<Filter>,
        /// What stands behind `].`, which no RFC has.
        tail: Option<Box<Filter>>,
    },
}

impl Filter {
    /// Reads a filter. The limits on length, depth and number of comparisons hold while it is read.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, FilterError> {
        parse::filter(text, limits)
    }

    /// Looks every attribute up and holds every operator and operand to its type.
    ///
    /// An unknown attribute, an operator its type does not have, an operand of another type:
    /// 400 `invalidFilter`. An attribute that is never returned: 403 `sensitive`.
    pub fn resolve(
        &self,
        resource_type: &ResourceType,
        tolerances: &mut Tolerances,
    ) -> Result<Condition, FilterError> {
        resolve::condition(self, resource_type, tolerances)
    }
}

/// RFC 7644, table 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

/// `compValue`: a JSON literal (RFC 7644, section 3.4.2.2).
#[derive(Debug, Clone, PartialEq)]
pub enum CompValue {
    /// Text, its escapes resolved.
    String(String),
    /// A number of any size JSON has.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`: no value.
    Null,
}

/// A filter that was understood for one resource type (RFC 7644, section 3.4.2.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// All hold, however many they are: of none all do.
    And(Vec<Condition>),
    /// One holds, however many they are: of none none does.
    Or(Vec<Condition>),
    /// The one inside does not hold.
    Not(Box<Condition>),
    /// Some value of the target compares so. `op` is never [`CompareOp::Ne`]: that is `Not` of `Eq`.
    Compare {
        /// The attribute or sub-attribute.
        target: Target,
        /// How to compare.
        op: CompareOp,
        /// What to compare with.
        operand: Operand,
    },
    /// The target has a value that is not empty.
    Present(Target),
    /// Some one value of the complex attribute `target` satisfies the whole inner condition, whose
    /// targets have the same `schema` and `attribute`, and a `sub_attribute`. The values of an
    /// attribute that is not complex have no parts: there the inner targets have none either, and
    /// stand for the value itself.
    Any {
        /// The attribute whose values are looked at one by one.
        target: Target,
        /// What one of them has to satisfy.
        condition: Box<Condition>,
    },
}

/// What a [`Condition::Compare`] compares with, in the form a match document has it.
///
/// RFC 7644, section 3.4.2.2.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Folded when the target is not `caseExact`; an [`instant`] when it is a dateTime.
    Text(String),
    /// Compared by value, whatever its notation.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
}

#[cfg(test)]
mod tests;
