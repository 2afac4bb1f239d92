use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Dialect, ScimType};

fn parse(operations: &Value) -> Result<BulkRequest, Error> {
    let body =
        json!({"schemas": [BulkRequest::SCHEMA], "failOnErrors": 1, "Operations": operations});
    BulkRequest::parse(
        body.to_string().as_bytes(),
        &Limits::default(),
        &mut Tolerances::new(Dialect::Strict),
    )
}

fn post(bulk_id: &str, data: &Value) -> Value {
    json!({"method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data})
}

fn member(id: &str) -> Value {
    json!({"type": "Group", "value": format!("bulkId:{id}")})
}

fn group(bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| member(id)).collect();
    post(
        bulk_id,
        &json!({"displayName": bulk_id, "members": members}),
    )
}

fn refusal(operation: &Value) -> (u16, Option<ScimType>) {
    let mut request = parse(&json!([operation])).unwrap();
    let refusal = request.operations.remove(0).unwrap_err();
    (refusal.error.status, refusal.error.scim_type)
}

// proves: 7644-3.7-operations
#[test]
fn operations_are_read() {
    let request = parse(&json!([
        {"method": "POST", "path": "/Users", "bulkId": "q", "data": {"userName": "A"}},
        {"method": "PUT", "path": "/Users/b7c14771", "version": "W/\"3\"", "data": {"userName": "B"}},
        {"method": "PATCH", "path": "Users/bulkId:q", "data": {"Operations": []}},
        {"method": "DELETE", "path": "/Users/e9025315", "data": null}
    ]))
    .unwrap();
    assert_eq!(request.fail_on_errors, Some(1));
    assert!(!request.stops_after(0) && request.stops_after(1));
    let [Ok(post), Ok(put), Ok(patch), Ok(delete)] = request.operations.as_slice() else {
        panic!("four operations")
    };
    assert_eq!(
        (post.method, post.path.target.as_ref()),
        (BulkMethod::Post, None)
    );
    assert_eq!(put.version.as_deref(), Some("W/\"3\""));
    assert_eq!(put.path.target, Some(BulkTarget::Id("b7c14771".to_owned())));
    assert_eq!(patch.path.endpoint, "/Users");
    assert_eq!(patch.references, ["q"]);
    assert_eq!(
        (delete.method, delete.data.as_ref()),
        (BulkMethod::Delete, None)
    );
}

/// RFC 7644 3.7.4: a request over either limit is answered 413, naming the limit.
// proves: 7644-3.7.4-exceeded
#[test]
fn both_limits_are_named() {
    let limits = Limits {
        bulk_operations: 1,
        bulk_payload: 300,
        ..Limits::default()
    };
    let refuse = |body: &str| {
        let error = BulkRequest::parse(body.as_bytes(), &limits, &mut Tolerances::default());
        let error = error.unwrap_err();
        (error.status, error.detail)
    };
    let delete = json!({"method": "DELETE", "path": "/Users/1"});
    let (status, detail) = refuse(&json!({"Operations": [delete, delete]}).to_string());
    assert!(
        status == 413 && detail.contains("maxOperations") && detail.contains(" 1 "),
        "{detail}"
    );
    let (status, detail) = refuse(&" ".repeat(301));
    assert!(
        status == 413 && detail.contains("maxPayloadSize") && detail.contains("300"),
        "{detail}"
    );
}

// proves: 7644-3.1-messages
#[test]
fn a_message_of_another_shape_is_refused_as_a_whole() {
    for body in [
        json!([]),
        json!({"schemas": ["urn:x:y"], "Operations": []}),
        json!({"schemas": [BulkRequest::SCHEMA]}),
        json!({"schemas": [BulkRequest::SCHEMA], "Operations": {}}),
        json!({"schemas": [BulkRequest::SCHEMA], "Operations": [], "failOnErrors": -1}),
    ] {
        let error = BulkRequest::parse(
            body.to_string().as_bytes(),
            &Limits::default(),
            &mut Tolerances::default(),
        )
        .unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidSyntax), "{body}");
    }
    let twice = parse(&json!([group("a", &[]), group("a", &[])])).unwrap_err();
    assert_eq!(twice.scim_type, Some(ScimType::InvalidValue));
}

// proves: 7644-3.7-operations
#[test]
fn an_operation_is_refused_alone() {
    let syntax = (400, Some(ScimType::InvalidSyntax));
    let path = (400, Some(ScimType::InvalidPath));
    let value = (400, Some(ScimType::InvalidValue));
    for (operation, expected) in [
        (json!("DELETE"), syntax),
        (json!({"path": "/Users/1"}), syntax),
        (json!({"method": "delete", "path": "/Users/1"}), syntax),
        (json!({"method": "GET", "path": "/Users/1"}), syntax),
        (json!({"method": "DELETE"}), syntax),
        (
            json!({"method": "POST", "path": "/Users", "data": {}}),
            syntax,
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "", "data": {}}),
            syntax,
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "a"}),
            syntax,
        ),
        (
            json!({"method": "POST", "path": "/Users", "bulkId": "a", "data": []}),
            syntax,
        ),
        (
            json!({"method": "POST", "path": "/Users/1", "bulkId": "a", "data": {}}),
            path,
        ),
        (json!({"method": "DELETE", "path": "/Users"}), path),
        (json!({"method": "DELETE", "path": "/Users/"}), path),
        (json!({"method": "DELETE", "path": "/Users/1/2"}), path),
        (
            json!({"method": "DELETE", "path": "//h.example/Users/1"}),
            path,
        ),
        (
            json!({"method": "DELETE", "path": "/Users/1?attributes=id"}),
            path,
        ),
        (
            json!({"method": "DELETE", "path": "/Users/bulkId:unknown"}),
            value,
        ),
        (post("a", &json!({"members": [member("unknown")]})), value),
        (
            post(
                "a",
                &json!({"members": [{"$ref": "../Users/bulkId:unknown"}]}),
            ),
            value,
        ),
    ] {
        assert_eq!(refusal(&operation), expected, "{operation}");
    }
    // What cannot be meant as a reference is text.
    let text = parse(&json!([post("a", &json!({"displayName": "bulkId:b"}))])).unwrap();
    assert!(text.operations[0].as_ref().unwrap().references.is_empty());
}

/// RFC 7644 3.7.2: ids take the place of references wherever these stand.
// proves: 7644-3.7.2-replaced
#[test]
fn references_are_resolved_wherever_they_stand() {
    let request = parse(&json!([
        post("u", &json!({})),
        {"method": "PATCH", "path": "/Groups/bulkId:u", "data": {"Operations": [
            {"op": "add", "path": "members", "value": [member("u"), {"$ref": "https://h/Users/bulkId:u"}]},
            {"op": "remove", "path": "members[value eq \"bulkId:u\" or value eq \"x\" or value eq \"bulkId:u\"]"},
            {"op": "replace", "path": "displayName", "value": "not bulkId:u"}
        ]}}
    ]))
    .unwrap();
    let patch = request.operations[1].as_ref().unwrap();
    assert_eq!(patch.references, ["u"]);
    let missing = patch.resolve(&HashMap::new()).unwrap_err();
    assert_eq!(missing.status, 409);
    let ids = HashMap::from([("u".to_owned(), "7".to_owned())]);
    let resolved = patch.resolve(&ids).unwrap();
    assert_eq!(resolved.id.as_deref(), Some("7"));
    assert_eq!(
        resolved.data.unwrap(),
        json!({"Operations": [
            {"op": "add", "path": "members", "value": [{"type": "Group", "value": "7"}, {"$ref": "https://h/Users/7"}]},
            {"op": "remove", "path": "members[value eq \"7\" or value eq \"x\" or value eq \"7\"]"},
            {"op": "replace", "path": "displayName", "value": "not bulkId:u"}
        ]})
    );
}

/// As `member_as_text` has it.
#[test]
fn a_member_may_be_a_bare_reference() {
    let group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    let bare = json!(["bulkId:u", "x", {"value": "bulkId:u"}]);
    let request = parse(&json!([
        post("u", &json!({})),
        post("g", &json!({"displayName": "bulkId:u", "Members": bare, group: {"members": "bulkId:u"}})),
        {"method": "PATCH", "path": "/Groups/1", "data": {"Operations": [
            {"op": "add", "path": "members", "value": bare},
            {"op": "remove", "path": format!("{group}.members"), "value": "bulkId:u"},
            {"op": "replace", "path": "members[value eq \"bulkId:u\"]", "value": "../Users/bulkId:u"},
            {"op": "replace", "value": {"members": bare, format!("{group}:members"): "bulkId:u"}},
            {"op": "replace", "path": "emails[type eq \"members\"].display", "value": "bulkId:u"}
        ]}}
    ]))
    .unwrap();
    let ids = HashMap::from([("u".to_owned(), "7".to_owned())]);
    let resolved = |place: usize| {
        let operation = request.operations[place].as_ref().unwrap();
        assert_eq!(operation.references, ["u"]);
        operation.resolve(&ids).unwrap().data.unwrap()
    };
    let known = json!(["7", "x", {"value": "7"}]);
    assert_eq!(
        resolved(1),
        json!({"displayName": "bulkId:u", "Members": known, group: {"members": "7"}})
    );
    assert_eq!(
        resolved(2),
        json!({"Operations": [
            {"op": "add", "path": "members", "value": known},
            {"op": "remove", "path": format!("{group}.members"), "value": "7"},
            {"op": "replace", "path": "members[value eq \"7\"]", "value": "../Users/7"},
            {"op": "replace", "value": {"members": known, format!("{group}:members"): "7"}},
            {"op": "replace", "path": "emails[type eq \"members\"].display", "value": "bulkId:u"}
        ]})
    );
    // What is not there yet is left out, and nothing beside it.
    let begun = request.operations[1].as_ref().unwrap();
    assert_eq!(
        begun.resolve_known(&HashMap::new()).data.unwrap(),
        json!({"displayName": "bulkId:u", "Members": ["x"], group: {}})
    );
}

#[test]
fn text_is_not_rewritten() {
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let data = json!({
        "title": "bulkId:u", "nickName": "bulkId:unknown", "profileUrl": "https://h/bulkId:u",
        "name": {"formatted": "bulkId:u"}, urn: {"manager": "bulkId:u", "department": "bulkId:u"}});
    let path = format!("{urn}:manager");
    let request = parse(&json!([
        post("u", &json!({})),
        post("v", &data),
        {"method": "PATCH", "path": "/Users/1", "data": {"Operations": [
            {"op": "replace", "path": "title", "value": "bulkId:u"},
            {"op": "replace", "path": path, "value": "bulkId:u"},
            {"op": "replace", "path": "manager.value", "value": "bulkId:u"},
            {"op": "replace", "value": {"title": "bulkId:u", "manager.$ref": "../Users/bulkId:u"}}
        ]}}
    ]))
    .unwrap();
    let ids = HashMap::from([("u".to_owned(), "7".to_owned())]);
    let resolved = |place: usize| {
        let operation = request.operations[place].as_ref().unwrap();
        operation.resolve(&ids).unwrap().data.unwrap()
    };
    let mut expected = data.clone();
    expected[urn]["manager"] = json!("7");
    assert_eq!(resolved(1), expected);
    assert_eq!(
        resolved(2),
        json!({"Operations": [
            {"op": "replace", "path": "title", "value": "bulkId:u"},
            {"op": "replace", "path": path, "value": "7"},
            {"op": "replace", "path": "manager.value", "value": "7"},
            {"op": "replace", "value": {"title": "bulkId:u", "manager.$ref": "../Users/7"}}
        ]})
    );
}

fn plan(operations: &[Value]) -> Vec<Step> {
    parse(&json!(operations)).unwrap().plan()
}

// proves: 7644-3.7-intent
#[test]
fn what_is_referred_to_comes_first_otherwise_the_order_stays() {
    use Step::Run;
    assert_eq!(plan(&[group("a", &[]), group("b", &[])]), [Run(0), Run(1)]);
    assert_eq!(
        plan(&[
            group("a", &["c"]),
            group("b", &[]),
            group("c", &["b"]),
            group("d", &[])
        ]),
        [Run(1), Run(2), Run(0), Run(3)]
    );
    // A refused operation creates nothing, and is not waited for.
    let refused = json!({"method": "POST", "path": "/Groups", "bulkId": "b"});
    assert_eq!(plan(&[group("a", &["b"]), refused]), [Run(0), Run(1)]);
}

/// RFC 7644 3.7.1: circular references are resolved by completing what was begun without them.
// proves: 7644-3.7.1-circles
#[test]
fn circles_are_begun_and_completed() {
    use Step::{Begin, Complete, Run};
    assert_eq!(
        plan(&[group("a", &["b"]), group("b", &["a"])]),
        [Begin(0), Run(1), Complete(0)]
    );
    assert_eq!(plan(&[group("a", &["a"])]), [Begin(0), Complete(0)]);
    // Who waits for a circle is not part of it.
    assert_eq!(
        plan(&[
            group("w", &["a"]),
            group("a", &["b", "c"]),
            group("b", &["a"]),
            group("c", &["b"])
        ]),
        [Begin(1), Run(0), Run(2), Run(3), Complete(1)]
    );
    let request = parse(&json!([
        post(
            "a",
            &json!({"displayName": "a", "members": [member("b"), {"value": "7"}],
            "urn:x:y": {"manager": {"value": "bulkId:b"}, "x": 1}})
        ),
        group("b", &["a"])
    ]))
    .unwrap();
    let first = request.operations[0].as_ref().unwrap();
    assert_eq!(
        first.resolve_known(&HashMap::new()).data.unwrap(),
        json!({"displayName": "a", "members": [{"value": "7"}], "urn:x:y": {"x": 1}})
    );
}

// proves: 7644-3.7-answer 7644-3.7-bulkid 7644-3.7.3-status
#[test]
fn the_answer_is_the_rfcs_message() {
    let request = parse(&json!([
        group("a", &[]),
        {"method": "PUT", "path": "/Users/1", "data": {}},
        {"method": "BREW", "bulkId": "c"},
        {"method": "PATCH", "path": "/Users/1"},
        {"method": "PATCH", "path": "/Users/bulkId:x", "data": {}},
        {"method": "POST", "bulkId": "d", "path": "/Users"}
    ]))
    .unwrap();
    let [Ok(post), Ok(put), Err(brewed), refused @ ..] = request.operations.as_slice() else {
        panic!("two and refused ones")
    };
    let refused = refused.iter().map(|refused| refused.as_ref().unwrap_err());
    let error = Error::bad_request(ScimType::InvalidValue, "no");
    let location = "https://h/Groups/1".to_owned();
    let mut answer = BulkResponse {
        operations: vec![
            OperationResponse::success(post, 201, location.clone())
                .with_version("W/\"1\"".to_owned()),
            OperationResponse::failure(put, "https://h/Users/1".to_owned(), error.clone()),
            OperationResponse::failure(post, location, error),
            OperationResponse::refusal(brewed, "https://h"),
        ],
    };
    let refused = refused.map(|refused| OperationResponse::refusal(refused, "https://h"));
    answer.operations.extend(refused);
    let error = json!({"schemas": [Error::SCHEMA], "status": "400", "scimType": "invalidValue", "detail": "no"});
    let answer = serde_json::to_value(&answer).unwrap();
    assert_eq!(answer["schemas"], json!([BulkResponse::SCHEMA]));
    assert_eq!(
        answer["Operations"].as_array().unwrap()[..3],
        [
            json!({"method": "POST", "bulkId": "a", "version": "W/\"1\"", "location": "https://h/Groups/1", "status": "201"}),
            json!({"method": "PUT", "location": "https://h/Users/1", "status": "400", "response": error}),
            json!({"method": "POST", "bulkId": "a", "status": "400", "response": error}),
        ]
    );
    assert_eq!(answer["Operations"][3]["method"], "BREW");
    assert_eq!(
        answer["Operations"][3]["response"]["scimType"],
        "invalidSyntax"
    );
    let locations: Vec<&Value> = answer["Operations"].as_array().unwrap()[3..]
        .iter()
        .map(|operation| &operation["location"])
        .collect();
    assert_eq!(
        locations,
        [
            &Value::Null,
            &json!("https://h/Users/1"),
            &json!("https://h/Users/bulkId:x"),
            &Value::Null
        ]
    );
}

#[test]
fn a_great_knot_is_planned_quickly() {
    let all: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let operations: Vec<Value> = all
        .iter()
        .enumerate()
        .map(|(n, id)| group(id, &[&all[(n + 1) % 1_000], &all[(n + 500) % 1_000], id]))
        .collect();
    let steps = plan(&operations);
    assert!(steps.len() >= 1_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    /// Every operation is run, or begun and completed, once; what runs or is completed refers to
    /// nothing that is not there.
    #[test]
    fn every_plan_is_sound(references in proptest::collection::vec(proptest::collection::vec(0_usize..8, 0..4), 1..8)) {
        let count = references.len();
        let names: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let operations: Vec<Value> = references
            .iter()
            .enumerate()
            .map(|(n, to)| {
                let to: Vec<&str> = to.iter().map(|n| names[n % count].as_str()).collect();
                group(&names[n], &to)
            })
            .collect();
        let request = parse(&json!(operations)).unwrap();
        let mut ids = HashMap::new();
        let mut done = vec![0; count];
        for step in request.plan() {
            let (Step::Run(n) | Step::Begin(n) | Step::Complete(n)) = step;
            let operation = request.operations[n].as_ref().unwrap();
            match step {
                Step::Begin(_) => {
                    prop_assert!(!operation.resolve_known(&ids).data.unwrap().to_string().contains("bulkId:"));
                }
                Step::Run(_) | Step::Complete(_) => {
                    prop_assert!(operation.resolve(&ids).is_ok());
                    done[n] += 1;
                }
            }
            ids.insert(names[n].clone(), format!("id{n}"));
        }
        prop_assert!(done.iter().all(|times| *times == 1));
    }
}
