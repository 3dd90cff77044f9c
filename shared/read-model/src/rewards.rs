//! A reward in a row, the same wherever a venue's rewards are kept.

use domain::{location::RewardTier, values::Name};
use serde::{Deserialize, Serialize};

/// A reward as the views show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierCell {
    /// What it is called.
    pub name: String,
    /// Total points must be more than this.
    pub over_points: u64,
}

impl From<&RewardTier> for TierCell {
    fn from(tier: &RewardTier) -> Self {
        Self { name: tier.name.to_string(), over_points: tier.over_points }
    }
}

impl From<TierCell> for RewardTier {
    fn from(cell: TierCell) -> Self {
        Self { name: Name::stored(&cell.name), over_points: cell.over_points }
    }
}
