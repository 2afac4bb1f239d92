//! Matchers: an object whose keys are all names of matchers is one, any other
//! value is compared exactly.

use regex::Regex;
use serde_json::{Number, Value};

const NAMES: [&str; 23] = [
    "eq",
    "eqi",
    "exists",
    "type",
    "matches",
    "in",
    "contains",
    "notContains",
    "containsi",
    "containsAll",
    "len",
    "minLen",
    "maxLen",
    "gte",
    "lte",
    "gt",
    "absentOr",
    "absentOrEmpty",
    "anyOf",
    "allOf",
    "not",
    "unordered",
    "each",
];

/// Why a value does not match.
#[derive(Debug)]
pub(super) enum Mismatch {
    /// The value is another one.
    Differs(String),
    /// The matcher itself makes no sense, whatever the value.
    Broken(String),
}

impl Mismatch {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Differs(why) | Self::Broken(why) => why,
        }
    }
}

type Verdict = Result<(), Mismatch>;

/// Whether the value, or its absence, is what is wanted.
pub(super) fn check(got: Option<&Value>, want: &Value) -> Verdict {
    if let Some(matchers) = want.as_object()
        && !matchers.is_empty()
        && matchers.keys().all(|k| NAMES.contains(&k.as_str()))
    {
        return matchers.iter().try_for_each(|(k, w)| one(got, k, w));
    }
    let equal = got.is_some_and(|got| same(got, want));
    verdict(equal, || format!("{}, wanted {}", show(got), short(want)))
}

/// The value in at most 300 characters.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Equality of JSON, with `1` equal to `1.0`.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            compare(a, b).is_some_and(std::cmp::Ordering::is_eq)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, x)| b.get(key).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}

/// The matchers that also have an opinion on absence, then the others.
fn one(got: Option<&Value>, name: &str, want: &Value) -> Verdict {
    match name {
        "exists" => {
            let wanted = truthy(want);
            return verdict(got.is_some() == wanted, || match got {
                None => "absent".to_owned(),
                present => format!("present: {}", show(present)),
            });
        }
        "absentOr" => {
            return match got {
                None | Some(Value::Null) => Ok(()),
                present => check(present, want),
            };
        }
        "absentOrEmpty" => {
            let empty = got.is_none_or(|v| match v {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Object(object) => object.is_empty(),
                _ => false,
            });
            return verdict(empty, || format!("{}, wanted absent or empty", show(got)));
        }
        "anyOf" => {
            for option in list(name, want)? {
                match check(got, option) {
                    Err(Mismatch::Differs(_)) => {}
                    settled => return settled,
                }
            }
            return differs(format!("{} fits none of {}", show(got), short(want)));
        }
        "allOf" => return list(name, want)?.iter().try_for_each(|w| check(got, w)),
        "not" => {
            return match check(got, want) {
                Ok(()) => differs(format!("{}, wanted not {}", show(got), short(want))),
                Err(Mismatch::Differs(_)) => Ok(()),
                broken => broken,
            };
        }
        _ => {}
    }
    let Some(got) = got else {
        return differs(format!("absent, wanted {{{name}: {}}}", short(want)));
    };
    verdict(present(got, name, want)?, || {
        format!("{} fails {{{name}: {}}}", short(got), short(want))
    })
}

/// The matchers of a value that is there.
fn present(got: &Value, name: &str, want: &Value) -> Result<bool, Mismatch> {
    Ok(match name {
        "eq" => same(got, want),
        "eqi" => {
            let want = want
                .as_str()
                .map_or_else(|| want.to_string(), str::to_owned);
            got.as_str()
                .is_some_and(|got| got.to_lowercase() == want.to_lowercase())
        }
        "type" => {
            let mut kinds = text(name, want)?.split('|');
            kinds.try_fold(false, |any, kind| Ok(any || is(got, kind)?))?
        }
        "matches" => {
            let pattern =
                Regex::new(text(name, want)?).map_err(|why| Mismatch::Broken(why.to_string()))?;
            got.as_str().is_some_and(|got| pattern.is_match(got))
        }
        "in" => list(name, want)?.iter().any(|x| same(got, x)),
        "contains" => match got {
            Value::String(got) => got.contains(text(name, want)?),
            other => elements(other).is_some_and(|all| all.iter().any(|x| same(x, want))),
        },
        "notContains" => match got {
            Value::String(got) => !got.contains(text(name, want)?),
            other => elements(other).is_some_and(|all| !all.iter().any(|x| same(x, want))),
        },
        "containsi" => {
            let want = text(name, want)?.to_lowercase();
            match got {
                Value::String(got) => got.to_lowercase().contains(&want),
                other => elements(other).is_some_and(|all| {
                    all.iter()
                        .any(|x| x.as_str().is_some_and(|x| x.to_lowercase() == want))
                }),
            }
        }
        "containsAll" => {
            let wanted = list(name, want)?;
            elements(got).is_some_and(|all| wanted.iter().all(|w| all.iter().any(|x| same(x, w))))
        }
        "len" | "minLen" | "maxLen" => match length(got) {
            Some(n) => ordered(name, &Number::from(n), number(name, want)?),
            None => false,
        },
        "gte" | "lte" | "gt" => match got {
            Value::Number(got) => ordered(name, got, number(name, want)?),
            _ => false,
        },
        "unordered" => unordered(got, list(name, want)?)?,
        "each" => {
            let Some(all) = elements(got) else {
                return Ok(false);
            };
            for x in all {
                check(Some(x), want).map_err(|why| match why {
                    Mismatch::Differs(why) => Mismatch::Differs(format!("an element: {why}")),
                    broken @ Mismatch::Broken(_) => broken,
                })?;
            }
            true
        }
        other => return Err(Mismatch::Broken(format!("unknown matcher {other}"))),
    })
}

/// Each wanted element takes the first element left that fits it.
fn unordered(got: &Value, want: &[Value]) -> Result<bool, Mismatch> {
    let Some(all) = elements(got).filter(|all| all.len() == want.len()) else {
        return Ok(false);
    };
    let mut rest: Vec<&Value> = all.iter().collect();
    for w in want {
        let mut taken = None;
        for (i, x) in rest.iter().enumerate() {
            match check(Some(x), w) {
                Ok(()) => {
                    taken = Some(i);
                    break;
                }
                Err(Mismatch::Differs(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
        match taken {
            Some(i) => rest.remove(i),
            None => return Ok(false),
        };
    }
    Ok(true)
}

fn is(value: &Value, kind: &str) -> Result<bool, Mismatch> {
    Ok(match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => return Err(Mismatch::Broken(format!("unknown type {other}"))),
    })
}

fn ordered(name: &str, got: &Number, want: &Number) -> bool {
    compare(got, want).is_some_and(|order| match name {
        "len" => order.is_eq(),
        "minLen" | "gte" => order.is_ge(),
        "maxLen" | "lte" => order.is_le(),
        _ => order.is_gt(),
    })
}

fn compare(a: &Number, b: &Number) -> Option<std::cmp::Ordering> {
    let integer = |n: &Number| n.as_i128();
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(list) => Some(list.len()),
        Value::Object(object) => Some(object.len()),
        _ => None,
    }
}

fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(n) => n.as_f64() != Some(0.0),
        other => length(other) != Some(0),
    }
}

fn elements(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

fn list<'v>(name: &str, want: &'v Value) -> Result<&'v [Value], Mismatch> {
    elements(want).ok_or_else(|| Mismatch::Broken(format!("{name} wants a list")))
}

fn text<'v>(name: &str, want: &'v Value) -> Result<&'v str, Mismatch> {
    want.as_str()
        .ok_or_else(|| Mismatch::Broken(format!("{name} wants a text")))
}

fn number<'v>(name: &str, want: &'v Value) -> Result<&'v Number, Mismatch> {
    want.as_number()
        .ok_or_else(|| Mismatch::Broken(format!("{name} wants a number")))
}

fn show(got: Option<&Value>) -> String {
    got.map_or_else(|| "absent".to_owned(), short)
}

fn verdict(matches: bool, why: impl FnOnce() -> String) -> Verdict {
    if matches { Ok(()) } else { differs(why()) }
}

fn differs(why: String) -> Verdict {
    Err(Mismatch::Differs(why))
}

#[cfg(test)]
mod tests;
