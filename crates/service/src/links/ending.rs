//! The one place where links end because access is taken away: in the transaction that takes it.
//! What time alone ends is refused at use instead.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use serde_json::json;
use vestibule_domain::access::Facts;
use vestibule_domain::event::Action;
use vestibule_domain::link::{Link, LinkEnd, Standing};
use vestibule_domain::{EventId, UserId};
use vestibule_storage::links::{self, Scope};
use vestibule_storage::{Write, users};

use super::LetIn;
use crate::changes::moved;
use crate::{Caller, Change, Error, Service, access};

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

    /// Ends the links in `scope` whose people may no longer get in, and shortens those that would
    /// outlast their vendor. To be called after the change; `template` says who made it, and its
    /// event as the cause.
    pub(crate) fn settle_links(
        &self,
        tx: &mut Write<'_>,
        scope: &Scope<'_>,
        template: &Change,
    ) -> Result<(), Error> {
        let now = template.at;
        let mut known: HashMap<UserId, Option<Facts>> = HashMap::new();
        for link in links::standing(tx, scope, now)? {
            let facts = match known.entry(link.user) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let there = users::find_anywhere(tx, link.user)?.is_some();
                    let facts = there.then(|| access::facts(tx, link.user)).transpose()?;
                    unknown.insert(facts)
                }
            };
            let standing = match facts {
                Some(facts) => link.standing(facts, now),
                None => Standing::Ends(LinkEnd::Removed),
            };
            match standing {
                Standing::Stands => {}
                Standing::Ends(reason) => self.end_link(tx, &link, reason, template)?,
                Standing::Shortened(end) => {
                    links::shorten(tx, link.id, end)?;
                    self.record(
                        tx,
                        Change {
                            id: None,
                            action: Action::LinkShortened,
                            subject: link.id.into(),
                            provider: Some(link.provider),
                            payload: moved(json!({"end": link.end}), json!({"end": end})),
                            ..template.clone()
                        },
                    );
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
        let standing = links::standing(tx, scope, template.at)?;
        for link in &standing {
            self.end_link(tx, link, reason, template)?;
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
        self.record(
            tx,
            Change {
                id: None,
                action: Action::LinkEnded,
                subject: link.id.into(),
                provider: Some(link.provider),
                payload: moved(
                    json!({"ended": null}),
                    json!({"ended": {"at": now, "reason": reason}}),
                ),
                ..template.clone()
            },
        );
        Ok(())
    }
}
