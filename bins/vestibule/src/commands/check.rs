//! `vestibule config`.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::json;

use super::Context;
use crate::config::{ServerOptions, unknown_variables};
use crate::output::{Answer, View};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show every setting: its value, where that came from, and what it means
    ///
    /// Reads the file and the environment as `serve` does, takes the same options, and says what is
    /// wrong with them. Ends with status 1 when `serve` would refuse to start: it looks for the database
    /// too, changes nothing there, and does not look whether the port is free.
    #[command(after_long_help = "\
Examples:
  vestibule config check
  vestibule config check --config /etc/vestibule.toml --json
  VESTIBULE_LISTEN=0.0.0.0:80 vestibule config check")]
    Check(ServerOptions),
}

pub(super) fn run(context: &Context) -> Answer {
    let config = &context.config;
    let explained = config.explain();
    let misspelt = unknown_variables(&context.variables);
    let refused = config
        .check_server()
        .and_then(|()| config.check_surroundings())
        .err()
        .map(|error| error.to_string());
    let mut text = match &config.file {
        Some(file) => format!("Configuration file: {file}\n"),
        None => "Configuration file: none\n".to_owned(),
    };
    for line in &explained {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n{} = {}\n    from: {}\n    {}.\n",
            line.key, line.value, line.origin, line.meaning
        );
    }
    for variable in &misspelt {
        let _ = write!(
            text,
            "\nwarning: the environment variable {variable} stands for no setting\n"
        );
    }
    if let Some(refused) = &refused {
        let _ = write!(text, "\nerror: the server would not start: {refused}\n");
    }
    let value = json!({
        "file": config.file,
        "settings": explained,
        "unknown_variables": misspelt,
        "error": refused,
    });
    Answer {
        status: u8::from(refused.is_some()),
        ..Answer::new(value, View::Text(text))
    }
}
