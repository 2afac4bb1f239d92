//! Changes of a group's members, whatever form they were sent in.

mod filtered;

use std::collections::HashSet;

use serde_json::{Map, Value, json};

pub use filtered::MemberCondition;
use filtered::{condition, selector};

use super::parse::at;
use super::{Op, Operation, Patch, PatchPath};
use crate::fold::fold;
use crate::path::AttributePath;
use crate::resource::members;
use crate::schema::GROUP;
use crate::{Error, Limits, Member, MemberKind, ScimType, Tolerance, Tolerances};

/// One change of a group's members. A message's changes take effect in order.
///
/// RFC 7644, section 3.5.2.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberChange {
    /// Members who are in already stay as they are.
    Add(Vec<Member>),
    /// Those it selects go.
    Remove(MemberSelector),
    /// The members are these and no others.
    Replace(Vec<Member>),
}

/// Which members go (RFC 7644, section 3.5.2).
#[derive(Debug, Clone, PartialEq)]
pub enum MemberSelector {
    /// Everybody.
    All,
    /// Those with these ids, in so far as they are in. They compare without case, as `members.value` is
    /// published.
    Values(Vec<String>),
    /// Those with these types and ids, which their `$ref` names, in so far as they are in. The ids are
    /// `caseExact`, as a reference is.
    References(Vec<(MemberKind, String)>),
    /// Those whom any other filter selects.
    Matching(MemberCondition),
    /// Those that are listed, in so far as they are in: they have that id, compared without case, the type
    /// if one is told, and are selected by the filter if there is one.
    Listed {
        /// What is displayed of them tells nobody apart.
        members: Vec<Member>,
        /// The filter of the path.
        among: Option<MemberCondition>,
    },
}

/// Parts the operations, and within path-less values the keys, that are about `members` from the rest.
pub(super) fn split(
    patch: Patch,
    mounts: &[String],
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<(Vec<MemberChange>, Option<Patch>), Error> {
    let mut splitter = Splitter {
        mounts,
        limits,
        tolerances,
        changes: Vec::new(),
    };
    let mut operations = Vec::new();
    for operation in patch.operations {
        let index = operation.index;
        let rest = splitter
            .operation(operation)
            .map_err(|error| at(index, error))?;
        operations.extend(rest);
    }
    let changes = splitter.changes;
    if changes.iter().map(named).sum::<usize>() > limits.members {
        let detail = format!("members: more than {} in one request", limits.members);
        return Err(Error::bad_request(ScimType::InvalidValue, detail));
    }
    let rest = (!operations.is_empty()).then_some(Patch { operations });
    Ok((changes, rest))
}

fn named(change: &MemberChange) -> usize {
    match change {
        MemberChange::Add(members)
        | MemberChange::Replace(members)
        | MemberChange::Remove(MemberSelector::Listed { members, .. }) => members.len(),
        MemberChange::Remove(MemberSelector::Values(values)) => values.len(),
        MemberChange::Remove(MemberSelector::References(named)) => named.len(),
        MemberChange::Remove(_) => 0,
    }
}

struct Splitter<'a> {
    mounts: &'a [String],
    limits: &'a Limits,
    tolerances: &'a mut Tolerances,
    changes: Vec<MemberChange>,
}

impl Splitter<'_> {
    /// Takes out what is about members; what is left of the operation, if anything.
    fn operation(&mut self, operation: Operation) -> Result<Option<Operation>, Error> {
        let op = operation.op;
        match operation.path.map(|path| self.named_well(path)) {
            Some(path) if is_members(&path.path) => {
                self.change(op, &path, operation.value)?;
                Ok(None)
            }
            // The core schema's URN as the path is as good as no path.
            Some(path) if op != Op::Remove && path.to_string().eq_ignore_ascii_case(GROUP) => self
                .entries(Operation {
                    path: None,
                    ..operation
                }),
            None => self.entries(Operation {
                path: None,
                ..operation
            }),
            path => Ok(Some(Operation { path, ..operation })),
        }
    }

    fn entries(&mut self, operation: Operation) -> Result<Option<Operation>, Error> {
        let op = operation.op;
        let Some(Value::Object(entries)) = operation.value else {
            return Ok(Some(operation));
        };
        let sent = entries.len();
        let mut rest = Map::with_capacity(sent);
        for (key, value) in entries {
            match (self.members_path(&key)?, value) {
                (Some(path), value) => self.change(op, &path, Some(value))?,
                (None, Value::Object(nested)) if key.trim().eq_ignore_ascii_case(GROUP) => {
                    let nested = Operation {
                        op,
                        path: None,
                        value: Some(Value::Object(nested)),
                        index: operation.index,
                    };
                    if let Some(Value::Object(left)) = self.flat_entries(nested)? {
                        rest.insert(key, Value::Object(left));
                    }
                }
                (None, value) => {
                    rest.insert(key, value);
                }
            }
        }
        // An operation that never had anything in it is left for `apply` to look at.
        let empty = rest.is_empty() && sent > 0;
        Ok((!empty).then_some(Operation {
            value: Some(Value::Object(rest)),
            ..operation
        }))
    }

    /// The attributes under the core schema's URN as a key; schemas do not nest further.
    fn flat_entries(&mut self, operation: Operation) -> Result<Option<Value>, Error> {
        let Some(Value::Object(entries)) = operation.value else {
            return Ok(operation.value);
        };
        let mut rest = Map::with_capacity(entries.len());
        for (key, value) in entries {
            match self.members_path(&key)? {
                Some(path) => self.change(operation.op, &path, Some(value))?,
                None => _ = rest.insert(key, value),
            }
        }
        Ok((!rest.is_empty()).then_some(Value::Object(rest)))
    }

    /// The path a key stands for when that is `members` or part of it.
    fn members_path(&mut self, key: &str) -> Result<Option<PatchPath>, Error> {
        if key.eq_ignore_ascii_case("members") {
            return Ok(Some(PatchPath {
                path: AttributePath::plain("members"),
                filter: None,
                sub_attribute: None,
            }));
        }
        let nested = PatchPath::parse(key, self.limits)
            .ok()
            .map(|path| self.named_well(path))
            .filter(|path| is_members(&path.path));
        if nested.is_some() && !self.tolerances.accept(Tolerance::DottedKey) {
            return Err(Error::bad_request(
                ScimType::InvalidPath,
                "a key of a value without a path is an attribute name",
            ));
        }
        Ok(nested)
    }

    /// The path, with a colon where there is a dot between the group schema's URN and `members`.
    fn named_well(&mut self, path: PatchPath) -> PatchPath {
        match path.path.behind_dot() {
            Some(named) if is_members(&named) && self.tolerances.accept(Tolerance::DottedUrn) => {
                PatchPath {
                    path: named,
                    ..path
                }
            }
            _ => path,
        }
    }

    fn change(&mut self, op: Op, path: &PatchPath, value: Option<Value>) -> Result<(), Error> {
        if path.sub_attribute.is_some() || path.path.sub_attribute.is_some() {
            let detail = format!("{path} is immutable: a member is added or removed whole");
            return Err(Error::bad_request(ScimType::Mutability, detail));
        }
        let value = value.filter(|value| !value.is_null());
        if op == Op::Remove
            && value.is_some()
            && !self.tolerances.accept(Tolerance::RemoveWithValue)
        {
            return Err(Error::bad_request(
                ScimType::InvalidSyntax,
                "remove: takes no value",
            ));
        }
        if let (Some(filter), Op::Remove, Some(listed)) = (&path.filter, op, &value)
            && *listed != ""
            && *listed != json!({})
        {
            let among = Some(condition(filter, self.mounts, self.tolerances)?);
            let members = self.members(listed.clone())?;
            self.remove_listed(members, among);
            return Ok(());
        }
        if let Some(filter) = &path.filter {
            let selector = selector(filter, self.mounts, self.tolerances)?;
            return match (op, value) {
                (Op::Remove, _) => {
                    self.remove(selector);
                    Ok(())
                }
                // Whether the filter selects anybody is not known here; a member it selected would have
                // nothing that could be added to it.
                (Op::Add, _) if !self.tolerances.accept(Tolerance::ValuePathCreated) => {
                    Err(Error::bad_request(
                        ScimType::NoTarget,
                        "members are added to \"members\", not to those that a filter selects",
                    ))
                }
                // It never takes anybody out, whatever the filter selects.
                (Op::Add, value) => self.add(value),
                // Whether the filter selects anybody, as RFC 7644, section 3.5.2.3 has it checked, is
                // not known here; and what is in a member is immutable (RFC 7643, section 4.2).
                (Op::Replace, _) if !self.tolerances.accept(Tolerance::MemberReplaced) => {
                    let detail = "members are added and removed, not replaced one by one";
                    Err(Error::bad_request(ScimType::Mutability, detail))
                }
                (Op::Replace, value) => self.exchange(selector, value),
            };
        }
        match (op, value) {
            (Op::Remove, None) => self.changes.push(MemberChange::Remove(MemberSelector::All)),
            (Op::Remove, Some(listed)) => {
                let members = self.members(listed)?;
                self.remove_listed(members, None);
            }
            (Op::Replace, value) => {
                let members = value.map_or(Ok(Vec::new()), |value| {
                    members(value, self.mounts, self.limits, self.tolerances)
                })?;
                self.changes.push(MemberChange::Replace(members));
            }
            (Op::Add, value) => self.add(value)?,
        }
        Ok(())
    }

    /// Filters that follow one another are one, so that the members are looked through once.
    fn remove(&mut self, selector: MemberSelector) {
        let selector = match (self.changes.last_mut(), selector) {
            (
                Some(MemberChange::Remove(MemberSelector::Matching(before))),
                MemberSelector::Matching(then),
            ) => return before.or(then),
            (_, selector) => selector,
        };
        self.changes.push(MemberChange::Remove(selector));
    }

    /// Nothing listed, nothing goes.
    fn remove_listed(&mut self, members: Vec<Member>, among: Option<MemberCondition>) {
        if members.is_empty() {
            return;
        }
        let plain = among.is_none() && members.iter().all(|member| member.kind.is_none());
        let selector = if plain {
            MemberSelector::Values(members.into_iter().map(|member| member.value).collect())
        } else {
            MemberSelector::Listed { members, among }
        };
        self.changes.push(MemberChange::Remove(selector));
    }

    fn add(&mut self, value: Option<Value>) -> Result<(), Error> {
        let given = value.map_or(Ok(Vec::new()), |value| self.members(value))?;
        if !given.is_empty() {
            self.changes.push(MemberChange::Add(given));
        }
        Ok(())
    }

    /// `replace` of the members a filter selects: the given ones take the place of the others.
    /// Who is among both stays in, so that no membership is new that was there before.
    fn exchange(&mut self, selector: MemberSelector, value: Option<Value>) -> Result<(), Error> {
        let given = value.map_or(Ok(Vec::new()), |value| self.members(value))?;
        let selector = match selector {
            MemberSelector::Values(mut values) => {
                let given: HashSet<String> =
                    given.iter().map(|member| fold(&member.value)).collect();
                values.retain(|value| !given.contains(&fold(value)));
                MemberSelector::Values(values)
            }
            MemberSelector::References(mut named) => {
                let given: HashSet<&str> =
                    given.iter().map(|member| member.value.as_str()).collect();
                named.retain(|(_, id)| !given.contains(id.as_str()));
                MemberSelector::References(named)
            }
            MemberSelector::Matching(condition) => {
                let stay = given.iter().map(|member| fold(&member.value)).collect();
                MemberSelector::Matching(condition.but(stay))
            }
            unchanged @ (MemberSelector::All | MemberSelector::Listed { .. }) => unchanged,
        };
        let nobody = match &selector {
            MemberSelector::Values(values) => values.is_empty(),
            MemberSelector::References(named) => named.is_empty(),
            _ => false,
        };
        if !nobody {
            self.changes.push(MemberChange::Remove(selector));
        }
        if !given.is_empty() {
            self.changes.push(MemberChange::Add(given));
        }
        Ok(())
    }

    /// Members where one alone need not be in an array.
    fn members(&mut self, value: Value) -> Result<Vec<Member>, Error> {
        let value = if value.is_object() {
            Value::Array(vec![value])
        } else {
            value
        };
        members(value, self.mounts, self.limits, self.tolerances)
    }
}

fn is_members(path: &AttributePath) -> bool {
    path.attribute.eq_ignore_ascii_case("members")
        && path
            .schema
            .as_ref()
            .is_none_or(|schema| schema.eq_ignore_ascii_case(GROUP))
}

#[cfg(test)]
mod tests;
