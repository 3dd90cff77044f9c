//! `POST /v1/games/{game}/change`.

use axum::extract::State;
use domain::{game::GameCommand, ids::GameId, values::Name};
use http_api::{CommandAnswer, CommandRequest, FieldErrors, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{CommandApi, commands::game, execute::Changed};

/// What becomes different about a game; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeGameRequest {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Most players any of its variants may have.
    #[schema(minimum = 1, maximum = 200)]
    max_players: Option<u32>,
}

impl ChangeGameRequest {
    fn checked(&self) -> Result<GameCommand, Problem> {
        let mut errors = FieldErrors::default();
        let name = errors.field("name", self.name.as_deref().map(Name::new).transpose());
        Ok(GameCommand::Change { name: errors.finish(name)?, max_players: self.max_players })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<GameId>,
    request: CommandRequest<ChangeGameRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = request.body.checked()?;
    app.send(&request.meta, game::ChangeGame { id, command }).await
}
