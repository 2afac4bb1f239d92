//! Bulk (RFC 7644, section 3.7): many operations in one request, which may refer to what others of
//! them create.
//!
//! [`BulkRequest::parse`] reads the message, [`BulkRequest::plan`] says in which order to go,
//! [`BulkOperation::resolve`] puts the ids of what was created in the place of `bulkId:` references,
//! and [`BulkResponse`] is the answer. Performing an operation is the server's part.

mod parse;
mod plan;
mod references;
mod response;

pub use plan::Step;
pub use references::Resolved;
pub use response::{BulkResponse, OperationResponse};

use std::fmt;

use serde_json::Value;

use crate::{Error, Limits, Tolerances};

/// A `BulkRequest` message (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// After so many errors no further operation is begun. `None`: all are.
    pub fail_on_errors: Option<u64>,
    /// In the order sent. What cannot be understood is refused alone; the others are performed.
    pub operations: Vec<Result<BulkOperation, BulkRefusal>>,
}

impl BulkRequest {
    /// URN of the message.
    pub const SCHEMA: &'static str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

    /// Reads a message.
    ///
    /// 413 for more bytes or more operations than the limits allow, naming the limit (section
    /// 3.7.4). 400 `invalidSyntax` for a message of another shape, and `invalidValue` when a
    /// `bulkId` is given twice, as what refers to it could mean either.
    pub fn parse(body: &[u8], limits: &Limits, tolerances: &mut Tolerances) -> Result<Self, Error> {
        parse::request(body, limits, tolerances)
    }

    /// The order in which to go: that of the request, but what is referred to comes first.
    /// Operations that refer to one another in a circle are begun without the references that
    /// close it and completed afterwards (section 3.7.1).
    pub fn plan(&self) -> Vec<Step> {
        plan::steps(&self.operations)
    }

    /// Whether after so many errors no further operation is begun (`failOnErrors`).
    pub fn stops_after(&self, errors: u64) -> bool {
        self.fail_on_errors
            .is_some_and(|most| errors > 0 && errors >= most)
    }
}

/// One operation that was understood (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What to do.
    pub method: BulkMethod,
    /// The client's name for it; never absent in a POST.
    pub bulk_id: Option<String>,
    /// The entity tag the resource must have, as in `If-Match`.
    pub version: Option<String>,
    /// What to do it to.
    pub path: BulkPath,
    /// An object; `None` in a DELETE. References are still in it.
    pub data: Option<Value>,
    /// The `bulkId`s of this request that path and data refer to, each once.
    pub references: Vec<String>,
}

/// What an operation does, by its HTTP method (RFC 7644, section 3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkMethod {
    /// Create.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

impl BulkMethod {
    /// `POST`
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for BulkMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `/Users` or `/Users/2819c223` (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkPath {
    /// With its slash: `/Users`.
    pub endpoint: String,
    /// Absent in a POST and in nothing else.
    pub target: Option<BulkTarget>,
}

/// As it is written behind the base URL: `/Users`, `/Users/2819c223`, `/Users/bulkId:qwerty`.
impl fmt::Display for BulkPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.endpoint)?;
        match &self.target {
            None => Ok(()),
            Some(BulkTarget::Id(id)) => write!(f, "/{id}"),
            Some(BulkTarget::BulkId(name)) => write!(f, "/{}{name}", references::PREFIX),
        }
    }
}

/// Which resource an operation is about (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkTarget {
    /// The one of this id.
    Id(String),
    /// The one that the operation of this `bulkId` creates.
    BulkId(String),
}

/// An operation that was not understood, with what its answer repeats (RFC 7644, section 3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkRefusal {
    /// As sent; empty when there was none.
    pub method: String,
    /// As sent.
    pub bulk_id: Option<String>,
    /// The resource it was about, behind the base URL, where that much was understood.
    pub resource: Option<String>,
    /// What is wrong with it.
    pub error: Error,
}

#[cfg(test)]
mod tests;
