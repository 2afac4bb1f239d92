//! `vestibule mail`.

use clap::Subcommand;
use vestibule_domain::mail::Posted;
use vestibule_service::Clock;

use super::{CommandError, Context, done};
use crate::output::Answer;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send one mail now, and tell what the mail server says
    #[command(
        after_long_help = "Example:\n  vestibule mail test --to you@example.com --smtp-host mail.example.com --mail-from vestibule@example.com"
    )]
    Test {
        /// Address of the recipient
        #[arg(long, value_name = "ADDRESS")]
        to: String,
    },
}

pub(super) fn run(context: &Context, command: Command) -> Result<Answer, CommandError> {
    let Command::Test { to } = command;
    let public_url = context.config.public_url(context.config.listen);
    let mailer = context.config.mailer(&public_url)?.ok_or_else(|| {
        CommandError::Input("no mail server is configured: set smtp_host and mail_from".to_owned())
    })?;
    let now = Clock::system().now();
    let id = format!("test-{}", now.timestamp_micros());
    match mailer.test(&to, now, &id) {
        Posted::Sent => Ok(done(format!("The mail server has taken the mail to {to}."))),
        Posted::Refused(why) => Err(CommandError::Input(format!("the mail was refused: {why}"))),
        Posted::Postponed(why) => Err(CommandError::Input(format!(
            "the mail was not taken this time: {why}"
        ))),
        Posted::Unknown(why) => Err(CommandError::Input(format!(
            "the mail was handed over, but no answer came: {why}"
        ))),
        Posted::Dropped => Err(CommandError::Input("there was nothing to send".to_owned())),
    }
}
