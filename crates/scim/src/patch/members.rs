//! Changes of a group's members, whatever form they were sent in.

use crate::filter::Condition;
use crate::{Error, Limits, Member, Tolerances};

use super::Patch;

/// One change of a group's members. A message's changes take effect in order.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberChange {
    /// Members who are in already stay as they are.
    Add(Vec<Member>),
    Remove(MemberSelector),
    /// The members are these and no others.
    Replace(Vec<Member>),
}

/// Which members go.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberSelector {
    All,
    /// Those with these ids, in so far as they are in.
    Values(Vec<String>),
    /// Those that satisfy a condition whose targets are `members` with a sub-attribute.
    Matching(Condition),
}

pub(super) fn split(patch: Patch, _limits: &Limits, _t: &mut Tolerances) -> Result<(Vec<MemberChange>, Option<Patch>), Error> { Ok((Vec::new(), Some(patch))) }
