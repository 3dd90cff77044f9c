//! When something that is asked for ends: at a time, or so long from now.

use jiff::{SignedDuration, Timestamp};

/// An end as it was said.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// Then.
    At(Timestamp),
    /// So long from now.
    In(SignedDuration),
}

impl End {
    /// The time, for something that begins at `now`.
    #[must_use]
    pub fn after(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(until) => until,
            Self::In(duration) => now.saturating_add(duration).unwrap_or(Timestamp::MAX),
        }
    }
}
