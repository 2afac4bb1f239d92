//! The one place where links end because access is taken away: in the transaction that takes it.
//! What time alone ends is refused at use instead.

use chrono::{DateTime, Utc};
use serde_json::json;
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::link::{Link, LinkEnd, Standing};
use vestibule_domain::{EventId, UserId};
use vestibule_storage::Write;
use vestibule_storage::links::{self, Scope};

use super::LetIn;
use crate::changes::moved;
use crate::{Caller, Change, Error, Service, access};

/// Links judged at once: what bears on their people is read in as many statements as for one.
const SETTLED: usize = 500;

impl Service {
    /// Settles the links of people whom a provider changed, and notes those who may get one now.
    pub(crate) fn follow_access(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        people: &[UserId],
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let template = Change {
            cause: Some(cause),
            ..caller.change(caller.provider.id, now)
        };
        self.settle_links(tx, &Scope::Users(people), &template)?;
        self.consider(tx, LetIn::People(people), cause, now)
    }

    /// Ends the links in `scope` whose people may no longer get in, shortens those that would outlast
    /// their vendor, and lets those whose access group is no way in any more remember the one by which they
    /// go on. To be called after the change; `template` says who made it, and its event as the cause.
    ///
    /// Staff may get in by several ways, each taken away by somebody else. So whoever takes one away does it
    /// under [`memberships::lock`](vestibule_storage::memberships::lock) of their provider: a push, a change
    /// of an internal group or of the provider's default. A change of an access group takes that of every
    /// provider that it is tied to and whose staff have links ([`links::lock_staff`]), before it locks a row.
    /// Who is in a vendor has one way alone. Whoever ties a vendor, an internal group or a provider's default to
    /// an access group holds its row.
    pub(crate) fn settle_links(
        &self,
        tx: &mut Write<'_>,
        scope: &Scope<'_>,
        template: &Change,
    ) -> Result<(), Error> {
        // Whoever changes this may have waited for somebody who made a link.
        let now = self.now();
        let template = &Change {
            at: now,
            ..template.clone()
        };
        for links in links::standing(tx, scope, now)?.chunks(SETTLED) {
            let mut people: Vec<UserId> = links.iter().map(|link| link.user).collect();
            people.sort_unstable();
            people.dedup();
            let facts = access::facts_of(tx, &people)?;
            for link in links {
                let standing = match facts.get(&link.user) {
                    Some(facts) => link.standing(facts, now),
                    None => Standing::Ends(LinkEnd::Removed),
                };
                match standing {
                    Standing::Stands => {}
                    Standing::Ends(reason) => {
                        self.end_link(tx, link, reason, template)?;
                        continue;
                    }
                    Standing::Shortened(end) => {
                        // Somebody may have ended it since it was read.
                        if links::shorten(tx, link.id, end)? {
                            let payload = moved(json!({"end": link.end}), json!({"end": end}));
                            self.tell_of_link(tx, link, Action::LinkShortened, payload, template);
                        }
                    }
                }
                let by = facts.get(&link.user).and_then(|facts| link.carried(facts));
                if let Some(by) = by
                    && links::carry(tx, link, by)?
                {
                    let payload = moved(
                        json!({"access_group": link.access_group}),
                        json!({"access_group": by}),
                    );
                    self.tell_of_link(tx, link, Action::LinkCarried, payload, template);
                }
            }
        }
        Ok(())
    }

    /// Ends every link in `scope`. Answers how many.
    pub(crate) fn end_links(
        &self,
        tx: &mut Write<'_>,
        scope: &Scope<'_>,
        reason: LinkEnd,
        template: &Change,
    ) -> Result<usize, Error> {
        // As above.
        let template = Change {
            at: self.now(),
            ..template.clone()
        };
        let standing = links::standing(tx, scope, template.at)?;
        for link in &standing {
            self.end_link(tx, link, reason, &template)?;
        }
        Ok(standing.len())
    }

    /// Ends a link, unless it has ended or run out.
    pub(crate) fn end_link(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        reason: LinkEnd,
        template: &Change,
    ) -> Result<(), Error> {
        let now = template.at;
        if link.end <= now {
            return Ok(());
        }
        if link.created < link.start && link.start <= now {
            self.tell_of(tx, link.id.as_uuid(), now)?;
        }
        if !links::end(tx, link.id, now, reason)? {
            return Ok(());
        }
        let payload = moved(
            json!({"ended": null}),
            json!({"ended": {"at": now, "reason": reason}}),
        );
        self.tell_of_link(tx, link, Action::LinkEnded, payload, template);
        Ok(())
    }

    fn tell_of_link(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        action: Action,
        payload: Payload,
        template: &Change,
    ) {
        self.record(
            tx,
            Change {
                id: None,
                action,
                subject: link.id.into(),
                provider: Some(link.provider),
                payload,
                ..template.clone()
            },
        );
    }
}
