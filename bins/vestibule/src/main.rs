//! The `vestibule` program: configuration, telemetry, command line. It decides nothing.

#![forbid(unsafe_code)]

mod commands;
mod config;
mod jobs;
mod output;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

/// Many threads take and give back small pieces of memory here; the system's allocator is slow at
/// that and keeps more than it needs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
