//! One page of any list that administrators see: in which order, from where on, how long.
//!
//! A page begins behind a row, found again by its place in the order (its sort key and its id), so that
//! the last page of many takes no longer than the first.

use diesel::expression::Expression;
use diesel::query_dsl::methods::{FilterDsl, LimitDsl, OrderDsl};
use diesel::sql_types::Untyped;

use crate::predicate::{Predicate, on_any_table};
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

    /// The rows of this page among those that a boxed query finds.
    pub(crate) fn of<Q>(&self, query: Q) -> Q
    where
        Q: FilterDsl<Predicate, Output = Q> + OrderDsl<Order, Output = Q> + LimitDsl<Output = Q>,
    {
        let query = match self.condition() {
            Some(behind) => query.filter(behind),
            None => query,
        };
        query.order(self.order()).limit(self.limit)
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
        Some(Predicate::of(sql))
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

/// An `ORDER BY` without these words, for `.order(..)`. It leaves no two rows equal.
#[derive(Debug, Clone)]
pub(crate) struct Order(Sql);

impl Expression for Order {
    type SqlType = Untyped;
}

on_any_table!(Order);

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
