//! Scopes: what a client, a token or a request may do (RFC 6749 section 3.3).

use std::fmt;

use oauth2::Scope;
use serde::{Deserialize, Serialize};

/// Every name a scope may be asked for by, in the order in which the metadata lists them.
pub(crate) const NAMES: [&str; 3] = ["scim", "scim:read", "scim:write"];

/// A set of the two scopes `scim:read` and `scim:write`; `scim` names both.
///
/// Written (and serialised) in one way only: `scim`, `scim:read`, `scim:write` or, for the empty
/// set, the empty string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(u8);

/// A scope was named that this server does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {:?}", .0.as_str())]
pub struct UnknownScope(pub Scope);

impl Scopes {
    /// No scope at all.
    pub const NONE: Self = Self(0);
    /// `scim:read`: read resources.
    pub const READ: Self = Self(0b01);
    /// `scim:write`: create, change and delete resources.
    pub const WRITE: Self = Self(0b10);
    /// `scim`: both.
    pub const ALL: Self = Self(0b11);

    /// The set named by `text`, scopes apart by spaces, in any order, repeated or not. A name is
    /// compared with its case, as RFC 6749 section 3.3 has it.
    pub fn parse(text: &str) -> Result<Self, UnknownScope> {
        let names = text.split(' ').filter(|name| !name.is_empty());
        names
            .map(Self::named)
            .try_fold(Self::NONE, |set, one| Ok(set.union(one?)))
    }

    fn named(name: &str) -> Result<Self, UnknownScope> {
        match name {
            "scim" => Ok(Self::ALL),
            "scim:read" => Ok(Self::READ),
            "scim:write" => Ok(Self::WRITE),
            _ => Err(UnknownScope(Scope::new(name.to_owned()))),
        }
    }

    /// The canonical text: see [`Scopes`].
    pub const fn as_str(self) -> &'static str {
        match (self.contains(Self::READ), self.contains(Self::WRITE)) {
            (true, true) => "scim",
            (true, false) => "scim:read",
            (false, true) => "scim:write",
            (false, false) => "",
        }
    }

    /// Whether everything in `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether everything in this set is in `other`.
    pub const fn is_subset_of(self, other: Self) -> bool {
        other.contains(self)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in one or the other.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Scopes {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: [Scopes; 4] = [Scopes::NONE, Scopes::READ, Scopes::WRITE, Scopes::ALL];

    #[test]
    fn names_in_any_order_make_the_set() {
        for (text, set) in [
            ("", Scopes::NONE),
            ("scim", Scopes::ALL),
            ("scim:read", Scopes::READ),
            ("scim:write scim:read", Scopes::ALL),
            ("scim:write  scim:write ", Scopes::WRITE),
            ("scim scim:read", Scopes::ALL),
        ] {
            assert_eq!(Scopes::parse(text), Ok(set), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_name_is_told() {
        for text in [
            "SCIM",
            "scim:",
            "scim:read\tscim:write",
            "openid",
            "scim:read,scim:write",
        ] {
            let unknown = UnknownScope(Scope::new(text.to_owned()));
            assert_eq!(Scopes::parse(&format!("scim {text}")), Err(unknown));
        }
    }

    #[test]
    fn text_and_json_round_trip() {
        for set in SETS {
            assert_eq!(Scopes::parse(&set.to_string()), Ok(set));
            let json = serde_json::to_value(set).unwrap();
            assert_eq!(json, serde_json::json!(set.to_string()));
            assert_eq!(serde_json::from_value::<Scopes>(json).unwrap(), set);
        }
        assert!(serde_json::from_str::<Scopes>("\"admin\"").is_err());
    }

    #[test]
    fn set_operations_agree_with_each_other() {
        for a in SETS {
            for b in SETS {
                assert_eq!(a.is_subset_of(b), a.intersect(b) == a);
                assert_eq!(a.contains(b), a.union(b) == a);
            }
            assert_eq!(a.is_empty(), a == Scopes::NONE);
        }
        assert!(!Scopes::READ.contains(Scopes::WRITE));
        assert!(!Scopes::READ.contains(Scopes::ALL));
    }

    #[test]
    fn every_published_name_parses() {
        for name in NAMES {
            assert_eq!(Scopes::parse(name).unwrap().as_str(), name);
        }
    }
}
