//! What can be asked of a venue.

use crate::{
    ids::LocationId,
    values::{Code, Name, Reason, TimeZoneName},
};

use super::{OpeningSpan, RewardTier};

/// A wish about a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationCommand {
    /// Let a venue join.
    Open {
        /// Fresh id.
        id: LocationId,
        /// Unique among locations; claimed in the same append.
        code: Code,
        /// What people call it.
        name: Name,
        /// Zone of its days and hours.
        time_zone: TimeZoneName,
    },
    /// Call it otherwise.
    Rename {
        /// The new name.
        name: Name,
    },
    /// Change some settings; what is absent stays.
    ChangeSettings {
        /// Zone of its days and hours.
        time_zone: Option<TimeZoneName>,
        /// Rewards, in any order.
        reward_tiers: Option<Vec<RewardTier>>,
        /// When it is open.
        opening_hours: Option<Vec<OpeningSpan>>,
    },
    /// Let nothing new start here.
    Disable {
        /// Why.
        reason: Reason,
    },
    /// Back to normal.
    Enable,
}
