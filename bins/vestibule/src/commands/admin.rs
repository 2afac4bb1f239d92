//! `vestibule admin`.

use std::io::{self, BufRead as _};

use clap::Subcommand;
use serde_json::json;
use vestibule_domain::CredentialId;
use vestibule_service::Role;
use vestibule_service::administrators::AdministratorQuery;

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
  read -rs PASSWORD; printf '%s\\n' \"$PASSWORD\" | vestibule admin create --name bob --role auditor --password-stdin")]
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
        Command::List { page } => {
            let query = AdministratorQuery {
                page: page.query(),
                ..AdministratorQuery::default()
            };
            let found = service.list_administrators(call, &query)?;
            let shown = found.items.iter().map(|found| {
                json!({"id": found.id, "name": found.name, "role": found.role, "enabled": found.enabled, "created": found.created})
            });
            Answer::page(
                found.next,
                shown.collect(),
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
            let issued = service.issue_admin_token(call, &name, &label, ttl)?;
            let value = json!({"token": issued.secret.expose(), "id": issued.token.id, "expires": issued.token.expires});
            Answer::record(value)
                .with_note("The token is shown this once; only its digest is kept.")
        }
        Command::Tokens { name, page } => {
            let tokens = service.admin_tokens(call, &name, &page.query())?;
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
