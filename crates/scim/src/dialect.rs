//! What a client may bend. A [`Dialect`] says which deviations from RFC 7643/7644 are accepted; a
//! [`Tolerances`] records by name which of them one request made use of, so that an administrator
//! can see what a product really sends.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One named deviation that the tolerant dialect accepts and the strict dialect refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tolerance {
    /// `"op": "Replace"` instead of `"op": "replace"`.
    CapitalisedOperation,
    /// `"False"`, `"1"` where a boolean is due, in values and in filter operands.
    BooleanText,
    /// `"name.givenName"` or a URN-prefixed key inside a path-less PATCH value.
    DottedKey,
    /// A value path that matches nothing created the element it describes.
    ValuePathCreated,
    /// `remove` with a path and an array of values: only those listed went.
    RemoveWithValue,
    /// An attribute no schema defines was ignored.
    UnknownAttribute,
    /// A schema URN the resource type does not have was ignored.
    UnknownSchema,
    /// `attr[filter].sub op value` in a list filter.
    ValuePathSubAttribute,
    /// The attribute `email`, read as the primary e-mail.
    EmailAlias,
    /// `manager` as bare text instead of a complex value, or with an empty `value`.
    ManagerAsText,
    /// JSON text inside `roles.value`.
    RoleAsJsonText,
    /// Spaces around a schema URN used as a key.
    SpacedUrn,
    /// The core schema's URN as the key of an object of its attributes, in POST and PUT.
    CoreSchemaKey,
    /// `"$ref": null`.
    NullReference,
    /// A single value where an array is due, or the reverse.
    SingleForMany,
    /// A reference that is no URI, or not one of a resource it may be to.
    MalformedReference,
    /// A resource or message without the `schemas` that name it.
    MissingSchemas,
    /// `replace` of members that a value path selects: others took their places.
    MemberReplaced,
    /// An attribute of an extension without the extension's URN.
    UnqualifiedAttribute,
    /// A dot where a colon belongs, between a schema's URN and an attribute of it.
    DottedUrn,
    /// A member as the bare text of its id.
    MemberAsText,
    /// A simple value in a PATCH as `{"value": ...}`.
    WrappedValue,
}

impl Tolerance {
    /// Every deviation that is ever accepted.
    pub const ALL: [Self; 22] = [
        Self::CapitalisedOperation,
        Self::BooleanText,
        Self::DottedKey,
        Self::ValuePathCreated,
        Self::RemoveWithValue,
        Self::UnknownAttribute,
        Self::UnknownSchema,
        Self::ValuePathSubAttribute,
        Self::EmailAlias,
        Self::ManagerAsText,
        Self::RoleAsJsonText,
        Self::SpacedUrn,
        Self::CoreSchemaKey,
        Self::NullReference,
        Self::SingleForMany,
        Self::MalformedReference,
        Self::MissingSchemas,
        Self::MemberReplaced,
        Self::UnqualifiedAttribute,
        Self::DottedUrn,
        Self::MemberAsText,
        Self::WrappedValue,
    ];

    /// The name under which it is counted and shown: `capitalised_operation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CapitalisedOperation => "capitalised_operation",
            Self::BooleanText => "boolean_text",
            Self::DottedKey => "dotted_key",
            Self::ValuePathCreated => "value_path_created",
            Self::RemoveWithValue => "remove_with_value",
            Self::UnknownAttribute => "unknown_attribute",
            Self::UnknownSchema => "unknown_schema",
            Self::ValuePathSubAttribute => "value_path_sub_attribute",
            Self::EmailAlias => "email_alias",
            Self::ManagerAsText => "manager_as_text",
            Self::RoleAsJsonText => "role_as_json_text",
            Self::SpacedUrn => "spaced_urn",
            Self::CoreSchemaKey => "core_schema_key",
            Self::NullReference => "null_reference",
            Self::SingleForMany => "single_for_many",
            Self::MalformedReference => "malformed_reference",
            Self::MissingSchemas => "missing_schemas",
            Self::MemberReplaced => "member_replaced",
            Self::UnqualifiedAttribute => "unqualified_attribute",
            Self::DottedUrn => "dotted_urn",
            Self::MemberAsText => "member_as_text",
            Self::WrappedValue => "wrapped_value",
        }
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How literally a client is held to the RFCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Accepts what real products send wrongly, and counts it.
    #[default]
    Tolerant,
    /// Refuses every deviation with the right error.
    Strict,
}

/// The dialect of one request together with what it had to tolerate.
#[derive(Debug, Clone, Default)]
pub struct Tolerances {
    dialect: Dialect,
    used: BTreeMap<Tolerance, u32>,
    names: BTreeMap<Tolerance, Vec<String>>,
}

impl Tolerances {
    /// Names kept of each tolerance.
    pub const MAX_NAMES: usize = 5;
    /// Characters kept of a name.
    pub const MAX_NAME: usize = 100;

    /// Nothing has been tolerated yet.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            ..Self::default()
        }
    }

    /// Whether the deviation is accepted; if so it is counted.
    #[must_use = "a deviation that is not accepted has to be refused"]
    pub fn accept(&mut self, tolerance: Tolerance) -> bool {
        match self.dialect {
            Dialect::Strict => false,
            Dialect::Tolerant => {
                *self.used.entry(tolerance).or_default() += 1;
                true
            }
        }
    }

    /// The same of something that has a name of the client's: an attribute, a schema. The first
    /// [`MAX_NAMES`](Self::MAX_NAMES) different names of a request are kept, each cut to
    /// [`MAX_NAME`](Self::MAX_NAME) characters; the filter of a path is left out, since it holds values.
    #[must_use = "a deviation that is not accepted has to be refused"]
    pub fn accept_named(&mut self, tolerance: Tolerance, name: &str) -> bool {
        let accepted = self.accept(tolerance);
        if accepted {
            let names = self.names.entry(tolerance).or_default();
            if names.len() < Self::MAX_NAMES {
                let (before, behind) = match (name.find('['), name.rfind(']')) {
                    (Some(start), Some(end)) if start < end => name.split_at(end + 1),
                    _ => (name, ""),
                };
                let before = before.split('[').next().unwrap_or_default();
                let characters = before.chars().chain(behind.chars());
                let name: String = characters.take(Self::MAX_NAME).collect();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        accepted
    }

    /// The names under which a deviation was accepted, in the order in which they came: the client's own
    /// text. Empty for one without names.
    pub fn names(&self, tolerance: Tolerance) -> &[String] {
        self.names.get(&tolerance).map_or(&[], Vec::as_slice)
    }

    /// What was tolerated, and how often.
    pub fn used(&self) -> impl Iterator<Item = (Tolerance, u32)> + '_ {
        self.used
            .iter()
            .map(|(tolerance, count)| (*tolerance, *count))
    }
}

/// What a text says where a boolean is due (`boolean_text`): `True`, `false`, `1`, `0`.
pub(crate) fn boolean_text(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_accepts_nothing_and_counts_nothing() {
        let mut strict = Tolerances::new(Dialect::Strict);
        assert!(!strict.accept(Tolerance::BooleanText));
        assert_eq!(strict.used().count(), 0);
    }

    #[test]
    fn tolerant_counts_by_name() {
        let mut tolerant = Tolerances::default();
        assert!(tolerant.accept(Tolerance::SpacedUrn));
        assert!(tolerant.accept(Tolerance::SpacedUrn));
        let used: Vec<_> = tolerant
            .used()
            .map(|(t, count)| (t.name(), count))
            .collect();
        assert_eq!(used, [("spaced_urn", 2)]);
    }

    #[test]
    fn names_are_few_short_and_without_values() {
        let mut tolerant = Tolerances::default();
        let unknown = Tolerance::UnknownAttribute;
        for name in [
            "hatSize",
            "hatSize",
            "phones[value eq \"a]b\"].kind",
            "a[b",
            "][",
        ] {
            assert!(tolerant.accept_named(unknown, name));
        }
        assert_eq!(
            tolerant.names(unknown),
            ["hatSize", "phones.kind", "a", "]"]
        );
        for number in 0..10 {
            assert!(tolerant.accept_named(unknown, &format!("{number}{}", "\u{e7}".repeat(999))));
        }
        assert_eq!(tolerant.names(unknown).len(), Tolerances::MAX_NAMES);
        assert_eq!(
            tolerant.names(unknown)[4].chars().count(),
            Tolerances::MAX_NAME
        );
        assert!(tolerant.names(Tolerance::UnknownSchema).is_empty());
        let mut strict = Tolerances::new(Dialect::Strict);
        assert!(!strict.accept_named(unknown, "hatSize"));
        assert!(strict.names(unknown).is_empty());
    }

    #[test]
    fn the_name_is_the_serialised_name() {
        for tolerance in Tolerance::ALL {
            assert_eq!(serde_json::to_value(tolerance).unwrap(), tolerance.name());
        }
    }
}
