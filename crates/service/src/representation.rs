//! Resources as a client sees them: the stored document with what is derived put around it.

use std::collections::HashMap;
use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use vestibule_domain::GroupId;
use vestibule_domain::placement::Membership as GroupMembership;
use vestibule_scim::{Projection, ResourceType};
use vestibule_storage::groups::Group;
use vestibule_storage::memberships::Membership;
use vestibule_storage::users::User;

use crate::Error;

/// A resource ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// Absolute address.
    pub location: String,
    pub version: i64,
    pub modified: DateTime<Utc>,
    /// JSON text of an object.
    pub body: String,
}

/// What the client wants to be true of the version it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No `If-Match`, or `If-Match: *`.
    None,
    /// One of these entity tags.
    Version(Vec<i64>),
}

impl Precondition {
    /// Reads an `If-Match` value. A tag that no version has is one that matches nothing.
    pub fn parse(if_match: Option<&str>) -> Self {
        match if_match.map(str::trim) {
            None | Some("*") => Self::None,
            Some(tags) => Self::Version(versions(tags)),
        }
    }

    pub(crate) fn check(&self, version: i64) -> Result<(), Error> {
        match self {
            Self::None => Ok(()),
            Self::Version(versions) if versions.contains(&version) => Ok(()),
            Self::Version(_) => Err(Error::PreconditionFailed),
        }
    }
}

/// The versions named by a list of entity tags, `W/"3", "4"`.
pub fn versions(tags: &str) -> Vec<i64> {
    tags.split(',')
        .filter_map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/")
                .unwrap_or(tag)
                .strip_prefix('"')?
                .strip_suffix('"')?
                .parse()
                .ok()
        })
        .collect()
}

/// The entity tag of a version. Weak, because one version has several representations.
pub fn entity_tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

pub(crate) fn user(
    resource_type: &ResourceType,
    base: &str,
    user: &User,
    memberships: &[GroupMembership],
    names: &HashMap<GroupId, String>,
    projection: &Projection,
) -> Result<Representation, Error> {
    let id = user.id.to_string();
    let derived = (!memberships.is_empty() && projection.wants("groups")).then(|| {
        let mut text = String::with_capacity(memberships.len() * 160);
        text.push('[');
        for (position, membership) in memberships.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            let group = membership.group;
            let kind = if membership.direct {
                "direct"
            } else {
                "indirect"
            };
            push(
                &mut text,
                format_args!(
                    r#"{{"value":"{group}","$ref":"{base}/Groups/{group}","type":"{kind}""#
                ),
            );
            if let Some(name) = names.get(&group) {
                push(&mut text, format_args!(r#","display":{}"#, quoted(name)));
            }
            text.push('}');
        }
        text.push(']');
        ("groups", text)
    });
    let around = Around {
        id: &id,
        created: user.created,
        modified: user.modified,
        version: user.version,
    };
    render(
        resource_type,
        base,
        &user.document,
        &around,
        derived,
        projection,
    )
}

pub(crate) fn group(
    resource_type: &ResourceType,
    base: &str,
    group: &Group,
    members: &[Membership],
    projection: &Projection,
) -> Result<Representation, Error> {
    let id = group.id.to_string();
    let derived = (!members.is_empty() && projection.wants("members")).then(|| {
        let mut text = String::with_capacity(members.len() * 170);
        text.push('[');
        for (position, member) in members.iter().enumerate() {
            if position > 0 {
                text.push(',');
            }
            let (endpoint, kind) = if member.is_group {
                ("Groups", "Group")
            } else {
                ("Users", "User")
            };
            let value = &member.member;
            push(
                &mut text,
                format_args!(
                    r#"{{"value":"{value}","$ref":"{base}/{endpoint}/{value}","type":"{kind}""#
                ),
            );
            if let Some(display) = &member.display {
                push(&mut text, format_args!(r#","display":{}"#, quoted(display)));
            }
            text.push('}');
        }
        text.push(']');
        ("members", text)
    });
    let around = Around {
        id: &id,
        created: group.created,
        modified: group.modified,
        version: group.version,
    };
    render(
        resource_type,
        base,
        &group.document,
        &around,
        derived,
        projection,
    )
}

/// What stands around a stored document.
struct Around<'a> {
    id: &'a str,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
}

fn render(
    resource_type: &ResourceType,
    base: &str,
    document: &str,
    around: &Around<'_>,
    derived: Option<(&str, String)>,
    projection: &Projection,
) -> Result<Representation, Error> {
    let inner = document
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .ok_or_else(|| Error::internal("a stored document is not an object"))?;
    let location = format!("{base}{}/{}", resource_type.endpoint, around.id);
    // The stored text is put together, not parsed: this is the way of nearly every read.
    let mut body = String::with_capacity(
        document.len() + 512 + derived.as_ref().map_or(0, |(_, text)| text.len()),
    );
    push(&mut body, format_args!(r#"{{"id":"{}","#, around.id));
    body.push_str(inner);
    if let Some((name, text)) = derived {
        push(&mut body, format_args!(r#","{name}":"#));
        body.push_str(&text);
    }
    push(
        &mut body,
        format_args!(
            r#","meta":{{"resourceType":"{}","created":"{}","lastModified":"{}","location":"{location}","version":"W/\"{}\""}}}}"#,
            resource_type.name,
            timestamp(around.created),
            timestamp(around.modified),
            around.version,
        ),
    );
    if !projection.is_default() {
        let whole: Map<String, Value> = serde_json::from_str(&body).map_err(Error::internal)?;
        body = Value::Object(projection.apply(resource_type, whole)).to_string();
    }
    Ok(Representation {
        location,
        version: around.version,
        modified: around.modified,
        body,
    })
}

fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    // proves: 7644-3.14-match
    #[test]
    fn entity_tags_are_read_weak_or_strong_and_in_lists() {
        assert_eq!(Precondition::parse(None), Precondition::None);
        assert_eq!(Precondition::parse(Some("*")), Precondition::None);
        assert_eq!(
            Precondition::parse(Some(r#"W/"3""#)),
            Precondition::Version(vec![3])
        );
        assert_eq!(
            Precondition::parse(Some(r#""3", W/"4""#)),
            Precondition::Version(vec![3, 4])
        );
        assert_eq!(
            Precondition::parse(Some("abc")),
            Precondition::Version(vec![])
        );
        assert!(Precondition::parse(Some("abc")).check(1).is_err());
        assert!(Precondition::parse(Some(r#"W/"1""#)).check(1).is_ok());
    }
}
