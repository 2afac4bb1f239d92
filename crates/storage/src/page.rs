//! One page of any list that administrators see: in which order, from where on, how long.
//!
//! A page begins behind a row, found again by its place in the order (its sort key and its id), so that
//! the last page of many takes no longer than the first.

use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Untyped};

use crate::engine::{Engine, MultiBackend};
use crate::sql::Sql;

/// A column by which a list can be sorted: one that is never NULL and has an index with the id.
pub trait Sort: Copy {
    /// The column, as SQL of this crate. That of the id itself means the order of creation.
    fn column(self) -> &'static str;
    /// The column of the id of the same rows.
    fn id_column() -> &'static str;
}

/// What a row is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Text(String),
    Integer(i64),
}

/// The place of a row in an order. Rows with the same key stand in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// None where the id is what is sorted by.
    pub key: Option<Key>,
    pub id: String,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Page<S> {
    pub sort: S,
    pub descending: bool,
    /// Only what comes behind this row.
    pub after: Option<Position>,
    /// Rows at most.
    pub limit: i64,
}

impl<S: Sort> Page<S> {
    /// The first so many.
    pub fn first(sort: S, limit: i64) -> Self {
        Self {
            sort,
            descending: false,
            after: None,
            limit,
        }
    }

    /// What holds for the rows behind the place where the page begins.
    pub(crate) fn condition(&self) -> Option<Predicate> {
        let Position { key, id } = self.after.as_ref()?;
        let behind = if self.descending { " < " } else { " > " };
        let sql = match key {
            None => Sql::of(S::id_column()).sql(behind).text(id),
            Some(key) => {
                let columns = Sql::of("(")
                    .sql(self.sort.column())
                    .sql(", ")
                    .sql(S::id_column())
                    .sql(")");
                let values = match key {
                    Key::Text(text) => Sql::of("(").text(text),
                    Key::Integer(number) => Sql::of("(").integer(*number),
                };
                columns
                    .sql(behind)
                    .then(&values.sql(", ").text(id).sql(")"))
            }
        };
        Some(Predicate(sql))
    }

    pub(crate) fn order(&self) -> Order {
        let direction = if self.descending { " DESC" } else { " ASC" };
        let mut sql = Sql::of(self.sort.column()).sql(direction);
        if self.sort.column() != S::id_column() {
            sql = sql.sql(", ").sql(S::id_column()).sql(direction);
        }
        Order(sql)
    }
}

/// A condition on one row, for `.filter(..)`. Never NULL.
#[derive(Debug, Clone)]
pub(crate) struct Predicate(Sql);

impl Predicate {
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

/// An `ORDER BY` without these words, for `.order(..)`. It leaves no two rows equal.
#[derive(Debug, Clone)]
pub(crate) struct Order(Sql);

impl Expression for Predicate {
    type SqlType = Bool;
}

impl Expression for Order {
    type SqlType = Untyped;
}

macro_rules! on_any_table {
    ($($expression:ty),*) => {$(
        impl QueryFragment<MultiBackend> for $expression {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
                self.0.push(&mut out)
            }
        }
        impl QueryId for $expression {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl ValidGrouping<()> for $expression {
            type IsAggregate = is_aggregate::No;
        }
        // Its columns are named in text: which table they are of, the tests that run it tell.
        impl<Source> AppearsOnTable<Source> for $expression {}
        impl<Source> SelectableExpression<Source> for $expression {}
    )*};
}

on_any_table!(Predicate, Order);

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

/// Declares how a list can be sorted: the word of the API and the column it stands for.
macro_rules! sorts {
    ($(#[$meta:meta])* $name:ident by $id:literal { $($variant:ident = $word:literal => $column:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($variant,)+
        }

        impl $name {
            /// Every order there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its word in the API.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::page::Sort for $name {
            fn column(self) -> &'static str {
                match self {
                    $(Self::$variant => $column,)+
                }
            }

            fn id_column() -> &'static str {
                $id
            }
        }
    };
}

pub(crate) use sorts;
