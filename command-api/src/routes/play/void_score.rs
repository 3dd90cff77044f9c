//! `POST /v1/locations/{location}/plays/{play}/scores/{player}/void`.

use axum::extract::State;
use domain::ids::{LocationId, PlayId, PlayerId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::play::VoidScore, execute::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play, player)): ValidPath<(LocationId, PlayId, PlayerId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let reason = request.body.reason;
    app.send(&request.meta, VoidScore { location, play, player, reason }).await
}
