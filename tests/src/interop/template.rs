//! Placeholders: `{{name}}` in any text, `$map` to make a list of a list.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{\{([A-Za-z0-9_.-]+)\}\}").expect("the pattern is a constant and compiles")
});

/// The values a scenario knows by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Env(BTreeMap<String, Value>);

impl Env {
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Appends to the list of that name, which begins empty.
    pub(super) fn push(&mut self, name: &str, values: Vec<Value>) -> Result<(), String> {
        let list = self.0.entry(name.to_owned());
        match list.or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(list) => list.extend(values),
            other => return Err(format!("{name} is no list but {other}")),
        }
        Ok(())
    }

    /// The list of that name; nothing known is an empty list.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.get(name)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    fn need(&self, name: &str) -> Result<&Value, String> {
        self.get(name).ok_or_else(|| {
            format!("placeholder {{{{{name}}}}} has no value (an earlier capture failed)")
        })
    }
}

/// Fills every placeholder. A text that is exactly one keeps the JSON type.
pub(super) fn fill(value: &Value, env: &Env) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match only_placeholder(text) {
            Some(name) => env.need(name)?.clone(),
            None => Value::String(fill_text(text, env, str::to_owned)?),
        },
        Value::Array(list) => list
            .iter()
            .map(|x| fill(x, env))
            .collect::<Result<_, _>>()?,
        Value::Object(object) => match object.get("$map") {
            Some(map) if object.len() == 1 => fill_map(map, env)?,
            _ => {
                let mut out = Map::new();
                for (key, x) in object {
                    out.insert(fill_text(key, env, str::to_owned)?, fill(x, env)?);
                }
                Value::Object(out)
            }
        },
        other => other.clone(),
    })
}

/// Fills the placeholders of a text; each value goes through `encode`.
pub(super) fn fill_text(
    text: &str,
    env: &Env,
    encode: impl Fn(&str) -> String,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for found in PLACEHOLDER.captures_iter(text) {
        let (whole, name) = parts(&found);
        out.push_str(text.get(rest..whole.start).unwrap_or_default());
        out.push_str(&encode(&as_text(env.need(name)?)));
        rest = whole.end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    Ok(out)
}

/// The name, when the text is exactly one placeholder.
pub(super) fn only_placeholder(text: &str) -> Option<&str> {
    let found = PLACEHOLDER.captures(text)?;
    let (whole, name) = parts(&found);
    (whole == (0..text.len())).then_some(name)
}

/// A text as it is, anything else as JSON.
pub(super) fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn parts<'t>(found: &Captures<'t>) -> (std::ops::Range<usize>, &'t str) {
    let (_, [name]) = found.extract();
    let whole = found.get(0).map_or(0..0, |m| m.range());
    (whole, name)
}

fn fill_map(map: &Value, env: &Env) -> Result<Value, String> {
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let over = text("over").ok_or("$map without over")?;
    let list = env
        .need(over)?
        .as_array()
        .ok_or_else(|| format!("$map over {over}, which is no list"))?;
    let bound = |key: &str, default: usize| match map.get(key).and_then(Value::as_i64) {
        None => default,
        Some(n) if n < 0 => list
            .len()
            .saturating_sub(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX)),
        Some(n) => usize::try_from(n).unwrap_or(usize::MAX).min(list.len()),
    };
    let items = list
        .get(bound("from", 0)..bound("to", list.len()))
        .unwrap_or_default();
    let value = map.get("value").ok_or("$map without value")?;
    let mut inner = env.clone();
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        inner.set(text("as").unwrap_or("item"), item.clone());
        out.push(fill(value, &inner)?);
    }
    Ok(Value::Array(out))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn env() -> Env {
        let mut env = Env::default();
        env.set("name", "a b");
        env.set("n", 7);
        env.set("ids", json!(["x", "y", "z"]));
        env
    }

    #[test]
    fn a_whole_placeholder_keeps_its_type() {
        let filled = fill(
            &json!(["{{n}}", "<{{n}}>", {"{{name}}": "{{ids}}"}]),
            &env(),
        );
        assert_eq!(filled.unwrap(), json!([7, "<7>", {"a b": ["x", "y", "z"]}]));
    }

    #[test]
    fn an_unknown_name_is_an_error_and_single_braces_are_text() {
        assert!(fill(&json!("{{nobody}}"), &env()).is_err());
        assert_eq!(fill(&json!("{n}"), &env()).unwrap(), json!("{n}"));
    }

    #[test]
    fn map_slices_the_list_and_names_the_item() {
        let template = json!({"$map": {"over": "ids", "from": 1, "to": 9, "as": "m",
            "value": {"value": "{{m}}", "n": "{{n}}"}}});
        assert_eq!(
            fill(&template, &env()).unwrap(),
            json!([{"value": "y", "n": 7}, {"value": "z", "n": 7}])
        );
        let last = json!({"$map": {"over": "ids", "from": -1, "value": "{{item}}"}});
        assert_eq!(fill(&last, &env()).unwrap(), json!(["z"]));
    }

    #[test]
    fn values_are_encoded_and_the_text_around_them_is_not() {
        let filled = fill_text("/a b/{{name}}/{{n}}", &env(), |v| v.replace(' ', "%20"));
        assert_eq!(filled.unwrap(), "/a b/a%20b/7");
    }
}
