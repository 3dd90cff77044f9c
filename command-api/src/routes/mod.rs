//! The command API's routes, one file an endpoint.

pub mod automation;
mod end;
pub mod game;
pub mod location;
pub mod play;
pub mod player;
pub mod plug;
pub mod room;
pub mod setting;
#[cfg(test)]
mod tests;
pub mod wristband;

use shared::{
    domain::{Refusal, RefusalKind},
    http::Api,
};

use crate::CommandApi;

/// Every route.
#[must_use]
pub fn all(api: Api<CommandApi>) -> Api<CommandApi> {
    api.include(location::routes)
        .include(game::routes)
        .include(room::routes)
        .include(player::routes)
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
    /// Why, for those who read the history: 1 to 300 characters.
    #[schema(min_length = 1, max_length = 300)]
    pub(crate) reason: String,
}

/// A command that needs nothing more than its path; the body may be empty or `{}`.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NothingRequest {}

/// `refusal`, for things that the body names and not the path: what is missing among those (told by its
/// `codes`) is a wrong value in the body, and the caller hears which. Another location's thing is as
/// missing as none.
fn named_in_body(refusal: Refusal, codes: &[&str]) -> Refusal {
    let kind = if codes.contains(&refusal.code) { RefusalKind::Rule } else { refusal.kind };
    Refusal { kind, ..refusal }
}
