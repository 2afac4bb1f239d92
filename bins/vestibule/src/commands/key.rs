//! `vestibule keys`.

use clap::Subcommand;
use serde_json::json;

use super::{CommandError, Session};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new signing key
    ///
    /// It is published at once and signs in ten minutes; the old ones stay published for a day after that.
    #[command(after_long_help = "Example:\n  vestibule keys rotate")]
    Rotate,
}

pub(super) fn run(session: &Session, command: &Command) -> Result<Answer, CommandError> {
    let Command::Rotate = command;
    let key = session.service.rotate_signing_key(&session.call)?;
    Ok(Answer::record(json!({
        "id": key.id,
        "created": key.created,
        "active_from": key.active_from,
    })))
}
