//! Walking a collection as the client does, with every page checked
//! (RFC 7644 section 3.4.2.4).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::corpus::{Expect, Paginate, Step, Stop, Stride};
use super::matcher::short;
use super::step::{Sender, Stopped, matches};
use super::template::Env;

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Above this many resources repetitions are not looked for.
const MOST_COMPARED: usize = 5000;

/// Fetches page after page, then matches the step's expectation on a summary
/// `{ids, pages, totalResults, got}`.
pub(super) fn walk(
    sender: &Sender<'_>,
    step: &Step,
    walk: &Paginate,
    env: &mut Env,
) -> Result<(), Stopped> {
    let mut start = 1;
    let mut ids = Vec::new();
    let mut pages = 0;
    let mut total = None;
    while pages < walk.max_pages {
        sender.once(&one_page(step, walk, start), env)?;
        pages += 1;
        let doc = env.get("_doc").cloned().unwrap_or_default();
        let (resources, all) = judge(&doc, walk.count, start)?;
        total = Some(all);
        ids.extend(
            resources
                .iter()
                .map(|r| r.get("id").cloned().unwrap_or_default()),
        );
        let stride = match walk.stride {
            Stride::Count => walk.count,
            Stride::Items => resources.len().max(1),
        };
        start += stride;
        let done = match walk.stop {
            Some(Stop::Short) => resources.len() < walk.count,
            None => i64::try_from(start).is_ok_and(|start| start > all),
        };
        if done {
            break;
        }
    }
    unrepeated(&ids)?;
    let summary = json!({"got": ids.len(), "ids": ids, "pages": pages, "totalResults": total});
    matches(&summary, &step.expect.body, env).map_err(|why| format!("walk {why}"))?;
    Ok(())
}

fn one_page(step: &Step, walk: &Paginate, start: usize) -> Step {
    let mut one = step.clone();
    one.paginate = None;
    let query = [("startIndex", start), ("count", walk.count)];
    let query = query.map(|(key, n)| (key.to_owned(), Value::from(n.to_string())));
    one.query.extend(query);
    let mut body = Map::new();
    body.insert("$.schemas".to_owned(), json!({"contains": LIST}));
    body.insert("$.totalResults".to_owned(), json!({"type": "integer"}));
    one.expect = Expect {
        status: Some(vec![200]),
        body,
        ..Expect::default()
    };
    one.capture = [("_doc".to_owned(), "$".to_owned())].into();
    one
}

/// The resources of a page and the total it claims.
fn judge(doc: &Value, count: usize, start: usize) -> Result<(&[Value], i64), String> {
    let resources = match doc.get("Resources") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list.as_slice(),
        Some(other) => return Err(format!("Resources is {}, wanted a list", short(other))),
    };
    let total = doc.get("totalResults").and_then(Value::as_i64);
    let total = total.ok_or("totalResults is beyond any collection")?;
    let got = resources.len();
    if got > count {
        return Err(format!(
            "page at {start} holds {got} resources, count was {count}"
        ));
    }
    let partial = i64::try_from(got).is_ok_and(|got| got < total);
    for (key, want) in [("startIndex", start), ("itemsPerPage", got)] {
        match doc.get(key) {
            None if partial && got > 0 => {
                return Err(format!("page at {start} is partial but has no {key}"));
            }
            Some(value) if !(value.is_i64() || value.is_u64()) => {
                return Err(format!("{key} is {}, wanted an integer", short(value)));
            }
            Some(value) if got > 0 && *value != json!(want) => {
                return Err(format!("page at {start} says {key} {value}, wanted {want}"));
            }
            None | Some(_) => {}
        }
    }
    Ok((resources, total))
}

fn unrepeated(ids: &[Value]) -> Result<(), String> {
    if ids.len() >= MOST_COMPARED {
        return Ok(());
    }
    let mut seen = BTreeSet::new();
    let repeated = ids.iter().map(Value::to_string);
    let repeated: BTreeSet<_> = repeated.filter(|id| !seen.insert(id.clone())).collect();
    match repeated.first() {
        None => Ok(()),
        Some(first) => Err(format!(
            "{} resources came on more than one page, e.g. {first}",
            repeated.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_held_to_what_they_say() {
        let page = |extra: Value| {
            let mut doc = json!({"totalResults": 5, "Resources": [{"id": "a"}, {"id": "b"}],
                "startIndex": 3, "itemsPerPage": 2});
            doc.as_object_mut()
                .unwrap()
                .extend(extra.as_object().unwrap().clone());
            judge(&doc, 2, 3).map(|(list, total)| (list.len(), total))
        };
        assert_eq!(page(json!({})), Ok((2, 5)));
        assert!(page(json!({"startIndex": 1})).is_err());
        assert!(page(json!({"itemsPerPage": "2"})).is_err());
        assert!(page(json!({"itemsPerPage": 5})).is_err());
        assert!(page(json!({"Resources": [1, 2, 3], "itemsPerPage": 3})).is_err());
        assert_eq!(
            page(json!({"Resources": null, "startIndex": 9})),
            Ok((0, 5))
        );
        let whole = json!({"totalResults": 1, "Resources": [{}]});
        assert!(judge(&whole, 2, 1).is_ok());
        let part = json!({"totalResults": 2, "Resources": [{}]});
        assert!(judge(&part, 2, 1).is_err());
    }

    #[test]
    fn repeated_resources_are_noticed() {
        assert!(unrepeated(&[json!("a"), json!("b")]).is_ok());
        assert!(unrepeated(&[json!("a"), json!("b"), json!("a")]).is_err());
    }
}
