//! What a PATCH does to a resource.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::parse::at;
use super::values::lists_nothing;
use super::work::Work;
use super::{Op, Operation, Patch, PatchPath};
use crate::error::quoted;
use crate::filter::{Filter, matches_value, value_condition};
use crate::path::AttributePath;
use crate::schema::{AttributeType, Mutability};
use crate::target::{Found, container, find, meant};
use crate::{
    Attribute, Error, Limits, Resource, ResourceType, Schema, ScimType, Tolerance, Tolerances,
    resource,
};

/// Applies the operations in order to a copy of `current`, which holds no derived attributes, and
/// holds the outcome to the schemas: all of the message takes effect or none of it. The outcome
/// equals `current` when nothing changed.
///
/// RFC 7644, section 3.5.2. [`Limits::values`] bounds an attribute after each operation, not only in the
/// outcome, and [`Limits::patch_work`] what all operations look at together (413). `current` is canonical, as
/// [`Resource::parse`] and this make it.
pub fn apply(
    patch: &Patch,
    resource_type: &ResourceType,
    current: &Resource,
    limits: &Limits,
    tolerances: &mut Tolerances,
) -> Result<Resource, Error> {
    let mut editor = Editor {
        resource_type,
        data: current.0.clone(),
        limits,
        tolerances,
        work: Work::new(limits),
        written: HashSet::new(),
    };
    for operation in &patch.operations {
        editor
            .operation(operation)
            .map_err(|error| at(operation.index, error))?;
    }
    let Editor { data, written, .. } = editor;
    let mut outcome = resource::validate(resource_type, data, limits, tolerances)?;
    check_begun(resource_type, &current.0, &outcome.0, &written)?;
    resource::check_unchanged(resource_type, &current.0, &mut outcome.0)?;
    Ok(outcome)
}

/// An extension that comes to be has to come with what is required and never kept, as in a POST.
fn check_begun(
    resource_type: &ResourceType,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    written: &HashSet<(String, String)>,
) -> Result<(), Error> {
    for extension in resource_type.containers() {
        let urn = &extension.id;
        if before.contains_key(urn) || !after.contains_key(urn) {
            continue;
        }
        let missing = extension.attributes.iter().find(|attribute| {
            attribute.required
                && attribute.mutability == Mutability::WriteOnly
                && !written.contains(&(urn.clone(), attribute.name.clone()))
        });
        if let Some(attribute) = missing {
            let detail = format!("{urn}:{}: a value is required", attribute.name);
            return Err(invalid_value(&detail));
        }
    }
    Ok(())
}

/// A resource while operations change it.
pub(super) struct Editor<'a> {
    pub(super) resource_type: &'a ResourceType,
    pub(super) data: Map<String, Value>,
    pub(super) limits: &'a Limits,
    pub(super) tolerances: &'a mut Tolerances,
    pub(super) work: Work,
    /// What was given and is never kept: the extension's URN, if it is of one, and the name.
    pub(super) written: HashSet<(String, String)>,
}

impl<'a> Editor<'a> {
    fn operation(&mut self, operation: &Operation) -> Result<(), Error> {
        let value = operation.value.as_ref();
        match (&operation.path, value) {
            (Some(path), value) => self.at_path(operation.op, path, value),
            (None, Some(Value::Object(entries))) => self.entries(operation.op, entries),
            (None, _) => Err(invalid_value(
                "expected an object of attributes, as there is no path",
            )),
        }
    }

    /// The value of an operation without a path, or with the core schema as its path.
    fn entries(&mut self, op: Op, entries: &Map<String, Value>) -> Result<(), Error> {
        entries
            .iter()
            .try_for_each(|(key, value)| self.entry(op, key, value))
    }

    fn entry(&mut self, op: Op, key: &str, value: &Value) -> Result<(), Error> {
        let urn = key.trim();
        if let Some(schema) = container(self.resource_type, urn) {
            if urn.len() != key.len() && !self.tolerances.accept(Tolerance::SpacedUrn) {
                return Err(unknown_path(key));
            }
            return self.whole_schema(op, schema, Some(value));
        }
        let plain = AttributePath::plain(key);
        if let Some(found) = find(self.resource_type, &plain) {
            return self.within_value(op, found, value);
        }
        let path = PatchPath::parse(key, self.limits).ok();
        let Some((path, tolerance)) = path.and_then(|path| self.nested(path)) else {
            return self.ignore_unknown(key);
        };
        if !self.tolerances.accept(tolerance) {
            return Err(unknown_path(key));
        }
        match self.find_leaf(&path) {
            Some(found) if is_read_only(found) => Ok(()),
            _ => self.at_path(op, &path, Some(value)),
        }
    }

    /// The path that a key stands for which is no attribute's name, and what it takes to read it so.
    fn nested(&self, path: PatchPath) -> Option<(PatchPath, Tolerance)> {
        let is_nested = path.filter.is_some()
            || path.path.schema.is_some()
            || path.path.sub_attribute.is_some();
        if is_nested && self.find_leaf(&path).is_some() {
            return Some((path, Tolerance::DottedKey));
        }
        // Without a URN it may be anything: a whole record is sent so, and what nobody knows in it is ignored.
        self.meant(&path)
            .filter(|(_, tolerance)| *tolerance == Tolerance::DottedUrn)
    }

    /// What a path that names nothing here is meant to say.
    fn meant(&self, path: &PatchPath) -> Option<(PatchPath, Tolerance)> {
        let (meant, tolerance) = meant(self.resource_type, &path.path)?;
        let meant = PatchPath {
            path: meant,
            ..path.clone()
        };
        self.find_leaf(&meant)?;
        Some((meant, tolerance))
    }

    /// An attribute named inside a value: what is read-only there is passed over, as in a PUT.
    fn within_value(&mut self, op: Op, found: Found<'_>, value: &Value) -> Result<(), Error> {
        if is_read_only(found) {
            return Ok(());
        }
        if is_schemas(found) {
            return self.known_schemas(value);
        }
        self.attribute(op, found, Some(value))
    }

    /// A schema's URN as a path or as a key: its attributes are in the value.
    fn whole_schema(
        &mut self,
        op: Op,
        schema: Option<&'a Schema>,
        value: Option<&Value>,
    ) -> Result<(), Error> {
        let Some(extension) = schema else {
            return match value {
                Some(Value::Object(entries)) if op != Op::Remove => self.entries(op, entries),
                _ => Err(invalid_path(
                    "the path names the core schema: expected an object of its attributes",
                )),
            };
        };
        match value {
            Some(value) if op == Op::Remove && !lists_nothing(value) => {
                self.remove_within(extension, value)
            }
            _ if op == Op::Remove => self.remove_extension(extension),
            Some(Value::Null) if op == Op::Replace => self.remove_extension(extension),
            Some(Value::Null) => Ok(()),
            Some(Value::Object(entries)) => entries.iter().try_for_each(|(key, value)| {
                let path = AttributePath {
                    schema: Some(extension.id.clone()),
                    ..AttributePath::plain(key)
                };
                match find(self.resource_type, &path) {
                    Some(found) => self.within_value(op, found, value),
                    None => self.ignore_unknown(key),
                }
            }),
            _ => Err(invalid_path(
                "the path names a schema: expected an object of its attributes",
            )),
        }
    }

    /// `remove` with a value is no RFC grammar.
    fn check_removal(&mut self, op: Op, value: Option<&Value>) -> Result<(), Error> {
        if op == Op::Remove
            && value.is_some_and(|value| !value.is_null())
            && !self.tolerances.accept(Tolerance::RemoveWithValue)
        {
            return Err(Error::bad_request(
                ScimType::InvalidSyntax,
                "remove: takes no value",
            ));
        }
        Ok(())
    }

    /// `remove` of an extension with attributes of it: those listed go where their values are equal.
    fn remove_within(&mut self, extension: &'a Schema, value: &Value) -> Result<(), Error> {
        let Value::Object(listed) = value else {
            return Err(invalid_value(
                "the path names a schema: expected an object of its attributes",
            ));
        };
        let mut required = None;
        for (key, value) in listed {
            let path = AttributePath {
                schema: Some(extension.id.clone()),
                ..AttributePath::plain(key)
            };
            let Some(found) = find(self.resource_type, &path) else {
                self.ignore_unknown(key)?;
                continue;
            };
            if is_read_only(found) || lists_nothing(value) {
                continue;
            }
            let left = self.left(found, value)?;
            let data = self.container(found);
            let name = &found.attribute.name;
            match left {
                Some(left) => _ = data.insert(name.clone(), left),
                None if data.shift_remove(name).is_some() && found.attribute.required => {
                    required = Some(name);
                }
                None => {}
            }
        }
        let data = self.data.get(&extension.id);
        if data.and_then(Value::as_object).is_none_or(Map::is_empty) {
            return self.remove_extension(extension);
        }
        match required {
            Some(name) => Err(mutability(name, "is required")),
            None => Ok(()),
        }
    }

    fn remove_extension(&mut self, extension: &Schema) -> Result<(), Error> {
        let required = |schema: &Schema| schema.id == extension.id;
        if self
            .resource_type
            .extensions
            .iter()
            .any(|known| known.required && required(&known.schema))
        {
            return Err(mutability(&extension.id, "is required"));
        }
        self.data.shift_remove(&extension.id);
        Ok(())
    }

    fn at_path(&mut self, op: Op, path: &PatchPath, value: Option<&Value>) -> Result<(), Error> {
        if path.filter.is_none()
            && path.path.sub_attribute.is_none()
            && let Some(schema) = container(self.resource_type, &path.path.to_string())
        {
            self.check_removal(op, value)?;
            return self.whole_schema(op, schema, value);
        }
        let Some(found) = self.find_leaf(path) else {
            if let Some((meant, tolerance)) = self.meant(path)
                && self.tolerances.accept(tolerance)
            {
                return self.at_path(op, &meant, value);
            }
            if self.is_below_simple(path) {
                return Err(invalid_path(&format!(
                    "{} has no sub-attributes",
                    quoted(&path.path.attribute)
                )));
            }
            return self.ignore_unknown(&path.to_string());
        };
        if is_read_only(found) {
            return Err(mutability(&path.to_string(), "is read-only"));
        }
        self.check_removal(op, value)?;
        match &path.filter {
            _ if is_schemas(found) && op != Op::Remove => {
                let value = value.unwrap_or(&Value::Null);
                self.known_schemas(value)?;
                if op == Op::Replace {
                    self.all_schemas(value)?;
                }
                Ok(())
            }
            filter if is_schemas(found) => self.remove_schemas(found, filter.as_ref()),
            Some(filter) => self.selected(op, path, found, filter, value),
            None if found.sub_attribute.is_some() => self.sub_attribute(op, found, value),
            None => self.attribute(op, found, value),
        }
    }

    /// The definitions behind a path, with the sub-attribute behind `].` when there is one.
    fn find_leaf(&self, path: &PatchPath) -> Option<Found<'a>> {
        let found = find(self.resource_type, &path.path)?;
        match &path.sub_attribute {
            Some(name) if found.sub_attribute.is_none() => Some(Found {
                sub_attribute: Some(found.attribute.sub_attribute(name)?),
                ..found
            }),
            Some(_) => None,
            None => Some(found),
        }
    }

    /// Whether the path goes on behind an attribute that is known and simple, or behind a sub-attribute.
    fn is_below_simple(&self, path: &PatchPath) -> bool {
        let attribute = path.path.attribute_alone();
        let goes_on = path.sub_attribute.is_some() || path.path.sub_attribute.is_some();
        goes_on
            && find(self.resource_type, &attribute).is_some_and(|found| {
                found.attribute.kind != AttributeType::Complex || path.path.is_too_deep()
            })
    }

    pub(super) fn ignore_unknown(&mut self, key: &str) -> Result<(), Error> {
        let tolerance = if key.contains(':') {
            Tolerance::UnknownSchema
        } else {
            Tolerance::UnknownAttribute
        };
        if self.tolerances.accept_named(tolerance, key) {
            Ok(())
        } else {
            Err(unknown_path(key))
        }
    }

    /// What is added to `schemas` changes nothing, but has to be what the resource type has.
    fn known_schemas(&mut self, value: &Value) -> Result<(), Error> {
        let sent = match value {
            Value::Null => return Ok(()),
            Value::Array(sent) => sent.as_slice(),
            single => std::slice::from_ref(single),
        };
        for urn in sent {
            let urn = urn.as_str().unwrap_or_default();
            if container(self.resource_type, urn).is_none()
                && !self.tolerances.accept_named(Tolerance::UnknownSchema, urn)
            {
                let detail = format!("schemas: no such schema here: {}", quoted(urn));
                return Err(invalid_value(&detail));
            }
        }
        Ok(())
    }

    /// Whoever replaces `schemas` names those there is data of: to leave one out removes nothing.
    fn all_schemas(&mut self, value: &Value) -> Result<(), Error> {
        let is_named = |urn: &str| match value {
            Value::Array(sent) => sent.iter().any(|sent| names(sent, urn)),
            single => names(single, urn),
        };
        let core = &self.resource_type.schema;
        let of_data = self.resource_type.containers().filter(|schema| {
            let data = self.data.get(&schema.id).and_then(Value::as_object);
            data.is_some_and(|data| !data.is_empty())
        });
        let missing = std::iter::once(core)
            .chain(of_data)
            .find(|schema| !is_named(&schema.id));
        match missing {
            Some(schema) if !self.tolerances.accept(Tolerance::MissingSchemas) => {
                let urn = &schema.id;
                let detail =
                    format!("schemas: expected \"{urn}\" among them: remove its data first");
                Err(invalid_value(&detail))
            }
            _ => Ok(()),
        }
    }

    /// `schemas` follows from the data there is: to remove a URN from it is to remove that data.
    fn remove_schemas(&mut self, found: Found<'_>, filter: Option<&Filter>) -> Result<(), Error> {
        let Some(filter) = filter else {
            return Err(mutability("schemas", "is required"));
        };
        let condition = value_condition(filter, found, self.tolerances)?;
        let resource_type = self.resource_type;
        for schema in resource_type.schemas() {
            if matches_value(&condition, &Value::String(schema.id.clone())) {
                if schema.id == resource_type.schema.id {
                    return Err(mutability(&schema.id, "is required among the schemas"));
                }
                self.remove_extension(schema)?;
            }
        }
        Ok(())
    }
}

fn names(sent: &Value, urn: &str) -> bool {
    sent.as_str()
        .is_some_and(|sent| sent.eq_ignore_ascii_case(urn))
}

/// Whether this is the `schemas` of every resource; an extension may have an attribute of that name.
fn is_schemas(found: Found<'_>) -> bool {
    found.container.is_none() && found.attribute.name == "schemas"
}

fn is_read_only(found: Found<'_>) -> bool {
    found.attribute.mutability == Mutability::ReadOnly
        || found
            .sub_attribute
            .is_some_and(|sub| sub.mutability == Mutability::ReadOnly)
}

pub(super) fn mutability(name: &str, why: &str) -> Error {
    Error::bad_request(ScimType::Mutability, format!("{name} {why}"))
}

/// The same of a sub-attribute.
pub(super) fn part_mutability(of: &Attribute, part: &Attribute, why: &str) -> Error {
    mutability(&format!("{}.{}", of.name, part.name), why)
}

pub(super) fn invalid_value(detail: &str) -> Error {
    Error::bad_request(ScimType::InvalidValue, detail)
}

pub(super) fn invalid_path(detail: &str) -> Error {
    Error::bad_request(ScimType::InvalidPath, detail)
}

fn unknown_path(key: &str) -> Error {
    Error::bad_request(
        ScimType::InvalidPath,
        format!("there is no attribute {} here", quoted(key)),
    )
}
