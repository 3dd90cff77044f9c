//! `POST /v1/games/{game}/change`.

use axum::extract::State;
use domain::{game::GameCommand, ids::GameId, values::Name};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::game, execute::Changed};

/// What becomes different about a game; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGameRequest {
    /// What people call it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<Name>,
    /// Most players any of its variants may have.
    #[schema(minimum = 1, maximum = 200)]
    max_players: Option<u32>,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<GameId>,
    request: CommandRequest<ChangeGameRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let ChangeGameRequest { name, max_players } = request.body;
    let command = GameCommand::Change { name, max_players };
    app.send(&request.meta, game::ChangeGame { id, command }).await
}
