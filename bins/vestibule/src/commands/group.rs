//! `vestibule group`.

use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::provider::LinkDelivery;
use vestibule_service::Precondition;
use vestibule_service::internal_groups::{InternalGroup, InternalGroupQuery, Member};
use vestibule_service::pages::Page;

use super::{CommandError, PageArgs, Session};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the groups of internal providers
    #[command(after_long_help = "Example:\n  vestibule group list --provider 'Entra ID'")]
    List {
        /// Only those of this provider, by id or name
        #[arg(long)]
        provider: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an internal group, how it is tied, and its members: people, and groups nested in it
    #[command(
        after_long_help = "Examples:\n  vestibule group show Operations\n  vestibule group show Operations --limit 1000 --json"
    )]
    Show {
        /// Id or name
        group: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Tie an internal group to an access group, or change how it is tied
    #[command(after_long_help = "\
Examples:
  vestibule group tie Operations --access-group 'Night shift'
  vestibule group tie Operations --enabled=false
  vestibule group tie Operations --untie")]
    Tie {
        /// Id or name
        group: String,
        /// Access group its members get, by id or name
        #[arg(long)]
        access_group: Option<String>,
        /// Tie it to none
        #[arg(long, conflicts_with = "access_group")]
        untie: bool,
        /// Whether being a member counts at all
        #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        enabled: Option<bool>,
        /// Whether its members get their access link by themselves: default (as the system is set), yes or no
        #[arg(long, value_name = "WHEN")]
        link_delivery: Option<LinkDelivery>,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::List { provider, page } => {
            let provider = provider
                .as_deref()
                .map(|provider| session.provider(provider))
                .transpose()?;
            let query = InternalGroupQuery {
                provider,
                page: page.query(),
                ..InternalGroupQuery::default()
            };
            let groups = service.list_internal_groups(call, &query)?;
            Answer::page(
                groups.next,
                groups.items.iter().map(shown).collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("ENABLED", "/enabled"),
                    ("ACCESS GROUP", "/access_group"),
                    ("PROVIDER", "/provider"),
                ],
            )
        }
        Command::Show { group, page } => {
            let id = session.internal_group(&group)?;
            let found = service.find_internal_group(call, id)?;
            let members = service.internal_group_members(call, id, &page.query())?;
            with_members(&found, &members)
        }
        Command::Tie {
            group,
            access_group,
            untie,
            enabled,
            link_delivery,
        } => {
            let id = session.internal_group(&group)?;
            let access_group = access_group
                .as_deref()
                .map(|group| session.access_group(group))
                .transpose()?;
            let changed =
                service.change_internal_group(call, id, Precondition::NONE, move |settings| {
                    if untie {
                        settings.access_group = None;
                    }
                    settings.access_group = access_group.or(settings.access_group);
                    settings.enabled = enabled.unwrap_or(settings.enabled);
                    settings.link_delivery = link_delivery.unwrap_or(settings.link_delivery);
                    Ok(())
                })?;
            Answer::record(shown(&changed))
        }
    })
}

fn with_members(group: &InternalGroup, members: &Page<Member>) -> Answer {
    let mut value = shown(group);
    if let Value::Object(fields) = &mut value {
        let listed = members.items.iter().map(member).collect();
        fields.insert("members".to_owned(), listed);
        fields.insert("next".to_owned(), json!(members.next));
    }
    let answer = Answer::record(value);
    match &members.next {
        Some(next) => answer.with_note(format!("There are more members: --after {next}")),
        None => answer,
    }
}

fn member(member: &Member) -> Value {
    json!({"id": member.id, "name": member.name, "is_group": member.is_group, "active": member.active})
}

fn shown(group: &InternalGroup) -> Value {
    json!({
        "id": group.id,
        "provider": group.provider,
        "name": group.name,
        "enabled": group.settings.enabled,
        "access_group": group.settings.access_group,
        "link_delivery": group.settings.link_delivery,
    })
}
