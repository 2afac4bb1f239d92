//! The `vestibule` program: configuration, telemetry, command line. It decides nothing.

#![forbid(unsafe_code)]

mod commands;
mod config;
mod jobs;
mod output;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

/// Many threads take and give back small pieces of memory here; the system's allocator is slow at
/// that and keeps more than it needs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut command = commands::Cli::command();
    let given = command.get_matches_mut();
    let cli = match commands::Cli::from_arg_matches(&given) {
        Ok(cli) => cli,
        Err(error) => error.format(&mut command).exit(),
    };
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::error(&commands::mistaken::said(&error, &command, &given), &error);
            ExitCode::FAILURE
        }
    }
}
