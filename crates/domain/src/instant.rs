//! Instants as people and programs write them.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Timelike as _, Utc};

/// The last instant that RFC 3339 can write, in whole microseconds.
const LAST: i64 = 253_402_300_799_999_999;

/// Reads an instant (RFC 3339), or a date, which stands for its first moment in UTC.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    let instant = DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc());
    let day = || text.parse().ok().map(midnight);
    instant.ok().or_else(day).and_then(writable)
}

/// The instant as it can be written again: in the years 1 to 9999, a leap second as the second after it.
pub fn writable(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let at = match at.nanosecond().checked_sub(1_000_000_000) {
        Some(_) => DateTime::from_timestamp(at.timestamp() + 1, 0)?,
        None => at,
    };
    (1..=9999).contains(&at.year()).then_some(at)
}

/// The last instant there is, for what would end later.
pub fn last() -> DateTime<Utc> {
    DateTime::from_timestamp_micros(LAST).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_can_be_written_again() {
        for (text, expected) in [
            ("2026-03-01T22:00:00Z", Some("2026-03-01T22:00:00+00:00")),
            (
                "2026-03-01T22:00:00+02:00",
                Some("2026-03-01T20:00:00+00:00"),
            ),
            ("2026-03-01", Some("2026-03-01T00:00:00+00:00")),
            ("2026-12-31T23:59:60Z", Some("2027-01-01T00:00:00+00:00")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59+00:00")),
            ("9999-12-31T23:59:59-14:00", None),
            ("+010000-01-01", None),
            ("+262142-12-31", None),
            ("0001-01-01", Some("0001-01-01T00:00:00+00:00")),
            ("0000-12-31", None),
            ("0001-01-01T00:00:00+14:00", None),
            ("2026-02-30", None),
            ("2026-03-01T24:00:00Z", None),
            ("tomorrow", None),
        ] {
            let read = parse(text);
            let written = read.map(|at| at.to_rfc3339());
            assert_eq!(written.as_deref(), expected, "{text}");
            let again = written.and_then(|text| parse(&text));
            assert_eq!(again, read, "{text}");
        }
        assert_eq!(last().to_rfc3339(), "9999-12-31T23:59:59.999999+00:00");
    }
}
