//! Schemas and attributes as data: reading the JSON of RFC 7643, section 7.

use std::fmt;

use serde_json::{Map, Value};

use super::rules::check_schema;
use super::{Attribute, AttributeType, Mutability, Returned, Schema, Uniqueness};
use crate::error::quoted;
use crate::{Error, ScimType};

/// What is wrong with a definition, and where (RFC 7643, section 7).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefinitionError {
    /// The schema's URN, the names of attribute and sub-attribute, the characteristic, as far as
    /// they are known: `urn:example:Badge:colour.type`.
    pub place: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl DefinitionError {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// The same, further inside.
    pub(super) fn below(mut self, outer: &str, separator: char) -> Self {
        if self.place.is_empty() {
            outer.clone_into(&mut self.place);
        } else {
            self.place = format!("{outer}{separator}{}", self.place);
        }
        self
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.problem)
        } else {
            write!(f, "{}: {}", self.place, self.problem)
        }
    }
}

impl std::error::Error for DefinitionError {}

impl From<DefinitionError> for Error {
    fn from(error: DefinitionError) -> Self {
        Self::bad_request(ScimType::InvalidValue, error.to_string())
    }
}

impl Schema {
    /// Reads the JSON of RFC 7643, section 7, as `/Schemas` publishes it, and holds it to every rule
    /// of that section. Characteristics that are left out have the defaults of section 2.2.
    ///
    /// ```
    /// use vestibule_scim::Schema;
    ///
    /// let schema = Schema::parse(&serde_json::json!({
    ///     "id": "urn:example:params:scim:schemas:Badge",
    ///     "name": "Badge",
    ///     "attributes": [{"name": "colour", "caseExact": true, "canonicalValues": ["red", "blue"]}],
    /// }))?;
    /// assert!(schema.attribute("COLOUR").is_some_and(|colour| colour.case_exact));
    ///
    /// let wrong = serde_json::json!({"id": "urn:example:Badge", "attributes": [{"name": "2nd"}]});
    /// let error = Schema::parse(&wrong).unwrap_err();
    /// assert_eq!(error.place, "urn:example:Badge:2nd.name");
    /// # Ok::<(), vestibule_scim::schema::DefinitionError>(())
    /// ```
    pub fn parse(value: &Value) -> Result<Self, DefinitionError> {
        let schema = read_schema(value)?;
        check_schema(&schema)?;
        Ok(schema)
    }
}

impl Attribute {
    /// Reads the JSON of one attribute (RFC 7643, section 7) with the defaults of section 2.2. The
    /// rules are held when it becomes part of a schema.
    pub fn parse(value: &Value) -> Result<Self, DefinitionError> {
        read_attribute(value, true)
    }
}

fn read_schema(value: &Value) -> Result<Schema, DefinitionError> {
    let object = Fields::of(
        value,
        "a schema",
        // Section 3 and erratum 8417: a schema is a resource too.
        &["schemas", "meta", "id", "name", "description", "attributes"],
    )?;
    let id = object
        .text("id")?
        .ok_or_else(|| DefinitionError::new("id", "a URN is required"))?;
    let attributes = object
        .list("attributes")?
        .iter()
        .map(|value| read_attribute(value, true))
        .collect::<Result<_, _>>()
        .map_err(|error| error.below(&id, ':'))?;
    Ok(Schema {
        name: object.text("name")?.unwrap_or_default(),
        description: object.text("description")?.unwrap_or_default(),
        attributes,
        id,
    })
}

fn read_attribute(value: &Value, top: bool) -> Result<Attribute, DefinitionError> {
    let object = Fields::of(
        value,
        "an attribute",
        &[
            "name",
            "type",
            "multiValued",
            "description",
            "required",
            "canonicalValues",
            "caseExact",
            "mutability",
            "returned",
            "uniqueness",
            "referenceTypes",
            "subAttributes",
        ],
    )?;
    let name = object
        .text("name")?
        .ok_or_else(|| DefinitionError::new("name", "a name is required"))?;
    characteristics(&object, name.clone(), top).map_err(|error| error.below(&name, '.'))
}

fn characteristics(
    object: &Fields<'_>,
    name: String,
    top: bool,
) -> Result<Attribute, DefinitionError> {
    let kind = object
        .word("type", AttributeType::from_word)?
        .unwrap_or(AttributeType::String);
    let sub_attributes = object.list("subAttributes")?;
    // Erratum 8415; it also keeps this from recurring without end.
    if !top && !sub_attributes.is_empty() {
        return Err(DefinitionError::new(
            "subAttributes",
            "a sub-attribute has none of its own",
        ));
    }
    let mutability = object
        .word("mutability", Mutability::from_word)?
        .unwrap_or(Mutability::ReadWrite);
    let by_default = match mutability {
        Mutability::WriteOnly => Returned::Never,
        _ => Returned::Default,
    };
    Ok(Attribute {
        name,
        kind,
        multi_valued: object.boolean("multiValued")?,
        description: object.text("description")?.unwrap_or_default(),
        required: object.boolean("required")?,
        canonical_values: object.texts("canonicalValues")?,
        case_exact: match kind {
            AttributeType::String => object.boolean("caseExact")?,
            // Sections 2.3.6 and 2.3.7: "case exact", whatever section 8.7.1 prints.
            AttributeType::Binary | AttributeType::Reference => {
                object.boolean("caseExact")?;
                true
            }
            // Sections 2.3.2 to 2.3.5 and 2.3.8: they have no case.
            _ => {
                object.boolean("caseExact")?;
                false
            }
        },
        mutability,
        returned: object
            .word("returned", Returned::from_word)?
            .unwrap_or(by_default),
        uniqueness: object
            .word("uniqueness", Uniqueness::from_word)?
            .unwrap_or(Uniqueness::None),
        reference_types: object.texts("referenceTypes")?,
        sub_attributes: sub_attributes
            .iter()
            .map(|value| read_attribute(value, false))
            .collect::<Result<_, _>>()?,
    })
}

/// The members of a JSON object by their names, read without case (RFC 7643, section 2.1).
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// An object with no other members than these: a misspelt one would be a rule nobody holds.
    pub(super) fn of(
        value: &'a Value,
        what: &str,
        known: &[&str],
    ) -> Result<Self, DefinitionError> {
        let Value::Object(object) = value else {
            return Err(DefinitionError::new("", format!("{what} is a JSON object")));
        };
        let is_known = |key: &String| known.iter().any(|name| key.eq_ignore_ascii_case(name));
        if let Some(other) = object.keys().find(|key| !is_known(key)) {
            let problem = format!(
                "{what} has no {}: it has {}",
                quoted(other),
                known.join(", ")
            );
            return Err(DefinitionError::new("", problem));
        }
        Ok(Self(object))
    }

    /// `None` when it is absent or null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, DefinitionError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(DefinitionError::new(name, "expected a string")),
        }
    }

    pub(super) fn boolean(&self, name: &str) -> Result<bool, DefinitionError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(DefinitionError::new(name, "expected true or false")),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<&'a [Value], DefinitionError> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(DefinitionError::new(name, "expected an array")),
        }
    }

    /// null when it is absent.
    pub(super) fn value(&self, name: &str) -> &'a Value {
        self.get(name).unwrap_or(&Value::Null)
    }

    fn texts(&self, name: &str) -> Result<Vec<String>, DefinitionError> {
        self.list(name)?
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| DefinitionError::new(name, "expected an array of strings"))
    }

    fn word<T>(
        &self,
        name: &str,
        from_word: fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, DefinitionError> {
        let Some(word) = self.text(name)? else {
            return Ok(None);
        };
        from_word(&word).map(Some).map_err(|expected| {
            DefinitionError::new(name, format!("expected {expected}, got {}", quoted(&word)))
        })
    }
}

impl AttributeType {
    /// The type of that very name; otherwise the names there are.
    fn from_word(word: &str) -> Result<Self, &'static str> {
        Ok(match word {
            "string" => Self::String,
            "boolean" => Self::Boolean,
            "decimal" => Self::Decimal,
            "integer" => Self::Integer,
            "dateTime" => Self::DateTime,
            "binary" => Self::Binary,
            "reference" => Self::Reference,
            "complex" => Self::Complex,
            _ => {
                return Err(
                    "string, boolean, decimal, integer, dateTime, binary, reference or complex",
                );
            }
        })
    }
}

impl AttributeType {
    /// The name of the type: `dateTime`.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

impl Mutability {
    fn from_word(word: &str) -> Result<Self, &'static str> {
        Ok(match word {
            "readOnly" => Self::ReadOnly,
            "readWrite" => Self::ReadWrite,
            "immutable" => Self::Immutable,
            "writeOnly" => Self::WriteOnly,
            _ => return Err("readOnly, readWrite, immutable or writeOnly"),
        })
    }
}

impl Returned {
    fn from_word(word: &str) -> Result<Self, &'static str> {
        Ok(match word {
            "always" => Self::Always,
            "never" => Self::Never,
            "default" => Self::Default,
            "request" => Self::Request,
            _ => return Err("always, never, default or request"),
        })
    }
}

impl Uniqueness {
    fn from_word(word: &str) -> Result<Self, &'static str> {
        Ok(match word {
            "none" => Self::None,
            "server" => Self::Server,
            "global" => Self::Global,
            _ => return Err("none, server or global"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn attribute(value: &Value) -> Result<Attribute, DefinitionError> {
        let schema = Schema::parse(&json!({"id": "urn:example:Badge", "attributes": [value]}))?;
        Ok(schema.attributes.into_iter().next().expect("one was given"))
    }

    fn refused(value: &Value) -> (String, String) {
        let error = attribute(value).unwrap_err();
        (error.place, error.problem)
    }

    /// RFC 7643 2.2: the characteristics an attribute has when nothing is said of them.
    // proves: 7643-2.2-defaults
    #[test]
    fn what_is_left_out_has_its_default() {
        let colour = attribute(&json!({"name": "colour"})).unwrap();
        assert_eq!(
            serde_json::to_value(&colour).unwrap(),
            json!({"name": "colour", "type": "string", "multiValued": false, "description": "",
                "required": false, "caseExact": false, "mutability": "readWrite",
                "returned": "default", "uniqueness": "none"})
        );
        let secret = attribute(&json!({"name": "pin", "mutability": "writeOnly"})).unwrap();
        assert_eq!(secret.returned, Returned::Never);
    }

    #[test]
    fn what_is_published_is_read_back() {
        for schema in [
            crate::schema::user(),
            crate::schema::group(),
            crate::schema::enterprise_user(),
            crate::schema::service_provider_config(),
            crate::schema::resource_type(),
        ] {
            let published = serde_json::to_value(&schema).unwrap();
            assert_eq!(Schema::parse(&published).unwrap(), schema);
        }
    }

    #[test]
    fn names_of_characteristics_are_read_without_case() {
        let read = attribute(
            &json!({"NAME": "a", "MultiValued": true, "Type": "integer", "required": null}),
        );
        let read = read.unwrap();
        assert!(read.multi_valued && read.kind == AttributeType::Integer);
    }

    // proves: 7643-2.3-types 7643-2.3.8-nesting
    #[test]
    fn every_mistake_has_its_place() {
        for (value, place, problem) in [
            (json!("a"), "urn:example:Badge", "is a JSON object"),
            (
                json!({"type": "string"}),
                "urn:example:Badge:name",
                "a name is required",
            ),
            (
                json!({"name": 1}),
                "urn:example:Badge:name",
                "expected a string",
            ),
            (
                json!({"name": "a", "type": "text"}),
                "urn:example:Badge:a.type",
                "got \"text\"",
            ),
            (
                json!({"name": "a", "type": "String"}),
                "urn:example:Badge:a.type",
                "got \"String\"",
            ),
            (
                json!({"name": "a", "multivalue": true}),
                "urn:example:Badge",
                "\"multivalue\"",
            ),
            (
                json!({"name": "a", "required": "yes"}),
                "urn:example:Badge:a.required",
                "true or false",
            ),
            (
                json!({"name": "a", "mutability": "x"}),
                "urn:example:Badge:a.mutability",
                "readOnly",
            ),
            (
                json!({"name": "a", "returned": "x"}),
                "urn:example:Badge:a.returned",
                "always",
            ),
            (
                json!({"name": "a", "uniqueness": "x"}),
                "urn:example:Badge:a.uniqueness",
                "server",
            ),
            (
                json!({"name": "a", "canonicalValues": [1]}),
                "urn:example:Badge:a.canonicalValues",
                "strings",
            ),
            (
                json!({"name": "a", "type": "complex", "subAttributes": [
                    {"name": "b", "type": "complex", "subAttributes": [{"name": "c"}]}]}),
                "urn:example:Badge:a.b.subAttributes",
                "none of its own",
            ),
        ] {
            let (at, what) = refused(&value);
            assert_eq!(at, place, "{value}");
            assert!(what.contains(problem), "{value}: {what}");
        }
    }
}
