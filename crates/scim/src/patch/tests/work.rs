use serde_json::json;

use super::*;
use crate::looks::counted;

/// 1,000 values, in words of their own.
fn many(word: &str) -> Value {
    (0..1_000).map(|n| json!(format!("{word}{n}"))).collect()
}

/// What operations make of Babs, who has been changed by `first`.
fn changed(first: &Value, operations: &Value) -> Result<Resource, Error> {
    changed_as(first, operations, Dialect::Strict).0
}

fn tolerated(first: &Value, operations: &Value) -> Result<Resource, Error> {
    changed_as(first, operations, Dialect::Tolerant).0
}

/// The same, with how many looks at values it takes.
fn changed_as(
    first: &Value,
    operations: &Value,
    dialect: Dialect,
) -> (Result<Resource, Error>, usize) {
    let limits = Limits {
        patch_work: 3_000_000,
        ..Limits::default()
    };
    let users = ResourceType::user();
    let mut tolerances = Tolerances::new(dialect);
    let mut parse = |operations: &Value| {
        let message = json!({"schemas": [Patch::SCHEMA], "Operations": operations});
        Patch::parse(message, &limits, &mut tolerances).unwrap()
    };
    let (first, message) = (parse(first), parse(operations));
    let current = apply(&first, &users, &babs(), &limits, &mut tolerances).unwrap();
    counted(|| apply(&message, &users, &current, &limits, &mut tolerances))
}

#[test]
fn an_attribute_does_not_grow_beyond_the_limit_between_operations() {
    let mut operations: Vec<Value> = (0..180)
        .map(|n| json!({"op": "add", "path": "customCodes", "value": many(&format!("{n}-"))}))
        .collect();
    operations.push(json!({"op": "remove", "path": "customCodes"}));
    let first = json!([{"op": "remove", "path": "title"}]);
    let error = changed(&first, &json!(operations)).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
    let detail = "Operations[1]: customCodes: more than 1000 values";
    assert_eq!(error.detail, detail);
}

#[test]
fn adding_what_is_there_again_and_again_is_not_quadratic() {
    let first = json!([{"op": "add", "path": "customCodes", "value": many("c")}]);
    let again = json!({"op": "add", "path": "customCodes", "value": many("c")});
    let (outcome, looks) = changed_as(&first, &json!(vec![again; 180]), Dialect::Strict);
    assert_eq!(outcome.unwrap().0["customCodes"], many("c"));
    // A few for each that is added. Each compared with each, it takes hundreds of times as many.
    assert!((180_000..540_000).contains(&looks), "{looks}");
}

#[test]
fn what_the_operations_look_at_together_is_bounded() {
    let long = "é".repeat(200);
    let values: Value = (0..1_000)
        .map(|n| json!({"value": format!("é{n}"), "display": long}))
        .collect();
    let first = json!([{"op": "add", "path": "roles", "value": values}]);
    for operation in [
        json!({"op": "replace", "path": "roles[value eq \"é1\"].display", "value": "y"}),
        json!({"op": "replace", "path": "roles.type", "value": "y"}),
        json!({"op": "add", "path": "roles", "value": [{"value": "é1", "display": long}]}),
    ] {
        let few = json!(vec![operation.clone(); 10]);
        changed(&first, &few).unwrap();
        let many = json!(vec![operation; 1_000]);
        let error = changed(&first, &many).unwrap_err();
        assert_eq!((error.status, error.scim_type), (413, None));
        assert!(error.detail.contains("patch_work"), "{error}");
    }
}

#[test]
fn removing_parts_of_one_value_is_bounded() {
    let long = "é".repeat(4_000);
    let first = json!([{"op": "replace", "path": "name.givenName", "value": long}]);
    let listed: Vec<Value> = (0..20_000).map(|_| json!({"givenName": "x"})).collect();
    let remove = |path: &str, value: Value| json!([{"op": "remove", "path": path, "value": value}]);
    for operations in [
        remove("name", json!(listed)),
        remove("name", json!({"givenName": vec!["x"; 20_000]})),
        remove("name.givenName", json!(vec!["x"; 20_000])),
    ] {
        let error = tolerated(&first, &operations).unwrap_err();
        assert_eq!((error.status, error.scim_type), (413, None), "{error}");
    }
    let few = remove("name", json!([{"givenName": "x"}, {"givenName": long}]));
    let left = tolerated(&first, &few).unwrap();
    assert_eq!(left.0["name"].get("givenName"), None);
}
