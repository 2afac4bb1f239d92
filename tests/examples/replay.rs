//! Plays the recorded conversations of SCIM clients against a running server.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use acceptance::interop::{Mode, OauthTarget, Selection, Target, play};
use clap::Parser;

/// Play recorded SCIM client conversations; exit status 1 on any failure.
#[derive(Debug, Parser)]
struct Arguments {
    /// SCIM base URL, e.g. `http://127.0.0.1:8080/iso/scim/v2`.
    #[arg(long)]
    base: String,
    /// Bearer token.
    #[arg(long, env = "SCIM_TOKEN", default_value = "", hide_env_values = true)]
    token: String,
    /// Token endpoint.
    #[arg(long, requires = "client_id")]
    token_url: Option<String>,
    #[arg(long, default_value = "")]
    client_id: String,
    #[arg(long, default_value = "")]
    client_secret: String,
    /// Only these clients (prefixes, comma-separated).
    #[arg(long, value_delimiter = ',')]
    client: Vec<String>,
    /// Only scenarios whose id contains this.
    #[arg(long)]
    scenario: Option<String>,
    /// Only these levels: rfc, lenient, target.
    #[arg(long, value_delimiter = ',')]
    level: Vec<String>,
    /// How the server treats clients that bend the RFC.
    #[arg(long, default_value = "tolerant", value_parser = ["tolerant", "strict"])]
    mode: String,
    /// Behaviours the provider is configured for, comma-separated.
    #[arg(long, value_delimiter = ',')]
    feature: Vec<String>,
    /// Directory of the corpus.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/interop"))]
    corpus: PathBuf,
    /// Name the scenarios that passed or were skipped as well.
    #[arg(short, long)]
    verbose: bool,
}

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    let oauth = arguments.token_url.map(|token_url| OauthTarget {
        token_url,
        client_id: arguments.client_id,
        client_secret: arguments.client_secret,
    });
    let target = Target {
        base: arguments.base,
        token: arguments.token,
        oauth,
        mode: match arguments.mode.as_str() {
            "strict" => Mode::Strict,
            _ => Mode::Tolerant,
        },
        features: arguments.feature,
    };
    let select = Selection {
        clients: arguments.client,
        scenario: arguments.scenario,
        levels: arguments.level,
    };
    let report = play(&arguments.corpus, &target, &select);
    let mut out = io::stdout().lock();
    if arguments.verbose {
        for scenario in &report.passed {
            writeln!(out, "PASS {scenario}")?;
        }
        for skipped in &report.skipped {
            writeln!(out, "SKIP {}: {}", skipped.scenario, skipped.why)?;
        }
    }
    writeln!(out, "{report}")?;
    Ok(if report.failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
