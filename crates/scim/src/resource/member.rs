//! The members of a group (RFC 7643, section 4.2).

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::place::Place;
use super::reader::Reader;
use crate::filter::in_any_version;
use crate::schema::{built_in_endpoints, group_members};
use crate::{Error, Limits, Tolerance, Tolerances};

/// Whether a member is a user or a group (RFC 7643, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// A person.
    User,
    /// A group inside the group.
    Group,
}

impl MemberKind {
    /// As a member's `type` names it (RFC 7643, section 4.2).
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where such resources are, below the address under which all are served: `Users` or `Groups`
    /// (RFC 7644, section 3.2).
    pub fn collection(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }
}

/// One value of a group's `members` (RFC 7643, section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The member's id as the client sent it.
    pub value: String,
    /// From `type`, else from `$ref`; `None` when neither says.
    pub kind: Option<MemberKind>,
    /// The name the client showed, which decides nothing.
    pub display: Option<String>,
}

/// Reads members as a PATCH carries them: an array, or in the tolerant dialect one object. Values
/// that appear twice are folded into one. `mounts` and errors as of [`crate::Resource::take_members`].
///
/// RFC 7643, section 4.2.
pub fn members(
    value: Value,
    mounts: &[String],
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Vec<Member>, Error> {
    let endpoints = built_in_endpoints();
    let mut reader = Reader::new(limits, tolerances).with_endpoints(&endpoints);
    let attribute = group_members();
    match reader.attribute(&Place::top(&attribute.name), attribute, value)? {
        Some(value) => all(&value, mounts, tolerances),
        None => Ok(Vec::new()),
    }
}

/// Reads a canonical `members`.
pub(super) fn all(
    value: &Value,
    mounts: &[String],
    tolerances: &mut Tolerances,
) -> Result<Vec<Member>, Error> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut members = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let member = item
            .as_object()
            .ok_or(("", "expected an object"))
            .and_then(|item| member(item, mounts, tolerances))
            .map_err(|(name, problem)| {
                let place = Place::top("members").at(index);
                if name.is_empty() {
                    place.invalid(problem)
                } else {
                    place.child(name).invalid(problem)
                }
            })?;
        members.push(member);
    }
    Ok(folded(members))
}

/// What can be read of a canonical `members`.
pub(super) fn readable(value: &Value) -> Vec<Member> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    folded(
        items
            .iter()
            .filter_map(Value::as_object)
            .filter_map(|item| member(item, &[], &mut Tolerances::default()).ok())
            .collect(),
    )
}

/// The sub-attribute that is wrong, and what is wrong with it.
type Problem = (&'static str, &'static str);

fn member(
    item: &Map<String, Value>,
    mounts: &[String],
    tolerances: &mut Tolerances,
) -> Result<Member, Problem> {
    let text = |name| item.get(name).and_then(Value::as_str);
    let sent = text("$ref");
    let elsewhere =
        sent.is_some_and(|sent| referred(sent).is_some() && referred_here(sent, mounts).is_none());
    if elsewhere && !tolerances.accept(Tolerance::MalformedReference) {
        return Err(("$ref", "expected the URI of a user or group of this server"));
    }
    // What another server calls somebody says nothing beside a value.
    let reference = sent
        .filter(|_| !elsewhere || text("value").is_none())
        .map(split_reference);
    let value = match (text("value"), reference) {
        (Some(value), Some((Some(_), id))) if value != id => {
            return Err(("$ref", "names another resource than value"));
        }
        (Some(value), _) => value,
        (None, Some((_, id))) => id,
        (None, None) => return Err(("value", "a value is required")),
    };
    if value.trim().is_empty() {
        return Err(("value", "a value is required"));
    }
    let referred = reference.and_then(|(kind, _)| kind);
    let kind = match text("type") {
        Some(kind) => Some(kind_of(kind).ok_or(("type", "expected \"User\" or \"Group\""))?),
        None => referred,
    };
    if referred.is_some_and(|referred| kind != Some(referred)) {
        return Err(("$ref", "names a resource of another type"));
    }
    Ok(Member {
        value: value.to_owned(),
        kind,
        display: text("display").map(str::to_owned),
    })
}

fn kind_of(kind: &str) -> Option<MemberKind> {
    match kind {
        _ if kind.eq_ignore_ascii_case("user") => Some(MemberKind::User),
        _ if kind.eq_ignore_ascii_case("group") => Some(MemberKind::Group),
        _ => None,
    }
}

/// `https://example.com/v2/Users/2819c223` is the user 2819c223.
fn split_reference(reference: &str) -> (Option<MemberKind>, &str) {
    let mut segments = reference.trim_end_matches('/').rsplit('/');
    let id = segments.next().unwrap_or_default();
    let kind = match segments.next() {
        Some("Users") => Some(MemberKind::User),
        Some("Groups") => Some(MemberKind::Group),
        _ => None,
    };
    (kind, id)
}

/// What the URI of a user or a group names.
fn referred(reference: &str) -> Option<(MemberKind, &str)> {
    match split_reference(reference) {
        (Some(kind), id) if !id.is_empty() => Some((kind, id)),
        _ => None,
    }
}

/// The same of a URI that is relative or below one of the addresses under which the resources are
/// served, in whatever version of the protocol (RFC 7643, section 2.4). No address means any.
pub(crate) fn referred_here<'a>(
    reference: &'a str,
    mounts: &[String],
) -> Option<(MemberKind, &'a str)> {
    let (kind, id) = referred(reference)?;
    let collection = kind.collection();
    let is_ours = |uri: &String| {
        let below = |mount: &String| format!("{mount}/{collection}/{id}");
        mounts
            .iter()
            .any(|mount| uri.eq_ignore_ascii_case(&below(mount)))
    };
    let here = mounts.is_empty()
        || is_relative(reference)
        || in_any_version(reference.trim_end_matches('/'))
            .iter()
            .any(is_ours);
    here.then_some((kind, id))
}

/// RFC 3986, section 4.2: neither a scheme nor an authority.
fn is_relative(uri: &str) -> bool {
    let first = uri.split(['/', '?', '#']).next().unwrap_or_default();
    !uri.starts_with("//") && !first.contains(':')
}

/// Keeps the first of the members with one value.
fn folded(mut members: Vec<Member>) -> Vec<Member> {
    if members.len() < 2 {
        return members;
    }
    let mut seen: HashSet<&str> = HashSet::with_capacity(members.len());
    let first: Vec<bool> = members
        .iter()
        .map(|member| seen.insert(&member.value))
        .collect();
    drop(seen);
    let mut first = first.into_iter();
    members.retain(|_| first.next().unwrap_or(true));
    members
}
