//! How values of the domain stand in columns.

use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The instant a column of microseconds stands for.
pub(crate) fn instant(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| Error::corrupt("an instant out of range"))
}

pub(crate) fn optional_instant(micros: Option<i64>) -> Result<Option<DateTime<Utc>>, Error> {
    micros.map(instant).transpose()
}

pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// An id or a word of the domain.
pub(crate) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(Error::corrupt)
}

pub(crate) fn optional<T: FromStr<Err: Display>>(text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(parsed).transpose()
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(Error::corrupt)
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value)
        .expect("settings have text keys and finite numbers, so they serialise")
}
