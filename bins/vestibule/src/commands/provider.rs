//! `vestibule provider`.

pub(super) mod fields;

use chrono::Duration;
use clap::{Subcommand, ValueEnum as _};
use serde_json::{Value, json};
use vestibule_domain::CredentialId;
use vestibule_domain::network::{AllowedAddresses, AllowedReferrers};
use vestibule_domain::provider::{LinkDelivery, ProviderSettings, ProviderState, UserType};
use vestibule_oauth::{Methods, Scopes};
use vestibule_scim::Dialect;
use vestibule_service::Precondition;
use vestibule_service::providers::{
    AUTHENTICATION_METHOD, Holdings, NewCredentials, PROTOCOL, ProviderDetails, ProviderQuery,
    RegisteredProvider,
};

use super::{CommandError, PageArgs, Session, done, flat};
use crate::output::Answer;
use fields::{Fields, Unset};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register a provider and show its client id and secret, the secret this once
    #[command(after_long_help = "\
Examples:
  vestibule provider add --name Okta --user-type third-party --allow-ip '*'
  vestibule provider add --name 'Entra ID' --user-type internal --allow-ip 203.0.113.0/24 \\
      --valid-until 2027-01-01 --scope scim:read --tag production
  vestibule provider add --name Okta --user-type third-party --allow-ip '*' --json")]
    Add {
        /// Name under which administrators know it
        #[arg(long)]
        name: String,
        /// Whose people it pushes: internal (staff) or third-party (vendors' people); cannot be changed later
        #[arg(long, value_name = "TYPE")]
        user_type: UserType,
        /// Register it disabled: it is refused until `provider enable`
        #[arg(long)]
        disabled: bool,
        #[command(flatten)]
        fields: Fields,
    },
    /// List the providers
    #[command(after_long_help = "Example:\n  vestibule provider list")]
    List {
        #[command(flatten)]
        page: PageArgs,
    },
    /// Show a provider: settings, credentials with their last use, tolerances, warnings, what it holds
    #[command(after_long_help = "Example:\n  vestibule provider show Okta")]
    Show {
        /// Id or name
        provider: String,
    },
    /// Change a provider's settings; what is not named stays
    #[command(after_long_help = "\
Examples:
  vestibule provider edit Okta --allow-ip 203.0.113.7 --allow-ip 2001:db8::/32
  vestibule provider edit Okta --name 'Okta EU' --clear valid-until --clear tags")]
    Edit {
        /// Id or name
        provider: String,
        /// New name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        fields: Fields,
        /// Empty a setting: description, tags, valid-until, allow-ip (nobody may call), allow-referrer (anybody
        /// may refer), authentication (a secret, either way), default-access-group or rate-limit; may be repeated
        #[arg(long, value_enum, value_name = "SETTING")]
        clear: Vec<Unset>,
    },
    /// Answer a provider with 503 for a while; its credentials stay good
    #[command(after_long_help = "Example:\n  vestibule provider pause Okta")]
    Pause {
        /// Id or name
        provider: String,
    },
    /// End a pause
    #[command(after_long_help = "Example:\n  vestibule provider resume Okta")]
    Resume {
        /// Id or name
        provider: String,
    },
    /// Answer a disabled provider again; its activation tokens work again
    #[command(after_long_help = "Example:\n  vestibule provider enable Okta")]
    Enable {
        /// Id or name
        provider: String,
    },
    /// Refuse a provider as if its credentials were wrong, and end the tokens it fetched
    ///
    /// The access of people already in stays: only provisioning stops.
    #[command(after_long_help = "Example:\n  vestibule provider disable Okta")]
    Disable {
        /// Id or name
        provider: String,
    },
    /// Delete a provider with everything it pushed
    ///
    /// Without --yes only shows what would end with it, and ends with status 1.
    #[command(
        after_long_help = "Examples:\n  vestibule provider delete Okta\n  vestibule provider delete Okta --yes"
    )]
    Delete {
        /// Id or name
        provider: String,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
    /// Issue another client secret; the newest before it goes on working for a while
    #[command(after_long_help = "\
Examples:
  vestibule provider rotate Okta
  vestibule provider rotate Okta --overlap 0       the old secret ends at once")]
    Rotate {
        /// Id or name
        provider: String,
        /// Minutes that the old secret goes on working; 1440 (a day) when not given
        #[arg(long, value_name = "MINUTES")]
        overlap: Option<u32>,
    },
    /// End one client secret at once
    ///
    /// The tokens that it fetched go on until they expire or are revoked.
    #[command(
        after_long_help = "Example:\n  vestibule provider revoke-secret Okta 01890a5d-ac96-774b-bcce-b302099a8057"
    )]
    RevokeSecret {
        /// Id or name
        provider: String,
        /// Id of the secret, as `provider show` shows it
        secret: CredentialId,
    },
}

pub(super) fn run(session: &Session, command: Command) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let found = |provider: &RegisteredProvider| Answer::record(shown(provider));
    let switch = |name: &str, state| -> Result<Answer, CommandError> {
        Ok(found(&service.set_provider_state(
            call,
            session.provider(name)?,
            Precondition::NONE,
            state,
        )?))
    };
    Ok(match command {
        Command::Add {
            name,
            user_type,
            disabled,
            fields,
        } => {
            let state = if disabled {
                ProviderState::Disabled
            } else {
                ProviderState::Active
            };
            add(session, name, user_type, state, &fields)?
        }
        Command::List { page } => {
            let query = ProviderQuery {
                page: page.query(),
                ..ProviderQuery::default()
            };
            let providers = service.list_providers(call, &query)?;
            Answer::page(
                providers.next,
                providers.items.iter().map(shown).collect(),
                &[
                    ("ID", "/id"),
                    ("NAME", "/name"),
                    ("USER TYPE", "/user_type"),
                    ("STATE", "/state"),
                    ("CLIENT ID", "/client_id"),
                    ("VALID UNTIL", "/valid_until"),
                ],
            )
        }
        Command::Show { provider } => Answer::record(details(
            &service.find_provider(call, session.provider(&provider)?)?,
            session,
        )),
        Command::Edit {
            provider,
            name,
            fields,
            clear,
        } => {
            let id = session.provider(&provider)?;
            let change = fields.understood(session)?;
            if let Some(both) = clear.iter().find(|setting| change.sets(**setting)) {
                let name = both.to_possible_value().expect("every setting has a name");
                return Err(CommandError::Input(format!(
                    "{} is both given and cleared; decide on one",
                    name.get_name()
                )));
            }
            let changed =
                service.change_provider(call, id, Precondition::NONE, move |settings| {
                    for setting in &clear {
                        setting.apply(settings);
                    }
                    change.apply(settings);
                    settings.name = name.clone().unwrap_or_else(|| settings.name.clone());
                    Ok(())
                })?;
            match half(&changed.provider.settings.allowed_addresses) {
                Some(half) => found(&changed).with_note(half),
                None => found(&changed),
            }
        }
        Command::Pause { provider } => switch(&provider, ProviderState::Paused)?,
        Command::Resume { provider } => {
            found(&service.resume_provider(call, session.provider(&provider)?)?)
        }
        Command::Enable { provider } => switch(&provider, ProviderState::Active)?,
        Command::Disable { provider } => switch(&provider, ProviderState::Disabled)?,
        Command::Delete { provider, yes } => delete(session, &provider, yes)?,
        Command::Rotate { provider, overlap } => {
            let overlap = overlap.map(|minutes| Duration::minutes(minutes.into()));
            let new = service.rotate_secret(call, session.provider(&provider)?, overlap)?;
            issued(session, &new)
        }
        Command::RevokeSecret { provider, secret } => {
            service.revoke_secret(call, session.provider(&provider)?, secret)?;
            done("The secret is revoked.")
        }
    })
}

fn add(
    session: &Session,
    name: String,
    user_type: UserType,
    state: ProviderState,
    fields: &Fields,
) -> Result<Answer, CommandError> {
    let mut settings = ProviderSettings {
        name,
        user_type,
        description: None,
        tags: Vec::new(),
        valid_until: None,
        allowed_addresses: AllowedAddresses::default(),
        allowed_referrers: AllowedReferrers::default(),
        authentication: Methods::default(),
        scopes: Scopes::ALL,
        dialect: Dialect::default(),
        put_keeps_members: false,
        default_access_group: None,
        link_delivery: LinkDelivery::default(),
        rate_limit: None,
    };
    fields.understood(session)?.apply(&mut settings);
    let nobody = settings.allowed_addresses == AllowedAddresses::default();
    let half = half(&settings.allowed_addresses);
    let new = session
        .service
        .register_provider(&session.call, settings, state)?;
    let mut answer = issued(session, &new);
    if nobody && let Some(note) = &mut answer.note {
        note.push_str(
            "\nNo address may call yet: name some with `vestibule provider edit --allow-ip`.",
        );
    }
    if let (Some(half), Some(note)) = (half, &mut answer.note) {
        note.push('\n');
        note.push_str(half);
    }
    Ok(answer)
}

/// That a list which lets every address of one kind in lets none of the other in.
fn half(allowed: &AllowedAddresses) -> Option<&'static str> {
    let items = allowed.items();
    let has = |item: &str| items.iter().any(|known| known == item);
    match (has("0.0.0.0/0"), has("::/0")) {
        (true, false) => Some(
            "0.0.0.0/0 is every IPv4 address and no IPv6 address; * is any address of both kinds.",
        ),
        (false, true) => {
            Some("::/0 is every IPv6 address and no IPv4 address; * is any address of both kinds.")
        }
        _ => None,
    }
}

/// New credentials: exactly what a product is configured with.
fn issued(session: &Session, new: &NewCredentials) -> Answer {
    let value = json!({
        "id": new.provider.provider.id,
        "client_id": new.provider.client_id,
        "client_secret": new.client_secret.expose(),
        "base_url": format!("{}/iso/scim/v2", session.public_url),
        "token_url": format!("{}/iso/oauth2/token", session.public_url),
    });
    Answer::record(value).with_note("The secret is shown this once; only its digest is kept.")
}

fn delete(session: &Session, provider: &str, yes: bool) -> Result<Answer, CommandError> {
    let Session { service, call, .. } = session;
    let id = session.provider(provider)?;
    if yes {
        let ended = service.delete_provider(call, id, Precondition::NONE)?;
        return Ok(Answer::record(holdings(&ended))
            .with_note("The provider is deleted, and with it what is counted above."));
    }
    let preview = service.preview_provider_deletion(call, id)?;
    let note =
        "Deleting the provider ends all of that, and the access of its people. Say --yes to do it.";
    Ok(Answer {
        status: 1,
        ..Answer::record(holdings(&preview)).with_note(note)
    })
}

fn holdings(holdings: &Holdings) -> Value {
    let Holdings {
        users,
        groups,
        vendors,
        placements,
        tokens,
    } = holdings;
    json!({"users": users, "groups": groups, "vendors": vendors, "placements": placements, "tokens": tokens})
}

fn shown(registered: &RegisteredProvider) -> Value {
    with_client_id(flat(&registered.provider), &registered.client_id)
}

fn with_client_id(mut value: Value, client_id: &str) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.insert("client_id".to_owned(), json!(client_id));
    }
    value
}

fn details(details: &ProviderDetails, session: &Session) -> Value {
    let uses = |id| {
        let found = details.uses.iter().find(|used| used.credential == id);
        json!(found.map(
            |used| json!({"at": used.last_used, "address": used.last_address, "uses": used.uses})
        ))
    };
    let secrets: Vec<Value> = details
        .secrets
        .iter()
        .map(|secret| json!({"id": secret.id, "created": secret.created, "expires": secret.expires, "last_used": uses(secret.id)}))
        .collect();
    let tokens: Vec<Value> = details
        .activation_tokens
        .iter()
        .map(|token| {
            json!({"id": token.id, "name": token.name, "scope": token.scopes, "issued": token.issued,
                   "expires": token.expires, "last_used": uses(token.id)})
        })
        .collect();
    let warnings: Vec<Value> = details
        .warnings
        .iter()
        .map(|warning| {
            json!({"kind": warning.kind, "subject": warning.subject, "detail": warning.detail, "raised": warning.raised})
        })
        .collect();
    let tolerances: Vec<Value> = details
        .tolerances
        .iter()
        .map(|seen| {
            json!({
                "name": seen.name,
                "uses": seen.uses,
                "last_used": seen.last_used,
                "names": seen.names,
            })
        })
        .collect();
    let mut value = with_client_id(flat(&details.provider), &details.client_id);
    if let Value::Object(fields) = &mut value {
        fields.extend([
            ("protocol".to_owned(), json!(PROTOCOL)),
            (
                "authentication_method".to_owned(),
                json!(AUTHENTICATION_METHOD),
            ),
            (
                "base_url".to_owned(),
                json!(format!("{}/iso/scim/v2", session.public_url)),
            ),
            (
                "token_url".to_owned(),
                json!(format!("{}/iso/oauth2/token", session.public_url)),
            ),
            ("secrets".to_owned(), json!(secrets)),
            ("activation_tokens".to_owned(), json!(tokens)),
            ("holdings".to_owned(), holdings(&details.holdings)),
            ("tolerances".to_owned(), json!(tolerances)),
            ("warnings".to_owned(), json!(warnings)),
        ]);
    }
    value
}
