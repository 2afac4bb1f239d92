//! Access links: a personal, expiring, revocable way in.
//!
//! `asking` mails them to people who ask, `automatic` gives them with provisioning, `ending` ends them wherever access is taken away,
//! `codes` lets people in by them, `panic` ends all of a vendor or an internal group at once.

mod asking;
mod assertion;
mod automatic;
pub mod codes;
mod ending;
pub mod panic;
pub(crate) mod throttle;

use chrono::{DateTime, SubsecRound as _, Utc};
use vestibule_domain::access::{Affiliation, Facts, decide};
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::link::{
    Link, LinkEnd, LinkOrigin, LinkState, Wanted, WindowError, vendor_of,
};
use vestibule_domain::said::Value;
use vestibule_domain::{Hindrance, LinkId, ProviderId, UserId, VendorId};
use vestibule_oauth::{Secret, SecretKind};
use vestibule_storage::links::{self, Choice};
use vestibule_storage::users::User;
use vestibule_storage::{Read, Write, warnings};

pub(crate) use automatic::LetIn;

use crate::changes::{made, value};
use crate::mail::NOT_MAILED;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Role, Service, access, access_requests, people};

pub use vestibule_storage::links::LinkSort;

/// Which links are wanted, oldest first.
#[derive(Debug, Clone, Default)]
pub struct LinkQuery {
    pub user: Option<UserId>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    pub state: Option<LinkState>,
    pub page: PageQuery<LinkSort>,
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
    /// None when it goes to its person by mail.
    pub secret: Option<Secret>,
}

/// What a link is made on.
pub(crate) struct Grounds {
    pub(crate) person: User,
    pub(crate) facts: Facts,
}

/// How a link gets to its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Forwarding {
    /// The administrator is shown its address and forwards it.
    #[default]
    Shown,
    /// By mail; nobody else sees its address.
    Mailed,
}

impl Service {
    /// Makes a link, to be forwarded by the administrator or mailed to its person.
    pub fn create_link(
        &self,
        call: &AdminCall,
        user: UserId,
        wanted: Wanted,
        forwarding: Forwarding,
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
            service.give_link(tx, user, wanted, LinkOrigin::Manual, forwarding, &template)
        })
    }

    /// Gets a link that stands on its way to its person once more: by mail, or under another address,
    /// shown this once. The addresses given out before open it too, as long as it stands.
    pub fn give_link_again(
        &self,
        call: &AdminCall,
        id: LinkId,
        forwarding: Forwarding,
    ) -> Result<NewLink, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("links.give_again", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            links::lock(tx, id)?;
            let now = service.now();
            let link = find(tx, id)?;
            let state = link.state(now);
            if !matches!(state, LinkState::Live | LinkState::Upcoming) {
                return Err(Error::Conflict(Hindrance::LinkEnded.said([])));
            }
            let secret = service.forward(tx, &link, forwarding, now)?;
            if secret.is_some() {
                let change = Change {
                    provider: Some(link.provider),
                    ..operator.change(Action::LinkShown, id, now)
                };
                service.record(tx, change);
            }
            Ok(NewLink {
                link,
                state,
                secret,
            })
        })
    }

    /// Makes a link and gets it on its way to its person.
    pub(crate) fn give_link(
        &self,
        tx: &mut Write<'_>,
        user: UserId,
        wanted: Wanted,
        origin: LinkOrigin,
        forwarding: Forwarding,
        template: &Change,
    ) -> Result<NewLink, Error> {
        let grounds = Grounds::held(tx, user)?;
        // The locks may have been waited for: what others made meanwhile was made before.
        let now = self.now();
        let template = Change {
            at: now,
            ..template.clone()
        };
        let link = self.make_link_on(tx, &grounds, wanted, origin, &template)?;
        let secret = self.forward(tx, &link, forwarding, now)?;
        Ok(NewLink {
            state: link.state(now),
            link,
            secret,
        })
    }

    /// A secret that opens the link, to be shown this once; none when it goes by mail.
    fn forward(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        forwarding: Forwarding,
        now: DateTime<Utc>,
    ) -> Result<Option<Secret>, Error> {
        match forwarding {
            Forwarding::Shown => {
                let secret = Secret::generate(SecretKind::Link, &mut self.entropy().lock());
                links::add_secret(tx, link.id, &secret.digest(), now)?;
                Ok(Some(secret))
            }
            Forwarding::Mailed => {
                let email = people::find(tx, link.user)?.email;
                self.mail_link(tx, link, email.as_deref())?;
                Ok(None)
            }
        }
    }

    /// When a link works that is asked for now, never past the vendor's end.
    fn window(
        &self,
        facts: &Facts,
        wanted: Wanted,
        now: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), Error> {
        Ok(wanted.window(now, vendor_window(facts), self.settings().links.durations)?)
    }

    /// The window of a link that somebody who may get in when it starts can have.
    pub(crate) fn may_enter(
        &self,
        user_name: &str,
        facts: &Facts,
        wanted: Wanted,
        now: DateTime<Utc>,
    ) -> Result<(DateTime<Utc>, DateTime<Utc>), Error> {
        let (start, end) = self.window(facts, wanted, now)?;
        refuse_unless_allowed(user_name, start, facts, now)?;
        Ok((start, end))
    }

    pub fn list_links(
        &self,
        call: &AdminCall,
        query: &LinkQuery,
    ) -> Result<Page<LinkDetails>, Error> {
        let now = self.now();
        let asked = self.asked(&query.page, (LinkSort::Created, false))?;
        let choice = Choice {
            user: query.user,
            provider: query.provider,
            vendor: query.vendor,
            state: query.state.map(|state| (state, now)),
        };
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let found = links::list(tx, &choice, asked.page())?;
            Ok(asked
                .answer(found, links::place)
                .map(|link| LinkDetails::at(link, now)))
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
    fn make_link_on(
        &self,
        tx: &mut Write<'_>,
        grounds: &Grounds,
        wanted: Wanted,
        origin: LinkOrigin,
        template: &Change,
    ) -> Result<Link, Error> {
        let Grounds { person, facts } = grounds;
        let window = self.may_enter(&person.user_name, facts, wanted, template.at)?;
        if origin != LinkOrigin::Request {
            refuse_unless_unapproved(tx, &person.user_name, facts)?;
        }
        self.insert_link(tx, grounds, window, origin, template)
    }

    /// Stores a link that nothing stands in the way of, and records it.
    fn insert_link(
        &self,
        tx: &mut Write<'_>,
        Grounds { person, facts }: &Grounds,
        (start, end): (DateTime<Utc>, DateTime<Utc>),
        origin: LinkOrigin,
        template: &Change,
    ) -> Result<Link, Error> {
        let now = template.at;
        let link = Link {
            id: self.id(LinkId::from_uuid, now),
            user: person.id,
            provider: person.provider,
            user_name: person.user_name.clone(),
            vendor: vendor_of(facts).0,
            access_group: facts.ways().first().map(|way| way.id),
            origin,
            start,
            end,
            created: now,
            ended: None,
        };
        links::insert(tx, &link)?;
        if matches!(origin, LinkOrigin::Manual | LinkOrigin::Request) {
            panic::release(tx, person)?;
        }
        warnings::withdraw(tx, link.provider, NOT_MAILED, &link.user.to_string())?;
        self.record(
            tx,
            Change {
                action: Action::LinkCreated,
                subject: link.id.into(),
                provider: Some(link.provider),
                payload: made(value(&link)?),
                ..template.clone()
            },
        );
        Ok(link)
    }
}

impl Grounds {
    /// Reads them after everything that bears on them is held still until the transaction ends.
    pub(crate) fn held(tx: &mut Write<'_>, user: UserId) -> Result<Self, Error> {
        let provider = people::find(tx, user)?.provider;
        links::lock_grounds(tx, provider, user)?;
        Ok(Self {
            person: people::find(tx, user)?,
            facts: access::facts(tx, user)?,
        })
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
        Self::Invalid {
            field: error.field().to_owned(),
            detail: error.to_string(),
        }
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
fn refuse_unless_allowed(
    user_name: &str,
    start: DateTime<Utc>,
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    if let Some(block) = facts.blocks.iter().find(|block| block.in_force(now)) {
        return Err(Error::Conflict(Hindrance::Blocked.said([
            ("person", user_name.into()),
            ("reason", (&block.reason).into()),
        ])));
    }
    let decision = decide(facts, start);
    if decision.allowed() {
        return Ok(());
    }
    let steps = decision.flip.into_iter().map(|change| change.explanation);
    Err(Error::Conflict(Hindrance::NotAdmitted.said([
        ("person", user_name.into()),
        ("steps", Value::Steps(steps.collect())),
    ])))
}

/// Where others have to approve, a link comes from an access request alone.
fn refuse_unless_unapproved(
    tx: &mut Read<'_>,
    user_name: &str,
    facts: &Facts,
) -> Result<(), Error> {
    let Some(policy) = access_requests::policy(tx, facts)? else {
        return Ok(());
    };
    let AccessGroupSettings {
        name,
        approvals_required,
        approval_levels,
        ..
    } = &policy.settings;
    if *approvals_required == 0 {
        return Ok(());
    }
    let hindrance = match approval_levels {
        1 => Hindrance::ApprovalsNeeded,
        _ => Hindrance::ApprovalsInLevels,
    };
    Err(Error::Conflict(hindrance.said([
        ("access_group", name.into()),
        ("approvals", approvals_required.to_string().into()),
        ("levels", approval_levels.to_string().into()),
        ("person", user_name.into()),
    ])))
}

/// The change by which the server makes a person a link by itself; its cause and its request are the
/// caller's to say.
fn by_itself(person: &User, now: DateTime<Utc>) -> Change {
    Change {
        id: None,
        at: now,
        actor: Actor::System,
        action: Action::LinkCreated,
        subject: person.id.into(),
        provider: Some(person.provider),
        cause: None,
        request_id: None,
        payload: Payload::default(),
    }
}

#[cfg(test)]
mod tests;
