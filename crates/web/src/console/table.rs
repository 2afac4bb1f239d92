//! Tables: filtered, sorted, paged by cursor, exported; none grows with the data.

use vestibule_service::pages::Page as Part;

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
    /// Whether a filter cannot be read: nothing is listed, and nothing exported.
    pub(crate) misread: bool,
    /// The order that the address names, which a filter keeps.
    pub(crate) order: Option<String>,
    /// Whether it names one that this list does not have.
    pub(crate) unsorted: bool,
    /// For screens too narrow for titles: the orders to choose from.
    pub(crate) sorting: Option<Box<Sorting>>,
    /// The page's own address.
    pub(crate) here: String,
    /// The page before this one.
    pub(crate) previous: Option<String>,
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
    /// Holds buttons and links alone.
    pub(crate) acts: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Sort {
    pub(crate) href: String,
    /// `ascending`, `descending` or `none`.
    pub(crate) now: &'static str,
}

#[derive(Debug)]
pub(crate) struct Sorting {
    pub(crate) orders: Vec<Order>,
    /// What the address says besides, which another order keeps.
    pub(crate) kept: Vec<(String, String)>,
}

/// An order that a list can have.
#[derive(Debug)]
pub(crate) struct Order {
    /// As in the address.
    pub(crate) word: String,
    pub(crate) text: String,
    pub(crate) now: bool,
}

impl Table {
    pub(crate) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            columns: columns
                .iter()
                .map(|title| Column {
                    title: (*title).to_owned(),
                    ..Column::default()
                })
                .collect(),
            ..Self::default()
        }
    }

    /// Lets a press on the titles of some columns sort the list: each by its place and its word of the
    /// API's `sort`. `usual`: the order when the address names none.
    pub(crate) fn sorted(&mut self, visit: &Visit, columns: &[(usize, &str)], usual: &str) {
        let asked = visit.query.given("sort");
        let now = asked.unwrap_or(usual);
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
        visit.place().clone_into(&mut self.here);
        let kept = visit.query.without(&["sort", "after", "format", "done"]);
        let kept = kept.iter().filter(|(_, value)| !value.is_empty());
        let kept = kept.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.sorting = Some(Box::new(Sorting {
            orders: self.orders(visit, columns, now),
            kept: kept.collect(),
        }));
        let bare = |order: &str| order.trim_start_matches('-').to_owned();
        let known = now == usual || bare(now) == bare(usual) || {
            let mut sorts = self
                .columns
                .iter()
                .filter_map(|column| column.sort.as_ref());
            sorts.any(|sort| sort.now != "none")
        };
        self.unsorted = !known;
        self.order = asked.filter(|_| known).map(str::to_owned);
    }

    /// Every order that a press on a title leads to, and the usual one where that is none of them.
    fn orders(&self, visit: &Visit, columns: &[(usize, &str)], now: &str) -> Vec<Order> {
        let each = columns.iter().flat_map(|(index, word)| {
            let ways = [
                ((*word).to_owned(), "table.ascending"),
                (format!("-{word}"), "table.descending"),
            ];
            ways.map(|(word, key)| Order {
                text: visit.t.say(key, &[("column", &self.title(*index))]),
                now: word == now,
                word,
            })
        });
        let mut orders: Vec<Order> = each.collect();
        if orders.iter().all(|order| !order.now) {
            let usual = Order {
                word: String::new(),
                text: visit.t.own("table.sort_usual"),
                now: true,
            };
            orders.insert(0, usual);
        }
        orders
    }

    /// The whole list, in the order it has now.
    pub(crate) fn all(&self) -> String {
        let order = self.order.as_ref();
        order.map_or_else(
            || self.here.clone(),
            |order| format!("{}?sort={order}", self.here),
        )
    }

    /// Says where the first page, those beside this one and the export are.
    pub(crate) fn paged<T>(&mut self, visit: &Visit, found: &Part<T>) {
        let after = |after| visit.here(&[("after", after)]);
        visit.place().clone_into(&mut self.here);
        self.after.clone_from(&found.next);
        self.next = found.next.as_deref().map(|next| after(Some(next)));
        self.previous = found.previous.as_deref().map(|before| after(Some(before)));
        self.first = visit.query.given("after").map(|_| after(None));
        self.csv = Some(visit.here(&[("after", None), ("format", Some("csv"))]));
    }

    /// The same of a list that stands beside others, under the heading with that id; it has no export.
    pub(crate) fn paged_under<T>(&mut self, visit: &Visit, found: &Part<T>, heading: &str) {
        let at = |after: Option<&str>| {
            let page = visit.here(&[("after", after), ("done", None)]);
            format!("{page}#{heading}")
        };
        self.next = found.next.as_deref().map(|next| at(Some(next)));
        self.previous = found.previous.as_deref().map(|before| at(Some(before)));
        self.first = visit.query.given("after").map(|_| at(None));
    }

    /// Says where the export of a list without pages is.
    pub(crate) fn whole(&mut self, visit: &Visit) {
        visit.place().clone_into(&mut self.here);
        self.csv = Some(visit.here(&[("format", Some("csv"))]));
    }

    /// Puts fields above the table by which it is filtered. Where one of them cannot be read, nothing
    /// is listed: a list of everything would read as the answer. Once rows and pages are there.
    pub(crate) fn filtered_by(&mut self, visit: &Visit, fields: Vec<Field>) {
        self.filtered = fields
            .iter()
            .any(|field| visit.query.given(field.name).is_some());
        self.filters = fields;
        for field in &mut self.filters {
            if field.mistake.is_none() && field.is_no_choice() {
                field.mistake = Some(visit.t.get("table.no_choice").into());
            }
        }
        self.misread = self.filters.iter().any(|field| field.mistake.is_some());
        if self.misread {
            self.rows.clear();
            self.after = None;
            self.next = None;
            self.previous = None;
            self.first = None;
            self.csv = None;
        }
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
        let titles = self.columns.iter().filter(|column| !column.acts);
        titles.map(|column| column.title.clone()).collect()
    }

    /// Gives a spreadsheet one more column, with a cell for each row.
    pub(crate) fn for_machines(
        &mut self,
        title: impl Into<String>,
        cells: impl IntoIterator<Item = Cell>,
    ) {
        self.columns.push(Column {
            title: title.into(),
            ..Column::default()
        });
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.push(cell);
        }
    }

    /// The rows in words alone, for a spreadsheet.
    pub(crate) fn records(&self) -> impl Iterator<Item = Vec<String>> {
        self.rows.iter().map(|row| {
            let acts = |index: usize| self.columns.get(index).is_some_and(|column| column.acts);
            let cells = row.iter().enumerate();
            let told = cells.filter(|(index, _)| !acts(*index));
            told.map(|(_, cell)| plain(cell)).collect()
        })
    }

    /// Its last column is what can be done with a row: it tells nothing, and a spreadsheet goes without.
    pub(crate) fn acting(mut self) -> Self {
        if let Some(last) = self.columns.last_mut() {
            last.acts = true;
        }
        self
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
        Cell::Phrase(phrase) | Cell::Deed { text: phrase, .. } => phrase.to_string(),
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
