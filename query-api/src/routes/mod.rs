//! The query API's routes, one file a view.

mod automations;
mod games;
mod leaderboards;
mod locations;
mod occupancy;
mod players;
mod plays;
mod plugs;
mod projections;
mod rooms;
mod settings;
mod wristbands;

use http_api::Api;

use crate::QueryApi;

impl QueryApi {
    /// Every route, each with the permission it needs.
    #[must_use]
    pub fn api(self) -> Api {
        all(Api::new()).with_state(self)
    }
}

/// Every route.
#[must_use]
pub fn all(api: Api<QueryApi>) -> Api<QueryApi> {
    api.include(locations::routes)
        .include(games::routes)
        .include(rooms::routes)
        .include(players::routes)
        .include(wristbands::routes)
        .include(plays::routes)
        .include(leaderboards::routes)
        .include(occupancy::routes)
        .include(settings::routes)
        .include(plugs::routes)
        .include(automations::routes)
        .include(projections::routes)
}
