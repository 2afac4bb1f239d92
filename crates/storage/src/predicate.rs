//! Conditions on rows that diesel has no words for.

use diesel::expression::Expression;
use diesel::sql_types::Bool;

use crate::engine::Engine;
use crate::sql::Sql;
use crate::store::Read;

/// A condition on one row, for `.filter(..)`. Never NULL.
#[derive(Debug, Clone)]
pub(crate) struct Predicate(Sql);

impl Predicate {
    pub(crate) fn of(sql: Sql) -> Self {
        Self(sql)
    }

    /// In SQL of this crate, where a condition must read as an index states it.
    pub(crate) fn literally(sql: &'static str) -> Self {
        Self(Sql::of(sql))
    }

    /// That a column is that text, for rows that are found by something else: no index is looked for.
    pub(crate) fn beside(column: &'static str, text: &str) -> Self {
        let column = Sql::of("coalesce(").sql(column);
        Self(column.sql(", '') = ").text(text))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(Sql::joined(vec![self.0, other.0], " OR ", "FALSE"))
    }
}

impl Expression for Predicate {
    type SqlType = Bool;
}

/// Makes of an SQL in a struct an expression that can be part of any query.
macro_rules! on_any_table {
    ($($expression:ty),*) => {$(
        impl diesel::query_builder::QueryFragment<$crate::engine::MultiBackend> for $expression {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, $crate::engine::MultiBackend>,
            ) -> diesel::result::QueryResult<()> {
                self.0.push(&mut out)
            }
        }
        impl diesel::query_builder::QueryId for $expression {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl diesel::expression::ValidGrouping<()> for $expression {
            type IsAggregate = diesel::expression::is_aggregate::No;
        }
        // Its columns are named in text: which table they are of, the tests that run it tell.
        impl<Source> diesel::expression::AppearsOnTable<Source> for $expression {}
        impl<Source> diesel::expression::SelectableExpression<Source> for $expression {}
    )*};
}

on_any_table!(Predicate);

pub(crate) use on_any_table;

/// Whether any of some columns contains a text, by code point.
pub(crate) fn contains(engine: Engine, columns: &[&'static str], text: &str) -> Predicate {
    let function = match engine {
        Engine::Sqlite => "instr(coalesce(",
        Engine::Postgres => "strpos(coalesce(",
    };
    let terms = columns
        .iter()
        .map(|column| {
            Sql::of(function)
                .sql(column)
                .sql(", ''), ")
                .text(text)
                .sql(") > 0")
        })
        .collect();
    Predicate(Sql::joined(terms, " OR ", "TRUE"))
}

impl Read<'_> {
    /// That a column is one of some texts.
    pub(crate) fn one_of<T: ToString>(
        &self,
        column: &'static str,
        texts: impl IntoIterator<Item = T>,
    ) -> Predicate {
        Predicate(Sql::one_of(self.connection.engine(), column, texts))
    }
}
