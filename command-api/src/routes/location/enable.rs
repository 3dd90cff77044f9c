//! `POST /v1/locations/{location}/enable`.

use axum::extract::State;
use domain::{ids::LocationId, location::LocationCommand};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::location::ChangeLocation, execute::Changed, routes::NothingRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<LocationId>,
    request: CommandRequest<NothingRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = LocationCommand::Enable;
    app.send(&request.meta, ChangeLocation { id, command }).await
}
