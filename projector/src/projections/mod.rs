//! The views, one file each. A new one is added to [`all`].

#[cfg(any(test, feature = "testing"))]
pub mod fixture;
mod leaderboards;
mod local_days;
mod locations;
mod occupancy;
mod plays;
mod streams;
mod wristbands;

pub use leaderboards::Leaderboards;
pub use locations::Locations;
pub use occupancy::Occupancy;
pub use plays::Plays;
pub use wristbands::Wristbands;

use std::sync::Arc;

use crate::projection::Projection;

/// Every projection of this build.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![
        Arc::new(Locations),
        Arc::new(Plays),
        Arc::new(Wristbands),
        Arc::new(Leaderboards),
        Arc::new(Occupancy),
    ]
}
