//! The leaderboards. Each table follows from the one before: scores make a player's day, days make the best
//! ever, bests make the total.

use std::cmp::Reverse;

use domain::{
    ids::{LocationId, PlayId, PlayerId, VariantId},
    log::Version,
};
use jiff::{Timestamp, civil::Date};
use read_store::{Json, ReadModel, Record as _, record};
use serde::{Deserialize, Serialize};

use crate::zones::zones;

/// The leaderboards.
pub const LEADERBOARDS: ReadModel = ReadModel {
    name: "leaderboards",
    tables: &[
        BoardZone::TABLE,
        BoardPlay::TABLE,
        DayBest::TABLE,
        PlayerDay::TABLE,
        PlayerBest::TABLE,
        PlayerTotal::TABLE,
    ],
};

zones!(BoardZone in "leaderboard_zones");

record! {
    /// What later facts of a play need to know of it.
    pub struct BoardPlay in "leaderboard_plays" {
        key {
            /// The play.
            play_id: PlayId,
        }
        /// The venue.
        location_id: LocationId,
        /// What was played.
        variant_id: VariantId,
        /// The venue's day on which it ended with results.
        finished_on: Option<Date>,
        /// Last event of its stream.
        stream_version: Version,
    }
}

record! {
    /// A player's best score of one day in one variant.
    pub struct DayBest in "leaderboard_days" {
        key {
            /// The venue.
            location_id: LocationId,
            /// The variant.
            variant_id: VariantId,
            /// The venue's day.
            local_day: Date,
            /// The player.
            player_id: PlayerId,
        }
        /// The best.
        points: u32,
        /// When that play ended.
        reached_at: Timestamp,
        /// That play.
        play_id: PlayId,
        /// The day's other scores that count, by play: one of them is the best when this one falls.
        others: Json<Vec<Score>>,
    }
    index "player" (player_id, local_day);
}

record! {
    /// The sum of a player's bests of one day: with those of other days, at least as much
    /// as the bests of all these days can be. So a board of many days need look at few players closely.
    pub struct PlayerDay in "leaderboard_player_days" {
        key {
            /// The venue.
            location_id: LocationId,
            /// The venue's day.
            local_day: Date,
            /// The player.
            player_id: PlayerId,
        }
        /// The sum.
        points: u64,
        /// How many variants it is of.
        variants: u32,
    }
}

record! {
    /// A player's best score ever in one variant.
    pub struct PlayerBest in "leaderboard_best" {
        key {
            /// The venue.
            location_id: LocationId,
            /// The player.
            player_id: PlayerId,
            /// The variant.
            variant_id: VariantId,
        }
        /// The best.
        points: u32,
        /// When that play ended.
        reached_at: Timestamp,
        /// That play.
        play_id: PlayId,
    }
    index "variant" (location_id, variant_id, points);
}

record! {
    /// The sum of a player's bests.
    pub struct PlayerTotal in "leaderboard_totals" {
        key {
            /// The venue.
            location_id: LocationId,
            /// The player.
            player_id: PlayerId,
        }
        /// The sum.
        points: u64,
        /// How many variants it is of.
        variants: u32,
        /// When the last play ended that the sum counts.
        reached_at: Timestamp,
    }
    index "points" (location_id, points);
}

/// A score that counts; stored as `[play, points, microseconds]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score(pub PlayId, pub u32, pub i64);

impl Score {
    /// More points are better; of equal ones the earlier.
    #[must_use]
    pub fn beats(&self, other: &Self) -> bool {
        (Reverse(self.1), self.2, self.0) < (Reverse(other.1), other.2, other.0)
    }

    /// When the play ended.
    #[must_use]
    pub fn reached_at(&self) -> Timestamp {
        Timestamp::from_microsecond(self.2).unwrap_or_default()
    }
}

impl DayBest {
    /// The best.
    #[must_use]
    pub fn best(&self) -> Score {
        Score(self.play_id, self.points, self.reached_at.as_microsecond())
    }
}

impl PlayerBest {
    /// The best.
    #[must_use]
    pub fn best(&self) -> Score {
        Score(self.play_id, self.points, self.reached_at.as_microsecond())
    }

    /// That `best` is the best of `key`: venue, player and variant.
    #[must_use]
    pub fn of(key: (LocationId, PlayerId, VariantId), best: Score) -> Self {
        let (location_id, player_id, variant_id) = key;
        let (play_id, points, reached_at) = (best.0, best.1, best.reached_at());
        Self { location_id, player_id, variant_id, points, reached_at, play_id }
    }
}
