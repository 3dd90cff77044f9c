//! The end of something that is asked for, as requests say it.

use domain::values::InvalidValue;
use http_api::FieldErrors;
use jiff::{SignedDuration, Timestamp};

use crate::commands::plug::End;

/// A day in seconds: nothing is asked for longer.
const DAY: u32 = 86_400;

/// The end that the fields `until` and `for_seconds` say, if they do.
#[expect(clippy::option_option, reason = "the outer is for the collector of errors")]
pub(super) fn end(
    errors: &mut FieldErrors,
    until: Option<Timestamp>,
    for_seconds: Option<u32>,
) -> Option<Option<End>> {
    match (until, for_seconds) {
        (None, None) => Some(None),
        (Some(until), None) => Some(Some(End::At(until))),
        (None, Some(seconds)) => errors.field("for_seconds", in_range(seconds)).map(Some),
        (Some(_), Some(_)) => {
            let message = "`until` and `for_seconds` are both there; send at most one of them";
            errors.refuse("for_seconds", "ambiguous", message);
            None
        }
    }
}

fn in_range(seconds: u32) -> Result<End, InvalidValue> {
    if (1..=DAY).contains(&seconds) {
        Ok(End::In(SignedDuration::from_secs(seconds.into())))
    } else {
        Err(InvalidValue::OutOfRange { min: 1, max: DAY.into(), actual: seconds.into() })
    }
}
