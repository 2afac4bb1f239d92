//! Tables: filtered, sorted, paged by cursor, exported; none grows with the data.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;

use super::form::Field;
use super::form::as_machine;
use super::page::{Anchor, Cell};
use super::visit::Visit;

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
        self.next = next.map(|next| after(Some(next)));
        self.first = visit.query.given("after").map(|_| after(None));
        self.csv = Some(visit.here(&[("format", Some("csv"))]));
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

    /// The table as CSV (RFC 4180). Texts that a spreadsheet would calculate are made harmless
    /// (R-WEB-3).
    pub(crate) fn download(&self, name: &str) -> HttpResponse {
        let mut csv = String::new();
        let titles = self.columns.iter().map(|column| column.title.clone());
        line(&mut csv, titles);
        for row in &self.rows {
            line(&mut csv, row.iter().map(plain));
        }
        HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header((
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}.csv\""),
            ))
            .body(csv)
    }
}

fn line(csv: &mut String, values: impl Iterator<Item = String>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            csv.push(',');
        }
        csv.push('"');
        if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            csv.push('\'');
        }
        csv.push_str(&value.replace('"', "\"\""));
        csv.push('"');
    }
    csv.push_str("\r\n");
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
        Cell::Time(at) => as_machine(at),
        Cell::Badge(badge) => badge.text.clone(),
        Cell::Tags(tags) => tags.join(" "),
        Cell::Number(number) => number.to_string(),
        Cell::Links(links) => {
            let texts: Vec<&str> = links.iter().map(|link| link.text.as_str()).collect();
            texts.join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_csv_is_calculated_or_breaks_out() {
        let mut csv = String::new();
        let values = ["=1+1", "+1", "-1", "@x", "\tx", "a\"b", "a,b", "plain"];
        line(&mut csv, values.into_iter().map(str::to_owned));
        assert_eq!(
            csv,
            "\"'=1+1\",\"'+1\",\"'-1\",\"'@x\",\"'\tx\",\"a\"\"b\",\"a,b\",\"plain\"\r\n"
        );
    }
}
