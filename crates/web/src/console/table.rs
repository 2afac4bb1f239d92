//! Tables: filtered, sorted, paged by cursor, exported; none grows with the data.

use super::form::Field;
use super::form::as_machine;
use super::page::{Anchor, Cell};
use super::visit::Visit;

/// Columns that do not fit beside the navigation in one line each.
const WIDE: usize = 7;

#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What to do when there is nothing.
    pub(crate) empty: String,
    pub(crate) empty_action: Option<Anchor>,
    /// Above the table, sent with GET.
    pub(crate) filters: Vec<Field>,
    /// Whether a filter is set, so that "show all" makes sense.
    pub(crate) filtered: bool,
    /// The page's own address.
    pub(crate) here: String,
    /// The next page.
    pub(crate) next: Option<String>,
    /// The cursor of the next page.
    pub(crate) after: Option<String>,
    /// The first page, when this is another.
    pub(crate) first: Option<String>,
    /// The same as CSV.
    pub(crate) csv: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub(crate) title: String,
    /// Where a press on the title leads, and how the table is sorted by it now.
    pub(crate) sort: Option<Sort>,
}

#[derive(Debug, Clone)]
pub(crate) struct Sort {
    pub(crate) href: String,
    /// `ascending`, `descending` or `none`.
    pub(crate) now: &'static str,
}

impl Table {
    pub(crate) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            columns: columns
                .iter()
                .map(|title| Column {
                    title: (*title).to_owned(),
                    sort: None,
                })
                .collect(),
            ..Self::default()
        }
    }

    /// Lets a press on the titles of some columns sort the list: each by its place and its word of the
    /// API's `sort`. `usual`: the order when the address names none.
    pub(crate) fn sorted(&mut self, visit: &Visit, columns: &[(usize, &str)], usual: &str) {
        let now = visit.query.given("sort").unwrap_or(usual);
        for (index, word) in columns {
            let Some(column) = self.columns.get_mut(*index) else {
                continue;
            };
            let turned = format!("-{word}");
            let next = if now == *word { &turned } else { *word };
            column.sort = Some(Sort {
                href: visit.here(&[("after", None), ("sort", Some(next))]),
                now: if now == *word {
                    "ascending"
                } else if now == turned {
                    "descending"
                } else {
                    "none"
                },
            });
        }
    }

    /// Says where the first page, the next one and the export are; `next`: the cursor of the next one.
    pub(crate) fn paged(&mut self, visit: &Visit, next: Option<&str>) {
        let after = |after| visit.here(&[("after", after)]);
        self.here.clone_from(&visit.path);
        self.after = next.map(str::to_owned);
        self.next = next.map(|next| after(Some(next)));
        self.first = visit.query.given("after").map(|_| after(None));
        self.csv = Some(visit.here(&[("after", None), ("format", Some("csv"))]));
    }

    /// Puts fields above the table by which it is filtered.
    pub(crate) fn filtered_by(&mut self, visit: &Visit, fields: Vec<Field>) {
        self.filtered = fields
            .iter()
            .any(|field| visit.query.given(field.name).is_some());
        self.filters = fields;
    }

    /// The title of the column a cell stands in, for screens too narrow for columns.
    pub(crate) fn title(&self, index: impl std::borrow::Borrow<usize>) -> &str {
        self.columns
            .get(*index.borrow())
            .map_or("", |column| column.title.as_str())
    }

    /// Whether it has so many columns that its titles and times take several lines.
    pub(crate) fn is_wide(&self) -> bool {
        self.columns.len() >= WIDE
    }

    /// The titles of the columns, for a spreadsheet.
    pub(crate) fn heading(&self) -> Vec<String> {
        let titles = self.columns.iter();
        titles.map(|column| column.title.clone()).collect()
    }

    /// The rows in words alone, for a spreadsheet.
    pub(crate) fn records(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| row.iter().map(plain).collect())
    }
}

/// A cell in words alone.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Nothing | Cell::Button(_) | Cell::Buttons(_) => String::new(),
        Cell::Text(text)
        | Cell::Name(text)
        | Cell::Link { text, .. }
        | Cell::Code(text)
        | Cell::Copy(text) => text.clone(),
        Cell::Phrase(phrase) => phrase.to_string(),
        Cell::Time(at) | Cell::TimeOf { at, .. } => as_machine(at),
        Cell::Badge(badge) => badge.text.to_string(),
        Cell::Tags(tags) => tags.join(" "),
        Cell::Number(number) => number.to_string(),
        Cell::Links(links) => {
            let texts: Vec<&str> = links.iter().map(|link| link.text.as_str()).collect();
            texts.join(" ")
        }
    }
}
