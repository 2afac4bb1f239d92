//! Filters and patches collected from RFC 7644 and from public test suites.
//!
//! The vectors are not part of this project; `vectors/folder.rs` says where they are.
//!
//! Differences decided on purpose are the tables of `vectors/verdict.rs`.

#![expect(
    clippy::indexing_slicing,
    reason = "a vector of another shape should fail the test"
)]

#[path = "vectors/folder.rs"]
mod folder;
#[path = "vectors/inferred.rs"]
mod inferred;
#[path = "vectors/verdict.rs"]
mod verdict;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use vestibule_scim::filter::{Problem, match_document, matches};
use vestibule_scim::resource::validate;
use vestibule_scim::schema::GROUP;
use vestibule_scim::{
    Dialect, Error, Filter, Limits, Patch, PatchPath, Resource, ResourceType, Tolerances, patch,
};

use inferred::{add_unseen, inferred};
use verdict::{
    FILTER_DIFFERENCES, PATCH_DIFFERENCES, agreed, comparable, id, must_pass, report, vectors,
};

// proves: 7644-3.4.2.2-grammar
#[test]
fn filters_and_paths_are_valid_where_the_grammar_says_so() {
    let Some(cases) = vectors("filters.json") else {
        return;
    };
    let limits = Limits::default();
    let mut failures = BTreeMap::new();
    let mut passed = 0;
    for case in cases.iter().filter(|case| agreed(case)) {
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
    for case in cases.iter().filter(|case| agreed(case)).filter(evaluated) {
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

/// Names as the schema spells them.
fn canonical_names(resource_type: &ResourceType, resource: &Value) -> Map<String, Value> {
    let resource = resource
        .as_object()
        .expect("a resource is an object")
        .clone();
    let name = |name: String| {
        resource_type
            .schema
            .attribute(&name)
            .map_or(name, |found| found.name.clone())
    };
    resource
        .into_iter()
        .map(|(key, value)| (name(key), value))
        .collect()
}

// proves: 7644-3.5.2.2-unassigned 7644-3.5.2.3-selected
#[test]
fn patches_do_what_they_should() {
    let Some(cases) = vectors("patch.json") else {
        return;
    };
    let mut failures = BTreeMap::new();
    let mut passed = 0;
    for case in cases.iter().filter(|case| must_pass(case)) {
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
