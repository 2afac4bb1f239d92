//! What the operations of one PATCH cost together: a small message can have many operations each look
//! at all of a large resource.

use serde_json::Value;

use crate::filter::Filter;
use crate::{Error, Limits};

/// What is left of [`Limits::patch_work`] for the operations of one PATCH (RFC 7644, section 3.5.2).
#[derive(Debug, Clone)]
pub struct Work {
    left: usize,
    most: usize,
}

impl Work {
    /// All of it.
    pub fn new(limits: &Limits) -> Self {
        Self {
            left: limits.patch_work,
            most: limits.patch_work,
        }
    }

    /// Takes so many looks at stored values off it; 413 when no more are left.
    pub fn spend(&mut self, work: usize) -> Result<(), Error> {
        match self.left.checked_sub(work) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Error::new(
                413,
                None,
                format!(
                    "the operations look at more than {} stored values together (patch_work): send \
                     them in several requests",
                    self.most
                ),
            )),
        }
    }
}

/// The values in a canonical value. Text counts by its length too, most where it is not ASCII and so
/// takes long to fold.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(data) => 1 + data.values().map(weight).sum::<usize>(),
        Value::String(text) if text.is_ascii() => 1 + text.len() / 32,
        Value::String(text) => 1 + text.len() / 2,
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// The comparisons of a filter.
pub(super) fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(inner) | Filter::Or(inner) => inner.iter().map(terms).sum(),
        Filter::Not(inner) => terms(inner),
        Filter::ValuePath { filter, tail, .. } => terms(filter) + tail.as_deref().map_or(0, terms),
        Filter::Compare { .. } | Filter::Present(_) => 1,
    }
}
