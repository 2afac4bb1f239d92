//! `vestibule import`.

use std::fs::File;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::import::RowOutcome;
use vestibule_service::import::{ImportReport, RowReport, Target};

use super::{CommandError, Session};
use crate::output::{self, Answer, View};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import people from a CSV file or the first sheet of an XLSX workbook
    ///
    /// The first row names the columns, see below. At most 10,000 people and 8 MiB. Who is there already is never
    /// changed. Ends with status 1 when a row is refused; the others are imported.
    #[command(after_long_help = "\
Columns: user_name and any of email, given_name, family_name, display_name, external_id, vendor.

Examples:
  vestibule import people acme.csv --vendor Acme --dry-run
  vestibule import people acme.csv --vendor Acme
  vestibule import people vendors.xlsx --provider 'Small vendors'")]
    People {
        /// The file
        file: PathBuf,
        /// The one vendor of all of them, by id or name; or:
        #[arg(
            long,
            required_unless_present = "provider",
            conflicts_with = "provider"
        )]
        vendor: Option<String>,
        /// The third-party provider, by id or name, whose vendors the column vendor names
        #[arg(long)]
        provider: Option<String>,
        /// Only tell what would happen
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(session: &Session, command: &Command) -> Result<Answer, CommandError> {
    let Command::People {
        file,
        vendor,
        provider,
        dry_run,
    } = command;
    let target = match (vendor, provider) {
        (Some(vendor), _) => Target::Vendor(session.vendor(vendor)?),
        (None, provider) => {
            Target::Provider(session.provider(provider.as_deref().unwrap_or_default())?)
        }
    };
    let mut opened = File::open(file)
        .map_err(|cause| CommandError::Input(format!("{}: {cause}", file.display())))?;
    let report = session.service.import_people(
        &session.call,
        target,
        *dry_run,
        &mut opened,
        |done, total| output::progress(&format!("{done} of {total} rows")),
    )?;
    output::progress("");
    Ok(told(&report))
}

fn told(report: &ImportReport) -> Answer {
    let [created, existing, refused] =
        [RowOutcome::Created, RowOutcome::Exists, RowOutcome::Refused]
            .map(|outcome| report.count(outcome));
    let items: Vec<Value> = report.rows.iter().map(row).collect();
    let value = json!({
        "dry_run": report.dry_run,
        "created": created,
        "existing": existing,
        "refused": refused,
        "items": items,
    });
    let would = if report.dry_run {
        "Nothing was changed. It would be: "
    } else {
        ""
    };
    let note = format!("{would}{created} created, {existing} there already, {refused} refused.");
    let columns = &[
        ("LINE", "/line"),
        ("USER NAME", "/user_name"),
        ("OUTCOME", "/outcome"),
        ("DETAIL", "/detail"),
    ];
    Answer {
        status: u8::from(refused > 0),
        ..Answer::new(value, View::Table(columns)).with_note(note)
    }
}

fn row(row: &RowReport) -> Value {
    json!({
        "line": row.line,
        "user_name": row.user_name,
        "outcome": row.outcome,
        "detail": row.detail,
        "user": row.user,
    })
}
