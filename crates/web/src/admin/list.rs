//! Lists of the admin API: pages that follow one another by a cursor.

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer};
use utoipa::ToSchema;

/// Items of a page when the request does not say.
const DEFAULT_LIMIT: u64 = 100;
/// Items of a page at most; more are not refused, but not given either.
const MAX_LIMIT: u64 = 1_000;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    items: Vec<T>,
    /// To be sent as `after` (for events: `before`) for the next page. Null on the last one.
    next: Option<String>,
}

impl<T> Page<T> {
    /// A whole list.
    pub(crate) fn all(items: impl IntoIterator<Item = impl Into<T>>) -> Self {
        Self {
            items: items.into_iter().map(Into::into).collect(),
            next: None,
        }
    }

    /// A page of at most `limit` items; `cursor` is what the next one starts from.
    pub(crate) fn of<S: Into<T>, C: ToString>(
        items: Vec<S>,
        limit: Limit,
        cursor: impl Fn(&S) -> C,
    ) -> Self {
        let full = u64::try_from(items.len()).is_ok_and(|count| count >= limit.0);
        let next = items
            .last()
            .filter(|_| full)
            .map(|last| cursor(last).to_string());
        Self {
            next,
            ..Self::all(items)
        }
    }
}

/// How many items a page has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(pub(crate) u64);

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // What does not fit the number type is more than the most there is, too.
        let limit = if plain {
            text.parse().unwrap_or(MAX_LIMIT)
        } else {
            0
        };
        if limit == 0 {
            return Err(de::Error::custom("expected a number from 1 on"));
        }
        Ok(Self(limit.min(MAX_LIMIT)))
    }
}
