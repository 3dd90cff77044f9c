//! `POST /v1/games/{game}/retire`.

use axum::extract::State;
use domain::{game::GameCommand, ids::GameId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::game::ChangeGame, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<GameId>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = GameCommand::Retire;
    app.send(&request.meta, ChangeGame { id, command }).await
}
