//! Access requests and the votes on them. They outlive the person they are for.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use vestibule_domain::access_request::{AccessRequest, RequestState, Voice, Vote};
use vestibule_domain::{AccessRequestId, GroupId, ProviderId, UserId, VendorId};

use crate::columns::{from_json, instant, micros, optional, optional_instant, parsed, to_json};
use crate::engine::insert_all;
use crate::error::Error;
use crate::page::{Key, Page, sorts};
use crate::panics::Target;
use crate::predicate::Predicate;
use crate::schema::{
    access_request_groups as of_groups, access_request_votes as votes, access_requests as requests,
    placements,
};
use crate::store::{Read, Write};

sorts! {
    /// How access requests can be sorted.
    AccessRequestSort by "access_requests.id" {
        Created = "created" => "access_requests.id",
        Expires = "expires" => "access_requests.expires",
        UserName = "user_name" => "access_requests.user_name",
    }
}

/// Values bound in one statement at most, in pairs.
const CHUNK: usize = 1_000;

/// What a request is sorted by.
pub fn place(sort: AccessRequestSort, request: &AccessRequest) -> (Option<Key>, String) {
    let key = match sort {
        AccessRequestSort::Created => None,
        AccessRequestSort::UserName => Some(Key::Text(request.user_name.clone())),
        AccessRequestSort::Expires => Some(Key::Integer(micros(request.expires))),
    };
    (key, request.id.to_string())
}

/// Which requests are wanted.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    pub user: Option<UserId>,
    pub provider: Option<ProviderId>,
    pub vendor: Option<VendorId>,
    /// A state, and the instant at which they are in it.
    pub state: Option<(RequestState, DateTime<Utc>)>,
}

#[derive(Queryable)]
struct Row {
    id: String,
    user: String,
    provider: String,
    user_name: String,
    vendor: Option<String>,
    access_group: String,
    requester: Option<String>,
    requester_name: String,
    asked: String,
    state: String,
    created: i64,
    expires: i64,
    decided: Option<i64>,
    link: Option<String>,
    version: i64,
}

impl TryFrom<Row> for AccessRequest {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self, Error> {
        Ok(Self {
            id: parsed(&row.id)?,
            user: parsed(&row.user)?,
            provider: parsed(&row.provider)?,
            user_name: row.user_name,
            vendor: optional(row.vendor.as_deref())?,
            access_group: parsed(&row.access_group)?,
            requester: Voice {
                administrator: optional(row.requester.as_deref())?,
                name: row.requester_name,
            },
            asked: from_json(&row.asked)?,
            state: parsed(&row.state)?,
            created: instant(row.created)?,
            expires: instant(row.expires)?,
            decided: optional_instant(row.decided)?,
            link: optional(row.link.as_deref())?,
            version: row.version,
        })
    }
}

pub fn find(read: &mut Read<'_>, id: AccessRequestId) -> Result<Option<AccessRequest>, Error> {
    requests::table
        .find(id.to_string())
        .get_result::<Row>(read.connection)
        .optional()?
        .map(AccessRequest::try_from)
        .transpose()
}

pub fn list(
    read: &mut Read<'_>,
    choice: &Choice,
    page: &Page<AccessRequestSort>,
) -> Result<Vec<AccessRequest>, Error> {
    let mut query = requests::table.into_boxed();
    if let Some(user) = choice.user {
        query = query.filter(requests::user_id.eq(user.to_string()));
    }
    if let Some(provider) = choice.provider {
        query = query.filter(requests::provider_id.eq(provider.to_string()));
    }
    if let Some(vendor) = choice.vendor {
        query = query.filter(requests::vendor_id.eq(vendor.to_string()));
    }
    if let Some((state, at)) = choice.state {
        let pending = requests::state.eq(RequestState::Pending.name());
        query = match state {
            RequestState::Pending => query
                .filter(Predicate::literally("access_requests.state = 'pending'"))
                .filter(requests::expires.gt(micros(at))),
            RequestState::Expired => query.filter(
                requests::state
                    .eq(state.name())
                    .or(pending.and(requests::expires.le(micros(at)))),
            ),
            decided => query.filter(requests::state.eq(decided.name())),
        };
    }
    let rows: Vec<Row> = page.of(query).load(read.connection)?;
    rows.into_iter().map(AccessRequest::try_from).collect()
}

/// The requests made in a vendor or an internal group or for those who are its people now, that nobody has
/// decided on, oldest first. `people` are those of an internal group.
pub fn pending(
    read: &mut Read<'_>,
    target: Target,
    people: &[UserId],
    now: DateTime<Utc>,
) -> Result<Vec<AccessRequest>, Error> {
    let waiting = || {
        requests::table
            .filter(Predicate::literally("access_requests.state = 'pending'"))
            .filter(requests::expires.gt(micros(now)))
    };
    let rows: Vec<Row> = match target {
        Target::Vendor(vendor) => waiting()
            .filter(
                requests::vendor_id
                    .eq(vendor.to_string())
                    .or(requests::user_id.eq_any(
                        placements::table
                            .filter(placements::vendor_id.eq(vendor.to_string()))
                            .select(placements::user_id),
                    )),
            )
            .load(read.connection)?,
        Target::InternalGroup(group) => {
            let made_in = of_groups::table
                .filter(of_groups::group_id.eq(group.to_string()))
                .select(of_groups::request_id);
            let mut rows: Vec<Row> = waiting()
                .filter(requests::id.eq_any(made_in))
                .load(read.connection)?;
            for chunk in people.chunks(1_000) {
                let theirs = read.one_of("access_requests.user_id", chunk);
                rows.extend(waiting().filter(theirs).load::<Row>(read.connection)?);
            }
            rows
        }
    };
    let mut found: Vec<AccessRequest> = rows
        .into_iter()
        .map(AccessRequest::try_from)
        .collect::<Result<_, Error>>()?;
    found.sort_by_key(|request| request.id);
    found.dedup_by_key(|request| request.id);
    Ok(found)
}

/// `groups` are the internal groups that its person is in.
pub fn insert(write: &mut Write<'_>, new: &AccessRequest, groups: &[GroupId]) -> Result<(), Error> {
    diesel::insert_into(requests::table)
        .values((
            requests::id.eq(new.id.to_string()),
            requests::user_id.eq(new.user.to_string()),
            requests::provider_id.eq(new.provider.to_string()),
            requests::user_name.eq(&new.user_name),
            requests::vendor_id.eq(new.vendor.map(|id| id.to_string())),
            requests::access_group_id.eq(new.access_group.to_string()),
            requests::requester_id.eq(new.requester.administrator.map(|id| id.to_string())),
            requests::requester_name.eq(&new.requester.name),
            requests::asked.eq(to_json(&new.asked)),
            requests::state.eq(new.state.name()),
            requests::created.eq(micros(new.created)),
            requests::expires.eq(micros(new.expires)),
            requests::decided.eq(new.decided.map(micros)),
            requests::link_id.eq(new.link.map(|id| id.to_string())),
            requests::version.eq(new.version),
        ))
        .execute(write.connection)?;
    for chunk in groups.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|group| {
                (
                    of_groups::request_id.eq(new.id.to_string()),
                    of_groups::group_id.eq(group.to_string()),
                )
            })
            .collect();
        insert_all!(&mut *write.connection, of_groups::table, rows)?;
    }
    Ok(())
}

/// Puts what became of a request in the place of the row that still has the version before.
pub fn replace(write: &mut Write<'_>, next: &AccessRequest) -> Result<(), Error> {
    let changed = diesel::update(
        requests::table
            .filter(requests::id.eq(next.id.to_string()))
            .filter(requests::version.eq(next.version - 1)),
    )
    .set((
        requests::state.eq(next.state.name()),
        requests::decided.eq(next.decided.map(micros)),
        requests::link_id.eq(next.link.map(|id| id.to_string())),
        requests::version.eq(next.version),
    ))
    .execute(write.connection)?;
    if changed == 0 {
        return Err(Error::Stale);
    }
    if next.state != RequestState::Pending {
        let request = of_groups::request_id.eq(next.id.to_string());
        diesel::delete(of_groups::table.filter(request)).execute(write.connection)?;
    }
    Ok(())
}

type VoteRow = (String, String, bool, i64, Option<String>, i64, String);

/// The votes on a request, oldest first.
pub fn votes(read: &mut Read<'_>, request: AccessRequestId) -> Result<Vec<Vote>, Error> {
    let rows: Vec<VoteRow> = votes::table
        .filter(votes::request_id.eq(request.to_string()))
        .order(votes::event_id)
        .select((
            votes::voice,
            votes::name,
            votes::approves,
            votes::level,
            votes::comment,
            votes::at,
            votes::event_id,
        ))
        .load(read.connection)?;
    rows.into_iter()
        .map(|(voice, name, approves, level, comment, at, event)| {
            let administrator = Some(voice.as_str()).filter(|id| !id.is_empty());
            Ok(Vote {
                voice: Voice {
                    administrator: optional(administrator)?,
                    name,
                },
                approves,
                level: u32::try_from(level).map_err(Error::corrupt)?,
                comment,
                at: instant(at)?,
                event: parsed(&event)?,
            })
        })
        .collect()
}

pub fn add_vote(write: &mut Write<'_>, request: AccessRequestId, vote: &Vote) -> Result<(), Error> {
    let voice = vote.voice.administrator.map(|id| id.to_string());
    diesel::insert_into(votes::table)
        .values((
            votes::request_id.eq(request.to_string()),
            votes::voice.eq(voice.unwrap_or_default()),
            votes::name.eq(&vote.voice.name),
            votes::approves.eq(vote.approves),
            votes::level.eq(i64::from(vote.level)),
            votes::comment.eq(vote.comment.as_deref()),
            votes::at.eq(micros(vote.at)),
            votes::event_id.eq(vote.event.to_string()),
        ))
        .execute(write.connection)?;
    Ok(())
}
