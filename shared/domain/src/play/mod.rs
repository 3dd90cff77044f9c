//! Plays: one run of a variant in a room by some wristbands.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
#[cfg(test)]
mod property_tests;
mod record;
mod results;
#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "world_tests.rs"]
pub(crate) mod world;

pub use command::{PlayCommand, ReportedResult, decide};
pub use error::PlayError;
pub use event::{FinishedPlay, Play, PlayEvent, PlayState, Score, StartedPlay};
pub use record::{Achieved, LabelledResult, Record, record};

use super::{
    ids::{PlayerId, WristbandUid},
    values::Points,
};

/// The highest level a result can report, whatever the variant's own.
pub const MAX_LEVEL: u32 = 1_000;

/// The most lives a result can report.
pub const MAX_LIVES: u32 = 1_000;

/// Somebody in a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The band.
    pub uid: WristbandUid,
    /// Who wore it when the play began.
    pub player: PlayerId,
}

/// What one participant achieved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerResult {
    /// The band.
    pub uid: WristbandUid,
    /// The player.
    pub player: PlayerId,
    /// Points.
    pub points: Points,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}
