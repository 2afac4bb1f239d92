//! From the words of a filter to its meaning for one resource type.

use std::borrow::Cow;

use super::{CompValue, CompareOp, Condition, Filter, FilterError, Operand, Problem, instant};
use crate::dialect::boolean_text;
use crate::fold::fold;
use crate::path::AttributePath;
use crate::schema::{AttributeType, Returned};
use crate::target::{self, Found, Target, find};
use crate::{Attribute, ResourceType, Tolerance, Tolerances};

/// The meaning of a whole filter.
pub(super) fn condition(
    filter: &Filter,
    resource_type: &ResourceType,
    tolerances: &mut Tolerances,
) -> Result<Condition, FilterError> {
    resolve(filter, Scope::Resource(resource_type), tolerances)
}

/// The meaning of the filter between `[` and `]` behind an attribute.
pub(crate) fn value_condition(
    filter: &Filter,
    attribute: Found<'_>,
    tolerances: &mut Tolerances,
) -> Result<Condition, FilterError> {
    resolve(filter, Scope::Value(attribute), tolerances)
}

/// What attribute names refer to.
#[derive(Clone, Copy)]
enum Scope<'a> {
    Resource(&'a ResourceType),
    /// The sub-attributes of one value of this attribute.
    Value(Found<'a>),
}

fn resolve(
    filter: &Filter,
    scope: Scope<'_>,
    tolerances: &mut Tolerances,
) -> Result<Condition, FilterError> {
    match filter {
        Filter::And(terms) => resolve_all(terms, scope, tolerances).map(Condition::And),
        Filter::Or(terms) => resolve_all(terms, scope, tolerances).map(Condition::Or),
        Filter::Not(inner) => Ok(not(resolve(inner, scope, tolerances)?)),
        Filter::Compare { path, op, value } => {
            let path = qualified(path, scope, tolerances);
            compare(&path, *op, value, scope, tolerances)
        }
        Filter::Present(path) => {
            let path = qualified(path, scope, tolerances);
            Ok(Condition::Present(lookup(&path, scope, tolerances)?))
        }
        Filter::ValuePath { path, filter, tail } => {
            let Scope::Resource(resource_type) = scope else {
                return Err(FilterError::expected(path.column, "no `[` inside `[ ]`"));
            };
            let path = &*qualified(path, scope, tolerances);
            let found = find(resource_type, path).ok_or_else(|| unknown(path, path.to_string()))?;
            readable(path, found)?;
            value_path(path, found, filter, tail.as_deref(), tolerances)
        }
    }
}

/// The path, or what its client means by it.
fn qualified<'p>(
    path: &'p AttributePath,
    scope: Scope<'_>,
    tolerances: &mut Tolerances,
) -> Cow<'p, AttributePath> {
    match scope {
        Scope::Resource(resource_type) => target::qualified(resource_type, path, tolerances),
        Scope::Value(_) => Cow::Borrowed(path),
    }
}

fn resolve_all(
    terms: &[Filter],
    scope: Scope<'_>,
    tolerances: &mut Tolerances,
) -> Result<Vec<Condition>, FilterError> {
    terms
        .iter()
        .map(|term| resolve(term, scope, tolerances))
        .collect()
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn value_path(
    path: &AttributePath,
    found: Found<'_>,
    filter: &Filter,
    tail: Option<&Filter>,
    tolerances: &mut Tolerances,
) -> Result<Condition, FilterError> {
    if found.sub_attribute.is_some() {
        return Err(unsupported(
            path,
            format!("{path} is a sub-attribute and takes no `[ ]`"),
        ));
    }
    if !takes_value_filter(found.attribute) {
        return Err(unsupported(
            path,
            format!("{path} has neither sub-attributes nor several values"),
        ));
    }
    let mut condition = value_condition(filter, found, tolerances)?;
    if let Some(tail) = tail {
        let (Filter::Compare { path, .. } | Filter::Present(path)) = tail else {
            return Err(FilterError::expected(
                path.column,
                "a comparison behind `].`",
            ));
        };
        if !tolerances.accept(Tolerance::ValuePathSubAttribute) {
            return Err(FilterError::expected(
                path.column.saturating_sub(1),
                "`and`, `or` or the end of the filter",
            ));
        }
        condition = Condition::And(vec![condition, value_condition(tail, found, tolerances)?]);
    }
    Ok(Condition::Any {
        target: found.target(),
        condition: Box::new(condition),
    })
}

/// Whether values of the attribute can be told apart by a filter.
pub(crate) fn takes_value_filter(attribute: &Attribute) -> bool {
    attribute.multi_valued || attribute.kind == AttributeType::Complex
}

fn compare(
    path: &AttributePath,
    op: CompareOp,
    value: &CompValue,
    scope: Scope<'_>,
    tolerances: &mut Tolerances,
) -> Result<Condition, FilterError> {
    let mut target = lookup(path, scope, tolerances)?;
    // RFC 7643, section 2.5: null and what is not there are the same, of complex attributes too.
    if *value == CompValue::Null {
        return match op {
            CompareOp::Eq => Ok(not(Condition::Present(target))),
            CompareOp::Ne => Ok(Condition::Present(target)),
            _ => Err(unsupported(path, format!("{op} cannot compare with null"))),
        };
    }
    if target.kind == AttributeType::Complex {
        // RFC 7644, section 3.4.2.2: "emails co" and "emails.value co" are the same.
        let with_value = AttributePath {
            sub_attribute: Some("value".to_owned()),
            ..path.clone()
        };
        target = find_in(&with_value, scope)
            .map(|found| found.target())
            .ok_or_else(|| {
                unsupported(
                    path,
                    format!("{path} is complex: name one of its sub-attributes"),
                )
            })?;
    }
    if !has_operator(target.kind, op) {
        return Err(unsupported(
            path,
            format!(
                "{path} is {} and has no operator {op}",
                kind_name(target.kind)
            ),
        ));
    }
    let Some(operand) = operand(&target, op, value, tolerances) else {
        return Err(unsupported(
            path,
            format!("{path} compares with {}", operand_name(target.kind)),
        ));
    };
    let negated = op == CompareOp::Ne;
    let condition = if denies_primary(&target, &operand) {
        not_primary(path, target, scope)
    } else {
        let op = if negated { CompareOp::Eq } else { op };
        let one_of = |operand| Condition::Compare {
            target: target.clone(),
            op,
            operand,
        };
        match &operand {
            Operand::Text(uri) if op == CompareOp::Eq && is_reference(&target) => {
                let uris = in_any_version(uri).into_iter().map(Operand::Text);
                Condition::Or(uris.map(one_of).collect())
            }
            _ => one_of(operand),
        }
    };
    // RFC 7644, table 3, has no word on what is absent; "ne" is "not eq".
    Ok(if negated { not(condition) } else { condition })
}

/// Whether the values are URIs of resources.
fn is_reference(target: &Target) -> bool {
    target.kind == AttributeType::Reference && target.sub_attribute.as_deref() == Some("$ref")
}

/// The URI of a resource, and the same in the versions of the protocol it may be written in: "URIs
/// for SCIM resources with an API version SHALL be considered comparable to URIs without a version or
/// with a different version" (RFC 7643, section 2.4).
pub(crate) fn in_any_version(uri: &str) -> Vec<String> {
    let mut uris = vec![uri.to_owned()];
    let mut segments = uri.rsplitn(3, '/');
    if let (Some(id), Some(collection), Some(head)) =
        (segments.next(), segments.next(), segments.next())
    {
        let base = match head.rsplit_once('/') {
            Some((base, version)) if is_version(version) => base,
            _ => head,
        };
        for version in ["", "/v1", "/v2"] {
            let other = format!("{base}{version}/{collection}/{id}");
            if other != uri {
                uris.push(other);
            }
        }
    }
    uris
}

/// `v2`, `v2.1`
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|number| {
        number.starts_with(|first: char| first.is_ascii_digit())
            && number
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    })
}

fn denies_primary(target: &Target, operand: &Operand) -> bool {
    let sub = target.sub_attribute.as_deref();
    target.multi_valued
        && *operand == Operand::Bool(false)
        && sub.is_some_and(|name| name.eq_ignore_ascii_case("primary"))
}

/// RFC 7643, section 2.4: "If not specified, the value of "primary" SHALL be assumed to be "false"".
fn not_primary(path: &AttributePath, primary: Target, scope: Scope<'_>) -> Condition {
    let condition = not(Condition::Compare {
        target: primary,
        op: CompareOp::Eq,
        operand: Operand::Bool(true),
    });
    let whole = path.attribute_alone();
    let values = match scope {
        Scope::Resource(resource_type) => find(resource_type, &whole),
        Scope::Value(_) => None,
    };
    match values {
        Some(values) => Condition::Any {
            target: values.target(),
            condition: Box::new(condition),
        },
        None => condition,
    }
}

fn lookup(
    path: &AttributePath,
    scope: Scope<'_>,
    tolerances: &mut Tolerances,
) -> Result<Target, FilterError> {
    if let Some(found) = find_in(path, scope) {
        readable(path, found)?;
        return Ok(found.target());
    }
    match scope {
        Scope::Resource(resource_type) => {
            let alias = path.schema.is_none()
                && path.sub_attribute.is_none()
                && path.attribute.eq_ignore_ascii_case(Target::PRIMARY_EMAIL)
                && resource_type.schema.attribute("emails").is_some();
            if alias && tolerances.accept(Tolerance::EmailAlias) {
                return Ok(Target::primary_email());
            }
            Err(unknown(path, path.to_string()))
        }
        Scope::Value(found) => Err(unknown(path, format!("{}.{path}", found.attribute.name))),
    }
}

fn find_in<'a>(path: &AttributePath, scope: Scope<'a>) -> Option<Found<'a>> {
    match scope {
        Scope::Resource(resource_type) => find(resource_type, path),
        Scope::Value(found) if path.schema.is_none() && path.sub_attribute.is_none() => {
            if found.attribute.kind == AttributeType::Complex {
                let sub_attribute = Some(found.attribute.sub_attribute(&path.attribute)?);
                Some(Found {
                    sub_attribute,
                    ..found
                })
            } else {
                // The values of a simple attribute have one part, which RFC 7643, section 2.4 calls "value".
                path.attribute
                    .eq_ignore_ascii_case("value")
                    .then_some(found)
            }
        }
        Scope::Value(_) => None,
    }
}

/// RFC 7643, section 7, `returned`: what is never returned must not be learnt by filtering either.
fn readable(path: &AttributePath, found: Found<'_>) -> Result<(), FilterError> {
    let never = |attribute: &Attribute| attribute.returned == Returned::Never;
    if never(found.attribute) || found.sub_attribute.is_some_and(never) {
        return Err(FilterError::new(
            path.column,
            Problem::Sensitive(path.to_string()),
        ));
    }
    Ok(())
}

fn unknown(path: &AttributePath, name: String) -> FilterError {
    FilterError::new(path.column, Problem::UnknownAttribute(name))
}

fn unsupported(path: &AttributePath, why: String) -> FilterError {
    FilterError::new(path.column, Problem::Unsupported(why))
}

/// RFC 7644, table 3: ordering fails for booleans and binaries; substrings are for what is text.
fn has_operator(kind: AttributeType, op: CompareOp) -> bool {
    match op {
        CompareOp::Eq | CompareOp::Ne => true,
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => matches!(
            kind,
            AttributeType::String | AttributeType::Reference | AttributeType::DateTime
        ),
        CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
            !matches!(kind, AttributeType::Boolean | AttributeType::Binary)
        }
    }
}

/// The operand in the form a match document has it; `None` when it is of another type.
fn operand(
    target: &Target,
    op: CompareOp,
    value: &CompValue,
    tolerances: &mut Tolerances,
) -> Option<Operand> {
    match (target.kind, value) {
        (AttributeType::DateTime, CompValue::String(text)) => match (instant(text), op) {
            (Some(instant), _) => Some(Operand::Text(instant)),
            // Part of a dateTime, compared with it as an instant is written.
            (None, CompareOp::Co | CompareOp::Sw | CompareOp::Ew) => {
                Some(Operand::Text(text.clone()))
            }
            (None, _) => None,
        },
        (
            AttributeType::String | AttributeType::Reference | AttributeType::Binary,
            CompValue::String(text),
        ) => Some(Operand::Text(if target.case_exact {
            text.clone()
        } else {
            fold(text)
        })),
        (AttributeType::Boolean, CompValue::Bool(value)) => Some(Operand::Bool(*value)),
        (AttributeType::Boolean, CompValue::String(text)) => {
            let value = boolean_text(text)?;
            tolerances
                .accept(Tolerance::BooleanText)
                .then_some(Operand::Bool(value))
        }
        (AttributeType::Integer | AttributeType::Decimal, CompValue::Number(number)) => {
            Some(Operand::Number(number.clone()))
        }
        _ => None,
    }
}

fn kind_name(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::String => "a string",
        AttributeType::Boolean => "a boolean",
        AttributeType::Decimal => "a decimal",
        AttributeType::Integer => "an integer",
        AttributeType::DateTime => "a dateTime",
        AttributeType::Binary => "a binary",
        AttributeType::Reference => "a reference",
        AttributeType::Complex => "complex",
    }
}

fn operand_name(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Boolean => "true or false",
        AttributeType::Decimal | AttributeType::Integer => "a number",
        AttributeType::DateTime => "a dateTime such as \"2011-05-13T04:42:34Z\"",
        _ => "text in double quotes",
    }
}
