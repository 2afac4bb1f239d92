//! Access requests: asked for by one administrator, approved by others as the access group says, and
//! then a link.

mod voting;

use std::collections::HashSet;

use chrono::{DateTime, Duration, SubsecRound as _, Utc};
use serde::Serialize;
use serde_json::json;
use vestibule_domain::access::Facts;
use vestibule_domain::access_group::{AccessGroup, AccessGroupSettings};
use vestibule_domain::access_request::{
    AccessRequest, Asked, RequestState, Tally, Voice, Vote, VoteError, approvals_needed, tally,
};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::link::{Wanted, vendor_of};
use vestibule_domain::{AccessRequestId, GroupId, Hindrance, ProviderId, UserId, VendorId};
use vestibule_storage::access_requests::{self as stored, Choice};
use vestibule_storage::administrators::{self, Administrator};
use vestibule_storage::{Read, Write, access_groups};

pub use vestibule_storage::access_requests::AccessRequestSort;
pub use voting::Voted;

use crate::changes::{made, moved, value};
use crate::links::Grounds;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Operator, Role, Service, access};

/// Which requests are wanted, oldest first.
#[derive(Debug, Clone, Default)]
pub struct AccessRequestQuery {
    pub user: Option<UserId>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    pub state: Option<RequestState>,
    pub page: PageQuery<AccessRequestSort>,
}

/// A request with all that was said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessRequestDetails {
    pub request: AccessRequest,
    /// Oldest first.
    pub votes: Vec<Vote>,
    pub tally: Tally,
    /// What the access group says now; none once it is gone.
    pub policy: Option<AccessGroupSettings>,
}

impl AccessRequestDetails {
    /// Approvals needed in all levels together.
    pub fn needed(&self) -> Option<u32> {
        self.policy.as_ref().map(approvals_needed)
    }
}

impl Service {
    /// Asks for a link that others have to approve.
    pub fn request_access(
        &self,
        call: &AdminCall,
        user: UserId,
        asked: Asked,
    ) -> Result<AccessRequestDetails, Error> {
        let (service, call) = (self.clone(), call.clone());
        let asked = Asked {
            start: asked.start.map(|start| start.trunc_subsecs(6)),
            ..asked
        };
        self.store().write("access_requests.make", move |tx| {
            let operator = crate::admin::admit(tx, &call, Role::Operator, service.now())?;
            // Nobody makes a second request for the same person meanwhile.
            let Grounds { person, facts } = Grounds::held(tx, user)?;
            // The locks may have been waited for: a button that was pressed meanwhile was pressed before.
            let now = service.now();
            let policy = policy(tx, &facts)?.ok_or_else(|| {
                Error::Conflict(Hindrance::NoPolicy.said([("person", (&person.user_name).into())]))
            })?;
            if approvals_needed(&policy.settings) == 0 {
                return Err(Error::Conflict(Hindrance::NoApprovals.said([
                    ("access_group", (&policy.settings.name).into()),
                    ("person", (&person.user_name).into()),
                ])));
            }
            asked.check(&policy.settings)?;
            refuse_too_few(tx, &policy.settings, &Voice::of(&operator.actor))?;
            let (_, end) = service.may_enter(&person.user_name, &facts, wanted(&asked), now)?;
            if asked.mailed {
                // Said now, not to the last who approves.
                service.check_mailed(&person.user_name, person.email.as_deref())?;
            }
            refuse_second(tx, user, now)?;
            let request = AccessRequest {
                id: service.id(AccessRequestId::from_uuid, now),
                user,
                provider: person.provider,
                user_name: person.user_name,
                vendor: vendor_of(&facts).0,
                access_group: policy.id,
                requester: Voice::of(&operator.actor),
                asked: asked.clone(),
                state: RequestState::Pending,
                created: now,
                expires: AccessRequest::expiry(now, asked.start.map(|_| end)),
                decided: None,
                link: None,
                version: 1,
            };
            let groups = facts.internal_groups();
            stored::insert(tx, &request, &groups)?;
            service.record(
                tx,
                Change {
                    payload: made(value(&Told {
                        request: &request,
                        internal_groups: &groups,
                    })?),
                    ..about(&operator, Action::AccessRequestMade, &request, now)
                },
            );
            details(tx, request, now)
        })
    }

    pub fn list_access_requests(
        &self,
        call: &AdminCall,
        query: &AccessRequestQuery,
    ) -> Result<Page<AccessRequest>, Error> {
        let now = self.now();
        let asked = self.asked(&query.page, (AccessRequestSort::Created, false))?;
        let choice = Choice {
            user: query.user,
            provider: query.provider,
            vendor: query.vendor,
            state: query.state.map(|state| (state, now)),
        };
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let found = stored::list(tx, &choice, asked.page())?;
            Ok(asked
                .answer(found, stored::place)
                .map(|request| as_of(request, now)))
        })
    }

    pub fn find_access_request(
        &self,
        call: &AdminCall,
        id: AccessRequestId,
    ) -> Result<AccessRequestDetails, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let request = find(tx, id)?;
            details(tx, request, now)
        })
    }

    /// The access group by which somebody gets in, and so how many have to approve; none while nothing
    /// that is enabled stands behind them.
    pub fn policy_of(&self, call: &AdminCall, user: UserId) -> Result<Option<AccessGroup>, Error> {
        let now = self.now();
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let facts = access::facts(tx, user)?;
            policy(tx, &facts)
        })
    }

    /// Takes a request back that nobody has decided on: whoever made it, or an administrator.
    pub fn withdraw_access_request(
        &self,
        call: &AdminCall,
        id: AccessRequestId,
    ) -> Result<AccessRequestDetails, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("access_requests.withdraw", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            let request = find(tx, id)?;
            let state = request.state(now);
            if state != RequestState::Pending {
                return Err(VoteError::Decided(state).into());
            }
            let own = request.requester == Voice::of(&operator.actor);
            if !own && operator.role < Role::Administrator {
                return Err(Error::Forbidden(Role::Administrator));
            }
            let template = about(&operator, Action::AccessRequestWithdrawn, &request, now);
            let request = service.withdraw(tx, request, &template)?;
            details(tx, request, now)
        })
    }

    /// Takes a pending request back; `template` says by whom and why.
    pub(crate) fn withdraw(
        &self,
        tx: &mut Write<'_>,
        mut request: AccessRequest,
        template: &Change,
    ) -> Result<AccessRequest, Error> {
        let before = request.state;
        decide(&mut request, RequestState::Withdrawn, template.at);
        request.version += 1;
        stored::replace(tx, &request)?;
        let why = template.payload.why.clone();
        self.record(
            tx,
            Change {
                id: None,
                action: Action::AccessRequestWithdrawn,
                subject: request.id.into(),
                provider: Some(request.provider),
                payload: Payload {
                    why,
                    ..moved(json!({"state": before}), json!({"state": request.state}))
                },
                ..template.clone()
            },
        );
        Ok(request)
    }
}

/// What the event of a new request says.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    request: &'a AccessRequest,
    /// Those that its person was in.
    internal_groups: &'a [GroupId],
}

/// The access group by which somebody gets in, the one that counts when there are several. None when nothing
/// that is enabled stands behind them.
pub(crate) fn policy(tx: &mut Read<'_>, facts: &Facts) -> Result<Option<AccessGroup>, Error> {
    let Some(way) = facts.ways().first().map(|way| way.id) else {
        return Ok(None);
    };
    let found = access_groups::find(tx, way)?;
    Ok(found.map(|stored| stored.access_group))
}

/// Sets a request's state when its time has come, unless it was decided on at the last moment.
pub(crate) fn run_out(
    tx: &mut Write<'_>,
    id: AccessRequestId,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut request = find(tx, id)?;
    if request.state == RequestState::Pending {
        decide(&mut request, RequestState::Expired, now);
        request.version += 1;
        stored::replace(tx, &request)?;
    }
    Ok(())
}

fn decide(request: &mut AccessRequest, state: RequestState, now: DateTime<Utc>) {
    request.state = state;
    request.decided = Some(now);
}

/// Nobody waits for approvals that cannot come, as those who are named stand now.
fn refuse_too_few(
    tx: &mut Read<'_>,
    policy: &AccessGroupSettings,
    requester: &Voice,
) -> Result<(), Error> {
    if policy.approvers.is_empty() {
        return Ok(());
    }
    let mut able = HashSet::new();
    let mut asks_themselves = false;
    for name in &policy.approvers {
        let found = administrators::find_by_name(tx, name)?.filter(may_vote);
        let Some(found) = found else { continue };
        let voice = Voice {
            administrator: Some(found.id),
            name: found.name,
        };
        if voice.is_of(requester) {
            asks_themselves = true;
        } else {
            able.insert(found.id);
        }
    }
    let needed = approvals_needed(policy) as usize;
    if able.len() >= needed {
        return Ok(());
    }
    // Where they would have a say themselves, and that would do.
    let hindrance = if asks_themselves && able.len() + 1 >= needed {
        Hindrance::ApproverAsks
    } else {
        Hindrance::TooFewApprovers
    };
    Err(Error::Conflict(hindrance.said([
        ("access_group", (&policy.name).into()),
        ("needed", needed.to_string().into()),
        ("able", able.len().to_string().into()),
        ("requester", (&requester.name).into()),
    ])))
}

fn may_vote(one: &Administrator) -> bool {
    let role = one.role.parse::<Role>();
    one.enabled && role.is_ok_and(|role| role >= Role::Operator)
}

/// One request at a time, so that it is clear what is decided on.
fn refuse_second(tx: &mut Read<'_>, user: UserId, now: DateTime<Utc>) -> Result<(), Error> {
    let pending = Choice {
        user: Some(user),
        state: Some((RequestState::Pending, now)),
        ..Choice::default()
    };
    let first = vestibule_storage::page::Page::first(AccessRequestSort::Created, 1);
    match stored::list(tx, &pending, &first)?.first() {
        None => Ok(()),
        Some(other) => Err(Error::Conflict(Hindrance::AlreadyAsked.said([
            ("person", (&other.user_name).into()),
            ("request", other.id.to_string().into()),
        ]))),
    }
}

fn wanted(asked: &Asked) -> Wanted {
    Wanted {
        start: asked.start,
        // Longer than any number of minutes is longer than the longest, too.
        duration: asked
            .duration_minutes
            .map(|minutes| Duration::try_minutes(minutes).unwrap_or(Duration::MAX)),
    }
}

/// The start of an event about a request.
fn about(
    operator: &Operator,
    action: Action,
    request: &AccessRequest,
    at: DateTime<Utc>,
) -> Change {
    Change {
        provider: Some(request.provider),
        ..operator.change(action, request.id, at)
    }
}

fn find(tx: &mut Read<'_>, id: AccessRequestId) -> Result<AccessRequest, Error> {
    stored::find(tx, id)?.ok_or(Error::NotFound("access request"))
}

/// A request as it is at an instant, also before its running out was recorded.
fn as_of(request: AccessRequest, now: DateTime<Utc>) -> AccessRequest {
    AccessRequest {
        state: request.state(now),
        ..request
    }
}

fn details(
    tx: &mut Read<'_>,
    request: AccessRequest,
    now: DateTime<Utc>,
) -> Result<AccessRequestDetails, Error> {
    let votes = stored::votes(tx, request.id)?;
    let policy =
        access_groups::find(tx, request.access_group)?.map(|stored| stored.access_group.settings);
    let rules = policy.clone().unwrap_or_default();
    Ok(AccessRequestDetails {
        // What was decided on was decided by all of them.
        tally: if request.state == RequestState::Pending {
            tally(&rules, &standing(tx, &votes)?)
        } else {
            tally(&rules, &votes)
        },
        request: as_of(request, now),
        votes,
        policy,
    })
}

/// The votes of those who may vote by now: whoever was deleted, shut out or made an auditor has no say.
fn standing(tx: &mut Read<'_>, votes: &[Vote]) -> Result<Vec<Vote>, Error> {
    let mut standing = Vec::with_capacity(votes.len());
    for vote in votes {
        let may = match vote.voice.administrator {
            None => true,
            Some(id) => administrators::find(tx, id)?.as_ref().is_some_and(may_vote),
        };
        if may {
            standing.push(vote.clone());
        }
    }
    Ok(standing)
}

impl From<VoteError> for Error {
    fn from(error: VoteError) -> Self {
        Self::Conflict(error.hindrance().said([]))
    }
}
