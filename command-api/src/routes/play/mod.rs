//! Commands on plays. No rules here: those are in `shared::domain::play`.

mod abort;
mod correct_score;
mod finish;
pub(crate) mod ongoing;
mod start;
mod void_score;

use shared::{
    auth::Permission,
    domain::{
        Change,
        ids::{LocationId, PlayId},
        play::{Play, PlayCommand, decide},
    },
    http::Api,
};

use crate::{
    CommandApi,
    execute::{Answer, ExecuteError, Session},
};

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

/// Loads a play of `location`, decides about its scores alone, records.
async fn rescore(
    session: Session,
    location: LocationId,
    play: PlayId,
    command: impl FnOnce(jiff::Timestamp) -> PlayCommand,
) -> Result<Answer, ExecuteError> {
    let stream = play.stream();
    let state = session.load::<Play>(stream.clone()).await?;
    state.started_at(location).map_err(ExecuteError::refused)?;
    let events = decide(&state, command(session.now())).map_err(ExecuteError::refused)?;
    session.record(Change::all(&stream, events));
    Ok(Answer::ok(stream))
}
