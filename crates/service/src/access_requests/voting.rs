//! Votes on access requests, and what they come to.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_domain::access_request::{
    AccessRequest, RequestState, Voice, Vote, approvals_needed, tally,
};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::link::{LinkOrigin, vendor_of};
use vestibule_domain::settings::{self, MAX_TEXT};
use vestibule_domain::{AccessRequestId, EventId, Hindrance};
use vestibule_storage::access_requests as stored;
use vestibule_storage::{Write, access_groups};

use super::{AccessRequestDetails, about, decide, details, find, policy, standing, wanted};
use crate::changes::moved;
use crate::links::{Forwarding, Grounds, NewLink};
use crate::{AdminCall, Change, Error, Operator, Role, Service};

/// A request after a vote.
#[derive(Debug)]
pub struct Voted {
    pub details: AccessRequestDetails,
    /// The link, once the last approval has come.
    pub link: Option<NewLink>,
}

impl Service {
    /// Approves a request or speaks against it. With the last approval the link is made; what stands
    /// in its way is answered, and then the vote has not counted.
    pub fn vote_on_access(
        &self,
        call: &AdminCall,
        id: AccessRequestId,
        approves: bool,
        comment: Option<String>,
    ) -> Result<Voted, Error> {
        let (service, call) = (self.clone(), call.clone());
        self.store().write("access_requests.vote", move |tx| {
            let now = service.now();
            let operator = crate::admin::admit(tx, &call, Role::Operator, now)?;
            if let Some(comment) = &comment {
                settings::line("comment", comment, MAX_TEXT)?;
            }
            let mut request = find(tx, id)?;
            let policy = access_groups::find(tx, request.access_group)?
                .ok_or_else(|| Error::Conflict(Hindrance::AccessGroupGone.said([])))?
                .access_group
                .settings;
            let mut votes = stored::votes(tx, id)?;
            let voice = Voice::of(&operator.actor);
            request.admits(&voice, &votes, &policy, now)?;
            let action = if approves {
                Action::AccessRequestApproved
            } else {
                Action::AccessRequestDisapproved
            };
            votes = standing(tx, &votes)?;
            let level = tally(&policy, &votes).level;
            let event = service.record(
                tx,
                Change {
                    payload: Payload {
                        before: None,
                        after: Some(json!({"by": voice, "approves": approves, "level": level})),
                        why: comment.clone(),
                    },
                    ..about(&operator, action, &request, now)
                },
            );
            let vote = Vote {
                voice,
                approves,
                level,
                comment: comment.clone(),
                at: now,
                event,
            };
            stored::add_vote(tx, id, &vote)?;
            votes.push(vote);
            request.version += 1;
            let link =
                service.conclude(tx, &operator, &mut request, &policy, &votes, event, now)?;
            stored::replace(tx, &request)?;
            Ok(Voted {
                details: details(tx, request, now)?,
                link,
            })
        })
    }

    /// Does what the votes come to, if they come to anything.
    #[expect(
        clippy::too_many_arguments,
        reason = "the request, by whom, why and when"
    )]
    fn conclude(
        &self,
        tx: &mut Write<'_>,
        operator: &Operator,
        request: &mut AccessRequest,
        policy: &AccessGroupSettings,
        votes: &[Vote],
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<Option<NewLink>, Error> {
        let tallied = tally(policy, votes);
        let Some(outcome) = tallied.outcome else {
            return Ok(None);
        };
        // The access group may ask for less by now: still only an approval makes the link, and only a word
        // against it ends it without one.
        let last = votes.last().is_some_and(|vote| vote.approves);
        if (outcome == RequestState::Approved) != last {
            // What would be the last approval is told what stands in its way.
            if last && tallied.approvals >= approvals_needed(policy) {
                return Err(Error::Conflict(Hindrance::DisapprovedByNow.said([
                    ("disapprovals", tallied.disapprovals.to_string().into()),
                    ("access_group", (&policy.name).into()),
                ])));
            }
            return Ok(None);
        }
        decide(request, outcome, now);
        let action = if outcome == RequestState::Approved {
            Action::AccessRequestGranted
        } else {
            Action::AccessRequestCancelled
        };
        let event = self.id(EventId::from_uuid, now);
        let concluded = Change {
            id: Some(event),
            cause: Some(cause),
            ..about(operator, action, request, now)
        };
        let link = if outcome == RequestState::Approved {
            let template = Change {
                id: None,
                cause: Some(event),
                ..concluded.clone()
            };
            Some(self.grant(tx, request, policy, &template)?)
        } else {
            None
        };
        request.link = link.as_ref().map(|made| made.link.id);
        self.record(
            tx,
            Change {
                payload: moved(
                    json!({"state": RequestState::Pending, "link": null}),
                    json!({"state": request.state, "link": request.link}),
                ),
                ..concluded
            },
        );
        Ok(link)
    }

    /// Makes the link that was asked for, later or shorter if its start has come meanwhile.
    fn grant(
        &self,
        tx: &mut Write<'_>,
        request: &AccessRequest,
        policy: &AccessGroupSettings,
        template: &Change,
    ) -> Result<NewLink, Error> {
        refuse_unless_unmoved(tx, request, policy)?;
        // The locks may have been waited for.
        let now = self.now();
        let mut wanted = wanted(&request.asked);
        if let Some(start) = wanted.start.filter(|start| *start < now) {
            wanted.start = None;
            let left = |duration: Duration| start + duration - now;
            wanted.duration = wanted
                .duration
                .map(|duration| left(duration).max(Duration::minutes(1)));
        }
        let forwarding = if request.asked.mailed {
            Forwarding::Mailed
        } else {
            Forwarding::Shown
        };
        self.give_link(
            tx,
            request.user,
            wanted,
            LinkOrigin::Request,
            forwarding,
            template,
        )
    }
}

/// The approvals are those of the access group by which the person got in when it was asked for: they count
/// for no other vendor and no other access group, and for nothing that the access group would not take by now.
fn refuse_unless_unmoved(
    tx: &mut Write<'_>,
    request: &AccessRequest,
    settings: &AccessGroupSettings,
) -> Result<(), Error> {
    let Grounds { facts, .. } = Grounds::held(tx, request.user)?;
    // The locks may have been waited for while somebody asked for more approvals.
    let asks = access_groups::find(tx, request.access_group)?;
    if asks.is_none_or(|stored| stored.access_group.settings != *settings) {
        return Err(vestibule_storage::Error::Stale.into());
    }
    let hindrance = if vendor_of(&facts).0 != request.vendor {
        Hindrance::VendorChanged
    } else if policy(tx, &facts)?.is_some_and(|policy| policy.id != request.access_group) {
        Hindrance::AccessGroupChanged
    } else if settings.governance_id_required && request.asked.governance_id.is_none() {
        Hindrance::GovernanceIdMissing
    } else {
        return Ok(());
    };
    let person = (&request.user_name).into();
    Err(Error::Conflict(hindrance.said([("person", person)])))
}
