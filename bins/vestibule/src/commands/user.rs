//! `vestibule user`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{fs, io};

use chrono::{DateTime, Utc};
use clap::{ArgGroup, Subcommand};
use serde_json::{Value, json};
use vestibule_domain::access::{Decision, Verdict};
use vestibule_domain::person;
use vestibule_domain::{BlockId, UserId, VendorId};
use vestibule_service::access::BATCH;
use vestibule_service::blocks::BlockQuery;
use vestibule_service::people::{PeopleQuery, Person, PersonDetails, PersonPlacement};

use super::{CommandError, PageArgs, Session, done, flat, instant};
use crate::output::{Answer, View, plain};

/// Status of `user access` and `user decisions` when somebody may not get in.
const REFUSED: u8 = 3;
/// Status of `user decisions` when somebody named there is not known, or is one of several.
const UNKNOWN: u8 = 4;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List people
    #[command(
        after_long_help = "Examples:\n  vestibule user list --provider Okta\n  vestibule user list --user-name alice@acme.example"
    )]
    List {
        /// Only those of this provider, by id or name
        #[arg(long)]
        provider: Option<String>,
        /// Only those with this userName, compared without case
        #[arg(long)]
        user_name: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a person: what the provider sent, groups, placement, blocks
    #[command(after_long_help = "Example:\n  vestibule user show alice@acme.example")]
    Show {
        /// Id or userName
        user: String,
    },
    /// Tell whether a person may get in, and why
    ///
    /// Lists every check with the event that made it so and, for a refusal, what has to change. Ends with status 0
    /// when they may, 3 when they may not, 1 when that could not be found out.
    #[command(after_long_help = "\
Examples:
  vestibule user access alice@acme.example
  vestibule user access alice@acme.example --at 2026-03-01T22:00:00Z")]
    Access {
        /// Id or userName
        user: String,
        /// The instant asked about; now when not given
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        at: Option<DateTime<Utc>>,
    },
    /// Tell of many people whether they may get in, and of who may not what to do first
    ///
    /// Whoever is not known, or has a userName that several have, is told of in their place, and all others are
    /// decided on. Ends with status 0 when all may, 3 when somebody may not, 4 when somebody was not decided on, 1 when
    /// that could not be found out.
    #[command(after_long_help = "\
Examples:
  vestibule user decisions people.txt
  vestibule user decisions - --at 2026-03-01T22:00:00Z --json < people.txt")]
    Decisions {
        /// File with an id or a userName on each line; `-` stands for standard input
        file: PathBuf,
        /// The instant asked about; now when not given
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        at: Option<DateTime<Utc>>,
    },
    /// Explain which vendor a person is placed in, and which one other rules would choose
    #[command(after_long_help = "\
Examples:
  vestibule user placement alice@acme.example
  vestibule user placement alice@acme.example --prefer Acme --prefer 'Beta Ltd'")]
    Placement {
        /// Id or userName
        user: String,
        /// What if these vendors, by id or name, came first in this order
        #[arg(long, value_name = "VENDOR")]
        prefer: Vec<String>,
    },
    /// Keep a person out whatever their provider says, also when it deletes and pushes them again
    #[command(after_long_help = "\
Examples:
  vestibule user block alice@acme.example --reason 'lost laptop'
  vestibule user block alice@acme.example --reason 'on leave' --until 2026-09-01")]
    Block {
        /// Id or userName
        user: String,
        /// Why, for other administrators
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// First instant at which it no longer holds; until lifted when not given
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        until: Option<DateTime<Utc>>,
    },
    /// Lift one block, or all that concern a person
    #[command(
        group = ArgGroup::new("which").required(true).args(["user", "block"]),
        after_long_help = "\
Examples:
  vestibule user unblock alice@acme.example
  vestibule user unblock --block 01890a5d-ac96-774b-bcce-b302099a8057")]
    Unblock {
        /// Id or userName
        user: Option<String>,
        /// Id of the block, as `user blocks` shows it
        #[arg(long)]
        block: Option<BlockId>,
    },
    /// List the blocks, also on people whom their provider has deleted
    #[command(after_long_help = "Example:\n  vestibule user blocks")]
    Blocks {
        #[command(flatten)]
        page: PageArgs,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::List {
            provider,
            user_name,
            page,
        } => {
            let query = PeopleQuery {
                provider: provider
                    .as_deref()
                    .map(|provider| session.provider(provider))
                    .transpose()?,
                user_name,
                page: page.query(),
                ..PeopleQuery::default()
            };
            let people = service.list_people(call, &query)?;
            Answer::page(
                people.next,
                people.items.iter().map(shown).collect(),
                &[
                    ("ID", "/id"),
                    ("USER NAME", "/user_name"),
                    ("E-MAIL", "/email"),
                    ("ACTIVE", "/active"),
                    ("PROVIDER", "/provider"),
                ],
            )
        }
        Command::Show { user } => {
            Answer::record(details(&service.find_person(call, session.user(&user)?)?))
        }
        Command::Access { user, at } => {
            let decision = service.decide_access(call, session.user(&user)?, at)?;
            let text = told(&decision);
            Answer {
                status: if decision.verdict == Verdict::Allowed {
                    0
                } else {
                    REFUSED
                },
                ..Answer::new(flat(&decision), View::Text(text))
            }
        }
        Command::Decisions { file, at } => {
            let text = if file.as_os_str() == "-" {
                io::read_to_string(io::stdin().lock())?
            } else {
                fs::read_to_string(&file)
                    .map_err(|cause| CommandError::Input(format!("{}: {cause}", file.display())))?
            };
            decided(session, &text, at)?
        }
        Command::Placement { user, prefer } => explained(session, &user, &prefer)?,
        Command::Block {
            user,
            reason,
            until,
        } => Answer::record(block_shown(&service.block_user(
            call,
            session.user(&user)?,
            &reason,
            until,
        )?)),
        Command::Unblock {
            block: Some(block), ..
        } => {
            service.lift_block(call, block)?;
            done("The block is lifted.")
        }
        Command::Unblock { user, block: None } => {
            let user = session.user(&user.unwrap_or_default())?;
            let blocks = service.blocks_of(call, user)?;
            for block in &blocks {
                service.lift_block(call, block.id)?;
            }
            done(format!("{} blocks are lifted.", blocks.len()))
        }
        Command::Blocks { page } => {
            let query = BlockQuery {
                page: page.query(),
                ..BlockQuery::default()
            };
            let blocks = service.list_blocks(call, &query)?;
            Answer::page(
                blocks.next,
                blocks.items.iter().map(block_shown).collect(),
                &[
                    ("ID", "/id"),
                    ("USER NAME", "/user_name"),
                    ("E-MAIL", "/email"),
                    ("UNTIL", "/until"),
                    ("REASON", "/reason"),
                ],
            )
        }
    })
}

/// Decides on everybody named on a line, all at the same instant.
fn decided(
    session: &Session,
    text: &str,
    at: Option<DateTime<Utc>>,
) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let at = at.unwrap_or_else(|| service.now());
    let mut asked: Vec<Result<UserId, Nobody>> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        asked.push(match session.user(line) {
            Ok(user) => Ok(user),
            Err(CommandError::Input(problem)) => Err(Nobody {
                named: line.to_owned(),
                problem,
            }),
            Err(error) => return Err(error),
        });
    }
    if asked.is_empty() {
        let detail = "name at least one person, by id or userName, one on a line";
        return Err(CommandError::Input(detail.to_owned()));
    }
    let users: Vec<UserId> = asked.iter().flatten().copied().collect();
    let mut decided = HashMap::with_capacity(users.len());
    for batch in users.chunks(BATCH) {
        decided.extend(service.decide_all(call, batch, Some(at))?);
    }
    let (mut inside, mut unknown) = (0, 0);
    let mut items = Vec::with_capacity(asked.len());
    for one in &asked {
        let (named, problem) = match one {
            Ok(user) => match decided.get(user).and_then(Option::as_ref) {
                Some(decision) => {
                    inside += usize::from(decision.allowed());
                    items.push(json!({"user": user, "access": flat(decision)}));
                    continue;
                }
                None => (user.to_string(), format!("no user has the id `{user}`")),
            },
            Err(nobody) => (nobody.named.clone(), nobody.problem.clone()),
        };
        unknown += 1;
        items.push(json!({"user": named, "access": null, "problem": problem}));
    }
    let columns = &[
        ("USER", "/user"),
        ("VERDICT", "/access/verdict"),
        ("UNTIL", "/access/until"),
        ("TO LET THEM IN", "/access/flip/0/explanation"),
        ("NOT DECIDED", "/problem"),
    ];
    let mut note = format!("{inside} of {} may get in.", asked.len());
    if unknown > 0 {
        // Writing to a String cannot fail.
        let _ = write!(note, " {unknown} were not decided on.");
    }
    let status = match (unknown, inside == asked.len()) {
        (0, true) => 0,
        (0, false) => REFUSED,
        _ => UNKNOWN,
    };
    Ok(Answer {
        status,
        ..Answer::table(items, columns).with_note(note)
    })
}

/// A line that leads to nobody, or to several.
struct Nobody {
    named: String,
    problem: String,
}

fn explained(session: &Session, user: &str, prefer: &[String]) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let priority: Vec<VendorId> = prefer
        .iter()
        .map(|vendor| session.vendor(vendor))
        .collect::<Result<_, _>>()?;
    let explained = service.explain_placement(call, session.user(user)?, &priority)?;
    let what_if: Vec<Value> = explained
        .what_if
        .iter()
        .map(|what_if| json!({"rule": what_if.rule, "chosen": what_if.chosen}))
        .collect();
    Ok(Answer::record(json!({
        "placement": explained.placement.as_ref().map(placed),
        "what_if": what_if,
    })))
}

fn shown(person: &Person) -> Value {
    json!({
        "id": person.id,
        "provider": person.provider,
        "user_name": person.user_name,
        "email": person.email,
        "active": person.active,
        "created": person.created,
        "modified": person.modified,
    })
}

fn details(details: &PersonDetails) -> Value {
    let groups: Vec<Value> = details
        .groups
        .iter()
        .map(|group| json!({"id": group.id, "name": group.name, "direct": group.direct}))
        .collect();
    let placement = details.placement.as_ref().map(placed);
    let mut value = shown(&details.person);
    if let Value::Object(fields) = &mut value {
        fields.extend([
            ("groups".to_owned(), json!(groups)),
            ("placement".to_owned(), json!(placement)),
            (
                "blocks".to_owned(),
                details.blocks.iter().map(block_shown).collect(),
            ),
            ("resource".to_owned(), details.resource.clone()),
        ]);
    }
    value
}

fn placed(placed: &PersonPlacement) -> Value {
    json!({"placement": placed.placement, "event": placed.event})
}

/// A block as the API names its parts.
fn block_shown(block: &person::Block) -> Value {
    json!({
        "id": block.id,
        "provider": block.provider,
        "user_name": block.user_name_key,
        "email": block.email_key,
        "reason": block.reason,
        "until": block.until,
        "created": block.created,
        "event": block.event,
    })
}

/// A decision in words.
fn told(decision: &Decision) -> String {
    let mut text = format!("{} at {}\n\n", decision.verdict, decision.at.to_rfc3339());
    for step in &decision.chain {
        let mark = if step.holds { "yes" } else { "NO " };
        let event = step
            .event
            .map_or_else(String::new, |event| format!("  (event {event})"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {mark}  {}{event}", plain(&step.detail.to_string()));
    }
    if !decision.flip.is_empty() {
        text.push_str("\nTo let them in:\n");
        for change in &decision.flip {
            let _ = writeln!(text, "  {}", plain(&change.explanation.to_string()));
        }
    }
    if let Some(until) = decision.until {
        let _ = writeln!(text, "\nTime alone ends it at {}", until.to_rfc3339());
    }
    text
}
