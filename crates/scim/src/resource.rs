//! A resource as a client sends it, in canonical form (RFC 7643, section 3).

mod address;
mod distinct;
mod immutable;
mod member;
mod place;
mod reader;
mod reference;
mod unique;
mod validate;
mod value;

use serde_json::{Map, Value};

pub use address::primary_email;
pub(crate) use immutable::{check_parts, check_unchanged, same};
pub(crate) use member::referred_here;
pub use member::{Member, MemberKind, members};
pub(crate) use reader::Reader;
pub(crate) use reader::is_no_manager;
pub use unique::UniqueValue;
pub use validate::validate;
pub(crate) use validate::value;

use crate::{Error, Limits, ResourceType, ScimType, Tolerances};

/// A resource in canonical form: attributes under the names the schemas give them, in the order
/// sent, each value of its type, `schemas` first and naming the core schema and every other schema
/// there is data of. No `id`, no `meta`, nothing read-only, nothing write-only, nothing unassigned
/// (RFC 7643, section 2.5: null and the empty array).
///
/// One exception: an empty `members` that was sent stays until [`Resource::take_members`], so that
/// "no members" can be told from nothing said about members.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource(pub Map<String, Value>);

impl Resource {
    /// Reads the body of a POST or PUT.
    ///
    /// Accepted and dropped: read-only attributes (RFC 7644, section 3.3), `password`. Refused with
    /// 400 `invalidValue` and the attribute's path: a value of another type, a missing required
    /// value, two primary values, more or longer values than the limits allow. Refused in the
    /// strict dialect with 400 `invalidSyntax`: attributes and schemas that are not known.
    pub fn parse(
        resource_type: &ResourceType,
        body: Value,
        limits: &Limits,
        tolerances: &mut Tolerances,
    ) -> Result<Self, Error> {
        let Value::Object(map) = body else {
            return Err(Error::bad_request(
                ScimType::InvalidSyntax,
                format!("expected a JSON object, got {}", value::kind_of(&body)),
            ));
        };
        validate::check_schemas(resource_type, &map, limits, tolerances)?;
        validate::check_write_only(resource_type, &map)?;
        validate(resource_type, map, limits, tolerances)
    }

    /// `userName`
    pub fn user_name(&self) -> Option<&str> {
        self.text("userName")
    }

    /// `displayName`
    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    /// `externalId`
    pub fn external_id(&self) -> Option<&str> {
        self.text("externalId")
    }

    /// `active`; a user of whom nothing is said is active.
    pub fn active(&self) -> bool {
        self.0
            .get("active")
            .and_then(Value::as_bool)
            .unwrap_or(true)
    }

    /// The one address a user is known by; see [`primary_email`].
    pub fn primary_email(&self) -> Option<&str> {
        primary_email(&self.0)
    }

    /// The values of `emails`.
    pub fn emails(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.0
            .get("emails")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
    }

    /// The members that can be read; empty when there are none.
    pub fn members(&self) -> Vec<Member> {
        self.0
            .get("members")
            .map(member::readable)
            .unwrap_or_default()
    }

    /// Removes `members`. `None` when the client said nothing about them. Values that appear twice
    /// are folded into one. 400 `invalidValue` with its index for a member without an id or of a
    /// type that is neither User nor Group, and for a `$ref` that names another resource than the
    /// `value` and `type` beside it (RFC 7643, section 2.4). `mounts` are the absolute addresses under
    /// which the resources are served, such as `https://example.com/scim/v2`: an absolute `$ref` begins
    /// with one of them (`malformed_reference`). Without any this is not looked at.
    pub fn take_members(
        &mut self,
        mounts: &[String],
        tolerances: &mut Tolerances,
    ) -> Result<Option<Vec<Member>>, Error> {
        // `remove` would move the last attribute into the gap.
        self.0
            .shift_remove("members")
            .map(|members| member::all(&members, mounts, tolerances))
            .transpose()
    }

    /// Compact JSON.
    pub fn to_text(&self) -> String {
        serde_json::to_string(&self.0).expect("a JSON object with string keys always serialises")
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests;
