//! `POST /v1/games/{game}/variants/{variant}/retire`.

use axum::extract::State;
use domain::{
    game::GameCommand,
    ids::{GameId, VariantId},
};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::game::ChangeGame, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((game, variant)): ValidPath<(GameId, VariantId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = GameCommand::RetireVariant { id: variant };
    app.send(&request.meta, ChangeGame { id: game, command }).await
}
