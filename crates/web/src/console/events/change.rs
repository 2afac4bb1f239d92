//! What an event changed, in a line: with its values, short on a page and whole in a spreadsheet.

use serde_json::{Map, Value};
use uuid::Uuid;
use vestibule_domain::instant;
use vestibule_service::events::EventRecord;

use super::super::page::Cell;
use super::super::phrase::{Part, Phrase};
use super::super::text::Texts;
use super::super::visit::Visit;
use super::super::warnings;

/// Fields that a line on a page tells.
const FIELDS: usize = 4;
/// Values of a list, or parts of a whole, that it tells of a field.
const VALUES: usize = 3;
/// Characters of a text that it tells.
const LONGEST: usize = 40;
/// How deep a whole is told by its parts; below that as it is written.
const DEEPEST: usize = 3;
/// What stands where nothing is.
const NOTHING: &str = "–";

/// What changed: why, else the fields with what they were and are; in a spreadsheet both.
pub(super) fn cell(visit: &Visit, event: &EventRecord) -> Cell {
    let payload = event.payload.as_ref();
    let whole = visit.wants_csv();
    let why = payload.and_then(|payload| payload.get("why")?.as_str());
    let why = why.map(|why| warnings::sentence(visit.t, why));
    if let Some(why) = why.as_ref().filter(|_| !whole) {
        return why.clone();
    }
    let side = |side: &str| payload.and_then(|payload| payload.get(side)?.as_object());
    let telling = Telling {
        t: visit.t,
        event,
        whole,
    };
    let mut told = match why {
        Some(Cell::Phrase(phrase)) => phrase,
        Some(Cell::Text(text)) => text.into(),
        _ => Phrase::default(),
    };
    let fields = telling.fields(side("before"), side("after"));
    if !told.0.is_empty() && !fields.is_empty() {
        told.0.push(words(". "));
    }
    told.0.extend(fields);
    if told.0.is_empty() {
        Cell::Nothing
    } else {
        Cell::Phrase(told)
    }
}

fn words(text: impl Into<String>) -> Part {
    Part::Words(text.into())
}

struct Telling<'a> {
    t: Texts,
    event: &'a EventRecord,
    /// Nothing is left out.
    whole: bool,
}

type Fields<'a> = Option<&'a Map<String, Value>>;

impl Telling<'_> {
    fn fields(&self, before: Fields<'_>, after: Fields<'_>) -> Vec<Part> {
        let mut names: Vec<&String> = after.into_iter().flat_map(Map::keys).collect();
        for name in before.into_iter().flat_map(Map::keys) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        // What machines alone read tells people nothing; names of members stand at their ids.
        names.retain(|name| {
            self.whole
                || !matches!(
                    name.as_str(),
                    "id" | "schemas" | "meta" | "version" | "created" | "modified" | "displays"
                )
        });
        // Of what came into being, what it does not have tells nothing.
        if let (false, None, Some(made)) = (self.whole, before, after) {
            names.retain(|name| made.get(*name).is_some_and(|value| !is_nothing(value)));
        }
        let shown = if self.whole { names.len() } else { FIELDS };
        let more = names.len() > shown;
        let mut told = Vec::new();
        for (place, name) in names.into_iter().take(shown).enumerate() {
            let between = if place > 0 { ", " } else { "" };
            let field = self.t.own_of("field", name);
            told.push(words(format!("{between}{field}: ")));
            let value = |side: Fields<'_>| {
                let value = side?.get(name)?;
                let placed = value.as_array().filter(|_| name == "placements");
                Some(match placed {
                    Some(placed) => self.list(placed.iter().map(|one| self.placed(one)).collect()),
                    None => self.under(name, value, 0),
                })
            };
            match (value(before), value(after)) {
                (Some(old), Some(new)) => told.extend(arrow(old, new)),
                (Some(old), None) if after.is_some() => {
                    told.extend(arrow(old, vec![words(NOTHING)]));
                }
                (old, new) => told.extend(new.or(old).into_iter().flatten()),
            }
        }
        if more {
            told.push(words("…"));
        }
        told
    }

    /// The value of that field: some words mean something else there.
    fn under(&self, field: &str, value: &Value, depth: usize) -> Vec<Part> {
        let delivery = value.as_str().filter(|_| field == "link_delivery");
        let delivery = delivery.and_then(|one| self.t.find(&format!("word.delivery_{one}")));
        delivery.map_or_else(|| self.value(value, depth), |text| vec![words(text)])
    }

    fn value(&self, value: &Value, depth: usize) -> Vec<Part> {
        match value {
            Value::Null => vec![words(NOTHING)],
            Value::Bool(true) => vec![words(self.t.word("yes"))],
            Value::Bool(false) => vec![words(self.t.word("no"))],
            Value::Number(number) => vec![words(number.to_string())],
            Value::String(text) => self.text(text),
            Value::Array(values) if values.is_empty() => vec![words(NOTHING)],
            Value::Array(values) if depth < DEEPEST => {
                let values = values.iter().map(|value| self.value(value, depth + 1));
                self.list(values.collect())
            }
            Value::Object(fields) if depth < DEEPEST => {
                // As SCIM writes one of several values: it says itself what it is.
                if let (false, Some(value)) = (self.whole, fields.get("value")) {
                    return self.value(value, depth + 1);
                }
                let told = fields
                    .iter()
                    .filter(|(_, value)| self.whole || !is_nothing(value));
                let parts = told.map(|(name, value)| {
                    let field = words(format!("{} = ", self.t.own_of("field", name)));
                    let value = self.under(name, value, depth + 1);
                    std::iter::once(field).chain(value).collect()
                });
                let parts: Vec<_> = parts.collect();
                if parts.is_empty() {
                    return vec![words(NOTHING)];
                }
                self.list(parts)
            }
            other => self.text(&other.to_string()),
        }
    }

    /// Who was placed, from which vendor to which, and what it was chosen from where that was not one.
    fn placed(&self, placement: &Value) -> Vec<Part> {
        let one = |name: &str| self.value(placement.get(name).unwrap_or(&Value::Null), 0);
        let same = placement.get("from") == placement.get("to");
        let mut told = one("user");
        if same {
            told.push(words(format!(": {} ", self.t.get("event.stays"))));
            told.extend(one("to"));
        } else {
            told.push(words(": "));
            told.extend(arrow(one("from"), one("to")));
        }
        let candidates = placement.get("candidates").and_then(Value::as_array);
        let candidates = candidates.map_or(&[][..], Vec::as_slice);
        if candidates.len() > 1 || self.whole && !candidates.is_empty() {
            told.push(words(format!(" ({} ", self.t.get("event.chosen_from"))));
            let each = candidates.iter().map(|candidate| self.candidate(candidate));
            told.extend(self.list(each.collect()));
            told.push(words(")"));
        }
        told
    }

    /// A vendor by its name; in a spreadsheet with the group that offers it.
    fn candidate(&self, candidate: &Value) -> Vec<Part> {
        let one = |name: &str| self.value(candidate.get(name).unwrap_or(&Value::Null), 0);
        let mut told = one("vendor");
        if self.whole {
            told.push(words(format!(", {} ", self.t.get("event.by_group"))));
            told.extend(one("group"));
        }
        told
    }

    /// Values behind one another; on a page the first of them, and how many more there are.
    fn list(&self, values: Vec<Vec<Part>>) -> Vec<Part> {
        let shown = if self.whole { values.len() } else { VALUES };
        let more = values.len().saturating_sub(shown);
        let mut told = Vec::new();
        for (place, value) in values.into_iter().take(shown).enumerate() {
            if place > 0 {
                told.push(words("; "));
            }
            told.extend(value);
        }
        if more > 0 {
            told.push(words(format!("; +{more}")));
        }
        told
    }

    fn text(&self, text: &str) -> Vec<Part> {
        if text.is_empty() {
            return vec![words(NOTHING)];
        }
        if let Ok(id) = text.parse::<Uuid>() {
            return self.named(id, text);
        }
        if let Some(at) = instant::parse(text).filter(|_| text.len() > 10) {
            return vec![Part::Time(at)];
        }
        let mut known = ["word", "rule_name", "request_state"].into_iter();
        if let Some(known) = known.find_map(|section| self.t.find(&format!("{section}.{text}"))) {
            return vec![words(known)];
        }
        if self.whole || text.chars().nth(LONGEST).is_none() {
            return vec![Part::Quoted(text.to_owned())];
        }
        let cut: String = text.chars().take(LONGEST).collect();
        vec![Part::Quoted(cut), words("…")]
    }

    /// What has that id, by its name where it has one: in a spreadsheet with the id behind it.
    fn named(&self, id: Uuid, text: &str) -> Vec<Part> {
        let display = || {
            let payload = self.event.payload.as_ref()?;
            let sides = ["after", "before"].into_iter();
            let mut sides = sides.filter_map(|side| payload.get(side)?.get("displays"));
            let name = sides.find_map(|displays| displays.get(text)?.as_str());
            name.map(str::to_owned)
        };
        let name = self.event.names.get(&id).cloned().or_else(display);
        match name {
            Some(name) if self.whole => vec![Part::of(&name), words(format!(" ({text})"))],
            Some(name) => vec![Part::of(&name)],
            None => vec![words(text)],
        }
    }
}

/// Whether a value says that there is none.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn arrow(old: Vec<Part>, new: Vec<Part>) -> Vec<Part> {
    let mut told = old;
    told.push(words(" → "));
    told.extend(new);
    told
}
