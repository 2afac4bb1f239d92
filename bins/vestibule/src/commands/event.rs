//! `vestibule event` and `vestibule audit`.

use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::event::Action;
use vestibule_domain::{EventId, hexadecimal};
use vestibule_service::events::{Choice, EventQuery};

use super::{CommandError, PageArgs, Session, flat};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List events, newest first
    #[command(after_long_help = "\
Examples:
  vestibule event list --limit 20
  vestibule event list --action vendor.changed --provider Okta
  vestibule event list --subject 01890a5d-ac96-774b-bcce-b302099a8057 --json")]
    List {
        /// Only events about the thing with this id
        #[arg(long, value_name = "ID")]
        subject: Option<String>,
        /// Only events of this provider, by id or name
        #[arg(long)]
        provider: Option<String>,
        /// Only events of this action, such as user.created or vendor.changed
        #[arg(long)]
        action: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Recompute the whole chain of events; status 1 when it does not hold or has not the given head
    ///
    /// The head is the hash of the last sealed event. Kept elsewhere, it shows later that nothing before it was
    /// changed: give it with its number, and the event of that number is compared.
    #[command(after_long_help = "\
Examples:
  vestibule audit verify --json
  vestibule audit verify --seq 2 \\
    --head 5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592")]
    Verify {
        /// A head kept elsewhere, in hexadecimal
        #[arg(long, value_name = "HEX", requires = "seq")]
        head: Option<String>,
        /// Number of the event whose hash the head was
        #[arg(long, value_name = "N", requires = "head")]
        seq: Option<i64>,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Command::List {
        subject,
        provider,
        action,
        page,
    } = command;
    // Every id is a UUID in one spelling, so that of any kind of thing will do to read it.
    let subject = subject
        .map(|text| text.parse::<EventId>().map(EventId::as_uuid))
        .transpose()
        .map_err(|error| CommandError::Input(format!("--subject: {error}")))?;
    let choice = Choice {
        subject,
        provider: provider
            .as_deref()
            .map(|provider| session.provider(provider))
            .transpose()?,
        action: action.as_deref().map(known).transpose()?,
        ..Choice::default()
    };
    let page = page.query();
    let events = session
        .service
        .list_events(&session.call, &EventQuery { choice, page })?;
    Ok(Answer::page(
        events.next,
        events.items.iter().map(flat).collect(),
        &[
            ("ID", "/id"),
            ("SEQ", "/seq"),
            ("AT", "/at"),
            ("ACTION", "/action"),
            ("BY", "/actor_kind"),
            ("WHO", "/actor_detail"),
            ("SUBJECT", "/subject_id"),
        ],
    ))
}

/// An action that there is, or those of the same kind of thing.
fn known(action: &str) -> Result<String, CommandError> {
    let all: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    if all.contains(&action) {
        return Ok(action.to_owned());
    }
    let kind = |name: &str| name.split('.').next().map(str::to_owned);
    let mut alike = all.clone();
    alike.retain(|name| kind(name) == kind(action));
    let offered = if alike.is_empty() { all } else { alike };
    Err(CommandError::Input(format!(
        "--action: there is no `{action}`; there are {}",
        offered.join(", ")
    )))
}

pub(super) fn run_audit(
    session: &Session,
    AuditCommand::Verify { head, seq }: &AuditCommand,
) -> Result<Answer, CommandError> {
    let found = session.service.verify_chain(&session.call)?;
    let broken: Value = found
        .broken
        .as_ref()
        .map_or(Value::Null, |(seq, why)| json!({"seq": seq, "why": why}));
    let same = match (head, seq) {
        (Some(head), Some(seq)) => {
            let stored = session.service.hash_at(&session.call, *seq)?;
            Some(stored.as_deref().map(hexadecimal) == Some(head.trim().to_ascii_lowercase()))
        }
        _ => None,
    };
    let intact = found.broken.is_none();
    let mut value = json!({
        "intact": intact,
        "sealed": found.sealed,
        "unsealed": found.unsealed,
        "erased": found.erased,
        "head": found.head.as_deref().map(hexadecimal),
        "broken": broken,
    });
    if let (Some(same), Value::Object(fields)) = (same, &mut value) {
        fields.insert("head_matches".to_owned(), json!(same));
    }
    let note = match (intact, same) {
        (false, _) => "The chain does NOT hold: see `broken`.",
        (true, Some(false)) => "The chain holds, but NOT with that head: it was written anew.",
        (true, Some(true)) => "The chain holds, and that head is in it.",
        (true, None) => "The chain holds.",
    };
    Ok(Answer {
        status: u8::from(!intact || same == Some(false)),
        ..Answer::record(value).with_note(note)
    })
}
