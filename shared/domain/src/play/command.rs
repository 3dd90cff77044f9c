//! What can be asked of a play.

use jiff::Timestamp;

use crate::{
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    values::{Points, Reason},
};

use super::Participant;

/// What a game engine says about one band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedResult {
    /// The band.
    pub uid: WristbandUid,
    /// Points.
    pub points: Points,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}

/// A wish about one play. Starting and ending one concern its room and bands too and are asked through
/// [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayCommand {
    /// Begin.
    Start {
        /// Fresh id.
        id: PlayId,
        /// The venue.
        location: LocationId,
        /// Where.
        room: RoomId,
        /// What game.
        game: GameId,
        /// What variant.
        variant: VariantId,
        /// How players stand to each other.
        mode: Mode,
        /// Who plays.
        participants: Vec<Participant>,
        /// When.
        at: Timestamp,
        /// When it is too long.
        ends_by: Timestamp,
    },
    /// End with results.
    Finish {
        /// One a participant, in any order.
        results: Vec<ReportedResult>,
        /// When.
        at: Timestamp,
    },
    /// End without results.
    Abort {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// End without results, if it has run too long.
    AbortOverdue {
        /// When.
        at: Timestamp,
    },
    /// Change a score; what is absent stays.
    CorrectScore {
        /// Whose.
        player: PlayerId,
        /// Points.
        points: Option<Points>,
        /// Level reached.
        level: Option<u32>,
        /// Lives left.
        lives: Option<u32>,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Let a score no longer count.
    VoidScore {
        /// Whose.
        player: PlayerId,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}
