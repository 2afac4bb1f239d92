//! `vestibule admin`.

use std::io::{self, BufRead as _};

use clap::Subcommand;
use serde_json::{Value, json};
use vestibule_domain::CredentialId;
use vestibule_service::administrators::{Administrator, AdministratorQuery};
use vestibule_service::{Error, Role};

use super::{CommandError, PageArgs, Session, done};
use crate::output::Answer;

/// Bytes of standard input that are looked at for a password.
const INPUT: u64 = 8 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create an administrator
    #[command(after_long_help = "\
Examples:
  vestibule admin create --name alice --role administrator --password-stdin < password.txt
  read -rs PASSWORD; printf '%s\\n' \"$PASSWORD\" |
    vestibule admin create --name bob --role auditor --password-stdin")]
    Create {
        /// Name to sign in with
        #[arg(long)]
        name: String,
        /// auditor (sees everything but secrets), operator (vendors, access groups, blocks too) or administrator
        /// (everything)
        #[arg(long)]
        role: Role,
        /// Read the password, at least 12 characters, from the first line of standard input, so that it stands in
        /// no list of processes and no history
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// List the administrators
    #[command(after_long_help = "Example:\n  vestibule admin list")]
    List {
        #[command(flatten)]
        page: PageArgs,
    },
    /// Change an administrator's role, or shut them out; what is not named stays
    ///
    /// Their sessions end, and tokens they have do only what their role then may, or nothing.
    #[command(after_long_help = "\
Examples:
  vestibule admin edit alice --role auditor
  vestibule admin edit alice --enabled=false")]
    Edit {
        /// Name of the administrator
        name: String,
        /// auditor, operator or administrator
        #[arg(long)]
        role: Option<Role>,
        /// Whether they may do anything at all
        #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        enabled: Option<bool>,
    },
    /// Give an administrator another password, and take their second factor away, when they have lost theirs
    #[command(after_long_help = "\
Example:
  vestibule admin reset alice --password-stdin < password.txt")]
    Reset {
        /// Name of the administrator
        name: String,
        /// Read the password, at least 12 characters, from the first line of standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Remove an administrator with every token and session
    #[command(after_long_help = "Example:\n  vestibule admin delete alice")]
    Delete {
        /// Name of the administrator
        name: String,
    },
    /// Issue an API token for an administrator and show it this once
    ///
    /// It goes into the header `Authorization: Bearer ...` of requests to /api/v1 and may do what its owner may.
    #[command(after_long_help = "\
Examples:
  vestibule admin token --name alice
  vestibule admin token --name alice --label nightly-report --ttl 1440 --json")]
    Token {
        /// Name of the administrator
        #[arg(long)]
        name: String,
        /// Name of the token, to tell it from others
        #[arg(long, default_value = "command line", value_name = "TEXT")]
        label: String,
        /// Minutes that it works; until it is revoked when not given
        #[arg(long, value_name = "MINUTES")]
        ttl: Option<u64>,
    },
    /// List an administrator's API tokens
    #[command(after_long_help = "Example:\n  vestibule admin tokens --name alice")]
    Tokens {
        /// Name of the administrator
        #[arg(long)]
        name: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// End an API token at once
    #[command(
        after_long_help = "Example:\n  vestibule admin revoke 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    Revoke {
        /// Id of the token, as `admin tokens` shows it
        token: CredentialId,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Create {
            name,
            role,
            password_stdin: _,
        } => {
            let password = first_line(io::stdin().lock())?;
            let created = service.create_administrator(call, &name, role, &password)?;
            Answer::record(
                json!({"id": created.id, "name": created.name, "role": created.role, "created": created.created}),
            )
        }
        Command::Edit {
            name,
            role,
            enabled,
        } => {
            let known = service.find_administrator(call, &name)?;
            let (role, enabled) = (role.unwrap_or(known.role), enabled.unwrap_or(known.enabled));
            let changed = service.change_administrator(call, &name, role, enabled)?;
            Answer::record(shown(&changed))
        }
        Command::Reset {
            name,
            password_stdin: _,
        } => {
            let password = first_line(io::stdin().lock())?;
            service.reset_administrator(call, &name, &password)?;
            done(
                "The password is changed; any second factor is gone, and their sessions have ended.",
            )
        }
        Command::Delete { name } => {
            service.delete_administrator(call, &name)?;
            done("The administrator is removed, with every token and session.")
        }
        Command::List { page } => {
            let query = AdministratorQuery {
                page: page.query(),
                ..AdministratorQuery::default()
            };
            let found = service.list_administrators(call, &query)?;
            Answer::page(
                found.next,
                found.items.iter().map(shown).collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("ROLE", "/role"),
                    ("ENABLED", "/enabled"),
                    ("CREATED", "/created"),
                ],
            )
        }
        Command::Token { name, label, ttl } => {
            let issued = service
                .issue_admin_token(call, &name, &label, ttl)
                .map_err(|error| nobody(error, &name))?;
            let value = json!({"token": issued.secret.expose(), "id": issued.token.id, "expires": issued.token.expires});
            Answer::record(value)
                .with_note("The token is shown this once; only its digest is kept.")
        }
        Command::Tokens { name, page } => {
            let tokens = service
                .admin_tokens(call, &name, &page.query())
                .map_err(|error| nobody(error, &name))?;
            let shown = tokens.items.iter().map(|token| {
                json!({"id": token.id, "name": token.name, "created": token.created, "expires": token.expires})
            });
            Answer::page(
                tokens.next,
                shown.collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("CREATED", "/created"),
                    ("EXPIRES", "/expires"),
                ],
            )
        }
        Command::Revoke { token } => {
            service.revoke_admin_token(call, token)?;
            done("The token is revoked.")
        }
    })
}

/// What went wrong with an administrator who is named, not given by an id.
fn nobody(error: Error, name: &str) -> CommandError {
    match error {
        Error::NotFound(_) => {
            CommandError::Input(format!("no administrator has the name `{name}`"))
        }
        error => error.into(),
    }
}

fn shown(administrator: &Administrator) -> Value {
    json!({
        "id": administrator.id,
        "name": administrator.name,
        "role": administrator.role,
        "enabled": administrator.enabled,
        "created": administrator.created,
    })
}

/// The first line, without its end.
fn first_line(input: impl io::BufRead) -> Result<String, CommandError> {
    let mut line = String::new();
    input.take(INPUT).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn a_password_is_the_first_line_as_it_stands() {
        assert_eq!(
            first_line(&b" correct horse \r\nmore\n"[..]).unwrap(),
            " correct horse "
        );
        assert_eq!(first_line(&b"no end"[..]).unwrap(), "no end");
        assert_eq!(first_line(&b""[..]).unwrap(), "");
        assert!(first_line(&b"\xff\n"[..]).is_err());
    }
}
