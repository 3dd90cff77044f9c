//! What can be asked of a wristband.

use jiff::Timestamp;

use crate::{
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
};

use super::{ClockStart, LoadedBand};

/// A wish about one wristband. What concerns its player as well is asked through [`super::cross_stream`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WristbandCommand {
    /// Load time on a band that has none.
    Initialize {
        /// The venue.
        location: LocationId,
        /// The code on the band.
        uid: WristbandUid,
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// Put it on a player.
    Assign {
        /// Who.
        player: PlayerId,
        /// When.
        at: Timestamp,
    },
    /// Read it at a room.
    Scan {
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// More time on a band that still has some.
    AddTime {
        /// How much.
        minutes: Minutes,
        /// When.
        at: Timestamp,
    },
    /// A new period for the same player.
    Renew {
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// Give time and player away.
    TransferOut {
        /// To which band.
        to: WristbandUid,
        /// When.
        at: Timestamp,
    },
    /// Take over time and player.
    TransferIn {
        /// The venue.
        location: LocationId,
        /// The code on this band.
        uid: WristbandUid,
        /// From which band.
        from: WristbandUid,
        /// What that band held.
        held: LoadedBand,
        /// When.
        at: Timestamp,
    },
    /// Take it out of use.
    Void {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Enter a play.
    JoinPlay {
        /// Which.
        play: PlayId,
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// Come out of a play.
    LeavePlay {
        /// Which.
        play: PlayId,
        /// When.
        at: Timestamp,
    },
}
