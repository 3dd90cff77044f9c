//! Facts about one play.

use jiff::Timestamp;

use crate::{
    game::Mode,
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId},
    values::{Points, Reason},
};

use super::{Participant, PlayerResult};

/// What happened to a play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayEvent {
    /// It began.
    Started {
        /// Its id.
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
        /// Who plays, with which band.
        participants: Vec<Participant>,
        /// When.
        at: Timestamp,
        /// Aborted by the scheduler when still running then.
        ends_by: Timestamp,
    },
    /// It ended with a result for every participant.
    Finished {
        /// One a participant, in their order.
        results: Vec<PlayerResult>,
        /// When.
        at: Timestamp,
    },
    /// It ended without results.
    Aborted {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// A finished play's score, after the correction.
    ScoreCorrected {
        /// Whose.
        player: PlayerId,
        /// Points now.
        points: Points,
        /// Level now.
        level: u32,
        /// Lives left now, where the game counts them.
        lives: Option<u32>,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// A finished play's score no longer counts.
    ScoreVoided {
        /// Whose.
        player: PlayerId,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
}
