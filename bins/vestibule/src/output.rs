//! The one place that prints: answers on standard output, as text for people or as JSON for
//! scripts; errors on standard error.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Map, Value};

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What `--json` prints.
    pub(crate) value: Value,
    pub(crate) view: View,
    /// Printed below the text, not with `--json`.
    pub(crate) note: Option<String>,
    /// With which the program ends: 0 is success.
    pub(crate) status: u8,
}

/// How an answer reads as text.
#[derive(Debug)]
pub(crate) enum View {
    /// Every field on a line.
    Record,
    /// A row for each item: heading and JSON pointer of each column.
    Table(&'static [(&'static str, &'static str)]),
    Text(String),
}

impl Answer {
    pub(crate) fn new(value: Value, view: View) -> Self {
        Self {
            value,
            view,
            note: None,
            status: 0,
        }
    }

    pub(crate) fn record(value: Value) -> Self {
        Self::new(value, View::Record)
    }

    /// A whole list.
    pub(crate) fn table(
        items: Vec<Value>,
        columns: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::page(None, items, columns)
    }

    /// A page of a list; in JSON as the admin API answers it, but forward only. `next`: where the next
    /// one begins.
    pub(crate) fn page(
        next: Option<String>,
        items: Vec<Value>,
        columns: &'static [(&'static str, &'static str)],
    ) -> Self {
        let note = next
            .as_ref()
            .map(|next| format!("There is more: --after {next}"));
        let value = Map::from_iter([
            ("items".to_owned(), Value::Array(items)),
            ("next".to_owned(), next.map_or(Value::Null, Value::String)),
        ]);
        Self {
            note,
            ..Self::new(Value::Object(value), View::Table(columns))
        }
    }

    #[must_use]
    pub(crate) fn with_note(self, note: impl Into<String>) -> Self {
        Self {
            note: Some(note.into()),
            ..self
        }
    }

    /// As it is printed.
    pub(crate) fn render(&self, json: bool) -> String {
        if json {
            return format!("{:#}\n", self.value);
        }
        let mut text = match &self.view {
            View::Record => record(&self.value),
            View::Table(columns) => {
                let items = self.value.get("items").and_then(Value::as_array);
                table(columns, items.map_or(&[], Vec::as_slice))
            }
            View::Text(text) => text.clone(),
        };
        if let Some(note) = &self.note {
            text.push('\n');
            text.push_str(note);
            text.push('\n');
        }
        text
    }
}

/// Prints a text as it is. A reader that went away is no fault.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Tells a person who waits how far something has come, on one line that is written over.
pub(crate) fn progress(text: &str) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        // Nobody is served by an error about a word on the way.
        drop(write!(out, "\r{text}\x1b[K").and_then(|()| out.flush()));
    }
}

/// Says something beside the answer.
pub(crate) fn remark(text: &str) {
    drop(io::stderr().write_all(format!("note: {text}\n").as_bytes()));
}

/// Prints what an error says, with all its causes.
pub(crate) fn error(said: &str, error: &dyn Error) {
    let mut text = format!("error: {said}\n");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str("  because: ");
        text.push_str(&inner.to_string());
        text.push('\n');
        cause = inner.source();
    }
    // Nowhere is left to complain that standard error is closed.
    drop(io::stderr().write_all(text.as_bytes()));
}

fn table(columns: &[(&str, &str)], items: &[Value]) -> String {
    if items.is_empty() {
        return "(none)\n".to_owned();
    }
    let headings = columns
        .iter()
        .map(|(heading, _)| (*heading).to_owned())
        .collect();
    let cells = |item: &Value| -> Vec<String> {
        columns
            .iter()
            .map(|(_, pointer)| item.pointer(pointer).map_or_else(String::new, cell))
            .collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(headings)
        .chain(items.iter().map(cells))
        .collect();
    aligned(&rows)
}

fn record(value: &Value) -> String {
    let mut rows = Vec::new();
    flatten("", value, &mut rows);
    aligned(&rows)
}

/// Fields of objects get a row each, named with dots; lists of objects are numbered.
fn flatten(name: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let below = |key: &str| {
        if name.is_empty() {
            key.to_owned()
        } else {
            format!("{name}.{key}")
        }
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, field) in fields {
                flatten(&below(key), field, rows);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&below(&(index + 1).to_string()), item, rows);
            }
        }
        _ => rows.push(vec![name.to_owned(), cell(value)]),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => plain(text),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(_) => plain(&value.to_string()),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Text that others chose, without what could steer a terminal: control characters, and those that
/// turn the direction of writing (R-INP-5).
pub(crate) fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    plain
}

/// Columns two spaces apart, none after the last.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_is_aligned_and_shows_what_is_missing() {
        let items = vec![
            json!({"id": 1, "settings": {"name": "Okta"}}),
            json!({"id": 22, "settings": {"name": null}}),
        ];
        let answer = Answer::table(
            items,
            &[("ID", "/id"), ("NAME", "/settings/name"), ("NOTE", "/note")],
        );
        assert_eq!(answer.render(false), "ID  NAME  NOTE\n1   Okta\n22  -\n");
        assert_eq!(
            Answer::table(Vec::new(), &[("ID", "/id")]).render(false),
            "(none)\n"
        );
    }

    #[test]
    fn a_record_names_nested_fields() {
        let value = json!({"name": "Acme", "tags": ["a", "b"], "rate": {"burst": 5}, "tokens": [{"id": "x"}], "end": null});
        let text = Answer::record(value)
            .with_note("Mind the gap.")
            .render(false);
        assert_eq!(
            text,
            "name         Acme\ntags         a, b\nrate.burst   5\ntokens.1.id  x\nend          -\n\nMind the gap.\n"
        );
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        let text = Answer::record(json!({"name": "\u{1b}[31mred\u{202e}"})).render(false);
        assert_eq!(text, "name  \\u{1b}[31mred\\u{202e}\n");
    }

    #[test]
    fn json_is_printed_whole() {
        let answer = Answer::record(json!({"token": "vap_x"})).with_note("not in JSON");
        assert_eq!(
            serde_json::from_str::<Value>(&answer.render(true)).unwrap(),
            json!({"token": "vap_x"})
        );
    }
}
