//! Wristbands: bought time on a player's arm.

mod event;

pub use event::WristbandEvent;

/// When bought time begins to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockStart {
    /// At once.
    Now,
    /// At the first scan in a room: the child gets ready first.
    FirstScan,
}
