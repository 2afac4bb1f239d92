//! What a run has shown.

use std::fmt;

use super::Exchange;

/// The outcome of every scenario played. Its text lists the failures, the last
/// line is `N passed, N failed, N skipped`.
#[derive(Debug, Default)]
pub struct Report {
    /// Names of the scenarios that passed.
    pub passed: Vec<String>,
    /// The scenarios that failed.
    pub failed: Vec<Failure>,
    /// The scenarios that do not apply to this server.
    pub skipped: Vec<Skipped>,
}

/// A scenario and the step it stopped at.
#[derive(Debug)]
pub struct Failure {
    /// Id of the scenario, `client/name`.
    pub scenario: String,
    /// Number, from 1, and name of the step.
    pub step: String,
    /// What was found and what was wanted.
    pub why: String,
    /// The request and the answer that disappointed, when there was an answer.
    pub exchange: Option<Exchange>,
}

/// A scenario that was not played.
#[derive(Debug)]
pub struct Skipped {
    /// Id of the scenario, `client/name`.
    pub scenario: String,
    /// What it needs.
    pub why: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scenario,
            step,
            why,
            exchange,
        } = self;
        writeln!(f, "FAIL {scenario}: step {step}: {why}")?;
        exchange.as_ref().map_or(Ok(()), |exchange| exchange.fmt(f))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failed {
            failure.fmt(f)?;
        }
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed.len(),
            self.failed.len(),
            self.skipped.len()
        )
    }
}
