//! `POST /v1/locations/{location}/disable`.

use axum::extract::State;
use domain::{ids::LocationId, location::LocationCommand};
use http_api::{CommandAnswer, CommandRequest, Problem, ValidPath};

use crate::{CommandApi, commands::location::ChangeLocation, execute::Changed, routes::ReasonRequest};

pub(super) async fn handler(
    State(app): State<CommandApi>,
    ValidPath(id): ValidPath<LocationId>,
    request: CommandRequest<ReasonRequest>,
) -> Result<CommandAnswer<Changed>, Problem> {
    let command = LocationCommand::Disable { reason: request.body.reason };
    app.send(&request.meta, ChangeLocation { id, command }).await
}
