//! x
use crate::{Error, Limits, Resource, ResourceType, Tolerances};
use super::Patch;
pub fn apply(_patch: &Patch, _rt: &ResourceType, current: &Resource, _limits: &Limits, _t: &mut Tolerances) -> Result<Resource, Error> { Ok(current.clone()) }
