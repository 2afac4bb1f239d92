//! What clients do to one resource of any type: create, read, replace, patch, delete.

pub(crate) mod indexed;
mod row;
mod typed;
mod unique;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_oauth::Scopes;
use vestibule_scim::{
    Member, MemberChange, Patch, Projection, Resource, ResourceType, Tolerances, patch,
};
use vestibule_storage::{Write, memberships};

use crate::caller::Parsed;
use crate::types::{Kind, Types};
use crate::{Call, Caller, Error, Precondition, Representation, Service, groups, users};

use row::{Row, find, represent};

/// A body a client sent, and what it wants back. Errors are kept until its sender is known.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub body: Result<Value, vestibule_scim::Error>,
    pub wanted: Result<Wanted, vestibule_scim::Error>,
}

/// Which attributes a client wants back, as it says so.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub attributes: Option<String>,
    pub excluded_attributes: Option<String>,
}

impl Wanted {
    pub(crate) fn projection(
        &self,
        resource_type: &ResourceType,
    ) -> Result<Projection, vestibule_scim::Error> {
        Projection::parse(
            resource_type,
            self.attributes.as_deref(),
            self.excluded_attributes.as_deref(),
        )
    }

    /// Whether the client says anything about it.
    fn is_said(&self) -> bool {
        self.attributes.is_some() || self.excluded_attributes.is_some()
    }
}

/// A change of one resource, read and waiting for its transaction.
pub(crate) struct Operation {
    endpoint: String,
    action: Action,
}

enum Action {
    Create(Parsed<Sent>),
    Replace(Subject, Parsed<Sent>),
    Patch(Subject, Parsed<SentPatch>),
    Delete(Subject),
}

/// Which resource is meant, and what is to be true of it.
struct Subject {
    id: String,
    precondition: Precondition,
}

/// A resource as a client sent it; the members of a group apart.
struct Sent {
    resource: Resource,
    members: Option<Vec<Member>>,
    projection: Projection,
}

/// A patch; the changes of a group's members apart.
struct SentPatch {
    members: Vec<MemberChange>,
    rest: Option<Patch>,
    projection: Projection,
    /// Nobody reads a huge group back unasked.
    represent: bool,
}

/// What an operation left.
#[derive(Debug)]
pub enum Changed {
    /// The resource, as the client is shown it.
    Shown(Representation),
    /// The resource in this version, which the client does not ask to see.
    Unshown(i64),
    /// Nothing.
    Gone,
}

impl Changed {
    pub(crate) fn shown(self) -> Option<Representation> {
        match self {
            Self::Shown(shown) => Some(shown),
            Self::Unshown(_) | Self::Gone => None,
        }
    }
}

impl Sent {
    /// What the answer carries.
    fn shown(&self, resource_type: &ResourceType) -> Projection {
        self.projection
            .of_change(resource_type, None, &self.resource)
    }
}

impl SentPatch {
    /// What the answer carries when the patch makes `next` of a stored document.
    fn shown(
        &self,
        resource_type: &ResourceType,
        document: &str,
        next: Option<&Resource>,
    ) -> Result<Projection, Error> {
        let projection = &self.projection;
        Ok(match next {
            Some(next) if !projection.is_default() => {
                let before = users::resource(document)?;
                projection.of_change(resource_type, Some(&before), next)
            }
            _ => projection.clone(),
        })
    }
}

impl Service {
    pub fn create(
        &self,
        call: Call,
        endpoint: &str,
        submitted: Submitted,
    ) -> Result<Representation, Error> {
        let operation = self.creation(endpoint, submitted);
        self.change(call, "resources.create", operation)?
            .shown()
            .ok_or_else(|| Error::internal("what was created is shown"))
    }

    pub fn read(
        &self,
        call: &Call,
        endpoint: &str,
        id: &str,
        wanted: Result<Wanted, vestibule_scim::Error>,
    ) -> Result<Representation, Error> {
        self.store().read(|tx| {
            let caller = self.authenticate(tx, &call.presented, Scopes::READ, self.now())?;
            let resource_type = caller.types.at(endpoint)?;
            let projection = wanted?.projection(resource_type)?;
            let row = find(tx, &caller, resource_type, id)?;
            represent(tx, &call.base, resource_type, &row, &projection)
        })
    }

    pub fn replace(
        &self,
        call: Call,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
        submitted: Submitted,
    ) -> Result<Representation, Error> {
        let operation = self.replacement(endpoint, id, precondition, submitted);
        self.change(call, "resources.replace", operation)?
            .shown()
            .ok_or_else(|| Error::internal("what was replaced is shown"))
    }

    /// A group is not shown unless something is said about what is wanted of it.
    pub fn patch(
        &self,
        call: Call,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
        submitted: Submitted,
    ) -> Result<Changed, Error> {
        let operation = self.modification(endpoint, id, precondition, submitted);
        self.change(call, "resources.patch", operation)
    }

    pub fn delete(
        &self,
        call: Call,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
    ) -> Result<(), Error> {
        let operation = self.removal(endpoint, id, precondition);
        self.change(call, "resources.delete", operation).map(drop)
    }

    fn change(
        &self,
        call: Call,
        name: &'static str,
        mut operation: Operation,
    ) -> Result<Changed, Error> {
        let service = self.clone();
        self.store().write(name, move |tx| {
            let now = service.now();
            let caller = service.authenticate(tx, &call.presented, Scopes::WRITE, now)?;
            service.perform(tx, &caller, &call.base, &mut operation, now)
        })
    }

    pub(crate) fn creation(&self, endpoint: &str, submitted: Submitted) -> Operation {
        self.operation(endpoint, |service, endpoint| {
            Action::Create(service.parsed_resource(endpoint, submitted))
        })
    }

    pub(crate) fn replacement(
        &self,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
        submitted: Submitted,
    ) -> Operation {
        let subject = Subject {
            id: id.to_owned(),
            precondition,
        };
        self.operation(endpoint, |service, endpoint| {
            Action::Replace(subject, service.parsed_resource(endpoint, submitted))
        })
    }

    pub(crate) fn modification(
        &self,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
        submitted: Submitted,
    ) -> Operation {
        let subject = Subject {
            id: id.to_owned(),
            precondition,
        };
        self.operation(endpoint, |service, endpoint| {
            Action::Patch(subject, service.parsed_patch(endpoint, submitted))
        })
    }

    pub(crate) fn removal(
        &self,
        endpoint: &str,
        id: &str,
        precondition: Precondition,
    ) -> Operation {
        let subject = Subject {
            id: id.to_owned(),
            precondition,
        };
        self.operation(endpoint, |_, _| Action::Delete(subject))
    }

    fn operation(&self, endpoint: &str, action: impl FnOnce(&Self, String) -> Action) -> Operation {
        Operation {
            endpoint: endpoint.to_owned(),
            action: action(self, endpoint.to_owned()),
        }
    }

    /// Carries an operation out inside its transaction.
    pub(crate) fn perform(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        base: &str,
        operation: &mut Operation,
        now: DateTime<Utc>,
    ) -> Result<Changed, Error> {
        let resource_type = caller.types.at(&operation.endpoint)?;
        let kind = Kind::of(resource_type);
        if kind == Kind::Group
            || (kind == Kind::User && matches!(operation.action, Action::Delete(_)))
        {
            memberships::lock(tx, caller.provider.id)?;
        }
        match &mut operation.action {
            Action::Create(sent) => {
                let sent = self.settle(caller, sent, now)?;
                let row = self.insert(tx, caller, resource_type, sent, now)?;
                let shown = sent.shown(resource_type);
                represent(tx, base, resource_type, &row, &shown).map(Changed::Shown)
            }
            Action::Replace(subject, sent) => {
                let current = subject.find(tx, caller, resource_type)?;
                let sent = self.settle(caller, sent, now)?;
                let members = match &sent.members {
                    Some(members) => Some(members.clone()),
                    None if caller.provider.settings.put_keeps_members => None,
                    // RFC 7644, section 3.5.1: attributes that are omitted are cleared.
                    None => Some(Vec::new()),
                };
                let members: Vec<MemberChange> =
                    members.map(MemberChange::Replace).into_iter().collect();
                let next = replacement(resource_type, current.document(), &sent.resource)?;
                let next = Some(&next);
                let row = self.update(tx, caller, resource_type, current, next, &members, now)?;
                let shown = sent.shown(resource_type);
                represent(tx, base, resource_type, &row, &shown).map(Changed::Shown)
            }
            Action::Patch(subject, sent) => {
                let current = subject.find(tx, caller, resource_type)?;
                let sent = self.settle(caller, sent, now)?;
                let next = match &sent.rest {
                    Some(rest) => {
                        Some(self.patched(caller, resource_type, current.document(), rest, now)?)
                    }
                    None => None,
                };
                let shown = sent.shown(resource_type, current.document(), next.as_ref())?;
                let members = &sent.members;
                let next = next.as_ref();
                let row = self.update(tx, caller, resource_type, current, next, members, now)?;
                if !sent.represent {
                    return Ok(Changed::Unshown(row.stored().version));
                }
                represent(tx, base, resource_type, &row, &shown).map(Changed::Shown)
            }
            Action::Delete(subject) => {
                match subject.find(tx, caller, resource_type)? {
                    Row::User(user) => self.delete_user(tx, caller, &user, now)?,
                    Row::Group(group) => self.delete_group(tx, caller, &group, now)?,
                    Row::Other(typed) => self.delete_typed(tx, caller, &typed, now)?,
                }
                Ok(Changed::Gone)
            }
        }
    }

    fn insert(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        sent: &Sent,
        now: DateTime<Utc>,
    ) -> Result<Row, Error> {
        let resource = &completed(resource_type, sent.resource.clone());
        let row = match Kind::of(resource_type) {
            Kind::User => Row::User(self.insert_user(tx, caller, resource_type, resource, now)?),
            Kind::Group => {
                let members = sent.members.as_deref();
                Row::Group(self.insert_group(tx, caller, resource_type, resource, members, now)?)
            }
            Kind::Other => {
                Row::Other(self.insert_typed(tx, caller, resource_type, resource, now)?)
            }
        };
        unique::claim(tx, caller, resource_type, &row.id(), resource)?;
        Ok(row)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the change before and after, by whom and when"
    )]
    fn update(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        current: Row,
        next: Option<&Resource>,
        members: &[MemberChange],
        now: DateTime<Utc>,
    ) -> Result<Row, Error> {
        let before = users::resource(current.document())?;
        let next = next.filter(|next| **next != before);
        if let Some(next) = next {
            unique::claim(tx, caller, resource_type, &current.id(), next)?;
        }
        Ok(match (current, next) {
            (Row::Group(group), next) => Row::Group(self.change_group(
                tx,
                caller,
                resource_type,
                group,
                next.map(|next| (&before, next)),
                members,
                now,
            )?),
            (Row::User(user), Some(next)) => {
                Row::User(self.change_user(tx, caller, resource_type, &user, &before, next, now)?)
            }
            (Row::Other(typed), Some(next)) => Row::Other(self.change_typed(
                tx,
                caller,
                resource_type,
                &typed,
                &before,
                next,
                now,
            )?),
            (unchanged, None) => unchanged,
        })
    }

    /// What a patch makes of a stored document.
    fn patched(
        &self,
        caller: &Caller,
        resource_type: &ResourceType,
        document: &str,
        operations: &Patch,
        now: DateTime<Utc>,
    ) -> Result<Resource, Error> {
        let mut tolerances = Tolerances::new(caller.provider.settings.dialect);
        let next = patch::apply(
            operations,
            resource_type,
            &users::resource(document)?,
            &self.settings().limits,
            &mut tolerances,
        )?;
        self.telemetry()
            .tolerated(caller.provider.id, &tolerances, now);
        Ok(completed(resource_type, next))
    }

    fn parsed_resource(&self, endpoint: String, submitted: Submitted) -> Parsed<Sent> {
        let limits = self.settings().limits;
        self.parsed(move |types, tolerances| {
            let (resource_type, body, wanted) = opened(types, &endpoint, &submitted)?;
            let projection = wanted.projection(resource_type)?;
            let mut resource = Resource::parse(resource_type, body, &limits, tolerances)?;
            let members = match Kind::of(resource_type) {
                Kind::Group => resource.take_members()?,
                Kind::User | Kind::Other => None,
            };
            Ok(Sent {
                resource,
                members,
                projection,
            })
        })
    }

    fn parsed_patch(&self, endpoint: String, submitted: Submitted) -> Parsed<SentPatch> {
        let limits = self.settings().limits;
        self.parsed(move |types, tolerances| {
            let (resource_type, body, wanted) = opened(types, &endpoint, &submitted)?;
            let projection = wanted.projection(resource_type)?;
            let patch = Patch::parse(body, &limits, tolerances)?;
            Ok(match Kind::of(resource_type) {
                Kind::Group => {
                    let (members, rest) = patch.split_members(&limits, tolerances)?;
                    SentPatch {
                        members,
                        rest,
                        projection,
                        represent: wanted.is_said(),
                    }
                }
                Kind::User | Kind::Other => SentPatch {
                    members: Vec::new(),
                    rest: Some(patch),
                    projection,
                    represent: true,
                },
            })
        })
    }
}

impl Subject {
    /// The resource that is meant, if it is as the client wants it to be.
    fn find(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
    ) -> Result<Row, Error> {
        let row = match Kind::of(resource_type) {
            Kind::User => Row::User(users::find_locked(tx, caller, &self.id)?),
            Kind::Group => Row::Group(groups::find_locked(tx, caller, &self.id)?),
            // Compared with when it is replaced.
            Kind::Other => find(tx, caller, resource_type, &self.id)?,
        };
        self.precondition.check(row.stored().version)?;
        Ok(row)
    }
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

/// What a PUT makes of a stored document: immutable attributes keep their values, and nobody is let
/// in again by a client that does not say whether they are active.
fn replacement(
    resource_type: &ResourceType,
    document: &str,
    sent: &Resource,
) -> Result<Resource, Error> {
    let current = users::resource(document)?;
    let mut next = sent.clone().replacing(resource_type, &current)?;
    if Kind::of(resource_type) == Kind::User && !current.active() && !next.0.contains_key("active")
    {
        next.0.insert("active".to_owned(), Value::Bool(false));
    }
    Ok(completed(resource_type, next))
}

/// A user's `active` is true unless the client says otherwise, and is always told.
fn completed(resource_type: &ResourceType, mut resource: Resource) -> Resource {
    if Kind::of(resource_type) == Kind::User && !resource.0.contains_key("active") {
        resource.0.insert("active".to_owned(), Value::Bool(true));
    }
    resource
}
