//! Attributes written down briefly: the usual characteristics, changed one by one.

use super::{Attribute, AttributeType, Mutability, Returned, Schema, Uniqueness};

/// RFC 7643, section 2.2 gives the defaults: not required, not case exact, readWrite, default, none.
fn attribute(kind: AttributeType, name: &str, description: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        multi_valued: false,
        description: description.to_owned(),
        required: false,
        canonical_values: Vec::new(),
        // RFC 7643, sections 2.3.6 and 2.3.7: a binary and a reference are case exact.
        case_exact: matches!(kind, AttributeType::Binary | AttributeType::Reference),
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        uniqueness: Uniqueness::None,
        reference_types: Vec::new(),
        sub_attributes: Vec::new(),
    }
}

pub(super) fn string(name: &str, description: &str) -> Attribute {
    attribute(AttributeType::String, name, description)
}

pub(super) fn boolean(name: &str, description: &str) -> Attribute {
    attribute(AttributeType::Boolean, name, description)
}

pub(super) fn integer(name: &str, description: &str) -> Attribute {
    attribute(AttributeType::Integer, name, description)
}

pub(super) fn date_time(name: &str, description: &str) -> Attribute {
    attribute(AttributeType::DateTime, name, description)
}

pub(super) fn binary(name: &str, description: &str) -> Attribute {
    attribute(AttributeType::Binary, name, description)
}

pub(super) fn reference(name: &str, types: &[&str], description: &str) -> Attribute {
    Attribute {
        reference_types: owned(types),
        ..attribute(AttributeType::Reference, name, description)
    }
}

pub(super) fn complex<const N: usize>(
    name: &str,
    description: &str,
    sub_attributes: [Attribute; N],
) -> Attribute {
    Attribute {
        sub_attributes: sub_attributes.into(),
        ..attribute(AttributeType::Complex, name, description)
    }
}

/// A multi-valued attribute with the default sub-attributes of RFC 7643, section 2.4, `$ref` apart.
pub(super) fn plural(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    complex(
        name,
        description,
        [
            value,
            string("display", "A name for people to read."),
            string("type", "What the value is used for.").canonical(types),
            primary(),
        ],
    )
    .many()
}

pub(super) fn primary() -> Attribute {
    boolean(
        "primary",
        "Whether this is the preferred value. True at most once.",
    )
}

pub(super) fn schema<const N: usize>(
    id: &str,
    name: &str,
    description: &str,
    attributes: [Attribute; N],
) -> Schema {
    Schema {
        id: id.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        attributes: attributes.into(),
    }
}

impl Attribute {
    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn many(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    pub(super) fn secret(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }

    pub(super) fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    /// Read-only, and so all that lies inside.
    pub(super) fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self.sub_attributes = self
            .sub_attributes
            .into_iter()
            .map(Attribute::read_only)
            .collect();
        self
    }

    pub(super) fn canonical(mut self, values: &[&str]) -> Self {
        self.canonical_values = owned(values);
        self
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
