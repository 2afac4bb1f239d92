//! One operation's effect on one attribute, once the path is understood.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Op;
use super::apply::{Editor, invalid_value, mutability, part_mutability};
use super::values::{append, check_taken, is_empty, lists_nothing, merge, set, take, without};
use super::work::weight;
use crate::filter::told;
use crate::resource::{Reader, is_no_manager};
use crate::schema::{AttributeType, Mutability, USER, is_group_members};
use crate::target::Found;
use crate::{Attribute, Error, Tolerance, resource};

impl Editor<'_> {
    /// An attribute as a whole.
    pub(super) fn attribute(
        &mut self,
        op: Op,
        found: Found<'_>,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let attribute = found.attribute;
        let value = value.unwrap_or(&Value::Null);
        if attribute.mutability == Mutability::WriteOnly {
            return self.write_only(op, found, value);
        }
        // A user of whom nothing is said is active: nobody is let back in by taking the word away.
        let inactive = self.data.get("active") == Some(&Value::Bool(false));
        if self.is_active(found) && (op != Op::Remove || inactive) && says_nothing(op, value) {
            return Err(invalid_value("active: true or false is expected"));
        }
        match op {
            Op::Remove | Op::Replace if value.is_null() => return self.unassign(found),
            Op::Remove if !attribute.multi_valued && lists_nothing(value) => {
                return self.unassign(found);
            }
            Op::Remove => return self.remove_listed(found, value),
            Op::Add | Op::Replace => {}
        }
        let sent = self.unwrapped(attribute, whole(op, attribute, value));
        let merged = !attribute.multi_valued && self.stored(found).is_some();
        let Some(given) = self.canonical(found, None, attribute, sent, merged)? else {
            return if op == Op::Replace && is_nothing(attribute, value) {
                self.unassign(found)
            } else {
                self.clear_nulls(op, found, value)
            };
        };
        self.clear_nulls(op, found, value)?;
        let immutable = attribute.mutability == Mutability::Immutable;
        if attribute.multi_valued && (op == Op::Add || immutable) {
            self.look_at(found, 1)?;
        }
        let most = self.most_values(attribute);
        let data = self.container(found);
        let existing = data.get_mut(&attribute.name);
        match (existing, given) {
            (Some(Value::Array(existing)), Value::Array(mut given)) if op == Op::Add => {
                if immutable {
                    let known: HashSet<Value> = existing
                        .iter()
                        .map(|value| told(attribute, value))
                        .collect();
                    given.retain(|value| !known.contains(&told(attribute, value)));
                }
                append(existing, given);
                if existing.len() > most {
                    let name = &attribute.name;
                    return Err(invalid_value(&format!("{name}: more than {most} values")));
                }
            }
            (Some(existing), given)
                if attribute.kind == AttributeType::Complex && !attribute.multi_valued =>
            {
                merge(existing, given);
            }
            (_, given) => {
                if immutable && let Some(stored) = data.get(&attribute.name) {
                    return if resource::same(attribute, stored, &given) {
                        Ok(())
                    } else {
                        Err(mutability(&attribute.name, "is immutable"))
                    };
                }
                data.insert(attribute.name.clone(), given);
            }
        }
        Ok(())
    }

    /// What is never kept is held to its definition all the same, as in POST and PUT.
    fn write_only(&mut self, op: Op, found: Found<'_>, value: &Value) -> Result<(), Error> {
        let attribute = found.attribute;
        let listed = op == Op::Remove && attribute.multi_valued && !value.is_null();
        let given = if op == Op::Remove && !listed {
            None
        } else {
            let sent = self.unwrapped(attribute, whole(op, attribute, value));
            self.canonical(found, None, attribute, sent, listed)?
        };
        if given.is_none() && op != Op::Add && attribute.required {
            return Err(mutability(&attribute.name, "is required"));
        }
        if given.is_some() && op != Op::Remove {
            self.note_written(found);
        }
        Ok(())
    }

    fn note_written(&mut self, found: Found<'_>) {
        let schema = found.container.map_or("", |schema| schema.id.as_str());
        let name = &found.attribute.name;
        self.written.insert((schema.to_owned(), name.clone()));
    }

    /// Whether this says if a person may be let in.
    fn is_active(&self, found: Found<'_>) -> bool {
        self.resource_type.schema.id == USER
            && found.container.is_none()
            && found.attribute.name == "active"
    }

    /// A null inside a complex value unassigns that sub-attribute (RFC 7643, section 2.5).
    fn clear_nulls(&mut self, op: Op, found: Found<'_>, value: &Value) -> Result<(), Error> {
        if op != Op::Replace || found.attribute.multi_valued {
            return Ok(());
        }
        let nulls = value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| value.is_null());
        for (name, _) in nulls {
            let sub = found
                .attribute
                .sub_attribute(name)
                .filter(|sub| sub.mutability != Mutability::ReadOnly);
            if let Some(sub) = sub {
                self.sub_attribute(
                    Op::Remove,
                    Found {
                        sub_attribute: Some(sub),
                        ..found
                    },
                    None,
                )?;
            }
        }
        Ok(())
    }

    pub(super) fn unassign(&mut self, found: Found<'_>) -> Result<(), Error> {
        let attribute = found.attribute;
        // RFC 7644, section 3.5.2.2: "If an attribute is removed or becomes unassigned and is defined
        // as a required attribute or a read-only attribute, the server SHALL return ... "mutability"".
        if attribute.required {
            return Err(mutability(&attribute.name, "is required"));
        }
        if attribute.mutability == Mutability::Immutable {
            return Err(mutability(&attribute.name, "is immutable"));
        }
        self.container(found).shift_remove(&attribute.name);
        Ok(())
    }

    /// `remove` with a path and values: what is listed goes, all else stays.
    fn remove_listed(&mut self, found: Found<'_>, value: &Value) -> Result<(), Error> {
        let left = self.left(found, value)?;
        let name = &found.attribute.name;
        let data = self.container(found);
        if data.get(name) == left.as_ref() {
            return Ok(());
        }
        match left {
            None => self.unassign(found),
            Some(left) => {
                data.insert(name.clone(), left);
                Ok(())
            }
        }
    }

    /// What is left of the attribute without what a value lists; `None` when nothing is.
    pub(super) fn left(&mut self, found: Found<'_>, value: &Value) -> Result<Option<Value>, Error> {
        let attribute = found.attribute;
        if attribute.kind == AttributeType::Complex && !attribute.multi_valued {
            return self.left_of_parts(found, value);
        }
        let listed = self.listed(found, None, attribute, value)?;
        self.look_at(found, listed.len())?;
        Ok(self
            .stored(found)
            .and_then(|stored| without(attribute, stored, &listed)))
    }

    /// The same of the one value of a complex attribute: the sub-attributes listed go.
    fn left_of_parts(&mut self, found: Found<'_>, value: &Value) -> Result<Option<Value>, Error> {
        let attribute = found.attribute;
        self.look_at(found, 1)?;
        let Some(mut left) = self.stored(found).cloned() else {
            return Ok(None);
        };
        // Each part with all that is listed of it, so that what is stored is looked at once.
        let mut all: Vec<(&Attribute, Vec<Value>)> = Vec::new();
        for candidate in candidates(value) {
            let parts = match candidate {
                Value::Object(parts) => parts.clone(),
                // What stands for an object: bare text for a manager.
                other => match self.canonical(found, None, attribute, other.clone(), true)? {
                    Some(Value::Object(parts)) => parts,
                    _ => continue,
                },
            };
            for (name, value) in &parts {
                let Some(sub) = attribute.sub_attribute(name) else {
                    self.ignore_unknown(name)?;
                    continue;
                };
                if sub.mutability == Mutability::ReadOnly || lists_nothing(value) {
                    continue;
                }
                let listed = self.listed(found, Some(attribute), sub, value)?;
                match all.iter_mut().find(|(known, _)| known.name == sub.name) {
                    Some((_, known)) => known.extend(listed),
                    None => all.push((sub, listed)),
                }
            }
        }
        let mut required = None;
        for (sub, listed) in all {
            let Some(stored) = left.get(&sub.name) else {
                continue;
            };
            let looked = weight(stored).saturating_mul(listed.len().max(1));
            self.work.spend(looked)?;
            take(&mut left, sub, &listed);
            if sub.required && left.get(&sub.name).is_none() {
                required = Some(sub);
            }
        }
        match required {
            _ if is_empty(&left) => Ok(None),
            Some(sub) => Err(part_mutability(attribute, sub, "is required")),
            None => Ok(Some(left)),
        }
    }

    /// The values that a `remove` lists, in the form they are told apart in. For an attribute of one value
    /// an array lists what that may be.
    pub(super) fn listed(
        &mut self,
        found: Found<'_>,
        parent: Option<&Attribute>,
        attribute: &Attribute,
        value: &Value,
    ) -> Result<Vec<Value>, Error> {
        let mut listed = Vec::new();
        if attribute.multi_valued {
            let sent = whole(Op::Remove, attribute, value);
            if let Some(Value::Array(values)) =
                self.canonical(found, parent, attribute, sent, true)?
            {
                listed.extend(values.iter().map(|value| told(attribute, value)));
            }
        } else {
            for candidate in candidates(value) {
                let value = self.canonical(found, parent, attribute, candidate.clone(), true)?;
                listed.extend(value.map(|value| told(attribute, &value)));
            }
        }
        Ok(listed)
    }

    /// `name.givenName`; on a multi-valued attribute it means every value.
    pub(super) fn sub_attribute(
        &mut self,
        op: Op,
        found: Found<'_>,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let Some(sub) = found.sub_attribute else {
            return Ok(());
        };
        let attribute = found.attribute;
        if op == Op::Remove
            && let Some(value) = value.filter(|value| !lists_nothing(value))
        {
            return self.remove_from_parts(found, sub, value);
        }
        let given = self.sub_value(op, found, sub, value)?;
        if attribute.mutability == Mutability::WriteOnly {
            if given.is_some() {
                self.note_written(found);
            }
            return Ok(());
        }
        if sub.mutability == Mutability::WriteOnly {
            return Ok(());
        }
        self.look_at(found, 1)?;
        let data = self.container(found);
        match data.get_mut(&attribute.name) {
            Some(Value::Array(values)) => {
                for value in values.iter_mut() {
                    let before = value.clone();
                    set(value, sub, given.clone());
                    resource::check_parts(attribute, &before, value)?;
                }
                values.retain(|value| !is_empty(value));
            }
            Some(value) => set(value, sub, given),
            None => {
                let Some(given) = given else { return Ok(()) };
                let value = Value::Object(Map::from_iter([(sub.name.clone(), given)]));
                let value = if attribute.multi_valued {
                    Value::Array(vec![value])
                } else {
                    value
                };
                data.insert(attribute.name.clone(), value);
            }
        }
        if data.get(&attribute.name).is_some_and(is_empty) {
            return self.unassign(found);
        }
        Ok(())
    }

    /// `remove` of `name.givenName` with a value: it goes wherever it is that value.
    fn remove_from_parts(
        &mut self,
        found: Found<'_>,
        sub: &Attribute,
        value: &Value,
    ) -> Result<(), Error> {
        let attribute = found.attribute;
        let listed = self.listed(found, Some(attribute), sub, value)?;
        self.look_at(found, listed.len())?;
        let Some(stored) = self.stored(found) else {
            return Ok(());
        };
        let mut left = stored.clone();
        match &mut left {
            Value::Array(values) => {
                for value in values.iter_mut() {
                    let before = value.clone();
                    take(value, sub, &listed);
                    check_taken(attribute, sub, &before, value)?;
                }
                values.retain(|value| !is_empty(value));
            }
            value => {
                let before = value.clone();
                take(value, sub, &listed);
                check_taken(attribute, sub, &before, value)?;
            }
        }
        if is_empty(&left) {
            return self.unassign(found);
        }
        self.container(found).insert(attribute.name.clone(), left);
        Ok(())
    }

    /// The canonical value for a sub-attribute; `None` takes it away.
    pub(super) fn sub_value(
        &mut self,
        op: Op,
        found: Found<'_>,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> Result<Option<Value>, Error> {
        let given = match value {
            Some(value) if op != Op::Remove => {
                let value = self.unwrapped(sub, value.clone());
                self.canonical(found, Some(found.attribute), sub, value, false)?
            }
            _ => None,
        };
        if given.is_none() && sub.required {
            return Err(part_mutability(found.attribute, sub, "is required"));
        }
        Ok(given)
    }

    /// A value in canonical form; one given `in_part` goes over one that is there, or is only compared. What
    /// comes of all operations is looked at as a whole.
    pub(super) fn canonical(
        &mut self,
        found: Found<'_>,
        parent: Option<&Attribute>,
        attribute: &Attribute,
        value: Value,
        in_part: bool,
    ) -> Result<Option<Value>, Error> {
        let reader = Reader::new(self.limits, self.tolerances)
            .with_endpoints(&self.resource_type.endpoints)
            .in_part(in_part);
        resource::value(reader, found.container, parent, attribute, value)
    }

    /// Microsoft's library for SCIM sends `[{"$ref": null, "value": "Guide"}]` for a simple value.
    fn unwrapped(&mut self, attribute: &Attribute, value: Value) -> Value {
        if attribute.multi_valued || attribute.kind == AttributeType::Complex {
            return value;
        }
        let wrapped = match &value {
            Value::Array(values) => match values.as_slice() {
                [Value::Object(wrapped)] => wrapped,
                _ => return value,
            },
            Value::Object(wrapped) => wrapped,
            _ => return value,
        };
        let mut told = wrapped.iter().filter(|(_, value)| !value.is_null());
        match (told.next(), told.next()) {
            (Some((key, inner)), None)
                if key.eq_ignore_ascii_case("value")
                    && self.tolerances.accept(Tolerance::WrappedValue) =>
            {
                inner.clone()
            }
            _ => value,
        }
    }

    /// Counts that each value of the attribute is compared with so many others.
    pub(super) fn look_at(&mut self, found: Found<'_>, others: usize) -> Result<(), Error> {
        let stored = self.stored(found).map_or(0, weight);
        self.work.spend(stored.saturating_mul(others.max(1)))
    }

    /// How many values the attribute may have.
    fn most_values(&self, attribute: &Attribute) -> usize {
        if is_group_members(attribute) {
            self.limits.members
        } else {
            self.limits.values
        }
    }

    /// The value of the attribute, if it has one.
    pub(super) fn stored(&self, found: Found<'_>) -> Option<&Value> {
        match found.container {
            Some(extension) => self.data.get(&extension.id)?.get(&found.attribute.name),
            None => self.data.get(&found.attribute.name),
        }
    }

    /// Where the attribute lies. An extension that stays empty is dropped in the end.
    pub(super) fn container(&mut self, found: Found<'_>) -> &mut Map<String, Value> {
        let Some(extension) = found.container else {
            return &mut self.data;
        };
        let data = self
            .data
            .entry(extension.id.as_str())
            .or_insert_with(|| Value::Object(Map::new()));
        if !data.is_object() {
            *data = Value::Object(Map::new());
        }
        data.as_object_mut()
            .expect("it was made an object in the line before")
    }
}

/// The value as the attribute takes it: one that is added to, or taken from, several needs no array.
fn whole(op: Op, attribute: &Attribute, value: &Value) -> Value {
    let one_of_many = attribute.multi_valued && op != Op::Replace;
    if one_of_many && !value.is_array() && !value.is_null() {
        Value::Array(vec![value.clone()])
    } else {
        value.clone()
    }
}

/// Whether a value that comes to nothing says so; one of which nothing is known does not.
fn is_nothing(attribute: &Attribute, value: &Value) -> bool {
    candidates(value)
        .iter()
        .all(|value| !value.is_object() || is_no_manager(attribute, value))
}

/// What a value given for an attribute of one value may stand for.
fn candidates(value: &Value) -> &[Value] {
    match value {
        Value::Array(candidates) => candidates,
        single => std::slice::from_ref(single),
    }
}

/// Whether an attribute of one value is unassigned by this.
fn says_nothing(op: Op, value: &Value) -> bool {
    let is_nothing = |values: &Vec<Value>| values.iter().all(Value::is_null);
    op == Op::Remove || value.is_null() || value.as_array().is_some_and(is_nothing)
}
