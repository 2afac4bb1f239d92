//! What a definition has to keep to (RFC 7643, sections 2 and 7).

use super::{Attribute, AttributeType, DefinitionError, Mutability, Returned, Schema, Uniqueness};
use crate::path::{is_name, is_path_byte};

/// The most attributes of a schema, and sub-attributes of an attribute.
pub const MOST_ATTRIBUTES: usize = 256;
/// The most canonical values and reference types of an attribute.
pub const MOST_VALUES: usize = 256;
/// The longest URN, in characters.
pub const LONGEST_URN: usize = 256;
/// The longest name, canonical value and reference type, in characters.
pub const LONGEST_NAME: usize = 128;
/// The longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 4_096;

/// Holds a schema to the rules that concern it alone.
pub(super) fn check_schema(schema: &Schema) -> Result<(), DefinitionError> {
    check_urn(&schema.id)?;
    let inside = |error: DefinitionError| error.below(&schema.id, ':');
    short("name", &schema.name, LONGEST_NAME).map_err(inside)?;
    short("description", &schema.description, LONGEST_DESCRIPTION).map_err(inside)?;
    check_attributes("attributes", &schema.attributes, true).map_err(inside)
}

/// RFC 7643, section 7: the id is the schema's URI; section 10.2.1 gives SCIM's own URNs their form.
/// Only what a filter can name is taken.
fn check_urn(urn: &str) -> Result<(), DefinitionError> {
    let wrong = |problem: &str| Err(DefinitionError::new("id", problem));
    let mut parts = urn.split(':');
    let is_urn = parts
        .next()
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("urn"))
        && parts.next().is_some_and(|namespace| namespace.len() > 1)
        && parts.clone().next().is_some()
        && parts.all(|part| !part.is_empty());
    if !is_urn {
        return wrong("expected a URN such as \"urn:example:params:scim:schemas:Badge\"");
    }
    let messages = "urn:ietf:params:scim:api:";
    let start = urn.get(..messages.len());
    if start.is_some_and(|start| start.eq_ignore_ascii_case(messages)) {
        return wrong("urn:ietf:params:scim:api: is for the protocol's messages, not for schemas");
    }
    if urn.len() > LONGEST_URN {
        return wrong(&format!("longer than {LONGEST_URN} characters"));
    }
    if !urn.bytes().all(is_path_byte) {
        return wrong("a URN has letters, digits and : . _ - / % # + ~ @ $");
    }
    Ok(())
}

/// Holds a schema of resources that clients write to what they can give.
pub(super) fn check_givable(schema: &Schema) -> Result<(), DefinitionError> {
    for attribute in &schema.attributes {
        for found in std::iter::once(attribute).chain(&attribute.sub_attributes) {
            if found.required && found.mutability == Mutability::ReadOnly {
                let problem = "what is readOnly cannot be required of a client";
                let inside = DefinitionError::new("required", problem).below(&found.name, '.');
                return Err(inside.below(&schema.id, ':'));
            }
        }
    }
    Ok(())
}

fn check_attributes(
    what: &str,
    attributes: &[Attribute],
    top: bool,
) -> Result<(), DefinitionError> {
    if attributes.len() > MOST_ATTRIBUTES {
        return Err(DefinitionError::new(
            what,
            format!("more than {MOST_ATTRIBUTES}"),
        ));
    }
    for (index, attribute) in attributes.iter().enumerate() {
        check_attribute(attribute, top).map_err(|error| error.below(&attribute.name, '.'))?;
        // Section 2.1: names are case insensitive.
        let mut before = attributes.iter().take(index);
        if before.any(|other| other.name.eq_ignore_ascii_case(&attribute.name)) {
            return Err(DefinitionError::new(
                &attribute.name,
                "there are two of that name; case does not tell them apart",
            ));
        }
    }
    Ok(())
}

fn check_attribute(attribute: &Attribute, top: bool) -> Result<(), DefinitionError> {
    let kind = attribute.kind;
    check_name(attribute, top)?;
    short("description", &attribute.description, LONGEST_DESCRIPTION)?;
    check_values("canonicalValues", &attribute.canonical_values)?;
    check_values("referenceTypes", &attribute.reference_types)?;
    let wrong =
        |characteristic: &str, problem: &str| Err(DefinitionError::new(characteristic, problem));
    match (kind, attribute.sub_attributes.is_empty()) {
        (AttributeType::Complex, _) if !top => {
            return wrong("type", "a sub-attribute is not complex");
        }
        (AttributeType::Complex, true) => {
            return wrong("subAttributes", "a complex attribute has at least one");
        }
        (AttributeType::Complex, false) => {
            check_attributes("subAttributes", &attribute.sub_attributes, false)?;
        }
        (_, false) => return wrong("subAttributes", "only a complex attribute has them"),
        (_, true) => {}
    }
    let has_case = matches!(
        kind,
        AttributeType::String | AttributeType::Binary | AttributeType::Reference
    );
    if attribute.case_exact && !has_case {
        return wrong("caseExact", "a value of this type has no case");
    }
    // Sections 2.3.2, 2.3.5, 2.3.6 and 2.3.8: these have no uniqueness.
    let can_be_unique = matches!(
        kind,
        AttributeType::String
            | AttributeType::Integer
            | AttributeType::Decimal
            | AttributeType::Reference
    );
    if attribute.uniqueness != Uniqueness::None && !can_be_unique {
        return wrong("uniqueness", "a value of this type has no uniqueness");
    }
    // What is not kept cannot be compared with what comes later.
    let never_kept = attribute.mutability == Mutability::WriteOnly;
    let unique = |attribute: &Attribute| attribute.uniqueness != Uniqueness::None;
    if never_kept && (unique(attribute) || attribute.sub_attributes.iter().any(unique)) {
        return wrong(
            "uniqueness",
            "what is writeOnly is not kept, so nothing tells whether it is unique",
        );
    }
    if !attribute.canonical_values.is_empty()
        && !matches!(kind, AttributeType::String | AttributeType::Reference)
    {
        return wrong("canonicalValues", "only a string has them");
    }
    // Section 7, "referenceTypes": "only applicable for attributes that are of type "reference"".
    match (kind, attribute.reference_types.is_empty()) {
        (AttributeType::Reference, true) => {
            return wrong("referenceTypes", "a reference says what it may refer to");
        }
        (AttributeType::Reference, false) | (_, true) => {}
        (_, false) => return wrong("referenceTypes", "only a reference has them"),
    }
    // Section 7, "writeOnly": "Attribute values SHALL NOT be returned".
    if attribute.mutability == Mutability::WriteOnly && attribute.returned != Returned::Never {
        return wrong("returned", "what is writeOnly is returned never");
    }
    Ok(())
}

/// Section 2.1: `ATTRNAME = ALPHA *(nameChar)`.
fn check_name(attribute: &Attribute, top: bool) -> Result<(), DefinitionError> {
    let name = attribute.name.as_str();
    short("name", name, LONGEST_NAME)?;
    if !is_name(name) || (name.starts_with('$') && (top || name != "$ref")) {
        return Err(DefinitionError::new(
            "name",
            "expected a letter, then letters, digits, - and _",
        ));
    }
    // Section 2.4 gives these sub-attributes their meaning.
    let expected = match name {
        "$ref" => AttributeType::Reference,
        "primary" if !top => AttributeType::Boolean,
        _ => return Ok(()),
    };
    if attribute.kind != expected {
        return Err(DefinitionError::new(
            "type",
            format!("{name} is of type {}", expected.word()),
        ));
    }
    Ok(())
}

fn check_values(what: &str, values: &[String]) -> Result<(), DefinitionError> {
    if values.len() > MOST_VALUES {
        return Err(DefinitionError::new(
            what,
            format!("more than {MOST_VALUES}"),
        ));
    }
    for (index, value) in values.iter().enumerate() {
        short(what, value, LONGEST_NAME)?;
        if value.is_empty() || values.iter().take(index).any(|other| other == value) {
            return Err(DefinitionError::new(what, "one is empty or there twice"));
        }
    }
    Ok(())
}

fn short(what: &str, text: &str, most: usize) -> Result<(), DefinitionError> {
    if text.contains('\0') {
        return Err(DefinitionError::new(what, "holds the character U+0000"));
    }
    if text.chars().count() > most {
        return Err(DefinitionError::new(
            what,
            format!("longer than {most} characters"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(attribute: &Value) -> (String, String) {
        let schema = json!({"id": "urn:example:Badge", "attributes": [attribute]});
        let error = Schema::parse(&schema).unwrap_err();
        let place = error.place.trim_start_matches("urn:example:Badge:");
        (place.to_owned(), error.problem)
    }

    /// RFC 7643 7: what the characteristics of an attribute may be together.
    // proves: 7643-1.2-simple 7643-2.1-name 7643-7-references 7643-7-writeonly
    #[test]
    fn characteristics_have_to_fit_together() {
        for (attribute, place) in [
            (json!({"name": "2nd"}), "2nd.name"),
            (json!({"name": ""}), ".name"),
            (json!({"name": "a b"}), "a b.name"),
            (
                json!({"name": "$ref", "type": "reference", "referenceTypes": ["uri"]}),
                "$ref.name",
            ),
            (
                json!({"name": "a".repeat(129)}),
                &format!("{}.name", "a".repeat(129)),
            ),
            (
                json!({"name": "a", "description": "x".repeat(4_097)}),
                "a.description",
            ),
            (json!({"name": "a", "type": "complex"}), "a.subAttributes"),
            (
                json!({"name": "a", "subAttributes": [{"name": "b"}]}),
                "a.subAttributes",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [{"name": "b", "type": "complex"}]}),
                "a.b.type",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [{"name": "b"}, {"name": "B"}]}),
                "a.B",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [{"name": "primary"}]}),
                "a.primary.type",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [{"name": "$ref"}]}),
                "a.$ref.type",
            ),
            (
                json!({"name": "a", "type": "boolean", "uniqueness": "server"}),
                "a.uniqueness",
            ),
            (
                json!({"name": "a", "type": "dateTime", "uniqueness": "global"}),
                "a.uniqueness",
            ),
            (
                json!({"name": "a", "type": "integer", "canonicalValues": ["1"]}),
                "a.canonicalValues",
            ),
            (
                json!({"name": "a", "canonicalValues": ["x", "x"]}),
                "a.canonicalValues",
            ),
            (
                json!({"name": "a", "canonicalValues": [""]}),
                "a.canonicalValues",
            ),
            (
                json!({"name": "a", "type": "reference"}),
                "a.referenceTypes",
            ),
            (
                json!({"name": "a", "referenceTypes": ["User"]}),
                "a.referenceTypes",
            ),
            (
                json!({"name": "a", "mutability": "writeOnly", "returned": "default"}),
                "a.returned",
            ),
            (
                json!({"name": "a", "mutability": "writeOnly", "uniqueness": "server"}),
                "a.uniqueness",
            ),
            (
                json!({"name": "a", "mutability": "writeOnly", "uniqueness": "global"}),
                "a.uniqueness",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [
                    {"name": "b", "mutability": "writeOnly", "uniqueness": "server"}]}),
                "a.b.uniqueness",
            ),
            (
                json!({"name": "a", "type": "complex", "mutability": "writeOnly",
                    "subAttributes": [{"name": "b", "uniqueness": "server"}]}),
                "a.uniqueness",
            ),
        ] {
            assert_eq!(refused(&attribute).0, place, "{attribute}");
        }
    }

    #[test]
    fn ids_are_urns_that_a_filter_can_name() {
        for (id, good) in [
            ("urn:example:Badge", true),
            ("URN:ietf:params:scim:schemas:test:2.0:TestResource", true),
            ("", false),
            ("Badge", false),
            ("urn:", false),
            ("urn:example", false),
            ("urn:example:", false),
            ("urn:example::Badge", false),
            ("urn:example:My Badge", false),
            ("urn:example:B\"adge", false),
            ("https://example.com/Badge", false),
            (&format!("urn:example:{}", "x".repeat(256)), false),
        ] {
            let schema = json!({"id": id, "attributes": [{"name": "a"}]});
            assert_eq!(Schema::parse(&schema).is_ok(), good, "{id}");
        }
    }

    #[test]
    fn there_is_an_end_to_what_is_read() {
        let many: Vec<Value> = (0..257).map(|n| json!({"name": format!("a{n}")})).collect();
        let schema = json!({"id": "urn:example:Badge", "attributes": many});
        assert_eq!(
            Schema::parse(&schema).unwrap_err().place,
            "urn:example:Badge:attributes"
        );
    }
}
