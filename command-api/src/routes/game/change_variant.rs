//! `POST /v1/games/{game}/variants/{variant}/change`.

use axum::extract::State;
use domain::{
    game::{GameCommand, Mode, VariantChanges},
    ids::{GameId, VariantId},
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::VariantMode;
use crate::{CommandApi, commands::game::ChangeGame, execute::Changed};

/// What becomes different about a variant; what is absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeVariantRequest {
    /// What people call it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    name: Option<Name>,
    /// How players stand to each other.
    mode: Option<VariantMode>,
    /// Most players, at most the game's own.
    #[schema(minimum = 1, maximum = 200)]
    max_players: Option<u32>,
    /// How many levels it has.
    #[schema(minimum = 1, maximum = 100)]
    levels: Option<u32>,
    /// Most iterations of a play.
    #[schema(minimum = 1, maximum = 1000)]
    max_iterations: Option<u32>,
    /// Length of one iteration in seconds.
    #[schema(minimum = 1, maximum = 3600)]
    iteration_seconds: Option<u32>,
    /// For the players; may be empty.
    #[schema(max_length = 5000)]
    instructions: Option<String>,
    /// `https` addresses of pictures and videos; the whole list.
    #[schema(max_items = 20)]
    media_links: Option<Vec<String>>,
}

impl ChangeVariantRequest {
    fn changes(self) -> VariantChanges {
        VariantChanges {
            name: self.name,
            mode: self.mode.map(Mode::from),
            levels: self.levels,
            max_iterations: self.max_iterations,
            iteration_seconds: self.iteration_seconds,
            max_players: self.max_players,
            instructions: self.instructions,
            media_links: self.media_links,
        }
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((game, variant)): ValidPath<(GameId, VariantId)>,
    request: CommandRequest<ChangeVariantRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = GameCommand::ChangeVariant { id: variant, changes: request.body.changes() };
    app.send(&request.meta, ChangeGame { id: game, command }).await
}
