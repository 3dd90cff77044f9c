//! Routes of plays.

mod abort;
mod correct_score;
mod finish;
mod start;
mod void_score;

use auth::Permission;
use http_api::Api;

use crate::CommandApi;

/// The routes, with the permission each needs.
#[must_use]
pub fn routes(api: Api<CommandApi>) -> Api<CommandApi> {
    api.tag("plays", "Runs of a variant in a room by some wristbands.")
        .command(
            "/v1/locations/{location}/plays",
            Permission::PLAY_START,
            "Start a play\n\nAll of its wristbands join, or nothing starts.",
            start::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/finish",
            Permission::PLAY_FINISH,
            "Finish a play\n\nWith a result for each of its wristbands.",
            finish::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/abort",
            Permission::PLAY_ABORT,
            "Abort a play\n\nIt ends without results.",
            abort::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/scores/{player}/correct",
            Permission::PLAY_CORRECT,
            "Correct a score of a finished play\n\nWhat is absent stays as it is.",
            correct_score::handler,
        )
        .command(
            "/v1/locations/{location}/plays/{play}/scores/{player}/void",
            Permission::PLAY_CORRECT,
            "Void a score of a finished play\n\nIt no longer counts, for good.",
            void_score::handler,
        )
}
