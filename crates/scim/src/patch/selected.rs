//! Value paths: what becomes of the values that a filter between `[` and `]` selects.

use serde_json::{Map, Value};

use super::apply::{Editor, invalid_path, invalid_value};
use super::values::{
    check_taken, demote_others, is_empty, is_listed, is_primary, lists_nothing, merge, set, take,
};
use super::work::terms;
use super::{Op, PatchPath};
use crate::filter::{
    CompValue, CompareOp, Filter, comparable, matches_value, takes_value_filter, told,
    value_condition,
};
use crate::target::Found;
use crate::{Attribute, Error, ScimType, Tolerance, resource};

impl Editor<'_> {
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
        // Of what is selected only what is listed goes.
        let listed = value.filter(|value| *value != "" && **value != Value::Object(Map::new()));
        let change = match (found.sub_attribute, op, listed) {
            (Some(sub), Op::Remove, Some(value)) if !lists_nothing(value) => {
                Change::Take(sub, self.listed(found, Some(attribute), sub, value)?)
            }
            (None, Op::Remove, Some(_)) if !attribute.multi_valued => {
                return self.attribute(op, found, listed);
            }
            (None, Op::Remove, Some(value)) if !value.is_null() => {
                Change::DeleteListed(self.listed(found, None, attribute, value)?)
            }
            (Some(sub), ..) => Change::Sub(sub, self.sub_value(op, found, sub, value)?),
            (None, Op::Remove, _) => Change::Delete,
            (None, Op::Add, _) => Change::Merge(self.one(found, value, true)?),
            (None, Op::Replace, _) => Change::Replace(self.one(found, value, false)?),
        };
        if let Change::DeleteListed(listed) | Change::Take(_, listed) = &change {
            self.look_at(found, listed.len())?;
        }
        let data = self.container(found);
        match data.get_mut(&attribute.name) {
            Some(Value::Array(values)) => change_values(attribute, values, &selected, &change)?,
            Some(value) => {
                let before = value.clone();
                change.apply(attribute, value);
                change.check(attribute, &before, value)?;
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
        // The one value there is was not selected; it is not made another.
        let is_there = !found.attribute.multi_valued && self.stored(found).is_some();
        let mut described = Map::new();
        if is_there
            || !describe(filter, &mut described)
            || !self.tolerances.accept(Tolerance::ValuePathCreated)
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
    fn one(
        &mut self,
        found: Found<'_>,
        value: Option<&Value>,
        in_part: bool,
    ) -> Result<Value, Error> {
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
        match self.canonical(found, None, attribute, sent, in_part)? {
            Some(Value::Array(mut values)) => values.pop(),
            value => value,
        }
        .ok_or_else(|| invalid_value("a value is required"))
    }
}

/// What becomes of a selected value.
enum Change<'a> {
    Delete,
    /// If it is among these.
    DeleteListed(Vec<Value>),
    /// The sub-attribute, if it is one of these.
    Take(&'a Attribute, Vec<Value>),
    Merge(Value),
    Replace(Value),
    Sub(&'a Attribute, Option<Value>),
}

impl Change<'_> {
    fn apply(&self, attribute: &Attribute, value: &mut Value) {
        match self {
            Self::Delete => *value = Value::Null,
            Self::DeleteListed(listed) => {
                let told = told(attribute, value);
                if listed.iter().any(|listed| is_listed(&told, listed)) {
                    *value = Value::Null;
                }
            }
            Self::Take(sub, listed) => take(value, sub, listed),
            Self::Merge(given) => merge(value, given.clone()),
            Self::Replace(given) => *value = given.clone(),
            Self::Sub(sub, given) => set(value, sub, given.clone()),
        }
    }

    /// Whether the value may become so.
    fn check(&self, attribute: &Attribute, before: &Value, value: &mut Value) -> Result<(), Error> {
        match self {
            Self::Take(sub, _) => check_taken(attribute, sub, before, value),
            _ if value.is_null() => Ok(()),
            _ => resource::check_parts(attribute, before, value),
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
            change.apply(attribute, value);
            change.check(attribute, &before, value)?;
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
