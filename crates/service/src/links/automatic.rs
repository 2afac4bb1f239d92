//! Links that come with provisioning: whoever may get in now, or will once their vendor starts, is
//! mailed one, where system, provider, vendor or internal group say so.
//!
//! Provisioning only notes whom to look at; a job looks, a few at a time.

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::access::{Affiliation, Facts};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::link::{LinkOrigin, Wanted, delivered_automatically};
use vestibule_domain::said::Said;
use vestibule_domain::{AccessGroupId, EventId, GroupId, ProviderId, UserId, VendorId};
use vestibule_storage::link_candidates::{self, Candidate};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::users::User;
use vestibule_storage::warnings::{self, Warning};
use vestibule_storage::{Read, Write, groups, panics, providers, vendors};

use super::{Grounds, by_itself, panic, refuse_unless_unapproved};
use crate::mail::{NOT_MAILED, check_mailable};
use crate::memberships;
use crate::warnings::Warned;
use crate::{Change, Error, Service, access};

/// People looked at in one step.
const LOOKED_AT: i64 = 20;
/// Minutes after which somebody is waited for whose provider is never free, when nobody else is there.
const PATIENCE: i64 = 1;
/// What a step answers at least that may not be the last.
const NOT_THE_LAST: usize = 20;
/// People looked through in one step.
const LOOKED_THROUGH: i64 = 500;

/// Whom a change may have let in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LetIn<'a> {
    People(&'a [UserId]),
    Vendor(VendorId),
    /// Those who get in by it, of vendors and of internal providers.
    AccessGroup(AccessGroupId),
    /// Those of an internal provider who get in by an access group, or by any.
    Staff(ProviderId, Option<AccessGroupId>),
}

impl Service {
    /// Notes people to whom a link may have to be mailed: those for whom some setting says so.
    pub(crate) fn consider(
        &self,
        tx: &mut Write<'_>,
        whom: LetIn<'_>,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let all = self.settings().links.automatic;
        match whom {
            LetIn::People(people) if all => link_candidates::add(tx, people, cause, now)?,
            LetIn::People(people) => {
                let meant = link_candidates::meant(tx, people)?;
                link_candidates::add(tx, &meant, cause, now)?;
            }
            LetIn::Vendor(vendor) => link_candidates::add_vendor(tx, vendor, all, cause, now)?,
            LetIn::AccessGroup(id) => {
                link_candidates::add_tied(tx, id, all, cause, now)?;
                link_candidates::sweep_tied(tx, id, cause)?;
            }
            LetIn::Staff(provider, by) => link_candidates::sweep(tx, provider, by, cause)?,
        }
        Ok(())
    }

    /// Looks at people who were noted and queues the links that are due. Answers how many were
    /// looked at, or looked through while nobody was waiting; fewer than 20 when no more are, another
    /// node is at it, or somebody is at the providers of those who are left.
    pub fn give_links(&self) -> Result<usize, Error> {
        let service = self.clone();
        self.store().write("links.give", move |tx| {
            // So that nobody waits for what another provider's product is at.
            let patient = service.now() - Duration::minutes(PATIENCE);
            let next = link_candidates::next(tx, LOOKED_AT, patient)?;
            let count = next.candidates.len() + next.left;
            if count == 0 {
                return service.look_through(tx, service.now());
            }
            for candidate in next.candidates {
                service.look_at(tx, candidate)?;
            }
            if next.left == 0 {
                return Ok(count);
            }
            Ok(count.max(NOT_THE_LAST))
        })
    }

    /// Notes those of the next people of an internal provider whom a change of settings lets in. Answers
    /// how many it looked through.
    fn look_through(&self, tx: &mut Write<'_>, now: DateTime<Utc>) -> Result<usize, Error> {
        let Some(swept) = link_candidates::sweep_on(tx, LOOKED_THROUGH)? else {
            return Ok(0);
        };
        let mut people = swept.people.clone();
        if let Some(id) = swept.access_group {
            let facts = access::facts_of(tx, &people)?;
            people.retain(|person| {
                let ways = facts.get(person).map(Facts::ways).unwrap_or_default();
                ways.iter().any(|way| way.id == id)
            });
        }
        self.consider(tx, LetIn::People(&people), swept.cause, now)?;
        // Even when nobody was left: those noted before are waiting, and maybe other providers.
        Ok(swept.people.len().max(NOT_THE_LAST))
    }

    fn look_at(&self, tx: &mut Write<'_>, candidate: Candidate) -> Result<(), Error> {
        let grounds = match Grounds::held(tx, candidate.user) {
            Err(Error::NotFound(_)) => return Ok(link_candidates::remove(tx, candidate.user)?),
            grounds => grounds?,
        };
        link_candidates::remove(tx, candidate.user)?;
        // The locks may have been waited for.
        let now = self.now();
        if !links::standing(tx, &Scope::Users(&[candidate.user]), now)?.is_empty() {
            return Ok(());
        }
        let Grounds { person, facts } = &grounds;
        if !self.delivers(tx, person, facts)? {
            return Ok(());
        }
        let hold = hold(tx, person, facts)?;
        if hold == Some(Hold::Place) {
            return Ok(());
        }
        // Whoever may not get in, and will not by time alone, is noted again by what lets them in.
        let window = match self.may_enter(&person.user_name, facts, Wanted::default(), now) {
            Ok(window) => window,
            Err(Error::Conflict(_) | Error::Invalid { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let template = Change {
            cause: candidate.cause,
            ..by_itself(person, now)
        };
        // Looked for before the link is made: a link that nobody is told of helps nobody.
        let hindrance = match hold {
            Some(_) => Some(Warned::Panicked.said([("person", (&person.user_name).into())])),
            None => self.hindrance(tx, &grounds)?,
        };
        if let Some(hindrance) = hindrance {
            return self.tell_not_given(tx, person, &hindrance, template);
        }
        let link = self.insert_link(tx, &grounds, window, LinkOrigin::Automatic, &template)?;
        self.mail_link(tx, &link, person.email.as_deref())
    }

    /// What keeps somebody who is to have a link from getting it by mail, and what to do about it.
    fn hindrance(
        &self,
        tx: &mut Read<'_>,
        Grounds { person, facts }: &Grounds,
    ) -> Result<Option<Said>, Error> {
        let name = &person.user_name;
        let given = refuse_unless_unapproved(tx, name, facts).and_then(|()| {
            let mail = self.settings().links.mail;
            mail.then(|| check_mailable(name, person.email.as_deref()))
                .transpose()
        });
        match given {
            Ok(Some(_)) => Ok(None),
            Ok(None) => Ok(Some(Warned::NoMailServer.said([("person", name.into())]))),
            Err(Error::Conflict(why)) => {
                let named = [("person", name.into()), ("why", why.to_string().into())];
                Ok(Some(Warned::LinkNotGiven.said(named)))
            }
            Err(error) => Err(error),
        }
    }

    /// Tells the administrators, once for each reason, who was to have a link and has none.
    fn tell_not_given(
        &self,
        tx: &mut Write<'_>,
        user: &User,
        hindrance: &Said,
        template: Change,
    ) -> Result<(), Error> {
        let detail = hindrance.to_string();
        let subject = user.id.to_string();
        if warnings::stands(tx, user.provider, NOT_MAILED, &subject, &detail)? {
            return Ok(());
        }
        let at = template.at;
        let event = self.record(
            tx,
            Change {
                action: Action::LinkNotGiven,
                payload: Payload {
                    why: Some(detail.clone()),
                    ..Payload::default()
                },
                ..template
            },
        );
        let warning = Warning {
            provider: user.provider,
            kind: NOT_MAILED.to_owned(),
            subject,
            detail,
            raised: at,
            event,
        };
        Ok(warnings::raise(tx, &warning)?)
    }

    /// Whether the settings give this person a link.
    fn delivers(&self, tx: &mut Read<'_>, user: &User, facts: &Facts) -> Result<bool, Error> {
        let (vendor, groups) = belongs_to(facts);
        let system = self.settings().links.automatic;
        if let Some(vendor) = vendor {
            let setting = vendors::find(tx, vendor)?
                .map(|stored| stored.vendor.settings.link_delivery)
                .unwrap_or_default();
            return Ok(delivered_automatically(&[&[setting]], system));
        }
        let of_groups: Vec<_> = groups::find_all(tx, &groups)?
            .iter()
            .map(|group| group.settings.link_delivery)
            .collect();
        let of_provider = providers::find(tx, user.provider)?
            .map(|found| found.provider.settings.link_delivery)
            .unwrap_or_default();
        Ok(delivered_automatically(
            &[&of_groups, &[of_provider]],
            system,
        ))
    }
}

/// Which panic button keeps links from a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// That of where they are now, which everybody there knows of.
    Place,
    /// One that was pressed on somebody known by what they are known by, maybe themselves.
    Mark,
}

/// What keeps links from a person after a panic button, if anything does. After it only an administrator
/// gives them, one by one.
pub(super) fn hold(tx: &mut Read<'_>, user: &User, facts: &Facts) -> Result<Option<Hold>, Error> {
    let (vendor, _) = belongs_to(facts);
    // Also those that let nobody in: theirs is the button of all below them.
    let groups: Vec<GroupId> = memberships::of_users(tx, &[user.id])?
        .groups
        .into_values()
        .flatten()
        .map(|membership| membership.group)
        .collect();
    let here = panics::latest(tx, vendor, &groups)?;
    let marked = panic::held(tx, user)?;
    let Some(pressed) = here.max(marked) else {
        return Ok(None);
    };
    if links::made_by_hand_since(tx, user.id, pressed)? {
        return Ok(None);
    }
    // Nobody there knows of a press elsewhere that came later.
    Ok(Some(if here >= marked {
        Hold::Place
    } else {
        Hold::Mark
    }))
}

/// The vendor a person is placed in, or the internal groups that let them in.
fn belongs_to(facts: &Facts) -> (Option<VendorId>, Vec<GroupId>) {
    match &facts.affiliation {
        Affiliation::ThirdParty { placement } => (
            placement.as_ref().map(|placement| placement.vendor.id),
            Vec::new(),
        ),
        Affiliation::Internal { groups, .. } => {
            let open = groups.iter().filter(|group| {
                group.enabled
                    && group
                        .access_group
                        .as_ref()
                        .is_some_and(|access_group| access_group.enabled)
            });
            (None, open.map(|group| group.id).collect())
        }
    }
}
