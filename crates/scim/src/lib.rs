#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![forbid(unsafe_code)]

pub mod bulk;
pub mod cursor;
pub mod dialect;
pub mod discovery;
pub mod error;
pub mod etag;
pub mod filter;
pub mod fold;
pub mod json;
pub mod limits;
pub mod list;
#[cfg(test)]
mod looks;
mod message;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;
pub mod target;

pub use bulk::{BulkOperation, BulkRequest, BulkResponse};
pub use cursor::{Cursor, CursorError, CursorKey, CursorScope, Direction, QueryDigest};
pub use dialect::{Dialect, Tolerance, Tolerances};
pub use discovery::{AuthenticationScheme, BulkLimits, Capabilities, Pagination};
pub use error::{Error, ScimType};
pub use etag::EntityTags;
pub use filter::{CompValue, CompareOp, Condition, Filter, FilterError, Operand};
pub use limits::Limits;
pub use list::{
    LIST_RESPONSE, ListQuery, ListRequest, Page, PageLimits, PageMark, Sort, list_response,
};
pub use patch::{
    MemberChange, MemberCondition, MemberSelector, Op, Operation, Patch, PatchPath, Work,
};
pub use path::{AttributePath, PathError};
pub use projection::Projection;
pub use resource::{Member, MemberKind, Resource};
pub use schema::{Attribute, Definitions, Extension, Registry, ResourceType, Schema};
pub use target::Target;
