//! `POST /v1/games/{game}/variants`.

use axum::extract::State;
use domain::{
    game::{VariantChanges, VariantSpec},
    ids::{GameId, VariantId},
    values::Name,
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};
use serde::Deserialize;
use utoipa::ToSchema;

use super::VariantMode;
use crate::{CommandApi, commands::game::AddVariant, execute::Created};

/// A variant of a game.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddVariantRequest {
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Name,
    /// How players stand to each other.
    mode: VariantMode,
    /// Most players, at most the game's own.
    #[schema(minimum = 1, maximum = 200)]
    max_players: u32,
    /// How many levels it has; 1 when absent.
    #[schema(minimum = 1, maximum = 100)]
    levels: Option<u32>,
    /// Most iterations of a play; 10 when absent.
    #[schema(minimum = 1, maximum = 1000)]
    max_iterations: Option<u32>,
    /// Length of one iteration in seconds; 60 when absent.
    #[schema(minimum = 1, maximum = 3600)]
    iteration_seconds: Option<u32>,
    /// For the players; none when absent.
    #[schema(max_length = 5000)]
    instructions: Option<String>,
    /// `https` addresses of pictures and videos; none when absent.
    #[schema(max_items = 20)]
    media_links: Option<Vec<String>>,
}

impl AddVariantRequest {
    fn spec(self) -> VariantSpec {
        VariantSpec::new(self.name, self.mode.into(), self.max_players).with(VariantChanges {
            levels: self.levels,
            max_iterations: self.max_iterations,
            iteration_seconds: self.iteration_seconds,
            instructions: self.instructions,
            media_links: self.media_links,
            ..VariantChanges::default()
        })
    }
}

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(game): ValidPath<GameId>,
    request: CommandRequest<AddVariantRequest>,
) -> Result<CommandAnswer<Created, 201>, Problem> {
    let add = AddVariant { game, id: VariantId(app.new_id()), spec: request.body.spec() };
    app.send(&request.meta, add).await
}
