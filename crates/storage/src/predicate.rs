//! SQL that is put together while the server runs: text fixed in this crate and bound values, nothing else.

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Double, Text, Untyped};

use crate::engine::MultiBackend;
use crate::schema::{groups, users};

/// A condition on one row of `users` or `groups`, for `.filter(..)`. Never NULL.
#[derive(Debug, Clone)]
pub(crate) struct Predicate {
    pub(crate) sql: Sql,
    pub(crate) shape: Shape,
}

/// An `ORDER BY` without these words, for `.order(..)`. It leaves no two rows equal.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) sql: Sql,
}

/// How many texts a piece of SQL can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Some hundreds, so that prepared statements may be kept.
    Few,
    /// As many as clients can think of.
    Any,
}

/// SQL in the making.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sql(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Sql(&'static str),
    Text(String),
    Integer(i64),
    Double(f64),
    Bool(bool),
}

impl Sql {
    pub(crate) fn of(text: &'static str) -> Self {
        Self(vec![Piece::Sql(text)])
    }

    /// The same in brackets behind `before` and in front of `after`.
    pub(crate) fn within(mut self, before: &'static str, after: &'static str) -> Self {
        self.0.insert(0, Piece::Sql(before));
        self.sql(after)
    }

    pub(crate) fn sql(mut self, text: &'static str) -> Self {
        self.0.push(Piece::Sql(text));
        self
    }

    pub(crate) fn text(mut self, value: impl Into<String>) -> Self {
        self.0.push(Piece::Text(value.into()));
        self
    }

    pub(crate) fn integer(mut self, value: i64) -> Self {
        self.0.push(Piece::Integer(value));
        self
    }

    pub(crate) fn double(mut self, value: f64) -> Self {
        self.0.push(Piece::Double(value));
        self
    }

    pub(crate) fn bool(mut self, value: bool) -> Self {
        self.0.push(Piece::Bool(value));
        self
    }

    pub(crate) fn then(mut self, other: &Sql) -> Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    /// All of `terms` with `word` between them, in brackets; `none` when there are no terms.
    pub(crate) fn joined(terms: Vec<Sql>, word: &'static str, none: &'static str) -> Self {
        let mut joined = Self::default();
        for term in terms {
            let before = if joined.0.is_empty() { "(" } else { word };
            joined = joined.sql(before).then(&term);
        }
        if joined.0.is_empty() {
            Self::of(none)
        } else {
            joined.sql(")")
        }
    }

    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Integer(value) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Double(value) => out.push_bind_param::<Double, _>(value)?,
                Piece::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
            }
        }
        Ok(())
    }
}

impl QueryFragment<MultiBackend> for Predicate {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        // Kept statements are never dropped: clients must not choose how many there are.
        if self.shape == Shape::Any {
            out.unsafe_to_cache_prepared();
        }
        self.sql.push(&mut out)
    }
}

impl QueryFragment<MultiBackend> for Order {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.sql.push(&mut out)
    }
}

impl Expression for Predicate {
    type SqlType = Bool;
}

impl Expression for Order {
    type SqlType = Untyped;
}

macro_rules! on_users_and_groups {
    ($($expression:ty),*) => {$(
        impl QueryId for $expression {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl ValidGrouping<()> for $expression {
            type IsAggregate = is_aggregate::No;
        }
        impl AppearsOnTable<users::table> for $expression {}
        impl AppearsOnTable<groups::table> for $expression {}
        impl SelectableExpression<users::table> for $expression {}
        impl SelectableExpression<groups::table> for $expression {}
    )*};
}

on_users_and_groups!(Predicate, Order);
