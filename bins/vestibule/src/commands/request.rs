//! `vestibule request`.

use clap::Subcommand;
use serde_json::json;
use vestibule_service::requests::RequestQuery;

use super::{CommandError, PageArgs, Session, flat};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show one refused request by the request id that its error body carried
    #[command(after_long_help = "\
Example:
  vestibule request show 01890a5d-ac96-774b-bcce-b302099a8057")]
    Show {
        /// The request id, also sent as X-Request-Id
        #[arg(value_name = "TRACE")]
        trace: String,
    },
    /// List refused requests, newest first
    #[command(after_long_help = "\
Examples:
  vestibule request list --provider Okta
  vestibule request list --status 401 --limit 20")]
    List {
        /// Only those of this provider, by id or name
        #[arg(long)]
        provider: Option<String>,
        /// Only those answered with this status
        #[arg(long)]
        status: Option<u16>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Count the refused requests that were not kept, because too many came within a second
    #[command(after_long_help = "Example:\n  vestibule request drops")]
    Drops,
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Drops => Answer::record(json!({"dropped": service.dropped_requests(call)?})),
        Command::Show { trace } => Answer::record(flat(&service.find_request(call, trace.trim())?)),
        Command::List {
            provider,
            status,
            page,
        } => {
            let query = RequestQuery {
                whose: provider
                    .as_deref()
                    .map(|provider| session.provider(provider))
                    .transpose()?
                    .into(),
                status,
                page: page.query(),
                ..RequestQuery::default()
            };
            let found = service.list_requests(call, &query)?;
            Answer::page(
                found.next,
                found.items.iter().map(flat).collect(),
                &[
                    ("TRACE", "/trace_id"),
                    ("AT", "/at"),
                    ("STATUS", "/status"),
                    ("METHOD", "/method"),
                    ("TARGET", "/target"),
                    ("REASON", "/reason"),
                ],
            )
        }
    })
}
