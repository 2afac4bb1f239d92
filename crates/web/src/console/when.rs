//! Dates and times as forms take them: in the zone of who types.
//!
//! Only the browser knows that zone, and it knows its rules as they are today. So the script of the
//! pages shows the field in it, and sends the offset from UTC that holds at the time that is typed
//! beside it; here both make an instant. Without a script nothing is sent beside, and the field is in
//! UTC, as it says. Of a time that comes twice, where clocks are set back, the first is meant; one
//! that clocks skip is refused.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};

use super::query::Pairs;

/// Minutes from UTC that no zone exceeds.
const FARTHEST: i64 = 18 * 60;
/// Sent in the place of an offset where clocks skip what is typed.
const SKIPPED: &str = "skipped";

/// What a field for a date and a time holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct When {
    pub(crate) value: String,
    /// Minutes east of UTC; empty for UTC, or a word where there is none.
    pub(crate) offset: String,
}

/// The name under which the offset of a field is sent.
pub(crate) fn offset_of(name: &str) -> String {
    format!("{name}_offset")
}

impl When {
    /// As it was sent; what names its own zone, in UTC, as a field can hold it.
    pub(crate) fn sent(pairs: &Pairs, name: &str) -> Self {
        let value = pairs.get(name);
        let own = vestibule_domain::instant::parse(value.trim())
            .filter(|_| local(value.trim()).is_none());
        own.map_or_else(
            || Self {
                value: value.to_owned(),
                offset: pairs.get(&offset_of(name)).to_owned(),
            },
            |own| Self::at(Some(own)),
        )
    }

    /// An instant, in UTC, to the thousandth of a second: who changes something else saves it as it was.
    pub(crate) fn at(at: Option<DateTime<Utc>>) -> Self {
        let value = at.map(|at| {
            let exactly = match (at.timestamp_subsec_millis(), at.second()) {
                (0, 0) => "%Y-%m-%dT%H:%M",
                (0, _) => "%Y-%m-%dT%H:%M:%S",
                _ => "%Y-%m-%dT%H:%M:%S%.3f",
            };
            at.format(exactly).to_string()
        });
        Self {
            value: value.unwrap_or_default(),
            offset: String::new(),
        }
    }

    /// The zone that the value is in, as far as it is known here.
    pub(crate) fn zone(&self) -> String {
        match self.minutes() {
            Some(minutes) if minutes != 0 => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
                format!("UTC{sign}{hours:02}:{minutes:02}")
            }
            _ => "UTC".to_owned(),
        }
    }

    /// None where it is no offset.
    fn minutes(&self) -> Option<i64> {
        match self.offset.trim() {
            "" => Some(0),
            offset => offset
                .parse()
                .ok()
                .filter(|minutes: &i64| minutes.abs() <= FARTHEST),
        }
    }

    /// The instant that is meant, or what is wrong as the key of a text; none when nothing is written.
    pub(crate) fn instant(&self) -> Result<Option<DateTime<Utc>>, &'static str> {
        let text = self.value.trim();
        if self.offset == SKIPPED {
            return Err("form.skipped");
        }
        let minutes = self.minutes().ok_or("form.instant")?;
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(local) = local(text) {
            let at = local
                .and_utc()
                .checked_sub_signed(Duration::minutes(minutes));
            return at
                .and_then(vestibule_domain::instant::writable)
                .map(Some)
                .ok_or("form.instant");
        }
        // What names its own zone.
        vestibule_domain::instant::parse(text)
            .map(Some)
            .ok_or("form.instant")
    }
}

/// A date, or a date and a time, that names no zone.
fn local(text: &str) -> Option<NaiveDateTime> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN));
    }
    [
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::form::as_machine;

    fn when(value: &str, offset: &str) -> When {
        When {
            value: value.to_owned(),
            offset: offset.to_owned(),
        }
    }

    fn at(value: &str, offset: &str) -> Option<String> {
        let read = when(value, offset).instant().unwrap();
        read.map(|at| as_machine(&at))
    }

    #[test]
    fn instants_are_read_as_people_write_them() {
        assert_eq!(at(" ", ""), None);
        for text in [
            "2026-11-22T08:15",
            "2026-11-22 08:15",
            "2026-11-22T10:15:00+02:00",
        ] {
            assert_eq!(at(text, "").as_deref(), Some("2026-11-22T08:15:00Z"));
        }
        let midnight = at("2026-11-22", "");
        assert_eq!(midnight.as_deref(), Some("2026-11-22T00:00:00Z"));
        for wrong in ["tomorrow", "2026-02-30", "2026-02-30T08:00"] {
            assert_eq!(when(wrong, "").instant(), Err("form.instant"), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_and_sent_back_is_the_instant_that_it_was() {
        for text in [
            "2027-12-31T23:59:00Z",
            "2027-12-31T23:59:59Z",
            "2027-12-31T23:59:00.250Z",
            "2027-12-31T23:59:59.999Z",
        ] {
            let at = text.parse().unwrap();
            assert_eq!(When::at(Some(at)).instant(), Ok(Some(at)), "{text}");
        }
    }

    #[test]
    fn what_names_its_own_zone_comes_back_as_a_field_can_hold_it() {
        let since = "since=2026-11-23T00%3A00%3A00-03%3A00&since_offset=60&until=2026-11-24T10%3A00&until_offset=60";
        let pairs = Pairs::parse(since.as_bytes());
        let since = When::sent(&pairs, "since");
        assert_eq!(since, when("2026-11-23T03:00", ""));
        assert_eq!(When::sent(&pairs, "until"), when("2026-11-24T10:00", "60"));
    }

    #[test]
    fn what_is_typed_is_in_the_zone_that_the_browser_names() {
        for (text, offset, instant) in [
            ("2026-11-22T08:15", "-180", "2026-11-22T11:15:00Z"),
            ("2026-11-22T08:15", "345", "2026-11-22T02:30:00Z"),
            ("2026-11-22", "-180", "2026-11-22T03:00:00Z"),
            // One hour of that night comes twice in Berlin.
            ("2026-10-25T02:30", "120", "2026-10-25T00:30:00Z"),
            ("2026-10-25T02:30", "60", "2026-10-25T01:30:00Z"),
            // What names its zone is in that.
            ("2026-11-22T08:15:00Z", "-180", "2026-11-22T08:15:00Z"),
        ] {
            assert_eq!(at(text, offset).as_deref(), Some(instant), "{text}");
        }
        assert_eq!(at("", "-180"), None);
    }

    #[test]
    fn a_time_that_clocks_skip_and_an_offset_that_is_none_are_refused() {
        let skipped = when("2026-03-29T02:30", "skipped");
        assert_eq!(skipped.instant(), Err("form.skipped"));
        for offset in ["unread", "1081", "-1081", "1.5", "99999999999999999999"] {
            let read = when("2026-03-29T02:30", offset).instant();
            assert_eq!(read, Err("form.instant"), "{offset}");
        }
        // Half a date is sent as nothing, and said to be unread.
        assert_eq!(when("", "unread").instant(), Err("form.instant"));
        assert_eq!(
            when("0001-01-01T00:00", "1080").instant(),
            Err("form.instant")
        );
    }

    #[test]
    fn the_zone_is_told_beside_the_field() {
        for (offset, zone) in [
            ("", "UTC"),
            ("0", "UTC"),
            ("-180", "UTC-03:00"),
            ("345", "UTC+05:45"),
            ("unread", "UTC"),
        ] {
            assert_eq!(when("", offset).zone(), zone);
        }
    }
}
