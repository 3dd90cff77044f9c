//! Facts about one venue.

use crate::{
    ids::LocationId,
    values::{Code, Name, Reason, TimeZoneName},
};

use super::{OpeningSpan, RewardTier};

/// What happened to a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationEvent {
    /// The venue joined.
    Opened {
        /// Its id.
        id: LocationId,
        /// Unique among locations.
        code: Code,
        /// What people call it.
        name: Name,
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
    },
    /// Called otherwise from now on.
    Renamed {
        /// The new name.
        name: Name,
    },
    /// The settings as a whole, after the change.
    SettingsChanged {
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
        /// Rewards, lowest first.
        reward_tiers: Vec<RewardTier>,
        /// When it is open; empty when it never said.
        opening_hours: Vec<OpeningSpan>,
    },
    /// Nothing new may start here.
    Disabled {
        /// Why.
        reason: Reason,
    },
    /// Back to normal.
    Enabled,
}
