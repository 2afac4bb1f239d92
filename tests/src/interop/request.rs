//! From a step to the request the client sends.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Target;
use super::corpus::{Auth, Base, QueryStyle, Step};
use super::template::{Env, as_text, fill, fill_text, only_placeholder};

const CONTENT_TYPE: &str = "content-type";
const AUTHORIZATION: &str = "authorization";

/// A request ready to be sent.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<String>,
}

/// Fills in the step. `shared` are the headers of the whole scenario; the
/// step's own replace them, and `null` removes one.
pub(super) fn prepare(
    shared: Option<&Map<String, Value>>,
    step: &Step,
    target: &Target,
    env: &Env,
) -> Result<Prepared, String> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in shared.into_iter().flatten().chain(&step.headers) {
        headers.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        if !value.is_null() {
            headers.push((name.clone(), as_text(&fill(value, env)?)));
        }
    }
    let body = body(step, env, &mut headers)?;
    authorize(step, target, &mut headers);
    Ok(Prepared {
        method: step.method.clone(),
        url: url(step, target, env)?,
        headers,
        body,
    })
}

fn body(
    step: &Step,
    env: &Env,
    headers: &mut Vec<(String, String)>,
) -> Result<Option<String>, String> {
    if let Some(form) = &step.form {
        default_type(headers, "application/x-www-form-urlencoded");
        return urlencode(&fill(form, env)?).map(Some);
    }
    if let Some(raw) = &step.raw_body {
        return fill_text(raw, env, str::to_owned).map(Some);
    }
    if let Some(body) = &step.body {
        default_type(headers, "application/scim+json");
        return Ok(Some(fill(body, env)?.to_string()));
    }
    // A type set for the whole scenario belongs to bodies only.
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case(CONTENT_TYPE));
    Ok(None)
}

fn default_type(headers: &mut Vec<(String, String)>, value: &str) {
    if !has(headers, CONTENT_TYPE) {
        headers.push(("Content-Type".to_owned(), value.to_owned()));
    }
}

fn authorize(step: &Step, target: &Target, headers: &mut Vec<(String, String)>) {
    if has(headers, AUTHORIZATION) {
        return;
    }
    let value = match step.auth {
        Auth::Bearer if !target.token.is_empty() && step.base == Base::Scim => {
            format!("Bearer {}", target.token)
        }
        Auth::Basic => {
            let oauth = target.oauth.as_ref();
            let id = oauth.map_or("", |o| &o.client_id);
            let secret = oauth.map_or("", |o| &o.client_secret);
            // RFC 6749 section 2.3.1: both are form-encoded first.
            let pair = format!("{}:{}", quote(id), quote(secret));
            format!("Basic {}", STANDARD.encode(pair))
        }
        Auth::Bearer | Auth::None => return,
    };
    headers.push(("Authorization".to_owned(), value));
}

fn url(step: &Step, target: &Target, env: &Env) -> Result<String, String> {
    let base = target.base.trim_end_matches('/');
    let mut url = match (step.base, only_placeholder(&step.path)) {
        (Base::Oauth, _) => {
            let oauth = target.oauth.as_ref();
            oauth.ok_or("no token URL is known")?.token_url.clone()
        }
        // An absolute URL the server gave, such as a Location or a $ref.
        (Base::Scim, Some(_)) => {
            let found = fill_text(&step.path, env, str::to_owned)?;
            if found.starts_with("http://") || found.starts_with("https://") {
                found
            } else {
                format!("{base}/{}", found.trim_start_matches('/'))
            }
        }
        (Base::Scim, None) => format!("{base}{}", fill_text(&step.path, env, quote)?),
    };
    if let Some(raw) = &step.raw_query {
        url.push('?');
        url.push_str(&fill_text(raw, env, quote)?);
    } else if !step.query.is_empty() {
        url.push('?');
        url.push_str(&query(step, env)?);
    }
    Ok(url)
}

/// A list makes a parameter occur once per element.
fn query(step: &Step, env: &Env) -> Result<String, String> {
    let mut pairs = Vec::new();
    for (key, value) in &step.query {
        match fill(value, env)? {
            Value::Array(list) => pairs.extend(list.iter().map(|x| (key, as_text(x)))),
            one => pairs.push((key, as_text(&one))),
        }
    }
    let encode: fn(&str) -> String = match step.query_style {
        QueryStyle::Percent => quote,
        QueryStyle::Plus => quote_plus,
        QueryStyle::Verbatim => str::to_owned,
    };
    let pairs = pairs
        .iter()
        .map(|(k, v)| format!("{}={}", encode(k), encode(v)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

fn urlencode(form: &Value) -> Result<String, String> {
    let form = form.as_object().ok_or("a form is an object")?;
    let pairs = form
        .iter()
        .map(|(k, v)| format!("{}={}", quote_plus(k), quote_plus(&as_text(v))));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

/// Percent-encodes all but the unreserved characters of RFC 3986 section 2.3.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn quote_plus(text: &str) -> String {
    quote(text).replace("%20", "+")
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
