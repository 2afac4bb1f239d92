//! Attributes whose values are rows: `emails` (found by value), `groups` of a user, `members` of a group.

use vestibule_scim::filter::{CompareOp, Operand};
use vestibule_scim::fold::fold;
use vestibule_scim::target::Target;

use super::sort::{Key, Kind};
use super::{Rows, Table, Test, text};
use crate::engine::Engine;
use crate::sql::Sql;

/// An attribute that the match document does not have. Its rows are called `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The groups a user belongs to, each once, directly or through other groups.
    Groups,
    /// The members a group names itself.
    Members,
}

/// The rows that stand for the attribute, when rows do.
pub(super) fn relation(table: Table, target: &Target) -> Option<Relation> {
    match (table, target.schema.as_deref(), target.attribute.as_str()) {
        (Table::Users, None, "groups") => Some(Relation::Groups),
        (Table::Groups, None, "members") => Some(Relation::Members),
        _ => None,
    }
}

/// A test of some value of the attribute, when rows answer it.
pub(super) fn test(rows: &Rows<'_>, target: &Target, test: Test<'_>) -> Option<Sql> {
    if let Test::Compare(CompareOp::Eq, Operand::Text(value)) = test
        && target.sub_attribute.as_deref() == Some("value")
        && let Some(found) = having_value(rows, target, value)
    {
        return Some(found);
    }
    let relation = relation(rows.table, target)?;
    let one = test_one(rows, relation, target, test);
    let is_of_the_group = target.sub_attribute.as_deref() != Some("type");
    if rows.engine == Engine::Postgres && relation == Relation::Groups && is_of_the_group {
        return Some(below_groups(rows, &one));
    }
    Some(exists(relation, &one))
}

/// The users below the groups that pass a test of `r`. PostgreSQL walks down from the groups once;
/// it takes longer by far to walk up from every user for each term of an `OR`.
fn below_groups(rows: &Rows<'_>, test: &Sql) -> Sql {
    let passing = Sql::of(
        "s.group_id IN (SELECT r.id FROM (SELECT g.id, g.display_name_key AS display FROM groups AS g \
             WHERE g.provider_id = ",
    )
    .text(rows.provider)
    .sql(") AS r WHERE ")
    .then(test)
    .sql(")");
    below(rows.engine, &passing)
}

/// The users below the groups that `start` takes from memberships `s`. PostgreSQL would think the
/// walk endless, and look through what it found row by row; of an array it makes a hash table.
fn below(engine: Engine, start: &Sql) -> Sql {
    let (before, behind) = match engine {
        Engine::Sqlite => ("users.id IN (", ")"),
        Engine::Postgres => (
            "users.id IN (SELECT d.id FROM unnest(ARRAY(",
            ")) AS d(id))",
        ),
    };
    Sql::of("WITH RECURSIVE down(id) AS (SELECT s.member_id FROM memberships AS s WHERE ")
        .then(start)
        .sql(
            " UNION SELECT m.member_id FROM down JOIN memberships AS m ON m.group_id = down.id) \
             SELECT down.id FROM down",
        )
        .within(before, behind)
}

/// The resources one of whose values has exactly this `value`, in a form that starts from an index.
pub(super) fn having_value(rows: &Rows<'_>, target: &Target, value: &str) -> Option<Sql> {
    match (
        relation(rows.table, target),
        rows.table,
        target.attribute.as_str(),
    ) {
        (Some(Relation::Groups), ..) => {
            Some(below(rows.engine, &Sql::of("s.group_id = ").text(value)))
        }
        (Some(Relation::Members), ..) => Some(one_of(
            rows.engine,
            "groups.id",
            &Sql::of("SELECT m.group_id FROM memberships AS m WHERE m.member_id = ").text(value),
        )),
        // An empty address is in the document only.
        (None, Table::Users, "emails") if target.schema.is_none() && !value.is_empty() => {
            Some(one_of(
                rows.engine,
                "users.id",
                &Sql::of("SELECT e.user_id FROM user_emails AS e WHERE e.provider_id = ")
                    .text(rows.provider)
                    .sql(" AND e.value_key = ")
                    .text(value),
            ))
        }
        _ => None,
    }
}

/// Whether some row passes `test`, which is about `r`.
pub(super) fn exists(relation: Relation, test: &Sql) -> Sql {
    Sql::of("EXISTS (SELECT 1")
        .sql(source(relation))
        .then(test)
        .sql(")")
}

/// A test of `r`. Never NULL.
pub(super) fn test_one(
    rows: &Rows<'_>,
    relation: Relation,
    target: &Target,
    test: Test<'_>,
) -> Sql {
    let Some(field) = field(rows, relation, target) else {
        return Sql::of("FALSE");
    };
    let test = match test {
        Test::Present => field.sql(" <> ''"),
        Test::Compare(op, Operand::Text(operand)) => {
            text::compare(rows.engine, &field, op, operand)
        }
        Test::Compare(..) => return Sql::of("FALSE"),
    };
    test.within("coalesce(", ", FALSE)")
}

/// What the rows of the table sort by. Memberships have no order of their own: the least value.
pub(super) fn sort_key(rows: &Rows<'_>, target: &Target) -> Option<Key> {
    let relation = relation(rows.table, target)?;
    let field = field(rows, relation, target)?;
    Some(Key {
        sql: field
            .within("(SELECT min(NULLIF(", ", ''))")
            .sql(source(relation))
            .sql("TRUE)"),
        optional: true,
        kind: Kind::Text,
    })
}

/// PostgreSQL can use the index also within an `OR` when the few ids are looked up first.
fn one_of(engine: Engine, id: &'static str, ids: &Sql) -> Sql {
    match engine {
        Engine::Sqlite => Sql::of(id).sql(" IN (").then(ids).sql(")"),
        Engine::Postgres => Sql::of(id).sql(" = ANY (ARRAY(").then(ids).sql("))"),
    }
}

/// `FROM ... AS r WHERE`, to be followed by a condition.
fn source(relation: Relation) -> &'static str {
    match relation {
        Relation::Groups => {
            " FROM (WITH RECURSIVE up(id) AS (\
                 SELECT s.group_id FROM memberships AS s WHERE s.member_id = users.id \
                 UNION SELECT m.group_id FROM up JOIN memberships AS m ON m.member_id = up.id) \
             SELECT g.id, g.display_name_key AS display, \
                 EXISTS (SELECT 1 FROM memberships AS d WHERE d.group_id = g.id AND d.member_id = users.id) AS direct \
             FROM up JOIN groups AS g ON g.id = up.id) AS r WHERE "
        }
        Relation::Members => " FROM memberships AS r WHERE r.group_id = groups.id AND ",
    }
}

/// The sub-attribute of `r`, or its "value"; NULL where it is absent.
fn field(rows: &Rows<'_>, relation: Relation, target: &Target) -> Option<Sql> {
    let as_compared = |text: &str| {
        if target.case_exact {
            text.to_owned()
        } else {
            fold(text)
        }
    };
    // `https://host/scim/v2/Users/` and `.../Groups/` have all but the last part in common.
    let base = rows
        .location
        .trim_end_matches('/')
        .rsplit_once('/')
        .map_or("", |(base, _)| base);
    let address = |endpoint| as_compared(&format!("{base}/{endpoint}/"));
    let field = match (relation, target.sub_attribute.as_deref().unwrap_or("value")) {
        (Relation::Groups, "value") => return Some(Sql::of("r.id")),
        (Relation::Groups, "display") => return Some(Sql::of("r.display")),
        (Relation::Groups, "type") => {
            Sql::of("CASE WHEN r.direct THEN 'direct' ELSE 'indirect' END")
        }
        (Relation::Groups, "$ref") => Sql::default().text(address("Groups")).sql(" || r.id"),
        (Relation::Members, "value") => return Some(Sql::of("r.member_id")),
        (Relation::Members, "display") if target.case_exact => return Some(Sql::of("r.display")),
        (Relation::Members, "display") => {
            return Some(Sql::of("coalesce(r.display_key, lower(r.display))"));
        }
        (Relation::Members, "type") => Sql::of("CASE WHEN r.member_is_group THEN ")
            .text(as_compared("Group"))
            .sql(" ELSE ")
            .text(as_compared("User"))
            .sql(" END"),
        (Relation::Members, "$ref") => Sql::of("CASE WHEN r.member_is_group THEN ")
            .text(address("Groups"))
            .sql(" ELSE ")
            .text(address("Users"))
            .sql(" END || r.member_id"),
        _ => return None,
    };
    Some(text::by_code_point(rows.engine, field))
}
