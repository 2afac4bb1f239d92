//! Lists of the admin API, all in one shape: filtered, sorted, in pages that follow one another by a
//! cursor, or exported as CSV.

mod csv;

use actix_web::http::header::ACCEPT;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use serde::de::{self, Deserialize, DeserializeOwned, Deserializer};
use serde::{Deserialize as DeriveDeserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};
use vestibule_oauth::Digest;
use vestibule_service::pages::{self, PageQuery};
use vestibule_service::{AdminCall, Error, Service};

use super::body::{Admin, Later, as_described, parameters};
use super::problem::Problem;

/// Items of a page when the request does not say.
const DEFAULT_LIMIT: u64 = 100;
/// Items of a page at most; more are not refused, but not given either.
const MAX_LIMIT: u64 = 1_000;
/// The parameters that every list has.
const PAGING: [&str; 4] = ["after", "limit", "sort", "format"];

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// To be sent as `after` for the next page. Null on the last one.
    next: Option<String>,
    /// To be sent as `after` for the page before. Null on the first one.
    previous: Option<String>,
}

impl<T> Page<T> {
    /// A whole list.
    pub(crate) fn all(items: impl IntoIterator<Item = impl Into<T>>) -> Self {
        Self {
            items: items.into_iter().map(Into::into).collect(),
            next: None,
            previous: None,
        }
    }
}

impl<T> Page<T> {
    /// A page of a list, with cursors that are good for that list alone.
    fn of<S: Into<T>>(page: pages::Page<S>, list: &ListKey) -> Self {
        Self {
            items: page.items.into_iter().map(Into::into).collect(),
            next: page.next.map(|cursor| list.seal(&cursor)),
            previous: page.previous.map(|cursor| list.seal(&cursor)),
        }
    }
}

/// What tells a list and its filters from others, put behind its cursors: a place in one list is none
/// in another. A safeguard against mistakes, not a secret.
#[derive(Debug)]
struct ListKey(String);

impl ListKey {
    fn new(path: &str, filters: &Map<String, Value>) -> Self {
        let mut filters: Vec<_> = filters.iter().collect();
        filters.sort_unstable_by_key(|(name, _)| *name);
        let digest = Digest::of(&json!([path, filters]).to_string());
        let start = digest
            .as_bytes()
            .iter()
            .take(8)
            .fold(0_u64, |start, byte| (start << 8) | u64::from(*byte));
        Self(format!("{start:016x}"))
    }

    fn seal(&self, cursor: &str) -> String {
        format!("{cursor}.{}", self.0)
    }

    /// The cursor inside, if it is of this list.
    fn open(&self, sealed: &str, id: &str) -> Result<String, Problem> {
        let wrong = |detail| Problem::invalid("after".to_owned(), detail, id);
        match sealed.rsplit_once('.') {
            Some((cursor, key)) if key == self.0 => Ok(cursor.to_owned()),
            Some(_) => Err(wrong(
                "after: this cursor belongs to another list, or to this one with other filters; begin again without it",
            )),
            None => Err(wrong(
                "after: send `next` or `previous` of another page as it was answered",
            )),
        }
    }
}

/// What every list takes, besides what it can be filtered and sorted by.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "this type describes the wire; `List` reads it")]
pub(crate) struct Paging {
    /// `next` of the page before, or `previous` of the page behind, with the same filters and order.
    after: Option<String>,
    /// Items of a page, of which more than 1,000 are not given at once; in CSV, rows in all.
    #[param(minimum = 1, default = 100)]
    limit: Option<u32>,
    /// `csv` exports the whole list; so does `Accept: text/csv`.
    format: Option<Format>,
}

/// A list that cannot be filtered.
#[derive(Debug, Clone, Copy, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A parameter that is `true` or `false`.
pub(crate) fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map(Some)
        .map_err(|_| de::Error::custom("expected `true` or `false`"))
}

/// How a list is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, DeriveDeserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ListFormat)]
pub(crate) enum Format {
    #[default]
    Json,
    Csv,
}

/// What a request asks of a list: `C` is what it can be filtered by, `S` what it can be sorted by.
#[derive(Debug)]
pub(crate) struct List<C, S> {
    pub(crate) choice: C,
    page: PageQuery<S>,
    format: Format,
    key: ListKey,
}

#[derive(DeriveDeserialize)]
#[serde(bound = "S: DeserializeOwned")]
struct Asked<S> {
    after: Option<String>,
    limit: Option<Limit>,
    sort: Option<Sorted<S>>,
    format: Option<Format>,
}

/// The word of an order, behind `-` when it is descending.
struct Sorted<S> {
    sort: S,
    descending: bool,
}

impl<'de, S: DeserializeOwned> Deserialize<'de> for Sorted<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let word = text.strip_prefix('-');
        let sort = S::deserialize(Value::from(word.unwrap_or(&text))).map_err(de::Error::custom)?;
        Ok(Self {
            sort,
            descending: word.is_some(),
        })
    }
}

struct Limit(u64);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // What does not fit the number type is more than the most there is, too.
        let limit = if plain {
            text.parse().unwrap_or(u64::MAX)
        } else {
            0
        };
        if limit == 0 {
            return Err(de::Error::custom("expected a number from 1 on"));
        }
        Ok(Self(limit))
    }
}

impl<C: DeserializeOwned + 'static, S: DeserializeOwned + 'static> FromRequest for List<C, S> {
    type Error = Problem;
    type Future = Later<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let admin = Admin::of(&request)?;
            match Self::read(&request, &admin.request_id) {
                Ok(list) => Ok(list),
                Err(problem) => Err(admin.answer(problem).await),
            }
        })
    }
}

impl<C: DeserializeOwned, S: DeserializeOwned> List<C, S> {
    fn read(request: &HttpRequest, id: &str) -> Result<Self, Problem> {
        let mut choice = parameters(request.query_string(), id)?;
        let mut asked = Map::new();
        for name in PAGING {
            if let Some(value) = choice.remove(name) {
                asked.insert(name.to_owned(), value);
            }
        }
        let asked: Asked<S> = as_described(asked, id)?;
        let accepts_csv = || {
            let accept = request.headers().get(ACCEPT);
            accept
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value.trim_start().starts_with("text/csv"))
        };
        let format = asked.format.unwrap_or(if accepts_csv() {
            Format::Csv
        } else {
            Format::Json
        });
        let key = ListKey::new(request.path(), &choice);
        let after = asked.after.map(|sealed| key.open(&sealed, id));
        Ok(Self {
            choice: as_described(choice, id)?,
            page: PageQuery {
                descending: asked.sort.as_ref().is_some_and(|sorted| sorted.descending),
                sort: asked.sort.map(|sorted| sorted.sort),
                after: after.transpose()?,
                limit: asked.limit.map(|limit| limit.0),
            },
            format,
            key,
        })
    }
}

impl<C, S: Copy + Send + 'static> List<C, S> {
    /// Answers a page, or the whole list as CSV with a column for each of `columns`: JSON pointers into
    /// an item. `fetch` reads one page.
    pub(crate) async fn answer<T, R, F>(
        self,
        admin: &Admin,
        columns: &'static [&'static str],
        fetch: F,
    ) -> Result<HttpResponse, Problem>
    where
        C: Clone + Send + 'static,
        T: Send + 'static,
        R: From<T> + Serialize + 'static,
        F: Fn(&Service, &AdminCall, C, PageQuery<S>) -> Result<pages::Page<T>, Error>
            + Clone
            + Send
            + 'static,
    {
        let Self {
            choice,
            page,
            format,
            key,
        } = self;
        let fetch = move |service: &Service, call: &AdminCall, page: PageQuery<S>| {
            fetch(service, call, choice.clone(), page)
        };
        match format {
            Format::Json => {
                let limit = page.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
                let page = PageQuery {
                    limit: Some(limit),
                    ..page
                };
                let found = admin
                    .run(move |service, call| fetch(service, call, page))
                    .await?;
                Ok(HttpResponse::Ok().json(Page::<R>::of(found, &key)))
            }
            Format::Csv => csv::answer::<T, R, S, _>(admin.clone(), page, columns, fetch).await,
        }
    }
}
