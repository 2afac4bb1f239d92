//! People of vendors that no product pushes, imported from a table by an administrator. Each row goes
//! the way that a product's request would go.

mod rows;
mod table;

use std::collections::HashMap;
use std::io::{Read as Bytes, Seek};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use vestibule_domain::event::{Action, Actor, Payload};
use vestibule_domain::import::{Entry, RowOutcome, TableError};
use vestibule_domain::mail;
use vestibule_domain::provider::UserType;
use vestibule_domain::vendor::Vendor;
use vestibule_domain::{EventId, GroupId, Hindrance, ProviderId, UserId, VendorId};
use vestibule_scim::fold::fold;
use vestibule_scim::resource::primary_email;
use vestibule_storage::{Read, Write, memberships, vendors};

use crate::changes::{made, value};
use crate::{AdminCall, Caller, Change, Error, Operator, Role, Service, providers};

/// Rows imported in one transaction.
const STEP: usize = 25;

/// Whose people they become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A third-party provider's; the table names their vendors.
    Provider(ProviderId),
    /// All of them this vendor's.
    Vendor(VendorId),
}

/// A table that was read and is imported step by step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    target: Target,
    dry_run: bool,
    entries: Vec<Entry>,
    /// Rows that are done.
    done: usize,
    /// The event that it began with; none before the first step, and in a dry run.
    begun: Option<Begun>,
    /// What became of the rows that are done.
    counts: Counts,
}

/// That an import was begun: the event, and whose people they become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun {
    event: EventId,
    provider: ProviderId,
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
struct Counts {
    created: usize,
    existing: usize,
    refused: usize,
}

impl Counts {
    fn with(mut self, rows: &[RowReport]) -> Self {
        for row in rows {
            match row.outcome {
                RowOutcome::Created => self.created += 1,
                RowOutcome::Exists => self.existing += 1,
                RowOutcome::Refused => self.refused += 1,
            }
        }
        self
    }
}

impl Import {
    /// Whether nothing is changed: it only tells what would be.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    pub fn done(&self) -> usize {
        self.done
    }

    /// Rows in all, empty ones left out.
    pub fn total(&self) -> usize {
        self.entries.len()
    }
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Nothing was changed: it only tells what would be.
    pub dry_run: bool,
    /// A row for each of the table, in its order.
    pub rows: Vec<RowReport>,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    pub line: u64,
    pub user_name: String,
    pub outcome: RowOutcome,
    /// Why it was refused, or in what somebody who is there differs.
    pub detail: Option<String>,
    /// Who was created or is there already; none in a dry run for who would be created.
    pub user: Option<UserId>,
}

impl RowReport {
    fn refused(entry: &Entry, detail: String) -> Self {
        Self {
            line: entry.line,
            user_name: entry.user_name().to_owned(),
            outcome: RowOutcome::Refused,
            detail: Some(detail),
            user: None,
        }
    }
}

impl ImportReport {
    pub fn count(&self, outcome: RowOutcome) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == outcome)
            .count()
    }
}

/// Whose people the rows of a step become, looked up inside its transaction.
struct Realm {
    caller: Caller,
    /// The group of the one vendor for all rows.
    group: Option<GroupId>,
}

/// Why a step is undone.
enum Undone {
    /// It was only tried.
    Tried(Vec<RowReport>),
    Failed(Error),
}

impl From<vestibule_storage::Error> for Undone {
    fn from(error: vestibule_storage::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl Service {
    /// Imports people from a CSV file or an XLSX workbook's first sheet. Who is there already is never
    /// changed. `progress` is told after each step how many rows are done, and of how many.
    pub fn import_people(
        &self,
        call: &AdminCall,
        target: Target,
        dry_run: bool,
        file: &mut (impl Bytes + Seek),
        mut progress: impl FnMut(usize, usize),
    ) -> Result<ImportReport, Error> {
        let mut import = self.open_import(call, target, dry_run, file)?;
        let mut rows = Vec::with_capacity(import.total());
        while import.done() < import.total() {
            rows.extend(self.import_step(call, &mut import)?);
            progress(import.done(), import.total());
        }
        Ok(ImportReport { dry_run, rows })
    }

    /// Reads a table, or tells what is wrong with it as a whole. Nothing is imported yet.
    pub fn open_import(
        &self,
        call: &AdminCall,
        target: Target,
        dry_run: bool,
        file: &mut (impl Bytes + Seek),
    ) -> Result<Import, Error> {
        // Before the table is even looked at.
        self.store().read(|tx| {
            let operator = crate::admin::admit(tx, call, Role::Operator, self.now())?;
            self.realm(tx, call, operator, target).map(drop)
        })?;
        let (header, entries) = table::read(file)?;
        header.check_vendor(matches!(target, Target::Vendor(_)))?;
        Ok(Import {
            target,
            dry_run,
            entries: without_repetition(entries),
            done: 0,
            begun: None,
            counts: Counts::default(),
        })
    }

    /// Imports the next rows. What stops it once rows are imported is the answer of all that are left,
    /// so that the report of those that are done is not lost.
    pub fn import_step(
        &self,
        call: &AdminCall,
        import: &mut Import,
    ) -> Result<Vec<RowReport>, Error> {
        let step: Vec<Entry> = import
            .entries
            .iter()
            .skip(import.done)
            .take(STEP)
            .cloned()
            .collect();
        let (service, called) = (self.clone(), call.clone());
        let (target, dry_run, total) = (import.target, import.dry_run, import.total());
        let (begun, counts) = (import.begun, import.counts);
        let last = import.done + step.len() >= total;
        let done = self.store().write("import.people", move |tx| {
            let now = service.now();
            let begun = match begun {
                None if !dry_run => Some(service.begin_import(tx, &called, target, total, now)?),
                begun => begun,
            };
            let rows = service.import_rows(tx, &called, target, dry_run, &step)?;
            let counts = counts.with(&rows);
            if let (Some(begun), true) = (begun, last) {
                let operator = crate::admin::admit(tx, &called, Role::Operator, now)?;
                let change = operator.change(Action::ImportEnded, begun.provider, now);
                service.end_import(tx, change, begun, counts, None)?;
            }
            Ok::<_, Error>((rows, begun, counts))
        });
        match done {
            Ok((rows, begun, counts)) => {
                import.done += rows.len();
                import.begun = begun;
                import.counts = counts;
                Ok(rows)
            }
            Err(error) if import.done == 0 => Err(error),
            Err(error) => {
                let detail = format!("not tried, and it may be imported again: {error}");
                let rest = import.entries.iter().skip(import.done);
                let rows = rest.map(|entry| RowReport::refused(entry, detail.clone()));
                let rows: Vec<RowReport> = rows.collect();
                import.done = import.total();
                if let Some(begun) = import.begun {
                    let (service, counts) = (self.clone(), import.counts.with(&rows));
                    let told = self.store().write("import.broken_off", move |tx| {
                        // Not by whoever began it: that they may not any more can be why it stopped.
                        let change = Change {
                            id: None,
                            at: service.now(),
                            actor: Actor::System,
                            action: Action::ImportEnded,
                            subject: begun.provider.into(),
                            provider: Some(begun.provider),
                            cause: None,
                            request_id: None,
                            payload: Payload::default(),
                        };
                        service.end_import(tx, change, begun, counts, Some(&detail))
                    });
                    if let Err(unrecorded) = told {
                        // What stopped the import may stop this as well; the event of its beginning
                        // stands, and none of its end.
                        tracing::warn!(%unrecorded, "an import was broken off, and that is not recorded");
                    }
                }
                Ok(rows)
            }
        }
    }

    /// Records that people are imported from a table of so many rows.
    fn begin_import(
        &self,
        tx: &mut Write<'_>,
        call: &AdminCall,
        target: Target,
        rows: usize,
        now: DateTime<Utc>,
    ) -> Result<Begun, Error> {
        let operator = crate::admin::admit(tx, call, Role::Operator, now)?;
        let (provider, vendor) = match target {
            Target::Provider(provider) => (provider, None),
            Target::Vendor(vendor) => (find_vendor(tx, vendor)?.provider, Some(vendor)),
        };
        let event = self.record(
            tx,
            Change {
                provider: Some(provider),
                payload: made(json!({"rows": rows, "vendor": vendor})),
                ..operator.change(Action::ImportBegun, provider, now)
            },
        );
        Ok(Begun { event, provider })
    }

    /// Records what an import came to. `change`: by whom and when.
    fn end_import(
        &self,
        tx: &mut Write<'_>,
        change: Change,
        begun: Begun,
        counts: Counts,
        why: Option<&str>,
    ) -> Result<(), Error> {
        self.record(
            tx,
            Change {
                provider: Some(begun.provider),
                cause: Some(begun.event),
                payload: Payload {
                    why: why.map(str::to_owned),
                    ..made(value(&counts)?)
                },
                ..change
            },
        );
        Ok(())
    }

    fn import_rows(
        &self,
        tx: &mut Write<'_>,
        call: &AdminCall,
        target: Target,
        dry_run: bool,
        entries: &[Entry],
    ) -> Result<Vec<RowReport>, Error> {
        let operator = crate::admin::admit(tx, call, Role::Operator, self.now())?;
        let realm = self.realm(tx, call, operator, target)?;
        memberships::lock(tx, realm.caller.provider.id)?;
        if !dry_run {
            return self.import_each(tx, &realm, entries);
        }
        let tried = tx.attempt(|tx| match self.import_each(tx, &realm, entries) {
            Ok(rows) => Err::<(), _>(Undone::Tried(rows)),
            Err(error) => Err(Undone::Failed(error)),
        });
        match tried {
            Err(Undone::Tried(mut rows)) => {
                let created = |row: &&mut RowReport| row.outcome == RowOutcome::Created;
                rows.iter_mut()
                    .filter(created)
                    .for_each(|row| row.user = None);
                Ok(rows)
            }
            Err(Undone::Failed(error)) => Err(error),
            Ok(()) => Ok(Vec::new()),
        }
    }

    fn realm(
        &self,
        tx: &mut Read<'_>,
        call: &AdminCall,
        operator: Operator,
        target: Target,
    ) -> Result<Realm, Error> {
        let (provider, group) = match target {
            Target::Provider(provider) => (provider, None),
            Target::Vendor(vendor) => {
                let vendor = find_vendor(tx, vendor)?;
                let group = vendor.group.ok_or_else(|| {
                    let vendor = ("vendor", (&vendor.name).into());
                    Error::Conflict(Hindrance::NamedVendorClosed.said([vendor]))
                })?;
                (vendor.provider, Some(group))
            }
        };
        let provider = providers::find(tx, provider)?.provider;
        if provider.settings.user_type != UserType::ThirdParty {
            let provider = ("provider", (&provider.settings.name).into());
            return Err(Error::Conflict(Hindrance::OfStaff.said([provider])));
        }
        let caller = self.in_stead_of(tx, provider, operator, call.address)?;
        Ok(Realm { caller, group })
    }
}

fn find_vendor(tx: &mut Read<'_>, vendor: VendorId) -> Result<Vendor, Error> {
    Ok(vendors::find(tx, vendor)?
        .ok_or(Error::NotFound("vendor"))?
        .vendor)
}

/// Marks lines that give somebody, or an address, a second time: in a dry run they are not found in the
/// steps before, which were undone.
fn without_repetition(mut entries: Vec<Entry>) -> Vec<Entry> {
    let (mut names, mut addresses) = (HashMap::new(), HashMap::new());
    for entry in &mut entries {
        if entry.mistake.is_some() {
            continue;
        }
        let line = entry.line;
        let first = *names.entry(fold(entry.user_name())).or_insert(line);
        if first != line {
            entry.mistake = Some(format!("user_name: stands in line {first} already"));
            continue;
        }
        let person = rows::resource(entry);
        if let Some(address) = primary_email(&person) {
            let first = *addresses.entry(mail::key(address)).or_insert(line);
            if first != line {
                entry.mistake = Some(format!("email: stands in line {first} already"));
            }
        }
    }
    entries
}

impl From<TableError> for Error {
    fn from(error: TableError) -> Self {
        Self::Invalid {
            field: "file".to_owned(),
            detail: error.to_string(),
        }
    }
}
