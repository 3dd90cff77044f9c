//! `POST /v1/locations/{location}/plugs/{plug}/release`.

use axum::extract::State;
use domain::ids::{LocationId, PlugId};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::plug::ReleasePlug, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath((location, id)): ValidPath<(LocationId, PlugId)>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    app.send(&request.meta, ReleasePlug { location, id }).await
}
