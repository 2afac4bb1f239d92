//! `vestibule token`.

use chrono::{DateTime, Utc};
use clap::{ArgGroup, Subcommand};
use serde_json::json;
use vestibule_domain::CredentialId;
use vestibule_oauth::Scopes;
use vestibule_service::cockpit::CredentialQuery;

use super::provider::fields::scopes;
use super::{CommandError, PageArgs, Session, done, instant};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Issue an activation token and show it this once
    ///
    /// For products into which a bearer token is pasted, such as Okta with "HTTP Header" authentication.
    #[command(after_long_help = "\
Examples:
  vestibule token issue --provider Okta --name okta-console
  vestibule token issue --provider Okta --name reader --ttl 43200 --scope scim:read --json")]
    Issue {
        /// Id or name of the provider
        #[arg(long)]
        provider: String,
        /// Name by which it is told from others, to be revoked
        #[arg(long)]
        name: String,
        /// Minutes that it works; as `activation_token_minutes` is set (a year) when not given
        #[arg(long, value_name = "MINUTES")]
        ttl: Option<u64>,
        /// What it may do: scim, scim:read or scim:write; all that the provider may when not given
        #[arg(long, value_parser = scopes)]
        scope: Option<Scopes>,
    },
    /// List a provider's activation tokens
    #[command(after_long_help = "Example:\n  vestibule token list --provider Okta")]
    List {
        /// Id or name of the provider
        #[arg(long)]
        provider: String,
        #[command(flatten)]
        page: PageArgs,
    },
    /// List every credential: secrets, tokens, keys, with their end and last use; the first to end first
    #[command(
        after_long_help = "Examples:\n  vestibule token credentials\n  vestibule token credentials --provider Okta"
    )]
    Credentials {
        /// Id or name of the provider; every provider when not given
        #[arg(long)]
        provider: Option<String>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// End one token, or all of a provider's, at once
    #[command(
        group = ArgGroup::new("which").required(true).args(["token", "all", "issued_before"]),
        after_long_help = "\
Examples:
  vestibule token revoke --provider Okta 01890a5d-ac96-774b-bcce-b302099a8057
  vestibule token revoke --provider Okta --all
  vestibule token revoke --provider Okta --issued-before 2026-11-22T08:00:00Z")]
    Revoke {
        /// Id or name of the provider
        #[arg(long)]
        provider: String,
        /// Id of the token, as `token list` shows it
        token: Option<CredentialId>,
        /// Every token of the provider, those it fetched included
        #[arg(long)]
        all: bool,
        /// Every token of the provider issued before that instant, also one that a restored backup brings back
        #[arg(long, value_name = "WHEN", value_parser = instant)]
        issued_before: Option<DateTime<Utc>>,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    Ok(match command {
        Command::Issue {
            provider,
            name,
            ttl,
            scope,
        } => {
            let issued = service.issue_activation_token(
                call,
                session.provider(&provider)?,
                &name,
                ttl,
                scope,
            )?;
            let value = json!({
                "id": issued.id,
                "access_token": issued.access_token.expose(),
                "expires_in": issued.expires_in,
                "scope": issued.scopes,
            });
            Answer::record(value).with_note("The token is shown this once; only its digest is kept. It expires in that many seconds.")
        }
        Command::List { provider, page } => {
            let provider = session.provider(&provider)?;
            let tokens = service.activation_tokens(call, provider, &page.query())?;
            let shown = tokens.items.iter().map(|token| {
                json!({"id": token.id, "name": token.name, "scope": token.scopes, "issued": token.issued,
                       "expires": token.expires})
            });
            Answer::page(
                tokens.next,
                shown.collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("SCOPE", "/scope"),
                    ("ISSUED", "/issued"),
                    ("EXPIRES", "/expires"),
                ],
            )
        }
        Command::Credentials { provider, page } => credentials(session, provider, page)?,
        Command::Revoke {
            provider,
            token: Some(token),
            ..
        } => {
            service.revoke_token(call, session.provider(&provider)?, token)?;
            done("The token is revoked.")
        }
        Command::Revoke {
            provider,
            issued_before: Some(epoch),
            ..
        } => {
            let id = session.provider(&provider)?;
            let ended = service.revoke_tokens_before(call, id, epoch)?;
            done(format!("{ended} tokens are revoked."))
        }
        Command::Revoke {
            provider,
            token: None,
            ..
        } => {
            let ended = service.revoke_all_tokens(call, session.provider(&provider)?)?;
            done(format!("{ended} tokens are revoked."))
        }
    })
}

fn credentials(
    session: &Session,
    provider: Option<String>,
    page: PageArgs,
) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let provider = match provider {
        Some(name) => Some(session.provider(&name)?),
        None => None,
    };
    let query = CredentialQuery {
        provider,
        page: page.query(),
        ..CredentialQuery::default()
    };
    let records = service.list_credentials(call, &query)?;
    let shown = records.items.iter().map(|record| {
        let used = record.last_use.as_ref();
        json!({"id": record.id, "provider": record.provider_name, "kind": record.kind, "name": record.name,
               "scope": record.scopes, "created": record.created, "expires": record.expires,
               "expires_within_days": record.expires_within_days, "expired": record.expired,
               "live": record.live, "last_used": used.map(|used| used.last_used),
               "last_address": used.and_then(|used| used.last_address.as_deref()),
               "uses": used.map_or(0, |used| used.uses)})
    });
    Ok(Answer::page(
        records.next,
        shown.collect(),
        &[
            ("ID", "/id"),
            ("PROVIDER", "/provider"),
            ("KIND", "/kind"),
            ("NAME", "/name"),
            ("CREATED", "/created"),
            ("EXPIRES", "/expires"),
            ("LAST USED", "/last_used"),
            ("FROM", "/last_address"),
            ("USES", "/uses"),
        ],
    ))
}
