//! Attributes that only the match document has: `json_each` on SQLite, `jsonb` on PostgreSQL.
//!
//! Inside these fragments `v` is one value of the attribute: an element of the array, or the value
//! itself when it is no array, as [`vestibule_scim::filter::matches`] sees it.

use serde_json::{Number, Value};
use vestibule_scim::filter::{CompareOp, Operand, number_key};
use vestibule_scim::schema::AttributeType;
use vestibule_scim::target::Target;

use super::sort::{Key, Kind};
use super::{Rows, Test, text};
use crate::engine::Engine;
use crate::sql::Sql;

/// Whether some value of the attribute passes `test`, which is about `v`.
pub(super) fn exists(rows: &Rows<'_>, target: &Target, test: &Sql) -> Sql {
    values(rows, target, "")
        .within("EXISTS (SELECT 1", " WHERE ")
        .then(test)
        .sql(")")
}

/// What has to stand in the text of the match document where one of its texts passes `test`, if that
/// can be said: a document without it need not be taken apart. It is as `serde_json` wrote it.
pub(super) fn mentioned(rows: &Rows<'_>, test: Test<'_>) -> Option<Sql> {
    let Test::Compare(op, Operand::Text(operand)) = test else {
        return None;
    };
    let quoted = Value::from(operand.as_str()).to_string();
    let open = || quoted.strip_suffix('"');
    let part = match op {
        CompareOp::Eq => Some(quoted.as_str()),
        CompareOp::Sw => open(),
        CompareOp::Ew => quoted.strip_prefix('"'),
        CompareOp::Co => open().and_then(|open| open.strip_prefix('"')),
        _ => None,
    }?;
    let document = rows.table.column("match_document");
    Some(text::compare(rows.engine, &document, CompareOp::Co, part))
}

/// A test of `v`, or of a sub-attribute of it. Never NULL.
pub(super) fn test(engine: Engine, sub_attribute: Option<&str>, test: Test<'_>) -> Sql {
    match (engine, test) {
        (Engine::Sqlite, Test::Present) => {
            let tree = match sub_attribute {
                Some(sub) => {
                    Sql::of("CASE WHEN v.type = 'object' THEN v.value END, ").text(path([sub]))
                }
                None => Sql::of(
                    "CASE WHEN v.type IN ('object', 'array') THEN v.value ELSE json_array(v.value) END",
                ),
            };
            tree.within(
                "EXISTS (SELECT 1 FROM json_tree(",
                ") AS t WHERE t.type IN ('true', 'false', 'integer', 'real') OR (t.type = 'text' AND t.atom <> ''))",
            )
        }
        (Engine::Postgres, Test::Present) => leaf(engine, sub_attribute).value.within(
            "coalesce(jsonb_path_exists(",
            ", 'strict $.** ? (@.type() == \"number\" || @.type() == \"boolean\" \
             || (@.type() == \"string\" && @ != \"\"))'), FALSE)",
        ),
        (_, Test::Compare(op, operand)) => {
            compare(engine, leaf(engine, sub_attribute), op, operand)
        }
    }
}

/// What the rows sort by: of the primary value, else of the first; NULL where there is none.
pub(super) fn sort_key(rows: &Rows<'_>, target: &Target) -> Key {
    // RFC 7644, section 3.4.2.3: a complex attribute sorts by its "value".
    let sub = target
        .sub_attribute
        .as_deref()
        .or((target.kind == AttributeType::Complex).then_some("value"));
    let values = values(rows, target, " WITH ORDINALITY");
    let primary_first = match rows.engine {
        Engine::Sqlite => {
            " ORDER BY coalesce(json_type(CASE WHEN v.type = 'object' THEN v.value END, '$.primary') = 'true', FALSE) \
             DESC, v.key LIMIT 1)"
        }
        Engine::Postgres => {
            " ORDER BY coalesce(v.value -> 'primary' = 'true'::jsonb, FALSE) DESC, v.position LIMIT 1)"
        }
    };
    let kind = match target.kind {
        // An attribute without a "value" has nothing else to sort by.
        AttributeType::Complex => Kind::Text,
        kind => Kind::of(kind),
    };
    Key {
        sql: sortable(rows.engine, leaf(rows.engine, sub), kind)
            .within("(SELECT ", "")
            .then(&values)
            .sql(primary_first),
        optional: true,
        kind,
    }
}

/// `FROM ... AS v`.
fn values(rows: &Rows<'_>, target: &Target, postgres_ordinality: &'static str) -> Sql {
    let document = rows.table.column("match_document");
    let names = target
        .schema
        .as_deref()
        .into_iter()
        .chain([target.attribute.as_str()]);
    let path = path(names);
    match rows.engine {
        Engine::Sqlite => {
            let on_document = |function| {
                Sql::of(function)
                    .then(&document)
                    .sql(", ")
                    .text(path.clone())
                    .sql(")")
            };
            on_document(" FROM json_each(CASE WHEN json_type(")
                .sql(" = 'array' THEN ")
                .then(&on_document("json_extract("))
                .sql(" WHEN ")
                .then(&on_document("json_type("))
                // `->` keeps a text or a boolean what it is in JSON.
                .sql(" IS NOT NULL THEN json_array(")
                .then(&document)
                .sql(" -> ")
                .text(path.clone())
                .sql(") END) AS v")
        }
        // In lax mode `[*]` is the elements of an array and anything else itself.
        Engine::Postgres => Sql::of(" FROM jsonb_path_query(CAST(")
            .then(&document)
            .sql(" AS jsonb), CAST(")
            .text(path + "[*]")
            .sql(" AS jsonpath))")
            .sql(postgres_ordinality)
            .sql(if postgres_ordinality.is_empty() {
                " AS v(value)"
            } else {
                " AS v(value, position)"
            }),
    }
}

/// `$."name"."name"`, which is a path to either engine.
pub(crate) fn path<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().fold("$".to_owned(), |path, name| {
        format!("{path}.{}", Value::from(name))
    })
}

/// `v` or a sub-attribute of it.
struct Leaf {
    /// The name of its JSON type.
    kind: Sql,
    /// On SQLite the plain value, on PostgreSQL jsonb.
    value: Sql,
    /// Its JSON.
    json: Sql,
}

fn leaf(engine: Engine, sub_attribute: Option<&str>) -> Leaf {
    match (engine, sub_attribute) {
        (Engine::Sqlite, None) => Leaf {
            kind: Sql::of("v.type"),
            value: Sql::of("v.atom"),
            json: Sql::of("v.json -> v.fullkey"),
        },
        (Engine::Sqlite, Some(sub)) => {
            // What is no object may be text that is no JSON.
            let call = |function| {
                Sql::of(function)
                    .sql("CASE WHEN v.type = 'object' THEN v.value END, ")
                    .text(path([sub]))
                    .sql(")")
            };
            Leaf {
                kind: call("json_type("),
                value: call("json_extract("),
                json: Sql::of("CASE WHEN v.type = 'object' THEN v.value END -> ").text(path([sub])),
            }
        }
        (Engine::Postgres, sub) => {
            let value = match sub {
                None => Sql::of("v.value"),
                Some(sub) => Sql::of("(v.value -> ").text(sub).sql(")"),
            };
            Leaf {
                kind: value.clone().within("jsonb_typeof(", ")"),
                json: value.clone(),
                value,
            }
        }
    }
}

fn compare(engine: Engine, leaf: Leaf, op: CompareOp, operand: &Operand) -> Sql {
    match operand {
        Operand::Text(operand) => {
            let (kind, value) = as_text(engine, leaf);
            kind.sql(" AND ")
                .then(&text::compare(engine, &value, op, operand))
                .within("coalesce(", ", FALSE)")
        }
        Operand::Number(number) => {
            let (kind, value) = as_number(engine, leaf);
            let compared = value
                .sql(text::symbol(op))
                .then(&number_operand(engine, number));
            kind.within("CASE WHEN ", " THEN ")
                .then(&compared)
                .sql(" ELSE FALSE END")
        }
        Operand::Bool(_) if op != CompareOp::Eq => Sql::of("FALSE"),
        Operand::Bool(value) => match (engine, value) {
            (Engine::Sqlite, true) => leaf.kind.within("coalesce(", " = 'true', FALSE)"),
            (Engine::Sqlite, false) => leaf.kind.within("coalesce(", " = 'false', FALSE)"),
            (Engine::Postgres, true) => leaf.value.within("coalesce(", " = 'true'::jsonb, FALSE)"),
            (Engine::Postgres, false) => {
                leaf.value.within("coalesce(", " = 'false'::jsonb, FALSE)")
            }
        },
    }
}

/// Whether it is a text, and the text it is then.
fn as_text(engine: Engine, leaf: Leaf) -> (Sql, Sql) {
    match engine {
        Engine::Sqlite => (leaf.kind.sql(" = 'text'"), leaf.value),
        Engine::Postgres => (
            leaf.kind.sql(" = 'string'"),
            text::by_code_point(engine, leaf.value.sql(" #>> '{}'")),
        ),
    }
}

/// Whether it is a number, and what it is then compared by.
fn as_number(engine: Engine, leaf: Leaf) -> (Sql, Sql) {
    match engine {
        Engine::Sqlite => (
            leaf.kind.sql(" IN ('integer', 'real')"),
            leaf.json.within("sort_key_of_number(", ")"),
        ),
        Engine::Postgres => (
            leaf.kind.sql(" = 'number'"),
            leaf.value.within("CAST(", " #>> '{}' AS numeric)"),
        ),
    }
}

fn number_operand(engine: Engine, number: &Number) -> Sql {
    match engine {
        Engine::Postgres => Sql::of("CAST(")
            .text(number.to_string())
            .sql(" AS numeric)"),
        Engine::Sqlite => Sql::default().text(number_key(number)),
    }
}

fn sortable(engine: Engine, leaf: Leaf, kind: Kind) -> Sql {
    let (is_so, value) = match kind {
        Kind::Number => as_number(engine, leaf),
        Kind::Bool => match engine {
            Engine::Sqlite => (leaf.kind.sql(" IN ('true', 'false')"), leaf.value),
            Engine::Postgres => (
                leaf.kind.sql(" = 'boolean'"),
                leaf.value.within("CAST(", " AS boolean)"),
            ),
        },
        Kind::Text | Kind::Instant => {
            let (is_text, value) = as_text(engine, leaf);
            (is_text, value.within("NULLIF(", ", '')"))
        }
    };
    is_so
        .within("CASE WHEN ", " THEN ")
        .then(&value)
        .sql(" END")
}
