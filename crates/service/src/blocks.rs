//! Blocks: an administrator's word against a person, which no provider can see or change.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::json;
use vestibule_domain::event::Action;
use vestibule_domain::mail;
use vestibule_domain::person::Block;
use vestibule_domain::{BlockId, EventId, Mistake, ProviderId, UserId};
use vestibule_scim::fold::fold;
use vestibule_storage::links::{self, Scope};
use vestibule_storage::users::User;
use vestibule_storage::{Read, Write, blocks, users};

use crate::changes::{gone, made};
use crate::links::LetIn;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Caller, Change, Error, Role, Service, people};

pub use vestibule_storage::blocks::BlockSort;

/// Which blocks are wanted, oldest first unless another order is asked for.
#[derive(Debug, Clone, Default)]
pub struct BlockQuery {
    pub provider: Option<ProviderId>,
    /// Contained in user name or e-mail, compared without case, or in the reason.
    pub search: Option<String>,
    pub page: PageQuery<BlockSort>,
}

impl Service {
    /// Blocks a person, until the given instant or until it is lifted.
    pub fn block_user(
        &self,
        call: &AdminCall,
        user: UserId,
        reason: &str,
        until: Option<DateTime<Utc>>,
    ) -> Result<Block, Error> {
        let (service, call, reason) = (self.clone(), call.clone(), reason.to_owned());
        let until = until.map(|until| until.trunc_subsecs(6));
        self.store().write("blocks.set", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            let (user, user_name_key, email_key) = held(tx, user)?;
            let now = service.now();
            let event = service.id(EventId::from_uuid, now);
            let block = Block {
                id: service.id(BlockId::from_uuid, now),
                provider: user.provider,
                user_name_key,
                email_key,
                reason: reason.clone(),
                until,
                created: now,
                event,
                follows: None,
            };
            block.check()?;
            if !block.in_force(now) {
                return Err(Error::invalid("until", &Mistake::NotAfterNow.said([])));
            }
            blocks::insert(tx, &block)?;
            let change = Change {
                id: Some(event),
                provider: Some(user.provider),
                payload: made(json!({
                    "user": user.id,
                    "user_name": user.user_name,
                    "email": block.email_key.as_ref().and(user.email.as_ref()),
                    "reason": block.reason,
                    "until": block.until,
                })),
                ..operator.change(Action::BlockSet, block.id, now)
            };
            service.record(tx, change.clone());
            let concerned = Scope::Named {
                provider: block.provider,
                user_name_key: &block.user_name_key,
                email_key: block.email_key.as_deref(),
            };
            let followed = Change {
                cause: Some(event),
                ..change
            };
            service.settle_links(tx, &concerned, &followed)?;
            Ok(block)
        })
    }

    /// Ends a block, also one whose end has come.
    pub fn lift_block(&self, call: &AdminCall, id: BlockId) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("blocks.lift", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            let block = blocks::find(tx, id)?.ok_or(Error::NotFound("block"))?;
            let people = blocks::lock_concerned(tx, &block)?;
            let now = service.now();
            service.tell_of(tx, block.follows.unwrap_or(id).as_uuid(), now)?;
            let event = service.record(
                tx,
                Change {
                    provider: Some(block.provider),
                    cause: Some(block.event),
                    payload: gone(json!({
                        "user_name": block.user_name_key,
                        "email": block.email_key,
                        "reason": block.reason,
                        "until": block.until,
                    })),
                    ..operator.change(Action::BlockLifted, id, now)
                },
            );
            blocks::lift(tx, &block, event)?;
            service.consider(tx, LetIn::People(&people), event, now)
        })
    }

    /// Blocks, also those whose end has come.
    pub fn list_blocks(&self, call: &AdminCall, query: &BlockQuery) -> Result<Page<Block>, Error> {
        let asked = self.asked(&query.page, (BlockSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let search = query.search.as_deref();
            let found = blocks::list(tx, query.provider, search, asked.page())?;
            Ok(asked.answer(found, |_, block| (None, block.id.to_string())))
        })
    }

    /// The blocks that concern a person, oldest first, also those whose end has come.
    pub fn blocks_of(&self, call: &AdminCall, user: UserId) -> Result<Vec<Block>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let user = people::find(tx, user)?;
            concerning(tx, &user)
        })
    }
}

impl Service {
    /// Lets the blocks on a person hold under the names they have now as well (R-ISO-11), also under their
    /// address once they are active with it. Others' blocks take up an address that they gave up.
    pub(crate) fn follow_rename(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        before: &User,
        after: &User,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let moved = address(after) != address(before);
        if moved || fold(&after.user_name) != fold(&before.user_name) {
            let blocks = concerning(tx, before)?;
            self.follow(tx, caller, after, blocks, cause, now)?;
        } else if after.active && !before.active {
            self.follow_address(tx, caller, after, cause, now)?;
        }
        if moved {
            self.free_address(tx, caller, before, cause, now)?;
        }
        Ok(())
    }

    /// Lets the blocks on those who are inactive with the address that somebody had hold under it as well: it
    /// kept them away while it was somebody else's.
    pub(crate) fn free_address(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        before: &User,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let Some(key) = address(before) else {
            return Ok(());
        };
        for person in users::blocked_with_email(tx, &key)? {
            self.follow_address(tx, caller, &person, cause, now)?;
        }
        Ok(())
    }

    /// Lets those blocks on a person that do not know their address hold under it.
    fn follow_address(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        person: &User,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut blocks = concerning(tx, person)?;
        if blocks.is_empty() {
            return Ok(());
        }
        let Some(key) = own_address(tx, person)? else {
            return Ok(());
        };
        // Nobody's user name is empty.
        let known = blocks::concerning(tx, person.provider, "", Some(&key))?;
        blocks.retain(|block| known.iter().all(|known| known.event != block.event));
        self.follow(tx, caller, person, blocks, cause, now)
    }

    fn follow(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        person: &User,
        blocks: Vec<Block>,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let email_key = own_address(tx, person)?;
        for block in blocks {
            let followed = Block {
                id: self.id(BlockId::from_uuid, now),
                provider: person.provider,
                user_name_key: fold(&person.user_name),
                email_key: email_key.clone(),
                // However often its person was renamed.
                follows: block.follows.or(Some(block.id)),
                ..block
            };
            blocks::insert(tx, &followed)?;
            self.record(
                tx,
                Change {
                    action: Action::BlockSet,
                    provider: Some(person.provider),
                    cause: Some(cause),
                    payload: made(json!({
                        "user": person.id,
                        "user_name": person.user_name,
                        "email": followed.email_key.as_ref().and(person.email.as_ref()),
                        "reason": followed.reason,
                        "until": followed.until,
                        "follows": followed.follows,
                    })),
                    ..caller.change(followed.id, now)
                },
            );
        }
        Ok(())
    }
}

/// A person's address as blocks know it.
fn address(user: &User) -> Option<String> {
    user.email.as_deref().map(mail::key)
}

/// A person and what a block would know them by, who is neither renamed nor given a link until the
/// transaction ends.
fn held(tx: &mut Write<'_>, id: UserId) -> Result<(User, String, Option<String>), Error> {
    let keys = |tx: &mut Write<'_>| -> Result<_, Error> {
        let user = people::find(tx, id)?;
        let name = fold(&user.user_name);
        let email = own_address(tx, &user)?;
        Ok((user, name, email))
    };
    let (user, name, email) = keys(tx)?;
    links::lock_named(tx, user.provider, &name, email.as_deref())?;
    let held = keys(tx)?;
    if (&held.1, &held.2) != (&name, &email) {
        // Renamed while this waited: others are concerned.
        return Err(vestibule_storage::Error::Stale.into());
    }
    Ok(held)
}

/// The address of a person as blocks know it, unless an active person has the same: it is theirs, whoever
/// else says so.
fn own_address(tx: &mut Read<'_>, user: &User) -> Result<Option<String>, Error> {
    let Some(key) = address(user) else {
        return Ok(None);
    };
    let holder = users::find_by_email(tx, &key)?;
    let is_own = holder.is_none_or(|holder| holder.id == user.id);
    Ok(is_own.then_some(key))
}

/// The blocks that concern a person.
pub(crate) fn concerning(tx: &mut Read<'_>, user: &User) -> Result<Vec<Block>, Error> {
    let email = address(user);
    Ok(blocks::concerning(
        tx,
        user.provider,
        &fold(&user.user_name),
        email.as_deref(),
    )?)
}

/// The newest blocks that ever concerned a person by the names they have now, those that were lifted too,
/// each under every name it has followed its person to.
pub(crate) fn ever_concerning(
    tx: &mut Read<'_>,
    user: &User,
    limit: i64,
) -> Result<Vec<BlockId>, Error> {
    let email = address(user);
    Ok(blocks::ever_concerning(
        tx,
        user.provider,
        &fold(&user.user_name),
        email.as_deref(),
        limit,
    )?)
}

#[cfg(test)]
mod tests;
