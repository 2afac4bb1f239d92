//! Import of people whom no product pushes.

use std::io::Cursor;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, rt, web};
use futures_channel::mpsc;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::import::RowOutcome;
use vestibule_domain::{ProviderId, UserId, VendorId};
use vestibule_service::Service;
use vestibule_service::import::{self as service, Target};

use super::body::{Admin, Params, uploaded};
use super::list::truth;
use super::problem::{ChangeProblems, Kind, Problem};
use super::words;
use crate::routes::{Routes, operations};

/// Largest file in bytes.
const MAX_FILE: usize = 8 << 20;

pub(super) fn configure(routes: &mut Routes<'_>) {
    operations!(routes; people);
}

/// Whose people they become.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Choice {
    /// A third-party provider; the table has a column `vendor` then.
    #[param(value_type = Option<Uuid>)]
    provider: Option<ProviderId>,
    /// One vendor for all rows; the table has no column `vendor` then.
    #[param(value_type = Option<Uuid>)]
    vendor: Option<VendorId>,
    /// Only tell what would happen.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    dry_run: Option<bool>,
    /// Tell how far it has come: the answer is a line of JSON after each step.
    #[serde(default, deserialize_with = "truth")]
    #[param(value_type = Option<bool>)]
    progress: Option<bool>,
}

/// A CSV file in UTF-8 or an XLSX workbook, told apart by how it begins.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary, example = "user_name,email,vendor\nada,ada@acme.example,Acme\n")]
#[expect(
    dead_code,
    reason = "this type describes the wire; the bytes are read as they are"
)]
struct Table(Vec<u8>);

/// What became of a table.
#[derive(Debug, Serialize, ToSchema)]
struct Import {
    /// Nothing was changed: it only tells what would be.
    dry_run: bool,
    created: usize,
    /// Who was there already, and was not changed.
    existing: usize,
    refused: usize,
    /// In the order of the table.
    rows: Vec<ImportedRow>,
}

/// A step of an import.
#[derive(Debug, Serialize, ToSchema)]
struct ImportStep {
    dry_run: bool,
    /// Rows that are done by now.
    done: usize,
    /// Rows in all.
    total: usize,
    /// Those of this step.
    rows: Vec<ImportedRow>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
struct ImportedRow {
    /// In the file, from 1.
    line: u64,
    user_name: String,
    #[schema(value_type = words::RowOutcome)]
    outcome: RowOutcome,
    /// Why it was refused, or in what somebody who is there differs.
    detail: Option<String>,
    /// Who was created or is there already.
    #[schema(value_type = Option<Uuid>)]
    user: Option<UserId>,
}

impl From<service::ImportReport> for Import {
    fn from(report: service::ImportReport) -> Self {
        Self {
            dry_run: report.dry_run,
            created: report.count(RowOutcome::Created),
            existing: report.count(RowOutcome::Exists),
            refused: report.count(RowOutcome::Refused),
            rows: report.rows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<service::RowReport> for ImportedRow {
    fn from(row: service::RowReport) -> Self {
        let service::RowReport {
            line,
            user_name,
            outcome,
            detail,
            user,
        } = row;
        Self {
            line,
            user_name,
            outcome,
            detail,
            user,
        }
    }
}

/// Import vendors' people
///
/// The body is a CSV file in UTF-8, or an XLSX workbook of which the first sheet is read: at most 8 MiB and
/// 10,000 people. The first row names the columns: `user_name` and any of `email`, `given_name`,
/// `family_name`, `display_name`, `external_id`, `vendor`. Who is there already is never changed. Try it
/// with `dry_run=true` first. With `progress=true` each line of the answer is an `ImportStep`.
#[utoipa::path(
    post,
    path = "/imports/people",
    operation_id = "importPeople",
    tag = "People",
    params(Choice),
    request_body(content = Table, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What became of each row.", content(
            (Import = "application/json"),
            (ImportStep = "application/x-ndjson"),
        )),
        ChangeProblems,
    ),
)]
async fn people(
    admin: Admin,
    query: Params<Choice>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    // Nobody unknown has megabytes read.
    admin.run(Service::identify).await?;
    let target = match (query.0.provider, query.0.vendor) {
        (Some(provider), None) => Target::Provider(provider),
        (None, Some(vendor)) => Target::Vendor(vendor),
        _ => {
            let detail = "provider: name either a provider or a vendor";
            return Err(Problem::invalid("provider", detail, &admin.request_id));
        }
    };
    let file = uploaded(&request, payload, MAX_FILE, &admin.request_id).await?;
    if file.is_empty() {
        return Err(Problem::new(
            Kind::Invalid,
            "send the file as the body",
            &admin.request_id,
        ));
    }
    let dry_run = query.0.dry_run.unwrap_or_default();
    let mut file = Cursor::new(file);
    if query.0.progress.unwrap_or_default() {
        let import = admin
            .run(move |service, call| service.open_import(call, target, dry_run, &mut file))
            .await?;
        return in_steps(admin, import).await;
    }
    let report = admin
        .run(move |service, call| {
            service.import_people(call, target, dry_run, &mut file, |_, _| {})
        })
        .await?;
    Ok(HttpResponse::Ok().json(Import::from(report)))
}

/// Imports and tells of each step. Who goes away is told no more, and the import goes on.
async fn in_steps(admin: Admin, import: service::Import) -> Result<HttpResponse, Problem> {
    // What refuses the import as a whole is told before anything is sent.
    let (first, (mut admin, mut import)) = step(admin, import).await?;
    let (teller, told) = mpsc::unbounded();
    drop(teller.unbounded_send(Ok(first)));
    rt::spawn(async move {
        while import.done() < import.total() {
            match step(admin, import).await {
                Ok((line, next)) => {
                    drop(teller.unbounded_send(Ok(line)));
                    (admin, import) = next;
                }
                Err(problem) => {
                    drop(teller.unbounded_send(Err(problem)));
                    return;
                }
            }
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(told))
}

/// Takes a step: its line of the answer, and what is to be gone on with.
async fn step(
    admin: Admin,
    mut import: service::Import,
) -> Result<(Bytes, (Admin, service::Import)), Problem> {
    let (import, rows) = admin
        .run(move |service, call| {
            let rows = service.import_step(call, &mut import)?;
            Ok((import, rows))
        })
        .await?;
    let step = ImportStep {
        dry_run: import.is_dry_run(),
        done: import.done(),
        total: import.total(),
        rows: rows.into_iter().map(Into::into).collect(),
    };
    let mut line = serde_json::to_vec(&step).unwrap_or_default();
    line.push(b'\n');
    Ok((Bytes::from(line), (admin, import)))
}
