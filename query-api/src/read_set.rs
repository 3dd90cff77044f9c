//! What an answer follows from: some projections' rows, seen from one location or from everywhere, and
//! sometimes the time. Its text at one moment names the answer's state: equal texts, equal answers.

use std::fmt::{self, Write as _};

use domain::{ids::LocationId, log::Position};
use read_store::{
    ReadModel, ReadStore, SqlError,
    progress::{History, Progress, Watermark},
};

use crate::{Tables, views::names::Reader};

/// What an answer follows from. It is also all that the answer may read: see [`Tables`].
#[derive(Clone, Copy, Debug)]
pub struct ReadSet {
    models: &'static [&'static ReadModel],
    whose: Whose,
    time: Time,
    reader: Reader,
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

impl ReadSet {
    /// Rows of `location`, and rows that belong to no location.
    #[must_use]
    pub fn at(location: LocationId, models: &'static [&'static ReadModel]) -> Self {
        Self { models, whose: Whose::Location(location), time: Time::Timeless, reader: Reader::Persons }
    }

    /// Rows of any location, the same for every caller.
    #[must_use]
    pub fn everywhere(models: &'static [&'static ReadModel]) -> Self {
        Self { models, whose: Whose::All, time: Time::Timeless, reader: Reader::Persons }
    }

    /// Rows of any location, cut to what a caller bound to `location` may see of them.
    #[must_use]
    pub fn reached_from(location: LocationId, models: &'static [&'static ReadModel]) -> Self {
        Self { models, whose: Whose::Reached(location), time: Time::Timeless, reader: Reader::Persons }
    }

    /// The answer also follows from the time, but not within one `period`: say, the number of a local
    /// day, for an answer about "today".
    #[must_use]
    pub fn in_period(self, period: i64) -> Self {
        Self { time: Time::Period(period), ..self }
    }

    /// The answer also follows from what of names `reader` may read.
    #[must_use]
    pub fn named_to(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// The answer follows from the very instant: it is made anew for every request.
    #[must_use]
    pub fn at_this_instant(self) -> Self {
        Self { time: Time::Instant, ..self }
    }

    /// The tables of `store` that the answer may read.
    pub(crate) fn tables(&self, store: &ReadStore) -> Tables {
        Tables::new(store.clone(), self.models)
    }

    pub(crate) fn projections(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.models.iter().map(|model| model.name)
    }

    /// The position up to which the rows are complete.
    pub(crate) fn position(&self, progress: &Progress) -> Result<Position, SqlError> {
        self.projections().try_fold(Position(u64::MAX), |least, name| {
            let watermark = progress.watermark(name).ok_or_else(|| SqlError::NotBuilt(name.to_owned()))?;
            Ok(least.min(watermark.position))
        })
    }

    /// The state's text, in characters that an entity tag may have; none when every instant has its own.
    pub(crate) fn state(&self, progress: &Progress, history: History) -> Result<Option<String>, SqlError> {
        if matches!(self.time, Time::Instant) {
            return Ok(None);
        }
        let mut text = String::with_capacity(32 + 24 * self.models.len());
        // Writing to a string cannot fail.
        let _ = write!(text, "{history}{}", self.time);
        if let Whose::Reached(location) = self.whose {
            let _ = write!(text, "@{location}");
        }
        if self.reader == Reader::Displays {
            text.push('d');
        }
        for name in self.projections() {
            let watermark =
                self.watermark(progress, name).ok_or_else(|| SqlError::NotBuilt(name.to_owned()))?;
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
