//! `POST /v1/games`.

use axum::extract::State;
use domain::{
    game::cross_stream::NewGame,
    ids::GameId,
    values::{Code, Name},
};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::game::AddGame, execute::Created};

/// A game for the catalogue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddGameRequest {
    /// Unique among games: 1 to 40 letters, digits, hyphens or underscores, folded to lower case.
    #[schema(min_length = 1, max_length = 40)]
    code: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Most players any of its variants may have.
    #[schema(minimum = 1, maximum = 200)]
    max_players: u32,
}

impl AddGameRequest {
    fn checked(&self, id: GameId) -> Result<AddGame, Problem> {
        let mut errors = FieldErrors::default();
        let code = errors.field("code", Code::new(&self.code));
        let name = errors.field("name", Name::new(&self.name));
        let (code, name) = errors.finish((code, name))?;
        Ok(AddGame(NewGame { id, code, name, max_players: self.max_players }))
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    request: CommandRequest<AddGameRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let add = request.body.checked(GameId(app.new_id()))?;
    app.send(&request.meta, add).await
}
