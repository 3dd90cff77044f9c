//! Plays: one run of a variant in a room by some wristbands.

mod event;

pub use event::PlayEvent;

use super::{
    ids::{PlayerId, WristbandUid},
    values::Points,
};

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
