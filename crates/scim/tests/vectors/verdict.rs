//! Which vectors must be met, how answers are compared, and what is answered otherwise on purpose.
//! Shared by the tests of the crate and those over HTTP.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::folder;

/// Filter vectors that are answered otherwise, with what decides.
pub(crate) const FILTER_DIFFERENCES: &[(&[&str], &str)] = &[
    (
        &[
            "F0247", "F0248", "F0249", "F0250", "F0251", "F0252", "F0271", "F0272", "F0273",
            "F0277", "F0278", "F0279", "F0294", "F0295",
        ],
        "RFC 7644, table 3: co, sw and ew are about substrings; numbers and booleans have none. Table \
         9, invalidFilter: \"the specified attribute and filter comparison combination is not supported\".",
    ),
    (
        &["F0541", "F0553", "F0559", "F0561", "F0563"],
        "RFC 7644, section 3.4.2.2: the operand of a number is a number, that of a boolean true or false.",
    ),
    (
        &["F0564", "F0565", "F0578", "F0580"],
        "RFC 7643, section 2.3.5: a dateTime \"MUST include both a date and a time\".",
    ),
    (
        &["F0544"],
        "RFC 7643, section 4.1.1: userName is \"case insensitive\"; the source compares it with case.",
    ),
    (
        &["F0548"],
        "RFC 7644, section 3.4.2.2: without [ ] each comparison may hold for another value; the source \
         wants one value for both.",
    ),
    (
        &["F0871", "F0872"],
        "RFC 7644, section 3.4.2.2: nothing that is absent is less than something; the source counts it.",
    ),
    (
        &["F0876"],
        "RFC 7644, table 3: ne is \"not equal\", which what is absent is; the source leaves it out.",
    ),
];

/// Patch vectors that are answered otherwise, with what decides.
pub(crate) const PATCH_DIFFERENCES: &[(&[&str], &str)] = &[
    (
        &[
            "P0066", "P0084", "P0086", "P0089", "P0090", "P0095", "P0100", "P0219",
        ],
        "RFC 7643, section 2: a resource holds what its schemas define; the source keeps anything. \
         Ignored here in the tolerant dialect, 400 in the strict one.",
    ),
    (
        &["P0067", "P0098"],
        "RFC 7644, table 9, invalidValue: \"the value specified was not compatible with the operation \
         or attribute type\"; one source keeps text for an object, the other says invalidSyntax.",
    ),
    (
        &["P0127", "P0128", "P0145", "P0146", "P0147", "P0148"],
        "RFC 7644, table 9, invalidPath: \"the \"path\" attribute was invalid or malformed\"; the source \
         says invalidSyntax of every mistake.",
    ),
    (
        &["P0167", "P0168", "P0170"],
        "RFC 7643, section 4.3: manager.displayName is READ-ONLY; what a client sends of it is ignored.",
    ),
    (
        &["P0224"],
        "RFC 7644, section 3.5.2: \"Operations\" is \"an array of one or more PATCH operations\".",
    ),
    (
        &["P0227"],
        "RFC 7644, table 9, invalidSyntax: \"the request body message structure was invalid\"; the source \
         says invalidValue of an unknown operation.",
    ),
];

/// The cases of a file; none where there are no vectors.
pub(crate) fn vectors(name: &str) -> Option<Vec<Value>> {
    let file = folder::read(name)?;
    Some(
        file["cases"]
            .as_array()
            .expect("the cases are an array")
            .clone(),
    )
}

/// Whether the source and the grammar say the same of a filter.
pub(crate) fn agreed(case: &Value) -> bool {
    case["agreement"] == "agree"
}

/// Whether a patch is the RFC's, or others answer it as the source does.
pub(crate) fn must_pass(case: &Value) -> bool {
    case["tier"] == "rfc" || case["tier"] == "corroborated"
}

pub(crate) fn id(case: &Value) -> String {
    case["id"].as_str().expect("an id").to_owned()
}

/// Reports all failures together; what a table excuses must really differ.
#[expect(clippy::print_stdout, reason = "what differs should be seen")]
pub(crate) fn report(
    failures: &BTreeMap<String, String>,
    differences: &[(&[&str], &str)],
    passed: usize,
) {
    let excused: Vec<&str> = differences
        .iter()
        .flat_map(|(ids, _)| ids.iter().copied())
        .collect();
    let unexpected: Vec<String> = failures
        .iter()
        .filter(|(id, _)| !excused.contains(&id.as_str()))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    let stale: Vec<&&str> = excused
        .iter()
        .filter(|id| !failures.contains_key(**id))
        .collect();
    println!(
        "{passed} vectors agree, {} differ on purpose",
        excused.len()
    );
    for (ids, why) in differences {
        println!("{}: {why}", ids.join(" "));
    }
    assert!(unexpected.is_empty(), "\n{}", unexpected.join("\n"));
    assert!(stale.is_empty(), "these agree by now: {stale:?}");
    assert!(passed > 0, "no vector was run");
}

/// As the vectors say: schemas, id and meta do not count, null and [] are absent, as are
/// `"primary": false` and what is never returned or derived; the order of values does not count.
pub(crate) fn comparable(value: &Value) -> Value {
    match value {
        Value::Array(values) => {
            let mut values: Vec<Value> = values.iter().map(comparable).collect();
            values.sort_by_key(Value::to_string);
            Value::Array(values)
        }
        Value::Object(data) => {
            let mut data: Vec<(&String, Value)> = data
                .iter()
                .filter(|(name, value)| match name.as_str() {
                    "schemas" | "id" | "meta" | "password" => false,
                    "primary" => **value != json!(false),
                    _ => !value.is_null() && **value != json!([]),
                })
                .map(|(name, value)| (name, comparable(value)))
                .collect();
            data.sort_by_key(|(name, _)| *name);
            data.into_iter()
                .map(|(name, value)| (name.clone(), value))
                .collect()
        }
        value => value.clone(),
    }
}
