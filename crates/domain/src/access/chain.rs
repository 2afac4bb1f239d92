//! The chain while it is being written.

use chrono::{DateTime, Utc};

use super::decision::{Change, ChangeKind, Check, Decision, Step, Verdict};
use super::facts::AccessGroupFacts;
use super::sentences::{Instruction, Reason};
use crate::ids::EventId;
use crate::said::Said;

/// Steps made so far, and what would repair those that failed.
#[derive(Debug, Default)]
pub(super) struct Chain {
    steps: Vec<Step>,
    flip: Vec<Change>,
}

impl Chain {
    pub(super) fn holds(&mut self, check: Check, detail: Said, event: Option<EventId>) {
        self.steps.push(Step {
            check,
            holds: true,
            detail,
            event,
        });
    }

    /// A step that fails comes with the change that repairs it.
    pub(super) fn fails(
        &mut self,
        check: Check,
        detail: Said,
        event: Option<EventId>,
        kind: ChangeKind,
        explanation: Said,
    ) {
        self.steps.push(Step {
            check,
            holds: false,
            detail,
            event,
        });
        self.then(kind, explanation);
    }

    /// A further change for the step that failed last.
    pub(super) fn then(&mut self, kind: ChangeKind, explanation: Said) {
        self.flip.push(Change {
            kind,
            explanation,
            wait_until: None,
        });
    }

    /// When time alone does what the last change would.
    pub(super) fn or_wait(&mut self, until: DateTime<Utc>) {
        if let Some(last) = self.flip.last_mut() {
            last.wait_until = Some(until);
        }
    }

    /// The last check of every way in.
    pub(super) fn access_group_enabled(&mut self, access_group: &AccessGroupFacts) {
        let AccessGroupFacts {
            id,
            name,
            enabled,
            event,
            approvals: _,
        } = access_group;
        if *enabled {
            let detail = Reason::AccessGroupEnabled.said([("access_group", name.into())]);
            self.holds(Check::AccessGroupEnabled, detail, Some(*event));
        } else {
            let detail = Reason::AccessGroupDisabled.said([("access_group", name.into())]);
            self.fails(
                Check::AccessGroupEnabled,
                detail,
                Some(*event),
                ChangeKind::EnableAccessGroup { access_group: *id },
                Instruction::EnableAccessGroup.said([("access_group", name.into())]),
            );
        }
    }

    /// How many changes it is away from "allowed".
    pub(super) fn distance(&self) -> usize {
        self.flip.len()
    }

    pub(super) fn append(&mut self, rest: Self) {
        self.steps.extend(rest.steps);
        self.flip.extend(rest.flip);
    }

    /// `end`: the instant at which time alone would end what is allowed.
    pub(super) fn conclude(mut self, at: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Decision {
        // Stable: changes of one turn stay in the order of the checks.
        self.flip.sort_by_key(|change| change.kind.turn());
        let allowed = self.steps.iter().all(|step| step.holds);
        Decision {
            verdict: if allowed {
                Verdict::Allowed
            } else {
                Verdict::Refused
            },
            at,
            chain: self.steps,
            flip: self.flip,
            until: end.filter(|_| allowed),
        }
    }
}
