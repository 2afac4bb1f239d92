//! Who is in which group: one row a membership, so that one more member is one more row.

use std::collections::{HashMap, HashSet};

use diesel::dsl::exists;
use diesel::prelude::*;
use vestibule_domain::{EventId, GroupId, ProviderId, UserId};
use vestibule_scim::fold::fold;

use crate::columns::parsed;
use crate::engine::{direct, insert_all};
use crate::error::Error;
use crate::page::{Page, sorts};
use crate::schema::{groups, memberships, users};
use crate::store::{Read, Write};

/// Values bound in one statement at most.
const CHUNK: usize = 1_000;

/// One membership. `member` is the id of a user or, when `is_group`, of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub member: String,
    pub is_group: bool,
    /// As the provider sent it.
    pub display: Option<String>,
}

/// A group that a member is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    pub group: GroupId,
    pub name: String,
    /// Whether it is in a group itself.
    pub nested: bool,
    /// When the membership arrived, as a place in the order of all arrivals.
    pub sequence: i64,
}

sorts! {
    /// How the members of a group can be sorted.
    MemberSort by "memberships.member_id" {
        Created = "created" => "memberships.member_id",
    }
}

/// A member of a group by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id of a user or, when `is_group`, of a group.
    pub id: String,
    pub is_group: bool,
    pub name: String,
    /// Of a user.
    pub active: bool,
    /// The event that made it a member.
    pub event: EventId,
}

type NamedRow = (
    String,
    bool,
    String,
    Option<String>,
    Option<bool>,
    Option<String>,
);

/// The members of a group by their ids, nested groups among them, a page at a time.
pub fn named(
    read: &mut Read<'_>,
    group: GroupId,
    page: &Page<MemberSort>,
) -> Result<Vec<Named>, Error> {
    let query = memberships::table
        .left_join(users::table.on(users::id.eq(memberships::member_id)))
        .left_join(groups::table.on(groups::id.eq(memberships::member_id)))
        .filter(memberships::group_id.eq(group.to_string()))
        .into_boxed();
    let rows: Vec<NamedRow> = page
        .of(query)
        .select((
            memberships::member_id,
            memberships::member_is_group,
            memberships::event_id,
            users::user_name.nullable(),
            users::active.nullable(),
            groups::display_name.nullable(),
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(id, is_group, event, person, active, nested)| {
            Ok(Named {
                id,
                is_group,
                name: person.or(nested).unwrap_or_default(),
                active: active.unwrap_or_default(),
                event: parsed(&event)?,
            })
        })
        .collect()
}

/// The members of a group in the order in which they arrived.
pub fn of_group(read: &mut Read<'_>, group: GroupId) -> Result<Vec<Membership>, Error> {
    let rows: Vec<(String, bool, Option<String>)> = memberships::table
        .filter(memberships::group_id.eq(group.to_string()))
        .order(memberships::sequence)
        .select((
            memberships::member_id,
            memberships::member_is_group,
            memberships::display,
        ))
        .load(read.connection)?;
    Ok(rows
        .into_iter()
        .map(|(member, is_group, display)| Membership {
            member,
            is_group,
            display,
        })
        .collect())
}

/// The members of several groups, by group.
pub fn of_groups(
    read: &mut Read<'_>,
    ids: &[GroupId],
) -> Result<HashMap<GroupId, Vec<Membership>>, Error> {
    let mut found: HashMap<GroupId, Vec<Membership>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(String, String, bool, Option<String>)> = memberships::table
            .filter(read.one_of("memberships.group_id", chunk))
            .order(memberships::sequence)
            .select((
                memberships::group_id,
                memberships::member_id,
                memberships::member_is_group,
                memberships::display,
            ))
            .load(read.connection)?;
        for (group, member, is_group, display) in rows {
            found.entry(parsed(&group)?).or_default().push(Membership {
                member,
                is_group,
                display,
            });
        }
    }
    Ok(found)
}

diesel::alias!(const ABOVE: Alias<Above> = memberships as above);

/// The groups each of `members` (users or groups) is directly in, by member.
pub fn parents(
    read: &mut Read<'_>,
    members: &[String],
) -> Result<HashMap<String, Vec<Parent>>, Error> {
    let mut found: HashMap<String, Vec<Parent>> = HashMap::new();
    for chunk in members.chunks(CHUNK) {
        let joined = memberships::table
            .inner_join(groups::table.on(groups::id.eq(memberships::group_id)))
            .select((
                memberships::member_id,
                memberships::group_id,
                groups::display_name,
                exists(
                    ABOVE.filter(
                        ABOVE
                            .field(memberships::member_id)
                            .eq(memberships::group_id),
                    ),
                ),
                memberships::sequence,
            ));
        let rows: Vec<(String, String, String, bool, i64)> = match chunk {
            // The commonest case by far.
            [one] => direct!(read, |connection| joined
                .filter(memberships::member_id.eq(one))
                .load(connection))?,
            many => joined
                .filter(read.one_of("memberships.member_id", many))
                .load(read.connection)?,
        };
        for (member, group, name, nested, sequence) in rows {
            found.entry(member).or_default().push(Parent {
                group: parsed(&group)?,
                name,
                nested,
                sequence,
            });
        }
    }
    Ok(found)
}

/// The nesting above some groups: every group that is in another, these and all that are reachable
/// upwards, with its own parents. Costs one statement a level of nesting, and nothing that grows with
/// the groups' sizes.
pub fn nesting(
    read: &mut Read<'_>,
    from: impl IntoIterator<Item = GroupId>,
) -> Result<HashMap<GroupId, Vec<Parent>>, Error> {
    let mut above: HashMap<GroupId, Vec<Parent>> = HashMap::new();
    let mut seen: HashSet<GroupId> = from.into_iter().collect();
    let mut level: Vec<String> = seen.iter().map(ToString::to_string).collect();
    while !level.is_empty() {
        let mut next = Vec::new();
        for (member, its_parents) in parents(read, &level)? {
            for parent in its_parents.iter().filter(|parent| parent.nested) {
                if seen.insert(parent.group) {
                    next.push(parent.group.to_string());
                }
            }
            above.insert(parsed(&member)?, its_parents);
        }
        level = next;
    }
    Ok(above)
}

/// The ids of the users in some groups and in the groups nested in them, in one walk.
pub fn users_below(read: &mut Read<'_>, from: &[GroupId]) -> Result<Vec<UserId>, Error> {
    let (groups, _) = groups_below(read, from, usize::MAX)?;
    let mut found = HashSet::new();
    for chunk in groups.chunks(CHUNK) {
        let members: Vec<String> = memberships::table
            .filter(read.one_of("memberships.group_id", chunk))
            .filter(memberships::member_is_group.eq(false))
            .select(memberships::member_id)
            .distinct()
            .load(read.connection)?;
        for member in members {
            found.insert(parsed::<UserId>(&member)?);
        }
    }
    Ok(found.into_iter().collect())
}

/// The ids of some groups and of the groups nested in them, the nearest first: at most `most`, and whether
/// the walk stopped there. Costs one statement a level of nesting.
pub(crate) fn groups_below(
    read: &mut Read<'_>,
    from: &[GroupId],
    most: usize,
) -> Result<(Vec<String>, bool), Error> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX);
    let mut below: Vec<String> = from.iter().map(ToString::to_string).collect();
    let mut seen: HashSet<String> = below.iter().cloned().collect();
    let mut level = below.clone();
    let mut stopped = false;
    while !level.is_empty() && !stopped {
        let mut next = Vec::new();
        for chunk in level.chunks(CHUNK) {
            let nested: Vec<String> = memberships::table
                .filter(read.one_of("memberships.group_id", chunk))
                .filter(memberships::member_is_group)
                .select(memberships::member_id)
                .distinct()
                .limit(limit)
                .load(read.connection)?;
            stopped |= nested.len() >= most;
            for member in nested {
                if seen.insert(member.clone()) {
                    next.push(member);
                }
            }
        }
        below.extend_from_slice(&next);
        stopped |= below.len() > most;
        level = next;
    }
    below.truncate(most);
    Ok((below, stopped))
}

/// To be called first by whoever changes memberships of a provider's groups: before any row is
/// locked, so that all lock in the same order.
pub fn lock(write: &mut Write<'_>, provider: ProviderId) -> Result<(), Error> {
    Ok(write
        .connection
        .lock_memberships(provider.as_uuid().as_u128())?)
}

/// Keeps the named users from being deleted or placed by others until the transaction ends.
pub fn lock_users(write: &mut Write<'_>, ids: &[String]) -> Result<(), Error> {
    for chunk in ids.chunks(CHUNK) {
        write.connection.lock_users(chunk)?;
    }
    Ok(())
}

/// Which of `ids` are users and which are groups of the provider: `false` for a user, `true` for a
/// group. The users found stay locked until the transaction ends.
pub fn kinds(
    write: &mut Write<'_>,
    provider: ProviderId,
    ids: &[String],
) -> Result<HashMap<String, bool>, Error> {
    let provider = provider.to_string();
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        write.connection.lock_users(chunk)?;
        let people: Vec<String> = users::table
            .filter(write.one_of("users.id", chunk))
            .filter(users::provider_id.eq(&provider))
            .select(users::id)
            .load(write.connection)?;
        let complete = people.len() == chunk.len();
        found.extend(people.into_iter().map(|id| (id, false)));
        if complete {
            continue;
        }
        let rest: Vec<&String> = chunk.iter().filter(|id| !found.contains_key(*id)).collect();
        let nested: Vec<String> = groups::table
            .filter(write.one_of("groups.id", rest))
            .filter(groups::provider_id.eq(&provider))
            .select(groups::id)
            .load(write.connection)?;
        found.extend(nested.into_iter().map(|id| (id, true)));
    }
    Ok(found)
}

/// Which of `members` are in the group already.
pub fn present(
    read: &mut Read<'_>,
    group: GroupId,
    members: &[String],
) -> Result<HashSet<String>, Error> {
    let mut found = HashSet::new();
    for chunk in members.chunks(CHUNK) {
        let ids: Vec<String> = memberships::table
            .filter(memberships::group_id.eq(group.to_string()))
            .filter(read.one_of("memberships.member_id", chunk))
            .select(memberships::member_id)
            .load(read.connection)?;
        found.extend(ids);
    }
    Ok(found)
}

/// Those of `members` that are in the group.
pub fn find(
    read: &mut Read<'_>,
    group: GroupId,
    members: &[String],
) -> Result<Vec<Membership>, Error> {
    let mut found = Vec::new();
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<(String, bool, Option<String>)> = memberships::table
            .filter(memberships::group_id.eq(group.to_string()))
            .filter(read.one_of("memberships.member_id", chunk))
            .select((
                memberships::member_id,
                memberships::member_is_group,
                memberships::display,
            ))
            .load(read.connection)?;
        found.extend(
            rows.into_iter()
                .map(|(member, is_group, display)| Membership {
                    member,
                    is_group,
                    display,
                }),
        );
    }
    Ok(found)
}

/// Adds members that are not there yet, in their order.
pub fn insert(
    write: &mut Write<'_>,
    group: GroupId,
    members: &[Membership],
    event: EventId,
) -> Result<(), Error> {
    for chunk in members.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|member| {
                (
                    memberships::group_id.eq(group.to_string()),
                    memberships::member_id.eq(&member.member),
                    memberships::member_is_group.eq(member.is_group),
                    memberships::display.eq(member.display.as_deref()),
                    memberships::display_key.eq(member.display.as_deref().map(fold)),
                    memberships::event_id.eq(event.to_string()),
                )
            })
            .collect();
        insert_all!(&mut *write.connection, memberships::table, rows)?;
    }
    Ok(())
}

/// Removes the named members.
pub fn delete(write: &mut Write<'_>, group: GroupId, members: &[String]) -> Result<(), Error> {
    for chunk in members.chunks(CHUNK) {
        diesel::delete(
            memberships::table
                .filter(memberships::group_id.eq(group.to_string()))
                .filter(write.one_of("memberships.member_id", chunk)),
        )
        .execute(write.connection)?;
    }
    Ok(())
}

/// Removes a member from every group it is in and answers which those were.
pub fn delete_everywhere(write: &mut Write<'_>, member: &str) -> Result<Vec<GroupId>, Error> {
    let groups: Vec<String> = memberships::table
        .filter(memberships::member_id.eq(member))
        .select(memberships::group_id)
        .load(write.connection)?;
    if !groups.is_empty() {
        diesel::delete(memberships::table.filter(memberships::member_id.eq(member)))
            .execute(write.connection)?;
    }
    groups.iter().map(|id| parsed(id)).collect()
}
