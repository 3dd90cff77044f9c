//! The history of plays: one row a play, with its participants and results.

use std::sync::Arc;

use domain::{
    ids::{GameId, LocationId, PlayId, PlayerId, RoomId, VariantId, WristbandUid},
    log::Version,
    play::{LabelledResult, Participant, PlayerResult},
    values::Reason,
};
use jiff::{Timestamp, civil::Date};
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

use crate::zones::zones;

/// The plays.
pub const PLAYS: ReadModel =
    ReadModel { name: "plays", tables: &[PlayZone::TABLE, PlayRow::TABLE, PlayPlayer::TABLE] };

zones!(PlayZone in "play_zones");

record! {
    /// A play as people see it.
    pub struct PlayRow in "plays" {
        key {
            /// Its id.
            play_id: PlayId,
        }
        /// The venue.
        location_id: LocationId,
        /// Where.
        room_id: RoomId,
        /// What game.
        game_id: GameId,
        /// What variant.
        variant_id: VariantId,
        /// `alliance`, `pvp` or `custom`.
        mode: Arc<str>,
        /// `running`, `finished` or `aborted`.
        status: Arc<str>,
        /// When it began.
        started_at: Timestamp,
        /// When it ended.
        ended_at: Option<Timestamp>,
        /// Aborted by the scheduler when still running then.
        ends_by: Timestamp,
        /// When it was recorded, if that was after the fact.
        recorded_at: Option<Timestamp>,
        /// The venue's day on which it began.
        local_day: Date,
        /// Why it was aborted.
        reason: Option<Reason>,
        /// Who plays.
        participants: Json<Vec<ParticipantCell>>,
        /// What they achieved, once it is finished.
        results: Json<Vec<ResultCell>>,
        /// What those without a band achieved.
        labelled: Json<Vec<LabelledCell>>,
        /// Last event of its stream.
        stream_version: Version,
    }
    index "started" (location_id, started_at, play_id);
    index "room" (location_id, room_id, started_at, play_id);
    index "variant" (location_id, variant_id, started_at, play_id);
    index "status" (location_id, status, started_at, play_id);
    index "overdue" (status, ends_by);
}

record! {
    /// Finds the plays of a player, in the order of their start.
    pub struct PlayPlayer in "play_players" {
        key {
            /// The venue.
            location_id: LocationId,
            /// Who.
            player_id: PlayerId,
            /// When the play began.
            started_at: Timestamp,
            /// The play.
            play_id: PlayId,
        }
    }
}

/// A participant as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantCell {
    /// The band.
    pub uid: WristbandUid,
    /// Who wore it.
    pub player_id: PlayerId,
}

/// A result as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultCell {
    /// The band.
    pub uid: WristbandUid,
    /// Who wore it.
    pub player_id: PlayerId,
    /// Points, after corrections.
    pub points: u32,
    /// Level reached, after corrections.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
    /// No longer counts.
    pub voided: bool,
    /// Not as it was reported.
    pub corrected: bool,
}

/// A result of somebody without a band, as the view shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelledCell {
    /// What the venue calls it by.
    pub label: String,
    /// Points.
    pub points: u32,
    /// Level reached.
    pub level: u32,
    /// Lives left, where the game counts them.
    pub lives: Option<u32>,
}

impl From<&LabelledResult> for LabelledCell {
    fn from(result: &LabelledResult) -> Self {
        let LabelledResult { label, points, level, lives } = result;
        Self { label: label.to_string(), points: points.get(), level: *level, lives: *lives }
    }
}

impl From<&Participant> for ParticipantCell {
    fn from(participant: &Participant) -> Self {
        Self { uid: participant.uid.clone(), player_id: participant.player }
    }
}

impl From<&PlayerResult> for ResultCell {
    fn from(result: &PlayerResult) -> Self {
        Self {
            uid: result.uid.clone(),
            player_id: result.player,
            points: result.points.get(),
            level: result.level,
            lives: result.lives,
            voided: false,
            corrected: false,
        }
    }
}
