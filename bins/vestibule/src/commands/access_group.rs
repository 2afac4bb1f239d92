//! `vestibule access-group`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use vestibule_domain::access_group::AccessGroupSettings;
use vestibule_service::Precondition;
use vestibule_service::access_groups::AccessGroupQuery;

use super::{CommandError, PageArgs, Session, done, flat};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an access group
    #[command(after_long_help = "\
Examples:
  vestibule access-group create --name 'Night shift' --may-start-sessions
  vestibule access-group create --name Audited --may-start-sessions \\
    --approvals-required 2 --approver alice")]
    Create {
        /// Name under which administrators, and provisioning, know it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// List the access groups
    #[command(after_long_help = "Example:\n  vestibule access-group list")]
    List {
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show an access group and how much is tied to it
    #[command(after_long_help = "Example:\n  vestibule access-group show 'Night shift'")]
    Show {
        /// Id or name
        access_group: String,
    },
    /// Change an access group; what is not named stays
    #[command(after_long_help = "\
Examples:
  vestibule access-group edit 'Night shift' --enabled=false
  vestibule access-group edit 'Night shift' --linkable-by-provisioning")]
    Edit {
        /// Id or name
        access_group: String,
        /// New name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        fields: Fields,
        /// Empty the description
        #[arg(long, conflicts_with = "description")]
        clear_description: bool,
        /// Empty the list of approvers
        #[arg(long, conflicts_with = "approver")]
        clear_approvers: bool,
    },
    /// Delete an access group that nothing is tied to
    #[command(after_long_help = "Example:\n  vestibule access-group delete 'Night shift'")]
    Delete {
        /// Id or name
        access_group: String,
    },
}

/// The policy's settings but its name. A bare switch means true; `--enabled=false` turns it off.
#[derive(Debug, Args)]
pub(super) struct Fields {
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Whether it lets anybody in; true for a new one
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enabled: Option<bool>,
    /// Its people may view passwords
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    may_view_passwords: Option<bool>,
    /// Its people may start sessions
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    may_start_sessions: Option<bool>,
    /// Approvals that a request needs; 0 for a new one
    #[arg(long, value_name = "N")]
    approvals_required: Option<u32>,
    /// Disapprovals that cancel a request; 1 for a new one
    #[arg(long, value_name = "N")]
    disapprovals_to_cancel: Option<u32>,
    /// Levels of approval; 1 for a new one
    #[arg(long, value_name = "N")]
    approval_levels: Option<u32>,
    /// A request must name the id under which the governance product knows it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    governance_id_required: Option<bool>,
    /// People may request access for themselves; stored and shown, there is no page for that yet
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    self_request: Option<bool>,
    /// Who approves; may be repeated
    #[arg(long, value_name = "NAME")]
    approver: Vec<String>,
    /// A provider may tie a pending vendor to it by sending its name as accessGroup
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    linkable_by_provisioning: Option<bool>,
}

impl Fields {
    fn apply(&self, settings: &mut AccessGroupSettings) {
        fn set<T: Copy>(setting: &mut T, given: Option<T>) {
            *setting = given.unwrap_or(*setting);
        }
        if self.description.is_some() {
            settings.description.clone_from(&self.description);
        }
        if !self.approver.is_empty() {
            settings.approvers.clone_from(&self.approver);
        }
        set(&mut settings.enabled, self.enabled);
        set(&mut settings.may_view_passwords, self.may_view_passwords);
        set(&mut settings.may_start_sessions, self.may_start_sessions);
        set(&mut settings.approvals_required, self.approvals_required);
        set(
            &mut settings.disapprovals_to_cancel,
            self.disapprovals_to_cancel,
        );
        set(&mut settings.approval_levels, self.approval_levels);
        set(
            &mut settings.governance_id_required,
            self.governance_id_required,
        );
        set(&mut settings.self_request, self.self_request);
        set(
            &mut settings.linkable_by_provisioning,
            self.linkable_by_provisioning,
        );
    }
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Create { name, fields } => {
            let mut settings = AccessGroupSettings {
                name,
                ..AccessGroupSettings::default()
            };
            fields.apply(&mut settings);
            Answer::record(flat(&service.create_access_group(call, settings)?))
        }
        Command::List { page } => {
            let query = AccessGroupQuery {
                page: page.query(),
                ..AccessGroupQuery::default()
            };
            let found = service.list_access_groups(call, &query)?;
            Answer::page(
                found.next,
                found.items.iter().map(flat).collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("ENABLED", "/enabled"),
                    ("SESSIONS", "/may_start_sessions"),
                    ("PASSWORDS", "/may_view_passwords"),
                    ("LINKABLE", "/linkable_by_provisioning"),
                ],
            )
        }
        Command::Show { access_group } => {
            let details = service.find_access_group(call, session.access_group(&access_group)?)?;
            let tied = details.tied;
            let mut value = flat(&details.access_group);
            if let Value::Object(fields) = &mut value {
                fields.insert(
                    "tied".to_owned(),
                    json!({"vendors": tied.vendors, "internal_groups": tied.internal_groups, "providers": tied.providers}),
                );
            }
            Answer::record(value)
        }
        Command::Edit {
            access_group,
            name,
            fields,
            clear_description,
            clear_approvers,
        } => {
            let id = session.access_group(&access_group)?;
            let changed =
                service.change_access_group(call, id, Precondition::NONE, move |settings| {
                    if clear_description {
                        settings.description = None;
                    }
                    if clear_approvers {
                        settings.approvers.clear();
                    }
                    fields.apply(settings);
                    settings.name = name
                        .clone()
                        .unwrap_or_else(|| std::mem::take(&mut settings.name));
                    Ok(())
                })?;
            Answer::record(flat(&changed))
        }
        Command::Delete { access_group } => {
            service.delete_access_group(
                call,
                session.access_group(&access_group)?,
                Precondition::NONE,
            )?;
            done("The access group is deleted.")
        }
    })
}
