//! A whole scenario: whether it applies, its steps, its cleaning up.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

use super::corpus::{Cleanup, Expect, Mode, Scenario, Step};
use super::step::{Sender, Stopped};
use super::template::{Env, fill};
use super::{Failure, Target};

/// Features a scenario may require of the `ServiceProviderConfig`.
const ANNOUNCED: [&str; 6] = ["etag", "sort", "bulk", "patch", "filter", "changePassword"];

/// What the server lacks for this scenario, if anything.
pub(super) fn unmet(scenario: &Scenario, target: &Target, config: &Value) -> Option<String> {
    match scenario.mode {
        Some(Mode::Strict) if target.mode != Mode::Strict => {
            return Some("for a provider in strict mode".to_owned());
        }
        Some(Mode::Tolerant) if target.mode != Mode::Tolerant => {
            return Some("for a provider in tolerant mode".to_owned());
        }
        _ => {}
    }
    let lacks = |need: &&String| match need.as_str() {
        "oauth" => target
            .oauth
            .as_ref()
            .is_none_or(|o| o.token_url.is_empty() || o.client_id.is_empty()),
        "auth" => target.token.is_empty(),
        name if ANNOUNCED.contains(&name) => {
            config.pointer(&format!("/{name}/supported")) != Some(&Value::Bool(true))
        }
        other => other
            .strip_prefix("feature:")
            .is_some_and(|f| !target.features.iter().any(|known| known == f)),
    };
    let need = scenario.requires.iter().find(lacks)?;
    Some(format!("needs {need}"))
}

/// Plays the steps up to the first that fails, then always cleans up.
pub(super) fn run(scenario: &Scenario, target: &Target) -> Result<(), Box<Failure>> {
    let sender = Sender {
        headers: scenario.headers.as_ref(),
        target,
    };
    let mut env = beginning(target);
    let outcome = play(scenario, &sender, &mut env);
    for entry in &scenario.cleanup {
        // The server may well have removed it already, or never made it.
        let _ = sender.perform(&cleaning(entry), &mut env);
    }
    outcome.map_err(|(step, stopped)| {
        Box::new(Failure {
            scenario: scenario.id.clone(),
            step,
            why: stopped.why,
            exchange: stopped.exchange.map(|exchange| *exchange),
        })
    })
}

fn play(scenario: &Scenario, sender: &Sender<'_>, env: &mut Env) -> Result<(), (String, Stopped)> {
    for (name, value) in &scenario.vars {
        let value = fill(value, env).map_err(|why| ("vars".to_owned(), Stopped::from(why)))?;
        env.set(name, value);
    }
    for (step, number) in scenario.steps.iter().zip(1..) {
        sender
            .perform(step, env)
            .map_err(|stopped| (format!("{number} ({})", step.name), stopped))?;
    }
    Ok(())
}

fn cleaning(entry: &Cleanup) -> Step {
    let (path, for_each) = match entry {
        Cleanup::Path(path) => (path, None),
        Cleanup::Each { each, path } => (path, Some(each.clone())),
        Cleanup::Step(step) => {
            return Step {
                expect: anything(),
                ..(**step).clone()
            };
        }
    };
    Step {
        name: "clean up".to_owned(),
        method: "DELETE".to_owned(),
        path: path.clone(),
        for_each,
        expect: anything(),
        ..Step::default()
    }
}

fn anything() -> Expect {
    Expect {
        status: Some((200..600).collect()),
        ..Expect::default()
    }
}

/// The values every scenario begins with; random, so that a server that already
/// holds data is fine.
fn beginning(target: &Target) -> Env {
    let random = Uuid::new_v4().simple().to_string();
    // The first ten digits are before the version's.
    let rand = random.get(..10).unwrap_or(&random);
    let oauth = target.oauth.as_ref();
    let mut env = Env::default();
    env.set("rand", rand);
    env.set("randUpper", rand.to_uppercase());
    env.set("uuid", Uuid::new_v4().to_string());
    env.set("uuid2", Uuid::new_v4().to_string());
    env.set("base", target.base.trim_end_matches('/'));
    env.set("token", target.token.as_str());
    env.set("clientId", oauth.map_or("", |o| &o.client_id));
    env.set("clientSecret", oauth.map_or("", |o| &o.client_secret));
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test runs on the ambient clock"
    )]
    let now = SystemTime::now();
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    env.set("now", timestamp(now.saturating_sub(Duration::from_mins(2))));
    env.set("future", timestamp(now + Duration::from_hours(24 * 3650)));
    env
}

/// `YYYY-MM-DDThh:mm:ssZ` of a time since 1970.
fn timestamp(since: Duration) -> String {
    let (days, second) = (since.as_secs() / 86400, since.as_secs() % 86400);
    // Years here begin in March, so that the leap day is the last of one;
    // 719468 days are from 0000-03-01 to 1970-01-01.
    let day = days + 719_468;
    let (era, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = era * 400 + year + next;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn timestamps() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_a_scenario_needs() {
        let target = Target {
            base: String::new(),
            token: "t".to_owned(),
            oauth: None,
            mode: Mode::Strict,
            features: vec!["a".to_owned()],
        };
        let config = json!({"sort": {"supported": true}, "etag": {"supported": false}});
        let met = |extra: Value| {
            let mut scenario = json!({"scenario": "c/a", "level": "rfc", "steps": []});
            scenario
                .as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            unmet(&serde_json::from_value(scenario).unwrap(), &target, &config).is_none()
        };
        assert!(met(json!({"requires": ["auth", "sort", "feature:a"]})));
        assert!(met(json!({"mode": "strict"})));
        for unmet in [
            json!({"mode": "tolerant"}),
            json!({"requires": ["oauth"]}),
            json!({"requires": ["sort", "etag"]}),
            json!({"requires": ["bulk"]}),
            json!({"requires": ["feature:b"]}),
        ] {
            assert!(!met(unmet.clone()), "{unmet}");
        }
    }
}
