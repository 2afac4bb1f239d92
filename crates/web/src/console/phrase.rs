//! Sentences in the language of who reads, with their times in the zone of who reads.

use chrono::{DateTime, Utc};
use vestibule_domain::said::{Piece, Said, Value, pieces};

use super::form::as_machine;
use super::text::Texts;

/// A sentence as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Phrase(pub(crate) Vec<Part>);

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Words of ours.
    Words(String),
    /// Somebody else's, which may run in another direction.
    Quoted(String),
    Time(DateTime<Utc>),
}

impl Texts {
    /// A sentence that has a code, from that section.
    pub(crate) fn said(&self, section: &str, said: &Said) -> Phrase {
        let key = format!("{section}.{}", said.code);
        let text = self.find(&key).unwrap_or(said.english);
        filled(text, &said.values)
    }

    /// The text with that key, with times and words of others in its blanks.
    pub(crate) fn phrase(&self, key: &str, values: &[(&'static str, Value)]) -> Phrase {
        filled(self.get(key), values)
    }
}

fn filled(text: &str, values: &[(&'static str, Value)]) -> Phrase {
    let value = |name: &str| values.iter().find(|(known, _)| *known == name);
    let parts = pieces(text).filter_map(|piece| match piece {
        Piece::Words(words) => Some(Part::Words(words.to_owned())),
        Piece::Blank(name) => value(name).map(|(_, value)| match value {
            // What is all ASCII runs in our direction.
            Value::Text(text) if text.is_ascii() => Part::Words(text.clone()),
            Value::Text(text) => Part::Quoted(text.clone()),
            Value::Instant(at) => Part::Time(*at),
        }),
    });
    Phrase(parts.collect())
}

impl<T: Into<String>> From<T> for Phrase {
    fn from(text: T) -> Self {
        Self(vec![Part::Words(text.into())])
    }
}

/// In words alone, for where there is no markup.
impl std::fmt::Display for Phrase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for part in &self.0 {
            match part {
                Part::Words(text) | Part::Quoted(text) => formatter.write_str(text)?,
                Part::Time(at) => formatter.write_str(&as_machine(at))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vestibule_domain::access::{Instruction, Reason};
    use vestibule_service::Warned;
    use vestibule_service::requests::{Advice, Why};

    use super::*;
    use crate::console::text::Language;

    /// Every sentence that has a code, by its section.
    fn coded() -> Vec<(String, &'static str)> {
        macro_rules! all {
            ($($section:literal $type:ident),+) => {
                [$($type::ALL.iter().map(|one| {
                    (format!("{}.{}", $section, one.code()), one.english())
                }).collect::<Vec<_>>()),+].concat()
            };
        }
        all!("reason" Reason, "change" Instruction, "why" Why, "advice" Advice, "warning" Warned)
    }

    #[test]
    fn every_code_has_its_text_in_every_language() {
        let blanks = |text: &str| -> BTreeSet<String> {
            pieces(text)
                .filter_map(|piece| match piece {
                    Piece::Blank(name) => Some(name.to_owned()),
                    Piece::Words(_) => None,
                })
                .collect()
        };
        for (key, english) in coded() {
            for language in Language::ALL {
                let text = Texts::of(language).find(&key);
                let text = text.unwrap_or_else(|| panic!("{key} in {}", language.tag()));
                assert_eq!(blanks(text), blanks(english), "{key} in {}", language.tag());
            }
            // What the API says, the console says in English.
            assert_eq!(Texts::of(Language::English).get(&key), english, "{key}");
        }
        let keys: BTreeSet<String> = coded().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), coded().len(), "a code stands for one sentence");
    }

    #[test]
    fn a_sentence_keeps_its_times_and_quotes_apart() {
        let at = DateTime::from_timestamp(100, 0).unwrap();
        let said = Reason::EndsLater.said([("vendor", "Ácme".into()), ("end", at.into())]);
        let texts = Texts::of(Language::BrazilianPortuguese);
        assert_eq!(
            texts.said("reason", &said).0,
            [
                Part::Words("O fornecedor ".to_owned()),
                Part::Quoted("Ácme".to_owned()),
                Part::Words(" só termina em ".to_owned()),
                Part::Time(at),
            ]
        );
        assert_eq!(
            texts.said("reason", &said).to_string(),
            "O fornecedor Ácme só termina em 1970-01-01T00:01:40Z"
        );
    }
}
