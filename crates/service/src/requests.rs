//! Requests that were refused: kept without secrets, so that whoever was told an id can have it
//! looked up, and whoever set up a provider can see what its product does wrong.

mod advice;
mod why;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use vestibule_domain::gate;
use vestibule_domain::said::Said;
use vestibule_domain::{CredentialId, ProviderId};
use vestibule_oauth::{Digest, Unproven, without_secrets};
use vestibule_storage::providers::Registered;
use vestibule_storage::requests::{self, Choice};
use vestibule_storage::{Read, Write, credentials, providers};

pub use advice::Advice;
pub use vestibule_storage::requests::{RequestSort, Whose};
pub use why::Why;

use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Error, Role, Service};

/// Under which those that could not be kept are counted.
pub(crate) const DROPPED: &str = "refused_requests";
/// Forgotten in one step.
const PURGED: i64 = 1_000;
/// Bytes kept of each text.
const TEXT: usize = 2_048;
/// Bytes of each text in which secrets are looked for, before it is cut.
const LOOKED_AT: usize = 4 * TEXT;

/// What a refused request showed of its sender.
#[derive(Debug, Clone)]
pub enum Shown {
    Nothing,
    /// A bearer token that none of this server's can be.
    Malformed,
    /// A bearer token of a provider.
    Token(Digest),
    /// The id of a client.
    Client(String),
}

/// A refused request as the edge saw it, without secrets.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The id that the answer carried.
    pub trace_id: String,
    /// `scim` or `token`.
    pub endpoint: &'static str,
    pub method: String,
    /// Path and query.
    pub target: String,
    pub shown: Shown,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    pub status: u16,
    pub code: Option<String>,
    /// What the sender was told.
    pub answer: String,
    /// Why a client's proof does not hold, which it was not told.
    pub unproven: Option<Unproven>,
    /// The address of keys that could not be fetched, and why, if the proof would have taken them.
    pub keys_missing: Option<(String, String)>,
    /// The outline of the body.
    pub body: Option<String>,
}

/// A refused request as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefusedRequest {
    pub trace_id: String,
    pub at: DateTime<Utc>,
    /// Whose request it was, as far as what it showed tells.
    pub provider: Option<ProviderId>,
    /// The token it showed.
    pub credential: Option<CredentialId>,
    /// `scim` or `token`.
    pub endpoint: String,
    pub method: String,
    /// Path and query, without secrets.
    pub target: String,
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub status: u16,
    /// The `scimType` of SCIM, or the `error` of OAuth.
    pub code: Option<String>,
    /// What the sender was told.
    pub answer: String,
    /// Why, more precisely than a sender may know.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
    /// The outline of the body: names and types, no values.
    pub body: Option<String>,
}

impl RefusedRequest {
    /// The reason by its code, where it has one.
    pub fn why(&self) -> Option<Said> {
        Why::read(self.told())
    }

    /// The reason in words, without the id of the request that answers carry at their end.
    pub fn told(&self) -> &str {
        let bare = self.reason.split_once(" (request ");
        bare.map_or(&*self.reason, |(bare, _)| bare)
    }

    /// What to do about it, by its code.
    pub fn what_to_do(&self) -> Advice {
        Advice::about(self)
    }

    /// Whether it names a member of a group that is not here.
    pub fn of_unknown_member(&self) -> bool {
        self.why()
            .is_some_and(|why| why.code == Why::NoSuchMember.code())
    }

    /// Whether it was about one person or group.
    pub fn of_one_resource(&self) -> bool {
        self.target.contains("/Users/") || self.target.contains("/Groups/")
    }
}

/// Which refused requests are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct RequestQuery {
    pub whose: Whose,
    /// `scim` or `token`.
    pub endpoint: Option<String>,
    pub status: Option<u16>,
    /// Contained in the target, the code, the answer or the reason, as it is written there.
    pub search: Option<String>,
    /// The first instant.
    pub since: Option<DateTime<Utc>>,
    /// The first instant no more.
    pub until: Option<DateTime<Utc>>,
    pub page: PageQuery<RequestSort>,
}

impl Service {
    /// Keeps a refused request. It is written with the next flush, within a second; when too many
    /// come at once, those on top are counted and not kept.
    pub fn note_refusal(&self, mut refusal: Refusal) {
        for text in [
            Some(&mut refusal.target),
            Some(&mut refusal.answer),
            refusal.user_agent.as_mut(),
            refusal.body.as_mut(),
            refusal.code.as_mut(),
            match &mut refusal.shown {
                Shown::Client(client) => Some(client),
                Shown::Token(_) | Shown::Malformed | Shown::Nothing => None,
            },
        ]
        .into_iter()
        .flatten()
        {
            // Products send secrets where none belongs: as the client's id, in the path.
            cut(text, LOOKED_AT);
            *text = without_secrets(text);
            cut(text, TEXT);
        }
        self.telemetry().refused(refusal, self.now());
    }

    /// The requests that were refused, newest first.
    pub fn list_requests(
        &self,
        call: &AdminCall,
        query: &RequestQuery,
    ) -> Result<Page<RefusedRequest>, Error> {
        let asked = self.asked(&query.page, (RequestSort::At, true))?;
        let choice = Choice {
            whose: query.whose,
            endpoint: query.endpoint.clone(),
            status: query.status,
            search: query.search.clone(),
            since: query.since,
            until: query.until,
        };
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            if let Whose::Provider(provider) = query.whose {
                crate::providers::find(tx, provider)?;
            }
            let found = requests::list(tx, &choice, asked.page())?;
            Ok(asked
                .answer(found, |_, row| (None, row.id.clone()))
                .map(RefusedRequest::from))
        })
    }

    /// The refused request with that trace id.
    pub fn find_request(&self, call: &AdminCall, trace_id: &str) -> Result<RefusedRequest, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            let found = requests::find(tx, trace_id)?;
            Ok(found.ok_or(Error::NotFound("refused request"))?.into())
        })
    }

    /// How many refused requests were ever dropped because too many came at once.
    pub fn dropped_requests(&self, call: &AdminCall) -> Result<i64, Error> {
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, self.now())?;
            Ok(requests::drops(tx, DROPPED)?)
        })
    }

    /// Forgets refused requests that are old or too many. Answers how many; fewer than 1,000 when
    /// no more are left.
    pub fn purge_requests(&self) -> Result<usize, Error> {
        let before = self.now() - self.settings().refused_requests_age;
        let kept = self.settings().refused_requests;
        self.store().write("requests.purge", move |tx| {
            let mut purged = requests::purge(tx, before, PURGED)?;
            for owner in requests::owners(tx)? {
                let left = PURGED - i64::try_from(purged).unwrap_or(PURGED);
                if left <= 0 {
                    break;
                }
                purged += requests::trim(tx, owner, kept, left)?;
            }
            Ok::<_, Error>(purged)
        })
    }
}

/// Finds out whose requests they were and writes them.
pub(crate) fn keep(tx: &mut Write<'_>, refusals: &[(Refusal, DateTime<Utc>)]) -> Result<(), Error> {
    for (refusal, at) in refusals {
        let sender = sender(tx, refusal, *at)?;
        // Refused for another reason than its credential.
        let reason = match sender.fault {
            Some(fault) if refusal.status == 401 => fault,
            _ => refusal.answer.clone(),
        };
        requests::insert(
            tx,
            &requests::Refused {
                id: refusal.trace_id.clone(),
                at: *at,
                provider: sender.provider,
                credential: sender.credential,
                endpoint: refusal.endpoint.to_owned(),
                method: refusal.method.clone(),
                target: refusal.target.clone(),
                address: refusal.address.map(|address| address.to_string()),
                user_agent: refusal.user_agent.clone(),
                status: refusal.status,
                code: refusal.code.clone(),
                answer: refusal.answer.clone(),
                reason,
                body: refusal.body.clone(),
            },
        )?;
    }
    Ok(())
}

/// Who sent a request, and what is wrong with what they showed.
struct Sender {
    provider: Option<ProviderId>,
    credential: Option<CredentialId>,
    fault: Option<String>,
}

fn sender(tx: &mut Read<'_>, refusal: &Refusal, at: DateTime<Utc>) -> Result<Sender, Error> {
    let stranger = |fault: String| Sender {
        provider: None,
        credential: None,
        fault: Some(fault),
    };
    let nobody = |fault: Why| stranger(fault.english().to_owned());
    let unproven = unproven(refusal);
    match &refusal.shown {
        Shown::Nothing => Ok(unproven.map_or_else(|| nobody(Why::NoCredential), stranger)),
        Shown::Malformed => Ok(nobody(Why::Malformed)),
        Shown::Token(digest) => {
            let token = credentials::find_token(tx, digest)?.map(|found| found.token);
            let registered = match &token {
                Some(token) => providers::find(tx, token.provider)?,
                None => None,
            };
            let Some((token, registered)) = token.zip(registered) else {
                return Ok(nobody(Why::NeverIssued));
            };
            let fault = if token.expires <= at {
                Some(
                    Why::Expired
                        .said([("at", token.expires.into())])
                        .to_string(),
                )
            } else {
                shut(&registered, at)
            };
            Ok(Sender {
                provider: Some(registered.provider.id),
                credential: Some(token.id),
                fault,
            })
        }
        Shown::Client(client_id) => {
            let Some(registered) = providers::find_by_client_id(tx, client_id)? else {
                return Ok(unproven.map_or_else(|| nobody(Why::UnknownClient), stranger));
            };
            let fault = shut(&registered, at).or(unproven);
            let fault = fault.unwrap_or_else(|| Why::WrongSecret.english().to_owned());
            Ok(Sender {
                provider: Some(registered.provider.id),
                credential: None,
                fault: Some(fault),
            })
        }
    }
}

/// Why a client's proof does not hold.
fn unproven(refusal: &Refusal) -> Option<String> {
    let Some(unproven) = refusal.unproven else {
        let unread = Why::unread_proof(&refusal.answer)?;
        return Some(unread.english().to_owned());
    };
    Some(match &refusal.keys_missing {
        Some((address, why)) if unproven == Unproven::NoKey => Why::KeysMissing
            .said([
                ("address", address.as_str().into()),
                ("why", why.as_str().into()),
            ])
            .to_string(),
        _ => Why::from(unproven).english().to_owned(),
    })
}

/// Why no credential of a provider works at all.
fn shut(registered: &Registered, at: DateTime<Utc>) -> Option<String> {
    gate::credential_gate(&registered.provider, at)
        .err()
        .map(|refusal| refusal.to_string())
}

impl From<requests::Refused> for RefusedRequest {
    fn from(kept: requests::Refused) -> Self {
        let mut refused = Self {
            advice: String::new(),
            trace_id: kept.id,
            at: kept.at,
            provider: kept.provider,
            credential: kept.credential,
            endpoint: kept.endpoint,
            method: kept.method,
            target: kept.target,
            address: kept.address,
            user_agent: kept.user_agent,
            status: kept.status,
            code: kept.code,
            answer: kept.answer,
            reason: kept.reason,
            body: kept.body,
        };
        let what_to_do = refused.what_to_do().english();
        what_to_do.clone_into(&mut refused.advice);
        refused
    }
}

/// Keeps the beginning of a text that is too long, and no NUL, which PostgreSQL cannot store.
fn cut(text: &mut String, most: usize) {
    if text.contains('\0') {
        *text = text.replace('\0', "\u{fffd}");
    }
    if text.len() > most {
        let mut end = most;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("...");
    }
}

#[cfg(test)]
mod tests;
