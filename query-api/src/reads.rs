//! What an answer follows from: some projections' rows, seen from one location or from everywhere, and
//! sometimes the time. Its text at one moment names the answer's state: equal texts, equal answers.

use std::fmt::{self, Write as _};

use shared::domain::log::Position;
use shared::{
    domain::ids::LocationId,
    sql::{
        SqlError,
        progress::{Progress, Watermark},
    },
};

/// What a view reads. The projections' names are those in their [`ProjectionRow`]s.
///
/// [`ProjectionRow`]: shared::sql::catalog::ProjectionRow
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    projections: &'static [&'static str],
    whose: Whose,
    time: Time,
}

#[derive(Clone, Copy, Debug)]
enum Whose {
    /// Of one location, and of none.
    Location(LocationId),
    /// Of one location, out of a list of all.
    Reached(LocationId),
    /// Of any.
    All,
}

#[derive(Clone, Copy, Debug)]
enum Time {
    Timeless,
    Period(i64),
    Instant,
}

impl Reads {
    /// Rows of `location`, and rows that belong to no location.
    #[must_use]
    pub fn at(location: LocationId, projections: &'static [&'static str]) -> Self {
        Self { projections, whose: Whose::Location(location), time: Time::Timeless }
    }

    /// Rows of any location, the same for every caller.
    #[must_use]
    pub fn everywhere(projections: &'static [&'static str]) -> Self {
        Self { projections, whose: Whose::All, time: Time::Timeless }
    }

    /// Rows of any location, cut to what a caller bound to `location` may see of them.
    #[must_use]
    pub fn reached_from(location: LocationId, projections: &'static [&'static str]) -> Self {
        Self { projections, whose: Whose::Reached(location), time: Time::Timeless }
    }

    /// The answer also follows from the time, but not within one `period`: say, the number of a local
    /// day, for an answer about "today".
    #[must_use]
    pub fn in_period(self, period: i64) -> Self {
        Self { time: Time::Period(period), ..self }
    }

    /// The answer follows from the very instant: it is made anew for every request.
    #[must_use]
    pub fn at_this_instant(self) -> Self {
        Self { time: Time::Instant, ..self }
    }

    pub(crate) fn projections(&self) -> &'static [&'static str] {
        self.projections
    }

    /// The position up to which the rows are complete.
    pub(crate) fn position(&self, progress: &Progress) -> Result<Position, SqlError> {
        self.projections.iter().try_fold(Position(u64::MAX), |least, name| {
            let watermark = progress.watermark(name).ok_or_else(|| SqlError::NotBuilt((*name).to_owned()))?;
            Ok(least.min(watermark.position))
        })
    }

    /// The state's text, in characters that an entity tag may have; none when every instant has its own.
    pub(crate) fn state(&self, progress: &Progress, timeline: u32) -> Result<Option<String>, SqlError> {
        if matches!(self.time, Time::Instant) {
            return Ok(None);
        }
        let mut text = String::with_capacity(32 + 24 * self.projections.len());
        // Writing to a string cannot fail.
        let _ = write!(text, "{timeline}{}", self.time);
        if let Whose::Reached(location) = self.whose {
            let _ = write!(text, "@{location}");
        }
        for name in self.projections {
            let watermark =
                self.watermark(progress, name).ok_or_else(|| SqlError::NotBuilt((*name).to_owned()))?;
            let _ = write!(text, "-{watermark}");
        }
        Ok(Some(text))
    }

    fn watermark(&self, progress: &Progress, projection: &str) -> Option<Watermark> {
        match self.whose {
            Whose::Location(location) | Whose::Reached(location) => {
                progress.location_watermark(projection, location)
            }
            Whose::All => progress.change_watermark(projection),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeless | Self::Instant => Ok(()),
            Self::Period(period) => write!(f, "t{period}"),
        }
    }
}
