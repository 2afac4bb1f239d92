//! Everything the console says, in one file for each language.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use chrono::Duration;
use toml::{Table, Value};
use vestibule_domain::said::{Piece, pieces};

/// A language the console speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    BrazilianPortuguese,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::BrazilianPortuguese];

    /// As in `lang` attributes and the cookie.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::BrazilianPortuguese => "pt-BR",
        }
    }

    /// What it calls itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::BrazilianPortuguese => "Português (Brasil)",
        }
    }

    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.tag() == tag)
    }

    /// The first language of an `Accept-Language` that is spoken here.
    pub(crate) fn accepted(header: &str) -> Self {
        header
            .split(',')
            .filter_map(|range| range.split([';', '-']).next())
            .find_map(
                |primary| match primary.trim().to_ascii_lowercase().as_str() {
                    "en" => Some(Self::English),
                    "pt" => Some(Self::BrazilianPortuguese),
                    _ => None,
                },
            )
            .unwrap_or(Self::English)
    }
}

/// The texts of one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) language: Language,
    texts: &'static HashMap<String, String>,
}

impl Texts {
    pub(crate) fn of(language: Language) -> Self {
        static ENGLISH: LazyLock<HashMap<String, String>> =
            LazyLock::new(|| flat(include_str!("../../texts/en.toml")));
        static PORTUGUESE: LazyLock<HashMap<String, String>> =
            LazyLock::new(|| flat(include_str!("../../texts/pt-BR.toml")));
        let texts: &'static HashMap<String, String> = match language {
            Language::English => &ENGLISH,
            Language::BrazilianPortuguese => &PORTUGUESE,
        };
        Self { language, texts }
    }

    /// The text with that key. A key that no file has shows itself, and a test finds it.
    pub(crate) fn get<'a>(&self, key: &'a str) -> &'a str {
        self.find(key).unwrap_or(key)
    }

    pub(crate) fn find(&self, key: &str) -> Option<&'static str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The text with that key as a `String`.
    pub(crate) fn own(&self, key: &str) -> String {
        self.get(key).to_owned()
    }

    /// The text of a word of the domain in that section.
    pub(crate) fn own_of(&self, section: &str, word: &str) -> String {
        self.find(&format!("{section}.{word}"))
            .unwrap_or(word)
            .to_owned()
    }

    /// The text with that key, with `{name}` replaced by each value.
    pub(crate) fn say(&self, key: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
        let mut text = String::new();
        for piece in pieces(self.get(key)) {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Blank(name) => {
                    if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                        let _ = write!(text, "{value}");
                    }
                }
            }
        }
        text
    }

    /// A count with its thousands apart.
    pub(crate) fn count(&self, count: usize) -> String {
        let apart = match self.language {
            Language::English => ',',
            Language::BrazilianPortuguese => '.',
        };
        let digits = count.to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(apart);
            }
            text.push(digit);
        }
        text
    }

    /// A span of time in its largest whole unit.
    pub(crate) fn span(&self, span: Duration) -> String {
        let seconds = span.num_seconds();
        let (count, unit) = match seconds {
            s if s % 86_400 == 0 => (s / 86_400, "day"),
            s if s % 3_600 == 0 => (s / 3_600, "hour"),
            s if s % 60 == 0 => (s / 60, "minute"),
            s => (s, "second"),
        };
        let many = if count == 1 { "" } else { "s" };
        self.say(&format!("span.{unit}{many}"), &[("count", &count)])
    }

    /// A word of the domain (`enabled`, `third_party`) as people read it.
    pub(crate) fn word(&self, word: &str) -> String {
        self.own_of("word", word)
    }
}

fn flat(source: &str) -> HashMap<String, String> {
    let sections: Table = source.parse().expect("a test reads every file of texts");
    let mut texts = HashMap::new();
    for (section, entries) in sections {
        if let Value::Table(entries) = entries {
            for (key, text) in entries {
                if let Value::String(text) = text {
                    texts.insert(format!("{section}.{key}"), text);
                }
            }
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use regex::Regex;
    use vestibule_domain::access_request::RequestState;
    use vestibule_domain::event::{Action, SubjectKind};
    use vestibule_domain::link::LinkEnd;
    use vestibule_domain::timeline::MomentKind;

    use super::*;

    fn keys(language: Language) -> BTreeSet<String> {
        Texts::of(language).texts.keys().cloned().collect()
    }

    #[test]
    fn every_language_says_everything() {
        assert!(keys(Language::English).len() > 200);
        assert_eq!(keys(Language::English), keys(Language::BrazilianPortuguese));
    }

    #[test]
    fn every_language_fills_the_same_blanks() {
        let blank = Regex::new(r"\{(\w+)\}").unwrap();
        let blanks = |text: &str| -> BTreeSet<String> {
            blank
                .captures_iter(text)
                .map(|found| found[1].to_owned())
                .collect()
        };
        let (one, other) = (
            Texts::of(Language::English),
            Texts::of(Language::BrazilianPortuguese),
        );
        for key in keys(Language::English) {
            assert_eq!(blanks(one.get(&key)), blanks(other.get(&key)), "{key}");
        }
    }

    #[test]
    fn every_text_asked_for_is_there() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let asked = Regex::new(r#"\b(?:get|own|say|phrase)\(\s*"([a-z_]+\.[a-z_0-9.]+)""#).unwrap();
        let known = keys(Language::English);
        let mut seen = 0;
        let mut folders = vec![
            format!("{root}src/console"),
            format!("{root}templates/console"),
        ];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path.display().to_string());
                    continue;
                }
                // This file alone speaks of a key that is not there.
                if path.ends_with("text.rs") {
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                for found in asked.captures_iter(&source) {
                    seen += 1;
                    let key = &found[1];
                    assert!(known.contains(key), "{}: {key}", path.display());
                }
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn every_word_of_the_domain_that_is_shown_has_a_text() {
        let known = keys(Language::English);
        let actions = Action::ALL.iter().map(|one| ("action", one.name()));
        let subjects = SubjectKind::ALL.iter().map(|one| ("subject", one.name()));
        let moments = MomentKind::ALL.iter().map(|one| ("moment", one.name()));
        let states = RequestState::ALL
            .iter()
            .map(|one| ("request_state", one.name()));
        let ends = LinkEnd::ALL.iter().map(|one| ("link_end", one.name()));
        let tolerances = vestibule_scim::Tolerance::ALL.iter();
        let tolerances =
            tolerances.flat_map(|one| ["tolerance", "tolerance_name"].map(|of| (of, one.name())));
        let sentences = Action::ALL.iter().map(|one| ("happened", one.name()));
        let words = actions.chain(sentences).chain(subjects);
        let words = words.chain(moments).chain(tolerances);
        for (section, word) in words.chain(states).chain(ends) {
            let key = format!("{section}.{word}");
            assert!(known.contains(&key), "{key}");
        }
    }

    #[test]
    fn spans_stand_in_their_largest_whole_unit() {
        let texts = Texts::of(Language::English);
        let minutes = |minutes| texts.span(Duration::minutes(minutes));
        assert_eq!(minutes(60), "1 hour");
        assert_eq!(minutes(90), "90 minutes");
        assert_eq!(minutes(2_880), "2 days");
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        let texts = Texts::of(Language::English);
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(texts.count(count), text);
        }
        let portuguese = Texts::of(Language::BrazilianPortuguese);
        assert_eq!(portuguese.count(10_000), "10.000");
    }

    #[test]
    fn blanks_are_filled_and_strangers_dropped() {
        let texts = Texts::of(Language::English);
        assert_eq!(texts.say("no.such.key", &[]), "no.such.key");
        assert_eq!(
            texts.say("a {name} b {other} c", &[("name", &"<x{y}>")]),
            "a <x{y}> b  c"
        );
    }

    #[test]
    fn the_browser_says_which_language() {
        assert_eq!(Language::accepted(""), Language::English);
        assert_eq!(
            Language::accepted("de-DE, pt;q=0.9"),
            Language::BrazilianPortuguese
        );
        assert_eq!(Language::accepted("en-GB,pt"), Language::English);
    }
}
