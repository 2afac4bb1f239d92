//! Many operations in one request (RFC 7644, section 3.7): in few transactions, each operation in a
//! part of its own, so that it succeeds or fails alone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use vestibule_oauth::Scopes;
use vestibule_scim::bulk::{BulkMethod, OperationResponse, Resolved, Step};
use vestibule_scim::fold::fold;
use vestibule_scim::{BulkOperation, BulkRequest, BulkResponse, Tolerances};
use vestibule_storage::{Failure as _, Write, memberships, users};

use crate::caller::Tally;
use crate::representation::entity_tag;
use crate::resources::{Changed, Operation};
use crate::types::Kind;
use crate::{Call, Caller, Error, Precondition, Representation, Service, Submitted, Wanted};

/// Steps in one transaction: others must not wait long for the database.
const STEPS: usize = 100;

/// How far a request has come.
#[derive(Debug, Clone, Default)]
struct Progress {
    /// Steps that were taken.
    taken: usize,
    /// Of created resources, by `bulkId`.
    ids: HashMap<String, String>,
    /// Answers by the place of their operation in the request.
    answers: BTreeMap<usize, OperationResponse>,
    /// Resources in a circle that are not yet what was asked for, by the same.
    begun: BTreeMap<usize, Begun>,
    errors: u64,
}

#[derive(Debug, Clone)]
struct Begun {
    endpoint: String,
    id: String,
}

impl Service {
    /// Performs what can be performed and answers for each operation. The request as a whole is
    /// refused only before anything is done: 413 beyond the limits, 400 for another message.
    pub fn bulk(
        &self,
        call: &Call,
        body: Result<Vec<u8>, vestibule_scim::Error>,
    ) -> Result<BulkResponse, Error> {
        self.counted(|tally| self.bulk_counted(call, body, tally))
    }

    fn bulk_counted(
        &self,
        call: &Call,
        body: Result<Vec<u8>, vestibule_scim::Error>,
        tally: &Arc<Tally>,
    ) -> Result<BulkResponse, Error> {
        let provider = self.store().read(|tx| {
            let now = self.now();
            let caller = self.authenticate(tx, tally, &call.presented, Scopes::WRITE, now)?;
            Ok::<_, Error>(caller.provider)
        })?;
        let limits = &self.settings().limits;
        let mut tolerances = Tolerances::new(provider.settings.dialect);
        let request = Arc::new(BulkRequest::parse(&body?, limits, &mut tolerances)?);
        self.telemetry()
            .tolerated(provider.id, &tolerances, self.now());
        let steps = Arc::new(request.plan());
        let least = least_name(&request);
        let mut progress = Progress::default();
        let base = &call.base;
        while progress.taken < steps.len() {
            let (service, call, noted) = (self.clone(), call.clone(), Arc::clone(tally));
            let (sent, steps, from) = (request.clone(), steps.clone(), progress.clone());
            let least = least.clone();
            let further = self.store().write("bulk", move |tx| {
                let now = service.now();
                let presented = &call.presented;
                let caller = service.authenticate(tx, &noted, presented, Scopes::WRITE, now)?;
                let job = Job {
                    service: &service,
                    caller: &caller,
                    base: &call.base,
                    now,
                    request: &sent,
                    least: least.as_deref(),
                };
                job.go_on(tx, &steps, from.clone())
            });
            self.count(tally);
            progress = match further {
                Ok(progress) => progress,
                Err(error) if progress.taken == 0 => return Err(error),
                // What is done is done: the rest is answered with what stopped it.
                Err(error) => {
                    fail_rest(&request, base, &mut progress, &error);
                    break;
                }
            };
        }
        Ok(BulkResponse {
            operations: progress.answers.into_values().collect(),
        })
    }
}

/// The least of the folded names of the people whom a request creates: the same for all that create the same.
fn least_name(request: &BulkRequest) -> Option<String> {
    let created = request.operations.iter().flatten();
    let names = created
        .filter(|operation| operation.method == BulkMethod::Post)
        .filter_map(|operation| operation.data.as_ref()?.get("userName")?.as_str());
    names.map(fold).min()
}

/// What is the same for all operations of one transaction.
struct Job<'a> {
    service: &'a Service,
    caller: &'a Caller,
    base: &'a str,
    now: DateTime<Utc>,
    request: &'a BulkRequest,
    /// As [`least_name`] has it.
    least: Option<&'a str>,
}

impl Job<'_> {
    /// Takes the next steps.
    fn go_on(
        &self,
        tx: &mut Write<'_>,
        steps: &[Step],
        mut progress: Progress,
    ) -> Result<Progress, Error> {
        let mut next = steps.iter().skip(progress.taken).take(STEPS);
        if !next.all(|step| self.only_creates_a_user(*step)) {
            // Before any row: a later operation may take it, and an earlier one hold what others wait for.
            memberships::lock(tx, self.caller.provider.id)?;
        }
        if let Some(least) = self.least {
            // Whoever creates the same people in another order would wait for this one in a circle.
            users::lock_least(tx, self.caller.provider.id, least)?;
        }
        for step in steps.iter().skip(progress.taken).take(STEPS) {
            progress.taken += 1;
            match *step {
                Step::Run(place) => self.run(tx, place, &mut progress)?,
                Step::Begin(place) => self.begin(tx, place, &mut progress)?,
                Step::Complete(place) => self.complete(tx, place, &mut progress)?,
            }
            if self.request.stops_after(progress.errors) {
                for (_, begun) in std::mem::take(&mut progress.begun) {
                    self.take_back(tx, &begun)?;
                }
                progress.taken = steps.len();
                break;
            }
        }
        Ok(progress)
    }

    /// Whether a step makes a user, which takes no lock of the provider's, or nothing at all.
    fn only_creates_a_user(&self, step: Step) -> bool {
        let Step::Run(place) = step else { return false };
        match self.request.operations.get(place) {
            Some(Ok(operation)) if operation.method == BulkMethod::Post => {
                let at = self.caller.types.at(&operation.path.endpoint);
                at.is_ok_and(|found| Kind::of(found) == Kind::User)
            }
            // What was refused touches nothing at all.
            Some(Err(_)) | None => true,
            Some(Ok(_)) => false,
        }
    }

    fn run(&self, tx: &mut Write<'_>, place: usize, progress: &mut Progress) -> Result<(), Error> {
        match self.request.operations.get(place) {
            None => {}
            Some(Err(refusal)) => {
                progress.errors += 1;
                let answer = OperationResponse::refusal(refusal, self.base);
                progress.answers.insert(place, answer);
            }
            Some(Ok(operation)) => {
                let outcome = match operation.resolve(&progress.ids) {
                    Ok(mut resolved) => {
                        let prepared = self.prepare(operation, &mut resolved);
                        let outcome = self.perform(tx, prepared)?;
                        outcome.map(|changed| (resolved, changed))
                    }
                    Err(error) => Err(error),
                };
                match outcome {
                    Ok((resolved, changed)) => {
                        self.answer(progress, place, operation, &resolved, &changed);
                    }
                    Err(error) => self.refuse(progress, place, operation, error),
                }
            }
        }
        Ok(())
    }

    /// Creates a resource of a circle without what closes the circle.
    fn begin(
        &self,
        tx: &mut Write<'_>,
        place: usize,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let Some(Ok(operation)) = self.request.operations.get(place) else {
            return Ok(());
        };
        let mut resolved = operation.resolve_known(&progress.ids);
        let prepared = self.prepare(operation, &mut resolved);
        match self.perform(tx, prepared)? {
            Ok(changed) => {
                let shown = changed.shown();
                let id = shown.as_ref().map(Representation::id).unwrap_or_default();
                let begun = Begun {
                    endpoint: resolved.endpoint,
                    id: id.to_owned(),
                };
                if let Some(name) = &operation.bulk_id {
                    progress.ids.insert(name.clone(), begun.id.clone());
                }
                progress.begun.insert(place, begun);
            }
            Err(error) => self.refuse(progress, place, operation, error),
        }
        Ok(())
    }

    /// Gives a resource of a circle what it was begun without; where that cannot be, it was not created.
    fn complete(
        &self,
        tx: &mut Write<'_>,
        place: usize,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let Some(Ok(operation)) = self.request.operations.get(place) else {
            return Ok(());
        };
        let Some(begun) = progress.begun.remove(&place) else {
            return Ok(());
        };
        let outcome = match operation.resolve(&progress.ids) {
            Ok(mut resolved) => {
                let prepared = self.service.replacement(
                    &resolved.endpoint,
                    &begun.id,
                    Precondition::NONE,
                    submitted(self.base, resolved.data.take()),
                );
                let outcome = self.perform(tx, prepared)?;
                outcome.map(|changed| (resolved, changed))
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok((resolved, changed)) => {
                self.answer(progress, place, operation, &resolved, &changed);
            }
            Err(error) => {
                self.take_back(tx, &begun)?;
                // Section 3.7.1: what cannot be resolved is a 409. The ids in the circle are nobody's from now on.
                let named = |detail: String, (name, id): (&String, &String)| {
                    detail.replace(id.as_str(), &format!("bulkId:{name}"))
                };
                let detail = progress.ids.iter().fold(error.detail, named);
                let error = vestibule_scim::Error::new(409, None, detail);
                self.refuse(progress, place, operation, error);
                self.take_back_behind(tx, operation, progress)?;
            }
        }
        Ok(())
    }

    /// Takes back what was created with a reference to what was not created after all.
    fn take_back_behind(
        &self,
        tx: &mut Write<'_>,
        gone: &BulkOperation,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let mut names: Vec<String> = gone.bulk_id.iter().cloned().collect();
        while let Some(name) = names.pop() {
            progress.ids.remove(&name);
            for (place, operation) in self.request.operations.iter().enumerate() {
                let Ok(operation) = operation else { continue };
                let Some(created) = operation.bulk_id.as_ref() else {
                    continue;
                };
                let is_behind = operation.method == BulkMethod::Post
                    && operation.references.contains(&name)
                    && progress.answers.contains_key(&place);
                let Some(id) = progress.ids.get(created).filter(|_| is_behind).cloned() else {
                    continue;
                };
                let endpoint = operation.path.endpoint.clone();
                self.take_back(tx, &Begun { endpoint, id })?;
                let detail = format!("bulkId:{name}, which it refers to, could not be created");
                let error = vestibule_scim::Error::new(409, None, detail);
                self.refuse(progress, place, operation, error);
                names.push(created.clone());
            }
        }
        Ok(())
    }

    fn take_back(&self, tx: &mut Write<'_>, begun: &Begun) -> Result<(), Error> {
        let removal = self
            .service
            .removal(&begun.endpoint, &begun.id, Precondition::NONE);
        self.perform(tx, removal).map(drop)
    }

    /// Takes the data away.
    fn prepare(&self, operation: &BulkOperation, resolved: &mut Resolved) -> Operation {
        let endpoint = &resolved.endpoint;
        let id = resolved.id.as_deref().unwrap_or_default();
        let precondition = Precondition::parse(operation.version.as_deref(), None);
        let submitted = submitted(self.base, resolved.data.take());
        match operation.method {
            BulkMethod::Post => self.service.creation(endpoint, submitted),
            BulkMethod::Put => self
                .service
                .replacement(endpoint, id, precondition, submitted),
            BulkMethod::Patch => self
                .service
                .modification(endpoint, id, precondition, submitted),
            BulkMethod::Delete => self.service.removal(endpoint, id, precondition),
        }
    }

    /// The outer error is one that ends the transaction, the inner that of this operation alone.
    fn perform(
        &self,
        tx: &mut Write<'_>,
        mut operation: Operation,
    ) -> Result<Result<Changed, vestibule_scim::Error>, Error> {
        let Self {
            service,
            caller,
            base,
            now,
            ..
        } = self;
        match tx.attempt(|tx| service.perform(tx, caller, base, &mut operation, *now)) {
            Ok(changed) => Ok(Ok(changed)),
            Err(error) if error.is_passing() => Err(error),
            Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
            Err(error) => Ok(Err(error.scim())),
        }
    }

    fn answer(
        &self,
        progress: &mut Progress,
        place: usize,
        operation: &BulkOperation,
        resolved: &Resolved,
        changed: &Changed,
    ) {
        let status = match (operation.method, changed) {
            (BulkMethod::Post, _) => 201,
            (_, Changed::Shown(_)) => 200,
            (_, Changed::Unshown(_) | Changed::Gone) => 204,
        };
        let location = match changed {
            Changed::Shown(shown) => shown.location.clone(),
            Changed::Unshown(_) | Changed::Gone => self.location(resolved),
        };
        let mut answer = OperationResponse::success(operation, status, location);
        answer = match changed {
            Changed::Shown(shown) => answer.with_version(shown.tag.clone()),
            Changed::Unshown(version) => answer.with_version(entity_tag(*version)),
            Changed::Gone => answer,
        };
        if let (Changed::Shown(shown), BulkMethod::Post, Some(name)) =
            (changed, operation.method, &operation.bulk_id)
        {
            progress.ids.insert(name.clone(), shown.id().to_owned());
        }
        progress.answers.insert(place, answer);
    }

    fn refuse(
        &self,
        progress: &mut Progress,
        place: usize,
        operation: &BulkOperation,
        error: vestibule_scim::Error,
    ) {
        progress.errors += 1;
        let resolved = operation.resolve(&progress.ids).ok();
        let location = match resolved {
            Some(resolved) => self.location(&resolved),
            None => format!("{}{}", self.base, operation.path),
        };
        progress.answers.insert(
            place,
            OperationResponse::failure(operation, location, error),
        );
    }

    fn location(&self, resolved: &Resolved) -> String {
        let id = resolved.id.as_deref().unwrap_or_default();
        format!("{}{}/{id}", self.base, resolved.endpoint)
    }
}

fn submitted(base: &str, data: Option<serde_json::Value>) -> Submitted {
    Submitted {
        base: base.to_owned(),
        body: Ok(data.unwrap_or_default()),
        wanted: Ok(Wanted::default()),
    }
}

fn fail_rest(request: &BulkRequest, base: &str, progress: &mut Progress, error: &Error) {
    for (place, operation) in request.operations.iter().enumerate() {
        let answer = match operation {
            Ok(operation) => {
                let location = format!("{base}{}", operation.path);
                OperationResponse::failure(operation, location, error.scim())
            }
            Err(refusal) => OperationResponse::refusal(refusal, base),
        };
        progress.answers.entry(place).or_insert(answer);
    }
}
