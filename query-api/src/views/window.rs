//! Days of a venue: from when on scores count, and which one is today.

use std::{fmt, str::FromStr};

use domain::values::TimeZoneName;
use jiff::{Span, Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::QueryError;

/// Most days of a window: ten years.
const MAX_DAYS: u16 = 3_660;
/// Every zone of our time is some quarters of an hour from UTC, and so are its clock changes.
const QUARTER_HOUR: i64 = 900;

/// Which scores count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// All.
    All,
    /// Those of the venue's day.
    Today,
    /// Those of so many days of the venue, today included.
    Days(u16),
}

impl Window {
    /// From the parameter `window`; all when not sent.
    ///
    /// # Errors
    /// `Parameter`.
    pub fn parse(text: Option<&str>) -> Result<Self, QueryError> {
        text.unwrap_or("all").parse().map_err(|()| {
            let message = format!("`window` must be all, today or 1d to {MAX_DAYS}d");
            QueryError::Parameter { field: "window", code: "malformed", message }
        })
    }

    /// The first day that counts at `now` in `zone`; none when all do.
    #[must_use]
    pub fn first_day(self, zone: &TimeZoneName, now: Timestamp) -> Option<Date> {
        let before = match self {
            Self::All => return None,
            Self::Today => 0,
            Self::Days(days) => i32::from(days) - 1,
        };
        let today = zone.zone().to_datetime(now).date();
        Some(today.saturating_sub(Span::new().days(before)))
    }

    /// A number that stays the same while no venue's day ends; none when the time does not matter.
    #[must_use]
    pub fn period(self, now: Timestamp) -> Option<i64> {
        (self != Self::All).then(|| period(now))
    }
}

/// A number that stays the same while no venue's day ends.
#[must_use]
pub fn period(now: Timestamp) -> i64 {
    now.as_second().div_euclid(QUARTER_HOUR)
}

/// A day of a venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalDay {
    /// The one that it is there now.
    Today,
    /// This one.
    On(Date),
}

impl LocalDay {
    /// The date at `now` in `zone`.
    #[must_use]
    pub fn date(self, zone: &TimeZoneName, now: Timestamp) -> Date {
        match self {
            Self::Today => zone.zone().to_datetime(now).date(),
            Self::On(date) => date,
        }
    }

    /// As [`Window::period`].
    #[must_use]
    pub fn period(self, now: Timestamp) -> Option<i64> {
        (self == Self::Today).then(|| period(now))
    }
}

impl FromStr for LocalDay {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_date = text.len() == "2026-05-01".len();
        match text.parse() {
            _ if text == "today" => Ok(Self::Today),
            Ok(date) if is_date => Ok(Self::On(date)),
            _ => Err("must be `today` or a date such as 2026-05-01"),
        }
    }
}

impl<'de> Deserialize<'de> for LocalDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for Window {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "all" => Ok(Self::All),
            "today" => Ok(Self::Today),
            _ => {
                let digits =
                    text.strip_suffix('d').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
                let days = digits.and_then(|digits| digits.parse().ok());
                days.filter(|days| (1..=MAX_DAYS).contains(days)).map(Self::Days).ok_or(())
            }
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Today => f.write_str("today"),
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn first(window: &str, zone: &str, now: &str) -> Option<Date> {
        Window::parse(Some(window)).unwrap().first_day(&TimeZoneName::stored(zone), now.parse().unwrap())
    }

    #[test]
    fn a_day_is_today_in_the_venues_zone_or_a_date() {
        let zone = TimeZoneName::new("Europe/Berlin").unwrap();
        let now = "2026-05-01T22:30:00Z".parse().unwrap();
        let day = |text: &str| text.parse::<LocalDay>().map(|day| day.date(&zone, now));
        assert_eq!(day("today"), Ok(date(2026, 5, 2)));
        assert_eq!(day("2026-04-30"), Ok(date(2026, 4, 30)));
        for text in ["", "Today", "yesterday", "2026-02-30", "2026-5-1", "20260501", "2026-05-01T10:00"] {
            assert_eq!(day(text), Err("must be `today` or a date such as 2026-05-01"), "{text}");
        }
    }

    #[test]
    fn windows_are_read_and_written() {
        for text in ["all", "today", "1d", "90d", "3660d"] {
            assert_eq!(Window::parse(Some(text)).unwrap().to_string(), text);
        }
        assert_eq!(Window::parse(None).unwrap(), Window::All);
        for wrong in
            ["", "0d", "3661d", "d", "+5d", "-1d", "1.5d", "7", "7D", "99999999d", "yesterday", " 7d"]
        {
            let refused = Window::parse(Some(wrong)).unwrap_err();
            assert!(matches!(refused, QueryError::Parameter { field: "window", .. }), "{wrong}: {refused:?}");
        }
    }

    #[test]
    fn days_are_the_venues_own() {
        assert_eq!(first("all", "Europe/Berlin", "2026-05-01T12:00:00Z"), None);
        assert_eq!(first("today", "Europe/Berlin", "2026-05-01T21:59:59Z"), Some(date(2026, 5, 1)));
        assert_eq!(first("today", "Europe/Berlin", "2026-05-01T22:00:00Z"), Some(date(2026, 5, 2)));
        assert_eq!(first("1d", "America/New_York", "2026-05-01T03:59:59Z"), Some(date(2026, 4, 30)));
        assert_eq!(first("90d", "Europe/Berlin", "2026-05-01T12:00:00Z"), Some(date(2026, 2, 1)));
    }

    #[test]
    fn days_end_at_local_midnight_around_clock_changes() {
        for (now, day) in [
            ("2026-03-29T21:59:59Z", date(2026, 3, 29)),
            ("2026-03-29T22:00:00Z", date(2026, 3, 30)),
            ("2026-10-25T22:59:59Z", date(2026, 10, 25)),
            ("2026-10-25T23:00:00Z", date(2026, 10, 26)),
        ] {
            assert_eq!(first("today", "Europe/Berlin", now), Some(day), "{now}");
        }
    }

    #[test]
    fn a_period_ends_whenever_a_day_does() {
        let period = |now: &str| Window::Today.period(now.parse().unwrap());
        // Midnight in Kathmandu (+05:45), Chatham (+12:45) and Newfoundland (-02:30).
        for (before, at) in [
            ("2026-05-01T18:14:59.999999Z", "2026-05-01T18:15:00Z"),
            ("2026-05-01T11:14:59.999999Z", "2026-05-01T11:15:00Z"),
            ("2026-05-01T02:29:59.999999Z", "2026-05-01T02:30:00Z"),
        ] {
            assert_ne!(period(before), period(at), "{at}");
        }
        assert_eq!(period("2026-05-01T18:15:00Z"), period("2026-05-01T18:29:59Z"));
        assert_eq!(Window::All.period(Timestamp::UNIX_EPOCH), None);
    }
}
