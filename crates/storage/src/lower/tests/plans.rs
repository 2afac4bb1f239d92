//! What clients filter on is looked up, not searched for.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};

use super::super::{Rows, Table};
use super::asked::collection;
use super::database::{Database, PROVIDER};
use super::world::{condition, location};
use crate::collection::{self, From, Page};
use crate::engine::{Engine, MultiBackend, Session};

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
        "userName eq \"x\" or externalId eq \"y\"",
        "(userName eq \"x\" and active eq true) or (emails.value eq \"y\" or id eq \"z\")",
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
        "displayName eq \"x\" or members.value eq \"y\"",
    ] {
        looks_up(&mut database.connection, Table::Groups, filter);
    }
}

fn looks_up(connection: &mut Session, table: Table, filter: &str) {
    let location = location(table);
    let rows = Rows {
        engine: Engine::Sqlite,
        table,
        resource_type: collection(table, &location).resource_type,
        provider: PROVIDER,
        location: &location,
    };
    let condition = condition(table, filter);
    let page = Page {
        condition: Some(&condition),
        sort: None,
        from: From::Offset(0),
        limit: 100,
    };
    let plan: Vec<(i32, i32, i32, String)> = Explained(collection::select(&rows, &page))
        .load(connection)
        .unwrap();
    let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
    let scanned = |step: &String| {
        let of_table = step.contains(" users ") || step.contains(" groups ");
        of_table && (step.starts_with("SCAN") || step.ends_with("(provider_id=?)"))
    };
    assert!(!steps.iter().any(scanned), "{filter}: {steps:#?}");
}

#[derive(Debug)]
struct Explained<Q>(Q);

impl<Q> QueryId for Explained<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

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
