//! How many links the panic button ends, and how many access requests it withdraws: exactly, or no more of
//! them than a page has time to count.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use vestibule_domain::{GroupId, UserId, VendorId};

use super::CHUNK;
use crate::columns::micros;
use crate::engine::Engine;
use crate::error::Error;
use crate::memberships::groups_below;
use crate::sql::{Shape, Sql};
use crate::store::Read;

/// How many links there are, of how many people, and how many access requests wait for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Toll {
    pub links: usize,
    pub people: usize,
    /// Whether counting links stopped before its end: there are at least so many.
    pub more: bool,
    pub requests: usize,
    /// Whether counting requests stopped before its end.
    pub more_requests: bool,
}

/// Of a vendor's links, those that still work or will, and of its requests those that wait; of more than
/// `most`, the `most` that run out first.
pub fn toll_of_vendor(
    read: &mut Read<'_>,
    vendor: VendorId,
    now: DateTime<Utc>,
    most: Option<usize>,
) -> Result<Toll, Error> {
    let all = standing(read, &of_vendor(vendor, most), now)?;
    let requests = count(read, waiting(&beside_vendor(vendor, most), now))?;
    let most = most.unwrap_or(usize::MAX);
    Ok(Toll {
        links: all.links.min(most),
        people: all.people.min(most),
        more: all.links > most,
        requests: requests.min(most),
        more_requests: requests > most,
    })
}

/// Of these people's links, those that still work or will, and of the requests for them those that wait.
pub fn toll_of_people(
    read: &mut Read<'_>,
    people: &[UserId],
    now: DateTime<Utc>,
) -> Result<Toll, Error> {
    let mut all = Toll::default();
    for chunk in people.chunks(CHUNK) {
        let its = Sql::one_of(read.connection.engine(), "user_id", chunk);
        let some = standing(read, &its, now)?;
        all.links += some.links;
        all.people += some.people;
        all.requests += count(read, waiting(&its, now))?;
    }
    Ok(all)
}

/// Of the links of the people in a group and in the groups nested in it, those that still work or
/// will, and of the requests for them, or made while their people were in it, those that wait. Of more than
/// `most` members, nested groups among them, `most` are looked at.
pub fn toll_of_group(
    read: &mut Read<'_>,
    group: GroupId,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Toll, Error> {
    let (groups, stopped) = groups_below(read, &[group], most)?;
    let (links, people, requests, members) =
        of_members(read.connection.engine(), &groups, now, most)
            .select::<(BigInt, BigInt, BigInt, BigInt)>(Shape::Few)
            .get_result(read.connection)?;
    let (left, looked_at) = of_who_left(read.connection.engine(), group, &groups, now, most)
        .select::<(BigInt, BigInt)>(Shape::Few)
        .get_result(read.connection)?;
    let more = stopped || number(members)? > most;
    Ok(Toll {
        links: number(links)?,
        people: number(people)?,
        more,
        requests: number(requests)?.saturating_add(number(left)?),
        more_requests: more || number(looked_at)? > most,
    })
}

fn standing(read: &mut Read<'_>, its: &Sql, now: DateTime<Utc>) -> Result<Toll, Error> {
    let (links, people) = counted(its, now)
        .select::<(BigInt, BigInt)>(Shape::Few)
        .get_result(read.connection)?;
    Ok(Toll {
        links: number(links)?,
        people: number(people)?,
        ..Toll::default()
    })
}

fn count(read: &mut Read<'_>, rows: Sql) -> Result<usize, Error> {
    number(
        rows.select::<BigInt>(Shape::Few)
            .get_result(read.connection)?,
    )
}

/// How many access requests wait for a decision and are such for which `its` holds.
fn waiting(its: &Sql, now: DateTime<Utc>) -> Sql {
    Sql::of(
        "SELECT COUNT(*) FROM (SELECT 1 FROM access_requests WHERE state = 'pending' AND expires > ",
    )
    .integer(micros(now))
    .sql(" AND ")
    .then(its)
    .sql(") AS waiting")
}

/// A vendor's, one more than `most` of them, looked for among all that wait: what was decided on, of which
/// a vendor has more with every year, is not read.
fn beside_vendor(vendor: VendorId, most: Option<usize>) -> Sql {
    Sql::of("COALESCE(vendor_id, '') = ")
        .text(vendor.to_string())
        .sql(" ORDER BY expires LIMIT ")
        .integer(most.map_or(i64::MAX, one_more))
}

/// Links and people among the links that neither ended nor ran out and for which `its` holds.
fn counted(its: &Sql, now: DateTime<Utc>) -> Sql {
    Sql::of(
        "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM (SELECT user_id FROM access_links \
         WHERE ended IS NULL AND end_at > ",
    )
    .integer(micros(now))
    .sql(" AND ")
    .then(its)
    .sql(") AS standing")
}

/// A vendor's, one more than `most` of them. In the order of their index, so that no engine looks
/// through other links for them.
fn of_vendor(vendor: VendorId, most: Option<usize>) -> Sql {
    Sql::of("vendor_id = ")
        .text(vendor.to_string())
        .sql(" ORDER BY end_at LIMIT ")
        .integer(most.map_or(i64::MAX, one_more))
}

/// Links, people and waiting requests among the first `most` members of some groups, and how many members
/// there are, of which one more than `most` are counted. Person by person, because an engine that joins may
/// read all links instead.
fn of_members(engine: Engine, groups: &[String], now: DateTime<Utc>, most: usize) -> Sql {
    Sql::of("WITH below AS MATERIALIZED (SELECT member_id FROM memberships WHERE ")
        .then(&Sql::one_of(engine, "group_id", groups))
        .sql(" ORDER BY group_id, member_id LIMIT ")
        .integer(one_more(most))
        .sql(
            "), counted AS MATERIALIZED (SELECT (SELECT COUNT(*) FROM access_links \
             WHERE user_id = people.member_id AND ended IS NULL AND end_at > ",
        )
        .integer(micros(now))
        .sql(
            ") AS links, (SELECT COUNT(*) FROM access_requests WHERE user_id = people.member_id \
             AND state = 'pending' AND expires > ",
        )
        .integer(micros(now))
        .sql(") AS requests FROM (SELECT DISTINCT member_id FROM (SELECT member_id FROM below LIMIT ")
        .integer(i64::try_from(most).unwrap_or(i64::MAX))
        .sql(
            ") AS looked_at) AS people) SELECT CAST(COALESCE(SUM(links), 0) AS BIGINT), \
             COUNT(NULLIF(links, 0)), CAST(COALESCE(SUM(requests), 0) AS BIGINT), \
             (SELECT COUNT(*) FROM below) FROM counted",
        )
}

/// Of the waiting requests made while their people were in a group, those whose people are in none of
/// `below` any more, and how many were looked at: one more than `most` at most.
fn of_who_left(
    engine: Engine,
    group: GroupId,
    below: &[String],
    now: DateTime<Utc>,
    most: usize,
) -> Sql {
    Sql::of(
        "WITH made AS MATERIALIZED (SELECT request_id FROM access_request_groups WHERE group_id = ",
    )
    .text(group.to_string())
    .sql(" ORDER BY request_id LIMIT ")
    .integer(one_more(most))
    .sql(
        "), asked AS MATERIALIZED (SELECT (SELECT user_id FROM access_requests WHERE id = made.request_id \
         AND state = 'pending' AND expires > ",
    )
    .integer(micros(now))
    .sql(
        ") AS user_id FROM made) SELECT (SELECT COUNT(*) FROM asked WHERE user_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM memberships WHERE member_id = asked.user_id AND ",
    )
    .then(&Sql::one_of(engine, "group_id", below))
    .sql(")), (SELECT COUNT(*) FROM made)")
}

fn one_more(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)
}

fn number(count: i64) -> Result<usize, Error> {
    usize::try_from(count).map_err(Error::corrupt)
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::{Integer, Text};

    use super::*;
    use crate::{DatabaseUrl, Options, Store};

    /// How SQLite goes about a statement.
    fn steps(statement: &Sql) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let url = DatabaseUrl::parse(&format!("sqlite:{}", path.display())).unwrap();
        let store = Store::open(&url, Options::default()).unwrap();
        let plan: Result<Vec<(i32, i32, i32, String)>, Error> = store.read(|tx| {
            Ok(Sql::of("EXPLAIN QUERY PLAN ")
                .then(statement)
                .select::<(Integer, Integer, Integer, Text)>(Shape::Few)
                .load(tx.connection)?)
        });
        plan.unwrap().into_iter().map(|(.., step)| step).collect()
    }

    /// Each reads one index alone, in its order: nothing is sorted before the count may stop.
    fn only(statement: &Sql, indexes: &[&str]) {
        let steps = steps(statement);
        for index in indexes {
            let found = steps.iter().any(|step| step.ends_with(index));
            assert!(found, "{index}: {steps:#?}");
        }
        let known = ["access_links", "access_requests", "memberships"];
        let tables = |step: &&String| known.iter().any(|table| step.contains(table));
        assert_eq!(
            steps.iter().filter(tables).count(),
            indexes.len(),
            "{steps:#?}"
        );
        let sorted = steps.iter().any(|step| step.contains("ORDER BY"));
        assert!(!sorted, "{steps:#?}");
    }

    #[test]
    fn the_toll_of_a_vendor_is_counted_in_the_order_of_its_index() {
        let vendor = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        for most in [Some(10_000), None] {
            only(
                &counted(&of_vendor(vendor, most), DateTime::UNIX_EPOCH),
                &[
                    "SEARCH access_links USING COVERING INDEX access_links_of_vendor (vendor_id=? AND end_at>?)",
                ],
            );
        }
    }

    #[test]
    fn requests_that_were_decided_on_are_not_looked_through() {
        let vendor = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        for most in [Some(10_000), None] {
            only(
                &waiting(&beside_vendor(vendor, most), DateTime::UNIX_EPOCH),
                &["SEARCH access_requests USING INDEX access_requests_expiring (expires>?)"],
            );
        }
    }

    #[test]
    fn requests_of_those_who_left_a_group_are_counted_request_by_request() {
        let group = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        let below = ["group-1".to_owned(), "group-2".to_owned()];
        let steps = steps(&of_who_left(
            Engine::Sqlite,
            group,
            &below,
            DateTime::UNIX_EPOCH,
            10_000,
        ));
        for index in [
            "SEARCH access_request_groups USING COVERING INDEX access_request_groups_by_group (group_id=?)",
            "SEARCH access_requests USING INDEX sqlite_autoindex_access_requests_1 (id=?)",
        ] {
            let found = steps.iter().any(|step| step.ends_with(index));
            assert!(found, "{index}: {steps:#?}");
        }
        let scanned = steps.iter().any(|step| step.starts_with("SCAN members"));
        assert!(!scanned, "{steps:#?}");
    }

    #[test]
    fn the_toll_of_a_group_is_counted_person_by_person() {
        for groups in [1, 3] {
            let groups: Vec<String> = (0..groups)
                .map(|number| format!("group-{number}"))
                .collect();
            only(
                &of_members(Engine::Sqlite, &groups, DateTime::UNIX_EPOCH, 10_000),
                &[
                    "SEARCH memberships USING COVERING INDEX memberships_by_group (group_id=?)",
                    "SEARCH access_links USING COVERING INDEX access_links_of_user (user_id=? AND end_at>?)",
                    "SEARCH access_requests USING INDEX access_requests_by_user (user_id=?)",
                ],
            );
        }
    }
}
