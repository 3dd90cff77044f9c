//! Rules a play command can break.

use jiff::Timestamp;

use crate::{BrokenRule, RefusalKind, ids::WristbandUid, values::Label};

/// Why a play command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    /// A label named twice.
    #[error("the label {label} is there twice; give each result its own")]
    LabelTwice {
        /// Which.
        label: Label,
    },
    /// It was never started (here).
    #[error("there is no such play")]
    NotFound,
    /// The id is taken.
    #[error("this play was already started; use a fresh id")]
    AlreadyStarted,
    /// Too few or too many bands.
    #[error("this variant takes 1 to {max} players, not {players}")]
    PlayerCount {
        /// Most allowed.
        max: u32,
        /// How many were given.
        players: usize,
    },
    /// A band is named twice.
    #[error("wristband {uid} is named twice; name each once")]
    BandTwice {
        /// Which.
        uid: WristbandUid,
    },
    /// Two bands are worn by one player.
    #[error("wristband {uid} is worn by a player who is already in this play; leave it out")]
    PlayerTwice {
        /// The second band.
        uid: WristbandUid,
    },
    /// Finished or aborted before, with other content.
    #[error("this play is already over; correct or void its scores, or start another play")]
    AlreadyOver,
    /// Scores exist only once a play is finished.
    #[error("this play has no scores; only a finished play has: finish it first, or name another")]
    NotFinished,
    /// A result for somebody else's band.
    #[error("wristband {uid} is not in this play; report only its own wristbands")]
    BandNotInPlay {
        /// Which.
        uid: WristbandUid,
    },
    /// A participant without a result.
    #[error("wristband {uid} has no result; report every wristband of the play, or abort it")]
    ResultMissing {
        /// Which.
        uid: WristbandUid,
    },
    /// Beyond [`super::MAX_LEVEL`].
    #[error("level must be between 0 and {}, is {level}", super::MAX_LEVEL)]
    LevelOutOfRange {
        /// As given.
        level: u32,
    },
    /// Beyond [`super::MAX_LIVES`].
    #[error("lives must be between 0 and {}, is {lives}", super::MAX_LIVES)]
    LivesOutOfRange {
        /// As given.
        lives: u32,
    },
    /// A play that ended before it began.
    #[error("ended_at must not be before the play began at {started_at}")]
    EndsBeforeStart {
        /// When it began.
        started_at: Timestamp,
    },
    /// A play that is not over yet.
    #[error("a play is reported once it is over: its times must not be after {now}; check the clock")]
    InFuture {
        /// The time here.
        now: Timestamp,
    },
    /// A play that nobody may record any more.
    #[error(
        "this play began too long ago: plays are recorded within {hours} hours (plays.record_within_hours)"
    )]
    TooLongAgo {
        /// The venue's bound.
        hours: i64,
    },
    /// A band without a player when the play began.
    #[error("nobody wore wristband {uid} when this play began; leave it out, or check started_at")]
    NobodyWore {
        /// Which.
        uid: WristbandUid,
    },
    /// The id of a play that was started here, or recorded with other content.
    #[error("this id has another play; finish that one, or use a fresh id")]
    IdOfAnother,
    /// A score of somebody who did not play.
    #[error("this player was not in this play")]
    PlayerNotInPlay,
    /// A voided score stays so.
    #[error("this score was voided, for good; only one that counts can be corrected")]
    ScoreVoided,
    /// It may still be going on.
    #[error("this play may run until {ends_by}; abort it with a reason instead")]
    NotOverdue {
        /// When it is too long.
        ends_by: Timestamp,
    },
}

impl BrokenRule for PlayError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "play_not_found",
            Self::AlreadyStarted => "play_already_started",
            Self::PlayerCount { .. } => "play_player_count",
            Self::BandTwice { .. } => "wristband_twice",
            Self::LabelTwice { .. } => "label_twice",
            Self::PlayerTwice { .. } => "player_twice",
            Self::AlreadyOver => "play_already_over",
            Self::NotFinished => "play_not_finished",
            Self::BandNotInPlay { .. } => "wristband_not_in_play",
            Self::ResultMissing { .. } => "play_result_missing",
            Self::LevelOutOfRange { .. } => "level_out_of_range",
            Self::LivesOutOfRange { .. } => "lives_out_of_range",
            Self::EndsBeforeStart { .. } => "play_ends_before_start",
            Self::InFuture { .. } => "play_in_future",
            Self::TooLongAgo { .. } => "play_too_long_ago",
            Self::NobodyWore { .. } => "wristband_not_worn",
            Self::IdOfAnother => "play_id_taken",
            Self::PlayerNotInPlay => "player_not_in_play",
            Self::ScoreVoided => "score_voided",
            Self::NotOverdue { .. } => "play_not_overdue",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::PlayerNotInPlay => RefusalKind::NotFound,
            Self::AlreadyStarted
            | Self::IdOfAnother
            | Self::AlreadyOver
            | Self::NotFinished
            | Self::ScoreVoided
            | Self::NotOverdue { .. } => RefusalKind::Conflict,
            Self::PlayerCount { .. }
            | Self::BandTwice { .. }
            | Self::LabelTwice { .. }
            | Self::PlayerTwice { .. }
            | Self::BandNotInPlay { .. }
            | Self::ResultMissing { .. }
            | Self::LevelOutOfRange { .. }
            | Self::LivesOutOfRange { .. }
            | Self::EndsBeforeStart { .. }
            | Self::InFuture { .. }
            | Self::TooLongAgo { .. }
            | Self::NobodyWore { .. } => RefusalKind::Rule,
        }
    }
}
