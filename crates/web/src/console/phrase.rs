//! Sentences in the language of who reads, with their times in the zone of who reads.

use chrono::{DateTime, Utc};
use vestibule_domain::said::{Piece, Said, Value, pieces};
use vestibule_domain::{Flaw, Hindrance, Mistake};

use super::form::as_machine;
use super::text::Texts;

/// The blank of a sentence in which another one stands.
const WHY: &str = "why";

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
        self.filled(text, &said.values)
    }

    /// The text with that key, with times and words of others in its blanks.
    pub(crate) fn phrase(&self, key: &str, values: &[(&'static str, Value)]) -> Phrase {
        self.filled(self.get(key), values)
    }

    /// What is wrong at a field, without the field's name before it.
    pub(crate) fn mistake(&self, field: &str, detail: &str) -> Phrase {
        let bare = detail
            .strip_prefix(field)
            .and_then(|rest| rest.strip_prefix(": "))
            .unwrap_or(detail);
        if let Some(said) = Mistake::read(bare) {
            return self.said("mistake", &said);
        }
        Flaw::read(bare).map_or_else(|| bare.into(), |said| self.said("flaw", &said))
    }

    /// What stands in the way.
    pub(crate) fn hindrance(&self, said: &Said) -> Phrase {
        let one =
            |(blank, value): &(&str, Value)| *blank == "approvals" && *value == Value::from("1");
        let single = format!("hindrance.{}_one", said.code);
        match self.find(&single).filter(|_| said.values.iter().any(one)) {
            Some(text) => self.filled(text, &said.values),
            None => self.said("hindrance", said),
        }
    }

    fn filled(&self, text: &str, values: &[(&'static str, Value)]) -> Phrase {
        let mut parts = Vec::new();
        for piece in pieces(text) {
            match piece {
                Piece::Words(words) => parts.push(Part::Words(words.to_owned())),
                Piece::Blank(blank) => {
                    if let Some((_, value)) = values.iter().find(|(known, _)| *known == blank) {
                        self.fill(blank, value, &mut parts);
                    }
                }
            }
        }
        Phrase(parts)
    }

    /// Words of ours that stand in a blank: what something is, or what it could be.
    fn thing(&self, blank: &str, text: &str) -> Option<String> {
        let found = match blank {
            "what" => self.find(&format!("thing.{text}"))?.to_owned(),
            "expected" => text.replace(" or ", self.get("thing.or")),
            "registered" => self.find(&format!("people_kind.{text}"))?.to_owned(),
            _ => return None,
        };
        Some(found)
    }

    fn fill(&self, blank: &str, value: &Value, parts: &mut Vec<Part>) {
        match value {
            Value::Text(text) if blank == WHY => match Hindrance::read(text) {
                Some(said) => parts.extend(self.hindrance(&said).0),
                None => parts.extend(self.mistake("", text).0),
            },
            Value::Text(text) => match self.thing(blank, text) {
                Some(words) => parts.push(Part::Words(words)),
                None => parts.push(Part::of(text)),
            },
            Value::Instant(at) => parts.push(Part::Time(*at)),
            Value::Steps(steps) => {
                for (place, step) in steps.iter().enumerate() {
                    if place > 0 {
                        parts.push(Part::Words(". ".to_owned()));
                    }
                    parts.extend(self.said("change", step).0);
                }
            }
        }
    }
}

impl Phrase {
    /// Begins with a great letter, unless somebody else's words stand first.
    pub(crate) fn capitalize(&mut self) {
        if let Some(Part::Words(words)) = self.0.first_mut() {
            let mut letters = words.chars();
            if let Some(first) = letters.next() {
                *words = first.to_uppercase().chain(letters).collect();
            }
        }
    }
}

impl Part {
    /// Somebody else's words. What is all ASCII runs in our direction.
    pub(crate) fn of(text: &str) -> Self {
        if text.is_ascii() {
            Self::Words(text.to_owned())
        } else {
            Self::Quoted(text.to_owned())
        }
    }
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

    use serde_json::json;
    use vestibule_domain::access::{Instruction, Reason};
    use vestibule_service::Warned;
    use vestibule_service::requests::{Advice, Why};

    use super::*;
    use crate::console::text::Language;

    macro_rules! all {
        ($($section:literal $type:ident),+) => {
            [$($type::ALL.iter().map(|one| {
                (format!("{}.{}", $section, one.code()), one.english())
            }).collect::<Vec<_>>()),+].concat()
        };
    }

    /// Every sentence that has a code and is the same here and in the API, by its section.
    fn same() -> Vec<(String, &'static str)> {
        all!("reason" Reason, "change" Instruction, "why" Why, "advice" Advice, "warning" Warned)
    }

    /// Every sentence that has a code and is said here as it fits a form.
    fn fitted() -> Vec<(String, &'static str)> {
        all!("mistake" Mistake, "hindrance" Hindrance, "flaw" Flaw)
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
        let coded = [same(), fitted()].concat();
        for (key, english) in &coded {
            for language in Language::ALL {
                let text = Texts::of(language).find(key);
                let text = text.unwrap_or_else(|| panic!("{key} in {}", language.tag()));
                assert_eq!(blanks(text), blanks(english), "{key} in {}", language.tag());
            }
        }
        for (key, english) in same() {
            // What the API says, the console says in English.
            assert_eq!(Texts::of(Language::English).get(&key), english, "{key}");
        }
        let keys: BTreeSet<&String> = coded.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), coded.len(), "a code stands for one sentence");
    }

    #[test]
    fn every_mistake_reads_back_as_itself() {
        for one in Mistake::ALL {
            let filled = one.said(blanks(one.english())).to_string();
            let read = Mistake::read(&filled).map(|said| said.code);
            assert_eq!(read, Some(one.code()), "{filled}");
        }
        for one in Flaw::ALL {
            let filled = one.said(blanks(one.english())).to_string();
            assert!(Mistake::read(&filled).is_none(), "{filled}");
            let read = Flaw::read(&filled).map(|said| said.code);
            assert_eq!(read, Some(one.code()), "{filled}");
        }
    }

    /// Something in each blank of a sentence.
    fn blanks(english: &'static str) -> Vec<(&'static str, Value)> {
        let blanks = pieces(english).filter_map(|piece| match piece {
            Piece::Blank(name) => Some((name, "7".into())),
            Piece::Words(_) => None,
        });
        blanks.collect()
    }

    #[test]
    fn what_the_protocols_find_wrong_has_its_sentence() {
        let wrong = |definition: serde_json::Value| {
            let error = vestibule_scim::schema::Schema::parse(&definition).unwrap_err();
            let read = Flaw::read(&error.problem);
            read.unwrap_or_else(|| panic!("{}", error.problem)).code
        };
        let with = |attribute: serde_json::Value| json!({"id": "urn:example:b", "attributes": [attribute]});
        let many: Vec<_> = (0..999).map(|n| json!({"name": format!("a{n}")})).collect();
        for (definition, code) in [
            (json!(7), "no_object"),
            (
                json!({"id": "urn:example:b", "colour": 1}),
                "unknown_member",
            ),
            (json!({"id": 7}), "no_text"),
            (json!({}), "urn_required"),
            (json!({"id": "badge"}), "bad_urn"),
            (
                json!({"id": format!("urn:example:{}", "x".repeat(999))}),
                "longer_than",
            ),
            (json!({"id": "urn:example:b c"}), "urn_characters"),
            (
                json!({"id": "urn:example:b", "attributes": many}),
                "too_many",
            ),
            (json!({"id": "urn:example:b", "attributes": 1}), "no_array"),
            (with(json!({})), "name_required"),
            (with(json!({"name": "1"})), "bad_name"),
            (with(json!({"name": "a", "type": "odd"})), "no_word"),
            (with(json!({"name": "a", "required": 1})), "no_boolean"),
            (with(json!({"name": "a", "type": "complex"})), "no_nested"),
            (
                with(json!({"name": "a", "type": "reference"})),
                "reference_to_nothing",
            ),
        ] {
            assert_eq!(wrong(definition.clone()), code, "{definition}");
        }
        for (keys, code) in [
            (json!({}), "no_key_set"),
            (json!({"keys": vec![json!({}); 999]}), "too_many_keys"),
            (json!({"keys": [{"kty": "RSA", "d": "x"}]}), "private_key"),
            (json!({"keys": [{"kty": "oct"}]}), "bad_key"),
        ] {
            let error = vestibule_oauth::PublicKeys::register(&keys)
                .unwrap_err()
                .to_string();
            let read = Mistake::read(&error).unwrap_or_else(|| panic!("{error}"));
            assert_eq!(read.code, code);
        }
        // The public key of RFC 8037, appendix A.2.
        let key = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        let federation = json!({
            "issuer": "https://login.example", "jwks_uri": "https://login.example/keys",
            "subjects": ["a"], "audiences": ["b"],
        });
        for (methods, code) in [
            (
                json!({"client_secret_basic": false, "client_secret_post": false}),
                "no_method",
            ),
            (json!({"private_key_jwt": {}}), "keys_or_address"),
            (json!({"private_key_jwt": {"jwks_uri": "keys"}}), "bad_url"),
            (
                json!({"self_signed_tls_client_auth": {"thumbprints": []}}),
                "how_many",
            ),
            (json!({"tls_client_auth": {"san_dns": ""}}), "bad_name"),
            (
                json!({"tls_client_auth": {"subject_dn": "nonsense"}}),
                "no_subject",
            ),
            (
                json!({"federated": [federation, federation]}),
                "subject_twice",
            ),
            (
                json!({"private_key_jwt": {"jwks": {"keys": [key]}, "algorithms": ["RS256"]}}),
                "unfit_keys",
            ),
        ] {
            let methods: vestibule_oauth::Methods = serde_json::from_value(methods).unwrap();
            let error = methods.check().unwrap_err().detail;
            let read = Mistake::read(&error).unwrap_or_else(|| panic!("{error}"));
            assert_eq!(read.code, code);
        }
    }

    #[test]
    fn a_sentence_within_another_is_in_the_same_language() {
        let texts = Texts::of(Language::BrazilianPortuguese);
        let why = Hindrance::NotMailable.said([
            ("person", "ada".into()),
            ("why", Mistake::MailMalformed.english().into()),
        ]);
        let warned =
            Warned::LinkNotGiven.said([("person", "ada".into()), ("why", why.to_string().into())]);
        let shown = texts.said("warning", &warned).to_string();
        assert!(
            shown.contains("Nenhum e-mail chega ao endereço de ada"),
            "{shown}"
        );
        assert!(shown.contains("Isto não é um endereço."), "{shown}");
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
