//! Rules a location command can break.

use crate::{BrokenRule, RefusalKind};

/// Why a location command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// It was never opened.
    #[error("there is no such location")]
    NotFound,
    /// The id is taken.
    #[error("this location is already open")]
    AlreadyOpen,
    /// Nothing new may start in a disabled location.
    #[error("this location is disabled; enable it first")]
    Disabled,
    /// Two tiers start at the same points.
    #[error("two reward tiers have over_points {over_points}; each needs its own")]
    SameTierTwice {
        /// The doubled value.
        over_points: u64,
    },
    /// A tier list has its bounds.
    #[error("a location has 1 to 20 reward tiers, not {count}")]
    TierCount {
        /// How many were given.
        count: usize,
    },
    /// Weekdays are 1 to 7, spans do not overlap and are not empty.
    #[error(
        "opening hours of weekday {weekday} are empty, overlap, or the weekday is not 1 (Monday) to 7 (Sunday)"
    )]
    OpeningHours {
        /// As given.
        weekday: u8,
    },
}

impl BrokenRule for LocationError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "location_not_found",
            Self::AlreadyOpen => "location_already_open",
            Self::Disabled => "location_disabled",
            Self::SameTierTwice { .. } | Self::TierCount { .. } => "reward_tiers_invalid",
            Self::OpeningHours { .. } => "opening_hours_invalid",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyOpen | Self::Disabled => RefusalKind::Conflict,
            Self::SameTierTwice { .. } | Self::TierCount { .. } | Self::OpeningHours { .. } => {
                RefusalKind::Rule
            }
        }
    }
}
