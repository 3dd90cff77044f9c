//! Wristbands: bought time on a player's arm.

pub mod bulk;
mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod decide;
mod error;
mod event;
mod scan;
mod state;
#[cfg(test)]
mod tests;

pub use command::WristbandCommand;
pub use decide::decide;
pub use error::WristbandError;
pub use event::WristbandEvent;
pub use scan::{BadBand, ScanFacts};
pub use state::{BandClock, LoadedBand, Wristband, WristbandState};

/// When bought time begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStart {
    /// At once.
    Now,
    /// At the first scan in a room: the child gets ready first.
    FirstScan,
}
