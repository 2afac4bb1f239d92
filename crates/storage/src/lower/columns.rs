//! Attributes that have columns of their own.

use chrono::DateTime;
use vestibule_scim::filter::{CompareOp, Operand};
use vestibule_scim::fold::fold;
use vestibule_scim::target::Target;

use super::{Rows, Table, Test, text};
use crate::predicate::Sql;

/// What to sort by.
pub(super) enum SortKey {
    NeverAbsent(Sql),
    /// NULL where there is no value.
    Optional(Sql),
}

/// A test of one attribute, when a column can answer it.
pub(super) fn test(rows: &Rows<'_>, target: &Target, test: Test<'_>) -> Option<Sql> {
    if is_whole(target) {
        // `meta` as a whole has nothing to compare with and is always there.
        return matches!(test, Test::Present).then(|| Sql::of("TRUE"));
    }
    match column(rows, target)? {
        Column::Text { sql, absent } => test_text(rows, sql, absent, test),
        Column::Expression(sql) => Some(test_expression(rows, &sql, test)),
        Column::Instant(sql) => Some(test_instant(sql, test)),
        Column::Bool(sql) => Some(match test {
            Test::Present => Sql::of("TRUE"),
            Test::Compare(CompareOp::Eq, Operand::Bool(value)) => {
                Sql::of(sql).sql(" = ").bool(*value)
            }
            Test::Compare(..) => Sql::of("FALSE"),
        }),
    }
}

/// The column to sort by, when there is one.
pub(super) fn sort_key(rows: &Rows<'_>, target: &Target) -> Option<SortKey> {
    Some(match column(rows, target)? {
        Column::Text {
            sql,
            absent: Absent::Never,
        }
        | Column::Instant(sql)
        | Column::Bool(sql) => SortKey::NeverAbsent(Sql::of(sql)),
        Column::Text {
            sql,
            absent: Absent::Null | Absent::Empty,
        } => SortKey::Optional(Sql::of(sql).within("NULLIF(", ", '')")),
        Column::Expression(sql) => SortKey::NeverAbsent(sql),
    })
}

/// Whether this is `meta` itself, all of whose sub-attributes are columns.
pub(super) fn is_whole(target: &Target) -> bool {
    target.schema.is_none() && target.attribute == "meta" && target.sub_attribute.is_none()
}

enum Column {
    Text {
        sql: &'static str,
        absent: Absent,
    },
    /// Text made of columns; never NULL.
    Expression(Sql),
    /// Microseconds since 1970; the attribute is a dateTime.
    Instant(&'static str),
    Bool(&'static str),
}

/// How a column says that the resource lacks the attribute.
#[derive(Clone, Copy)]
enum Absent {
    Never,
    Null,
    Empty,
}

fn column(rows: &Rows<'_>, target: &Target) -> Option<Column> {
    let at_hand = |users, groups, absent| {
        let sql = if rows.table == Table::Users {
            users
        } else {
            groups
        };
        Some(Column::Text { sql, absent })
    };
    let either = |users, groups| {
        if rows.table == Table::Users {
            users
        } else {
            groups
        }
    };
    if target.schema.is_some() {
        return None;
    }
    if rows.table == Table::Users && target.is_primary_email() {
        return at_hand("users.email_key", "", Absent::Null);
    }
    match (
        target.attribute.as_str(),
        target.sub_attribute.as_deref(),
        rows.table,
    ) {
        ("id", None, _) => at_hand("users.id", "groups.id", Absent::Never),
        ("externalId", None, _) => at_hand("users.external_id", "groups.external_id", Absent::Null),
        ("userName", None, Table::Users) => at_hand("users.user_name_key", "", Absent::Never),
        ("displayName", None, Table::Users) => at_hand("users.display_name_key", "", Absent::Empty),
        ("displayName", None, Table::Groups) => {
            at_hand("", "groups.display_name_key", Absent::Never)
        }
        ("active", None, Table::Users) => Some(Column::Bool("users.active")),
        ("meta", Some("created"), _) => {
            Some(Column::Instant(either("users.created", "groups.created")))
        }
        ("meta", Some("lastModified"), _) => {
            Some(Column::Instant(either("users.modified", "groups.modified")))
        }
        ("meta", Some("resourceType"), _) => {
            let name = either("User", "Group");
            Some(expression(
                rows,
                Sql::default().text(if target.case_exact {
                    name.to_owned()
                } else {
                    fold(name)
                }),
            ))
        }
        ("meta", Some("location"), _) => {
            let location = if target.case_exact {
                rows.location.to_owned()
            } else {
                fold(rows.location)
            };
            Some(expression(
                rows,
                Sql::default()
                    .text(location)
                    .sql(either(" || users.id", " || groups.id")),
            ))
        }
        ("meta", Some("version"), _) => {
            let version = Sql::of(either(
                "CAST(users.version AS TEXT)",
                "CAST(groups.version AS TEXT)",
            ));
            let tag = if target.case_exact {
                "'W/\"' || "
            } else {
                "'w/\"' || "
            };
            Some(expression(rows, version.within(tag, " || '\"'")))
        }
        _ => None,
    }
}

fn expression(rows: &Rows<'_>, sql: Sql) -> Column {
    Column::Expression(text::by_code_point(rows.engine, sql))
}

fn test_text(rows: &Rows<'_>, sql: &'static str, absent: Absent, test: Test<'_>) -> Option<Sql> {
    let column = Sql::of(sql);
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

fn test_expression(rows: &Rows<'_>, sql: &Sql, test: Test<'_>) -> Sql {
    match test {
        Test::Present => Sql::of("TRUE"),
        Test::Compare(op, Operand::Text(operand)) => text::compare(rows.engine, sql, op, operand),
        Test::Compare(..) => Sql::of("FALSE"),
    }
}

fn test_instant(sql: &'static str, test: Test<'_>) -> Sql {
    let Test::Compare(op, operand) = test else {
        return Sql::of("TRUE");
    };
    let at = match operand {
        Operand::Text(instant) => DateTime::parse_from_rfc3339(instant).ok(),
        Operand::Number(_) | Operand::Bool(_) => None,
    };
    match at {
        Some(at) => Sql::of(sql)
            .sql(text::symbol(op))
            .integer(at.timestamp_micros()),
        None => Sql::of("FALSE"),
    }
}
