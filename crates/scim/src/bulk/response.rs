//! The `BulkResponse` message (RFC 7644, sections 3.7 and 3.7.3).

use serde::{Serialize, Serializer};

use super::{BulkMethod, BulkOperation, BulkRefusal};
use crate::Error;

/// The answer to a bulk request: what became of every operation that was processed.
///
/// RFC 7644, section 3.7.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BulkResponse {
    /// In any order: `method` and `bulkId` say which is which.
    pub operations: Vec<OperationResponse>,
}

/// What became of one operation (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationResponse {
    /// Absent only when the client gave none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub method: String,
    /// As the client gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_id: Option<String>,
    /// The resource's entity tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The resource's absolute URL. "REQUIRED in a response, except in the event of a POST failure."
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The HTTP status, written as a string.
    #[serde(serialize_with = "as_text")]
    pub status: u16,
    /// Present when the status is not one of success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Error>,
}

impl OperationResponse {
    /// An operation that succeeded with this status.
    pub fn success(operation: &BulkOperation, status: u16, location: String) -> Self {
        Self {
            location: Some(location),
            ..Self::answer(operation, status)
        }
    }

    /// An operation that failed. `location` is that of the resource it was about.
    pub fn failure(operation: &BulkOperation, location: String, error: Error) -> Self {
        Self {
            location: Some(location).filter(|_| operation.method != BulkMethod::Post),
            status: error.status,
            response: Some(error),
            ..Self::answer(operation, 0)
        }
    }

    /// An operation that was not understood, sent to the SCIM server at `base`.
    pub fn refusal(refusal: &BulkRefusal, base: &str) -> Self {
        let resource = refusal.resource.as_ref();
        Self {
            method: refusal.method.clone(),
            bulk_id: refusal.bulk_id.clone(),
            version: None,
            location: resource.map(|path| format!("{base}{path}")),
            status: refusal.error.status,
            response: Some(refusal.error.clone()),
        }
    }

    /// With the entity tag of the resource as it is now.
    #[must_use]
    pub fn with_version(self, version: String) -> Self {
        Self {
            version: Some(version),
            ..self
        }
    }

    fn answer(operation: &BulkOperation, status: u16) -> Self {
        Self {
            method: operation.method.name().to_owned(),
            bulk_id: operation.bulk_id.clone(),
            version: None,
            location: None,
            status,
            response: None,
        }
    }
}

impl BulkResponse {
    /// URN of the message.
    pub const SCHEMA: &'static str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
}

impl Serialize for BulkResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Body<'a> {
            schemas: [&'static str; 1],
            #[serde(rename = "Operations")]
            operations: &'a [OperationResponse],
        }
        Body {
            schemas: [Self::SCHEMA],
            operations: &self.operations,
        }
        .serialize(serializer)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn as_text<S: Serializer>(status: &u16, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(status)
}
