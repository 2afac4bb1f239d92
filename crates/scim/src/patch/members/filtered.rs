//! Filters on a group's members.

use std::collections::HashSet;

use serde_json::json;

use super::MemberSelector;
use crate::filter::{
    CompValue, CompareOp, Condition, Filter, FilterError, Problem, comparable, matches_value,
    value_condition,
};
use crate::fold::fold;
use crate::path::AttributePath;
use crate::resource::referred_here;
use crate::schema::group_members;
use crate::target::Found;
use crate::{Error, Member, MemberKind, Tolerances};

/// A filter between the `[` and `]` of `members`, understood (RFC 7644, section 3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub struct MemberCondition {
    /// Its targets are `members` with a sub-attribute.
    condition: Condition,
    /// Ids, folded, of those who stay in whatever the filter says.
    stay: HashSet<String>,
    /// What stands before `/Users/...` and `/Groups/...` in a member's `$ref`; nothing where no address is
    /// known, and then none but the named resource is asked for.
    base: String,
}

impl MemberCondition {
    /// Whether the filter selects a member. One whose `kind` is not known has neither a `type` nor a `$ref`.
    ///
    /// RFC 7644, section 3.5.2.
    pub fn selects(&self, member: &Member) -> bool {
        if !self.stay.is_empty() && self.stay.contains(&fold(&member.value)) {
            return false;
        }
        let kind = member.kind.map(MemberKind::name);
        let named = member
            .kind
            .map(|kind| reference(&self.base, kind, &member.value));
        // What is null compares as what is absent.
        let value =
            json!({"value": member.value, "type": kind, "$ref": named, "display": member.display});
        matches_value(&self.condition, &comparable(group_members(), &value))
    }

    /// The same where these, by their folded ids, stay in.
    pub(super) fn but(self, stay: HashSet<String>) -> Self {
        Self { stay, ..self }
    }

    /// Selects those of another one besides. Both are what filters say and nothing else.
    pub(super) fn or(&mut self, other: Self) {
        match &mut self.condition {
            Condition::Or(terms) => terms.push(other.condition),
            single => {
                let first = std::mem::replace(single, Condition::Or(Vec::new()));
                *single = Condition::Or(vec![first, other.condition]);
            }
        }
    }

    /// What it takes to ask this of so many members, to be taken off a request's [`Work`](crate::patch::Work).
    ///
    /// RFC 7644, section 3.5.2.
    pub fn work(&self, members: usize) -> usize {
        members.saturating_mul(FETCHED.saturating_add(comparisons(&self.condition)))
    }
}

/// What it takes to fetch a member and to have its parts in the form they compare in, in comparisons.
const FETCHED: usize = 10;

fn comparisons(condition: &Condition) -> usize {
    match condition {
        Condition::And(inner) | Condition::Or(inner) => inner.iter().map(comparisons).sum(),
        Condition::Not(inner) => comparisons(inner),
        Condition::Any { condition, .. } => comparisons(condition),
        Condition::Compare { .. } | Condition::Present(_) => 1,
    }
}

fn reference(base: &str, kind: MemberKind, id: &str) -> String {
    format!("{base}/{}/{id}", kind.collection())
}

fn found_members() -> Found<'static> {
    Found {
        container: None,
        attribute: group_members(),
        sub_attribute: None,
    }
}

pub(super) fn selector(
    filter: &Filter,
    mounts: &[String],
    tolerances: &mut Tolerances,
) -> Result<MemberSelector, Error> {
    let mut values = Vec::new();
    if plain_values(filter, &mut values) {
        return Ok(MemberSelector::Values(values));
    }
    let mut references = Vec::new();
    if plain_references(filter, mounts, &mut references) {
        return Ok(MemberSelector::References(references));
    }
    condition(filter, mounts, tolerances).map(MemberSelector::Matching)
}

pub(super) fn condition(
    filter: &Filter,
    mounts: &[String],
    tolerances: &mut Tolerances,
) -> Result<MemberCondition, Error> {
    // All that a filter says of a `$ref` is said of the address the request came to.
    let base = mounts.first().map_or("", String::as_str);
    let named = naming(filter, mounts)?;
    Ok(MemberCondition {
        condition: value_condition(&named, found_members(), tolerances)?,
        stay: HashSet::new(),
        base: base.to_owned(),
    })
}

/// Collects the ids of `value eq "a" or value eq "b"`; false for a filter of any other form.
fn plain_values(filter: &Filter, values: &mut Vec<String>) -> bool {
    match filter {
        Filter::Or(terms) => terms.iter().all(|term| plain_values(term, values)),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: CompValue::String(value),
        } if is_part(path, "value") => {
            let is_new = |known: &String| fold(known) != fold(value);
            if values.iter().all(is_new) {
                values.push(value.clone());
            }
            true
        }
        _ => false,
    }
}

/// Collects what `$ref eq "a" or $ref eq "b"` names here; false for a filter of any other form.
fn plain_references(
    filter: &Filter,
    mounts: &[String],
    references: &mut Vec<(MemberKind, String)>,
) -> bool {
    match filter {
        Filter::Or(terms) => terms
            .iter()
            .all(|term| plain_references(term, mounts, references)),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: CompValue::String(uri),
        } if is_part(path, "$ref") => {
            if let Some((kind, id)) = referred_here(uri, mounts) {
                references.push((kind, id.to_owned()));
            }
            true
        }
        _ => false,
    }
}

/// The same filter with the member's own `$ref` in the place of every other URI of the resource. A URI that
/// leads elsewhere stays, and is no member's. 400 `invalidFilter` for what an address would have to be known
/// for.
fn naming(filter: &Filter, mounts: &[String]) -> Result<Filter, FilterError> {
    let all = |terms: &[Filter]| -> Result<Vec<Filter>, FilterError> {
        terms.iter().map(|term| naming(term, mounts)).collect()
    };
    Ok(match filter {
        Filter::And(terms) => Filter::And(all(terms)?),
        Filter::Or(terms) => Filter::Or(all(terms)?),
        Filter::Not(inner) => Filter::Not(Box::new(naming(inner, mounts)?)),
        Filter::Compare {
            path,
            op,
            value: CompValue::String(uri),
        } if is_part(path, "$ref") => match op {
            CompareOp::Eq | CompareOp::Ne => {
                let base = mounts.first().map_or("", String::as_str);
                let own = referred_here(uri, mounts)
                    .map_or_else(|| uri.clone(), |(kind, id)| reference(base, kind, id));
                Filter::Compare {
                    path: path.clone(),
                    op: *op,
                    value: CompValue::String(own),
                }
            }
            _ if mounts.is_empty() => {
                let why = format!("{op} cannot compare with $ref where no address is known");
                return Err(FilterError::new(path.column, Problem::Unsupported(why)));
            }
            _ => filter.clone(),
        },
        other => other.clone(),
    })
}

fn is_part(path: &AttributePath, name: &str) -> bool {
    path.schema.is_none()
        && path.sub_attribute.is_none()
        && path.attribute.eq_ignore_ascii_case(name)
}
