//! Lists that administrators see: sorted pages that follow one another by a cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use vestibule_domain::Mistake;
use vestibule_storage::page::{self, Key, Position};

use crate::{Error, Service};

/// Which part of a list is wanted, in which order.
#[derive(Debug, Clone)]
pub struct PageQuery<S> {
    /// None for the list's usual order.
    pub sort: Option<S>,
    pub descending: bool,
    /// `next` of the page before, or `previous` of the page behind.
    pub after: Option<String>,
    pub limit: Option<u64>,
}

impl<S> Default for PageQuery<S> {
    fn default() -> Self {
        Self {
            sort: None,
            descending: false,
            after: None,
            limit: None,
        }
    }
}

impl<S> PageQuery<S> {
    /// The first so many, in the usual order.
    pub fn first(limit: u64) -> Self {
        Self {
            limit: Some(limit),
            ..Self::default()
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next one begins; none on the last one.
    pub next: Option<String>,
    /// Where the one before ends; none on the first one.
    pub previous: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
            previous: self.previous,
        }
    }
}

/// What a cursor says, in JSON and base64: opaque to clients, and worth nothing to forgers, for it
/// only names a place.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// The column and direction that the place belongs to.
    #[serde(rename = "s")]
    sort: String,
    #[serde(rename = "d")]
    descending: bool,
    /// Whether it leads to what stands before the place.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    backward: bool,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(rename = "i")]
    id: String,
}

/// A list as the storage is asked for it.
#[derive(Debug)]
pub(crate) struct Asked<S> {
    /// Read from its end on when it is asked for backward.
    page: page::Page<S>,
    wanted: usize,
    backward: bool,
}

impl Service {
    /// Reads what a request asks of a list. `usual`: the order when it names none, and whether that
    /// is descending.
    pub(crate) fn asked<S: page::Sort>(
        &self,
        query: &PageQuery<S>,
        usual: (S, bool),
    ) -> Result<Asked<S>, Error> {
        let (sort, descending) = query.sort.map_or(usual, |sort| (sort, query.descending));
        let (after, backward) = match &query.after {
            Some(text) => {
                let (position, backward) = position(text, sort, descending)?;
                (Some(position), backward)
            }
            None => (None, false),
        };
        let limit = self.settings().page(query.limit);
        Ok(Asked {
            page: page::Page {
                sort,
                descending: descending != backward,
                after,
                // One more tells whether there is another page.
                limit: limit.saturating_add(1),
            },
            wanted: usize::try_from(limit).unwrap_or(usize::MAX),
            backward,
        })
    }
}

/// The place that a cursor names, and whether it leads backward from there.
fn position<S: page::Sort>(
    text: &str,
    sort: S,
    descending: bool,
) -> Result<(Position, bool), Error> {
    let refused = |mistake: Mistake| Error::invalid("after", &mistake.said([]));
    let cursor: Cursor = BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| refused(Mistake::BadCursor))?;
    let by_id = sort.column() == S::id_column();
    let key = match (cursor.text, cursor.number) {
        (Some(text), None) => Some(Key::Text(text)),
        (None, Some(number)) => Some(Key::Integer(number)),
        _ => None,
    };
    let place_of_this_order = cursor.sort == sort.column()
        && cursor.descending == descending
        && key.is_none() == by_id
        && !cursor.id.contains('\0')
        && !matches!(&key, Some(Key::Text(text)) if text.contains('\0'));
    if place_of_this_order {
        Ok((Position { key, id: cursor.id }, cursor.backward))
    } else {
        Err(refused(Mistake::OtherOrder))
    }
}

impl<S: page::Sort> Asked<S> {
    pub(crate) fn page(&self) -> &page::Page<S> {
        &self.page
    }

    /// The page out of what was found. `place` tells a row's key in this order and its id.
    pub(crate) fn answer<T>(
        &self,
        mut found: Vec<T>,
        place: impl Fn(S, &T) -> (Option<Key>, String),
    ) -> Page<T> {
        let more = found.len() > self.wanted;
        found.truncate(self.wanted);
        if self.backward {
            found.reverse();
        }
        // Where it came from there was a page.
        let (before, behind) = match (self.backward, self.page.after.is_some()) {
            (true, _) => (more, true),
            (false, continued) => (continued, more),
        };
        let cursor = |row: Option<&T>, backward| {
            row.map(|row| self.cursor(place(self.page.sort, row), backward))
        };
        Page {
            next: cursor(found.last().filter(|_| behind), false),
            previous: cursor(found.first().filter(|_| before), true),
            items: found,
        }
    }

    fn cursor(&self, (key, id): (Option<Key>, String), backward: bool) -> String {
        let (text, number) = match key {
            None => (None, None),
            Some(Key::Text(text)) => (Some(text), None),
            Some(Key::Integer(number)) => (None, Some(number)),
        };
        let cursor = Cursor {
            sort: self.page.sort.column().to_owned(),
            descending: self.page.descending != self.backward,
            backward,
            text,
            number,
            id,
        };
        BASE64.encode(serde_json::to_vec(&cursor).expect("texts and numbers make a JSON object"))
    }
}
