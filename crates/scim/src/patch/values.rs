//! What happens to the values of one attribute. All values here are canonical.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use serde_json::{Map, Value};

use super::apply::part_mutability;
use crate::filter::told;
use crate::{Attribute, Error, resource};

/// As many are compared with each value one by one; for more it pays to hash them.
const FEW: usize = 4;

/// Adds values that are not there yet. When one of them is primary, no older one stays so.
pub(super) fn append(values: &mut Vec<Value>, mut added: Vec<Value>) {
    // RFC 7644, section 3.5.2.1: "If the target location already contains the value specified, no
    // changes SHOULD be made to the resource".
    if added.len() > FEW {
        let known: HashSet<Told<'_>> = values.iter().map(Told).collect();
        added.retain(|value| !known.contains(&Told(value)));
    } else {
        added.retain(|value| !values.iter().any(|existing| same(existing, value)));
    }
    let first = values.len();
    values.extend(added);
    let primary: Vec<usize> = (first..values.len())
        .filter(|index| values.get(*index).is_some_and(is_primary))
        .collect();
    demote_others(values, &primary);
}

/// RFC 7644, section 3.5.2: "if a new value is added with "primary" set to "true", the server SHALL
/// set the value of the existing attribute's "primary" to "false"". `promoted` are the new ones, in
/// ascending order.
pub(super) fn demote_others(values: &mut [Value], promoted: &[usize]) {
    if promoted.is_empty() {
        return;
    }
    for (index, value) in values.iter_mut().enumerate() {
        if is_primary(value) && promoted.binary_search(&index).is_err() {
            value["primary"] = Value::Bool(false);
        }
    }
}

pub(super) fn is_primary(value: &Value) -> bool {
    value.get("primary") == Some(&Value::Bool(true))
}

/// A value, equal to those that are [`same`].
struct Told<'a>(&'a Value);

impl PartialEq for Told<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.0, other.0)
    }
}

impl Eq for Told<'_> {}

impl Hash for Told<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Value::Object(data) = self.0 else {
            return self.0.hash(state);
        };
        let mut parts: Vec<(&String, &Value)> = data.iter().filter(tells).collect();
        parts.sort_unstable_by_key(|(name, _)| *name);
        parts.hash(state);
    }
}

/// Whether a part tells its value from others.
fn tells((name, value): &(&String, &Value)) -> bool {
    *name != "primary" || **value != Value::Bool(false)
}

/// Whether two values are one. `"primary": false` says no more than its absence.
fn same(a: &Value, b: &Value) -> bool {
    #[cfg(test)]
    crate::looks::look();
    let (Value::Object(a), Value::Object(b)) = (a, b) else {
        return a == b;
    };
    let within = |a: &Map<String, Value>, b: &Map<String, Value>| {
        a.iter()
            .filter(tells)
            .all(|(name, value)| b.get(name) == Some(value))
    };
    within(a, b) && within(b, a)
}

/// Whether `existing` is what `listed` in a `remove` means: every part that is listed is the same.
/// What a value is displayed as does not tell it apart. Both in the form values are told apart in.
pub(super) fn is_listed(existing: &Value, listed: &Value) -> bool {
    match (existing, listed) {
        (Value::Object(existing), Value::Object(listed)) => {
            let mut parts = listed
                .iter()
                .filter(|(name, _)| *name != "display" && *name != "$ref")
                .peekable();
            parts.peek().is_some() && parts.all(|(name, value)| existing.get(name) == Some(value))
        }
        _ => existing == listed,
    }
}

/// Writes the given sub-attributes over those of an existing value; the others stay.
pub(super) fn merge(existing: &mut Value, given: Value) {
    match (existing, given) {
        (Value::Object(existing), Value::Object(given)) => existing.extend(given),
        (existing, given) => *existing = given,
    }
}

/// Whether a `remove` with this as its value says no more than without: then it means whatever there is.
pub(super) fn lists_nothing(value: &Value) -> bool {
    is_empty(value) || value == ""
}

/// What is left of a value, or of several, without those listed.
pub(super) fn without(attribute: &Attribute, stored: &Value, listed: &[Value]) -> Option<Value> {
    let stays = |value: &&Value| {
        let value = told(attribute, value);
        !listed.iter().any(|listed| is_listed(&value, listed))
    };
    match stored {
        Value::Array(values) => {
            let left: Vec<Value> = values.iter().filter(stays).cloned().collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
        single => stays(&single).then(|| single.clone()),
    }
}

/// Takes a sub-attribute out of a complex value where it is what is listed.
pub(super) fn take(value: &mut Value, sub: &Attribute, listed: &[Value]) {
    if let Some(stored) = value.get(&sub.name) {
        let left = without(sub, stored, listed);
        set(value, sub, left);
    }
}

/// Holds a value from which a sub-attribute was taken to what is required and immutable.
pub(super) fn check_taken(
    attribute: &Attribute,
    sub: &Attribute,
    before: &Value,
    value: &mut Value,
) -> Result<(), Error> {
    if sub.required && before.get(&sub.name).is_some() && value.get(&sub.name).is_none() {
        return Err(part_mutability(attribute, sub, "is required"));
    }
    resource::check_parts(attribute, before, value)
}

pub(super) fn set(value: &mut Value, sub: &Attribute, given: Option<Value>) {
    if let Value::Object(value) = value {
        match given {
            Some(given) => {
                value.insert(sub.name.clone(), given);
            }
            None => {
                value.shift_remove(&sub.name);
            }
        }
    }
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(data) => data.is_empty(),
        _ => false,
    }
}
