//! `vestibule vendor`.

use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};
use vestibule_domain::GroupId;
use vestibule_domain::provider::LinkDelivery;
use vestibule_domain::vendor::{VendorSettings, VendorStatus};
use vestibule_service::Precondition;
use vestibule_service::pages::PageQuery;
use vestibule_service::vendors::{Choice, Placed, VendorDetails, VendorQuery};

use super::{CommandError, PageArgs, Session, flat, instant};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the vendors
    #[command(
        after_long_help = "Examples:\n  vestibule vendor list\n  vestibule vendor list --status pending --provider Okta"
    )]
    List {
        /// Only those of this provider, by id or name
        #[arg(long)]
        provider: Option<String>,
        /// Only those of this status: pending, enabled, disabled or closed
        #[arg(long)]
        status: Option<VendorStatus>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a vendor and who is placed in it
    #[command(after_long_help = "Example:\n  vestibule vendor show 'Acme Maintenance'")]
    Show {
        /// Id or name
        vendor: String,
    },
    /// List the people placed in a vendor
    #[command(
        after_long_help = "Example:\n  vestibule vendor people 'Acme Maintenance' --limit 1000 --json"
    )]
    People {
        /// Id or name
        vendor: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Decide about a vendor; what is not named stays
    ///
    /// A vendor comes as pending with a third-party provider's group. Its people get in once it has an access group,
    /// a start date and the status enabled.
    #[command(after_long_help = "\
Examples:
  vestibule vendor edit 'Acme Maintenance' --access-group 'Night shift' \\
    --start 2026-01-01 --status enabled
  vestibule vendor edit 'Acme Maintenance' --end 2026-06-30 --contract-number C-1234
  vestibule vendor edit 'Acme Maintenance' --status disabled
  vestibule vendor edit 'Acme Maintenance' --clear end")]
    Edit {
        /// Id or name
        vendor: String,
        /// Access group its people get, by id or name
        #[arg(long)]
        access_group: Option<String>,
        /// First instant at which they may get in: a date (2026-01-31, from midnight UTC) or an instant
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        start: Option<DateTime<Utc>>,
        /// First instant at which they no longer may
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        end: Option<DateTime<Utc>>,
        /// enabled or disabled
        #[arg(long)]
        status: Option<VendorStatus>,
        /// Number of the contract with the vendor
        #[arg(long, value_name = "TEXT")]
        contract_number: Option<String>,
        /// Id of a document about the vendor
        #[arg(long, value_name = "TEXT")]
        document_id: Option<String>,
        /// Whether its people get their access link by themselves: default (as the system is set), yes or no
        #[arg(long, value_name = "WHEN")]
        link_delivery: Option<LinkDelivery>,
        /// Empty a setting; may be repeated
        #[arg(long, value_enum, value_name = "SETTING")]
        clear: Vec<Unset>,
    },
    /// Give a closed vendor a group again that its provider pushed anew
    ///
    /// The pending vendor that came with that group gives way. The vendor keeps its settings.
    #[command(
        after_long_help = "Example:\n  vestibule vendor reattach 01890a5d-ac96-774b-bcce-b302099a8057 \\\n      --group 01890a5d-ac96-774b-bcce-b302099a8058"
    )]
    Reattach {
        /// Id or name of the closed vendor
        vendor: String,
        /// Id of the group, as `vendor show` shows it for the pending vendor
        #[arg(long)]
        group: GroupId,
    },
}

/// A setting to be emptied.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Unset {
    AccessGroup,
    Start,
    End,
    ContractNumber,
    DocumentId,
}

impl Unset {
    fn apply(self, settings: &mut VendorSettings) {
        match self {
            Self::AccessGroup => settings.access_group = None,
            Self::Start => settings.start = None,
            Self::End => settings.end = None,
            Self::ContractNumber => settings.contract_number = None,
            Self::DocumentId => settings.document_id = None,
        }
    }
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::List {
            provider,
            status,
            page,
        } => {
            let choice = Choice {
                provider: provider
                    .as_deref()
                    .map(|provider| session.provider(provider))
                    .transpose()?,
                status,
                ..Choice::default()
            };
            let page = page.query();
            let vendors = service.list_vendors(call, &VendorQuery { choice, page })?;
            Answer::page(
                vendors.next,
                vendors.items.iter().map(flat).collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("STATUS", "/status"),
                    ("START", "/start"),
                    ("END", "/end"),
                    ("ACCESS GROUP", "/access_group"),
                ],
            )
        }
        Command::Show { vendor } => show(session, &vendor)?,
        Command::People { vendor, page } => {
            let people = service.vendor_people(call, session.vendor(&vendor)?, &page.query())?;
            Answer::page(
                people.next,
                people.items.iter().map(person).collect(),
                &[("ID", "/id"), ("USER NAME", "/user_name")],
            )
        }
        Command::Edit {
            vendor,
            access_group,
            start,
            end,
            status,
            contract_number,
            document_id,
            link_delivery,
            clear,
        } => {
            let id = session.vendor(&vendor)?;
            let access_group = access_group
                .as_deref()
                .map(|group| session.access_group(group))
                .transpose()?;
            let changed = service.change_vendor(call, id, Precondition::NONE, move |settings| {
                for setting in &clear {
                    setting.apply(settings);
                }
                settings.access_group = access_group.or(settings.access_group);
                settings.start = start.or(settings.start);
                settings.end = end.or(settings.end);
                settings.status = status.unwrap_or(settings.status);
                settings.contract_number = contract_number
                    .clone()
                    .or_else(|| settings.contract_number.take());
                settings.document_id = document_id.clone().or_else(|| settings.document_id.take());
                settings.link_delivery = link_delivery.unwrap_or(settings.link_delivery);
                Ok(())
            })?;
            Answer::record(flat(&changed))
        }
        Command::Reattach { vendor, group } => Answer::record(flat(&service.reattach_vendor(
            call,
            session.vendor(&vendor)?,
            group,
        )?)),
    })
}

fn show(session: &Session, vendor: &str) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let id = session.vendor(vendor)?;
    let VendorDetails {
        vendor,
        people,
        access_group_name,
    } = service.find_vendor(call, id)?;
    let placed = service
        .vendor_people(call, id, &PageQuery::default())?
        .items;
    let mut value = flat(&vendor);
    if let Value::Object(fields) = &mut value {
        let names: Vec<Value> = placed.iter().map(person).collect();
        fields.extend([
            ("access_group_name".to_owned(), json!(access_group_name)),
            ("people".to_owned(), json!(people)),
            ("placed".to_owned(), json!(names)),
        ]);
    }
    Ok(Answer::record(value))
}

fn person(person: &Placed) -> Value {
    json!({"id": person.id, "user_name": person.user_name})
}
