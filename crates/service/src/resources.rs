//! What clients do to one resource of any type: create, read, replace, patch, delete.

pub(crate) mod indexed;
mod row;
mod sent;
mod typed;
mod unique;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use vestibule_oauth::Scopes;
use vestibule_scim::{
    Limits, MemberChange, Patch, Projection, Resource, ResourceType, Tolerances, patch,
};
use vestibule_storage::{Write, memberships};

use crate::caller::Parsed;
use crate::types::Kind;
use crate::{Call, Caller, Error, Precondition, Representation, Service, groups, users};

use row::{Row, find, represent};
use sent::{Sent, SentPatch};

/// A body a client sent, and what it wants back. Errors are kept until its sender is known.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// [`Call::base`] of the request.
    pub base: String,
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
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Projection, vestibule_scim::Error> {
        Projection::parse(
            resource_type,
            self.attributes.as_deref(),
            self.excluded_attributes.as_deref(),
            limits,
            tolerances,
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
        self.counted(|tally| {
            self.store().read(|tx| {
                let now = self.now();
                let caller = self.authenticate(tx, tally, &call.presented, Scopes::READ, now)?;
                let resource_type = caller.types.at(endpoint)?;
                let mut tolerances = Tolerances::new(caller.provider.settings.dialect);
                let limits = &self.settings().limits;
                let projection = wanted?.projection(resource_type, limits, &mut tolerances)?;
                caller.tally.tolerated(caller.provider.id, &tolerances);
                let row = find(tx, &caller, resource_type, id)?;
                represent(tx, &call.base, resource_type, &row, &projection)
            })
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
        self.counted(|tally| {
            let (service, tally) = (self.clone(), Arc::clone(tally));
            self.store().write(name, move |tx| {
                let now = service.now();
                let caller =
                    service.authenticate(tx, &tally, &call.presented, Scopes::WRITE, now)?;
                service.perform(tx, &caller, &call.base, &mut operation, now)
            })
        })
    }

    pub(crate) fn creation(&self, endpoint: &str, submitted: Submitted) -> Operation {
        let limits = self.settings().limits;
        self.operation(endpoint, |service, endpoint| {
            Action::Create(service.parsed(move |types, tolerances| {
                Sent::read_new(types, &endpoint, &submitted, &limits, tolerances)
            }))
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
        let limits = self.settings().limits;
        self.operation(endpoint, |service, endpoint| {
            let sent = service.parsed(move |types, tolerances| {
                Sent::read(types, &endpoint, &submitted, &limits, tolerances)
            });
            Action::Replace(subject, sent)
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
        let limits = self.settings().limits;
        self.operation(endpoint, |service, endpoint| {
            let sent = service.parsed(move |types, tolerances| {
                SentPatch::read(types, &endpoint, &submitted, &limits, tolerances)
            });
            Action::Patch(subject, sent)
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
                let sent = caller.settle(sent)?;
                let row = self.insert(tx, caller, resource_type, sent, now)?;
                let shown = sent.shown(resource_type);
                represent(tx, base, resource_type, &row, &shown).map(Changed::Shown)
            }
            Action::Replace(subject, sent) => {
                let current = subject.find(tx, caller, resource_type)?;
                let sent = caller.settle(sent)?;
                let members = match &sent.members {
                    Some(members) => Some(members.clone()),
                    None if caller.provider.settings.put_keeps_members => None,
                    // RFC 7644, section 3.5.1: attributes that are omitted are cleared.
                    None => Some(Vec::new()),
                };
                let members: Vec<MemberChange> =
                    members.map(MemberChange::Replace).into_iter().collect();
                let before = users::resource(current.document())?;
                let next = replacement(resource_type, &before, &sent.resource)?;
                let change = Some((&before, &next));
                let row = self.update(tx, caller, resource_type, current, change, &members, now)?;
                let shown = sent.shown(resource_type);
                represent(tx, base, resource_type, &row, &shown).map(Changed::Shown)
            }
            Action::Patch(subject, sent) => {
                let current = subject.find(tx, caller, resource_type)?;
                let sent = caller.settle(sent)?;
                let change = match &sent.rest {
                    Some(rest) => {
                        let before = users::resource(current.document())?;
                        let next = self.patched(caller, resource_type, &before, rest)?;
                        Some((before, next))
                    }
                    None => None,
                };
                let change = change.as_ref().map(|(before, next)| (before, next));
                let shown = sent.shown(resource_type, change);
                let members = &sent.members;
                let row = self.update(tx, caller, resource_type, current, change, members, now)?;
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
        let resource = &sent.resource;
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
    /// `change`: the stored resource, and what is to be in its place.
    fn update(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        resource_type: &ResourceType,
        current: Row,
        change: Option<(&Resource, &Resource)>,
        members: &[MemberChange],
        now: DateTime<Utc>,
    ) -> Result<Row, Error> {
        let change = change.filter(|(before, next)| before != next);
        if let Some((_, next)) = change {
            unique::claim(tx, caller, resource_type, &current.id(), next)?;
        }
        Ok(match (current, change) {
            (Row::Group(group), change) => Row::Group(self.change_group(
                tx,
                caller,
                resource_type,
                group,
                change,
                members,
                now,
            )?),
            (Row::User(user), Some((before, next))) => {
                Row::User(self.change_user(tx, caller, resource_type, &user, before, next, now)?)
            }
            (Row::Other(typed), Some((before, next))) => Row::Other(self.change_typed(
                tx,
                caller,
                resource_type,
                &typed,
                before,
                next,
                now,
            )?),
            (unchanged, None) => unchanged,
        })
    }

    /// What a patch makes of a stored resource.
    fn patched(
        &self,
        caller: &Caller,
        resource_type: &ResourceType,
        before: &Resource,
        operations: &Patch,
    ) -> Result<Resource, Error> {
        let mut tolerances = Tolerances::new(caller.provider.settings.dialect);
        let mut next = patch::apply(
            operations,
            resource_type,
            before,
            &self.settings().limits,
            &mut tolerances,
        )?;
        caller.tally.tolerated(caller.provider.id, &tolerances);
        complete(resource_type, &mut next);
        Ok(next)
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

/// What a PUT makes of a stored resource: immutable attributes keep their values, and nobody is let
/// in again by a client that does not say whether they are active.
fn replacement(
    resource_type: &ResourceType,
    before: &Resource,
    sent: &Resource,
) -> Result<Resource, Error> {
    let mut next = sent.clone().replacing(resource_type, before)?;
    if Kind::of(resource_type) == Kind::User && !before.active() && !next.0.contains_key("active") {
        next.0.insert("active".to_owned(), Value::Bool(false));
    }
    complete(resource_type, &mut next);
    Ok(next)
}

/// A user's `active` is true unless the client says otherwise, and is always told.
fn complete(resource_type: &ResourceType, resource: &mut Resource) {
    if Kind::of(resource_type) == Kind::User && !resource.0.contains_key("active") {
        resource.0.insert("active".to_owned(), Value::Bool(true));
    }
}
