//! Set times: cron expressions and when they come next, in a zone with its summer time.
//!
//! Where the clock is put forward, a set time in the hour that does not exist comes at the first moment
//! after it. Where the clock is put back, a set time comes once, at the first of its two hours; an
//! expression of repeated times (`*` or steps in minutes or hours) goes on through both.

use std::{fmt, sync::Arc};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, tz::TimeZone};

use crate::{checked::checked_values, values::InvalidValue};

/// Five fields: minute, hour, day of month, month, day of week. Comes at least once in its life.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CronExpression(Arc<str>);

impl CronExpression {
    /// Checks `text` and makes its blanks single.
    ///
    /// # Errors
    /// `TooLong`, `Malformed`.
    pub fn new(text: &str) -> Result<Self, InvalidValue> {
        let actual = text.chars().count();
        if actual > 100 {
            return Err(InvalidValue::TooLong { max: 100, actual });
        }
        let expression = Self(text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into());
        let from = Timestamp::constant(1_700_000_000, 0);
        let comes = next_after(&expression, &TimeZone::UTC, from).is_some();
        let expected = "five cron fields (minute, hour, day of month, month, day of week) that come to pass, \
                        such as 30 9 * * Mon-Fri";
        if comes { Ok(expression) } else { Err(InvalidValue::Malformed { expected }) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// From a stored event, which was checked when it was written.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }
}

checked_values! {
    CronExpression: String, |text| Self::new(&text), else Self("0 0 * * *".into());
}

impl fmt::Display for CronExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first time after `instant`, itself excluded; none when there is none any more.
#[must_use]
pub fn next_after(expression: &CronExpression, zone: &TimeZone, instant: Timestamp) -> Option<Timestamp> {
    let cron = parse(expression)?;
    let next = cron.find_next_occurrence(&instant.to_zoned(zone.clone()), false).ok()?;
    Some(next.timestamp())
}

fn parse(expression: &CronExpression) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let expression = CronExpression::new(expression).unwrap();
        let first: Timestamp = after.parse().unwrap();
        let next = |instant: &Timestamp| next_after(&expression, &zone, *instant);
        let following = std::iter::successors(next(&first), next);
        following.take(count).map(|instant| instant.to_string()).collect()
    }

    #[test]
    fn an_expression_has_five_fields_and_comes_to_pass() {
        assert_eq!(CronExpression::new(" 30  9 * * Mon-Fri ").unwrap().as_str(), "30 9 * * Mon-Fri");
        for text in ["*/5 * * * *", "0 0 29 2 *", "0 12 * JAN,jun 1#2", "0 0 L * *", "@daily"] {
            assert!(CronExpression::new(text).is_ok(), "{text}");
        }
        for text in ["", "* * * *", "0 30 9 * * Mon", "60 * * * *", "0 24 * * *", "0 0 30 2 *", "x * * * *"] {
            assert!(matches!(CronExpression::new(text), Err(InvalidValue::Malformed { .. })), "{text}");
        }
        let long = format!("{} * * * *", "1,".repeat(60));
        assert!(matches!(CronExpression::new(&long), Err(InvalidValue::TooLong { .. })));
    }

    #[test]
    fn the_instant_itself_does_not_count_and_its_fraction_does_not_delay() {
        let at = |after| times("0 * * * *", "UTC", after, 1);
        assert_eq!(at("2026-11-21T09:00:00Z"), ["2026-11-21T10:00:00Z"]);
        assert_eq!(at("2026-11-21T08:59:59.999Z"), ["2026-11-21T09:00:00Z"]);
        assert_eq!(at("2026-11-21T09:00:00.5Z"), ["2026-11-21T10:00:00Z"]);
    }

    #[test]
    fn a_set_time_stays_at_its_local_hour_over_both_switches() {
        let spring = times("30 9 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3);
        assert_eq!(spring, ["2026-03-28T08:30:00Z", "2026-03-29T07:30:00Z", "2026-03-30T07:30:00Z"]);
        let autumn = times("30 9 * * *", "Europe/Berlin", "2026-10-24T00:00:00Z", 3);
        assert_eq!(autumn, ["2026-10-24T07:30:00Z", "2026-10-25T08:30:00Z", "2026-10-26T08:30:00Z"]);
    }

    #[test]
    fn a_time_that_does_not_exist_comes_right_after_the_gap() {
        let times = times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
        assert_eq!(times, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    }

    #[test]
    fn a_time_that_exists_twice_comes_once() {
        let times = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
        assert_eq!(times, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn repeated_times_go_on_evenly_through_both_switches() {
        let evenly = |after: &str| {
            let times = times("*/30 * * * *", "Europe/Berlin", after, 8);
            let instants: Vec<Timestamp> = times.iter().map(|text| text.parse().unwrap()).collect();
            instants.windows(2).all(|pair| pair[1].duration_since(pair[0]).as_secs() == 1_800)
        };
        assert!(evenly("2026-03-28T23:00:00Z"));
        assert!(evenly("2026-10-24T23:00:00Z"));
    }
}
