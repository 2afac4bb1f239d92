//! Changes of who is in a group, as deltas: what stays is neither read nor written.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use vestibule_domain::event::{Action, Payload};
use vestibule_domain::placement::{self, Membership as GroupMembership};
use vestibule_domain::{EventId, GroupId, UserId};
use vestibule_scim::fold::fold;
use vestibule_scim::{Member, MemberChange, MemberKind, MemberSelector, ScimType, Work};
use vestibule_storage::memberships::{self, Membership, Parent};
use vestibule_storage::{Read, Write, groups};

use crate::{Caller, Change, Error, Service};

/// Members named in one event at most; more are continued in events of the same cause.
const NAMED: usize = 1_000;

/// What one request did to the members of a group.
#[derive(Debug, Default)]
struct Delta {
    added: Vec<Membership>,
    removed: Vec<Membership>,
}

impl Service {
    /// Carries out changes of members, in order, under [`memberships::lock`]. Answers whether any membership came or went.
    pub(crate) fn change_members(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        group: GroupId,
        changes: &[MemberChange],
        cause: Option<EventId>,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let event = self.id(EventId::from_uuid, now);
        let mut delta = Delta::default();
        let mut work = Work::new(&self.settings().limits);
        for change in changes {
            match change {
                MemberChange::Add(members) => add(tx, caller, group, members, event, &mut delta)?,
                MemberChange::Remove(selector) => {
                    let going = selected(tx, group, selector, &mut work)?;
                    remove(tx, group, going, &mut delta)?;
                }
                MemberChange::Replace(members) => {
                    let staying: HashSet<&str> =
                        members.iter().map(|member| member.value.as_str()).collect();
                    let mut going = memberships::of_group(tx, group)?;
                    going.retain(|present| !staying.contains(present.member.as_str()));
                    remove(tx, group, going, &mut delta)?;
                    add(tx, caller, group, members, event, &mut delta)?;
                }
            }
        }
        if delta.added.is_empty() && delta.removed.is_empty() {
            return Ok(false);
        }
        let first = Change {
            id: Some(event),
            action: Action::MembersChanged,
            cause,
            ..caller.change(group, now)
        };
        self.record_members(tx, &delta, &first);
        let affected = affected(tx, &delta)?;
        self.replace_people(tx, caller, &affected, event, now)?;
        Ok(true)
    }

    /// Takes a user or a group out of every group it is in.
    pub(crate) fn leave_everywhere(
        &self,
        tx: &mut Write<'_>,
        caller: &Caller,
        member: &str,
        cause: EventId,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        for group in memberships::delete_everywhere(tx, member)? {
            groups::touch(tx, group, None, now)?;
            self.record(
                tx,
                Change {
                    action: Action::MembersChanged,
                    cause: Some(cause),
                    payload: Payload {
                        before: Some(json!({"removed": [member]})),
                        after: None,
                        why: None,
                    },
                    ..caller.change(group, now)
                },
            );
        }
        Ok(())
    }

    /// `first` is the first event but for its payload; those after it name it as their cause.
    fn record_members(&self, tx: &mut Write<'_>, delta: &Delta, first: &Change) {
        let removed = names(&delta.removed);
        let parts = removed
            .chunks(NAMED)
            .map(|chunk| (Some(json!({ "removed": chunk })), None))
            .chain(
                delta
                    .added
                    .chunks(NAMED)
                    .map(|chunk| (None, Some(came(chunk)))),
            );
        for (position, (before, after)) in parts.enumerate() {
            let (id, cause) = match position {
                0 => (first.id, first.cause),
                _ => (None, first.id),
            };
            self.record(
                tx,
                Change {
                    id,
                    cause,
                    payload: Payload {
                        before,
                        after,
                        why: None,
                    },
                    ..first.clone()
                },
            );
        }
    }
}

fn names(members: &[Membership]) -> Vec<&str> {
    members
        .iter()
        .map(|member| member.member.as_str())
        .collect()
}

/// Those who came, in the order of their arrival, and how the provider shows those of them for whom
/// it says so.
fn came(members: &[Membership]) -> Value {
    let displays: serde_json::Map<String, Value> = members
        .iter()
        .filter_map(|member| Some((member.member.clone(), member.display.clone()?.into())))
        .collect();
    let mut came = json!({ "added": names(members) });
    if let (false, Value::Object(fields)) = (displays.is_empty(), &mut came) {
        fields.insert("displays".to_owned(), Value::Object(displays));
    }
    came
}

fn add(
    tx: &mut Write<'_>,
    caller: &Caller,
    group: GroupId,
    members: &[Member],
    event: EventId,
    delta: &mut Delta,
) -> Result<(), Error> {
    let ids: Vec<String> = members.iter().map(|member| member.value.clone()).collect();
    let kinds = memberships::kinds(tx, caller.provider.id, &ids)?;
    let present = memberships::present(tx, group, &ids)?;
    let mut coming = Vec::with_capacity(members.len());
    for (index, member) in members.iter().enumerate() {
        let Some(&is_group) = kinds.get(&member.value) else {
            return Err(refused(format!(
                "members[{index}].value: no user or group of this provider has the id `{}`",
                shortened(&member.value)
            )));
        };
        if member
            .kind
            .is_some_and(|kind| (kind == MemberKind::Group) != is_group)
        {
            let kind = kind_of(is_group).name();
            return Err(refused(format!(
                "members[{index}].type: `{}` is a {kind}",
                member.value
            )));
        }
        if !present.contains(&member.value) {
            coming.push(Membership {
                member: member.value.clone(),
                is_group,
                display: member.display.clone(),
            });
        }
    }
    refuse_cycles(tx, group, &coming)?;
    memberships::insert(tx, group, &coming, event)?;
    delta.added.extend(coming);
    Ok(())
}

/// A group must not become its own member, however far around.
fn refuse_cycles(tx: &mut Read<'_>, group: GroupId, coming: &[Membership]) -> Result<(), Error> {
    if !coming.iter().any(|member| member.is_group) {
        return Ok(());
    }
    let above = memberships::nesting(tx, [group])?;
    let ancestors: HashSet<String> = above
        .values()
        .flatten()
        .map(|parent| parent.group.to_string())
        .chain([group.to_string()])
        .collect();
    for member in coming.iter().filter(|member| member.is_group) {
        if ancestors.contains(&member.member) {
            return Err(refused(format!(
                "members: the group `{}` contains this group already, directly or indirectly",
                member.member
            )));
        }
    }
    Ok(())
}

fn remove(
    tx: &mut Write<'_>,
    group: GroupId,
    going: Vec<Membership>,
    delta: &mut Delta,
) -> Result<(), Error> {
    let ids: Vec<String> = going.iter().map(|member| member.member.clone()).collect();
    memberships::lock_users(tx, &ids)?;
    memberships::delete(tx, group, &ids)?;
    if delta.added.is_empty() {
        delta.removed.extend(going);
        return Ok(());
    }
    // Who came with this very request and goes with it was never there.
    let going_ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let (passing, staying): (Vec<_>, Vec<_>) = std::mem::take(&mut delta.added)
        .into_iter()
        .partition(|member| going_ids.contains(member.member.as_str()));
    delta.added = staying;
    let passing: HashSet<String> = passing.into_iter().map(|member| member.member).collect();
    delta.removed.extend(
        going
            .into_iter()
            .filter(|member| !passing.contains(&member.member)),
    );
    Ok(())
}

/// The present members that a removal means.
fn selected(
    tx: &mut Read<'_>,
    group: GroupId,
    selector: &MemberSelector,
    work: &mut Work,
) -> Result<Vec<Membership>, Error> {
    match selector {
        MemberSelector::All => Ok(memberships::of_group(tx, group)?),
        MemberSelector::Values(ids) => {
            // Ids are kept in the form they compare in.
            let ids: Vec<String> = ids.iter().map(|id| fold(id)).collect();
            Ok(memberships::find(tx, group, &ids)?)
        }
        MemberSelector::References(named) => {
            let ids: Vec<String> = named.iter().map(|(_, id)| id.clone()).collect();
            let mut members = memberships::find(tx, group, &ids)?;
            members.retain(|member| named.contains(&(kind(member), member.member.clone())));
            Ok(members)
        }
        MemberSelector::Listed {
            members: listed,
            among,
        } => {
            let mut kinds: HashMap<String, Vec<Option<MemberKind>>> = HashMap::new();
            for member in listed {
                let told = kinds.entry(fold(&member.value)).or_default();
                told.push(member.kind);
            }
            let ids: Vec<String> = kinds.keys().cloned().collect();
            let mut members = memberships::find(tx, group, &ids)?;
            members.retain(|member| {
                let mut told = kinds.get(&member.member).into_iter().flatten();
                told.any(|told| told.is_none_or(|told| told == kind(member)))
                    && among
                        .as_ref()
                        .is_none_or(|among| among.selects(&named(member)))
            });
            Ok(members)
        }
        MemberSelector::Matching(condition) => {
            let mut members = memberships::of_group(tx, group)?;
            work.spend(condition.work(members.len()))?;
            members.retain(|member| condition.selects(&named(member)));
            Ok(members)
        }
    }
}

pub(crate) fn kind(member: &Membership) -> MemberKind {
    kind_of(member.is_group)
}

fn kind_of(is_group: bool) -> MemberKind {
    if is_group {
        MemberKind::Group
    } else {
        MemberKind::User
    }
}

fn named(member: &Membership) -> Member {
    Member {
        value: member.member.clone(),
        kind: Some(kind(member)),
        display: member.display.clone(),
    }
}

/// The people whose groups have changed: those named and those in the groups named.
fn affected(tx: &mut Read<'_>, delta: &Delta) -> Result<Vec<UserId>, Error> {
    let mut people = HashSet::new();
    let mut nested = Vec::new();
    for member in delta.added.iter().chain(&delta.removed) {
        if member.is_group {
            nested.push(member.member.parse().map_err(Error::internal)?);
        } else {
            people.insert(member.member.parse::<UserId>().map_err(Error::internal)?);
        }
    }
    if !nested.is_empty() {
        // In one walk: what they have below them is much the same.
        people.extend(memberships::users_below(tx, &nested)?);
    }
    Ok(people.into_iter().collect())
}

/// The groups that some people belong to.
#[derive(Debug, Default)]
pub(crate) struct Belonging {
    /// Directly and by nesting; who is missing belongs to none.
    pub(crate) groups: HashMap<UserId, Vec<GroupMembership>>,
    pub(crate) names: HashMap<GroupId, String>,
}

/// All groups each of some people belongs to.
pub(crate) fn of_users(tx: &mut Read<'_>, people: &[UserId]) -> Result<Belonging, Error> {
    let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
    let direct = memberships::parents(tx, &ids)?;
    let nested = direct.values().flatten().filter(|parent| parent.nested);
    let above = memberships::nesting(tx, nested.map(|parent| parent.group))?;
    let mut belonging = Belonging::default();
    for parent in direct.values().chain(above.values()).flatten() {
        belonging
            .names
            .entry(parent.group)
            .or_insert_with(|| parent.name.clone());
    }
    let above: HashMap<GroupId, Vec<(GroupId, i64)>> = above
        .into_iter()
        .map(|(group, parents)| (group, edges(&parents)))
        .collect();
    for (user, parents) in &direct {
        let user = user.parse::<UserId>().map_err(Error::internal)?;
        let groups = placement::memberships(&edges(parents), &above);
        belonging.groups.insert(user, groups);
    }
    Ok(belonging)
}

fn edges(parents: &[Parent]) -> Vec<(GroupId, i64)> {
    parents
        .iter()
        .map(|parent| (parent.group, parent.sequence))
        .collect()
}

fn refused(detail: String) -> Error {
    vestibule_scim::Error::bad_request(ScimType::InvalidValue, detail).into()
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests;
