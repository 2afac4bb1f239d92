//! Comparisons of text by code point, with `\`, `%` and `_` as nothing but characters.

use vestibule_scim::filter::CompareOp;

use crate::engine::Engine;
use crate::sql::Sql;

/// Whether the text `subject` compares so; NULL where it is NULL.
pub(super) fn compare(engine: Engine, subject: &Sql, op: CompareOp, operand: &str) -> Sql {
    let call = |function| Sql::of(function).then(subject).sql(", ").text(operand);
    match (op, engine) {
        (CompareOp::Co, Engine::Sqlite) => call("instr(").sql(") > 0"),
        (CompareOp::Co, Engine::Postgres) => call("strpos(").sql(") > 0"),
        (CompareOp::Sw, Engine::Sqlite) => Sql::of("substr(")
            .then(subject)
            .sql(", 1, length(")
            .text(operand)
            .sql(")) = ")
            .text(operand),
        (CompareOp::Sw, Engine::Postgres) => call("starts_with(").sql(")"),
        // The last 0 characters are the whole text to `substr`.
        (CompareOp::Ew, Engine::Sqlite) if operand.is_empty() => {
            Sql::default().then(subject).sql(" IS NOT NULL")
        }
        (CompareOp::Ew, Engine::Sqlite) => Sql::of("substr(")
            .then(subject)
            .sql(", -length(")
            .text(operand)
            .sql(")) = ")
            .text(operand),
        (CompareOp::Ew, Engine::Postgres) => Sql::of("right(")
            .then(subject)
            .sql(", length(")
            .text(operand)
            .sql(")) = ")
            .text(operand),
        _ => Sql::default().then(subject).sql(symbol(op)).text(operand),
    }
}

/// The same for a column with an index: what begins with `operand` lies in one range.
pub(super) fn compare_column(engine: Engine, column: &Sql, op: CompareOp, operand: &str) -> Sql {
    let test = compare(engine, column, op, operand);
    let Some(end) = (op == CompareOp::Sw)
        .then(|| after_all_with_prefix(operand))
        .flatten()
    else {
        return test;
    };
    let range = Sql::of("(")
        .then(column)
        .sql(" >= ")
        .text(operand)
        .sql(" AND ")
        .then(column)
        .sql(" < ")
        .text(end);
    range.sql(" AND ").then(&test).sql(")")
}

/// The SQL for an operator that orders; the substring operators have none.
pub(super) fn symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Ne => " <> ",
        CompareOp::Gt => " > ",
        CompareOp::Ge => " >= ",
        CompareOp::Lt => " < ",
        CompareOp::Le => " <= ",
        CompareOp::Eq | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => " = ",
    }
}

/// An expression that is no column, in the order of its code points.
pub(super) fn by_code_point(engine: Engine, expression: Sql) -> Sql {
    match engine {
        Engine::Sqlite => expression.within("(", ")"),
        Engine::Postgres => expression.within("(", ") COLLATE \"C\"").within("(", ")"),
    }
}

/// The least text that is greater than all texts beginning with `prefix`.
fn after_all_with_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // A range over `char` steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after_all_with_prefix;

    #[test]
    fn the_end_of_a_prefix_is_just_behind_it() {
        for (prefix, end) in [
            ("ab", Some("ac")),
            ("a\u{10FFFF}", Some("b")),
            ("\u{D7FF}", Some("\u{E000}")),
            ("\u{10FFFF}", None),
            ("", None),
        ] {
            assert_eq!(after_all_with_prefix(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
