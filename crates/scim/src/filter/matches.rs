//! x
use serde_json::{Map, Value};
use super::Condition;
pub fn matches(_condition: &Condition, _document: &Map<String, Value>) -> bool { false }
