//! Resources as a client sees them: the stored document with what is derived put around it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use vestibule_domain::GroupId;
use vestibule_domain::placement::Membership as GroupMembership;
use vestibule_scim::{EntityTags, Projection, ResourceType};
use vestibule_storage::Read;
use vestibule_storage::memberships::{self, Membership};

use crate::Error;
use crate::types::Kind;

/// A resource ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Representation {
    /// Absolute address.
    pub location: String,
    /// Its entity tag, which `meta.version` repeats.
    pub tag: String,
    pub modified: DateTime<Utc>,
    /// JSON text of an object.
    pub body: String,
}

impl Representation {
    /// The resource's id: the last segment of its address.
    pub(crate) fn id(&self) -> &str {
        self.location.rsplit('/').next().unwrap_or_default()
    }
}

/// What the client wants to be true of the version it changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    among: Option<EntityTags>,
    not_among: Option<EntityTags>,
}

impl Precondition {
    /// Nothing but that there is one.
    pub const NONE: Self = Self {
        among: None,
        not_among: None,
    };

    /// That it is still this one.
    pub fn version(version: i64) -> Self {
        let among = EntityTags::parse(&entity_tag(version));
        Self {
            among: Some(among),
            not_among: None,
        }
    }

    /// Reads the values of `If-Match` and `If-None-Match`. A tag that no version has is one that
    /// matches nothing.
    pub fn parse(if_match: Option<&str>, if_none_match: Option<&str>) -> Self {
        Self {
            among: if_match.map(EntityTags::parse),
            not_among: if_none_match.map(EntityTags::parse),
        }
    }

    pub(crate) fn check(&self, version: i64) -> Result<(), Error> {
        let version = version.to_string();
        // What a tag says besides the version is derived, and no client's to change.
        let is_of = |tag: &str| tag.split('.').next() == Some(version.as_str());
        let is_among = |tags: &EntityTags| tags.any(is_of);
        if self.among.as_ref().is_none_or(is_among)
            && !self.not_among.as_ref().is_some_and(is_among)
        {
            Ok(())
        } else {
            Err(Error::PreconditionFailed)
        }
    }
}

/// The entity tag of a version. Weak, because one version has several representations.
pub fn entity_tag(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// The entity tag of a user who is shown with groups: they follow from the groups, and change without
/// a new version of the user.
fn entity_tag_with(version: i64, groups: &str) -> String {
    format!("W/\"{version}.{:08x}\"", crc32fast::hash(groups.as_bytes()))
}

/// What is stored of a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// JSON text of an object.
    pub(crate) document: &'a str,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What some resources show beside what is stored of them, by id.
#[derive(Debug)]
pub(crate) enum Derived {
    Nothing,
    /// The groups of people, and the groups' names.
    Groups(
        HashMap<String, Vec<GroupMembership>>,
        HashMap<GroupId, String>,
    ),
    /// The members of groups.
    Members(HashMap<String, Vec<Membership>>),
}

impl Derived {
    /// Of the resources with these ids, in so far as it is wanted.
    pub(crate) fn of(
        tx: &mut Read<'_>,
        kind: Kind,
        ids: &[&str],
        projection: &Projection,
    ) -> Result<Self, Error> {
        match kind {
            Kind::User if projection.wants("groups") => {
                let people = parsed(ids)?;
                let belonging = crate::memberships::of_users(tx, &people)?;
                let by_id = belonging.groups.into_iter();
                Ok(Self::Groups(
                    by_id.map(|(id, groups)| (id.to_string(), groups)).collect(),
                    belonging.names,
                ))
            }
            Kind::Group if projection.wants("members") => {
                let members = memberships::of_groups(tx, &parsed(ids)?)?;
                let by_id = members.into_iter();
                Ok(Self::Members(
                    by_id
                        .map(|(id, members)| (id.to_string(), members))
                        .collect(),
                ))
            }
            Kind::User | Kind::Group | Kind::Other => Ok(Self::Nothing),
        }
    }

    pub(crate) fn represent(
        &self,
        resource_type: &ResourceType,
        base: &str,
        id: &str,
        stored: &Stored<'_>,
        projection: &Projection,
    ) -> Result<Representation, Error> {
        let derived = match self {
            Self::Nothing => None,
            Self::Groups(groups, names) => groups
                .get(id)
                .filter(|groups| !groups.is_empty())
                .map(|groups| ("groups", groups_text(base, groups, names))),
            // RFC 7643, section 2.5 holds an empty array and none to be the same; there are clients that add
            // nobody to a group which does not say that it has none.
            Self::Members(members) => {
                let members = members.get(id).map(Vec::as_slice).unwrap_or_default();
                Some(("members", members_text(base, members)))
            }
        };
        render(resource_type, base, id, stored, derived, projection)
    }
}

fn parsed<T: FromStr>(ids: &[&str]) -> Result<Vec<T>, Error>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    ids.iter()
        .map(|id| id.parse().map_err(Error::internal))
        .collect()
}

fn groups_text(
    base: &str,
    memberships: &[GroupMembership],
    names: &HashMap<GroupId, String>,
) -> String {
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
            format_args!(r#"{{"value":"{group}","$ref":"{base}/Groups/{group}","type":"{kind}""#),
        );
        if let Some(name) = names.get(&group) {
            push(&mut text, format_args!(r#","display":{}"#, quoted(name)));
        }
        text.push('}');
    }
    text.push(']');
    text
}

fn members_text(base: &str, members: &[Membership]) -> String {
    let mut text = String::with_capacity(members.len() * 170);
    text.push('[');
    for (position, member) in members.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        let kind = crate::memberships::kind(member);
        let (endpoint, kind) = (kind.collection(), kind.name());
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
    text
}

fn render(
    resource_type: &ResourceType,
    base: &str,
    id: &str,
    stored: &Stored<'_>,
    derived: Option<(&str, String)>,
    projection: &Projection,
) -> Result<Representation, Error> {
    let document = stored.document;
    let inner = document
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .ok_or_else(|| Error::internal("a stored document is not an object"))?;
    let location = format!("{base}{}/{}", resource_type.endpoint, id);
    // The stored text is put together, not parsed: this is the way of nearly every read.
    let mut body = String::with_capacity(
        document.len() + 512 + derived.as_ref().map_or(0, |(_, text)| text.len()),
    );
    push(&mut body, format_args!(r#"{{"id":"{id}","#));
    body.push_str(inner);
    let tag = match &derived {
        Some(("groups", text)) => entity_tag_with(stored.version, text),
        _ => entity_tag(stored.version),
    };
    let is_empty = matches!(&derived, Some(("members", text)) if text == "[]");
    if let Some((name, text)) = derived {
        push(&mut body, format_args!(r#","{name}":"#));
        body.push_str(&text);
    }
    push(
        &mut body,
        format_args!(
            r#","meta":{{"resourceType":"{}","created":"{}","lastModified":"{}","location":"{location}","version":{}}}}}"#,
            resource_type.name,
            timestamp(stored.created),
            timestamp(stored.modified),
            quoted(&tag),
        ),
    );
    if !projection.is_default() {
        let whole: Map<String, Value> = serde_json::from_str(&body).map_err(Error::internal)?;
        let mut shown = projection.apply(resource_type, whole);
        if is_empty {
            // Parts of its members are wanted, and there is nobody of whom to show them.
            shown
                .entry("members")
                .or_insert_with(|| Value::Array(Vec::new()));
        }
        body = Value::Object(shown).to_string();
    }
    Ok(Representation {
        location,
        tag,
        modified: stored.modified,
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
    fn a_precondition_holds_for_the_versions_it_names() {
        for (tags, among, not_among) in [
            (None, true, true),
            (Some("*"), true, false),
            (Some(r#"W/"3""#), true, false),
            (Some(r#"W/"3.00c0ffee""#), true, false),
            (Some(r#"W/"33""#), false, true),
            (Some(r#""2", W/"3""#), true, false),
            (Some(r#"W/"4""#), false, true),
            (Some("3"), false, true),
            (Some(""), false, true),
        ] {
            let holds = |precondition: Precondition| precondition.check(3).is_ok();
            assert_eq!(holds(Precondition::parse(tags, None)), among, "{tags:?}");
            assert_eq!(
                holds(Precondition::parse(None, tags)),
                not_among,
                "{tags:?}"
            );
        }
    }
}
