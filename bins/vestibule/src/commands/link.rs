//! `vestibule link`.

use chrono::{DateTime, Duration, Utc};
use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::LinkId;
use vestibule_domain::link::{LinkState, Wanted};
use vestibule_service::links::panic::{Target, Toll};
use vestibule_service::links::{Forwarding, LinkDetails, LinkQuery, NewLink};
use vestibule_service::mail::QueuedLetter;
use vestibule_service::pages::Page;
use vestibule_web::enter;

use super::{CommandError, PageArgs, Session, instant};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a person an access link and show its address this once
    #[command(after_long_help = "\
Examples:
  vestibule link create ada
  vestibule link create ada --start 2026-12-01T08:00:00Z --minutes 480")]
    Create {
        /// Id or user name of the person
        user: String,
        /// First instant at which it works; as soon as possible when not given
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        start: Option<DateTime<Utc>>,
        /// How long it works; as long as configured, or as long as the vendor lasts, when not given
        #[arg(long, value_name = "MINUTES")]
        minutes: Option<i64>,
        /// Mail it to the person instead of showing its address
        #[arg(long)]
        mail: bool,
    },
    /// List access links
    #[command(
        after_long_help = "Examples:\n  vestibule link list --state live\n  vestibule link list --user ada"
    )]
    List {
        /// Only those of this person, by id or user name
        #[arg(long)]
        user: Option<String>,
        /// Only those made for this vendor, by id or name
        #[arg(long)]
        vendor: Option<String>,
        /// Only those that are this now: upcoming, live, expired or ended
        #[arg(long)]
        state: Option<LinkState>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an access link
    #[command(
        after_long_help = "Example:\n  vestibule link show 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Show {
        /// Id of the link
        link: LinkId,
    },
    /// Give an access link that stands out again: another address, shown this once
    ///
    /// The addresses given out before open it too, until it ends. That one was shown is recorded.
    #[command(after_long_help = "\
Examples:
  vestibule link again 01890a5d-ac96-774b-bcce-b302099a8057
  vestibule link again 01890a5d-ac96-774b-bcce-b302099a8057 --mail")]
    Again {
        /// Id of the link
        link: LinkId,
        /// Mail it to the person instead of showing its address
        #[arg(long)]
        mail: bool,
    },
    /// List the mails about an access link: where they went, how far they got, what stood in the way
    #[command(
        after_long_help = "Example:\n  vestibule link letters 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Letters {
        /// Id of the link
        link: LinkId,
    },
    /// End an access link at once and for good
    #[command(
        after_long_help = "Example:\n  vestibule link revoke 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Revoke {
        /// Id of the link
        link: LinkId,
    },
    /// Show a new entry code this once, to be told to the person apart from the link
    #[command(
        after_long_help = "Example:\n  vestibule link code 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Code {
        /// Id of the link
        link: LinkId,
    },
    /// End every link of a vendor's or an internal group's people, and withdraw what was asked for them
    ///
    /// It is undone only by a new link for each person. Without --yes it only tells what it would end:
    /// of more than 5,000 links, requests or members as much as it has counted, and that there is more.
    #[command(after_long_help = "\
Examples:
  vestibule link panic --vendor 'Acme Maintenance'
  vestibule link panic --vendor 'Acme Maintenance' --reason 'stolen laptop' --yes
  vestibule link panic --group Operations --reason drill --yes")]
    Panic {
        /// Vendor, by id or name
        #[arg(long, required_unless_present = "group", conflicts_with = "group")]
        vendor: Option<String>,
        /// Internal group, by id or name
        #[arg(long)]
        group: Option<String>,
        /// Why
        #[arg(
            long,
            default_value = "pressed at the command line",
            value_name = "TEXT"
        )]
        reason: String,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Create {
            user,
            start,
            minutes,
            mail,
        } => {
            let wanted = Wanted {
                start,
                duration: minutes
                    .map(|minutes| Duration::try_minutes(minutes).unwrap_or(Duration::MAX)),
            };
            let user = session.user(&user)?;
            given(
                session,
                service.create_link(call, user, wanted, forwarding(mail))?,
            )
        }
        Command::List {
            user,
            vendor,
            state,
            page,
        } => {
            let query = LinkQuery {
                user: user.as_deref().map(|user| session.user(user)).transpose()?,
                provider: None,
                vendor: vendor
                    .as_deref()
                    .map(|vendor| session.vendor(vendor))
                    .transpose()?,
                state,
                page: page.query(),
            };
            listed(service.list_links(call, &query)?)
        }
        Command::Show { link } => Answer::record(shown(&service.find_link(call, link)?)),
        Command::Again { link, mail } => given(
            session,
            service.give_link_again(call, link, forwarding(mail))?,
        ),
        Command::Letters { link } => written(&service.letters_of(call, link)?),
        Command::Revoke { link } => Answer::record(shown(&service.revoke_link(call, link)?)),
        Command::Code { link } => {
            let code = service.show_entry_code(call, link)?;
            Answer::record(json!({"code": code.code, "expires": code.expires})).with_note(
                "The code is for one attempt. It is shown this once, and that is recorded.",
            )
        }
        Command::Panic {
            vendor,
            group,
            reason,
            yes,
        } => {
            let target = match (vendor, group) {
                (Some(vendor), _) => Target::Vendor(session.vendor(&vendor)?),
                (None, group) => {
                    Target::InternalGroup(session.internal_group(&group.unwrap_or_default())?)
                }
            };
            let told = |toll: Toll| {
                let more = toll.more || toll.more_requests;
                json!({"links": toll.links, "people": toll.people, "requests": toll.requests, "more": more})
            };
            if yes {
                Answer::record(told(service.press_panic(call, target, &reason)?))
                    .with_note("These links have ended, and these access requests are withdrawn.")
            } else {
                Answer::record(told(service.preview_panic(call, target)?)).with_note(
                    "Nothing has ended; say --yes to end these links and withdraw these requests.",
                )
            }
        }
    })
}

fn forwarding(mail: bool) -> Forwarding {
    if mail {
        Forwarding::Mailed
    } else {
        Forwarding::Shown
    }
}

/// A link that was just given out.
fn given(session: &Session, made: NewLink) -> Answer {
    let note = if made.secret.is_some() {
        "The address is shown this once; only its digest is kept."
    } else {
        "A running server mails it to the person."
    };
    let url = made
        .secret
        .map(|secret| enter::address(&session.public_url, &secret));
    let mut value = shown(&LinkDetails {
        link: made.link,
        state: made.state,
    });
    if let Value::Object(fields) = &mut value {
        fields.insert("url".to_owned(), json!(url));
    }
    Answer::record(value).with_note(note)
}

/// Links in a table.
fn listed(links: Page<LinkDetails>) -> Answer {
    Answer::page(
        links.next,
        links.items.iter().map(shown).collect(),
        &[
            ("ID", "/id"),
            ("PERSON", "/user_name"),
            ("STATE", "/state"),
            ("START", "/start"),
            ("END", "/end"),
            ("ENDED BY", "/end_reason"),
        ],
    )
}

/// What is written about a link, in a table.
fn written(letters: &[QueuedLetter]) -> Answer {
    Answer::page(
        None,
        letters.iter().map(letter).collect(),
        &[
            ("ID", "/id"),
            ("KIND", "/kind"),
            ("TO", "/to"),
            ("STATE", "/state"),
            ("ATTEMPTS", "/attempts"),
            ("LAST ERROR", "/last_error"),
        ],
    )
}

/// A link as the API names its parts.
fn shown(details: &LinkDetails) -> Value {
    let link = &details.link;
    json!({
        "id": link.id,
        "user": link.user,
        "user_name": link.user_name,
        "provider": link.provider,
        "vendor": link.vendor,
        "access_group": link.access_group,
        "origin": link.origin,
        "state": details.state,
        "start": link.start,
        "end": link.end,
        "created": link.created,
        "ended": link.ended.map(|ended| ended.at),
        "end_reason": link.ended.map(|ended| ended.reason),
    })
}

/// A mail as the API names its parts.
fn letter(letter: &QueuedLetter) -> Value {
    json!({
        "id": letter.id,
        "kind": letter.kind,
        "to": letter.recipient,
        "state": letter.state,
        "attempts": letter.attempts,
        "due": letter.finished.is_none().then_some(letter.due),
        "last_error": letter.last_error,
        "created": letter.created,
        "finished": letter.finished,
    })
}
