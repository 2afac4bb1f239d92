//! Entry codes: each entry by a link needs a fresh one.
//!
//! Eight digits that work for ten minutes and one attempt; at most five an hour for a link. A wrong
//! code spends the code, never the link. Of many that try the same code at once one finds it: the
//! code is spent before it is compared.

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use rand::RngCore as _;
use serde_json::json;
use vestibule_domain::access::Facts;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::link::{Link, LinkState, Standing};
use vestibule_domain::{EntryCodeId, EventId, Hindrance, LinkId};
use vestibule_oauth::Digest;
use vestibule_storage::entry_codes::{self, EntryCode};
use vestibule_storage::{Read, Write, links, users};

use crate::changes::made;
use crate::{AdminCall, Change, Error, Role, Service, access, slow_hash};

/// How long a code works.
pub const CODE_LIFE: Duration = Duration::minutes(10);
/// Codes of one link within an hour at most.
pub const CODES_AN_HOUR: i64 = 5;
const DIGITS: u32 = 100_000_000;

/// A code to be read to its person, shown this once.
#[derive(Clone)]
pub struct ShownCode {
    /// Eight digits.
    pub code: String,
    /// First instant at which it no longer works.
    pub expires: DateTime<Utc>,
}

impl std::fmt::Debug for ShownCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownCode")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What somebody finds who opens a link's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// There is no such link, or it ended, or ran out, or its person may not get in: one answer.
    Closed,
    NotYet {
        start: DateTime<Utc>,
    },
    Open {
        link: Link,
    },
}

/// Who is at the entrance.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub address: Option<IpAddr>,
    pub request_id: String,
}

/// How an attempt to enter came out.
#[derive(Debug, Clone)]
pub enum Attempt {
    Closed,
    /// The code is wrong, spent, too old, or there is none: one answer.
    WrongCode,
    Granted(Box<Entry>),
}

/// An entry that was granted.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event that says so.
    pub event: EventId,
    pub at: DateTime<Utc>,
    pub link: Link,
    pub facts: Facts,
    /// The person's primary one.
    pub email: Option<String>,
}

/// What came of asking for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Closed,
    /// A code goes to the person, if their address and the mail server take it.
    Queued,
    /// The link has had as many as it may.
    TooMany,
}

impl Service {
    /// Makes a code for an administrator to read to the person, apart from the link. It is recorded
    /// that it was shown, not what it is.
    pub fn show_entry_code(&self, call: &AdminCall, link: LinkId) -> Result<ShownCode, Error> {
        // Hashing is slow by design: it must wait for nobody's turn, and nobody for it.
        self.store()
            .read(|tx| crate::admin::admit(tx, call, Role::Operator, self.now()).map(drop))?;
        let code = self.digits();
        let hash = self.slow_hash(&code)?;
        let (service, call) = (self.clone(), call.clone());
        let expires = self.store().write("links.show_code", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            links::lock(tx, link)?;
            let now = service.now();
            let link = super::find(tx, link)?;
            match entrance_of(tx, link.clone(), now)? {
                Entrance::Open { .. } => {}
                Entrance::NotYet { start } => {
                    let said = Hindrance::LinkNotYet.said([("start", start.into())]);
                    return Err(Error::Conflict(said));
                }
                Entrance::Closed => {
                    return Err(Error::Conflict(Hindrance::LinkClosed.said([])));
                }
            }
            let code = service.new_code(tx, &link, Some(hash.clone()), now)?;
            service.record(
                tx,
                Change {
                    provider: Some(link.provider),
                    payload: made(json!({"code": code.id, "expires": code.expires})),
                    ..operator.change(Action::EntryCodeShown, link.id, now)
                },
            );
            Ok::<_, Error>(code.expires)
        })?;
        Ok(ShownCode { code, expires })
    }

    /// Mails a code to the person of a link. It is made when the mail is handed over, and works for
    /// ten minutes from then on.
    pub fn request_entry_code(&self, secret: Digest, visitor: &Visitor) -> Result<Asked, Error> {
        let (service, visitor) = (self.clone(), visitor.clone());
        self.store().write("links.request_code", move |tx| {
            let Some(link) = links::find_by_secret(tx, &secret)? else {
                return Ok(Asked::Closed);
            };
            links::lock(tx, link.id)?;
            let now = service.now();
            let link = super::find(tx, link.id)?;
            let Entrance::Open { link } = entrance_of(tx, link, now)? else {
                return Ok(Asked::Closed);
            };
            let code = match service.new_code(tx, &link, None, now) {
                Ok(code) => code,
                Err(Error::Conflict(_)) => return Ok(Asked::TooMany),
                Err(error) => return Err(error),
            };
            let email = users::find_anywhere(tx, link.user)?.and_then(|user| user.email);
            service.mail_code(tx, &link, code.id, email.as_deref(), code.expires)?;
            service.record(
                tx,
                Change {
                    id: None,
                    at: now,
                    actor: Actor::Person {
                        id: link.user,
                        address: visitor.address,
                    },
                    action: Action::EntryCodeRequested,
                    subject: link.id.into(),
                    provider: Some(link.provider),
                    cause: None,
                    request_id: Some(visitor.request_id.clone()),
                    payload: made(json!({ "code": code.id })),
                },
            );
            Ok(Asked::Queued)
        })
    }

    /// What is behind a link's address. Looking changes nothing.
    pub fn entrance(&self, secret: &Digest) -> Result<Entrance, Error> {
        let now = self.now();
        self.store()
            .read(|tx| match links::find_by_secret(tx, secret)? {
                Some(link) => entrance_of(tx, link, now),
                None => Ok(Entrance::Closed),
            })
    }

    /// Whether whoever comes from there has not failed too often (R-LNK-4).
    pub fn admits_at_entrance(&self, visitor: &Visitor) -> bool {
        self.entrance_throttle().admits(visitor.address, self.now())
    }

    /// Counts a failure against where it came from.
    pub fn failed_at_entrance(&self, visitor: &Visitor) {
        self.entrance_throttle().failed(visitor.address, self.now());
    }

    /// Tries a code. Whatever comes of it, the code is spent.
    pub fn enter(&self, secret: Digest, code: &str, visitor: &Visitor) -> Result<Attempt, Error> {
        let service = self.clone();
        let taken = self.store().write("links.take_code", move |tx| {
            let now = service.now();
            let Some(link) = links::find_by_secret(tx, &secret)? else {
                return Ok(None);
            };
            let Entrance::Open { link } = entrance_of(tx, link, now)? else {
                return Ok(None);
            };
            let code = entry_codes::take(tx, link.id, now)?;
            Ok::<_, Error>(Some((link, code)))
        })?;
        let Some((link, code_taken)) = taken else {
            return Ok(Attempt::Closed);
        };
        let Some((id, hash)) = code_taken else {
            return Ok(Attempt::WrongCode);
        };
        let digits: String = code
            .chars()
            .filter(|c| !c.is_whitespace())
            .take(9)
            .collect();
        let right = slow_hash::matches(&hash, &digits)?;
        let (service, visitor) = (self.clone(), visitor.clone());
        self.store().write("links.enter", move |tx| {
            // Whoever ends it does so before or after.
            links::lock(tx, link.id)?;
            let now = service.now();
            let link = super::find(tx, link.id)?;
            let change = |action| Change {
                id: None,
                at: now,
                actor: Actor::Person {
                    id: link.user,
                    address: visitor.address,
                },
                action,
                subject: link.id.into(),
                provider: Some(link.provider),
                cause: None,
                request_id: Some(visitor.request_id.clone()),
                payload: made(json!({ "code": id })),
            };
            let refused = |why: &str| Change {
                payload: Payload {
                    why: Some(why.to_owned()),
                    ..made(json!({ "code": id }))
                },
                ..change(Action::EntryRefused)
            };
            if !right {
                service.record(tx, refused("the code was wrong"));
                return Ok(Attempt::WrongCode);
            }
            let facts = match entrance_of(tx, link.clone(), now)? {
                Entrance::Open { .. } => access::facts(tx, link.user)?,
                Entrance::Closed | Entrance::NotYet { .. } => {
                    service.record(tx, refused("the link ended meanwhile"));
                    return Ok(Attempt::Closed);
                }
            };
            let event = service.record(tx, change(Action::EntryGranted));
            let email = users::find_anywhere(tx, link.user)?.and_then(|user| user.email);
            Ok(Attempt::Granted(Box::new(Entry {
                event,
                at: now,
                link: link.clone(),
                facts,
                email,
            })))
        })
    }

    /// A place for a new code, which puts an end to every earlier one of the link. Under [`links::lock`].
    pub(crate) fn new_code(
        &self,
        tx: &mut Write<'_>,
        link: &Link,
        hash: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<EntryCode, Error> {
        if entry_codes::count_since(tx, link.id, now - Duration::hours(1))? >= CODES_AN_HOUR {
            let most = CODES_AN_HOUR.to_string();
            return Err(Error::Conflict(
                Hindrance::CodesSpent.said([("max", most.into())]),
            ));
        }
        let code = EntryCode {
            id: self.id(EntryCodeId::from_uuid, now),
            link: link.id,
            hash,
            created: now,
            expires: now + CODE_LIFE,
        };
        entry_codes::insert(tx, &code)?;
        Ok(code)
    }

    /// Eight random digits, each code as likely as another.
    pub(crate) fn digits(&self) -> String {
        let mut rng = self.entropy().lock();
        let number = loop {
            let random = rng.next_u32();
            // The numbers above the last whole hundred million would favour small codes.
            if random < u32::MAX / DIGITS * DIGITS {
                break random % DIGITS;
            }
        };
        format!("{number:08}")
    }
}

/// What a link is worth at an instant.
fn entrance_of(tx: &mut Read<'_>, link: Link, now: DateTime<Utc>) -> Result<Entrance, Error> {
    match link.state(now) {
        LinkState::Ended | LinkState::Expired => return Ok(Entrance::Closed),
        LinkState::Upcoming => return Ok(Entrance::NotYet { start: link.start }),
        LinkState::Live => {}
    }
    if users::find_anywhere(tx, link.user)?.is_none() {
        return Ok(Entrance::Closed);
    }
    Ok(match link.standing(&access::facts(tx, link.user)?, now) {
        Standing::Stands | Standing::Shortened(_) => Entrance::Open { link },
        Standing::Ends(_) => Entrance::Closed,
    })
}
