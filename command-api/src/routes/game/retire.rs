//! `POST /v1/games/{game}/retire`.

use axum::extract::State;
use shared::{
    domain::{game::GameCommand, ids::GameId},
    http::{CommandAnswer, CommandRequest, Problem, ValidPath},
};

use super::apply;
use crate::{CommandApi, app::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(game): ValidPath<GameId>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.run(&request.meta, None, |session| apply(session, game, GameCommand::Retire)).await
}
