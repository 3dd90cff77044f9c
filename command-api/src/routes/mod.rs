//! The command API's routes, one file an endpoint: each turns a request into a command of [`crate::commands`] and
//! its answer into a response.

pub mod automation;
mod end;
mod fields;
pub mod game;
pub mod location;
pub mod party;
pub mod play;
pub mod player;
pub mod plug;
mod problem;
pub mod room;
mod send;
pub mod setting;
#[cfg(test)]
mod tests;
pub mod wristband;

use domain::values::Reason;
use http_api::Api;

use self::send::context;
use crate::CommandApi;

/// Every route.
#[must_use]
pub fn all(api: Api<CommandApi>) -> Api<CommandApi> {
    api.include(location::routes)
        .include(game::routes)
        .include(room::routes)
        .include(player::routes)
        .include(party::routes)
        .include(setting::routes)
        .include(wristband::routes)
        .include(play::routes)
        .include(plug::routes)
        .include(automation::routes)
}

/// A command that needs a reason.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Why, for those who read the history: 1 to 300 characters. It must name nobody: it stays when people are erased.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    reason: Reason,
}

/// A command that needs nothing more than its path; the body may be empty or `{}`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingRequest {}
