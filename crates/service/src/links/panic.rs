//! The panic button of a vendor or an internal group: every link of its people ends at once, and every
//! access request for them that nobody has decided on. It is undone only by a new link for each person,
//! made by an administrator.

use chrono::{DateTime, Utc};
use serde_json::json;
use vestibule_domain::event::{Action, Payload, Subject};
use vestibule_domain::link::LinkEnd;
use vestibule_domain::settings::{self, MAX_TEXT};
use vestibule_domain::{EventId, PanicId, ProviderId, UserId};
use vestibule_scim::Resource;
use vestibule_storage::links::{self, Scope};
use vestibule_storage::panics::Known;
use vestibule_storage::users::User;
use vestibule_storage::{Read, Write, access_requests, memberships, panics, vendors};

pub use vestibule_storage::links::Toll;
pub use vestibule_storage::panics::Target;

use crate::users::resource;
use crate::{AdminCall, Change, Error, Role, Service, internal_groups};

/// So many links of a vendor, or members of an internal group and those nested in it, are looked at
/// before the button is pressed, so that telling takes no longer where there are more.
pub const PREVIEWED: usize = 5_000;

impl Service {
    /// What pressing the button would end, counted no further than [`PREVIEWED`].
    pub fn preview_panic(&self, call: &AdminCall, target: Target) -> Result<Toll, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            owner(tx, target)?;
            Ok(match target {
                Target::Vendor(vendor) => links::toll_of_vendor(tx, vendor, now, Some(PREVIEWED))?,
                Target::InternalGroup(group) => links::toll_of_group(tx, group, now, PREVIEWED)?,
            })
        })
    }

    /// Ends every link of a vendor's or an internal group's people, and withdraws what was asked for
    /// them. Who may get in by rule stays
    /// so; but without a link nobody enters, and none comes by itself any more.
    pub fn press_panic(
        &self,
        call: &AdminCall,
        target: Target,
        reason: &str,
    ) -> Result<Toll, Error> {
        let (service, call, reason) = (self.clone(), call.clone(), reason.to_owned());
        self.store().write("links.panic", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            settings::line("reason", &reason, MAX_TEXT)?;
            let provider = owner(tx, target)?;
            // Nobody is moved and nobody is given a link meanwhile.
            memberships::lock(tx, provider)?;
            // The lock may have been waited for: what was made meanwhile was made before.
            let now = service.now();
            let people = below(tx, target)?;
            let scope = scope(target, &people);
            // What was asked for before is asked for anew, by somebody who knows of the button.
            let requests = access_requests::pending(tx, target, &people, now)?;
            let toll = Toll {
                requests: requests.len(),
                ..toll(tx, target, &people, now)?
            };
            let event = service.id(EventId::from_uuid, now);
            // The event tells of the whole row, its id included.
            panics::insert(tx, PanicId::from_uuid(event.as_uuid()), target, now)?;
            let subject: Subject = match target {
                Target::Vendor(vendor) => vendor.into(),
                Target::InternalGroup(group) => group.into(),
            };
            let change = Change {
                id: Some(event),
                provider: Some(provider),
                payload: Payload {
                    before: None,
                    after: Some(json!({
                        "links": toll.links, "people": toll.people, "requests": toll.requests,
                    })),
                    why: Some(reason.clone()),
                },
                ..operator.change(Action::PanicPressed, subject, now)
            };
            service.record(tx, change.clone());
            panics::hold(tx, target, &people, now)?;
            let template = Change {
                cause: Some(event),
                ..change
            };
            service.end_links(tx, &scope, LinkEnd::Panic, &template)?;
            for request in requests {
                service.withdraw(tx, request, &template)?;
            }
            Ok(toll)
        })
    }
}

/// What somebody is known by, under whatever id.
fn known(user: UserId, provider: ProviderId, resource: &Resource) -> Known {
    let emails = resource.emails();
    let emails = emails.filter_map(|email| email.get("value")?.as_str());
    Known {
        user,
        provider,
        user_name: resource.user_name().unwrap_or_default().to_owned(),
        emails: emails.map(str::to_owned).collect(),
        primary_email: resource.primary_email().map(str::to_owned),
        external_id: resource.external_id().map(str::to_owned),
    }
}

/// When a button was pressed last that concerned somebody.
pub(super) fn held(tx: &mut Read<'_>, user: &User) -> Result<Option<DateTime<Utc>>, Error> {
    let resource = resource(&user.document)?;
    Ok(panics::held(tx, &known(user.id, user.provider, &resource))?)
}

/// Lets a link that an administrator gives somebody lift all that they are held by, for good.
pub(super) fn release(tx: &mut Write<'_>, user: &User) -> Result<(), Error> {
    let resource = resource(&user.document)?;
    Ok(panics::keep(tx, &known(user.id, user.provider, &resource))?)
}

/// Lets a press go on concerning whoever is pushed anew, known by any of what they were known by.
pub(crate) fn arrive(
    tx: &mut Write<'_>,
    user: UserId,
    provider: ProviderId,
    resource: &Resource,
) -> Result<(), Error> {
    Ok(panics::arrive(tx, &known(user, provider, resource))?)
}

impl Service {
    /// Lets a press go on concerning somebody under whatever they are known by from now on. The links of
    /// whoever takes over what somebody is held by end: they would go to who was held.
    pub(crate) fn follow_panic(
        &self,
        tx: &mut Write<'_>,
        user: &User,
        (before, after): (&Resource, &Resource),
        template: &Change,
    ) -> Result<(), Error> {
        let known = |resource| known(user.id, user.provider, resource);
        // Their row may have been waited for while somebody made them a link.
        if panics::follow(tx, &known(before), &known(after), self.now())? {
            self.end_links(tx, &Scope::Users(&[user.id]), LinkEnd::Panic, template)?;
        }
        Ok(())
    }
}

/// What the button ends, all of it. `people` are those of an internal group.
fn toll(
    tx: &mut Read<'_>,
    target: Target,
    people: &[UserId],
    now: DateTime<Utc>,
) -> Result<Toll, Error> {
    Ok(match target {
        Target::Vendor(vendor) => links::toll_of_vendor(tx, vendor, now, None)?,
        Target::InternalGroup(_) => links::toll_of_people(tx, people, now)?,
    })
}

/// The provider of the vendor or the group.
fn owner(tx: &mut Read<'_>, target: Target) -> Result<ProviderId, Error> {
    match target {
        Target::Vendor(id) => Ok(vendors::find(tx, id)?
            .ok_or(Error::NotFound("vendor"))?
            .vendor
            .provider),
        Target::InternalGroup(id) => Ok(internal_groups::find(tx, id)?.provider),
    }
}

/// The people of an internal group, also by nesting; a vendor's links name it themselves.
fn below(tx: &mut Read<'_>, target: Target) -> Result<Vec<UserId>, Error> {
    match target {
        Target::Vendor(_) => Ok(Vec::new()),
        Target::InternalGroup(group) => Ok(memberships::users_below(tx, &[group])?),
    }
}

fn scope(target: Target, people: &[UserId]) -> Scope<'_> {
    match target {
        Target::Vendor(vendor) => Scope::Vendor(vendor),
        Target::InternalGroup(_) => Scope::Users(people),
    }
}
