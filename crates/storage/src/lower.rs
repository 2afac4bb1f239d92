//! SCIM conditions and sort orders as SQL over `users` and `groups`, on either engine.
//!
//! The meaning is that of [`vestibule_scim::filter::matches`] over the whole resource. What clients
//! filter on most has columns of its own ([`columns`]), memberships are rows ([`related`]), all else
//! is looked up in `match_document` ([`json`]). Names, paths and operands are bound values.

mod columns;
mod json;
mod related;
mod text;

#[cfg(test)]
mod tests;

use vestibule_scim::filter::{CompareOp, Condition, Operand};
use vestibule_scim::target::Target;

use crate::engine::Engine;
use crate::predicate::{Order, Predicate, Shape, Sql};

/// Where resources are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Users,
    Groups,
}

/// The rows of `table` that satisfy `condition`. `provider` is whose rows the query selects, which
/// it must say itself; `location` is what stands before the id in `meta.location`, such as
/// `https://host/scim/v2/Users/`.
pub(crate) fn condition(
    engine: Engine,
    table: Table,
    condition: &Condition,
    provider: &str,
    location: &str,
) -> Predicate {
    let shape = match condition {
        Condition::Compare { .. } | Condition::Present(_) => Shape::Few,
        _ => Shape::Any,
    };
    let rows = Rows {
        engine,
        table,
        provider,
        location,
    };
    Predicate {
        sql: rows.lower(condition, Scope::Row),
        shape,
    }
}

/// RFC 7644, section 3.4.2.3: by the primary or else the first value; what has no value comes last
/// when ascending and first when descending. An empty text is no value. Equals are in order of id.
pub(crate) fn order(
    engine: Engine,
    table: Table,
    target: &Target,
    descending: bool,
    location: &str,
) -> Order {
    // Nothing is looked up by provider in order to sort.
    let rows = Rows {
        engine,
        table,
        provider: "",
        location,
    };
    let (never_absent, optional) = if descending {
        (" DESC, ", " DESC NULLS FIRST, ")
    } else {
        (" ASC, ", " ASC NULLS LAST, ")
    };
    let key = match columns::sort_key(&rows, target) {
        Some(columns::SortKey::NeverAbsent(key)) => key.sql(never_absent),
        Some(columns::SortKey::Optional(key)) => key.sql(optional),
        None => related::sort_key(&rows, target)
            .unwrap_or_else(|| json::sort_key(engine, table, target))
            .sql(optional),
    };
    let id = match table {
        Table::Users => "users.id ASC",
        Table::Groups => "groups.id ASC",
    };
    Order { sql: key.sql(id) }
}

/// What everything here is told about the rows and the request.
#[derive(Debug, Clone, Copy)]
struct Rows<'a> {
    engine: Engine,
    table: Table,
    provider: &'a str,
    location: &'a str,
}

impl Rows<'_> {
    fn lower(&self, condition: &Condition, scope: Scope) -> Sql {
        match condition {
            Condition::And(terms) => Sql::joined(self.lower_all(terms, scope), " AND ", "TRUE"),
            Condition::Or(terms) => Sql::joined(self.lower_all(terms, scope), " OR ", "FALSE"),
            Condition::Not(inner) => self.lower(inner, scope).within("NOT (", ")"),
            Condition::Compare {
                target,
                op,
                operand,
            } => self.test(target, Test::Compare(*op, operand), scope),
            Condition::Present(target) => self.test(target, Test::Present, scope),
            Condition::Any { target, condition } => self.any(target, condition, scope),
        }
    }

    // As deep as the condition, which is as deep as the parser lets a filter be.
    fn lower_all(&self, terms: &[Condition], scope: Scope) -> Vec<Sql> {
        terms.iter().map(|term| self.lower(term, scope)).collect()
    }

    fn test(&self, target: &Target, test: Test<'_>, scope: Scope) -> Sql {
        match scope {
            Scope::Row => columns::test(self, target, test)
                .or_else(|| related::test(self, target, test))
                .unwrap_or_else(|| {
                    let inner = json::test(self.engine, target.sub_attribute.as_deref(), test);
                    json::exists(self.engine, self.table, target, &inner)
                }),
            Scope::Value => json::test(self.engine, target.sub_attribute.as_deref(), test),
            Scope::Related(relation) => related::test_one(self, relation, target, test),
        }
    }

    fn any(&self, target: &Target, condition: &Condition, scope: Scope) -> Sql {
        if scope != Scope::Row || columns::is_whole(target) {
            // Value filters do not nest, and a row has one `meta`.
            return self.lower(condition, scope);
        }
        let exists = match related::relation(self.table, target) {
            Some(relation) => {
                related::exists(relation, &self.lower(condition, Scope::Related(relation)))
            }
            None => json::exists(
                self.engine,
                self.table,
                target,
                &self.lower(condition, Scope::Value),
            ),
        };
        // What the whole condition implies and an index answers.
        match required_value(condition).and_then(|value| related::having_value(self, target, value))
        {
            Some(indexed) => Sql::joined(vec![indexed, exists], " AND ", "TRUE"),
            None => exists,
        }
    }
}

/// What the targets of a condition are looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Row,
    /// One value of an attribute in the match document.
    Value,
    /// One of the rows that stand for the values of an attribute.
    Related(related::Relation),
}

/// What is asked of one value.
#[derive(Debug, Clone, Copy)]
enum Test<'a> {
    Compare(CompareOp, &'a Operand),
    Present,
}

/// The text that `value` must equal wherever `condition` holds.
fn required_value(condition: &Condition) -> Option<&str> {
    match condition {
        Condition::Compare {
            target,
            op: CompareOp::Eq,
            operand: Operand::Text(value),
        } if target.sub_attribute.as_deref() == Some("value") => Some(value),
        Condition::And(terms) => terms.iter().find_map(required_value),
        _ => None,
    }
}
