//! When something that is asked for ends: at a time, or so long from now.

use jiff::{SignedDuration, Timestamp};
use shared::{domain::values::InvalidValue, http::FieldErrors};

/// A day in seconds: nothing is asked for longer.
const DAY: u32 = 86_400;

/// An end as it was said.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// Then.
    At(Timestamp),
    /// So long from now.
    In(SignedDuration),
}

impl End {
    /// The time, for something that begins at `now`.
    pub(super) fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(until) => until,
            Self::In(duration) => now.saturating_add(duration).unwrap_or(Timestamp::MAX),
        }
    }
}

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
