//! The command line: what can be asked, and who answers.

mod access_group;
mod access_request;
mod admin;
mod check;
mod event;
mod group;
mod health;
mod import;
mod key;
mod link;
mod mail;
pub(crate) mod mistaken;
mod named;
mod provider;
mod request;
mod schema;
mod timeline;
mod token;
mod user;
mod vendor;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use vestibule_service::pages::PageQuery;
use vestibule_service::storage::{DatabaseUrl, OpenError, Options, Store};
use vestibule_service::{AdminCall, Clock, Entropy, LinkSettings, Service, Settings};

use crate::config::{Config, ConfigError, EverywhereOptions, ServerOptions};
use crate::output::{self, Answer};
use crate::{serve, telemetry};

/// Registers identity governance products, takes the people and groups they push over SCIM 2.0, and
/// answers who may get in, always with the reasons.
#[derive(Debug, Parser)]
#[command(
    version,
    after_long_help = "\
First steps:
  vestibule serve                              start on http://127.0.0.1:8080, data in ./data
  vestibule provider add --name Okta --user-type third-party --allow-ip '*'
                                               register a provider; shows its client id and secret
  vestibule token issue --provider Okta --name okta-console
                                               a long-lived token to paste into a product

Commands other than serve open the database themselves. They work while the server runs, and whoever can open the \
database may use all of them: no sign-in is asked for.

Every option stands for a key of the configuration file or a variable of the environment too; \
`vestibule config check` shows all of them with what holds now."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,

    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Options of every command",
        help = "Configuration file (TOML)",
        long_help = "Configuration file (TOML); without it ./vestibule.toml is read if there is one \
                     [env: VESTIBULE_CONFIG]"
    )]
    config: Option<String>,

    /// Answer in JSON instead of text
    #[arg(long, global = true, help_heading = "Options of every command")]
    json: bool,

    #[command(flatten)]
    everywhere: EverywhereOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until SIGTERM or Ctrl-C
    ///
    /// Prints the addresses of SCIM, token endpoint, admin API, OpenAPI document and documentation and,
    /// while there is no administrator, a one-time link that makes the first one.
    #[command(after_long_help = "\
Examples:
  vestibule serve
  vestibule serve --listen 127.0.0.1:9000 --database postgres://vestibule@db/vestibule
  vestibule serve --listen 10.0.0.5:8080 --insecure-behind-proxy \\
      --public-url https://vestibule.example --trusted-proxy 10.0.0.1")]
    Serve(ServerOptions),
    /// Providers: the products that push people and groups
    #[command(subcommand)]
    Provider(provider::Command),
    /// Requests that were refused: what, why, and what to do about it
    #[command(subcommand)]
    Request(request::Command),
    /// Activation tokens: long-lived tokens for products that cannot fetch their own
    #[command(subcommand)]
    Token(token::Command),
    /// Vendors: the outside companies that come with a third-party provider's groups
    #[command(subcommand)]
    Vendor(vendor::Command),
    /// Access groups: the policies that vendors and internal groups are tied to
    #[command(subcommand)]
    AccessGroup(access_group::Command),
    /// Internal groups: the groups that internal providers push
    #[command(subcommand)]
    Group(group::Command),
    /// People: who they are, whether they may get in and why, blocks
    #[command(subcommand)]
    User(user::Command),
    /// Access links: personal ways in, entry codes, the panic button
    #[command(subcommand)]
    Link(link::Command),
    /// Import: people of vendors that no product pushes
    #[command(subcommand)]
    Import(import::Command),
    /// Access requests: links that others have to approve first
    #[command(subcommand)]
    AccessRequest(access_request::Command),
    /// List what time alone will change: starts, ends and expiries to come, the next one first
    #[command(after_long_help = "\
Examples:
  vestibule timeline --limit 20
  vestibule timeline --to 2026-12-31 --kind vendor.ended
  vestibule timeline --vendor Acme")]
    Timeline(timeline::Timeline),
    /// Show whether what runs in the background keeps up, and where the chain of events stands
    #[command(after_long_help = "Example:\n  vestibule health --json")]
    Health,
    /// Mail: whether it gets through
    #[command(subcommand)]
    Mail(mail::Command),
    /// Keys that sign what the gateway is told
    #[command(subcommand)]
    Keys(key::Command),
    /// Administrators and their API tokens
    #[command(subcommand)]
    Admin(admin::Command),
    /// Schemas: what users, groups and other resources may hold
    #[command(subcommand)]
    Schema(schema::Command),
    /// Events: the record of every change
    #[command(subcommand)]
    Event(event::Command),
    /// The chain that seals the events
    #[command(subcommand)]
    Audit(event::AuditCommand),
    /// The configuration as it holds
    #[command(subcommand)]
    Config(check::Command),
    /// Print the OpenAPI 3.1 document of token endpoint, SCIM and admin API
    ///
    /// The same that a running server answers at /openapi.json.
    #[command(after_long_help = "Example:\n  vestibule openapi > openapi/vestibule.json")]
    Openapi,
}

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        cause: io::Error,
    },
    #[error(transparent)]
    Service(#[from] vestibule_service::Error),
    #[error("{0}")]
    Input(String),
    #[error("cannot read or write")]
    Io(#[source] io::Error),
}

/// What every command works with.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) json: bool,
    /// The environment's variables that begin with `VESTIBULE_`.
    pub(crate) variables: BTreeMap<String, String>,
}

/// An opened service with the caller that the command line is.
pub(crate) struct Session {
    pub(crate) service: Service,
    pub(crate) call: AdminCall,
    public_url: String,
}

impl Context {
    pub(crate) fn open(&self, options: Options) -> Result<Service, CommandError> {
        let store = Store::open(&self.config.database, options)?;
        Ok(Service::new(
            store,
            Clock::system(),
            Entropy::system(),
            Settings {
                links: LinkSettings {
                    sealing_key: self.config.sealing_key()?,
                    ..self.config.service.links
                },
                ..self.config.service.clone()
            },
        ))
    }

    fn session(&self) -> Result<Session, CommandError> {
        if let DatabaseUrl::Sqlite(path) = &self.config.database
            && !std::path::Path::new(path).exists()
        {
            output::remark(&format!(
                "there was no database at {path}: a new one is made"
            ));
        }
        // One connection does for one command.
        let service = self.open(Options {
            connections: 1,
            ..self.config.storage_options()
        })?;
        Ok(Session {
            service,
            call: AdminCall::command_line(),
            public_url: self.config.public_url(self.config.listen),
        })
    }
}

/// Does what was asked, prints the answer, and tells how the process ends.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, CommandError> {
    let Cli {
        command,
        config,
        json,
        everywhere: EverywhereOptions(mut options),
    } = cli;
    if let Command::Serve(ServerOptions(more))
    | Command::Config(check::Command::Check(ServerOptions(more))) = &command
    {
        options.extend(more.clone());
    }
    let variables = variables()?;
    let config = Config::load(config.as_deref(), &variables, options)?;
    telemetry::start(&config);
    let context = Context {
        config,
        json,
        variables,
    };
    let answer = match command {
        Command::Serve(_) => {
            serve::serve(&context)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Config(check::Command::Check(_)) => check::run(&context),
        Command::Openapi => {
            output::print(&vestibule_web::openapi::text())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Provider(command) => provider::run(&context.session()?, command)?,
        Command::Request(command) => request::run(&context.session()?, command)?,
        Command::Token(command) => token::run(&context.session()?, command)?,
        Command::Vendor(command) => vendor::run(&context.session()?, command)?,
        Command::AccessGroup(command) => access_group::run(&context.session()?, command)?,
        Command::Group(command) => group::run(&context.session()?, command)?,
        Command::User(command) => user::run(&context.session()?, command)?,
        Command::Link(command) => link::run(&context.session()?, command)?,
        Command::AccessRequest(command) => access_request::run(&context.session()?, command)?,
        Command::Import(command) => import::run(&context.session()?, &command)?,
        Command::Timeline(wanted) => timeline::run(&context.session()?, wanted)?,
        Command::Health => health::run(&context.session()?)?,
        Command::Mail(command) => mail::run(&context, command)?,
        Command::Keys(command) => key::run(&context.session()?, &command)?,
        Command::Admin(command) => admin::run(&context.session()?, command)?,
        Command::Schema(command) => schema::run(&context.session()?, command)?,
        Command::Event(command) => event::run(&context.session()?, command)?,
        Command::Audit(command) => event::run_audit(&context.session()?, &command)?,
    };
    output::print(&answer.render(json))?;
    Ok(ExitCode::from(answer.status))
}

/// The variables of the environment that may be settings.
fn variables() -> Result<BTreeMap<String, String>, CommandError> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name
                .into_string()
                .ok()
                .filter(|name| name.starts_with("VESTIBULE_"))?;
            Some(
                value
                    .into_string()
                    .map(|value| (name.clone(), value))
                    .map_err(|_| name),
            )
        })
        .collect::<Result<_, String>>()
        .map_err(|name| {
            CommandError::Input(format!(
                "the environment variable {name} is not text in UTF-8"
            ))
        })
}

/// An optional position in a list, and how much of it.
#[derive(Debug, Clone, clap::Args)]
struct PageArgs {
    /// Where the page before says that the next one begins
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// How many at most, up to 1000
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

impl PageArgs {
    fn query<S>(self) -> PageQuery<S> {
        PageQuery {
            after: self.after,
            limit: self.limit,
            ..PageQuery::default()
        }
    }
}

/// Something made or changed, as JSON with its settings beside its id.
fn flat(value: &impl serde::Serialize) -> serde_json::Value {
    use serde_json::Value;
    let value =
        serde_json::to_value(value).expect("types of the domain have text keys and finite numbers");
    let Value::Object(mut fields) = value else {
        return value;
    };
    let Some(Value::Object(settings)) = fields.shift_remove("settings") else {
        return Value::Object(fields);
    };
    let mut flat = serde_json::Map::new();
    if let Some(id) = fields.shift_remove("id") {
        flat.insert("id".to_owned(), id);
    }
    flat.extend(settings);
    flat.extend(fields);
    Value::Object(flat)
}

/// Reads an instant: RFC 3339, or a date, which stands for its first moment in UTC.
fn instant(text: &str) -> Result<chrono::DateTime<chrono::Utc>, String> {
    vestibule_domain::instant::parse(text).ok_or_else(|| {
        "use a date such as 2026-01-31 or an instant such as 2026-01-31T08:00:00Z".to_owned()
    })
}

/// An answer for something that leaves nothing to show.
fn done(text: impl Into<String>) -> Answer {
    let text = text.into();
    Answer::new(
        serde_json::json!({ "done": text }),
        output::View::Text(format!("{text}\n")),
    )
}

#[cfg(test)]
mod examples;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_option_explains_itself() {
        fn look(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} has no help");
            for arg in command.get_arguments() {
                assert!(
                    arg.get_help().is_some(),
                    "{path} {} has no help",
                    arg.get_id()
                );
            }
            if !command.has_subcommands() && path.split(' ').count() > 1 {
                let after = command
                    .get_after_long_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(after.contains("Example"), "{path} has no example");
            }
            for child in command
                .get_subcommands()
                .filter(|child| child.get_name() != "help")
            {
                look(child, &format!("{path} {}", child.get_name()));
            }
        }
        look(&Cli::command(), "vestibule");
    }

    #[test]
    fn dates_and_instants_are_read() {
        assert_eq!(
            instant("2026-01-31").unwrap().to_rfc3339(),
            "2026-01-31T00:00:00+00:00"
        );
        assert_eq!(
            instant("2026-01-31T10:00:00+02:00").unwrap().to_rfc3339(),
            "2026-01-31T08:00:00+00:00"
        );
        for wrong in ["", "tomorrow", "2026-02-30", "2026-01-31T10:00:00"] {
            assert!(instant(wrong).is_err(), "{wrong}");
        }
    }
}
