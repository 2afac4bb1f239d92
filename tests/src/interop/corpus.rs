//! The corpus files as types. Unknown keys are notes for the human reader.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// How a provider treats clients that bend the RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Goes along with what clients are known to send.
    #[default]
    Tolerant,
    /// Refuses what the RFC refuses.
    Strict,
}

/// What one client does, from an empty start to its own cleaning up.
#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    /// `client/name`, unique in the corpus.
    #[serde(rename = "scenario")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) client: String,
    pub(super) level: String,
    pub(super) headers: Option<Map<String, Value>>,
    pub(super) mode: Option<Mode>,
    #[serde(default)]
    pub(super) requires: Vec<String>,
    #[serde(default)]
    pub(super) vars: Map<String, Value>,
    pub(super) steps: Vec<Step>,
    #[serde(default)]
    pub(super) cleanup: Vec<Cleanup>,
}

/// What to remove after a scenario, however it ended.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Cleanup {
    Path(String),
    Each { each: String, path: String },
    Step(Box<Step>),
}

/// One request, or one request repeated in one of several ways.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) base: Base,
    pub(super) query: Map<String, Value>,
    pub(super) query_style: QueryStyle,
    pub(super) raw_query: Option<String>,
    #[serde(deserialize_with = "present")]
    pub(super) body: Option<Value>,
    pub(super) raw_body: Option<String>,
    pub(super) form: Option<Value>,
    pub(super) headers: Map<String, Value>,
    pub(super) auth: Auth,
    pub(super) expect: Expect,
    pub(super) capture: BTreeMap<String, String>,
    pub(super) repeat: Option<usize>,
    pub(super) for_each: Option<String>,
    #[serde(rename = "as")]
    pub(super) item_name: Option<String>,
    pub(super) parallel: Option<usize>,
    pub(super) over: Option<String>,
    pub(super) expect_counts: Option<BTreeMap<String, usize>>,
    pub(super) paginate: Option<Paginate>,
}

/// Which endpoint a step talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Base {
    #[default]
    Scim,
    Oauth,
}

/// How the client spells its query string.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum QueryStyle {
    #[default]
    Percent,
    Plus,
    Verbatim,
}

/// What goes into `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auth {
    #[default]
    Bearer,
    None,
    Basic,
}

/// What the answer must look like.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Expect {
    /// Any 2xx when absent.
    pub(super) status: Option<Vec<u16>>,
    pub(super) headers: Map<String, Value>,
    pub(super) body: Map<String, Value>,
    pub(super) body_by_status: BTreeMap<String, Map<String, Value>>,
    pub(super) body_empty: bool,
    pub(super) raw: Option<Value>,
}

/// How a client walks a collection.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Paginate {
    pub(super) count: usize,
    /// Whether `startIndex` grows by what was asked for or by what came.
    #[serde(default)]
    pub(super) stride: Stride,
    /// `short`: the walk ends at the first page that is not full.
    pub(super) stop: Option<Stop>,
    #[serde(default = "max_pages")]
    pub(super) max_pages: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stride {
    #[default]
    Items,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stop {
    Short,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Many {
        #[serde(default)]
        client: String,
        headers: Option<Map<String, Value>>,
        scenarios: Vec<Value>,
    },
    One(Value),
}

/// Reads every `*.json` of the directory, in the order of the file names.
pub(super) fn load(dir: &Path) -> Result<Vec<Scenario>, String> {
    let entries = fs::read_dir(dir).map_err(|e| e.to_string())?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()).map_err(|e| e.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "json"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|e| e.to_string())?;
        let found = parse(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        all.extend(found);
    }
    Ok(all)
}

fn parse(text: &str) -> Result<Vec<Scenario>, String> {
    let file = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let (client, headers, scenarios) = match file {
        File::Many {
            client,
            headers,
            scenarios,
        } => (client, headers, scenarios),
        File::One(scenario) => (String::new(), None, vec![scenario]),
    };
    let mut out = Vec::new();
    for raw in scenarios {
        let name = raw.get("scenario").cloned().unwrap_or_default();
        let mut scenario: Scenario =
            serde_json::from_value(raw).map_err(|e| format!("{name}: {e}"))?;
        if scenario.client.is_empty() {
            scenario.client.clone_from(&client);
        }
        if scenario.headers.is_none() {
            scenario.headers.clone_from(&headers);
        }
        out.push(scenario);
    }
    Ok(out)
}

/// `"body": null` is a body.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

fn max_pages() -> usize {
    500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_headers_are_those_of_a_scenario_without_its_own() {
        let text = r#"{"client": "c", "headers": {"A": "1"}, "scenarios": [
            {"scenario": "c/a", "level": "rfc", "steps": []},
            {"scenario": "c/b", "level": "rfc", "headers": {}, "steps": []}]}"#;
        let all = parse(text).unwrap();
        assert_eq!(all[0].headers.as_ref().unwrap()["A"], "1");
        assert!(all[1].headers.as_ref().unwrap().is_empty());
        assert_eq!(all[1].client, "c");
    }

    #[test]
    fn a_null_body_is_a_body() {
        let step: Step = serde_json::from_str(r#"{"body": null}"#).unwrap();
        assert_eq!(step.body, Some(Value::Null));
        let step: Step = serde_json::from_str("{}").unwrap();
        assert_eq!(step.body, None);
    }

    #[test]
    fn the_corpus_is_readable_and_its_names_are_unique() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        let all = load(&dir).unwrap();
        let mut names: Vec<_> = all.iter().map(|s| s.id.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.len() >= 120, "{} scenarios", all.len());
    }
}
