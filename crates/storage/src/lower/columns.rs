//! Attributes that have columns of their own.

use chrono::DateTime;
use vestibule_domain::mail;
use vestibule_scim::filter::{CompareOp, Operand};
use vestibule_scim::fold::fold;
use vestibule_scim::target::Target;

use super::sort::{Key, Kind};
use super::{Rows, Table, Test, json, text};
use crate::engine::Engine;
use crate::sql::Sql;

/// A test of one attribute, when a column can answer it.
pub(super) fn test(rows: &Rows<'_>, target: &Target, test: Test<'_>) -> Option<Sql> {
    if is_whole(target) {
        // `meta` as a whole has nothing to compare with and is always there.
        return matches!(test, Test::Present).then(|| Sql::of("TRUE"));
    }
    if is_primary_email(rows, target) {
        return test_address(rows, target, test);
    }
    match column(rows, target)? {
        Column::Text { sql, absent } => test_text(rows, sql, absent, test),
        Column::Expression(sql) => Some(test_expression(rows, &sql, test)),
        Column::Instant(sql) => Some(test_instant(rows, sql, test)),
        Column::Bool(sql) => Some(match test {
            Test::Present => Sql::of("TRUE"),
            Test::Compare(CompareOp::Eq, Operand::Bool(value)) => sql.sql(" = ").bool(*value),
            Test::Compare(..) => Sql::of("FALSE"),
        }),
    }
}

/// Whether an index leads to the rows whose attribute equals `value`.
pub(super) fn is_indexed(rows: &Rows<'_>, target: &Target, value: &str) -> bool {
    match column(rows, target) {
        Some(Column::Text { absent, .. }) => !matches!(absent, Absent::Empty) || !value.is_empty(),
        _ => false,
    }
}

/// The column to sort by, when there is one.
pub(super) fn sort_key(rows: &Rows<'_>, target: &Target) -> Option<Key> {
    let (sql, optional, kind) = match column(rows, target)? {
        Column::Text {
            sql,
            absent: Absent::Never,
        }
        | Column::Expression(sql) => (sql, false, Kind::Text),
        Column::Instant(sql) => (sql, false, Kind::Instant),
        Column::Bool(sql) => (sql, false, Kind::Bool),
        Column::Text {
            sql,
            absent: Absent::Null | Absent::Empty,
        } => (sql.within("NULLIF(", ", '')"), true, Kind::Text),
    };
    Some(Key {
        sql,
        optional,
        kind,
    })
}

/// Whether this is `meta` itself, all of whose sub-attributes are columns.
pub(super) fn is_whole(target: &Target) -> bool {
    target.schema.is_none() && target.attribute == "meta" && target.sub_attribute.is_none()
}

enum Column {
    Text {
        sql: Sql,
        absent: Absent,
    },
    /// Text made of columns; never NULL.
    Expression(Sql),
    /// Microseconds since 1970; the attribute is a dateTime.
    Instant(Sql),
    Bool(Sql),
}

/// How a column says that the resource lacks the attribute.
#[derive(Clone, Copy)]
enum Absent {
    Never,
    Null,
    Empty,
}

fn column(rows: &Rows<'_>, target: &Target) -> Option<Column> {
    if target.schema.is_some() {
        return None;
    }
    let text = |name, absent| {
        Some(Column::Text {
            sql: rows.table.column(name),
            absent,
        })
    };
    if is_primary_email(rows, target) {
        return text("email_key", Absent::Null);
    }
    let as_compared = |text: &str| {
        if target.case_exact {
            text.to_owned()
        } else {
            fold(text)
        }
    };
    match (
        target.attribute.as_str(),
        target.sub_attribute.as_deref(),
        rows.table,
    ) {
        ("id", None, _) => text("id", Absent::Never),
        ("externalId", None, _) => text("external_id", Absent::Null),
        ("userName", None, Table::Users) => text("user_name_key", Absent::Never),
        ("displayName", None, Table::Users) => text("display_name_key", Absent::Empty),
        ("displayName", None, Table::Groups) => text("display_name_key", Absent::Never),
        ("active", None, Table::Users) => Some(Column::Bool(rows.table.column("active"))),
        ("meta", Some("created"), _) => Some(Column::Instant(rows.table.column("created"))),
        ("meta", Some("lastModified"), _) => Some(Column::Instant(rows.table.column("modified"))),
        ("meta", Some("resourceType"), _) => Some(expression(
            rows,
            Sql::default().text(as_compared(rows.resource_type)),
        )),
        ("meta", Some("location"), _) => Some(expression(
            rows,
            Sql::default()
                .text(as_compared(rows.location))
                .sql(" || ")
                .then(&rows.table.column("id")),
        )),
        ("meta", Some("version"), _) => {
            let tag = if target.case_exact {
                "'W/\"' || CAST("
            } else {
                "'w/\"' || CAST("
            };
            let version = rows.table.column("version");
            Some(expression(rows, version.within(tag, " AS TEXT) || '\"'")))
        }
        _ => None,
    }
}

fn is_primary_email(rows: &Rows<'_>, target: &Target) -> bool {
    rows.table == Table::Users && target.is_primary_email()
}

/// The column has addresses as mail tells them apart, which is coarser than a filter does. So it leads to
/// an equal one, and the document has the last word; all else is the document's alone.
fn test_address(rows: &Rows<'_>, target: &Target, test: Test<'_>) -> Option<Sql> {
    let Test::Compare(CompareOp::Eq, Operand::Text(operand)) = test else {
        return None;
    };
    // Rows of before addresses had this key have the folded text.
    let mut keys = vec![mail::key(operand), operand.clone()];
    keys.dedup();
    let inner = json::test(rows.engine, target.sub_attribute.as_deref(), test);
    let terms = vec![
        Sql::of("users.email_key IS NOT NULL"),
        Sql::one_of(rows.engine, "users.email_key", keys),
        json::exists(rows, target, &inner),
    ];
    Some(Sql::joined(terms, " AND ", "TRUE"))
}

fn expression(rows: &Rows<'_>, sql: Sql) -> Column {
    Column::Expression(text::by_code_point(rows.engine, sql))
}

fn test_text(rows: &Rows<'_>, column: Sql, absent: Absent, test: Test<'_>) -> Option<Sql> {
    let (op, operand) = match test {
        Test::Present => {
            let filled = column.sql(" <> ''");
            return Some(match absent {
                Absent::Null => filled.within("coalesce(", ", FALSE)"),
                Absent::Never | Absent::Empty => filled,
            });
        }
        Test::Compare(op, Operand::Text(operand)) => (op, operand),
        Test::Compare(..) => return Some(Sql::of("FALSE")),
    };
    let compared = text::compare_column(rows.engine, &column, op, operand);
    match absent {
        Absent::Never => Some(compared),
        Absent::Null => Some(
            column
                .sql(" IS NOT NULL AND ")
                .then(&compared)
                .within("(", ")"),
        ),
        // Where an absent value and an empty one would answer differently, only the document knows.
        Absent::Empty => {
            let below = matches!(op, CompareOp::Lt | CompareOp::Le | CompareOp::Ne);
            (!operand.is_empty() && !below).then_some(compared)
        }
    }
}

/// An instant as it is written in a match document: `2011-05-13T04:42:34.000000Z`.
fn written(engine: Engine, micros: &Sql) -> Sql {
    let (seconds, fraction) = match engine {
        Engine::Sqlite => (
            ("strftime('%Y-%m-%dT%H:%M:%S', ", " / 1000000, 'unixepoch')"),
            (" || printf('.%06dZ', ", " % 1000000)"),
        ),
        Engine::Postgres => (
            (
                "to_char(to_timestamp(",
                " / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')",
            ),
            (" || '.' || lpad((", " % 1000000)::text, 6, '0') || 'Z'"),
        ),
    };
    let part = |(before, behind)| micros.clone().within(before, behind);
    part(seconds).then(&part(fraction)).within("(", ")")
}

fn test_expression(rows: &Rows<'_>, sql: &Sql, test: Test<'_>) -> Sql {
    match test {
        Test::Present => Sql::of("TRUE"),
        Test::Compare(op, Operand::Text(operand)) => text::compare(rows.engine, sql, op, operand),
        Test::Compare(..) => Sql::of("FALSE"),
    }
}

fn test_instant(rows: &Rows<'_>, sql: Sql, test: Test<'_>) -> Sql {
    let Test::Compare(op, operand) = test else {
        return Sql::of("TRUE");
    };
    if let CompareOp::Co | CompareOp::Sw | CompareOp::Ew = op {
        return test_expression(rows, &written(rows.engine, &sql), test);
    }
    let at = match operand {
        Operand::Text(instant) => DateTime::parse_from_rfc3339(instant).ok(),
        Operand::Number(_) | Operand::Bool(_) => None,
    };
    match at {
        Some(at) => sql.sql(text::symbol(op)).integer(at.timestamp_micros()),
        None => Sql::of("FALSE"),
    }
}
