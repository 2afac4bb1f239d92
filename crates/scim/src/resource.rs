//! A resource as a client may send it.

use serde_json::{Map, Value};

use crate::{Error, Limits, ResourceType, Tolerances};

/// A resource in canonical form.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource(pub Map<String, Value>);

/// Whether a member is a user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    User,
    Group,
}

/// One value of a group's `members`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub value: String,
    pub kind: Option<MemberKind>,
    pub display: Option<String>,
}

/// Holds a map to the resource type's schemas.
pub fn validate(_rt: &ResourceType, map: Map<String, Value>, _limits: &Limits, _t: &mut Tolerances) -> Result<Resource, Error> {
    Ok(Resource(map))
}
