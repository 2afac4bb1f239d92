//! Sentences for people: English by themselves, each with a code by which another language has it too.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// What stands in a blank of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Instant(DateTime<Utc>),
    /// What would repair something, one [`Instruction`](crate::access::Instruction) after the other.
    Steps(Vec<Said>),
}

/// A sentence with its blanks filled. Its text is English; in another language it is what that
/// language has under its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of the enum that declares the sentence.
    pub code: &'static str,
    /// With blanks such as `{name}`.
    pub english: &'static str,
    pub values: Vec<(&'static str, Value)>,
}

impl Said {
    /// The sentence that a text in English is, if it is this one: what stands between the words of
    /// the sentence are its values.
    pub fn read(code: &'static str, english: &'static str, text: &str) -> Option<Self> {
        let mut values = Vec::new();
        let mut rest = text;
        let mut parts = pieces(english).peekable();
        while let Some(part) = parts.next() {
            match part {
                Piece::Words(words) => rest = rest.strip_prefix(words)?,
                Piece::Blank(name) => {
                    let end = match parts.peek() {
                        // What stands behind the last blank ends the text.
                        Some(Piece::Words(words)) if english.ends_with(words) => {
                            rest.len().checked_sub(words.len())?
                        }
                        Some(Piece::Words(words)) => rest.find(words)?,
                        Some(Piece::Blank(_)) | None => rest.len(),
                    };
                    let (value, behind) = rest.split_at_checked(end)?;
                    values.push((name, Value::read(value)));
                    rest = behind;
                }
            }
        }
        rest.is_empty().then_some(Self {
            code,
            english,
            values,
        })
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in pieces(self.english) {
            match piece {
                Piece::Words(words) => formatter.write_str(words)?,
                Piece::Blank(name) => {
                    if let Some((_, value)) = self.values.iter().find(|(known, _)| *known == name) {
                        write!(formatter, "{value}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// As its English.
impl serde::Serialize for Said {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Value {
    fn read(text: &str) -> Self {
        DateTime::parse_from_rfc3339(text).map_or_else(
            |_| Self::Text(text.to_owned()),
            |at| Self::Instant(at.with_timezone(&Utc)),
        )
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Instant(at) => {
                formatter.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
            Self::Steps(steps) => {
                for (place, step) in steps.iter().enumerate() {
                    let between = if place == 0 { "" } else { ". " };
                    write!(formatter, "{between}{step}")?;
                }
                Ok(())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<DateTime<Utc>> for Value {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Instant(at)
    }
}

/// A part of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Words(&'a str),
    /// The name of a blank.
    Blank(&'a str),
}

/// The parts of a sentence, in their order.
pub fn pieces(sentence: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        if let Some(blank) = rest.strip_prefix('{') {
            let (name, behind) = blank.split_once('}').unwrap_or((blank, ""));
            rest = behind;
            return Some(Piece::Blank(name));
        }
        let (words, behind) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        rest = behind;
        (!words.is_empty()).then_some(Piece::Words(words))
    })
}

/// Declares an enum of sentences, each with its code and its English.
#[macro_export]
macro_rules! sentences {
    (
        $(#[$meta:meta])*
        pub enum $type:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $code:literal $english:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $type {
            /// Every sentence, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// In English, with blanks such as `{name}`.
            pub const fn english(self) -> &'static str {
                match self {
                    $(Self::$variant => $english,)+
                }
            }

            /// With its blanks filled.
            pub fn said(
                self,
                values: impl IntoIterator<Item = (&'static str, $crate::said::Value)>,
            ) -> $crate::said::Said {
                $crate::said::Said {
                    code: self.code(),
                    english: self.english(),
                    values: values.into_iter().collect(),
                }
            }

            /// The first of these sentences that a text in English is.
            pub fn read(text: &str) -> Option<$crate::said::Said> {
                let read = |one: &Self| $crate::said::Said::read(one.code(), one.english(), text);
                Self::ALL.iter().find_map(read)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "Vendor {name} ends at {at}, says {who}";

    fn said() -> Said {
        let at = DateTime::from_timestamp(100, 0).unwrap();
        Said {
            code: "ends",
            english: ENGLISH,
            values: vec![
                ("name", "A {b} c".into()),
                ("at", at.into()),
                ("who", "ada, says grace".into()),
            ],
        }
    }

    #[test]
    fn blanks_are_filled_once() {
        assert_eq!(
            said().to_string(),
            "Vendor A {b} c ends at 1970-01-01T00:01:40Z, says ada, says grace"
        );
    }

    #[test]
    fn a_text_reads_back_as_its_sentence_alone() {
        let read = |text: &str| Said::read("ends", ENGLISH, text);
        assert_eq!(read(&said().to_string()), Some(said()));
        assert_eq!(read("Vendor A starts at 1, says ada"), None);
        assert_eq!(Said::read("bare", "no more", "no more at all"), None);
        let open = Said::read("open", "{all} of it", "all of it of it").unwrap();
        assert_eq!(open.values, [("all", "all of it".into())]);
        assert_eq!(Said::read("open", "{all} of it", "it"), None);
    }
}
