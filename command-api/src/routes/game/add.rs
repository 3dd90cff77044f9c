//! `POST /v1/games`.

use axum::extract::State;
use domain::{
    game::cross_stream::NewGame,
    ids::GameId,
    values::{Code, Name},
};
use http_api::{CommandAnswer, CommandRequest, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::game::AddGame, execute::Created};

/// A game for the catalogue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddGameRequest {
    /// Unique among games: 1 to 40 letters, digits, hyphens or underscores, folded to lower case.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    code: Code,
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// Most players any of its variants may have.
    #[schema(minimum = 1, maximum = 200)]
    max_players: u32,
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<AddGameRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let AddGameRequest { code, name, max_players } = request.body;
    let game = NewGame { id: GameId(app.new_id()), code, name, max_players };
    app.send(&request.meta, AddGame(game)).await
}
