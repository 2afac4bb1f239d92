//! One operation's effect on one attribute, once the path is understood.

use serde_json::{Map, Value};

use super::apply::{Editor, invalid_path, invalid_value, mutability};
use super::values::{append, demote_others, is_listed, is_primary, merge};
use super::work::{terms, weight};
use super::{Op, PatchPath};
use crate::filter::{
    CompValue, CompareOp, Filter, comparable, matches_value, takes_value_filter, value_condition,
};
use crate::schema::{AttributeType, Mutability, USER, is_group_members};
use crate::target::Found;
use crate::{Attribute, Error, ScimType, Tolerance, resource};

impl Editor<'_> {
    /// An attribute as a whole.
    pub(super) fn attribute(
        &mut self,
        op: Op,
        found: Found<'_>,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let attribute = found.attribute;
        if attribute.mutability == Mutability::WriteOnly {
            return Ok(());
        }
        let value = value.unwrap_or(&Value::Null);
        // A user of whom nothing is said is active: nobody is let back in by taking the word away.
        let inactive = self.data.get("active") == Some(&Value::Bool(false));
        if self.is_active(found) && (op != Op::Remove || inactive) && says_nothing(op, value) {
            return Err(invalid_value("active: true or false is expected"));
        }
        match op {
            Op::Remove if attribute.multi_valued && !value.is_null() => {
                return self.remove_listed(found, value);
            }
            Op::Remove => return self.unassign(found),
            Op::Replace if value.is_null() => return self.unassign(found),
            Op::Add | Op::Replace => {}
        }
        let single =
            attribute.multi_valued && op == Op::Add && !value.is_array() && !value.is_null();
        let sent = if single {
            Value::Array(vec![value.clone()])
        } else {
            value.clone()
        };
        let Some(given) = self.canonical(found, None, attribute, sent)? else {
            return if op == Op::Replace && !value.is_object() {
                self.unassign(found)
            } else {
                self.clear_nulls(op, found, value)
            };
        };
        self.clear_nulls(op, found, value)?;
        if attribute.multi_valued && op == Op::Add {
            self.look_at(found, 1)?;
        }
        let most = self.most_values(attribute);
        let data = self.container(found);
        let existing = data.get_mut(&attribute.name);
        match (existing, given) {
            (Some(Value::Array(existing)), Value::Array(given)) if op == Op::Add => {
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
                let changes = data.get(&attribute.name) != Some(&given);
                if changes
                    && attribute.mutability == Mutability::Immutable
                    && data.contains_key(&attribute.name)
                {
                    return Err(mutability(&attribute.name, "is immutable"));
                }
                data.insert(attribute.name.clone(), given);
            }
        }
        Ok(())
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

    fn unassign(&mut self, found: Found<'_>) -> Result<(), Error> {
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

    /// `remove` with a path and values: those listed go, the others stay.
    fn remove_listed(&mut self, found: Found<'_>, value: &Value) -> Result<(), Error> {
        let attribute = found.attribute;
        let sent = if value.is_array() {
            value.clone()
        } else {
            Value::Array(vec![value.clone()])
        };
        let Some(Value::Array(listed)) = self.canonical(found, None, attribute, sent)? else {
            return Ok(());
        };
        let listed: Vec<Value> = listed
            .iter()
            .map(|value| comparable(attribute, value))
            .collect();
        self.look_at(found, listed.len())?;
        let data = self.container(found);
        if let Some(Value::Array(values)) = data.get_mut(&attribute.name) {
            values.retain(|value| {
                let value = comparable(attribute, value);
                !listed.iter().any(|listed| is_listed(&value, listed))
            });
            if values.is_empty() {
                return self.unassign(found);
            }
        }
        Ok(())
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
        let given = self.sub_value(op, found, sub, value)?;
        let attribute = found.attribute;
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

    /// The canonical value for a sub-attribute; `None` takes it away.
    fn sub_value(
        &mut self,
        op: Op,
        found: Found<'_>,
        sub: &Attribute,
        value: Option<&Value>,
    ) -> Result<Option<Value>, Error> {
        let given = match value {
            Some(value) if op != Op::Remove => {
                self.canonical(found, Some(found.attribute), sub, value.clone())?
            }
            _ => None,
        };
        if given.is_none() && sub.required {
            return Err(mutability(&sub.name, "is required"));
        }
        Ok(given)
    }

    /// `emails[type eq "work"]` and `emails[type eq "work"].value`.
    pub(super) fn selected(
        &mut self,
        op: Op,
        path: &PatchPath,
        found: Found<'_>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let attribute = found.attribute;
        if !takes_value_filter(attribute) || path.path.sub_attribute.is_some() {
            return Err(invalid_path(&format!(
                "{} takes no filter in [ ]",
                path.path
            )));
        }
        let condition = value_condition(filter, found, self.tolerances)?;
        self.look_at(found, terms(filter))?;
        let selects = |value: &Value| matches_value(&condition, &comparable(attribute, value));
        let existing = self.container(found).get(&attribute.name);
        let selected: Vec<usize> = match existing {
            Some(Value::Array(values)) => (0..values.len())
                .filter(|at| values.get(*at).is_some_and(selects))
                .collect(),
            Some(value) if selects(value) => vec![0],
            _ => Vec::new(),
        };
        if selected.is_empty() {
            return match op {
                Op::Remove => Ok(()),
                Op::Add | Op::Replace => self.create(path, found, filter, value),
            };
        }
        let change = match (found.sub_attribute, op) {
            (Some(sub), _) => Change::Sub(sub, self.sub_value(op, found, sub, value)?),
            (None, Op::Remove) => Change::Delete,
            (None, Op::Add) => Change::Merge(self.one(found, value)?),
            (None, Op::Replace) => Change::Replace(self.one(found, value)?),
        };
        let data = self.container(found);
        match data.get_mut(&attribute.name) {
            Some(Value::Array(values)) => change_values(attribute, values, &selected, &change)?,
            Some(value) => {
                change.apply(value);
            }
            None => {}
        }
        if data.get(&attribute.name).is_some_and(is_empty) {
            return self.unassign(found);
        }
        Ok(())
    }

    /// A value path that selects nothing: the value it describes comes to be.
    fn create(
        &mut self,
        path: &PatchPath,
        found: Found<'_>,
        filter: &Filter,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        // RFC 7644, section 3.5.2.3: "If the target location is a valuePath with no matching values,
        // the operation fails with 400 noTarget".
        let no_target = || {
            Error::bad_request(
                ScimType::NoTarget,
                format!("no value is selected by {path}"),
            )
        };
        let mut described = Map::new();
        if !describe(filter, &mut described) || !self.tolerances.accept(Tolerance::ValuePathCreated)
        {
            return Err(no_target());
        }
        let attribute = found.attribute;
        match (found.sub_attribute, value) {
            (Some(sub), Some(value)) => {
                described.insert(sub.name.clone(), value.clone());
            }
            (None, Some(Value::Object(given))) => described.extend(given.clone()),
            _ => return Err(no_target()),
        }
        // Names that differ only in case are the one given last.
        let mut created: Map<String, Value> = Map::new();
        for (name, value) in described {
            let name = attribute
                .sub_attribute(&name)
                .map_or(name, |sub| sub.name.clone());
            created.insert(name, value);
        }
        let created = Value::Object(created);
        let created = if attribute.multi_valued {
            Value::Array(vec![created])
        } else {
            created
        };
        self.attribute(
            Op::Add,
            Found {
                sub_attribute: None,
                ..found
            },
            Some(&created),
        )
    }

    /// One canonical value of the attribute.
    fn one(&mut self, found: Found<'_>, value: Option<&Value>) -> Result<Value, Error> {
        let attribute = found.attribute;
        let sent = value.cloned().unwrap_or_default();
        let sent = match sent {
            Value::Array(mut values)
                if values.len() == 1 && self.tolerances.accept(Tolerance::SingleForMany) =>
            {
                values.pop().unwrap_or_default()
            }
            Value::Array(_) => return Err(invalid_value("expected one value")),
            single => single,
        };
        let sent = if attribute.multi_valued {
            Value::Array(vec![sent])
        } else {
            sent
        };
        match self.canonical(found, None, attribute, sent)? {
            Some(Value::Array(mut values)) => values.pop(),
            value => value,
        }
        .ok_or_else(|| invalid_value("a value is required"))
    }

    fn canonical(
        &mut self,
        found: Found<'_>,
        parent: Option<&Attribute>,
        attribute: &Attribute,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        resource::value(
            self.resource_type,
            found.container,
            parent,
            attribute,
            value,
            self.limits,
            self.tolerances,
        )
    }

    /// Counts that each value of the attribute is compared with so many others.
    fn look_at(&mut self, found: Found<'_>, others: usize) -> Result<(), Error> {
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
    fn stored(&self, found: Found<'_>) -> Option<&Value> {
        match found.container {
            Some(extension) => self.data.get(&extension.id)?.get(&found.attribute.name),
            None => self.data.get(&found.attribute.name),
        }
    }

    /// Where the attribute lies. An extension that stays empty is dropped in the end.
    fn container(&mut self, found: Found<'_>) -> &mut Map<String, Value> {
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

/// Whether an attribute of one value is unassigned by this.
fn says_nothing(op: Op, value: &Value) -> bool {
    let is_nothing = |values: &Vec<Value>| values.iter().all(Value::is_null);
    op == Op::Remove || value.is_null() || value.as_array().is_some_and(is_nothing)
}

/// What becomes of a selected value.
enum Change<'a> {
    Delete,
    Merge(Value),
    Replace(Value),
    Sub(&'a Attribute, Option<Value>),
}

impl Change<'_> {
    fn apply(&self, value: &mut Value) {
        match self {
            Self::Delete => *value = Value::Null,
            Self::Merge(given) => merge(value, given.clone()),
            Self::Replace(given) => *value = given.clone(),
            Self::Sub(sub, given) => set(value, sub, given.clone()),
        }
    }
}

fn change_values(
    attribute: &Attribute,
    values: &mut Vec<Value>,
    selected: &[usize],
    change: &Change<'_>,
) -> Result<(), Error> {
    let mut primary = Vec::new();
    let mut is_new = false;
    for index in selected {
        if let Some(value) = values.get_mut(*index) {
            let was_primary = is_primary(value);
            let before = value.clone();
            change.apply(value);
            if !value.is_null() {
                resource::check_parts(attribute, &before, value)?;
            }
            if is_primary(value) {
                primary.push(*index);
                is_new |= !was_primary;
            }
        }
    }
    if is_new {
        demote_others(values, &primary);
    }
    values.retain(|value| !is_empty(value));
    Ok(())
}

fn set(value: &mut Value, sub: &Attribute, given: Option<Value>) {
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(data) => data.is_empty(),
        _ => false,
    }
}

/// The value a filter describes when it is made of `eq` and `and` alone.
fn describe(filter: &Filter, described: &mut Map<String, Value>) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| describe(term, described)),
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value,
        } => {
            let value = match value {
                CompValue::String(text) => Value::String(text.clone()),
                CompValue::Number(number) => Value::Number(number.clone()),
                CompValue::Bool(value) => Value::Bool(*value),
                CompValue::Null => return false,
            };
            described.insert(path.attribute.clone(), value);
            true
        }
        _ => false,
    }
}
