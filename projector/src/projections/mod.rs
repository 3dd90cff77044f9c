//! The views, one file each. A new one is added to [`all`].

mod automations;
#[cfg(any(test, feature = "testing"))]
pub mod fixture;
mod games;
mod leaderboards;
mod local_days;
mod locations;
mod occupancy;
mod players;
mod plays;
mod plugs;
mod rooms;
mod settings;
mod streams;
mod wristbands;

pub use automations::Automations;
pub use games::Games;
pub use leaderboards::Leaderboards;
pub use locations::Locations;
pub use occupancy::Occupancy;
pub use players::Players;
pub use plays::Plays;
pub use plugs::Plugs;
pub use rooms::Rooms;
pub use settings::Settings;
pub use wristbands::Wristbands;

use std::sync::Arc;

use crate::projection::Projection;

/// Every projection of this build.
#[must_use]
pub fn all() -> Vec<Arc<dyn Projection>> {
    vec![
        Arc::new(Locations),
        Arc::new(Games),
        Arc::new(Rooms),
        Arc::new(Players),
        Arc::new(Settings),
        Arc::new(Plays),
        Arc::new(Wristbands),
        Arc::new(Leaderboards),
        Arc::new(Occupancy),
        Arc::new(Plugs),
        Arc::new(Automations),
    ]
}

#[cfg(test)]
mod tests {
    /// Those tests that compare tables compare the server's with those in a file.
    #[tokio::test]
    async fn every_projection_passes_its_tests_on_mssql() {
        read_store::testing::run_on_server(&["projections::", "checkpoint::"], 50).await;
    }
}
