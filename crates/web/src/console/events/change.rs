//! What an event changed, in a line: with its values, short on a page and whole in a spreadsheet.

use serde_json::{Map, Value};
use uuid::Uuid;
use vestibule_domain::instant;
use vestibule_service::events::EventRecord;

use super::super::page::Cell;
use super::super::phrase::{Part, Phrase};
use super::super::table::Table;
use super::super::text::Texts;
use super::super::visit::Visit;
use super::super::warnings;

/// How much is told.
struct Measure {
    /// Fields.
    fields: usize,
    /// Values of a list, or parts of a whole, of a field.
    values: usize,
    /// Characters of a text.
    longest: usize,
}

/// In a line of a list.
const LINE: Measure = Measure {
    fields: 4,
    values: 3,
    longest: 40,
};
/// On the event's own page, which holds the rest as it is recorded.
const ALONE: Measure = Measure {
    fields: 100,
    values: 100,
    longest: 1_000,
};
/// In a spreadsheet.
const WHOLE: Measure = Measure {
    fields: usize::MAX,
    values: usize::MAX,
    longest: usize::MAX,
};
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
        measure: if whole { WHOLE } else { LINE },
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

/// Each field with what it was and is, for the event's own page; none where no field is told of.
pub(super) fn table(visit: &Visit, event: &EventRecord) -> Option<Table> {
    let t = visit.t;
    let payload = event.payload.as_ref();
    let side = |side: &str| payload.and_then(|payload| payload.get(side)?.as_object());
    let (before, after) = (side("before"), side("after"));
    let sides = match (before, after) {
        (Some(_), Some(_)) => vec![(before, "event.before"), (after, "event.after")],
        (None, Some(_)) => vec![(after, "event.is")],
        (Some(_), None) => vec![(before, "event.was")],
        (None, None) => return None,
    };
    let telling = Telling {
        t,
        event,
        whole: false,
        measure: ALONE,
    };
    let names = telling.names(before, after);
    let titles = sides.iter().map(|(_, title)| t.get(title));
    let columns: Vec<&str> = std::iter::once(t.get("event.field"))
        .chain(titles)
        .collect();
    let mut table = Table::new(t.own("event.changed"), &columns);
    let shown = names.into_iter().take(telling.measure.fields);
    table.rows = shown
        .map(|name| {
            let field = Cell::Name(t.own_of("field", name));
            let values = sides.iter().map(|(side, _)| {
                let parts = telling.side(*side, name).unwrap_or_default();
                if parts.is_empty() || parts == [words(NOTHING)] {
                    Cell::Nothing
                } else {
                    Cell::Phrase(Phrase(parts))
                }
            });
            std::iter::once(field).chain(values).collect()
        })
        .collect();
    (!table.rows.is_empty()).then_some(table)
}

fn words(text: impl Into<String>) -> Part {
    Part::Words(text.into())
}

struct Telling<'a> {
    t: Texts,
    event: &'a EventRecord,
    /// For a spreadsheet: nothing is left out, and ids stand behind names.
    whole: bool,
    measure: Measure,
}

type Fields<'a> = Option<&'a Map<String, Value>>;

impl Telling<'_> {
    /// The fields that are told of.
    fn names<'a>(&self, before: Fields<'a>, after: Fields<'a>) -> Vec<&'a String> {
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
        names
    }

    /// What a field is on one side.
    fn side(&self, side: Fields<'_>, name: &str) -> Option<Vec<Part>> {
        let value = side?.get(name)?;
        let placed = value.as_array().filter(|_| name == "placements");
        Some(match placed {
            Some(placed) => self.list(placed.iter().map(|one| self.placed(one)).collect()),
            None => self.under(name, value, 0),
        })
    }

    fn fields(&self, before: Fields<'_>, after: Fields<'_>) -> Vec<Part> {
        let names = self.names(before, after);
        let shown = self.measure.fields;
        let more = names.len() > shown;
        let mut told = Vec::new();
        for (place, name) in names.into_iter().take(shown).enumerate() {
            let between = if place > 0 { ", " } else { "" };
            let field = self.t.own_of("field", name);
            told.push(words(format!("{between}{field}: ")));
            match (self.side(before, name), self.side(after, name)) {
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
        let shown = self.measure.values;
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
        let longest = self.measure.longest;
        if text.chars().nth(longest).is_none() {
            return vec![Part::Quoted(text.to_owned())];
        }
        let cut: String = text.chars().take(longest).collect();
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
