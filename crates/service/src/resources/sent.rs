//! What clients send about one resource, read before their sender is known.

use std::sync::Arc;

use serde_json::Value;
use vestibule_scim::{
    Limits, Member, MemberChange, Patch, Projection, Resource, ResourceType, Tolerances,
};

use super::{Submitted, Wanted, complete};
use crate::caller::{ALIAS, MOUNT};
use crate::types::{Kind, Types};

/// A resource as a client sent it; the members of a group apart.
pub(super) struct Sent {
    pub(super) resource: Resource,
    pub(super) members: Option<Vec<Member>>,
    projection: Projection,
}

/// A patch; the changes of a group's members apart.
pub(super) struct SentPatch {
    pub(super) members: Vec<MemberChange>,
    pub(super) rest: Option<Patch>,
    projection: Projection,
    /// Nobody reads a huge group back unasked.
    pub(super) represent: bool,
}

impl Sent {
    /// Reads what is to stand in the place of a resource.
    pub(super) fn read(
        types: &Types,
        endpoint: &str,
        submitted: &Submitted,
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, vestibule_scim::Error> {
        let (resource_type, body, wanted) = opened(types, endpoint, submitted)?;
        let projection = wanted.projection(resource_type, limits, tolerances)?;
        let mut resource = Resource::parse(resource_type, body, limits, tolerances)?;
        let members = match Kind::of(resource_type) {
            Kind::Group => resource.take_members(&mounts(&submitted.base), tolerances)?,
            Kind::User | Kind::Other => None,
        };
        Ok(Self {
            resource,
            members,
            projection,
        })
    }

    /// Reads what is to be created.
    pub(super) fn read_new(
        types: &Types,
        endpoint: &str,
        submitted: &Submitted,
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, vestibule_scim::Error> {
        let mut sent = Self::read(types, endpoint, submitted, limits, tolerances)?;
        complete(types.at(endpoint)?, &mut sent.resource);
        Ok(sent)
    }

    /// What the answer carries.
    pub(super) fn shown(&self, resource_type: &ResourceType) -> Projection {
        self.projection
            .of_change(resource_type, None, &self.resource)
    }
}

impl SentPatch {
    pub(super) fn read(
        types: &Types,
        endpoint: &str,
        submitted: &Submitted,
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, vestibule_scim::Error> {
        let (resource_type, body, wanted) = opened(types, endpoint, submitted)?;
        let projection = wanted.projection(resource_type, limits, tolerances)?;
        let patch = Patch::parse(body, limits, tolerances)?;
        Ok(match Kind::of(resource_type) {
            Kind::Group => {
                let mounts = mounts(&submitted.base);
                let (members, rest) = patch.split_members(&mounts, limits, tolerances)?;
                Self {
                    members,
                    rest,
                    projection,
                    represent: wanted.is_said(),
                }
            }
            Kind::User | Kind::Other => Self {
                members: Vec::new(),
                rest: Some(patch),
                projection,
                represent: true,
            },
        })
    }

    /// What the answer carries when the patch makes the second of the first.
    pub(super) fn shown(
        &self,
        resource_type: &ResourceType,
        change: Option<(&Resource, &Resource)>,
    ) -> Projection {
        match change {
            Some((before, next)) => self.projection.of_change(resource_type, Some(before), next),
            None => self.projection.clone(),
        }
    }
}

/// The addresses a reference to one of our resources may begin with; first the one the request came to.
fn mounts(base: &str) -> Vec<String> {
    let mounts = [MOUNT, ALIAS];
    let root = mounts.iter().find_map(|mount| base.strip_suffix(mount));
    let mut known = vec![base.to_owned()];
    if let Some(root) = root {
        known.extend(mounts.map(|mount| format!("{root}{mount}")));
    }
    known
}

type Opened<'a> = (&'a Arc<ResourceType>, Value, &'a Wanted);

fn opened<'a>(
    types: &'a Types,
    endpoint: &str,
    submitted: &'a Submitted,
) -> Result<Opened<'a>, vestibule_scim::Error> {
    let resource_type = types.at(endpoint)?;
    let body = submitted.body.clone()?;
    let wanted = submitted.wanted.as_ref().map_err(Clone::clone)?;
    Ok((resource_type, body, wanted))
}
