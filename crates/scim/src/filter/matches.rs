//! Whether a resource satisfies a condition: the reference semantics, which the database must equal.
//!
//! * A comparison with an attribute that is absent is false, so its negation is true.
//! * On a multi-valued attribute a comparison holds when it holds for some value.
//! * Text compares by code point, numbers by value ([`number_key`](super::number_key)); values of another
//!   type than the operand's never match.
//! * `pr` is false for what is absent, null, `""`, `[]`, `{}`, and for what holds nothing but these.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{CompareOp, Condition, Operand, number};
use crate::target::Target;

/// Whether a resource, given as its match document, satisfies the condition.
///
/// RFC 7644, section 3.4.2.2.
pub fn matches(condition: &Condition, document: &Map<String, Value>) -> bool {
    holds(condition, Scope::Resource(document))
}

/// Whether one value of a complex attribute satisfies the inner condition of a [`Condition::Any`].
/// The value is in the form of a match document.
pub(crate) fn matches_value(condition: &Condition, value: &Value) -> bool {
    holds(condition, Scope::Value(value))
}

#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a Map<String, Value>),
    /// One value of the attribute all targets have in common.
    Value(&'a Value),
}

fn holds(condition: &Condition, scope: Scope<'_>) -> bool {
    match condition {
        Condition::And(terms) => terms.iter().all(|term| holds(term, scope)),
        Condition::Or(terms) => terms.iter().any(|term| holds(term, scope)),
        Condition::Not(inner) => !holds(inner, scope),
        Condition::Compare {
            target,
            op,
            operand,
        } => any_value(target, scope, |value| compares(value, *op, operand)),
        Condition::Present(target) => any_value(target, scope, is_present),
        Condition::Any { target, condition } => {
            attribute(target, scope).is_some_and(|value| match value {
                Value::Array(values) => values
                    .iter()
                    .any(|value| holds(condition, Scope::Value(value))),
                value => holds(condition, Scope::Value(value)),
            })
        }
    }
}

fn any_value(target: &Target, scope: Scope<'_>, test: impl Fn(&Value) -> bool) -> bool {
    let leaf = |value: &Value| match &target.sub_attribute {
        Some(sub) => value.get(sub).is_some_and(&test),
        None => test(value),
    };
    match attribute(target, scope) {
        Some(Value::Array(values)) => values.iter().any(leaf),
        Some(value) => leaf(value),
        None => false,
    }
}

fn attribute<'a>(target: &Target, scope: Scope<'a>) -> Option<&'a Value> {
    match scope {
        Scope::Value(value) => Some(value),
        Scope::Resource(document) => match &target.schema {
            Some(schema) => document.get(schema)?.get(&target.attribute),
            None => document.get(&target.attribute),
        },
    }
}

fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_present),
        Value::Object(data) => data.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compares(value: &Value, op: CompareOp, operand: &Operand) -> bool {
    match (value, operand) {
        (Value::String(value), Operand::Text(operand)) => match op {
            CompareOp::Co => value.contains(operand.as_str()),
            CompareOp::Sw => value.starts_with(operand.as_str()),
            CompareOp::Ew => value.ends_with(operand.as_str()),
            _ => ordered(op, value.as_str().cmp(operand.as_str())),
        },
        (Value::Number(value), Operand::Number(operand)) => {
            ordered(op, number::order(value, operand))
        }
        (Value::Bool(value), Operand::Bool(operand)) => op == CompareOp::Eq && value == operand,
        _ => false,
    }
}

fn ordered(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
