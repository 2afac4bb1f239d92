//! Enumerations with one stable text per variant: the same word in the JSON of the admin API, in
//! the database and on the command line.

/// A text that names none of the variants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what}; expected one of: {}", .expected.join(", "))]
pub struct UnknownName {
    /// What was to be named, in English: `user type`.
    pub what: &'static str,
    /// The words that would have been understood.
    pub expected: &'static [&'static str],
}

/// Declares an enum whose variants have one text each, with serde, `Display`, `FromStr` and
/// `name()` all made from that text so that they cannot drift apart. A word after `|` is read but
/// never written.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $type:ident ($what:literal) {
            $($(#[$variant_meta:meta])* $variant:ident = $name:literal $(| $alias:literal)*,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $type {
            $($(#[$variant_meta])* #[serde(rename = $name $(, alias = $alias)*)] $variant,)+
        }

        impl $type {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::named::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name $(| $alias)* => Ok(Self::$variant),)+
                    _ => Err($crate::named::UnknownName {
                        what: $what,
                        expected: &[$($name),+],
                    }),
                }
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::vendor::VendorStatus;

    #[test]
    fn an_unknown_word_is_answered_with_the_known_ones() {
        let error = "open".parse::<VendorStatus>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown vendor status; expected one of: pending, enabled, disabled, closed"
        );
    }

    #[test]
    fn every_variant_reads_back_in_text_and_in_json() {
        for status in VendorStatus::ALL {
            assert_eq!(status.name().parse(), Ok(*status));
            let json = serde_json::to_string(status).unwrap();
            assert_eq!(json, format!("\"{status}\""));
            assert_eq!(
                serde_json::from_str::<VendorStatus>(&json).unwrap(),
                *status
            );
        }
    }
}
