//! What clients filter on is looked up, not searched for.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};

use super::super::{self as lower, Table};
use super::world::{BASE, Database, PROVIDER, condition};
use crate::engine::{Engine, MultiBackend, Session};
use crate::schema::{groups, users};

#[test]
fn sqlite_uses_an_index() {
    let mut database = Database::sqlite();
    for filter in [
        "id eq \"x\"",
        "userName eq \"x\"",
        "userName sw \"x\"",
        "displayName eq \"x\"",
        "externalId eq \"x\"",
        "email eq \"x\"",
        "emails.value eq \"x\"",
        "emails eq \"x\"",
        "emails[type eq \"work\" and value eq \"x\"]",
        "userName eq \"x\" and active eq true",
        "meta.lastModified gt \"2026-01-01T00:00:00Z\"",
        "groups.value eq \"x\"",
        "groups[value eq \"x\" and type eq \"direct\"]",
    ] {
        looks_up(&mut database.connection, Table::Users, filter);
    }
    for filter in [
        "id eq \"x\"",
        "displayName eq \"x\"",
        "externalId eq \"x\"",
        "members.value eq \"x\"",
        "members[value eq \"x\"]",
        "displayName eq \"x\" and members.value eq \"y\"",
    ] {
        looks_up(&mut database.connection, Table::Groups, filter);
    }
}

fn looks_up(connection: &mut Session, table: Table, filter: &str) {
    let predicate = lower::condition(
        Engine::Sqlite,
        table,
        &condition(table, filter),
        PROVIDER,
        BASE,
    );
    let plan: Vec<(i32, i32, i32, String)> = match table {
        Table::Users => {
            let query = users::table
                .filter(users::provider_id.eq(PROVIDER))
                .filter(predicate)
                .select(users::document);
            Explained(query).load(connection)
        }
        Table::Groups => {
            let query = groups::table
                .filter(groups::provider_id.eq(PROVIDER))
                .filter(predicate)
                .select(groups::document);
            Explained(query).load(connection)
        }
    }
    .unwrap();
    let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
    let scanned = |step: &String| {
        let of_table = step.contains(" users ") || step.contains(" groups ");
        of_table && (step.starts_with("SCAN") || step.ends_with("(provider_id=?)"))
    };
    assert!(!steps.iter().any(scanned), "{filter}: {steps:#?}");
}

#[derive(Debug, QueryId)]
struct Explained<Q>(Q);

impl<Q> Query for Explained<Q> {
    type SqlType = (Integer, Integer, Integer, Text);
}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Explained<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out)
    }
}

impl<Q> RunQueryDsl<Session> for Explained<Q> {}
