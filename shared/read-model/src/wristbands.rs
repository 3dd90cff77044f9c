//! Wristbands as the front desk looks them up, and what was achieved with each period of bought time.

use std::sync::Arc;

use domain::{
    ids::{LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    log::Version,
};
use jiff::Timestamp;
use read_store::{Json, ReadModel, Record as _, record};

use crate::rewards::TierCell;

/// The wristbands.
pub const WRISTBANDS: ReadModel = ReadModel {
    name: "wristbands",
    tables: &[BandRow::TABLE, BandPeriod::TABLE, BandPlay::TABLE, BandRewards::TABLE],
};

record! {
    /// A band at a venue.
    pub struct BandRow in "wristbands" {
        key {
            /// The venue.
            location_id: LocationId,
            /// The code on it.
            uid: WristbandUid,
        }
        /// `blank`, `loaded` or `voided`; whether loaded time is over follows from `ends_at`.
        phase: Arc<str>,
        /// Who wears it, or wore it last.
        player_id: Option<PlayerId>,
        /// Names the bought period, across transfers.
        period: Option<Arc<str>>,
        /// Minutes loaded in this period so far.
        minutes_loaded: u32,
        /// Minutes whose clock waits for the first scan.
        waiting_minutes: Option<u32>,
        /// `now` or `first_scan`: when the period's clock starts.
        starts: Option<Arc<str>>,
        /// When the period began: when it was bought.
        loaded_at: Option<Timestamp>,
        /// When the clock started.
        started_at: Option<Timestamp>,
        /// When the running time is over.
        ends_at: Option<Timestamp>,
        /// Until when it has time; a day in 9999 while the clock waits. For counting live bands.
        live_until: Option<Timestamp>,
        /// The play it is in.
        play_id: Option<PlayId>,
        /// Where it was scanned last, or entered a play.
        room_id: Option<RoomId>,
        /// When it was scanned last.
        last_scanned_at: Option<Timestamp>,
        /// Whether the period is a pass, sold by the day.
        is_pass: bool,
        /// Last event of its stream.
        stream_version: Version,
    }
    index "live" (location_id, live_until);
}

record! {
    /// A period of bought time that a player had, on one band or on several after each other.
    pub struct BandPeriod in "wristband_periods" {
        key {
            /// The venue.
            location_id: LocationId,
            /// Who.
            player_id: PlayerId,
            /// The period, as bands name it.
            period: Arc<str>,
        }
        /// The code on the band that has it, or had it last.
        uid: WristbandUid,
        /// When it was bought.
        loaded_at: Option<Timestamp>,
        /// When the clock started.
        started_at: Option<Timestamp>,
        /// When the running time is over, or was.
        ends_at: Option<Timestamp>,
        /// Minutes loaded so far.
        minutes_loaded: u32,
        /// Whether it is a pass, sold by the day.
        is_pass: bool,
        /// When the player gave it up before its end: the band was voided, or went to somebody else.
        given_up_at: Option<Timestamp>,
    }
    index "loaded" (location_id, player_id, loaded_at, period);
}

record! {
    /// A player's part in a play, by the period it was played in.
    pub struct BandPlay in "wristband_plays" {
        key {
            /// The play.
            play_id: PlayId,
            /// Who.
            player_id: PlayerId,
        }
        /// The venue.
        location_id: LocationId,
        /// The band's period, once the band has joined.
        period: Option<Arc<str>>,
        /// Where.
        room_id: RoomId,
        /// What was played, once the play has begun.
        variant_id: Option<VariantId>,
        /// Points, once it is finished, after corrections.
        points: Option<u32>,
        /// Level, as the points.
        level: Option<u32>,
        /// When it ended with results.
        scored_at: Option<Timestamp>,
        /// The score no longer counts.
        voided: bool,
        /// Last event of the play's stream.
        stream_version: Version,
    }
    index "period" (location_id, period);
    index "player" (location_id, player_id);
}

record! {
    /// A venue's rewards.
    pub struct BandRewards in "wristband_rewards" {
        key {
            /// The venue.
            location_id: LocationId,
        }
        /// Lowest first.
        reward_tiers: Json<Vec<TierCell>>,
        /// Last event of its stream that set them.
        stream_version: Version,
    }
}
