//! Filters and patches collected from RFC 7644 and from public test suites, asked over HTTP on both
//! engines: what the crate answers of itself, the database and the routes have to answer as well.

#[path = "../../../crates/scim/tests/vectors/folder.rs"]
pub(crate) mod folder;
#[path = "../../../crates/scim/tests/vectors/inferred.rs"]
mod inferred;
#[path = "../../../crates/scim/tests/vectors/verdict.rs"]
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Map, Value, json};
use vestibule_scim::filter::Problem;
use vestibule_scim::schema::GROUP;
use vestibule_scim::{Dialect, Filter, Limits, Patch, ResourceType, Tolerances};
use vestibule_service::Role;
use vestibule_testkit::{Reply, TestApp, both_engines};

use crate::client::Client;
use inferred::{add_unseen, inferred};
use verdict::{
    FILTER_DIFFERENCES, PATCH_DIFFERENCES, agreed, comparable, id, must_pass, report, vectors,
};

/// What the server assigns, and names of schemas: a filter by these selects other resources here.
const ASSIGNED: &str = r"(?i)(^|[ (\[])(id|meta|schemas)\b|urn:";

/// A product that speaks a dialect.
fn speaking(app: &TestApp, dialect: Dialect) -> Client<'_> {
    Client::speaking(app, &format!("{dialect:?}"), dialect)
}

impl Client<'_> {
    fn filtered(&self, endpoint: &str, filter: &str) -> Reply {
        let filter = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect::<String>();
        let path = format!("{endpoint}?count=1000&filter={filter}");
        self.send("GET", &path, None)
    }

    /// Creates a resource and tells its id.
    fn try_create(&self, endpoint: &str, resource: &Value) -> Result<String, String> {
        let reply = self.send("POST", endpoint, Some(resource));
        match (reply.status, reply.json()["id"].as_str()) {
            (201, Some(id)) => Ok(id.to_owned()),
            _ => Err(format!("before: {}", reply.text)),
        }
    }
}

#[test]
fn filters_over_http_are_understood_where_the_grammar_says_so() {
    let Some(cases) = vectors("filters.json") else {
        return;
    };
    both_engines(|app| {
        let product = speaking(app, Dialect::Strict);
        let (mut failures, mut passed) = (BTreeMap::new(), 0);
        let filters = cases.iter().filter(|case| agreed(case));
        for case in filters.filter(|case| case["kind"] == "filter") {
            let text = case["text"].as_str().unwrap();
            let reply = product.filtered("/Users", text);
            // A filter that is one may still ask for what a User does not have.
            let malformed = reply.text.contains(": expected ");
            let refused = reply.status == 400 && reply.json()["scimType"] == "invalidFilter";
            let valid = case["source_says"] == "valid";
            let understood = !malformed && (refused || [200, 403].contains(&reply.status));
            if (valid && understood) || (!valid && refused && malformed) {
                passed += 1;
            } else {
                failures.insert(id(case), format!("{text:?}: {}", reply.text));
            }
        }
        report(&failures, &[], passed);
    });
}

/// Cases over the same resources, and the type that has their attributes.
struct Group<'a> {
    resources: Vec<Value>,
    resource_type: ResourceType,
    cases: Vec<&'a Value>,
}

#[test]
fn filters_over_http_select_the_resources_they_should() {
    let Some(cases) = vectors("filters.json") else {
        return;
    };
    let assigned = Regex::new(ASSIGNED).unwrap();
    let (asked, left): (Vec<&Value>, Vec<&Value>) = cases
        .iter()
        .filter(|case| agreed(case))
        .filter(|case| case["resource"].is_object() || case["resources"].is_array())
        .partition(|case| !assigned.is_match(case["text"].as_str().unwrap()));
    println!(
        "{} are not asked: they are about ids, meta or URNs",
        left.len()
    );
    let ids: BTreeSet<String> = asked.iter().map(|case| id(case)).collect();
    let differences: Vec<(Vec<&str>, &str)> = FILTER_DIFFERENCES
        .iter()
        .map(|(differing, why)| {
            let asked = differing.iter().filter(|id| ids.contains(**id));
            (asked.copied().collect(), *why)
        })
        .collect();
    let differences: Vec<(&[&str], &str)> = differences
        .iter()
        .map(|(differing, why)| (differing.as_slice(), *why))
        .collect();
    both_engines(|app| {
        let product = speaking(app, Dialect::Tolerant);
        let admin = app.admin_token("root", Role::Administrator);
        let (mut failures, mut passed) = (BTreeMap::new(), 0);
        for (number, group) in groups(&asked, &mut failures).into_iter().enumerate() {
            let endpoint = define(app, &admin, number, &group.resource_type);
            let created: Vec<String> = group
                .resources
                .iter()
                .map(|resource| product.try_create(&endpoint, resource).unwrap())
                .collect();
            for case in group.cases {
                match selects(&product, &endpoint, case, &created) {
                    Ok(()) => passed += 1,
                    Err(why) => {
                        failures.insert(id(case), format!("{:?}: {why}", case["text"].as_str()));
                    }
                }
            }
        }
        report(&failures, &differences, passed);
    });
}

/// The cases by their resources; those whose filter no schema makes meaningful fail here.
fn groups<'a>(cases: &[&'a Value], failures: &mut BTreeMap<String, String>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<String, Group<'a>> = BTreeMap::new();
    for &case in cases {
        let one = [case["resource"].clone()];
        let resources: Vec<Value> = case["resources"]
            .as_array()
            .map_or(one.as_slice(), Vec::as_slice)
            .iter()
            .map(|resource| {
                let mut resource = resource.as_object().unwrap().clone();
                resource.retain(|name, _| !name.contains(':') && !is_assigned(name));
                Value::Object(resource)
            })
            .collect();
        let hints = case["schema"].as_str().unwrap_or_default();
        let group = groups
            .entry(format!("{hints} {resources:?}"))
            .or_insert_with(|| Group {
                resource_type: inferred(&resources, hints),
                resources,
                cases: Vec::new(),
            });
        match understand(case, &mut group.resource_type) {
            Ok(()) => group.cases.push(case),
            Err(why) => _ = failures.insert(id(case), why),
        }
    }
    groups.into_values().collect()
}

fn is_assigned(name: &str) -> bool {
    ["id", "meta", "schemas"].contains(&name)
}

/// Adds to the type what the filter names and no resource has.
fn understand(case: &Value, resource_type: &mut ResourceType) -> Result<(), String> {
    let text = case["text"].as_str().unwrap();
    let filter = Filter::parse(text, &Limits::default()).map_err(|error| error.to_string())?;
    let mut tolerances = Tolerances::new(Dialect::Tolerant);
    while let Err(error) = filter.resolve(resource_type, &mut tolerances) {
        match error.problem {
            Problem::UnknownAttribute(name) => add_unseen(resource_type, &name)?,
            _ => return Err(error.to_string()),
        }
    }
    Ok(())
}

/// Registers the type while the server runs; tells its endpoint.
fn define(app: &TestApp, admin: &str, number: usize, resource_type: &ResourceType) -> String {
    let urn = format!("urn:example:params:scim:schemas:Vector{number}");
    let endpoint = format!("/Vectors{number}");
    let mut schema = json!(*resource_type.schema);
    schema["id"] = json!(urn);
    schema["name"] = json!(format!("Vector{number}"));
    for attribute in schema["attributes"].as_array_mut().unwrap() {
        let inner = attribute.get_mut("subAttributes");
        let inner = inner.and_then(Value::as_array_mut).into_iter().flatten();
        for reference in inner.filter(|inner| inner["name"] == "$ref") {
            reference["type"] = json!("reference");
            reference["referenceTypes"] = json!(["User"]);
            reference["caseExact"] = json!(true);
        }
    }
    let named = json!({"name": format!("Vector{number}"), "endpoint": endpoint, "schema": urn});
    for (path, body) in [("schemas", schema), ("resource-types", named)] {
        let path = format!("/api/v1/{path}");
        let reply = app.send("POST", &path, Some(admin), Some(&body));
        assert_eq!(reply.status, 201, "{body}: {}", reply.text);
    }
    endpoint
}

fn selects(
    product: &Client<'_>,
    endpoint: &str,
    case: &Value,
    created: &[String],
) -> Result<(), String> {
    let reply = product.filtered(endpoint, case["text"].as_str().unwrap());
    if reply.status != 200 {
        return Err(reply.text);
    }
    let found = reply.json();
    let found: Vec<&str> = found["Resources"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|resource| resource["id"].as_str().unwrap())
        .collect();
    if let Some(expected) = case["expected_ids"].as_array() {
        let before = case["resources"].as_array().unwrap();
        let selected: Vec<&Value> = before
            .iter()
            .zip(created)
            .filter(|(_, id)| found.contains(&id.as_str()))
            .map(|(resource, _)| &resource["id"])
            .collect();
        return if selected == expected.iter().collect::<Vec<_>>() {
            Ok(())
        } else {
            Err(format!("selected {selected:?}, not {expected:?}"))
        };
    }
    let expected = match &case["matches"] {
        Value::Bool(matches) => u64::from(*matches),
        _ => case["match_count"].as_u64().ok_or("it expects nothing")?,
    };
    if found.len() as u64 == expected {
        Ok(())
    } else {
        Err(format!("selected {}, not {expected}", found.len()))
    }
}

#[test]
fn patches_over_http_do_what_they_should() {
    let Some(cases) = vectors("patch.json") else {
        return;
    };
    both_engines(|app| {
        let (mut failures, mut passed) = (BTreeMap::new(), 0);
        let products = [Dialect::Strict, Dialect::Tolerant].map(|dialect| {
            let product = speaking(app, dialect);
            (dialect, product)
        });
        for case in cases.iter().filter(|case| must_pass(case)) {
            let dialects: &[Dialect] = match (case["tier"].as_str(), case["expect"].is_object()) {
                (Some("rfc"), true) => &[Dialect::Strict, Dialect::Tolerant],
                (_, true) => &[Dialect::Tolerant],
                _ => &[Dialect::Strict],
            };
            let chosen = products
                .iter()
                .filter(|(known, _)| dialects.contains(known));
            for (dialect, product) in chosen {
                match patched(product, case) {
                    Ok(()) => passed += 1,
                    Err(why) => _ = failures.insert(id(case), format!("{dialect:?}: {why}")),
                }
            }
        }
        report(&failures, PATCH_DIFFERENCES, passed);
    });
}

/// Creates the resource, patches it, reads it and takes everything away again.
fn patched(product: &Client<'_>, case: &Value) -> Result<(), String> {
    let is_group = case["resource"]["schemas"].to_string().contains(GROUP);
    let (endpoint, required) = if is_group {
        ("/Groups", "displayName")
    } else {
        ("/Users", "userName")
    };
    let mut made = Vec::new();
    let case = with_members(product, case, &mut made)?;
    // Some cases leave out what a resource must have.
    let complete = |resource: &Value| {
        let mut resource: Map<String, Value> = resource.as_object().unwrap().clone();
        resource
            .entry(required)
            .or_insert_with(|| json!("required"));
        Value::Object(resource)
    };
    let outcome = product
        .try_create(endpoint, &complete(&case["resource"]))
        .and_then(|id| {
            let path = format!("{endpoint}/{id}");
            made.push(path.clone());
            let message = json!({"schemas": [Patch::SCHEMA], "Operations": case["operations"]});
            let reply = product.send("PATCH", &path, Some(&message));
            let after = product.send("GET", &path, None).json();
            judge(&case, &reply, after, &complete)
        });
    for path in made.iter().rev() {
        let reply = product.send("DELETE", path, None);
        assert_eq!(reply.status, 204, "{}", reply.text);
    }
    outcome
}

fn judge(
    case: &Value,
    reply: &Reply,
    mut after: Value,
    complete: &dyn Fn(&Value) -> Value,
) -> Result<(), String> {
    let given = reply.json();
    let expected = &case["expect_error"];
    match (&case["expect"], reply.status) {
        (Value::Object(_), 200 | 204) => {
            let mut wanted = complete(&case["expect"]);
            // What this server says of everybody, and what it derives.
            if wanted.get("active").is_none() {
                after.as_object_mut().unwrap().remove("active");
            }
            only_values(&mut wanted);
            only_values(&mut after);
            let (wanted, after) = (comparable(&wanted), comparable(&after));
            if wanted == after {
                Ok(())
            } else {
                Err(format!("{after}\n   instead of {wanted}"))
            }
        }
        (Value::Object(_), _) => Err(given.to_string()),
        (_, 200 | 204) => Err(format!("succeeded instead of {expected}")),
        _ => {
            let as_expected = expected["status"] == reply.status
                && (expected["scimType"].is_null() || expected["scimType"] == given["scimType"]);
            if as_expected {
                Ok(())
            } else {
                Err(format!("{given} instead of {expected}"))
            }
        }
    }
}

/// Of a member only its id counts: how it is shown is the server's to say.
fn only_values(resource: &mut Value) {
    let members = resource.get_mut("members").and_then(Value::as_array_mut);
    for member in members.into_iter().flatten() {
        *member = json!({"value": member["value"]});
    }
}

/// The case with users that there are for members. Each `id` of a case is one user throughout.
fn with_members(
    product: &Client<'_>,
    case: &Value,
    made: &mut Vec<String>,
) -> Result<Value, String> {
    let mut members = BTreeSet::new();
    collect_members(case, &mut members);
    // The sources' servers are this one here; one source prints the ids in its addresses shortened.
    let base = format!("{}/scim/v2/", product.app.url());
    let text = case.to_string().replace("https://example.com/v2/", &base);
    let shortened = Regex::new(r#""\$ref":"[^"]*\.\.\.[^"]*","#).unwrap();
    let mut text = shortened.replace_all(&text, "").into_owned();
    for (number, member) in members.iter().enumerate() {
        let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": format!("member {number}")});
        let id = product.try_create("/Users", &user)?;
        made.push(format!("/Users/{id}"));
        for (before, behind) in [("\"", "\""), ("\\\"", "\\\""), ("/", "\"")] {
            text = text.replace(
                &format!("{before}{member}{behind}"),
                &format!("{before}{id}{behind}"),
            );
        }
    }
    Ok(serde_json::from_str(&text).unwrap())
}

/// The ids of all members in a case, wherever they are named.
fn collect_members(value: &Value, members: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect_members(value, members)),
        Value::Object(data) => {
            let named = data
                .get("path")
                .and_then(Value::as_str)
                .is_some_and(|path| path == "members");
            for (name, value) in data {
                if name == "members" || (named && name == "value") {
                    let values = value
                        .as_array()
                        .map_or(std::slice::from_ref(value), Vec::as_slice);
                    let ids = values.iter().filter_map(|member| member["value"].as_str());
                    members.extend(ids.map(str::to_owned));
                }
                collect_members(value, members);
            }
        }
        _ => {}
    }
}
