//! What time alone changes: what is to come, and an event for each at its instant.

use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;
use vestibule_domain::event::{Actor, Subject};
use vestibule_domain::timeline::MomentKind;
use vestibule_domain::{AccessRequestId, BlockId, Mistake, ProviderId, VendorId};
use vestibule_storage::timeline::{self, Choice};
use vestibule_storage::{Write, blocks};

pub use vestibule_storage::timeline::{Moment, TimelineSort};

use crate::changes::made;
use crate::links::LetIn;
use crate::pages::{Page, PageQuery};
use crate::{AdminCall, Change, Error, Role, Service, access_requests};

/// Moments recorded in one step.
const TOLD: i64 = 500;

/// Which moments to come are wanted, the next one first.
#[derive(Debug, Clone, Default)]
pub struct TimelineQuery {
    pub kind: Option<MomentKind>,
    pub provider: Option<ProviderId>,
    /// What happens to this vendor and to the links of its people.
    pub vendor: Option<VendorId>,
    /// Only what happens at this instant or later; never what has happened.
    pub from: Option<DateTime<Utc>>,
    /// Only what happens before this instant.
    pub to: Option<DateTime<Utc>>,
    pub page: PageQuery<TimelineSort>,
}

impl Service {
    /// What time alone will change from now on, as things stand.
    pub fn timeline(&self, call: &AdminCall, query: &TimelineQuery) -> Result<Page<Moment>, Error> {
        if let (Some(from), Some(to)) = (query.from, query.to)
            && to <= from
        {
            return Err(Error::invalid("to", &Mistake::NotAfterFrom.said([])));
        }
        let now = self.now();
        let asked = self.asked(&query.page, (TimelineSort::At, false))?;
        // Instants are whole microseconds: at `from` or later is after the one before.
        let before_from = query
            .from
            .map(|from| from - chrono::Duration::microseconds(1));
        let choice = Choice {
            kind: query.kind,
            provider: query.provider,
            vendor: query.vendor,
            after: Some(before_from.map_or(now, |from| from.max(now))),
            before: query.to,
        };
        self.store().read(|tx| {
            crate::admin::admit(tx, call, Role::Auditor, now)?;
            let found = timeline::list(tx, &choice, asked.page())?;
            Ok(asked.answer(found, timeline::place))
        })
    }

    /// Records what time has changed since the last call, each change once, whichever node calls.
    /// Answers how many; fewer than 500 when no more are waiting or another node is at it.
    pub fn tell_time(&self) -> Result<usize, Error> {
        let service = self.clone();
        self.store().write("timeline.tell", move |tx| {
            let now = service.now();
            let moments = timeline::advance(tx, now, TOLD)?;
            for moment in &moments {
                service.tell_moment(tx, moment, now)?;
            }
            Ok(moments.len())
        })
    }

    /// Records what time has changed of one thing, before its dates are changed and nobody can know any more.
    pub(crate) fn tell_of(
        &self,
        tx: &mut Write<'_>,
        subject: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        for moment in timeline::advance_of(tx, subject, now)? {
            self.tell_moment(tx, &moment, now)?;
        }
        Ok(())
    }

    fn tell_moment(
        &self,
        tx: &mut Write<'_>,
        moment: &Moment,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if moment.kind == MomentKind::AccessRequestExpired {
            access_requests::run_out(tx, AccessRequestId::from_uuid(moment.subject), now)?;
        }
        let event = self.record(
            tx,
            Change {
                id: None,
                at: now,
                actor: Actor::System,
                action: moment.kind.action(),
                subject: Subject {
                    kind: moment.kind.subject(),
                    id: moment.subject,
                },
                provider: moment.provider,
                cause: None,
                request_id: None,
                payload: made(json!({"at": moment.at, "name": moment.name})),
            },
        );
        if moment.kind == MomentKind::BlockEnded
            && let Some(block) = blocks::find(tx, BlockId::from_uuid(moment.subject))?
        {
            let people = blocks::people(tx, &block)?;
            self.consider(tx, LetIn::People(&people), event, now)?;
        }
        Ok(())
    }
}
