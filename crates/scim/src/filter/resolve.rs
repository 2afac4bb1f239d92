//! x
use crate::{ResourceType, Tolerances};
use super::{Condition, Filter, FilterError};
pub(super) fn condition(_filter: &Filter, _rt: &ResourceType, _t: &mut Tolerances) -> Result<Condition, FilterError> { Err(FilterError::expected(1, "x")) }
