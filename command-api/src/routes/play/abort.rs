//! `POST /v1/locations/{location}/plays/{play}/abort`.

use axum::extract::State;
use domain::ids::{LocationId, PlayId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::play::AbortPlay, execute::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, play)): ValidPath<(LocationId, PlayId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let reason = request.body.reason;
    app.send(&request.meta, AbortPlay { location, play, reason }).await
}
