//! The command API's routes, one file an endpoint.

pub mod game;
pub mod location;
pub mod player;
pub mod room;
pub mod setting;

use shared::http::Api;

use crate::CommandApi;

/// Every route.
#[must_use]
pub fn all(api: Api<CommandApi>) -> Api<CommandApi> {
    api.include(location::routes)
        .include(game::routes)
        .include(room::routes)
        .include(player::routes)
        .include(setting::routes)
}

/// A command that needs a reason.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Why, for those who read the history: 1 to 300 characters.
    #[schema(min_length = 1, max_length = 300)]
    pub(crate) reason: String,
}

/// A command that needs nothing more than its path; the body may be empty or `{}`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingRequest {}
