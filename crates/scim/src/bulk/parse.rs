//! Reading the `BulkRequest` message.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::references::{parse_reference, references};
use super::{BulkMethod, BulkOperation, BulkPath, BulkRefusal, BulkRequest, BulkTarget};
use crate::error::quoted;
use crate::message::{check_schemas, syntax, take, take_text};
use crate::{Error, Limits, ScimType, Tolerances, json};

pub(super) fn request(
    body: &[u8],
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<BulkRequest, Error> {
    if body.len() > limits.bulk_payload {
        return Err(too_large(
            "maxPayloadSize",
            limits.bulk_payload,
            "bytes in a bulk request",
        ));
    }
    let Value::Object(mut message) = json::parse(body, limits)? else {
        return Err(syntax("a BulkRequest message is a JSON object"));
    };
    check_schemas(&message, BulkRequest::SCHEMA, tolerances)?;
    let fail_on_errors = match take(&mut message, "failOnErrors") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_u64()
                .ok_or_else(|| syntax("failOnErrors: expected an integer that is not negative"))?,
        ),
    };
    let Some(Value::Array(sent)) = take(&mut message, "Operations") else {
        return Err(syntax("Operations: expected an array of operations"));
    };
    if sent.len() > limits.bulk_operations {
        return Err(too_large(
            "maxOperations",
            limits.bulk_operations,
            "operations in a bulk request",
        ));
    }
    let mut operations: Vec<_> = sent
        .into_iter()
        .map(|sent| operation(sent, limits))
        .collect();
    let known = bulk_ids(&operations)?;
    for operation in &mut operations {
        if let Ok(understood) = operation {
            match references(understood, &known) {
                Ok(references) => understood.references = references,
                Err(error) => {
                    *operation = Err(BulkRefusal {
                        method: understood.method.name().to_owned(),
                        bulk_id: understood.bulk_id.clone(),
                        resource: resource(&understood.path),
                        error,
                    });
                }
            }
        }
    }
    Ok(BulkRequest {
        fail_on_errors,
        operations,
    })
}

/// RFC 7644, section 3.7.4: "The returned response MUST specify the limit exceeded in the body".
fn too_large(name: &str, limit: usize, of: &str) -> Error {
    Error::new(413, None, format!("more than {limit} {of} ({name})"))
}

/// The `bulkId`s of the operations that create something, the refused ones included.
fn bulk_ids(operations: &[Result<BulkOperation, BulkRefusal>]) -> Result<HashSet<String>, Error> {
    let mut known = HashSet::new();
    for operation in operations {
        let id = match operation {
            Ok(operation) if operation.method == BulkMethod::Post => &operation.bulk_id,
            Ok(_) => continue,
            Err(refusal) => &refusal.bulk_id,
        };
        if let Some(id) = id
            && !known.insert(id.clone())
        {
            return Err(Error::bad_request(
                ScimType::InvalidValue,
                format!("the bulkId {} is given more than once", quoted(id)),
            ));
        }
    }
    Ok(known)
}

fn operation(sent: Value, limits: &Limits) -> Result<BulkOperation, BulkRefusal> {
    let Value::Object(mut sent) = sent else {
        return Err(BulkRefusal {
            method: String::new(),
            bulk_id: None,
            resource: None,
            error: syntax("expected an object"),
        });
    };
    let method = take_text(&mut sent, "method");
    let bulk_id = take_text(&mut sent, "bulkId");
    let mut about = None;
    understood(&method, &bulk_id, &mut about, sent, limits).map_err(|error| BulkRefusal {
        method: method.clone().ok().flatten().unwrap_or_default(),
        bulk_id: bulk_id.clone().ok().flatten(),
        resource: about,
        error,
    })
}

/// The resource a path leads to; a POST's leads to none.
fn resource(path: &BulkPath) -> Option<String> {
    path.target.as_ref().map(|_| path.to_string())
}

type Text = Result<Option<String>, Error>;

/// Leaves in `about` which resource the operation is about as soon as that is understood.
fn understood(
    method: &Text,
    bulk_id: &Text,
    about: &mut Option<String>,
    mut sent: Map<String, Value>,
    limits: &Limits,
) -> Result<BulkOperation, Error> {
    let method = self::method(method.clone()?)?;
    let bulk_id = bulk_id.clone()?;
    // Section 3.7: "bulkId", "REQUIRED when "method" is "POST"".
    match &bulk_id {
        None if method == BulkMethod::Post => {
            return Err(syntax("bulkId: required in a POST"));
        }
        Some(id) if id.is_empty() || id.len() > limits.path_length => {
            let most = limits.path_length;
            return Err(syntax(&format!("bulkId: expected 1 to {most} characters")));
        }
        _ => {}
    }
    let path = take_text(&mut sent, "path")?.ok_or_else(|| syntax("path: required"))?;
    let path = self::path(&path, method, limits)?;
    *about = resource(&path);
    let data = match (take(&mut sent, "data"), method) {
        (_, BulkMethod::Delete) => None,
        (Some(data @ Value::Object(_)), _) => Some(data),
        _ => {
            let detail = format!("data: an object is required in a {method}");
            return Err(syntax(&detail));
        }
    };
    Ok(BulkOperation {
        method,
        bulk_id,
        version: take_text(&mut sent, "version")?,
        path,
        data,
        references: Vec::new(),
    })
}

fn method(sent: Option<String>) -> Result<BulkMethod, Error> {
    let methods = [
        BulkMethod::Post,
        BulkMethod::Put,
        BulkMethod::Patch,
        BulkMethod::Delete,
    ];
    let sent = sent.unwrap_or_default();
    methods
        .into_iter()
        .find(|method| method.name() == sent)
        .ok_or_else(|| {
            syntax(&format!(
                "method: expected POST, PUT, PATCH or DELETE, got {}",
                quoted(&sent)
            ))
        })
}

/// "The resource's relative path to the SCIM service provider's root" (section 3.7).
fn path(text: &str, method: BulkMethod, limits: &Limits) -> Result<BulkPath, Error> {
    let invalid = |what: &str| {
        let detail = format!("path: expected {what}, got {}", quoted(text));
        Error::bad_request(ScimType::InvalidPath, detail)
    };
    let expected = match method {
        BulkMethod::Post => "an endpoint such as \"/Users\"",
        _ => "a resource such as \"/Users/2819c223\"",
    };
    if text.len() > limits.path_length || text.contains(['?', '#', '\\', '%']) {
        return Err(invalid(expected));
    }
    let mut segments = text.strip_prefix('/').unwrap_or(text).split('/');
    let endpoint = segments.next().unwrap_or_default();
    let target = segments.next();
    if endpoint.is_empty() || segments.next().is_some() {
        return Err(invalid(expected));
    }
    let target = match (target, method) {
        (None, BulkMethod::Post) => None,
        (Some(id), BulkMethod::Put | BulkMethod::Patch | BulkMethod::Delete) if !id.is_empty() => {
            Some(match parse_reference(id) {
                Some(bulk_id) => BulkTarget::BulkId(bulk_id.to_owned()),
                None => BulkTarget::Id(id.to_owned()),
            })
        }
        _ => return Err(invalid(expected)),
    };
    Ok(BulkPath {
        endpoint: format!("/{endpoint}"),
        target,
    })
}
