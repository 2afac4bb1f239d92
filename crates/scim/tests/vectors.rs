//! Filters and patches collected from RFC 7644 and from public test suites.
//!
//! The vectors are not part of this project; `vectors/folder.rs` says where they are.
//!
//! Differences decided on purpose are the tables [`FILTER_DIFFERENCES`] and [`PATCH_DIFFERENCES`].

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a vector of another shape should fail the test, and what differs should be seen"
)]

#[path = "vectors/folder.rs"]
mod folder;
#[path = "vectors/inferred.rs"]
mod inferred;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vestibule_scim::filter::{Problem, match_document, matches};
use vestibule_scim::resource::validate;
use vestibule_scim::schema::GROUP;
use vestibule_scim::{
    Dialect, Error, Filter, Limits, Patch, PatchPath, Resource, ResourceType, Tolerances, patch,
};

use inferred::{add_unseen, canonical_names, inferred};

/// Filter vectors that are answered otherwise, with what decides.
const FILTER_DIFFERENCES: &[(&[&str], &str)] = &[
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
const PATCH_DIFFERENCES: &[(&[&str], &str)] = &[
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

fn vectors(name: &str) -> Option<Vec<Value>> {
    let file = folder::read(name)?;
    Some(
        file["cases"]
            .as_array()
            .expect("the cases are an array")
            .clone(),
    )
}

/// Reports all failures together; what a table excuses must really differ.
fn report(failures: &BTreeMap<String, String>, differences: &[(&[&str], &str)], passed: usize) {
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

// proves: 7644-3.4.2.2-grammar
#[test]
fn filters_and_paths_are_valid_where_the_grammar_says_so() {
    let Some(cases) = vectors("filters.json") else {
        return;
    };
    let limits = Limits::default();
    let mut failures = BTreeMap::new();
    let mut passed = 0;
    for case in cases.iter().filter(|case| case["agreement"] == "agree") {
        let text = case["text"].as_str().expect("a text");
        let outcome = if case["kind"] == "path" {
            PatchPath::parse(text, &limits)
                .map(|path| path.to_string())
                .map_err(|error| error.to_string())
        } else {
            Filter::parse(text, &limits)
                .map(|filter| filter.to_string())
                .map_err(|error| error.to_string())
        };
        let canonical = case["canonical"].as_str();
        let valid = case["source_says"] == "valid";
        match (valid, &outcome, canonical) {
            (true, Ok(printed), Some(canonical)) if printed != canonical => {
                failures.insert(
                    id(case),
                    format!("{text:?} is printed {printed:?}, not {canonical:?}"),
                );
            }
            (true, Ok(printed), _) => {
                let again = Filter::parse(printed, &limits).map(|filter| filter.to_string());
                if case["kind"] == "filter" && again.as_ref() != Ok(printed) {
                    failures.insert(id(case), format!("{printed:?} is read back as {again:?}"));
                } else {
                    passed += 1;
                }
            }
            (false, Err(_), _) => passed += 1,
            _ => {
                failures.insert(id(case), format!("{text:?}: {outcome:?}"));
            }
        }
    }
    report(&failures, &[], passed);
}

// proves: 7644-3.4.2.2-matching
#[test]
fn filters_select_the_resources_they_should() {
    let Some(cases) = vectors("filters.json") else {
        return;
    };
    let mut failures = BTreeMap::new();
    let mut passed = 0;
    let evaluated = |case: &&Value| case["resource"].is_object() || case["resources"].is_array();
    for case in cases
        .iter()
        .filter(|case| case["agreement"] == "agree")
        .filter(evaluated)
    {
        match evaluate(case) {
            Ok(()) => passed += 1,
            Err(why) => {
                failures.insert(id(case), format!("{:?}: {why}", case["text"].as_str()));
            }
        }
    }
    report(&failures, FILTER_DIFFERENCES, passed);
}

fn evaluate(case: &Value) -> Result<(), String> {
    let text = case["text"].as_str().expect("a text");
    let filter = Filter::parse(text, &Limits::default()).map_err(|error| error.to_string())?;
    let one = [case["resource"].clone()];
    let resources = case["resources"]
        .as_array()
        .map_or(one.as_slice(), Vec::as_slice);
    let mut resource_type = inferred(resources, case["schema"].as_str().unwrap_or_default());
    let mut tolerances = Tolerances::new(Dialect::Tolerant);
    let condition = loop {
        match filter.resolve(&resource_type, &mut tolerances) {
            Ok(condition) => break condition,
            Err(error) => match error.problem {
                // An attribute that no resource of the case has.
                Problem::UnknownAttribute(name) => add_unseen(&mut resource_type, &name)?,
                _ => return Err(error.to_string()),
            },
        }
    };
    let selected: Vec<&Value> = resources
        .iter()
        .filter(|resource| {
            let resource = canonical_names(&resource_type, resource);
            matches(&condition, &match_document(&resource_type, &resource))
        })
        .collect();
    let expected = match (
        &case["matches"],
        &case["match_count"],
        &case["expected_ids"],
    ) {
        (Value::Bool(matches), _, _) => usize::from(*matches),
        (_, Value::Number(count), _) => {
            usize::try_from(count.as_u64().expect("a count")).expect("a small count")
        }
        (_, _, Value::Array(ids)) => {
            let selected: Vec<&Value> = selected.iter().map(|resource| &resource["id"]).collect();
            return if selected == ids.iter().collect::<Vec<_>>() {
                Ok(())
            } else {
                Err(format!("selected {selected:?}, not {ids:?}"))
            };
        }
        _ => return Err("the case expects nothing".to_owned()),
    };
    if selected.len() == expected {
        Ok(())
    } else {
        Err(format!("selected {}, not {expected}", selected.len()))
    }
}

fn id(case: &Value) -> String {
    case["id"].as_str().expect("an id").to_owned()
}

// proves: 7644-3.5.2.2-unassigned 7644-3.5.2.3-selected
#[test]
fn patches_do_what_they_should() {
    let Some(cases) = vectors("patch.json") else {
        return;
    };
    let mut failures = BTreeMap::new();
    let mut passed = 0;
    let must = |case: &&Value| case["tier"] == "rfc" || case["tier"] == "corroborated";
    for case in cases.iter().filter(must) {
        // The RFC's own cases hold in both dialects, but for the mistakes a tolerant server mends.
        let dialects: &[Dialect] = match (case["tier"].as_str(), case["expect"].is_object()) {
            (Some("rfc"), true) => &[Dialect::Strict, Dialect::Tolerant],
            (_, true) => &[Dialect::Tolerant],
            _ => &[Dialect::Strict],
        };
        for dialect in dialects {
            match patched(case, *dialect) {
                Ok(()) => passed += 1,
                Err(why) => _ = failures.insert(id(case), format!("{dialect:?}: {why}")),
            }
        }
    }
    report(&failures, PATCH_DIFFERENCES, passed);
}

fn patched(case: &Value, dialect: Dialect) -> Result<(), String> {
    let before = case["resource"].as_object().expect("a resource");
    let is_group = before
        .get("schemas")
        .is_some_and(|schemas| schemas.to_string().contains(GROUP));
    let resource_type = if is_group {
        ResourceType::group()
    } else {
        ResourceType::user()
    };
    // Some cases leave out what a resource must have.
    let required = if is_group { "displayName" } else { "userName" };
    let complete = |resource: &Map<String, Value>| {
        let mut resource = resource.clone();
        resource
            .entry(required)
            .or_insert_with(|| json!("required"));
        resource
    };
    let limits = Limits::default();
    let current = validate(
        &resource_type,
        complete(before),
        &limits,
        &mut Tolerances::new(Dialect::Tolerant),
    )
    .map_err(|error| format!("before: {error}"))?;
    let outcome = apply(case, &resource_type, &current, dialect);
    match (&case["expect"], outcome) {
        (Value::Object(expected), Ok(after)) => {
            let (expected, after) = (
                comparable(&complete(expected).into()),
                comparable(&after.0.into()),
            );
            if expected == after {
                Ok(())
            } else {
                Err(format!("{after}\n   instead of {expected}"))
            }
        }
        (Value::Object(_), Err(error)) => Err(format!("{error:?}")),
        (_, Ok(_)) => Err(format!("succeeded instead of {}", case["expect_error"])),
        (_, Err(error)) => {
            let expected = &case["expect_error"];
            let given = serde_json::to_value(&error).expect("an error is JSON");
            let as_expected = expected["status"] == error.status
                && (expected["scimType"].is_null() || expected["scimType"] == given["scimType"]);
            if as_expected {
                Ok(())
            } else {
                Err(format!("{given} instead of {expected}"))
            }
        }
    }
}

fn apply(
    case: &Value,
    resource_type: &ResourceType,
    current: &Resource,
    dialect: Dialect,
) -> Result<Resource, Error> {
    let mut tolerances = Tolerances::new(dialect);
    let message = json!({"schemas": [Patch::SCHEMA], "Operations": case["operations"]});
    let message = Patch::parse(message, &Limits::default(), &mut tolerances)?;
    patch::apply(
        &message,
        resource_type,
        current,
        &Limits::default(),
        &mut tolerances,
    )
}

/// As the vectors say: schemas, id and meta do not count, null and [] are absent, as are
/// `"primary": false` and what is never returned or derived; the order of values does not count.
fn comparable(value: &Value) -> Value {
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
