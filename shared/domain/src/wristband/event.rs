//! Facts about one wristband at one venue.

use jiff::Timestamp;

use crate::{
    ids::{LocationId, PlayId, PlayerId, RoomId, WristbandUid},
    values::{Minutes, Reason},
};

use super::ClockStart;

/// What happened to a wristband. Expiry is no event: it follows from `ends_at` and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WristbandEvent {
    /// Time was loaded on a blank, expired or voided band; whoever wore it before no longer does.
    Initialized {
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
    /// A player wears it.
    Assigned {
        /// Who.
        player: PlayerId,
        /// When.
        at: Timestamp,
    },
    /// The first scan started the clock.
    ClockStarted {
        /// When.
        at: Timestamp,
        /// When the time is over.
        ends_at: Timestamp,
    },
    /// Read at a room while good.
    Scanned {
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// More time; the clock, if it runs, ends this much later.
    TimeAdded {
        /// How much.
        minutes: Minutes,
        /// When.
        at: Timestamp,
    },
    /// A new period for the player who wears it, after the old one was over.
    Renewed {
        /// How much time.
        minutes: Minutes,
        /// When the clock starts.
        starts: ClockStart,
        /// When.
        at: Timestamp,
    },
    /// Time and player moved to another band; this one is blank again.
    TransferredOut {
        /// Where they went.
        to: WristbandUid,
        /// When.
        at: Timestamp,
    },
    /// Time and player came from another band.
    TransferredIn {
        /// The venue.
        location: LocationId,
        /// The code on this band.
        uid: WristbandUid,
        /// Where they came from.
        from: WristbandUid,
        /// Who wears it now, if anybody did.
        player: Option<PlayerId>,
        /// Time not yet started, if the clock waits for the first scan.
        waiting: Option<Minutes>,
        /// When the running time is over, if the clock runs.
        ends_at: Option<Timestamp>,
        /// Minutes loaded in this period so far, for the summary.
        minutes_loaded: u32,
        /// When.
        at: Timestamp,
    },
    /// Taken out of use; blank until it is initialised again.
    Voided {
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// Entered a play.
    PlayJoined {
        /// Which.
        play: PlayId,
        /// Where.
        room: RoomId,
        /// When.
        at: Timestamp,
    },
    /// The play ended.
    PlayLeft {
        /// Which.
        play: PlayId,
        /// When.
        at: Timestamp,
    },
}
