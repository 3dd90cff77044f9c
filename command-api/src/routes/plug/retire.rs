//! `POST /v1/locations/{location}/plugs/{plug}/retire`.

use axum::extract::State;
use domain::ids::{LocationId, PlugId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::plug::RetirePlug, execute::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let reason = request.body.reason;
    app.send(&request.meta, RetirePlug { location, id, reason }).await
}
