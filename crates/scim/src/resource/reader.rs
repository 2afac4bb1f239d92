//! Reading values by the attributes that describe them.

use serde_json::{Map, Value};

use super::distinct::distinct;
use super::place::Place;
use super::reference::{is_uri, leads_to_one};
use super::value::{kind_of, mismatch, simple};
use crate::schema::{
    AttributeType, Mutability, common_attribute, is_group_members, is_manager, is_roles,
};
use crate::{
    Attribute, Error, Limits, ResourceType, Schema, ScimType, Tolerance, Tolerances, json,
};

pub(super) const UNKNOWN_SCHEMA: &str = "no such schema here:";
const UNKNOWN_ATTRIBUTE: &str = "no such attribute here:";

/// Reads values under the limits and the dialect of one request.
pub(crate) struct Reader<'a> {
    limits: &'a Limits,
    tolerances: &'a mut Tolerances,
    /// See [`ResourceType::endpoints`].
    endpoints: &'a [(String, String)],
    /// Whether what is required may be missing.
    in_part: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(limits: &'a Limits, tolerances: &'a mut Tolerances) -> Self {
        Self {
            limits,
            tolerances,
            endpoints: &[],
            in_part: false,
        }
    }

    /// Looks at what references are to.
    pub(crate) fn with_endpoints(self, endpoints: &'a [(String, String)]) -> Self {
        Self { endpoints, ..self }
    }

    /// Reads values of which others are there already, or that are only compared: no sub-attribute has to
    /// be given.
    pub(crate) fn in_part(self, in_part: bool) -> Self {
        Self { in_part, ..self }
    }

    /// Reads one key of a resource and its value.
    pub(super) fn entry(
        &mut self,
        resource_type: &ResourceType,
        key: String,
        value: Value,
        resource: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let attribute = resource_type
            .schema
            .attribute(&key)
            .or_else(|| common_attribute(&key));
        if let Some(attribute) = attribute {
            // `schemas` is written anew.
            if attribute.name == "schemas" {
                return Ok(());
            }
            return self.named(None, attribute, key, value, resource);
        }
        if resource_type.schema.id.eq_ignore_ascii_case(&key) {
            return self.core(&resource_type.schema, &key, value, resource);
        }
        let Some(schema) = resource_type.extension(key.trim()) else {
            let (tolerance, what) = if key.contains(':') {
                (Tolerance::UnknownSchema, UNKNOWN_SCHEMA)
            } else {
                (Tolerance::UnknownAttribute, UNKNOWN_ATTRIBUTE)
            };
            return self.ignore(None, tolerance, what, &key);
        };
        if key.trim().len() != key.len() && !self.tolerances.accept(Tolerance::SpacedUrn) {
            return Err(Place::unknown(None, UNKNOWN_SCHEMA, &key));
        }
        let place = Place::top(&schema.id);
        let data = match value {
            Value::Null => return Ok(()),
            Value::Object(data) => self.object(&place, &schema.attributes, data)?,
            other => return Err(mismatch(&place, AttributeType::Complex, &other)),
        };
        if data.is_empty() {
            return Ok(());
        }
        insert(
            &place,
            resource,
            canonical(key, &schema.id),
            Value::Object(data),
        )
    }

    /// Reads attributes of the core schema that stand in an object under its URN.
    fn core(
        &mut self,
        schema: &Schema,
        key: &str,
        value: Value,
        resource: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        if !self.tolerances.accept(Tolerance::CoreSchemaKey) {
            return Err(Place::unknown(None, UNKNOWN_SCHEMA, key));
        }
        let entries = match value {
            Value::Null => return Ok(()),
            Value::Object(entries) => entries,
            other => return Err(mismatch(&Place::top(key), AttributeType::Complex, &other)),
        };
        for (key, value) in entries {
            if let Some(attribute) = schema.attribute(&key) {
                self.named(None, attribute, key, value, resource)?;
            } else {
                let unknown = Tolerance::UnknownAttribute;
                self.ignore(None, unknown, UNKNOWN_ATTRIBUTE, &key)?;
            }
        }
        Ok(())
    }

    /// Reads the value of an attribute that was found under `key`.
    fn named(
        &mut self,
        parent: Option<&Place<'_>>,
        attribute: &Attribute,
        key: String,
        value: Value,
        object: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let place = Place::below(parent, &attribute.name);
        // RFC 7644, section 3.3: attributes that are readOnly "SHALL be ignored".
        if attribute.mutability == Mutability::ReadOnly {
            return Ok(());
        }
        if attribute.name == "$ref"
            && value.is_null()
            && !self.tolerances.accept(Tolerance::NullReference)
        {
            return Err(mismatch(&place, attribute.kind, &value));
        }
        match self.attribute(&place, attribute, value)? {
            Some(value) if attribute.mutability != Mutability::WriteOnly => {
                insert(&place, object, canonical(key, &attribute.name), value)
            }
            _ => Ok(()),
        }
    }

    /// Reads the value of an attribute; `None` when it is unassigned.
    pub(super) fn attribute(
        &mut self,
        place: &Place<'_>,
        attribute: &Attribute,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        if attribute.multi_valued {
            return self.many(place, attribute, value);
        }
        match value {
            Value::Null => Ok(None),
            Value::Array(mut values) => match (values.pop(), values.is_empty()) {
                (None, _) => Ok(None),
                (Some(value), true) if self.tolerances.accept(Tolerance::SingleForMany) => {
                    self.one(place, attribute, value)
                }
                _ => Err(mismatch(place, attribute.kind, &Value::Array(values))),
            },
            value => self.one(place, attribute, value),
        }
    }

    fn many(
        &mut self,
        place: &Place<'_>,
        attribute: &Attribute,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        let is_members = is_group_members(attribute);
        let sent = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            single if self.tolerances.accept(Tolerance::SingleForMany) => vec![single],
            other => {
                return Err(
                    place.invalid(format_args!("expected an array, got {}", kind_of(&other)))
                );
            }
        };
        let most = if is_members {
            self.limits.members
        } else {
            self.limits.values
        };
        if sent.len() > most {
            return Err(place.invalid(format_args!("more than {most} values")));
        }
        let mut values = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let place = place.at(index);
            let Some(value) = self.one(&place, attribute, value)? else {
                // Dropped, it would make nobody of somebody who cannot be read.
                if is_members {
                    return Err(place.child("value").invalid("a value is required"));
                }
                continue;
            };
            values.push((index, value));
        }
        // A member is told by its value alone, and each is looked up in storage.
        let values = if is_members {
            values.into_iter().map(|(_, value)| value).collect()
        } else {
            distinct(place, attribute, values)?
        };
        // RFC 7643, section 2.5: an empty array is unassigned. See `Resource` on `members`.
        Ok((is_members || !values.is_empty()).then_some(Value::Array(values)))
    }

    /// Reads one value, complex or simple.
    fn one(
        &mut self,
        place: &Place<'_>,
        attribute: &Attribute,
        value: Value,
    ) -> Result<Option<Value>, Error> {
        if value.is_null() {
            return Ok(None);
        }
        if attribute.kind != AttributeType::Complex {
            let value = simple(place, attribute, value, self.limits, self.tolerances)?;
            if let (AttributeType::Reference, Value::String(text)) = (attribute.kind, &value) {
                self.reference(place, attribute, text)?;
            }
            return Ok(Some(value));
        }
        if is_no_manager(attribute, &value) {
            return if self.tolerances.accept(Tolerance::ManagerAsText) {
                Ok(None)
            } else {
                Err(place.child("value").invalid("a value is required"))
            };
        }
        let mut object = match value {
            Value::Object(object) => object,
            Value::String(text) if is_manager(attribute) => self.manager(place, text)?,
            Value::String(text)
                if is_group_members(attribute)
                    && self.tolerances.accept(Tolerance::MemberAsText) =>
            {
                Map::from_iter([("value".to_owned(), Value::String(text))])
            }
            other => return Err(mismatch(place, attribute.kind, &other)),
        };
        if is_roles(attribute) {
            self.unpack_role(place, &mut object)?;
        }
        let object = self.object(place, &attribute.sub_attributes, object)?;
        Ok((!object.is_empty()).then_some(Value::Object(object)))
    }

    /// RFC 7643, section 2.3.7: "The value MUST be the absolute or relative URI of the target
    /// resource", which is one of `referenceTypes`.
    fn reference(
        &mut self,
        place: &Place<'_>,
        attribute: &Attribute,
        text: &str,
    ) -> Result<(), Error> {
        let problem = if !is_uri(text) {
            "expected a URI".to_owned()
        } else if !leads_to_one(text, &attribute.reference_types, self.endpoints) {
            format!(
                "expected the URI of one of: {}",
                attribute.reference_types.join(", ")
            )
        } else {
            return Ok(());
        };
        if self.tolerances.accept(Tolerance::MalformedReference) {
            Ok(())
        } else {
            Err(place.invalid(problem))
        }
    }

    /// Reads the sub-attributes of a complex value, or the attributes of an extension.
    fn object(
        &mut self,
        place: &Place<'_>,
        attributes: &[Attribute],
        sent: Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        let mut object = Map::with_capacity(sent.len());
        for (key, value) in sent {
            let attribute = attributes
                .iter()
                .find(|attribute| attribute.name.eq_ignore_ascii_case(&key));
            match attribute {
                Some(attribute) => self.named(Some(place), attribute, key, value, &mut object)?,
                None => {
                    self.ignore(
                        Some(place),
                        Tolerance::UnknownAttribute,
                        UNKNOWN_ATTRIBUTE,
                        &key,
                    )?;
                }
            }
        }
        if !object.is_empty() && !self.in_part {
            check_required(Some(place), attributes, &object)?;
        }
        Ok(object)
    }

    /// Entra sends the manager's id alone, and an empty text to take the manager away.
    fn manager(&mut self, place: &Place<'_>, text: String) -> Result<Map<String, Value>, Error> {
        if !self.tolerances.accept(Tolerance::ManagerAsText) {
            return Err(mismatch(
                place,
                AttributeType::Complex,
                &Value::String(text),
            ));
        }
        let mut manager = Map::new();
        if !text.is_empty() {
            manager.insert("value".to_owned(), Value::String(text));
        }
        Ok(manager)
    }

    /// Entra sends `{"value": "{\"id\":..,\"value\":\"Operator\",\"displayName\":\"Operator\"}"}`.
    fn unpack_role(
        &mut self,
        place: &Place<'_>,
        role: &mut Map<String, Value>,
    ) -> Result<(), Error> {
        let Some((key, packed)) = role.iter().find_map(|(key, value)| {
            let text = value
                .as_str()
                .filter(|_| key.eq_ignore_ascii_case("value"))?;
            Some((key.clone(), packed_role(text, self.limits)?))
        }) else {
            return Ok(());
        };
        if !self.tolerances.accept(Tolerance::RoleAsJsonText) {
            return Err(place
                .child("value")
                .invalid("expected a role, got JSON text"));
        }
        role.insert(key, packed.value);
        if let Some(display) = packed.display
            && !role.keys().any(|key| key.eq_ignore_ascii_case("display"))
        {
            role.insert("display".to_owned(), display);
        }
        Ok(())
    }

    /// Counts what is ignored, or refuses it.
    fn ignore(
        &mut self,
        parent: Option<&Place<'_>>,
        tolerance: Tolerance,
        what: &str,
        key: &str,
    ) -> Result<(), Error> {
        if self
            .tolerances
            .accept_named(tolerance, &Place::named(parent, key))
        {
            Ok(())
        } else {
            Err(Place::unknown(parent, what, key))
        }
    }
}

/// `{"value": ""}`, by which Entra takes the manager away.
pub(crate) fn is_no_manager(attribute: &Attribute, value: &Value) -> bool {
    is_manager(attribute)
        && value
            .as_object()
            .into_iter()
            .flatten()
            .any(|(key, value)| key.eq_ignore_ascii_case("value") && value == "")
}

struct PackedRole {
    value: Value,
    display: Option<Value>,
}

/// `None` for what is not a role written as JSON; a value that would unpack again is not one.
fn packed_role(text: &str, limits: &Limits) -> Option<PackedRole> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let Ok(Value::Object(mut role)) = json::parse(text.as_bytes(), limits) else {
        return None;
    };
    let value = role.remove("value")?;
    if value.as_str()?.trim_start().starts_with('{') {
        return None;
    }
    let display = role
        .remove("displayName")
        .or_else(|| role.remove("display"));
    Some(PackedRole {
        value,
        display: display.filter(Value::is_string),
    })
}

/// The sent key when it is the canonical name, without allocating another.
fn canonical(key: String, name: &str) -> String {
    if key == name { key } else { name.to_owned() }
}

fn insert(
    place: &Place<'_>,
    object: &mut Map<String, Value>,
    name: String,
    value: Value,
) -> Result<(), Error> {
    match object.insert(name, value) {
        None => Ok(()),
        Some(_) => Err(Error::bad_request(
            ScimType::InvalidSyntax,
            format!("{place}: appears twice"),
        )),
    }
}

/// RFC 7643, section 4.1.1: a required text is "non-empty".
pub(super) fn check_required(
    parent: Option<&Place<'_>>,
    attributes: &[Attribute],
    object: &Map<String, Value>,
) -> Result<(), Error> {
    for attribute in attributes {
        // What is read-only is not the client's to give; what is write-only is not kept.
        if !attribute.required
            || matches!(
                attribute.mutability,
                Mutability::ReadOnly | Mutability::WriteOnly
            )
        {
            continue;
        }
        let given = match object.get(&attribute.name) {
            None => false,
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(_) => true,
        };
        if !given {
            let place = Place::below(parent, &attribute.name);
            return Err(place.invalid("a value is required"));
        }
    }
    Ok(())
}
