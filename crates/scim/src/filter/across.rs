//! One filter over several resource types (RFC 7644, section 3.4.2.1): what a type does not have,
//! its resources have no value of.

use super::{CompValue, CompareOp, Condition, Filter, FilterError, Problem};
use crate::{ResourceType, Tolerances};

/// What a filter means for one of several resource types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// Every resource of the type satisfies it.
    Always,
    /// No resource of the type does.
    Never,
    When(Condition),
}

/// The meaning for each of the types, in their order. An attribute is unknown when none of them
/// has it; the other mistakes are those of [`Filter::resolve`].
pub(crate) fn resolve(
    filter: &Filter,
    resource_types: &[&ResourceType],
    tolerances: &mut Tolerances,
) -> Result<Vec<Meaning>, FilterError> {
    let mut meanings = Vec::with_capacity(resource_types.len());
    let mut missing_everywhere: Option<Vec<Missing>> = None;
    for resource_type in resource_types {
        let mut missing = Vec::new();
        meanings.push(meaning(filter, resource_type, &mut missing, tolerances)?);
        missing_everywhere = Some(match missing_everywhere {
            None => missing,
            Some(known) => known
                .into_iter()
                .filter_map(|known| known.also(&missing))
                .collect(),
        });
    }
    match missing_everywhere.and_then(|missing| missing.into_iter().next()) {
        Some(missing) => Err(missing.error),
        None => Ok(meanings),
    }
}

/// A test of an attribute that a resource type does not have.
struct Missing {
    /// Where the test begins.
    column: usize,
    error: FilterError,
}

impl Missing {
    /// The same test when it is among those of another type too. What got further into the test is
    /// the better explanation.
    fn also(self, others: &[Self]) -> Option<Self> {
        let other = others.iter().find(|other| other.column == self.column)?;
        Some(if other.error.column > self.error.column {
            Self {
                error: other.error.clone(),
                ..self
            }
        } else {
            self
        })
    }
}

fn meaning(
    filter: &Filter,
    resource_type: &ResourceType,
    missing: &mut Vec<Missing>,
    tolerances: &mut Tolerances,
) -> Result<Meaning, FilterError> {
    match filter {
        Filter::And(terms) => {
            let terms = all(terms, resource_type, missing, tolerances)?;
            Ok(join(
                terms,
                &Meaning::Never,
                &Meaning::Always,
                Condition::And,
            ))
        }
        Filter::Or(terms) => {
            let terms = all(terms, resource_type, missing, tolerances)?;
            Ok(join(
                terms,
                &Meaning::Always,
                &Meaning::Never,
                Condition::Or,
            ))
        }
        Filter::Not(inner) => Ok(match meaning(inner, resource_type, missing, tolerances)? {
            Meaning::Always => Meaning::Never,
            Meaning::Never => Meaning::Always,
            Meaning::When(condition) => Meaning::When(Condition::Not(Box::new(condition))),
        }),
        test => match test.resolve(resource_type, tolerances) {
            Ok(condition) => Ok(Meaning::When(condition)),
            Err(error) if matches!(error.problem, Problem::UnknownAttribute(_)) => {
                missing.push(Missing {
                    column: begins(test),
                    error,
                });
                Ok(without_value(test))
            }
            Err(error) => Err(error),
        },
    }
}

fn all(
    terms: &[Filter],
    resource_type: &ResourceType,
    missing: &mut Vec<Missing>,
    tolerances: &mut Tolerances,
) -> Result<Vec<Meaning>, FilterError> {
    terms
        .iter()
        .map(|term| meaning(term, resource_type, missing, tolerances))
        .collect()
}

/// Joins terms of which one `decisive` decides and `neutral` ones say nothing.
fn join(
    terms: Vec<Meaning>,
    decisive: &Meaning,
    neutral: &Meaning,
    wrap: fn(Vec<Condition>) -> Condition,
) -> Meaning {
    if terms.contains(decisive) {
        return decisive.clone();
    }
    let mut conditions: Vec<Condition> = terms
        .into_iter()
        .filter_map(|term| match term {
            Meaning::When(condition) => Some(condition),
            Meaning::Always | Meaning::Never => None,
        })
        .collect();
    match conditions.pop() {
        None => neutral.clone(),
        Some(last) if conditions.is_empty() => Meaning::When(last),
        Some(last) => {
            conditions.push(last);
            Meaning::When(wrap(conditions))
        }
    }
}

fn begins(test: &Filter) -> usize {
    match test {
        Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
            path.column
        }
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => 0,
    }
}

/// What a test says of an attribute without a value, as [`super::matches()`] would.
fn without_value(test: &Filter) -> Meaning {
    match test {
        Filter::Compare {
            op: CompareOp::Eq,
            value: CompValue::Null,
            ..
        } => Meaning::Always,
        Filter::Compare {
            op: CompareOp::Ne,
            value,
            ..
        } if *value != CompValue::Null => Meaning::Always,
        _ => Meaning::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Limits};

    fn across(text: &str) -> Result<Vec<Meaning>, FilterError> {
        let (users, groups) = (ResourceType::user(), ResourceType::group());
        let filter = Filter::parse(text, &Limits::default()).unwrap();
        resolve(
            &filter,
            &[&users, &groups],
            &mut Tolerances::new(Dialect::Strict),
        )
    }

    fn shape(meaning: &Meaning) -> &'static str {
        match meaning {
            Meaning::Always => "always",
            Meaning::Never => "never",
            Meaning::When(Condition::And(_)) => "and",
            Meaning::When(Condition::Or(_)) => "or",
            Meaning::When(_) => "when",
        }
    }

    /// RFC 7644 3.4.2.1: an attribute a resource type does not have is one without a value.
    // proves: 7644-3.4.2.1-filters 7644-3.4.2.1-missing
    #[test]
    fn what_one_type_lacks_has_no_value_there() {
        for (text, users, groups) in [
            (r#"displayName eq "a""#, "when", "when"),
            (r#"userName eq "a""#, "when", "never"),
            (r#"userName eq "a" or displayName eq "b""#, "or", "when"),
            (r#"userName eq "a" and displayName eq "b""#, "and", "never"),
            (r#"userName ne "a" and displayName eq "b""#, "and", "when"),
            ("not (userName pr) or members pr", "when", "always"),
            ("userName eq null", "when", "always"),
            ("userName ne null", "when", "never"),
            (r#"emails[type eq "work"]"#, "when", "never"),
        ] {
            let meanings = across(text).unwrap();
            let shapes: Vec<_> = meanings.iter().map(shape).collect();
            assert_eq!(shapes, [users, groups], "{text}");
        }
    }

    #[test]
    fn what_no_type_has_is_refused_with_its_column() {
        for (text, column) in [
            (r#"favouriteColour eq "a""#, 1),
            ("userName pr and members.shoeSize pr", 17),
            (r#"emails[shoeSize eq "1"]"#, 8),
        ] {
            assert_eq!(across(text).unwrap_err().column, column, "{text}");
        }
        // Known and of another type is a mistake wherever it is.
        assert!(across("active gt true or members pr").is_err());
    }
}
