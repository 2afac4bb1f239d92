//! One step: its request once, several times, or several at once.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use serde_json::{Map, Value};

use super::corpus::Step;
use super::exchange::cut;
use super::jsonpath::find;
use super::matcher::{Mismatch, check};
use super::request::prepare;
use super::template::{Env, fill, fill_text};
use super::{Exchange, Target, http, pages};

/// Why a step failed.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) why: String,
    pub(super) exchange: Option<Box<Exchange>>,
}

impl From<String> for Stopped {
    fn from(why: String) -> Self {
        Self {
            why,
            exchange: None,
        }
    }
}

/// Who sends: the scenario's headers and the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) headers: Option<&'a Map<String, Value>>,
    pub(super) target: &'a Target,
}

impl Sender<'_> {
    /// Performs the step; what it captures goes into `env`.
    pub(super) fn perform(&self, step: &Step, env: &mut Env) -> Result<(), Stopped> {
        if let Some(walk) = &step.paginate {
            return pages::walk(self, step, walk, env);
        }
        if let Some(list) = &step.for_each {
            for item in env.list(list).to_vec() {
                env.set(step.item_name.as_deref().unwrap_or("item"), item);
                self.once(step, env)?;
            }
        } else if let Some(times) = step.repeat {
            for i in 1..=times {
                number(env, i);
                self.once(step, env)?;
            }
        } else if let Some(n) = step.parallel {
            self.at_once(step, n, env)?;
        } else {
            self.once(step, env)?;
        }
        Ok(())
    }

    /// Sends `n` requests at the same moment. Each sees the values from before;
    /// what they capture is gathered afterwards.
    fn at_once(&self, step: &Step, n: usize, env: &mut Env) -> Result<(), Stopped> {
        let start = Barrier::new(n);
        let before = &*env;
        let one = |i: usize| {
            let mut own = before.clone();
            number(&mut own, i + 1);
            if let Some(over) = &step.over {
                let item = before.list(over).get(i).cloned();
                // Without one, the placeholder is what is reported.
                if let Some(item) = item {
                    own.set("item", item);
                }
            }
            start.wait();
            self.once(step, &mut own).map(|status| (status, own))
        };
        let one = &one;
        let outcomes: Vec<_> = thread::scope(|scope| {
            let running: Vec<_> = (0..n).map(|i| scope.spawn(move || one(i))).collect();
            running
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect()
        });
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut captured = Vec::new();
        for outcome in outcomes {
            let (status, own) =
                outcome.map_err(|_| Stopped::from("a request panicked".to_owned()))??;
            *counts.entry(status.to_string()).or_default() += 1;
            captured.push(own);
        }
        let lengths = env.clone();
        for own in captured {
            for var in step.capture.keys() {
                if let Some(list) = var.strip_suffix("[]") {
                    let new = own.list(list).get(lengths.list(list).len()..);
                    env.push(list, new.unwrap_or_default().to_vec())?;
                } else if let Some(value) = own.get(var.trim_end_matches('?')) {
                    env.set(var.trim_end_matches('?'), value.clone());
                }
            }
        }
        match &step.expect_counts {
            Some(want) if !want.is_empty() && *want != counts => Err(Stopped::from(format!(
                "{n} requests at once gave statuses {counts:?}, wanted {want:?}"
            ))),
            _ => Ok(()),
        }
    }

    /// Sends one request and judges the answer; gives its status.
    pub(super) fn once(&self, step: &Step, env: &mut Env) -> Result<u16, Stopped> {
        let request = prepare(self.headers, step, self.target, env)?;
        let body = request.body.as_deref().map(str::as_bytes);
        let answer = http::send(&request.method, &request.url, &request.headers, body)
            .map_err(|why| format!("{} {}: {why}", request.method, request.url))?;
        let text = String::from_utf8_lossy(&answer.body);
        judge(step, &answer, &text, env).map_err(|why| Stopped {
            why,
            exchange: Some(Box::new(Exchange::new(&request, &answer, &text))),
        })?;
        Ok(answer.status)
    }
}

fn number(env: &mut Env, i: usize) {
    env.set("i", i.to_string());
    env.set("i3", format!("{i:03}"));
}

fn judge(step: &Step, answer: &http::Answer, text: &str, env: &mut Env) -> Result<(), String> {
    let (expect, status) = (&step.expect, answer.status);
    let wanted = expect.status.as_ref();
    if !wanted.map_or((200..300).contains(&status), |all| all.contains(&status)) {
        let wanted = wanted.map_or("2xx".to_owned(), |all| {
            let all: Vec<_> = all.iter().map(u16::to_string).collect();
            all.join("/")
        });
        let body = cut(text, 200);
        return Err(format!("status {status}, wanted {wanted}; body {body}"));
    }
    for (name, want) in &expect.headers {
        let got = answer.header(&name.to_ascii_lowercase()).map(Value::from);
        check(got.as_ref(), &fill(want, env)?).map_err(at(&format!("header {name}")))?;
    }
    if expect.body_empty && !text.trim().is_empty() {
        return Err(format!("body not empty: {}", cut(text, 120)));
    }
    if let Some(want) = &expect.raw {
        check(Some(&Value::from(text)), &fill(want, env)?).map_err(at("raw body"))?;
    }
    let mut bodies = expect.body.clone();
    let more = expect.body_by_status.get(&status.to_string());
    bodies.extend(more.cloned().unwrap_or_default());
    let doc: Option<Value> = serde_json::from_str(text).ok();
    if !bodies.is_empty() {
        let doc = doc.as_ref();
        let doc = doc.ok_or_else(|| format!("no JSON body, got {:?}", cut(text, 120)))?;
        matches(doc, &bodies, env)?;
    }
    capture(step, answer, doc.as_ref(), env)
}

/// Checks each `JSONPath` against what is wanted there.
pub(super) fn matches(doc: &Value, bodies: &Map<String, Value>, env: &Env) -> Result<(), String> {
    for (path, want) in bodies {
        let path = fill_text(path, env, str::to_owned)?;
        let got = find(doc, &path)?.into_value();
        check(got.as_ref(), &fill(want, env)?).map_err(at(&path))?;
    }
    Ok(())
}

fn at(place: &str) -> impl Fn(Mismatch) -> String {
    move |why| format!("{place}: {}", why.into_text())
}

fn capture(
    step: &Step,
    answer: &http::Answer,
    doc: Option<&Value>,
    env: &mut Env,
) -> Result<(), String> {
    for (var, source) in &step.capture {
        let value = match (source.strip_prefix("header:"), doc) {
            (Some(name), _) => answer.header(&name.to_ascii_lowercase()).map(Value::from),
            (None, _) if source == "status" => Some(Value::from(answer.status)),
            (None, Some(doc)) => find(doc, source)?.into_first(),
            (None, None) => None,
        };
        match value {
            None if var.ends_with('?') => {}
            None => return Err(format!("capture {var}: nothing at {source}")),
            Some(value) => match var.strip_suffix("[]") {
                Some(list) => env.push(list, vec![value])?,
                None => env.set(var.trim_end_matches('?'), value),
            },
        }
    }
    Ok(())
}
