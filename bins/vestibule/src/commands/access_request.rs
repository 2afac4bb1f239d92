//! `vestibule access-request`.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::AccessRequestId;
use vestibule_domain::access_request::{Asked, RequestState};
use vestibule_service::access_requests::{AccessRequestDetails, AccessRequestQuery};
use vestibule_web::enter;

use super::{CommandError, PageArgs, Session, instant};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Request access for a person
    #[command(after_long_help = "\
Examples:
  vestibule access-request add ada --justification 'replace the disk of db-4'
  vestibule access-request add ada --justification 'audit' --governance-id CHG0042 \\
    --minutes 240 --mail")]
    Add {
        /// Id or user name of the person
        user: String,
        /// What the access is needed for
        #[arg(long, value_name = "TEXT")]
        justification: String,
        /// The same in a word
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// Under which the governance product knows it
        #[arg(long, value_name = "ID")]
        governance_id: Option<String>,
        /// First instant at which the link is to work; when it is approved when not given
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        start: Option<DateTime<Utc>>,
        /// How long it is to work; as long as configured when not given
        #[arg(long, value_name = "MINUTES")]
        minutes: Option<i64>,
        /// Mail the link to the person instead of showing its address to whoever approves last
        #[arg(long)]
        mail: bool,
    },
    /// List access requests
    #[command(after_long_help = "Example:\n  vestibule access-request list --state pending")]
    List {
        /// Only those for this person, by id or user name
        #[arg(long)]
        user: Option<String>,
        /// Only those that are this now: pending, approved, disapproved, withdrawn or expired
        #[arg(long)]
        state: Option<RequestState>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an access request and what was said about it
    #[command(
        after_long_help = "Example:\n  vestibule access-request show 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Show {
        /// Id of the access request
        request: AccessRequestId,
    },
    /// Approve an access request; the last approval makes the link
    #[command(
        after_long_help = "Example:\n  vestibule access-request approve 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Approve {
        /// Id of the access request
        request: AccessRequestId,
        /// Why
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
    /// Speak against an access request
    #[command(
        after_long_help = "Example:\n  vestibule access-request disapprove 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Disapprove {
        /// Id of the access request
        request: AccessRequestId,
        /// Why
        #[arg(long, value_name = "TEXT")]
        comment: Option<String>,
    },
    /// Take an access request back before it is decided
    #[command(
        after_long_help = "Example:\n  vestibule access-request withdraw 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Withdraw {
        /// Id of the access request
        request: AccessRequestId,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Add {
            user,
            justification,
            reason,
            governance_id,
            start,
            minutes,
            mail,
        } => {
            let asked = Asked {
                justification,
                reason,
                governance_id,
                start,
                duration_minutes: minutes,
                mailed: mail,
            };
            let made = service.request_access(call, session.user(&user)?, asked)?;
            Answer::record(shown(&made))
        }
        Command::List { user, state, page } => {
            let query = AccessRequestQuery {
                user: user.as_deref().map(|user| session.user(user)).transpose()?,
                state,
                page: page.query(),
                ..AccessRequestQuery::default()
            };
            let requests = service.list_access_requests(call, &query)?;
            let items = requests.items.iter().map(|request| json!(request));
            Answer::page(
                requests.next,
                items.collect(),
                &[
                    ("ID", "/id"),
                    ("PERSON", "/user_name"),
                    ("STATE", "/state"),
                    ("BY", "/requester/name"),
                    ("JUSTIFICATION", "/asked/justification"),
                    ("EXPIRES", "/expires"),
                ],
            )
        }
        Command::Show { request } => {
            Answer::record(shown(&service.find_access_request(call, request)?))
        }
        Command::Approve { request, comment } => vote(session, request, true, comment)?,
        Command::Disapprove { request, comment } => vote(session, request, false, comment)?,
        Command::Withdraw { request } => {
            Answer::record(shown(&service.withdraw_access_request(call, request)?))
        }
    })
}

fn vote(
    session: &Session,
    request: AccessRequestId,
    approves: bool,
    comment: Option<String>,
) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let voted = service.vote_on_access(call, request, approves, comment)?;
    let secret = voted.link.and_then(|made| made.secret);
    let Some(secret) = secret else {
        return Ok(Answer::record(shown(&voted.details)));
    };
    let mut value = shown(&voted.details);
    if let Value::Object(fields) = &mut value {
        let url = enter::address(&session.public_url, &secret);
        fields.insert("url".to_owned(), json!(url));
    }
    Ok(Answer::record(value).with_note("The address is shown this once; only its digest is kept."))
}

fn shown(details: &AccessRequestDetails) -> Value {
    json!({
        "request": details.request,
        "level": details.tally.level,
        "approvals": details.tally.approvals,
        "approvals_needed": details.needed(),
        "disapprovals": details.tally.disapprovals,
        "votes": details.votes,
    })
}
