//! Locations: the venues, each a tenant.

mod command;
pub mod cross_stream;
#[cfg(test)]
mod cross_stream_tests;
mod error;
mod event;
#[cfg(test)]
mod tests;

pub use command::{LocationCommand, decide};
pub use error::LocationError;
pub use event::{Location, LocationEvent, LocationState, OpenLocation};

use jiff::civil::Time;

use super::values::Name;

/// A reward for everybody whose total points exceed `over_points`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardTier {
    /// What it is called.
    pub name: Name,
    /// Total points must be more than this.
    pub over_points: u64,
}

/// One span of one weekday in which the venue is open, in its own zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningSpan {
    /// 1 Monday to 7 Sunday (ISO 8601).
    pub weekday: u8,
    /// First minute.
    pub opens: Time,
    /// First minute after; before `opens` when it closes the next morning, midnight when at the day's end.
    pub closes: Time,
}

/// The tiers of a venue that never chose its own: Bronze, Silver, Gold, Platinum, Diamond, Master.
#[must_use]
pub fn default_reward_tiers() -> Vec<RewardTier> {
    [
        ("Bronze", 500),
        ("Silver", 1_000),
        ("Gold", 2_500),
        ("Platinum", 5_000),
        ("Diamond", 10_000),
        ("Master", 15_000),
    ]
    .map(|(name, over_points)| RewardTier { name: Name::stored(name), over_points })
    .to_vec()
}

/// The highest tier that `total_points` exceeds.
#[must_use]
pub fn reward(tiers: &[RewardTier], total_points: u64) -> Option<&RewardTier> {
    tiers.iter().rev().find(|tier| total_points > tier.over_points)
}
