//! Access links: a personal, expiring, revocable way in.
//!
//! `ending` ends them wherever access is taken away, `codes` lets people in by them, `panic`
//! ends all of a vendor or an internal group at once.

pub mod codes;
mod ending;
pub mod panic;

use chrono::{DateTime, SubsecRound as _, Utc};
use vestibule_domain::access::{Affiliation, Facts, decide};
use vestibule_domain::event::Action;
use vestibule_domain::link::{
    Link, LinkEnd, LinkOrigin, LinkState, Wanted, WindowError, vendor_of,
};
use vestibule_domain::{LinkId, ProviderId, UserId, VendorId};
use vestibule_oauth::{Secret, SecretKind};
use vestibule_storage::links::{self, Page};
use vestibule_storage::{Read, Write};

use crate::changes::{made, value};
use crate::{AdminCall, Change, Error, Role, Service, access, people};

/// Which links are wanted, oldest first.
#[derive(Debug, Clone, Default)]
pub struct LinkQuery {
    pub after: Option<LinkId>,
    pub user: Option<UserId>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    pub state: Option<LinkState>,
    pub limit: Option<u64>,
}

/// A link and what it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDetails {
    pub link: Link,
    pub state: LinkState,
}

/// A link just made, with the secret in its address, shown this once.
#[derive(Debug)]
pub struct NewLink {
    pub link: Link,
    pub state: LinkState,
    pub secret: Secret,
}

impl Service {
    /// Makes a link for an administrator to forward.
    pub fn create_link(
        &self,
        call: &AdminCall,
        user: UserId,
        wanted: Wanted,
    ) -> Result<NewLink, Error> {
        let (service, call) = (self.clone(), call.clone());
        let wanted = Wanted {
            start: wanted.start.map(|start| start.trunc_subsecs(6)),
            ..wanted
        };
        self.store().write("links.create", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            // The subject becomes the link once there is one.
            let template = operator.change(Action::LinkCreated, user, now);
            let link = service.make_link(tx, user, wanted, LinkOrigin::Manual, &template)?;
            let secret = Secret::generate(SecretKind::Link, &mut service.entropy().lock());
            links::add_secret(tx, link.id, &secret.digest(), now)?;
            Ok(NewLink {
                state: link.state(now),
                link,
                secret,
            })
        })
    }

    pub fn list_links(
        &self,
        call: &AdminCall,
        query: &LinkQuery,
    ) -> Result<Vec<LinkDetails>, Error> {
        let now = self.now();
        let page = Page {
            after: query.after,
            user: query.user,
            provider: query.provider,
            vendor: query.vendor,
            state: query.state.map(|state| (state, now)),
            limit: self.settings().page(query.limit),
        };
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            Ok(links::list(tx, &page)?
                .into_iter()
                .map(|link| LinkDetails::at(link, now))
                .collect())
        })
    }

    pub fn find_link(&self, call: &AdminCall, id: LinkId) -> Result<LinkDetails, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            Ok(LinkDetails::at(find(tx, id)?, now))
        })
    }

    /// Ends a link for good. One that has ended or run out stays what it is.
    pub fn revoke_link(&self, call: &AdminCall, id: LinkId) -> Result<LinkDetails, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("links.revoke", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let link = find(tx, id)?;
            let template = operator.change(Action::LinkEnded, id, now);
            service.end_link(tx, &link, LinkEnd::Revoked, &template)?;
            Ok(LinkDetails::at(find(tx, id)?, now))
        })
    }

    /// Makes a link for somebody who may get in when it starts, and records it. Nobody has a secret
    /// that opens it yet.
    pub(crate) fn make_link(
        &self,
        tx: &mut Write<'_>,
        user: UserId,
        wanted: Wanted,
        origin: LinkOrigin,
        template: &Change,
    ) -> Result<Link, Error> {
        let now = template.at;
        let provider = people::find(tx, user)?.provider;
        links::lock_grounds(tx, provider, user)?;
        // Read after everything that bears on it is held still.
        let person = people::find(tx, user)?;
        let facts = access::facts(tx, user)?;
        let (vendor, _) = vendor_of(&facts);
        let (start, end) =
            wanted.window(now, vendor_window(&facts), self.settings().links.durations)?;
        let link = Link {
            id: self.id(LinkId::from_uuid, now),
            user,
            provider,
            user_name: person.user_name,
            vendor,
            origin,
            start,
            end,
            created: now,
            ended: None,
        };
        refuse_unless_allowed(&link, &facts, now)?;
        links::insert(tx, &link)?;
        self.record(
            tx,
            Change {
                action: Action::LinkCreated,
                subject: link.id.into(),
                provider: Some(provider),
                payload: made(value(&link)?),
                ..template.clone()
            },
        );
        Ok(link)
    }
}

impl LinkDetails {
    fn at(link: Link, now: DateTime<Utc>) -> Self {
        Self {
            state: link.state(now),
            link,
        }
    }
}

impl From<WindowError> for Error {
    fn from(error: WindowError) -> Self {
        Self::invalid(error.field(), error.to_string())
    }
}

fn find(tx: &mut Read<'_>, id: LinkId) -> Result<Link, Error> {
    links::find(tx, id)?.ok_or(Error::NotFound("link"))
}

/// Start and end of the vendor a person is placed in.
fn vendor_window(facts: &Facts) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    match &facts.affiliation {
        Affiliation::ThirdParty {
            placement: Some(placement),
        } => (placement.vendor.start, placement.vendor.end),
        Affiliation::ThirdParty { placement: None } | Affiliation::Internal { .. } => (None, None),
    }
}

/// Says what stands in the way of a link, and what to do about it.
fn refuse_unless_allowed(link: &Link, facts: &Facts, now: DateTime<Utc>) -> Result<(), Error> {
    if let Some(block) = facts.blocks.iter().find(|block| block.in_force(now)) {
        return Err(Error::Conflict(format!(
            "{} is blocked: {}; lift the block first",
            link.user_name, block.reason
        )));
    }
    let decision = decide(facts, link.start);
    if decision.allowed() {
        return Ok(());
    }
    let steps: Vec<&str> = decision
        .flip
        .iter()
        .map(|change| change.explanation.as_str())
        .collect();
    Err(Error::Conflict(format!(
        "{} may not get in when the link starts, so it would open nothing. {}",
        link.user_name,
        steps.join(". ")
    )))
}

#[cfg(test)]
mod tests;
