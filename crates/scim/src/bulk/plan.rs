//! The order of a request's operations.

use std::collections::{BTreeSet, HashMap};

use super::{BulkMethod, BulkOperation, BulkRefusal};

/// One thing to do. The numbers are places in [`BulkRequest::operations`](super::BulkRequest).
///
/// RFC 7644, section 3.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Answer what was refused, or perform what [`BulkOperation::resolve`] gives.
    Run(usize),
    /// A POST in a circle: create what [`BulkOperation::resolve_known`] gives. It is answered when
    /// it is completed.
    Begin(usize),
    /// Everything it refers to exists by now: replace what was begun, as a PUT would, with what
    /// [`BulkOperation::resolve`] gives.
    Complete(usize),
}

/// Everything once, what is referred to first, otherwise in the order sent.
pub(super) fn steps(operations: &[Result<BulkOperation, BulkRefusal>]) -> Vec<Step> {
    let creators: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| {
            let operation = operation.as_ref().ok()?;
            let id = operation.bulk_id.as_deref()?;
            (operation.method == BulkMethod::Post).then_some((id, index))
        })
        .collect();
    // What was refused creates nothing: who refers to it need not wait, and fails when resolved.
    let awaits: Vec<BTreeSet<usize>> = operations
        .iter()
        .map(|operation| match operation {
            Ok(operation) => operation
                .references
                .iter()
                .filter_map(|id| creators.get(id.as_str()).copied())
                .collect(),
            Err(_) => BTreeSet::new(),
        })
        .collect();
    Planner::new(awaits).steps()
}

struct Planner {
    /// What each operation still waits for.
    awaits: Vec<BTreeSet<usize>>,
    awaited_by: Vec<Vec<usize>>,
    begun: Vec<bool>,
    /// Neither run nor completed.
    waiting: BTreeSet<usize>,
    ready: BTreeSet<usize>,
    steps: Vec<Step>,
}

impl Planner {
    fn new(awaits: Vec<BTreeSet<usize>>) -> Self {
        let mut awaited_by = vec![Vec::new(); awaits.len()];
        for (index, awaited) in awaits.iter().enumerate() {
            for creator in awaited {
                if let Some(list) = awaited_by.get_mut(*creator) {
                    list.push(index);
                }
            }
        }
        let ready = awaits
            .iter()
            .enumerate()
            .filter(|(_, awaited)| awaited.is_empty())
            .map(|(index, _)| index)
            .collect();
        Self {
            begun: vec![false; awaits.len()],
            waiting: (0..awaits.len()).collect(),
            steps: Vec::with_capacity(awaits.len()),
            awaits,
            awaited_by,
            ready,
        }
    }

    fn steps(mut self) -> Vec<Step> {
        loop {
            if let Some(index) = self.ready.pop_first() {
                self.waiting.remove(&index);
                if self.begun.get(index) == Some(&true) {
                    self.steps.push(Step::Complete(index));
                } else {
                    self.steps.push(Step::Run(index));
                    self.exists(index);
                }
            } else if let Some(index) = self.in_a_circle() {
                self.steps.push(Step::Begin(index));
                if let Some(begun) = self.begun.get_mut(index) {
                    *begun = true;
                }
                self.exists(index);
            } else {
                return self.steps;
            }
        }
    }

    /// Nobody waits any longer for what `index` creates.
    fn exists(&mut self, index: usize) {
        for waiting in self.awaited_by.get(index).into_iter().flatten() {
            if let Some(awaited) = self.awaits.get_mut(*waiting)
                && awaited.remove(&index)
                && awaited.is_empty()
            {
                self.ready.insert(*waiting);
            }
        }
    }

    /// An operation that waits for itself, directly or by way of others. Whoever waits when nothing
    /// is ready waits for somebody who waits, so going on from any one of them ends in a circle.
    /// Of its operations the first is taken.
    fn in_a_circle(&self) -> Option<usize> {
        let mut way = Vec::new();
        let mut place = vec![None; self.awaits.len()];
        let mut at = *self.waiting.first()?;
        loop {
            let place = place.get_mut(at)?;
            if let Some(start) = *place {
                return way.get(start..)?.iter().min().copied();
            }
            *place = Some(way.len());
            way.push(at);
            at = *self.awaits.get(at)?.first()?;
        }
    }
}
