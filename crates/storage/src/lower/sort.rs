//! Orders of rows that leave no two of them equal, and places in them.
//!
//! RFC 7644, section 3.4.2.3: by the primary or else the first value; what has no value comes last
//! when ascending and first when descending. An empty text is no value. Equals are in order of id;
//! descending is ascending read from the end. Texts that no column bounds are told apart by their first
//! [`SORTED_BY`] characters: a place has to fit into a cursor.

use vestibule_scim::schema::AttributeType;
use vestibule_scim::target::Target;

use super::{Rows, columns, json, related, text};
use crate::engine::Engine;
use crate::sql::Sql;

/// As long as the longest text of a column in bytes, at four bytes a character.
const SORTED_BY: &str = ", 1, 500)";

/// An order of the rows of a table.
#[derive(Debug)]
pub(crate) struct Sorted {
    engine: Engine,
    id: Sql,
    key: Option<Key>,
    descending: bool,
}

/// What to sort by before the id.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) sql: Sql,
    /// Whether it is NULL where there is no value.
    pub(super) optional: bool,
    pub(super) kind: Kind,
}

impl Key {
    fn shortened(self, engine: Engine) -> Self {
        if self.kind != Kind::Text {
            return self;
        }
        let first = self.sql.within("substr(", SORTED_BY);
        Self {
            sql: text::by_code_point(engine, first),
            ..self
        }
    }
}

/// How a key is written as text and read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Microseconds since 1970.
    Instant,
    /// On SQLite as `json::as_number` has it.
    Number,
    Bool,
}

impl Kind {
    pub(super) fn of(kind: AttributeType) -> Self {
        match kind {
            AttributeType::Integer | AttributeType::Decimal => Self::Number,
            AttributeType::Boolean => Self::Bool,
            _ => Self::Text,
        }
    }
}

impl Sorted {
    /// By an attribute, or by id alone.
    pub(crate) fn by(rows: &Rows<'_>, target: Option<&Target>, descending: bool) -> Self {
        let key = target.map(|target| {
            columns::sort_key(rows, target).unwrap_or_else(|| {
                related::sort_key(rows, target)
                    .unwrap_or_else(|| json::sort_key(rows, target))
                    .shortened(rows.engine)
            })
        });
        // The id says everything about the row, so nothing is left to be sorted by.
        let by_id = target.is_some_and(|target| {
            target.schema.is_none() && target.attribute == "id" && target.sub_attribute.is_none()
        });
        Self {
            engine: rows.engine,
            id: rows.table.column("id"),
            key: key.filter(|_| !by_id),
            descending,
        }
    }

    /// The same rows from the other end.
    pub(crate) fn reversed(self) -> Self {
        Self {
            descending: !self.descending,
            ..self
        }
    }

    /// What comes behind `ORDER BY`.
    pub(crate) fn order(&self) -> Sql {
        let order = match &self.key {
            None => Sql::default(),
            Some(key) => key.sql.clone().sql(match (self.descending, key.optional) {
                (false, false) => " ASC, ",
                (true, false) => " DESC, ",
                (false, true) => " ASC NULLS LAST, ",
                (true, true) => " DESC NULLS FIRST, ",
            }),
        };
        order
            .then(&self.id)
            .sql(if self.descending { " DESC" } else { " ASC" })
    }

    /// The key of a row as text that [`Self::behind`] reads.
    pub(crate) fn key_text(&self) -> Sql {
        let Some(key) = &self.key else {
            return Sql::of("NULL");
        };
        key.sql.clone().within("CAST(", " AS TEXT)")
    }

    /// The rows that come after the one with this key and id, whether or not it is still there.
    pub(crate) fn behind(&self, key_text: Option<&str>, id: &str) -> Sql {
        let after = if self.descending { " < " } else { " > " };
        let by_id = |sql: Sql| sql.then(&self.id).sql(after).text(id);
        let Some(key) = &self.key else {
            return by_id(Sql::default());
        };
        let absent = key.sql.clone().sql(" IS NULL");
        let Some(text) = key_text else {
            let equals = by_id(absent.sql(" AND "));
            return if self.descending {
                equals
                    .within("((", ") OR ")
                    .then(&key.sql)
                    .sql(" IS NOT NULL)")
            } else {
                equals.within("(", ")")
            };
        };
        // As rows, so that an index over both columns leads to the place.
        let further = Sql::of("(")
            .then(&key.sql)
            .sql(", ")
            .then(&self.id)
            .sql(")")
            .sql(after)
            .sql("(")
            .then(&operand(self.engine, key.kind, text))
            .sql(", ")
            .text(id)
            .sql(")");
        if key.optional && !self.descending {
            further.within("(", " OR ").then(&absent).sql(")")
        } else {
            further
        }
    }
}

fn operand(engine: Engine, kind: Kind, text: &str) -> Sql {
    match kind {
        Kind::Number if engine == Engine::Sqlite => Sql::default().text(text),
        Kind::Text => Sql::default().text(text),
        // What was written as a number reads as one.
        Kind::Instant => Sql::default().integer(text.parse().unwrap_or_default()),
        Kind::Number => Sql::of("CAST(").text(text).sql(" AS NUMERIC)"),
        // `1` on SQLite, `true` on PostgreSQL.
        Kind::Bool => Sql::default().bool(text == "1" || text == "true"),
    }
}
