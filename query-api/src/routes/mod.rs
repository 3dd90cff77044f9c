//! The query API's routes, one file a view.

mod games;
mod locations;
mod players;
mod projections;
mod rooms;
mod settings;

use shared::http::Api;

use crate::QueryApi;

/// Every route.
#[must_use]
pub fn all(api: Api<QueryApi>) -> Api<QueryApi> {
    api.include(locations::routes)
        .include(games::routes)
        .include(rooms::routes)
        .include(players::routes)
        .include(settings::routes)
        .include(projections::routes)
}
