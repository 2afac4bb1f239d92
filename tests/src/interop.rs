//! Player of the recorded conversations of SCIM clients in `tests/interop`.
//!
//! Each scenario is what one client sends and what it needs back, as data;
//! `tests/interop/README.md` describes the format. The player is synchronous
//! and speaks plain HTTP/1.1 only: it is for servers on the loopback.

mod corpus;
mod exchange;
mod http;
mod jsonpath;
mod matcher;
mod pages;
mod report;
mod request;
mod scenario;
mod step;
mod template;

use std::path::Path;

use serde_json::Value;

pub use corpus::Mode;
pub use exchange::Exchange;
pub use report::{Failure, Report, Skipped};

/// The server to play against.
#[derive(Debug, Clone)]
pub struct Target {
    /// SCIM base URL without a trailing slash needed, e.g.
    /// `http://127.0.0.1:8080/iso/scim/v2`.
    pub base: String,
    /// Bearer token of every SCIM request; empty when the server takes none.
    pub token: String,
    /// Where to get tokens by client credentials. Scenarios that require
    /// `oauth` are skipped without it.
    pub oauth: Option<OauthTarget>,
    /// How the server treats clients that bend the RFC. Scenarios written for
    /// the other mode are skipped.
    pub mode: Mode,
    /// Switches the provider is configured with; scenarios that require
    /// another `feature:…` are skipped.
    pub features: Vec<String>,
}

/// The token endpoint and one client registered there (RFC 6749 section 4.4).
#[derive(Debug, Clone)]
pub struct OauthTarget {
    /// Absolute URL of the token endpoint.
    pub token_url: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
}

/// Which scenarios to play; an empty selection plays all of them.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Prefixes of client names, such as `okta`.
    pub clients: Vec<String>,
    /// Text the scenario's id must contain.
    pub scenario: Option<String>,
    /// Levels: `rfc`, `lenient`, `target`.
    pub levels: Vec<String>,
}

/// Plays the selected scenarios of the corpus directory, one after another.
///
/// A corpus file that cannot be read is reported as a failure named after it.
pub fn play(corpus: &Path, target: &Target, select: &Selection) -> Report {
    let mut report = Report::default();
    let scenarios = match corpus::load(corpus) {
        Ok(all) => all,
        Err(why) => {
            report.failed.push(Failure {
                scenario: corpus.display().to_string(),
                step: "load".to_owned(),
                why,
                exchange: None,
            });
            return report;
        }
    };
    let supported = service_provider_config(target);
    for one in scenarios.iter().filter(|s| select.takes(s)) {
        if let Some(why) = scenario::unmet(one, target, &supported) {
            let scenario = one.id.clone();
            report.skipped.push(Skipped { scenario, why });
            continue;
        }
        match scenario::run(one, target) {
            Ok(()) => report.passed.push(one.id.clone()),
            Err(failure) => report.failed.push(*failure),
        }
    }
    report
}

impl Selection {
    fn takes(&self, scenario: &corpus::Scenario) -> bool {
        let client = self.clients.is_empty()
            || self
                .clients
                .iter()
                .any(|prefix| scenario.client.starts_with(prefix));
        let name = self
            .scenario
            .as_ref()
            .is_none_or(|part| scenario.id.contains(part));
        client && name && (self.levels.is_empty() || self.levels.contains(&scenario.level))
    }
}

/// The announced configuration, `null` when there is no usable one: every
/// scenario that requires a feature of it is skipped then.
fn service_provider_config(target: &Target) -> Value {
    let mut headers = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
    if !target.token.is_empty() {
        let value = format!("Bearer {}", target.token);
        headers.push(("Authorization".to_owned(), value));
    }
    let url = format!(
        "{}/ServiceProviderConfig",
        target.base.trim_end_matches('/')
    );
    http::send("GET", &url, &headers, None)
        .ok()
        .and_then(|answer| serde_json::from_slice(&answer.body).ok())
        .unwrap_or(Value::Null)
}
