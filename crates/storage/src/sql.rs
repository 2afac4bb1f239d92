//! SQL that is put together while the server runs: text fixed in this crate and bound values, nothing else.

use std::marker::PhantomData;

use diesel::RunQueryDsl;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text};

use crate::engine::{Engine, MultiBackend, Session};

/// A `SELECT` whose columns have the SQL types `T`, to be loaded.
#[derive(Debug)]
pub(crate) struct Select<T> {
    sql: Sql,
    shape: Shape,
    columns: PhantomData<T>,
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

    /// That a column is one of some texts. They are bound as one parameter: one text, or however many as an
    /// array, so that there are two statements and both stay prepared.
    pub(crate) fn one_of<T: ToString>(
        engine: Engine,
        column: &'static str,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        let texts: Vec<String> = texts.into_iter().map(|text| text.to_string()).collect();
        if let [one] = texts.as_slice() {
            return Self::of(column).sql(" = ").text(one);
        }
        let array = serde_json::Value::from(texts).to_string();
        let (before, after) = match engine {
            Engine::Sqlite => (" IN (SELECT value FROM json_each(", "))"),
            Engine::Postgres => (
                " = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(",
                " AS jsonb))))",
            ),
        };
        Self::of(column).sql(before).text(array).sql(after)
    }

    /// The whole statement. What is kept prepared is never dropped, so clients must not choose how
    /// many texts it has: that is what `shape` says.
    pub(crate) fn select<T>(self, shape: Shape) -> Select<T> {
        Select {
            sql: self,
            shape,
            columns: PhantomData,
        }
    }
}

impl Sql {
    /// Writes it into a statement.
    pub(crate) fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for piece in &self.0 {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Integer(value) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Bool(value) => out.push_bind_param::<Bool, _>(value)?,
            }
        }
        Ok(())
    }
}

impl<T> Query for Select<T> {
    type SqlType = T;
}

impl<T> QueryId for Select<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryFragment<MultiBackend> for Select<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if self.shape == Shape::Any {
            out.unsafe_to_cache_prepared();
        }
        self.sql.push(&mut out)
    }
}

impl<T> RunQueryDsl<Session> for Select<T> {}
