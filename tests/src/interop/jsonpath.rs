//! The `JSONPath` subset of the corpus: `$.a.b`, `['any key']`, `[0]`, `[*]`,
//! `[?(@.k=='v')]`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

static SEGMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:\.(?P<name>[A-Za-z_$][A-Za-z0-9_$-]*)",
        r"|\[(?P<index>-?[0-9]+)\]",
        r"|\[(?P<star>\*)\]",
        r"|\['(?P<key>[^']*)'\]",
        r"|\[\?\(@\.(?P<attr>[A-Za-z$_][A-Za-z0-9$_]*)\s*==\s*",
        r"(?P<want>'[^']*'|true|false|-?[0-9]+)\)\])",
    ))
    .expect("the pattern is a constant and compiles")
});

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// At most one place; nothing when it does not exist.
    One(Option<Value>),
    /// A path with `[*]` or a filter: whatever matched, in order.
    Many(Vec<Value>),
}

impl Found {
    /// A list of matches counts as one JSON array.
    pub(super) fn into_value(self) -> Option<Value> {
        match self {
            Self::One(value) => value,
            Self::Many(list) => Some(Value::Array(list)),
        }
    }

    /// The only or the first match.
    pub(super) fn into_first(self) -> Option<Value> {
        match self {
            Self::One(value) => value,
            Self::Many(list) => list.into_iter().next(),
        }
    }
}

/// Follows the path; an error says where the path cannot be read.
pub(super) fn find(doc: &Value, path: &str) -> Result<Found, String> {
    let bad = || format!("bad JSONPath {path}");
    let mut rest = path.strip_prefix('$').ok_or_else(bad)?;
    let mut nodes = vec![doc];
    let mut many = false;
    while !rest.is_empty() {
        let segment = SEGMENT.captures(rest).ok_or_else(bad)?;
        let part = |name: &str| segment.name(name).map(|m| m.as_str());
        if let Some(key) = part("name").or(part("key")) {
            nodes = nodes
                .into_iter()
                .filter_map(|n| n.as_object()?.get(key))
                .collect();
        } else if let Some(index) = part("index") {
            let index: i64 = index.parse().map_err(|_| bad())?;
            nodes = nodes.into_iter().filter_map(|n| nth(n, index)).collect();
        } else if let (Some(attr), Some(want)) = (part("attr"), part("want")) {
            many = true;
            let want = literal(want).ok_or_else(bad)?;
            nodes = nodes
                .into_iter()
                .filter_map(Value::as_array)
                .flatten()
                .filter(|item| item.as_object().and_then(|o| o.get(attr)) == Some(&want))
                .collect();
        } else {
            many = true;
            nodes = nodes.into_iter().flat_map(children).collect();
        }
        rest = rest.get(segment.get_match().end()..).unwrap_or_default();
    }
    let mut values = nodes.into_iter().cloned();
    Ok(if many {
        Found::Many(values.collect())
    } else {
        Found::One(values.next())
    })
}

fn nth(list: &Value, index: i64) -> Option<&Value> {
    let list = list.as_array()?;
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    match usize::try_from(index) {
        Ok(index) => list.get(index),
        Err(_) => list.get(list.len().checked_sub(from_end)?),
    }
}

fn children(node: &Value) -> Vec<&Value> {
    match node {
        Value::Array(list) => list.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    }
}

fn literal(text: &str) -> Option<Value> {
    match text.strip_prefix('\'') {
        Some(quoted) => Some(Value::from(quoted.strip_suffix('\'')?)),
        None => serde_json::from_str(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(path: &str) -> Found {
        let doc = json!({"a": {"b": [1, 2, 3]}, "urn:x:2.0:User": {"k": null},
            "list": [{"type": "work", "n": 1, "p": true}, {"type": "home", "n": 2}, 5]});
        find(&doc, path).unwrap()
    }

    #[test]
    fn definite_paths() {
        assert_eq!(at("$.a.b[0]"), Found::One(Some(json!(1))));
        assert_eq!(at("$.a.b[-1]"), Found::One(Some(json!(3))));
        assert_eq!(at("$.a.b[3]"), Found::One(None));
        assert_eq!(at("$.a.b[-4]"), Found::One(None));
        assert_eq!(at("$['urn:x:2.0:User'].k"), Found::One(Some(Value::Null)));
        assert_eq!(at("$.a.nothing.b"), Found::One(None));
    }

    #[test]
    fn stars_and_filters_give_lists() {
        assert_eq!(at("$.list[*].n"), Found::Many(vec![json!(1), json!(2)]));
        assert_eq!(
            at("$.list[?(@.type=='home')].n"),
            Found::Many(vec![json!(2)])
        );
        assert_eq!(at("$.list[?(@.p == true)].n"), Found::Many(vec![json!(1)]));
        assert_eq!(
            at("$.list[?(@.n==2)].type"),
            Found::Many(vec![json!("home")])
        );
        assert_eq!(at("$.nothing[*]"), Found::Many(Vec::new()));
    }

    #[test]
    fn what_is_not_in_the_subset_is_refused() {
        for path in ["a", "$a", "$.a[", "$..a", "$.a[?(@.b>1)]"] {
            assert!(find(&Value::Null, path).is_err(), "{path}");
        }
    }
}
