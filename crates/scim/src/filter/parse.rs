//! x
use crate::Limits;
use super::{Filter, FilterError};
pub(super) fn filter(_text: &str, _limits: &Limits) -> Result<Filter, FilterError> { Err(FilterError::expected(1, "x")) }
