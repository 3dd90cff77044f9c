//! Wristbands: bought time on a player's arm.

pub mod bulk;
mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
pub mod history;
mod scan;
#[cfg(test)]
mod tests;

pub use command::{WristbandCommand, decide};
pub use error::WristbandError;
pub use event::{BandClock, LoadedBand, Wristband, WristbandEvent, WristbandState};
pub use scan::{BadBand, ScanFacts};

/// The most days that a pass is good for.
pub const LONGEST_PASS_DAYS: i64 = 366;

/// When bought time begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStart {
    /// At once.
    Now,
    /// At the first scan in a room: the child gets ready first.
    FirstScan,
}
