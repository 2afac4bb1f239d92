//! Signing in to the console: name and password, a second factor, and the session they open.

mod openid;
mod proof;
mod turnstile;

use std::net::IpAddr;

use chrono::{DateTime, Duration, Utc};
use rand::RngCore as _;
use totp_rs::{Builder, Totp};
use vestibule_domain::event::{Action, Actor, Payload, Subject};
use vestibule_domain::{AdministratorId, Mistake, network};
use vestibule_oauth::{BearerError, Digest, Secret, SecretKind};
use vestibule_scim::fold::fold;
use vestibule_storage::administrators as people;
use vestibule_storage::sessions::{self as stored, Failures, Session};
use vestibule_storage::{Read, Write};

pub use proof::Proved;
pub(crate) use turnstile::Turnstile;

use crate::administrators::Administrator;
use crate::warnings::Warned;
use crate::{AdminCall, AdminCredential, Change, Error, Role, Service, slow_hash};

/// After which an unused session ends (R-WEB-1).
pub const IDLE: Duration = Duration::minutes(30);
/// After which every session ends.
pub const ABSOLUTE: Duration = Duration::hours(12);
/// For so long after signing in, or after proving it once more, nobody is asked who they are (R-WEB-7).
const FRESH: Duration = Duration::minutes(10);
/// How stale the note of a session's last use may be.
const NOTED: Duration = Duration::minutes(1);
/// Over which failures are counted.
const WINDOW: Duration = Duration::minutes(15);
/// Failures of one name from one source.
const NAME_FAILURES: i64 = 10;
/// Failures from one source.
const SOURCE_FAILURES: i64 = 50;
/// Seconds after which somebody may try again for whom there was no place.
const CROWDED: u32 = 2;
/// Bytes of a second factor's key (RFC 4226, section 4, R6).
const TOTP_KEY: usize = 20;
/// Argon2id of nothing anybody knows, so that an unknown name costs what a known one does.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Somebody at the sign-in page.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub name: String,
    pub password: Password,
    /// Of the second factor.
    pub code: Option<String>,
    pub address: Option<IpAddr>,
    pub request_id: Option<String>,
}

/// A password as typed, never shown.
#[derive(Clone)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password([redacted])")
    }
}

/// What comes of an attempt to sign in.
#[derive(Debug)]
pub enum SignedIn {
    /// The secret goes into the cookie, this once.
    Welcome {
        secret: Secret,
        administrator: Administrator,
    },
    /// Unknown name, wrong password, wrong code, disabled: one answer.
    Wrong,
    /// The password is right; the code of the second factor is asked for.
    CodeNeeded,
    /// Too many failures; seconds to wait.
    TooOften { retry_after: i64 },
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Present {
    pub administrator: Administrator,
    /// Whether the note of its last use is due.
    pub stale: bool,
    /// When it ends even if it is used.
    pub ends: DateTime<Utc>,
    /// Whether its owner proved who they are just now: by opening it, or since.
    pub fresh: bool,
}

/// A second factor about to be set up.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// The key in base 32, to be typed.
    pub key: String,
    /// `otpauth://` address, to be scanned.
    pub address: String,
}

impl Service {
    /// Verifies who signs in and opens a session. Failures are counted by name and source and by
    /// source, so that guessing from elsewhere locks nobody out.
    pub fn sign_in(&self, attempt: &SignIn) -> Result<SignedIn, Error> {
        match self.verify(attempt)? {
            Ok(who) => self.open_session(attempt, &who),
            Err(refusal) => Ok(refusal),
        }
    }

    /// Whoever an attempt names, once password and code are right; else what to answer.
    fn verify(&self, attempt: &SignIn) -> Result<Result<people::Administrator, SignedIn>, Error> {
        let keys = keys(attempt);
        let now = self.now();
        let (found, wait) = self.store().read(|tx| -> Result<_, Error> {
            let wait = wait(tx, &keys, now)?;
            Ok((people::find_by_name(tx, &attempt.name)?, wait))
        })?;
        if let Some(retry_after) = wait {
            return Ok(Err(SignedIn::TooOften { retry_after }));
        }
        let hash = found.as_ref().map_or(NOBODY, |who| &who.password_hash);
        let right = self.password_is(&attempt.password, hash)?;
        let Some(who) = found.filter(|who| right && who.enabled) else {
            return self.refuse(attempt, keys).map(Err);
        };
        let code = attempt.code.as_deref().map(str::trim).unwrap_or_default();
        if who.totp_key.is_some() && code.is_empty() {
            return Ok(Err(SignedIn::CodeNeeded));
        }
        if let Some(key) = &who.totp_key
            && step(key, code, now).is_none_or(|step| step <= who.totp_step)
        {
            return self.refuse(attempt, keys).map(Err);
        }
        Ok(Ok(who))
    }

    fn open_session(
        &self,
        attempt: &SignIn,
        verified: &people::Administrator,
    ) -> Result<SignedIn, Error> {
        let (service, attempt, verified) = (self.clone(), attempt.clone(), verified.clone());
        self.store().write("sessions.open", move |tx| {
            let (current, now) = match service.settle(tx, &attempt, &verified)? {
                Ok(settled) => settled,
                Err(refusal) => return Ok(refusal),
            };
            let secret = service.new_session(tx, current.id, now)?;
            let administrator = Administrator::try_from(current)?;
            service.record(
                tx,
                about(
                    &administrator,
                    Action::AdministratorSignedIn,
                    attempt.address,
                    attempt.request_id.clone(),
                    now,
                ),
            );
            Ok(SignedIn::Welcome {
                secret,
                administrator,
            })
        })
    }

    /// Makes what was verified outside this transaction count: it must still be so, a code works once, and
    /// failures are forgiven. Answers when. Refused when it is so no longer, and when others of its source have failed too
    /// often by now.
    fn settle(
        &self,
        tx: &mut Write<'_>,
        attempt: &SignIn,
        verified: &people::Administrator,
    ) -> Result<Result<(people::Administrator, DateTime<Utc>), SignedIn>, Error> {
        let keys = keys(attempt);
        let [_, source] = &keys;
        stored::lock_failures(tx, source)?;
        // Neither a password nor a state is changed, nor is a code used, between looking and letting in.
        people::lock(tx)?;
        let now = self.now();
        if let Some(retry_after) = wait(tx, &keys, now)? {
            return Ok(Err(SignedIn::TooOften { retry_after }));
        }
        let current = people::find(tx, verified.id)?;
        let Some(mut current) = current.filter(|current| {
            current.enabled
                && current.password_hash == verified.password_hash
                && current.totp_key == verified.totp_key
        }) else {
            return Ok(Err(SignedIn::Wrong));
        };
        if let Some(key) = &current.totp_key {
            let code = attempt.code.as_deref().map(str::trim).unwrap_or_default();
            match step(key, code, now) {
                Some(step) if step > current.totp_step => current.totp_step = step,
                _ => return Ok(Err(SignedIn::Wrong)),
            }
            people::replace(tx, &current)?;
        }
        for key in &keys {
            stored::forgive(tx, key)?;
        }
        Ok(Ok((current, now)))
    }

    fn new_session(
        &self,
        tx: &mut Write<'_>,
        administrator: AdministratorId,
        now: DateTime<Utc>,
    ) -> Result<Secret, Error> {
        let secret = Secret::generate(SecretKind::Session, &mut self.entropy().lock());
        let session = Session {
            administrator,
            created: now,
            last_seen: now,
            proved: None,
        };
        stored::insert(tx, &session, &secret.digest())?;
        Ok(secret)
    }

    fn refuse(&self, attempt: &SignIn, keys: [Digest; 2]) -> Result<SignedIn, Error> {
        let service = self.clone();
        let attempt = attempt.clone();
        self.store().write("sessions.refuse", move |tx| {
            let [_, source] = &keys;
            stored::lock_failures(tx, source)?;
            let now = service.now();
            // Of attempts that come at once all were let in before any of them failed.
            if let Some(retry_after) = wait(tx, &keys, now)? {
                return Ok(SignedIn::TooOften { retry_after });
            }
            for key in &keys {
                let before = stored::failures(tx, key)?.filter(|f| f.since + WINDOW > now);
                let failures = Failures {
                    count: before.map_or(0, |f| f.count) + 1,
                    since: before.map_or(now, |f| f.since),
                };
                stored::set_failures(tx, key, failures)?;
            }
            // The first and the last failure of a window are recorded: a flood is no history.
            let [name, _] = &keys;
            let count = stored::failures(tx, name)?.map_or(0, |f| f.count);
            if let Some(who) = people::find_by_name(tx, &attempt.name)?
                && (count == 1 || count == NAME_FAILURES)
            {
                let who = Administrator::try_from(who)?;
                let count = ("count", count.to_string().into());
                let why = match attempt.address {
                    Some(address) => {
                        let address = ("address", address.to_string().into());
                        Warned::SignInsFailedFrom.said([count, address])
                    }
                    None => Warned::SignInsFailed.said([count]),
                }
                .to_string();
                service.record(
                    tx,
                    Change {
                        actor: Actor::System,
                        payload: Payload {
                            why: Some(why),
                            ..Payload::default()
                        },
                        ..about(
                            &who,
                            Action::AdministratorSignInFailed,
                            None,
                            attempt.request_id.clone(),
                            now,
                        )
                    },
                );
            }
            Ok(SignedIn::Wrong)
        })
    }

    /// Ends the session a call is made with. One that has ended already is no error.
    pub fn sign_out(&self, call: &AdminCall) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("sessions.end", move |tx| {
            let now = service.now();
            let AdminCredential::Session(Ok(digest)) = call.credential else {
                return Ok(());
            };
            let Some((_, owner)) = unless_ended(live(tx, &digest, now))? else {
                return Ok(());
            };
            stored::delete(tx, &digest)?;
            let who = Administrator::try_from(owner)?;
            service.record(
                tx,
                about(
                    &who,
                    Action::AdministratorSignedOut,
                    call.address,
                    call.request_id.clone(),
                    now,
                ),
            );
            Ok(())
        })
    }

    /// Who is signed in with this call's session.
    pub fn present(&self, call: &AdminCall) -> Result<Present, Error> {
        let now = self.now();
        let AdminCredential::Session(digest) = call.credential else {
            return Err(BearerError::InvalidToken.into());
        };
        let digest = digest?;
        self.store().read(|tx| {
            let (session, owner) = live(tx, &digest, now)?;
            Ok(Present {
                administrator: Administrator::try_from(owner)?,
                stale: session.last_seen + NOTED <= now,
                ends: session.created + ABSOLUTE,
                fresh: session.proved.unwrap_or(session.created) + FRESH > now,
            })
        })
    }

    /// Notes that a session is in use; at most once a minute is worth a write.
    pub fn note_presence(&self, call: &AdminCall) -> Result<(), Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("sessions.touch", move |tx| {
            let AdminCredential::Session(Ok(digest)) = call.credential else {
                return Ok(());
            };
            Ok(stored::touch(tx, &digest, service.now())?)
        })
    }

    /// Removes sessions that have ended and failures that no longer count. Answers how many.
    pub fn purge_sessions(&self) -> Result<usize, Error> {
        let service = self.clone();
        self.store().write("sessions.purge", move |tx| {
            let now = service.now();
            let ended = stored::purge(tx, now - ABSOLUTE, now - IDLE)?;
            Ok(ended + stored::purge_failures(tx, now - WINDOW)?)
        })
    }

    /// A key for a second factor. Nothing is stored before a code proves that it arrived.
    pub fn offer_second_factor(&self, name: &str) -> SecondFactor {
        let mut key = [0; TOTP_KEY];
        self.entropy().lock().fill_bytes(&mut key);
        second_factor(&totp_rs::Secret::from(key).to_base32(), name)
    }

    /// Sets the second factor up once `code` shows that the authenticator has the key.
    pub fn set_second_factor(&self, call: &AdminCall, key: &str, code: &str) -> Result<(), Error> {
        let key = totp_rs::Secret::try_from_base32(key)
            .map(|secret| secret.as_ref().to_vec())
            .ok()
            .filter(|key| key.len() == TOTP_KEY)
            .ok_or_else(|| Error::invalid("key", &Mistake::KeyDamaged.said([])))?;
        let code = code.trim().to_owned();
        let (service, call) = (self.clone(), call.clone());
        self.store().write("sessions.set_second_factor", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Auditor, now)?;
            let id = operator
                .administrator
                .ok_or(Error::NotFound("administrator"))?;
            people::lock(tx)?;
            let mut who = people::find(tx, id)?.ok_or(Error::NotFound("administrator"))?;
            let step = step(&key, &code, now)
                .ok_or_else(|| Error::invalid("code", &Mistake::WrongCode.said([])))?;
            who.totp_key = Some(key.clone());
            who.totp_step = step;
            people::replace(tx, &who)?;
            service.record(
                tx,
                Change {
                    payload: crate::changes::moved(
                        serde_json::json!({"second_factor": false}),
                        serde_json::json!({"second_factor": true}),
                    ),
                    ..operator.change(Action::AdministratorChanged, id, now)
                },
            );
            Ok(())
        })
    }

    /// Whether a hash was made of this password. [`Error::Busy`] when too many wait to know.
    pub(crate) fn password_is(&self, password: &Password, hash: &str) -> Result<bool, Error> {
        let matches = || slow_hash::matches(hash, &password.0);
        let busy = Error::Busy {
            retry_after: CROWDED,
        };
        self.turnstile().pass(matches).unwrap_or(Err(busy))
    }
}

/// A second factor as it is shown while it is set up.
pub fn second_factor(key: &str, name: &str) -> SecondFactor {
    let label: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let label = label.replace('+', "%20");
    SecondFactor {
        key: key.to_owned(),
        address: format!("otpauth://totp/Vestibule:{label}?secret={key}&issuer=Vestibule"),
    }
}

/// The session with that digest and its owner, unless it has ended.
pub(crate) fn live(
    tx: &mut Read<'_>,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<(Session, people::Administrator), Error> {
    let (session, owner) = stored::find(tx, digest)?.ok_or(BearerError::InvalidToken)?;
    let ended = session.created + ABSOLUTE <= now || session.last_seen + IDLE <= now;
    if ended || !owner.enabled {
        return Err(BearerError::InvalidToken.into());
    }
    Ok((session, owner))
}

/// None for a session that has ended; what else kept it from being found is passed on.
fn unless_ended<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Err(Error::Unauthenticated(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// Ends the sessions of an administrator, as whatever they rest on has changed.
pub(crate) fn end_all(tx: &mut Write<'_>, who: &people::Administrator) -> Result<(), Error> {
    stored::delete_of(tx, who.id)?;
    Ok(())
}

/// The step (RFC 6238, section 4.2) whose code this is, a step early or late at most.
fn step(key: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let totp: Totp = Builder::new().with_secret(key).build().ok()?;
    let seconds = u64::try_from(now.timestamp()).ok()?;
    let step = totp.check(code, seconds)?;
    i64::try_from(step).ok()
}

/// Under which failures of this attempt are counted: name and source, source.
fn keys(attempt: &SignIn) -> [Digest; 2] {
    let source = attempt
        .address
        .map_or_else(String::new, |address| network::source(address).to_string());
    [
        Digest::of(&format!("name\0{}\0{source}", fold(&attempt.name))),
        Digest::of(&format!("source\0{source}")),
    ]
}

/// Seconds that the source of these keys has to wait.
fn wait(tx: &mut Read<'_>, keys: &[Digest; 2], now: DateTime<Utc>) -> Result<Option<i64>, Error> {
    for (key, most) in keys.iter().zip([NAME_FAILURES, SOURCE_FAILURES]) {
        if let Some(failures) = stored::failures(tx, key)? {
            let left = failures.since + WINDOW - now;
            if failures.count >= most && left > Duration::zero() {
                return Ok(Some(left.num_seconds().max(1)));
            }
        }
    }
    Ok(None)
}

/// The start of an event that an administrator makes by coming or going.
fn about(
    who: &Administrator,
    action: Action,
    address: Option<IpAddr>,
    request_id: Option<String>,
    at: DateTime<Utc>,
) -> Change {
    Change {
        id: None,
        at,
        actor: Actor::Administrator {
            id: who.id,
            name: who.name.clone(),
            address,
        },
        action,
        subject: Subject::from(who.id),
        provider: None,
        cause: None,
        request_id,
        payload: Payload::default(),
    }
}

#[cfg(test)]
mod tests;
