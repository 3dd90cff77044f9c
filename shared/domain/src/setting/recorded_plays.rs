//! How long ago a play may have begun that is recorded later: the venue's choice.

use jiff::SignedDuration;

use super::{SettingError, SettingValue};

/// The key of the setting, in hours.
pub const RECORD_WITHIN: &str = "plays.record_within_hours";

const HOURS: std::ops::RangeInclusive<f64> = 1.0..=720.0;
const UNLESS_SET: SignedDuration = SignedDuration::from_hours(24);

/// What `value` of [`RECORD_WITHIN`] means; a day unless it is set.
#[must_use]
pub fn record_within(value: Option<&SettingValue>) -> SignedDuration {
    match value {
        Some(SettingValue::Number(hours)) if HOURS.contains(hours) => {
            SignedDuration::try_from_secs_f64(hours * 3_600.0).unwrap_or(UNLESS_SET)
        }
        _ => UNLESS_SET,
    }
}

/// Refuses a value of [`RECORD_WITHIN`] that means nothing.
pub(super) fn check(value: &SettingValue) -> Result<(), SettingError> {
    match value {
        SettingValue::Number(hours) if HOURS.contains(hours) => Ok(()),
        _ => Err(SettingError::RecordWithin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_may_be_recorded_for_a_day_unless_the_venue_says_otherwise() {
        assert_eq!(record_within(None), SignedDuration::from_hours(24));
        assert_eq!(record_within(Some(&SettingValue::Number(0.5))), SignedDuration::from_hours(24));
        assert_eq!(record_within(Some(&SettingValue::Number(1.5))), SignedDuration::from_mins(90));
        assert_eq!(record_within(Some(&SettingValue::Boolean(true))), SignedDuration::from_hours(24));
    }

    #[test]
    fn hours_are_between_one_and_thirty_days() {
        for (value, good) in [(0.9, false), (1.0, true), (720.0, true), (721.0, false)] {
            assert_eq!(check(&SettingValue::Number(value)).is_ok(), good, "{value}");
        }
        assert_eq!(check(&SettingValue::Text("24".into())), Err(SettingError::RecordWithin));
    }
}
