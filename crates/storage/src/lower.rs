//! SCIM conditions and sort orders as SQL over the tables of resources, on either engine.
//!
//! The meaning is that of [`vestibule_scim::filter::matches`] over the whole resource. What clients
//! filter on most has columns of its own ([`columns`]), memberships are rows ([`related`]), all else
//! is looked up in `match_document` ([`json`]). Names, paths and operands are bound values.

mod columns;
mod json;
mod related;
mod sort;
mod text;

#[cfg(test)]
pub(crate) mod tests;

use vestibule_scim::filter::{CompareOp, Condition, Operand};
use vestibule_scim::target::Target;

use crate::engine::Engine;
use crate::sql::{Shape, Sql};

pub(crate) use json::path as json_path;
pub(crate) use sort::Sorted;

/// Where resources are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Users,
    Groups,
    /// Those of every other type.
    Resources,
}

impl Table {
    /// Where the resources of the type of that name are.
    pub(crate) fn of(resource_type: &str) -> Self {
        match resource_type {
            "User" => Self::Users,
            "Group" => Self::Groups,
            _ => Self::Resources,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Resources => "resources",
        }
    }

    /// A column that has this name in every table it is asked of.
    pub(crate) fn column(self, name: &'static str) -> Sql {
        Sql::of(self.name()).sql(".").sql(name)
    }
}

/// The rows a condition or an order is about, and what the request says of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) engine: Engine,
    pub(crate) table: Table,
    /// `User`
    pub(crate) resource_type: &'a str,
    /// Whose rows these are.
    pub(crate) provider: &'a str,
    /// What stands before the id in `meta.location`, such as `https://host/scim/v2/Users/`.
    pub(crate) location: &'a str,
}

impl Rows<'_> {
    /// `users.provider_id = ?`, and what else tells these rows from others in their table.
    pub(crate) fn owned(&self) -> Sql {
        let owned = self
            .table
            .column("provider_id")
            .sql(" = ")
            .text(self.provider);
        match self.table {
            Table::Users | Table::Groups => owned,
            Table::Resources => owned
                .sql(" AND resources.type_name = ")
                .text(self.resource_type),
        }
    }

    /// The rows that satisfy `condition`. Never NULL.
    pub(crate) fn condition(&self, condition: &Condition) -> (Sql, Shape) {
        let shape = match condition {
            Condition::Compare { .. } | Condition::Present(_) => Shape::Few,
            _ => Shape::Any,
        };
        (self.lower(condition, Scope::Row), shape)
    }

    fn lower(&self, condition: &Condition, scope: Scope) -> Sql {
        match condition {
            Condition::And(terms) => Sql::joined(self.lower_all(terms, scope), " AND ", "TRUE"),
            Condition::Or(terms) if scope == Scope::Row && self.is_looked_up(condition) => {
                self.union(terms)
            }
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

    /// The rows of every term, each looked up by its own index: without statistics SQLite would
    /// rather read all rows of the provider than join two indexes.
    fn union(&self, terms: &[Condition]) -> Sql {
        let id = self.table.column("id");
        let found = terms
            .iter()
            .map(|term| {
                Sql::of("SELECT ")
                    .then(&id)
                    .sql(" FROM ")
                    .sql(self.table.name())
                    .sql(" WHERE ")
                    .then(&self.owned())
                    .sql(" AND ")
                    .then(&self.lower(term, Scope::Row))
            })
            .collect();
        id.clone()
            .sql(" IN ")
            .then(&Sql::joined(found, " UNION ALL ", "(NULL)"))
    }

    /// Whether SQLite finds what satisfies the condition by indexes alone. PostgreSQL has
    /// statistics and joins indexes by itself.
    fn is_looked_up(&self, condition: &Condition) -> bool {
        if self.engine == Engine::Postgres {
            return false;
        }
        match condition {
            Condition::And(terms) => terms.iter().any(|term| self.is_looked_up(term)),
            Condition::Or(terms) => terms.iter().all(|term| self.is_looked_up(term)),
            Condition::Compare {
                target,
                op: CompareOp::Eq,
                operand: Operand::Text(value),
            } => {
                columns::is_indexed(self, target, value)
                    || (target.sub_attribute.as_deref() == Some("value")
                        && related::having_value(self, target, value).is_some())
            }
            Condition::Any { target, condition } => required_value(condition)
                .and_then(|value| related::having_value(self, target, value))
                .is_some(),
            Condition::Compare { .. } | Condition::Not(_) | Condition::Present(_) => false,
        }
    }

    fn test(&self, target: &Target, test: Test<'_>, scope: Scope) -> Sql {
        match scope {
            Scope::Row => columns::test(self, target, test)
                .or_else(|| related::test(self, target, test))
                .unwrap_or_else(|| {
                    let inner = json::test(self.engine, target.sub_attribute.as_deref(), test);
                    let exists = json::exists(self, target, &inner);
                    let mentioned = json::mentioned(self, test);
                    let terms = mentioned.into_iter().chain([exists]).collect();
                    Sql::joined(terms, " AND ", "TRUE")
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
            None => json::exists(self, target, &self.lower(condition, Scope::Value)),
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
