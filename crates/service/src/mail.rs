//! Mail: letters are queued in the transaction that wants them and sent later, by one node each.
//!
//! What a letter says, and with it the secret or the code in it, is made when the mail server has
//! accepted sender and recipient and waits for the text; only its digest is stored, in the same
//! transaction that notes the handing over. So whatever breaks before that note is tried again and
//! nothing is sent twice. What breaks after it, before the server's answer is stored, nobody can
//! know: a link is sent again under the same Message-ID (both addresses open it), a code is not,
//! for its person can ask for another.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::link::{Link, LinkState};
use vestibule_domain::mail::{
    Envelope, Letter, LetterKind, LetterState, Posted, Private, check_address,
};
use vestibule_domain::{EntryCodeId, Hindrance, LetterId, LinkId};
use vestibule_oauth::{Secret, SecretKind};
use vestibule_storage::outbox::{self, Lease, Letter as Stored};
use vestibule_storage::warnings::{self, Warning};
use vestibule_storage::{Read, Write, entry_codes, links, providers, users};

pub use vestibule_storage::outbox::{Letter as QueuedLetter, LetterSort};

use crate::changes::made;
use crate::links::codes::CODE_LIFE;
use crate::pages::{Page, PageQuery};
use crate::warnings::Warned;
use crate::{AdminCall, Change, Error, Role, Service};

/// How long one node may be at one letter; longer than any conversation with a mail server lasts.
const LEASE: Duration = Duration::minutes(10);
/// Pause after the first failure, doubled after each further one.
const FIRST_PAUSE: Duration = Duration::seconds(15);
const LONGEST_PAUSE: Duration = Duration::minutes(30);
/// The kind of the warning about somebody whom no letter takes their link to.
pub(crate) const NOT_MAILED: &str = "link_not_mailed";

impl Service {
    /// Sends one letter that is due, if there is any and nobody is at it. `post` takes it to the mail
    /// server and asks for its text only when the server waits for it. Answers whether there was one.
    pub fn send_letter(
        &self,
        post: impl FnOnce(&Envelope, &mut dyn FnMut() -> Option<Letter>) -> Posted,
    ) -> Result<bool, Error> {
        let service = self.clone();
        let claimed = self.store().write("mail.claim", move |tx| {
            let now = service.now();
            let lease = Lease {
                holder: service.id(|id| id.to_string(), now),
                until: now + LEASE,
            };
            let Some(mut letter) = outbox::claim(tx, now, &lease)? else {
                return Ok(None);
            };
            // It goes to the address that its person has now, whoever has the other one by then.
            let to = match links::find(tx, letter.link)? {
                Some(link) => destination(tx, &link, now)?,
                None => Destination::Nobody,
            };
            if let Destination::Address(address) = &to
                && *address != letter.recipient
            {
                outbox::readdress(tx, letter.id, address)?;
                letter.recipient.clone_from(address);
            }
            Ok::<_, Error>(Some((letter, lease, to)))
        })?;
        let Some((letter, lease, to)) = claimed else {
            return Ok(false);
        };
        let now = self.now();
        if letter.state == LetterState::HandingOver && letter.kind == LetterKind::Code {
            let why = "the server stopped while it was handed over";
            self.letter_done(&letter, lease, Posted::Unknown(why.to_owned()))?;
            return Ok(true);
        }
        if letter.give_up <= now {
            self.letter_done(&letter, lease, Posted::Postponed("too late".to_owned()))?;
            return Ok(true);
        }
        let in_vain = match to {
            Destination::Address(_) => None,
            Destination::Unknown => {
                let why = "its person has no address any more";
                Some(Posted::Refused(why.to_owned()))
            }
            Destination::Nobody => Some(Posted::Dropped),
        };
        if let Some(posted) = in_vain {
            self.letter_done(&letter, lease, posted)?;
            return Ok(true);
        }
        let envelope = Envelope {
            to: letter.recipient.clone(),
            message_id: letter.id.to_string(),
            date: letter.created,
        };
        let mut failure = None;
        let posted = post(
            &envelope,
            &mut || match self.hand_over(&letter, &lease.holder) {
                Ok(text) => text,
                Err(error) => {
                    failure = Some(error);
                    None
                }
            },
        );
        match failure {
            // Nothing was sent; the lease runs out and somebody tries again.
            Some(error) => Err(error),
            None => self.letter_done(&letter, lease, posted).map(|()| true),
        }
    }

    /// The letters about a link, oldest first: where they went and how far they got.
    pub fn letters_of(&self, call: &AdminCall, link: LinkId) -> Result<Vec<QueuedLetter>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            links::find(tx, link)?.ok_or(Error::NotFound("link"))?;
            Ok(outbox::of_link(tx, link)?)
        })
    }

    /// The same a page at a time, oldest first unless another order is asked for.
    pub fn list_letters(
        &self,
        call: &AdminCall,
        link: LinkId,
        page: &PageQuery<LetterSort>,
    ) -> Result<Page<QueuedLetter>, Error> {
        let asked = self.asked(page, (LetterSort::Created, false))?;
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            links::find(tx, link)?.ok_or(Error::NotFound("link"))?;
            let found = outbox::list_of_link(tx, link, asked.page())?;
            Ok(asked.answer(found, |_, letter| (None, letter.id.to_string())))
        })
    }

    /// The newest letters about a link, newest first, at most so many.
    pub fn newest_letters_of(
        &self,
        call: &AdminCall,
        link: LinkId,
        most: u32,
    ) -> Result<Vec<QueuedLetter>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(outbox::newest_of_link(tx, link, most.into())?)
        })
    }

    /// How far the latest mailing of each of some links got; nothing of a link that was never mailed.
    pub fn mailings(
        &self,
        call: &AdminCall,
        links: &[LinkId],
    ) -> Result<HashMap<LinkId, QueuedLetter>, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = outbox::mailings(tx, links)?.into_iter();
            Ok(found.map(|letter| (letter.link, letter)).collect())
        })
    }

    /// Queues the letter that takes a link to its person.
    pub(crate) fn mail_link(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        email: Option<&str>,
    ) -> Result<(), Error> {
        self.queue(tx, LetterKind::Link, link, None, email, link.end)
    }

    /// Queues the letter that takes an entry code to its person.
    pub(crate) fn mail_code(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        code: EntryCodeId,
        email: Option<&str>,
        expires: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.queue(tx, LetterKind::Code, link, Some(code), email, expires)
    }

    /// The address to which this server can mail somebody a link; else why it cannot and what to do.
    pub(crate) fn check_mailed<'a>(
        &self,
        user_name: &str,
        email: Option<&'a str>,
    ) -> Result<&'a str, Error> {
        if !self.settings().links.mail {
            return Err(Error::Conflict(Hindrance::NoMailServer.said([])));
        }
        check_mailable(user_name, email)
    }

    fn queue(
        &self,
        tx: &mut Write<'_>,
        kind: LetterKind,
        link: &Link,
        code: Option<EntryCodeId>,
        email: Option<&str>,
        give_up: DateTime<Utc>,
    ) -> Result<(), Error> {
        let email = self.check_mailed(&link.user_name, email)?;
        let now = self.now();
        outbox::insert(
            tx,
            &Stored {
                id: self.id(LetterId::from_uuid, now),
                kind,
                link: link.id,
                code,
                recipient: email.to_owned(),
                state: LetterState::Queued,
                attempts: 0,
                due: now,
                give_up,
                last_error: None,
                created: now,
                finished: None,
            },
        )?;
        Ok(())
    }

    /// What the letter says, made and noted now; none when it is not to be sent any more.
    fn hand_over(&self, letter: &Stored, holder: &str) -> Result<Option<Letter>, Error> {
        let digits = self.digits();
        // Hashing is slow by design: not inside the transaction.
        let hash = match letter.kind {
            LetterKind::Code => Some(self.slow_hash(&digits)?),
            LetterKind::Link => None,
        };
        let (service, letter, holder) = (self.clone(), letter.clone(), holder.to_owned());
        self.store().write("mail.hand_over", move |tx| {
            let now = service.now();
            let link = links::find(tx, letter.link)?.ok_or(Error::NotFound("link"))?;
            match destination(tx, &link, now)? {
                Destination::Address(address) if address == letter.recipient => {}
                Destination::Address(_) | Destination::Unknown => {
                    let why = "its person has had another address since";
                    outbox::postpone(tx, letter.id, &holder, now, why)?;
                    return Ok(None);
                }
                Destination::Nobody => return Ok(None),
            }
            if !outbox::hand_over(tx, letter.id, &holder)? {
                return Ok(None);
            }
            if let (Some(code), Some(hash)) = (letter.code, &hash) {
                let expires = (now + CODE_LIFE).min(link.end);
                let made = entry_codes::make(tx, code, hash, expires)?;
                return Ok(made.then(|| Letter::Code {
                    user_name: link.user_name,
                    code: Private::new(digits.clone()),
                    expires,
                }));
            }
            let secret = Secret::generate(SecretKind::Link, &mut service.entropy().lock());
            links::add_secret(tx, link.id, &secret.digest(), now)?;
            Ok(Some(Letter::Link {
                user_name: link.user_name,
                secret: Private::new(secret.expose().to_owned()),
                start: link.start,
                end: link.end,
            }))
        })
    }

    /// Notes what became of a letter.
    fn letter_done(&self, letter: &Stored, lease: Lease, posted: Posted) -> Result<(), Error> {
        let (service, letter) = (self.clone(), letter.clone());
        self.store().write("mail.settle", move |tx| {
            let now = service.now();
            let holder = &lease.holder;
            let (state, why) = match &posted {
                Posted::Sent => (LetterState::Sent, None),
                Posted::Refused(why) => (LetterState::Refused, Some(why)),
                Posted::Dropped => (LetterState::Dropped, None),
                Posted::Unknown(why) if letter.kind == LetterKind::Code => {
                    (LetterState::Unknown, Some(why))
                }
                Posted::Postponed(why) | Posted::Unknown(why) => {
                    let due = now + pause(letter.attempts);
                    if due < letter.give_up {
                        return Ok(outbox::postpone(tx, letter.id, holder, due, why)?);
                    }
                    (LetterState::GivenUp, Some(why))
                }
            };
            let why = why.map(String::as_str);
            if outbox::finish(tx, letter.id, holder, state, now, why)? {
                service.tell(tx, &letter, state, why, now)?;
            }
            Ok(())
        })
    }

    /// Records that a link went out by mail, or did not. Codes come and go too often to be told of.
    fn tell(
        &self,
        tx: &mut Write<'_>,
        letter: &Stored,
        state: LetterState,
        why: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let action = match state {
            LetterState::Sent => Action::LinkMailed,
            LetterState::Refused | LetterState::GivenUp | LetterState::Unknown => {
                Action::LinkNotMailed
            }
            LetterState::Queued | LetterState::HandingOver | LetterState::Dropped => return Ok(()),
        };
        let link = links::find(tx, letter.link)?.ok_or(Error::NotFound("link"))?;
        let event = self.record(
            tx,
            Change {
                id: None,
                at: now,
                actor: Actor::System,
                action,
                subject: link.id.into(),
                provider: Some(link.provider),
                cause: None,
                request_id: None,
                payload: Payload {
                    why: why.map(str::to_owned),
                    ..made(serde_json::json!({
                        "letter": letter.kind,
                        "to": letter.recipient,
                        "message_id": letter.id,
                        "state": state,
                    }))
                },
            },
        );
        // A link outlives its provider.
        let told = action == Action::LinkMailed || letter.kind == LetterKind::Code;
        if told || providers::find(tx, link.provider)?.is_none() {
            return Ok(());
        }
        let detail = Warned::LinkNotSent.said([
            ("person", (&link.user_name).into()),
            ("address", (&letter.recipient).into()),
            ("state", state.name().into()),
            ("why", why.unwrap_or_default().into()),
        ]);
        let warning = Warning {
            provider: link.provider,
            kind: NOT_MAILED.to_owned(),
            subject: link.user.to_string(),
            detail: detail.to_string(),
            raised: now,
            event,
        };
        Ok(warnings::raise(tx, &warning)?)
    }
}

/// Where a letter about a link is to go.
enum Destination {
    /// The address that the link's person has now.
    Address(String),
    /// The person has none.
    Unknown,
    /// The link works no more.
    Nobody,
}

fn destination(tx: &mut Read<'_>, link: &Link, now: DateTime<Utc>) -> Result<Destination, Error> {
    if !matches!(link.state(now), LinkState::Live | LinkState::Upcoming) {
        return Ok(Destination::Nobody);
    }
    let person = users::find_anywhere(tx, link.user)?;
    let address = person.and_then(|person| person.email);
    Ok(address.map_or(Destination::Unknown, Destination::Address))
}

/// The address to which mail can go to somebody; else why none can and what to do.
pub(crate) fn check_mailable<'a>(
    user_name: &str,
    email: Option<&'a str>,
) -> Result<&'a str, Error> {
    let Some(email) = email else {
        return Err(Error::Conflict(
            Hindrance::NoEmail.said([("person", user_name.into())]),
        ));
    };
    match check_address(email) {
        Ok(()) => Ok(email),
        Err(error) => Err(Error::Conflict(Hindrance::NotMailable.said([
            ("person", user_name.into()),
            ("why", error.to_string().into()),
        ]))),
    }
}

/// How long to wait after so many attempts before this one.
fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    (FIRST_PAUSE * 2_i32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests;
