//! `bulkId:` references (RFC 7644, section 3.7.2): where they stand and what takes their place.
//!
//! A reference is `bulkId:NAME` as a whole string or as the last segment of a URI
//! (`"$ref": "../Users/bulkId:NAME"`) under `value` or `$ref`, or under `manager` or `members`, which are sent
//! as bare text too; in the path of the operation; or in quotes inside the path of a PATCH operation
//! (`members[value eq "bulkId:NAME"]`). Under another name it is text like any other.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{BulkMethod, BulkOperation, BulkTarget};
use crate::error::quoted;
use crate::{Error, ScimType};

pub(super) const PREFIX: &str = "bulkId:";

/// An operation with ids in the place of references (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Resolved {
    /// With its slash: `/Users`.
    pub endpoint: String,
    /// The resource's id; `None` in a POST.
    pub id: Option<String>,
    /// The body of the request; `None` in a DELETE.
    pub data: Option<Value>,
}

impl BulkOperation {
    /// Puts ids in the place of references, which stand in paths and under `value`, `$ref`, `manager` and
    /// `members`; other text is left alone (RFC 7644, section 3.7.2). `ids` has those of the resources created so far, by
    /// `bulkId`. 409 when one is not there, because its operation failed or is still to come
    /// (section 3.7.1).
    pub fn resolve(&self, ids: &HashMap<String, String>) -> Result<Resolved, Error> {
        if let Some(missing) = self.references.iter().find(|id| !ids.contains_key(*id)) {
            let detail = format!(
                "the resource with the bulkId {} was not created",
                quoted(missing)
            );
            return Err(Error::new(409, None, detail));
        }
        Ok(self.resolved(ids))
    }

    /// Puts ids in the place of references and leaves out values whose references are not known
    /// yet: what [`Step::Begin`](super::Step::Begin) creates.
    pub fn resolve_known(&self, ids: &HashMap<String, String>) -> Resolved {
        let mut resolved = self.resolved(ids);
        let unknown = |text: &str| {
            reference(text).is_some_and(|(_, id)| self.references.iter().any(|known| known == id))
        };
        if let Some(Value::Object(data)) = resolved.data.take() {
            let data = data
                .into_iter()
                .filter_map(|(key, value)| {
                    let value = without(&key, value, &unknown)?;
                    Some((key, value))
                })
                .collect();
            resolved.data = Some(Value::Object(data));
        }
        resolved
    }

    fn resolved(&self, ids: &HashMap<String, String>) -> Resolved {
        let mut data = self.data.clone();
        if let Some(Value::Object(data)) = &mut data {
            each_text(data, self.method, &mut |text, in_quotes| {
                let replaced = if in_quotes {
                    replaced_in_quotes(text, ids)
                } else {
                    reference(text)
                        .and_then(|(before, id)| Some(format!("{before}{}", ids.get(id)?)))
                };
                if let Some(replaced) = replaced {
                    *text = replaced;
                }
            });
        }
        Resolved {
            endpoint: self.path.endpoint.clone(),
            id: self.path.target.as_ref().map(|target| match target {
                BulkTarget::Id(id) => id.clone(),
                BulkTarget::BulkId(id) => ids.get(id).unwrap_or(id).clone(),
            }),
            data,
        }
    }
}

/// The `bulkId` that a whole text refers to.
pub(super) fn parse_reference(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX).filter(|id| !id.is_empty())
}

/// What an operation refers to, each once. `known` are the `bulkId`s of the request. 400
/// `invalidValue` for a reference to none of them.
pub(super) fn references(
    operation: &mut BulkOperation,
    known: &HashSet<String>,
) -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut unknown = None;
    let mut note = |id: &str| {
        if known.contains(id) {
            if seen.insert(id.to_owned()) {
                found.push(id.to_owned());
            }
        } else if unknown.is_none() {
            unknown = Some(id.to_owned());
        }
    };
    if let Some(BulkTarget::BulkId(id)) = &operation.path.target {
        note(id);
    }
    if let Some(Value::Object(data)) = &mut operation.data {
        each_text(data, operation.method, &mut |text, in_quotes| {
            if in_quotes {
                for (id, _) in quoted_references(text) {
                    note(id);
                }
            } else if let Some((_, id)) = reference(text) {
                note(id);
            }
        });
    }
    match unknown {
        None => Ok(found),
        Some(id) => Err(Error::bad_request(
            ScimType::InvalidValue,
            format!(
                "no operation of this request has the bulkId {}",
                quoted(&id)
            ),
        )),
    }
}

/// What stands before a reference, and the `bulkId` it is to.
fn reference(text: &str) -> Option<(&str, &str)> {
    if let Some(id) = parse_reference(text) {
        return Some(("", id));
    }
    let (before, last) = text.split_at_checked(text.rfind('/')? + 1)?;
    Some((before, parse_reference(last)?))
}

/// The references between double quotes, each with the offset of its text.
fn quoted_references(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    text.split('"')
        .enumerate()
        .filter_map(move |(index, part)| {
            let start = at;
            at += part.len() + 1;
            (index % 2 == 1).then_some(())?;
            Some((parse_reference(part)?, start))
        })
}

fn replaced_in_quotes(text: &str, ids: &HashMap<String, String>) -> Option<String> {
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (id, start) in quoted_references(text) {
        let Some(new) = ids.get(id) else { continue };
        replaced.push_str(text.get(from..start)?);
        replaced.push_str(new);
        from = start + PREFIX.len() + id.len();
    }
    (from > 0).then(|| replaced + text.get(from..).unwrap_or_default())
}

/// Whether what stands under this key, or at this path, can be a reference.
fn takes_reference(key: &str) -> bool {
    let last = last_name(key);
    is_part(last)
        || ["manager", "members"]
            .iter()
            .any(|name| last.eq_ignore_ascii_case(name))
}

/// Whether a reference of that name is part of a complex value, rather than the value.
fn is_part(key: &str) -> bool {
    ["value", "$ref"]
        .iter()
        .any(|name| key.eq_ignore_ascii_case(name))
}

/// The last name of a path.
fn last_name(key: &str) -> &str {
    // Of what a filter selects, behind `[`, the value is that of what stands before it.
    let key = match key.strip_suffix(']') {
        Some(selected) => selected.split('[').next().unwrap_or(selected),
        None => key,
    };
    key.rsplit(['.', ':', ']']).next().unwrap_or(key)
}

/// Shows every string of the data that can be, or hold, a reference, and whether references in it stand
/// in quotes. The depth of the data was limited when it was read.
fn each_text(
    data: &mut Map<String, Value>,
    method: BulkMethod,
    visit: &mut impl FnMut(&mut String, bool),
) {
    fn walk(key: &str, value: &mut Value, visit: &mut impl FnMut(&mut String, bool)) {
        match value {
            Value::String(text) if takes_reference(key) => visit(text, false),
            Value::Array(values) => {
                for value in values {
                    walk(key, value, visit);
                }
            }
            Value::Object(data) => {
                for (key, value) in data {
                    walk(key, value, visit);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for (key, value) in data {
        match value {
            Value::Array(operations)
                if method == BulkMethod::Patch && key.eq_ignore_ascii_case("Operations") =>
            {
                for operation in operations.iter_mut().filter_map(Value::as_object_mut) {
                    let at = path_of(operation);
                    for (key, value) in operation {
                        match value {
                            Value::String(path) if key.eq_ignore_ascii_case("path") => {
                                visit(path, true);
                            }
                            // What it is the value of stands in the path.
                            value => walk(&at, value, visit),
                        }
                    }
                }
            }
            value => walk(key, value, visit),
        }
    }
}

/// The path of a PATCH operation; empty without one.
fn path_of(operation: &Map<String, Value>) -> String {
    let path = operation
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("path"));
    path.and_then(|(_, path)| path.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// Leaves out strings that refer to what is unknown, together with the complex value they are part
/// of: half a member is none.
fn without(key: &str, value: Value, unknown: &impl Fn(&str) -> bool) -> Option<Value> {
    let is_unknown =
        |key: &str, value: &Value| takes_reference(key) && value.as_str().is_some_and(unknown);
    match value {
        Value::Object(data)
            if data
                .iter()
                .any(|(key, value)| is_part(key) && is_unknown(key, value)) =>
        {
            None
        }
        Value::Object(data) => Some(Value::Object(
            data.into_iter()
                .filter_map(|(key, value)| {
                    let value = without(&key, value, unknown)?;
                    Some((key, value))
                })
                .collect(),
        )),
        Value::Array(values) => Some(Value::Array(
            values
                .into_iter()
                .filter_map(|value| without(key, value, unknown))
                .collect(),
        )),
        value => (!is_unknown(key, &value)).then_some(value),
    }
}
